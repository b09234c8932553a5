# SPDX-License-Identifier: GPL-3.0-or-later
"""The shot: what would leave this computer, what was done to make it fit, what is in the way, and the button."""

from __future__ import annotations

import math
import os
from pathlib import PurePath
from typing import TYPE_CHECKING

from ..core.errors import PromptError, ShotError
from ..core.jobs import board
from ..core.models.table import limits_of
from ..core.names import REHEARSAL
from ..core.words import say
from ..session import start
from ..settings import preferences
from ..settings.scene import scene_of, settings_of
from . import thumbnails
from .tab import Room, beside_picture, boxed, broken, room, running_text, text_width, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

    from ..core.errors import ReshootError
    from ..core.values.plan import Plan
    from ..core.values.preview import Preview
    from ..core.values.shot import Shot

_NAMES = 4
"""Strips that are named one by one."""
_PICTURE = 4.0
"""Height of the picture in the interface's units."""
_BESIDE = 150
"""Pixels at 1× that the facts need beside the picture."""


def draw(layout: UILayout, context: Context) -> None:
    """Draw the panel."""
    free = room(context)
    for line in first_run(context):
        wrapped(layout, line, free)
    preview = start.preview(scene_of(context))
    if preview.shot is None:
        _nothing(layout, preview, free)
    else:
        _shot(layout, preview, preview.shot, free)
    for error in preview.errors:
        if preview.shot is not None or not isinstance(error, ShotError):
            _in_the_way(layout, error, preview, free)
    for words in start.waiting():
        wrapped(layout, words, free, icon="TIME")
    row = layout.row()
    row.scale_y = 1.5
    row.enabled = preview.error is None and not start.is_pressed(preview)
    row.operator("reshoot.shoot", text=button_words(preview), icon="RENDER_ANIMATION", translate=False)


def first_run(context: Context) -> tuple[str, ...]:
    """What to tell an editor who has no key and no job yet, in the interface's language; empty for all others."""
    if not board.is_empty() or preferences.key() or os.environ.get("RESHOOT_SERVICE_URL"):
        return ()
    limits = limits_of(settings_of(scene_of(context)).model)
    least = math.ceil(limits.min_seconds or 1)
    most = least + 7 if limits.max_seconds is None else math.floor(limits.max_seconds)
    return (
        say(
            "New here? Rehearse a strip of {least} to {most} seconds: it is free, needs no key and shows how a take "
            "comes back.",
            least=least,
            most=most,
        ),
        say("For real results enter a key for fal.ai in the preferences."),
    )


def _nothing(layout: UILayout, preview: Preview, free: Room) -> None:
    """What to do where nothing is selected."""
    for error in preview.errors:
        if isinstance(error, ShotError):
            wrapped(layout, error.remedy, free, icon="RESTRICT_SELECT_OFF")


def _shot(layout: UILayout, preview: Preview, shot: Shot, free: Room) -> None:
    """The picture, the names of the selected strips, and what leaves this computer."""
    icon = _picture(shot)
    column, aside = layout, free
    if icon and free.pixels > (_PICTURE * 20 + _BESIDE) * free.scale:
        column, aside = beside_picture(layout, icon, _PICTURE, free)
    elif icon:
        layout.template_icon(icon_value=icon, scale=_PICTURE)
    column = column.column(align=True)
    _strips(column, shot, aside)
    if preview.plan is not None:
        _facts(column, preview, preview.plan, aside)
        for fix in preview.plan.fixes:
            wrapped(layout, fix, free, icon="CHECKMARK")
    if preview.frozen:
        wrapped(layout, preview.frozen, free, icon="INFO")


def _strips(layout: UILayout, shot: Shot, free: Room) -> None:
    if len(shot.strips) == 1:
        wrapped(layout, shot.name, free)
        return
    wrapped(layout, say("{count} strips as one shot", count=len(shot.strips)), free)
    for strip in shot.strips[:_NAMES]:
        wrapped(layout, strip.name, free, icon="DOT")
    if len(shot.strips) > _NAMES:
        text = say("and {count} more", count=len(shot.strips) - _NAMES)
        wrapped(layout, text, free, icon="BLANK1")


def _picture(shot: Shot) -> int:
    """The picture of the first strip that has a file."""
    for strip in shot.strips:
        if strip.filepath:
            return thumbnails.of_movie(strip.filepath) if strip.kind == "MOVIE" else thumbnails.of_image(strip.filepath)
    return 0


def _facts(layout: UILayout, preview: Preview, plan: Plan, free: Room) -> None:
    facts = [
        (
            say("Length"),
            say("{frames}\u00a0frames, {seconds}\u00a0s", frames=plan.frames, seconds=f"{float(plan.seconds):.2f}"),
        ),
        (
            say("Picture"),
            say("{size}, {rate}\u00a0fps", size=f"{plan.width}×{plan.height}", rate=plan.rate),
        ),
        (say("Sound"), _sound(plan)),
        (say("File"), _file(preview)),
    ]
    left = max(text_width(name, free) for name, _words in facts) + 16 * free.scale
    right = free.less(left + 8 * free.scale)
    split = layout.split(factor=min(0.45, left / max(1, free.pixels)))
    names, values = running_text(split), running_text(split)
    names.active = False
    for name, words in facts:
        for text in broken(words, right.pixels, right.points):
            names.label(text=name, translate=False)
            values.label(text=text, translate=False)
            name = ""


def _sound(plan: Plan) -> str:
    if plan.keep_audio:
        return say("Sent with the picture")
    return say("Not sent")


def _file(preview: Preview) -> str:
    file = preview.file
    if file is None:
        return say("MP4, size known once exported")
    suffix = PurePath(preview.shot.file).suffix.lstrip(".").upper() if preview.shot else ""
    size = f"{file.size / 1_000_000:.1f}\u00a0MB"
    return say("{kind}, {size}, not encoded again", kind=suffix, size=size)


def _in_the_way(layout: UILayout, error: ReshootError, preview: Preview, free: Room) -> None:
    """What blocks sending. That nothing is written yet is no fault."""
    if isinstance(error, PromptError) and preview.brief is not None and not preview.brief.prompt.strip():
        wrapped(layout, error.remedy, free, icon="GREASEPENCIL")
        return
    column = layout.box().column()
    free = boxed(free)
    wrapped(column, error.message, free, icon="ERROR", alert=True)
    if error.remedy:
        wrapped(column, error.remedy, free, icon="BLANK1")


def button_words(preview: Preview) -> str:
    """What the button says: where the shot goes, and what that costs."""
    if preview.service == REHEARSAL:
        return say("Rehearse · free")
    if preview.plan is None:
        return say("Reshoot")
    return say("Reshoot · ${price}", price=preview.plan.price)
