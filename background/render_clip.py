# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: renders a shot from a copy of its scene. The open project is elsewhere.

One pass where Blender can render the frames at the size that is sent; a second, from lossless stills, where it cannot:
another rate than the timeline's, or a whole timeline at another size.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import ExportError
from ..core.storage import put_in_place
from ..core.values.render_recipe import RenderRecipe
from ..core.values.serialization import from_json
from ..core.words import say
from ..timeline import compat, content, curves, see_through
from ..timeline.editor import editor_of
from ..timeline.facts import TimelineFacts
from ..timeline.shot import scene_fps
from ..timeline.stacks import stack
from . import graphics, movie_output


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Render the clip that `core.export.clip` asks for, or the still that `timeline.snapshot` does.

    request: a RenderRecipe as JSON. There is nothing to answer.
    """
    recipe = from_json(RenderRecipe, request)
    bpy.ops.wm.open_mainfile(filepath=str(recipe.blend), load_ui=False, use_scripts=recipe.scripts)
    scene = bpy.data.scenes.get(recipe.scene)
    if scene is None:
        raise ExportError(say("The scene “{scene}” was not written out.", scene=recipe.scene), say("Try again."))
    # A still of another scene than the window's shows black for what a camera sees.
    assert bpy.context.window is not None
    bpy.context.window.scene = scene
    # What is open is what is rendered, and only some versions write out which level that was.
    if scene.sequence_editor is not None:
        compat.open_level(scene.sequence_editor, recipe.meta)
        # What is sent is the plate, whichever take is shown in its place.
        stack.unmake_in_copy(scene, recipe.strips)
    if recipe.audio:
        _hear_only_own(scene, recipe)
    if recipe.alone:
        _isolate(scene, recipe)
    _check_readable(scene, recipe)
    graphics.announce(scene, recipe.start, recipe.start + recipe.frames)
    movie_output.view_as(scene, recipe.view)
    size = recipe.size
    # Blender renders no animation from a negative frame.
    one_pass = not recipe.frame_map and (recipe.canvas == size or recipe.scalable) and recipe.start >= 0
    target = recipe.target
    scene.render.resolution_x, scene.render.resolution_y = size if recipe.scalable else recipe.canvas
    if one_pass and not recipe.still:
        _render(scene, recipe, target, recipe.start, recipe.frames)
        return {}
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        stills = movie_output.render_stills(scene, Path(folder), recipe.start, recipe.frames)
        if recipe.still:
            put_in_place(stills[0], target)
            return {}
        second = _from_stills(scene, recipe, stills)
        order = recipe.frame_map or range(recipe.frames)
        _render(second, recipe, target, 1, len(order))
    return {}


def _render(scene: bpy.types.Scene, recipe: RenderRecipe, target: Path, first: int, frames: int) -> None:
    movie_output.render_movie(
        scene,
        target,
        first=first,
        frames=frames,
        audio=recipe.audio,
        bits_per_second=recipe.bits_per_second,
    )


def _hear_only_own(scene: bpy.types.Scene, recipe: RenderRecipe) -> None:
    """Leave only the sound that belongs to the shot: the rest goes on sounding in the timeline beside the result's."""
    shown = compat.shown_strips(editor_of(scene))
    own = {strip.name for strip in content.inside([shown[name] for name in recipe.strips])} | set(recipe.sounds)
    if recipe.alone:
        # An earlier take of the shot has muted them.
        for name in recipe.sounds:
            if name in shown:
                shown[name].mute = False
    for strip in compat.strips_all(editor_of(scene)):
        if strip.name in own:
            continue
        if strip.type == "SOUND":
            strip.mute = True
        elif strip.type == "SCENE":
            strip.volume = 0.0


def _isolate(scene: bpy.types.Scene, recipe: RenderRecipe) -> None:
    """Leave only the shot's strips and what they are made of; a single one loses its place on the screen."""
    strips = compat.shown_strips(editor_of(scene))
    chosen = [strips[name] for name in recipe.strips]
    kept = _made_of(chosen)
    if recipe.see_through:
        timeline = TimelineFacts(scene)
        below = see_through.channel_above([timeline.of(strip) for strip in chosen])
        lower = [strip for strip in strips if strip.channel < below and strip.type != "SOUND"]
        kept |= _made_of(lower)
    kept |= set(recipe.sounds)
    for name in [strip.name for strip in strips if strip.name not in kept]:
        strip = strips.get(name)
        if strip is not None:
            strips.remove(strip)
    channels = compat.shown_channels(editor_of(scene))
    for strip in chosen:
        strip.mute = False
        channels[strip.channel].mute = False
    if recipe.lengthen:
        # Beyond its source's ends a strip holds its edge frame.
        first, end = recipe.start, recipe.start + recipe.frames
        compat.set_start(chosen[0], min(first, compat.start(chosen[0])))
        compat.set_end(chosen[0], max(end, compat.end(chosen[0])))
    if recipe.native:
        _without_place(scene, chosen[0], recipe)


