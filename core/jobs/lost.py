# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that ended without a take and may still have one at the service: lost submissions, and cancelled jobs.

Such a job is looked for, at once and again later, cancelled, and retried so that nothing is paid twice. A job that goes
on from here is handed back: stepping it is not done here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..errors import (
    NoAnswer,
    NotSent,
    Paid,
    RequestGone,
    RequestRefused,
    ReshootError,
    ServiceBusy,
    SetupError,
    StorageError,
)
from ..service import fal
from ..takes.files import is_gone
from ..values.job import Job
from ..values.request import Ticket
from ..values.state import State
from ..words import say
from .activity import Activity
from .journal import LeaseLost
from .rows import Event, Rows

log = logging.getLogger(__name__)

SEARCH_TIMES = (5.0, 30.0, 120.0, 600.0, 1800.0)
"""Seconds after a submission's answer was lost, or a job was cancelled, at which the service is asked what it has."""

SEARCH_SECONDS = 86_400.0
SEARCH_AGAIN = 60.0
SEARCH_UNREAD = 600.0
"""For SEARCH_SECONDS it is tried every SEARCH_AGAIN, where nobody could be asked at the last of those times; every
SEARCH_UNREAD where the service was asked, and what it answered tells nothing.
"""

ARRIVAL_SECONDS = 5.0
"""Seconds after its answer was lost in which a request may still reach the service, or its list. Until then that it is
not on the list says nothing."""

_OUT_OF_REACH = (NotSent, NoAnswer, ServiceBusy, SetupError)
"""What is raised where nobody can be asked, for now."""


