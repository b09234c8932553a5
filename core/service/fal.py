# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to the service through fal_client (this is its only importer): upload, submit, status, result, cancel.

Every call asks once and raises from the tree in `errors`; an upload asks twice where its permit has run out, and the
status where its logs are too long. When to ask again is decided by the runner, never here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from ..errors import ServiceError, SetupError, StorageError
from ..models.answer import FilePath, file_in
from ..one_line import one_line
from ..values.request import Ticket
from ..words import say
from . import addresses
from .origin import Service, is_loopback, keep_off_proxies, origin, usable
from .refusals import HEADERS, Asking, Translator
from .streams import Body, TooLong, bound_answers, send

__all__ = ["CancelAnswer", "Connection", "Progress", "Result", "Service", "Ticket", "is_loopback"]

CONNECT_TIMEOUT = 10.0
"""Seconds to reach the service."""
POLL_TIMEOUT = 30.0
"""Seconds of silence before a status, result or cancel request is given up. They may be repeated."""
SEND_TIMEOUT = 120.0
"""Seconds of silence before a submission or an upload is given up. Long, since a lost submission cannot be repeated."""

_PERMIT = timedelta(minutes=5)
"""How long a permit is used whose end is not told in a form that is known. One that ends earlier is replaced."""

_PLATFORM = "https://api.fal.ai"
_HISTORY = "/v1/models/requests/by-endpoint"
_PAGES = 5
_CLOCKS_APART = 3600.0
"""Seconds that this computer's clock may be ahead of the service's."""
_REQUEST_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._~-]{1,200}")


@dataclass(frozen=True)
class Progress:
    """How far a request is. position: requests ahead of it while it is queued, None where the service does not say.
    logs: the newest lines, cleaned.
    """

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


