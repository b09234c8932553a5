# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong, in the editor's words.

ReshootError
├── ShotError            nothing usable is selected, or a source file is missing or unreadable
│   └── NothingSelected  no strip that has a picture
├── LimitError           the shot or the clip is outside what the model takes
├── PromptError          the prompt is empty, too long, or names a reference that does not exist
├── ReferenceInvalid     a reference image is missing, unreadable, too small, too large, too many
├── MoneyError           it would cost more than the editor allows
├── ModelUnknown         a model that Reshoot knows no longer, or not yet
├── SetupError           no permission, a broken installation
│   ├── KeyMissing       no key where one is needed
│   └── OnlineForbidden  Blender may not go online
├── StorageError         no room on disk, a folder that cannot be written
│   └── JournalDamaged   the journal's file is not whole
├── ExportError          the background Blender could not render
├── JobCancelled         the editor stopped the job
├── PlacementError       the take is on disk, but has no place in the timeline
└── ServiceError         something between this computer and the service
    ├── NotSent          no connection: the request never left
    ├── NoAnswer         a safe request got no answer: it may be repeated
    ├── AnswerLost       the submission left and its answer did not come: paid or not is unknown
    ├── KeyRefused       401
    ├── BalanceExhausted 403
    ├── RequestRefused   422 and other refusals, with the service's own type and words
    ├── RequestGone      404: the service no longer knows the request
    ├── ServiceBusy      429 and 5xx: try later
    ├── BadAnswer        an answer that is not what the protocol says
    └── DownloadError    the result could not be fetched whole, or is not a video
        ├── ResultGone       the service has nothing at the result's address any more
        └── DownloadBroken   the connection broke on the way: the rest may be fetched later

Every message says what happened and to what; `remedy` says what to do; `paid` says whether money was spent. They are
made once, where the outside world is touched, and are shown as they are.
"""

from __future__ import annotations

from enum import Enum

__all__ = [
    "AnswerLost",
    "BadAnswer",
    "BalanceExhausted",
    "DownloadBroken",
    "DownloadError",
    "ExportError",
    "JobCancelled",
    "JournalDamaged",
    "KeyMissing",
    "KeyRefused",
    "LimitError",
    "ModelUnknown",
    "MoneyError",
    "NoAnswer",
    "NotSent",
    "NothingSelected",
    "OnlineForbidden",
    "Paid",
    "PlacementError",
    "PromptError",
    "ReferenceInvalid",
    "RequestGone",
    "RequestRefused",
    "ReshootError",
    "ResultGone",
    "ServiceBusy",
    "ServiceError",
    "SetupError",
    "ShotError",
    "StorageError",
]


class Paid(str, Enum):
    """Whether money was spent on a job, as far as this computer can know."""

    NO = "NO"
    YES = "YES"
    UNKNOWN = "UNKNOWN"


class ReshootError(Exception):
    """The root of the tree.

    message: what happened, naming the thing and the limit. remedy: what the editor can do, one sentence.
    """

    def __init__(self, message: str, remedy: str = "", *, paid: Paid = Paid.NO) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.paid = paid

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ShotError(ReshootError):
    """Nothing usable is selected, or a source file is missing or unreadable."""


class NothingSelected(ShotError):
    """No strip that has a picture is selected."""


class LimitError(ReshootError):
    """The shot or the clip is outside what the model takes."""


class MoneyError(ReshootError):
    """It would cost more than the editor's limit per day or per project."""


class ModelUnknown(ReshootError):
    """A job's model is not among those that this Reshoot knows."""


class PromptError(ReshootError):
    """The prompt is empty, too long, or names a reference that does not exist."""


class ReferenceInvalid(ReshootError):
    """A reference image is missing, unreadable, too small, too large or too many."""


class SetupError(ReshootError):
    """No key, no permission to go online, or an installation that does not work."""


class KeyMissing(SetupError):
    """There is no key: it is entered in the preferences."""


class OnlineForbidden(SetupError):
    """Blender may not go online: that is allowed in its own preferences."""


class StorageError(ReshootError):
    """No room on disk, or a folder that cannot be read or written."""


class JournalDamaged(StorageError):
    """The journal's file is not whole."""


class ExportError(ReshootError):
    """The background Blender could not render what was asked."""


class JobCancelled(ReshootError):
    """The editor stopped the job."""


class PlacementError(ReshootError):
    """The take is on disk but cannot be put into the timeline now."""


class ServiceError(ReshootError):
    """Something went wrong between this computer and the service.

    retry_after: seconds the service asked to wait, None where it did not say.
    """

    def __init__(
        self, message: str, remedy: str = "", *, paid: Paid = Paid.NO, retry_after: float | None = None
    ) -> None:
        super().__init__(message, remedy, paid=paid)
        self.retry_after = retry_after


class NotSent(ServiceError):
    """No connection could be made: the request never left this computer."""


class NoAnswer(ServiceError):
    """A request that is safe to repeat left this computer and got no whole answer."""


class AnswerLost(ServiceError):
    """The submission left this computer and its answer did not come: whether it was accepted is unknown."""

    def __init__(self, message: str, remedy: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message, remedy, paid=Paid.UNKNOWN, retry_after=retry_after)


class KeyRefused(ServiceError):
    """The service does not accept the key (401)."""


class BalanceExhausted(ServiceError):
    """The account is locked or has no balance (403)."""


class RequestRefused(ServiceError):
    """The service says no to this very request.

    kind: the service's own type, such as "image_too_small" or "content_policy_violation".
    """

    def __init__(self, message: str, remedy: str = "", *, kind: str = "", paid: Paid = Paid.NO) -> None:
        super().__init__(message, remedy, paid=paid)
        self.kind = kind


class RequestGone(ServiceError):
    """The service no longer knows the request (404)."""


class ServiceBusy(ServiceError):
    """The service cannot answer now (429, 5xx)."""


class BadAnswer(ServiceError):
    """An answer that is not what the protocol says."""


class DownloadError(ServiceError):
    """The result could not be fetched whole, or it is not a video."""


class ResultGone(DownloadError):
    """The service has nothing at the result's address any more (404, 410)."""


class DownloadBroken(DownloadError):
    """The result's transfer broke, or the server was busy: what came is kept, and the rest may be fetched later."""
