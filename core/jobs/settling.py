# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a take once it is on disk: it is compared with its clip, and placed, in either order.

It places nothing itself: it hears that a take is in the timeline, and writes that down.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import JobCancelled, PlacementError, StorageError
from ..storage import left_over, remove, remove_folder, unwritable
from ..takes.clean_up import removable
from ..takes.files import stamp
from ..values.job import Job, is_job_id
from ..values.state import State
from ..values.take import Take
from ..words import say
from .activity import Activity
from .journal import LEASE_SECONDS
from .rows import Event, Rows, staged
from .steps import Steps

log = logging.getLogger(__name__)


class Settling:
    """Settles the takes of one runner's jobs. Everything is called on its threads.

    folder: holds one folder for each unfinished job. keep_clips: whether those of placed takes are kept.
    """

    def __init__(
        self, rows: Rows, activity: Activity, steps: Steps, folder: Path, *, keep_clips: Callable[[], bool]
    ) -> None:
        self._rows = rows
        self._activity = activity
        self._steps = steps
        self._folder = folder
        self._keep_clips = keep_clips
        self._to_land: set[str] = set()
        """The takes that were placed by a Blender whose lease has not ended, and are in no file."""
        self._left_over: set[Path] = set()
        """The folders of jobs that are over in which something was open."""
        self._take_lock = threading.Lock()
        """Held while what is known of a landed take is written: it is placed by one thread, compared by another."""

    def look_for_left_over(self) -> None:
        """Remove the folders of jobs that were over while something in them was open, as Windows has it: also those
        that an earlier Blender left. Goes through all folders, so it is for the start."""
        self._left_over.update(left_over(self._folder))
        self._remove_left_over()

    def remove(self, folder: Path) -> None:
        """Remove the folder of a job that is over, and what is left over of others."""
        self._remove_left_over()
        if not remove_folder(folder):
            self._left_over.add(folder)

    def _remove_left_over(self) -> None:
        for folder, job in self._rows_of(list(self._left_over)):
            # One that has gone on since needs its folder again, and is over once more when it is.
            if not (job is None or _is_over(job)) or remove_folder(folder, patiently=False):
                self._left_over.discard(folder)

    def uncompared(self) -> list[str]:
        """The jobs whose takes an earlier Blender placed and did not live to compare: their folders are still there."""
        try:
            folders = list(self._folder.iterdir())
        except OSError:
            return []
        jobs = [job for _folder, job in self._rows_of(folders) if job is not None]
        return [job.id for job in jobs if job.state is State.PLACED and not job.compared]

    def _rows_of(self, folders: Iterable[Path]) -> Iterator[tuple[Path, Job | None]]:
        """The row that each job's folder has, None where it has none. One that cannot be read is passed over: a newer
        Reshoot may have written it, and need the folder.
        """
        for folder in folders:
            if is_job_id(folder.name):
                try:
                    yield folder, self._rows.get(folder.name)
                except StorageError as error:
                    log.warning("%s", error)

    def prepare_comparison(self, job: Job, stop: threading.Event) -> None:
        """Read the clip while the service works. stop: set once the editor wants the job to stop."""
        folder = self._rows.folder_of(job)
        with contextlib.suppress(JobCancelled):
            self._steps.prepare_comparison(job, folder, cancelled=lambda: self._activity.is_closing() or stop.is_set())

    def compare(self, job: Job) -> None:
        """Hold a landed take against its clip. It may be placed meanwhile, as it came."""
        if self._activity.is_closing() or not self._activity.begin(job.id):
            return
        with contextlib.suppress(JobCancelled), self._activity.working_on(job.id):
            take, notes = self._compared(job)
            with self._take_lock:
                now = self._rows.hold(job.id)
                if now is None or now.compared:
                    return
                if job.state is now.state is State.PLACED and take != job.take:
                    # The Blender that placed it is gone, and nobody knows what the editor has done to it since.
                    notes = (*notes, say("Delete the strip and place the take again from the list of jobs."))
                after = self._rows.advance(
                    now, replace(now, take=_where(take, now), notes=(*now.notes, *notes), compared=True)
                )
                if after.state is State.PLACED:
                    try:
                        self._steps.finish(after)
                    finally:
                        self._clear(after)

    def _compared(self, job: Job) -> tuple[Take | None, tuple[str, ...]]:
        try:
            return self._steps.compare(job, self._rows.folder_of(job), cancelled=self._activity.is_closing)
        except JobCancelled:
            raise
        except Exception:
            # Whoever waits for the comparison must not wait for ever.
            log.exception("the take of job %s could not be compared", job.id)
            return job.take, (say("The result could not be compared with the clip: placed as it came"),)

    def placed(self, job_id: str, notes: tuple[str, ...]) -> None:
        """Write down that a take is in the timeline. notes: what was done to place it."""
        with self._take_lock:
            job = self._rows.hold(job_id)
            if job is None or job.state is not State.LANDED:
                return
            there = stamp(job.project)
            done = staged(job, replace(job, state=State.PLACED, notes=(*job.notes, *notes), placed_in=there))
            try:
                # First, so that whoever hears that the take is placed finds the whole receipt.
                self._steps.finish(done)
            except StorageError as error:
                done = replace(done, notes=(*done.notes, error.message))
            done = self._rows.advance(job, done)
            if done.compared:
                self._clear(done)
        self._activity.forget(job_id)

    def land_again(self, job_id: str) -> None:
        """Write down that a take which was placed is in no file; later, where the lease of the Blender that placed it
        has not ended yet.
        """
        job = self._rows.hold(job_id)
        if job is None and self._rows.get(job_id) is not None:
            self._to_land.add(job_id)
            self._activity.clock.set(job_id, LEASE_SECONDS)
            return
        self._to_land.discard(job_id)
        if job is not None and job.state is State.PLACED and not job.dismissed:
            self._rows.advance(job, replace(job, state=State.LANDED))

    def clean_up(self, job_id: str, folder: Path, shown: Collection[str]) -> None:
        """Remove the files of a rejected take, see `clean_up.removable`; its row and its receipt stay."""
        job = self._rows.hold(job_id)
        if job is None:
            raise PlacementError(say("Another Blender has this job."), say("Try again once it is closed there."))
        try:
            for path in removable(job, folder, shown).files:
                try:
                    remove(path)
                except OSError as error:
                    raise unwritable(folder, error) from error
        except (PlacementError, StorageError) as error:
            self._rows.report(Event(job, str(error)))
            raise
        words = say("Its file was removed; Retry fetches it again as long as the service has it")
        self._rows.report(Event(self._rows.advance(job, replace(job, notes=(*job.notes, words))), words))

    def is_to_land_again(self, job_id: str) -> bool:
        """Whether `land_again` waits for a lease to end."""
        return job_id in self._to_land

    def _clear(self, job: Job) -> None:
        """Remove what is not needed any more of a job that is over."""
        if job.take is not None and not os.path.isfile(job.take.path):
            # Its project was moved meanwhile: what came is the only copy.
            return
        folder = self._rows.folder_of(job)
        if self._keep_clips():
            self._steps.forget_result(folder)
        else:
            self.remove(folder)


def _is_over(job: Job) -> bool:
    """Whether nobody needs the folder of a job any more."""
    return bool(job.dismissed) or (job.state is State.PLACED and job.compared and os.path.isfile(_take_of(job)))


def _take_of(job: Job) -> str:
    return job.take.path if job.take is not None else ""


def _where(take: Take | None, now: Job) -> Take | None:
    """`take` where the row has it by now: its project may have been moved while it was compared."""
    return take if take is None or now.take is None else replace(take, path=now.take.path)
