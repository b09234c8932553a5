# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor can do. Thin: each operator reads, calls one function, reports."""

from . import jobs, references, shoot, takes, watch

CLASSES = (*shoot.CLASSES, *watch.CLASSES, *references.CLASSES, *jobs.CLASSES, *takes.CLASSES)


def register() -> None:
    """Start listening to files being opened and saved."""
    watch.register()


def unregister() -> None:
    """Stop listening and watching."""
    watch.unregister()
