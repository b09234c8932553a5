# SPDX-License-Identifier: GPL-3.0-or-later
"""Take -> strips: puts a result where its shot is now, over exactly its frames, shown as the shot was shown.

Nothing else in the timeline changes, but for what the notes say: sound that the editor asked to be muted, and a
see-through shot, which would show through its take.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import PlacementError
from ..core.job import REHEARSAL, Job, Take
from ..core.settings import Sound, Source
from ..core.shot import Shot
from ..core.words import say
from . import compat, curves, movie_strip, whereabouts
from .whereabouts import Spot

JOB_KEY = "reshoot_job"
"""Custom property of a placed strip: the id of the job that made it."""

_HIGHEST_CHANNEL = 128
_OPAQUE = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")
_UNDOES = {
    "AgX": "AgX Base sRGB",
    "Filmic": "Filmic sRGB",
    "ACES 1.3": "ACES 1.3 sRGB",
    "ACES 2.0": "ACES 2.0 sRGB",
}
"""Colour space that gives back what was sent through a view transform."""


def place(scene: bpy.types.Scene, job: Job) -> tuple[str, ...]:
    """Add the take of `job` to `scene` as strips. What else was done, in words; nothing where it is there already.

    The caller pushes the undo step. Raises PlacementError where there is no room or the file is gone.
    """
    take = job.take
    if take is None or not Path(take.path).is_file():
        raise PlacementError(
            say("The take of “{shot}” is not on disk any more.", shot=job.shot.name),
            say("Retry the job to fetch it again."),
        )
    editor = scene.sequence_editor or scene.sequence_editor_create()
    if placed_strips(scene, job.id):
        return ()
    notes: list[str] = []
    with _prefetch_held(editor):
        try:
            for spot in whereabouts.find(scene, job.shot):
                with _level_open(editor, spot.meta):
                    notes += _lay(scene, job, take, spot)
        except PlacementError:
            for strip in placed_strips(scene, job.id):
                compat.strips(strip.parent_meta() or editor).remove(strip)
            raise
    return tuple(dict.fromkeys(notes))


def _lay(scene: bpy.types.Scene, job: Job, take: Take, spot: Spot) -> Iterator[str]:
    """Lay the take over one spot of its shot."""
    whole = (spot.start, spot.start + job.shot.sent_frames)
    channel = _free_channel(scene, job.shot, spot, *whole)
    strip = movie_strip.add(
        scene, _name(job), Path(take.path), channel, spot.start, at_own_rate=take.play_fps is not None
    )
    strip[JOB_KEY] = job.id
    strip.select = False
    _cover(strip, spot)
    if (spot.first, spot.end) != whole:
        # Trimmed, it may fit further down, beside what its hidden frames reached into.
        strip.channel = min(channel, _free_channel(scene, job.shot, spot, spot.first, spot.end))
    yield from _show_as_shot(scene, strip, job.shot, take, spot)
    if job.shot.view in _UNDOES:
        strip.colorspace_settings.name = _UNDOES[job.shot.view]
    if job.order.sound is not Sound.TIMELINE:
        yield from _sound(scene, strip, job, take, spot)


@contextlib.contextmanager
def _level_open(editor: bpy.types.SequenceEditor, meta: str) -> Iterator[None]:
    """The level of the timeline that the meta strip `meta` holds, open for a moment; without a name, the whole one."""
    before, active = compat.open_meta(editor), editor.active_strip
    if before == meta:
        yield
        return
    name = active.name if active is not None else ""
    open_level(editor, meta)
    try:
        yield
    finally:
        open_level(editor, before)
        editor.active_strip = compat.strips_all(editor).get(name) if name else None


def open_level(editor: bpy.types.SequenceEditor, meta: str) -> None:
    """Enter the meta strip `meta`; without a name, leave every one."""
    editor.display_stack(compat.strips_all(editor)[meta] if meta else None)


def placed_strips(scene: bpy.types.Scene, job_id: str) -> list[Any]:
    """The strips of `scene` that the job `job_id` put there."""
    editor = scene.sequence_editor
    return [strip for strip in compat.strips_all(editor) if strip.get(JOB_KEY) == job_id] if editor else []


def find_scene(job: Job) -> bpy.types.Scene | None:
    """The scene that `job` belongs to, also where it has been renamed; None where it is gone."""
    named = bpy.data.scenes.get(job.scene)
    if named is not None:
        return named
    holding = [scene for scene in bpy.data.scenes if any(spot.strips for spot in whereabouts.find(scene, job.shot))]
    return holding[0] if len(holding) == 1 else None


def _free_channel(scene: bpy.types.Scene, shot: Shot, spot: Spot, first: int, end: int) -> int:
    """The lowest channel above the shot that is free from frame `first` to before `end`."""
    others = [
        strip
        for strip in compat.shown_strips(scene.sequence_editor)
        if compat.start(strip) < end and compat.end(strip) > first
    ]
    pieces = [strip.channel for strip in others if strip.name in spot.strips]
    lowest = max([spot.channel, *(pieces or [strip.channel for strip in shot.strips])])
    if shot.source is Source.TIMELINE:
        # The picture holds all that was visible: nothing of it may lie above the take.
        lowest = max([lowest, *(strip.channel for strip in others if strip.type != "SOUND" and not strip.mute)])
    taken = {strip.channel for strip in others}
    for channel in range(lowest + 1, _HIGHEST_CHANNEL + 1):
        if channel not in taken:
            return channel
    raise PlacementError(
        say("No channel above “{shot}” is free.", shot=shot.name),
        say("Free a channel above it and place the take again from the job."),
    )


def _name(job: Job) -> str:
    assert job.take is not None
    label = Path(job.take.path).stem.rsplit("_", 1)[0]
    return f"REHEARSAL {label}" if job.service == REHEARSAL else label


def _cover(strip: Any, spot: Spot) -> None:
    """Show the take on exactly the frames that it is for: trim what is long, hold the last frame of what is short."""
    compat.set_end(strip, spot.end)
    if spot.first > spot.start:
        compat.set_start(strip, spot.first)


def _show_as_shot(scene: bpy.types.Scene, strip: Any, shot: Shot, take: Take, spot: Spot) -> Iterator[str]:
    """Give the take the shot's place on the screen; the picture of the whole screen covers the screen."""
    wide, tall = shot.width / take.width, shot.height / take.height
    strip.blend_type = "ALPHA_OVER"
    if not shot.native or not spot.strips:
        strip.transform.scale_x, strip.transform.scale_y = wide, tall
        return
    every = compat.strips_all(scene.sequence_editor)
    pieces = [every[name] for name in spot.strips]
    model = pieces[0]
    old, new = model.transform, strip.transform
    new.scale_x, new.scale_y = old.scale_x * wide, old.scale_y * tall
    new.offset_x, new.offset_y, new.rotation = old.offset_x, old.offset_y, old.rotation
    new.origin, new.filter = old.origin, old.filter
    strip.use_flip_x, strip.use_flip_y = model.use_flip_x, model.use_flip_y
    strip.crop.min_x, strip.crop.max_x = round(model.crop.min_x / wide), round(model.crop.max_x / wide)
    strip.crop.min_y, strip.crop.max_y = round(model.crop.min_y / tall), round(model.crop.max_y / tall)
    strip.blend_type, strip.blend_alpha = model.blend_type, model.blend_alpha
    factors = {
        "transform.scale_x": wide,
        "transform.scale_y": tall,
        "crop.min_x": 1 / wide,
        "crop.max_x": 1 / wide,
        "crop.min_y": 1 / tall,
        "crop.max_y": 1 / tall,
    }
    curves.copy_place(scene, model.name, strip.name, factors)
    fades = any(curve.data_path.endswith("blend_alpha") for curve in curves.of_place(scene, model.name))
    if fades or model.blend_alpha < 1 or model.blend_type not in _OPAQUE:
        for piece in pieces:
            piece.mute = True
        yield say("“{strip}” is muted: it would show through its take", strip=model.name)


