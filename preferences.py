# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the key, the service, what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

if TYPE_CHECKING:
    from bpy.types import Context


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
    keep_clips: BoolProperty(  # type: ignore[valid-type]
        name="Keep Sent Clips",
        description="Keep the files that were sent after their take is placed, until the job is dismissed",
    )

    def draw(self, context: Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "service")
        layout.prop(self, "key")
        if not bpy.app.online_access:
            layout.label(text="Blender is offline: only rehearsals work", icon="INTERNET_OFFLINE")
        layout.prop(self, "keep_clips")


def get() -> RESHOOT_AP_preferences:
    """The extension's preferences."""
    return bpy.context.preferences.addons[__package__].preferences


CLASSES = (RESHOOT_AP_preferences,)
