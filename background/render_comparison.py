# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: renders the frames of two takes of a shot that are compared in the viewer.

Both sides of a frame before the next frame, outwards from the playhead: what the editor looks at is there first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.errors import ExportError
from ..core.storage import discard, put_in_place
from ..core.values.comparison_recipe import OTHER, SHOWN, ComparisonRecipe, frame_file
from ..core.values.serialization import from_json
from ..core.words import say
from ..timeline import compared, compat, export
from . import graphics, movie_output

_FOURTH = 63
"""So that four bytes are a number, whatever the other three are."""
_TGA_HEADER = 18


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Render the frames. request: a ComparisonRecipe as JSON. There is nothing to answer."""
    recipe = from_json(ComparisonRecipe, request)
    bpy.ops.wm.open_mainfile(filepath=str(recipe.blend), load_ui=False, use_scripts=recipe.scripts)
    sides = {side: _scene(recipe, side) for side in recipe.sides}
    for scene in sides.values():
        graphics.announce(scene, min(recipe.frames), max(recipe.frames) + 1)
    movie_output.forget_frames()
    for scene in sides.values():
        movie_output.plain_output(scene)
        scene.render.resolution_percentage = recipe.percentage
        scene.render.use_file_extension = False
        compat.set_image_format(scene.render.image_settings, "TARGA_RAW")
        scene.render.image_settings.color_mode = "RGB"
    picture = recipe.folder / "frame.tga"
    for number, frame in enumerate(recipe.frames):
        for side, scene in sides.items():
            _render(scene, frame, picture)
            _keep(picture, frame_file(recipe.folder, side, frame), recipe.size)
        movie_output.tell(number + 1, len(recipe.frames))
    discard(picture)
    return {}


def _scene(recipe: ComparisonRecipe, side: str) -> bpy.types.Scene:
    """The scene as one side shows it. The one that the timeline shows is read anew where the other is made beside it:
    a copy in the same file would share its curves.
    """
    scene: bpy.types.Scene | None = bpy.data.scenes.get(recipe.scene)
    if side == SHOWN and OTHER in recipe.sides:
        # Blender reads nothing from the file that is open.
        again = recipe.blend.with_name("again.blend")
        export.share_scene(recipe.blend, again)
        libraries: Any = bpy.data.libraries  # the stubs say of `load` that it answers nothing
        with libraries.load(str(again)) as (_there, wanted):
            wanted.scenes = [recipe.scene]
        scene = next(iter(wanted.scenes), None)
    if scene is None:
        raise ExportError(say("The scene “{scene}” was not written out.", scene=recipe.scene), say("Try again."))
    # A still of another scene than the window's shows black for what a camera sees.
    assert bpy.context.window is not None
    bpy.context.window.scene = scene
    if scene.sequence_editor is not None:
        compat.open_level(scene.sequence_editor, recipe.meta)
    if side == OTHER:
        compared.show_other(scene, recipe.plates, recipe.other, {job.id: job for job in recipe.known})
    return scene


def _render(scene: bpy.types.Scene, frame: int, target: Path) -> None:
    assert bpy.context.window is not None
    bpy.context.window.scene = scene
    scene.frame_set(frame)
    scene.render.filepath = str(target)
    bpy.ops.render.render(write_still=True, scene=scene.name)


def _keep(picture: Path, target: Path, size: tuple[int, int]) -> None:
    """Turn an uncompressed Targa into the file of a frame."""
    data = picture.read_bytes()
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (12, 14))
    if (width, height) != size:
        raise ExportError(
            say("The picture to compare came out {width} × {height} pixels large.", width=width, height=height),
            say("Try again."),
        )
    first = _TGA_HEADER + data[0]
    pixels = np.frombuffer(data, np.uint8, width * height * 3, first).reshape(height, width, 3)
    if data[17] & 0x20:
        # From the top.
        pixels = pixels[::-1]
    whole = np.full((height, width, 4), _FOURTH, np.uint8)
    whole[:, :, :3] = pixels[:, :, ::-1]
    part = target.with_suffix(".part")
    part.write_bytes(whole.tobytes())
    put_in_place(part, target)
