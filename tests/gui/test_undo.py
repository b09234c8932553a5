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


_WITH_SOUND = """
scene().render.fps, scene().reshoot.sound = 24, "RESULT"
"""
"""At the service's own rate, sound comes back as it was sent."""
_OWN_SOUND = """
editor = scene().sequence_editor
every = editor.strips if hasattr(editor, "strips") else editor.sequences
every.new_sound("Own", strips()["Bunny"].filepath, 1, 1).select = False
setattr(strips()["Bunny"], "left_handle" if hasattr(strips()["Bunny"], "left_handle") else "frame_final_start", 21)
"""
"""The shot's own sound begins before it, so that it is cut where the take begins."""
_HEARD = "sorted([take[1:], strips()[take[0]].type] for take in takes())"
_SOUNDS_ARE_THERE = (
    "all(strips()[name].sound in list(bpy.data.sounds) for name in strips() if strips()[name].type == 'SOUND')"
)
_OWN_IS_MUTED = "[strip.mute for strip in sorted(strips().values(), key=frames) if strip.name.startswith('Own')]"


@pytest.mark.every_blender("which blocks undo keeps is Blender's")
def test_undo_goes_past_a_take_with_sound(at_work: Editor, held: Service) -> None:
    """Blender keeps blocks that are the same in two steps: a scene that is one must not show a sound that is gone."""
    editor, blender = at_work, at_work.blender
    blender.run(f"{_WITH_SOUND}{_OWN_SOUND}{_CHANGED}")
    editor.send()
    blender.run(f"strips()['Bunny'].channel = 4; {_CHANGED}")
    for name in ("One", "Two"):
        blender.run(f"bpy.data.materials.new(name).use_fake_user = True; {_CHANGED}", name=name)
    blender.run(f"strips()['Bunny'].channel = 6; {_CHANGED}")
    assert land(editor, held) == [[21, 133, 7], [21, 133, 8]]
    steps = [(6, 2), (4, 2), (4, 1), (4, 0), (2, 0)]
    as_it_lies = {6: [7, 8], 4: [5, 6], 2: [3, 4]}

    def is_at(step: tuple[int, int]) -> None:
        channel, materials = step
        blender.wait(
            f"strips()['Bunny'].channel == channel and len(bpy.data.materials) == materials and {_HEARD} == heard",
            channel=channel,
            materials=materials,
            heard=[[[21, 133, at], kind] for at, kind in zip(as_it_lies[channel], ("MOVIE", "SOUND"), strict=True)],
        )
        assert blender.value(_SOUNDS_ARE_THERE)
        assert blender.value(_OWN_IS_MUTED) == [False, True]
        assert blender.value("len(bpy.data.sounds)") == 2

    is_at(steps[0])
    editor.over_timeline()
    for step in steps[1:]:
        blender.key("Z", ctrl=True)
        is_at(step)
    for step in reversed(steps[:-1]):
        blender.key("Z", ctrl=True, shift=True)
        is_at(step)
    blender.key("Z", ctrl=True, shift=True)
    blender.wait("not bpy.ops.ed.redo.poll()")
    is_at(steps[0])
    # What the editor does to a take that came again is kept, and undone as anything else.
    for step in steps[1:3]:
        blender.key("Z", ctrl=True)
        is_at(step)
    blender.run(
        f"[strips()[name] for name, *_ in takes() if strips()[name].type == 'SOUND'][0].volume = 0.5; {_CHANGED}"
    )
    blender.run(f"bpy.data.materials.new('Three').use_fake_user = True; {_CHANGED}")
    blender.key("Z", ctrl=True)
    blender.wait("'Three' not in bpy.data.materials")
    volumes = "[strips()[name].volume for name, *_ in takes() if strips()[name].type == 'SOUND']"
    watches = "sum(each.bl_idname == 'RESHOOT_OT_watch' for each in window().modal_operators)"
    blender.wait(f"not {watches}")
    assert blender.value(volumes) == [0.5]
    blender.key("Z", ctrl=True)
    blender.wait(f"{volumes} == [1.0]")
    is_at(steps[2])
    editor.play_a_while()
    assert held.accepted() == 1
    blender.has_not_complained()