class LostJobs:
    """Cancels, retries and looks for the jobs of one runner. Everything is called on its threads.

    connect: the connection to a job's service, by its name. hand_on: takes a job that goes on.
    """

    def __init__(
        self,
        rows: Rows,
        activity: Activity,
        connect: Callable[[str], fal.Connection],
        *,
        hand_on: Callable[[Job], None],
    ) -> None:
        self._rows = rows
        self._activity = activity
        self._connect = connect
        self._hand_on = hand_on
        self._warned: set[str] = set()
        """The jobs whose editor was told that the service's list cannot be read: one more retry has them sent."""

    def cancel(self, job_id: str, step: Callable[[Job], None]) -> None:
        """Stop a job. step: steps a job that was submitted, which puts the editor's wish to the service."""
        job = self._rows.claim(job_id)
        if job is None or not job.state.moving:
            return
        self._activity.stop_of(job_id).set()
        if job.state.unsubmitted:
            try:
                self._hand_on(self.cancelled(job))
            except StorageError:
                # Its step has ended: nobody else would write down that it is cancelled.
                self._activity.write_again(job_id)
                raise
        while job is not None and job.state is State.WAITING and not job.cancelling and not self._activity.is_closing():
            # Another thread may be asking how far it is, and again.
            self._activity.wait_until_idle(job_id)
            step(job)
            job = self._rows.get(job_id)

    def cancelled(self, job: Job) -> Job:
        """`job`, cancelled and written down: by its own row, or as the service answers."""
        if job.state is State.WAITING:
            after = self._rows.advance(job, cancel_at_service(job, self._connect))
            if after.state is State.WAITING:
                self._rows.report(Event(after))
            return after
        # A job that was unsure before it was tried again stays so, whatever becomes of the second try.
        if job.paid is Paid.NO:
            words = say("Cancelled; nothing was paid.")
        else:
            words = say("Cancelled; an earlier try may be charged.")
        return self._rows.advance(job, replace(job, state=State.CANCELLED, error=words, retry_to=State.PREPARED))

    def retry(self, job_id: str) -> None:
        """Go on with a job that has ended. One that may be paid already is looked for first.

        Raises the ReshootError that keeps it from being looked for: nothing is sent then, but at a second call where
        the service was asked and its answer tells nothing. Raises LeaseLost and StorageError, too.
        """
        job = self._rows.claim(job_id)
        if job is None:
            return
        if job.dismissed:
            self._rows.report(Event(job, say("The job was dismissed: bring it back first.")))
            return
        if is_gone(job):
            self._hand_on(self._rows.advance(job, replace(job, state=State.DOWNLOADING, take=None)))
            return
        if job.retry_to is None or not job.state.ended:
            if not job.state.moving:
                self._rows.report(Event(job, say("The job did not fail: there is nothing to retry.")))
            return
        self._activity.renew_stop(job_id)
        paid_again = job.lost or (job.ticket is not None and job.retry_to not in (State.WAITING, State.DOWNLOADING))
        try:
            if paid_again:
                self._rows.report(Event(job, say("Looking for it at the service first")))
                if not self._has_arrived(job) or self._look(job):
                    return
        except (LeaseLost, StorageError):
            self._rows.report_state(job_id)
            raise
        except _OUT_OF_REACH as error:
            # Whoever does not answer this takes no submission either, and may have taken the last one.
            self._tell(job, _not_asked(error), job.remedy)
            raise
        except ReshootError as error:
            if job_id not in self._warned:
                self._warned.add(job_id)
                self._tell(job, _not_asked(error), _unread_remedy())
                raise
            self._warned.discard(job_id)
            log.warning("job %s is sent again, though it could not be looked for: %s", job_id, error)
        again = replace(job, state=job.retry_to, error="", remedy="", retry_to=None, cancelling=False)
        if again.state is State.UPLOADING and not Path(job.clip).is_file():
            # It went with the folder when the job was dismissed.
            again = replace(again, state=State.PREPARED)
        if again.state in (State.PREPARED, State.UPLOADING):
            # What was refused may have been refused for its uploads, which the service keeps for a while only.
            uploads = () if job.ticket else job.uploads
            paid = Paid.UNKNOWN if job.paid is Paid.UNKNOWN else Paid.NO
            again = replace(again, ticket=None, uploads=uploads, paid=paid)
        self._hand_on(self._rows.advance(job, again))

    def look_soon(self, job: Job) -> None:
        """Look for what an ended job may have at the service, when the first of the times has come."""
        self._activity.clock.set(job.id, SEARCH_TIMES[0])

    def look_again(self, job_id: str) -> None:
        """Look for what an ended job may have at the service, and again later where there is nothing yet."""
        job = self._rows.hold(job_id)
        if job is None or job.dismissed or not job.open_question:
            return
        again = None
        try:
            if self._look(job):
                return
        except _OUT_OF_REACH:
            again = SEARCH_AGAIN
        except (LeaseLost, StorageError):
            raise
        except ReshootError as error:
            again = SEARCH_UNREAD
            log.info("the request of job %s could not be looked for: %s", job.id, error)
            words = say("The service's list of requests could not be read: {error}", error=error.message)
            self._tell_unsure(job, words)
        else:
            self._warned.discard(job_id)
            self._tell_unsure(job)
        since = time.time() - job.stages[-1].at
        later = next((seconds for seconds in SEARCH_TIMES if seconds > since), None)
        if later is not None:
            self._activity.clock.set(job_id, later - since)
        elif again is not None and since < SEARCH_SECONDS:
            # This computer slept over the times, and has no network yet: nobody was asked.
            self._activity.clock.set(job_id, again)

    def _tell(self, job: Job, words: str, remedy: str) -> None:
        """Write down and tell what became of a look for `job`."""
        self._rows.report(Event(self._rows.advance(job, replace(job, error=words, remedy=remedy))))

    def _tell_unsure(self, job: Job, more: str = "") -> None:
        """The same of one that nobody asked for, where it is news. more: why it was not found, if not for its absence.

        Who was told that a retry sends it unseen goes by that until its list can be read. What a copy holds was not
        sent from here, and says so.
        """
        lost = unsure(job)
        words = f"{lost.error} {more}".strip()
        was_sent = job.state is State.UNSURE and bool(job.lost_url)
        if was_sent and job.id not in self._warned and job.error != words:
            self._tell(job, words, lost.remedy)

    def _has_arrived(self, job: Job) -> bool:
        """Wait until a request whose answer was lost is where it can be found. False where there is no time left."""
        lost = [stage.at for stage in job.stages if stage.state is State.UNSURE]
        if not job.lost or not lost:
            return True
        left = min(lost[-1] + ARRIVAL_SECONDS - time.time(), ARRIVAL_SECONDS)
        return not self._activity.wait(max(0.0, left))

    def _look(self, job: Job) -> bool:
        """Whether the service has what would have to be paid again; then the job goes on with it.

        Raises ReshootError where that cannot be told: what cannot be looked at is not "not there".
        """
        found = find_at_service(job, self._connect)
        if found is None:
            return False
        self._hand_on(self._rows.advance(job, found))
        return True


def _not_asked(error: ReshootError) -> str:
    return say("Nothing was sent: whether it is paid already could not be asked. {error}", error=error.message)


def _unread_remedy() -> str:
    return say(
        "Look at the requests page of your account on fal.ai: if it is there it was accepted. Retry once more sends it "
        "without having looked, which may cost the price again; Dismiss gives it up."
    )


def unsure(job: Job) -> Job:
    """`job` where its submission may or may not have arrived."""
    return replace(
        job,
        state=State.UNSURE,
        error=say("The request was sent, but its answer was lost: it may have been accepted and charged."),
        remedy=say(
            "Reshoot looks for the request by itself for a while. You can look at the requests page of your account on "
            "fal.ai: if it is there it was accepted. Retry looks once more, then submits it again, which may cost the "
            "price again; Dismiss gives it up."
        ),
        paid=Paid.UNKNOWN,
        retry_to=State.UPLOADING,
        lost_url=_clip_url(job),
    )


def find_at_service(job: Job, connect: Callable[[str], fal.Connection]) -> Job | None:
    """Ask the service whether it has something for a job that has ended without a take.

    The job as it goes on from there: with the ticket that was lost, or, where it was told to have failed or was
    cancelled, with the result that it has now. None where there is nothing, or not yet. Raises ReshootError
    where the service cannot be asked.
    """
    if job.ticket is not None:
        return _find_result(job, job.ticket, connect(job.service))
    url = job.lost_url or _clip_url(job)
    if not url:
        return None
    # What was not sent from here may have been sent by whoever has a copy of the row.
    first = next((stage.at for stage in job.stages if stage.state is State.SUBMITTING), job.created)
    ticket = connect(job.service).find(job.endpoint, url, first)
    if ticket is None:
        return None
    note = say("The answer was lost; the service has the request")
    notes = (*job.notes, note)
    return replace(
        job,
        state=State.WAITING,
        ticket=ticket,
        lost_url="",
        error="",
        remedy="",
        retry_to=None,
        cancelling=False,
        notes=notes,
    )


def _find_result(job: Job, ticket: Ticket, connection: fal.Connection) -> Job | None:
    """The same for a job whose ticket is known."""
    endpoint = job.endpoint
    was_cancelled = job.state is State.CANCELLED
    try:
        if connection.status(endpoint, ticket).done:
            connection.result(endpoint, ticket, job.model.file_at)
        elif was_cancelled:
            return None
    except (RequestRefused, RequestGone):
        return None
    notes = (*job.notes, say("Finished although it was cancelled")) if was_cancelled else job.notes
    return replace(job, state=State.WAITING, error="", remedy="", retry_to=None, cancelling=was_cancelled, notes=notes)


def cancel_at_service(job: Job, connect: Callable[[str], fal.Connection]) -> Job:
    """Ask the service to stop a submitted job, and tell its answer truthfully."""
    assert job.ticket is not None
    try:
        answer = connect(job.service).cancel(job.endpoint, job.ticket)
    except ReshootError as error:
        words = say("The service could not be asked to stop ({error}); it may still be charged.", error=error.message)
    else:
        if answer is fal.CancelAnswer.TOO_LATE:
            note = say("Too late to cancel: the take is finished and comes in")
            return replace(job, cancelling=True, notes=(*job.notes, note))
        words = say("The service was asked to stop; it may still be charged.")
    return replace(
        job,
        state=State.CANCELLED,
        error=words,
        remedy=say("Reshoot looks for a while whether a result comes anyway; Retry looks now. Both cost nothing."),
        paid=Paid.UNKNOWN,
        retry_to=State.WAITING,
    )


def _clip_url(job: Job) -> str:
    """Where the service has the clip, empty where it has not."""
    return next((upload.url for upload in job.uploads if upload.path == job.clip), "")
