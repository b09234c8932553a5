# SPDX-License-Identifier: GPL-3.0-or-later
"""The shot: what would leave this computer, what was done to make it fit, what is in the way, and the button."""

from __future__ import annotations

import math
import os
from pathlib import PurePath
from typing import TYPE_CHECKING

from ..core.errors import KeyMissing, NothingSelected, OnlineForbidden, PromptError
from ..core.jobs import board
from ..core.models.table import limits_of
from ..core.names import REHEARSAL
from ..core.words import say
from ..session import start
from ..settings import folders, preferences
from ..settings.scene import scene_of, settings_of
from . import prompt, thumbnails
from .tab import Room, beside_picture, boxed, broken, room, running_text, shortened, text_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from bpy.types import Context, UILayout

    from ..core.errors import ReshootError
    from ..core.values.plan import Plan
    from ..core.values.preview import Preview, ShotPreview
    from ..core.values.shot import Shot
    from .tab import Icon

_NAMES = 4
"""Strips that are named one by one, and fixes that are told."""
_FAULTS = 4
"""Faults that are told at once: each takes some lines."""
_PICTURE = 4.0
"""Height of the picture in the interface's units."""
_ICON = 26
"""Pixels at 1× that a label's icon takes."""
_BESIDE = 150
"""Pixels at 1× that the facts need beside the picture."""


def draw(layout: UILayout, context: Context) -> None:
    """Draw the panel: what the next press needs, the button, and below it what is told of it, which may be long."""
    free = room(context)
    settings = settings_of(scene_of(context))
    preview = start.preview(scene_of(context))
    _head(layout, preview, free)
    prompt.draw(layout, context)
    row = layout.row(align=True)
    row.prop(settings, "model", text="")
    times = row.row(align=True)
    times.ui_units_x = 5
    times.prop(settings, "variants")
    _state(layout, preview, free)
    row = layout.row()
    row.scale_y = 1.5
    row.enabled = preview.can_be_sent and not start.is_pressed(preview)
    row.operator("reshoot.shoot", text=button_words(preview), icon="RENDER_ANIMATION", translate=False)
    for line in first_run(context):
        wrapped(layout, line, free)
    for error in preview.errors[:_FAULTS]:
        _in_the_way(layout, error, preview, free)
    if len(preview.errors) > _FAULTS:
        wrapped(layout, say("and {count} more", count=len(preview.errors) - _FAULTS), free, icon="BLANK1")
    for number, words in enumerate(start.waiting()):
        if number or not _fits(words, free):
            wrapped(layout, words, free, icon="TIME")
    _beside(layout, preview, free)
    if len(preview.shots) > 1:
        _facts_of_shots(layout, preview.shots, free)
    elif preview.shots:
        _facts_of_shot(layout, preview, preview.shots[0], free)


def _state(layout: UILayout, preview: Preview, free: Room) -> None:
    """One line that is always there: what the editor has to know before a press. What is in the way is told below."""
    waiting = start.waiting()
    icon: Icon = "CHECKMARK"
    if waiting:
        words, icon = waiting[0], "TIME"
    elif preview.unfinished:
        looked_at, count = preview.unfinished
        words, icon = say("{looked_at} of {count} shots looked at", looked_at=looked_at, count=count), "TIME"
    elif preview.error is not None:
        asks = _asks(preview.error, preview)
        words, icon = asks or (preview.error.message, "ERROR")
    else:
        notes = len(_notes(preview))
        words = say("Fits")
        if notes:
            words = say("Fits · 1 note") if notes == 1 else say("Fits · {count} notes", count=notes)
    row = layout.row()
    row.alert = icon == "ERROR"
    (line,) = shortened(words, free.less(_ICON * free.scale))
    row.label(text=line, icon=icon, translate=False)


def _notes(preview: Preview) -> list[str]:
    """What is told of what is sent, each once."""
    fixes = [fix for each in preview.shots if each.plan is not None for fix in each.plan.fixes]
    frozen = [each.frozen for each in preview.shots if each.frozen]
    return list(dict.fromkeys([*fixes, *frozen]))


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


