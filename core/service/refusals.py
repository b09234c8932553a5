# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one of our errors, in the editor's words, of an answer that is not a success, or of none that came.

Knows no HTTP library: only plain values go in. It says what an answer means, never whether to ask again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from ..errors import (
    AnswerLost,
    BadAnswer,
    BalanceExhausted,
    KeyRefused,
    NoAnswer,
    NotSent,
    Paid,
    RequestGone,
    RequestRefused,
    ServiceBusy,
    ServiceError,
)
from ..one_line import one_line
from ..words import named, say
from . import refusal_words
from .trust import remedy as trust_remedy

__all__ = ["HEADERS", "Asking", "Refusal", "Translator"]

HEADERS = ("x-fal-error-type", "x-fal-retryable", "retry-after")
"""The headers of an answer that say something about a refusal."""

_BALANCE = re.compile(r"balance|locked|billing|top up|credit|payment|quota", re.IGNORECASE)
_PERHAPS_BILLED = frozenset({"", "content_policy_violation", "no_media_generated"})


class Asking(Enum):
    """What a request is about: it decides what an error means."""

    UPLOAD = named("taking the file")
    SUBMISSION = named("taking the shot")
    STATUS = named("asking how far the job is")
    RESULT = named("asking for the result")
    CANCEL = named("cancelling the job")
    KEY = named("checking the key")
    HISTORY = named("looking for the request")

    @property
    def words(self) -> str:
        """As a part of a sentence."""
        return say(self.value)

    @property
    def paid(self) -> Paid:
        """Whether money was spent on the job when this is refused: before the shot is taken, none is."""
        return Paid.NO if self in (Asking.UPLOAD, Asking.SUBMISSION, Asking.KEY) else Paid.UNKNOWN

    @property
    def decides(self) -> bool:
        """Whether a refusal is one of the job itself. That of a question about it leaves the job as it is."""
        return self in (Asking.UPLOAD, Asking.SUBMISSION, Asking.KEY, Asking.RESULT)


@dataclass(frozen=True)
class Refusal:
    """An answer that is not a success, as far as it can be understood.

    status: of HTTP, 0 where the refusal came in a status that is a success. ours: it is the service's own, not that of
    something in between. kind, words: the service's type and message. loc, ctx: which part of the request it is about
    and by what limits, of any form. retry_after: seconds. retryable: the service says that trying again may help.
    """

    kind: str
    words: str
    status: int = 0
    ours: bool = True
    loc: object = None
    ctx: object = None
    retry_after: float | None = None
    retryable: bool = False

    @property
    def certain(self) -> bool:
        """Whether, as the answer to a submission, it means for certain that the shot was not accepted.

        A gateway that lost the service's answer speaks with 5xx, 408 and 499 too: only the service's own words count
        there, and with 502 and 504, which gateways may say in JSON, only the service's own type.
        """
        if self.status in (408, 409, 499, 500, 503):
            return self.ours
        if self.status >= 500:
            return self.ours and bool(self.kind)
        return self.status >= 400


