# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage for the bench: Big Buck Bunny, made larger and longer by the ffmpeg program, as cameras and editors write it.

Made once, in build/bench/footage.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()

_TAGS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited"
# What cameras and editors write by default: a keyframe in 250, B-frames between.
_ENCODER = ("-c:v", "libx264", "-preset", "medium", "-crf", "18", "-g", "250", "-bf", "3", "-movflags", "+faststart")

SOURCE = Path(__file__).resolve().parents[2] / "build" / "footage" / "bigbuckbunny.mp4"

HD = (1920, 1080)


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
    "film": _Made("film.mp4", 24, HD, 240),
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


def make_footage(folder: Path) -> None:
    """Make what is not there yet, from the real clip."""
    for name, made in _FOOTAGE.items():
        if files(folder, name)[-1].is_file():
            continue
        target = folder / made.file
        target.parent.mkdir(parents=True, exist_ok=True)
        still = target.suffix == ".png"
        picture = f"scale={made.size[0]}:{made.size[1]}:flags=lanczos,{_TAGS}"
        if still:
            # Tagged as the movie is, Blender would take them for pictures with another curve than a screen's.
            curve = "color_primaries=bt709:color_trc=iec61966-2-1"
            picture += f",scale=in_range=tv:out_range=pc,format=rgb24,setparams=range=full:{curve}"
        out = ["-start_number", "0"] if still else list(_ENCODER)
        part = target if still else target.with_name(f"part-{target.name}")
        print(f"bench: making {target.name} ({made.frames} frames)", flush=True)
        # The rate before the input is what its frames are taken to have: none is doubled or dropped.
        read = ["-stream_loop", "-1", "-r", made.fps, "-i", SOURCE]
        ffmpeg(*read, "-an", "-vf", picture, "-frames:v", made.frames, *out, part)
        if not still:
            part.replace(target)


def ffmpeg(*words: object) -> str:
    """Run the ffmpeg program; what it said. Raises CalledProcessError."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-y", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr
