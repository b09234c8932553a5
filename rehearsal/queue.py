# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that wait, run and are answered: two at a time, as an account's concurrency starts, the others in order.

Runs them on its own threads with the renderer it is given. Speaks no HTTP: `protocol` puts its states into words.
"""

from __future__ import annotations

import contextlib
import logging
import math
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..core.errors import ExportError
from ..core.lanes import Lane
from ..core.models.table import with_endpoint
from ..core.storage import discard
from .inspection import Unprocessable, inspect
from .records import Log, Records, Request, RequestOutcome
from .storage import Storage

log = logging.getLogger(__name__)

CONCURRENCY = 2
STOP_SECONDS = 1.0
"""Seconds that a render has to end. One that does not has been told to, and its thread keeps nobody waiting."""
_CANCELLED = RequestOutcome(499, {"detail": "Request was cancelled by the client", "error_type": "client_cancelled"})


def app_of(endpoint: str) -> str:
    """Where the service knows the requests of an endpoint: by owner and app only."""
    return "/".join(endpoint.split("/")[:2])


@dataclass(frozen=True)
class StandIn:
    """The recipe of a rehearsal's result.

    images: references, drawn in a corner. look: 'stand-in' or 'identity'. frames: of the result, at `fps`.
    """

    clip: Path
    target: Path
    images: tuple[Path, ...]
    prompt: str
    look: str
    keep_audio: bool
    frames: int
    fps: Fraction


Render = Callable[[StandIn, Callable[[int, int], None], Callable[[], bool]], None]
"""Makes the recipe's target; is given progress(frames done, of all) and cancelled(). Raises if it cannot."""


