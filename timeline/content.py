# SPDX-License-Identifier: GPL-3.0-or-later
"""What picture strips show: their files, their size, the strips that they are made of, and how they are scaled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import bpy

from ..core.values.shot import comparable
from . import compat

_MUCH_SMALLER = 0.75
_ENDLESS = ("COLOR", "MASK")
SCENE_REFERRED = (".exr", ".hdr")
"""Endings of image files that hold scene light."""


def _absolute(strip: Any, path: str) -> str:
    """A path of `strip`: where it is relative, to the file that the strip's scene is from."""
    return str(bpy.path.abspath(path, library=strip.id_data.library))


def file_of(strip: Any) -> str:
    """The file that a movie strip or the first image of an image strip shows, absolute; empty for other strips."""
    if strip.type == "MOVIE":
        return _absolute(strip, strip.filepath)
    if strip.type == "IMAGE" and strip.elements:
        return os.path.join(_absolute(strip, strip.directory), strip.elements[0].filename)
    return ""


def sound_file(strip: Any) -> str:
    """The file that a sound strip plays, `comparable`; empty where there is none."""
    if not strip.sound:
        return ""
    # A sound can be linked where its strip is not.
    return comparable(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library))


def file_start(strip: Any) -> float:
    """Timeline frame of the first frame of what a movie, image or sound strip has on disk, shown one for one.

    A strip's content begins later where Hold Split has cut its beginning off for good.
    """
    return compat.content_start(strip) - compat.animation_trims(strip)[0]


def image_files(strip: Any) -> list[str]:
    """Every file that an image strip shows, absolute, in order."""
    folder = _absolute(strip, strip.directory)
    return [os.path.join(folder, element.filename) for element in strip.elements]


def own_size(strip: Any) -> tuple[int, int] | None:
    """Pixels of the strip's own picture, None where it has none of its own and fills the scene's."""
    if strip.type in ("MOVIE", "IMAGE") and strip.elements:
        element = strip.elements[0]
        if element.orig_width and element.orig_height:
            return (element.orig_width, element.orig_height)
    return None


def is_float(strip: Any) -> bool:
    """Whether Blender has the strip's picture in floating point: by its setting, or by what it shows."""
    if getattr(strip, "use_float", False):
        return True
    if strip.type == "SCENE":
        return str(getattr(strip, "scene_input", "CAMERA")) == "CAMERA"
    return strip.type == "IMAGE" and file_of(strip).lower().endswith(SCENE_REFERRED)


def has_no_source(strip: Any) -> bool:
    """Whether a strip is an effect that is made of nothing else: it begins where it is shown first."""
    return int(getattr(strip, "input_count", -1)) == 0


def is_endless(strip: Any) -> bool:
    """Whether a strip shows one thing for as long as it is there: a colour, a mask, a still image."""
    return strip.type in _ENDLESS or (strip.type == "IMAGE" and len(strip.elements) == 1)


def resample(strip: Any) -> None:
    """Have the strip's picture scaled so that it loses least when it is scaled back: a decibel or more over what
    Blender chooses by itself, which is as true, and a quarter quicker in all, only where it becomes much smaller.
    """
    scales = (strip.transform.scale_x, strip.transform.scale_y)
    if strip.transform.filter == "AUTO" and min(scales) > _MUCH_SMALLER and scales != (1.0, 1.0):
        strip.transform.filter = "CUBIC_MITCHELL"


def inside(strips: Any) -> Iterator[Any]:
    """`strips`, what their effects show, and what their metas hold."""
    for strip in strips:
        yield strip
        if strip.type == "META":
            yield from inside(compat.strips(strip))
        for slot in ("input_1", "input_2"):
            shown = getattr(strip, slot, None)
            if shown is not None:
                yield from inside([shown])
