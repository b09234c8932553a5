# SPDX-License-Identifier: GPL-3.0-or-later
"""The references, each with the token that the prompt mentions it by."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import bpy

from ..core import prompt
from ..core.settings import ReferenceKind
from .shot import ReshootPanel, scene_of

if TYPE_CHECKING:
    from bpy.types import Context, UILayout


class RESHOOT_UL_references(bpy.types.UIList):
    """The list of references"""

    def draw_item(
        self, context: Context, layout: UILayout, data: Any, item: Any, icon: int, active: Any, prop: str, index: int
    ) -> None:
        """Draw one: its token, its file, how many views it has."""
        names = prompt.labels([ReferenceKind(each.kind) for each in data.references])
        row = layout.row(align=True)
        row.operator("reshoot.token_insert", text=names[index], emboss=False).index = index
        file_name = os.path.basename(item.views[0].filepath) if item.views else ""
        row.label(text=file_name, icon="IMAGE_DATA" if item.kind == "IMAGE" else "OUTLINER_OB_GROUP_INSTANCE")
        if len(item.views) > 1:
            row.label(text=f"+{len(item.views) - 1}")


class RESHOOT_PT_references(ReshootPanel, bpy.types.Panel):
    """Images that are sent along"""

    bl_label = "References"
    bl_order = 1

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        settings = scene_of(context).reshoot
        row = layout.row()
        row.template_list("RESHOOT_UL_references", "", settings, "references", settings, "active_reference", rows=3)
        tools = row.column(align=True)
        tools.operator("reshoot.reference_remove", text="", icon="REMOVE")
        tools.separator()
        tools.operator("reshoot.reference_move", text="", icon="TRIA_UP").direction = "UP"
        tools.operator("reshoot.reference_move", text="", icon="TRIA_DOWN").direction = "DOWN"
        column = layout.column(align=True)
        row = column.row(align=True)
        row.operator("reshoot.reference_add", text="Image", icon="ADD").kind = "IMAGE"
        row.operator("reshoot.reference_add", text="Element", icon="ADD").kind = "ELEMENT"
        row.operator("reshoot.reference_add_views", text="Views", icon="ADD")
        row = column.row(align=True)
        row.operator("reshoot.reference_snapshot", text="Frame as Image", icon="IMAGE_DATA").kind = "IMAGE"


CLASSES = (RESHOOT_UL_references, RESHOOT_PT_references)
