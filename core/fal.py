# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to the service through fal_client (this is its only importer): upload, submit, status, result, cancel.

Every call asks once and raises from the tree in `errors`. When to ask again is decided by the runner, never here.
"""

from __future__ import annotations

import dataclasses
import io
import ipaddress
import os
import re
import threading
import time
import unicodedata
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import (
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
    SetupError,
    StorageError,
)
from .job import Ticket

__all__ = ["CancelAnswer", "Connection", "Progress", "Result", "Service", "Ticket", "is_loopback"]

CONNECT_TIMEOUT = 10.0
"""Seconds to reach the service."""
POLL_TIMEOUT = 30.0
"""Seconds of silence before a status, result or cancel request is given up. They may be repeated."""
SEND_TIMEOUT = 120.0
"""Seconds of silence before a submission or an upload is given up. Long, since a lost submission cannot be repeated."""
ANSWER_SECONDS = 120.0
"""Seconds that an answer's body may take in all, however lively it drips."""
ANSWER_BYTES = 4 * 1024 * 1024
"""Bytes of an answer that are read at most."""
SINGLE_UPLOAD_BYTES = 100 * 1024 * 1024
"""Files above this many bytes are uploaded in parts: the package's own threshold."""
PART_BYTES = 10 * 1024 * 1024
"""Bytes of a part: the package's own size. One part is in memory at a time."""

_CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_REQUEST_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._~-]{1,200}")
_PRINTABLE = re.compile(r"[!-\[\]-~]{1,4096}")  # ASCII without space and backslash, on which URL parsers disagree
_BALANCE = re.compile(r"balance|locked|billing|top up|credit|payment|quota", re.IGNORECASE)


@dataclass(frozen=True)
class Service:
    """Where requests go. base: '' for fal itself, else one URL, without a trailing slash, for queue, storage, files."""

    name: str
    base: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class Progress:
    """How far a request is. position: requests ahead of it while it is queued. logs: the newest lines, cleaned."""

    done: bool
    position: int | None
    running: bool
    logs: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """The video that was made. size: bytes as the service says, None where it does not."""

    url: str
    file_name: str
    content_type: str
    size: int | None


class CancelAnswer(Enum):
    """What became of a wish to cancel."""

    REQUESTED = "REQUESTED"
    """Noted; the request may complete all the same."""
    TOO_LATE = "TOO_LATE"
    """The request is already complete."""
    UNKNOWN = "UNKNOWN"
    """The service does not know the request."""


def is_loopback(url: str) -> bool:
    """Whether `url` stays on this computer: 127.0.0.0/8, [::1] or localhost."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: object) -> tuple[str, str, int] | None:
    """Scheme, host and port of a plain http(s) URL, None for anything else, such as one with credentials in it."""
    if not isinstance(url, str) or not _PRINTABLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


# ---- fal_client's addresses ------------------------------------------------------------------------------------------
#
# The package reads its address constants late, and not all at one moment: QUEUE_URL_FORMAT inside submit() and
# get_handle(), RUN_URL_FORMAT inside run(), REST_URL when the token manager is made, CDN_URL only after the upload's
# token has been fetched. Setting them for one service would send another's upload astray, and a lock would have to be
# held through whole uploads. So each constant is replaced, once, by a string that reads as the address of the service
# that the reading thread is talking to. All of them are read in the thread that makes the call.

_addresses: ContextVar[Mapping[str, str] | None] = ContextVar("addresses", default=None)
_package_lock = threading.Lock()


class _Address(str):
    """An address constant of fal_client. Outside a Connection's calls it is fal's own, for whoever else uses it."""

    constant: str

    def _here(self) -> str:
        return (_addresses.get() or {}).get(self.constant, str(self))

    def __add__(self, path: str) -> str:
        return self._here() + path

    def __format__(self, spec: str) -> str:
        return format(self._here(), spec)


def _load() -> Any:
    """fal_client's module, set so that every request leaves once."""
    try:
        import fal_client.client as module
    except Exception as exc:  # a wheel that does not fit this Python can raise anything
        raise SetupError(
            f"The part that talks to the service (fal_client) does not load: {type(exc).__name__}.",
            "Install Reshoot again from its zip and restart Blender.",
        ) from exc
    package: Any = module  # the package's settings are not part of its types
    with _package_lock:
        package.MAX_ATTEMPTS = 1
        package.QUEUE_POLL_TIMEOUT = package.httpx.Timeout(POLL_TIMEOUT, connect=CONNECT_TIMEOUT)
        for constant in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT", "REST_URL", "CDN_URL"):
            value = getattr(package, constant)
            if not isinstance(value, _Address):
                address = _Address(value)
                address.constant = constant
                setattr(package, constant, address)
    return package


