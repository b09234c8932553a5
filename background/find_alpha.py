# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: tells which files have an alpha channel, in all the formats that this Blender reads."""

from __future__ import annotations

from typing import Any

import bpy

_WITHOUT = (8, 24, 96)
"""Bits of a point that has no alpha channel: gray, and colours as bytes and as floats."""


def main(recipe: dict[str, Any]) -> dict[str, Any]:
    """For each path in `recipe["files"]` whether it has one. What cannot be read counts as see-through."""
    return {"alpha": [_has_alpha(path) for path in recipe["files"]]}


def _has_alpha(path: str) -> bool:
    try:
        image = bpy.data.images.load(path)
    except RuntimeError:
        return True
    # Asked for its size, it is read.
    found = not all(image.size) or image.depth not in _WITHOUT
    bpy.data.images.remove(image)
    return found
