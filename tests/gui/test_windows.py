# SPDX-License-Identifier: GPL-3.0-or-later
"""More windows than one, and other things on screen than the timeline: the job is seen, followed and placed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from editor import Editor
from service import Service
from workstation import Workstation, until

pytestmark = pytest.mark.every_blender("windows are told apart in each Blender's way")

_HELPERS = """
import importlib, sys
board = importlib.import_module(MODULE + ".core.jobs.board")
manager = bpy.context.window_manager
drawn = set()

def second():
    return manager.windows[1]

def watches():
    return [each.as_pointer() for each in manager.windows for one in each.modal_operators
            if one.bl_idname == "RESHOOT_OT_watch"]

# As an editor does it: while Blender handles what was pressed, not in the middle of something else.
keys = manager.keyconfigs.user.keymaps["Window"].keymap_items
keys.new("wm.window_new_main", "F6", "PRESS")
keys.new("wm.window_close", "F7", "PRESS")

def prepare_second():
    shown = getattr(window().workspace, "sequencer_scene", None)
    second().scene = scene()
    if shown is not None:
        second().workspace.sequencer_scene = shown
    area = max(second().screen.areas, key=lambda area: area.width * area.height)
    area.ui_type = "SEQUENCE_EDITOR"
    area.spaces.active.view_type = "SEQUENCER"

def press(which, key):
    for value in ("PRESS", "RELEASE"):
        which.event_simulate(type=key, value=value, x=100, y=100)

def draws():
    states = [line.job.state.name for line in board.all_jobs()]
    drawn.update((bpy.context.window.as_pointer(), state) for state in states)

bpy.types.SpaceSequenceEditor.draw_handler_add(draws, (), "WINDOW", "POST_PIXEL")
"""
_PRESS = """
with bpy.context.temp_override(window=second(), area=None, region=None, scene=scene()):
    bpy.ops.reshoot.shoot("INVOKE_DEFAULT")
    bpy.ops.reshoot.watch("INVOKE_DEFAULT")
"""


def press_in_second(editor: Editor, held: Service) -> None:
    """A second window is opened, and the button pressed there."""
    blender, before = editor.blender, len(editor.journal())
    held.hold("render")
    blender.run("press(window(), 'F6')")
    blender.wait("len(manager.windows) == 2 and second().width > 0")
    blender.run("prepare_second()")
    blender.run("scene().reshoot.prompt = 'make it snow'; strips()['Bunny'].select = True")
    blender.run(_PRESS)
    until(lambda: len(editor.journal()) == before + 1, "a job in the journal", words=blender.words)
    editor.wait_for_state("WAITING")


def land(editor: Editor, held: Service, count: int) -> None:
    """Let the job end: its take is in the timeline, and the editor was told."""
    held.release("render")
    editor.wait_for_state("PLACED")
    every = "[one for each in bpy.data.scenes for one in strips_of(each) if one.get('reshoot_job')]"
    assert len(editor.blender.value(every)) == count
    told = "The take of “Bunny” is in the timeline"
    until(lambda: sum(told in line for line in editor.blender.reports()) == count, told, words=editor.words)


def test_windows(blender: Callable[..., Workstation], held: Service, clip: Path, tmp_path: Path) -> None:
    editor = Editor(blender(**held.surroundings))
    blender = editor.blender
    editor.make_project(clip, tmp_path / "project.blend")
    blender.run(f"{_HELPERS}\nscene().reshoot.land = 'CHANNEL'")

    # Both show the progress; the one in which it was sent is closed.
    press_in_second(editor, held)
    blender.wait("len({which for which, state in drawn if state == 'WAITING'}) == 2")
    blender.wait("watches()")
    blender.run("press(second(), 'F7')")
    blender.wait("len(manager.windows) == 1")
    blender.wait("watches() == [window().as_pointer()]")
    land(editor, held, 1)

    # The first one is closed.
    press_in_second(editor, held)
    blender.run("press(window(), 'F7')")
    blender.wait("len(manager.windows) == 1")
    blender.wait("watches() == [window().as_pointer()]")
    land(editor, held, 2)

    # The preferences are open in a window for the moment.
    held.hold("render")
    blender.run("strips()['Bunny'].select = True")
    blender.run("with bpy.context.temp_override(window=window()): bpy.ops.screen.userpref_show('INVOKE_DEFAULT')")
    blender.wait("len(manager.windows) == 2")
    blender.run("with bpy.context.temp_override(window=window()): bpy.ops.reshoot.shoot('INVOKE_DEFAULT')")
    until(lambda: len(editor.journal()) == 3, "a job in the journal", words=blender.words)
    editor.wait_for_state("WAITING")
    blender.run("press(second(), 'F7')")
    blender.wait("len(manager.windows) == 1")
    blender.wait("watches() == [window().as_pointer()]")

    # Another workspace is on screen.
    blender.run("window().workspace = next(each for each in bpy.data.workspaces if each != window().workspace)")
    land(editor, held, 3)
    blender.has_not_complained()
