# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that change the picture: whether Blender runs those of the open file, and which would not run where a clip is
rendered. It runs none of them.
"""

from __future__ import annotations

from typing import Any

import bpy

from . import compat

_PROBE = "reshoot_probe"


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
