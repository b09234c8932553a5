# SPDX-License-Identifier: GPL-3.0-or-later
"""What to overwrite in a movie's headers so that its pictures run at another frame rate, or its sound begins elsewhere.

No box changes its size, so every sample stays where the tables say it is. It plans; `mp4.relabel` writes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from fractions import Fraction

from ..words import say
from .boxes import Box, File
from .frame_times import FrameTimes
from .headers import Edit, Movie, Track, clock_place, edit_layout
from .samples import ticks_into

__all__ = ["new_times", "whole_sound"]


def new_times(movie: Movie, fps: Fraction, *, keep_sound: bool) -> list[tuple[int, bytes]]:
    """Offsets in the file and the bytes to write there: the first video track runs at `fps`, no other one is left.

    keep_sound: the sound tracks stay too, at their own pace. Raises Unreadable where it cannot be done.
    """
    file, picture, times = movie.file, movie.picture, FrameTimes(movie)
    if movie.fragmented:
        raise file.refused(say("it is fragmented"))
    if not times.constant:
        raise file.refused(say("its frames do not all last equally long"))
    clocks = _Clocks(movie, times, fps)
    patches = _Patches(file)
    kept = [track for track in movie.tracks if track is picture or (keep_sound and track.handler == b"soun")]
    longest = 0
    for track in movie.tracks:
        if track not in kept:
            patches.drop(track.box)
            continue
        if track is picture:
            edits = [clocks.picture_edit(edit) for edit in track.edits()]
            whole = clocks.picture_length
        else:
            edits = [clocks.sound_edit(edit) for edit in track.edits()]
            whole = clocks.sound_length(track)
        longest = max(longest, _set_length(patches, track, edits, whole))
        # References to dropped tracks, such as timecode, would lead nowhere.
        if b"trak/tref" in track.boxes and len(kept) < len(movie.tracks):
            patches.drop(track.boxes[b"trak/tref"])
    patches.put(movie.header, *clock_place(file, movie.header), [(clocks.movie, longest)])
    media = picture.need(b"mdia/mdhd")
    patches.put(media, *clock_place(file, media), [(clocks.picture, times.frames * clocks.frame_ticks)])
    if clocks.growth > 1:
        _stretch(patches, picture, clocks.growth)
    return patches.written


def whole_sound(movie: Movie) -> tuple[Fraction, list[tuple[int, bytes]]]:
    """Seconds by which an edit list begins the first sound track inside of one of its samples, and what to write where
    for it to begin with that sample.
    """
    sound = next((track for track in movie.tracks if track.handler == b"soun"), None)
    edits = sound.edits() if sound else []
    number = next((number for number, edit in enumerate(edits) if not edit.empty), None)
    if sound is None or number is None:
        return Fraction(0), []
    clock, _ = sound.clock()
    ticks = ticks_into(sound, edits[number].first)
    if not ticks:
        return Fraction(0), []
    edit, lasts = edits[number], math.ceil(Fraction(ticks * movie.timescale, clock))
    edits[number] = edit._replace(first=edit.first - ticks, duration=edit.duration + lasts if edit.duration else 0)
    patches = _Patches(movie.file)
    _set_length(patches, sound, edits, Fraction(0))
    return Fraction(ticks, clock), patches.written


class _Clocks:
    """The clocks that make a movie's pictures run at `fps`, and what its old times become by them.

    movie, picture: ticks per second of the movie and of its first video track. frame_ticks: a frame by the latter.
    growth: what the track's own times are multiplied by.
    """

    def __init__(self, movie: Movie, times: FrameTimes, fps: Fraction) -> None:
        # A frame keeps its ticks and the track's clock changes; only where that would not be whole do the times grow.
        self.growth = fps.denominator // math.gcd(times.frame_ticks, fps.denominator)
        self.frame_ticks = times.frame_ticks * self.growth
        self.picture = self.frame_ticks * fps.numerator // fps.denominator
        # The movie's clock becomes the nearest one that is no coarser and in which a frame is a whole number of ticks.
        self.movie = -(-movie.timescale // fps.numerator) * fps.numerator
        self.picture_length = times.frames * self.movie / fps
        self._fps = fps
        self._old_movie = movie.timescale
        old_picture, _ = movie.picture.clock()
        self._frames_per_tick = Fraction(times.frames, times.ticks) * Fraction(old_picture, movie.timescale)

    def picture_edit(self, edit: Edit) -> Edit:
        """An edit of the pictures shows as many frames as before."""
        frames = edit.duration * self._frames_per_tick
        whole = round(frames)
        # Movie ticks are often coarse (1/1000 s): an edit that is within one of whole frames means whole frames.
        if abs(frames - whole) <= self._frames_per_tick:
            frames = Fraction(whole)
        first = edit.first if edit.empty else edit.first * self.growth
        return Edit(round(frames * self.movie / self._fps), first, edit.rate)

    def sound_edit(self, edit: Edit) -> Edit:
        """An edit of the sound lasts as long as before."""
        return edit._replace(duration=round(Fraction(edit.duration * self.movie, self._old_movie)))

    def sound_length(self, track: Track) -> Fraction:
        """A whole sound track in the movie's ticks."""
        clock, duration = track.clock()
        return Fraction(duration * self.movie, clock)


class _Patches:
    """What to write where."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.written: list[tuple[int, bytes]] = []

    def put(self, box: Box, layout: str, at: int, rows: Iterable[tuple[int, ...]]) -> None:
        """Rows of values from `at` bytes into a box on."""
        content = bytearray()
        try:
            for values in rows:
                content += struct.pack(layout, *values)
        except struct.error as error:
            raise self.file.refused(say("its {box} has no room for the new times", box=box)) from error
        self.written.append((box.body + at, bytes(content)))

    def drop(self, box: Box) -> None:
        """A box that is named 'free' is skipped with all that is in it."""
        self.written.append((box.start + 4, b"free"))


def _set_length(patches: _Patches, track: Track, edits: list[Edit], whole: Fraction) -> int:
    """Write a track's edits and its duration: theirs together, or that of the `whole` track. Returns the duration."""
    file = patches.file
    if edits:
        box = track.need(b"edts/elst")
        patches.put(box, edit_layout(file, box), 8, edits)
    duration = sum(edit.duration for edit in edits) or round(whole)
    header = track.need(b"trak/tkhd")
    patches.put(header, *((">Q", 28) if file.long(header) else (">I", 20)), [(duration,)])
    return duration


def _stretch(patches: _Patches, track: Track, growth: int) -> None:
    """Multiply the times of a track's sample table."""
    file = patches.file
    times = track.need(b"stbl/stts")
    patches.put(times, ">II", 8, ((count, ticks * growth) for count, ticks in file.table(times, ">II")))
    if delays := track.boxes.get(b"stbl/ctts"):
        patches.put(delays, ">Ii", 8, ((count, ticks * growth) for count, ticks in file.table(delays, ">Ii")))
    if summary := track.boxes.get(b"stbl/cslg"):
        patches.drop(summary)  # it repeats the extremes of `ctts`, and may be left out
