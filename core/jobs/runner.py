# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps jobs forward on a few threads, one journaled state at a time. What a step does is in `steps`.

The thread that owns the interface never waits for it: it puts jobs in and drains `events`.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from ..errors import JobCancelled, NoAnswer, NotSent, Paid, ReshootError, ServiceBusy, StorageError
from ..lanes import Lane
from ..money.ledger import Sum
from ..names import REHEARSAL
from ..takes.files import is_gone
from ..values.job import Job, Stage
from ..values.state import State
from ..values.take import Take
from ..words import say
from . import salvage
from .clock import Clock
from .journal import LEASE_SECONDS, Journal, LeaseLost
from .steps import Steps, Wait

log = logging.getLogger(__name__)

_LANES = {"export": 2, "transfer": 2, "follow": 2, "desk": 1}
"""Threads of each lane; with the scheduler they are eight. The desk writes down; it never waits for the network."""

_LANE_OF = {
    State.PREPARED: "export",
    State.EXPORTING: "export",
    State.UPLOADING: "transfer",
    State.SUBMITTING: "transfer",
    State.WAITING: "follow",
    State.DOWNLOADING: "transfer",
}

_OUT_OF_REACH = (NotSent, NoAnswer, ServiceBusy)
"""What is raised where nobody can be asked, for now."""

_UNPAID = (State.PREPARED, State.EXPORTING, State.UPLOADING)

_LOOK_AGAIN = 0.5
"""Seconds after which a job that was just being stepped is looked at again."""

_WRITE_AGAIN = 1.0
"""Seconds after which a journal that could not be written is tried again."""

_LOOKS = (5.0, 30.0, 120.0, 600.0, 1800.0)
"""Seconds after a submission's answer was lost, or a job was cancelled, at which the service is asked what it has."""

_ARRIVES = 5.0
"""Seconds after its answer was lost in which a request may still reach the service, or its list. Until then that it is
not on the list says nothing."""

CLOSE_SECONDS = 1.0
"""Seconds that closing waits for answers: whoever closes Blender waits too. Without a network they may never come."""


@dataclass(frozen=True)
class Event:
    """What the interface hears of a job. words: where it stands. fraction: 0 to 1, None where it cannot be told.

    gone: the job was dismissed. elsewhere: another Blender has it.
    """

    job: Job
    words: str = ""
    fraction: float | None = None
    gone: bool = False
    elsewhere: bool = False


