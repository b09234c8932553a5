# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt: where it is written, the tokens that it may mention, and those that it mentions wrongly or not at all.

The wide dialog is an operator to Blender; it is here because all it does is to draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import properties
from ..core import board, prompt
from ..core.words import say
from .tab import ReshootPanel, Room, room, scene_of, shortened, text_width, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, Event, UILayout

_RECENT = 12
_SHOWN_TOKENS = 12
"""Tokens that are named: three times as many as the models take."""
_SHOWN_LINES = 8
_DIALOG = 600
"""Width of the dialog at 1×."""
_DIALOG_EDGES = 40
_DIALOG_LINES = 40
_MENU_WIDTH = 420


class RESHOOT_PT_prompt(ReshootPanel, bpy.types.Panel):
    """What should change in the shot"""

    bl_label = "Prompt"
    bl_order = 1

    def draw_header_preset(self, context: Context) -> None:
        """Draw what writes the prompt."""
        row = self.layout.row(align=True)
        row.emboss = "NONE"
        row.menu("RESHOOT_MT_recent_prompts", text="", icon="RECOVER_LAST")
        row.separator()

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        settings = scene_of(context).reshoot
        words = properties.prompt_of(settings)
        free = room(context)
        if settings.prompt_text is None:
            row = layout.row(align=True)
            row.prop(settings, "prompt", text="", placeholder="What should change?")
            row.operator("reshoot.prompt_edit", text="", icon="FULLSCREEN_ENTER")
            row.operator("reshoot.prompt_as_text", text="", icon="TEXT")
            if text_width(words, free) > free.pixels - 48 * free.scale:
                _whole(layout, words, free)
        else:
            row = layout.row(align=True)
            row.prop(settings.prompt_text, "name", text="", icon="TEXT")
            row.operator("reshoot.prompt_as_text", text="", icon="WINDOW")
            row.operator("reshoot.prompt_as_field", text="", icon="X")
            _whole(layout, words, free)
        _tokens(layout, settings, words, free)


class RESHOOT_MT_recent_prompts(bpy.types.Menu):
    """Prompts of this project's jobs, then of other projects'"""

    bl_label = "Recent Prompts"

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        recent = board.recent_prompts(_RECENT)
        if not recent:
            layout.label(text="Prompts of your jobs appear here")
        free = room(context, _MENU_WIDTH)
        for line in recent:
            (text,) = shortened(line.job.order.prompt, free)
            layout.operator("reshoot.prompt_use", text=text, translate=False).job = line.job.id


class RESHOOT_OT_prompt_edit(bpy.types.Operator):
    """Write the prompt where there is room"""

    bl_idname = "reshoot.prompt_edit"
    bl_label = "Edit Prompt"
    bl_options = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a window to show it in."""
        return not bpy.app.background

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Show it."""
        self._before = properties.prompt_of(scene_of(context).reshoot)
        return context.window_manager.invoke_props_dialog(self, width=_DIALOG, confirm_text="Done")

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        settings = scene_of(context).reshoot
        free = room(context, _DIALOG - _DIALOG_EDGES)
        words = properties.prompt_of(settings)
        row = layout.row(align=True)
        # A field that begins active is selected whole: the first key would take away what is written.
        row.activate_init = not words
        row.prop(settings, "prompt", text="", placeholder="What should change?")
        if text_width(words, free) > free.pixels:
            _whole(layout, words, free, _DIALOG_LINES)
        _tokens(layout, settings, words, free)

    def execute(self, context: Context) -> set[str]:
        """It is written already."""
        return {"FINISHED"}

    def cancel(self, context: Context) -> None:
        """Bring back what was there."""
        settings = scene_of(context).reshoot
        if properties.prompt_of(settings) != self._before:
            properties.write_prompt(settings, self._before)


def _tokens(layout: UILayout, settings: properties.RESHOOT_PG_scene, words: str, free: Room) -> None:
    """A button for each reference's token, pressed where the prompt mentions it; what is wrong with the others."""
    names = properties.tokens(settings)
    mentioned = {prompt.token(found.kind, found.number) for found in prompt.tokens(words)}
    if names:
        widest = max(text_width(name, free) for name in names[-1:] + names[:1])
        columns = max(1, min(len(names), int(free.pixels / (widest + 24 * free.scale))))
        flow = layout.grid_flow(row_major=True, columns=columns, even_columns=True, align=True)
        for index, name in enumerate(names[:_SHOWN_TOKENS]):
            flow.operator("reshoot.token_insert", text=name, depress=name in mentioned, translate=False).index = index
    for name in sorted(mentioned.difference(names))[:_SHOWN_TOKENS]:
        row = layout.column()
        row.alert = True
        wrapped(row, say("{token} is no reference", token=name), free, icon="ERROR")
    unused = [name for name in names if name not in mentioned]
    if unused and words.strip():
        text = say("Sent, but not mentioned: {tokens}", tokens=", ".join(_few(unused)))
        wrapped(layout, text, free, icon="INFO")
    from ..core.models import MODELS

    limit = MODELS[settings.model].limits.max_prompt_characters
    if len(words) > limit * 0.8:
        row = layout.column()
        row.alert = len(words.strip()) > limit
        text = say("{count} of {limit} characters", count=len(words.strip()), limit=limit)
        wrapped(row, text, free)


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= _SHOWN_TOKENS else [*names[:_SHOWN_TOKENS], "…"]


def _whole(layout: UILayout, words: str, free: Room, most: int = _SHOWN_LINES) -> None:
    """The prompt to read, where the field is too narrow for it."""
    if not words.strip():
        wrapped(layout, say("The text is empty"), free, icon="INFO")
        return
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in shortened(words, free, most):
        column.label(text=line, translate=False)


CLASSES = (RESHOOT_PT_prompt, RESHOOT_MT_recent_prompts, RESHOOT_OT_prompt_edit)
