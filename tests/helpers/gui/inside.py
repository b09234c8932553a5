# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the Blender under test: does what the tests send over a loopback socket, on the main thread, from a timer.

No operator of its own, so nothing here keeps Blender from anything. Started by `blender --python inside.py -- PORT`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import select
import socket
import sys
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import addon_utils
import bpy

MODULE = "bl_ext.user_default.reshoot"
_EVERY = 0.01
_REST = 0.005
"""Seconds that Blender sleeps between two looks for events."""


def window() -> Any:
    """Blender's first window."""
    return bpy.context.window_manager.windows[0]


def timeline() -> Any:
    """The area that shows the timeline."""
    for area in window().screen.areas:
        if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type == "SEQUENCER":
            return area
    raise LookupError("there is no timeline on screen")


def region(kind: str) -> Any:
    """A region of the timeline: WINDOW, UI, HEADER."""
    return next(each for each in timeline().regions if each.type == kind)


def place_of(part: Any) -> list[int]:
    """x, y, width, height of an area or a region in the window."""
    return [part.x, part.y, part.width, part.height]


def scene() -> Any:
    """The scene that the timeline shows."""
    return getattr(window().workspace, "sequencer_scene", None) or window().scene


def strips() -> dict[str, Any]:
    """The strips of the timeline by name."""
    return {strip.name: strip for strip in strips_of(scene())}


def strips_of(of: Any) -> list[Any]:
    """The strips of a scene, in meta strips too."""
    editor = of.sequence_editor
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all) if editor else []


def frames(strip: Any) -> list[int]:
    """First frame of a strip and the first one after it."""
    if hasattr(strip, "left_handle"):
        return [strip.left_handle, strip.right_handle]
    return [strip.frame_final_start, strip.frame_final_end]


def takes() -> list[Any]:
    """What Reshoot has placed: name, frames, channel."""
    return [[name, *frames(each), each.channel] for name, each in strips().items() if each.get("reshoot_job")]


def reports() -> str:
    """What was reported, a line each."""
    manager = bpy.context.window_manager
    each = manager.windows[0]
    area = next((area for area in each.screen.areas if area.type != "SEQUENCE_EDITOR"), each.screen.areas[0])
    kind = area.ui_type
    area.ui_type = "INFO"
    try:
        part = next(part for part in area.regions if part.type == "WINDOW")
        with bpy.context.temp_override(window=each, area=area, region=part):
            for name in ("debug", "info", "operator", "warning", "error"):
                setattr(area.spaces.active, f"show_report_{name}", name in ("info", "warning", "error"))
            bpy.ops.info.select_all(action="SELECT")
            bpy.ops.info.report_copy()
            bpy.ops.info.select_all(action="DESELECT")
    finally:
        area.ui_type = kind
    return str(manager.clipboard)


def jobs() -> list[list[str]]:
    """The jobs that are not dismissed, as the interface knows them, oldest first: state, words, error, remedy."""
    lines = importlib.import_module(f"{MODULE}.core.jobs.board").all_jobs()
    every = sorted((line for line in lines if not line.job.dismissed), key=lambda line: line.job.created)
    return [[line.job.state.value, line.words, line.job.error, line.job.remedy] for line in every]


def strip_at(name: str) -> list[int]:
    """Where the middle of a strip is in the window."""
    strip, part = strips()[name], region("WINDOW")
    start, end = frames(strip)
    x, y = part.view2d.view_to_region((start + end) / 2, strip.channel + 0.5, clip=False)
    return [part.x + x, part.y + y]


def button_under_mouse(kind: str, area: Any = None) -> str:
    """What the button under the mouse does, as Blender says itself: a Python command or a data path.

    kind: of the region that it is in, of the timeline or of `area`.
    """
    area = area or timeline()
    for each in area.regions:
        if each.type != kind:
            continue
        with bpy.context.temp_override(window=window(), area=area, region=each):
            owner = getattr(bpy.context, "property", None)
            if owner:
                return f"{getattr(owner[0], 'name', type(owner[0]).__name__)}.{owner[1]}"
            if bpy.ops.ui.copy_python_command_button.poll():
                bpy.context.window_manager.clipboard = ""
                bpy.ops.ui.copy_python_command_button("EXEC_DEFAULT")
                return bpy.context.window_manager.clipboard
    return ""


