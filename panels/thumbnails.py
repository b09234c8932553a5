# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of image and movie files for the panels. Blender reads each in its own background once it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from bpy.utils.previews import ImagePreviewCollection

_MOST = 200
"""Pictures that are kept, those that were asked for last; each takes a quarter of a megabyte."""

_pictures: ImagePreviewCollection | None = None
_asked: dict[str, None] = {}
"""The files of those, the one that was asked for last at the end."""


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
        _asked.clear()


def _icon(path: str, kind: str) -> int:
    global _pictures
    if not path:
        return 0
    if _pictures is None:
        import bpy.utils.previews

        _pictures = bpy.utils.previews.new()
    if path not in _pictures:
        while len(_asked) >= _MOST:
            del _pictures[next(iter(_asked))]
            del _asked[next(iter(_asked))]
        _pictures.load(path, path, kind)
    # The latest last.
    _asked.pop(path, None)
    _asked[path] = None
    return _pictures[path].icon_id
