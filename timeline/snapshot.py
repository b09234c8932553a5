# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame under the playhead as an image file, rendered by a background Blender from a copy of the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ..core.blender_process import Blender
from ..core.jobs.steps import SCENE_FILE
from ..core.takes.files import check_room, check_writable
from . import compat, export

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
    size = [scene.render.resolution_x, scene.render.resolution_y]
    recipe: dict[str, Any] = {
        "blend": str(folder / SCENE_FILE),
        "scene": scene.name,
        "meta": compat.open_meta(editor) if editor else "",
        "strips": [],
        "alone": False,
        "audio": False,
        "start": scene.frame_current,
        "frames": 1,
        "canvas": size,
        "size": size,
        "scalable": False,
        "sounds": [],
        "frame_map": [],
        "view": "Standard",
        "still": True,
        "target": str(target),
    }

    def render(blender: Blender) -> None:
        blender.run("render_clip", recipe, folder)

    return render
