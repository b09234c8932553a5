# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interface knows: the last that was heard of each job, and what would be sent now.

Kept by the main thread, read by panels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..names import UNTITLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..money.ledger import Sum
    from ..values.job import Job
    from ..values.preview import Preview
    from ..values.progress import JobProgress, StripProgress
    from .rows import Event

PAGE = 5
"""Jobs that the list shows at a time."""


_jobs: dict[str, JobProgress] = {}
_of_project: dict[str, dict[str, JobProgress]] = {}
"""The same by project, and those alone that `orphaned` could tell of: what is drawn scans no other file's."""
_orphaned: dict[str, JobProgress] = {}
_sorted: dict[str, list[JobProgress]] = {}
_here: tuple[str, frozenset[str], list[JobProgress]] | None = None
"""What `listed` gave last, and what for."""
_previewer: Callable[[Any], Preview] | None = None
_project: Callable[[], str] | None = None
_sizer: Callable[[str], int | None] | None = None
_follower: Callable[[Any], list[StripProgress]] | None = None
_holder: Callable[[], frozenset[str]] | None = None
_spender: Callable[[], tuple[Sum, ...]] | None = None
_open: set[str] = set()
"""The jobs that are not placed or given up."""
_moving: set[str] = set()
"""The jobs that a runner has a next step for."""
_page = 0


def connect(
    previewer: Callable[[Any], Preview] | None,
    project: Callable[[], str] | None,
    sizer: Callable[[str], int | None] | None = None,
    follower: Callable[[Any], list[StripProgress]] | None = None,
    holder: Callable[[], frozenset[str]] | None = None,
    spender: Callable[[], tuple[Sum, ...]] | None = None,
) -> None:
    """Set what tells of a scene's shot, of the open file, of a file's size, of the jobs on a scene's strips, of those
    whose takes the open file holds, and of what was spent.

    None where the extension ends.
    """
    global _previewer, _project, _sizer, _follower, _holder, _spender
    _previewer, _project, _sizer, _follower, _holder = previewer, project, sizer, follower, holder
    _spender = spender


def preview(scene: Any) -> Preview:
    """What would be sent of `scene` now."""
    if _previewer is not None:
        return _previewer(scene)
    from ..values.preview import Preview

    return Preview()


def on_strips(scene: Any) -> list[StripProgress]:
    """The jobs to be shown on the strips of `scene`, newest first."""
    return _follower(scene) if _follower is not None else []


def is_open() -> bool:
    """Whether any job of any file is under way or has come to a bad end. Asked at every redraw."""
    return bool(_open)


def size_of(path: str) -> int | None:
    """Bytes of a file as they were last seen, None where nobody has looked yet or it is gone."""
    return _sizer(path) if _sizer is not None and path else None


def update(event: Event) -> bool:
    """Take in what happened to a job. Whether there is anything new in it: a service often says the same again."""
    from ..values.progress import JobProgress

    before = _jobs.get(event.job.id)
    if event.gone:
        _forget(event.job.id)
        return True
    line = JobProgress(event.job, event.words, event.fraction, event.elsewhere)
    if before == line:
        return False
    _keep(line)
    return True


def add(jobs: list[Job]) -> None:
    """Take in jobs that were read from the journal; what is known already stays."""
    from ..values.progress import JobProgress

    for job in jobs:
        if job.id not in _jobs:
            _keep(JobProgress(job, "", None))


def clear() -> None:
    """Forget everything."""
    global _here
    for kept in (_jobs, _of_project, _orphaned, _open, _moving, _sorted):
        kept.clear()
    _here = None


def _keep(line: JobProgress) -> None:
    """Take in what is known of a job now."""
    job = line.job
    before = _jobs.get(job.id)
    if before is not None and before.job.project != job.project:
        _forget(job.id)
    _jobs[job.id] = line
    _of_project.setdefault(job.project, {})[job.id] = line
    for kept, holds in ((_open, not job.state.settled), (_moving, job.state.moving)):
        (kept.add if holds else kept.discard)(job.id)
    if _could_be_orphaned(line):
        _orphaned[job.id] = line
    else:
        _orphaned.pop(job.id, None)
    _changed(job.project)


def _forget(job_id: str) -> None:
    line = _jobs.pop(job_id, None)
    if line is None:
        return
    of_project = _of_project[line.job.project]
    del of_project[job_id]
    if not of_project:
        del _of_project[line.job.project]
    _orphaned.pop(job_id, None)
    _open.discard(job_id)
    _moving.discard(job_id)
    _changed(line.job.project)


