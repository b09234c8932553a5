# SPDX-License-Identifier: GPL-3.0-or-later
"""Two takes compared in the viewer, with mouse and keyboard, by the pixels of the screen; and that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from editor import Editor
from service import Service
from workstation import Workstation

_VIEWER = """
import sys
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
    import gc
    timers = sys.modules[f"{MODULE}.operators.compare"]
    return {
        "modal": sorted(getattr(each, "bl_idname", "") for each in window().modal_operators),
        "handlers": sum(len(each) for name in dir(bpy.app.handlers)
                        if isinstance(each := getattr(bpy.app.handlers, name), list)),
        "timers": [len(timers._timers), bpy.app.timers.is_registered(timers._go_on)],
        "drawn": sys.modules[f"{MODULE}.session.comparison"]._drawn is not None,
        "dirty": bpy.data.is_dirty,
        "frame": scene().frame_current,
        "muted": [strip.mute for strip in strips().values()],
    }
"""
_SPLIT = """
area = viewer()
scene().frame_current = 40
"""


class Viewer:
    """The viewer of an editor, with a placed take."""

    def __init__(self, editor: Editor, pictures: Path) -> None:
        self.editor, self.blender, self._pictures = editor, editor.blender, pictures

    def start(self, mode: str) -> None:
        """Compare, as the popover does it."""
        self.blender.run(
            "with bpy.context.temp_override(window=window(), area=viewer(), region=preview()):\n"
            f"    bpy.ops.reshoot.compare('INVOKE_DEFAULT', mode={mode!r})"
        )
        self.blender.wait("there(scene().frame_current)", 60)

    def screen(self, name: str) -> Any:
        """The picture of the screen, as rows of RGB from the top."""
        import numpy
        from PIL import Image

        self.blender.picture(name)
        path = self.blender._pictures.parent / f"{self.blender._pictures.name}-{name}.png"
        return numpy.asarray(Image.open(path).convert("RGB")).astype(int)

    def box(self) -> tuple[int, int, int, int]:
        """Where the picture is on the screen: left, top, right, bottom."""
        height = self.blender.value("window().height")
        left, low, right, up = self.blender.value("box()")
        return round(left), round(height - up), round(right), round(height - low)


@pytest.mark.every_blender("the viewer, its handlers and what the graphics card is asked for are Blender's")
def test_comparing_in_the_viewer(blender: Callable[..., Workstation], service: Service, clip: Path, tmp_path: Path) -> None:
    service.start()
    editor = Editor(blender(**service.surroundings))
    look = editor.blender
    editor.make_project(clip, tmp_path / "project.blend")
    editor.send_and_place()
    look.wait("takes()")
    look.run(_VIEWER + _SPLIT)
    look.picture("before-compare")
    view = Viewer(editor, tmp_path)
    shown = view.screen("compare-shown")
    view.start("WIPE")
    view.screen("compare-wipe")
    view.start("FLIP")
    view.screen("compare-flip")
    view.start("DIFFERENCE")
    view.screen("compare-difference")
    view.start("SIDE_BY_SIDE")
    view.screen("compare-side")
    assert shown is not None
