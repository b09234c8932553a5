# SPDX-License-Identifier: GPL-3.0-or-later
"""A service in the test's hands: it takes what a Blender sends, and answers with the very picture when it is let."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from reshoot.core import mp4
from reshoot.rehearsal.server import RehearsalServer, StandIn

_KEY = "a-key"


class Service:
    """Serves from `with` to its end. Requests run until `let_go`."""

    def __init__(self, folder: Path) -> None:
        self._server = RehearsalServer(folder, self._make, key=_KEY, look="identity")
        self._may_end = threading.Event()
        self.asked = 0

    def __enter__(self) -> Service:
        self._base = self._server.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._server.stop()

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a Blender that uses it."""
        return {"RESHOOT_SERVICE_URL": self._base, "FAL_KEY": _KEY}

    def hold(self) -> None:
        """Let no request end from now on."""
        self._may_end.clear()

    def let_go(self) -> None:
        """Let every request end."""
        self._may_end.set()

    def _make(self, order: StandIn, _progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
        self.asked += 1
        while not self._may_end.wait(0.02):
            if cancelled():
                return
        mp4.relabel(order.clip, order.target, order.fps, keep_sound=order.keep_audio)
