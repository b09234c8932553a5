# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts do that hands cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from editor import Editor
from workstation import Workstation, until

_SEND_FROM_A_NEW_SCENE = """
made = bpy.data.scenes.new("Made by a script")
made.render.fps = 25
editor = made.sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
every.new_movie("Bunny", clip, 2, 1).select = True
made.reshoot.prompt = "make it snow"
from importlib import import_module
import_module(f"{MODULE}.session.shoot").shoot(made)
import_module(f"{MODULE}.operators.watch").ensure()
"""


def test_a_scene_that_was_never_on_screen_is_sent(blender: Callable[..., Workstation], clip: Path) -> None:
    look = blender(RESHOOT_REHEARSAL_LOOK="identity")
    editor = Editor(look)
    look.run(_SEND_FROM_A_NEW_SCENE, clip=str(clip))
    until(lambda: editor.states() == ["PLACED"], "a take", 120, look.words)
    look.has_not_complained()
