# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps jobs forward on a few threads, one journaled state at a time. What a step does is in `steps`.

The thread that owns the interface never waits for it: it puts jobs in and drains `events`.
"""

from __future__ import annotations

import heapq
import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from .errors import JobCancelled, Paid, ReshootError
from .job import Job, Stage, State
from .journal import LEASE_SECONDS, Journal, LeaseLost
from .steps import Steps, Wait

_log = logging.getLogger(__name__)

_LANES = {"export": 2, "transfer": 3, "follow": 2}
"""Threads of each lane; with the scheduler they are eight."""

_LANE_OF = {
    State.PREPARED: "export",
    State.EXPORTING: "export",
    State.UPLOADING: "transfer",
    State.SUBMITTING: "transfer",
    State.WAITING: "follow",
    State.DOWNLOADING: "transfer",
}

_UNPAID = (State.PREPARED, State.EXPORTING, State.UPLOADING)

STATUS_REQUESTS_PER_SECOND = 20


@dataclass(frozen=True)
class Event:
    """What the interface hears of a job. words: where it stands. fraction: 0 to 1, None where it cannot be told.

    gone: the job was dismissed.
    """

    job: Job
    words: str = ""
    fraction: float | None = None
    gone: bool = False


class Runner:
    """Moves the jobs of `journal` until they have landed, failed or been cancelled.

    folder: holds one folder for each unfinished job. events: filled from any thread, drained by the interface.
    """

    def __init__(self, journal: Journal, folder: Path, steps: Steps, *, keep_clips: Callable[[], bool]) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self._journal = journal
        self._folder = folder
        self._steps = steps
        self._keep_clips = keep_clips
        self._lanes = {
            name: ThreadPoolExecutor(count, thread_name_prefix=f"reshoot-{name}") for name, count in _LANES.items()
        }
        self._due: list[tuple[float, int, str]] = []
        self._waiting: set[str] = set()
        self._active: set[str] = set()
        self._turn = 0
        self._wake = threading.Condition()
        self._stops: dict[str, threading.Event] = {}
        self._closing = False
        self._next_status = 0.0
        self._scheduler = threading.Thread(target=self._schedule, name="reshoot-scheduler", daemon=True)
        self._scheduler.start()

    def add(self, job: Job) -> None:
        """Write `job` to the journal and start it. Returns at once; a journal that cannot be written fails the job."""
        self._stops[job.id] = threading.Event()
        self._in_lane("follow", lambda: self._begin(job))

    def take_up(self, job_id: str) -> None:
        """Go on with an unfinished job from where it stands, if no other Blender holds it."""
        self._in_lane("follow", lambda: self._claim(job_id))

    def cancel(self, job_id: str) -> None:
        """Stop a job. What was submitted is asked to stop at the service."""
        stop = self._stops.get(job_id)
        if stop is not None:
            stop.set()
        self._in_lane("transfer", lambda: self._cancel(job_id))

    def retry(self, job_id: str) -> None:
        """Go on with a failed or cancelled job from where nothing is paid twice; an unsure one is submitted again."""
        self._in_lane("follow", lambda: self._retry(job_id))

    def dismiss(self, job_id: str) -> None:
        """Forget an ended job and remove its folder. Its take stays."""
        self._in_lane("follow", lambda: self._dismiss(job_id))

    def placed(self, job: Job, notes: tuple[str, ...]) -> None:
        """The take of `job` is in the timeline."""
        self._in_lane("follow", lambda: self._placed(job, notes))

    def moved(self, project_before: str, project_after: str) -> None:
        """A file was saved under a name for the first time: its jobs follow it."""
        self._in_lane("follow", lambda: self._move(project_before, project_after))

    def close(self) -> None:
        """Stop stepping; what is unfinished stays in the journal as it is. No thread is left when this returns."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for stop in list(self._stops.values()):
            stop.set()
        for lane in self._lanes.values():
            lane.shutdown(wait=True, cancel_futures=True)
        self._scheduler.join()

    def folder_of(self, job: Job) -> Path:
        """Where the parts of an unfinished job lie."""
        return self._folder / job.id

    def _is_closing(self) -> bool:
        return self._closing

    def _in_lane(self, lane: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except LeaseLost as lost:
                _log.info("left to another Blender: %s", lost)
            except ReshootError as error:
                _log.warning("%s", error)
            except Exception:
                _log.exception("a step broke")

        with self._wake:
            if not self._closing:
                self._lanes[lane].submit(run)

    def _schedule(self) -> None:
        renewed = time.monotonic()
        while True:
            with self._wake:
                if self._closing:
                    return
                now = time.monotonic()
                wait = LEASE_SECONDS / 3
                if self._due:
                    wait = min(wait, max(0.0, self._due[0][0] - now))
                if wait > 0:
                    self._wake.wait(wait)
                if self._closing:
                    return
                now = time.monotonic()
                ready = []
                while self._due and self._due[0][0] <= now:
                    ready.append(heapq.heappop(self._due)[2])
                self._waiting.difference_update(ready)
            for job_id in ready:
                self._in_lane("follow", lambda job_id=job_id: self._claim(job_id))  # type: ignore[misc]
            if now - renewed >= LEASE_SECONDS / 3:
                renewed = now
                self._in_lane("follow", self._journal.renew)

    def _later(self, job: Job, seconds: float) -> None:
        with self._wake:
            if job.id in self._waiting:
                return
            self._waiting.add(job.id)
            at = time.monotonic() + seconds
            if job.state is State.WAITING:
                at = self._next_status = max(at, self._next_status + 1 / STATUS_REQUESTS_PER_SECOND)
            self._turn += 1
            heapq.heappush(self._due, (at, self._turn, job.id))
            self._wake.notify_all()

    def _begin(self, job: Job) -> None:
        try:
            self._journal.add(job)
        except ReshootError as error:
            failed = replace(job, state=State.FAILED, error=error.message, remedy=error.remedy)
            self.events.put(Event(failed))
            return
        self.events.put(Event(job))
        self._to_lane(job)

    def _claim(self, job_id: str) -> None:
        job = self._journal.claim(job_id)
        if job is None:
            other = self._journal.get(job_id)
            if other is not None and not other.state.ended:
                self.events.put(Event(other, "In another Blender"))
                self._later(other, LEASE_SECONDS)
            return
        self._stops.setdefault(job_id, threading.Event())
        if job.state is State.SUBMITTING:
            job = self._advance(job, self._steps.unsure(job))
        self.events.put(Event(job))
        if job.state.moving:
            self._to_lane(job)

    def _to_lane(self, job: Job) -> None:
        self._in_lane(_LANE_OF[job.state], lambda: self._step(job))

    def _step(self, job: Job) -> None:
        """Do the steps of `job` that belong to one lane and hand it on: to the next lane, the clock, or the interface."""
        stop = self._stops[job.id]
        if self._closing:
            return
        if stop.is_set() and (job.state in _UNPAID or (job.state is State.WAITING and not job.cancelling)):
            self._cancel(job.id)
            return
        with self._wake:
            if job.id in self._active:
                return
            self._active.add(job.id)
        try:
            outcome = self._steps_of_lane(job, stop)
        except JobCancelled:
            return
        finally:
            with self._wake:
                self._active.discard(job.id)
        if isinstance(outcome, Wait):
            self.events.put(Event(outcome.job, outcome.words, outcome.fraction))
            self._later(outcome.job, outcome.seconds)
            return
        self.events.put(Event(outcome))
        if outcome.state.moving:
            self._to_lane(outcome)

    def _steps_of_lane(self, job: Job, stop: threading.Event) -> Job | Wait:
        lane = _LANE_OF[job.state]
        while job.state.moving and _LANE_OF[job.state] == lane:
            before = job
            # What was submitted is followed to its end: the editor's wish to cancel is put to the service.
            cancelled = stop.is_set if job.state in _UNPAID else self._is_closing

            def tell(words: str, fraction: float | None, job: Job = before) -> None:
                self.events.put(Event(job, words, fraction))

            try:
                outcome = self._steps.step(
                    job, self.folder_of(job), advance=self._advance, tell=tell, cancelled=cancelled
                )
            except (JobCancelled, LeaseLost):
                raise
            except ReshootError as error:
                outcome = self._steps.failed(self._journal.get(job.id) or job, error)
            except Exception as error:  # noqa: BLE001 - a job that broke has to say so, whatever broke it
                _log.exception("job %s broke in %s", job.id, job.state.value)
                outcome = self._steps.broken(self._journal.get(job.id) or job, error)
            if isinstance(outcome, Wait):
                return outcome
            job = self._advance(self._journal.get(job.id) or job, outcome)
        return job

    def _advance(self, before: Job, after: Job) -> Job:
        if after.state is not before.state:
            after = replace(after, stages=(*after.stages, Stage(after.state, time.time())))
        after = self._journal.advance(before, after)
        if after.state is not before.state:
            self.events.put(Event(after))
        return after

    def _cancel(self, job_id: str) -> None:
        job = self._journal.claim(job_id)
        if job is None or job.state.ended:
            return
        if job.state in _UNPAID:
            cancelled = replace(
                job, state=State.CANCELLED, error="Cancelled; nothing was paid.", paid=Paid.NO, retry_to=State.PREPARED
            )
            job = self._advance(job, cancelled)
        elif job.state is State.WAITING:
            job = self._advance(job, self._steps.cancel(job))
            if job.state is State.WAITING:
                self._later(job, 0.0)
        else:
            return
        self.events.put(Event(job))

    def _retry(self, job_id: str) -> None:
        job = self._journal.claim(job_id)
        if job is None or job.retry_to is None or not job.state.ended:
            return
        self._stops[job_id] = threading.Event()
        again = replace(job, state=job.retry_to, error="", remedy="", retry_to=None, cancelling=False)
        if again.state in (State.PREPARED, State.UPLOADING):
            again = replace(again, ticket=None, result_url="", paid=Paid.NO)
        job = self._advance(job, again)
        self._to_lane(job)

    def _dismiss(self, job_id: str) -> None:
        job = self._journal.claim(job_id)
        if job is None or not job.state.ended:
            return
        self._journal.remove(job_id)
        shutil.rmtree(self.folder_of(job), ignore_errors=True)
        self._stops.pop(job_id, None)
        self.events.put(Event(job, gone=True))

    def _placed(self, job: Job, notes: tuple[str, ...]) -> None:
        done = self._advance(job, replace(job, state=State.PLACED, notes=(*job.notes, *notes)))
        self._steps.finish(done)
        if not self._keep_clips():
            shutil.rmtree(self.folder_of(done), ignore_errors=True)
        self._stops.pop(job.id, None)
        self.events.put(Event(done))

    def _move(self, before: str, after: str) -> None:
        for job in self._journal.move(before, after):
            self.events.put(Event(job))