def _changed(project: str) -> None:
    global _here
    _sorted.pop(project, None)
    _here = None


def progress(job_id: str) -> JobProgress | None:
    """What is known of one job."""
    return _jobs.get(job_id)


def of_project(project: str) -> list[JobProgress]:
    """The jobs of a project, newest first."""
    if project not in _sorted:
        _sorted[project] = sorted(_of_project.get(project, {}).values(), key=_created, reverse=True)
    return list(_sorted[project])


def _created(line: JobProgress) -> float:
    return line.job.created


def spent() -> tuple[Sum, ...]:
    """What was spent in each project, the latest first, as far as it is known without asking the disk."""
    return _spender() if _spender is not None else ()


def takes_in_file() -> frozenset[str]:
    """The jobs whose takes are strips of the open file."""
    return _holder() if _holder is not None else frozenset()


def takes_in_file_seen() -> frozenset[str]:
    """The same as `listed` found it last: to count the strips takes time where there are many."""
    return _here[1] if _here is not None else frozenset()


def listed() -> list[JobProgress]:
    """The jobs of the open file and those whose takes it holds, newest first; after them those that have no file."""
    global _here
    if _project is None:
        return []
    project, there = _project(), takes_in_file()
    if _here is None or _here[:2] != (project, there):
        _here = (project, there, _listed(project, there))
    return list(_here[2])


def _listed(project: str, there: frozenset[str]) -> list[JobProgress]:
    here = of_project(project)
    ids = {line.job.id for line in here}
    brought = [_jobs[job_id] for job_id in there if job_id in _jobs and job_id not in ids]
    if brought:
        here = sorted((*here, *brought), key=_created, reverse=True)
    ids.update(line.job.id for line in brought)
    return here + [line for line in orphaned() if line.job.id not in ids]


def orphaned() -> list[JobProgress]:
    """The jobs of files that were closed without ever having had a name, newest first.

    Of those that have ended, the ones whose money may be had back: nobody else would tell of them.
    """
    return sorted(filter(is_orphaned, _orphaned.values()), key=_created, reverse=True)


def is_orphaned(line: JobProgress) -> bool:
    """Whether `orphaned` tells of it."""
    return _could_be_orphaned(line) and (_project is None or line.job.project != _project())


def _could_be_orphaned(line: JobProgress) -> bool:
    """Whether `orphaned` tells of it while another file is open."""
    job = line.job
    if not job.project.startswith(UNTITLED) or line.elsewhere:
        return False
    return not job.state.ended or (not job.state.settled and job.may_be_paid)


def all_jobs() -> list[JobProgress]:
    """The jobs of every project."""
    return list(_jobs.values())


def open_jobs() -> list[JobProgress]:
    """Those of every project that are not placed or given up."""
    return [_jobs[job_id] for job_id in _open]


def is_empty() -> bool:
    """Whether no job of any file is known."""
    return not _jobs


def is_moving() -> bool:
    """Whether a runner has a next step for any job of any file."""
    return bool(_moving)


def set_words(job_id: str, words: str) -> None:
    """Show `words` for a job until the next is heard of it."""
    from ..values.progress import JobProgress

    line = _jobs.get(job_id)
    if line is not None:
        _keep(JobProgress(line.job, words, line.fraction, line.elsewhere))


def page(count: int) -> tuple[int, int]:
    """Which of `count` jobs the list shows: from, and up to without that one."""
    first = min(_page, max(0, (count - 1) // PAGE)) * PAGE
    return first, min(count, first + PAGE)


def turn(step: int) -> None:
    """Turn the list's page by `step`, within the jobs of the open file."""
    global _page
    last = max(0, (len(listed()) - 1) // PAGE)
    _page = min(max(0, min(_page, last) + step), last)


def recent_prompts(limit: int) -> list[JobProgress]:
    """The newest job of each prompt: those of the open file first, then those of other files."""
    here = listed()
    ids = {line.job.id for line in here}
    others = sorted((line for line in _jobs.values() if line.job.id not in ids), key=lambda each: -each.job.created)
    newest: dict[str, JobProgress] = {}
    for each in (*here, *others):
        newest.setdefault(each.job.order.prompt, each)
        if len(newest) == limit:
            break
    return list(newest.values())


def seconds(job: Job, now: float) -> float:
    """How long a job has taken until `now` (seconds since the epoch), or took until it was over."""
    from ..values.state import State

    over = now if job.state.moving or not job.stages else job.stages[-1].at
    for stage in job.stages:
        # A take that waited to be placed was not being made.
        if stage.state is State.LANDED:
            over = stage.at
    return max(0.0, over - job.created)
