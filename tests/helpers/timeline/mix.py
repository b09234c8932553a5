# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a project sounds like to a FLAC file: `python mix.py PROJECT TARGET`, in a Python that has bpy."""

from __future__ import annotations

import os
import sys
import time

import bpy
from av import open as open_media

project, target = sys.argv[1:]
bpy.ops.wm.open_mainfile(filepath=project)
bpy.ops.sound.mixdown(filepath=target, container="FLAC", codec="FLAC")
# Since 5.2 a thread of Blender's goes on writing, and how many samples there are is written last.
while True:
    try:
        with open_media(target) as sound:
            if sound.streams.audio[0].duration:
                break
    except OSError:
        pass
    time.sleep(0.01)
# What Blender tears down beside its threads is of no interest.
os._exit(0)
