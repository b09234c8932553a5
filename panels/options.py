# SPDX-License-Identifier: GPL-3.0-or-later
"""How the shot is sent: the model, and what is made of picture, rate and sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .tab import ReshootPanel, scene_of

if TYPE_CHECKING:
    from bpy.types import Context


class RESHOOT_PT_options(ReshootPanel, bpy.types.Panel):
    """How it is sent"""

    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 3

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = scene_of(context).reshoot
        for name in ("model", "source", "timing", "sound", "handles"):
            layout.prop(settings, name)


CLASSES = (RESHOOT_PT_options,)
