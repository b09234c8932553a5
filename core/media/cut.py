# SPDX-License-Identifier: GPL-3.0-or-later
"""A movie's frames, or a run of them, as a movie of its own with nothing else in it, its samples bit for bit.

Where a run can be decoded without other frames is read from the tables and from the first sample itself. It plans;
`mp4.cut` writes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from . import h264
from .bare_contents import PICTURE_ENTRY, BareTrack, brand, contents
from .boxes import File
from .frame_times import REORDERED, FrameTimes, first_shown
from .headers import Edit, Movie, Track
from .samples import Sample, chunks, each, sizes
from .tables import copied, evenly, fine_clock, places, sample_tables

__all__ = ["Cut", "cuts", "parameter_sets"]

_BEFORE_THE_PICTURE = 64
"""NAL units at most that a sample is searched through for its picture."""
_FIRST_BYTES = 1 << 20
"""Of a sample, that are searched through for what comes before its picture."""


@dataclass(frozen=True)
class Cut:
    """A movie to be written. head: all of it before the samples. pieces: offset and size of those in the source, in
    order. before: what is put before the first.
    """

    head: bytes
    before: bytes
    pieces: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Bytes of the movie."""
        return len(self.head) + len(self.before) + sum(size for _, size in self.pieces)


def cuts(movie: Movie, runs: Sequence[range], fps: Fraction, *, keep_sound: bool = False) -> list[Cut | None]:
    """For each of `runs`, frames in the order of showing, 0 being the first that is shown, the movie of them at `fps`.

    keep_sound: the first sound track goes with a run that is all of the movie; any other run is silent. None where the
    samples of a run do not lie together, or cannot be decoded by themselves; always where the movie does not show each
    of its frames equally long from the start on. Raises Unreadable where its tables make no sense.
    """
    times = FrameTimes(movie)
    first, found = _found(movie, times, runs)
    decoder = _decoder(movie)
    note = _note(movie.file, first, decoder) if first is not None and decoder is not None else b""
    made: list[Cut | None] = []
    for run, (samples, shows) in zip(runs, found, strict=True):
        if run == range(times.frames) and len(samples) == len(run):
            sound = next((track for track in movie.tracks if keep_sound and track.handler == b"soun"), None)
            # Without an edit list its pictures may begin later than its sound, and would not any more.
            late = sound is not None and not movie.picture.edits() and _first_tick(movie, times)
            made.append(None if late else _cut(movie, samples, shows, fps, b"", sound))
        elif decoder is not None and _closed(movie.file, run, samples, decoder):
            made.append(_cut(movie, samples, shows, fps, b"" if samples[0] == first else note, None))
        else:
            made.append(None)
    return made


def _found(
    movie: Movie, times: FrameTimes, runs: Sequence[range]
) -> tuple[Sample | None, list[tuple[list[Sample], list[int]]]]:
    """The movie's first sample; and for each run its samples, if they follow each other, in the order of decoding, and
    the frames that they show.
    """
    nothing: list[tuple[list[Sample], list[int]]] = [([], []) for _ in runs]
    if movie.fragmented:
        # Its tables are walked through for all of it alone.
        runs = [run if run == range(times.frames) else range(0) for run in runs]
    if not times.constant or not any(runs):
        return None, nothing
    first = _first_tick(movie, times)
    if first is None:
        return None, nothing
    begin: Sample | None = None
    kept: list[list[tuple[int, Sample, int]]] = [[] for _ in runs]
    seen = bytearray(times.frames)
    now = 0
    for number, sample in enumerate(each(movie, movie.picture)):
        place, rest = divmod(now + sample.delay - first, times.frame_ticks)
        if rest or not 0 <= place < times.frames or seen[place]:
            return begin, nothing
        begin = begin or sample
        seen[place] = True
        for run, here in zip(runs, kept, strict=True):
            if place in run:
                here.append((number, sample, place))
        now += sample.ticks
    return begin, [
        ([sample for _, sample, _ in here], [place for _, _, place in here])
        if here and here[-1][0] - here[0][0] == len(here) - 1
        else ([], [])
        for here in kept
    ]


