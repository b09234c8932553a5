# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries in the sequencer's Strip menu and in its context menu, there only while the selection has a use for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from .. import session
from ..core.names import REHEARSAL
from ..session import start
from ..settings.scene import scene_of

if TYPE_CHECKING:
    from bpy.types import Context, Header, Menu

_MENUS = ("SEQUENCER_MT_strip", "SEQUENCER_MT_context_menu")


def _draw(menu: Menu, context: Context) -> None:
    kinds = {strip.type for strip in _selected(context)} - {"SOUND"}
    if not kinds or getattr(context.space_data, "view_type", "") == "PREVIEW":
        return
    from .shot import button_words, rehearsal_words

    layout = menu.layout
    assert layout is not None
    layout.separator()
    layout.operator_context = "INVOKE_DEFAULT"
    preview = start.preview(scene_of(context))
    # Blender's search finds an entry by its text: whoever looks for the extension looks for its name.
    words = rehearsal_words(preview) if preview.service == REHEARSAL else button_words(preview)
    layout.operator("reshoot.shoot", text=words, icon="RENDER_ANIMATION", translate=False)
    if "IMAGE" in kinds:
        layout.operator("reshoot.reference_add", text="Add as Image Reference").kind = "IMAGE"
        layout.operator("reshoot.reference_add", text="Add as Element Reference").kind = "ELEMENT"


def _draw_header(header: Header, context: Context) -> None:
    """Compare, in the header of a viewer, once there are takes to be compared."""
    if getattr(context.space_data, "view_type", "") == "SEQUENCER" or not session.takes_in_file():
        return
    layout = header.layout
    assert layout is not None
    layout.popover("RESHOOT_PT_compare", text="Compare", icon="UV_SYNC_SELECT")


def _selected(context: Context) -> list[Any]:
    """The selected strips, under whichever name this Blender gives them."""
    if hasattr(context, "selected_strips"):
        return list(context.selected_strips or ())
    return list(getattr(context, "selected_sequences", None) or ())


def register() -> None:
    """Add the entries."""
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw)
    bpy.types.SEQUENCER_HT_header.append(_draw_header)


def unregister() -> None:
    """Take them away."""
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw)
    bpy.types.SEQUENCER_HT_header.remove(_draw_header)