class RequestState(StrEnum):
    """Where a request stands, in the service's words."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class Standing:
    """A request at one moment. position: how many wait before it; outcome: only where it is completed."""

    state: RequestState
    position: int
    logs: tuple[Log, ...]
    outcome: RequestOutcome | None


class Queue:
    """The requests of one server. keep: seconds after its end for which a request is known."""

    def __init__(self, records: Records, storage: Storage, render: Render, look: str, keep: float = math.inf) -> None:
        self._records = records
        self._storage = storage
        self._render = render
        self._look = look
        self._keep = keep
        self._requests: dict[str, Request] = {}
        self._waiting: list[Request] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._last_order = 0
        self._lane = Lane("rehearsal-render", CONCURRENCY)
        self.on_end: Callable[[Request], None] = lambda request: None
        """Is told of each request that has ended, on a thread of this queue that must not wait."""

    def start(self, earlier: list[Request]) -> None:
        """Begin to run requests, first those that an earlier server left behind."""
        with self._lock:
            for request in earlier:
                self._take_in(request)

    def stop(self) -> None:
        """Cancel what runs, without an outcome: a later server takes it up again."""
        with self._lock:
            self._stopping.set()
        self._lane.close(finish=False)
        self._lane.join(time.monotonic() + STOP_SECONDS)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """No thread renders or waits to render meanwhile: lets those that do finish, however long that takes."""
        try:
            self._lane.pause()
            yield
        finally:
            self._lane.go_on()

    def submit(self, endpoint: str, body: dict[str, Any], webhook: str = "") -> tuple[str, int]:
        """Accept a request. Gives its id and how many wait before it; it is on disk by then.

        webhook: the address that is told of its end, if any.
        """
        with self._lock:
            order = max(time.time_ns(), self._last_order + 1)
            request = Request(str(uuid.uuid4()), endpoint, body, order, webhook=webhook)
            self._records.save(request)
            self._take_in(request)
            return request.id, self._position(request)

    def history(self, endpoint: str) -> list[Request]:
        """The requests for one endpoint, newest first."""
        with self._lock:
            return sorted(
                (each for each in self._requests.values() if each.endpoint == endpoint),
                key=lambda each: each.order,
                reverse=True,
            )

    def standing(self, app: str, request_id: str) -> Standing | None:
        """Where a request stands; None if there is no such request of the app."""
        with self._lock:
            request = self._find(app, request_id)
            if request is None or (request.outcome and time.time() > request.outcome.ended + self._keep):
                return None
            if request.outcome is not None:
                return Standing(RequestState.COMPLETED, 0, request.logs, request.outcome)
            if request in self._waiting:
                return Standing(RequestState.IN_QUEUE, self._position(request), (), None)
            return Standing(RequestState.IN_PROGRESS, 0, request.logs, None)

    def cancel(self, app: str, request_id: str) -> bool | None:
        """Ask a request to end. False: it has ended already; None: there is no such request of the app."""
        with self._lock:
            request = self._find(app, request_id)
            if request is None:
                return None
            if request.outcome is not None:
                return False
            request.cancelled = True
            if request in self._waiting:
                self._waiting.remove(request)
                self._settle(request, _CANCELLED)
            else:
                self._records.save(request)
            return True

    def _find(self, app: str, request_id: str) -> Request | None:
        if request_id not in self._requests:
            # Another server on the same folder may have accepted it and be gone since.
            request = self._records.load(request_id)
            if request is not None:
                self._take_in(request)
        found = self._requests.get(request_id)
        return found if found is not None and app_of(found.endpoint) == app else None

    def _take_in(self, request: Request) -> None:
        self._requests[request.id] = request
        self._last_order = max(self._last_order, request.order)
        if request.outcome is not None:
            return
        if request.cancelled:
            self._settle(request, _CANCELLED)
        else:
            self._waiting.append(request)
            self._lane.put(self._run_next)

    def _position(self, request: Request) -> int:
        return self._waiting.index(request)

    def _settle(self, request: Request, outcome: RequestOutcome) -> None:
        request.outcome = replace(outcome, ended=time.time())
        try:
            self._records.save(request)
        except OSError:
            # It stays answered as long as this server runs; a later one runs it again.
            log.warning("the rehearsal could not write down an outcome", exc_info=True)
        self.on_end(request)

    def _run_next(self) -> None:
        with self._lock:
            # What waited may have been cancelled.
            if self._stopping.is_set() or not self._waiting:
                return
            request = self._waiting.pop(0)
        self._run(request)

    def _run(self, request: Request) -> None:
        began = time.monotonic()
        target = self._records.folder(request.id) / f"rendering-{secrets.token_hex(4)}.mp4"
        try:
            outcome = self._attempt(request, target)
        finally:
            # A renderer's process may still hold it on Windows; the sweep takes it then.
            discard(target)
        with self._lock:
            if request.cancelled:
                outcome = _CANCELLED
            elif self._stopping.is_set():
                # What was interrupted has no outcome yet: a later server makes it again.
                return
            self._settle(request, replace(outcome, seconds=time.monotonic() - began))

    def _attempt(self, request: Request, target: Path) -> RequestOutcome:
        try:
            self._make(request, target)
            return self._result(request, target)
        except Unprocessable as no:
            return RequestOutcome(422, {"detail": no.detail})
        except Exception as error:
            # Whatever a renderer raises becomes the request's answer, as the service's own failures do.
            if not self._is_cancelled(request):
                log.warning("a rehearsal failed", exc_info=True)
            return RequestOutcome(500, {"detail": str(error) or type(error).__name__, "error_type": "internal_error"})

    def _make(self, request: Request, target: Path) -> None:
        model = with_endpoint(request.endpoint)
        if model is None:
            raise ExportError("The rehearsal no longer knows this model.", "Choose another.")
        order = inspect(request.body, model, self._storage.find_url)
        result = model.comes_back(order.frames, order.fps)
        recipe = StandIn(
            clip=order.clip,
            target=target,
            images=order.images,
            prompt=order.prompt,
            look=self._look,
            keep_audio=order.keep_audio,
            frames=result.frames,
            fps=result.fps,
        )

        def progress(done: int, total: int) -> None:
            line = Log(f"Frame {done} of {total}", datetime.now(UTC).isoformat())
            with self._lock:
                request.logs += (line,)

        self._render(recipe, progress, lambda: self._is_cancelled(request))

    def _is_cancelled(self, request: Request) -> bool:
        return request.cancelled or self._stopping.is_set()

    def _result(self, request: Request, target: Path) -> RequestOutcome:
        if self._is_cancelled(request):
            return _CANCELLED
        if not target.is_file() or not target.stat().st_size:
            raise ExportError("The rehearsal's picture was not written.", "Look into Blender's console.")
        stored = self._storage.adopt(target, "rehearsal.mp4")
        video = {"content_type": stored.content_type, "file_name": stored.name, "file_size": stored.size}
        model = with_endpoint(request.endpoint)
        file_at = model.file_at if model is not None else ("video",)
        return RequestOutcome(200, {"video": video}, location=stored.location, file_at=file_at)
