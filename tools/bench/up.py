# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a Blender that is being started: notes when it is up and what it has imported by then, and ends it.

Up is when the timeline has been drawn for the first time, or, in the background, when scripts may run. Run as
`blender --python up.py -- NOTE`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import bpy

LIBRARIES = ("fal_client", "httpx", "requests", "sqlite3")


def note() -> None:
    """Write it down and end Blender, which has nothing to save."""
    seen = {
        "at": time.time_ns(),
        "busy": time.thread_time(),
        "modules": len(sys.modules),
        "libraries": [name for name in LIBRARIES if name in sys.modules],
        "enabled": "bl_ext.user_default.reshoot" in bpy.context.preferences.addons,
    }
    Path(sys.argv[sys.argv.index("--") + 1]).write_text(json.dumps(seen), encoding="utf-8")
    os._exit(0)


if bpy.app.background:
    note()
else:
    bpy.types.SpaceSequenceEditor.draw_handler_add(note, (), "WINDOW", "POST_PIXEL")
