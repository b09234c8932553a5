# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor sees: the “Reshoot” tab in the sequencer's sidebar. Draws what is known, computes nothing."""

import sys

import bpy

from . import jobs, menus, options, prompt, references, shot, thumbnails

CLASSES = (*shot.CLASSES, *prompt.CLASSES, *references.CLASSES, *options.CLASSES, *jobs.CLASSES)


_AFTER = 1.5
"""Seconds after which what is drawn over the strips is imported: Blender's start does not wait for it."""


def _draw_over_strips() -> None:
    from . import progress

    progress.register()


def register() -> None:
    """Begin to draw in Blender's menus, and over the strips soon."""
    menus.register()
    if not bpy.app.background:
        bpy.app.timers.register(_draw_over_strips, first_interval=_AFTER, persistent=True)


def unregister() -> None:
    """Draw no more over the strips, nor in the menus, and let go of the pictures."""
    menus.unregister()
    if bpy.app.timers.is_registered(_draw_over_strips):
        bpy.app.timers.unregister(_draw_over_strips)
    progress = sys.modules.get(f"{__package__}.progress")
    if progress is not None:
        progress.unregister()
    thumbnails.clear()