class Connection:
    """A service and a key. Every method may be called from any thread.

    upload_days: how long uploads are kept, 0 for as long as the service does by itself. Raises SetupError for an
    address or a key that cannot be used, or a fal_client that does not load.
    """

    def __init__(self, service: Service, upload_days: int = 0) -> None:
        self._service = service = usable(service)
        self._upload_days = upload_days
        self._translator = Translator(service.who, service.key)
        at = origin(service.base)
        if at and service.local:
            keep_off_proxies(at.host)
        self._package = _load()
        httpx = self._package.httpx
        self._patience = httpx.Timeout(SEND_TIMEOUT, connect=CONNECT_TIMEOUT)
        self._unreached = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
        self._bound = bound_answers(httpx)
        self._handles = _undemanding(self._package)
        self._addresses = addresses.addresses(service.base)
        self._platform = service.base or _PLATFORM
        self._client = self._open()
        with self._addressed():
            self._queue = origin(f"{self._package.QUEUE_URL_FORMAT}")
        self._storage = self._client

    def close(self) -> None:
        """Closes the kept connections. Calls after this raise NoAnswer."""
        self._client._client.close()
        self._storage._client.close()

    # ---- what can be asked

    def check_key(self) -> None:
        """Asks for a permit to upload, which is free and needs a key that works (fal storage, token).

        KeyRefused or BalanceExhausted where jobs would be refused too.
        """
        with self._asking(Asking.KEY):
            client = self._open()  # which holds no permit yet: one that it was given earlier says nothing of now
            try:
                client._token_manager.get_token()
            finally:
                client._client.close()

    def upload(self, path: Path) -> str:
        """Uploads the file at `path` and returns its URL. May be repeated (fal storage)."""
        with self._asking(Asking.UPLOAD):
            try:
                try:
                    return self._send(path)
                except self._package.FalClientHTTPError as exc:
                    if exc.status_code != 401:
                        raise
                    # The permit that the key was given, not the key: where this computer's clock is slow, an old
                    # permit looks fresh. A new one is refused where the key is.
                    self._storage = self._open()
                    return self._send(path)
            except OSError as exc:
                raise StorageError(
                    say(
                        "{name} could not be read for the upload: {error}.",
                        name=path.name,
                        error=exc.strerror or type(exc).__name__,
                    ),
                    say("Check that {folder} can be read, then try again.", folder=path.parent),
                ) from exc

    def submit(self, endpoint: str, arguments: dict[str, Any]) -> Ticket:
        """Sends the paid request (fal queue): one POST leaves, whatever happens. AnswerLost: its fate is unknown."""
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
        except self._package.FalClientHTTPError as exc:
            raise self._refused(exc, Asking.SUBMISSION) from exc
        except Exception as exc:
            if not left or isinstance(exc, self._unreached):
                raise self._translator.not_reached(type(exc).__name__) from exc
            raise self._translator.lost() from exc
        finally:
            client._client.close()

    def find(self, endpoint: str, upload_url: str, since: float) -> Ticket | None:
        """The request that carried `upload_url`, an upload of its own, in whichever field; None where the service lists
        none (fal's platform, requests by endpoint). May be repeated: requests can be listed only some time after they
        came.

        since: seconds since the epoch before which it cannot have come.
        """
        begun = datetime.fromtimestamp(since - _CLOCKS_APART, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        asked = {"endpoint_id": endpoint, "start": begun, "limit": "100", "expand": "payloads"}
        with self._asking(Asking.HISTORY):
            for _ in range(_PAGES):
                answer = self._client._client.get(f"{self._platform}{_HISTORY}", params=asked)
                answer.raise_for_status()
                page = answer.json()
                for item in page["items"]:
                    if _carries(item.get("json_input"), upload_url):
                        request_id = item["request_id"]
                        if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
                            raise ValueError("no usable request id")
                        built = self._client.get_handle(endpoint, request_id)
                        return Ticket(request_id, built.status_url, built.response_url, built.cancel_url)
                if not page.get("has_more") or not page.get("next_cursor"):
                    return None
                asked["cursor"] = str(page["next_cursor"])
            return None

    def status(self, endpoint: str, ticket: Ticket) -> Progress:
        """How far the request is (fal queue, status). RequestRefused where it ended in an error."""
        with self._asking(Asking.STATUS):
            handle = self._handle(endpoint, ticket)
            try:
                status = handle.status(with_logs=True)
            except TooLong:
                status = handle.status(with_logs=False)
            if isinstance(status, self._package.Queued):
                return Progress(done=False, position=_whole(status.position, 0), running=False, logs=())
            lines = status.logs if isinstance(status.logs, list) else []
            texts = [self._translator.quotable(line.get("message")) for line in lines[-20:] if isinstance(line, dict)]
            logs = tuple(text for text in texts if text)
            if isinstance(status, self._package.InProgress):
                return Progress(done=False, position=None, running=True, logs=logs)
            if status.error or status.error_type:
                raise self._translator.failed(status.error_type, status.error)
            return Progress(done=True, position=None, running=False, logs=logs)

    def result(self, endpoint: str, ticket: Ticket, file_at: FilePath) -> Result:
        """What the finished request made (fal queue, result). RequestRefused where it made nothing.

        file_at: where the model's answer has the video.
        """
        with self._asking(Asking.RESULT):
            # A handle's get() would ask for the status again, without end while it is not "completed".
            answer = self._client.run(
                self._handle(endpoint, ticket).response_url, {}, method="GET", timeout=self._package.QUEUE_POLL_TIMEOUT
            )
            video = file_in(answer, file_at)
            return Result(
                url=self._service.checked(video["url"]),
                file_name=one_line(video.get("file_name"), 200),
                content_type=one_line(video.get("content_type"), 100),
                size=_whole(video.get("file_size"), 1),
            )

    def cancel(self, endpoint: str, ticket: Ticket) -> CancelAnswer:
        """Asks to cancel the request, which may complete all the same (fal queue, cancel)."""
        with self._asking(Asking.CANCEL):
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

    def _send(self, path: Path) -> str:
        storage = self._storage
        # The package's own upload() would do the same, but never close this client's sockets, nor bound it.
        with Body(path) as body, storage._get_cdn_client() as http:
            http.event_hooks = {"request": [self._hurry], "response": [self._bound]}
            http.headers["Accept-Encoding"] = "identity"  # httpx offers codings that `_bound` refuses
            return send(
                body,
                http,
                storage._token_manager,
                package=self._package,
                service=self._service,
                days=self._upload_days,
            )

    def _open(self) -> Any:
        """A SyncClient for this service. Its lazy parts, which have no lock, are made here."""
        client = self._package.SyncClient(key=self._service.key, default_timeout=self._patience)
        try:
            with self._addressed():
                http, permits = client._client, client._token_manager
        except Exception as exc:  # a proxy setting that httpx cannot use
            raise SetupError(
                say("The network settings of this computer cannot be used."),
                say("Check the proxy settings (HTTPS_PROXY, ALL_PROXY)."),
            ) from exc
        http.event_hooks = {"response": [self._bound]}
        http.headers["Accept-Encoding"] = "identity"  # so that the bound on an answer's bytes holds for its text
        # What is offline stays offline; elsewhere httpx takes the key off.
        http.follow_redirects = not self._service.local
        # The package would ask for a permit with a client of its own, which reads answers without end.
        permits._refresh_token = lambda: self._new_permit(permits, http)
        return client

    def _new_permit(self, permits: Any, http: Any) -> Any:
        answer = http.post(permits._url, headers=permits._headers, json={}, follow_redirects=False)
        answer.raise_for_status()
        told = answer.json()
        return self._package.CDNToken(
            token=told["token"],
            token_type=told["token_type"],
            base_upload_url=self._service.checked(told["base_url"]),
            expires_at=_end_of_permit(told.get("expires_at")),
        )

    def _addressed(self) -> AbstractContextManager[None]:
        """In this thread fal_client talks to this service, until it ends."""
        return addresses.talking_to(self._addresses)

    def _hurry(self, request: Any) -> None:
        """A request hook: the package sends parts without any timeout."""
        request.extensions["timeout"] = self._patience.as_dict()

    def _trusted(self, endpoint: str, ticket: Ticket) -> Ticket:
        """`ticket` with addresses at this service only: the key goes where they point."""
        built = self._client.get_handle(endpoint, ticket.request_id)
        addresses = {}
        for name in ("status_url", "response_url", "cancel_url"):
            given = getattr(ticket, name)
            addresses[name] = given if origin(given) == self._queue else getattr(built, name)
        return dataclasses.replace(ticket, **addresses)

    def _handle(self, endpoint: str, ticket: Ticket) -> Any:
        trusted = self._trusted(endpoint, ticket)
        return self._handles(**dataclasses.asdict(trusted), client=self._client._client)

    # ---- what went wrong

    @contextmanager
    def _asking(self, about: Asking) -> Iterator[None]:
        """Addresses a request that may be repeated, and translates what it raises."""
        httpx = self._package.httpx
        try:
            with self._addressed():
                yield
        except (self._package.FalClientHTTPError, httpx.HTTPStatusError) as exc:
            raise self._refused(exc, about) from exc
        except httpx.HTTPError as exc:
            cause = type(exc).__name__
            if about in (Asking.UPLOAD, Asking.KEY) and isinstance(exc, self._unreached):
                raise self._translator.not_reached(cause) from exc
            raise self._translator.no_answer(about, cause) from exc
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError, httpx.InvalidURL) as exc:
            raise self._translator.bad_answer(about) from exc
        except RuntimeError as exc:  # httpx's way to say that close() came first
            raise self._translator.closed(about) from exc

    def _refused(self, exc: Any, about: Asking) -> ServiceError:
        """The error for an HTTP answer that is not a success."""
        response = exc.response
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        refusal = self._translator.read(response.status_code, headers, _json(response))
        if isinstance(exc, self._package.FalClientHTTPError):
            exc.message = refusal.words  # a traceback shows the cause too: no megabytes there, and no key
        return self._translator.error(refusal, about)


