# SPDX-License-Identifier: GPL-3.0-or-later
"""A request on disk: what was asked, and what came of it. One folder each, so that requests outlive the process.

Whether a request waits or runs is not written: without an outcome it has to be run, whatever happened before.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.values.serialization import from_json, to_json
from .storage import folders, named_in, read_json, write_json

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOTE = "request.json"


@dataclass(frozen=True)
class Log:
    """A line of a request's log. timestamp: ISO 8601, UTC."""

    message: str
    timestamp: str


@dataclass(frozen=True)
class RequestOutcome:
    """How a request ended. status: HTTP status of its result; seconds: how long it ran.

    payload: the JSON of an error; of a result, as `video`, everything but the URL, whose path is `location`. file_at:
    where the answer has it; Reshoot 0.1.0 wrote none, for models that all had it at the same place.
    """

    status: int
    payload: dict[str, Any]
    location: str = ""
    seconds: float = 0.0
    ended: float = 0.0
    """Seconds since the epoch."""
    file_at: tuple[str, ...] = ("video",)


@dataclass
class Request:
    """One request. order: rises from request to request; cancelled: its client wants it no more. webhook: the address
    that is told of its end, if any.
    """

    id: str
    endpoint: str
    body: dict[str, Any]
    order: int
    cancelled: bool = False
    outcome: RequestOutcome | None = None
    logs: tuple[Log, ...] = field(default=())
    webhook: str = ""


class Records:
    """The requests below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def folder(self, request_id: str) -> Path:
        """Where everything about one request lies."""
        return self._folder / request_id

    def save(self, request: Request) -> None:
        """Write a request as it is now: whole, or not at all."""
        self.folder(request.id).mkdir(exist_ok=True)
        write_json(self.folder(request.id) / _NOTE, to_json(request))

    def load(self, request_id: str) -> Request | None:
        """The request of that id; None if there is none that can be read."""
        if _ID.fullmatch(request_id) is None:
            return None
        note = read_json(self.folder(request_id) / _NOTE)
        try:
            request = from_json(Request, note)
        except (ValueError, TypeError, KeyError):
            return None
        return request if request.id == request_id else None

    def load_all(self) -> list[Request]:
        """Every request, in the order they came."""
        loaded = (self.load(folder.name) for folder in folders(self._folder))
        return sorted((request for request in loaded if request is not None), key=lambda request: request.order)

    def sweep(self, days: float) -> set[str]:
        """Remove requests that ended that long ago; the ids of the files that the unfinished ones still need."""
        before = time.time() - days * 86400
        needed: set[str] = set()
        for request in self.load_all():
            if request.outcome is None:
                needed |= named_in(json.dumps(request.body))
            elif request.outcome.ended < before:
                shutil.rmtree(self.folder(request.id), ignore_errors=True)
        return needed
