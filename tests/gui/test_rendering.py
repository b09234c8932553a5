# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor is busy when a take arrives: rendering, dragging a strip, or Blender fetches frames ahead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from editor import Editor
from service import Service
from workstation import Workstation, until

_OUTPUT = """
render = scene().render
render.filepath = folder
if hasattr(render.image_settings, "media_type"):
    render.image_settings.media_type = "IMAGE"
render.image_settings.file_format = "PNG"
scene().frame_end = last

import os
import time

def hold(*_args):
    # On the thread that renders. Escape cannot be simulated to it, so the test ends it by letting it go on.
    while scene_frames() >= middle and os.path.exists(held):
        time.sleep(0.05)

def scene_frames():
    return len(os.listdir(folder))

bpy.app.handlers.render_write.append(hold)
"""
_MIDDLE, _LAST = 10, 30
_RUNS = "bpy.app.is_job_running('RENDER')"


def test_a_take_waits_until_the_animation_is_rendered(
    blender: Callable[..., Workstation], service: Service, clip: Path, tmp_path: Path
) -> None:
    service.hold("render")
    service.start()
    editor = Editor(blender(**service.surroundings))
    editor.make_project(clip)
    frames, held = tmp_path / "frames", tmp_path / "held"
    frames.mkdir()
    held.touch()
    editor.blender.run(_OUTPUT, folder=f"{frames}/", held=str(held), middle=_MIDDLE, last=_LAST)
    editor.shoot()
    until(lambda: editor.states() == ["WAITING"], "a job that waits", words=editor.blender.words)
    editor.over_timeline()
    editor.blender.key("F12", ctrl=True)
    editor.blender.wait(_RUNS)
    service.release("render")
    until(lambda: editor.states() == ["LANDED"], "the take's file", words=editor.blender.words)
    until(lambda: len(list(frames.iterdir())) == _MIDDLE, "the first frames", words=editor.blender.words)
    editor.blender.wait("jobs() and jobs()[0][0] == 'LANDED'")
    # The picture takes longer than it would take to place one.
    editor.blender.picture("rendering")
    assert editor.blender.value(f"{_RUNS} and not takes()")
    held.unlink()
    editor.blender.wait(f"not {_RUNS}")
    assert len(list(frames.iterdir())) == _LAST
    assert editor.wait_for_take()[1:3] == [1, 133]
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")
    editor.blender.has_not_complained()


@pytest.mark.campaign
def test_a_take_waits_until_a_strip_is_let_go_and_prefetch_goes_on(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    service.hold("render")
    service.start()
    editor = Editor(blender(**service.surroundings))
    look = editor.blender
    editor.make_project(clip)
    look.run("scene().sequence_editor.use_prefetch = True")
    editor.shoot()
    until(lambda: editor.states() == ["WAITING"], "a job that waits", words=look.words)

    x, y = look.value("strip_at('Bunny')")
    look.grab(x, y)
    for step in range(1, 9):
        look.pull(x + 8 * step, y)
    look.wait("any('TRANSFORM' in each.bl_idname for each in window().modal_operators)")
    service.release("render")
    until(lambda: editor.states() == ["LANDED"], "the take's file", words=look.words)
    look.pull(x + 80, y)
    look.pull(x + 90, y)
    assert look.value("not takes() and any('TRANSFORM' in each.bl_idname for each in window().modal_operators)")
    look.picture("dragging")
    look.let_go()
    take = editor.wait_for_take()
    assert take[1:3] == look.value("frames(strips()['Bunny'])")
    assert take[1] > 1, "the strip was not moved"
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")

    assert look.value("scene().sequence_editor.use_prefetch") is True
    editor.over_timeline()
    # The drag is undone, and the take goes along.
    look.key("Z", ctrl=True)
    look.wait("frames(strips()['Bunny'])[0] == 1 and [each[1] for each in takes()] == [1]")
    assert look.value("scene().sequence_editor.use_prefetch") is True
    look.key("Z", ctrl=True, shift=True)
    look.wait("[each[1:3] for each in takes()] == [frames(strips()['Bunny'])] == [where]", where=take[1:3])
    look.key("Z", ctrl=True, shift=True)
    look.wait("not bpy.ops.ed.redo.poll()")
    assert editor.wait_for_take() == take
    editor.step_a_frame()
    assert look.value("scene().sequence_editor.use_prefetch") is True
    look.has_not_complained()
