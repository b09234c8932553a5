# SPDX-License-Identifier: GPL-3.0-or-later
"""The shortcuts over the timeline, free in Blender's own keymaps. The editor may change them.

Kept in Blender's add-on keymap; what the editor makes of them is kept in the preferences, and is what `items` gives.
"""

from __future__ import annotations

import bpy

from ..core.words import named

_KEYMAP = "Sequencer"


_KEYS: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    (named("Reshoot"), "reshoot.shoot", "E", ("ctrl", "shift"), ""),
    (named("Next Take"), "reshoot.take_step", "DOWN_ARROW", ("alt",), "NEXT"),
    (named("Previous Take"), "reshoot.take_step", "UP_ARROW", ("alt",), "PREVIOUS"),
    (named("Original"), "reshoot.take_show", "UP_ARROW", ("alt", "shift"), ""),
)
"""What each does, in words; the operator, the key, what is held with it, and the operator's direction."""

_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []
"""One for each of those."""


def items() -> list[tuple[str, bpy.types.KeyMap, bpy.types.KeyMapItem]]:
    """The shortcuts as they are now: what each does, its keymap, itself. None in a Blender without windows."""
    config = _configs().user
    keymap = config.keymaps.get(_KEYMAP) if config is not None else None
    if keymap is None:
        return []
    there = [
        (words, keymap.keymap_items.find_from_operator(operator, properties=own.properties))
        for (words, operator, *_key), (_keymap, own) in zip(_KEYS, _added, strict=False)
    ]
    return [(words, keymap, found) for words, found in there if found is not None]


def _configs() -> bpy.types.KeyConfigurations:
    manager = bpy.context.window_manager
    assert manager is not None
    return manager.keyconfigs


def register() -> None:
    """Add the shortcuts, where there are windows to press them in."""
    config = _configs().addon
    if config is None:
        return
    keymap = config.keymaps.new(name=_KEYMAP, space_type="SEQUENCE_EDITOR")
    for _words, operator, key, held, direction in _KEYS:
        item = keymap.keymap_items.new(operator, key, "PRESS", **dict.fromkeys(held, True))  # type: ignore[arg-type]
        if direction:
            setattr(item.properties, "direction", direction)  # noqa: B010 - the stubs do not know the operator's own
        _added.append((keymap, item))


def unregister() -> None:
    """Take them away."""
    for keymap, shortcut in _added:
        keymap.keymap_items.remove(shortcut)
    _added.clear()
