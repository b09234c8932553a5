# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender renders of a scene: a clip to send, or a still. It crosses to another process as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class RenderRecipe:
    """One rendering of a scene that was written to a .blend of its own.

    blend: that file. scene: its name in there. meta: the meta strip whose inside is the open level, empty for the top.
    start: the scene's frame that is rendered first. frames: how many are rendered. canvas: width and height of the
    scene's picture in pixels. size: those of the file that is made. view: the view transform, by its name in Blender.
    target: the file that is made: an MP4, or a PNG where `still`.

    strips: the names of the shot's strips on the open level. sounds: those of the sound strips that belong to them.
    alone: only the shot's strips are shown, else all that the timeline shows. native: the strip's source fills the
    picture, whatever its place on the screen. see_through: what is below the strips is shown with them. scalable:
    Blender can render the scene at `size` at once. lengthen: the strip holds its edge frames beyond its source's ends.
    still: the first frame alone, as an image.

    frame_map: for each frame of the clip which of the rendered ones it shows, from 0 on; empty where each shows its
    own. fps: the clip's rate, where it is not made in one pass. audio: with sound. sound_delay: frames of the
    clip before its sound begins. bits_per_second: of the clip's picture, 0 for a constant quality. scripts: those in
    the scene's drivers run.
    """

    blend: Path
    scene: str
    meta: str
    start: int
    frames: int
    canvas: tuple[int, int]
    size: tuple[int, int]
    view: str
    target: Path
    strips: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    alone: bool = False
    native: bool = False
    see_through: bool = False
    scalable: bool = False
    lengthen: bool = False
    still: bool = False
    frame_map: tuple[int, ...] = ()
    fps: Fraction = Fraction(24)
    audio: bool = False
    sound_delay: int = 0
    bits_per_second: int = 0
    scripts: bool = False
