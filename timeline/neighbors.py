# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies around a shot: how much more of its picture there is, and where a seam would not be seen."""

from __future__ import annotations

from collections.abc import Iterable

from .facts import StripFacts

_FOOTAGE = ("MOVIE", "IMAGE", "SCENE", "META", "MOVIECLIP", "COLOR", "TEXT")


def covered_frames(strips: Iterable[StripFacts], start: int, end: int) -> tuple[int, int]:
    """Frames before `start` and from `end` on, without a gap, that at least one of `strips` shows."""
    ranges = sorted((strip.start, strip.end) for strip in strips)
    first, last = start, end
    for low, high in sorted(ranges, key=lambda each: -each[1]):
        if low < first <= high:
            first = low
    for low, high in ranges:
        if low <= last < high:
            last = high
    return (start - first, last - end)


def cuts(strips: Iterable[StripFacts], start: int) -> tuple[int, ...]:
    """Frames, counted from `start`, at which one of `strips` ends and another begins, no transition over it."""
    strips = list(strips)
    footage = [strip for strip in strips if strip.kind in _FOOTAGE]
    transitions = [(strip.start, strip.end) for strip in strips if not strip.can_lengthen]
    seams = {strip.start for strip in footage} & {strip.end for strip in footage}
    return tuple(seam - start for seam in sorted(seams) if not any(low <= seam <= high for low, high in transitions))
