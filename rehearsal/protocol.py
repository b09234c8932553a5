# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's protocol: which method and path means what, who may ask it, and in which words it is answered.

Source: fal's queue and storage protocol as fal_client speaks it. What happens to a request is `queue`'s business.
"""

from __future__ import annotations

import math
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from ..core.models.answer import answer_with
from ..core.models.table import MODELS, with_endpoint
from .answers import ErrorAnswer, error_answer
from .keys import Keys
from .multipart import Multipart
from .queue import Queue, RequestState, Standing, app_of
from .records import Log, Request, RequestOutcome
from .storage import Storage
from .webhooks import may_be_called
from .wire import WAIT_SECONDS, Wire

JSON_BYTES = 1_000_000
_UNLIMITED = 2_000_000_000
"""Bytes that are taken for a model without a limit."""

_PART = r"[A-Za-z0-9._-]+"
_FILE = r"(?P<location>/files/[0-9a-f]{32}/[A-Za-z0-9._-]+)"
_REQUEST = rf"/(?P<app>{_PART}/{_PART})/requests/(?P<request_id>[0-9a-f-]{{36}})"
_SIGNED = rf"{_FILE}/signed/(?P<upload_id>[0-9a-f]{{32}})"
_UPLOAD = rf"{_FILE}/multipart/(?P<upload_id>[0-9a-f]{{32}})"


@dataclass
class House:
    """What the conversations of one server share. base: its URL, without a slash at the end."""

    keys: Keys
    storage: Storage
    multipart: Multipart
    queue: Queue
    base: str = ""

    def made(self, outcome: RequestOutcome) -> Any:
        """What a request's answer is."""
        if outcome.status != 200:
            return outcome.payload
        return answer_with({"url": self.base + outcome.location, **outcome.payload["video"]}, outcome.file_at)


