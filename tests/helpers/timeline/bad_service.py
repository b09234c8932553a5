# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on this computer that speaks the protocol and misbehaves when it is told to.

It renders nothing: the result of a job is the clip that was sent, or what `change` makes of it. It remembers every
request that it got.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "11111111-2222:0123456789abcdef0123456789abcdef"
OWNER = "/fal-ai/kling-video"
MP4 = "video/mp4"

POINTS = {
    "token": ("POST", r"/storage/auth/token"),
    "upload": ("POST", r"/files/upload"),
    "submit": ("POST", rf"{OWNER}/o1/(?:standard/)?video-to-video/edit"),
    "status": ("GET", rf"{OWNER}/requests/([^/]+)/status"),
    "result": ("GET", rf"{OWNER}/requests/([^/]+)"),
    "download": ("GET", r"/results/([^/]+)\.mp4"),
}
"""The parts of the protocol: method and path. The group is the job."""

Answer = Callable[["Exchange"], None]


@dataclass(frozen=True)
class Request:
    """What came in. point: which part of the protocol it asked for, empty where it is none. job: that it is about."""

    point: str
    job: str
    headers: dict[str, str]
    body: bytes


@dataclass
class _Misbehaviour:
    answer: Answer
    times: int | None


class BadService:
    """Speaks the protocol at `base`, but for what `misbehave` says."""

    def __init__(self) -> None:
        self._server = _Server(self, 0)
        self._port = self._server.server_port
        self.base = f"http://127.0.0.1:{self._port}"
        self.requests: list[Request] = []
        self.accepted: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.change: Callable[[bytes], bytes] = bytes
        """Makes the result of the clip."""
        self._results: dict[str, bytes] = {}
        self._wrong: dict[str, _Misbehaviour] = {}
        self._lock = threading.Lock()

    def close_the_door(self) -> None:
        """Let nobody in any more; who is in is served."""
        self._server.close()

    def open_the_door(self) -> None:
        """Let clients in again, at the same address."""
        self._server = _Server(self, self._port)

    def misbehave(self, point: str, answer: Answer, *, times: int | None = None) -> None:
        """Give `answer` at `point` (one of `POINTS`) for so many requests, or until `behave`."""
        self._wrong[point] = _Misbehaviour(answer, times)

    def behave(self) -> None:
        """Speak the protocol again, everywhere."""
        self._wrong.clear()

    def count(self, point: str) -> int:
        """How many requests came in at `point`."""
        return len(self.heard(point))

    def heard(self, point: str) -> list[Request]:
        """The requests that came in at `point`, in order."""
        return [request for request in self.requests if request.point == point]

    def hear(self, exchange: Exchange) -> None:
        """Answer what `exchange` asks, rightly or wrongly. Called on the server's threads."""
        request = exchange.asked
        with self._lock:
            self.requests.append(request)
            wrong = self._wrong.get(request.point)
            if wrong is not None and wrong.times is not None:
                wrong.times -= 1
                if wrong.times == 0:
                    del self._wrong[request.point]
        if wrong is not None:
            wrong.answer(exchange)
        elif request.point not in ("upload", "download") and request.headers.get("authorization") != f"Key {KEY}":
            says(401, {"detail": "invalid key credentials"})(exchange)
        else:
            self.rightly(exchange)

    def rightly(self, exchange: Exchange) -> None:
        """Answer what `exchange` asks as the protocol says."""
        request = exchange.asked
        match request.point:
            case "token":
                answer = says(200, self._token())
            case "upload":
                url = f"{self.base}/files/{len(self.files) + 1}"
                self.files[url] = request.body
                answer = says(200, {"access_url": url, "uploaded": True})
            case "submit":
                answer = says(200, self._accept(json.loads(request.body)))
            case "status":
                answer = says(200, {"status": "COMPLETED", "request_id": request.job, "logs": [], "metrics": {}})
            case "result":
                size = len(self.result_of(request.job))
                video = {"url": self.result_url(request.job), "content_type": MP4, "file_name": "output.mp4"}
                answer = says(200, {"video": {**video, "file_size": size}})
            case "download":
                answer = sends(self.result_of(request.job))
            case _:
                answer = says(404, {"detail": "Not Found"})
        answer(exchange)

    def clip_of(self, job: str) -> bytes:
        """The clip that was sent for `job`."""
        return self.files[self.accepted[job]["video_url"]]

    def result_of(self, job: str) -> bytes:
        """What comes back for `job`, the same each time."""
        with self._lock:
            if job not in self._results:
                self._results[job] = self.change(self.clip_of(job))
            return self._results[job]

    def result_url(self, job: str) -> str:
        """Where the result of `job` is fetched."""
        return f"{self.base}/results/{job}.mp4"

    def _token(self) -> dict[str, str]:
        return {
            "token": "permit",
            "token_type": "Bearer",
            "base_url": self.base,
            "created_at": "2020-01-01T00:00:00+00:00",
            "expires_at": "2999-01-01T00:00:00+00:00",
        }

    def _accept(self, body: dict[str, Any]) -> dict[str, Any]:
        job = f"request-{len(self.accepted) + 1}"
        self.accepted[job] = body
        url = f"{self.base}{OWNER}/requests/{job}"
        return {
            "status": "IN_QUEUE",
            "request_id": job,
            "queue_position": 0,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }


