# SPDX-License-Identifier: GPL-3.0-or-later
"""How many frames the first video track of a movie has and how long each lasts, from its sample table and fragments.

Every number comes from the tables, none from a rounded header.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..words import say
from .boxes import Box
from .headers import Movie, Track, fragment_header

__all__ = ["REORDERED", "FrameTimes", "first_shown"]

_LOOKED_AT = 1 << 17
"""Frames up to which each one's own delay is looked at: those of a result or a shot. A long film is when it is cut."""
REORDERED = 64
"""Frames of which the one that is shown first is among the first."""
_LEAST_BYTES = 8
"""Of the file for each frame: the emptiest picture takes more with what the tables say of it."""

# What the flags of a `tfhd` and a `trun` say is there.
_BASE_OFFSET, _DESCRIPTION, _USUAL_DURATION = 0x1, 0x2, 0x8
_DATA_OFFSET, _FIRST_FLAGS, _DURATIONS = 0x1, 0x4, 0x100


class FrameTimes:
    """The frames of a movie's first video track.

    ticks: how long all of them last, by the track's clock. frame_ticks: one of them. constant: every one, the last too,
    lasts equally long.
    """

    def __init__(self, movie: Movie) -> None:
        self.frames = 0
        self.ticks = 0
        self.frame_ticks = 0
        self.constant = True
        self._movie = movie
        self._file = movie.file
        self._count_table()
        self._count_fragments()
        self.constant = self.constant and (self.frames > _LOOKED_AT or self._on_grid())
        # This bounds what follows from counts that no table backs.
        if not 0 < self.frames <= self._file.size // _LEAST_BYTES or not self.ticks:
            raise self._file.nonsense(
                say("its video track has {frames} frames in {ticks} ticks", frames=self.frames, ticks=self.ticks)
            )

    def _add(self, count: int, ticks: int) -> None:
        if count:
            self.constant = self.constant and (not self.frames or ticks == self.frame_ticks)
            self.frame_ticks = ticks
            self.frames += count
            self.ticks += count * ticks

    def _count_table(self) -> None:
        file, track = self._file, self._movie.picture
        for count, ticks in file.table(track.need(b"stbl/stts"), ">II"):
            self._add(count, ticks)
        sizes = track.boxes.get(b"stbl/stsz") or track.need(b"stbl/stz2")
        (samples,) = file.unpack(sizes, ">I", 8)
        if samples != self.frames:
            raise file.nonsense(
                say("it has {samples} samples and the times of {times}", samples=samples, times=self.frames)
            )
        # Cut short inside an `mdat` of open length, a file looks whole but for this.
        wide = b"stbl/co64" in track.boxes
        offsets = track.need(b"stbl/co64" if wide else b"stbl/stco")
        (chunks,) = file.unpack(offsets, ">I", 4)
        if chunks:
            (last,) = file.unpack(offsets, ">Q" if wide else ">I", 8 + (chunks - 1) * (8 if wide else 4))
            if last >= file.size and not file.cut_short:
                raise file.truncated(say("its last pictures lie {count} bytes after its end", count=last - file.size))

    def _on_grid(self) -> bool:
        """Whether the delays from decoding to showing leave one frame for each time, none earlier or later."""
        delays, ticks = self._movie.picture.boxes.get(b"stbl/ctts"), self.frame_ticks
        if delays is None or self._movie.fragmented or not ticks:
            return True
        first = first_shown(self._movie.picture)
        seen, number = bytearray(self.frames), 0
        for count, delay in self._file.table(delays, ">Ii"):
            for _ in range(min(count, self.frames - number)):
                place, rest = divmod(number * ticks + delay - first, ticks)
                if rest or not 0 <= place < self.frames or seen[place]:
                    return False
                seen[place] = True
                number += 1
        return True

    def _count_fragments(self) -> None:
        file = self._file
        header = self._movie.picture.need(b"trak/tkhd")
        (number,) = file.unpack(header, ">I", 20 if file.long(header) else 12)
        usual = self._usual_ticks(number)
        for fragment in self._movie.fragments:
            for part in file.inside(fragment):
                if part.kind == b"traf":
                    self._count_runs(part, number, usual)

    def _usual_ticks(self, number: int) -> int:
        """How long the frames of track `number` last where its fragments do not say."""
        file = self._file
        usual = 0
        extends = self._movie.boxes.get(b"moov/mvex")
        for box in file.inside(extends) if extends else ():
            if box.kind == b"trex" and file.unpack(box, ">I", 4)[0] == number:
                (usual,) = file.unpack(box, ">I", 12)
        return usual

    def _count_runs(self, part: Box, number: int, usual: int) -> None:
        """Count what the `traf` `part` holds, if it is of track `number`."""
        file = self._file
        header = fragment_header(file, part)
        flags, track = file.unpack(header, ">II")
        if track != number:
            return
        if flags & _USUAL_DURATION:
            at = 8 + (8 if flags & _BASE_OFFSET else 0) + (4 if flags & _DESCRIPTION else 0)
            (usual,) = file.unpack(header, ">I", at)
        for run in file.inside(part):
            if run.kind == b"trun":
                for count, ticks in self._run(run, usual):
                    self._add(count, ticks)

    def _run(self, run: Box, usual: int) -> Iterator[tuple[int, int]]:
        """Frames and the ticks that each of them lasts."""
        flags, count = self._file.unpack(run, ">II")
        if not flags & _DURATIONS:
            yield count, usual
            return
        # A row has a field for each of four flags, the duration first.
        fields = (flags >> 8 & 0xF).bit_count()
        at = 8 + (4 if flags & _DATA_OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0)
        for row in self._file.rows(run, f">{fields}I", count, at):
            yield 1, row[0]


def first_shown(track: Track) -> int:
    """The tick of `track` at which the first frame in its table is shown, where no edit list says otherwise."""
    file, delays = track.file, track.boxes.get(b"stbl/ctts")
    if delays is None:
        return 0

    def spread(box: Box, layout: str) -> Iterator[int]:
        return islice((value for count, value in file.table(box, layout) for _ in range(count)), REORDERED)

    now, first = 0, None
    for ticks, delay in zip(spread(track.need(b"stbl/stts"), ">II"), spread(delays, ">Ii"), strict=False):
        first = now + delay if first is None else min(first, now + delay)
        now += ticks
    return first or 0
