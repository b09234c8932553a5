# SPDX-License-Identifier: GPL-3.0-or-later
"""How the strips of a shot look now, as digests: compared with those of the press, they tell what has changed since.

Nothing that can be read comes out of here: rows and receipts travel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import bpy

from ..core.takes.matching import Spot
from ..core.takes.stale import Aspect
from ..core.values.choices import Source
from ..core.values.shot import Mark, Shot
from . import compat, content, curves
from .editor import editor_of
from .facts import TimelineFacts
from .see_through import channel_above
from .stacks import marks

_PACE = ("use_reverse_frames",)
_COLOUR = (
    *("color_saturation", "color_multiply", "multiply_alpha", "alpha_mode"),
    *("use_float", "use_deinterlace", "use_linear_modifiers"),
)
_PLACED = (
    *(f"transform.{name}" for name in ("offset_x", "offset_y", "scale_x", "scale_y", "rotation", "origin")),
    *(f"crop.{name}" for name in ("min_x", "max_x", "min_y", "max_y")),
    *("use_flip_x", "use_flip_y"),
)
_FOOTAGE = ("MOVIE", "IMAGE", "META")
"""Kinds whose own properties say nothing but what is looked at by name."""
_NO_LOOK = {
    *("rna_type", "name", "select", "show_expanded", "show_preview", "is_active", "persistent_uid", "update"),
    *("input_1", "input_2", "input_count", "elements", "modifiers", "retiming_keys", "connections", "proxy"),
}
"""Properties by which nothing looks otherwise, or that are looked at by themselves."""
_DEPTH = 6
_VIEW = ("view_transform", "look", "exposure", "gamma", "use_curve_mapping")

_Look = dict[Aspect, tuple[object, ...]]


Looks = dict[tuple[object, ...], tuple[Mark, ...]]
"""What was read at this moment already: takes of one shot are of one look."""


def marks_of(
    scene: bpy.types.Scene, shot: Shot, spot: Spot | None = None, looks: Looks | None = None
) -> tuple[Mark, ...]:
    """How a shot looks, where it is now; where it was read as it is sent, without `spot`.

    looks: what was read before in one go, to be read once.
    """
    if looks is None or spot is None:
        return _marks_of(scene, shot, spot)
    with_more = shot.see_through or shot.source is Source.TIMELINE or len(shot.strips) > 1
    more = (shot.id, spot.start, shot.frames, shot.source, len(shot.strips)) if with_more else ()
    key = (spot.strips, shot.view, *more)
    if key not in looks:
        looks[key] = _marks_of(scene, shot, spot)
    return looks[key]


def _marks_of(scene: bpy.types.Scene, shot: Shot, spot: Spot | None) -> tuple[Mark, ...]:
    names = [strip.name for strip in shot.strips] if spot is None else spot.strips
    origin = shot.start if spot is None else spot.start
    every = compat.strips_all(editor_of(scene))
    strips = [every[name] for name in names if name in every]
    if not strips:
        return ()
    looks = [_look(scene, strip) for strip in strips]
    found: _Look = {}
    for aspect in (Aspect.FILE, Aspect.INSIDE, Aspect.PACE, Aspect.COLOUR, Aspect.PLACEMENT, Aspect.BLEND):
        # Cut apart a strip looks as it did.
        found[aspect] = tuple(dict.fromkeys(look[aspect] for look in looks))
    if len(shot.strips) > 1:
        found[Aspect.INSIDE] = (*found[Aspect.INSIDE], *(_lies(marks.seen_as(strip), origin) for strip in strips))
    if shot.view != "Standard":
        found[Aspect.COLOUR] = (*found[Aspect.COLOUR], _values(scene.view_settings, _VIEW))
    if shot.see_through or shot.source is Source.TIMELINE:
        found[Aspect.BELOW] = tuple(_below(scene, shot, strips, origin))
    return tuple(Mark(aspect.value, _digest(look)) for aspect, look in found.items())


def _digest(look: object) -> str:
    return hashlib.blake2b(repr(look).encode(), digest_size=8).hexdigest()


def _look(scene: bpy.types.Scene, strip: Any) -> _Look:
    """How a strip looks, by side. Of a plate in a stack how it is blended is its stack's."""
    start = compat.content_start(strip)
    lying = marks.seen_as(strip) if marks.ids(strip) else strip
    if content.has_no_source(strip):
        start = float(compat.start(lying))
    animated = scene.animation_data is not None
    placed = list(_of_curves(curves.of_place(scene, strip.name), strip, start)) if animated else []
    fades = list(_of_curves(curves.of_place(scene, lying.name), lying, start)) if animated else []
    drawn = list(_of_curves(curves.of_picture(scene, strip.name), strip, start)) if animated else []
    color_space = getattr(strip, "colorspace_settings", None)
    # A strip that was never asked about it has none.
    strobe = _number(max(1.0, getattr(strip, "strobe", 1.0)))
    keys = tuple(round(key.timeline_frame - start) for key in getattr(strip, "retiming_keys", ()))
    return {
        Aspect.FILE: (strip.type, *_files(strip)),
        Aspect.INSIDE: (*_inside(scene, strip, start),),
        Aspect.PACE: (*_values(strip, _PACE), strobe, keys),
        Aspect.COLOUR: (
            *_values(strip, _COLOUR),
            str(color_space.name) if color_space is not None else "",
            *(_plain(modifier, _DEPTH) for modifier in getattr(strip, "modifiers", ())),
            *drawn,
        ),
        Aspect.PLACEMENT: (*_values(strip, _PLACED), *(each for each in placed if each[0] != curves.FADE)),
        Aspect.BLEND: (
            str(lying.blend_type),
            _number(lying.blend_alpha),
            *(each for each in fades if each[0] == curves.FADE),
        ),
    }


