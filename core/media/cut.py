# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a movie's frames as a movie of its own, its samples bit for bit, where they can be decoded without others.

Where that is so is read from the tables and from the first sample itself. It plans; `mp4.cut` writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from .boxes import Box, File
from .frame_times import FrameTimes
from .headers import Movie
from .samples import Sample, each
from .tables import box, copied, fine_clock, header, picture_track

__all__ = ["Cut", "cuts"]

_ENTRY = 78
"""Bytes of a video sample entry before the boxes in it."""
_SLICES, _IDR, _SPS, _PPS = range(1, 6), 5, 7, 8
"""Kinds of NAL units of H.264 (ISO 14496-10, table 7-1)."""
_BEFORE_THE_PICTURE = 64
"""NAL units at most that a sample is searched through for its picture."""


@dataclass(frozen=True)
class Cut:
    """A movie to be written. head: all of it before the samples. samples: where those lie in the source, in order."""

    head: bytes
    samples: tuple[Sample, ...]

    @property
    def size(self) -> int:
        """Bytes of the movie."""
        return len(self.head) + sum(sample.size for sample in self.samples)


def cuts(movie: Movie, runs: Sequence[range], fps: Fraction) -> list[Cut | None]:
    """For each of `runs`, frames in the order of showing, 0 being the first that is shown, the movie of them at `fps`.

    None where their samples do not lie together, or cannot be decoded by themselves; always where the movie does not
    show each of its frames equally long from the start on. Raises Unreadable where its tables make no sense.
    """
    found = _found(movie, runs)
    decoder = _decoder(movie)
    if decoder is None:
        return [None for _ in runs]
    return [
        _cut(movie, samples, places, fps) if _closed(movie.file, run, samples, decoder) else None
        for run, (samples, places) in zip(runs, found, strict=True)
    ]


def _found(movie: Movie, runs: Sequence[range]) -> list[tuple[list[Sample], list[int]]]:
    """For each run its samples, if they follow each other, in the order of decoding, and the frames that they show."""
    nothing: list[tuple[list[Sample], list[int]]] = [([], []) for _ in runs]
    times = FrameTimes(movie)
    first = _first_tick(movie, times)
    if first is None or movie.fragmented or not times.constant:
        return nothing
    kept: list[list[tuple[int, Sample, int]]] = [[] for _ in runs]
    seen = bytearray(times.frames)
    now = 0
    for number, sample in enumerate(each(movie, movie.picture)):
        place, rest = divmod(now + sample.delay - first, times.frame_ticks)
        if rest or not 0 <= place < times.frames or seen[place]:
            return nothing
        seen[place] = True
        for run, here in zip(runs, kept, strict=True):
            if place in run:
                here.append((number, sample, place))
        now += sample.ticks
    return [
        ([sample for _, sample, _ in here], [place for _, _, place in here])
        if here and here[-1][0] - here[0][0] == len(here) - 1
        else ([], [])
        for here in kept
    ]


def _first_tick(movie: Movie, times: FrameTimes) -> int | None:
    """The tick at which the first frame has to begin for all of them to be shown. None where some cannot be."""
    edits = movie.picture.edits()
    if not edits:
        return 0
    (edit,) = edits if len(edits) == 1 else (None,)
    if edit is None or edit.empty or edit.rate != 1 << 16:
        return None
    clock, _ = movie.picture.clock()
    lasts = Fraction(edit.duration * clock, movie.timescale)
    # A duration of nothing means all that there is.
    return edit.first if not lasts or lasts > times.ticks - times.frame_ticks else None


@dataclass(frozen=True)
class _Decoder:
    """What a decoder is told beside the samples. length_bytes: of the length before each NAL unit. ready: it has
    parameter sets."""

    length_bytes: int
    ready: bool


def _decoder(movie: Movie) -> _Decoder | None:
    """What the `avcC` says, None where there is none, or samples are described in more than one way."""
    file, descriptions = movie.file, movie.picture.need(b"stbl/stsd")
    if file.unpack(descriptions, ">I", 4) != (1,):
        return None
    entry = next(file.boxes(descriptions.body + 8, descriptions.end), None)
    inside = file.boxes(entry.body + _ENTRY, entry.end) if entry else ()
    told = next((inner for inner in inside if inner.kind == b"avcC"), None)
    if told is None:
        return None
    lengths, sets = file.unpack(told, ">BB", 4)
    sequences = sets & 0x1F
    return _Decoder((lengths & 3) + 1, bool(sequences and _pictures(file, told, sequences)))


def _pictures(file: File, told: Box, sequences: int) -> int:
    """How many picture parameter sets an `avcC` has, behind those of its sequences."""
    at = 6
    for _ in range(sequences):
        at += 2 + int(file.unpack(told, ">H", at)[0])
    return int(file.unpack(told, ">B", at)[0])


def _closed(file: File, run: range, samples: Sequence[Sample], decoder: _Decoder) -> bool:
    """Whether `samples` are a whole run, and no picture of it is made from one outside.

    In decoding order a picture is made from earlier ones, and from none before an IDR picture: so it is enough that the
    run begins with one.
    """
    if not run or len(samples) != len(run) or not all(sample.size for sample in samples) or not samples[0].start:
        return False
    before: set[int] = set()
    for kind in islice(_units(file, samples[0], decoder.length_bytes), _BEFORE_THE_PICTURE):
        if kind in _SLICES:
            return kind == _IDR and (decoder.ready or {_SPS, _PPS} <= before)
        before.add(kind)
    return False


def _units(file: File, sample: Sample, length_bytes: int) -> Iterator[int]:
    """The kinds of the NAL units of a sample, as far as they make sense."""
    at, end = sample.offset, sample.offset + sample.size
    while at + length_bytes < end:
        length = int.from_bytes(file.read(at, length_bytes), "big")
        at += length_bytes
        if not 0 < length <= end - at:
            return
        yield file.read(at, 1)[0] & 0x1F
        at += length


def _cut(movie: Movie, samples: Sequence[Sample], places: Sequence[int], fps: Fraction) -> Cut:
    """The movie of `samples`, which show the frames `places`."""
    file = movie.file
    brand = next((copied(file, top) for top in file.boxes(0, file.size) if top.kind == b"ftyp"), None)
    # Without one a file is QuickTime's.
    brand = brand or box(b"ftyp", b"qt  ", bytes(4), b"qt  ")
    length = sum(sample.size for sample in samples)
    media = struct.pack(">I4s", length + 8, b"mdat")
    if length + 8 >= 1 << 32:
        media = struct.pack(">I4sQ", 1, b"mdat", length + 16)
    clock = fine_clock(movie, len(samples), fps)
    order = sorted(range(len(samples)), key=places.__getitem__)

    def contents(offset: int) -> bytes:
        """The table of contents for samples that begin at `offset`. Its length is the same for every one."""
        moved = []
        for sample in samples:
            moved.append(sample._replace(offset=offset))
            offset += sample.size
        track, duration = picture_track(movie, moved, order, range(len(moved)), fps, clock)
        return box(b"moov", header(movie, clock, duration), track)

    before = len(brand) + len(contents(0)) + len(media)
    return Cut(brand + contents(before) + media, tuple(samples))
