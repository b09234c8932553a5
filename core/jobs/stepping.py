# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps a job through the states of one lane, each written down before the next begins. What a step does is in `steps`.

It runs on the threads of `runner`, which also says when.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from ..errors import JobCancelled, ReshootError, StorageError
from ..values.job import Job
from ..values.state import State
from ..words import say
from .activity import Activity
from .journal import LeaseLost
from .rows import Rows
from .steps import Steps, Wait

log = logging.getLogger(__name__)

LANE_OF = {
    State.PREPARED: "export",
    State.EXPORTING: "export",
    State.UPLOADING: "transfer",
    State.SUBMITTING: "transfer",
    State.WAITING: "follow",
    State.DOWNLOADING: "fetch",
}
"""The lane of the step that a job in each state has before it."""


class Stepping:
    """Steps jobs, and writes down what becomes of them.

    cancel: cancels a job that the editor wants to stop. hand_on: takes a job that has left its lane.
    """

    def __init__(
        self,
        rows: Rows,
        activity: Activity,
        steps: Steps,
        *,
        cancel: Callable[[Job], Job],
        hand_on: Callable[[Job], None],
    ) -> None:
        self._rows = rows
        self._activity = activity
        self._steps = steps
        self._cancel = cancel
        self._hand_on = hand_on

    def step(self, job: Job) -> None:
        """Do the steps of `job` that belong to one lane, and hand it on to the next one."""
        if not self._activity.begin(job.id):
            self._activity.look_again(job.id)
            return
        try:
            with self._activity.working_on(job.id):
                now = self._rows.get(job.id)
                if self._activity.is_closing() or now is None or now.state is not job.state:
                    # It was asked for twice, and has gone on since.
                    return
                outcome = self._steps_of_lane(now, self._activity.stop_of(job.id))
        except (JobCancelled, LeaseLost):
            # Somebody else moved it on meanwhile. What this step told of it must not be the last that is heard.
            self._rows.report_state(job.id)
            return
        if isinstance(outcome, Wait):
            self._rows.report_progress(outcome.job, outcome.words, outcome.fraction)
            self._activity.clock.set(outcome.job.id, outcome.seconds)
        else:
            self._hand_on(outcome)

    def _steps_of_lane(self, job: Job, stop: threading.Event) -> Job | Wait:
        lane = LANE_OF[job.state]
        while job.state.moving and LANE_OF[job.state] == lane:
            if self._activity.is_closing() and not stop.is_set():
                # Nobody asked to cancel it: the next Blender goes on from here.
                return job
            if stop.is_set() and (job.state.unsubmitted or (job.state is State.WAITING and not job.cancelling)):
                return self._cancel(job)
            outcome = self._one_step(job, stop)
            if isinstance(outcome, Wait):
                return outcome
            job = outcome
        return job

    def _one_step(self, job: Job, stop: threading.Event) -> Job | Wait:
        """One step of `job`, written down. LeaseLost where the row was changed by somebody else meanwhile."""
        written = job
        # What was submitted is followed to its end: the editor's wish to cancel is put to the service.
        unsubmitted = job.state.unsubmitted

        def cancelled() -> bool:
            return self._activity.is_closing() or (unsubmitted and stop.is_set())

        def advance(before: Job, after: Job) -> Job:
            nonlocal written
            written = self._rows.advance(before, after)
            return written

        def report(words: str, fraction: float | None) -> None:
            self._rows.report_progress(written, words, fraction)

        folder = self._rows.folder_of(job)
        try:
            outcome = self._steps.step(job, folder, advance=advance, report=report, cancelled=cancelled)
        except (JobCancelled, LeaseLost):
            raise
        except ReshootError as error:
            outcome = self._steps.failed(written, error)
        except Exception as error:
            # A job that broke has to say so, whatever broke it.
            log.exception("job %s broke in %s", job.id, written.state.value)
            outcome = self._steps.broken(written, error)
        if isinstance(outcome, Wait):
            return replace(outcome, job=written)
        return self._written(written, outcome, report)

    def _written(self, before: Job, after: Job, report: Callable[[str, float | None], None]) -> Job:
        """Write down what a step has made of `before`, and try again while the journal cannot be written."""
        while True:
            try:
                return self._rows.advance(before, after)
            except LeaseLost:
                if before.state is State.SUBMITTING and after.state is State.WAITING:
                    # Another Blender took the submission for lost: this one slept, or the clock was set.
                    return self._rows.answered(after)
                raise
            except StorageError as error:
                # What a step has done must not be forgotten, least of all what was paid for.
                if self._activity.is_closing():
                    raise
                report(say("{error} Trying again", error=error.message), None)
            self._activity.wait_to_write()
