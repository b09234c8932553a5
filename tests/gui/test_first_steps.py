# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a new user: the tab is there, a shot, a prompt, the button, a take; and what undo makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor

pytestmark = pytest.mark.every_blender("one whole rehearsal in every Blender")


def test_the_extension_is_there_with_its_tab(editor: Editor) -> None:
    blender = editor.blender
    assert blender.value("addon_utils.check(MODULE)") == [True, True]
    editor.open_tab()
    blender.picture("tab")
    assert blender.value("region('UI').active_panel_category") == "Reshoot"
    blender.has_not_complained()


@pytest.mark.compared
def test_from_the_shot_to_the_take_and_back(editor: Editor, clip: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    editor.open_tab()
    editor.select_shot()
    editor.write_prompt("Make it snow")
    blender.picture("ready")
    editor.press_button()
    blender.picture("sent")
    name, start, end, channel = editor.wait_for_take()
    blender.picture("take")
    assert name.startswith("REHEARSAL")
    assert [start, end] == blender.value("frames(strips()['Bunny'])") == [1, 133]
    assert channel == blender.value("strips()['Bunny'].channel") + 1
    assert editor.states() == ["PLACED"]

    editor.over_timeline()
    blender.key("Z", ctrl=True)
    # The last that the editor did himself, which was to write the prompt.
    blender.wait("takes() and not scene().reshoot.prompt")
    blender.picture("undone")
    for _ in range(2):
        blender.key("Z", ctrl=True, shift=True)
    blender.wait("not bpy.ops.ed.redo.poll() and scene().reshoot.prompt == 'Make it snow'")
    assert editor.wait_for_take() == [name, start, end, channel]
    assert editor.states() == ["PLACED"]
    blender.has_not_complained()
    # What held the main thread was measured: the button and the panels at least, and Blender's own part in the insert.
    stages = blender.value("probe.report()").values()
    assert {name.split(".")[0] for stage in stages for name in stage["by"]} >= {"operators", "panels"}
    assert "timeline.movie_strip.add" in {name for stage in stages for name in stage["blender"]}
