# SPDX-License-Identifier: GPL-3.0-or-later
"""A take under a title, in a window: the shot becomes a stack, which comes and goes with undo while it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from editor import Editor
from service import Service
from workstation import Workstation

_TITLE = """
editor = scene().sequence_editor
every = editor.strips if hasattr(editor, "strips") else editor.sequences
known = every.bl_rna.functions["new_effect"].parameters.keys()
length = {"length": 150} if "length" in known else {"frame_end": 151}
title = every.new_effect(name="Title", type="TEXT", channel=3, frame_start=1, **length)
title.text, title.select = "TITLE", False
bpy.ops.ed.undo_push(message="Title")
"""
_SLIP = """
plate = strips()["Bunny"]
stack = plate.parent_meta()
begin, end = frames(stack)
name = "content_start" if hasattr(plate, "content_start") else "frame_start"
setattr(plate, name, getattr(plate, name) - 10)
left, right = ("left_handle", "right_handle") if hasattr(plate, "left_handle") else (
    "frame_final_start", "frame_final_end"
)
setattr(stack, left, begin)
setattr(stack, right, end)
bpy.ops.ed.undo_push(message="Slip")
"""
_IN_A_STACK = "takes() and strips()['Bunny'].parent_meta() is not None and 'Title' in strips()"


@pytest.mark.every_blender("what undo keeps, and what a meta strip shows, is Blender's")
def test_a_take_under_a_title(blender: Callable[..., Workstation], held: Service, clip: Path, tmp_path: Path) -> None:
    editor = Editor(blender(**held.surroundings))
    look = editor.blender
    editor.make_project(clip, tmp_path / "project.blend")
    look.run(_TITLE)
    held.hold("render")
    editor.send()
    held.release("render")
    editor.wait_for_state("PLACED")
    look.wait(_IN_A_STACK)
    look.run("scene().frame_current = 60")
    look.picture("under-the-title")
    stack = "strips()['Bunny'].parent_meta()"
    assert look.value(f"[{stack}.channel, strips()['Title'].channel]") == [2, 3]
    assert look.value(f"frames({stack})") == [1, 133] and "Bunny_take01" in look.value(f"{stack}.name")

    # One step is the editor's own; the take stays, in whatever place is its then.
    look.run("strips()['Title'].channel = 7; bpy.ops.ed.undo_push(message='Change')")
    editor.over_timeline()
    look.key("Z", ctrl=True)
    look.wait(f"strips()['Title'].channel == 3 and {_IN_A_STACK}")
    # That the shot was selected, and before that the title.
    look.key("Z", ctrl=True)
    look.wait(f"{_IN_A_STACK} and not {stack}.select")
    look.key("Z", ctrl=True)
    look.wait("'Title' not in strips() and takes()")
    assert look.value("[take[1:] for take in takes()]") == [[1, 133, 3]]
    look.key("Z", ctrl=True, shift=True)
    look.wait(_IN_A_STACK)
    look.picture("laid-again")
    assert look.value("len(takes())") == 1

    # The original and back, each a step of its own.
    look.click(*look.value(f"strip_at({stack}.name)"))
    look.wait(f"{stack}.select")
    shown = "[strips()[take[0]].mute for take in takes()]"
    for operator, muted in (("take_show()", True), ("take_step(direction='NEXT')", False)):
        look.run(
            "with bpy.context.temp_override(window=window(), area=timeline(), region=region('WINDOW')):\n"
            f"    bpy.ops.reshoot.{operator}\n"
            "    bpy.ops.ed.undo_push(message='Show Take')"
        )
        look.wait(f"{shown} == [{muted}]")
        look.picture("original" if muted else "take")
    editor.over_timeline()
    look.key("Z", ctrl=True)
    look.wait(f"{shown} == [True]")

    # Slipped under its take it is told as stale while the tab is open; the take follows, in one step.
    told = "sys.modules[f'{MODULE}.session.staleness']._known"
    editor.open_tab()
    look.run(_SLIP)
    look.wait(f"[[aspect.name for aspect in each.what] for each in {told}.values()] == [['TRIM', 'PLACE']]")
    look.picture("stale")
    look.run(
        "with bpy.context.temp_override(window=window(), area=timeline(), region=region('WINDOW')):\n"
        "    bpy.ops.reshoot.take_follow()\n"
        "    bpy.ops.ed.undo_push(message='Follow')"
    )
    look.wait(f"not {told}")
    look.picture("followed")
    editor.over_timeline()
    look.key("Z", ctrl=True)
    look.wait(f"len({told}) == 1")
    assert held.accepted() == 1
    look.has_not_complained()
