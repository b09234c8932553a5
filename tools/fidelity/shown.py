# SPDX-License-Identifier: GPL-3.0-or-later
"""What a timeline shows and how it sounds, as arrays: renders of the sequencer through the scene's own view, with
nothing of the output settings in between. Runs in Blender, on a file that may be spoilt. Judges nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from reshoot.timeline import compat

SMALL = 320
"""Width in pixels at which every frame is looked at."""


def prepare(scene: Any) -> None:
    """Set `scene` to render what the viewer shows."""
    render, settings = scene.render, scene.render.image_settings
    render.use_sequencer, render.use_compositing = True, False
    render.use_border = render.use_crop_to_border = render.use_multiview = render.use_stamp = False
    render.dither_intensity = 0.0
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True
    render.frame_map_old = render.frame_map_new = 100
    scene.frame_step = 1
    scene.sequence_editor.use_prefetch = False
    compat.set_image_format(settings, "BMP")
    settings.color_mode = "RGB"
    settings.color_management = "FOLLOW_SCENE"


def full(scene: Any, first: int, numbers: list[int], folder: Path, settling: int) -> dict[int, np.ndarray]:
    """The pictures of the frames `numbers`, counted from frame `first` on, in full size: rows by columns by RGB, bytes.

    Each comes in its turn and once: Blender may show another frame where it jumps to one or is asked again. settling:
    frames before each that are looked at in full size too: of a movie with a rate of its own, Blender shows what was
    asked for first while its frame lasts, and asks anew for every render.
    """
    found = {}
    after = 0
    for number in sorted(set(numbers)):
        settles = max(after, number - settling)
        small(scene, first + after, settles - after, folder)
        scene.render.resolution_percentage = 100
        found[number] = _rendered(scene, first + settles, number + 1 - settles, folder)[-1]
        after = number + 1
    return found


def small(scene: Any, first: int, frames: int, folder: Path) -> list[np.ndarray]:
    """Each of `frames` pictures from frame `first` on, small."""
    if frames < 1:
        return []
    render = scene.render
    shrunk = not any(_shrinks_badly(strip) for strip in compat.strips_all(scene.sequence_editor))
    times = max(1, round(render.resolution_x / SMALL))
    render.resolution_percentage = max(1, round(100 / times)) if shrunk else 100
    pictures = _rendered(scene, first, frames, folder)
    return pictures if shrunk else [picture[::times, ::times].copy() for picture in pictures]


def _rendered(scene: Any, first: int, frames: int, folder: Path) -> list[np.ndarray]:
    render = scene.render
    scene.frame_start, scene.frame_end = first, first + frames - 1
    render.filepath = f"{folder}/"
    bpy.ops.render.render(animation=True, scene=scene.name)
    paths = [Path(render.frame_path(frame=frame)) for frame in range(first, first + frames)]
    found = [_read(path) for path in paths]
    for path in paths:
        path.unlink()
    return found


def _shrinks_badly(strip: Any) -> bool:
    """Whether Blender shows something else at a part of the resolution: it scales the timeline of another scene twice,
    and turns about another origin.
    """
    origin = strip.transform.origin if hasattr(strip, "transform") else (0.5, 0.5)
    return strip.type == "SCENE" or tuple(origin) != (0.5, 0.5)


def mix(scene: Any, first: int, frames: int, target: Path) -> bytes:
    """The sound of `frames` frames from `first` on: stereo, 16 bits, as it stands in a WAV file."""
    scene.frame_start, scene.frame_end = first, first + frames - 1
    bpy.ops.sound.mixdown(filepath=str(target), container="WAV", codec="PCM", format="S16")
    return target.read_bytes()


def _read(path: Path) -> np.ndarray:
    """A BMP of 24 bits: its rows go upwards, each padded to four bytes, blue first."""
    data = path.read_bytes()
    start = int.from_bytes(data[10:14], "little")
    width, height = (int.from_bytes(data[at : at + 4], "little") for at in (18, 22))
    line = (width * 3 + 3) // 4 * 4
    rows = np.frombuffer(data, np.uint8, line * height, start).reshape(height, line)
    return rows[::-1, : width * 3].reshape(height, width, 3)[:, :, ::-1]
