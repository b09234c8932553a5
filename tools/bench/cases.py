# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots whose export is measured, and the footage that they are cut from."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()

_TAGS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited"
# What cameras and editors write by default: a keyframe in 250, B-frames between.
_ENCODER = ("-c:v", "libx264", "-preset", "medium", "-crf", "18", "-g", "250", "-bf", "3", "-movflags", "+faststart")


@dataclass(frozen=True)
class Case:
    """A shot on a timeline.

    footage: name in `FOOTAGE`. fps, size: of the scene. first: frame of the footage that is shown first; frames: how
    many. source, timing: the editor's choices. above: offsets, in pixels from the middle, of further strips of the same
    footage that lie above it at `scale`, each `apart` frames further on than the one below.
    """

    name: str
    words: str
    footage: str
    fps: int
    size: tuple[int, int]
    first: int
    frames: int
    source: str = "STRIP"
    timing: str = "REAL_TIME"
    above: tuple[tuple[int, int], ...] = ()
    scale: float = 1.0
    apart: int = 0


HD = (1920, 1080)
_NINE = tuple((600 * (number % 3 - 1), 330 * (number // 3 - 1)) for number in range(9))

MIDDLE = Case("hd-10", "10 s of 1080p30 from the middle, as the viewer shows it", "hd", 30, HD, 317, 300, "TIMELINE")
STRIP = Case("hd-strip", "the same, as the strip alone", "hd", 30, HD, 317, 300)
WHOLE = Case("whole", "10 s, the whole file, untouched", "whole", 30, HD, 0, 300)
LABELLED = Case("labelled", "8 s, the whole file, every frame", "short", 30, HD, 0, 240, timing="EVERY_FRAME")
UHD = Case("uhd-3", "3 s of 3840×2160, sent 2160 wide", "uhd", 30, (3840, 2160), 47, 90)
SIXTY = Case("sixty-real", "3 s of 1080p60, real time", "sixty", 60, HD, 101, 180)
SIXTY_EVERY = Case("sixty-every", "75 frames of 1080p60, every frame", "sixty", 60, HD, 101, 75, timing="EVERY_FRAME")
IMAGES = Case("images", "3 s of 1080p PNG images", "images", 30, HD, 0, 90)
STACK = Case(
    "stack",
    "3 s of ten 1080p strips above each other",
    "hd",
    30,
    HD,
    47,
    90,
    "TIMELINE",
    above=_NINE,
    scale=0.3,
    apart=30,
)
GROWTH = (
    Case("hd-3", "1080p, 3 s", "hd", 30, HD, 317, 90, "TIMELINE"),
    Case("hd-5", "1080p, 5 s", "hd", 30, HD, 317, 150, "TIMELINE"),
    Case("sd-10", "720p, 10 s", "sd", 30, (1280, 720), 317, 300, "TIMELINE"),
)

EVERY = (MIDDLE, STRIP, WHOLE, LABELLED, UHD, SIXTY, SIXTY_EVERY, IMAGES, STACK, *GROWTH)


@dataclass(frozen=True)
class _Made:
    """How a piece of footage is made of the real clip: its frames, `fps` of them a second, over and over.

    frames: how many. Its suffix tells what it becomes.
    """

    file: str
    fps: int
    size: tuple[int, int]
    frames: int


_FOOTAGE = {
    "hd": _Made("hd.mp4", 30, HD, 900),
    "whole": _Made("whole.mp4", 30, HD, 300),
    "short": _Made("short.mp4", 30, HD, 240),
    "sd": _Made("sd.mp4", 30, (1280, 720), 900),
    "uhd": _Made("uhd.mp4", 30, (3840, 2160), 150),
    "sixty": _Made("sixty.mp4", 60, HD, 420),
    "images": _Made("images/%04d.png", 30, HD, 90),
}


def files(folder: Path, name: str) -> list[Path]:
    """The files of a piece of footage: one movie, or every image."""
    made = _FOOTAGE[name]
    if "%" in made.file:
        return [folder / (made.file % number) for number in range(made.frames)]
    return [folder / made.file]


def make_footage(clip: Path, folder: Path) -> None:
    """Make what is not there yet, from the real clip at `clip`."""
    for name, made in _FOOTAGE.items():
        if files(folder, name)[-1].is_file():
            continue
        target = folder / made.file
        target.parent.mkdir(parents=True, exist_ok=True)
        size = f"scale={made.size[0]}:{made.size[1]}:flags=lanczos"
        pace = f"setpts=N/{made.fps}/TB,fps={made.fps}"
        still = target.suffix == ".png"
        out = ["-start_number", "0", "-pix_fmt", "rgb24"] if still else list(_ENCODER)
        part = target if still else target.with_name(f"part-{target.name}")
        print(f"bench: making {target.name} ({made.frames} frames)", flush=True)
        ffmpeg(
            "-stream_loop",
            "-1",
            "-i",
            clip,
            "-an",
            "-vf",
            f"{pace},{size},{_TAGS}",
            "-frames:v",
            made.frames,
            *out,
            part,
        )
        if not still:
            part.replace(target)


def ffmpeg(*words: object) -> str:
    """Run the ffmpeg program; what it said. Raises CalledProcessError."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-y", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr
