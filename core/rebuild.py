# SPDX-License-Identifier: GPL-3.0-or-later
"""A new table of contents for a movie whose own one Blender cannot follow by frames: uneven ones, fragments, cuts.

It lists the samples where they are, so that they stay bit for bit; it goes behind them, and `mp4.even` writes it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby

from .boxes import Box, File
from .movie import Edit, Movie, Track, clock_place
from .samples import Sample, Shown, samples, shown
from .words import say

__all__ = ["new_contents"]

_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_OLD = {b"moov", b"moof", b"mfra", b"sidx", b"styp"}
_LARGEST_CLOCK = (1 << 31) - 1
_TABLES = {b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"sdtp", b"sbgp", b"sgpd"}


def new_contents(movie: Movie, fps: Fraction, *, keep_sound: bool) -> tuple[list[tuple[int, bytes]], bytes]:
    """Offsets in the file and the bytes to write there, and what to append: the first video track at exactly `fps`.

    Its first frame that is shown begins at once; keep_sound: the sound tracks stay in step with it. Raises Unreadable
    where it cannot be done.
    """
    file = movie.file
    found = samples(movie, movie.picture)
    seen = shown(movie, found)
    if fps.numerator > _LARGEST_CLOCK or len(found) * fps.denominator >= 1 << 32:
        raise file.refused(say("its new times would be too large"))
    # The nearest clock that is no coarser and in which a frame is a whole number of ticks.
    clock = -(-movie.timescale // fps.numerator) * fps.numerator
    if clock > _LARGEST_CLOCK:
        raise file.refused(say("its new times would be too large"))
    tracks = [_picture(movie, found, seen, fps, clock)]
    if keep_sound:
        tracks += [_sound(movie, track, clock, seen.start) for track in movie.tracks if track.handler == b"soun"]
    length = max(duration for _, duration in tracks)
    header = _with(file, movie.header, (clock_place(file, movie.header), (clock, length)))
    kept = [
        _copy(file, box)
        for box in file.inside(movie.contents)
        if box.kind not in (b"mvhd", b"trak", b"mvex", b"iods") and box.kind != b"free"
    ]
    old = [(box.start + 4, b"free") for box in file.boxes(0, file.size) if box.kind in _OLD]
    return [*old, *_closed(file)], _box(b"moov", header, *(track for track, _ in tracks), *kept)


def _picture(movie: Movie, found: list[Sample], seen: Shown, fps: Fraction, clock: int) -> tuple[bytes, int]:
    """The first video track with equally long frames, and its duration."""
    ticks = fps.denominator
    rank = [0] * len(found)
    for place, number in enumerate(seen.frames):
        rank[number] = place
    delay = max(number - place for number, place in enumerate(rank))
    even = [
        sample._replace(ticks=ticks, delay=(rank[number] - number + delay) * ticks)
        for number, sample in enumerate(found)
    ]
    duration = (seen.end - seen.first) * clock * ticks // fps.numerator
    edit = Edit(duration, (delay + seen.first) * ticks, 1 << 16)
    media = (fps.numerator, len(found) * ticks)
    return _track(movie, movie.picture, even, [edit], media, duration, _MATRIX), duration


def _sound(movie: Movie, track: Track, clock: int, late: Fraction) -> tuple[bytes, int]:
    """A sound track as it is, begun by `late` seconds earlier; and its duration."""
    own, length = track.clock()
    found = samples(movie, track) if movie.fragmented else None
    if found is not None:
        length = sum(sample.ticks for sample in found)
    edits = []
    for edit in track.edits() or [Edit(round(Fraction(length * movie.timescale, own)), 0, 1 << 16)]:
        # Fragmented files often leave the duration out.
        lasts = Fraction(edit.duration, movie.timescale) or Fraction(length - max(0, edit.first), own)
        cut = min(late, lasts)
        late -= cut
        if lasts > cut:
            first = edit.first if edit.empty else edit.first + round(cut * own)
            edits.append(Edit(round((lasts - cut) * clock), first, edit.rate))
    duration = sum(edit.duration for edit in edits)
    return _track(movie, track, found, edits, (own, length), duration, b""), duration


def _track(
    movie: Movie,
    track: Track,
    found: Sequence[Sample] | None,
    edits: Sequence[Edit],
    media: tuple[int, int],
    duration: int,
    matrix: bytes,
) -> bytes:
    """A `trak`. found: its samples, None where its tables stay. media: its clock and duration. matrix: if another."""
    file = movie.file
    header = track.need(b"trak/tkhd")
    place = (">Q", 28) if file.long(header) else (">I", 20)
    patched = bytearray(_with(file, header, (place, (duration,))))
    if matrix:
        at = header.body - header.start + _matrix_at(file, header)
        patched[at : at + len(matrix)] = matrix
    clock = track.need(b"mdia/mdhd")
    replaced = {
        b"trak/tkhd": bytes(patched),
        b"trak/edts": b"",
        b"trak/tref": b"",
        b"mdia/mdhd": _with(file, clock, (clock_place(file, clock), media)),
    }
    if found is not None:
        kept = [box for box in file.inside(track.need(b"minf/stbl")) if box.kind not in _TABLES]
        replaced[b"minf/stbl"] = _box(b"stbl", *(_copy(file, box) for box in kept), *_tables(found))
    replaced[b"trak/tkhd"] += _edit_list(edits)
    return _replaced(file, track.box, replaced, {b"trak/mdia", b"mdia/minf"})


def _replaced(file: File, box: Box, by: dict[bytes, bytes], entered: set[bytes]) -> bytes:
    """`box` with some of what is in it, by 'parent/kind', replaced."""
    content = []
    for child in file.inside(box):
        path = box.kind + b"/" + child.kind
        if path in by:
            content.append(by[path])
        elif path in entered:
            content.append(_replaced(file, child, by, entered))
        else:
            content.append(_copy(file, child))
    return _box(box.kind, *content)


def _tables(found: Sequence[Sample]) -> Iterable[bytes]:
    """The sample tables."""
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
    yield _box(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes))
    yield _table(b"co64", ">Q", [(offset,) for offset, _ in chunks])


def _counted(values: Iterable[int]) -> list[tuple[int, int]]:
    """How often each value comes in a row."""
    return [(sum(1 for _ in group), value) for value, group in groupby(values)]


def _edit_list(edits: Sequence[Edit]) -> bytes:
    rows = b"".join(struct.pack(">qqI", *edit) for edit in edits)
    return _box(b"edts", _box(b"elst", struct.pack(">BxxxI", 1, len(edits)), rows)) if edits else b""


def _matrix_at(file: File, header: Box) -> int:
    return 52 if file.long(header) else 40


def _table(kind: bytes, layout: str, rows: Sequence[tuple[int, ...]]) -> bytes:
    return _box(kind, struct.pack(">II", 0, len(rows)), *(struct.pack(layout, *row) for row in rows))


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _copy(file: File, box: Box) -> bytes:
    return file.read(box.start, box.end - box.start)


def _with(file: File, box: Box, *changes: tuple[tuple[str, int], tuple[int, ...]]) -> bytes:
    """A copy of `box` with other values at some places of its content."""
    content = bytearray(_copy(file, box))
    for (layout, at), values in changes:
        try:
            struct.pack_into(layout, content, box.body - box.start + at, *values)
        except struct.error as error:
            raise file.refused(say("its {box} has no room for the new times", box=box)) from error
    return bytes(content)


def _closed(file: File) -> list[tuple[int, bytes]]:
    """What ends a last box of open length where the file ends now."""
    last = list(file.boxes(0, file.size))[-1]
    if file.read(last.start, 4) != bytes(4):
        return []
    if last.end - last.start >= 1 << 32:
        raise file.refused(say("its last box is too long"))
    return [(last.start, struct.pack(">I", last.end - last.start))]
