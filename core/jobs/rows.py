# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims the rows of jobs, writes them, and reports each change. All that a runner says comes from here.

It does not know what a step is, nor when one is due.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from ..errors import StorageError
from ..money.ledger import Sum
from ..names import REHEARSAL
from ..one_line import one_line
from ..takes.receipt import receipt_path, write_receipt
from ..values.job import Job, Stage, is_job_id
from ..words import say
from . import salvage
from .clock import Clock
from .journal import LEASE_SECONDS, Journal
from .moved import file_of, relocated


@dataclass(frozen=True)
class Event:
    """What the interface hears of a job. words: where it stands. fraction: 0 to 1, None where it cannot be told.

    elsewhere: another Blender has it. marked: nothing but what the editor thinks of it has changed, and it stands where
    it stood; the words then tell the editor what else came of that.
    """

    job: Job
    words: str = ""
    fraction: float | None = None
    elsewhere: bool = False
    marked: bool = False


class Rows:
    """The rows of `journal`, as one runner writes them. Everything may be called on any thread.

    folder: holds one folder for each unfinished job. clock: looks again at the jobs of other Blenders. events: filled
    here, drained by the interface. spent: what was spent in each project, as of the last change. coming: what is under
    way to be submitted in any Blender, as of `read_spent`.
    """

    def __init__(self, journal: Journal, folder: Path, clock: Clock) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.spent = journal.sums()
        self.coming: tuple[Job, ...] = ()
        self._journal = journal
        self._folder = folder
        self._clock = clock
        self._moved: dict[str, str] = {}
        """The projects of jobs that were moved: a step that runs meanwhile knows the one before."""
        self._reporting = threading.Lock()

    def folder_of(self, job: Job) -> Path:
        """Where the parts of an unfinished job lie. Raises StorageError for an id that is none: see `is_job_id`."""
        if not is_job_id(job.id):
            raise StorageError(
                say("“{job}” is no job's id.", job=one_line(job.id, 100)),
                say("Update Reshoot; nothing is lost."),
            )
        return self._folder / job.id

    def get(self, job_id: str) -> Job | None:
        """The job as it is written down, None where it is not."""
        return self._journal.get(job_id)

    def hold(self, job_id: str) -> Job | None:
        """The job, held by this runner from now on. None where another Blender has it, or it is not there."""
        return self._journal.claim(job_id)

    def claim(self, job_id: str) -> Job | None:
        """The same. What another Blender has made of a job that it has is told, and the job is looked at again while it
        is under way there.
        """
        job = self._journal.claim(job_id)
        other = self._journal.get(job_id) if job is None else None
        if other is not None:
            self.report(Event(other, say("In another Blender"), elsewhere=not other.state.ended))
            if not other.state.ended or not other.compared:
                self._clock.set(job_id, LEASE_SECONDS)
        return job

    def add(self, jobs: Sequence[Job]) -> None:
        """Write new jobs down, all or none. Raises StorageError."""
        self._journal.add(jobs)
        for project in {job.project for job in jobs}:
            self.note_file(project)

    def read_spent(self) -> tuple[Sum, ...]:
        """What was spent in each project, by whatever Blender, as the journal has it now. Waits for the disk."""
        with self._reporting:
            # In this order: what is submitted in between counts twice rather than not at all.
            self.coming = self._journal.coming()
            self.spent = self._journal.sums()
        return self.spent

    def advance(self, before: Job, after: Job) -> Job:
        """Write `after` in the place of `before`, and report it where its state is another one. The job as written.

        Raises LeaseLost where somebody else has changed the row, StorageError where it cannot be written, MoneyError
        where it would be submitted over a limit.
        """
        after = staged(before, after)
        with self._reporting:
            after = self._journal.advance(before, after)
            if after.service != REHEARSAL and after.state is not before.state:
                self.spent = self._journal.sums()
            if after.state is not before.state or after.compared is not before.compared:
                self.report(Event(after))
        if after.state is not before.state:
            salvage.write_slip(self.folder_of(after), after)
        return after

    def answered(self, job: Job) -> Job:
        """Write down that the submission of `job` was accepted, though another Blender took it for lost."""
        with self._reporting:
            after = self._journal.answered(staged(job, job))
            self.spent = self._journal.sums()
            self.report(Event(after))
        salvage.write_slip(self.folder_of(after), after)
        return after

    def mark(self, job_id: str, change: Callable[[Job], Job], words: str = "") -> Job | None:
        """Write down what the editor thinks of a job, see `Journal.mark`; also in the receipt beside its take.

        words: what the editor is told with it.
        """
        with self._reporting:
            job = self._journal.mark(job_id, change)
            if job is not None:
                self.report(Event(job, words, marked=True))
        if job is not None and job.take is not None and receipt_path(job.take.path).is_file():
            write_receipt(job)
        return job

    def report(self, event: Event) -> None:
        """Tell the interface."""
        self.events.put(event)

    def report_progress(self, job: Job, words: str, fraction: float | None) -> None:
        """Tell how far a step is, which may know the job from before its project was moved."""
        now = replace(job, project=self._moved.get(job.id, job.project))
        self.report(Event(now, words, fraction))

    def report_state(self, job_id: str) -> None:
        """Tell of a job what is written down."""
        with self._reporting:
            job = self._journal.get(job_id)
            if job is not None:
                self.report(Event(job))

    def adopt(self, job_id: str, project: str) -> None:
        """A job belongs to another project from now on, if no other Blender holds it."""
        if self._journal.claim(job_id) is not None:
            with self._reporting:
                self._report_moved(self._journal.give(job_id, project))

    def move(self, before: str, after: str, placed: bool, paths: Mapping[str, str]) -> None:
        """The jobs of a project belong to another one from now on, those of placed takes only where `placed`.

        paths: where the files that they name are now, see `moved.Found`.
        """
        with self._reporting:
            for job in self._journal.move(before, after, placed=placed, change=lambda job: relocated(job, paths)):
                self._report_moved(job)
            self.spent = self._journal.sums()
        self.note_file(after)

    def note_file(self, project: str) -> None:
        """Keep in mind which file a project is, so that it is known again where it has been moved."""
        file = file_of(project)
        if file:
            self._journal.note_file(project, file)

    def _report_moved(self, job: Job) -> None:
        self._moved[job.id] = job.project
        self.report(Event(job))


def staged(before: Job, after: Job) -> Job:
    """`after` with the time at which it left the state of `before`, if that is not noted yet."""
    if after.state is before.state or (after.stages and after.stages[-1].state is after.state):
        return after
    return replace(after, stages=(*after.stages, Stage(after.state, time.time())))
