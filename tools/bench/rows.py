# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal that has seen many jobs: how long it takes to open it, to add a job and to move one on."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import checkout  # noqa: F401 - the helpers of the tests
from reshoot.core.jobs import board
from reshoot.core.jobs.journal import Journal
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.request import Ticket
from reshoot.core.values.state import State
from reshoot.core.values.take import Take
from sample_jobs import a_job

_PROJECTS = 50
_PLACED = 0.97
"""The part of the jobs that are over; the others failed, were cancelled, or are waiting."""
_REST = (State.FAILED, State.CANCELLED, State.WAITING)
_STEPS = 5


@dataclass(frozen=True)
class Took:
    """Seconds to open a journal until the interface knows its jobs, to add one, and to move one on."""

    opened: float
    added: float
    advanced: float


def project(number: int) -> str:
    """The file of a year's `number`th job: they take turns."""
    return f"/films/scene-{number % _PROJECTS:02}.blend"


def make(path: Path, count: int, project_of: Callable[[int], str] = project, rest: Sequence[State] = _REST) -> None:
    """Write a journal with `count` jobs of a year. rest: how the few stand that were not placed."""
    since = time.time() - 366 * 86_400
    with closing(Journal(path, "earlier")) as journal:
        journal.restore([_old(number, count, since, project_of(number), rest) for number in range(count)], [])


def take_time(source: Path, folder: Path) -> Took:
    """Use a copy of a journal."""
    path = folder / "journal.sqlite3"
    folder.mkdir(parents=True)
    shutil.copyfile(source, path)
    board.clear()
    began = time.perf_counter()
    with closing(Journal(path, "bench")) as journal:
        # As session.Session does it.
        board.add(journal.shown(project(0)))
        opened = time.perf_counter() - began
        jobs = [a_job() for _ in range(_STEPS)]
        began = time.perf_counter()
        for job in jobs:
            journal.add([job])
        added = (time.perf_counter() - began) / _STEPS
        began = time.perf_counter()
        for job in jobs:
            journal.advance(job, replace(job, state=State.EXPORTING))
        advanced = (time.perf_counter() - began) / _STEPS
    board.clear()
    shutil.rmtree(folder)
    return Took(opened, added, advanced)


def _old(number: int, count: int, since: float, file: str, rest: Sequence[State]) -> Job:
    """A job of `count`, the `number`th of its year."""
    job_id, created = uuid.uuid4().hex, since + number * 365 * 86_400 / count
    placed = number < count * _PLACED or not rest
    state = State.PLACED if placed else rest[number % len(rest)]
    path = f"/films/reshoot/Forest_take{number:05}_{job_id[:8]}.mp4"
    job = a_job(service="fal", prompt=f"make it night, with the moon behind the trees, try {number}")
    base = f"https://queue.fal.run/{'/'.join(job.endpoint.split('/')[:2])}/requests/{job_id}"
    return replace(
        job,
        id=job_id,
        group=job_id,
        state=state,
        project=file,
        shot=replace(job.shot, project=file),
        ticket=Ticket(job_id, f"{base}/status", base, f"{base}/cancel"),
        take=Take(path, 720, 720, 72, Fraction(24), False, None) if placed else None,
        notes=("The result's first frame is late by one: it is left out",),
        created=created,
        stages=_stages(state, created),
    )


def _stages(state: State, created: float) -> Sequence[Stage]:
    way = [each for each in State if each.moving]
    if state is not State.WAITING:
        way += [State.LANDED, state] if state is State.PLACED else [state]
    else:
        way = way[: way.index(State.WAITING) + 1]
    return tuple(Stage(each, created + 10.0 * number) for number, each in enumerate(way))