_FADED = """
strips()["Bunny"].blend_alpha = 0.2
strips()["Bunny"].keyframe_insert("blend_alpha", frame=1)
strips()["Bunny"].blend_alpha = 1.0
strips()["Bunny"].keyframe_insert("blend_alpha", frame=21)
"""
_CURVES = """
action = scene().animation_data.action
bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags] if hasattr(
    action, "layers") else [action]
found = sorted(curve.data_path.split('"')[1] for bag in bags for curve in bag.fcurves)
"""


@pytest.mark.campaign
@pytest.mark.every_blender("which blocks undo keeps is Blender's")
def test_undo_goes_past_a_take_with_a_fade(at_work: Editor, held: Service) -> None:
    """Its shot is hidden, and its curves are in a block of their own, which is the same in some steps."""
    editor, blender = at_work, at_work.blender
    blender.run(f"{_FADED}{_CHANGED}")
    editor.send()
    blender.run(f"strips()['Bunny'].channel = 4; {_CHANGED}")
    blender.run(f"bpy.data.materials.new('One').use_fake_user = True; {_CHANGED}")
    blender.run(f"strips()['Bunny'].channel = 6; {_CHANGED}")
    assert land(editor, held) == [[1, 133, 7]]
    steps = [(6, 1), (4, 1), (4, 0), (2, 0)]

    def is_at(step: tuple[int, int]) -> None:
        channel, materials = step
        blender.wait(
            "strips()['Bunny'].channel == channel and len(bpy.data.materials) == materials"
            " and [take[1:] for take in takes()] == [[1, 133, channel + 1]]",
            channel=channel,
            materials=materials,
        )
        assert blender.value("strips()['Bunny'].mute")
        blender.run(f"{_CURVES}assert found == sorted(['Bunny', takes()[0][0]]), found")

    is_at(steps[0])
    editor.over_timeline()
    for step in steps[1:]:
        blender.key("Z", ctrl=True)
        is_at(step)
    for step in reversed(steps[:-1]):
        blender.key("Z", ctrl=True, shift=True)
        is_at(step)
    blender.has_not_complained()


_IN_EDIT_MODE = """
box = bpy.data.objects.new("Box", bpy.data.meshes.new("Box"))
box.data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
scene().collection.objects.link(box)
with bpy.context.temp_override(window=window()):
    window().view_layer.objects.active = box
    bpy.ops.ed.undo_push(message="Box")
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.ed.undo_push(message="Edit Mode")
    for _ in range(2):
        bpy.ops.mesh.select_all(action="INVERT")
        bpy.ops.ed.undo_push(message="Invert")
"""


@pytest.mark.campaign
@pytest.mark.every_blender("which blocks undo keeps is Blender's")
@pytest.mark.parametrize("sound", [False, True])
def test_undo_keeps_a_take_that_came_in_another_mode(at_work: Editor, held: Service, sound: bool) -> None:
    """The steps of that mode hold nothing of the timeline."""
    editor, blender = at_work, at_work.blender
    if sound:
        blender.run(f"{_WITH_SOUND}{_CHANGED}")
    editor.send()
    blender.run(_IN_EDIT_MODE)
    blender.wait("bpy.context.view_layer.objects.active.mode == 'EDIT'")
    lies = [[1, 133, 3], [1, 133, 4]] if sound else [[1, 133, 3]]
    assert land(editor, held) == lies
    editor.over_timeline()
    mode = "[each.mode for each in bpy.data.objects if each.name == 'Box']"
    for then in (["EDIT"], ["EDIT"], ["EDIT"], ["OBJECT"], []):
        blender.key("Z", ctrl=True)
        blender.wait(f"{mode} == then and sorted(take[1:] for take in takes()) == lies", then=then, lies=lies)
        assert blender.value(_SOUNDS_ARE_THERE)
    for then in (["OBJECT"], ["EDIT"], ["EDIT"], ["EDIT"]):
        blender.key("Z", ctrl=True, shift=True)
        blender.wait(f"{mode} == then and sorted(take[1:] for take in takes()) == lies", then=then, lies=lies)
        assert blender.value(_SOUNDS_ARE_THERE)
    blender.has_not_complained()


