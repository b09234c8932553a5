# SPDX-License-Identifier: GPL-3.0-or-later
"""What each step of a job does, and what becomes of it when the step goes wrong.

A step gets a job in one state and returns it in the next, or says how long to wait. Every step but submitting may be
repeated; submitting is on disk before it leaves and is never repeated by itself. Threads and clocks are `runner`'s;
what was lost on its way, or cancelled, is looked for in `lost`.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..blender_process import Blender
from ..errors import (
    AnswerLost,
    BadAnswer,
    DownloadBroken,
    DownloadError,
    NoAnswer,
    NotSent,
    Paid,
    RequestGone,
    RequestRefused,
    ReshootError,
    ResultGone,
    ServiceBusy,
    StorageError,
)
from ..export import clip
from ..export.images import prepare
from ..export.recipe import SCENE_FILE
from ..models.model import ModelInput
from ..names import REHEARSAL
from ..planning.job_model import kept, model_of
from ..service import download, fal
from ..storage import discard, put_in_place
from ..takes import comparing, landing
from ..takes.files import path_for
from ..takes.receipt import write_receipt
from ..takes.result import CORRECTED, keep, land
from ..values.choices import ReferenceKind
from ..values.job import Job
from ..values.request import Ticket, Upload
from ..values.state import State
from ..values.take import Take
from ..words import say
from .lost import unsure

log = logging.getLogger(__name__)

PATIENCE = 600.0
"""Seconds of trouble without a break after which a job stops trying by itself. What is slept is none of them."""
LONGEST_TRY = 60.0
"""Seconds that one try counts for at most: one that took longer may have slept."""

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
FIRST_POLL = 0.5
LONGEST_POLL = 1.0
_POLL_GROWTH = 1.2
_COUNTED = re.compile(r"(\d+) of (\d+)$")
"""What a service counts in its log, as the rehearsal does: Frame 69 of 132."""
_RESULT = "result-{request}.mp4"
"""What came, in the job's folder. It stays there until the take is placed: a journal or a folder that fails on the way
must not make it be asked for again, when the service may not have it any more.
"""
_UNREADABLE = "unreadable-{request}.mp4"
"""What came and is no video that can be read. It is paid for, too."""
_RESULT_LIMIT = 2_000_000_000
"""Bytes of a result that are taken at most: half a minute of video never comes near."""

Report = Callable[[str, float | None], None]


class Advance(Protocol):
    """Writes the job's next state to the journal; on disk when it returns."""

    def __call__(self, before: Job, after: Job) -> Job: ...


@dataclass(frozen=True)
class Wait:
    """Nothing to do for `job` for so many seconds. words, fraction: for the interface."""

    job: Job
    seconds: float
    words: str
    fraction: float | None = None


@dataclass(frozen=True)
class _Trouble:
    """Trouble without a break. spent: seconds of it before the last try ended; waiting: since then, as it was meant.

    delay: seconds before the try after the next, unless the service asks for more.
    """

    spent: float
    waiting: float
    delay: float


