# SPDX-License-Identifier: GPL-3.0-or-later
"""Which take of a shot its holder shows: the stack, or the strip of a take above the shot.

Another take changes what the strip shows and nothing else of it. Where its file is of another length or in another
folder Blender opens it, which takes tens of milliseconds; else it is done in less than one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import bpy

from ...core.errors import PlacementError
from ...core.takes import pieces, transform
from ...core.takes.at_hand import Files
from ...core.takes.pieces import Piece
from ...core.values.choices import Sound
from ...core.values.job import Job
from ...core.words import say
from .. import compat, content, curves, movie_strip
from ..editor import editor_of
from ..muting import Muting, muted_for, release
from ..shot import scene_fps
from ..take_strips import TakeStrips, name_of, whole_name
from . import marks
from .holders import Holder, shown_takes

JobOf = Callable[[str], Job | None]
"""The job of an id, as far as it is known."""

_DIGITS = 3
_PLACEMENT = (
    *(f"transform.{name}" for name in ("offset_x", "offset_y", "scale_x", "scale_y", "rotation")),
    *(f"crop.{name}" for name in ("min_x", "max_x", "min_y", "max_y")),
)
_KEPT = ("blend_type", "blend_alpha", "color_saturation", "color_multiply", "color_tag", "lock")


def original(scene: bpy.types.Scene, holder: Holder, shot_id: str) -> None:
    """Let the plate be seen and heard."""
    every = compat.strips_all(editor_of(scene))
    strip = every[holder.name]
    for take in shown_takes(scene, holder):
        take.mute = True
    for sound in _sounds(scene, holder, shot_id):
        sound.mute = True
    for each in every:
        muted_for(each, shot_id, on=False)
    if holder.stacked and (plates := marks.plates_in(strip)):
        _rename(strip, plates[0].name, [take.name for take in shown_takes(scene, holder)])


def unmuted(scene: bpy.types.Scene, holder: Holder, shot_id: str) -> None:
    """Let the take be seen and heard again that a holder has."""
    every = compat.strips_all(editor_of(scene))
    takes = shown_takes(scene, holder)
    for take in takes:
        take.mute = False
    for sound in _sounds(scene, holder, shot_id):
        sound.mute = False
    for each in every:
        muted_for(each, shot_id, on=True)
    if holder.stacked and takes:
        stack = every[holder.name]
        _rename(stack, takes[0].name, [plate.name for plate in marks.plates_in(stack)])


class Show:
    """Shows the take of `jobs`, the parts of one shot, in a holder. rates, files, shot_id: see `TakeStrips`."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        jobs: Sequence[Job],
        muting: Muting,
        rates: Mapping[str, Fraction],
        files: Files,
        shot_id: str,
    ) -> None:
        self._scene = scene
        self._jobs = jobs
        self._muting = muting
        self._rates = rates
        self._files = files
        self._shot_id = shot_id

    def in_holder(self, holder: Holder, found: Sequence[Piece], job_of: JobOf) -> tuple[str, ...]:
        """Do it. found: the pieces of the take. What else was done, in words.

        Raises PlacementError; nothing has changed then but for strips that bear the new jobs' ids.
        """
        takes = self.replaced(holder, found, job_of)
        strips = TakeStrips(
            self._scene,
            self._jobs[0],
            holder.spot,
            self._muting,
            self._rates,
            self._files,
            shot_id=self._shot_id,
            stacked=holder.stacked,
        )
        before = job_of(str(takes[0][marks.JOB_KEY])) if len(takes) == 1 else None
        change = (
            _change(self._scene, takes[0], holder, found, before) if before is not None and not self._rates else None
        )
        if change is None:
            return self._anew(strips, holder, found, takes, before)
        notes = tuple(strips.bring_sound(takes[0], found))
        self._hear_no_more(holder, but=found)
        change()
        takes[0][marks.JOB_KEY], takes[0][marks.STACK_KEY] = found[0].job.id, self._shot_id
        takes[0].mute = False
        self._name(holder, takes[0], before)
        for each in compat.strips_all(editor_of(self._scene)):
            muted_for(each, self._shot_id, on=True)
        return notes

    def replaced(self, holder: Holder, found: Sequence[Piece], job_of: JobOf) -> list[Any]:
        """The strips of takes in whose place the pieces are shown: no part of the same, and none that shows more."""
        first, end = found[0].first, max(piece.end for piece in found)
        spot = holder.spot
        strips = []
        for strip in shown_takes(self._scene, holder):
            low, high = max(compat.start(strip), spot.first), min(compat.end(strip), spot.end)
            job = job_of(str(strip[marks.JOB_KEY]))
            is_part = job is not None and job.group == self._jobs[0].group
            if not is_part and first <= low < high <= end:
                strips.append(strip)
        return strips

    def _anew(
        self,
        strips: TakeStrips,
        holder: Holder,
        found: Sequence[Piece],
        takes: Sequence[Any],
        before: Job | None,
    ) -> tuple[str, ...]:
        """Lay the take anew in the place of those that are there."""
        every = compat.strips_all(editor_of(self._scene))
        first, end = found[0].first, max(piece.end for piece in found)
        changed = next((strip for strip in takes if len(strip.modifiers)), None)
        if changed is not None:
            raise PlacementError(
                say("“{strip}” has modifiers that its other take would not have.", strip=changed.name),
                say("Set Land to On a Channel, and place the take again from the job."),
            )
        kept = {name: getattr(takes[0], name) for name in _KEPT} if len(takes) == 1 else {}
        names = [strip.name for strip in takes]
        given = set(map(_unnumbered, _names_given(before)))
        if len(takes) == 1 and given and _unnumbered(names[0]) not in given:
            kept["name"] = names[0]
        trim: tuple[int, int] | None = None
        placement: dict[str, Any] = {}
        if len(takes) == len(found) == 1 and before is not None and takes[0].type == "MOVIE":
            trim, placement = self._of_the_editors(holder, takes[0], found[0], before)
        channel = strips.inner_channel(first, end) if holder.stacked else _empty_channel(self._scene, first, end)
        strip, notes = strips.add(found, channel)
        name = str(strip.name)
        own = {name, *(each.name for each in content.inside([strip]))}
        self._hear_no_more(holder, but=found)
        lowest = channel
        for old in names:
            lowest = min(lowest, every[old].channel) if holder.stacked else every[old].channel
            _remove(self._scene, old, own)
        strip = compat.strips_all(editor_of(self._scene))[name]
        strip.channel = lowest
        for prop, value in kept.items():
            setattr(strip, prop, value)
        _put(strip, placement)
        if trim is not None:
            compat.set_end(strip, trim[1])
            compat.set_start(strip, trim[0])
        if holder.stacked:
            strip.blend_type = "REPLACE"
            self._name(holder, strip, before)
        return notes

    def _of_the_editors(
        self, holder: Holder, strip: Any, new: Piece, before: Job
    ) -> tuple[tuple[int, int] | None, dict[str, Any]]:
        """What the editor has made of the strip of a take: its trim, None where it is as it was; its placement."""
        spot = holder.spot
        was = pieces.pieces_of([before], spot.start, spot.first, spot.end, nearest=compat.SHOWS_NEAREST)
        shown = (compat.start(strip), compat.end(strip))
        trimmed = (
            len(was) == 1 and shown != (was[0].first, was[0].end) and spot.first <= shown[0] < shown[1] <= spot.end
        )
        moved = _moved(self._scene, strip, holder, before, new)
        animated = any(not curve.data_path.endswith(curves.FADE) for curve in curves.of_place(self._scene, strip.name))
        placement = {} if moved is None or animated else moved or _placement(strip)
        return (shown if trimmed else None), placement

    def _hear_no_more(self, holder: Holder, but: Sequence[Piece] = ()) -> None:
        """The sound of the take that was shown goes, and the shot's own is heard."""
        new = {piece.job.id for piece in but}
        for sound in _sounds(self._scene, holder, self._shot_id):
            if sound[marks.JOB_KEY] not in new:
                compat.strips(sound.parent_meta() or self._scene.sequence_editor).remove(sound)
        if self._jobs[0].order.sound is Sound.TIMELINE:
            for each in compat.strips_all(editor_of(self._scene)):
                if each.type in ("SOUND", "SCENE"):
                    release(each, self._shot_id)

    def _name(self, holder: Holder, take: Any, before: Job | None) -> None:
        """Call strips as the take is called, where the editor has given them no name of his own. before: whose take was
        shown.
        """
        name = whole_name(self._jobs[0]) if take.type == "META" else name_of(self._jobs[0])
        given = _names_given(before)
        _rename(take, name, given)
        if holder.stacked:
            _rename(compat.strips_all(editor_of(self._scene))[holder.name], name, [*given, *holder.spot.strips])