def test_two_takes_that_come_one_after_the_other(at_work: Editor, held: Service) -> None:
    """One undo goes past both, and the later one stays above."""
    editor, blender = at_work, at_work.blender
    blender.run("scene().reshoot.land = 'CHANNEL'")
    editor.send()
    blender.run("scene().reshoot.prompt = 'make it rain'")
    editor.over_timeline()
    blender.key("E", ctrl=True, shift=True)
    until(lambda: editor.states() == ["WAITING"] * 2, "both to wait", 60, words=editor.words)
    for channel in (4, 6):
        blender.run(f"strips()['Bunny'].channel = channel; {_CHANGED}", channel=channel)
    held.release("render")
    until(lambda: editor.states() == ["PLACED"] * 2, "both to be placed", 60, words=editor.words)
    jobs = "[strips()[take[0]]['reshoot_job'] for take in sorted(takes(), key=lambda take: take[3])]"
    order = blender.value(jobs)
    assert len(set(order)) == 2

    def are_at(channel: int) -> None:
        blender.wait(
            f"strips()['Bunny'].channel == channel and {jobs} == order and sorted(take[1:] for take in takes()) == lie",
            channel=channel,
            order=order,
            lie=[[1, 133, channel + 1], [1, 133, channel + 2]],
        )

    are_at(6)
    for channel in (4, 2):
        blender.key("Z", ctrl=True)
        are_at(channel)
    for channel in (4, 6):
        blender.key("Z", ctrl=True, shift=True)
        are_at(channel)
    for _ in range(2):
        blender.key("Z", ctrl=True, shift=True)
        are_at(6)
    blender.wait("not bpy.ops.ed.redo.poll()")
    blender.key("Z", ctrl=True)
    are_at(4)
    blender.has_not_complained()


@pytest.mark.campaign
def test_undo_goes_past_a_take_in_parts(at_work: Editor, held: Service) -> None:
    editor, blender = at_work, at_work.blender
    end = "right_handle" if blender.value("hasattr(strips()['Bunny'], 'right_handle')") else "frame_final_end"
    blender.run(f"strips()['Bunny'].{end} = 301\n{_WITH_SOUND}{_CHANGED}")
    held.release("render")
    held.hold("download")
    blender.run("scene().reshoot.prompt = 'make it rain'")
    editor.select_shot()
    editor.over_timeline()
    blender.key("E", ctrl=True, shift=True)
    until(lambda: editor.states() == ["DOWNLOADING"] * 2, "both parts to be done", 240, words=editor.words)
    blender.run(f"strips()['Bunny'].channel = 6; {_CHANGED}")
    held.release("download")
    until(lambda: editor.states() == ["PLACED"] * 2, "both parts to be placed", 60, words=editor.words)
    whole = "[take[1:] for take in takes() if strips()[take[0]].type == 'META']"
    parts = "sorted(strips()[take[0]].type for take in takes())"
    assert blender.value(whole) == [[1, 301, 7]]
    assert blender.value(parts) == ["META", "MOVIE", "MOVIE", "SOUND", "SOUND"]
    editor.over_timeline()
    for keys, channel in (({}, 2), ({"shift": True}, 6), ({"shift": True}, 6), ({}, 2)):
        blender.key("Z", ctrl=True, **keys)
        blender.wait(
            f"strips()['Bunny'].channel == channel and {whole} == [[1, 301, channel + 1]] and len(takes()) == 5",
            channel=channel,
        )
        assert blender.value(_SOUNDS_ARE_THERE)
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
