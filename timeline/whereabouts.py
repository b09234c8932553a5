# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot is now: follows its strips when they were moved, trimmed, renamed, cut or put into a meta strip, and
remembers their place where they are gone. Placing a take and drawing a job's progress both ask here. Changes nothing.
"""

from __future__ import annotations

import os
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import bpy

from ..core.values.choices import Source
from ..core.values.shot import Shot, ShotStrip
from . import compat, content

_NUMBER = re.compile(r"\.\d{3,}$")
"""What Blender puts behind a name that is taken."""


@dataclass(frozen=True)
class Spot:
    """Where a take goes, timeline frames.

    start: of the shot's first frame, whether it is shown or not. first, end: what is shown of it, end exclusive.
    channel: the lowest of the strips it lies over. strips: their names, by start; empty where the shot is gone. meta:
    the meta strip that holds them, by its name; empty where none does.
    """

    start: int
    first: int
    end: int
    channel: int
    strips: tuple[str, ...]
    meta: str = ""


def find(scene: bpy.types.Scene, shot: Shot) -> tuple[Spot, ...]:
    """Where `shot` is in `scene`'s timeline, whichever level of it is open, by time.

    One spot, unless the shot was cut into pieces that do not lie side by side any more. Where it is gone, the range and
    the channel that it had.
    """
    return _spots(shot, _Strips(scene, [shot]))


def holding(scene: bpy.types.Scene, shots: Mapping[str, Shot]) -> set[str]:
    """Which of `shots`, by their keys, `scene` has anything of."""
    strips = _Strips(scene, shots.values())
    return {key for key, shot in shots.items() if any(spot.strips for spot in _spots(shot, strips))}


def has_strip_of(scene: bpy.types.Scene, shot: Shot) -> bool:
    """Whether `scene` has a strip of `shot` under its name, which is soon found out."""
    editor = scene.sequence_editor
    there = [(compat.strips_all(editor).get(strip.name), strip) for strip in shot.strips] if editor else []
    return any(now and (now.type, _file_of(now)) == _source(then) for now, then in there)


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
            strips = _Strips(scene, shots.values())
            self._spots = {key: _spots(shot, strips) for key, shot in shots.items()}
            self._known = known
        return self._spots


def _layout(strips: Any) -> tuple[bytes, ...]:
    """The place of every one of `strips`, read in microseconds."""
    *whole, content_start = compat.SPAN
    places = []
    for name, kind in [*((name, "i") for name in whole), (content_start, "f")]:
        values = array(kind, bytes(array(kind).itemsize * len(strips)))
        strips.foreach_get(name, values)
        places.append(values.tobytes())
    return tuple(places)


class _Strips:
    """The strips of all levels that show what a strip of `shots` showed. Lists of them are by time."""

    def __init__(self, scene: bpy.types.Scene, shots: Iterable[Shot]) -> None:
        self._of_source: dict[tuple[str, str], list[ShotStrip]] = {
            _source(strip): [] for shot in shots for strip in shot.strips
        }
        self._of_place = defaultdict[tuple[str, str, float], list[ShotStrip]](list)
        self._of_base = defaultdict[tuple[str, str, str], list[ShotStrip]](list)
        self._of_name: dict[str, ShotStrip] = {}
        # Where the content of what Hold Split cut off begins if the file's own rate is kept, and frames to each of its.
        self._at_own_rate: dict[str, tuple[float, float]] = {}
        self._fps = scene.render.fps / scene.render.fps_base
        kinds = {kind for kind, _path in self._of_source}
        editor = scene.sequence_editor
        levels = [("", compat.strips(editor))] if editor else []
        for meta, level in levels:
            for strip in level:
                kind = strip.type
                if kind == "META":
                    # Gone through later, in this same loop.
                    levels.append((strip.name, compat.strips(strip)))
                if kind in kinds:
                    self._add(strip, kind, meta)
        self._metas = {meta for meta, _level in levels}
        for lists in (self._of_source, self._of_place, self._of_base):
            for strips in lists.values():
                strips.sort(key=lambda strip: (strip.start, strip.channel))

    def _add(self, strip: Any, kind: str, meta: str) -> None:
        path = _file_of(strip)
        if (kind, path) not in self._of_source:
            return
        start, end = compat.start(strip), compat.end(strip)
        content_start = compat.content_start(strip)
        if path and (cut_off := compat.animation_trims(strip)[0]):
            pace = 1.0 if kind == "IMAGE" else self._fps / (strip.fps or self._fps)
            if pace != 1:
                self._at_own_rate[strip.name] = (content_start - cut_off * pace, pace)
            content_start -= cut_off
        facts = ShotStrip(strip.name, kind, path, content_start, start, end, strip.channel, meta)
        self._of_name[facts.name] = facts
        self._of_source[kind, path].append(facts)
        self._of_place[kind, path, facts.content_start].append(facts)
        self._of_base[kind, path, _base(facts.name)].append(facts)

    def level_of(self, then: ShotStrip) -> str:
        """The meta strip that a strip was in, if it is there; else the whole timeline."""
        return then.meta if then.meta in self._metas else ""

    def named(self, then: ShotStrip) -> ShotStrip | None:
        """The strip of that name, if it still shows the same."""
        now = self._of_name.get(then.name)
        return now if now is not None and _source(now) == _source(then) else None

    def like(self, then: ShotStrip) -> list[ShotStrip]:
        """Those that show the same."""
        return self._of_source[_source(then)]

    def likely(self, then: ShotStrip) -> list[ShotStrip]:
        """The same, with their contents where they most likely begin."""
        return [next(self.readings(strip, then))[0] for strip in self.like(then)]

    def beside(self, now: ShotStrip) -> list[ShotStrip]:
        """Those that show the same, and the same frame of it at the same time."""
        return self._of_place[*_source(now), now.content_start]

    def numbered(self, then: ShotStrip) -> list[ShotStrip]:
        """Those that show the same under the same name, but for the number behind it."""
        return self._of_base[*_source(then), _base(then.name)]

    def readings(self, now: ShotStrip, beside: ShotStrip) -> Iterator[tuple[ShotStrip, float]]:
        """Where the content of a strip may begin, the likeliest first, if it was cut off `beside` by Hold Split; and by
        how many frames that may be wrong.

        What is cut off is counted in frames of the file, and no Blender tells whether a movie keeps its own rate. Where
        it does, a cut lies between two frames of the file.
        """
        own, pace = self._at_own_rate.get(now.name, (now.content_start, 0.0))
        whole, _pace = self._at_own_rate.get(beside.name, (beside.content_start, 0.0))
        slack = min(pace, (now.end - now.start) / 2)
        if pace and abs(own - whole) <= pace:
            yield replace(now, content_start=beside.content_start), slack
            return
        yield now, 0.0
        if pace:
            yield replace(now, content_start=own), slack


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
    return content.comparable(bpy.path.abspath(path))


def _source(strip: ShotStrip) -> tuple[str, str]:
    """What a strip shows, to be compared: its kind and its file."""
    return strip.kind, _comparable(strip.filepath)


_comparable = lru_cache(maxsize=4096)(content.comparable)


def _spots(shot: Shot, strips: _Strips) -> tuple[Spot, ...]:
    # A picture of all that was visible belongs above all of it, wherever its strip has been put.
    level = strips.level_of(shot.strips[0]) if shot.source is Source.TIMELINE else None
    if len(shot.strips) == 1:
        lead = shot.strips[0]
        pieces = _pieces(shot, lead, strips)
        spots = sorted(_runs(shot, lead, pieces), key=lambda spot: spot.first)
        if spots:
            return tuple(spots if level is None else (replace(spot, meta=level) for spot in spots))
    found = [(strip, piece) for strip in shot.strips for piece in _pieces(shot, strip, strips)]
    start = shot.start + (_moved(*found[0]) if found else 0)
    if level is None:
        level = found[0][1].meta if found else strips.level_of(shot.strips[0])
    there = [piece for _strip, piece in found if piece.meta == level]
    channel = min(strip.channel for strip in there or shot.strips)
    names = tuple(piece.name for piece in there)
    return (Spot(start, start, start + shot.frames, channel, names, level),)


def _runs(shot: Shot, lead: ShotStrip, pieces: list[ShotStrip]) -> Iterator[Spot]:
    """A spot for all the pieces that lie side by side and belong together."""
    while pieces:
        run = [pieces[0]]
        for piece in pieces[1:]:
            together = (piece.content_start, piece.meta) == (run[0].content_start, run[0].meta)
            if together and piece.start <= max(each.end for each in run):
                run.append(piece)
        pieces = [piece for piece in pieces if piece not in run]
        start = shot.start + _moved(lead, run[0])
        first = max(start, run[0].start)
        end = min(start + shot.frames, max(piece.end for piece in run))
        if first < end:
            channel = min(piece.channel for piece in run)
            yield Spot(start, first, end, channel, tuple(piece.name for piece in run), run[0].meta)


def _moved(then: ShotStrip, now: ShotStrip) -> int:
    return round(now.content_start - then.content_start)


def _pieces(shot: Shot, lead: ShotStrip, strips: _Strips) -> list[ShotStrip]:
    """What the strip `lead` of `shot` has become, by time: itself, its pieces, or what shows the same content."""
    if not lead.filepath:
        return _pieces_without_file(lead, strips)
    first = max(lead.start, shot.start) - lead.content_start
    end = min(lead.end, shot.start + shot.frames) - lead.content_start

    def shows(strip: ShotStrip) -> bool:
        low, high = _shown(strip)
        return low < end and high > first

    chosen = strips.named(lead)
    if chosen is None or not shows(chosen):
        # Renamed, or the piece of that name was deleted: what shows the same frames when it did, else the only one.
        there = [strip for strip in strips.beside(lead) if shows(strip)]
        there = there or [strip for strip in strips.likely(lead) if shows(strip)]
        if not there or (len(there) > 1 and there[0].content_start != lead.content_start):
            return []
        chosen = min(there, key=lambda strip: (strip.meta != lead.meta, strip.channel != lead.channel, strip.start))
    pieces = [chosen]
    low, high = _shown(chosen)
    if low <= first and end <= high:
        # It shows the whole shot. Among a thousand pieces of one movie it would take long to find that no other does.
        return pieces
    for strip in (*strips.beside(chosen), *strips.numbered(lead)):
        for reading, slack in strips.readings(strip, chosen):
            # A piece that was cut off shows frames of the shot that no other piece shows. A copy does not.
            low, high = _shown(reading)
            low, high = low + slack, high - slack
            moved = reading.content_start != chosen.content_start
            if shows(reading) and (not moved or (first <= low and high <= end)) and _apart(low, high, pieces):
                pieces.append(reading)
                break
    return sorted(pieces, key=lambda strip: strip.start)


def _pieces_without_file(lead: ShotStrip, strips: _Strips) -> list[ShotStrip]:
    """The same for a strip that shows no file: by its name, else by its place."""
    chosen = strips.named(lead)
    if chosen is None:
        place = (lead.start, lead.end, lead.channel, lead.meta)
        there = [strip for strip in strips.like(lead) if (strip.start, strip.end, strip.channel, strip.meta) == place]
        if not there:
            return []
        chosen = there[0]
    moved = _moved(lead, chosen)
    # Blender counts the frames of such a piece from its own start.
    cut = [
        replace(strip, content_start=chosen.content_start)
        for strip in strips.numbered(lead)
        if strip is not chosen
        and (strip.channel, strip.meta) == (chosen.channel, chosen.meta)
        and strip.start >= lead.start + moved
        and strip.end <= lead.end + moved
    ]
    return sorted([chosen, *cut], key=lambda strip: strip.start)


def _apart(low: float, high: float, pieces: list[ShotStrip]) -> bool:
    """Whether none of `pieces` shows any of those frames."""
    return all(high <= _shown(piece)[0] or low >= _shown(piece)[1] for piece in pieces)


def _shown(strip: ShotStrip) -> tuple[float, float]:
    """The frames that a strip shows, counted from the first one of what it shows."""
    return strip.start - strip.content_start, strip.end - strip.content_start


def _base(name: str) -> str:
    return _NUMBER.sub("", name)
