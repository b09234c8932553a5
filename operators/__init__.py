# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor can do. Thin: each operator reads, calls one function, reports."""

from . import briefs, clean_up, compare, follow, jobs, preferences, prompt, references, shoot, takes, watch

CLASSES = (
    *shoot.CLASSES,
    *watch.CLASSES,
    *prompt.CLASSES,
    *references.CLASSES,
    *jobs.CLASSES,
    *takes.CLASSES,
    *compare.CLASSES,
    *follow.CLASSES,
    *briefs.CLASSES,
    *clean_up.CLASSES,
    *preferences.CLASSES,
)


def register() -> None:
    """Start listening to files being opened and saved."""
    watch.register()


def unregister() -> None:
    """Stop listening and watching, and send nothing more."""
    compare.unregister()
    shoot.unregister()
    watch.unregister()
