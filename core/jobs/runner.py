# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves jobs forward on a few threads: the lanes, the clock, and what the rest of the extension asks of a runner.

The thread that owns the interface never waits for it: it puts jobs in and drains `events`. It decides when and on which
thread a job is looked at; what is done there is in `stepping`, `lost` and `settling`, what is written down in `rows`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import ReshootError, StorageError
from ..lanes import Lane
from ..money.ledger import Sum
from ..one_line import one_line
from ..values.choices import Rating
from ..values.job import Job
from ..values.state import State
from ..words import say
from . import salvage
from .activity import Activity
from .journal import LEASE_SECONDS, Journal, LeaseLost
from .lost import LostJobs, unsure
from .rows import Event, Rows
from .settling import Settling
from .stepping import LANE_OF, Stepping
from .steps import Steps

log = logging.getLogger(__name__)

_LANES = {"export": 2, "transfer": 2, "fetch": 2, "follow": 2, "journal": 1}
"""Threads of each lane; with the scheduler they are ten. The journal's only writes down. What is fetched waits for no
upload: the service may have it for some minutes only.
"""

CLOSE_SECONDS = 2.0 if sys.platform == "win32" else 1.0
"""Seconds that closing waits for answers: whoever closes Blender waits too. Without a network they may never come. On
Windows a receipt may have to wait for a scanner."""


