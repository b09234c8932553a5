# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blender with a window, the built zip installed, mouse and keyboard simulated, looked into from outside.

The tests wait for conditions with a deadline; what Blender said is in the failure.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import processes
from blenders import Installation, surroundings
from patience import LONGEST, USUAL, stretched
from screen import SIZE, Screen

_INSIDE = Path(__file__).with_name("inside.py")
_LOOK_EVERY = 0.05
# Blender's names of the keys that type a character which is no letter.
_KEYS = {" ": "SPACE", ".": "PERIOD", ",": "COMMA", "-": "MINUS", "@": "TWO", "/": "SLASH"}
_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


class Workstation:
    """One Blender from its start to its end."""

    def __init__(
        self,
        installation: Installation,
        screen: Screen,
        home: Path,
        *,
        pictures: Path,
        more: Mapping[str, str] = {},
        size: tuple[int, int] = SIZE,
    ) -> None:
        self._installation = installation
        self.screen = screen
        self.home = home
        self._pictures = pictures
        self._more = dict(more)
        self._size = size
        self._at = (0, 0)
        self.pid = 0
        self._connection: socket.socket | None = None
        self.stretches: dict[str, Any] = {}

    def start(self, file: Path | None = None) -> None:
        """Start Blender, with a file or as Video Editing starts."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            self._log = self.home / f"blender-{time.monotonic_ns()}.log"
            what = [str(file)] if file else ["--app-template", "Video_Editing"]
            options = ["-p", "0", "0", *map(str, self._size), "--enable-event-simulate", "--python", str(_INSIDE)]
            with self._log.open("wb") as words:
                self._process = subprocess.Popen(
                    self._installation.command(self._installation.program, *what, *options, "--", str(port)),
                    env={**surroundings(self.home, self.screen.display), **self._more},
                    stdin=subprocess.DEVNULL,
                    stdout=words,
                    stderr=subprocess.STDOUT,
                )
            self.pid = self._process.pid
            listener.settimeout(1)
            deadline = time.monotonic() + LONGEST
            while True:
                try:
                    self._connection, _ = listener.accept()
                    break
                except TimeoutError:
                    if self._process.poll() is not None or time.monotonic() > deadline:
                        raise AssertionError(f"Blender did not start: {self.words()}") from None
        self._connection.settimeout(LONGEST)
        self._answers = self._connection.makefile("rb")
        self.wait("window().width > 0 and bool(timeline())")

    # Looking and asking

    def value(self, expression: str, **names: Any) -> Any:
        """What a Python expression is worth inside Blender, with inside.py's names and `names`."""
        return self._ask({"value": expression, "names": names})

    def run(self, code: str, **names: Any) -> None:
        """Run Python inside Blender, on its main thread."""
        self._ask({"run": code, "names": names})

    def wait(self, expression: str, seconds: float = USUAL, **names: Any) -> Any:
        """Wait until an expression is true inside Blender; what it is worth then."""
        return until(lambda: self.value(expression, **names), f"{expression} {names or ''}", seconds, self.words)

    def picture(self, name: str) -> Path:
        """Take a picture of the screen, for the reader; where it is."""
        self.run("[area.tag_redraw() for area in window().screen.areas]")
        self.key_events([])
        path = self._pictures.parent / f"{self._pictures.name}-{name}.png"
        self.screen.picture(path)
        return path

    def words(self) -> str:
        """The last of what Blender has written."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def reports(self) -> list[str]:
        """What Blender has reported to its user, oldest first, by its own Info editor."""
        text: str = self.value("reports()")
        return text.splitlines()

    def has_not_complained(self, *, but: str = "") -> None:
        """Fails where Blender has written of an error, with what it wrote. but: in the lines that were to come."""
        words = self._log.read_text(encoding="utf-8", errors="replace")
        words = "\n".join(line for line in words.splitlines() if not but or but not in line)
        # Blender's own way to write of an error is another one since 5.2.
        found = [words.find(each) for each in ("Traceback", "Error:", "| ERROR") if each in words]
        if found:
            raise AssertionError(words[max(0, min(found) - 200) :][:4000])

    # Hands

    def move(self, x: float, y: float) -> None:
        """Move the mouse, in window pixels from the lower left."""
        x, y = round(x), round(y)
        # Blender hears of an area when the mouse comes into it, and of a button when it moves there.
        self.key_events([_event("MOUSEMOVE", "NOTHING", x - 1, y), _event("MOUSEMOVE", "NOTHING", x, y)])
        self._at = (x, y)

    def click(self, x: float, y: float, button: str = "LEFTMOUSE", **held: bool) -> None:
        """Move there and click."""
        self.move(x, y)
        self.key(button, **held)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Press the mouse, move it and let go."""
        self.move(*start)
        points = [
            (round(start[0] + (end[0] - start[0]) * step / steps), round(start[1] + (end[1] - start[1]) * step / steps))
            for step in range(1, steps + 1)
        ]
        self.key_events([_event("LEFTMOUSE", "PRESS", *self._at)])
        self.key_events([_event("MOUSEMOVE", "NOTHING", x, y) for x, y in points])
        self.key_events([_event("LEFTMOUSE", "RELEASE", *points[-1])])
        self._at = points[-1]

    def grab(self, x: float, y: float) -> None:
        """Press the left mouse button there, and keep it down."""
        self.move(x, y)
        self.key_events([_event("LEFTMOUSE", "PRESS", *self._at)])

    def pull(self, x: float, y: float) -> None:
        """Move the mouse with its button down."""
        self._at = (round(x), round(y))
        self.key_events([_event("MOUSEMOVE", "NOTHING", *self._at)])

    def let_go(self) -> None:
        """Release the left mouse button."""
        self.key_events([_event("LEFTMOUSE", "RELEASE", *self._at)])

    def key(self, name: str, **held: bool) -> None:
        """Press a key or a mouse button and let go. held: ctrl, shift, alt."""
        self.key_events([_event(name, "PRESS", *self._at, **held), _event(name, "RELEASE", *self._at, **held)])

    def search(
        self, wanted: str, places: list[tuple[int, int]], look: str = "button_under_mouse('UI')"
    ) -> tuple[tuple[int, int] | None, list[str]]:
        """Go over `places` with the mouse until the button there has `wanted` in its Python command or data path.

        Where that is, None where it is nowhere; and what buttons were seen. look: tells the button under the mouse.
        """
        answer = self._ask({"search": places, "wanted": wanted, "look": look})
        if answer["at"] is None:
            return None, answer["seen"]
        self._at = (answer["at"][0], answer["at"][1])
        return self._at, answer["seen"]

    def type(self, text: str, *, confirm: bool = True) -> None:
        """Type text, then confirm it where that is wanted."""
        events = []
        for character in text:
            name = _DIGITS[int(character)] if character.isdigit() else _KEYS.get(character, character.upper())
            held = {"shift": character.isupper() or character == "@"}
            events.append(_event(name, "PRESS", *self._at, unicode=character, **held))
            events.append(_event(name, "RELEASE", *self._at, **held))
        self.key_events(events)
        if confirm:
            self.key("RET")

    def key_events(self, events: list[dict[str, Any]]) -> None:
        """Simulate events; back when Blender has handled them."""
        self._ask({"events": events})

    # The process

    def children(self, like: str = "") -> list[int]:
        """The processes that Blender has started and that run, whose command has `like` in it."""
        return [pid for pid in processes.children(self.pid) if like in processes.command(pid)]

    def quit(self) -> int:
        """Quit as an editor does; the exit code."""
        self.stretches = self.value("probe.report()")
        events = [_event("Q", value, *self._at, ctrl=True) for value in ("PRESS", "RELEASE")]
        # There is nobody left to answer.
        self._connection.sendall(json.dumps({"events": events}).encode() + b"\n")
        return self.wait_for_end()

    def wait_for_end(self, seconds: float = USUAL) -> int:
        """Wait until Blender has closed itself; its exit code."""
        until(lambda: self._process.poll() is not None, "Blender's end", seconds, self.words)
        self._hang_up()
        return self._process.returncode

    @property
    def runs(self) -> bool:
        """Whether Blender is there."""
        return self.pid > 0 and self._process.poll() is None

    def kill(self) -> None:
        """End it and what it started, by their ids, however they are."""
        self._hang_up()
        if not self.runs:
            return
        below = self.children()
        self._process.kill()
        self._process.wait()
        for pid in below:
            processes.send(pid, signal.SIGKILL)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._answers.close()
            self._connection.close()
            self._connection = None

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            self._connection.sendall(json.dumps(request).encode() + b"\n")
            line = self._answers.readline()
        except OSError as error:
            raise AssertionError(f"Blender does not answer {request}: {error}\n{self.words()}") from error
        if not line:
            code = self._process.wait(LONGEST)
            raise AssertionError(f"Blender ended with code {code} at {request}\n{self.words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]


def _event(type: str, value: str, x: int, y: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "value": value, "x": x, "y": y, **more}


def until(
    condition: Callable[[], Any], what: str, seconds: float = USUAL, words: Callable[[], str] = lambda: ""
) -> Any:
    """Wait until `condition` gives something true, and give it. seconds: on a quiet machine."""
    deadline = time.monotonic() + stretched(seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {stretched(seconds):.0f} s: {what} (at last {value!r})\n{words()}")
        time.sleep(_LOOK_EVERY)
