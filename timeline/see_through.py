# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what lies below a shot is seen through it. Then it is the screen's picture that is sent, as it is shown.

A clip holds no transparency: alone, such a shot would be black where it is see-through, and so would its take. Curves
are not looked at, and scene strips count as filled.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import bpy

from ..core.media import alpha
from . import compat, content
from .editor import editor_of

_OF_WHAT_IS_BELOW = ("ADJUSTMENT", "MULTICAM", "TEXT")
"""Strips whose picture is that of the strips below them, changed or written on."""
_COVERING = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")
_NEARLY = 1e-3


def channel_above(scene: bpy.types.Scene, shot: Sequence[Any]) -> int | None:
    """The channel below which everything is seen through the strips of `shot`, None where nothing is."""
    seen_through: list[int] = [strip.channel for strip in shot if strip.type in _OF_WHAT_IS_BELOW]
    if seen_through:
        return max(seen_through)
    lowest: int = min(strip.channel for strip in shot)
    start, end = min(map(compat.start, shot)), max(map(compat.end, shot))
    screen = (scene.render.resolution_x, scene.render.resolution_y)
    # One strip's place on the screen, and how it is blended, are its take's too.
    hides = _whole(shot[0], screen) if len(shot) == 1 else _filled(shot, start, end, screen)
    return lowest if not hides and _is_seen(scene, lowest, start, end) else None


def _is_seen(scene: bpy.types.Scene, below: int, start: int, end: int) -> bool:
    """Whether any strip in a channel under `below` is shown from `start` to before `end`."""
    editor = editor_of(scene)
    channels = compat.shown_channels(editor)
    return any(
        strip.channel < below and compat.start(strip) < end and compat.end(strip) > start
        for strip in compat.shown_strips(editor)
        if strip.type != "SOUND" and not strip.mute and not channels[strip.channel].mute
    )


def _filled(strips: Sequence[Any], start: int, end: int, screen: tuple[int, int]) -> bool:
    """Whether at every frame from `start` to before `end` one of `strips` covers the screen."""
    reached = start
    for strip in sorted(strips, key=compat.start):
        if compat.start(strip) > reached:
            break
        if not strip.mute and _covers(strip, screen):
            reached = max(reached, compat.end(strip))
    return reached >= end


def _covers(strip: Any, screen: tuple[int, int]) -> bool:
    """Whether the strip, where it lies and as it is blended, hides all that is below it."""
    if strip.blend_type not in _COVERING or strip.blend_alpha < 1:
        return False
    crop, transform = getattr(strip, "crop", None), getattr(strip, "transform", None)
    if crop is not None and any((crop.min_x, crop.max_x, crop.min_y, crop.max_y)):
        return False
    if transform is not None:
        own = content.own_size(strip) or screen
        spare = [
            size * scale / 2 - whole / 2 - abs(offset)
            for size, scale, whole, offset in zip(
                own,
                (transform.scale_x, transform.scale_y),
                screen,
                (transform.offset_x, transform.offset_y),
                strict=True,
            )
        ]
        if transform.rotation or min(spare) < -max(screen) * _NEARLY:
            return False
    return _whole(strip, screen)


def _whole(strip: Any, screen: tuple[int, int]) -> bool:
    """Whether the strip's own picture has no part that is see-through, wherever it lies."""
    if strip.type in ("MOVIE", "IMAGE"):
        return not _has_alpha(content.file_of(strip))
    if strip.type == "META":
        return _filled(list(compat.strips(strip)), compat.start(strip), compat.end(strip), screen)
    if strip.type in (*_OF_WHAT_IS_BELOW, "MASK"):
        return False
    inputs = [getattr(strip, slot, None) for slot in ("input_1", "input_2")]
    return all(_covers(each, screen) for each in inputs if each is not None)


def _has_alpha(path: str) -> bool:
    try:
        return _probed(path, os.stat(path).st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=256)
def _probed(path: str, changed: int) -> bool:
    """What a preview asks for again and again. changed: another file has another answer."""
    return alpha.probe(path)