def _load() -> Any:
    """fal_client's module, set so that every request leaves once and goes to the service it is meant for."""
    try:
        import fal_client.client as module
    except Exception as exc:  # a wheel that does not fit this Python can raise anything
        raise SetupError(
            say("The part that talks to the service (fal_client) does not load: {cause}.", cause=type(exc).__name__),
            say("Install Reshoot again from its zip and restart Blender."),
        ) from exc
    package: Any = module  # the package's settings are not part of its types
    package.MAX_ATTEMPTS = 1
    package.QUEUE_POLL_TIMEOUT = package.httpx.Timeout(POLL_TIMEOUT, connect=CONNECT_TIMEOUT)
    addresses.install(package)
    return package


def _undemanding(package: Any) -> Any:
    """The package's handle of a request, for a service that says no more of one than how far it is."""

    class Handle(package.SyncRequestHandle):  # type: ignore[misc]
        def _parse_status(self, data: Any) -> Any:
            return super()._parse_status({"queue_position": None, "logs": None, **data})

    return Handle


def _end_of_permit(told: Any) -> datetime:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return datetime.now(UTC) + _PERMIT
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _json(response: Any) -> dict[str, Any]:
    """The answer's JSON object, empty where there is none."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _carries(body: object, url: str) -> bool:
    """Whether a request's body has `url` as the value of any of its fields, however deep."""
    rest = [body]
    while rest:
        value = rest.pop()
        if value == url:
            return True
        if isinstance(value, dict):
            rest += value.values()
        elif isinstance(value, list):
            rest += value
    return False


def _whole(number: object, least: int) -> int | None:
    """`number` where it is a whole one and at least `least`."""
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= least else None
