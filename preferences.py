# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the key, the service, what is kept and where, the shortcut. Holds the key; never shows or logs it."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import blf
import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from . import keymap, places
from .core import board
from .core.words import say

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from bpy.types import Context, UILayout

    from .core.errors import ReshootError
    from .core.ledger import Limits

_KEYS_PAGE = "https://fal.ai/dashboard/keys"
_SPLIT = 0.4
"""Where Blender divides a line between a property's name and its value."""
_TEXT = 0.8
"""Height of a line in running text, of a button's."""
_TEST_WIDTH = 4
_PROJECTS = 5
"""Projects whose sums are shown, the latest."""
_ICON = 20
_NAMES = 270
"""Pixels at 1× that the names of the services take beside each other."""
_MARGIN = 50
"""Pixels at 1× that the box around the preferences takes."""


class KeyTest:
    """What is known of the key: whether the service is being asked, and what it answered about which key."""

    def __init__(self) -> None:
        self.error: ReshootError | None = None
        self.asking = self._answered = False
        self._key = ""

    def begin(self) -> None:
        """The service is being asked now."""
        self.asking, self._answered, self._key = True, False, key()

    def end(self, error: ReshootError | None) -> None:
        """It answered: the key works where there is no error."""
        self.asking, self._answered, self.error = False, True, error

    def forget(self) -> None:
        """Nobody asks any more."""
        self.asking = self._answered = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer about the key as it is now."""
        return self._answered and self._key == key()


key_test = KeyTest()


class RESHOOT_AP_preferences(bpy.types.AddonPreferences):
    """What belongs to the editor, not to a project."""

    bl_idname = __package__

    key: StringProperty(  # type: ignore[valid-type]
        name="fal.ai Key",
        description="Your key for fal.ai. It is kept in Blender's preferences, never in a .blend file. "
        "Where it is empty, the environment variable FAL_KEY is used",
        subtype="PASSWORD",
    )
    service: EnumProperty(  # type: ignore[valid-type]
        name="Service",
        description="Where shots are sent",
        items=(
            ("AUTO", "Automatic", "fal.ai where there is a key, rehearsal without one"),
            ("FAL", "fal.ai", "The real service; every press costs the price that is shown"),
            ("REHEARSAL", "Rehearsal", "A stand-in on this computer: free, offline, plainly labelled"),
        ),
        default="AUTO",
    )
    confirm_above: FloatProperty(  # type: ignore[valid-type]
        name="Ask Above ($)",
        description="Ask before sending what costs more than so many US dollars",
        default=5.0,
        min=0.0,
        soft_max=50.0,
        precision=2,
    )
    day_limit: FloatProperty(  # type: ignore[valid-type]
        name="Limit per Day ($)",
        description="Send nothing that would bring a day's spending above so many US dollars; 0 for no limit",
        min=0.0,
        soft_max=200.0,
        precision=2,
    )
    project_limit: FloatProperty(  # type: ignore[valid-type]
        name="Limit per Project ($)",
        description="Send nothing that would bring a project's spending above so many US dollars; 0 for no limit",
        min=0.0,
        soft_max=1000.0,
        precision=2,
    )
    upload_days: EnumProperty(  # type: ignore[valid-type]
        name="Keep Uploads",
        description="How long fal.ai keeps the files that are sent. Whoever has their address can fetch them",
        items=(
            ("1", "1 Day", ""),
            ("7", "7 Days", ""),
            ("30", "30 Days", ""),
            ("0", "Until Deleted", "As fal.ai keeps them by itself"),
        ),
        default="7",
    )
    keep_clips: BoolProperty(  # type: ignore[valid-type]
        name="Keep Sent Clips",
        description="Keep the files that were sent after their take is placed, until the job is dismissed",
    )

    def draw(self, context: Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        self._draw_service(layout, context)
        layout.separator()
        self._draw_key(layout, context)
        layout.separator()
        self._draw_money(layout, context)
        layout.separator()
        self._draw_folders(layout, context)
        layout.separator()
        _draw_shortcut(layout, context)

    def _draw_service(self, layout: UILayout, context: Context) -> None:
        # Three names beside each other would be cut off in a narrow window.
        expand = _room(context) > _NAMES * context.preferences.system.ui_scale
        layout.row().prop(self, "service", expand=expand)
        url = os.environ.get("RESHOOT_SERVICE_URL", "")
        if url:
            words = say("The environment variable RESHOOT_SERVICE_URL sends shots to {url}", url=url)
            _tell(layout, context, words, icon="INFO")
        elif self.service == "FAL" or (self.service == "AUTO" and key()):
            words = say("fal.ai edits the shot. The button shows the price before you press it")
            _tell(layout, context, words)
        else:
            words = say(
                "Rehearsals are free and stay on this computer: no key, no network. All goes as it would for real, "
                "but the result is a stand-in, marked REHEARSAL"
            )
            _tell(layout, context, words)

    def _draw_key(self, layout: UILayout, context: Context) -> None:
        row = layout.row(align=True)
        row.prop(self, "key")
        button = row.row(align=True)
        button.ui_units_x = _TEST_WIDTH
        button.operator("reshoot.key_test", text="Test")
        _draw_answer(layout, context)
        words = say("Kept in Blender's preferences on this computer, never in a .blend file")
        _tell(layout, context, words)
        if not self.key.strip() and key():
            _tell(layout, context, say("The key of the environment variable FAL_KEY is in use"), icon="INFO")
        elif not key():
            _tell(layout, context, say("fal.ai gives you a key; without one Reshoot rehearses"))
            _value(layout).operator("wm.url_open", text="Get a Key", icon="URL").url = _KEYS_PAGE
        if not bpy.app.online_access and not os.environ.get("RESHOOT_SERVICE_URL"):
            words = say("Blender is offline: only rehearsals work")
            _tell(layout, context, words, icon="INTERNET_OFFLINE")
            row = layout.row()
            row.enabled = not bpy.app.online_access_override
            row.prop(context.preferences.system, "use_online_access", text="Allow Online Access")

    def _draw_money(self, layout: UILayout, context: Context) -> None:
        column = layout.column()
        column.prop(self, "confirm_above")
        column.prop(self, "day_limit")
        column.prop(self, "project_limit")
        sums = board.spent()
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

    def _draw_folders(self, layout: UILayout, context: Context) -> None:
        column = layout.column()
        _folder(column, context, say("Takes"), takes_folder(), "TAKES")
        if not bpy.data.filepath:
            _tell(column, context, say("Once the project is saved: in a folder “reshoot” beside it"))
        _folder(column, context, say("Journal"), places.home(), "JOURNAL")
        column.prop(self, "keep_clips")
        column.prop(self, "upload_days")


def get() -> RESHOOT_AP_preferences:
    """The extension's preferences."""
    return bpy.context.preferences.addons[__package__].preferences


