# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what an MP4 or MOV file really holds, and rewrites its frame rate without touching the pictures.

Only headers and timing tables are read, each checked against the file's size and a budget, so a hostile file can
neither hang nor fill memory. It decodes nothing and knows no other container.
"""

from __future__ import annotations

import math
import os
import secrets
import shutil
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["Unreadable", "Video", "probe", "relabel"]

# A file needs a few dozen boxes, a fragmented one two or three for each second. A table needs a row for each frame at
# most: four million are 19 hours at 60 fps.
_MAX_BOXES = 150_000
_MAX_ROWS = 1 << 22
_MAX_EDITS = 1000
_ROWS_AT_ONCE = 4096

_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"uuid"}
_CONTAINERS = {b"trak/edts", b"trak/mdia", b"mdia/minf", b"minf/stbl", b"moov/mvex"}


class Unreadable(ValueError):
    """Not an MP4 or MOV file, a truncated one, or one whose tables make no sense. The message says which."""


@dataclass(frozen=True)
class Video:
    """What a file holds. Every number comes from its tables, none from a rounded header."""

    width: int
    """Pixels as displayed, rotation applied; non-square pixels are counted, not stretched."""
    height: int
    frames: int
    """Of the first video track, in its sample table."""
    fps: Fraction
    """Frames divided by the track's duration."""
    constant: bool
    """Every frame, the last one too, lasts equally long."""
    seconds: Fraction
    """Of the first video track, from its sample table."""
    codec: str
    """Four characters, such as 'avc1' or 'hvc1'."""
    rotation: int
    """Degrees clockwise that a player turns the picture by: 0, 90, 180 or 270."""
    sound: bool
    size: int
    """Bytes of the file."""
    container: str
    """'mp4' or 'mov'."""
    start: Fraction
    """Seconds of nothing that an edit list puts before the first frame. The delay of B-frames does not count."""
    trimmed: bool = False
    """An edit list hides or repeats some of the frames, so a player shows other ones than `frames` says."""


def probe(path: str | os.PathLike[str]) -> Video:
    """Read the headers of `path`. Raises Unreadable, or OSError where the file cannot be opened."""
    with _opened(path) as file:
        return _Movie(file).video()


