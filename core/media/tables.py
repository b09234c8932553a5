# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of contents of a movie anew: its video track with equally long frames, the sample tables, any box.

It lists samples where they are said to lie. Which ones, and what they become, is `remux`'s and `cut`'s to say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby

from ..words import say
from .boxes import Box, File
from .headers import Edit, Movie, Track, clock_place
from .samples import Sample

__all__ = [
    "box",
    "copied",
    "edit_list",
    "evenly",
    "fine_clock",
    "header",
    "picture_track",
    "places",
    "sample_tables",
    "track",
]

_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_LARGEST_CLOCK = (1 << 31) - 1


def fine_clock(movie: Movie, frames: int, fps: Fraction) -> int:
    """Ticks per second of a movie: no coarser than its own ones, and such that a frame at `fps` is whole ticks.

    Raises Unreadable where the times of so many frames would be too large.
    """
    clock = -(-movie.timescale // fps.numerator) * fps.numerator
    if max(clock, fps.numerator) > _LARGEST_CLOCK or frames * fps.denominator >= 1 << 32:
        raise movie.file.refused(say("its new times would be too large"))
    return clock


def header(movie: Movie, clock: int, duration: int) -> bytes:
    """The `mvhd` with another clock and duration."""
    return _with(movie.file, movie.header, (clock_place(movie.file, movie.header), (clock, duration)))


def picture_track(
    movie: Movie, found: Sequence[Sample], frames: Sequence[int], seen: range, fps: Fraction, clock: int
) -> tuple[bytes, int]:
    """The first video track with equally long frames, upright, and its duration by the movie's new `clock`.

    found: its samples. frames: their numbers in the order of showing. seen: which of those are shown.
    """
    even, edit = evenly(found, frames, seen, fps, clock)
    media = (fps.numerator, len(found) * fps.denominator)
    return track(movie, movie.picture, even, [edit], media, edit.duration, _MATRIX), edit.duration


def evenly(
    found: Sequence[Sample], frames: Sequence[int], seen: range, fps: Fraction, clock: int
) -> tuple[list[Sample], Edit]:
    """The same samples, equally long by a clock of `fps.numerator` ticks, and what shows those that are seen.

    The rest is as with `picture_track`.
    """
    ticks = fps.denominator
    rank = [0] * len(found)
    for place, number in enumerate(frames):
        rank[number] = place
    delay = max(number - place for number, place in enumerate(rank))
    even = [
        sample._replace(ticks=ticks, delay=(rank[number] - number + delay) * ticks)
        for number, sample in enumerate(found)
    ]
    return even, Edit(len(seen) * clock * ticks // fps.numerator, (delay + seen.start) * ticks, 1 << 16)


def track(
    movie: Movie,
    old: Track,
    found: Sequence[Sample] | None,
    edits: Sequence[Edit],
    media: tuple[int, int],
    duration: int,
    matrix: bytes = b"",
) -> bytes:
    """A `trak`. found: its samples, None where its tables stay. media: its clock and duration. matrix: if another."""
    file = movie.file
    place = old.need(b"trak/tkhd")
    patched = bytearray(_with(file, place, ((">Q", 28) if file.long(place) else (">I", 20), (duration,))))
    if matrix:
        at = place.body - place.start + (52 if file.long(place) else 40)
        patched[at : at + len(matrix)] = matrix
    clock = old.need(b"mdia/mdhd")
    replaced = {
        b"trak/tkhd": bytes(patched) + edit_list(edits),
        b"trak/edts": b"",
        b"trak/tref": b"",
        b"mdia/mdhd": _with(file, clock, (clock_place(file, clock), media)),
    }
    if found is not None:
        # Whatever else a table says of samples by their numbers is of no need.
        replaced[b"minf/stbl"] = box(b"stbl", copied(file, old.need(b"stbl/stsd")), *sample_tables(found))
    return _replaced(file, old.box, replaced, {b"trak/mdia", b"mdia/minf"})


def _replaced(file: File, old: Box, by: dict[bytes, bytes], entered: set[bytes]) -> bytes:
    """`old` with some of what is in it, by 'parent/kind', replaced."""
    content = []
    for child in file.inside(old):
        path = old.kind + b"/" + child.kind
        if path in by:
            content.append(by[path])
        elif path in entered:
            content.append(_replaced(file, child, by, entered))
        else:
            content.append(copied(file, child))
    return box(old.kind, *content)


def sample_tables(found: Sequence[Sample]) -> Iterable[bytes]:
    """The sample tables but for how they are coded."""
    yield _table(b"stts", ">II", _counted(sample.ticks for sample in found))
    if any(sample.delay for sample in found):
        yield _table(b"ctts", ">II", _counted(sample.delay for sample in found))
    if not all(sample.start for sample in found):
        yield _table(b"stss", ">I", [(number,) for number, sample in enumerate(found, 1) if sample.start])
    chunks: list[list[int]] = []
    end = -1
    for sample in found:
        if sample.offset == end:
            chunks[-1][1] += 1
        else:
            chunks.append([sample.offset, 1])
        end = sample.offset + sample.size
    groups = [
        (number, count, 1)
        for number, (_, count) in enumerate(chunks, 1)
        if number == 1 or count != chunks[number - 2][1]
    ]
    yield _table(b"stsc", ">III", groups)
    sizes = [sample.size for sample in found]
    yield box(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes))
    yield places([offset for offset, _ in chunks])


def places(chunks: Sequence[int]) -> bytes:
    """Where the runs of samples lie in the file."""
    return _table(b"co64", ">Q", [(offset,) for offset in chunks])


def _counted(values: Iterable[int]) -> list[tuple[int, int]]:
    """How often each value comes in a row."""
    return [(sum(1 for _ in group), value) for value, group in groupby(values)]


def edit_list(edits: Sequence[Edit]) -> bytes:
    """An `edts`, nothing where there are no edits."""
    rows = b"".join(struct.pack(">qqI", *edit) for edit in edits)
    return box(b"edts", box(b"elst", struct.pack(">BxxxI", 1, len(edits)), rows)) if edits else b""


def _table(kind: bytes, layout: str, rows: Sequence[tuple[int, ...]]) -> bytes:
    return box(kind, struct.pack(">II", 0, len(rows)), *(struct.pack(layout, *row) for row in rows))


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of `kind`."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def copied(file: File, old: Box) -> bytes:
    """A box as it is in the file, its header too."""
    return file.whole(old)


def _with(file: File, old: Box, *changes: tuple[tuple[str, int], tuple[int, ...]]) -> bytes:
    """A copy of `old` with other values at some places of its content."""
    content = bytearray(copied(file, old))
    for (layout, at), values in changes:
        try:
            struct.pack_into(layout, content, old.body - old.start + at, *values)
        except struct.error as error:
            raise file.refused(say("its {box} has no room for the new times", box=old)) from error
    return bytes(content)