def _without_place(scene: bpy.types.Scene, strip: Any, recipe: RenderRecipe) -> None:
    curves.without_place(scene, strip.name)
    strip.blend_type = "REPLACE"
    strip.blend_alpha = 1.0
    if hasattr(strip, "transform"):
        scale = [size / own for size, own in zip(recipe.size, recipe.canvas, strict=True)]
        transform = strip.transform
        transform.offset_x = transform.offset_y = 0.0
        transform.rotation = 0.0
        transform.origin = (0.5, 0.5)
        transform.filter = "AUTO"
        transform.scale_x, transform.scale_y = scale if recipe.scalable else (1.0, 1.0)
        content.resample(strip)
    if hasattr(strip, "use_flip_x"):
        # Blender turns the picture over where it stands on the screen, after it was moved.
        strip.use_flip_x = strip.use_flip_y = False
    if hasattr(strip, "crop"):
        strip.crop.min_x = strip.crop.max_x = strip.crop.min_y = strip.crop.max_y = 0


def _made_of(strips: list[Any]) -> set[str]:
    """Names of `strips`, of what their effects show, and of the strips that mask them."""
    names: set[str] = set()
    for strip in strips:
        names.add(strip.name)
        inputs = [getattr(strip, slot, None) for slot in ("input_1", "input_2")]
        masks = [getattr(modifier, "input_mask_strip", None) for modifier in getattr(strip, "modifiers", ())]
        names |= _made_of([each for each in (*inputs, *masks) if each is not None and each.name not in names])
    return names


def _check_readable(scene: bpy.types.Scene, recipe: RenderRecipe) -> None:
    """Blender shows black for a file that it cannot decode: find that out before it is sent and paid."""
    first, end = recipe.start, recipe.start + recipe.frames
    for strip in content.inside(compat.shown_strips(editor_of(scene))):
        if compat.start(strip) >= end or compat.end(strip) <= first or strip.mute:
            continue
        remedy = say("Replace the file, or relink the strip.")
        if strip.type == "MOVIE":
            readable = _is_movie(bpy.path.abspath(strip.filepath))
        elif strip.type == "IMAGE" and strip.elements:
            path = bpy.path.abspath(f"{strip.directory}/{strip.elements[0].filename}")
            readable = _sequencer_reads(path)
            if not readable and _is_in_layers(path):
                remedy = say("This Blender's sequencer shows no image in layers: save it as OpenEXR, not MultiLayer.")
        else:
            continue
        if not readable:
            raise ExportError(say("The file of “{strip}” cannot be read as a picture.", strip=strip.name), remedy)


def _is_movie(path: str) -> bool:
    try:
        # The size of what is no movie is a default, not zero.
        return bool(bpy.data.movieclips.load(path, check_existing=True).frame_duration > 0)
    except RuntimeError:
        return False


def _sequencer_reads(path: str) -> bool:
    """Whether Blender's sequencer can show an image. What else of Blender reads files knows other formats."""
    scratch = bpy.data.scenes.new("Reshoot")
    scratch.sequence_editor_create()
    strip = compat.strips(editor_of(scratch)).new_image("image", path, 1, 1)
    readable = content.own_size(strip) is not None
    bpy.data.scenes.remove(scratch)
    return readable


def _is_in_layers(path: str) -> bool:
    try:
        image = bpy.data.images.load(path, check_existing=True)
    except RuntimeError:
        return False
    # Asked for its size, of which it tells none, it is read.
    return not all(image.size) and image.type == "MULTILAYER"


def _from_stills(first_pass: bpy.types.Scene, recipe: RenderRecipe, stills: list[Path]) -> bpy.types.Scene:
    """A scene at the clip's rate and size that shows the stills in the order of the frame map."""
    width, height = recipe.size
    scene = movie_output.new_scene(recipe.fps, width, height)
    order = recipe.frame_map or range(recipe.frames)
    strip = compat.strips(editor_of(scene)).new_image("frames", str(stills[order[0]]), 1, 1, fit_method="ORIGINAL")
    for index in order[1:]:
        strip.elements.append(stills[index].name)
    strip.blend_type = "REPLACE"
    if not recipe.scalable:
        own_width, own_height = recipe.canvas
        strip.transform.scale_x, strip.transform.scale_y = width / own_width, height / own_height
        content.resample(strip)
    if recipe.audio:
        _carry_sound(first_pass, scene, recipe, stills[0].parent)
    return scene


def _carry_sound(first_pass: bpy.types.Scene, scene: bpy.types.Scene, recipe: RenderRecipe, folder: Path) -> None:
    """The shot's mix, as it sounds at the timeline's own rate, under the second pass. Before frame 0 it is silent:
    Blender mixes nothing from there.
    """
    first = max(0, recipe.start)
    end = recipe.start + recipe.frames
    if end <= first:
        return
    late = recipe.sound_delay + round((first - recipe.start) * recipe.fps / scene_fps(first_pass))
    first_pass.frame_start, first_pass.frame_end = first, end - 1
    mix = folder / "mix.flac"
    movie_output.mix_sound(first_pass, mix)
    compat.strips(editor_of(scene)).new_sound("mix", str(mix), 2, 1 + late)
