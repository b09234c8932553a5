# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the stand-in of a result with a background Blender; the `identity` of a 24 fps clip is its copy."""

from __future__ import annotations

from collections.abc import Callable

from ..core.blender_process import Blender
from ..core.media import mp4
from ..core.values.serialization import to_json
from ..core.values.stand_in_recipe import StandInRecipe
from .server import StandIn


def render(
    blender: Blender, stand_in: StandIn, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> None:
    """Write the picture of `stand_in` to its target. Raises ExportError or JobCancelled."""
    video = mp4.probe(stand_in.clip)
    if stand_in.look == "identity" and video.fps == stand_in.fps:
        mp4.relabel(stand_in.clip, stand_in.target, stand_in.fps, keep_sound=stand_in.keep_audio)
        return
    recipe = StandInRecipe(
        clip=stand_in.clip,
        clip_fps=video.fps,
        target=stand_in.target,
        frames=stand_in.frames,
        fps=stand_in.fps,
        size=(video.width, video.height),
        look=stand_in.look,
        prompt=stand_in.prompt,
        images=tuple(stand_in.images),
        sound=stand_in.keep_audio and video.sound,
    )
    folder = stand_in.target.parent / f"{stand_in.target.stem}-render"
    blender.run("render_stand_in", to_json(recipe), folder, progress=progress, cancelled=cancelled)
