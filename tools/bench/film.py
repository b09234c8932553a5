# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage for the bench: Big Buck Bunny, made larger and longer by the ffmpeg program, as a camera would record it.

Made once, in build/bench/footage.
"""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench" / "footage"
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SOURCE = ROOT / "build" / "footage" / "bigbuckbunny.mp4"

HD = (1920, 1080)


def shot(size: tuple[int, int], *, frames: int, fps: int | Fraction, quality: int = 16) -> Path:
    """An H.264 movie without sound, with the keyframes and B-frames that the encoder chooses by itself."""
    width, height = size
    path = FOLDER / f"{width}x{height}-{frames}f-{float(fps):g}fps.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.mp4")
        picture = f"setpts=N/({fps})/TB,scale={width}:{height}:flags=lanczos"
        encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(quality), "-pix_fmt", "yuv420p"]
        command = [FFMPEG, "-v", "error", "-y", "-stream_loop", "-1", "-i", str(SOURCE), "-vf", picture]
        subprocess.run(
            [*command, "-r", str(fps), "-frames:v", str(frames), "-an", *encoder, "-movflags", "+faststart", str(part)],
            check=True,
        )
        part.replace(path)
    return path
