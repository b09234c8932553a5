# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to the service through fal_client: upload, submit, status, result, cancel.

Every call asks once and raises from the tree in `errors`; an upload asks twice where its permit has run out, and the
status where its logs are too long. When to ask again is decided by the runner, never here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ServiceError, StorageError
from ..models.answer import FilePath, file_in
from ..one_line import one_line
from ..values.request import Ticket
from ..words import say
from . import fal_package, streams, trust
from .answers import CancelAnswer, Progress, Result, json_object, whole_number
from .origin import Service, is_loopback, origin, usable
from .refusals import HEADERS, Asking, Translator
from .streams import Body, TooLong, bound_answers

__all__ = ["CancelAnswer", "Connection", "Progress", "Result", "Service", "Ticket", "is_loopback"]

CONNECT_TIMEOUT = 10.0
"""Seconds to reach the service."""
POLL_TIMEOUT = 30.0
"""Seconds of silence before a status, result or cancel request is given up. They may be repeated."""
SEND_TIMEOUT = 120.0
"""Seconds of silence before a submission or an upload is given up. Long, since a lost submission cannot be repeated."""

_PLATFORM = "https://api.fal.ai"
_HISTORY = "/v1/models/requests/by-endpoint"
_PAGE = 100
"""Requests that are asked for at a time: the most that the service gives."""
_PAGES = 50
"""Pages that are read at most. What is behind them is not known, which is not the same as not there."""
_CLOCKS_APART = 26 * 3600.0
"""Seconds that this computer's clock may have been ahead of the service's: a day, and a wrong time zone's hours."""
_REQUEST_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._~-]{1,200}")


