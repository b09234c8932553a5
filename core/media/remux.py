# SPDX-License-Identifier: GPL-3.0-or-later
"""A new table of contents for a movie whose own one Blender cannot follow by frames: uneven ones, fragments, cuts.

It lists the samples where they are, so that they stay bit for bit; it goes behind them, and `mp4.with_even_rate`
writes it.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from ..words import say
from .boxes import File
from .headers import Edit, Movie, Track
from .samples import decoded_from, samples, shown
from .tables import box, copied, fine_clock, header, picture_track, track

__all__ = ["new_contents"]

_OLD = {b"moov", b"moof", b"mfra", b"sidx", b"styp"}


def new_contents(movie: Movie, fps: Fraction, *, keep_sound: bool) -> tuple[list[tuple[int, bytes]], bytes]:
    """Offsets in the file and the bytes to write there, and what to append: the first video track at exactly `fps`.

    Its first frame that is shown begins at once; keep_sound: the sound tracks stay in step with it. Raises Unreadable
    where it cannot be done.
    """
    file = movie.file
    found = samples(movie, movie.picture)
    seen = shown(movie, found)
    clock = fine_clock(movie, len(found), fps)
    tracks = [picture_track(movie, found, seen.frames, range(seen.first, seen.end), fps, clock)]
    if keep_sound:
        tracks += [_sound(movie, each, clock, seen.start) for each in movie.tracks if each.handler == b"soun"]
    length = max(duration for _, duration in tracks)
    kept = [
        copied(file, each)
        for each in file.inside(movie.contents)
        if each.kind not in (b"mvhd", b"trak", b"mvex", b"iods", b"free")
    ]
    old = [(each.start + 4, b"free") for each in file.boxes(0, file.size) if each.kind in _OLD]
    contents = box(b"moov", header(movie, clock, length), *(each for each, _ in tracks), *kept)
    return [*old, *_closed(file)], contents


def _sound(movie: Movie, old: Track, clock: int, late: Fraction) -> tuple[bytes, int]:
    """A sound track as it is, begun by `late` seconds earlier where it does; and its duration."""
    own, length = old.clock()
    found = samples(movie, old) if movie.fragmented else None
    if found is not None:
        length = sum(sample.ticks for sample in found)
    late -= Fraction(decoded_from(movie, old), own)
    edits = [Edit(round(-late * clock), -1, 1 << 16)] if late < 0 else []
    late = max(Fraction(0), late)
    for edit in old.edits() or [Edit(round(Fraction(length * movie.timescale, own)), 0, 1 << 16)]:
        # Fragmented files often leave the duration out.
        lasts = Fraction(edit.duration, movie.timescale) or Fraction(length - max(0, edit.first), own)
        cut = min(late, lasts)
        late -= cut
        if lasts > cut:
            first = edit.first if edit.empty else edit.first + round(cut * own)
            edits.append(Edit(round((lasts - cut) * clock), first, edit.rate))
    duration = sum(edit.duration for edit in edits)
    return track(movie, old, found, edits, (own, length), duration), duration


def _closed(file: File) -> list[tuple[int, bytes]]:
    """What ends a last box of open length where the file ends now."""
    last = list(file.boxes(0, file.size))[-1]
    if file.read(last.start, 4) != bytes(4):
        return []
    if last.end - last.start >= 1 << 32:
        raise file.refused(say("its last box is too long"))
    return [(last.start, struct.pack(">I", last.end - last.start))]