def _head(layout: UILayout, preview: Preview, free: Room) -> None:
    """What is selected: its picture, its name, how long it is."""
    shots = preview.shots
    if not shots:
        return
    column, aside = _beside_picture(layout, shots[0].shot, free)
    frames, fps = sum(each.shot.frames for each in shots), shots[0].shot.fps
    time = _clock(frames, fps)
    if len(shots) == 1:
        _strips(column, shots[0].shot, aside)
        wrapped(column, time, aside, active=False)
        return
    wrapped(column, say("{count} shots · {time}", count=len(shots), time=time), aside)
    for each in shots[:_NAMES]:
        (name,) = shortened(each.shot.name, aside.less(_ICON * free.scale))
        wrapped(column, name, aside, icon="ERROR" if each.errors else "DOT", alert=bool(each.errors))
    if len(shots) > _NAMES:
        wrapped(column, say("and {count} more", count=len(shots) - _NAMES), aside, icon="BLANK1")


def _facts_of_shot(layout: UILayout, preview: Preview, seen: ShotPreview, free: Room) -> None:
    """What leaves this computer, and what was done to make it fit."""
    if seen.plan is not None:
        _facts(layout, _facts_of(seen.plan, _file(seen)), free)
        for fix in seen.plan.fixes:
            wrapped(layout, fix, free, icon="CHECKMARK")
    if preview.frozen:
        wrapped(layout, preview.frozen, free, icon="INFO")


def _facts_of_shots(layout: UILayout, shots: Sequence[ShotPreview], free: Room) -> None:
    """The same of several shots: what is true of all of them, and of how many."""
    plans = [each.plan for each in shots if each.plan is not None]
    for words in _counts(shots, plans):
        wrapped(layout, words, free, icon="INFO")
    if plans:
        _facts(layout, _facts_of_all(plans), free)
    fixes = list(dict.fromkeys(fix for plan in plans for fix in plan.fixes))
    for fix in fixes[:_NAMES]:
        wrapped(layout, fix, free, icon="CHECKMARK")
    if len(fixes) > _NAMES:
        wrapped(layout, say("and {count} more", count=len(fixes) - _NAMES), free, icon="BLANK1")
    for frozen in list(dict.fromkeys(each.frozen for each in shots if each.frozen))[:_NAMES]:
        wrapped(layout, frozen, free, icon="INFO")


def _counts(shots: Sequence[ShotPreview], plans: Sequence[Plan]) -> list[str]:
    """How many of several shots can be sent, and how many go in parts; nothing where there is nothing to tell."""
    fit = sum(not each.errors for each in shots)
    parted = [len(plan.parts) for plan in plans if len(plan.parts) > 1]
    words = []
    if fit < len(shots):
        words.append(say("{fit} of {count} fit", fit=fit, count=len(shots)))
    if parted:
        words.append(say("{count} in {parts} parts", count=len(parted), parts=sum(parted)))
    return [", ".join(words)] if words else []


def _clock(frames: int, fps: Fraction) -> str:
    """A length as editors read it: seconds and frames, with minutes where there are any."""
    rate = math.ceil(fps)
    seconds, rest = divmod(frames, rate)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes}:{seconds:02}:{rest:02}" if minutes else f"{seconds}:{rest:02}"


def _beside(layout: UILayout, preview: Preview, free: Room) -> None:
    """What else is selected: what is not sent, and images that may be references."""
    if preview.passed_over:
        names = [say("“{shot}”", shot=name) for name in preview.passed_over[:_NAMES]]
        more = len(preview.passed_over) - _NAMES
        if more > 0:
            names.append(say("and {count} more", count=more))
        wrapped(layout, say("Not sent: {names}", names=", ".join(names)), free, icon="INFO")
    count = len(preview.stills)
    if not count:
        return
    one = say("The selected image is no part of the shot:")
    words = one if count == 1 else say("{count} selected images are no part of the shots:", count=count)
    wrapped(layout, words, free, icon="IMAGE_DATA")
    row = layout.row(align=True)
    row.operator("reshoot.reference_add", text="Add as Image Reference").kind = "IMAGE"
    row.operator("reshoot.reference_add", text="Add as Element Reference").kind = "ELEMENT"


def _beside_picture(layout: UILayout, shot: Shot, free: Room) -> tuple[UILayout, Room]:
    """The column beside the picture of a shot, where there is room for one, and the room in it."""
    icon = _picture(shot)
    column, aside = layout, free
    if icon and free.pixels > (_PICTURE * 20 + _BESIDE) * free.scale:
        column, aside = beside_picture(layout, icon, _PICTURE, free)
    elif icon:
        layout.template_icon(icon_value=icon, scale=_PICTURE)
    return column.column(align=True), aside


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


