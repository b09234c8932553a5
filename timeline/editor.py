# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene's sequence editor, where there has to be one."""

from __future__ import annotations

import bpy


def editor_of(scene: bpy.types.Scene) -> bpy.types.SequenceEditor:
    """The sequence editor of a scene that has strips, or was given an editor. Others may have none."""
    editor = scene.sequence_editor
    assert editor is not None
    return editor
