# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in front of the rehearsal's server: it counts what passes, and holds, drops or replaces what a test says.

It puts its own address in the place of the server's, so that everything passes through it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from loopback import Handler, LoopbackServer
from patience import LONGEST

TOKEN = ("POST", r"/storage/auth/token")
SUBMIT = ("POST", r"/fal-ai/.+/edit")
STATUS = ("GET", r".*/requests/[^/]+/status")
RESULT = ("GET", r"/fal-ai/.+/requests/[^/]+")
CANCEL = ("PUT", r".*/requests/[^/]+/cancel")
UPLOAD = ("POST", r"/files/upload")
HISTORY = ("GET", r"/v1/models/requests/by-endpoint")
DOWNLOAD = ("GET", r"/files/.+")

Kind = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """A request that came. at: monotonic seconds."""

    at: float
    method: str
    path: str


class Gate(LoopbackServer):
    """The proxy. Requests pass unless `at` says otherwise for their kind."""

    request_queue_size = 128

    def __init__(self, server: str) -> None:
        super().__init__(_Handler)
        self.slams = False
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self.server = server.removeprefix("http://")
        self.own = f"127.0.0.1:{self.server_port}"
        self.seen: list[Seen] = []
        self.opened = threading.Event()
        self._rules: dict[Kind, Callable[[Exchange], None]] = {}
        self._serve()

    def _serve(self) -> None:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="gate", daemon=True)
        self._thread.start()

    def at(self, kind: Kind, action: Callable[[Exchange], None] | None) -> None:
        """What is done with requests of a kind from now on; None: they pass."""
        if action is None:
            self._rules.pop(kind, None)
        else:
            self._rules[kind] = action

    def rule(self, method: str, path: str) -> Callable[[Exchange], None]:
        for (wanted, pattern), action in self._rules.items():
            if wanted == method and re.fullmatch(pattern, path):
                return action
        return passes

    def count(self, kind: Kind) -> int:
        return len(self.times(kind))

    def times(self, kind: Kind) -> list[float]:
        return [one.at for one in self.seen if one.method == kind[0] and re.fullmatch(kind[1], one.path)]

    def hang_up(self) -> None:
        """End every connection that is open."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def go_down(self) -> None:
        """End what is open, and refuse connections until `come_up`."""
        self.refuse()
        self.hang_up()

    def refuse(self) -> None:
        """Refuse new connections until `come_up`."""
        self.shutdown()
        self._thread.join()
        self.socket.close()

    def come_up(self) -> None:
        """Listen again, at the same port."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self._serve()

    def verify_request(self, request: socket.socket, client_address: object) -> bool:  # type: ignore[override]
        """Whether a connection is served at all. `slams`: it is closed as soon as it was accepted."""
        with self._lock:
            self._connections.add(request)
        return not self.slams

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        self.opened.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


class Exchange:
    """One request, and what can be done with it."""

    def __init__(self, handler: _Handler, path: str, body: bytes) -> None:
        self.gate: Gate = handler.server
        self.path = path
        self._handler = handler
        self._body = body

    def forward(self) -> tuple[int, dict[str, str], bytes]:
        """What the server answers."""
        handler, gate = self._handler, self.gate
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        body = self._body
        if headers.get("Content-Type", headers.get("content-type", "")).startswith("application/json"):
            body = body.replace(gate.own.encode(), gate.server.encode())
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        connection = http.client.HTTPConnection(gate.server, timeout=LONGEST)
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            if answer.headers.get("Content-Type", "").startswith("application/json"):
                content = content.replace(gate.server.encode(), gate.own.encode())
            return answer.status, kept, content
        finally:
            connection.close()

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        handler = self._handler
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def write(self, content: bytes) -> None:
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def begin(self, status: int, headers: dict[str, str], size: int) -> None:
        """Announce `size` bytes, which `write` then brings."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.send_header("Content-Length", str(size))
        self._handler.end_headers()

    def drop(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


_HOP = ("connection", "content-length", "date", "server", "transfer-encoding")


class _Handler(Handler):
    server: Gate
    timeout = 20
    wbufsize = -1
    disable_nagle_algorithm = True

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.server.seen.append(Seen(time.monotonic(), self.command, path))
        self.server.rule(self.command, path)(Exchange(self, path, body))

    do_GET = do_POST = do_PUT = _any


# What can be done with a request


def passes(exchange: Exchange) -> None:
    exchange.answer(*exchange.forward())


def says(status: int, payload: object, **headers: str) -> Callable[[Exchange], None]:
    """Answers in the server's place: JSON, or text as a page."""

    def action(exchange: Exchange) -> None:
        page = isinstance(payload, str)
        content = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        kind = "text/html" if page else "application/json"
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.answer(status, {"Content-Type": kind, **told}, content)

    return action


def drops(exchange: Exchange) -> None:
    """The server never hears of it."""
    exchange.drop()


def drops_the_answer(exchange: Exchange) -> None:
    """The server gets the request; its answer is lost."""
    exchange.forward()
    exchange.drop()


def holds(exchange: Exchange) -> None:
    """Passes on when the gate is opened."""
    exchange.gate.opened.wait(LONGEST)
    passes(exchange)


def holds_the_answer(exchange: Exchange) -> None:
    """The server gets the request at once; its answer passes when the gate is opened."""
    answer = exchange.forward()
    exchange.gate.opened.wait(LONGEST)
    exchange.answer(*answer)


def holds_half_of_the_answer(exchange: Exchange) -> None:
    status, headers, content = exchange.forward()
    exchange.begin(status, headers, len(content))
    exchange.write(content[: len(content) // 2])
    exchange.gate.opened.wait(LONGEST)
    exchange.write(content[len(content) // 2 :])


def drips(exchange: Exchange) -> None:
    """A header that goes on for ever, a byte at a time: never so silent that a socket's own patience ends."""
    exchange.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not exchange.gate.opened.wait(0.1):
        exchange.write(b"x")


def once(first: Callable[[Exchange], None], then: Callable[[Exchange], None] = passes) -> Callable[[Exchange], None]:
    """`first` with the first request, `then` with the others."""
    actions = iter([first])
    lock = threading.Lock()

    def action(exchange: Exchange) -> None:
        with lock:
            chosen = next(actions, then)
        chosen(exchange)

    return action