class Runner:
    """Moves the jobs of `journal` until they have landed, failed or been cancelled.

    folder: holds one folder for each unfinished job. events: filled from any thread, drained by the interface. spent:
    what was spent in each project, as of the last step.
    """

    def __init__(self, journal: Journal, folder: Path, steps: Steps, *, keep_clips: Callable[[], bool]) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.spent = journal.sums()
        self._journal = journal
        self._folder = folder
        self._steps = steps
        self._keep_clips = keep_clips
        self._lanes = {name: Lane(f"reshoot-{name}", count) for name, count in _LANES.items()}
        self._active: set[str] = set()
        self._wake = threading.Condition()
        self._clock = Clock(self._wake, _LANES["follow"])
        self._stops: dict[str, threading.Event] = {}
        self._closing = False
        self._paused = False
        self._left_behind = False
        self._moved: dict[str, str] = {}
        """The projects of jobs that were moved: a step that runs meanwhile knows the one before."""
        self._reporting = threading.Lock()
        self._take_lock = threading.Lock()
        """Held while what is known of a landed take is written: it is placed by one thread, compared by another."""
        self._start_scheduler()

    def add(self, jobs: Sequence[Job]) -> None:
        """Write `jobs` to the journal, all or none, and start them. Returns at once.

        A journal that cannot be written fails the jobs.
        """
        for job in jobs:
            self._stops[job.id] = threading.Event()
        self._in_lane("desk", lambda: self._begin(jobs))

    def resume(self, job_id: str) -> None:
        """Go on with an unfinished job from where it stands, if no other Blender holds it."""
        self._in_lane("desk", lambda: self._resume(job_id))

    def written(self) -> Future[None]:
        """Done when the journal has all that was asked for so far."""
        return self._in_lane("desk", lambda: None)

    def resume_all(self) -> None:
        """The same with every unfinished job, and look for what was lost on its way."""
        self._in_lane("desk", self._resume_all)

    def cancel(self, job_id: str) -> Future[None]:
        """Stop a job. What was submitted is asked to stop at the service. Done when the journal says so."""
        stop = self._stops.get(job_id)
        if stop is not None:
            stop.set()
        return self._in_lane("follow", lambda: self._cancel(job_id))

    def retry(self, job_id: str) -> Future[None]:
        """Go on with a failed or cancelled job from where nothing is paid twice. One that was lost is submitted again
        where it is not found. A take that is gone from the disk is fetched again.

        Done when the journal says so; the job itself takes its time.
        """
        return self._in_lane("follow", lambda: self._retry(job_id))

    def dismiss(self, job_id: str) -> Future[None]:
        """Forget an ended job and remove its folder. Its take stays. Done when the journal has forgotten it."""
        return self._in_lane("desk", lambda: self._dismiss(job_id))

    def placed(self, job_id: str, notes: tuple[str, ...]) -> Future[None]:
        """The take of a job is in the timeline. Done when the journal says so."""
        return self._in_lane("desk", lambda: self._placed(job_id, notes))

    def land_again(self, job_id: str) -> Future[None]:
        """A take that was placed is in no file: it lands once more. Done when the journal says so."""
        return self._in_lane("desk", lambda: self._land_again(job_id))

    def adopt(self, job_id: str, project: str) -> None:
        """A job whose file is gone belongs to another one from now on, if no other Blender holds it."""
        self._in_lane("desk", lambda: self._adopt(job_id, project))

    def read_spent(self) -> tuple[Sum, ...]:
        """What was spent in each project, by whatever Blender, as the journal has it now. Waits for the disk."""
        with self._reporting:
            self.spent = self._journal.sums()
        return self.spent

    def moved(self, project_before: str, project_after: str, *, placed: bool = True) -> None:
        """The open file has another name: its jobs follow it, those of placed takes only where `placed`."""
        self._in_lane("desk", lambda: self._move(project_before, project_after, placed))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """No thread of this runner is there meanwhile. Waits until each has finished its step, however long."""
        *lanes, desk = self._lanes.values()
        try:
            for lane in lanes:
                lane.pause()
            # Leases are renewed until here, or another Blender would take jobs with long steps for a dead one's.
            with self._wake:
                self._paused = True
                self._wake.notify_all()
            self._scheduler.join()
            desk.pause()
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
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for name, lane in self._lanes.items():
            # What the editor asked for is still written down.
            lane.close(finish=name == "desk")
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

    def folder_of(self, job: Job) -> Path:
        """Where the parts of an unfinished job lie."""
        return self._folder / job.id

    def _is_closing(self) -> bool:
        return self._closing

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

        with self._wake:
            if not self._closing:
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
            with self._wake:
                if self._closing or self._paused:
                    return
                left = self._clock.seconds_left()
                if left != 0.0:
                    self._wake.wait(min(left or LEASE_SECONDS, LEASE_SECONDS / 3))
                if self._closing or self._paused:
                    return
                ready = self._clock.due()
            for job_id in ready:
                self._in_lane("follow", lambda job_id=job_id: self._go_on(job_id))  # type: ignore[misc]
            if time.monotonic() - renewed >= LEASE_SECONDS / 3:
                renewed = time.monotonic()
                self._in_lane("desk", self._journal.renew)

    def _begin(self, jobs: Sequence[Job]) -> None:
        try:
            self._journal.add(jobs)
        except ReshootError as error:
            for job in jobs:
                failed = replace(job, state=State.FAILED, error=error.message, remedy=error.remedy)
                self.events.put(Event(failed))
            return
        # The first connection takes a third of a second, which the export need not wait for.
        self._in_lane("transfer", lambda: self._steps.get_ready(jobs[0]))
        for job in jobs:
            self.events.put(Event(job))
            self._to_lane(job)

    def _resume(self, job_id: str) -> None:
        job = self._claim(job_id)
        if job is not None:
            self.events.put(Event(job))
            self._hand_on(job)

    def _resume_all(self) -> None:
        for job_id in (*self._journal.unfinished(), *self._journal.open_questions(), *self._uncompared()):
            self.resume(job_id)

    def _uncompared(self) -> list[str]:
        """The jobs whose takes an earlier Blender placed and did not live to compare: their folders are still there."""
        try:
            ids = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        jobs = [job for job in map(self._journal.get, ids) if job is not None]
        return [job.id for job in jobs if job.state is State.PLACED and not job.compared]

    def _go_on(self, job_id: str) -> None:
        """Step a job whose time has come."""
        try:
            job = self._claim(job_id)
            if job is not None and job.state is State.WAITING:
                self._step(job)
            elif job is not None:
                # It may have been another Blender's until now.
                self._report_state(job_id)
                if job.open_question:
                    self._look_again(job_id)
                else:
                    self._hand_on(job)
        finally:
            self._clock.looked()

    def _claim(self, job_id: str) -> Job | None:
        """The job, where it is this runner's turn to move it. Looked at again later where another Blender has it."""
        try:
            job = self._mine(job_id)
        except StorageError:
            self._clock.set(job_id, _WRITE_AGAIN)
            raise
        if job is None:
            return None
        if self._is_active(job_id):
            # A submission that is on its way must not be taken for one that a crash left behind.
            self._clock.set(job_id, _LOOK_AGAIN)
            return None
        return self._advance(job, self._steps.unsure(job)) if job.state is State.SUBMITTING else job

    def _mine(self, job_id: str) -> Job | None:
        """The job, held from now on. None where another Blender has it: what that one has made of it is told, and it is
        looked at again while it is under way there.
        """
        job = self._journal.claim(job_id)
        other = self._journal.get(job_id) if job is None else None
        if other is not None:
            self.events.put(Event(other, say("In another Blender"), elsewhere=not other.state.ended))
            if not other.state.ended or not other.compared:
                self._clock.set(job_id, LEASE_SECONDS)
        return job

    def _is_active(self, job_id: str) -> bool:
        with self._wake:
            return job_id in self._active

    def _hand_on(self, job: Job) -> None:
        """To the clock, which paces the questions to the service, or to the job's lane."""
        if job.state is State.WAITING:
            self._clock.set(job.id, 0.0)
            stop = self._stops.setdefault(job.id, threading.Event())
            self._in_lane("export", lambda: self._prepare_comparison(job, stop))
        elif job.open_question:
            self._clock.set(job.id, _LOOKS[0])
        elif job.state.moving:
            self._to_lane(job)
        elif job.state in (State.LANDED, State.PLACED) and not job.compared:
            self._in_lane("transfer", lambda: self._compare(job))

    def _prepare_comparison(self, job: Job, stop: threading.Event) -> None:
        with contextlib.suppress(JobCancelled):
            self._steps.prepare_comparison(job, self.folder_of(job), cancelled=lambda: self._closing or stop.is_set())

    def _compare(self, job: Job) -> None:
        """Hold a landed take against its clip. It may be placed meanwhile, as it came."""
        with self._wake:
            if self._closing or job.id in self._active:
                return
            self._active.add(job.id)
        with contextlib.suppress(JobCancelled), self._working_on(job.id):
            take, notes = self._compared(job)
            with self._take_lock:
                now = self._journal.claim(job.id)
                if now is None or now.compared:
                    return
                if job.state is now.state is State.PLACED and take != job.take:
                    # The Blender that placed it is gone, and nobody knows what the editor has done to it since.
                    notes = (*notes, say("Delete the strip and place the take again from the list of jobs."))
                after = self._advance(now, replace(now, take=take, notes=(*now.notes, *notes), compared=True))
                if after.state is State.PLACED:
                    self._steps.finish(after)
                    self._clear(after)

    @contextlib.contextmanager
    def _working_on(self, job_id: str) -> Iterator[None]:
        """An active job is not active any more afterwards, and is looked at again where the journal has failed."""
        try:
            yield
        except StorageError:
            self._clock.set(job_id, _WRITE_AGAIN)
            raise
        finally:
            with self._wake:
                self._active.discard(job_id)
                self._wake.notify_all()

    def _compared(self, job: Job) -> tuple[Take | None, tuple[str, ...]]:
        try:
            return self._steps.compare(job, self.folder_of(job), cancelled=self._is_closing)
        except JobCancelled:
            raise
        except Exception:
            # Whoever waits for the comparison must not wait for ever.
            log.exception("the take of job %s could not be compared", job.id)
            return job.take, (say("The result could not be compared with the clip: placed as it came"),)

    def _to_lane(self, job: Job) -> None:
        self._in_lane(_LANE_OF[job.state], lambda: self._step(job))

    def _step(self, job: Job) -> None:
        """Do the steps of `job` that belong to one lane, and hand it on to the next one."""
        with self._wake:
            busy = job.id in self._active
            self._active.add(job.id)
        if busy:
            self._clock.set(job.id, _LOOK_AGAIN)
            return
        try:
            with self._working_on(job.id):
                now = self._journal.get(job.id)
                if self._closing or now is None or now.state is not job.state:
                    # It was asked for twice, and has gone on since.
                    return
                outcome = self._steps_of_lane(now, self._stops.setdefault(job.id, threading.Event()))
        except (JobCancelled, LeaseLost):
            # Somebody else moved it on meanwhile. What this step told of it must not be the last that is heard.
            self._report_state(job.id)
            return
        if isinstance(outcome, Wait):
            self.events.put(Event(self._where(outcome.job), outcome.words, outcome.fraction))
            self._clock.set(outcome.job.id, outcome.seconds)
        else:
            self._hand_on(outcome)

    def _steps_of_lane(self, job: Job, stop: threading.Event) -> Job | Wait:
        lane = _LANE_OF[job.state]
        while job.state.moving and _LANE_OF[job.state] == lane:
            if self._closing and not stop.is_set():
                # Nobody asked to cancel it: the next Blender goes on from here.
                return job
            if stop.is_set() and (job.state in _UNPAID or (job.state is State.WAITING and not job.cancelling)):
                return self._cancelled(job)
            outcome = self._one_step(job, stop)
            if isinstance(outcome, Wait):
                return outcome
            job = outcome
        return job

    def _one_step(self, job: Job, stop: threading.Event) -> Job | Wait:
        """One step of `job`, written down. LeaseLost where the row was changed by somebody else meanwhile."""
        written = job
        # What was submitted is followed to its end: the editor's wish to cancel is put to the service.
        unpaid = job.state in _UNPAID

        def cancelled() -> bool:
            return self._closing or (unpaid and stop.is_set())

        def advance(before: Job, after: Job) -> Job:
            nonlocal written
            written = self._advance(before, after)
            return written

        def report(words: str, fraction: float | None) -> None:
            self.events.put(Event(self._where(written), words, fraction))

        try:
            outcome = self._steps.step(job, self.folder_of(job), advance=advance, report=report, cancelled=cancelled)
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
        while True:
            try:
                return self._advance(written, outcome)
            except LeaseLost:
                if written.state is State.SUBMITTING and outcome.state is State.WAITING:
                    # Another Blender took the submission for lost: this one slept, or the clock was set.
                    return self._answered(outcome)
                raise
            except StorageError as error:
                # What a step has done must not be forgotten, least of all what was paid for.
                if self._closing:
                    raise
                report(say("{error} Trying again", error=error.message), None)
            with self._wake:
                self._wake.wait_for(self._is_closing, _WRITE_AGAIN)

    def _where(self, job: Job) -> Job:
        """`job` in the project that it belongs to now."""
        return replace(job, project=self._moved.get(job.id, job.project))

    def _advance(self, before: Job, after: Job) -> Job:
        after = _staged(before, after)
        with self._reporting:
            after = self._journal.advance(before, after)
            if after.service != REHEARSAL and after.state is not before.state:
                self.spent = self._journal.sums()
            if after.state is not before.state or after.compared is not before.compared:
                self.events.put(Event(after))
        if after.state is not before.state:
            salvage.write_slip(self.folder_of(after), after)
        return after

    def _answered(self, job: Job) -> Job:
        with self._reporting:
            after = self._journal.answered(_staged(job, job))
            self.spent = self._journal.sums()
            self.events.put(Event(after))
        return after

    def _report_state(self, job_id: str) -> None:
        with self._reporting:
            job = self._journal.get(job_id)
            if job is not None:
                self.events.put(Event(job))

    def _cancel(self, job_id: str) -> None:
        job = self._mine(job_id)
        if job is None or not job.state.moving:
            return
        self._stops.setdefault(job_id, threading.Event()).set()
        if job.state in _UNPAID:
            try:
                self._hand_on(self._cancelled(job))
            except StorageError:
                # Its step has ended: nobody else would write down that it is cancelled.
                self._clock.set(job_id, _WRITE_AGAIN)
                raise
        while job is not None and job.state is State.WAITING and not job.cancelling and not self._closing:
            # Another thread may be asking how far it is, and again.
            with self._wake:
                self._wake.wait_for(lambda: self._closing or job_id not in self._active)
            self._step(job)
            job = self._journal.get(job_id)

    def _cancelled(self, job: Job) -> Job:
        """`job`, cancelled: by its own row, or as the service answers."""
        if job.state is State.WAITING:
            after = self._advance(job, self._steps.cancel(job))
            if after.state is State.WAITING:
                self.events.put(Event(after))
            return after
        # A job that was unsure before it was tried again stays so, whatever becomes of the second try.
        if job.paid is Paid.NO:
            words = say("Cancelled; nothing was paid.")
        else:
            words = say("Cancelled; an earlier try may be charged.")
        return self._advance(job, replace(job, state=State.CANCELLED, error=words, retry_to=State.PREPARED))

    def _retry(self, job_id: str) -> None:
        job = self._mine(job_id)
        if job is None:
            return
        if is_gone(job):
            self._hand_on(self._advance(job, replace(job, state=State.DOWNLOADING, take=None)))
            return
        if job.retry_to is None or not job.state.ended:
            return
        self._stops[job_id] = threading.Event()
        paid_again = job.lost or (job.ticket is not None and job.retry_to not in (State.WAITING, State.DOWNLOADING))
        try:
            if paid_again:
                self.events.put(Event(job, say("Looking for it at the service first")))
                if not self._has_arrived(job) or self._look(job):
                    return
        except _OUT_OF_REACH as error:
            # Whoever does not answer this takes no submission either, and may have taken the last one.
            words = say("Nothing was sent: whether it is paid already could not be asked. {error}", error=error.message)
            told = replace(job, error=words)
            self.events.put(Event(self._advance(job, told)))
            raise
        except (LeaseLost, StorageError):
            self._report_state(job_id)
            raise
        again = replace(job, state=job.retry_to, error="", remedy="", retry_to=None, cancelling=False)
        if again.state in (State.PREPARED, State.UPLOADING):
            # What was refused may have been refused for its uploads, which the service keeps for a while only.
            uploads = () if job.ticket else job.uploads
            paid = Paid.UNKNOWN if job.paid is Paid.UNKNOWN else Paid.NO
            again = replace(again, ticket=None, uploads=uploads, paid=paid)
        self._hand_on(self._advance(job, again))

    def _has_arrived(self, job: Job) -> bool:
        """Wait until a request whose answer was lost is where it can be found. False where there is no time left."""
        lost = [stage.at for stage in job.stages if stage.state is State.UNSURE]
        if not job.lost or not lost:
            return True
        left = min(lost[-1] + _ARRIVES - time.time(), _ARRIVES)
        with self._wake:
            return not self._wake.wait_for(self._is_closing, max(0.0, left))

    def _look(self, job: Job) -> bool:
        """Whether the service has what would have to be paid again; then the job goes on with it.

        Raises NotSent, NoAnswer or ServiceBusy where it is out of reach. One that cannot be asked such a thing has
        nothing.
        """
        try:
            found = self._steps.look(job)
        except _OUT_OF_REACH:
            raise
        except ReshootError as error:
            log.info("the request of job %s could not be looked for: %s", job.id, error)
            return False
        if found is None:
            return False
        self._hand_on(self._advance(job, found))
        return True

    def _look_again(self, job_id: str) -> None:
        """Look for what an ended job may have at the service, and again later where there is nothing yet."""
        job = self._journal.claim(job_id)
        if job is None or not job.open_question:
            return
        with contextlib.suppress(*_OUT_OF_REACH):
            if self._look(job):
                return
        since = time.time() - job.stages[-1].at
        later = next((seconds for seconds in _LOOKS if seconds > since), None)
        if later is not None:
            self._clock.set(job_id, later - since)

    def _dismiss(self, job_id: str) -> None:
        job = self._mine(job_id)
        if job is None or job.state.moving:
            return
        self._journal.remove(job_id)
        shutil.rmtree(self.folder_of(job), ignore_errors=True)
        self._stops.pop(job_id, None)
        self.events.put(Event(job, gone=True))

    def _placed(self, job_id: str, notes: tuple[str, ...]) -> None:
        with self._take_lock:
            job = self._journal.claim(job_id)
            if job is None or job.state is not State.LANDED:
                return
            done = _staged(job, replace(job, state=State.PLACED, notes=(*job.notes, *notes)))
            try:
                # First, so that whoever hears that the take is placed finds the whole receipt.
                self._steps.finish(done)
            except StorageError as error:
                done = replace(done, notes=(*done.notes, error.message))
            done = self._advance(job, done)
            if done.compared:
                self._clear(done)
        self._stops.pop(job_id, None)

    def _clear(self, job: Job) -> None:
        """Remove what is not needed any more of a job that is over."""
        if self._keep_clips():
            self._steps.forget_result(self.folder_of(job))
        else:
            shutil.rmtree(self.folder_of(job), ignore_errors=True)

    def _land_again(self, job_id: str) -> None:
        job = self._journal.claim(job_id)
        if job is not None and job.state is State.PLACED:
            self._advance(job, replace(job, state=State.LANDED))

    def _adopt(self, job_id: str, project: str) -> None:
        if self._journal.claim(job_id) is not None:
            with self._reporting:
                self._report_moved(self._journal.give(job_id, project))

    def _move(self, before: str, after: str, placed: bool) -> None:
        with self._reporting:
            for job in self._journal.move(before, after, placed=placed):
                self._report_moved(job)

    def _report_moved(self, job: Job) -> None:
        self._moved[job.id] = job.project
        self.events.put(Event(job))


def _staged(before: Job, after: Job) -> Job:
    """`after` with the time at which it left the state of `before`, if that is not noted yet."""
    if after.state is before.state or (after.stages and after.stages[-1].state is after.state):
        return after
    return replace(after, stages=(*after.stages, Stage(after.state, time.time())))
