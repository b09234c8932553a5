# SPDX-License-Identifier: GPL-3.0-or-later
"""When each job is looked at next, and that the service is not asked too often. It looks at nothing itself."""

from __future__ import annotations

import heapq
import threading
import time

_PACE = 1 / 18
"""Seconds between two looks. At most 20 may arrive in a second, and threads do not run to the millisecond."""


class Clock:
    """The jobs that wait for their time.

    wake: notified when an earlier time was set; its lock guards the clock. at_once: looks that may be under way at a
    time. Everything takes the lock itself, but for `seconds_left` and `due`, whose caller holds it.
    """

    def __init__(self, wake: threading.Condition, at_once: int) -> None:
        self._wake = wake
        self._at_once = at_once
        self._queue: list[tuple[float, int, str]] = []
        self._times: dict[str, tuple[float, int]] = {}
        self._set = 0
        self._next_look = 0.0
        self._looking = 0

    def set(self, job_id: str, seconds: float) -> None:
        """Look at a job in so many seconds, or earlier where that was set before."""
        with self._wake:
            at = time.monotonic() + seconds
            if job_id in self._times and self._times[job_id][0] <= at:
                return
            self._set += 1
            self._put(at, self._set, job_id)
            self._wake.notify_all()

    def seconds_left(self) -> float | None:
        """Until the first job's time comes; None where none waits."""
        return max(0.0, self._queue[0][0] - time.monotonic()) if self._queue else None

    @property
    def is_empty(self) -> bool:
        """Whether no job waits for its time, or is being looked at."""
        with self._wake:
            return not self._times and not self._looking

    def due(self) -> list[str]:
        """The jobs whose time has come. Paced, since most of them will ask the service how far they are.

        Each of them counts as being looked at until `looked` is called.
        """
        now = time.monotonic()
        ready = []
        while self._queue and self._queue[0][0] <= now:
            at, number, job_id = heapq.heappop(self._queue)
            if self._times.get(job_id) != (at, number):
                continue  # an earlier time was set since
            if now < self._next_look or self._looking >= self._at_once:
                self._put(max(self._next_look, now + _PACE), number, job_id)
                continue
            self._next_look = now + _PACE
            self._looking += 1
            del self._times[job_id]
            ready.append(job_id)
        return ready

    def looked(self) -> None:
        """One look is over."""
        with self._wake:
            self._looking -= 1

    def _put(self, at: float, number: int, job_id: str) -> None:
        self._times[job_id] = (at, number)
        heapq.heappush(self._queue, (at, number, job_id))