class Conversation(Wire):
    """One client's connection."""

    def __init__(self, house: House, *args: Any) -> None:
        self._house = house
        # The base class serves the whole connection from within its constructor.
        super().__init__(*args)

    def respond(self, method: str, path: str, query: str) -> None:
        """Answer one request, or raise ErrorAnswer."""
        known = False
        for methods, pattern, meaning in _ROUTES:
            match = pattern.fullmatch(path)
            if match is not None and method in methods:
                meaning(self, query=query, **match.groupdict())
                return
            known = known or match is not None
        endpoint = path.removeprefix("/")
        if method == "POST" and with_endpoint(endpoint) is not None:
            self._submit(endpoint, query)
            return
        # The queue knows requests by owner and app only: a status under the full endpoint's path is not found there.
        if known or any(f"{path}/".startswith(f"/{model.endpoint}/") for model in MODELS.values()):
            raise error_answer(405, "Method Not Allowed")
        raise error_answer(404, "Not Found")

    # Storage

    def _mint(self, query: str) -> None:
        self._need_key()
        self.drop_body(JSON_BYTES)
        if parse_qs(query).get("storage_type") != ["fal-cdn-v3"]:
            raise error_answer(400, "Unknown storage type")
        token, created, expires = self._house.keys.mint()
        self.answer(
            200,
            {
                "token": token,
                "token_type": "Bearer",
                "base_url": self._house.base,
                "created_at": created.isoformat(),
                "expires_at": expires.isoformat(),
            },
        )

    def answer(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Send `payload` as JSON, with an id in any case and with an error's type beside it, as the service does."""
        told = {"X-Fal-Request-Id": str(uuid.uuid4()), **(headers or {})}
        if status >= 400 and "error_type" in payload:
            told["X-Fal-Error-Type"] = str(payload["error_type"])
        super().answer(status, payload, told)

    def _initiate(self, query: str) -> None:
        """An address that a file may be put to by whoever knows it: how JavaScript clients upload."""
        self._need_key()
        body = self._body()
        if parse_qs(query).get("storage_type") != ["fal-cdn-v3"]:
            raise error_answer(400, "Unknown storage type")
        name, content_type = body.get("file_name"), body.get("content_type")
        if not isinstance(name, str) or not isinstance(content_type, str):
            raise error_answer(422, "file_name and content_type are required")
        file, upload_id = self._house.multipart.begin(name, content_type)
        url = self._house.base + file.location
        self.answer(200, {"upload_url": f"{url}/signed/{upload_id}", "file_url": url})

    def _put_whole(self, query: str, location: str, upload_id: str) -> None:
        size = self.body_length(file_bytes())
        etag = self._house.multipart.put(location, upload_id, 1, size, self.save_body)
        self._house.multipart.complete(location, upload_id, [{"partNumber": 1, "etag": etag}])
        self.answer(200, {}, {"ETag": etag})

    def _put_signed_part(self, query: str, location: str, upload_id: str, number: str) -> None:
        size = self.body_length(file_bytes())
        etag = self._house.multipart.put(location, upload_id, int(number), size, self.save_body)
        self.answer(200, {"partNumber": int(number), "etag": etag}, {"ETag": etag})

    def _complete_signed(self, query: str, location: str, upload_id: str) -> None:
        body = self.read_json(JSON_BYTES)
        parts = body.get("parts") if isinstance(body, dict) else None
        file = self._house.multipart.complete(location, upload_id, parts)
        self.answer(200, {"access_url": self._house.base + file.location, "uploaded": True})

    def _upload(self, query: str) -> None:
        self._need_token()
        self.body_length(file_bytes())
        file = self._house.storage.receive(*self._described(), self.save_body)
        self.answer(200, {"access_url": self._house.base + file.location, "uploaded": True})

    def _begin_parts(self, query: str) -> None:
        self._need_token()
        self.drop_body(JSON_BYTES)
        file, upload_id = self._house.multipart.begin(*self._described())
        self.answer(200, {"access_url": self._house.base + file.location, "uploadId": upload_id})

    def _put_part(self, query: str, location: str, upload_id: str, number: str) -> None:
        self._need_token()
        size = self.body_length(file_bytes())
        etag = self._house.multipart.put(location, upload_id, int(number), size, self.save_body)
        self.answer(200, {}, {"ETag": etag})

    def _complete(self, query: str, location: str, upload_id: str) -> None:
        self._need_token()
        body = self.read_json(JSON_BYTES)
        parts = body.get("parts") if isinstance(body, dict) else None
        file = self._house.multipart.complete(location, upload_id, parts)
        self.answer(200, {"access_url": self._house.base + file.location, "uploaded": True})

    def _download(self, query: str, location: str) -> None:
        # As at the service, whoever has the URL may have the file.
        file = self._house.storage.find(location)
        if file is None:
            raise error_answer(404, "Not Found")
        self.answer_file(file.path, file.content_type, file.etag)

    def _described(self) -> tuple[str, str]:
        return self.headers.get("X-Fal-File-Name", ""), self.headers.get("Content-Type", "")

    # Queue

    def _run(self, query: str, endpoint: str) -> None:
        """A request whose answer is waited for, as at fal's address without a queue: it is the result itself."""
        if with_endpoint(endpoint) is None:
            raise error_answer(404, "Not Found")
        self._need_key()
        request_id, _position = self._house.queue.submit(endpoint, self._body())
        while True:
            standing = self._house.queue.standing(app_of(endpoint), request_id)
            if standing is None or self.hung_up(WAIT_SECONDS):
                raise ConnectionError("nobody waits for the answer")
            if standing.outcome is not None:
                self._give(standing.outcome, request_id)
                return

    def _body(self) -> dict[str, Any]:
        body = self.read_json(JSON_BYTES)
        if not isinstance(body, dict):
            raise ErrorAnswer(400, {"detail": "The request body is not a JSON object", "error_type": "bad_request"})
        return body

    def _submit(self, endpoint: str, query: str) -> None:
        self._need_key()
        body = self._body()
        webhook = parse_qs(query).get("fal_webhook", [""])[0]
        if webhook and not may_be_called(webhook):
            raise error_answer(422, "The rehearsal calls addresses on this computer only")
        request_id, position = self._house.queue.submit(endpoint, body, webhook)
        app = app_of(endpoint)
        answer = {"status": RequestState.IN_QUEUE.value, "queue_position": position, **self._urls(app, request_id)}
        self.answer(200, answer, _about(request_id))

    def _status(self, query: str, app: str, request_id: str) -> None:
        standing = self._standing(app, request_id)
        logs = []
        if parse_qs(query).get("logs", [""])[0].lower() in ("1", "true"):
            logs = [_line(line) for line in standing.logs]
        answer = self._told(standing, logs, app, request_id)
        self.answer(200 if standing.state is RequestState.COMPLETED else 202, answer, _about(request_id))

    def _told(self, standing: Standing, logs: list[dict[str, str]], app: str, request_id: str) -> dict[str, Any]:
        """What a status says. logs: the entries that are told."""
        answer = {"status": standing.state.value, **self._urls(app, request_id)}
        if standing.state is RequestState.IN_QUEUE:
            answer["queue_position"] = standing.position
        else:
            answer["logs"] = logs
        if standing.outcome is not None:
            answer["metrics"] = {"inference_time": standing.outcome.seconds}
            answer |= _failure(standing.outcome)
        return answer

    def _status_stream(self, query: str, app: str, request_id: str) -> None:
        """The same as server-sent events: one at first and with every change, each with the entries that are new."""
        first = self._standing(app, request_id)
        with_logs = parse_qs(query).get("logs", [""])[0].lower() in ("1", "true")

        def events() -> Iterator[dict[str, Any] | None]:
            standing: Standing | None = first
            before: tuple[Any, ...] = ()
            told = 0
            while standing is not None:
                lines = [_line(line) for line in standing.logs[told:]] if with_logs else []
                now = (standing.state, standing.position)
                if lines or now != before:
                    yield self._told(standing, lines, app, request_id)
                    told, before = len(standing.logs), now
                else:
                    yield None
                if standing.state is RequestState.COMPLETED:
                    return
                standing = self._house.queue.standing(app, request_id)

        self.answer_events(events(), _about(request_id))

    def _result(self, query: str, app: str, request_id: str) -> None:
        outcome = self._standing(app, request_id).outcome
        if outcome is None:
            raise ErrorAnswer(400, {"detail": "Request is still in progress"}, _about(request_id))
        self._give(outcome, request_id)

    def _give(self, outcome: RequestOutcome, request_id: str) -> None:
        """Answer with what became of a request."""
        headers = _about(request_id)
        if outcome.status != 200:
            headers["X-Fal-Retryable"] = str(outcome.status >= 500).lower()
        self.answer(outcome.status, self._house.made(outcome), headers)

    def _history(self, query: str) -> None:
        """The platform's list of requests: of one endpoint, the newest first, in pages.

        `endpoint_id` is required, `start` a day ago where it is not given, `end` exclusive, `limit` at most 100; what
        was sent is told with `expand=payloads` alone.
        """
        self._need_key()
        self.drop_body(JSON_BYTES)
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        try:
            endpoint = asked["endpoint_id"]
            limit, first = int(asked.get("limit", "50")), int(asked.get("cursor", "0"))
            start = _moment(asked["start"]) if "start" in asked else time.time() - 86400
            end = _moment(asked["end"]) if "end" in asked else math.inf
        except (KeyError, ValueError) as wrong:
            raise error_answer(422, "endpoint_id is required, limit and dates have to be such") from wrong
        if not 1 <= limit <= 100 or first < 0:
            raise error_answer(422, "limit is at most 100")
        found = [
            each
            for each in self._house.queue.history(endpoint)
            if start <= _sent_at(each).timestamp() < end and asked.get("request_id", each.id) == each.id
        ]
        items = []
        for each in found[first : first + limit]:
            sent_at = _sent_at(each).isoformat()
            item: dict[str, Any] = {"request_id": each.id, "endpoint_id": each.endpoint, "sent_at": sent_at}
            if asked.get("expand") == "payloads":
                item["json_input"] = each.body
                item["json_output"] = self._house.made(each.outcome) if each.outcome else None
            items.append(item)
        more = first + limit < len(found)
        self.answer(200, {"items": items, "next_cursor": str(first + limit) if more else None, "has_more": more})

    def _cancel(self, query: str, app: str, request_id: str) -> None:
        self._need_key()
        self.drop_body(JSON_BYTES)
        accepted = self._house.queue.cancel(app, request_id)
        if accepted is None:
            self.answer(404, {"status": "NOT_FOUND"})
        elif accepted:
            self.answer(202, {"status": "CANCELLATION_REQUESTED"}, _about(request_id))
        else:
            self.answer(400, {"status": "ALREADY_COMPLETED"}, _about(request_id))

    def _standing(self, app: str, request_id: str) -> Standing:
        self._need_key()
        self.drop_body(JSON_BYTES)
        standing = self._house.queue.standing(app, request_id)
        if standing is None:
            raise error_answer(404, "Request not found")
        return standing

    def _urls(self, app: str, request_id: str) -> dict[str, Any]:
        response_url = f"{self._house.base}/{app}/requests/{request_id}"
        return {
            "request_id": request_id,
            "response_url": response_url,
            "status_url": f"{response_url}/status",
            "cancel_url": f"{response_url}/cancel",
        }

    # Who asks

    def _need_key(self) -> None:
        if not self._house.keys.is_key(self.headers.get("Authorization", "")):
            raise error_answer(401, "invalid key credentials")

    def _need_token(self) -> None:
        if not self._house.keys.is_token(self.headers.get("Authorization", "")):
            raise error_answer(401, "invalid token")


def file_bytes() -> int:
    """Bytes of a file that are taken at most: above the largest limit of any model by enough that a file which is too
    large arrives, and is refused in the service's words.
    """
    limits = [model.limits.max_video_bytes for model in MODELS.values()]
    return max(_UNLIMITED if limit is None else limit for limit in limits) + 16_000_000


def _sent_at(request: Request) -> datetime:
    """When a request came, as exactly as it is told."""
    return datetime.fromtimestamp(request.order / 1e9, UTC)


def _moment(text: str) -> float:
    """Seconds since the epoch of a moment in ISO 8601. Raises ValueError where it is none."""
    return datetime.fromisoformat(text).timestamp()


def _about(request_id: str) -> dict[str, str]:
    # Without it fal_client may take an error of ours for one of a proxy, and repeat the request.
    return {"X-Fal-Request-Id": request_id}


def _line(line: Log) -> dict[str, str]:
    return {"message": line.message, "level": "INFO", "source": "USER", "timestamp": line.timestamp}


def _failure(outcome: RequestOutcome) -> dict[str, Any]:
    """What a status says of an outcome: platform failures by name, the model's own only in the result."""
    if "error_type" not in outcome.payload:
        return {}
    return {"error": outcome.payload["detail"], "error_type": outcome.payload["error_type"]}


_Meaning = Callable[..., None]
_ROUTES: tuple[tuple[tuple[str, ...], re.Pattern[str], _Meaning], ...] = (
    (("POST",), re.compile(r"/storage/auth/token"), Conversation._mint),
    (("POST",), re.compile(r"/files/upload"), Conversation._upload),
    (("POST",), re.compile(r"/files/upload/multipart"), Conversation._begin_parts),
    (("PUT",), re.compile(rf"{_UPLOAD}/(?P<number>[0-9]{{1,5}})"), Conversation._put_part),
    (("POST",), re.compile(rf"{_UPLOAD}/complete"), Conversation._complete),
    (("POST",), re.compile(r"/storage/upload/initiate(?:-multipart)?"), Conversation._initiate),
    (("PUT",), re.compile(_SIGNED), Conversation._put_whole),
    (("PUT",), re.compile(rf"{_SIGNED}/(?P<number>[0-9]{{1,5}})"), Conversation._put_signed_part),
    (("POST",), re.compile(rf"{_SIGNED}/complete"), Conversation._complete_signed),
    (("GET", "HEAD"), re.compile(_FILE), Conversation._download),
    (("POST",), re.compile(r"/run/(?P<endpoint>.+)"), Conversation._run),
    (("GET",), re.compile(rf"{_REQUEST}/status/stream"), Conversation._status_stream),
    (("GET",), re.compile(rf"{_REQUEST}/status"), Conversation._status),
    (("GET",), re.compile(_REQUEST), Conversation._result),
    (("PUT",), re.compile(rf"{_REQUEST}/cancel"), Conversation._cancel),
    (("GET",), re.compile(r"/v1/models/requests/by-endpoint"), Conversation._history),
)
