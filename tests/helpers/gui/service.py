# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal's server as a process of its own, which can be killed, frozen and started again at the same address.

It gives back the clip that it was sent, at 24 fps without any Blender. `hold` has it keep quiet at a point of the
protocol. Run as a program, it is that process: `service.py FOLDER PORT`.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_LOOK_EVERY = 0.02
KEY = "rehearsal-key-of-the-test"

POINTS = {
    "token": ("POST", "/storage/auth/token"),
    "upload": ("POST", "/files/upload"),
    "submit": ("POST", "/edit"),
    "status": ("GET", "/status"),
    "download": ("GET", ".mp4"),
    "history": ("GET", "/requests/by-endpoint"),
}
"""Where the service can be held before it answers: method, and what the path ends in. Two more points: "render", the
work itself, and "accepted", when a submission is written down, but not answered."""


class Service:
    """The process, from outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of a Blender that is to use it."""
        return {"RESHOOT_SERVICE_URL": self.base, "FAL_KEY": KEY}

    def start(self) -> None:
        """Start it, again too, at the same address and with all that it had on disk."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._folder), str(self._port)], stdin=subprocess.DEVNULL
        )
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError("the service did not start")
            time.sleep(_LOOK_EVERY)

    def kill(self) -> None:
        """As a cable that is pulled: nobody is there any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """As a network that swallows everything: connections are made, no answer comes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def hold(self, point: str) -> None:
        """Answer nothing more at `point`, until `release`."""
        (self._folder / f"hold-{point}").touch()

    def release(self, point: str) -> None:
        """Answer there again."""
        (self._folder / f"hold-{point}").unlink(missing_ok=True)

    def heard(self, point: str) -> int:
        """How many requests came to a point, over all its starts."""
        method, end = POINTS[point]
        return sum(line.startswith(method) and line.endswith(end) for line in self._log())

    def accepted(self) -> int:
        """How many submissions it has written down."""
        # A folder may be there before its request is.
        return len(list(self._folder.glob("requests/*/request.json")))

    def _log(self) -> list[str]:
        path = self._folder / "heard.log"
        return path.read_text().splitlines() if path.exists() else []


def _serve(folder: Path, port: int) -> None:
    _load()
    from reshoot.core.blender_process import Blender
    from reshoot.rehearsal import picture, server, wire
    from reshoot.rehearsal.protocol import Conversation

    def wait(point: str) -> None:
        while (folder / f"hold-{point}").exists():
            time.sleep(_LOOK_EVERY)

    class Held(Conversation):
        def respond(self, method: str, path: str, query: str) -> None:
            with (folder / "heard.log").open("a") as log:
                log.write(f"{method} {path}\n")
            for point, (wanted, end) in POINTS.items():
                if method == wanted and path.endswith(end):
                    wait(point)
            super().respond(method, path, query)

        def answer(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            if self.path.endswith(POINTS["submit"][1]):
                wait("accepted")
            super().answer(status, payload, headers)

    class AtThePort(wire.Listener):
        allow_reuse_address = True

        def server_bind(self) -> None:
            self.server_address = ("127.0.0.1", port)
            super().server_bind()

    def render(stand_in: Any, progress: Any, cancelled: Any) -> None:
        while (folder / "hold-render").exists() and not cancelled():
            time.sleep(_LOOK_EVERY)
        picture.render(Blender(("/no/such/program",)), stand_in, progress, cancelled)

    server.Conversation, server.Listener = Held, AtThePort
    server.RehearsalServer(folder, render, key=KEY, look="identity").start()
    signal.pause()


def _load() -> None:
    """Make the checkout importable as `reshoot`, as the tests have it."""
    import importlib.util

    path = Path(__file__).resolve().parents[2] / "conftest.py"
    spec = importlib.util.spec_from_file_location("reshoot_tests_conftest", path)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
