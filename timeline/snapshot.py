# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame under the playhead as an image file, rendered by a background Blender from a copy of the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from ..core.blender_process import Blender
from ..core.export.recipe import SCENE_FILE
from ..core.takes.files import check_room, check_writable
from ..core.values.render_recipe import RenderRecipe
from ..core.values.serialization import to_json
from . import compat, export, scripts

_NEEDED_BYTES = 50_000_000
"""For the scene and the picture."""


def prepare(scene: bpy.types.Scene, folder: Path, target: Path) -> Callable[[Blender], None]:
    """Write the scene out now; the answer renders the frame to `target` (PNG) on whatever thread it is called.

    folder: for the parts. Raises StorageError; the answer raises ExportError or StorageError.
    """
    check_writable(target.parent)
    check_room(target.parent, _NEEDED_BYTES)
    export.write_scene(scene, folder / SCENE_FILE)
    editor = scene.sequence_editor
    size = (scene.render.resolution_x, scene.render.resolution_y)
    recipe = RenderRecipe(
        blend=folder / SCENE_FILE,
        scene=scene.name,
        meta=compat.open_meta(editor) if editor else "",
        start=scene.frame_current,
        frames=1,
        canvas=size,
        size=size,
        view="Standard",
        target=target,
        still=True,
        scripts=scripts.allowed(),
    )

    def render(blender: Blender) -> None:
        blender.run("render_clip", to_json(recipe), folder)

    return render
