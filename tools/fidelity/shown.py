# SPDX-License-Identifier: GPL-3.0-or-later
"""What a timeline shows and how it sounds: an animation render of it, as an editor delivers it, to files without any
loss, and a mix of its sound. Runs in Blender, on a file that was just opened and may be spoilt. Judges nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import bpy
import numpy as np
from reshoot.background import movie_output
from reshoot.timeline import compat

SMALL = 320
"""Width in pixels to which a picture is made smaller to tell which frame it is."""
_SHORT, _LONG = 3, 4
"""What TIFF calls a number of two bytes, and one of four."""
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _OFFSETS, _SAMPLES, _COUNTS = 256, 257, 258, 259, 273, 277, 279


def animation(scene: Any, first: int, frames: int, folder: Path, *, deep: bool) -> list[Path]:
    """One whole animation render of `frames` frames from `first` on, in full size, through the scene's own view.

    Its pictures, in order, lie in `folder` and are as Blender has them: TIFF without compression, 16 bits a channel
    where `deep`, else 8. Blender's caches are as they are by default, and hold nothing where the file was just opened.
    """
    render, settings = scene.render, scene.render.image_settings
    render.use_sequencer = True
    render.use_border = render.use_crop_to_border = render.use_multiview = render.use_stamp = False
    render.dither_intensity = 0.0
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True
    render.frame_map_old = render.frame_map_new = 100
    render.resolution_percentage = 100
    compat.set_image_format(settings, "TIFF")
    settings.tiff_codec, settings.color_mode, settings.color_depth = "NONE", "RGB", "16" if deep else "8"
    settings.color_management = "FOLLOW_SCENE"
    scene.sequence_editor.use_prefetch = False
    scene.frame_step = 1
    scene.frame_start, scene.frame_end = first, first + frames - 1
    folder.mkdir()
    render.filepath = f"{folder}/"
    bpy.ops.render.render(animation=True, scene=scene.name)
    return [Path(render.frame_path(frame=frame)) for frame in range(first, first + frames)]


def picture(path: Path) -> np.ndarray:
    """A picture of `animation`: rows by columns by RGB, 255 being white, whatever its depth."""
    data = path.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    fields = _fields(data, order)
    if fields[_COMPRESSION] != [1] or fields[_SAMPLES] != [3]:
        raise ValueError(f"{path.name} is not as it was asked for: {fields}")
    bits = fields[_BITS][0]
    strips = zip(fields[_OFFSETS], fields[_COUNTS], strict=True)
    pixels = np.frombuffer(b"".join(data[start : start + size] for start, size in strips), f"{order}u{bits // 8}")
    shaped = pixels.reshape(fields[_HEIGHT][0], fields[_WIDTH][0], 3)
    return shaped if bits == 8 else shaped.astype(np.float32) / 257


def _fields(data: bytes, order: str) -> dict[int, list[int]]:
    """The whole numbers in a TIFF's first directory."""
    directory = int(np.frombuffer(data, f"{order}u4", 1, 4)[0])
    (count,) = np.frombuffer(data, f"{order}u2", 1, directory)
    found = {}
    for at in range(directory + 2, directory + 2 + int(count) * 12, 12):
        tag, kind = (int(each) for each in np.frombuffer(data, f"{order}u2", 2, at))
        (length,) = (int(each) for each in np.frombuffer(data, f"{order}u4", 1, at + 4))
        size = {_SHORT: 2, _LONG: 4}.get(kind)
        if size is not None:
            # What needs more than four bytes lies elsewhere.
            start = at + 8 if length * size <= 4 else int(np.frombuffer(data, f"{order}u4", 1, at + 8)[0])
            found[tag] = [int(each) for each in np.frombuffer(data, f"{order}u{size}", length, start)]
    return found


def small(whole: np.ndarray) -> np.ndarray:
    """The picture at about `SMALL` pixels of width, each the mean of those that it is made of, bytes."""
    height, width = whole.shape[:2]
    times = max(1, round(width / SMALL))
    rows, columns = height // times, width // times
    parts = whole[: rows * times, : columns * times].reshape(rows, times, columns, times, 3)
    return (parts.mean(axis=(1, 3), dtype=np.float32) + 0.5).astype(np.uint8)


def mix(scene: Any, first: int, frames: int, target: Path) -> np.ndarray:
    """The sound of `frames` frames from `first` on: samples by channels, as whole numbers."""
    scene.frame_start, scene.frame_end = first, first + frames - 1
    # Blender may return before it is written, and an earlier one is whole already.
    target.unlink(missing_ok=True)
    movie_output.mix_sound(scene, target)
    with av.open(str(target)) as sound:
        blocks = [block.to_ndarray() for block in sound.decode(audio=0)]
        channels = sound.streams.audio[0].codec_context.layout.nb_channels
    # Packed: a channel's sample after the other's.
    return np.concatenate([block.reshape(-1, channels) for block in blocks])
