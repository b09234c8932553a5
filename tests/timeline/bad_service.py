# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on this computer that speaks the protocol and misbehaves when it is told to.

It renders nothing: the result of a job is the clip that was sent. It remembers every request that it got.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "11111111-2222:0123456789abcdef0123456789abcdef"
OWNER = "/fal-ai/kling-video"
MP4 = "video/mp4"

_POINTS = (
    ("token", "POST", r"/storage/auth/token"),
    ("upload", "POST", r"/files/upload"),
    ("submit", "POST", rf"{OWNER}/o1/(?:standard/)?video-to-video/edit"),
    ("status", "GET", rf"{OWNER}/requests/([^/]+)/status"),
    ("result", "GET", rf"{OWNER}/requests/([^/]+)"),
    ("cancel", "PUT", rf"{OWNER}/requests/([^/]+)/cancel"),
    ("download", "GET", r"/results/([^/]+)\.mp4"),
)

Answer = Callable[["Exchange"], None]


@dataclass(frozen=True)
class Request:
    """What came in. point: which part of the protocol it asked for, empty where it is none."""

    point: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class _Misbehaviour:
    answer: Answer
    times: int | None


class BadService:
    """Speaks the protocol at `base`, but for what `misbehave` says."""

    def __init__(self) -> None:
        self._server = _Server(self)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.requests: list[Request] = []
        self.accepted: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self._wrong: dict[str, _Misbehaviour] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; what is still connected is cut off."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def misbehave(self, point: str, answer: Answer, *, times: int | None = None) -> None:
        """Give `answer` at `point` (token, upload, submit, …), for so many requests, or until `behave`."""
        self._wrong[point] = _Misbehaviour(answer, times)

    def behave(self) -> None:
        """Speak the protocol again, everywhere."""
        self._wrong.clear()

    def count(self, point: str) -> int:
        """How many requests came in at `point`."""
        return len(self.asked(point))

    def asked(self, point: str) -> list[Request]:
        """The requests that came in at `point`, in order."""
        return [request for request in self.requests if request.point == point]

    def answer(self, exchange: Exchange, request: Request, job: str) -> None:
        """Answer one request. Called on the server's threads."""
        with self._lock:
            self.requests.append(request)
            wrong = self._wrong.get(request.point)
            if wrong is not None and wrong.times is not None:
                wrong.times -= 1
                if wrong.times == 0:
                    del self._wrong[request.point]
        if wrong is not None:
            wrong.answer(exchange)
        elif request.point not in ("", "upload", "download") and request.headers.get("authorization") != f"Key {KEY}":
            says(401, {"detail": "invalid key credentials"})(exchange)
        else:
            getattr(self, f"_{request.point or 'nothing'}")(exchange, request, job)

    def _nothing(self, exchange: Exchange, request: Request, job: str) -> None:
        says(404, {"detail": "Not Found"})(exchange)

    def _token(self, exchange: Exchange, request: Request, job: str) -> None:
        says(
            200,
            {
                "token": "permit",
                "token_type": "Bearer",
                "base_url": self.base,
                "created_at": "2020-01-01T00:00:00+00:00",
                "expires_at": "2999-01-01T00:00:00+00:00",
            },
        )(exchange)

    def _upload(self, exchange: Exchange, request: Request, job: str) -> None:
        url = f"{self.base}/files/{len(self.files) + 1}"
        self.files[url] = request.body
        says(200, {"access_url": url, "uploaded": True})(exchange)

    def _submit(self, exchange: Exchange, request: Request, job: str) -> None:
        job = f"request-{len(self.accepted) + 1}"
        self.accepted[job] = json.loads(request.body)
        url = f"{self.base}{OWNER}/requests/{job}"
        says(
            200,
            {
                "status": "IN_QUEUE",
                "request_id": job,
                "queue_position": 0,
                "response_url": url,
                "status_url": f"{url}/status",
                "cancel_url": f"{url}/cancel",
            },
        )(exchange)

    def _status(self, exchange: Exchange, request: Request, job: str) -> None:
        says(200, {"status": "COMPLETED", "request_id": job, "logs": [], "metrics": {"inference_time": 1.0}})(exchange)

    def _result(self, exchange: Exchange, request: Request, job: str) -> None:
        video = {"url": f"{self.base}/results/{job}.mp4", "content_type": MP4, "file_name": "output.mp4"}
        says(200, {"video": {**video, "file_size": len(self.clip_of(job))}})(exchange)

    def _cancel(self, exchange: Exchange, request: Request, job: str) -> None:
        says(400, {"status": "ALREADY_COMPLETED"})(exchange)

    def _download(self, exchange: Exchange, request: Request, job: str) -> None:
        sends(self.clip_of(job))(exchange)

    def clip_of(self, job: str) -> bytes:
        """The clip that was sent for `job`; it is the result too."""
        return self.files[self.accepted[job]["video_url"]]


class Exchange(BaseHTTPRequestHandler):
    """One connection. An answer writes to it what it likes."""

    server: _Server
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
        for point, method, pattern in _POINTS:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                job = found[1] if found.re.groups else ""
                self.service.answer(self, Request(point, path, headers, body), job)
                return
        self.service.answer(self, Request("", path, headers, body), "")

    do_GET = do_POST = do_PUT = _any

    def log_message(self, *args: object) -> None:
        """Nothing: the tests ask for what came in."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: BadService) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.service = service

    def handle_error(self, *args: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def running() -> Iterator[BadService]:
    """A service that is stopped at the end."""
    service = BadService()
    try:
        yield service
    finally:
        service.stop()


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


def cuts_downloads(share: float) -> Answer:
    """The first `share` of the result, and then the line is dead. It takes no notice of what was asked for."""

    def answer(exchange: Exchange) -> None:
        data = exchange.service.clip_of(exchange.path.rpartition("/")[2].removesuffix(".mp4"))
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
