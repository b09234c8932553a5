# SPDX-License-Identifier: GPL-3.0-or-later
"""The shortcuts over the timeline, free in Blender's own keymaps. The editor may change them.

Kept in Blender's add-on keymap; what the editor makes of them is kept in the preferences, and is what `items` gives.
"""

from __future__ import annotations

from typing import NamedTuple

import bpy

from ..core.words import named

_TIMELINE, _VIEWER = "Sequencer", "SequencerPreview"


class _Key(NamedTuple):
    """A shortcut. words: what it does. held: keys that are held with it. chosen: a property of the operator and its
    value. keymap: where it works.
    """

    words: str
    operator: str
    key: str
    held: tuple[str, ...] = ()
    chosen: tuple[str, str] | None = None
    keymap: str = _TIMELINE


_KEYS = (
    _Key(named("Reshoot"), "reshoot.shoot", "E", ("ctrl", "shift")),
    _Key(named("Next Take"), "reshoot.take_step", "DOWN_ARROW", ("alt",), ("direction", "NEXT")),
    _Key(named("Previous Take"), "reshoot.take_step", "UP_ARROW", ("alt",), ("direction", "PREVIOUS")),
    _Key(named("Original"), "reshoot.take_show", "UP_ARROW", ("alt", "shift")),
    _Key(named("Flip, over the Timeline"), "reshoot.compare", "J", (), ("mode", "FLIP")),
    _Key(named("Flip, over the Viewer"), "reshoot.compare", "J", (), ("mode", "FLIP"), _VIEWER),
)

_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []
"""One for each of those."""


def items() -> list[tuple[str, bpy.types.KeyMap, bpy.types.KeyMapItem]]:
    """The shortcuts as they are now: what each does, its keymap, itself. None in a Blender without windows."""
    config = _configs().user
    there: list[tuple[str, bpy.types.KeyMap, bpy.types.KeyMapItem | None]] = []
    for key, (_keymap, own) in zip(_KEYS, _added, strict=False):
        keymap = config.keymaps.get(key.keymap) if config is not None else None
        if keymap is not None:
            found = keymap.keymap_items.find_from_operator(key.operator, properties=own.properties)
            there.append((key.words, keymap, found))
    return [(words, keymap, found) for words, keymap, found in there if found is not None]


def _configs() -> bpy.types.KeyConfigurations:
    manager = bpy.context.window_manager
    assert manager is not None
    return manager.keyconfigs


def register() -> None:
    """Add the shortcuts, where there are windows to press them in."""
    config = _configs().addon
    if config is None:
        return
    for key in _KEYS:
        keymap = config.keymaps.new(name=key.keymap, space_type="SEQUENCE_EDITOR")
        held = dict.fromkeys(key.held, True)
        item = keymap.keymap_items.new(key.operator, key.key, "PRESS", **held)  # type: ignore[arg-type]
        if key.chosen is not None:
            setattr(item.properties, *key.chosen)
        _added.append((keymap, item))


def unregister() -> None:
    """Take them away."""
    for keymap, shortcut in _added:
        keymap.keymap_items.remove(shortcut)
    _added.clear()