def _first_tick(movie: Movie, times: FrameTimes) -> int | None:
    """The tick at which the first frame has to begin for all of them to be shown. None where some cannot be."""
    edits = movie.picture.edits()
    if not edits:
        return _first_in_fragments(movie) if movie.fragmented else first_shown(movie.picture)
    (edit,) = edits if len(edits) == 1 else (None,)
    if edit is None or edit.empty or edit.rate != 1 << 16:
        return None
    clock, _ = movie.picture.clock()
    lasts = Fraction(edit.duration * clock, movie.timescale)
    # A duration of nothing means all that there is.
    return edit.first if not lasts or lasts > times.ticks - times.frame_ticks else None


def _first_in_fragments(movie: Movie) -> int:
    now = 0
    found: list[int] = []
    for sample in islice(each(movie, movie.picture), REORDERED):
        found.append(now + sample.delay)
        now += sample.ticks
    return min(found, default=0)


@dataclass(frozen=True)
class _Decoder:
    """What a decoder is told beside the samples. length_bytes: of the length before each NAL unit. ready: it has
    parameter sets."""

    length_bytes: int
    ready: bool


def _decoder(movie: Movie) -> _Decoder | None:
    """What the `avcC` says, None where there is none, or samples are described in more than one way."""
    told = parameter_sets(movie)
    if told is None:
        return None
    length_bytes, sequences, pictures = told
    return _Decoder(length_bytes, bool(sequences and pictures))


def parameter_sets(movie: Movie) -> tuple[int, list[bytes], int] | None:
    """What an `avcC` holds: bytes of each NAL unit's length, parameter sets of sequences, how many of pictures.

    None where there is none, or samples are described in more than one way.
    """
    file, descriptions = movie.file, movie.picture.need(b"stbl/stsd")
    if file.unpack(descriptions, ">I", 4) != (1,):
        return None
    entry = next(file.boxes(descriptions.body + 8, descriptions.end), None)
    inside = file.boxes(entry.body + PICTURE_ENTRY, entry.end) if entry else ()
    told = next((inner for inner in inside if inner.kind == b"avcC"), None)
    if told is None:
        return None
    lengths, count = file.unpack(told, ">BB", 4)
    at, sequences = 6, []
    for _ in range(count & 0x1F):
        (length,) = file.unpack(told, ">H", at)
        sequences.append(bytes(file.unpack(told, f"{length}s", at + 2)[0]))
        at += 2 + length
    pictures = int(file.unpack(told, ">B", at)[0]) if sequences else 0
    return (lengths & 3) + 1, sequences, pictures


def _note(file: File, first: Sample, decoder: _Decoder) -> bytes:
    """The note that an encoder left in a movie's first sample, as a NAL unit with its length; nothing without one."""
    for unit in _units(file, first, decoder.length_bytes):
        if h264.is_encoders_name(unit):
            return len(unit).to_bytes(decoder.length_bytes, "big") + unit
    return b""


def _closed(file: File, run: range, samples: Sequence[Sample], decoder: _Decoder) -> bool:
    """Whether `samples` are a whole run, and no picture of it is made from one outside.

    In decoding order a picture is made from earlier ones, and from none before an IDR picture: so it is enough that the
    run begins with one.
    """
    if not run or len(samples) != len(run) or not all(sample.size for sample in samples) or not samples[0].start:
        return False
    before: set[int] = set()
    for unit in _units(file, samples[0], decoder.length_bytes):
        kind = h264.kind(unit)
        if kind in h264.SLICES:
            return kind == h264.IDR and (decoder.ready or {h264.SPS, h264.PPS} <= before)
        before.add(kind)
    return False


