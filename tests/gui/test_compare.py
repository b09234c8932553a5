# SPDX-License-Identifier: GPL-3.0-or-later
"""Two takes compared in the viewer, with mouse and keyboard, by the pixels of the screen; and that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy
import pytest
from editor import Editor
from screen import SIZE
from workstation import Workstation

_VIEWER = """
import os, sys
from pathlib import Path
def viewer():
    for area in window().screen.areas:
        if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "SEQUENCER":
            return area
def preview():
    return next(each for each in viewer().regions if each.type == "PREVIEW")
def compare():
    return sys.modules[f"{MODULE}.session.comparison"].current()
def box():
    found = sys.modules[f"{MODULE}.session.viewer"].picture_in(preview(), scene())
    return [found[0] + preview().x, found[1] + preview().y, found[2] + preview().x, found[3] + preview().y]
def there(frame):
    now = compare()
    return now is not None and all(now.file_of(side, frame) for side in now.sides)
def left():
    timers = sys.modules[f"{MODULE}.operators.compare"]
    return {
        # The watch over jobs comes and goes by itself.
        "modal": sorted({getattr(each, "bl_idname", "") for each in window().modal_operators} - {"RESHOOT_OT_watch"}),
        "handlers": sum(len(each) for name in dir(bpy.app.handlers)
                        if isinstance(each := getattr(bpy.app.handlers, name), list)),
        "timers": [len(timers._timers), bpy.app.timers.is_registered(timers._go_on)],
        "drawn": sys.modules[f"{MODULE}.session.comparison"]._drawn is not None,
        "dirty": bpy.data.is_dirty,
        "folder": [str(each) for each in Path(os.environ["RESHOOT_HOME"], "compare").glob("*")],
        "frame": scene().frame_current,
        "muted": [strip.mute for strip in strips().values()],
    }
"""


_AWAY = 6
"""Pixels of the line, and of its shadow, at either side of where it is."""


class Viewer:
    """The viewer of an editor."""

    def __init__(self, editor: Editor) -> None:
        self.editor, self.blender = editor, editor.blender
        self.blender.run(_VIEWER)

    def start(self, mode: str, **more: str) -> None:
        """Compare, as the popover does it, and wait for the frame."""
        self.blender.run(
            "with bpy.context.temp_override(window=window(), area=viewer(), region=preview()):\n"
            "    bpy.ops.reshoot.compare('INVOKE_DEFAULT', mode=mode, **more)",
            mode=mode,
            more=more,
        )
        self.blender.wait("there(scene().frame_current)", 60)

    def end(self) -> None:
        """Press Esc over the viewer."""
        self.blender.key("ESC")
        self.blender.wait("compare() is None")

    def over(self, across: float, up: float) -> tuple[float, float]:
        """Where a part of the picture is in the window."""
        left, low, right, high = self.blender.value("box()")
        return left + (right - left) * across, low + (high - low) * up

    def picture(self, name: str) -> Any:
        """What the viewer's region shows, as rows of pixels from the top, red, green, blue from 0 to 255."""
        with av.open(str(self.blender.picture(name))) as file:
            whole = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)
        x, y, width, height = self.blender.value("place_of(preview())")
        bottom = SIZE[1] - self.blender.value("[window().y, window().height][0]") - y
        return whole[bottom - height : bottom, x : x + width]

    def part(self, picture: Any, first: float, end: float) -> Any:
        """The part of such a picture between two parts of the shot's width, away from edges, labels and buttons."""
        x, y, _width, height = self.blender.value("place_of(preview())")
        (left, low), (right, high) = self.over(first, 0.25), self.over(end, 0.75)
        top, bottom = height - (round(high) - y), height - (round(low) - y)
        return picture[max(top, 0) : bottom, max(round(left) - x, 0) + _AWAY : round(right) - x - _AWAY]

    def far(self, picture: Any, other: Any, first: float, end: float) -> float:
        """How far two pictures are from each other there, of 255, but for a twentieth that may be of a next pixel."""
        apart = abs(self.part(picture, first, end) - self.part(other, first, end))
        assert apart.size > 3000
        return float(numpy.quantile(apart, 0.95))


_SHOW = "strips()[takes()[0][0]].mute = muted"
_SATURATION = "strips()[takes()[0][0]].color_saturation = value"


