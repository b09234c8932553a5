# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a Blender whose user has just installed the extension: enables it, lays a movie down, rehearses a first shot.

`blender -b --python first_shot.py -- MOVIE NOTE`. The note has the seconds that the shot took and the strips' names.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import addon_utils
import bpy

movie, note = sys.argv[sys.argv.index("--") + 1 :]
assert addon_utils.enable("bl_ext.user_default.reshoot", default_set=True)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 25, 1.0
scene.render.resolution_x, scene.render.resolution_y = 1280, 720
editor = scene.sequence_editor_create()
strip = editor.strips.new_movie("Bunny", movie, 1, 1)
for each in editor.strips:
    each.select = each == strip
editor.active_strip = strip
bpy.context.workspace.sequencer_scene = scene
began = time.perf_counter()
assert bpy.ops.reshoot.shoot(prompt="make it snow") == {"FINISHED"}
seconds = time.perf_counter() - began
takes = [each.name for each in editor.strips if each.get("reshoot_job")]
Path(note).write_text(json.dumps({"seconds": seconds, "takes": takes}), encoding="utf-8")
