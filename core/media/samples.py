# SPDX-License-Identifier: GPL-3.0-or-later
"""The samples of one track of a movie: where each lies in the file, when it is shown, from its tables and fragments.

The order is that of decoding; `shown` gives that of showing. It decodes nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice, pairwise, repeat, takewhile
from typing import NamedTuple

from ..words import say
from .boxes import Box, File, Truncated
from .frame_times import first_shown
from .headers import Movie, Track, fragment_header

__all__ = [
    "Presentation",
    "Sample",
    "begin",
    "check_whole",
    "chunks",
    "decoded_from",
    "each",
    "intact",
    "samples",
    "shown",
    "sizes",
    "ticks_into",
]

# What the flags of a `tfhd` and a `trun` say is there, and what the flags of a sample say of it.
_BASE_OFFSET, _DESCRIPTION, _USUAL_TICKS, _USUAL_SIZE, _USUAL_FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20
_DATA_OFFSET, _FIRST_FLAGS, _TICKS, _SIZES, _FLAGS, _DELAYS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800
_NO_START = 0x10000

_END = (1 << 32, 0, 0)
"""Behind the last row of an `stsc`."""
_MAX_KEPT = 1 << 17
"""Samples of which a list is made: 36 minutes at 60 fps, where a result lasts seconds. A film is told one by one."""


class Sample(NamedTuple):
    """A frame, or a block of sound. offset, size: bytes. ticks: how long it lasts. delay: from decoding to showing.

    start: decoding can begin with it.
    """

    offset: int
    size: int
    ticks: int
    delay: int
    start: bool


class Presentation(NamedTuple):
    """What a player shows of a video track.

    frames: the numbers of its samples, in the order of showing; the hidden ones too. first, end: which of them are
    shown, end exclusive. begins: seconds at which each of those begins, from the first one on. seconds: of all. start:
    seconds before the first of them.
    """

    frames: list[int]
    first: int
    end: int
    begins: tuple[Fraction, ...]
    seconds: Fraction
    start: Fraction = Fraction(0)


def samples(movie: Movie, track: Track) -> list[Sample]:
    """The samples of `track`. Raises Unreadable where its tables make no sense, or tell of more than results have."""
    found = list(islice(each(movie, track), _MAX_KEPT + 1))
    if len(found) > _MAX_KEPT:
        raise movie.file.nonsense(say("it has more than {count} pictures", count=_MAX_KEPT))
    return found


def each(movie: Movie, track: Track) -> Iterator[Sample]:
    """The samples of `track` one by one, for who need not keep those of a long film. Raises as `samples` does."""
    for sample in _told(movie, track):
        if sample.offset < 0 or sample.offset + sample.size > movie.file.size:
            raise _missing(movie.file)
        yield sample


def begin(movie: Movie, track: Track) -> int:
    """The tick of its own clock at which something of `track` is shown or heard first, before any edit."""
    if not movie.fragmented:
        return first_shown(track)
    first = next(_told(movie, track), None)
    return decoded_from(movie, track) + (first.delay if first else 0)


def decoded_from(movie: Movie, track: Track) -> int:
    """The tick that the fragments of `track` begin with; 0 where its samples begin in a table, or nothing is said."""
    file, number = movie.file, _number(track)
    if next(file.table(track.need(b"stbl/stts"), ">II"), None) is not None:
        return 0
    for fragment in movie.fragments:
        for part in file.inside(fragment):
            if part.kind == b"traf" and file.unpack(fragment_header(file, part), ">I", 4)[0] == number:
                told = (box for box in file.inside(part) if box.kind == b"tfdt")
                return next((int(file.unpack(box, ">Q" if file.long(box) else ">I", 4)[0]) for box in told), 0)
    return 0


def ticks_into(track: Track, tick: int) -> int:
    """How far into a sample of its table a `tick` of `track` lies; 0 where it is in none."""
    now, table = 0, track.boxes.get(b"stbl/stts")
    for count, ticks in track.file.table(table, ">II") if table else ():
        if now <= tick < now + count * ticks:
            return int((tick - now) % ticks)
        now += count * ticks
    return 0


def intact(movie: Movie) -> tuple[int, int]:
    """How many frames are shown before the first one that is missing, and how many there are in all."""
    times, first_missing, now = array("q"), None, 0
    for sample in _told(movie, movie.picture):
        at = now + sample.delay
        times.append(at)
        if sample.offset + sample.size > movie.file.size and (first_missing is None or at < first_missing):
            first_missing = at
        now += sample.ticks
    return len(times) if first_missing is None else sum(at < first_missing for at in times), len(times)


def _told(movie: Movie, track: Track) -> Iterator[Sample]:
    return chain(_of_table(track), _of_fragments(movie, track))


def _missing(file: File) -> Truncated:
    return file.truncated(say("pictures or sound lie after its end"))


def check_whole(movie: Movie, track: Track) -> None:
    """Raise Truncated where a sample of `track` lies after the file's end, Unreadable where its tables make no sense.

    Sound that is not packed has a sample for each moment: where all are of one size they are not told one by one.
    """
    file, (_, size, count) = movie.file, _counted(track)
    if not size or movie.fragmented:
        for _ in each(movie, track):
            pass
        return
    for offset, here in _chunks(track, count):
        if offset + here * size > file.size:
            raise _missing(file)


def shown(movie: Movie, found: Sequence[Sample]) -> Presentation:
    """In which order and when the samples of the first video track are shown."""
    clock, _ = movie.picture.clock()
    times = []
    now = 0
    for sample in found:
        times.append(now + sample.delay)
        now += sample.ticks
    frames = sorted(range(len(found)), key=lambda number: (times[number], number))
    first, end = 0, len(frames)
    every = movie.picture.edits()
    edits = [edit for edit in every if not edit.empty]
    nothing = sum(edit.duration for edit in takewhile(lambda edit: edit.empty, every))
    # Several edits show a movie that was cut together: then all of its frames are taken.
    if len(edits) == 1:
        half = Fraction(now, 2 * len(found))
        stop = edits[0].first + Fraction(edits[0].duration * clock, movie.timescale)
        first = sum(time < edits[0].first - half for time in times)
        # A duration of nothing means all that there is.
        end = sum(time < stop - half for time in times) if edits[0].duration else end
        if first >= end:
            first, end = 0, len(frames)
    begins = [times[frame] for frame in frames[first:end]]
    first_tick = (edits[0].first if edits else 0) - decoded_from(movie, movie.picture)
    last = max(1, found[frames[end - 1]].ticks)
    return Presentation(
        frames,
        first,
        end,
        tuple(Fraction(time - begins[0], clock) for time in begins),
        Fraction(begins[-1] - begins[0] + last, clock),
        Fraction(nothing, movie.timescale) + max(Fraction(0), Fraction(begins[0] - first_tick, clock)),
    )


def sizes(track: Track) -> Iterator[int]:
    """The bytes of each sample in the table of `track`."""
    file, box, size, count = track.file, *_counted(track)
    return (row[0] for row in file.rows(box, ">I", count, 12)) if not size else repeat(size, count)


def chunks(track: Track) -> Iterator[tuple[int, int]]:
    """Where the runs of samples in the table of `track` lie in the file, and how many samples each has."""
    _, _, count = _counted(track)
    return _chunks(track, count)


def _counted(track: Track) -> tuple[Box, int, int]:
    """The `stsz`, the bytes of each sample, 0 where they differ, and how many there are."""
    file = track.file
    box = track.boxes.get(b"stbl/stsz")
    if box is None:
        raise file.refused(say("its table of sizes is of a rare kind"))
    size, count = file.unpack(box, ">II", 4)
    return box, size, count


def _of_table(track: Track) -> Iterator[Sample]:
    file = track.file
    _, _, count = _counted(track)
    if not count:
        return
    file.expect(count)
    lengths = sizes(track)
    ticks = _spread(file, track.need(b"stbl/stts"), ">II")
    delays = _spread(file, track.boxes.get(b"stbl/ctts"), ">Ii")
    starts = track.boxes.get(b"stbl/stss")
    keys = _marked(file, starts, count) if starts else None
    number = 0
    for offset, here in _chunks(track, count):
        for length in islice(lengths, here):
            number += 1
            yield Sample(offset, length, next(ticks, 0), next(delays, 0), keys is None or bool(keys[number]))
            offset += length


def _marked(file: File, starts: Box, count: int) -> bytearray:
    """For each sample, by its number from 1 on, whether an `stss` names it."""
    marks = bytearray(count + 1)
    for (number,) in file.table(starts, ">I"):
        if number <= count:
            marks[number] = 1
    return marks


def _spread(file: File, box: Box | None, layout: str) -> Iterator[int]:
    """The value for each sample, of a table that holds counts and values."""
    for count, value in file.table(box, layout) if box else ():
        for _ in range(count):
            yield value


def _chunks(track: Track, count: int) -> Iterator[tuple[int, int]]:
    """Where runs of samples lie in the file, and how many each has, until all `count` of them are told."""
    file = track.file
    wide = b"stbl/co64" in track.boxes
    chunks = file.table(track.need(b"stbl/co64" if wide else b"stbl/stco"), ">Q" if wide else ">I")
    left, reached = count, 1
    # Each group is of the chunks from its first one up to the next one's; a last one without an end closes the list.
    for (first, size, _), (following, _, _) in pairwise(chain(file.table(track.need(b"stbl/stsc"), ">III"), [_END])):
        for (offset,) in islice(chunks, max(0, first - reached), max(0, following - reached)):
            here = min(size, left)
            left -= here
            yield offset, here
        reached = max(reached, following)
    if left:
        raise file.nonsense(say("{count} of its samples are nowhere", count=left))


def _number(track: Track) -> int:
    """By which fragments name the track."""
    header = track.need(b"trak/tkhd")
    (number,) = track.file.unpack(header, ">I", 20 if track.file.long(header) else 12)
    return int(number)


def _of_fragments(movie: Movie, track: Track) -> Iterator[Sample]:
    file, number = movie.file, _number(track)
    usual = (0, 0, 0)
    extends = movie.boxes.get(b"moov/mvex")
    for box in file.inside(extends) if extends else ():
        if box.kind == b"trex" and file.unpack(box, ">I", 4)[0] == number:
            usual = file.unpack(box, ">III", 12)
    for fragment in movie.fragments:
        for part in file.inside(fragment):
            if part.kind == b"traf":
                yield from _of_fragment(file, fragment, part, number, usual)


def _of_fragment(file: File, fragment: Box, part: Box, number: int, usual: tuple[int, int, int]) -> Iterator[Sample]:
    """What the `traf` `part` holds, if it is of track `number`. usual: ticks, size and flags of a sample."""
    header = fragment_header(file, part)
    told, track = file.unpack(header, ">II")
    if track != number:
        return
    base, at = fragment.start, 8
    if told & _BASE_OFFSET:
        (base,) = file.unpack(header, ">Q", at)
        at += 8
    at += 4 if told & _DESCRIPTION else 0
    values = list(usual)
    for place, flag in enumerate((_USUAL_TICKS, _USUAL_SIZE, _USUAL_FLAGS)):
        if told & flag:
            (values[place],) = file.unpack(header, ">I", at)
            at += 4
    offset = base
    for run in file.inside(part):
        if run.kind == b"trun":
            for sample in _of_run(file, run, base, offset, (values[0], values[1], values[2])):
                yield sample
                offset = sample.offset + sample.size


def _of_run(file: File, run: Box, base: int, offset: int, usual: tuple[int, int, int]) -> Iterator[Sample]:
    told, count = file.unpack(run, ">II")
    at = 8
    if told & _DATA_OFFSET:
        offset = base + file.unpack(run, ">i", at)[0]
        at += 4
    first_flags = None
    if told & _FIRST_FLAGS:
        (first_flags,) = file.unpack(run, ">I", at)
        at += 4
    here = [flag for flag in (_TICKS, _SIZES, _FLAGS, _DELAYS) if told & flag]
    file.expect(count)
    rows = file.rows(run, ">" + "".join("i" if flag == _DELAYS else "I" for flag in here), count, at) if here else None
    for number in range(count):
        row = dict(zip(here, next(rows), strict=True)) if rows else {}
        flags = row.get(_FLAGS, usual[2] if number or first_flags is None else first_flags)
        size = row.get(_SIZES, usual[1])
        yield Sample(offset, size, row.get(_TICKS, usual[0]), row.get(_DELAYS, 0), not flags & _NO_START)
        offset += size
