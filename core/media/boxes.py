# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the boxes that an MP4 or MOV file is made of, each checked against the file's size and a budget.

So a hostile file can neither hang nor fill memory. What the boxes mean is for `headers` and `frame_times` to say.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..words import say
from .regular_file import NotAFile, regular_file

__all__ = ["Box", "File", "Truncated", "Unreadable", "opened"]

# A file needs a few dozen boxes, one with a fragment for each second ten of them for each: half a million are 14 hours.
# A table needs a row for each frame at most: four million are 19 hours at 60 fps. Several tables are read of one file.
_MAX_BOXES = 1 << 19
_MAX_ROWS = 1 << 22
_MAX_ROWS_IN_ALL = 1 << 24
_ROWS_AT_ONCE = 4096
# What a few bytes may claim: samples are told one by one only as far as the file could hold them, and no more than
# those of 19 hours at 60 fps.
_MAX_SAMPLES = 1 << 22
_MAX_KINDS = 200
"""Kinds of boxes that one track has at most."""
_MAX_COPIED = 1 << 20
"""Bytes of a box that is taken over whole: a header, or how samples are coded."""

_CONTAINERS = {b"trak/edts", b"trak/mdia", b"mdia/minf", b"minf/stbl", b"moov/mvex"}


class Unreadable(ValueError):
    """Not an MP4 or MOV file, a truncated one, or one whose tables make no sense. The message says which."""


class Truncated(Unreadable):
    """Something that the file tells of lies after its end."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in the file: its header at `start`, its content from `body` to `end`."""

    kind: bytes
    start: int
    body: int
    end: int

    def __str__(self) -> str:
        return say("'{kind}' box", kind=self.kind.decode("ascii", "backslashreplace"))


@contextmanager
def opened(path: str | os.PathLike[str], *, cut_short: bool = False) -> Iterator[File]:
    """The file at `path`, open. Raises Unreadable where that is no file, or OSError where it cannot be opened.

    cut_short: that its end is missing is of no matter.
    """
    path = Path(path)
    try:
        handle = regular_file(path)
    except NotAFile as error:
        raise Unreadable(say("{name} is not an MP4 or MOV file: it is not a file at all", name=path.name)) from error
    with handle:
        yield File(handle, path.name, cut_short=cut_short)


class File:
    """An open file of boxes. Nothing is read outside its bounds, and no more than its budgets. size: bytes."""

    def __init__(self, handle: BinaryIO, name: str, *, cut_short: bool = False) -> None:
        self.cut_short = cut_short
        self.size = os.fstat(handle.fileno()).st_size
        self._handle = handle
        self._name = name
        self._boxes_left = _MAX_BOXES
        self._rows_left = _MAX_ROWS_IN_ALL
        self._samples_left = min(_MAX_SAMPLES, self.size)

    # ---- why it cannot be used, with its name

    def foreign(self, why: str) -> Unreadable:
        return Unreadable(say("{name} is not an MP4 or MOV file: {why}", name=self._name, why=why))

    def truncated(self, why: str) -> Truncated:
        return Truncated(say("{name} is truncated: {why}", name=self._name, why=why))

    def nonsense(self, why: str) -> Unreadable:
        return Unreadable(say("{name} is damaged: {why}", name=self._name, why=why))

    def refused(self, why: str) -> Unreadable:
        return Unreadable(say("{name} cannot be given another frame rate: {why}", name=self._name, why=why))

    # ---- what it holds

    def read(self, offset: int, count: int) -> bytes:
        """Exactly `count` bytes."""
        if offset + count <= self.size:
            self._handle.seek(offset)
            content = self._handle.read(count)
            if len(content) == count:
                return content
        raise self.truncated(say("it ends inside a header"))

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """The boxes between two offsets, in file order."""
        while end - start >= 8:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise self.nonsense(say("it has more than {count} boxes", count=_MAX_BOXES))
            length, kind = struct.unpack(">I4s", self.read(start, 8))
            body = start + 8
            if length == 1:
                (length,) = struct.unpack(">Q", self.read(body, 8))
                body += 8
            elif length == 0:
                length = end - start
            box = Box(kind, start, body, start + length)
            if box.end > end and end == self.size:
                if self.cut_short:
                    yield Box(kind, box.start, body, end)
                    return
                raise self.truncated(say("its {box} ends {count} bytes after the file", box=box, count=box.end - end))
            if box.end < body or box.end > end:
                raise self.nonsense(say("its {box} has an impossible size", box=box))
            yield box
            start = box.end
        if end == self.size and not self.cut_short and any(self.read(start, end - start)):
            raise self.truncated(say("it ends inside a header"))

    def whole(self, box: Box) -> bytes:
        """A box as it is, its header too."""
        if box.end - box.start > _MAX_COPIED:
            raise self.nonsense(say("its {box} has an impossible size", box=box))
        return self.read(box.start, box.end - box.start)

    def expect(self, samples: int) -> None:
        """Take so many samples that are about to be told one by one from what this file may have of them.

        Where no table has a row for each, a few bytes can claim any number.
        """
        self._samples_left -= samples
        if self._samples_left < 0:
            raise self.nonsense(say("it claims more pictures or pieces of sound than it can hold"))

    def inside(self, box: Box) -> Iterator[Box]:
        """The boxes that are a box's content."""
        return self.boxes(box.body, box.end)

    def tree(self, root: Box) -> dict[bytes, Box]:
        """The boxes of a track or movie by 'parent/kind', the first of each. Only known containers are entered."""
        found: dict[bytes, Box] = {}
        parents = [root]
        for parent in parents:
            for child in self.inside(parent):
                path = parent.kind + b"/" + child.kind
                if path not in found:
                    if len(found) == _MAX_KINDS:
                        raise self.nonsense(say("it has more than {count} boxes", count=_MAX_KINDS))
                    found[path] = child
                    if path in _CONTAINERS:
                        parents.append(child)
        return found

    def unpack(self, box: Box, layout: str, at: int = 0) -> tuple[Any, ...]:
        """Values at `at` bytes into a box."""
        length = struct.calcsize(layout)
        if box.body + at + length > box.end:
            raise self.nonsense(say("its {box} is too short", box=box))
        return struct.unpack(layout, self.read(box.body + at, length))

    def long(self, box: Box) -> bool:
        """Whether a box is of the version that holds times in 64 bits."""
        return bool(self.unpack(box, ">B")[0] == 1)

    def rows(self, box: Box, layout: str, count: int, at: int) -> Iterator[tuple[Any, ...]]:
        """`count` rows of a table that begins `at` bytes into a box. The count is checked before the first row."""
        row = struct.Struct(layout)
        self._rows_left -= count
        if box.body + at + count * row.size > box.end:
            raise self.nonsense(say("its {box} counts more entries than it holds", box=box))
        if count > _MAX_ROWS or self._rows_left < 0:
            raise self.nonsense(say("its tables have more than {count} entries", count=_MAX_ROWS))
        for first in range(0, count, _ROWS_AT_ONCE):
            some = min(_ROWS_AT_ONCE, count - first)
            yield from row.iter_unpack(self.read(box.body + at + first * row.size, some * row.size))

    def table(self, box: Box, layout: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a box that holds a version, a count and that many rows."""
        return self.rows(box, layout, self.unpack(box, ">I", 4)[0], 8)
