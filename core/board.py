# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interface knows: the last that was heard of each job, and what would be sent now.

Kept by the main thread, read by panels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .conform import Plan
from .errors import ReshootError
from .job import Job
from .runner import Event
from .shot import Shot


@dataclass(frozen=True)
class Preview:
    """What would be sent now, or why nothing can be. service: where to, empty where that cannot be told."""

    service: str = ""
    shot: Shot | None = None
    plan: Plan | None = None
    warnings: tuple[str, ...] = ()
    error: ReshootError | None = None


@dataclass(frozen=True)
class Line:
    """One job as it is shown. words: where it stands. fraction: 0 to 1, None where it cannot be told."""

    job: Job
    words: str
    fraction: float | None


_lines: dict[str, Line] = {}
_previewer: Callable[[Any], Preview] | None = None
_project: Callable[[], str] | None = None


def connect(previewer: Callable[[Any], Preview] | None, project: Callable[[], str] | None) -> None:
    """Set what tells of a scene's shot and of the open file; None where the extension ends."""
    global _previewer, _project
    _previewer, _project = previewer, project


def preview(scene: Any) -> Preview:
    """What would be sent of `scene` now."""
    return _previewer(scene) if _previewer is not None else Preview()


def hear(event: Event) -> None:
    """Take in what happened to a job."""
    if event.gone:
        _lines.pop(event.job.id, None)
    else:
        _lines[event.job.id] = Line(event.job, event.words, event.fraction)


def show(jobs: list[Job]) -> None:
    """Take in jobs that were read from the journal; what is known already stays."""
    for job in jobs:
        _lines.setdefault(job.id, Line(job, "", None))


def clear() -> None:
    """Forget everything."""
    _lines.clear()


def line(job_id: str) -> Line | None:
    """What is known of one job."""
    return _lines.get(job_id)


def lines(project: str) -> list[Line]:
    """The jobs of a project, newest first."""
    return sorted(
        (line for line in _lines.values() if line.job.project == project),
        key=lambda line: line.job.created,
        reverse=True,
    )


def lines_here() -> list[Line]:
    """The jobs of the open file, newest first."""
    return lines(_project()) if _project is not None else []


def all_lines() -> list[Line]:
    """The jobs of every project."""
    return list(_lines.values())


def say(job_id: str, words: str) -> None:
    """Show `words` for a job until the next is heard of it."""
    line = _lines.get(job_id)
    if line is not None:
        _lines[job_id] = Line(line.job, words, line.fraction)
