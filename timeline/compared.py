# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a timeline whose takes can be compared, and how a copy of their scene is made to show another side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import bpy

from ..core.takes.matching import Spot
from ..core.values.job import Job
from . import compat, place
from .editor import editor_of
from .facts import StripFacts, TimelineFacts
from .stacks import marks
from .stacks.holders import Holder, holder_at, shown_job, shown_takes, takes_above

_LOOKED_AT = ("mute", "blend_type", "blend_alpha", "color_saturation", "color_multiply", "use_flip_x", "use_flip_y")
_PLACED_BY = ("offset_x", "offset_y", "scale_x", "scale_y", "rotation")
_CROPPED_BY = ("min_x", "max_x", "min_y", "max_y")


class Compared(NamedTuple):
    """A shot of the open level that has takes. plate: its strip's name. first, end: the frames that it is shown on, end
    exclusive. shown: the job whose take is seen, empty where the plate is. hidden: one whose take is there, seen or
    not.
    """

    plate: str
    first: int
    end: int
    shown: str
    hidden: str


def shots(scene: bpy.types.Scene, at: int) -> list[Compared]:
    """The selected shots that have takes in the timeline; where there is none, the one on the frame `at`."""
    if scene.sequence_editor is None:
        return []
    timeline = TimelineFacts(scene)
    chosen = [found for strip in timeline.selected if (found := _compared(scene, timeline, strip)) is not None]
    if chosen:
        return chosen
    there = sorted(timeline.overlapping(at, at + 1), key=lambda strip: -strip.channel)
    seen = (_compared(scene, timeline, strip) for strip in there if strip.take_of is None)
    return [found for found in seen if found is not None][:1]


def shots_of(scene: bpy.types.Scene, names: Collection[str]) -> list[Compared]:
    """The shots whose strips are called `names`, as far as they have takes on the open level."""
    timeline = TimelineFacts(scene)
    strips = [strip for strip in compat.strips_all(editor_of(scene)) if strip.name in names]
    found = (_compared(scene, timeline, timeline.of(strip)) for strip in strips)
    return [each for each in found if each is not None]


def _compared(scene: bpy.types.Scene, timeline: TimelineFacts, strip: StripFacts) -> Compared | None:
    spot = _spot(strip)
    holder = _holder(timeline, strip, spot)
    if holder is None:
        return None
    shown, hidden = shown_job(scene, holder), shown_job(scene, holder, hidden=True)
    if not holder.stacked:
        every = compat.strips_all(editor_of(scene))
        above = [every[name] for name in takes_above(timeline, spot, "", strip.channel)]
        shown = str(max(above, key=lambda take: take.channel)[marks.JOB_KEY]) if above else ""
    return Compared(strip.name, strip.start, strip.end, shown, hidden)


def _spot(strip: StripFacts) -> Spot:
    return Spot(strip.start, strip.start, strip.end, strip.channel, (strip.name,), strip.meta)


def _holder(timeline: TimelineFacts, strip: StripFacts, spot: Spot) -> Holder | None:
    if not strip.ids:
        return None
    found = holder_at(timeline, spot, "") or holder_at(timeline, spot, "", over_all=True)
    return found if found is not None and shown_takes(timeline.scene, found) else None


def show_other(scene: bpy.types.Scene, plates: Collection[str], other: Sequence[Job], known: Mapping[str, Job]) -> None:
    """Let a copy of a scene show the take of the jobs `other` in the place of the shots called `plates`, or their
    original where there are none. known: the jobs of takes that are shown, by their ids. Raises PlacementError.
    """
    if other:
        place.show(scene, other, job_of=known.get, beside=frozenset(plates))
        return
    for name in plates:
        timeline = TimelineFacts(scene)
        strip = compat.strips_all(editor_of(scene)).get(name)
        if strip is None:
            continue
        plate = timeline.of(strip)
        holder = _holder(timeline, plate, _spot(plate))
        if holder is not None:
            place.show_original(scene, holder, plate.ids[0])


def jobs_shown(scene: bpy.types.Scene) -> list[str]:
    """The ids of the jobs whose takes are strips of a scene."""
    editor = scene.sequence_editor
    strips = compat.strips_all(editor) if editor is not None else ()
    return sorted({str(strip[marks.JOB_KEY]) for strip in strips if marks.is_take(strip)})


def fingerprint(scene: bpy.types.Scene, first: int, end: int) -> tuple[object, ...]:
    """What is seen of a timeline from `first` to before `end`, as far as it is told apart: what became another there
    has to be rendered anew. What is animated is not looked at, since it differs from frame to frame.
    """
    editor = scene.sequence_editor
    if editor is None:
        return ()
    moving = frozenset(curve.data_path for curve in compat.curves(scene) or ())
    looks = tuple(
        _look(strip, moving)
        for strip in compat.strips_all(editor)
        if strip.type != "SOUND" and compat.start(strip) < end and compat.end(strip) > first
    )
    render, view = scene.render, scene.view_settings
    assert view is not None
    picture = (render.resolution_x, render.resolution_y, render.pixel_aspect_x, render.pixel_aspect_y)
    shown = (view.view_transform, view.look, view.exposure, view.gamma)
    channels = tuple(channel.mute for channel in compat.shown_channels(editor))
    return (compat.open_meta(editor), picture, shown, channels, looks)


def _look(strip: Any, moving: Collection[str]) -> tuple[object, ...]:
    path = compat.strip_path(strip.name)
    lies = (strip.name, strip.type, strip.channel, compat.start(strip), compat.end(strip), compat.content_start(strip))
    found: list[object] = [
        getattr(strip, name) for name in _LOOKED_AT if hasattr(strip, name) and path + name not in moving
    ]
    for group, names in (("transform", _PLACED_BY), ("crop", _CROPPED_BY)):
        owner = getattr(strip, group, None)
        if owner is not None:
            found += [getattr(owner, name) for name in names if f"{path}{group}.{name}" not in moving]
    modifiers = tuple((modifier.type, modifier.mute) for modifier in strip.modifiers)
    return (*lies, strip.get(marks.JOB_KEY, ""), *found, modifiers)
