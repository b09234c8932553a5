# SPDX-License-Identifier: GPL-3.0-or-later
"""The shortcut: Ctrl Shift E over the timeline, free in Blender's own keymaps. The editor may change it.

Kept in Blender's add-on keymap; what the editor makes of it is kept in the preferences, and is what `item` gives.
"""

from __future__ import annotations

import bpy

_KEYMAP = "Sequencer"
_OPERATOR = "reshoot.shoot"

_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def item() -> tuple[bpy.types.KeyMap, bpy.types.KeyMapItem] | None:
    """The shortcut as it is now, with its keymap; None in a Blender without windows."""
    config = _configs().user
    keymap = config.keymaps.get(_KEYMAP) if config is not None else None
    found = keymap.keymap_items.find_from_operator(_OPERATOR) if keymap is not None and _added else None
    return None if keymap is None or found is None else (keymap, found)


def _configs() -> bpy.types.KeyConfigurations:
    manager = bpy.context.window_manager
    assert manager is not None
    return manager.keyconfigs


def register() -> None:
    """Add the shortcut, where there are windows to press it in."""
    config = _configs().addon
    if config is None:
        return
    keymap = config.keymaps.new(name=_KEYMAP, space_type="SEQUENCE_EDITOR")
    _added.append((keymap, keymap.keymap_items.new(_OPERATOR, "E", "PRESS", ctrl=True, shift=True)))


def unregister() -> None:
    """Take it away."""
    for keymap, shortcut in _added:
        keymap.keymap_items.remove(shortcut)
    _added.clear()
