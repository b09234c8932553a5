# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender renders for a rehearsal. It crosses to another process as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class StandInRecipe:
    """The picture of one rehearsal.

    clip: the movie that was sent. clip_fps: its rate. target: the MP4 that is made. frames, fps: its length and its
    rate. size: width and height of both in pixels. look: `identity` for the clip's own picture, else one that is
    unmistakably a rehearsal's. prompt, images: what that look shows of the request. sound: with the clip's sound.
    """

    clip: Path
    clip_fps: Fraction
    target: Path
    frames: int
    fps: Fraction
    size: tuple[int, int]
    look: str
    prompt: str
    images: tuple[Path, ...]
    sound: bool