def _names_given(job: Job | None) -> list[str]:
    """What the strips of the take of a job were called when they were laid."""
    return [name_of(job), whole_name(job)] if job is not None and job.take is not None else []


def _rename(strip: Any, name: str, given: Sequence[str]) -> None:
    """Call a strip so, if it is called as one of `given`, but for the number that Blender puts behind what is taken."""
    if _unnumbered(strip.name) in map(_unnumbered, given) and _unnumbered(strip.name) != _unnumbered(name):
        strip.name = _unnumbered(name)


def _unnumbered(name: str) -> str:
    base, _dot, number = name.rpartition(".")
    return base if number.isdigit() and len(number) >= _DIGITS else name


def _remove(scene: bpy.types.Scene, name: str, but: set[str]) -> None:
    strip = compat.strips_all(editor_of(scene)).get(name)
    if strip is not None and name not in but:
        compat.strips(strip.parent_meta() or scene.sequence_editor).remove(strip)


def _sounds(scene: bpy.types.Scene, holder: Holder, shot_id: str) -> list[Any]:
    """The sound strips of takes of a shot over its spot."""
    spot = holder.spot
    return [
        strip
        for strip in compat.strips_all(editor_of(scene))
        if strip.type == "SOUND"
        and marks.is_take(strip)
        and marks.shot_of(strip) == shot_id
        and compat.start(strip) < spot.end
        and compat.end(strip) > spot.first
    ]


