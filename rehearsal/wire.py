# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 as the rehearsal speaks it: loopback hosts only, bodies with a length and a limit, files with ranges.

Knows nothing of requests, keys or videos: `protocol` says what is answered.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from .answers import ErrorAnswer, error_answer

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CHUNK = 256 * 1024
# httpx drops connections that were idle for 5 s. Waiting longer than that, the server never closes one that a client
# is about to use, which would look to the client like a lost answer.
IDLE_SECONDS = 10.0
STALLED_SECONDS = 30.0
LINGER_SECONDS = 2.0
QUIET_SECONDS = 15.0
WAIT_SECONDS = 0.05
"""Seconds between two looks at what a client waits for."""


def is_loopback(address: str) -> bool:
    """Whether `address` (an http URL, or `//host:port`) names this computer by a loopback name."""
    try:
        return urlsplit(address).hostname in LOOPBACK
    except ValueError:
        return False


def let_go(connection: socket.socket) -> None:
    """End what any thread waits for at `connection`; whatever it does there next fails."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    # Windows wakes nobody for that, but whoever waits at what is closed; elsewhere it is the other way round.
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            socket.close(connection.detach())


class Wire(BaseHTTPRequestHandler):
    """One connection. A subclass answers each request in `respond`, by `answer` or `answer_file`, or raises
    ErrorAnswer.
    """

    protocol_version = "HTTP/1.1"
    server_version = "Rehearsal"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Headers and a short body leave as one packet, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    _unread = 0
    _length: int | None = None
    _answered = False

    def respond(self, method: str, path: str, query: str) -> None:
        """Answer one request whose host is loopback and whose length is known."""
        raise NotImplementedError

    def _serve(self) -> None:
        self._unread, self._length, self._answered = 0, None, False
        self.connection.settimeout(STALLED_SECONDS)
        try:
            try:
                self._read_framing()
                path, _, query = self.path.partition("?")
                self.respond(self.command, path, query)
            except ErrorAnswer as no:
                self.answer(no.status, no.payload, no.headers)
        except (ConnectionError, TimeoutError):
            # The client went away or stalled: there is nobody left to answer.
            self.close_connection = True
            return
        except Exception as error:
            self.close_connection = True
            if self.connection.fileno() < 0:
                # The server ends, and has closed it: there is nobody to answer either.
                return
            log.exception("the rehearsal could not answer")
            if self._answered:
                return
            self.answer(500, {"detail": f"The rehearsal failed: {error}", "error_type": "internal_error"})
        if self._unread:
            self._linger()
        self.connection.settimeout(IDLE_SECONDS)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

    def _read_framing(self) -> None:
        # Whatever is wrong with a length, where the next request would begin is unknown: such connections are closed.
        lengths = self.headers.get_all("Content-Length", [])
        if self.headers.get("Transfer-Encoding") is not None:
            self.close_connection = True
            raise error_answer(411, "A body needs a Content-Length")
        if len(lengths) > 1 or any(not re.fullmatch(r"[0-9]{1,15}", length) for length in lengths):
            self.close_connection = True
            raise error_answer(400, "Bad Content-Length")
        if lengths:
            self._length = self._unread = int(lengths[0])
        hosts = self.headers.get_all("Host", [])
        # A page in a browser could reach this port under a name of its own that resolves to 127.0.0.1.
        if len(hosts) != 1 or not is_loopback(f"//{hosts[0]}"):
            raise error_answer(421, "The rehearsal answers to loopback hosts only")
        if not self.path.startswith("/"):
            raise error_answer(400, "Bad request target")

    def read_json(self, limit: int) -> Any:
        """The body as JSON, at most `limit` bytes; ErrorAnswer 400 if it is not."""
        length = self.body_length(limit)
        raw = self.rfile.read(length)
        self._unread = 0
        if len(raw) < length:
            raise ConnectionError("the body ended early")
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            payload = {"detail": "The request body is not valid JSON", "error_type": "bad_request"}
            raise ErrorAnswer(400, payload) from error

    def drop_body(self, limit: int) -> None:
        """Read a body that nobody needs, so that the connection can go on. ErrorAnswer 413 above `limit` bytes."""
        if self._length:
            self.rfile.read(self.body_length(limit))
            self._unread = 0

    def save_body(self, file: BinaryIO, seen: Callable[[bytes], None] = lambda piece: None) -> None:
        """Write the body to `file` piece by piece; `seen` is called with each piece."""
        while self._unread:
            piece = self.rfile.read(min(CHUNK, self._unread))
            if not piece:
                raise ConnectionError("the body ended early")
            self._unread -= len(piece)
            file.write(piece)
            seen(piece)

    def body_length(self, limit: int) -> int:
        """Bytes of the body; ErrorAnswer if it was not announced (411) or is above `limit` (413)."""
        if self._length is None:
            self.close_connection = True
            raise error_answer(411, "A body needs a Content-Length")
        if self._length > limit:
            raise ErrorAnswer(413, {"detail": f"The body is larger than {limit} bytes", "error_type": "bad_request"})
        return self._length

    def answer(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Send `payload` as JSON."""
        body = json.dumps(payload).encode()
        self._begin(status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def answer_events(self, events: Iterable[dict[str, Any] | None], headers: dict[str, str]) -> None:
        """Send server-sent events as they come, then close. None: there is nothing new, ask again soon."""
        self.close_connection = True
        self._begin(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", **headers})
        self.wfile.flush()
        told = time.monotonic()
        for event in events:
            if event is None and self.hung_up(WAIT_SECONDS):
                return
            if event is not None:
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            elif time.monotonic() > told + QUIET_SECONDS:
                self.wfile.write(b": still there\n\n")
            else:
                continue
            self.wfile.flush()
            told = time.monotonic()

    def hung_up(self, seconds: float) -> bool:
        """Whether the client goes away, or the server ends, within so long."""
        self.connection.settimeout(seconds)
        try:
            if not self.connection.recv(1, socket.MSG_PEEK):
                return True
            # Whoever sends more already is heard after the answer.
            time.sleep(seconds)
        except TimeoutError:
            pass
        finally:
            self.connection.settimeout(STALLED_SECONDS)
        return False

    def answer_file(self, path: Path, content_type: str, etag: str) -> None:
        """Send a file, or the one range of it that is asked for. Never holds more than a piece of it in memory."""
        with path.open("rb") as file:
            size = path.stat().st_size
            first, count, status = 0, size, 200
            headers = {"Content-Type": content_type, "Accept-Ranges": "bytes", "ETag": etag}
            asked = self.headers.get("Range", "")
            if asked and self.headers.get("If-Range", etag) == etag:
                span = _span(asked, size)
                if span == (0, 0):
                    raise ErrorAnswer(416, {"detail": "Range Not Satisfiable"}, {"Content-Range": f"bytes */{size}"})
                if span is not None:
                    first, count = span
                    status = 206
                    headers["Content-Range"] = f"bytes {first}-{first + count - 1}/{size}"
            self._begin(status, {**headers, "Content-Length": str(count)})
            self.wfile.flush()
            if self.command != "HEAD" and count:
                self.connection.sendfile(file, first, count)

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self._answered = True
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        if self._unread or self.close_connection:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()

    def _linger(self) -> None:
        # Closing with unread bytes resets the connection, and the client may lose the answer it was sent.
        end = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            while time.monotonic() < end and self.connection.recv(CHUNK):
                pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself finds wrong with a request, as JSON and without repeating what was sent."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self.answer(code, {"detail": self.responses.get(code, ("Bad request",))[0]})

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: standard error belongs to Blender, and an access log tells nobody anything."""


class Listener(ThreadingHTTPServer):
    """The listening socket on 127.0.0.1, and the connections that came from it. Serves from `start` on."""

    # On Windows, reuse would let another process take over the port.
    allow_reuse_address = False
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._listen, name="rehearsal-listen", daemon=True)
        super().__init__(("127.0.0.1", 0), handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's name lookup, which asks a resolver and can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on a thread that `end` can find again."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="rehearsal-wire", daemon=True
        )
        with self._lock:
            # Started before `end` can find it: no other can be waited for.
            thread.start()
            self._connections[request] = thread

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke outside of an answer."""
        log.debug("a connection to the rehearsal broke", exc_info=True)

    def start(self) -> None:
        """Let connections in, on a thread of its own."""
        self._thread.start()

    def _listen(self) -> None:
        # Without a timeout, as `serve_forever` has one: nothing runs while nobody calls.
        while not self._ended:
            self.handle_request()

    def end(self, seconds: float) -> None:
        """Close the socket and every connection, and wait up to `seconds` for their threads."""
        end = time.monotonic() + seconds
        self._ended = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port), seconds):
            # Whoever waits for a call hears one, and looks up.
            self._thread.join(seconds)
        self.server_close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            let_go(connection)
        for thread in connections.values():
            thread.join(max(0.0, end - time.monotonic()))


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """First byte and count of a single range; (0, 0) if it lies outside, None if the header is to be ignored."""
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", asked.strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    low, high = match.groups()
    if not low:
        count = min(int(high), size)
        return (size - count, count) if count else (0, 0)
    first = int(low)
    last = min(int(high), size - 1) if high else size - 1
    if high and int(high) < first:
        return None
    return (first, last - first + 1) if first < size else (0, 0)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
