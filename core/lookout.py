# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers questions about files for whoever may not wait: what was found last, looked up again on a thread.

What is looked up is the caller's; a disk that hangs holds only the thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .lanes import Lane

log = logging.getLogger(__name__)

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

_FRESH = 2.0
"""Seconds that an answer is taken for true."""
_KEPT = 64
_WAITING = 16
"""Questions at most that wait; older ones were asked of a timeline that has changed since."""
_PATIENCE = 2.0


class Lookout(Generic[Question, Answer]):
    """Looks files up with `look`, which runs on a thread of its own. Where it raises, the answer stays what it was.

    The thread is started by `start`, apart from `ask`: starting one waits for it, too long for whoever draws. It stays,
    so that this happens once. Answers are compared, to tell what is new.
    """

    def __init__(self, look: Callable[[Question], Answer]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._known: dict[Question, tuple[float, Answer | None]] = {}
        self._wanted: list[Question] = []
        self._lane = _lane()
        self._looking = False
        self._news = False

    def ask(self, question: Question) -> Answer | None:
        """What was found last, None where nothing was yet. Wants it again where that is more than two seconds ago."""
        with self._lock:
            known = self._known.get(question)
            if known is None or time.monotonic() - known[0] > _FRESH:
                self._want(question)
        return known[1] if known else None

    def recent(self, question: Question) -> Answer | None:
        """What was found less than two seconds ago, None where nothing was. Wants nothing."""
        with self._lock:
            known = self._known.get(question)
        return known[1] if known is not None and time.monotonic() - known[0] <= _FRESH else None

    def start(self) -> None:
        """Begin to look up what was asked."""
        with self._lock:
            if not self._wanted or self._looking:
                return
            self._looking = True
        self._lane.put(self._run)

    @property
    def busy(self) -> bool:
        """Whether something is to be looked up, or is being."""
        return bool(self._wanted) or self._looking

    def news(self) -> bool:
        """Whether an answer is another one since this was asked last."""
        told, self._news = self._news, False
        return told

    def close(self) -> None:
        """Forget everything and end the thread, unless its disk hangs."""
        with self._lock:
            self._wanted.clear()
            lane, self._lane = self._lane, _lane()
            self._looking = False
        lane.close(finish=False)
        lane.join(time.monotonic() + _PATIENCE)
        self._known.clear()
        self._news = False

    def _want(self, question: Question) -> None:
        if question in self._wanted:
            return
        self._wanted = [*self._wanted[1 - _WAITING :], question]

    def _last(self, question: Question) -> Answer | None:
        with self._lock:
            known = self._known.get(question)
        return known[1] if known else None

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._looking = False
                    return
                question = self._wanted[-1]
            try:
                answer: Answer | None = self._look(question)
            except Exception:
                # Whoever draws asks again later, when whatever it was may be over.
                log.exception("a file could not be looked at")
                answer = self._last(question)
            with self._lock:
                before = self._known.pop(question, None)
                self._news = self._news or before is None or before[1] != answer
                self._known[question] = (time.monotonic(), answer)
                while len(self._known) > _KEPT:
                    self._known.pop(next(iter(self._known)))
                if question in self._wanted:
                    self._wanted.remove(question)


def look_within(seconds: float, look: Callable[[], Answer]) -> Answer | None:
    """What `look` finds in so many seconds, None where it takes longer. It has a thread of its own, since a disk that
    hangs may hold it.
    """
    found: list[Answer] = []
    looking = threading.Thread(target=lambda: found.append(look()), name="reshoot-look", daemon=True)
    looking.start()
    looking.join(max(0.0, seconds))
    return found[0] if found else None


def _lane() -> Lane:
    return Lane("reshoot-lookout", 1)