@dataclass(frozen=True)
class Translator:
    """Speaks for the service that sentences call `who`, and never says its `key`."""

    who: str
    key: str = field(repr=False)

    def quotable(self, text: object, limit: int = 500) -> str:
        """The service's words as they may be shown: cleaned, cut, without the key."""
        return one_line(one_line(text, 8 * limit).replace(self.key, "…"), limit)

    def read(self, status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Refusal:
        """headers: those of HEADERS that are there. body: the answer's JSON object, empty where there is none."""
        told = body.get("detail", body.get("message"))
        first: Any = told[0] if isinstance(told, list) and told else {}
        detail: dict[str, Any] = first if isinstance(first, dict) else {}
        kind = body.get("error_type") or detail.get("type") or headers.get("x-fal-error-type")
        return Refusal(
            kind=self.quotable(kind, 100),
            words=self.quotable(detail.get("msg") if detail else told if isinstance(told, str) else first),
            status=status,
            ours=bool(body),
            loc=detail.get("loc"),
            ctx=detail.get("ctx"),
            retry_after=_retry_after(headers.get("retry-after", "")),
            retryable=headers.get("x-fal-retryable", "").lower() == "true",
        )

    def error(self, refusal: Refusal, about: Asking) -> ServiceError:
        """The error of the tree for `refusal`."""
        status, who, paid = refusal.status, self.who, about.paid
        said = say(": “{words}”", words=refusal.words) if refusal.words else f" (HTTP {status})"
        sending = about is Asking.SUBMISSION
        if sending and not refusal.certain:
            return self.lost()
        if status == 403 and _BALANCE.search(refusal.words):
            return BalanceExhausted(
                say("{who} has locked the account{said}.", who=who, said=said),
                say("Top up the balance at fal.ai/dashboard/billing, then try again."),
                paid=paid,
            )
        if status in (401, 403):
            return KeyRefused(
                say("{who} does not accept the key{said}.", who=who, said=said)
                if status == 401
                else say("{who} does not allow this with the key{said}.", who=who, said=said),
                say("Check the key in Reshoot's preferences; keys are made at fal.ai/dashboard/keys."),
                paid=paid,
            )
        if status == 404 and paid is Paid.UNKNOWN and about is not Asking.HISTORY:
            return RequestGone(
                say("{who} no longer knows this job{said}.", who=who, said=said),
                say(
                    "Look at fal.ai/dashboard/requests: results are kept for days, or, by the account's settings, for "
                    "an hour or minutes only."
                ),
                paid=paid,
            )
        if about is Asking.RESULT and status == 400 and "in progress" in refusal.words.lower():
            return NoAnswer(say("{who} has not finished this job yet.", who=who), say("Wait for it."), paid=paid)
        if (status == 422 and about.decides) or (about is Asking.RESULT and refusal.kind and status != 429):
            return self.refused(refusal, never_billed=paid is Paid.NO)
        if status in (408, 409, 425, 429, 499) or status >= 500:
            return ServiceBusy(
                say("{who} is too busy or out of order{said}.", who=who, said=said),
                say("Wait a little; it may be asked again."),
                paid=paid,
                retry_after=refusal.retry_after,
            )
        if status >= 400 and paid is Paid.NO:
            return RequestRefused(
                say("{who} refused {doing}{said}.", who=who, doing=about.words, said=said),
                say("Look for an update of Reshoot, or try another model."),
                kind=refusal.kind,
            )
        return BadAnswer(
            say("{who} refused {doing}{said}.", who=who, doing=about.words, said=said),
            say("Try again later."),
            paid=paid,
        )

    def refused(self, refusal: Refusal, *, never_billed: bool = False) -> RequestRefused:
        """A refusal of this very request, named by its type where that is known."""
        kind = refusal.kind
        message, remedy = refusal_words.message_and_remedy(kind, refusal.words, refusal.loc, refusal.ctx)
        failed = refusal.status >= 500 or refusal_words.is_failure(kind)
        checked_first = kind not in _PERHAPS_BILLED and (refusal.status == 422 or kind in refusal_words.REASONS)
        paid = Paid.NO if never_billed or failed or checked_first else Paid.UNKNOWN
        if refusal.retryable:
            remedy = say("Send the same shot again: the service says that this may help.")
        return RequestRefused(message.replace(self.key, "…"), remedy, kind=kind, paid=paid)

    def failed(self, kind: object, words: object) -> RequestRefused:
        """A job that ended in an error, as its status says."""
        return self.refused(Refusal(kind=self.quotable(kind, 100), words=self.quotable(words)))

    def lost(self) -> AnswerLost:
        """The submission left, and what became of it is unknown."""
        return AnswerLost(
            say(
                "The shot was sent to {who}, but no whole answer came back: whether it was accepted is unknown.",
                who=self.who,
            )
        )

    def not_reached(self, cause: str) -> NotSent:
        """No connection came about. cause: the type of what went wrong, as below."""
        return NotSent(
            say("{who} could not be reached ({cause}): nothing was sent.", who=self.who, cause=cause),
            say("Check the network connection, then try again."),
        )

    def not_believed(self, about: Asking | None, host: str, why: str) -> NotSent | NoAnswer:
        """The certificate of `host` is not trusted here. about: a request that may be repeated; None: nothing was sent.

        why: in OpenSSL's words.
        """
        words = say(
            "This computer does not trust the certificate of {host} ({why}), so nothing was sent there.",
            host=host or self.who,
            why=one_line(why, 200),
        )
        return NotSent(words, trust_remedy()) if about is None else NoAnswer(words, trust_remedy(), paid=about.paid)

    def no_answer(self, about: Asking, cause: str) -> NoAnswer:
        """A request that may be repeated left, and no whole answer came."""
        return NoAnswer(
            say("{who} gave no whole answer while {doing} ({cause}).", who=self.who, doing=about.words, cause=cause),
            say("Check the network connection; the question may be asked again."),
            paid=about.paid,
        )

    def too_long_a_list(self) -> ServiceBusy:
        """So many requests are listed that whether one is among them could not be found out."""
        return ServiceBusy(
            say("{who} lists more requests than Reshoot looks through.", who=self.who),
            say("Look for the request at fal.ai/dashboard/requests before you send the shot again."),
            paid=Paid.UNKNOWN,
        )

    def closed(self, about: Asking) -> NoAnswer:
        """This computer gave the connection up."""
        return NoAnswer(
            say("The connection to {who} was closed while {doing}.", who=self.who, doing=about.words),
            say("Try again."),
            paid=about.paid,
        )

    def bad_answer(self, about: Asking) -> BadAnswer:
        """An answer that is a success, but not of the form that the protocol says."""
        return BadAnswer(
            say("{who} answered in a form that Reshoot does not know while {doing}.", who=self.who, doing=about.words),
            say("Try again later; if it stays so, look for an update of Reshoot."),
            paid=about.paid,
        )


def _retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for, at most an hour."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None
