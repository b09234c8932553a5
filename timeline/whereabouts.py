# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot is now: follows its strips by name, file and content. Its take goes there. Changes nothing.

What is read here is matched in `core.takes.matching`.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import bpy

from ..core.takes import matching
from ..core.takes.matching import Candidate, Spot, StripIndex
from ..core.values.shot import Shot, ShotStrip, comparable
from . import compat, content
from .stacks import marks


def find(scene: bpy.types.Scene, shot: Shot) -> tuple[Spot, ...]:
    """Where `shot` is in `scene`'s timeline, whichever level of it is open, by time.

    One spot, unless the shot was cut into pieces that do not lie side by side any more. Where it is gone, the range and
    the channel that it had.
    """
    return matching.spots(shot, _index(scene, [shot]))


def find_among(scene: bpy.types.Scene, shot: Shot, names: Iterable[str]) -> tuple[Spot, ...]:
    """The same, looking at no strips but those called `names`: soon done in a timeline of thousands."""
    every = compat.strips_all(scene.sequence_editor) if scene.sequence_editor else {}
    levels = []
    for strip in [every[name] for name in names if name in every]:
        holder = strip.parent_meta()
        outer = compat.meta_of(holder) if holder is not None else ""
        stack = holder if holder is not None and marks.is_stack(holder) else None
        levels.append(_Level(compat.meta_of(strip), [strip], stack, outer))
    wanted = {matching.source(strip) for strip in shot.strips}
    candidates = _candidates(scene, levels, wanted, {shot.id} - {""})
    metas = {level.outer if level.stack else level.meta for level in levels}
    return matching.spots(shot, StripIndex(candidates, metas))


def shots_in(scene: bpy.types.Scene, shots: Mapping[str, Shot]) -> set[str]:
    """Which of `shots`, by their keys, `scene` has anything of."""
    strips = _index(scene, shots.values())
    return {key for key, shot in shots.items() if any(spot.strips for spot in matching.spots(shot, strips))}


def has_strip_of(scene: bpy.types.Scene, shot: Shot) -> bool:
    """Whether `scene` has a strip of `shot` under its name, which is soon found out."""
    editor = scene.sequence_editor
    there = [(compat.strips_all(editor).get(strip.name), strip) for strip in shot.strips] if editor else []
    return any(now and (now.type, _file_of(now)) == matching.source(then) for now, then in there)


def files_shown() -> set[str]:
    """The files that movie and image strips of the open file show, to be compared."""
    editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
    return {_file_of(strip) for editor in editors for strip in compat.strips_all(editor)} - {""}


def visible(scene: bpy.types.Scene, spot: Spot) -> tuple[int, int, int] | None:
    """What is to be seen of `spot` in the open level: channel, first frame, frame after it. None where that is nothing.

    Where it is inside a meta strip that is not entered, the part of that strip.
    """
    editor = scene.sequence_editor
    level = compat.open_meta(editor) if editor else ""
    if spot.meta == level:
        return spot.channel, spot.first, spot.end
    holder = compat.strips_all(editor).get(spot.meta) if editor else None
    while holder is not None and compat.meta_of(holder) != level:
        holder = holder.parent_meta()
    if holder is None:
        return None
    first, end = max(spot.first, compat.start(holder)), min(spot.end, compat.end(holder))
    return (holder.channel, first, end) if first < end else None


class Follower:
    """Where many shots are, asked at every redraw: looks anew only where a strip has changed its place."""

    def __init__(self) -> None:
        self._known: tuple[object, ...] = ()
        self._spots: dict[str, tuple[Spot, ...]] = {}

    def find(self, scene: bpy.types.Scene, shots: Mapping[str, Shot]) -> dict[str, tuple[Spot, ...]]:
        """The spots of each of `shots`, by its key. A shot of a key stays the same, the answer while nothing moves."""
        editor = scene.sequence_editor
        layout = _layout(compat.strips_all(editor)) if editor else ()
        known = (scene.name, bpy.data.filepath, layout, *shots)
        if known != self._known:
            strips = _index(scene, shots.values())
            self._spots = {key: matching.spots(shot, strips) for key, shot in shots.items()}
            self._known = known
        return self._spots


