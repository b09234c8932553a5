# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: reads a clip and a result as small pictures and tells how they belong together.

Blender first makes proxies, which is the fastest way that it has to read a movie at a small size.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.errors import ExportError
from ..core.storage import discard, put_in_place
from ..core.takes import alignment
from ..core.values.compare_recipe import CompareRecipe
from ..core.values.serialization import from_json
from ..core.words import say
from ..timeline import compat, movie_strip
from ..timeline.editor import editor_of
from . import evidence, movie_output

_POINTS = 160 * 90
"""Of a small picture."""

_HEADER = 18
"""Bytes before the points of a raw Targa file."""

_RATE = Fraction(24)
_PROXIES = ("build_25", "build_50", "build_75", "build_100", "build_record_run")


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Compare a clip with its result; without a result, read the clip and keep it for the next time.

    request: a CompareRecipe as JSON. Raises ExportError whatever goes wrong: left to itself after an error, some
    Blenders never end.
    """
    try:
        return _compare(from_json(CompareRecipe, request))
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise ExportError(
            say("The result could not be compared with the clip: placed as it came"), repr(error)
        ) from error


def _compare(recipe: CompareRecipe) -> dict[str, Any]:
    kept = recipe.kept
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        if kept.is_file():
            clip = np.load(kept)
        else:
            clip, _ = _read(recipe.clip, recipe.frames, Path(folder) / "clip")
        if recipe.result is None:
            part = Path(folder) / "clip.npy"
            np.save(part, clip)
            put_in_place(part, kept)
            return {}
        wanted = len(recipe.shown) + alignment.REACH
        size = (clip.shape[2], clip.shape[1])
        result, result_frames = _read(
            recipe.result, wanted, Path(folder) / "result", size, recipe.scale, recipe.rotation
        )
    discard(kept)
    shown = [min(frame, len(clip) - 1) for frame in recipe.shown]
    found = alignment.track(evidence.likeness(clip, result, shown))
    late = found.late()
    pairs = [(frame, row + late[row]) for row, frame in enumerate(shown) if 0 <= row + late[row] < len(result)]
    return {
        "result_frames": result_frames,
        "runs": [(run.start, run.end, run.late) for run in found.runs],
        "sure": found.sure,
        "still": evidence.is_still(clip),
        "tiles": [asdict(tile) for tile in evidence.tiles(clip, result, pairs)],
    }


def _read(
    path: Path,
    most: int,
    folder: Path,
    size: tuple[int, int] | None = None,
    scale: tuple[float, float] = (1.0, 1.0),
    rotation: int = 0,
) -> tuple[Any, int]:
    """Up to `most` frames of the movie at `path`, small: frames × rows × columns × 3; and how many it has.

    size: columns and rows; None for as many as suit the movie's shape. scale: of the upright picture, on top of that.
    rotation: degrees clockwise that it has to be turned by.
    """
    scene = movie_output.new_scene(_RATE, 64, 64)
    strip = movie_strip.add(scene, "movie", path, 1, 1, at_own_rate=False)
    own = strip.elements[0]
    shape = own.orig_width / own.orig_height
    columns, rows = size or (round(math.sqrt(_POINTS * shape)), round(math.sqrt(_POINTS / shape)))
    length = compat.content_length(strip)
    proxy = _proxy(scene, strip, folder)
    if proxy is not None:
        other = movie_strip.add(scene, "proxy", proxy, 2, 1, at_own_rate=False)
        if compat.content_length(other) == length:
            strip = other
        else:
            compat.strips(editor_of(scene)).remove(other)
    frames = min(most, length)
    strip.blend_type = "REPLACE"
    own = strip.elements[0]
    strip.transform.filter = "BOX"
    sides = (columns * scale[0], rows * scale[1])
    across, down = sides if rotation in (0, 180) else sides[::-1]
    strip.transform.scale_x, strip.transform.scale_y = across / own.orig_width, down / own.orig_height
    strip.transform.rotation = -math.radians(rotation)
    scene.render.resolution_x, scene.render.resolution_y = columns, rows
    return _rendered(scene, folder, frames), length


def _proxy(scene: bpy.types.Scene, strip: Any, folder: Path) -> Path | None:
    """The strip's movie at a quarter of its size, None where Blender made none."""
    editor = editor_of(scene)
    editor.proxy_storage = "PROJECT"
    editor.proxy_dir = str(folder)
    strip.use_proxy = True
    for name in _PROXIES:
        if hasattr(strip.proxy, name):
            setattr(strip.proxy, name, name == "build_25")
    strip.proxy.quality = 90
    strip.select = True
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.rebuild_proxy("EXEC_DEFAULT")
    strip.use_proxy = False
    return next(folder.rglob("*_25.avi"), None)


def _rendered(scene: bpy.types.Scene, folder: Path, frames: int) -> Any:
    movie_output.plain_output(scene)
    compat.set_image_format(scene.render.image_settings, "TARGA_RAW")
    scene.render.image_settings.color_mode = "RGB"
    scene.render.use_file_extension = False
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    scene.render.filepath = f"{pictures}/######"
    movie_output.render_range(scene, 1, frames)
    columns, rows = scene.render.resolution_x, scene.render.resolution_y
    read = np.empty((frames, rows, columns, 3), np.uint8)
    for number, path in enumerate(sorted(pictures.iterdir())):
        points = np.frombuffer(path.read_bytes(), np.uint8, rows * columns * 3, _HEADER)
        # The lowest row comes first.
        read[number] = points.reshape(rows, columns, 3)[::-1]
    return read
