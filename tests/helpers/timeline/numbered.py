# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage in which every frame carries its number, readable at any size, and what the timeline shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
import numpy
from reshoot.timeline import compat

_BITS = 9
_BAND = 0.3
"""Height of the band of bits, of the picture's height."""


def movie(
    path: Path,
    *,
    frames: int,
    fps: Fraction = Fraction(25),
    width: int = 720,
    height: int = 720,
    sound: bool = False,
    group: int = 250,
    b_frames: int = 0,
) -> Path:
    """An H.264 movie, as small as the limits allow, whose frame n shows the number n; with AAC silence where `sound`.

    group: frames from one key picture to the next. b_frames: how many between two others are made from both.
    """
    coding = {"preset": "ultrafast", "crf": "18", "g": str(group), "bf": str(b_frames), "b_strategy": "0"}
    with av.open(str(path), "w") as target:
        pictures = target.add_stream("libx264", rate=fps, options=coding)
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
        tones = target.add_stream("aac", rate=48000) if sound else None
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(n, width, height), format="gray")
            frame.pts, frame.time_base = n, 1 / fps
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode())
        if tones is not None:
            for start in range(0, int(frames / fps * 48000), 1024):
                block = av.AudioFrame.from_ndarray(numpy.zeros((2, 1024), numpy.float32), "fltp", "stereo")
                block.sample_rate, block.pts = 48000, start
                target.mux(tones.encode(block))
            target.mux(tones.encode())
    return path


def images(folder: Path, *, frames: int, width: int = 720, height: int = 720) -> list[Path]:
    """A PNG sequence whose image n shows the number n."""
    paths = [folder / f"image{n:04d}.png" for n in range(frames)]
    for n, path in enumerate(paths):
        encoder = av.CodecContext.create("png", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "gray", Fraction(1, 25)
        frame = av.VideoFrame.from_ndarray(picture(n, width, height), format="gray")
        path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))
    return paths


def see_through(path: Path, width: int, height: int) -> Path:
    """A PNG with a grey square in the middle, and nothing around it."""
    pixels = numpy.zeros((height, width, 4), numpy.uint8)
    pixels[height // 3 : -height // 3, width // 3 : -width // 3] = (140, 140, 140, 255)
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "rgba", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))
    return path


def numbers_in(path: Path) -> list[int]:
    """The number that each frame of a movie shows."""
    return [number(picture) for picture in pictures(path)]


def pictures(path: Path) -> Iterator[numpy.ndarray]:
    """The frames of a movie, gray, rows by columns."""
    with av.open(str(path)) as source:
        for frame in source.decode(video=0):
            yield frame.to_ndarray(format="gray")


def number(picture: numpy.ndarray) -> int:
    """The number that a picture shows, whatever its size. picture: gray, rows by columns."""
    height, width = picture.shape
    row = picture[int(height * _BAND / 2)]
    middles = [int((bit + 0.5) * width / _BITS) for bit in range(_BITS)]
    return sum(1 << bit for bit, middle in enumerate(middles) if row[middle] > 127)


def shown(scene: bpy.types.Scene, frame: int, folder: Path) -> numpy.ndarray:
    """What the timeline shows at `frame`, through the scene's own view: RGB bytes, rows by columns by 3."""
    render = scene.render
    settings = render.image_settings
    kept = (render.filepath, settings.file_format, getattr(settings, "media_type", None), scene.frame_current)
    target = folder / "shown.png"
    compat.set_image_format(settings, "PNG")
    scene.frame_set(frame)
    render.filepath = str(target)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    render.filepath = kept[0]
    if kept[2] is not None:
        settings.media_type = kept[2]
    settings.file_format = kept[1]
    scene.frame_set(kept[3])
    with av.open(str(target)) as source:
        return next(source.decode(video=0)).to_ndarray(format="rgb24")


def psnr(one: numpy.ndarray, other: numpy.ndarray) -> float:
    """Peak signal to noise ratio of two pictures, dB."""
    error = numpy.mean((one.astype(float) - other.astype(float)) ** 2)
    return float(10 * numpy.log10(255**2 / max(error, 1e-9)))


def number_shown(scene: bpy.types.Scene, frame: int, folder: Path) -> int:
    """The number that the timeline shows at `frame`."""
    return number(shown(scene, frame, folder)[:, :, 1])


def delivered(scene: bpy.types.Scene, first: int, frames: int, folder: Path) -> list[int]:
    """The numbers that an animation render of `frames` frames from `first` on shows: what an editor delivers, begun
    with nothing in Blender's cache."""
    render = scene.render
    editor: Any = scene.sequence_editor
    # Blender forgets what it kept when it is told to keep nothing.
    editor.use_cache_raw = False
    editor.use_cache_raw = True
    compat.set_image_format(render.image_settings, "PNG")
    render.filepath = f"{folder}/delivered"
    render.resolution_percentage = 25
    scene.frame_start, scene.frame_end = first, first + frames - 1
    bpy.ops.render.render(animation=True, scene=scene.name)
    found = []
    for frame in range(first, first + frames):
        with av.open(render.frame_path(frame=frame)) as source:
            found.append(number(next(source.decode(video=0)).to_ndarray(format="gray")))
    return found


def strips(scene: bpy.types.Scene) -> Any:
    """The strips of the timeline."""
    return compat.strips(scene.sequence_editor)


def picture(n: int, width: int, height: int) -> numpy.ndarray:
    """The bits of n as bars above; below them a ramp, so that framing and colour can be told."""
    drawn = numpy.tile(numpy.linspace(40, 215, width).astype(numpy.uint8), (height, 1))
    for bit in range(_BITS):
        left, right = int(bit * width / _BITS), int((bit + 1) * width / _BITS)
        drawn[: int(height * _BAND), left:right] = 235 if n >> bit & 1 else 20
    return drawn
