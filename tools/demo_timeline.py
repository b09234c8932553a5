# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's timeline: a clip with its sound, image strips beside it, saved as a project that can be carried away.

Written against Blender 5.0 alone; what works in every Blender is the extension.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
from demo_console import DemoFailed

STILL_SECONDS = 1
SMALLEST_STILL = 300
"""Pixels a side, below which the service takes no image."""


@dataclass(frozen=True)
class Footage:
    """What is in a movie file. fps: exact. frames, width, height: of its picture. sound: whether it has any."""

    path: Path
    frames: int
    fps: Fraction
    width: int
    height: int
    sound: bool


@dataclass(frozen=True)
class Crop:
    """A still to cut out of a clip. at: 0 is its first frame, 1 its last. left … bottom: parts of width and height."""

    name: str
    at: float
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


def probe(path: Path) -> Footage:
    """Look into the clip at `path`. Raises DemoFailed."""
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise DemoFailed(f"{path} has no picture.")
            video = container.streams.video[0]
            frames = video.frames or sum(1 for _frame in container.decode(video))
            if not video.average_rate or not frames:
                raise DemoFailed(f"{path} has no frames.")
            return Footage(
                path, frames, Fraction(video.average_rate), video.width, video.height, bool(container.streams.audio)
            )
    except (OSError, av.FFmpegError) as error:
        raise DemoFailed(f"{path} cannot be read as a video: {error.strerror}.") from error


def cut_stills(footage: Footage, frames: int, crops: Sequence[Crop], folder: Path) -> list[Path]:
    """Cut `crops` out of the first `frames` frames of the clip, as PNG files in `folder`, in their order."""
    wanted = {crop: min(frames - 1, round(crop.at * (frames - 1))) for crop in crops}
    with av.open(footage.path) as container:
        for number, frame in enumerate(container.decode(video=0)):
            for crop in (crop for crop, at in wanted.items() if at == number):
                pixels = frame.to_ndarray(format="rgb24")
                height, width = pixels.shape[:2]
                part = pixels[
                    round(crop.top * height) : round(crop.bottom * height),
                    round(crop.left * width) : round(crop.right * width),
                ]
                (folder / f"{crop.name}.png").write_bytes(_png(part))
            if number >= max(wanted.values()):
                break
    return [folder / f"{crop.name}.png" for crop in crops]


def _png(pixels: Any) -> bytes:
    frame = av.VideoFrame.from_ndarray(pixels.copy(), format="rgb24")
    scale = max(1.0, SMALLEST_STILL / min(frame.width, frame.height))
    frame = frame.reformat(width=math.ceil(frame.width * scale), height=math.ceil(frame.height * scale))
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgb24"
    encoder.time_base = Fraction(1, 1)
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def build(footage: Footage, frames: int, name: str, stills: Sequence[Path]) -> tuple[Any, Any, list[Any]]:
    """The scene, its picture strip, and its image strips.

    Sound lies below the picture, the image strips after it, out of the range that is played and rendered.
    """
    scene = bpy.context.workspace.sequencer_scene
    render = scene.render
    render.fps = math.ceil(footage.fps)
    render.fps_base = float(render.fps / footage.fps)
    strips = scene.sequence_editor.strips
    picture = strips.new_movie(name, str(footage.path), 2, 1, fit_method="ORIGINAL")
    picture.frame_final_end = 1 + frames
    render.resolution_x, render.resolution_y = picture.elements[0].orig_width, picture.elements[0].orig_height
    if footage.sound:
        sound = strips.new_sound(f"{name} sound", str(footage.path), 1, 1)
        sound.frame_final_end = min(sound.frame_final_end, 1 + frames)
    scene.frame_start, scene.frame_end = 1, frames
    # Otherwise the file would remember the system's temporary folder.
    render.filepath = "//"
    length = STILL_SECONDS * render.fps
    images = []
    for number, path in enumerate(stills):
        at = 1 + frames + length + number * length
        strip = strips.new_image(path.stem, str(path), 2, at, fit_method="FIT")
        strip.frame_final_end = at + length
        images.append(strip)
    return scene, picture, images


def select(scene: Any, chosen: Sequence[Any]) -> None:
    """Select `chosen` and nothing else."""
    names = {strip.name for strip in chosen}
    for strip in scene.sequence_editor.strips_all:
        strip.select = strip.name in names


def copy_in(path: Path, folder: Path) -> Path:
    """Copy `path` into `folder` under its own name, or one like it where that is taken. Raises DemoFailed."""
    target = folder / path.name
    count = 1
    while target.exists():
        count += 1
        target = folder / f"{path.stem}-{count}{path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    except OSError as error:
        raise DemoFailed(f"{path} cannot be copied: {error.strerror}.") from error
    return target


def save(path: Path) -> None:
    """Save the project at `path`, every path in it relative to it."""
    if bpy.data.filepath:
        bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)


def paths_inside() -> list[str]:
    """Every path that the open project holds, as it is stored."""
    paths = [*bpy.utils.blend_paths(absolute=False, packed=False, local=True)]
    for scene in bpy.data.scenes:
        paths += [view.filepath for reference in scene.reshoot.references for view in reference.views]
    return [str(path) for path in paths]
