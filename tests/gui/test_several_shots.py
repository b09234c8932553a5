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

    # All were sent by the same brief; from now on each has its own.
    for name, prompt in (("SH020", "Make it rain"), ("SH010", "Make it hail")):
        look.click(*look.value("strip_at(name)", name=name))
        look.wait("strips()[name].select and scene().reshoot.shown.endswith(name)", name=name)
        assert look.value("scene().reshoot.prompt") == PROMPT
        editor.write_prompt(prompt)
    for name, prompt in (("SH020", "Make it rain"), ("SH010", "Make it hail"), ("SH020", "Make it rain")):
        look.click(*look.value("strip_at(name)", name=name))
        look.wait("scene().reshoot.prompt == prompt and scene().reshoot.shown.endswith(name)", prompt=prompt, name=name)
    look.picture("own-briefs")
    # The brief follows what undo selects again, and what it takes back.
    editor.over_timeline()
    for selected, prompt in (("SH010", "Make it hail"), ("SH020", "Make it rain"), ("SH010", "Make it hail")):
        look.key("Z", ctrl=True)
        look.wait("strips()[name].select and scene().reshoot.prompt == prompt", name=selected, prompt=prompt)
    look.key("Z", ctrl=True)
    look.wait("strips()['SH010'].select and scene().reshoot.prompt == prompt", prompt=PROMPT)
    look.key("Z", ctrl=True, shift=True)
    look.wait("scene().reshoot.prompt == 'Make it hail'")
    look.click(*look.value("strip_at('SH020')"))
    look.wait("scene().reshoot.prompt == 'Make it rain'")
    look.has_not_complained()
