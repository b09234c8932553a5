# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers of an MP4 or MOV file: its tracks, their clocks and their edit lists, and the fragments after them.

How long the frames last is read by `frame_times`; nothing is written here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from ..words import say
from .boxes import Box, File

__all__ = ["Edit", "Movie", "Track", "clock_place", "edit_layout", "fragment_header"]

_MAX_EDITS = 1000
_MAX_TRACKS = 200
_QUICKTIME = b"qt  "
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"uuid"}


class Edit(NamedTuple):
    """A row of an edit list. duration: in the movie's ticks. first: tick of the track, or -1 for nothing."""

    duration: int
    first: int
    rate: int

    @property
    def empty(self) -> bool:
        """Nothing is shown while it lasts."""
        return self.first == -1


def edit_layout(file: File, box: Box) -> str:
    """How an `elst` holds an edit."""
    return ">QqI" if file.long(box) else ">IiI"


def clock_place(file: File, box: Box) -> tuple[str, int]:
    """How and where an `mvhd` or `mdhd` holds its ticks per second and its duration."""
    # Signed, because that is how players read it: above 2**31 they would run at another rate.
    return (">iQ", 20) if file.long(box) else (">iI", 12)


def fragment_header(file: File, part: Box) -> Box:
    """The `tfhd` of the `traf` `part`."""
    header = next((box for box in file.inside(part) if box.kind == b"tfhd"), None)
    if header is None:
        raise file.nonsense(say("a fragment has no 'tfhd' box"))
    return header


def _clock(file: File, box: Box) -> tuple[int, int]:
    timescale, duration = file.unpack(box, *clock_place(file, box))
    if timescale <= 0:
        raise file.nonsense(say("its {box} counts {ticks} ticks in a second", box=box, ticks=timescale))
    return timescale, duration


class Track:
    """One `trak`. boxes: by 'parent/kind'. handler: b'vide', b'soun', ..."""

    def __init__(self, file: File, box: Box) -> None:
        self.file = file
        self.box = box
        self.boxes = file.tree(box)
        handler = self.boxes.get(b"mdia/hdlr")
        self.handler: bytes = file.unpack(handler, "4s", 8)[0] if handler else b""

    def need(self, path: bytes) -> Box:
        box = self.boxes.get(path)
        if box is None:
            raise self.file.nonsense(say("a track has no {box}", box=path.decode("ascii")))
        return box

    def clock(self) -> tuple[int, int]:
        """Ticks per second of the track's own times, and its duration in them."""
        return _clock(self.file, self.need(b"mdia/mdhd"))

    def edits(self) -> list[Edit]:
        """The edit list, empty where there is none."""
        box = self.boxes.get(b"edts/elst")
        if box is None:
            return []
        rows = list(islice(self.file.table(box, edit_layout(self.file, box)), _MAX_EDITS + 1))
        if len(rows) > _MAX_EDITS:
            raise self.file.nonsense(say("a track has more than {count} edits", count=_MAX_EDITS))
        return [Edit(*row) for row in rows]


class Movie:
    """The parsed headers of a file.

    contents: its `moov`. picture: its first video track. timescale: the movie's ticks per second.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self._fragments = array("Q")
        self._brand = _QUICKTIME  # files older than `ftyp` are QuickTime's
        self.contents = moov = self._table_of_contents()
        self.boxes = file.tree(moov)
        if b"moov/mvhd" not in self.boxes:
            raise file.nonsense(say("it has no 'mvhd' box"))
        self.header = self.boxes[b"moov/mvhd"]
        self.timescale, _ = _clock(file, self.header)
        traks = list(islice((box for box in file.inside(moov) if box.kind == b"trak"), _MAX_TRACKS + 1))
        if len(traks) > _MAX_TRACKS:
            raise file.nonsense(say("it has more than {count} tracks", count=_MAX_TRACKS))
        self.tracks = [Track(file, box) for box in traks]
        pictures = [track for track in self.tracks if track.handler == b"vide"]
        if not pictures:
            raise file.nonsense(say("it has no video track"))
        self.picture = pictures[0]

    @property
    def container(self) -> str:
        """'mp4' or 'mov'."""
        return "mov" if self._brand == _QUICKTIME else "mp4"

    @property
    def fragmented(self) -> bool:
        return bool(self._fragments) or b"moov/mvex" in self.boxes

    @property
    def fragments(self) -> Iterator[Box]:
        """The `moof` boxes, in file order."""
        places = iter(self._fragments)
        for start, body, end in zip(places, places, places, strict=True):
            yield Box(b"moof", start, body, end)

    def _table_of_contents(self) -> Box:
        """The first `moov`. Notes the brand and the fragments beside it."""
        file = self.file
        if file.size < 8:
            if not file.size:
                raise file.foreign(say("it is empty"))
            raise file.truncated(say("it has {count} bytes", count=file.size))
        if file.read(4, 4) not in _FIRST_BOXES:
            raise file.foreign(say("it does not begin like one"))
        moov: Box | None = None
        for box in file.boxes(0, file.size):
            if box.kind == b"ftyp":
                (self._brand,) = file.unpack(box, "4s")
            elif box.kind == b"moof":
                self._fragments.extend((box.start, box.body, box.end))
            elif box.kind == b"moov" and moov is None:
                moov = box
        if moov is None:
            raise file.truncated(say("it has no table of contents ('moov' box)"))
        return moov
