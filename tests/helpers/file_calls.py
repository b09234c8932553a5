# SPDX-License-Identifier: GPL-3.0-or-later
"""Hears which calls that ask a disk a thread makes: Python's own for files, those of SQLite, and Blender's for writing.

Knows nothing of Blender or pytest, so that its text can be run in a Blender that is driven from outside.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

_OF_FILES = {"access", "chmod", "fsync", "link", "listdir", "lstat", "mkdir", "open", "open_code", "readlink", "remove"}
_OF_FILES |= {"rename", "replace", "rmdir", "scandir", "stat", "statvfs", "symlink", "truncate", "unlink", "utime"}


class FileCalls:
    """What the thread that makes it asks of a disk, as long as it is entered. made: who of the extension made each call
    and what it was, in order.
    """

    def __init__(self) -> None:
        self.made: list[str] = []

    def __enter__(self) -> FileCalls:
        sys.setprofile(self._hear)
        return self

    def __exit__(self, *_what: object) -> None:
        sys.setprofile(None)

    def _hear(self, frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call":
            return
        kind = type(getattr(function, "__self__", None))
        of_files = function.__module__ in ("posix", "nt", "_io", "io") and function.__name__ in _OF_FILES
        of_blender = kind.__name__ == "bpy_prop_collection" and function.__name__ in ("write", "load")
        if of_files or of_blender or kind.__module__ == "sqlite3":
            self.made.append(f"{_caller(frame)}: {function.__name__}")


def _caller(frame: FrameType | None) -> str:
    """The function of the extension that a call came from."""
    while frame is not None:
        if "reshoot" in str(frame.f_globals.get("__name__", "")).split("."):
            return frame.f_code.co_name
        frame = frame.f_back
    return ""
