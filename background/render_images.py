# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: converts images of formats that the service does not take to PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..core.errors import ExportError
from ..core.words import say
from ..timeline import compat
from . import movie_output


def main(recipe: dict[str, Any]) -> dict[str, Any]:
    """Convert each pair of paths in `recipe["images"]`: from the first to a PNG at the second."""
    scene = bpy.context.scene
    assert scene is not None
    movie_output.view_as(scene, "Standard")
    settings = scene.render.image_settings
    compat.set_image_format(settings, "PNG")
    settings.color_mode = "RGB"
    settings.color_depth = "8"
    for source, target in recipe["images"]:
        try:
            image = bpy.data.images.load(source)
            # Of an image in layers Blender tells no size; the first layer's picture is what it shows and saves.
            readable = all(image.size) or image.type == "MULTILAYER"
            if readable:
                image.save_render(target, scene=scene)
        except RuntimeError:
            readable = False
        if not readable:
            raise ExportError(
                say("The reference “{file}” is not an image that can be read.", file=Path(source).name),
                say("Choose a PNG or JPEG file, or save it again."),
            )
    return {}
