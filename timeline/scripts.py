# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that change the picture: whether Blender runs those of the open file, and which would not run where a clip is
rendered. It runs none of them.
"""

from __future__ import annotations

import builtins
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..core.words import say
from . import compat

_PROBE = "reshoot_probe"
_CHANGING = (
    "frame_change_pre",
    "frame_change_post",
    "render_init",
    "render_pre",
)
"""Handlers of Blender's that are called for each frame before it is made. Many add-ons have one of those that hear of
every change (`depsgraph_update_post`), and make no picture with it: to ask for them at each press would be no news."""
_EVERYWHERE = {*dir(math), *dir(builtins), "bpy", "clamp", "lerp", "noise", "smoothstep", "frame", "self", "depsgraph"}
"""Names that drivers have in every Blender."""
_NAME = re.compile(r"[^\W\d]\w*")


def allowed() -> bool:
    """Whether the open file has scripts in its drivers and Blender runs them here.

    Blender does not tell what was chosen for this file: by "Trusted Source", by an excluded folder, by a preference
    changed since. So it is asked for a script of our own, in a scene that is gone again at once. Without scripts in
    the file it is not asked: where it refuses one, it warns of the file.
    """
    if not any(not driver.is_simple_expression for driver in compat.scripted_drivers()):
        return False
    ran: list[bool] = []

    def probe(_opens: object) -> float:
        ran.append(True)
        return 0.0

    names = bpy.app.driver_namespace
    scene = bpy.data.scenes.new("Reshoot")
    try:
        names[_PROBE] = probe
        scene[_PROBE] = 0.0
        curve: Any = scene.driver_add(f'["{_PROBE}"]')
        # What only computes runs even where scripts do not: this could open a file.
        curve.driver.expression = f"{_PROBE}(open)"
        scene.view_layers[0].update()
    finally:
        bpy.data.scenes.remove(scene)
        names.pop(_PROBE, None)
    return bool(ran)


def frozen_words(scene: bpy.types.Scene) -> str:
    """What to tell of scripts that run here and not where `scene` is rendered; empty where there are none.

    Handlers that others than Blender and Reshoot have registered may change nothing that is seen: nobody can tell.
    """
    names = sorted({*_handlers(), *_driver_names(scene)})
    if not names:
        return ""
    return say(
        "Where {scripts} changes pictures from frame to frame, they are sent standing still, since scripts of add-ons "
        "do not run where the shot is rendered: render the strip to a file first and send that.",
        scripts=", ".join(f"“{name}”" for name in names),
    )


def _handlers() -> Iterator[str]:
    """The modules, or the texts, that handlers are from."""
    own = __package__.rpartition(".")[0]
    blenders = os.path.join(Path(bpy.utils.__file__).parents[3], "")
    for name in _CHANGING:
        for handler in getattr(bpy.app.handlers, name):
            module = str(getattr(handler, "__module__", None) or type(handler).__module__)
            file = str(getattr(getattr(handler, "__code__", None), "co_filename", ""))
            if module.split(".")[: own.count(".") + 1] == own.split(".") or file.startswith(blenders):
                continue
            yield os.path.basename(file) if module == "__main__" and file else module.removeprefix("bl_ext.")


def _driver_names(scene: bpy.types.Scene) -> Iterator[str]:
    """The functions and values that a script has given to drivers of the scene, and that these use."""
    given = bpy.app.driver_namespace.keys() - _EVERYWHERE
    drivers = scene.animation_data.drivers if given and scene.animation_data else ()
    for curve in drivers:
        driver = curve.driver
        if driver is not None and driver.type == "SCRIPTED":
            yield from given.intersection(_NAME.findall(driver.expression))
