# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and files that Reshoot makes, replaces and removes, and what is said of a folder that cannot be written.

On Windows a file that anybody has open can be neither replaced nor removed: a virus scanner has it for a moment, a
player for as long as it shows it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
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


OVER = "over.txt"
"""In a folder that is to be removed and could not be: whoever comes by later tries again."""

_HELD = (5, 32, 33)
"""What Windows says of a file that another program has open: access is denied, it is in use, a part of it is locked."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_ON_WINDOWS = (39, 112)
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each further try: a scanner has a new file for less than their sum."""
_SHORT_PAUSES = _PAUSES[:3]


def put_in_place(part: Path, target: Path) -> None:
    """Have the file `part` as `target`, in the place of what is there. Waits up to 1.6 seconds for a program that has
    one of them open, so never on the thread of the interface. Raises OSError."""
    _patiently(lambda: os.replace(part, target))


def remove(path: Path) -> None:
    """Have no file at `path`. Waits as `put_in_place` does. Raises OSError."""
    _patiently(lambda: path.unlink(missing_ok=True))


def discard(path: Path) -> None:
    """Remove a file that is not needed any more, where that can be done."""
    with contextlib.suppress(OSError):
        path.unlink()


def remove_folder(folder: Path, *, patiently: bool = True) -> bool:
    """Remove a folder of ours that is over with all that is in it. Whether it is gone: where something in it is open,
    that stays, and the folder is marked, see `left_over`.

    patiently: waits up to 0.2 seconds for a program to let go, and no longer: whoever removes many is waited for.
    """
    for pause in (*_SHORT_PAUSES, 0.0) if patiently and sys.platform == "win32" else (0.0,):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.is_dir():
            return True
        time.sleep(pause)
    with contextlib.suppress(OSError):
        (folder / OVER).touch()
    return False


def left_over(folders: Path) -> list[Path]:
    """Those of the folders in `folders` that could not be removed when they were over."""
    try:
        return [mark.parent for mark in folders.glob(f"*/{OVER}")]
    except OSError:
        return []


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that a disk has no room left, or gives this user no more."""
    while error is not None:
        if isinstance(error, OSError) and (
            error.errno in _FULL or getattr(error, "winerror", None) in _FULL_ON_WINDOWS
        ):
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__
    return False


def _patiently(act: Callable[[], None]) -> None:
    for pause in _PAUSES:
        try:
            act()
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
        time.sleep(pause)
    act()
