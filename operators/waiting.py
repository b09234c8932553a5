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
from ..core.words import say
from . import undo_steps

_LOOK_EVERY = 0.025
"""Seconds."""


def wait_for(running: session.Session, job_ids: Sequence[str]) -> None:
    """Stay until each job is placed and compared. Raises what ended the first that was not, once none moves."""
    running.placing.retry()
    refused: list[ReshootError] = []
    while True:
        running.drain(1.0)
        # A script has time, and wants its take once, as it should lie.
        landed = [jobs for jobs in running.placing.landed() if all(job.compared for job in jobs)]
        takes_to_correct = running.placing.takes_to_correct()
        if landed or takes_to_correct:
            refused += _lay(running, landed, takes_to_correct)
        jobs = [line.job for line in map(board.progress, job_ids) if line is not None]
        moving = len(jobs) < len(job_ids) or any(job.state.moving for job in jobs)
        if not moving and not running.placing.landed() and not running.placing.is_being_written:
            if refused:
                raise refused[0]
            if all(job.dismissed or (job.state is State.PLACED and job.compared) for job in jobs):
                return
            groups = list(dict.fromkeys(job.group for job in jobs))
            stopped = [each.job for each in board.all_jobs() if each.job.group in groups and _stopped(each.job)]
            if stopped:
                running.newly_failed()
                raise _reason(min(stopped, key=lambda job: (groups.index(job.group), job.part)), len(groups))
        time.sleep(_LOOK_EVERY)


def _lay(
    running: session.Session, landed: Sequence[Sequence[Job]], takes_to_correct: Sequence[Job]
) -> list[ReshootError]:
    """Put takes into the timeline. Why some could not be: the others are laid all the same."""
    refused: list[ReshootError] = []
    # All of them at once: each time, all that is under way has to end.
    with running.placing.threads_paused([*itertools.chain(*landed), *takes_to_correct]):
        for jobs in landed:
            if running.placing.join_list(jobs):
                continue
            try:
                running.placing.place(jobs)
            except ReshootError as error:
                refused.append(error)
                continue
            if undo_steps.can_push_undo():
                bpy.ops.ed.undo_push(message=undo_steps.TAKE)
        for job in takes_to_correct:
            try:
                corrected = running.placing.correct_take(job)
            except ReshootError as error:
                refused.append(error)
                continue
            if corrected and undo_steps.can_push_undo():
                bpy.ops.ed.undo_push(message=undo_steps.RIGHT)
    return refused


def wait_for_threads(running: session.Session) -> None:
    """Stay until all that was put beside the interface is done. Raises what went wrong there."""
    while running.threads.is_busy:
        running.drain(1.0)
        time.sleep(_LOOK_EVERY)
    for error in running.complaints():
        raise error


def _reason(job: Job, shots: int) -> ReshootError:
    """Why a job ended badly, named by its shot where it is one of several."""
    kind = JobCancelled if job.state is State.CANCELLED else ExportError
    message = job.error if shots == 1 else f"{say('“{shot}”', shot=job.label)}: {job.error}"
    return kind(message, job.remedy, paid=job.paid)


def _stopped(job: Job) -> bool:
    """Whether something keeps a job from its take, which the editor has not given up."""
    return bool(job.error) and not job.dismissed
