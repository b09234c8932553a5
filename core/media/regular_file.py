# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens files, and only files: what is a pipe, a device or a socket would be waited for, or would do something."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from ..words import say

__all__ = ["NotAFile", "regular_file"]

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")
)


class NotAFile(OSError):
    """What is at a path is no file: a folder, a pipe, a socket, a device."""


def regular_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The file at `path`, open for reading. Raises NotAFile, or another OSError where it cannot be opened.

    It is looked at first, since opening a device may do something, and again once it is open, since it may have been
    exchanged meanwhile.
    """
    _check(os.stat(path), path)
    handle = os.open(path, _FLAGS)
    try:
        _check(os.fstat(handle), path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _check(found: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise NotAFile(errno.EINVAL, say("it is not a file"), os.fspath(path))
