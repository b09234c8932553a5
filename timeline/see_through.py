# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what lies below a shot is seen through it. Then it is the screen's picture that is sent, as it is shown.

A clip holds no transparency: alone, such a shot would be black where it is see-through, and so would its take. Curves
are not looked at, and scene strips count as filled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ..core.media import alpha
from .facts import StripFacts, TimelineFacts

_OF_WHAT_IS_BELOW = ("ADJUSTMENT", "MULTICAM", "TEXT")
"""Strips whose picture is that of the strips below them, changed or written on."""
_COVERING = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")
_NEARLY = 1e-3


def channel_above(timeline: TimelineFacts, shot: Sequence[StripFacts]) -> int | None:
    """The channel below which everything is seen through the strips of `shot`, None where nothing is."""
    seen_through = [strip.channel for strip in shot if strip.kind in _OF_WHAT_IS_BELOW]
    if seen_through:
        return max(seen_through)
    lowest = min(strip.channel for strip in shot)
    start, end = min(strip.start for strip in shot), max(strip.end for strip in shot)
    if not _is_seen(timeline, lowest, start, end):
        # Without a look at any file.
        return None
    # One strip's place on the screen, and how it is blended, are its take's too.
    hides = _whole(shot[0], timeline.screen) if len(shot) == 1 else _filled(shot, start, end, timeline.screen)
    return None if hides else lowest


def _is_seen(timeline: TimelineFacts, below: int, start: int, end: int) -> bool:
    """Whether any strip in a channel under `below` is shown from `start` to before `end`."""
    return any(
        strip.channel < below and strip.channel not in timeline.muted_channels for strip in timeline.visible(start, end)
    )


def _filled(strips: Iterable[StripFacts], start: int, end: int, screen: tuple[int, int]) -> bool:
    """Whether at every frame from `start` to before `end` one of `strips` covers the screen."""
    reached = start
    for strip in sorted(strips, key=lambda each: each.start):
        if strip.start > reached:
            break
        if not strip.muted and _covers(strip, screen):
            reached = max(reached, strip.end)
    return reached >= end


def _covers(strip: StripFacts, screen: tuple[int, int]) -> bool:
    """Whether the strip, where it lies and as it is blended, hides all that is below it."""
    kind, opacity = strip.blend
    if kind not in _COVERING or opacity < 1:
        return False
    place = strip.placement
    if place is not None:
        spare = [
            size * scale / 2 - whole / 2 - abs(offset)
            for size, scale, whole, offset in zip(
                strip.own_size or screen,
                (place.scale_x, place.scale_y),
                screen,
                (place.offset_x, place.offset_y),
                strict=True,
            )
        ]
        if place.cropped or place.rotated or min(spare) < -max(screen) * _NEARLY:
            return False
    return _whole(strip, screen)


def _whole(strip: StripFacts, screen: tuple[int, int]) -> bool:
    """Whether the strip's own picture has no part that is see-through, wherever it lies."""
    if strip.kind in ("MOVIE", "IMAGE"):
        return not _has_alpha(strip.file)
    if strip.kind == "META":
        return _filled(strip.inside, strip.start, strip.end, screen)
    if strip.kind in (*_OF_WHAT_IS_BELOW, "MASK"):
        return False
    return all(_covers(each, screen) for each in strip.inputs)


def _has_alpha(path: str) -> bool:
    try:
        return _probed(path, os.stat(path).st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=256)
def _probed(path: str, changed: int) -> bool:
    """What a preview asks for again and again. changed: another file has another answer."""
    return alpha.probe(path)