def relabel(
    source: str | os.PathLike[str], target: str | os.PathLike[str], fps: Fraction, *, keep_sound: bool = False
) -> None:
    """Copy `source` to `target` with its first video track running at exactly `fps`; every sample stays bit-identical.

    No other track is kept, except the sound ones with `keep_sound`; their pace does not change. `target` appears whole
    or not at all, and may be `source`. Raises Unreadable, also where the rate is not constant or the file is
    fragmented.
    """
    if fps <= 0:
        raise ValueError(f"a frame rate must be above 0, not {fps}")
    with _opened(source) as file:
        patches = _retimed(_Movie(file), fps, keep_sound)
    part = Path(target).with_name(f".{secrets.token_hex(8)}.part")
    try:
        shutil.copyfile(source, part)
        with part.open("r+b") as copy:
            for offset, content in patches.written:
                copy.seek(offset)
                copy.write(content)
            copy.flush()
            os.fsync(copy.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a box lies in the file: its header at `start`, its content from `body` to `end`."""

    kind: bytes
    start: int
    body: int
    end: int

    def __str__(self) -> str:
        return f"'{self.kind.decode('ascii', 'backslashreplace')}' box"


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[_File]:
    path = Path(path)
    # Opening a pipe would wait for its other end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise Unreadable(f"{path.name} is not an MP4 or MOV file: it is not a file at all")
    with path.open("rb") as handle:
        yield _File(handle, path.name)


class _File:
    """An open file of boxes. Nothing is read outside its bounds, and no more than its budgets."""

    def __init__(self, handle: BinaryIO, name: str) -> None:
        self.size = os.fstat(handle.fileno()).st_size
        self._handle = handle
        self._name = name
        self._boxes_left = _MAX_BOXES
        self._rows_left = _MAX_ROWS

    def foreign(self, why: str) -> Unreadable:
        return Unreadable(f"{self._name} is not an MP4 or MOV file: {why}")

    def truncated(self, why: str) -> Unreadable:
        return Unreadable(f"{self._name} is truncated: {why}")

    def nonsense(self, why: str) -> Unreadable:
        return Unreadable(f"{self._name} is damaged: {why}")

    def refused(self, why: str) -> Unreadable:
        return Unreadable(f"{self._name} cannot be given another frame rate: {why}")

    def read(self, offset: int, count: int) -> bytes:
        if offset + count <= self.size:
            self._handle.seek(offset)
            content = self._handle.read(count)
            if len(content) == count:
                return content
        raise self.truncated("it ends inside a header")

    def boxes(self, start: int, end: int) -> Iterator[_Box]:
        """The boxes between two offsets, in file order."""
        while end - start >= 8:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise self.nonsense(f"it has more than {_MAX_BOXES} boxes")
            length, kind = struct.unpack(">I4s", self.read(start, 8))
            body = start + 8
            if length == 1:
                (length,) = struct.unpack(">Q", self.read(body, 8))
                body += 8
            elif length == 0:
                length = end - start
            box = _Box(kind, start, body, start + length)
            if box.end > end and end == self.size:
                raise self.truncated(f"its {box} ends {box.end - end} bytes after the file")
            if box.end < body or box.end > end:
                raise self.nonsense(f"its {box} has an impossible size")
            yield box
            start = box.end
        if end == self.size and any(self.read(start, end - start)):
            raise self.truncated("it ends inside a header")

    def unpack(self, box: _Box, layout: str, at: int = 0) -> tuple[Any, ...]:
        """Values at `at` bytes into a box."""
        length = struct.calcsize(layout)
        if box.body + at + length > box.end:
            raise self.nonsense(f"its {box} is too short")
        return struct.unpack(layout, self.read(box.body + at, length))

    def long(self, box: _Box) -> bool:
        """Whether a box is of the version that holds times in 64 bits."""
        return bool(self.unpack(box, ">B")[0] == 1)

    def rows(self, box: _Box, layout: str, count: int, at: int) -> Iterator[tuple[Any, ...]]:
        """`count` rows of a table that begins `at` bytes into a box. The count is checked before the first row."""
        row = struct.Struct(layout)
        self._rows_left -= count
        if box.body + at + count * row.size > box.end:
            raise self.nonsense(f"its {box} counts more entries than it holds")
        if self._rows_left < 0:
            raise self.nonsense(f"its tables have more than {_MAX_ROWS} entries")
        for first in range(0, count, _ROWS_AT_ONCE):
            some = min(_ROWS_AT_ONCE, count - first)
            yield from row.iter_unpack(self.read(box.body + at + first * row.size, some * row.size))

    def table(self, box: _Box, layout: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a box that holds a version, a count and that many rows."""
        return self.rows(box, layout, self.unpack(box, ">I", 4)[0], 8)

    def tree(self, root: _Box) -> dict[bytes, _Box]:
        """The boxes of a track or movie by 'parent/kind', the first of each. Only known containers are entered."""
        found: dict[bytes, _Box] = {}
        parents = [root]
        for parent in parents:
            for child in self.boxes(parent.body, parent.end):
                path = parent.kind + b"/" + child.kind
                if path not in found:
                    found[path] = child
                    if path in _CONTAINERS:
                        parents.append(child)
        return found


class _Track:
    """One `trak`: its boxes by 'parent/kind', and the values that several readers need."""

    def __init__(self, file: _File, box: _Box) -> None:
        self.file = file
        self.box = box
        self.boxes = file.tree(box)
        handler = self.boxes.get(b"mdia/hdlr")
        self.handler: bytes = file.unpack(handler, "4s", 8)[0] if handler else b""

    def need(self, path: bytes) -> _Box:
        box = self.boxes.get(path)
        if box is None:
            raise self.file.nonsense(f"a track has no {path.decode('ascii')}")
        return box

    def clock(self) -> tuple[int, int]:
        """Ticks per second of the track's own times, and its duration in them."""
        return _clock(self.file, self.need(b"mdia/mdhd"))

    def edits(self) -> list[tuple[Any, ...]]:
        """Rows of the edit list: duration in the movie's ticks, first tick of the track or -1 for nothing, rate."""
        box = self.boxes.get(b"edts/elst")
        if box is None:
            return []
        rows = list(islice(self.file.table(box, _edit_layout(self.file, box)), _MAX_EDITS + 1))
        if len(rows) > _MAX_EDITS:
            raise self.file.nonsense(f"a track has more than {_MAX_EDITS} edits")
        return rows


class _Movie:
    """The parsed headers of a file: its tracks, and how long each frame of its first video track lasts."""

    def __init__(self, file: _File) -> None:
        self.file = file
        self.brand = b"qt  "  # files older than `ftyp` are QuickTime's
        self.fragments: list[_Box] = []
        self.moov: _Box | None = None
        if file.size < 8:
            raise file.truncated(f"it has {file.size} bytes") if file.size else file.foreign("it is empty")
        if file.read(4, 4) not in _FIRST_BOXES:
            raise file.foreign("it does not begin like one")
        for box in file.boxes(0, file.size):
            if box.kind == b"ftyp":
                (self.brand,) = file.unpack(box, "4s")
            elif box.kind == b"moof":
                self.fragments.append(box)
            elif box.kind == b"moov" and self.moov is None:
                self.moov = box
        if self.moov is None:
            raise file.truncated("it has no table of contents ('moov' box)")
        self.boxes = file.tree(self.moov)
        if b"moov/mvhd" not in self.boxes:
            raise file.nonsense("it has no 'mvhd' box")
        self.mvhd = self.boxes[b"moov/mvhd"]
        self.timescale, _ = _clock(file, self.mvhd)
        traks = [box for box in file.boxes(self.moov.body, self.moov.end) if box.kind == b"trak"]
        self.tracks = [_Track(file, box) for box in traks]
        pictures = [track for track in self.tracks if track.handler == b"vide"]
        if not pictures:
            raise file.nonsense("it has no video track")
        self.picture = pictures[0]
        self.frames = 0
        self.ticks = 0
        self.frame_ticks = 0
        self.constant = True
        self._count_table()
        self._count_fragments()
        # A frame takes at least a byte, and this bounds what follows from counts that no table backs.
        if not 0 < self.frames <= file.size or not self.ticks:
            raise file.nonsense(f"its video track has {self.frames} frames in {self.ticks} ticks")

    @property
    def fragmented(self) -> bool:
        return bool(self.fragments) or b"moov/mvex" in self.boxes

    def _add(self, count: int, ticks: int) -> None:
        if count:
            self.constant = self.constant and (not self.frames or ticks == self.frame_ticks)
            self.frame_ticks = ticks
            self.frames += count
            self.ticks += count * ticks

    def _count_table(self) -> None:
        file, track = self.file, self.picture
        for count, ticks in file.table(track.need(b"stbl/stts"), ">II"):
            self._add(count, ticks)
        sizes = track.boxes.get(b"stbl/stsz") or track.need(b"stbl/stz2")
        (samples,) = file.unpack(sizes, ">I", 8)
        if samples != self.frames:
            raise file.nonsense(f"it has {samples} samples and the times of {self.frames}")
        # Cut short inside an `mdat` of open length, a file looks whole but for this.
        wide = b"stbl/co64" in track.boxes
        offsets = track.need(b"stbl/co64" if wide else b"stbl/stco")
        (chunks,) = file.unpack(offsets, ">I", 4)
        if chunks:
            (last,) = file.unpack(offsets, ">Q" if wide else ">I", 8 + (chunks - 1) * (8 if wide else 4))
            if last >= file.size:
                raise file.truncated(f"its last pictures lie {last - file.size} bytes after its end")

    def _count_fragments(self) -> None:
        file = self.file
        header = self.picture.need(b"trak/tkhd")
        (number,) = file.unpack(header, ">I", 20 if file.long(header) else 12)
        usual = 0
        extends = self.boxes.get(b"moov/mvex")
        for box in file.boxes(extends.body, extends.end) if extends else ():
            if box.kind == b"trex" and file.unpack(box, ">I", 4)[0] == number:
                (usual,) = file.unpack(box, ">I", 12)
        for fragment in self.fragments:
            for traf in file.boxes(fragment.body, fragment.end):
                if traf.kind == b"traf":
                    self._count_runs(list(file.boxes(traf.body, traf.end)), number, usual)

    def _count_runs(self, boxes: list[_Box], number: int, usual: int) -> None:
        file = self.file
        header = next((box for box in boxes if box.kind == b"tfhd"), None)
        if header is None:
            raise file.nonsense("a fragment has no 'tfhd' box")
        flags, track = file.unpack(header, ">II")
        if track != number:
            return
        if flags & 0x8:
            (usual,) = file.unpack(header, ">I", 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0))
        for run in boxes:
            if run.kind == b"trun":
                flags, count = file.unpack(run, ">II")
                if not flags & 0x100:
                    self._add(count, usual)
                    continue
                fields = (flags >> 8 & 0xF).bit_count()
                at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
                for row in file.rows(run, f">{fields}I", count, at):
                    self._add(1, row[0])

    def video(self) -> Video:
        file, track = self.file, self.picture
        timescale, _ = track.clock()
        codec, width, height = file.unpack(track.need(b"stbl/stsd"), ">4s24xHH", 12)
        if not width or not height:
            raise file.nonsense(f"its pictures are {width} by {height} pixels")
        header = track.need(b"trak/tkhd")
        across, down = file.unpack(header, ">ii", 52 if file.long(header) else 40)
        turned = abs(down) > abs(across)
        rotation = (90 if down > 0 else 270) if turned else (180 if across < 0 else 0)
        seconds = Fraction(self.ticks, timescale)
        empty = 0
        for duration, first, _ in track.edits():
            if first != -1:
                break
            empty += duration
        return Video(
            width=height if turned else width,
            height=width if turned else height,
            frames=self.frames,
            fps=self.frames / seconds,
            constant=self.constant,
            seconds=seconds,
            codec=codec.decode("ascii", "backslashreplace"),
            rotation=rotation,
            sound=any(other.handler == b"soun" for other in self.tracks),
            size=file.size,
            container="mov" if self.brand == b"qt  " else "mp4",
            start=Fraction(empty, self.timescale),
            trimmed=self._trimmed(timescale),
        )

    def _trimmed(self, timescale: int) -> bool:
        """Whether the edit list shows other frames than the table holds, by more than half a frame."""
        shown = [(duration, first) for duration, first, _ in self.picture.edits() if first != -1]
        if len(shown) != 1 or self.fragmented:
            return len(shown) > 1
        duration, first = shown[0]
        delays = self.picture.boxes.get(b"stbl/ctts")
        delay = 0
        if delays and self.file.unpack(delays, ">I", 4)[0]:
            (delay,) = self.file.unpack(delays, ">i", 12)
        rest = self.ticks - Fraction(duration * timescale, self.timescale) if duration else 0
        hidden: Fraction = max(first - delay, rest) * 2
        return hidden > Fraction(self.ticks, self.frames)