def _sound(scene: bpy.types.Scene, strip: Any, job: Job, take: Take, spot: Spot) -> list[str]:
    """Mute the shot's own sound, and bring in the result's where that was asked for."""
    notes = []
    heard = None
    if job.order.sound is Sound.RESULT:
        if not take.sound:
            return [say("The result has no sound: the timeline's stays")]
        heard = _add_sound(scene, strip, take, spot, job.shot.sent_frames)
        if heard is None:
            return [say("This Blender was built without sound: the result's is in the take's file")]
        heard[JOB_KEY] = job.id
        if compat.CONNECTED_STRIPS:
            _join(scene, strip, heard)
    for name in job.shot.sounds:
        own = compat.strips_all(scene.sequence_editor).get(name)
        if own is not None and not own.mute:
            own.mute = True
            notes.append(say("“{strip}” is muted", strip=name))
    return notes


def _add_sound(scene: bpy.types.Scene, strip: Any, take: Take, spot: Spot, frames: int) -> Any:
    strips = compat.shown_strips(scene.sequence_editor)
    taken = {
        other.channel
        for other in strips
        if compat.start(other) < spot.start + frames and compat.end(other) > spot.start
    }
    channel = next((each for each in range(strip.channel + 1, _HIGHEST_CHANNEL + 1) if each not in taken), None)
    if channel is None:
        raise PlacementError(
            say("No channel is free for the take's sound."),
            say("Free a channel and place the take again from the job."),
        )
    if not bpy.app.build_options.audaspace:
        return None
    sound = strips.new_sound(strip.name, movie_strip.stored_path(Path(take.path)), channel, spot.start)
    sound.select = False
    if compat.end(sound) > spot.end:
        compat.set_end(sound, spot.end)
    if spot.first > spot.start:
        compat.set_start(sound, spot.first)
    return sound


def _join(scene: bpy.types.Scene, picture: Any, sound: Any) -> None:
    """Join the two so that they are moved and cut together."""
    every = compat.strips_all(scene.sequence_editor)
    selected = [strip for strip in every if strip.select]
    compat.select_only([picture, sound], every)
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.connect("EXEC_DEFAULT", toggle=False)
    compat.select_only(selected, every)


@contextlib.contextmanager
def _prefetch_held(editor: bpy.types.SequenceEditor) -> Iterator[None]:
    """Adding a strip while frames are fetched ahead can crash Blender."""
    held = editor.use_prefetch
    if held:
        editor.use_prefetch = False
    try:
        yield
    finally:
        if held:
            editor.use_prefetch = True
