# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that work off what is put to them, in order. They know nothing of jobs.

Python's own pools have to be waited for when the program ends, however long a dead network holds them. These need not.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future


class Lane:
    """Up to `count` threads, started when there is work for them. Python does not wait for them at its end."""

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._change = threading.Condition()
        self._waiting: deque[tuple[Future[None], Callable[[], None]]] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._paused = False

    def put(self, work: Callable[[], None]) -> Future[None]:
        """Do `work` when a thread is free. The answer raises what it raised. Cancelled where the lane is closed."""
        answer: Future[None] = Future()
        with self._change:
            if self._closed:
                answer.cancel()
                return answer
            self._waiting.append((answer, work))
            if self._idle < len(self._waiting) and not self._paused:
                self._start_one()
            self._change.notify()
        return answer

    @property
    def is_busy(self) -> bool:
        """Whether there is work that waits, or is being done."""
        with self._change:
            return bool(self._waiting) or self._idle < len(self._threads)

    def pause(self) -> None:
        """Wait until every thread has finished what it does, and is gone. What is put meanwhile waits for `go_on`."""
        with self._change:
            self._paused = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        with self._change:
            self._threads.clear()

    def go_on(self) -> None:
        """Start what has waited since `pause`."""
        with self._change:
            self._paused = False
            for _ in self._waiting:
                self._start_one()

    def close(self, *, finish: bool) -> None:
        """Take no more work. What waits is still done where `finish`, else cancelled."""
        with self._change:
            self._closed = True
            dropped = [] if finish else list(self._waiting)
            if not finish:
                self._waiting.clear()
            self._change.notify_all()
        for answer, _work in dropped:
            answer.cancel()

    def join(self, until: float) -> bool:
        """Wait for the threads of a closed lane until `until` (monotonic seconds). Whether none is left."""
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _start_one(self) -> None:
        # Whoever waited in `pause` may have been interrupted.
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) < self._count:
            name = f"{self._name}-{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
            self._threads[-1].start()

    def _run(self) -> None:
        while True:
            with self._change:
                self._idle += 1
                self._change.wait_for(lambda: self._waiting or self._closed or self._paused)
                self._idle -= 1
                if self._paused or not self._waiting:
                    return
                answer, work = self._waiting.popleft()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - whoever waits for the answer has to hear of it
                answer.set_exception(error)
            else:
                answer.set_result(None)
