# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in a timeline selected at once, and the button pressed: each strip with footage is a shot of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from editor import PROMPT, Editor
from service import Service
from workstation import Workstation, until

_MORE = """
editor = scene().sequence_editor
every = editor.strips if hasattr(editor, "strips") else editor.sequences
strips()["Bunny"].name = "SH010"
for number in (1, 2):
    every.new_movie(f"SH0{number + 1}0", clip, 2, 1 + 132 * number)
title = every.new_effect(name="Title", type="TEXT", channel=5, frame_start=1, **{length: 100})
picture = bpy.data.images.new("Sky", 320, 320)
picture.filepath_raw, picture.file_format = still, "PNG"
picture.save()
every.new_image("Sky", still, 6, 1)
scene().reshoot.prompt = prompt
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.sequencer.view_all()
"""


def test_all_that_is_selected_is_sent_by_one_press(
    blender: Callable[..., Workstation], service: Service, clip: Path, tmp_path: Path
) -> None:
    service.start()
    look = blender(**service.surroundings)
    editor = Editor(look)
    editor.make_project(clip)
    length = "length" if look.value("bpy.app.version >= (5, 0, 0)") else "frame_end"
    look.run(_MORE, clip=str(clip), still=str(tmp_path / "sky.png"), prompt=PROMPT, length=length)
    editor.fill_window()
    editor.open_tab()
    editor.over_timeline()
    look.key("A")
    look.wait("all(strip.select for strip in strips().values())")
    seen = "sys.modules[f'{MODULE}.session.start'].preview(scene())"
    look.wait(f"len({seen}.shots) == 3 and all(each.file for each in {seen}.shots)")
    assert look.value(f"[{seen}.passed_over, len({seen}.stills)]") == [["Title"], 1]
    look.picture("several-shots")
    editor.press_button()
    until(lambda: editor.states() == ["PLACED"] * 3, "three takes", 120, look.words)
    look.wait("len(takes()) == 3")
    look.picture("several-takes")
    assert sorted(take[1:3] for take in look.value("takes()")) == [[1, 133], [133, 265], [265, 397]]
    assert (service.heard("submit"), service.accepted()) == (3, 3)
    look.has_not_complained()
