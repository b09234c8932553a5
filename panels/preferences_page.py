# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the extension in Blender's preferences. Imported when it is first drawn."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import blf
import bpy

from .. import session
from ..core.words import say
from ..settings import folders, preferences, shortcut

if TYPE_CHECKING:
    from pathlib import Path

    from bpy.types import Context, UILayout

    from ..settings.preferences import RESHOOT_AP_preferences
    from .tab import Icon

_KEYS_PAGE = "https://fal.ai/dashboard/keys"
_SPLIT = 0.4
"""Where Blender divides a line between a property's name and its value."""
_TEXT = 0.8
"""Height of a line in running text, of a button's."""
_TEST_WIDTH = 4
_PROJECTS = 5
"""Projects whose sums are shown, the latest."""
_ICON = 20
_KEY_NAMES = 0.25
"""Where a line with a shortcut is divided."""
_NAMES = 270
"""Pixels at 1× that the names of the services take beside each other."""
_MARGIN = 50
"""Pixels at 1× that the box around the preferences takes."""


def draw(given: RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    """Draw the page of the extension's preferences."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    _draw_service(given, layout, context)
    layout.separator()
    _draw_key(given, layout, context)
    layout.separator()
    _draw_money(given, layout, context)
    layout.separator()
    _draw_folders(given, layout, context)
    layout.separator()
    _draw_shortcuts(layout, context)


def _draw_service(given: RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    # Three names beside each other would be cut off in a narrow window.
    expand = _room(context) > _NAMES * preferences.of_blender().system.ui_scale
    layout.row().prop(given, "service", expand=expand)
    url = os.environ.get("RESHOOT_SERVICE_URL", "")
    if url:
        words = say("The environment variable RESHOOT_SERVICE_URL sends shots to {url}", url=url)
        _tell(layout, context, words, icon="INFO")
    elif given.service == "FAL" or (given.service == "AUTO" and preferences.key()):
        words = say("fal.ai edits the shot. The button shows the price before you press it")
        _tell(layout, context, words)
    else:
        words = say(
            "Rehearsals are free and stay on this computer: no key, no network. All goes as it would for real, "
            "but the result is a stand-in, marked REHEARSAL"
        )
        _tell(layout, context, words)


def _draw_key(given: RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    row = layout.row(align=True)
    row.prop(given, "key")
    button = row.row(align=True)
    button.ui_units_x = _TEST_WIDTH
    button.operator("reshoot.key_test", text="Test")
    _draw_answer(layout, context)
    words = say("Kept in Blender's preferences on this computer, never in a .blend file")
    _tell(layout, context, words)
    if not given.key.strip() and preferences.key_in_use():
        _tell(layout, context, say("The key of the environment variable FAL_KEY is in use"), icon="INFO")
    elif not preferences.key_in_use():
        _tell(layout, context, say("fal.ai gives you a key; without one Reshoot rehearses"))
        _value(layout).operator("wm.url_open", text="Get a Key", icon="URL").url = _KEYS_PAGE
    if not bpy.app.online_access and not os.environ.get("RESHOOT_SERVICE_URL"):
        words = say("Blender is offline: only rehearsals work")
        _tell(layout, context, words, icon="INTERNET_OFFLINE")
        row = layout.row()
        row.enabled = not bpy.app.online_access_override
        row.prop(preferences.of_blender().system, "use_online_access", text="Allow Online Access")


def _draw_money(given: RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    column = layout.column()
    column.prop(given, "confirm_above")
    column.prop(given, "day_limit")
    column.prop(given, "project_limit")
    sums = session.spent()
    if not sums:
        _tell(
            column,
            context,
            say("0 for no limit. By the price table: the service tells no amounts. Nothing spent yet"),
        )
        return
    today, all_time = sum(each.day for each in sums), sum(each.all for each in sums)
    _tell(
        column,
        context,
        say("Estimated by the price table: ${today} today, ${all} in all", today=today, all=all_time),
        *(
            say("{project}: ${amount}", project=bpy.path.basename(each.project) or each.project, amount=each.all)
            for each in sums[:_PROJECTS]
        ),
    )
    _value(column).operator("reshoot.ledger_save", text="Save as CSV…", icon="EXPORT")


def _draw_folders(given: RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    column = layout.column()
    _folder(column, context, say("Takes"), preferences.takes_folder(), "TAKES")
    if not bpy.data.filepath:
        _tell(column, context, say("Once the project is saved: in a folder “reshoot” beside it"))
    _folder(column, context, say("Journal"), folders.home(), "JOURNAL")
    column.prop(given, "keep_clips")
    column.prop(given, "upload_days")


def _draw_answer(layout: UILayout, context: Context) -> None:
    known = preferences.key_test
    if known.asking:
        _tell(layout, context, say("Asking…"), icon="SORTTIME")
    elif known.answered and known.error is not None:
        _tell(layout, context, known.error.message, known.error.remedy, icon="ERROR", alert=True)
    elif known.answered:
        _tell(layout, context, say("The key works"), icon="CHECKMARK")


def _draw_shortcuts(layout: UILayout, context: Context) -> None:
    assigned = shortcut.items()
    if not assigned:
        return
    import rna_keymap_ui

    column = layout.column()
    column.use_property_split = False
    column.label(text="Shortcuts over the Timeline")
    for words, parent, item in assigned:
        # The operator's name does not tell which of its two keys it is.
        split = column.split(factor=_KEY_NAMES)
        split.label(text=say(words), translate=False)
        key = split.column()
        key.context_pointer_set("keymap", parent)
        rna_keymap_ui.draw_kmi([], session.window_manager().keyconfigs.user, parent, item, key, 0)


def _folder(layout: UILayout, context: Context, name: str, path: Path, folder: str) -> None:
    split = layout.split(factor=_SPLIT)
    left = split.row()
    left.alignment = "RIGHT"
    left.label(text=name, translate=False)
    right = split.row(align=True)
    right.label(text=_end_of(path, _room(context, _ICON), _points()), translate=False)
    right.operator("reshoot.folder_open", text="", icon="FILE_FOLDER").folder = folder


def _value(layout: UILayout) -> UILayout:
    """A column below the values."""
    split = layout.split(factor=_SPLIT)
    split.label(text="")
    return split.column(align=True)


def _tell(layout: UILayout, context: Context, *sentences: str, icon: Icon = "NONE", alert: bool = False) -> None:
    """Sentences, translated already, below the values, in as many lines as they need. alert: the first is bad news."""
    column = _value(layout)
    column.scale_y = _TEXT
    room = _room(context, 0 if icon == "NONE" else _ICON)
    for words in sentences:
        part = column.column(align=True)
        part.alert = alert
        letters = int(len(words) * room / max(1.0, _width(words, _points())))
        for line in textwrap.wrap(words, max(20, letters)):
            part.label(text=line, icon=icon, translate=False)
            icon = "NONE" if icon == "NONE" else "BLANK1"
        alert = False


def _room(context: Context, aside: int = 0) -> float:
    """Pixels that the values have. aside: pixels at 1× of them that something else takes."""
    region = context.region
    assert region is not None
    return float(region.width * (1 - _SPLIT) - (_MARGIN + aside) * preferences.of_blender().system.ui_scale)


def _points() -> float:
    """Size of the interface's font in pixels."""
    blender = preferences.of_blender()
    return float(blender.ui_styles[0].widget.points * blender.system.ui_scale)


def _width(words: str, points: float) -> float:
    """Pixels that `words` take."""
    blf.size(0, points)
    return float(blf.dimensions(0, words)[0])


def _end_of(path: Path, room: float, points: float) -> str:
    """A path; where it is too long, its last folders, which tell more than the first."""
    words = str(path)
    for count in range(2, len(path.parts)):
        if _width(words, points) <= room:
            break
        words = os.path.join("…", *path.parts[count:])
    return words
