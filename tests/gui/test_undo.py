# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor works on while a job runs: on the shot, on its scene, back and forth in time. The take lands right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from editor import Editor
from service import Service
from workstation import Workstation, until

_ANOTHER_SCENE = """
other = bpy.data.scenes.new("Other")
window().scene = other
if hasattr(window().workspace, "sequencer_scene"):
    window().workspace.sequencer_scene = other
"""
_CHANGED = "bpy.ops.ed.undo_push(message='Change')"


@pytest.fixture
def at_work(blender: Callable[..., Workstation], held: Service, clip: Path, tmp_path: Path) -> Editor:
    """An editor whose project is saved, with a service in the test's hands."""
    editor = Editor(blender(**held.surroundings))
    editor.make_project(clip, tmp_path / "project.blend")
    return editor


def again(editor: Editor, held: Service) -> None:
    """The project as it was saved, and a job that is under way."""
    held.hold("render")
    editor.blender.run("bpy.ops.wm.revert_mainfile()")
    editor.blender.wait("not bpy.data.is_dirty and 'Bunny' in strips() and not takes()")
    editor.send()


def land(editor: Editor, held: Service) -> list[Any]:
    """Let the job end. Its take strips: first frame, frame after it, channel, meta strip; by time."""
    held.release("render")
    editor.wait_for_state("PLACED")
    return sorted(take[1:] for take in editor.blender.value("takes()"))


@pytest.mark.every_blender("what undo keeps is Blender's")
def test_working_on_the_shot(at_work: Editor, held: Service) -> None:
    editor, blender = at_work, at_work.blender

    again(editor, held)
    editor.over_timeline()
    blender.key("G")
    blender.type("50")
    blender.wait("frames(strips()['Bunny']) == [51, 183]")
    blender.picture("moved")
    assert land(editor, held) == [[51, 183, 3]]

    again(editor, held)
    blender.run("scene().frame_current = 61")
    editor.over_timeline()
    blender.key("K")
    blender.wait("len(strips()) == 2")
    assert land(editor, held) == [[1, 133, 3]]

    again(editor, held)
    blender.run("scene().frame_current = 61")
    editor.over_timeline()
    blender.key("K")
    blender.wait("len(strips()) == 2")
    blender.click(*blender.value("strip_at(min(strips(), key=lambda name: frames(strips()[name])))"))
    editor.over_timeline()
    blender.key("X")
    blender.wait("len(strips()) == 1")
    blender.picture("half-deleted")
    assert land(editor, held) == [[61, 133, 3]]

    again(editor, held)
    editor.over_timeline()
    blender.key("D", shift=True)
    blender.type("200")
    blender.wait("sorted(map(frames, strips().values())) == [[1, 133], [201, 333]]")
    assert land(editor, held) == [[1, 133, 3]]

    again(editor, held)
    editor.over_timeline()
    blender.key("X")
    blender.wait("not strips()")
    assert land(editor, held) == [[1, 133, 3]]
    blender.picture("shot-deleted")

    again(editor, held)
    blender.run(f"""
strip = strips()["Bunny"]
strip.name, strip.channel = "Another", 7
if hasattr(strip, "right_handle"):
    strip.right_handle = 101
else:
    strip.frame_final_end = 101
{_CHANGED}
""")
    assert land(editor, held) == [[1, 101, 8]]
    blender.has_not_complained()


@pytest.mark.campaign
def test_meta_strips(at_work: Editor, held: Service) -> None:
    """What was put into a meta strip gets its take there; what is outside does not get it into one that is entered."""
    editor, blender = at_work, at_work.blender
    again(editor, held)
    editor.over_timeline()
    blender.key("G", ctrl=True)
    blender.wait("any(strip.type == 'META' for strip in strips().values())")
    blender.picture("meta-job")
    assert land(editor, held) == [[1, 133, 3]]
    assert blender.value("[strips()[take[0]].parent_meta().type for take in takes()]") == ["META"]
    assert blender.value("len(scene().sequence_editor.meta_stack)") == 0
    editor.over_timeline()
    blender.key("Z", ctrl=True)
    # The editor's own step is undone, and the take follows its shot.
    blender.wait("takes() and not any(strip.type == 'META' for strip in strips().values())")

    again(editor, held)
    blender.run(f"""
editor = scene().sequence_editor
every = editor.strips if hasattr(editor, "strips") else editor.sequences
editor.display_stack(every.new_meta("Group", 9, 1))
{_CHANGED}
""")
    assert land(editor, held) == [[1, 133, 3]]
    assert blender.value("[strips()[take[0]].parent_meta() for take in takes()]") == [None]
    assert blender.value("scene().sequence_editor.meta_stack[-1].name") == "Group"
    blender.has_not_complained()


