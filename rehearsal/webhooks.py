# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that tell of a request's end, to addresses on this computer alone: a rehearsal is offline."""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .records import Request, RequestOutcome
from .wire import is_loopback

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


def call(request: Request, made: Callable[[RequestOutcome], Any]) -> None:
    """Tell whoever wants to hear of it that `request` has ended. Returns at once. made: what an outcome's answer is."""
    if not request.webhook or request.outcome is None or not may_be_called(request.webhook):
        return
    failed = request.outcome.status != 200
    told = {
        "request_id": request.id,
        "gateway_request_id": request.id,
        "status": "ERROR" if failed else "OK",
        "payload": made(request.outcome),
    }
    if failed:
        told["error"] = f"Unexpected status code: {request.outcome.status}"
    body = json.dumps(told).encode()
    threading.Thread(target=_try, args=(request.webhook, body), name="rehearsal-webhook", daemon=True).start()


class _Stays(urllib.request.HTTPRedirectHandler):
    """No redirect leads elsewhere."""

    def redirect_request(self, *args: Any) -> None:
        return None


def _try(url: str, body: bytes) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays)
    for attempt in range(TRIES):
        if attempt:
            time.sleep(FIRST_DELAY * 2 ** (attempt - 1))
        asked = urllib.request.Request(url, body, {"Content-Type": "application/json", "User-Agent": "Rehearsal"})
        try:
            with opener.open(asked, timeout=CALL_SECONDS):
                return
        except (OSError, ValueError) as error:
            log.info("a webhook was not heard: %s", error)
