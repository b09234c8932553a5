# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a project sounds like to a FLAC file: `python mix.py PROJECT TARGET`, in a Python that has bpy."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import bpy

project, target = sys.argv[1:]
bpy.ops.wm.open_mainfile(filepath=project)
bpy.ops.sound.mixdown(filepath=target, container="FLAC", codec="FLAC")
# Since 5.2 a thread of Blender's goes on writing, and how many samples there are is written last.
while True:
    header = Path(target).read_bytes()[21:26] if Path(target).is_file() else b""
    # 36 bits of the FLAC's header.
    if int.from_bytes(header, "big") & (1 << 36) - 1:
        break
    time.sleep(0.01)
# What Blender tears down beside its threads is of no interest.
os._exit(0)