class Runner:
    """Moves the jobs of `journal` until they have landed, failed or been cancelled.

    folder: holds one folder for each unfinished job. keep_clips: whether those of placed takes are kept. events: filled
    from any thread, drained by the interface.
    """

    def __init__(self, journal: Journal, folder: Path, steps: Steps, *, keep_clips: Callable[[], bool]) -> None:
        self._journal = journal
        self._steps = steps
        self._activity = Activity(_LANES["follow"])
        self._clock = self._activity.clock
        self._rows = Rows(journal, folder, self._clock)
        self.events = self._rows.events
        self._lost = LostJobs(self._rows, self._activity, steps.connect, hand_on=self._hand_on)
        self._stepping = Stepping(self._rows, self._activity, steps, cancel=self._lost.cancelled, hand_on=self._hand_on)
        self._settling = Settling(self._rows, self._activity, steps, folder, keep_clips=keep_clips)
        self._lanes = {name: Lane(f"reshoot-{name}", count) for name, count in _LANES.items()}
        self._paused = False
        self._left_behind = False
        self._start_scheduler()

    def add(self, jobs: Sequence[Job]) -> None:
        """Write `jobs` to the journal, all or none, and start them. Returns at once.

        A journal that cannot be written fails the jobs.
        """
        for job in jobs:
            self._activity.renew_stop(job.id)
        self._in_lane("journal", lambda: self._begin(jobs))

    def resume(self, job_id: str) -> None:
        """Go on with an unfinished job from where it stands, if no other Blender holds it."""
        self._in_lane("journal", lambda: self._resume(job_id))

    def written(self) -> Future[None]:
        """Done when the journal has all that was asked for so far."""
        return self._in_lane("journal", lambda: None)

    def resume_all(self) -> None:
        """The same with every unfinished job, and look for what was lost on its way."""
        self._in_lane("journal", self._resume_all)

    def cancel(self, job_id: str) -> Future[None]:
        """Stop a job. What was submitted is asked to stop at the service. Done when the journal says so."""
        self._activity.ask_to_stop(job_id)
        return self._in_lane("follow", lambda: self._lost.cancel(job_id, self._stepping.step))

    def retry(self, job_id: str) -> Future[None]:
        """Go on with a failed or cancelled job from where nothing is paid twice. One that was lost is submitted again
        where it is not found. A take that is gone from the disk is fetched again.

        Done when the journal says so; the job itself takes its time.
        """
        return self._in_lane("follow", lambda: self._lost.retry(job_id))

    def dismiss(self, job_id: str) -> Future[None]:
        """Take a job that is not under way off the list and remove its folder. Its row and its take stay, and what came
        and is nowhere else becomes one.

        Done when the journal says so. Raises StorageError where what came cannot be kept: the job stays as it is.
        """
        return self._in_lane("journal", lambda: self._dismiss(job_id))

    def bring_back(self, job_id: str) -> Future[None]:
        """List a dismissed job again, and go on with it where it stood. Done when the journal says so."""
        return self._in_lane("journal", lambda: self._bring_back(job_id))

    def mark(self, job_id: str, *, rating: Rating | None = None, note: str | None = None) -> Future[None]:
        """Write down what the editor thinks of a job; what is None stays as it is. See `Job`.

        Done when the journal and the receipt say so; raises StorageError where they cannot be written.
        """
        told: dict[str, Any] = {"rating": rating, "note": note and one_line(note)}
        changed = {name: value for name, value in told.items() if value is not None}
        return self._in_lane("journal", lambda: self._mark(job_id, changed))

    def clean_up(self, job_id: str, folder: Path, shown: Collection[str]) -> Future[None]:
        """Remove the files of a rejected take from the disk; its row and its receipt stay. See `clean_up.removable`.

        Done when they are gone. Raises PlacementError where the take has to stay, StorageError where a file does.
        """
        return self._in_lane("transfer", lambda: self._settling.clean_up(job_id, folder, shown))

    def placed(self, job_id: str, notes: tuple[str, ...]) -> Future[None]:
        """The take of a job is in the timeline. Done when the journal says so."""
        return self._in_lane("journal", lambda: self._settling.placed(job_id, notes))

    def land_again(self, job_id: str) -> Future[None]:
        """A take that was placed is in no file: it lands once more. Done when the journal says so, or that another
        Blender still has it: then once its lease has ended.
        """
        return self._in_lane("journal", lambda: self._settling.land_again(job_id))

    def adopt(self, job_id: str, project: str) -> None:
        """A job whose file is gone belongs to another one from now on, if no other Blender holds it."""
        self._in_lane("journal", lambda: self._rows.adopt(job_id, project))

    def read_spent(self) -> tuple[Sum, ...]:
        """What was spent in each project, by whatever Blender, as the journal has it now. Waits for the disk."""
        return self._rows.read_spent()

    def moved(
        self,
        project_before: str,
        project_after: str,
        *,
        placed: bool = True,
        paths: Mapping[str, str] = MappingProxyType({}),
    ) -> Future[None]:
        """The open file has another name: its jobs follow it, those of placed takes only where `placed`.

        paths: where the files that they name are now. Done when the journal says so.
        """
        return self._in_lane("journal", lambda: self._rows.move(project_before, project_after, placed, paths))

    def saved(self, project: str) -> None:
        """The file of a project was saved: it is another one on the disk from now on."""
        self._in_lane("journal", lambda: self._rows.note_file(project))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """No thread of this runner is there meanwhile. Waits until each has finished its step, however long."""
        *lanes, journal = self._lanes.values()
        try:
            for lane in lanes:
                lane.pause()
            # Leases are renewed until here, or another Blender would take jobs with long steps for a dead one's.
            with self._activity.wake:
                self._paused = True
                self._activity.wake.notify_all()
            self._scheduler.join()
            journal.pause()
            yield
        finally:
            self._paused = False
            for lane in self._lanes.values():
                lane.go_on()
            self._start_scheduler()

    def close(self) -> bool:
        """Stop stepping; what is unfinished stays in the journal as it is. Whether no thread is left.

        A thread that a dead network holds is left behind after `CLOSE_SECONDS`, and changes nothing any more once the
        journal is closed. A submission whose answer it waits for is on disk as such.
        """
        self._activity.close()
        for name, lane in self._lanes.items():
            # What the editor asked for is still written down.
            lane.close(finish=name == "journal")
        until = time.monotonic() + CLOSE_SECONDS
        ended = [lane.join(until) for lane in self._lanes.values()]
        self._scheduler.join()
        self._left_behind = not all(ended)
        return all(ended)

    @property
    def is_at_rest(self) -> bool:
        """Whether no event comes any more unless somebody asks for something."""
        # In this order: what a thread leaves is in the clock, and what comes from there counts until a thread is done.
        return not any(lane.is_busy for lane in self._lanes.values()) and self._clock.is_empty

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._activity.is_closing()

    @property
    def spent(self) -> tuple[Sum, ...]:
        """What was spent in each project, the latest first, as of the last step."""
        return self._rows.spent

    @property
    def coming(self) -> tuple[Job, ...]:
        """What is under way to be submitted in any Blender and costs money, as of `read_spent`."""
        return self._rows.coming

    def is_active(self, job_id: str) -> bool:
        """Whether a thread works on a job at this moment."""
        return self._activity.is_active(job_id)

    def folder_of(self, job: Job) -> Path:
        """Where the parts of an unfinished job lie."""
        return self._rows.folder_of(job)

    def _in_lane(self, lane: str, work: Callable[[], None]) -> Future[None]:
        """Do `work` on a thread of `lane`. The answer raises the ReshootError that stopped it, if anybody asks."""

        def run() -> None:
            try:
                work()
            except LeaseLost as lost:
                log.info("left to another Blender: %s", lost)
            except ReshootError as error:
                if not self._left_behind:
                    log.warning("%s", error)
                raise
            except Exception:
                if not self._left_behind:
                    log.exception("a step broke")

        with self._activity.wake:
            if not self.is_closing:
                return self._lanes[lane].put(run)
        nothing: Future[None] = Future()
        nothing.set_result(None)
        return nothing

    def _start_scheduler(self) -> None:
        self._scheduler = threading.Thread(target=self._schedule, name="reshoot-scheduler", daemon=True)
        self._scheduler.start()

    def _schedule(self) -> None:
        renewed = time.monotonic()
        while True:
            with self._activity.wake:
                if self.is_closing or self._paused:
                    return
                left = self._clock.seconds_left()
                if left != 0.0:
                    self._activity.wake.wait(min(left or LEASE_SECONDS, LEASE_SECONDS / 3))
                if self.is_closing or self._paused:
                    return
                ready = self._clock.due()
            for job_id in ready:
                self._in_lane("follow", lambda job_id=job_id: self._go_on(job_id))  # type: ignore[misc]
            if time.monotonic() - renewed >= LEASE_SECONDS / 3:
                renewed = time.monotonic()
                self._in_lane("journal", self._journal.renew)

    def _begin(self, jobs: Sequence[Job]) -> None:
        try:
            self._rows.add(jobs)
        except ReshootError as error:
            for job in jobs:
                failed = replace(job, state=State.FAILED, error=error.message, remedy=error.remedy)
                self._rows.report(Event(failed))
            return
        # The first connection takes a third of a second, which the export need not wait for.
        self._in_lane("transfer", lambda: self._steps.get_ready(jobs[0]))
        for job in jobs:
            self._rows.report(Event(job))
            self._to_lane(job)

    def _resume(self, job_id: str) -> None:
        job = self._take_up(job_id)
        if job is not None:
            self._rows.report(Event(job))
            self._hand_on(job)

    def _resume_all(self) -> None:
        self._settling.look_for_left_over()
        for job_id in (*self._journal.unfinished(), *self._journal.open_questions(), *self._settling.uncompared()):
            self.resume(job_id)

    def _go_on(self, job_id: str) -> None:
        """Step a job whose time has come."""
        try:
            if self._settling.is_to_land_again(job_id):
                self._in_lane("journal", lambda: self._land_again(job_id))
                return
            job = self._take_up(job_id)
            if job is not None and job.state is State.WAITING:
                self._stepping.step(job)
            elif job is not None:
                # It may have been another Blender's until now.
                self._rows.report_state(job_id)
                if job.open_question:
                    self._lost.look_again(job_id)
                else:
                    self._hand_on(job)
        finally:
            self._clock.looked()

    def _land_again(self, job_id: str) -> None:
        self._settling.land_again(job_id)
        if not self._settling.is_to_land_again(job_id):
            self._resume(job_id)

    def _take_up(self, job_id: str) -> Job | None:
        """The job, where it is this runner's turn to move it. Looked at again later where another Blender has it."""
        try:
            job = self._rows.claim(job_id)
        except StorageError:
            self._activity.write_again(job_id)
            raise
        if job is None:
            return None
        if self._activity.is_active(job_id):
            # A submission that is on its way must not be taken for one that a crash left behind.
            self._activity.look_again(job_id)
            return None
        if job.dismissed:
            return None
        return self._rows.advance(job, unsure(job)) if job.state is State.SUBMITTING else job

    def _hand_on(self, job: Job) -> None:
        """To the clock, which paces the questions to the service, or to the job's lane."""
        if job.state is State.WAITING:
            self._clock.set(job.id, 0.0)
            stop = self._activity.stop_of(job.id)
            self._in_lane("export", lambda: self._settling.prepare_comparison(job, stop))
        elif job.open_question:
            self._lost.look_soon(job)
        elif job.state.moving:
            self._to_lane(job)
        elif job.state in (State.LANDED, State.PLACED) and not job.compared:
            self._in_lane("transfer", lambda: self._settling.compare(job))

    def _to_lane(self, job: Job) -> None:
        self._in_lane(LANE_OF[job.state], lambda: self._stepping.step(job))

    def _mark(self, job_id: str, changed: Mapping[str, Any]) -> None:
        self._rows.mark(job_id, lambda job: replace(job, **changed))

    def _dismiss(self, job_id: str) -> None:
        job = self._rows.claim(job_id)
        if job is None or job.state.moving or job.dismissed:
            return
        folder = self.folder_of(job)
        kept = self._steps.keep_paid(job, folder)
        words = say("What came for “{shot}” is kept as {path}", shot=job.label, path=kept) if kept else ""
        try:
            self._rows.mark(job_id, lambda job: replace(job, dismissed=time.time()), words)
        except StorageError as error:
            now = self._rows.get(job_id)
            if now is None or not now.dismissed:
                raise
            # The receipt is on a disk that cannot be written.
            log.warning("%s", error)
        salvage.forget_slip(folder)
        self._settling.remove(folder)
        self._activity.forget(job_id)

    def _bring_back(self, job_id: str) -> None:
        job = self._rows.mark(job_id, lambda job: replace(job, dismissed=0.0))
        if job is not None:
            self._resume(job_id)