def look_of(scene: bpy.types.Scene) -> tuple[object, ...]:
    """Where every strip of a timeline is, which are selected and which muted, and which level is open: the same for as
    long as that is. Read in microseconds.
    """
    editor = scene.sequence_editor
    if editor is None:
        return ()
    strips = compat.strips_all(editor)
    marked = []
    for name in ("select", "mute"):
        values = array("b", bytes(len(strips)))
        strips.foreach_get(name, values)
        marked.append(values.tobytes())
    return (*_layout(strips), *marked, compat.open_meta(editor))


def _layout(strips: Any) -> tuple[bytes, ...]:
    """The place of every one of `strips`, read in microseconds."""
    *whole, content_start = compat.SPAN
    places = []
    for name, kind in [*((name, "i") for name in whole), (content_start, "f")]:
        values = array(kind, bytes(array(kind).itemsize * len(strips)))
        strips.foreach_get(name, values)
        places.append(values.tobytes())
    return tuple(places)


def _index(scene: bpy.types.Scene, shots: Iterable[Shot]) -> StripIndex:
    """The strips of all levels that show what a strip of `shots` showed, or bear the id of one of them."""
    shots = tuple(shots)
    wanted = {matching.source(strip) for shot in shots for strip in shot.strips}
    levels = _levels(scene)
    known = {shot.id for shot in shots} - {""}
    return StripIndex(_candidates(scene, levels, wanted, known), [level.meta for level in levels])


class _Level(NamedTuple):
    """A level of a timeline. meta: the name of the meta strip that holds it. stack: that strip, where it is a stack;
    outer: the name of the one around that."""

    meta: str
    strips: Any
    stack: Any = None
    outer: str = ""


def _levels(scene: bpy.types.Scene) -> list[_Level]:
    """The levels of a timeline, the whole one first."""
    editor = scene.sequence_editor
    levels = [_Level("", compat.strips(editor))] if editor else []
    for level in levels:
        # What is found in a level is gone through later, in this same loop.
        for strip in level.strips:
            if strip.type == "META":
                stack = strip if marks.is_stack(strip) else None
                levels.append(_Level(strip.name, compat.strips(strip), stack, level.meta))
    return levels


def _candidates(
    scene: bpy.types.Scene, levels: Iterable[_Level], wanted: set[tuple[str, str]], known: set[str]
) -> Iterator[Candidate]:
    kinds = {kind for kind, _path in wanted}
    fps = scene.render.fps / scene.render.fps_base
    for level in levels:
        for strip in level.strips:
            kind = strip.type
            if kind not in kinds or (kind == "META" and marks.is_stack(strip)):
                continue
            path = _file_of(strip)
            ids = marks.ids(strip)
            if (kind, path) not in wanted and known.isdisjoint(ids):
                continue
            if marks.is_take(strip) and level.stack is not None:
                continue
            candidate = _candidate(strip, kind, path, level.meta, fps)
            if ids and level.stack is not None:
                # Of a plate the timeline shows what its stack does, where that lies.
                first, end = marks.shown(strip)
                there = replace(candidate.strip, start=first, end=end, channel=level.stack.channel, meta=level.outer)
                if content.has_no_source(strip):
                    there = replace(there, content_start=float(first))
                candidate = replace(candidate, strip=there)
            yield replace(candidate, ids=ids) if ids else candidate


def _candidate(strip: Any, kind: str, path: str, meta: str, fps: float) -> Candidate:
    content_start = compat.content_start(strip)
    own_start, pace = None, 0.0
    if path and (cut_off := compat.animation_trims(strip)[0]):
        pace = 1.0 if kind == "IMAGE" else fps / (strip.fps or fps)
        if pace != 1:
            own_start = content_start - cut_off * pace
        content_start -= cut_off
    span = (content_start, compat.start(strip), compat.end(strip), strip.channel)
    return Candidate(ShotStrip(strip.name, kind, path, *span, meta), own_start, pace)


def _file_of(strip: Any) -> str:
    """The file that a movie strip shows, or the first one of an image strip, to be compared; empty for other strips."""
    if strip.type == "MOVIE":
        return _absolute(strip.filepath, bpy.data.filepath)
    if strip.type == "IMAGE" and strip.elements:
        return _absolute(os.path.join(strip.directory, strip.elements[0].filename), bpy.data.filepath)
    return ""


@lru_cache(maxsize=4096)
def _absolute(path: str, file: str) -> str:
    """`path`, which may begin at the folder of the open `file`, to be compared."""
    return comparable(bpy.path.abspath(path))