def key() -> str:
    """The key for fal.ai: the one in the preferences or, where there is none, that of FAL_KEY. Empty without either."""
    return get().key.strip() or os.environ.get("FAL_KEY", "").strip()


def fingerprint() -> tuple[object, ...]:
    """All that decides where a shot would go now."""
    given, environment = get(), os.environ
    return (
        given.service,
        given.key,
        bpy.app.online_access,
        environment.get("RESHOOT_SERVICE_URL"),
        environment.get("FAL_KEY"),
    )


def limits() -> Limits:
    """What the editor allows to be spent."""
    from .core.ledger import Limits

    given = get()
    return Limits(_dollars(given.day_limit) or None, _dollars(given.project_limit) or None)


def upload_days() -> int:
    """How long the service is to keep what is uploaded, days; 0 for as long as it does by itself."""
    return int(get().upload_days)


def confirm_above() -> Decimal:
    """The price in US dollars above which the editor is asked before sending."""
    return _dollars(get().confirm_above)


def _dollars(amount: float) -> Decimal:
    from decimal import Decimal

    return Decimal(f"{amount:.2f}")


def takes_folder() -> Path:
    """Where the takes of the open file go."""
    return places.takes_folder(bpy.data.filepath, places.home())


def first_run() -> tuple[str, ...]:
    """What to tell an editor who has no key and no job yet, in the interface's language; empty for all others."""
    if key() or os.environ.get("RESHOOT_SERVICE_URL") or not board.is_empty():
        return ()
    return (
        say("New here? Rehearse a strip of 3 to 10 seconds: it is free, needs no key and shows how a take comes back."),
        say("For real results enter a key for fal.ai in the preferences."),
    )


def _draw_answer(layout: UILayout, context: Context) -> None:
    if key_test.asking:
        _tell(layout, context, say("Asking…"), icon="SORTTIME")
    elif key_test.answered and key_test.error is None:
        _tell(layout, context, say("The key works"), icon="CHECKMARK")
    elif key_test.answered:
        _tell(layout, context, key_test.error.message, key_test.error.remedy, icon="ERROR", alert=True)


def _draw_shortcut(layout: UILayout, context: Context) -> None:
    shortcut = keymap.item()
    if shortcut is None:
        return
    import rna_keymap_ui

    column = layout.column()
    column.use_property_split = False
    column.label(text="Shortcut over the Timeline")
    parent, item = shortcut
    column.context_pointer_set("keymap", parent)
    rna_keymap_ui.draw_kmi([], context.window_manager.keyconfigs.user, parent, item, column, 0)


def _folder(layout: UILayout, context: Context, name: str, path: Path, folder: str) -> None:
    split = layout.split(factor=_SPLIT)
    left = split.row()
    left.alignment = "RIGHT"
    left.label(text=name, translate=False)
    right = split.row(align=True)
    right.label(text=_end_of(path, _room(context, _ICON), _points(context)), translate=False)
    right.operator("reshoot.folder_open", text="", icon="FILE_FOLDER").folder = folder


def _value(layout: UILayout) -> UILayout:
    """A column below the values."""
    split = layout.split(factor=_SPLIT)
    split.label(text="")
    return split.column(align=True)


def _tell(layout: UILayout, context: Context, *sentences: str, icon: str = "NONE", alert: bool = False) -> None:
    """Sentences, translated already, below the values, in as many lines as they need. alert: the first is bad news."""
    column = _value(layout)
    column.scale_y = _TEXT
    room = _room(context, 0 if icon == "NONE" else _ICON)
    for words in sentences:
        part = column.column(align=True)
        part.alert = alert
        letters = int(len(words) * room / max(1.0, _width(words, _points(context))))
        for line in textwrap.wrap(words, max(20, letters)):
            part.label(text=line, icon=icon, translate=False)
            icon = "NONE" if icon == "NONE" else "BLANK1"
        alert = False


def _room(context: Context, aside: int = 0) -> float:
    """Pixels that the values have. aside: pixels at 1× of them that something else takes."""
    return float(context.region.width * (1 - _SPLIT) - (_MARGIN + aside) * context.preferences.system.ui_scale)


def _points(context: Context) -> float:
    """Size of the interface's font in pixels."""
    return float(context.preferences.ui_styles[0].widget.points * context.preferences.system.ui_scale)


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


def unregister() -> None:
    """Forget what was asked: no answer comes any more."""
    key_test.forget()


CLASSES = (RESHOOT_AP_preferences,)
