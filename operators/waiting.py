# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for jobs, as scripts do. In the interface nobody waits: `watch` follows them there."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import bpy

from .. import session
from ..core.errors import ExportError, JobCancelled, ReshootError
from ..core.jobs import board
from ..core.values.job import Job
from ..core.values.state import State
from . import undo_steps

_LOOK_EVERY = 0.025
"""Seconds."""


def wait_for(running: session.Session, job_ids: Sequence[str]) -> None:
    """Stay until each job is placed and compared. Raises what ended one that was not, once none moves any more."""
    running.placing.retry()
    while True:
        running.drain(1.0)
        # A script has time, and wants its take once, as it should lie.
        landed = [jobs for jobs in running.placing.landed() if all(job.compared for job in jobs)]
        takes_to_correct = running.placing.takes_to_correct()
        if landed or takes_to_correct:
            _lay(running, landed, takes_to_correct)
        jobs = [line.job for line in map(board.progress, job_ids) if line is not None]
        if len(jobs) == len(job_ids) and not any(job.state.moving for job in jobs) and not running.placing.landed():
            if all(job.state is State.PLACED and job.compared for job in jobs):
                return
            groups = {job.group for job in jobs}
            stopped = [each.job for each in board.all_jobs() if each.job.group in groups and each.job.error]
            if stopped:
                running.newly_failed()
                raise _reason(stopped[0])
        time.sleep(_LOOK_EVERY)


def _lay(running: session.Session, landed: Sequence[Sequence[Job]], takes_to_correct: Sequence[Job]) -> None:
    # All of them at once: each time, all that is under way has to end.
    with running.placing.threads_paused([*itertools.chain(*landed), *takes_to_correct]):
        for jobs in landed:
            running.placing.place(jobs)
            if undo_steps.can_push_undo():
                bpy.ops.ed.undo_push(message=undo_steps.TAKE)
        for job in takes_to_correct:
            if running.placing.correct_take(job) and undo_steps.can_push_undo():
                bpy.ops.ed.undo_push(message=undo_steps.RIGHT)


def wait_for_threads(running: session.Session) -> None:
    """Stay until all that was put beside the interface is done. Raises what went wrong there."""
    while running.threads.is_busy:
        running.drain(1.0)
        time.sleep(_LOOK_EVERY)
    for error in running.complaints():
        raise error


def _reason(job: Job) -> ReshootError:
    kind = JobCancelled if job.state is State.CANCELLED else ExportError
    return kind(job.error, job.remedy, paid=job.paid)