def _facts_of(plan: Plan, file: str) -> list[tuple[str, str]]:
    return [
        (say("Length"), _length(plan.frames, plan.seconds)),
        (say("Picture"), _size(plan)),
        (say("Sound"), _sound(plan)),
        (say("File"), file),
    ]


def _facts_of_all(plans: Sequence[Plan]) -> list[tuple[str, str]]:
    facts = [(say("Length"), _length(sum(plan.frames for plan in plans), sum(plan.seconds for plan in plans)))]
    if len({_size(plan) for plan in plans}) == 1:
        facts.append((say("Picture"), _size(plans[0])))
    return [*facts, (say("Sound"), _sound(plans[0]))]


def _length(frames: int, seconds: Fraction | int) -> str:
    return say("{frames}\u00a0frames, {seconds}\u00a0s", frames=frames, seconds=f"{float(seconds):.2f}")


def _size(plan: Plan) -> str:
    return say("{size}, {rate}\u00a0fps", size=f"{plan.width}×{plan.height}", rate=plan.rate)


def _facts(layout: UILayout, facts: Sequence[tuple[str, str]], free: Room) -> None:
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


def _file(seen: ShotPreview) -> str:
    if seen.file is None:
        return say("MP4, size known once exported")
    suffix = PurePath(seen.shot.file).suffix.lstrip(".").upper()
    size = f"{seen.file.size / 1_000_000:.1f}\u00a0MB"
    return say("{kind}, {size}, not encoded again", kind=suffix, size=size)


def _asks(error: ReshootError, preview: Preview) -> tuple[str, Icon] | None:
    """What is asked of the editor, where an error is none: nothing is selected or written yet."""
    if isinstance(error, NothingSelected):
        return error.remedy, "RESTRICT_SELECT_OFF"
    if isinstance(error, PromptError) and preview.brief is not None and not preview.brief.prompt.strip():
        return error.remedy, "GREASEPENCIL"
    return None


def _fits(words: str, free: Room) -> bool:
    """Whether the line above the button has room for all of it."""
    return text_width(words, free) <= free.pixels - _ICON * free.scale


def _in_the_way(layout: UILayout, error: ReshootError, preview: Preview, free: Room) -> None:
    """What blocks sending. That nothing is selected or written yet is no fault."""
    asks = _asks(error, preview)
    if asks is not None:
        words, icon = asks
        # The line above the button has it already, where it is wide enough.
        if not _fits(words, free):
            wrapped(layout, words, free, icon=icon)
        return
    column = layout.box().column()
    free = boxed(free)
    wrapped(column, error.message, free, icon="ERROR", alert=True)
    if error.remedy:
        wrapped(column, error.remedy, free, icon="BLANK1")
    # Where it is put right, one click away.
    if isinstance(error, KeyMissing):
        words = say("Open Reshoot's Preferences")
        column.operator(
            "preferences.addon_show", text=words, icon="PREFERENCES", translate=False
        ).module = folders.EXTENSION
    elif isinstance(error, OnlineForbidden):
        words = say("Open the Network Preferences")
        column.operator("screen.userpref_show", text=words, icon="PREFERENCES", translate=False).section = "SYSTEM"


def button_words(preview: Preview) -> str:
    """What the button says: how many takes come back, where they are made, and what that costs."""
    count = _takes(preview)
    if preview.service == REHEARSAL:
        return _rehearse(count, preview)
    if preview.price is None:
        return say("Reshoot")
    if count:
        return say("Reshoot {count} · ${price}", count=count, price=preview.price)
    return say("Reshoot · ${price}", price=preview.price)


def _rehearse(count: str, preview: Preview) -> str:
    """What the button says of a rehearsal, with what the real thing would cost where that is known."""
    if preview.price is None:
        return say("Rehearse {count} · free", count=count) if count else say("Rehearse · free")
    if count:
        return say("Rehearse {count} · free (would be ${price})", count=count, price=preview.price)
    return say("Rehearse · free (would be ${price})", price=preview.price)


def rehearsal_words(preview: Preview) -> str:
    """What an entry of a menu says of a rehearsal: Blender's search finds it by the product's name."""
    count = _takes(preview)
    return say("Reshoot {count} (Rehearsal) · free", count=count) if count else say("Reshoot (Rehearsal) · free")


def _takes(preview: Preview) -> str:
    """How many shots are sent, and how often each, as buttons say it: 3, ×2, 3 ×2; empty for one shot once."""
    shots = str(len(preview.shots)) if len(preview.shots) > 1 else ""
    return f"{shots} ×{preview.variants}".lstrip() if preview.variants > 1 else shots