class Steps:
    """The steps, and what they need of the outside world.

    blender: makes clips. connect: the connection to a job's service, by its name. takes_folder: where the takes of a
    project go. All are called on worker threads.
    """

    def __init__(
        self,
        blender: Blender,
        connect: Callable[[str], fal.Connection],
        takes_folder: Callable[[str], Path],
    ) -> None:
        self._blender = blender
        self.connect = connect
        self._takes_folder = takes_folder
        self._lock = threading.Lock()
        self._trouble: dict[str, _Trouble] = {}
        self._polls: dict[str, float] = {}
        self._came: dict[str, int] = {}
        """Bytes of each job's result that came at most, however often the service begins anew."""
        self._steps = {
            State.PREPARED: self._prepare,
            State.EXPORTING: self._export,
            State.UPLOADING: self._upload,
            State.WAITING: self._follow,
            State.DOWNLOADING: self._download,
        }

    def get_ready(self, job: Job) -> None:
        """Make the connection that `job` is going to need. What is wrong with it is told when it is needed."""
        with contextlib.suppress(ReshootError):
            self.connect(job.service)

    def step(
        self, job: Job, folder: Path, *, advance: Advance, report: Report, cancelled: Callable[[], bool]
    ) -> Job | Wait:
        """One step of `job`. folder: its own. Raises ReshootError where the job cannot go on by itself."""
        began = time.monotonic()
        try:
            outcome = self._steps[job.state](job, folder, advance, report, cancelled)
        except (NotSent, NoAnswer, ServiceBusy, BadAnswer, DownloadBroken) as error:
            return self._again(job, error, time.monotonic() - began)
        self._no_trouble(job)
        return outcome

    def failed(self, job: Job, error: ReshootError) -> Job:
        """`job` as it stands after `error`: where it can go on, and what was paid."""
        self._no_trouble(job)
        if isinstance(error, AnswerLost):
            return replace(unsure(job), error=error.message)
        paid, retry_to = error.paid, job.state
        if job.state in (State.WAITING, State.DOWNLOADING):
            if isinstance(error, RequestRefused):
                retry_to = State.UPLOADING
            elif isinstance(error, RequestGone):
                retry_to = State.WAITING
            elif paid is Paid.NO:
                paid = Paid.YES if job.state is State.DOWNLOADING else Paid.UNKNOWN
        elif job.state is State.EXPORTING or not Path(job.clip).is_file():
            retry_to = State.PREPARED
        else:
            retry_to = State.UPLOADING
        words = error.message
        if job.lost and paid is Paid.NO:
            # What refused this try says nothing of the one before.
            paid, words = Paid.UNKNOWN, say("{error} An earlier try may be charged.", error=words)
        return replace(job, state=State.FAILED, error=words, remedy=error.remedy, paid=paid, retry_to=retry_to)

    def broken(self, job: Job, error: Exception) -> Job:
        """`job` after an error that nobody expected."""
        if job.state is State.SUBMITTING:
            return unsure(job)
        words = say("Reshoot itself failed here: {cause}: {error}.", cause=type(error).__name__, error=str(error)[:200])
        remedy = say("Retry; if it stays so, report it with Blender's console output.")
        return self.failed(job, ReshootError(words, remedy))

    def finish(self, job: Job) -> None:
        """Forget what was kept in memory of a placed job, and complete its receipt."""
        with self._lock:
            self._trouble.pop(job.id, None)
            self._polls.pop(job.id, None)
            self._came.pop(job.id, None)
        write_receipt(job)

    def forget_result(self, folder: Path) -> None:
        """Remove what came from a job's folder: the take is placed."""
        for path in (*folder.glob(_RESULT.format(request="*")), folder / CORRECTED):
            discard(path)

    def keep_paid(self, job: Job, folder: Path) -> Path | None:
        """Put what came for a job that is given up among the takes, where it is in the job's folder alone.

        Where it is now, None where there is nothing to keep. Beside the project, or where the takes of unsaved files go
        if that folder is gone. Raises StorageError where neither can be written.
        """
        if job.service == REHEARSAL or (job.take is not None and Path(job.take.path).is_file()):
            return None
        request = job.request_id[:64]
        came = [folder / name.format(request=request) for name in (_RESULT, _UNREADABLE)] if request else []
        came += sorted(folder.glob(_RESULT.format(request="*")))
        for result in came:
            if result.is_file() and result.stat().st_size:
                try:
                    return keep(job, result, self._takes_folder(job.project))
                except StorageError:
                    return keep(job, result, self._takes_folder(""))
        return None

    def _no_trouble(self, job: Job) -> None:
        with self._lock:
            self._trouble.pop(job.id, None)

    def _again(
        self, job: Job, error: NotSent | NoAnswer | ServiceBusy | BadAnswer | DownloadBroken, took: float
    ) -> Wait:
        """Trouble that may pass: wait longer each time, up to `PATIENCE`. took: seconds of this try.

        Windows' clock goes on while the computer sleeps, and no clock tells of it: so what was waited is what was meant
        to be waited, whatever the clock says.
        """
        with self._lock:
            known = self._trouble.get(job.id)
            spent = known.spent + known.waiting + min(took, LONGEST_TRY) if known else 0.0
            delay = known.delay if known else FIRST_DELAY
            waiting = max(delay, error.retry_after or 0.0)
            self._trouble[job.id] = _Trouble(spent, waiting, min(delay * 2, LONGEST_DELAY))
        if spent > PATIENCE:
            raise error
        return Wait(job, waiting, say("{error} Trying again", error=error.message))

    def _prepare(self, job: Job, folder: Path, advance: Advance, report: Report, cancelled: Callable[[], bool]) -> Job:
        return replace(job, state=State.EXPORTING)

    def _export(self, job: Job, folder: Path, advance: Advance, report: Report, cancelled: Callable[[], bool]) -> Job:
        report(say("Exporting"), 0.0)
        limits = model_of(job).limits
        prepared = prepare(job.order.references, folder, self._blender, limits, cancelled=cancelled)

        def progress(done: int, total: int) -> None:
            report(say("Exporting frame {done} of {total}", done=done, total=total), done / total if total else None)

        path, notes = clip.make(job, folder / SCENE_FILE, folder, self._blender, progress=progress, cancelled=cancelled)
        return replace(
            job, state=State.UPLOADING, clip=str(path), prepared=prepared, uploads=(), notes=(*job.notes, *notes)
        )

    def _upload(
        self, job: Job, folder: Path, advance: Advance, report: Report, cancelled: Callable[[], bool]
    ) -> Job | Wait:
        connection = self.connect(job.service)
        paths = list(dict.fromkeys([job.clip, *(path for each in job.prepared for path in each.images)]))
        for count, path in enumerate(paths):
            if path in {upload.path for upload in job.uploads}:
                continue
            words = say("Uploading the clip") if count == 0 else say("Uploading the references")
            report(words, count / len(paths))
            url = connection.upload(Path(path))
            job = advance(job, replace(job, uploads=(*job.uploads, Upload(path, url))))
        if cancelled():
            return Wait(job, 0.0, say("Cancelling"))
        return self._submit(job, connection, advance, report)

    def _submit(self, job: Job, connection: fal.Connection, advance: Advance, report: Report) -> Job | Wait:
        model = model_of(job)
        arguments = model.body(_given(job))
        uploading = job
        job = advance(job, replace(job, state=State.SUBMITTING, model=kept(model)))
        report(say("Submitting"), None)
        try:
            ticket = connection.submit(model.endpoint, arguments)
        except NotSent:
            advance(job, replace(uploading, stages=job.stages))
            raise
        except ServiceBusy as error:
            # A refusal, but a submission is repeated only when the editor says so.
            return self.failed(job, error)
        return replace(job, state=State.WAITING, ticket=ticket, lost_url="")

    def _follow(
        self, job: Job, folder: Path, advance: Advance, report: Report, cancelled: Callable[[], bool]
    ) -> Job | Wait:
        assert job.ticket is not None
        connection = self.connect(job.service)
        try:
            progress = connection.status(job.endpoint, job.ticket)
        except RequestGone as gone:
            if self._kept(job, job.ticket, connection, gone) is None:
                raise
            return replace(job, state=State.DOWNLOADING)
        if progress.done:
            return replace(job, state=State.DOWNLOADING)
        with self._lock:
            delay = self._polls.get(job.id, FIRST_POLL)
            self._polls[job.id] = min(delay * _POLL_GROWTH, LONGEST_POLL)
        if progress.position is not None:
            return Wait(job, delay, say("Queued, {count} ahead", count=progress.position))
        if not progress.running:
            return Wait(job, delay, say("Queued"))
        told = progress.logs[-1] if progress.logs else say("In progress")
        return Wait(job, delay, told, _share(told))

    def _download(self, job: Job, folder: Path, advance: Advance, report: Report, cancelled: Callable[[], bool]) -> Job:
        assert job.ticket is not None
        report(say("Downloading"), 0.0)
        result = folder / _RESULT.format(request=job.ticket.request_id[:64])
        # What came already may be gone from the service.
        if not result.is_file():
            self._fetch(job, job.ticket, result, report, cancelled)
        # Last: what was paid for is on this computer, whatever has become of the project's folder. It may have been
        # moved since the step began: the row knows.
        request = job.ticket.request_id[:64]
        job = advance(job, job)
        takes = self._takes_folder(job.project)
        if not takes.parent.is_dir():
            raise StorageError(
                say(
                    "The project's folder {folder} is not there: it was moved or renamed, or its disk is away.",
                    folder=takes.parent,
                ),
                say("Open the project where it is now: the take is placed there, and what came is kept until then."),
            )
        try:
            take, notes = land(job, result, path_for(job, takes))
        except DownloadError:
            with contextlib.suppress(OSError):
                put_in_place(result, result.with_name(_UNREADABLE.format(request=request)))
            raise
        # The stand-in is the clip's own picture, and it is not paid for.
        rehearsed = job.service == REHEARSAL
        paid = Paid.NO if rehearsed else Paid.YES
        notes = (*job.notes, *notes)
        landed = replace(job, state=State.LANDED, take=take, notes=notes, paid=paid, compared=rehearsed)
        write_receipt(landed)
        return landed

    def _fetch(self, job: Job, ticket: Ticket, target: Path, report: Report, cancelled: Callable[[], bool]) -> None:
        """Have the result of `job` at `target`."""

        def progress(done: int, total: int | None) -> None:
            with self._lock:
                most = self._came.get(job.id, 0)
                self._came[job.id] = max(done, most)
            if done > most:
                # A connection that breaks often still brings all of it, if what came stays.
                self._no_trouble(job)
            report(say("Downloading"), done / total if total else None)

        def fetch(made: fal.Result) -> None:
            download.fetch(
                made.url,
                target,
                max_bytes=_RESULT_LIMIT,
                expected_bytes=made.size,
                progress=progress,
                cancelled=cancelled,
                local_only=job.service == REHEARSAL,
            )

        connection = self.connect(job.service)
        tried = ""
        try:
            made = connection.result(job.endpoint, ticket, job.model.file_at)
            tried = made.url
            fetch(made)
        except (RequestGone, ResultGone) as gone:
            kept = self._kept(job, ticket, connection, gone)
            if kept is None or kept.url == tried:
                raise
            fetch(kept)

    def _kept(self, job: Job, ticket: Ticket, connection: fal.Connection, gone: ReshootError) -> fal.Result | None:
        """What the service's list of requests still has of a result that is `gone` from where it was.

        Raises NotSent, NoAnswer or ServiceBusy where it cannot be asked for now.
        """
        since = job.stages[0].at if job.stages else 0.0
        try:
            return connection.kept_result(job.endpoint, ticket, job.model.file_at, since)
        except (NotSent, NoAnswer, ServiceBusy):
            raise
        except ReshootError as error:
            log.info("%s The list of requests does not tell: %s", gone, error)
            return None

    def prepare_comparison(self, job: Job, folder: Path, *, cancelled: Callable[[], bool]) -> None:
        """While the service works: read the clip that its result is going to be compared with."""
        if job.service != REHEARSAL:
            comparing.prepare(Path(job.clip), job.sent.frames, folder, self._blender, cancelled=cancelled)

    def compare(self, job: Job, folder: Path, *, cancelled: Callable[[], bool]) -> tuple[Take, tuple[str, ...]]:
        """Hold the take of `job` against the clip. The take put right where that is sure, and what was found, in words.

        Raises JobCancelled. Whatever else goes wrong leaves the take as it came, and says so.
        """
        take = job.take
        assert take is not None
        if not Path(job.clip).is_file():
            return take, ()
        expected = landing.expected_frames(job, take)
        found = comparing.inspect(
            Path(job.clip),
            Path(take.path),
            expected,
            folder,
            self._blender,
            fit=take.fit,
            rotation=take.rotation,
            cancelled=cancelled,
        )
        runs = landing.runs(job, take, expected, found.frames)
        return replace(take, runs=runs, fit=take.fit.then(found.fit)), found.notes


def _given(job: Job) -> ModelInput:
    """What the request of `job` is built from, once its files are at the service."""
    urls = {upload.path: upload.url for upload in job.uploads}
    return ModelInput(
        prompt=job.order.prompt,
        video_url=urls[job.clip],
        keep_audio=job.plan.keep_audio,
        image_urls=tuple(urls[each.images[0]] for each in job.prepared if each.kind is ReferenceKind.IMAGE),
        elements=tuple(
            (urls[each.images[0]], tuple(urls[view] for view in each.images[1:]))
            for each in job.prepared
            if each.kind is ReferenceKind.ELEMENT
        ),
        frames=job.sent.frames,
        fps=job.plan.fps,
    )


def _share(words: str) -> float | None:
    """How much is done, 0 to 1, where `words` end in a count of it."""
    counted = _COUNTED.search(words)
    if counted is None:
        return None
    done, whole = int(counted[1]), int(counted[2])
    return done / whole if 0 < whole >= done else None
