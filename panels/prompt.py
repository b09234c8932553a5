# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt: where it is written, the tokens that it may mention, and those that it mentions wrongly or not at all."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .. import session
from ..core.jobs import board
from ..core.models.table import limits_of
from ..core.planning import prompt
from ..core.words import say
from ..settings import reference_list
from ..settings.prompt import prompt_of, write_prompt
from ..settings.scene import scene_of, settings_of
from .tab import Room, room, running_text, shortened, text_width, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

    from ..settings.scene import RESHOOT_PG_scene

_RECENT = 12
_SHOWN_TOKENS = 8
"""Tokens that are named: twice as many as the models take."""
_SHOWN_LINES = 3
_DIALOG_EDGES = 40
_DIALOG_LINES = 40
_MENU_WIDTH = 420


def draw(layout: UILayout, context: Context) -> None:
    """Draw it."""
    settings = settings_of(scene_of(context))
    words = prompt_of(settings)
    free = room(context)
    if settings.prompt_text is None:
        row = layout.row(align=True)
        row.prop(settings, "prompt", text="", placeholder="What should change?")
        row.operator("reshoot.prompt_edit", text="", icon="FULLSCREEN_ENTER")
        row.operator("reshoot.prompt_as_text", text="", icon="TEXT")
        row.menu("RESHOOT_MT_recent_prompts", text="", icon="RECOVER_LAST")
        if text_width(words, free) > free.pixels - 68 * free.scale:
            _whole(layout, words, free)
    else:
        row = layout.row(align=True)
        row.prop(settings.prompt_text, "name", text="", icon="TEXT")
        row.operator("reshoot.prompt_as_text", text="", icon="WINDOW")
        row.operator("reshoot.prompt_as_field", text="", icon="X")
        row.menu("RESHOOT_MT_recent_prompts", text="", icon="RECOVER_LAST")
        _whole(layout, words, free)
    _tokens(layout, settings, words, free)


def draw_recent(layout: UILayout, context: Context) -> None:
    """Draw the menu of prompts that were used before."""
    recent = board.recent_prompts(_RECENT, session.project(), session.takes_in_file())
    if not recent:
        layout.label(text="Prompts of your jobs appear here")
    free = room(context, _MENU_WIDTH)
    for line in recent:
        (text,) = shortened(line.job.order.prompt, free)
        layout.operator("reshoot.prompt_use", text=text, translate=False).job = line.job.id


class Dialog:
    """The wide dialog. It writes the settings while it is open, and knows what they were before."""

    WIDTH = 600
    """Pixels at 1×."""

    def __init__(self, settings: RESHOOT_PG_scene) -> None:
        self._before = prompt_of(settings)

    def draw(self, layout: UILayout, context: Context) -> None:
        """Draw it."""
        settings = settings_of(scene_of(context))
        free = room(context, self.WIDTH - _DIALOG_EDGES)
        words = prompt_of(settings)
        row = layout.row(align=True)
        # A field that begins active is selected whole: the first key would take away what is written.
        row.activate_init = not words
        row.prop(settings, "prompt", text="", placeholder="What should change?")
        if text_width(words, free) > free.pixels:
            _whole(layout, words, free, _DIALOG_LINES)
        _tokens(layout, settings, words, free)

    def undo(self, settings: RESHOOT_PG_scene) -> None:
        """Bring back what was there."""
        if prompt_of(settings) != self._before:
            write_prompt(settings, self._before)


def _tokens(layout: UILayout, settings: RESHOOT_PG_scene, words: str, free: Room) -> None:
    """A button for each reference's token, pressed where the prompt mentions it; what is wrong with the others."""
    names = reference_list.tokens(settings)
    mentioned = _mentioned(words)
    if names:
        widest = max(text_width(name, free) for name in names[-1:] + names[:1])
        columns = max(1, min(len(names), int(free.pixels / (widest + 24 * free.scale))))
        flow = layout.grid_flow(row_major=True, columns=columns, even_columns=True, align=True)
        for index, name in enumerate(names[:_SHOWN_TOKENS]):
            flow.operator("reshoot.token_insert", text=name, depress=name in mentioned, translate=False).index = index
    for name in sorted(mentioned.difference(names))[:_SHOWN_TOKENS]:
        wrapped(layout, say("{token} is no reference", token=name), free, icon="ERROR", alert=True)
    unused = [name for name in names if name not in mentioned]
    if unused and words.strip():
        text = say("Sent, but not mentioned: {tokens}", tokens=", ".join(_few(unused)))
        wrapped(layout, text, free, icon="INFO")
    limit = limits_of(settings.model).max_prompt_characters
    if limit is not None and len(words) > limit * 0.8:
        text = say("{count} of {limit} characters", count=len(words.strip()), limit=limit)
        wrapped(layout, text, free, alert=len(words.strip()) > limit)


@lru_cache(maxsize=8)
def _mentioned(words: str) -> frozenset[str]:
    """The tokens in a prompt, which is the same from one redraw to the next."""
    return frozenset(prompt.token(found.kind, found.number) for found in prompt.tokens(words))


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= _SHOWN_TOKENS else [*names[:_SHOWN_TOKENS], "…"]


def _whole(layout: UILayout, words: str, free: Room, most: int = _SHOWN_LINES) -> None:
    """The prompt to read, where the field is too narrow for it."""
    if not words.strip():
        wrapped(layout, say("The text is empty"), free, icon="INFO")
        return
    column = running_text(layout)
    for line in shortened(words, free, most):
        column.label(text=line, translate=False)
