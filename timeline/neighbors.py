# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies around a shot: how much more of its picture there is, and where a seam would not be seen.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import compat

_MUCH = 10_000
"""Frames of what has no end: a colour, a mask, a still image."""

_ENDLESS = ("COLOR", "MASK")
_FOOTAGE = ("MOVIE", "IMAGE", "SCENE", "META", "MOVIECLIP", "COLOR", "TEXT")


def can_lengthen(strip: Any) -> bool:
    """Whether the strip can be lengthened: it shows more of its source then, and its edge frame past that."""
    return int(getattr(strip, "input_count", 0)) == 0


def hidden_frames(strip: Any) -> tuple[int, int]:
    """Frames of the strip's source that it does not show, before and after it."""
    if strip.type in _ENDLESS or (strip.type == "IMAGE" and len(strip.elements) == 1):
        return (_MUCH, _MUCH)
    before, after = compat.trims(strip)
    return (max(0, int(before)), max(0, int(after)))


def covered_frames(strips: Iterable[Any], start: int, end: int) -> tuple[int, int]:
    """Frames before `start` and from `end` on, without a gap, that at least one of `strips` shows."""
    ranges = sorted((compat.start(strip), compat.end(strip)) for strip in strips)
    first, last = start, end
    for low, high in sorted(ranges, key=lambda each: -each[1]):
        if low < first <= high:
            first = low
    for low, high in ranges:
        if low <= last < high:
            last = high
    return (start - first, last - end)


def cuts(strips: Iterable[Any], start: int) -> tuple[int, ...]:
    """Frames, counted from `start`, at which one of `strips` ends and another begins, no transition over it."""
    strips = list(strips)
    footage = [strip for strip in strips if strip.type in _FOOTAGE]
    transitions = [(compat.start(strip), compat.end(strip)) for strip in strips if not can_lengthen(strip)]
    seams = {compat.start(strip) for strip in footage} & {compat.end(strip) for strip in footage}
    return tuple(seam - start for seam in sorted(seams) if not any(low <= seam <= high for low, high in transitions))
