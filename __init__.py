# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshoot: reshoot a strip of Blender's Video Sequencer with a prompt. This file is the ordered list of its parts."""

import bpy

from . import operators, panels, preferences, properties, session, shooting
from .core import board

_CLASSES = (*properties.CLASSES, *preferences.CLASSES, *operators.CLASSES, *panels.CLASSES)


def register() -> None:
    """Make the parts known to Blender, in order."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    board.connect(shooting.preview, session.project)
    operators.register()


def unregister() -> None:
    """End what runs and take the parts away, in reverse order."""
    operators.unregister()
    session.close()
    board.connect(None, None)
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
