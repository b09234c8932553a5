# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of image and movie files for the panels. Blender reads each in its own background once it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from bpy.utils.previews import ImagePreviewCollection

_MOST = 200
"""Pictures that are kept; each takes a quarter of a megabyte."""

_pictures: ImagePreviewCollection | None = None


def of_image(path: str) -> int:
    """The icon of an image file, 0 where there is none."""
    return _icon(path, "IMAGE")


def of_movie(path: str) -> int:
    """The icon of a movie file, 0 where there is none."""
    return _icon(path, "MOVIE")


def clear() -> None:
    """Free all pictures."""
    global _pictures
    if _pictures is not None:
        bpy.utils.previews.remove(_pictures)
        _pictures = None


def _icon(path: str, kind: str) -> int:
    global _pictures
    if not path:
        return 0
    if _pictures is None:
        import bpy.utils.previews

        _pictures = bpy.utils.previews.new()
    if path not in _pictures:
        if len(_pictures) >= _MOST:
            return 0
        _pictures.load(path, path, kind)
    return _pictures[path].icon_id