def _edit_layout(file: _File, box: _Box) -> str:
    return ">QqI" if file.long(box) else ">IiI"


def _clock_place(file: _File, box: _Box) -> tuple[str, int]:
    # Signed, because that is how players read it: above 2**31 they would run at another rate.
    return (">iQ", 20) if file.long(box) else (">iI", 12)


def _clock(file: _File, box: _Box) -> tuple[int, int]:
    """Ticks per second and duration in ticks, of an `mvhd` or `mdhd`."""
    timescale, duration = file.unpack(box, *_clock_place(file, box))
    if timescale <= 0:
        raise file.nonsense(f"its {box} counts {timescale} ticks in a second")
    return timescale, duration


class _Patches:
    """What to overwrite where. No box changes its size, so every sample stays where the tables say it is."""

    def __init__(self, file: _File) -> None:
        self.written: list[tuple[int, bytes]] = []
        self._file = file

    def put(self, box: _Box, layout: str, at: int, rows: Iterable[tuple[int, ...]]) -> None:
        content = bytearray()
        try:
            for values in rows:
                content += struct.pack(layout, *values)
        except struct.error as error:
            raise self._file.refused(f"its {box} has no room for the new times") from error
        self.written.append((box.body + at, bytes(content)))

    def drop(self, box: _Box) -> None:
        self.written.append((box.start + 4, b"free"))


