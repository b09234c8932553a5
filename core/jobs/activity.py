# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs a runner is stepping at the moment, which it was asked to stop, and whether it closes.

Shared by everything that moves jobs, on any thread. It starts no thread, and knows jobs by their ids alone.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from ..errors import StorageError
from .clock import Clock

LOOK_AGAIN = 0.5
"""Seconds after which a job that was just being stepped is looked at again."""

WRITE_AGAIN = 1.0
"""Seconds after which a journal that could not be written is tried again."""


class Activity:
    """What the threads of one runner are busy with.

    at_once: jobs that may be asked about at the service at a time. wake: notified at every change that somebody may
    wait for; its lock guards what is here. clock: when each job is looked at next.
    """

    def __init__(self, at_once: int) -> None:
        self.wake = threading.Condition()
        self.clock = Clock(self.wake, at_once)
        self._active: set[str] = set()
        self._stops: dict[str, threading.Event] = {}
        self._closing = False

    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    def close(self) -> None:
        """No step is begun any more."""
        with self.wake:
            self._closing = True
            self.wake.notify_all()

    def is_active(self, job_id: str) -> bool:
        """Whether a thread works on a job."""
        with self.wake:
            return job_id in self._active

    def begin(self, job_id: str) -> bool:
        """Note that this thread works on a job, until `working_on` ends. False where another one does already."""
        with self.wake:
            if job_id in self._active:
                return False
            self._active.add(job_id)
            return True

    @contextlib.contextmanager
    def working_on(self, job_id: str) -> Iterator[None]:
        """The job is not active any more afterwards, and is looked at again where the journal has failed."""
        try:
            yield
        except StorageError:
            self.write_again(job_id)
            raise
        finally:
            with self.wake:
                self._active.discard(job_id)
                self.wake.notify_all()

    def look_again(self, job_id: str) -> None:
        """Look at a job soon, which another thread works on now."""
        self.clock.set(job_id, LOOK_AGAIN)

    def write_again(self, job_id: str) -> None:
        """Look at a job soon, whose row could not be written now."""
        self.clock.set(job_id, WRITE_AGAIN)

    def stop_of(self, job_id: str) -> threading.Event:
        """Set once the editor wants a job to stop."""
        return self._stops.setdefault(job_id, threading.Event())

    def renew_stop(self, job_id: str) -> None:
        """Nobody has asked a job to stop from now on."""
        self._stops[job_id] = threading.Event()

    def ask_to_stop(self, job_id: str) -> None:
        """Tell the thread that steps a job that the editor wants it to stop."""
        stop = self._stops.get(job_id)
        if stop is not None:
            stop.set()

    def forget(self, job_id: str) -> None:
        """A job is over."""
        self._stops.pop(job_id, None)

    def wait(self, seconds: float) -> bool:
        """Wait for so many seconds, or until the runner closes. Whether it does."""
        with self.wake:
            return self.wake.wait_for(self.is_closing, seconds)

    def wait_to_write(self) -> None:
        """Wait until a journal that could not be written is tried again, or the runner closes."""
        self.wait(WRITE_AGAIN)

    def wait_until_idle(self, job_id: str) -> None:
        """Wait until no thread works on a job, or the runner closes."""
        with self.wake:
            self.wake.wait_for(lambda: self._closing or job_id not in self._active)
