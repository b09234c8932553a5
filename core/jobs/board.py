# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs that the interface knows of, by project: the last that was heard of each.

Kept by the main thread, read by panels. It asks neither the journal nor Blender: which file is open, and whose takes it
holds, is told by who asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..names import UNTITLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..values.job import Job
    from ..values.progress import JobProgress
    from .rows import Event

_jobs: dict[str, JobProgress] = {}
_of_project: dict[str, dict[str, JobProgress]] = {}
"""The same by project, and those alone that `orphaned` could tell of: what is drawn scans no other file's."""
_of_shot: dict[str, dict[str, JobProgress]] = {}
"""The same by the id of the shot."""
_orphaned: dict[str, JobProgress] = {}
_sorted: dict[str, list[JobProgress]] = {}
_here: tuple[str, frozenset[str], list[JobProgress]] | None = None
"""What `listed` gave last, and what for."""
_gone: frozenset[str] = frozenset()
"""The projects whose files are not where they were, as far as somebody has looked."""
_open: set[str] = set()
"""The jobs that are not placed or given up."""
_moving: set[str] = set()
"""The jobs that a runner has a next step for."""
_changes = 0
_dismissed: dict[str, set[str]] = {}
"""The jobs that were dismissed, by project."""
_shows_dismissed = False
"""Whether the dismissed jobs are listed too."""
_looked_for = ""
"""What the listed jobs are to have in their words."""


def is_open() -> bool:
    """Whether any job of any file is under way or has come to a bad end. Asked at every redraw."""
    return bool(_open)


def update(event: Event) -> bool:
    """Take in what happened to a job. Whether there is anything new in it: a service often says the same again."""
    from ..values.progress import JobProgress

    before = _jobs.get(event.job.id)
    line = JobProgress(event.job, event.words, event.fraction, event.elsewhere)
    if event.marked and before is not None:
        line = replace(before, job=event.job)
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


def set_gone(projects: frozenset[str]) -> None:
    """Take in which projects have no file any more: nobody would tell of their jobs but the file that is open."""
    global _gone, _here
    if projects == _gone:
        return
    _gone, _here = projects, None
    _orphaned.clear()
    _orphaned.update((job_id, line) for job_id, line in _jobs.items() if _could_be_orphaned(line))


def has_no_file(project: str) -> bool:
    """Whether the file of a project is gone: it was closed without ever having had a name, or is not where it was."""
    return project.startswith(UNTITLED) or project in _gone


def shows_dismissed() -> bool:
    """Whether the dismissed jobs are listed too."""
    return _shows_dismissed


def show_dismissed(shows: bool) -> None:
    """List the dismissed jobs too, or not."""
    global _shows_dismissed, _here
    _shows_dismissed, _here = shows, None


def looked_for() -> str:
    """What was given to `look_for` last."""
    return _looked_for


def look_for(text: str) -> None:
    """List only the jobs that have each word of `text`; all where it has none."""
    global _looked_for, _here
    _looked_for, _here = text, None


def found(lines: Iterable[JobProgress], text: str | None = None) -> list[JobProgress]:
    """Those of `lines` whose prompt, shot and note have each word of `text` in them, in whatever case: what is looked
    for where it is None.
    """
    wanted = (_looked_for if text is None else text).casefold().split()
    return [line for line in lines if not wanted or _has(line.job, wanted)]


def _has(job: Job, wanted: list[str]) -> bool:
    words = "\n".join((job.order.prompt, job.label, job.note)).casefold()
    return all(each in words for each in wanted)


def has_dismissed(project: str) -> bool:
    """Whether any job of a project was dismissed. Asked at every redraw."""
    return any(_dismissed.get(project, ()))


def clear() -> None:
    """Forget everything."""
    global _gone, _here, _changes, _shows_dismissed, _looked_for
    _changes += 1
    _gone, _shows_dismissed, _looked_for = frozenset(), False, ""
    for kept in (_jobs, _of_project, _of_shot, _orphaned, _open, _moving, _dismissed, _sorted):
        kept.clear()
    _here = None