def _retimed(movie: _Movie, fps: Fraction, keep_sound: bool) -> _Patches:
    """What makes the first video track run at `fps`."""
    file, picture = movie.file, movie.picture
    if movie.fragmented:
        raise file.refused("it is fragmented")
    if not movie.constant:
        raise file.refused("its frames do not all last equally long")
    patches = _Patches(file)
    # A frame keeps its ticks and the track's clock changes; only where that clock would not be whole do the times grow.
    grow = fps.denominator // math.gcd(movie.frame_ticks, fps.denominator)
    frame_ticks = movie.frame_ticks * grow
    timescale = frame_ticks * fps.numerator // fps.denominator
    # The movie's clock becomes the nearest one that is no coarser and in which a frame is a whole number of ticks.
    clock = -(-movie.timescale // fps.numerator) * fps.numerator
    # Movie ticks are often coarse (1/1000 s): an edit that is within one of whole frames means whole frames.
    tick = Fraction(movie.frames, movie.ticks) * Fraction(picture.clock()[0], movie.timescale)

    def picture_ticks(old: int) -> int:
        frames = old * tick
        whole = round(frames)
        return round((whole if abs(frames - whole) <= tick else frames) * clock / fps)

    def sound_ticks(old: int) -> int:
        return round(Fraction(old * clock, movie.timescale))

    kept = [track for track in movie.tracks if track is picture or (keep_sound and track.handler == b"soun")]
    longest = 0
    for track in movie.tracks:
        if track not in kept:
            patches.drop(track.box)
            continue
        moved = picture_ticks if track is picture else sound_ticks
        factor = grow if track is picture else 1
        edits = [
            (moved(duration), first if first == -1 else first * factor, rate) for duration, first, rate in track.edits()
        ]
        if edits:
            box = track.need(b"edts/elst")
            patches.put(box, _edit_layout(file, box), 8, edits)
        own_clock, own_duration = track.clock()
        whole = movie.frames * clock / fps if track is picture else Fraction(own_duration * clock, own_clock)
        duration = sum(edit[0] for edit in edits) or round(whole)
        longest = max(longest, duration)
        header = track.need(b"trak/tkhd")
        patches.put(header, *((">Q", 28) if file.long(header) else (">I", 20)), [(duration,)])
        # References to dropped tracks, such as timecode, would lead nowhere.
        if b"trak/tref" in track.boxes and len(kept) < len(movie.tracks):
            patches.drop(track.boxes[b"trak/tref"])
    patches.put(movie.mvhd, *_clock_place(file, movie.mvhd), [(clock, longest)])
    media = picture.need(b"mdia/mdhd")
    patches.put(media, *_clock_place(file, media), [(timescale, movie.frames * frame_ticks)])
    if grow > 1:
        times = picture.need(b"stbl/stts")
        patches.put(times, ">II", 8, ((count, ticks * grow) for count, ticks in file.table(times, ">II")))
        if delays := picture.boxes.get(b"stbl/ctts"):
            patches.put(delays, ">Ii", 8, ((count, ticks * grow) for count, ticks in file.table(delays, ">Ii")))
        if summary := picture.boxes.get(b"stbl/cslg"):
            patches.drop(summary)  # it repeats the extremes of `ctts`, and may be left out
    return patches
