# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender with the zip installed: builds the timeline of each case and presses, as far as the export.

The last argument is a JSON file: a list of cases (fields of `cases.Case`), each with the `folder` that its scene is
written to. The job and the command of the background Blender are left there too, for the bench to go on with.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import addon_utils
import bpy

_MODULE = "bl_ext.user_default.reshoot"


def main() -> None:
    addon_utils.enable(_MODULE, default_set=True)
    for case in json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8")):
        _press(case)


def _press(case: dict[str, Any]) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = case["fps"], 1.0
    scene.render.resolution_x, scene.render.resolution_y = case["size"]
    scene.view_settings.view_transform = "Standard"
    _build(scene, case)
    scene.reshoot.prompt = "Make it snow"
    scene.reshoot.source, scene.reshoot.timing = case["source"], case["timing"]
    (job,) = _part("session.shoot").checked(scene)
    folder = Path(case["folder"])
    _part("timeline.export").write_scene(scene, folder / "scene.blend")
    command = _part("timeline.export").background_blender().command
    pressed = {"job": _part("core.values.serialization").to_json(job), "command": command}
    (folder / "pressed.json").write_text(json.dumps(pressed), encoding="utf-8")


def _build(scene: bpy.types.Scene, case: dict[str, Any]) -> None:
    """A strip of the footage, and those that lie above it."""
    compat = _part("timeline.compat")
    strips = compat.strips(scene.sequence_editor_create())
    for index, (across, up) in enumerate([(0, 0), *case["above"]]):
        channel = 1 + index
        files = case["files"]
        if len(files) > 1:
            strip = strips.new_image("shot", files[0], channel, 1, fit_method="ORIGINAL")
            for path in files[1:]:
                strip.elements.append(Path(path).name)
        else:
            first = case["first"] + index * case["apart"]
            strip = strips.new_movie("shot", files[0], channel, 1 - first, fit_method="ORIGINAL")
        compat.set_start(strip, 1)
        compat.set_end(strip, 1 + case["frames"])
        strip.select = index == 0
        if index:
            strip.transform.scale_x = strip.transform.scale_y = case["scale"]
            strip.transform.offset_x, strip.transform.offset_y = across, up


def _part(name: str) -> Any:
    return importlib.import_module(f"{_MODULE}.{name}")


main()