def _keep_off_proxies(host: str) -> None:
    """Proxies are for the network: adds this computer to the hosts that are reached directly."""
    with _package_lock:
        # Any proxy variable, NO_PROXY too, makes Python ignore the system's proxies on Windows and macOS.
        if not urllib.request.getproxies_environment():
            for scheme, proxy in urllib.request.getproxies().items():
                os.environ[f"{scheme}_proxy"] = proxy
        listed: list[str] = []
        for value in (os.environ.get("NO_PROXY", ""), os.environ.get("no_proxy", "")):
            listed += [entry.strip() for entry in value.split(",") if entry.strip()]
        hosts = ",".join(dict.fromkeys([*listed, "127.0.0.1", "localhost", "::1", host]))
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = hosts


def _bound_answers(package: Any) -> Callable[[Any], None]:
    """A response hook that ends an answer which is too long or drips without end, before it fills the memory."""

    class Bounded(package.httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size, end = 0, time.monotonic() + ANSWER_SECONDS
            for chunk in self.stream:
                size += len(chunk)
                if size > ANSWER_BYTES or time.monotonic() > end:
                    raise ValueError("the answer is too long")
                yield chunk

        def close(self) -> None:
            self.stream.close()

    def hook(response: Any) -> None:
        response.stream = Bounded(response.stream)

    return hook


class _Body(io.FileIO):
    """A file with a length: it is sent as it is read, where the package reads up to 100 MiB into memory."""

    def __len__(self) -> int:
        return os.fstat(self.fileno()).st_size


# ---- the service's answers in the editor's words ---------------------------------------------------------------------

_AGAIN = "Send the shot again."
_OTHER_IMAGE = "Use another picture for it and send the shot again."
_CLIP = "Change the shot's range or its settings and send it again."
_NOT_BILLED = "Send the shot again in a few minutes; the failed try is not billed."

_REASONS: dict[str, tuple[str, str]] = {
    "content_policy_violation": (
        "{thing} goes against the service's content rules",
        "Change the prompt, the shot or the reference that it names and send the shot again.",
    ),
    "no_media_generated": (
        "The model made no video from this request",
        "Say the prompt more plainly, or try another reference, and send the shot again.",
    ),
    "image_too_small": ("{thing} is too small", "Use a larger picture for it and send the shot again."),
    "image_too_large": ("{thing} is too large", "Use a smaller picture for it and send the shot again."),
    "image_load_error": ("{thing} could not be read as a picture", _OTHER_IMAGE),
    "unsupported_image_format": ("{thing} has a format that the model does not take", "Use a PNG or JPEG picture."),
    "unsupported_video_format": ("{thing} has a format that the model does not take", "Send it as an MP4 (H.264)."),
    "file_download_error": ("{thing} could not be fetched by the service from its own storage", _AGAIN),
    "file_too_large": ("{thing} is too large a file", "Choose a shorter shot or a smaller picture and send it again."),
    "video_duration_too_long": ("{thing} is too long", "Shorten the shot and send it again."),
    "video_duration_too_short": ("{thing} is too short", "Add handles or lengthen the shot and send it again."),
    "missing": ("{thing} is missing from the request", _CLIP),
    "string_too_long": ("{thing} is too long", "Shorten it and send the shot again."),
    "string_too_short": ("{thing} is too short", "Lengthen it and send the shot again."),
    "sequence_too_long": ("{thing} has too many entries", "Remove references and send the shot again."),
    "too_long": ("{thing} has too many entries", "Remove references and send the shot again."),
    "sequence_too_short": ("{thing} has too few entries", "Add references and send the shot again."),
    "too_short": ("{thing} has too few entries", "Add references and send the shot again."),
    "request_timeout": ("The service ran out of time before the video was done", _NOT_BILLED),
    "generation_timeout": ("The model ran out of time before the video was done", _NOT_BILLED),
    "startup_timeout": ("The service had no computer free in time", _NOT_BILLED),
    "internal_server_error": ("The model failed at the service", _NOT_BILLED),
    "client_cancelled": ("The job was cancelled at the service", _AGAIN),
}
_PERHAPS_BILLED = frozenset({"", "content_policy_violation", "no_media_generated"})

_CONTEXT: dict[str, str] = {
    "min_duration": "at least {} s",
    "max_duration": "at most {} s",
    "provided_duration": "it has {} s",
    "min_width": "at least {} px wide",
    "min_height": "at least {} px high",
    "max_width": "at most {} px wide",
    "max_height": "at most {} px high",
    "max_size": "at most {} bytes",
    "min_length": "at least {}",
    "max_length": "at most {}",
    "gt": "more than {}",
    "ge": "at least {}",
    "lt": "less than {}",
    "le": "at most {}",
    "supported_formats": "taken are {}",
    "expected": "taken are {}",
}


def _clean(text: object, limit: int = 500) -> str:
    """`text` in one line without control and direction-changing characters, cut to `limit`. '' where it is no text."""
    if not isinstance(text, str):
        return ""
    head = " ".join(text[: 40 * limit].split())
    plain = "".join(letter for letter in head if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def _limits(ctx: object) -> str:
    """The numbers of an error's context: ' (at most 10.05 s, it has 33.6 s)'."""
    told: list[str] = []
    if not isinstance(ctx, dict):
        return ""
    for name, phrase in _CONTEXT.items():
        value = ctx.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) < 1e15:
                told.append(phrase.format(f"{value:,}"))
        elif isinstance(value, (list, str)) and value:
            names = [_clean(entry, 20) for entry in value[:8]] if isinstance(value, list) else [_clean(value, 100)]
            told.append(phrase.format(", ".join(filter(None, names))))
    return f" ({', '.join(told)})" if told else ""


def _thing(loc: object, kind: str) -> str:
    """What an error's location means to the editor."""
    steps = [step for step in loc[:8] if step != "body"] if isinstance(loc, list) else []
    match [step if not isinstance(step, int) or 0 <= step < 100 else None for step in steps]:
        case ["prompt", *_]:
            return "The prompt"
        case ["video_url", *_]:
            return "The clip"
        case ["image_urls", int(n), *_]:
            return f"@Image{n + 1}"
        case ["elements", int(n), "frontal_image_url", *_]:
            return f"The frontal view of @Element{n + 1}"
        case ["elements", int(n), "reference_image_urls", int(view), *_]:
            return f"View {view + 2} of @Element{n + 1}"
        case ["elements", int(n), *_]:
            return f"@Element{n + 1}"
        case [("image_urls" | "elements"), *_]:
            return "The list of references"
        case [str(name), *_] if name.isidentifier():
            return f"The request's “{name[:50]}”"
    return "A reference" if "image" in kind else "The clip" if "video" in kind else "The request"


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, at most an hour."""
    try:
        seconds = float(value or "")
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value or "") - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None


@dataclass(frozen=True)
class _Refusal:
    """An HTTP answer that is not a success, as far as it can be understood."""

    status: int
    ours: bool  # the body is JSON: the service's own words, not those of something in between
    kind: str
    words: str
    detail: Mapping[str, Any]
    retry_after: float | None
    retryable: bool


class _Asking(Enum):
    """What a request is about: it decides what an error means."""

    UPLOAD = "taking the file"
    SUBMISSION = "taking the shot"
    STATUS = "asking how far the job is"
    RESULT = "asking for the result"
    CANCEL = "cancelling the job"


class Connection:
    """A service and a key. Every method asks once and may be called from any thread.

    Raises SetupError for an address or a key that cannot be used, or a fal_client that does not load.
    """

    def __init__(self, service: Service) -> None:
        self._key = service.key.strip()
        if not self._key:
            raise SetupError("There is no key for the service.", "Enter a key in Reshoot's preferences.")
        if not _PRINTABLE.fullmatch(self._key):
            raise SetupError("The key has characters that no key has.", "Copy the key again, without spaces around it.")
        base = service.base.rstrip("/")
        self._local = is_loopback(base)
        if base:
            origin = _origin(base)
            if not origin or "?" in base or "#" in base or not (origin[0] == "https" or self._local):
                raise SetupError(
                    f"The service's address “{_clean(base, 100) if origin else '…'}” cannot be used.",
                    "Set RESHOOT_SERVICE_URL to an https address, or to http on this computer.",
                )
            if self._local:
                _keep_off_proxies(origin[1])
        self._who = "fal.ai" if not base else "The rehearsal" if service.name == "rehearsal" else urlsplit(base).netloc
        self._package = _load()
        # `run` gets whole addresses. The others are fal's own where they are not named.
        self._at = {"RUN_URL_FORMAT": ""}
        if base:
            self._at |= {"QUEUE_URL_FORMAT": base + "/", "REST_URL": base, "CDN_URL": base}
        self._bound = _bound_answers(self._package)
        self._client = self._open()
        with self._addressed():
            self._queue = _origin(f"{self._package.QUEUE_URL_FORMAT}")
        self._storage = self._client

    def close(self) -> None:
        """Closes the kept connections. Calls after this raise NoAnswer."""
        self._client._client.close()
        self._storage._client.close()

    # ---- what can be asked

    def upload(self, path: Path, content_type_hint: str | None = None) -> str:
        """Uploads the file at `path` and returns its URL. May be repeated (fal storage)."""
        content_type = content_type_hint or _CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
        # The name travels in a header, which is ASCII.
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.name)[-100:]
        with self._asking(_Asking.UPLOAD):
            try:
                # The package's own upload() would do the same, but never close this client's sockets, nor bound it.
                with _Body(path) as body, self._storage._get_cdn_client() as http:
                    http.event_hooks = {"request": [self._hurry], "response": [self._bound]}
                    if len(body) > SINGLE_UPLOAD_BYTES:
                        url = self._upload_in_parts(http, body, name, content_type)
                    else:
                        headers = {"Content-Type": content_type, "X-Fal-File-Name": name}
                        url = self._package._upload_v3(http, data=body, headers=headers)
            except self._package.FalClientHTTPError as exc:
                if exc.status_code == 401:
                    # The permit that the key was given, not the key: where this computer's clock is slow, an old
                    # permit looks fresh. The next try starts with a new one.
                    self._storage = self._open()
                raise
            except OSError as exc:
                raise StorageError(
                    f"{path.name} could not be read for the upload: {exc.strerror or type(exc).__name__}.",
                    f"Check that {path.parent} can be read, then try again.",
                ) from exc
            return self._checked_url(url)

    def submit(self, endpoint: str, arguments: dict[str, Any]) -> Ticket:
        """Sends the paid request (fal queue): one POST leaves, whatever happens. AnswerLost: its fate is unknown."""
        httpx, error_with_answer = self._package.httpx, self._package.FalClientHTTPError
        # A connection of its own: a kept one may be dead, which shows only when the request has left.
        client = self._open()
        answers: list[Any] = []
        left = False

        def once(request: Any) -> None:
            nonlocal left
            if left:
                raise RuntimeError("a submission leaves once")
            left = True

        client._client.follow_redirects = False
        client._client.event_hooks = {"request": [once], "response": [self._bound, answers.append]}
        try:
            with self._addressed():
                try:
                    handle = client.submit(endpoint, arguments)
                except KeyError:
                    # Where only an address is missing, the id is enough: a job that is paid must not be lost.
                    handle = client.get_handle(endpoint, answers[-1].json()["request_id"])
                if not isinstance(handle.request_id, str) or not _REQUEST_ID.fullmatch(handle.request_id):
                    raise ValueError("no usable request id")
                ticket = Ticket(handle.request_id, handle.status_url, handle.response_url, handle.cancel_url)
                return self._trusted(endpoint, ticket)
        except error_with_answer as exc:
            raise self._translated(exc, _Asking.SUBMISSION) from exc
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as exc:
            raise self._not_reached(exc) from exc
        except Exception as exc:
            if not left:
                raise self._not_reached(exc) from exc
            raise self._lost() from exc
        finally:
            client._client.close()

    def status(self, endpoint: str, ticket: Ticket) -> Progress:
        """How far the request is (fal queue, status). RequestRefused where it ended in an error."""
        package = self._package
        with self._asking(_Asking.STATUS):
            status = self._handle(endpoint, ticket).status(with_logs=True)
            if isinstance(status, package.Queued):
                position = status.position
                known = isinstance(position, int) and not isinstance(position, bool) and position >= 0
                return Progress(done=False, position=position if known else None, running=False, logs=())
            lines = status.logs if isinstance(status.logs, list) else []
            texts = [self._quotable(line.get("message")) for line in lines[-20:] if isinstance(line, dict)]
            logs = tuple(text for text in texts if text)
            if isinstance(status, package.InProgress):
                return Progress(done=False, position=None, running=True, logs=logs)
            if status.error or status.error_type:
                kind = self._quotable(status.error_type, 100)
                raise self._refused(_Refusal(0, True, kind, self._quotable(status.error), {}, None, False))
            return Progress(done=True, position=None, running=False, logs=logs)

    def result(self, endpoint: str, ticket: Ticket) -> Result:
        """What the finished request made (fal queue, result). RequestRefused where it made nothing."""
        with self._asking(_Asking.RESULT):
            # A handle's get() would ask for the status again, without end while it is not "completed".
            answer = self._client.run(
                self._handle(endpoint, ticket).response_url, {}, method="GET", timeout=self._package.QUEUE_POLL_TIMEOUT
            )
            video = answer["video"]
            size = video.get("file_size")
            return Result(
                url=self._checked_url(video["url"]),
                file_name=_clean(video.get("file_name"), 200),
                content_type=_clean(video.get("content_type"), 100),
                size=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None,
            )

    def cancel(self, endpoint: str, ticket: Ticket) -> CancelAnswer:
        """Asks to cancel the request, which may complete all the same (fal queue, cancel)."""
        with self._asking(_Asking.CANCEL):
            try:
                self._handle(endpoint, ticket).cancel()
            except self._package.FalClientHTTPError as exc:
                if exc.status_code == 404:
                    return CancelAnswer.UNKNOWN
                if exc.status_code == 400 and _json(exc.response).get("status") == "ALREADY_COMPLETED":
                    return CancelAnswer.TOO_LATE
                raise
            return CancelAnswer.REQUESTED

    # ---- how it is asked

    def _open(self) -> Any:
        """A SyncClient for this service. Its lazy parts, which have no lock, are made here."""
        timeout = self._package.httpx.Timeout(SEND_TIMEOUT, connect=CONNECT_TIMEOUT)
        client = self._package.SyncClient(key=self._key, default_timeout=timeout)
        try:
            with self._addressed():
                http, _ = client._client, client._token_manager
        except Exception as exc:  # a proxy setting that httpx cannot use
            raise SetupError(
                "The network settings of this computer cannot be used.",
                "Check the proxy settings (HTTPS_PROXY, ALL_PROXY).",
            ) from exc
        http.event_hooks = {"response": [self._bound]}
        http.headers["Accept-Encoding"] = "identity"  # so that the bound on an answer's bytes holds for its text
        http.follow_redirects = not self._local  # what is offline stays offline; elsewhere httpx takes the key off
        return client

    @contextmanager
    def _addressed(self) -> Iterator[None]:
        token = _addresses.set(self._at)
        try:
            yield
        finally:
            _addresses.reset(token)

    def _upload_in_parts(self, http: Any, body: _Body, name: str, content_type: str) -> str:
        # One at a time: the package's upload_file holds ten parts of 10 MiB in memory at once.
        upload = self._package.MultipartUpload(
            file_name=name, client=http, token_manager=self._storage._token_manager, content_type=content_type
        )
        upload.create()
        self._checked_url(upload.access_url)
        number = 0
        while part := body.read(PART_BYTES):
            number += 1
            # Bytes would be copied for each piece sent, and stay in memory with httpx's answer, a reference cycle.
            with io.BytesIO(part) as pieces:
                upload.upload_part(number, pieces)
        return str(upload.complete())

    def _hurry(self, request: Any) -> None:
        """A request hook: the package sends parts without any timeout."""
        request.extensions["timeout"] = self._package.httpx.Timeout(SEND_TIMEOUT, connect=CONNECT_TIMEOUT).as_dict()

    def _trusted(self, endpoint: str, ticket: Ticket) -> Ticket:
        """`ticket` with addresses at this service only: the key goes where they point."""
        built = self._client.get_handle(endpoint, ticket.request_id)
        addresses = {}
        for name in ("status_url", "response_url", "cancel_url"):
            given = getattr(ticket, name)
            addresses[name] = given if _origin(given) == self._queue else getattr(built, name)
        return dataclasses.replace(ticket, **addresses)

    def _handle(self, endpoint: str, ticket: Ticket) -> Any:
        trusted = self._trusted(endpoint, ticket)
        return self._package.SyncRequestHandle(**dataclasses.asdict(trusted), client=self._client._client)

    def _checked_url(self, url: Any) -> str:
        origin = _origin(url)
        if origin and (origin[0] == "https" or (self._local and is_loopback(url))):
            return str(url)
        raise ValueError("an address that is not https")

    # ---- what went wrong

    @contextmanager
    def _asking(self, about: _Asking) -> Iterator[None]:
        """Addresses a request that may be repeated, and translates what it raises."""
        httpx = self._package.httpx
        paid = Paid.NO if about is _Asking.UPLOAD else Paid.UNKNOWN
        try:
            with self._addressed():
                yield
        except (self._package.FalClientHTTPError, httpx.HTTPStatusError) as exc:
            raise self._translated(exc, about) from exc
        except httpx.HTTPError as exc:
            unreached = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
            if about is _Asking.UPLOAD and isinstance(exc, unreached):
                raise self._not_reached(exc) from exc
            raise NoAnswer(
                f"{self._who} gave no whole answer while {about.value} ({type(exc).__name__}).",
                "Check the network connection; the question may be asked again.",
                paid=paid,
            ) from exc
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError, httpx.InvalidURL) as exc:
            raise BadAnswer(
                f"{self._who} answered in a form that Reshoot does not know while {about.value}.",
                "Try again later; if it stays so, look for an update of Reshoot.",
                paid=paid,
            ) from exc
        except RuntimeError as exc:  # httpx's way to say that close() came first
            raise NoAnswer(
                f"The connection to {self._who} was closed while {about.value}.", "Try again.", paid=paid
            ) from exc

    def _quotable(self, text: object, limit: int = 500) -> str:
        """The service's words as they may be shown: cleaned, cut, without the key."""
        return _clean(_clean(text, 8 * limit).replace(self._key, "…"), limit)

    def _read(self, exc: Any) -> _Refusal:
        response = exc.response
        body = _json(response)
        told = body.get("detail", body.get("message"))
        first: Any = told[0] if isinstance(told, list) and told else {}
        detail: dict[str, Any] = first if isinstance(first, dict) else {}
        kind = body.get("error_type") or detail.get("type") or response.headers.get("x-fal-error-type")
        words = self._quotable(detail.get("msg") if detail else told if isinstance(told, str) else first)
        if isinstance(exc, self._package.FalClientHTTPError):
            exc.message = words  # a traceback shows the cause too: no megabytes there, and no key
        return _Refusal(
            status=response.status_code,
            ours=bool(body),
            kind=self._quotable(kind, 100),
            words=words,
            detail=detail,
            retry_after=_retry_after(response.headers.get("retry-after")),
            retryable=response.headers.get("x-fal-retryable", "").lower() == "true",
        )

    def _translated(self, exc: Any, about: _Asking) -> ServiceError:
        """The error of the tree for an HTTP answer that is not a success."""
        answer = self._read(exc)
        status, who = answer.status, self._who
        said = f": “{answer.words}”" if answer.words else f" (HTTP {status})"
        sending = about is _Asking.SUBMISSION
        paid = Paid.NO if sending or about is _Asking.UPLOAD else Paid.UNKNOWN
        if sending and not _says_no(answer):
            return self._lost()
        if status == 403 and _BALANCE.search(answer.words):
            return BalanceExhausted(
                f"{who} has locked the account{said}.",
                "Top up the balance at fal.ai/dashboard/billing, then try again.",
                paid=paid,
            )
        if status in (401, 403):
            what = "does not accept the key" if status == 401 else "does not allow this with the key"
            return KeyRefused(
                f"{who} {what}{said}.",
                "Check the key in Reshoot's preferences; keys are made at fal.ai/dashboard/keys.",
                paid=paid,
            )
        if status == 404 and paid is Paid.UNKNOWN:
            return RequestGone(
                f"{who} no longer knows this job{said}.",
                "Look at fal.ai/dashboard/requests; results are kept for days, not for ever.",
                paid=paid,
            )
        if about is _Asking.RESULT and status == 400 and "in progress" in answer.words.lower():
            return NoAnswer(f"{who} has not finished this job yet.", "Wait for it.", paid=paid)
        if status == 422 or (about is _Asking.RESULT and answer.kind and status != 429):
            return self._refused(answer, billed_never=sending)
        if status in (408, 409, 425, 429, 499) or status >= 500:
            return ServiceBusy(
                f"{who} is too busy or out of order{said}.",
                "Wait a little; it may be asked again.",
                paid=paid,
                retry_after=answer.retry_after,
            )
        if status >= 400 and paid is Paid.NO:
            return RequestRefused(
                f"{who} refused {about.value}{said}.",
                "Look for an update of Reshoot, or try another model.",
                kind=answer.kind,
            )
        return BadAnswer(f"{who} refused {about.value}{said}.", "Try again later.", paid=paid)

    def _refused(self, answer: _Refusal, *, billed_never: bool = False) -> RequestRefused:
        """A refusal of this very request, named by its type where that is known."""
        thing = _thing(answer.detail.get("loc"), answer.kind)
        if answer.kind in _REASONS:
            reason, remedy = _REASONS[answer.kind]
            message = reason.format(thing=thing) + _limits(answer.detail.get("ctx")) + "."
        elif answer.kind.startswith("runner_") or answer.kind == "internal_error":
            message, remedy = "A computer at the service failed while it worked on the shot.", _NOT_BILLED
        else:
            message = f"{thing} was refused: “{answer.words or answer.kind or 'no reason given'}”."
            remedy = "Change what it names and send the shot again."
        failed = answer.status >= 500 or remedy is _NOT_BILLED
        refused_first = answer.kind not in _PERHAPS_BILLED and (answer.status == 422 or answer.kind in _REASONS)
        paid = Paid.NO if billed_never or failed or refused_first else Paid.UNKNOWN
        if answer.retryable:
            remedy = "Send the same shot again: the service says that this may help."
        return RequestRefused(message.replace(self._key, "…"), remedy, kind=answer.kind, paid=paid)

    def _not_reached(self, exc: Exception) -> NotSent:
        return NotSent(
            f"{self._who} could not be reached ({type(exc).__name__}): nothing was sent.",
            "Check the network connection, then try again.",
        )

    def _lost(self) -> AnswerLost:
        return AnswerLost(
            f"The shot was sent to {self._who}, but no whole answer came back: whether it was accepted is unknown.",
            "Look at fal.ai/dashboard/requests before sending it again."
            if self._who == "fal.ai"
            else "Look at the service's list of requests before sending it again.",
        )


def _json(response: Any) -> dict[str, Any]:
    """The answer's JSON object, empty where there is none."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _says_no(answer: _Refusal) -> bool:
    """Whether an answer to a submission means for certain that it was not accepted.

    A gateway that lost the service's answer speaks with 5xx, 408 and 499 too: only the service's own words count there,
    and with 502 and 504, which gateways may say in JSON, only the service's own type.
    """
    if answer.status in (408, 409, 499, 500, 503):
        return answer.ours
    if answer.status >= 500:
        return answer.ours and bool(answer.kind)
    return answer.status >= 400
