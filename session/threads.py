# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on threads of its own for which nobody waits, and what is done on the main thread once it is finished."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

from ..core.blender_process import Blender
from ..core.errors import ReshootError
from ..core.words import say

_log = logging.getLogger(__name__)


class Threads:
    """Starts threads and hears how they ended. All is called on the main thread. blender: what they may render with."""

    def __init__(self, blender: Blender) -> None:
        self._blender = blender
        self._unheard = 0
        self._threads: list[threading.Thread] = []
        self._finished: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def run(self, work: Callable[[Blender], None], then: Callable[[ReshootError | None], None]) -> None:
        """Do `work` on a thread of its own; `then` is called by `deliver` with what went wrong, if anything did."""

        def run() -> None:
            failure: ReshootError | None = None
            try:
                work(self._blender)
            except ReshootError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - whoever waits for it has to hear of it
                _log.exception("work on a thread of its own broke")
                failure = ReshootError(
                    say("Reshoot itself failed here: {error}.", error=error),
                    say("See Blender's console, and report it."),
                )
            self._finished.put(lambda: then(failure))

        self._unheard += 1
        thread = threading.Thread(target=run, name="reshoot-work", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def deliver(self, complain: Callable[[ReshootError], None]) -> bool:
        """Call what waits for work that is finished; `complain` is given what that raises. Whether there was any."""
        delivered = False
        while not self._finished.empty():
            self._unheard -= 1
            delivered = True
            try:
                self._finished.get()()
            except ReshootError as error:
                complain(error)
        return delivered

    def join(self) -> None:
        """Wait until every thread has ended."""
        for thread in self._threads:
            thread.join()

    @property
    def is_busy(self) -> bool:
        """Whether work is not finished, or its end was not delivered yet."""
        return self._unheard > 0
