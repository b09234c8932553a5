# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rejected takes of the open file's project may be removed from the disk: those that nothing in the file uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import bpy

from .. import session
from ..core.errors import PlacementError
from ..core.jobs import board
from ..core.lookout import look_within
from ..core.takes.clean_up import Removable, removable, same_for_all
from ..core.values.choices import Rating
from ..core.values.job import Job
from ..core.words import say
from ..settings import folders
from ..timeline import whereabouts


def rejected() -> list[Removable]:
    """The takes of the project that are rejected and may go, newest first. Raises PlacementError where its disk does
    not answer.
    """
    jobs = [line.job for line in board.of_project(session.project()) if line.job.rating is Rating.REJECT]
    found = _found(jobs)
    return [each for each in found if isinstance(each, Removable)]


def chosen(ids: Sequence[str]) -> list[Removable]:
    """The takes of the jobs `ids`, all of which may go. Raises PlacementError for the first that may not."""
    running, jobs = session.current(), []
    for job_id in dict.fromkeys(ids):
        job = running.job(job_id)
        if job is None:
            raise PlacementError(say("There is no job {job}.", job=job_id[:100]), say("Nothing was removed."))
        jobs.append(job)
    found = _found(jobs)
    for each in found:
        if isinstance(each, PlacementError):
            raise each
    return [each for each in found if isinstance(each, Removable)]


def folder() -> Path:
    """Where the takes of the open file's project are."""
    return folders.takes_folder(session.project(), folders.home())


def shown() -> frozenset[str]:
    """The files that anything in the open file uses, see `same_for_all`. Asks the disk."""
    return _same(_named())


def _named() -> list[str]:
    named = list(whereabouts.files_shown())
    for block in (*bpy.data.sounds, *bpy.data.movieclips, *bpy.data.images):
        if block.filepath:
            named.append(bpy.path.abspath(block.filepath, library=block.library))
    return named


def _same(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(map(same_for_all, paths))


def _found(jobs: Sequence[Job]) -> list[Removable | PlacementError]:
    """What may be removed of each of `jobs`, or why it may not."""
    where, named, held = folder(), _named(), session.takes_in_file()

    def look() -> list[Removable | PlacementError]:
        uses = _same(named)
        return [_look(job, where, uses) for job in jobs]

    found = look_within(30.0 if bpy.app.background else 0.5, look)
    if found is None:
        raise PlacementError(say("The disk with the takes has not answered yet."), say("Try again in a moment."))
    return [_held(each) if isinstance(each, Removable) and each.job.id in held else each for each in found]


def _look(job: Job, where: Path, uses: frozenset[str]) -> Removable | PlacementError:
    try:
        return removable(job, where, uses)
    except PlacementError as error:
        return error


def _held(found: Removable) -> PlacementError:
    words = say("The take of “{shot}” stays on disk: {why}.", shot=found.job.label, why=say("the open file uses it"))
    return PlacementError(words, say("Nothing of it was removed."))