class Exchange(BaseHTTPRequestHandler):
    """One connection. An answer writes to it what it likes."""

    server: _Server
    asked: Request
    protocol_version = "HTTP/1.1"  # connections are kept, as the service keeps them
    disable_nagle_algorithm = True

    @property
    def service(self) -> BadService:
        """Whose connection it is."""
        return self.server.service

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        point = job = ""
        for name, (method, pattern) in POINTS.items():
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                point, job = name, found[1] if found.re.groups else ""
        self.asked = Request(point, job, headers, body)
        self.service.hear(self)

    do_GET = do_POST = _any

    def log_message(self, *args: object) -> None:
        """Nothing: the tests ask for what came in."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: BadService, port: int) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self.service = service
        self._closed = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        # Not `serve_forever`, which looks up all the time: a thread that runs can crash some Blenders, see
        # `compat.CROWD_CRASHES`.
        while not self._closed:
            self.handle_request()

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True
        with suppress(OSError):
            socket.create_connection(self.server_address).close()
        self._thread.join()
        self.server_close()

    def handle_error(self, *args: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def running() -> Iterator[BadService]:
    """A service that nobody can reach any more at the end."""
    service = BadService()
    try:
        yield service
    finally:
        service.close_the_door()


def says(status: int, body: object, **headers: str) -> Answer:
    """JSON, or text as HTML."""
    text = isinstance(body, str)
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return sends(data, status=status, content_type="text/html" if text else "application/json", **headers)


def sends(data: bytes, *, status: int = 200, content_type: str = MP4, **headers: str) -> Answer:
    """Bytes; only the end of them where that is what was asked for."""

    def answer(exchange: Exchange) -> None:
        start, told = _asked_from(exchange, len(data)) if status == 200 else (0, status)
        exchange.send_response(told)
        exchange.send_header("Content-Type", content_type)
        exchange.send_header("Content-Length", str(len(data) - start))
        exchange.send_header("ETag", '"1"')
        if told == 206:
            exchange.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.end_headers()
        exchange.wfile.write(data[start:])

    return answer


IN_QUEUE = says(202, {"status": "IN_QUEUE", "queue_position": 1})
"""A status: the job waits."""


def cuts_downloads(share: float) -> Answer:
    """The first `share` of the result, and then the line is dead. It takes no notice of what was asked for."""

    def answer(exchange: Exchange) -> None:
        data = exchange.service.clip_of(exchange.asked.job)
        exchange.send_response(200)
        exchange.send_header("Content-Type", MP4)
        exchange.send_header("Content-Length", str(len(data)))
        exchange.send_header("ETag", '"1"')
        exchange.end_headers()
        exchange.wfile.write(data[: int(len(data) * share)])
        exchange.wfile.flush()
        drops(exchange)

    return answer


def drops(exchange: Exchange) -> None:
    """No answer at all."""
    exchange.connection.shutdown(socket.SHUT_RDWR)
    exchange.close_connection = True


def accepts_and_drops(exchange: Exchange) -> None:
    """Takes the request, and the answer is lost on its way."""
    exchange.service.accepted[f"lost-{len(exchange.service.accepted) + 1}"] = {}
    drops(exchange)


def _asked_from(exchange: Exchange, size: int) -> tuple[int, int]:
    """The first byte that was asked for, and the status that goes with it."""
    found = re.fullmatch(r"bytes=(\d+)-", exchange.headers.get("Range", ""))
    return (int(found[1]), 206) if found and 0 < int(found[1]) < size else (0, 200)