def _units(file: File, sample: Sample, length_bytes: int) -> list[bytes]:
    """The first NAL units of a sample, as far as they make sense, the picture's own without most of it."""
    found: list[bytes] = []
    at, end = sample.offset, sample.offset + sample.size
    while at + length_bytes < end and len(found) < _BEFORE_THE_PICTURE:
        length = int.from_bytes(file.read(at, length_bytes), "big")
        at += length_bytes
        if not 0 < length <= end - at:
            break
        is_picture = h264.kind(file.read(at, 1)) in h264.SLICES
        found.append(file.read(at, 1 if is_picture else min(length, _FIRST_BYTES)))
        if is_picture:
            break
        at += length
    return found


def _cut(
    movie: Movie, samples: Sequence[Sample], shows: Sequence[int], fps: Fraction, note: bytes, sound: Track | None
) -> Cut:
    """The movie of `samples`, which show the frames `shows`. note: put before the first. sound: goes with them."""
    clock = fine_clock(movie, len(samples), fps)
    order = sorted(range(len(samples)), key=shows.__getitem__)
    even, edit = evenly(samples, order, range(len(samples)), fps, clock)
    blocks = [] if sound is None else _blocks(movie, sound)
    # The samples lie as they lay: sound beside the picture that it belongs to.
    pieces = sorted([(sample.offset, sample.size) for sample in samples] + blocks)
    length = len(note) + sum(size for _, size in pieces)
    media = struct.pack(">I4s", length + 8, b"mdat")
    if length + 8 >= 1 << 32:
        media = struct.pack(">I4sQ", 1, b"mdat", length + 16)

    def head(begin: int) -> bytes:
        """All before the samples, which begin at `begin`. Its length is the same for every one."""
        moved, at = {}, begin + len(note)
        for offset, size in pieces:
            moved[offset] = at
            at += size
        placed = [sample._replace(offset=moved[sample.offset]) for sample in even]
        if note:
            placed[0] = placed[0]._replace(offset=placed[0].offset - len(note), size=placed[0].size + len(note))
        ticks = len(samples) * fps.denominator
        tables = b"".join(sample_tables(placed))
        tracks = [BareTrack(movie.picture, tables, [edit], fps.numerator, ticks, edit.duration)]
        if sound is not None:
            tracks.append(_sound(movie, sound, clock, [moved[offset] for offset, _ in blocks]))
        return brand(movie) + contents(movie, clock, tracks) + media

    return Cut(head(len(head(0))), note, tuple(pieces))


def _blocks(movie: Movie, track: Track) -> list[tuple[int, int]]:
    """Where the runs of samples of a sound track lie, offset and size, in its own order."""
    if movie.fragmented:
        return [(sample.offset, sample.size) for sample in each(movie, track)]
    lengths = iter(sizes(track))
    return [(offset, sum(islice(lengths, count))) for offset, count in chunks(track)]


def _sound(movie: Movie, track: Track, clock: int, at: Sequence[int]) -> BareTrack:
    """A sound track at its own pace, whose runs of samples lie at `at`."""
    own, duration = track.clock()
    if movie.fragmented:
        samples = [sample._replace(offset=place) for sample, place in zip(each(movie, track), at, strict=True)]
        tables = b"".join(sample_tables(samples))
        duration = sum(sample.ticks for sample in samples)
    else:
        same = [copied(movie.file, track.need(b"stbl/" + kind)) for kind in (b"stts", b"stsc", b"stsz")]
        tables = b"".join(same) + places(at)
    edits = [edit._replace(duration=round(Fraction(edit.duration * clock, movie.timescale))) for edit in track.edits()]
    # Fragmented files often leave the duration out.
    if movie.fragmented and not any(edit.duration for edit in edits):
        edits = [Edit(round(Fraction(duration * clock, own)), max(0, edits[0].first if edits else 0), 1 << 16)]
    lasts = sum(edit.duration for edit in edits) or round(Fraction(duration * clock, own))
    return BareTrack(track, tables, edits, own, duration, lasts)