def _files(strip: Any) -> Iterator[object]:
    """The names of what a strip shows: where that lies is told apart by the shot's own paths."""
    if strip.type in ("MOVIE", "IMAGE"):
        yield getattr(strip, "stream_index", 0)
        yield tuple(element.filename for element in strip.elements)
    for name in ("scene", "clip", "mask"):
        shown = getattr(strip, name, None)
        if shown is not None:
            yield shown.name


def _inside(scene: bpy.types.Scene, strip: Any, start: float) -> Iterator[object]:
    """What a strip is made of, and what is its kind's own."""
    if strip.type == "META":
        inner = sorted(compat.strips(strip), key=lambda each: (compat.start(each), each.channel, each.name))
        yield from (_whole(scene, each, start) for each in inner if not each.mute)
    for slot in ("input_1", "input_2"):
        shown = getattr(strip, slot, None)
        if shown is not None:
            yield _whole(scene, shown, start)
    if strip.type not in _FOOTAGE:
        yield _own(strip)


def _whole(scene: bpy.types.Scene, strip: Any, origin: float) -> tuple[object, ...]:
    """How a strip looks on all sides, and where it lies."""
    return (*_lies(strip, origin), *_look(scene, strip).values())


def _lies(strip: Any, origin: float) -> tuple[object, ...]:
    content_start = compat.content_start(strip) - origin
    return (compat.start(strip) - origin, compat.end(strip) - origin, strip.channel, _number(content_start))


def _below(scene: bpy.types.Scene, shot: Shot, strips: Sequence[Any], origin: int) -> Iterator[object]:
    """What else is seen over the frames that were sent, however long the shot is now."""
    first, end = origin, origin + shot.frames
    editor = editor_of(scene)
    lying = [marks.seen_as(strip) for strip in strips]
    own = {strip.name for strip in (*strips, *lying)}
    ids = {shot.id, *(each for strip in strips for each in marks.ids(strip))} - {""}
    owner: Any = (lying[0].parent_meta() if lying else None) or editor
    closed = {number for number, channel in enumerate(owner.channels) if channel.mute}
    facts = TimelineFacts(scene)
    below = channel_above([facts.of(strip) for strip in strips]) if shot.source is Source.STRIP else None
    lowest = min((strip.channel for strip in lying), default=0)
    for strip in sorted(compat.strips(owner), key=lambda each: (each.channel, compat.start(each), each.name)):
        low, high = compat.start(strip), compat.end(strip)
        if strip.type == "SOUND" or strip.mute or strip.channel in closed or not (low < end and high > first):
            continue
        if strip.name in own or (marks.is_take(strip) and marks.shot_of(strip) in ids):
            continue
        if below is not None and strip.channel >= below:
            continue
        start = _number(compat.content_start(strip) - origin) if not content.is_endless(strip) else 0
        lies = (max(low, first) - first, min(high, end) - first, start, strip.channel > lowest)
        yield (*lies, *_look(scene, strip).values())


def _of_curves(found: Iterable[Any], strip: Any, start: float) -> Iterator[tuple[object, ...]]:
    """Curves and drivers of a strip, their frames counted from `start`."""
    path = compat.strip_path(strip.name)
    for curve in found:
        prop = curve.data_path.removeprefix(path)
        driver = getattr(curve, "driver", None)
        if driver is not None:
            yield (prop, curve.array_index, driver.type, driver.expression)
            continue
        points = tuple(
            (_number(point.co[0] - start), _number(point.co[1]), point.interpolation) for point in curve.keyframe_points
        )
        yield (prop, curve.array_index, points, curve.extrapolation)


def _values(owner: Any, names: Iterable[str]) -> tuple[object, ...]:
    """The values of properties that may lie deeper, None where there is no such."""
    found = []
    for name in names:
        value = owner
        for part in name.split("."):
            value = getattr(value, part, None)
        found.append(_value(value))
    return tuple(found)


def _value(value: Any) -> object:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value))
    return tuple(_value(each) for each in value)


def _number(value: float) -> str:
    """A number as far as Blender's own are exact."""
    return f"{value + 0.0:.6g}"


def _own(strip: Any) -> tuple[object, ...]:
    """The properties that only strips of its kind have."""
    of_all = {prop.identifier for prop in compat.strip_type().bl_rna.properties}
    return _plain(strip, 2, but=of_all | {*_COLOUR, *_PACE, "strobe"})


def _plain(owner: Any, depth: int, but: Collection[str] = ()) -> tuple[object, ...]:
    """Every value of `owner` and of what is a part of it."""
    found: list[object] = []
    for prop in owner.bl_rna.properties:
        name = prop.identifier
        # What is going to leave Blender says the same by another name, and is warned of when it is read.
        if getattr(prop, "is_deprecated", False):
            continue
        if name in _NO_LOOK or name in but or name in ("transform", "crop", "use_flip_x", "use_flip_y"):
            continue
        value = getattr(owner, name)
        if prop.type == "COLLECTION":
            found.append((name, *(_plain(each, depth - 1) for each in value)) if depth else name)
        elif prop.type == "POINTER":
            if value is None or isinstance(value, bpy.types.ID):
                found.append((name, value.name if value is not None else ""))
            elif hasattr(value, "blend_type"):
                found.append((name, value.type, *_files(value)))
            elif depth:
                found.append((name, *_plain(value, depth - 1)))
        else:
            found.append((name, _value(value)))
    return tuple(found)
