# SPDX-License-Identifier: GPL-3.0-or-later
"""The references: what they look like, the token that the prompt mentions each by, and the views of an element."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import bpy

from ..core.values.choices import ReferenceKind
from ..settings import reference_list
from ..settings.scene import scene_of, settings_of
from . import thumbnails
from .tab import Room, room, shortened, text_width

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

    from ..settings.scene import RESHOOT_PG_reference
    from .tab import Icon

_VIEW = 4.0
"""Height of a view's picture in the interface's units."""

_NAME = 50
"""Pixels at 1× that a file's name needs beside the token."""

_names: list[str] = []
"""The tokens of the list that is being drawn."""
_free = Room(0, 0.0, 1.0)
"""The room of its panel."""


def draw(layout: UILayout, context: Context) -> None:
    """Draw the panel."""
    global _free
    settings = settings_of(scene_of(context))
    _names[:], _free = reference_list.tokens(settings), room(context)
    row = layout.row()
    # As Blender's own lists: low while there is nothing in it.
    rows = 5 if _names else 2
    row.template_list(
        "RESHOOT_UL_references", "", settings, "references", settings, "active_reference", rows=rows, sort_lock=True
    )
    tools = row.column(align=True)
    tools.menu("RESHOOT_MT_reference_add", text="", icon="ADD")
    tools.operator("reshoot.reference_remove", text="", icon="REMOVE")
    if not _names:
        return
    tools.separator()
    tools.menu("RESHOOT_MT_reference_context", text="", icon="DOWNARROW_HLT")
    tools.separator()
    tools.operator("reshoot.reference_move", text="", icon="TRIA_UP").direction = "UP"
    tools.operator("reshoot.reference_move", text="", icon="TRIA_DOWN").direction = "DOWN"
    active = reference_list.active_reference(settings)
    if active is not None:
        _views(layout, active, _free)


def draw_item(layout: UILayout, item: RESHOOT_PG_reference, index: int) -> None:
    """Draw one of the list: its picture, its token, its file, how many views it has."""
    path = item.views[0].filepath if item.views else ""
    token = _names[index] if index < len(_names) else ""
    left = text_width(token, _free) + 44 * _free.scale
    free = _free.less(34 * _free.scale)
    icon = thumbnails.of_image(bpy.path.abspath(path))
    if free.pixels - left < _NAME * free.scale:
        layout.label(text=token, icon_value=icon, translate=False)
        return
    split = layout.split(factor=left / free.pixels)
    split.label(text=token, icon_value=icon, translate=False)
    words = PurePath(bpy.path.abspath(path)).name
    if len(item.views) > 1:
        words = f"+{len(item.views) - 1}  {words}"
    row = split.row()
    row.active = False
    (words,) = shortened(words, free.less(left + 10 * free.scale))
    row.label(text=words, translate=False)


def draw_add(layout: UILayout) -> None:
    """Draw the menu of what references are made of."""
    layout.label(text="Image")
    _sources(layout, "IMAGE")
    layout.separator()
    layout.label(text="Element")
    _sources(layout, "ELEMENT")


def draw_context(layout: UILayout, context: Context) -> None:
    """Draw the menu of what else can be done with the active reference."""
    active = reference_list.active_reference(settings_of(scene_of(context)))
    element = active is not None and active.kind == ReferenceKind.ELEMENT.value
    column = layout.column()
    column.enabled = element
    column.operator("reshoot.reference_add_views", text="Add Views from Selected Strips", icon="SEQUENCE")
    column.operator("reshoot.reference_add_files", text="Add Views from Files...", icon="FILE_FOLDER").kind = "VIEW"
    layout.separator()
    if element:
        layout.operator("reshoot.reference_change_kind", text="Change to Image", icon="IMAGE_DATA")
    else:
        layout.operator("reshoot.reference_change_kind", text="Change to Element", icon="OUTLINER_OB_GROUP_INSTANCE")


def _sources(layout: UILayout, kind: str) -> None:
    layout.operator("reshoot.reference_add", text="From Selected Strips", icon="SEQUENCE").kind = kind
    layout.operator("reshoot.reference_add_files", text="From Files...", icon="FILE_FOLDER").kind = kind
    layout.operator("reshoot.reference_snapshot", text="From Current Frame", icon="IMAGE_DATA").kind = kind


def _views(layout: UILayout, item: RESHOOT_PG_reference, free: Room) -> None:
    """The pictures of the chosen reference, each with what can be done with it."""
    element = item.kind == ReferenceKind.ELEMENT.value
    columns = max(1, int(free.pixels / ((_VIEW * 20 + 6) * free.scale)))
    flow = layout.grid_flow(row_major=True, columns=columns, even_columns=True)
    for index, view in enumerate(item.views):
        cell = flow.column(align=True)
        cell.template_icon(icon_value=thumbnails.of_image(bpy.path.abspath(view.filepath)), scale=_VIEW)
        if not element:
            continue
        row = cell.row(align=True)
        row.alignment = "CENTER"
        row.emboss = "NONE"
        icon: Icon = "SOLO_OFF" if index else "SOLO_ON"
        row.operator("reshoot.view_make_frontal", text="", icon=icon).index = index
        row.operator("reshoot.view_remove", text="", icon="X").index = index
