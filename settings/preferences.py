# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the key, the service, what is kept and where, the shortcut. Holds the key; never shows or logs it."""

import os
from typing import TYPE_CHECKING, cast

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from . import folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from pathlib import Path

    from bpy.types import Context, UILayout

    from ..core.errors import ReshootError
    from ..core.money.budget import Budget

draw_page: "Callable[[RESHOOT_AP_preferences, UILayout, Context], None] | None" = None
"""Draws the page in Blender's preferences. Set by `panels`, which is above this room."""


class KeyTest:
    """What is known of the key: whether the service is being asked, and what it answered about which key."""

    def __init__(self) -> None:
        self.error: ReshootError | None = None
        self.asking = self._answered = False
        self._key = ""

    def begin(self) -> None:
        """The service is being asked now."""
        self.asking, self._answered, self._key = True, False, key_in_use()

    def end(self, error: "ReshootError | None") -> None:
        """It answered: the key works where there is no error."""
        self.asking, self._answered, self.error = False, True, error

    def forget(self) -> None:
        """Nobody asks any more."""
        self.asking = self._answered = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer about the key as it is now."""
        return self._answered and self._key == key_in_use()


key_test = KeyTest()


class RESHOOT_AP_preferences(bpy.types.AddonPreferences):
    """What belongs to the editor, not to a project."""

    bl_idname = folders.EXTENSION

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

    def draw(self, context: "Context") -> None:
        """Draw the preferences."""
        if draw_page is not None:
            draw_page(self, self.layout, context)


def get() -> "RESHOOT_AP_preferences":
    """The extension's preferences."""
    return cast(RESHOOT_AP_preferences, of_blender().addons[folders.EXTENSION].preferences)


def of_blender() -> bpy.types.Preferences:
    """Blender's own preferences."""
    preferences = bpy.context.preferences
    assert preferences is not None
    return preferences


def key() -> str:
    """The key for fal.ai: the one in the preferences or, where there is none, that of FAL_KEY. Empty without either.

    FAL_KEY is not fal.ai's where RESHOOT_SERVICE_URL names another service.
    """
    from ..core.service.keys import fal_key

    return fal_key(get().key, os.environ)


def key_in_use() -> str:
    """The key of the service that jobs would go to if they were no rehearsals. Empty where it has none."""
    from ..core.service.keys import other_service

    return os.environ.get("FAL_KEY", "").strip() if other_service(os.environ) else key()


def fingerprint() -> tuple[object, ...]:
    """All that decides where a shot would go now, and what it may cost."""
    given, environment = get(), os.environ
    return (
        given.service,
        given.key,
        given.day_limit,
        given.project_limit,
        bpy.app.online_access,
        environment.get("RESHOOT_SERVICE_URL"),
        environment.get("FAL_KEY"),
    )


def budget() -> "Budget":
    """What the editor allows to be spent."""
    from ..core.money.budget import Budget

    given = get()
    return Budget(_dollars(given.day_limit) or None, _dollars(given.project_limit) or None)


def upload_days() -> int:
    """How long the service is to keep what is uploaded, days; 0 for as long as it does by itself."""
    return int(get().upload_days)


def confirm_above() -> "Decimal":
    """The price in US dollars above which the editor is asked before sending."""
    return _dollars(get().confirm_above)


def _dollars(amount: float) -> "Decimal":
    from decimal import Decimal

    return Decimal(f"{amount:.2f}")


def takes_folder() -> "Path":
    """Where the takes of the open file go."""
    return folders.takes_folder(bpy.data.filepath, folders.home())


def unregister() -> None:
    """Forget what was asked: no answer comes any more."""
    key_test.forget()


CLASSES = (RESHOOT_AP_preferences,)
