# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that tell of a request's end, to addresses on this computer alone: a rehearsal is offline."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .records import Request, RequestOutcome
from .wire import is_loopback, let_go

log = logging.getLogger(__name__)

TRIES = 5
FIRST_DELAY = 0.5
"""Seconds before the second call; each further delay is twice as long."""
CALL_SECONDS = 15.0


def may_be_called(url: str) -> bool:
    """Whether `url` is an http address on this computer."""
    try:
        return urlsplit(url).scheme == "http" and is_loopback(url)
    except ValueError:
        return False


class Webhooks:
    """Tells whoever wants to hear of it that a request has ended. made: what an outcome's answer is."""

    def __init__(self, made: Callable[[RequestOutcome], Any]) -> None:
        self._made = made
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()

    def tell(self, request: Request) -> None:
        """Call the address of a request that has ended, if it has one. Returns at once."""
        if not request.webhook or request.outcome is None or not may_be_called(request.webhook):
            return
        failed = request.outcome.status != 200
        told = {
            "request_id": request.id,
            "gateway_request_id": request.id,
            "status": "ERROR" if failed else "OK",
            "payload": self._made(request.outcome),
        }
        if failed:
            told["error"] = f"Unexpected status code: {request.outcome.status}"
        words = (request.webhook, json.dumps(told).encode())
        with self._lock:
            if not self._ended.is_set():
                thread = threading.Thread(target=self._try, args=words, name="rehearsal-webhook", daemon=True)
                thread.start()
                self._threads = [each for each in self._threads if each.is_alive()] + [thread]

    def end(self, seconds: float) -> None:
        """Call nobody any more, and wait up to `seconds` for the threads."""
        until = time.monotonic() + seconds
        with self._lock:
            self._ended.set()
            for connection in self._open:
                let_go(connection)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _try(self, url: str, body: bytes) -> None:
        for attempt in range(TRIES):
            if attempt and self._ended.wait(FIRST_DELAY * 2 ** (attempt - 1)):
                return
            try:
                status = self._call(url, body)
                if status is None or 200 <= status < 300:
                    return
                log.info("a webhook was not heard: %d", status)
            except (OSError, ValueError, http.client.HTTPException) as error:
                log.info("a webhook was not heard: %s", error)

    def _call(self, url: str, body: bytes) -> int | None:
        """The status that is answered, wherever it points: no redirect leads elsewhere. None where all has ended."""
        asked = urlsplit(url)
        connection = http.client.HTTPConnection(str(asked.hostname), asked.port, timeout=CALL_SECONDS)
        with contextlib.closing(connection):
            connection.connect()
            # It takes the socket away when the answer has begun.
            heard = connection.sock
            with self._lock:
                if self._ended.is_set():
                    return None
                self._open.add(heard)
            try:
                target = urlunsplit(("", "", asked.path or "/", asked.query, ""))
                headers = {"Content-Type": "application/json", "User-Agent": "Rehearsal"}
                connection.request("POST", target, body, headers)
                return connection.getresponse().status
            finally:
                with self._lock:
                    self._open.discard(heard)
