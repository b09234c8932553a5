# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: holds frames of a movie that was cut without encoding against those of its source.

Tables can be right where a decoder still needs what was before the cut; only pictures tell.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..core.values.cut_recipe import CutRecipe
from ..core.values.serialization import from_json
from ..timeline import compat, movie_strip
from . import movie_output

_SIDES = (320, 180)
_HEADER = 18
"""Bytes before the points of a raw Targa file."""
_RATE = Fraction(24)


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Whether the pictures are the same. request: a CutRecipe as JSON."""
    recipe = from_json(CutRecipe, request)
    with tempfile.TemporaryDirectory(dir=recipe.cut.parent) as folder:
        theirs = _pictures(recipe.source, [recipe.first + frame for frame in recipe.frames], Path(folder) / "source")
        mine = _pictures(recipe.cut, recipe.frames, Path(folder) / "cut")
    return {"same": mine == theirs}


def _pictures(path: Path, frames: list[int] | tuple[int, ...], folder: Path) -> list[bytes]:
    """What Blender shows of the movie at `path`, small: the same pictures are the same bytes."""
    scene = movie_output.new_scene(_RATE, *_SIDES)
    strip = movie_strip.add(scene, "movie", path, 1, 1, at_own_rate=False)
    own = strip.elements[0]
    strip.blend_type = "REPLACE"
    strip.transform.filter = "BOX"
    strip.transform.scale_x, strip.transform.scale_y = _SIDES[0] / own.orig_width, _SIDES[1] / own.orig_height
    movie_output.plain_output(scene)
    compat.set_image_format(scene.render.image_settings, "TARGA_RAW")
    scene.render.image_settings.color_mode = "RGB"
    scene.render.use_file_extension = False
    scene.render.filepath = f"{folder}/######"
    folder.mkdir()
    for frame in frames:
        movie_output.render_range(scene, 1 + frame, 1)
    # The comment behind the points tells the frame.
    return [written.read_bytes()[: _HEADER + 3 * _SIDES[0] * _SIDES[1]] for written in sorted(folder.iterdir())]