@dataclass
class _Search:
    """A search for a button. look: what tells the one under the mouse. places: where the mouse has not been yet. at:
    where it is. seen: what was there so far.
    """

    wanted: str
    look: str
    places: deque[list[int]]
    at: list[int] | None = None
    seen: list[str] = field(default_factory=list)


class _Conversation:
    """Reads one JSON request a line, answers each with one line."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._rest = b""
        self._requests: deque[dict[str, Any]] = deque()
        self._events: deque[dict[str, Any]] = deque()
        self._busy = False
        self._search: _Search | None = None
        self.names: dict[str, Any] = dict(globals())

    def tick(self) -> float | None:
        """One step: an event, or a request. Blender handles what was simulated before the next one."""
        self.names["probe"].follow()
        try:
            while data := self._socket.recv(65536):
                self._rest += data
            return None
        except BlockingIOError:
            pass
        except OSError:
            return None
        *lines, self._rest = self._rest.split(b"\n")
        self._requests.extend(json.loads(line) for line in lines)
        if self._events:
            window().event_simulate(**self._events.popleft())
        elif self._search is not None:
            self._search_on(self._search)
        elif self._busy:
            self._busy = False
            self._answer({"value": None})
        elif self._requests:
            self._take(self._requests.popleft())
        return _EVERY

    def rest(self) -> float:
        """Sleep a little where nothing is to be done, as Blender does between events, unless these are simulated."""
        if not self._events and self._search is None:
            select.select([self._socket], [], [], _REST)
        return 0.0

    def _take(self, request: dict[str, Any]) -> None:
        if "events" in request:
            self._events.extend(request["events"])
            self._busy = True
            return
        if "search" in request:
            self._search = _Search(request["wanted"], request["look"], deque(request["search"]))
            return
        self.names.update(request["names"])
        try:
            if "value" in request:
                answer = {"value": eval(request["value"], self.names)}
            else:
                exec(compile(request["run"], "<test>", "exec"), self.names)
                answer = {"value": None}
        except Exception:  # noqa: BLE001 - the test hears of it
            answer = {"error": traceback.format_exc()}
        self._answer(answer)

    def _search_on(self, search: _Search) -> None:
        """See what is under the mouse, and move it to the next place where that is not what is looked for."""
        try:
            found = eval(search.look, self.names) if search.at else ""
        except Exception:  # noqa: BLE001 - the test hears of it
            self._search = None
            self._answer({"error": traceback.format_exc()})
            return
        if found and found not in search.seen:
            search.seen.append(found)
        if (found and search.wanted in found) or not search.places:
            self._search = None
            at = search.at if found and search.wanted in found else None
            self._answer({"value": {"at": at, "seen": search.seen}})
            return
        search.at = x, y = search.places.popleft()
        # As `Workstation.move` does it.
        self._events.extend({"type": "MOUSEMOVE", "value": "NOTHING", "x": each, "y": y} for each in (x - 1, x))

    def _answer(self, answer: dict[str, Any]) -> None:
        self._socket.setblocking(True)
        self._socket.sendall(json.dumps(answer, default=str).encode() + b"\n")
        self._socket.setblocking(False)


def _beside(name: str) -> Any:
    """The module `name` of this folder, as `reshoot_<name>`."""
    spec = importlib.util.spec_from_file_location(f"reshoot_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _start() -> None:
    _beside("spread")
    probe = _beside("probe")
    bpy.context.preferences.view.show_splash = False
    # An application template has preferences of its own: what was installed there is not enabled here.
    if not addon_utils.check(MODULE)[1]:
        addon_utils.enable(MODULE, default_set=True)
    probe.attach(MODULE)
    if os.environ.get("RESHOOT_TEST_UNCOMPARED"):
        # Comparing has no time: takes are placed as they came, without the seconds of two background Blenders.
        importlib.import_module(f"{MODULE}.core.takes.comparing")._PATIENCE = 0.0
    conversation = _Conversation(int(sys.argv[sys.argv.index("--") + 1]))
    conversation.names["probe"] = probe
    bpy.app.timers.register(conversation.tick, persistent=True)
    bpy.app.timers.register(conversation.rest, persistent=True)


_start()