def _keep(line: JobProgress) -> None:
    """Take in what is known of a job now."""
    job = line.job
    before = _jobs.get(job.id)
    if before is not None and (before.job.project, before.job.shot.id) != (job.project, job.shot.id):
        _forget(job.id)
    _jobs[job.id] = line
    _of_project.setdefault(job.project, {})[job.id] = line
    if job.shot.id:
        _of_shot.setdefault(job.shot.id, {})[job.id] = line
    there = not job.dismissed
    for kept, holds in ((_open, there and not job.state.settled), (_moving, there and job.state.moving)):
        (kept.add if holds else kept.discard)(job.id)
    if job.dismissed:
        _dismissed.setdefault(job.project, set()).add(job.id)
    else:
        _dismissed.get(job.project, set()).discard(job.id)
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
    _of_shot.get(line.job.shot.id, {}).pop(job_id, None)
    _orphaned.pop(job_id, None)
    _open.discard(job_id)
    _moving.discard(job_id)
    _dismissed.get(line.job.project, set()).discard(job_id)
    _changed(line.job.project)


def _changed(project: str) -> None:
    global _here, _changes
    _sorted.pop(project, None)
    _here = None
    _changes += 1


def changes() -> int:
    """How often anything has changed of any job: what is made of them stays until it does."""
    return _changes


def progress(job_id: str) -> JobProgress | None:
    """What is known of one job."""
    return _jobs.get(job_id)


def of_project(project: str) -> list[JobProgress]:
    """The jobs of a project, newest first, also those that were dismissed."""
    if project not in _sorted:
        _sorted[project] = sorted(_of_project.get(project, {}).values(), key=_created, reverse=True)
    return list(_sorted[project])


def of_shot(ids: Iterable[str]) -> list[JobProgress]:
    """The jobs of a shot, oldest first, also those that were dismissed. ids: what it is known as."""
    lines = [line for shot_id in dict.fromkeys(ids) for line in _of_shot.get(shot_id, {}).values()]
    return sorted(lines, key=lambda line: (line.job.created, line.job.part))


def parts_of(lead: Job) -> list[Job]:
    """The jobs of all parts of the take that a job is of, in their order; the job itself where none is known."""
    lines = of_shot([lead.shot.id]) if lead.shot.id else _jobs.values()
    return sorted((line.job for line in lines if line.job.group == lead.group), key=lambda job: job.part) or [lead]


def _created(line: JobProgress) -> float:
    return line.job.created


def listed(project: str, held: frozenset[str]) -> list[JobProgress]:
    """The jobs of the open file and those whose takes it holds, newest first; after them those that have no file.
    Those that were dismissed are not among them, unless they are to be shown; nor those that `look_for` leaves out.

    project: the open file's. held: the jobs whose takes are strips of it.
    """
    global _here
    if _here is None or _here[:2] != (project, held):
        lines = _listed(project, held)
        _here = (project, held, found([line for line in lines if _shows_dismissed or not line.job.dismissed]))
    return list(_here[2])


def _listed(project: str, held: frozenset[str]) -> list[JobProgress]:
    here = of_project(project)
    ids = {line.job.id for line in here}
    brought = [_jobs[job_id] for job_id in held if job_id in _jobs and job_id not in ids]
    if brought:
        here = sorted((*here, *brought), key=_created, reverse=True)
    ids.update(line.job.id for line in brought)
    return here + [line for line in orphaned(project) if line.job.id not in ids]


def orphaned(project: str) -> list[JobProgress]:
    """The jobs of files that are gone, see `has_no_file`, newest first. project: the open file's.

    Of those that have ended, the ones whose money may be had back: nobody else would tell of them.
    """
    lost = [line for line in _orphaned.values() if is_orphaned(line, project)]
    return sorted(lost, key=_created, reverse=True)


def is_orphaned(line: JobProgress, project: str) -> bool:
    """Whether `orphaned` tells of it."""
    return _could_be_orphaned(line) and line.job.project != project


def _could_be_orphaned(line: JobProgress) -> bool:
    """Whether `orphaned` tells of it while another file is open."""
    job = line.job
    if not has_no_file(job.project) or line.elsewhere or job.dismissed:
        return False
    return not job.state.ended or (not job.state.settled and job.may_be_paid)


def elsewhere(project: str, held: frozenset[str]) -> list[JobProgress]:
    """The jobs under way of other files, which no search of `listed` brings up, newest first: money is spent on them
    too.
    """
    here = {line.job.id for line in _listed(project, held)} if _moving else set()
    return sorted((_jobs[job_id] for job_id in _moving if job_id not in here), key=_created, reverse=True)


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


def recent_prompts(limit: int, project: str, held: frozenset[str]) -> list[JobProgress]:
    """The newest job of each prompt: those of the open file first, then those of other files; also those that were
    dismissed. See `listed`.
    """
    here = _listed(project, held)
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
