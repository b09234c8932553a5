# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: the picture of a rehearsal, which must never be mistaken for a result.

A look over the clip, the references in a corner, the prompt, and the word REHEARSAL; or, as `identity`, the clip.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import bpy

from ..core.values.serialization import from_json
from ..core.values.stand_in_recipe import StandInRecipe
from ..timeline import compat, movie_strip
from ..timeline.editor import editor_of
from . import movie_output

_CHANNELS_FOR_REFERENCES = 10
_CHANNEL_OF_SOUND = 40
_TINT = (1.0, 0.72, 0.42)


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Render the picture. request: a StandInRecipe as JSON. There is nothing to answer."""
    recipe = from_json(StandInRecipe, request)
    width, height = recipe.size
    scene = movie_output.new_scene(recipe.fps, width, height)
    strip = movie_strip.add(scene, "clip", recipe.clip, 1, 1, at_own_rate=False)
    strip.blend_type = "REPLACE"
    if recipe.clip_fps != recipe.fps:
        _change_rate(scene, strip, recipe)
    if recipe.sound:
        compat.strips(editor_of(scene)).new_sound("sound", str(recipe.clip), _CHANNEL_OF_SOUND, 1)
    if recipe.look != "identity":
        _look(scene, strip, recipe)
    movie_output.render_movie(
        scene,
        recipe.target,
        first=1,
        frames=recipe.frames,
        audio=recipe.sound,
        bits_per_second=0,
        lossless=recipe.look == "identity",
    )
    return {}


def _change_rate(scene: bpy.types.Scene, strip: Any, recipe: StandInRecipe) -> None:
    """Show for each frame of the result the clip's frame that is on in the middle of its time.

    A strip at its own rate would show other frames in other versions of Blender.
    """
    pace = recipe.clip_fps / recipe.fps
    length, behind = compat.length(strip), 0
    shown = strip
    if compat.REPEATS_INPUTS:
        behind = recipe.frames
        shown = _put_behind(scene, strip, behind)
    speed = compat.new_effect(editor_of(scene), "rate", "SPEED", 2, 1, recipe.frames, (shown,))
    speed.speed_control = "FRAME_NUMBER"
    speed.use_frame_interpolate = False
    speed.blend_type = "REPLACE"
    for number in range(recipe.frames):
        speed.speed_frame_number = behind + min(length - 1, math.floor((number + Fraction(1, 2)) * pace))
        speed.keyframe_insert("speed_frame_number", frame=1 + number)
    for curve in compat.curves(scene):
        for point in curve.keyframe_points:
            point.interpolation = "CONSTANT"


def _put_behind(scene: bpy.types.Scene, strip: Any, frames: int) -> Any:
    """A meta strip in the place of `strip`, which shows it `frames` frames later, behind all that is rendered."""
    editor = editor_of(scene)
    whole = compat.strips(editor).new_meta("behind", 3, 1)
    before = compat.new_effect(editor, "before", "COLOR", 2, 1, frames)
    length = compat.length(strip)
    setattr(strip, compat.SPAN[-1], 1 + frames)
    for each in (before, strip):
        each.move_to_meta(whole)
    compat.set_end(whole, 1 + frames + length)
    whole.channel = 1
    return whole


def _look(scene: bpy.types.Scene, clip: Any, recipe: StandInRecipe) -> None:
    frames = recipe.frames
    width, height = recipe.size
    clip.color_saturation = 0.35
    tint = _effect(scene, "tint", "COLOR", 3, frames)
    tint.color = _TINT
    tint.blend_type = "MULTIPLY"
    _text(scene, "REHEARSAL", 30, frames, size=height * 0.09, place=(0.5, 0.88), alpha=0.85)
    _text(scene, recipe.prompt[:90], 31, frames, size=height * 0.03, place=(0.5, 0.06), alpha=0.85)
    tall = height * 0.16
    left = width * 0.02
    for number, image in enumerate(recipe.images):
        left += _picture(scene, str(image), _CHANNELS_FOR_REFERENCES + number, frames, tall=tall, left=left)


def _picture(scene: bpy.types.Scene, path: str, channel: int, frames: int, *, tall: float, left: float) -> float:
    """Lay the image at `path` in the lower left, `left` pixels from the edge. Pixels that it takes with its margin."""
    render = scene.render
    strip = compat.strips(editor_of(scene)).new_image("reference", path, channel, 1, fit_method="ORIGINAL")
    compat.set_end(strip, 1 + frames)
    own = strip.elements[0]
    scale = tall / own.orig_height
    wide = own.orig_width * scale
    strip.blend_type = "ALPHA_OVER"
    strip.transform.scale_x = strip.transform.scale_y = scale
    strip.transform.offset_x = left + wide / 2 - render.resolution_x / 2
    strip.transform.offset_y = render.resolution_y * 0.12 + tall / 2 - render.resolution_y / 2
    return float(wide + render.resolution_x * 0.01)


def _text(
    scene: bpy.types.Scene,
    words: str,
    channel: int,
    frames: int,
    *,
    size: float,
    place: tuple[float, float],
    alpha: float,
) -> None:
    strip = _effect(scene, words[:20], "TEXT", channel, frames)
    strip.text = words
    strip.font_size = size
    strip.location = place
    compat.centre_text(strip)
    strip.use_shadow = True
    strip.blend_type = "ALPHA_OVER"
    strip.blend_alpha = alpha


def _effect(scene: bpy.types.Scene, name: str, kind: str, channel: int, frames: int) -> Any:
    return compat.new_effect(editor_of(scene), name, kind, channel, 1, frames)