@pytest.mark.every_blender("the viewer, its handlers and what the graphics card is asked for are Blender's")
def test_comparing_in_the_viewer(blender: Callable[..., Workstation], clip: Path, tmp_path: Path) -> None:
    editor = Editor(blender(RESHOOT_REHEARSAL_LOOK="identity"))
    look = editor.blender
    editor.make_project(clip, tmp_path / "project.blend")
    editor.send_and_place()
    look.wait("takes()")
    view = Viewer(editor)
    look.run("scene().render.dither_intensity = 0.0; scene().frame_current = 40")
    look.run("[setattr(each, 'select', False) for each in strips().values()]")
    look.run(_SATURATION + "; bpy.ops.ed.undo_push(message='One')", value=0.5)
    look.run(_SATURATION, value=0.0)
    look.run(_SHOW, muted=True)
    plate = view.picture("compare-plate")
    look.run(_SHOW, muted=False)
    take = view.picture("compare-take")
    editor.over_timeline()
    look.run("bpy.ops.ed.undo_push(message='Before'); bpy.ops.wm.save_mainfile()")
    look.wait("not bpy.data.is_dirty")
    before = look.value("left()")

    # The original on the left of the line, what the timeline shows on its right.
    view.start("WIPE")
    at = 0.5
    for wipe in (0.25, 0.75, 0.5):
        look.drag(view.over(at, 0.5), view.over(wipe, 0.5))
        at = wipe
        look.wait("abs(compare().wipe - wipe) < 0.01", wipe=wipe)
        wiped = view.picture(f"compare-wipe-{int(wipe * 100)}")
        assert view.far(wiped, plate, 0.02, wipe) <= 2
        assert view.far(wiped, take, wipe, 0.98) <= 1
    assert view.far(plate, take, 0.1, 0.9) > 20

    # The key shows the other side while it is held.
    view.start("FLIP")
    look.move(*view.over(0.5, 0.5))
    for value, expected, kind in (("PRESS", plate, "held"), ("RELEASE", take, "released")):
        x, y = view.over(0.5, 0.5)
        look.key_events([{"type": "J", "value": value, "x": round(x), "y": round(y)}])
        assert view.far(view.picture(f"compare-flip-{kind}"), expected, 0.02, 0.98) <= 2
    view.end()
    look.wait("not left()['folder']")
    assert look.value("left()") == before
    assert view.far(view.picture("compare-ended"), take, 0.02, 0.98) == 0
    # No undo step came in between.
    editor.over_timeline()
    look.key("Z", ctrl=True)
    look.wait("abs(strips()[takes()[0][0]].color_saturation - 0.5) < 0.01")

    # Two pictures that are alike; they become so while they are compared.
    look.run(_SATURATION, value=0.0)
    view.start("DIFFERENCE")
    look.move(*view.over(0.5, 0.5))
    look.key("SPACE")
    look.wait("window().screen.is_animation_playing and scene().frame_current > 50")
    look.key("SPACE")
    look.wait("not window().screen.is_animation_playing")
    look.run("scene().frame_current = 40")
    look.wait("compare() is not None and there(40)")
    differing = view.picture("compare-differing")
    assert numpy.quantile(view.part(differing, 0.02, 0.98), 0.95) > 100
    now = look.value("compare().folder.name")
    look.run(_SATURATION, value=1.0)
    look.wait("compare().folder.name != now and there(40)", 60, now=now)
    assert numpy.quantile(view.part(view.picture("compare-alike"), 0.02, 0.98), 0.95) <= 8
    view.start("SIDE_BY_SIDE")
    view.picture("compare-side-by-side")
    look.run("bpy.ops.wm.save_mainfile(); bpy.ops.wm.revert_mainfile()")
    look.wait("compare() is None and not left()['folder'] and not left()['modal']")
    assert not look.value("left()['drawn']") and look.value("left()['handlers']") == before["handlers"]
    look.run("scene().frame_current = 40")
    view.start("WIPE")
    look.run("import addon_utils; addon_utils.disable(MODULE)")
    assert look.value("[str(each) for each in Path(os.environ['RESHOOT_HOME'], 'compare').glob('*')]") == []
    look.picture("compare-disabled")
    look.has_not_complained()
