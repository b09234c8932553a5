# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshoot: reshoot a strip of Blender's Video Sequencer with a prompt. This file is the ordered list of its parts."""

import bpy

from . import keymap, later, operators, panels, preferences, properties, session, translations
from .core import board

_CLASSES = (*properties.CLASSES, *preferences.CLASSES, *operators.CLASSES, *panels.CLASSES)


def register() -> None:
    """Make the parts known to Blender, in order."""
    translations.register()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    board.connect(later.preview, session.project, later.size_of, session.on_strips, session.held, session.spent)
    panels.register()
    operators.register()
    keymap.register()
    later.register()


def unregister() -> None:
    """End what runs and take the parts away, in reverse order."""
    later.unregister()
    keymap.unregister()
    operators.unregister()
    session.close()
    preferences.unregister()
    board.connect(None, None)
    panels.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister()