class Connection:
    """A service and a key. Every method may be called from any thread.

    upload_days: how long uploads are kept, 0 for as long as the service does by itself. Raises SetupError for an
    address or a key that cannot be used, or a fal_client that does not load.
    """

    def __init__(self, service: Service, upload_days: int = 0) -> None:
        self._service = service = usable(service)
        self._upload_days = upload_days
        self._translator = Translator(service.who, service.key)
        self._package = fal_package.load()
        self._patience = self._package.httpx.Timeout(SEND_TIMEOUT, connect=CONNECT_TIMEOUT)
        self._poll_patience = self._package.httpx.Timeout(POLL_TIMEOUT, connect=CONNECT_TIMEOUT)
        fal_package.poll_with(self._package, self._poll_patience)
        self._unreached = fal_package.unreached(self._package)
        self._bound = bound_answers(self._package.httpx)
        self._handles = fal_package.handle_class(self._package)
        self._addresses = fal_package.addresses(service.base)
        self._platform = service.base or _PLATFORM
        self._client = self._open(streams.ASK_SECONDS)
        with self._addressed():
            self._queue = origin(fal_package.queue_address(self._package))
        self._storage = self._client

    def close(self) -> None:
        """Closes the kept connections. Calls after this raise NoAnswer."""
        fal_package.transport(self._client).close()
        fal_package.transport(self._storage).close()

    # ---- what can be asked

    def check_key(self) -> None:
        """Asks for a permit to upload, which is free and needs a key that works (fal storage, token).

        KeyRefused or BalanceExhausted where jobs would be refused too.
        """
        with self._asking(Asking.KEY):
            # It holds no permit yet: one that it was given earlier says nothing of now.
            client = self._open(streams.ASK_SECONDS)
            try:
                fal_package.permits(client).get_token()
            finally:
                fal_package.transport(client).close()

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
                    self._storage = self._open(streams.ASK_SECONDS)
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
        client = self._open(streams.SEND_SECONDS)
        answers: list[Any] = []
        left = False

        def once(request: Any) -> None:
            nonlocal left
            if left:
                raise RuntimeError("a submission leaves once")
            left = True

        http = fal_package.transport(client)
        http.follow_redirects = False
        http.event_hooks = {"request": [once], "response": [self._bound, answers.append]}
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
                raise self._not_reached(exc) from exc
            raise self._translator.lost() from exc
        finally:
            http.close()

    def find(self, endpoint: str, upload_url: str, since: float) -> Ticket | None:
        """The request that carried `upload_url`, an upload of its own, in whichever field; None where the service lists
        none (fal's platform, requests by endpoint). May be repeated: requests can be listed only some time after they
        came. Raises ServiceBusy where the list is too long to be read to its end, and what else keeps it from being
        read: only None means that it is not there.

        since: seconds since the epoch before which it cannot have come, by this computer's clock.
        """
        with self._asking(Asking.HISTORY):
            for item in self._listed(endpoint, since, limit=str(_PAGE)):
                if _carries(item.get("json_input"), upload_url):
                    request_id = item["request_id"]
                    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
                        raise ValueError("no usable request id")
                    built = self._client.get_handle(endpoint, request_id)
                    return Ticket(request_id, built.status_url, built.response_url, built.cancel_url)
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
                return Progress(done=False, position=whole_number(status.position, 0), running=False, logs=())
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
                self._handle(endpoint, ticket).response_url, {}, method="GET", timeout=self._poll_patience
            )
            return self._made(answer, file_at)

    def kept_result(self, endpoint: str, ticket: Ticket, file_at: FilePath, since: float) -> Result | None:
        """The same as the list of requests still has it (fal's platform), None where it has nothing of it.

        An account that stores no payloads has the answer of `result` for an hour, a large one for six minutes.

        since: seconds since the epoch before which the request cannot have come, by this computer's clock.
        """
        with self._asking(Asking.HISTORY):
            for item in self._listed(endpoint, since, request_id=ticket.request_id):
                if item["request_id"] == ticket.request_id and item.get("json_output"):
                    return self._made(item["json_output"], file_at)
        return None

    def cancel(self, endpoint: str, ticket: Ticket) -> CancelAnswer:
        """Asks to cancel the request, which may complete all the same (fal queue, cancel)."""
        with self._asking(Asking.CANCEL):
            try:
                self._handle(endpoint, ticket).cancel()
            except self._package.FalClientHTTPError as exc:
                if exc.status_code == 404:
                    return CancelAnswer.UNKNOWN
                if exc.status_code == 400 and json_object(exc.response).get("status") == "ALREADY_COMPLETED":
                    return CancelAnswer.TOO_LATE
                raise
            return CancelAnswer.REQUESTED

    # ---- how it is asked

    def _listed(self, endpoint: str, since: float, **narrowed: str) -> Iterator[Any]:
        """What the service lists of the requests that came after `since`, page by page to the end of the list.

        Raises ServiceBusy where that is too far away. narrowed: what else is asked for. Called within `_asking`.
        """
        asked = {"endpoint_id": endpoint, "start": _begun(since), "expand": "payloads", **narrowed}
        for _ in range(_PAGES):
            answer = fal_package.transport(self._client).get(f"{self._platform}{_HISTORY}", params=asked)
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            if not page.get("has_more"):
                return
            if not page["next_cursor"]:
                raise ValueError("a list that goes on nowhere")
            asked["cursor"] = str(page["next_cursor"])
        raise self._translator.too_long_a_list()

    def _made(self, answer: Any, file_at: FilePath) -> Result:
        """What a model's answer says of its file."""
        video = file_in(answer, file_at)
        return Result(
            url=self._service.checked(video["url"]),
            file_name=one_line(video.get("file_name"), 200),
            content_type=one_line(video.get("content_type"), 100),
            size=whole_number(video.get("file_size"), 1),
        )

    def _send(self, path: Path) -> str:
        client = self._storage
        # The package's own upload() would do the same, but never close this client's sockets, nor bound it.
        with Body(path) as body, fal_package.storage_transport(self._package, client, self._service) as http:
            http.event_hooks = {"request": [self._hurry], "response": [self._bound]}
            http.headers["Accept-Encoding"] = "identity"  # httpx offers codings that `_bound` refuses
            return fal_package.upload(self._package, client, http, body, self._service, self._upload_days)

    def _open(self, seconds: float) -> Any:
        """A SyncClient for this service. seconds: that an exchange may take in all."""
        with self._addressed():
            return fal_package.open_client(self._package, self._service, self._patience, self._bound, seconds)

    def _addressed(self) -> AbstractContextManager[None]:
        """In this thread fal_client talks to this service, until it ends."""
        return fal_package.talking_to(self._addresses)

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
        return self._handles(**dataclasses.asdict(trusted), client=fal_package.transport(self._client))

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
            if about in (Asking.UPLOAD, Asking.KEY) and isinstance(exc, self._unreached):
                raise self._not_reached(exc) from exc
            if why := trust.distrusted(exc):
                raise self._translator.not_believed(about, _host_of(exc), why) from exc
            raise self._translator.no_answer(about, type(exc).__name__) from exc
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError, httpx.InvalidURL) as exc:
            raise self._translator.bad_answer(about) from exc
        except RuntimeError as exc:  # httpx's way to say that close() came first
            raise self._translator.closed(about) from exc

    def _not_reached(self, exc: Exception) -> ServiceError:
        """The error where no connection came about, so that nothing has left."""
        if why := trust.distrusted(exc):
            return self._translator.not_believed(None, _host_of(exc), why)
        return self._translator.not_reached(type(exc).__name__)

    def _refused(self, exc: Any, about: Asking) -> ServiceError:
        """The error for an HTTP answer that is not a success."""
        response = exc.response
        headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
        refusal = self._translator.read(response.status_code, headers, json_object(response))
        if isinstance(exc, self._package.FalClientHTTPError):
            exc.message = refusal.words  # a traceback shows the cause too: no megabytes there, and no key
        return self._translator.error(refusal, about)


def _begun(since: float) -> str:
    """When a list of requests has to begin that came after `since`."""
    # Windows knows no time before 1970.
    return datetime.fromtimestamp(max(since - _CLOCKS_APART, 0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _host_of(exc: Any) -> str:
    """The host that a request was for which raised an error of httpx."""
    try:
        return str(exc.request.url.host)
    except (AttributeError, RuntimeError):
        return ""


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
