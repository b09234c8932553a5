# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a Blender in which the extension is installed and not enabled: enables it, and notes how long that took.

Imports and `register` together, which Blender's start does as well. Run as `blender -b --python enabling.py -- NOTE`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import addon_utils

MODULE = "bl_ext.user_default.reshoot"

began, busy = time.perf_counter(), time.thread_time()
enabled = addon_utils.enable(MODULE)
took = {"seconds": time.perf_counter() - began, "busy": time.thread_time() - busy, "enabled": enabled is not None}
Path(sys.argv[sys.argv.index("--") + 1]).write_text(json.dumps(took), encoding="utf-8")
os._exit(0)