def test_going_back_and_forth_in_time(at_work: Editor, held: Service) -> None:
    editor, blender = at_work, at_work.blender
    editor.send()
    for channel in (4, 5, 6):
        blender.run(f"strips()['Bunny'].channel = {channel}; {_CHANGED}")
    editor.over_timeline()
    for channel in (5, 4, 2):
        blender.key("Z", ctrl=True)
        blender.wait("strips()['Bunny'].channel == channel", channel=channel)
    for channel in (4, 5, 6):
        blender.key("Z", ctrl=True, shift=True)
        blender.wait("strips()['Bunny'].channel == channel", channel=channel)
    blender.key("Z", ctrl=True)
    blender.wait("strips()['Bunny'].channel == 5")
    # There is something that could be done again: the take waits for a while, so as not to make that impossible.
    held.release("render")
    editor.wait_for_state("LANDED")
    blender.key("Z", ctrl=True, shift=True)
    blender.wait("strips()['Bunny'].channel == 6")
    assert land(editor, held) == [[1, 133, 7]]
    assert held.accepted() == 1
    # The editor's own edits come first, and the take stays, whatever is undone and done again.
    for channel in (5, 4):
        blender.key("Z", ctrl=True)
        blender.wait(f"strips()['Bunny'].channel == {channel} and takes()")
        assert blender.value("[take[1:] for take in takes()]") == [[1, 133, channel + 1]]
    told = "The take of “Bunny” stays: delete its strip to take it out"
    until(lambda: any(told in line for line in blender.reports()), "that it stays", words=editor.words)
    for channel in (5, 6):
        blender.key("Z", ctrl=True, shift=True)
        blender.wait(f"strips()['Bunny'].channel == {channel} and takes()")
    blender.key("Z", ctrl=True, shift=True)
    blender.wait("not bpy.ops.ed.redo.poll() and takes()")
    # One step for each edit, also for one that was made after such an undo.
    blender.key("Z", ctrl=True)
    blender.wait("strips()['Bunny'].channel == 5 and takes()")
    blender.run(f"strips()['Bunny'].channel = 8; {_CHANGED}")
    blender.key("Z", ctrl=True)
    blender.wait("strips()['Bunny'].channel == 5 and takes()")
    blender.key("Z", ctrl=True, shift=True)
    blender.wait("strips()['Bunny'].channel == 8 and takes()")
    # A take that is deleted stays away, and comes back with the undo of just that.
    blender.click(*blender.value("strip_at(takes()[0][0])"))
    editor.over_timeline()
    blender.key("X")
    blender.wait("not takes()")
    blender.key("Z", ctrl=True)
    blender.wait("takes() and strips()['Bunny'].channel == 8")
    blender.key("Z", ctrl=True, shift=True)
    blender.wait("not takes()")
    watches = "sum(each.bl_idname == 'RESHOOT_OT_watch' for each in window().modal_operators)"
    # Until whatever would lay it again has had its turn.
    blender.wait(f"not {watches}")
    assert blender.value("not takes() and strips()['Bunny'].channel == 8")
    assert held.accepted() == 1
    blender.has_not_complained()


@pytest.mark.campaign
def test_scenes(at_work: Editor, held: Service) -> None:
    editor, blender = at_work, at_work.blender
    name = blender.value("scene().name")
    of_scene = "[strip.name for strip in strips_of(bpy.data.scenes[name]) if strip.get('reshoot_job')]"

    # Another one is on screen.
    again(editor, held)
    blender.run(_ANOTHER_SCENE + _CHANGED)
    assert blender.value("scene().name") == "Other"
    assert land(editor, held) == []
    assert len(blender.value(of_scene, name=name)) == 1
    assert blender.value("scene().name") == "Other"

    # Its rate is another.
    again(editor, held)
    blender.run(f"scene().render.fps = 50; {_CHANGED}")
    shot = blender.value("frames(strips()['Bunny'])")
    assert land(editor, held) == [[*shot, 3]]

    # It was deleted; undo brings it back.
    again(editor, held)
    blender.run(_ANOTHER_SCENE + "bpy.data.scenes.remove(bpy.data.scenes[name])\n" + _CHANGED, name=name)
    held.release("render")
    editor.wait_for_state("LANDED")
    complaint = f"The scene “{name}” is not in this file any more."
    until(lambda: any(complaint in line for line in blender.reports()), "the complaint", words=editor.words)
    blender.run("bpy.ops.ed.undo()")
    editor.wait_for_state("PLACED")
    assert len(blender.value(of_scene, name=name)) == 1
    blender.has_not_complained(but=complaint)
