# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that Reshoot makes, and what is said of one that cannot be written."""

from __future__ import annotations

from pathlib import Path

from .errors import StorageError
from .words import say


def make_folder(folder: Path) -> None:
    """Make the folder and the one it is in where they are missing, and no more: a disk that is gone, or a home that
    was moved, is not to be made up for by an empty one in its place. Raises OSError."""
    folder.parent.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)


def unwritable(folder: Path, error: OSError) -> StorageError:
    """The error to raise of a folder in which something could not be made or written."""
    return StorageError(
        say("The folder {folder} cannot be written: {error}.", folder=folder, error=error.strerror or error),
        say("Make it writable or free some room, then try again."),
    )
