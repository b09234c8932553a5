# SPDX-License-Identifier: GPL-3.0-or-later
"""The shot, the prompt, the options, and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..core import board, conform
from ..core.job import REHEARSAL

if TYPE_CHECKING:
    from bpy.types import Context, UILayout


class ReshootPanel:
    """Where all panels of the extension are."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reshoot"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a timeline to work on."""
        return scene_of(context) is not None


def scene_of(context: Context) -> bpy.types.Scene:
    """The scene that the sequencer shows."""
    return getattr(context, "sequencer_scene", None) or context.scene


class RESHOOT_PT_shot(ReshootPanel, bpy.types.Panel):
    """What would be sent, and the button that sends it"""

    bl_label = "Shot"

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        scene = scene_of(context)
        preview = board.preview(scene)
        if preview.shot is not None:
            layout.label(text=preview.shot.name, icon="SEQUENCE")
        if preview.plan is not None:
            _plan(layout, preview.plan)
        column = layout.column(align=True)
        for warning in preview.warnings:
            column.label(text=warning, icon="INFO")
        if preview.error is not None:
            box = layout.box()
            box.alert = True
            wrapped(box, preview.error.message, context, icon="ERROR")
            if preview.error.remedy:
                wrapped(box, preview.error.remedy, context)
        layout.prop(scene.reshoot, "prompt", text="", placeholder="What should change?")
        row = layout.row()
        row.scale_y = 1.5
        row.enabled = preview.error is None
        row.operator("reshoot.shoot", text=_button(preview), icon="RENDER_ANIMATION")


def _plan(layout: UILayout, plan: conform.Plan) -> None:
    column = layout.column(align=True)
    column.label(
        text=f"{plan.frames} frames · {conform.rate_words(plan.fps)} fps · {float(plan.seconds):.2f} s · "
        f"{plan.width}×{plan.height}"
    )
    for fix in plan.fixes:
        column.label(text=fix, icon="DOT")


def _button(preview: board.Preview) -> str:
    if preview.service == REHEARSAL:
        return "Rehearse · free"
    if preview.plan is None:
        return "Reshoot"
    return f"Reshoot · ${preview.plan.price}"


def wrapped(layout: UILayout, text: str, context: Context, icon: str = "NONE") -> None:
    """A label of as many lines as the sidebar's width asks for."""
    width = max(20, int(context.region.width / (7.5 * context.preferences.system.ui_scale)) - 6)
    column = layout.column(align=True)
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            column.label(text=line, icon=icon)
            line, icon = word, "BLANK1" if icon != "NONE" else "NONE"
        else:
            line = f"{line} {word}".lstrip()
    column.label(text=line, icon=icon)


class RESHOOT_PT_options(ReshootPanel, bpy.types.Panel):
    """How it is sent"""

    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 2

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = scene_of(context).reshoot
        for name in ("model", "source", "timing", "sound", "handles"):
            layout.prop(settings, name)


CLASSES = (RESHOOT_PT_shot, RESHOOT_PT_options)
