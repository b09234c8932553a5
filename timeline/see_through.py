# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what lies below a shot is seen through it. Then it is the screen's picture that is sent, as it is shown.

A clip holds no transparency: alone, such a shot would be black where it is see-through, and so would its take. Curves
are not looked at, scene strips count as filled, and a file that nobody has looked at yet as see-through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.planning import transparency
from .facts import StripFacts, TimelineFacts

_OF_WHAT_IS_BELOW = ("ADJUSTMENT", "MULTICAM", "TEXT")
"""Strips whose picture is that of the strips below them, changed or written on."""
_COVERING = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")
_NEARLY = 1e-3


def is_see_through(timeline: TimelineFacts, shot: Sequence[StripFacts]) -> bool:
    """Whether anything below `shot` is seen through it."""
    if any(strip.kind in _OF_WHAT_IS_BELOW for strip in shot):
        return True
    start, end = min(strip.start for strip in shot), max(strip.end for strip in shot)
    if not _is_seen(timeline, min(strip.channel for strip in shot), start, end):
        # Without asking for any file.
        return False
    # One strip's place on the screen, and how it is blended, are its take's too.
    hides = _whole(shot[0], timeline.screen) if len(shot) == 1 else _filled(shot, start, end, timeline.screen)
    return not hides


def channel_above(shot: Sequence[StripFacts]) -> int:
    """The channel below which everything is seen through a `shot` that is see-through."""
    seen_through = [strip.channel for strip in shot if strip.kind in _OF_WHAT_IS_BELOW]
    return max(seen_through) if seen_through else min(strip.channel for strip in shot)


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
        return transparency.has_alpha(strip.file) is False
    if strip.kind == "META":
        return _filled(strip.inside, strip.start, strip.end, screen)
    if strip.kind in (*_OF_WHAT_IS_BELOW, "MASK"):
        return False
    return all(_covers(each, screen) for each in strip.inputs)