def _empty_channel(scene: bpy.types.Scene, first: int, end: int) -> int:
    """The highest channel of the open level that is free over these frames."""
    shown = compat.shown_strips(editor_of(scene))
    taken = {strip.channel for strip in shown if compat.start(strip) < end and compat.end(strip) > first}
    free = [channel for channel in range(128, 0, -1) if channel not in taken]
    if not free:
        raise PlacementError(say("All channels are in use."), say("Free a channel, and place the take again."))
    return free[0]


def _change(
    scene: bpy.types.Scene, strip: Any, holder: Holder, found: Sequence[Piece], before: Job
) -> Callable[[], None] | None:
    """What lets `strip`, which shows the take of the job `before`, show another; None where it has to be laid anew."""
    if len(found) != 1 or strip.type != "MOVIE" or before.take is None:
        return None
    new, old, spot = found[0], before.take, holder.spot
    shots = (before.shot, new.job.shot)
    if old.play_fps != new.take.play_fps or any(shot.fps != scene_fps(scene) for shot in shots):
        return None
    if (shots[0].view, shots[0].native) != (shots[1].view, shots[1].native):
        return None
    was = pieces.pieces_of([before], spot.start, spot.first, spot.end, nearest=compat.SHOWS_NEAREST)
    if len(was) != 1:
        return None
    moved = _moved(scene, strip, holder, before, new)
    if moved is None:
        return None
    shown = (compat.start(strip), compat.end(strip))
    # Left behind where its shot was, it goes to where the shot is. What the editor has trimmed himself stays so.
    behind = abs(compat.content_start(strip) - was[0].start) >= 1
    wanted = (new.first, new.end) if behind or shown == (was[0].first, was[0].end) else shown
    path = new.take.path
    folder = os.path.dirname(bpy.path.abspath(strip.filepath))
    same_size = (old.width, old.height, old.frames) == (new.take.width, new.take.height, new.take.frames)
    quick = same_size and os.path.normpath(folder) == os.path.normpath(os.path.dirname(path))
    shift = new.start - compat.content_start(strip) if behind or new.start != was[0].start else 0

    def change() -> None:
        if quick:
            strip.elements[0].filename = os.path.basename(path)
            # So that Blender lets the file go that it has open.
            strip.colorspace_settings.name = strip.colorspace_settings.name
        else:
            strip.filepath = movie_strip.stored_path(path)
        if shift or wanted != (compat.start(strip), compat.end(strip)):
            channel, stack = strip.channel, marks.stack_of(strip)
            lies = (compat.start(stack), compat.end(stack)) if stack is not None else (0, 0)
            low = math.floor(min(compat.start(strip), wanted[0], compat.start(strip) + shift))
            high = math.ceil(max(compat.end(strip), wanted[1], compat.end(strip) + shift))
            # What is moved over another strip pushes it aside.
            strip.channel = _empty_channel(scene, low, high)
            compat.set_content_start(strip, compat.content_start(strip) + shift)
            compat.set_end(strip, wanted[1])
            compat.set_start(strip, wanted[0])
            strip.channel = channel
            if stack is not None:
                compat.set_start(stack, lies[0])
                compat.set_end(stack, lies[1])
        _put(strip, moved)
        if not same_size:
            content.resample(strip)

    return change


def _moved(scene: bpy.types.Scene, strip: Any, holder: Holder, before: Job, new: Piece) -> dict[str, Any] | None:
    """What becomes of the place of a take's strip on the screen when it shows another take, by property: nothing where
    both lie alike; None where its curves would have to be changed.
    """
    assert before.take is not None
    every = compat.strips_all(editor_of(scene))
    model = every.get(holder.spot.strips[0]) if new.job.shot.native and holder.spot.strips else None
    origin = tuple(model.transform.origin) if model is not None else (0.5, 0.5)
    was = transform.placed_over(before.take, before.shot.width, before.shot.height, origin)
    now = transform.placed_over(new.take, new.job.shot.width, new.job.shot.height, origin)
    if was == now:
        return {}
    if any(not curve.data_path.endswith(curves.FADE) for curve in curves.of_place(scene, strip.name)):
        return None
    values = _placement(strip)
    return {**transform.moved_over(values, was[0], now[0]), "transform.origin": now[1]}


def _placement(strip: Any) -> dict[str, Any]:
    """Where a strip's picture lies on the screen, by property."""
    return {name: getattr(getattr(strip, name.split(".")[0]), name.split(".")[1]) for name in _PLACEMENT}


def _put(strip: Any, placement: Mapping[str, Any]) -> None:
    for name, value in placement.items():
        group, prop = name.split(".")
        setattr(getattr(strip, group), prop, max(0, round(value)) if group == "crop" else value)
