# SPDX-License-Identifier: GPL-3.0-or-later
"""Which take a strip shows, at its right end: its number, a star for the pick of its shot, an arrow if it is stale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.values.choices import Rating
    from ..session.takes import Badge
    from .progress import Box, Colour, View, Word

_STARS = {"NONE": "", "PICK": " ★", "REJECT": " ✕"}
"""By the value of a rating."""
_STALE = " ↻"

_PLATE: Colour = (0.0, 0.0, 0.0, 0.65)
_LOW, _HIGH = 0.05, 0.95
"""Where a strip begins and ends in its channel."""
# Pixels at 1×.
_PAD = 4
_LINE = 16
_ABOVE = 7
"""Above the strip's lower edge, where a job's bar may lie."""
_LEFT = 20
"""What of the strip is to be seen beside it."""


def word_of(number: int, rating: Rating, *, stale: bool) -> str:
    """What a take is called in short."""
    return f"{number}{_STARS[rating.value]}{_STALE if stale else ''}"


def lay_out(badges: Sequence[Badge], view: View, width: Callable[[str, float], float]) -> tuple[list[Box], list[Word]]:
    """The plates and the words of those in sight. width: tells the pixels that a word takes at a scale."""
    boxes: list[Box] = []
    words: list[Word] = []
    scale = view.scale
    for badge in badges:
        left, right = ((frame - view.left) * view.across for frame in (badge.start, badge.end))
        low, high = ((badge.channel + edge - view.low) * view.up for edge in (_LOW, _HIGH))
        # It stays in sight while the strip's end is.
        if right <= 0 or right > view.width or high <= 0 or low >= view.height:
            continue
        word = word_of(badge.number, badge.rating, stale=badge.stale)
        wide = width(word, scale) + 2 * _PAD * scale
        if right - left < wide + _LEFT * scale or high - low < (_LINE + _ABOVE) * scale:
            continue
        x, y = right - wide - _PAD * scale, low + _ABOVE * scale
        boxes.append((x, y, wide, _LINE * scale, _PLATE))
        words.append((word, x + _PAD * scale, y + _PAD * scale))
    return boxes, words
