# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshoot: reshoot a strip of Blender's Video Sequencer with a prompt. This file is the ordered list of its parts."""

import bpy

from . import operators, panels, session, translations
from .session import start
from .settings import listing, preferences, scene, shortcut

_CLASSES = (*scene.CLASSES, *listing.CLASSES, *preferences.CLASSES, *operators.CLASSES, *panels.CLASSES)

_SOON = (
    "session.session",
    "session.preview",
    "session.press",
    "session.shoot",
    "session.comparison",
    "operators.tick",
    "timeline.snapshot",
    "panels.shot",
    "panels.prompt",
    "panels.references",
    "panels.jobs",
    "panels.comparison_overlay",
    "panels.takes",
    "session.takes",
)
"""What is imported once Blender is up, before the first press."""


def register() -> None:
    """Make the parts known to Blender, in order."""
    translations.register()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    scene.register()
    listing.register()
    panels.register()
    operators.register()
    shortcut.register()
    start.register(f"{__package__}.{part}" for part in _SOON)


def unregister() -> None:
    """End what runs and take the parts away, in reverse order."""
    start.unregister()
    shortcut.unregister()
    operators.unregister()
    session.close()
    preferences.unregister()
    panels.unregister()
    listing.unregister()
    scene.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister()
