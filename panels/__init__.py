# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor sees: the “Reshoot” tab in the sequencer's sidebar. Draws what is known, computes nothing."""

from . import jobs, menus, options, progress, prompt, references, shot, thumbnails

CLASSES = (*shot.CLASSES, *prompt.CLASSES, *references.CLASSES, *options.CLASSES, *jobs.CLASSES)


def register() -> None:
    """Begin to draw over the strips, and in Blender's menus."""
    progress.register()
    menus.register()


def unregister() -> None:
    """Draw no more over the strips, nor in the menus, and let go of the pictures."""
    menus.unregister()
    progress.unregister()
    thumbnails.clear()
