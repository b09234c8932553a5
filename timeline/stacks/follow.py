# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes and the shots that they belong to, as both lie now; and how a take follows its shot: moved and trimmed to it,
as far as its frames reach. What has changed is told in `core.takes.stale`.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ...core.errors import PlacementError
from ...core.takes import pieces, stale
from ...core.takes.matching import Spot
from ...core.takes.stale import Frames, Laid, Plate, Stale
from ...core.values.choices import Source
from ...core.values.job import Job
from ...core.values.shot import Shot
from ...core.words import say
from .. import compat, content, plate_look, whereabouts
from ..editor import editor_of
from ..plate_look import Looks
from ..shot import linked_words, scene_fps
from . import marks

_HIGHEST_CHANNEL = 128
_FOLLOWED = "reshoot_followed"
"""On the strip of a take that has followed its shot: how it is trimmed is not the editor's own doing."""


@dataclass(frozen=True)
class Index:
    """The strips of a timeline that bear a mark of ours, by name: they may be others at Blender's next event.

    plates: by the id of a shot, those that are known as it. takes: those that hold the take of a job, each once, with
    its job.
    """

    plates: dict[str, tuple[str, ...]]
    takes: tuple[tuple[str, str], ...]


def index(scene: bpy.types.Scene) -> Index:
    """Read it: a millisecond for a thousand strips."""
    plates: dict[str, list[str]] = {}
    takes: list[tuple[str, str]] = []
    levels = [scene.sequence_editor] if scene.sequence_editor is not None else []
    for level in levels:
        # What is found in a level is gone through later, in this same loop. To ask each strip what holds it takes long.
        for strip in compat.strips(level):
            kind = strip.type
            if marks.is_take(strip):
                if kind != "SOUND":
                    takes.append((strip.name, strip[marks.JOB_KEY]))
                continue
            if kind == "META":
                levels.append(strip)
            for shot_id in marks.ids(strip):
                plates.setdefault(shot_id, []).append(strip.name)
    return Index({shot_id: tuple(names) for shot_id, names in plates.items()}, tuple(takes))


@dataclass(frozen=True)
class Pair:
    """A take and its shot. take: the name of the strip that holds it. jobs: its parts. spot: where its shot is."""

    take: str
    jobs: tuple[Job, ...]
    spot: Spot
    plate: Plate
    laid: Laid

    @property
    def has(self) -> Frames:
        """The frames that the take has, counted from the shot's first."""
        return stale.frames_of(self.jobs)

    @property
    def stale(self) -> Stale | None:
        """What has changed of the shot since."""
        return stale.changed(self.jobs[0].shot, self.plate, self.has, self.laid)


def pair(
    scene: bpy.types.Scene, found: Index, take: str, jobs: Sequence[Job], project: str, looks: Looks | None = None
) -> Pair | None:
    """A take with its shot as both are now; None where the one or the other is not there.

    jobs: what is known of its parts. project: the open file. looks: see `plate_look.marks_of`.
    """
    every = compat.strips_all(editor_of(scene))
    strip = every.get(take)
    if strip is None or not jobs:
        return None
    parts = _parts(strip)
    ids = {str(each[marks.JOB_KEY]) for each in parts}
    own = tuple(sorted((job for job in jobs if job.id in ids and job.take is not None), key=lambda job: job.part))
    if not own:
        return None
    spot = _spot(scene, found, strip, own[0].shot)
    plate = plate_at(scene, own[0].shot, spot, project, looks) if spot is not None else None
    laid = _laid(strip, parts, own, plate) if plate is not None else None
    if spot is None or plate is None or laid is None:
        return None
    return Pair(take, own, spot, plate, laid)


def plate_at(scene: bpy.types.Scene, shot: Shot, spot: Spot, project: str, looks: Looks | None = None) -> Plate | None:
    """A shot as it is on a spot; None where its strips are gone. looks: see `plate_look.marks_of`."""
    every = compat.strips_all(editor_of(scene))
    strips = [every[name] for name in spot.strips if name in every]
    if not strips:
        return None
    shown = [marks.shown(strip) for strip in strips]
    return Plate(
        spot.start,
        (min(first for first, _end in shown), max(end for _first, end in shown)),
        scene_fps(scene),
        tuple((strip.type, content.file_of(strip)) for strip in strips),
        project,
        plate_look.marks_of(scene, shot, spot, looks),
    )


def _spot(scene: bpy.types.Scene, found: Index, take: Any, shot: Shot) -> Spot | None:
    """Where the shot of a take is: in its stack, else the nearest in its level."""
    stack = marks.stack_of(take)
    plates: list[str] = []
    if stack is not None:
        plates = [str(plate.name) for plate in marks.plates_in(stack)]
    elif shot.id:
        known = dict.fromkeys((*found.plates.get(marks.shot_of(take), ()), *found.plates.get(shot.id, ())))
        plates = [name for name in known if _level(scene, name) == compat.meta_of(take)]
        if shot.source is Source.TIMELINE and not plates:
            plates = list(known)
    if not plates:
        # A row of Reshoot 0.1.0, or an undo has gone back to before the strip was known as a shot.
        spots = [spot for spot in whereabouts.find(scene, shot) if spot.strips]
        return min(spots, key=lambda spot: _apart(take, spot.first, spot.end), default=None)
    if len(shot.strips) == 1:
        plates.sort(key=lambda name: _apart(take, *marks.shown(_strip(scene, name))))
        start = compat.content_start(_strip(scene, plates[0]))
        # With the nearest go the pieces that were cut off it, not the copies.
        plates = [each for each in plates if compat.content_start(_strip(scene, each)) == start]
    spots = [spot for spot in whereabouts.find_among(scene, shot, plates) if spot.strips]
    if not spots and len(shot.strips) == 1:
        # It shows none of the frames that were sent.
        own, seen = _strip(scene, plates[0]), marks.seen_as(_strip(scene, plates[0]))
        start = shot.start + round(compat.content_start(own) - shot.strips[0].content_start)
        return Spot(start, *marks.shown(own), seen.channel, (plates[0],), compat.meta_of(seen))
    return min(spots, key=lambda spot: _apart(take, spot.first, spot.end), default=None)


def _strip(scene: bpy.types.Scene, name: str) -> Any:
    return compat.strips_all(editor_of(scene))[name]


def _level(scene: bpy.types.Scene, name: str) -> str:
    return compat.meta_of(marks.seen_as(_strip(scene, name)))


def _apart(take: Any, first: int, end: int) -> int:
    return max(first - compat.end(take), compat.start(take) - end, 0)


def _parts(strip: Any) -> list[Any]:
    """The movie strips of a take, by time."""
    if strip.type != "META":
        return [strip]
    inner = [each for each in compat.strips(strip) if marks.is_take(each) and each.type == "MOVIE"]
    return sorted(inner, key=compat.start)


def _laid(strip: Any, parts: Sequence[Any], jobs: Sequence[Job], plate: Plate) -> Laid | None:
    """How a take lies."""
    lead = [part for part in parts if part[marks.JOB_KEY] == jobs[0].id]
    span = (-(10**6) + plate.origin, 10**6 + plate.origin)
    pieces_there = pieces.pieces_of(jobs[:1], plate.origin, *span, nearest=compat.SHOWS_NEAREST)
    if not lead or not pieces_there:
        return None
    # Cut off at its beginning it may lack the first of several pieces.
    apart = [round(compat.content_start(lead[0])) - piece.start for piece in pieces_there]
    stack = marks.stack_of(strip)
    first, end = compat.start(strip), compat.end(strip)
    if stack is not None:
        first, end = max(first, compat.start(stack)), min(end, compat.end(stack))
    return Laid(plate.origin + min(apart, key=abs), (first, end), stack is not None, bool(strip.get(_FOLLOWED)))


@dataclass(frozen=True)
class _Move:
    """What becomes of a strip. shift: frames by which its content is moved. shown, channel: where it lies then."""

    name: str
    shift: int
    shown: Frames
    channel: int


def follow(scene: bpy.types.Scene, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Move and trim takes to their shots as those are now, as far as the takes' frames reach; their sound too. What of
    the shots the takes do not have, in words.

    Raises PlacementError where one of them cannot, or none has to; nothing has changed then.
    """
    if scene.library is not None:
        raise PlacementError(linked_words(scene), say("Make the scene local first."))
    due = []
    notes = []
    for each in pairs:
        found = each.stale
        if found is None:
            continue
        if not found.can_follow:
            _refuse_what_cannot(each, found)
        else:
            due.append(each)
        notes += [f"{say('“{shot}”', shot=_name(each))}: {words}" for words in _left(found)]
    if not due:
        raise PlacementError(
            say("No take of what is selected has to be moved or trimmed."),
            say("What else has changed needs another take: reshoot the shot.") if notes else "",
        )
    for each in due:
        _refuse_what_is_held(scene, each)
    wanted = {each.take: _wanted(each) for each in due}
    channels = _channels(scene, due, wanted)
    moves = [_Move(each.take, _shift(each), wanted[each.take], channels[each.take]) for each in due]
    for each, move in zip(due, moves, strict=True):
        _carry_out(scene, each, move)
    # Each is out of the way of all others meanwhile.
    for move in moves:
        _strip(scene, move.name).channel = move.channel
    for each, move in zip(due, moves, strict=True):
        _sounds_follow(scene, each, move)
    return tuple(notes)


def _left(found: Stale) -> list[str]:
    """What stays changed of a shot whose take follows, in words."""
    left = tuple(each for each in found.what if each is not stale.Aspect.PLACE)
    return list(Stale(left, False, 0, found.missing_before, found.missing_after).words) if _stays(found) else []


def _stays(found: Stale) -> bool:
    others = set(found.what) - {stale.Aspect.PLACE, stale.Aspect.TRIM}
    return bool(others or found.missing_before or found.missing_after)


def _name(each: Pair) -> str:
    return each.spot.strips[0]


def _refuse_what_cannot(each: Pair, found: Stale) -> None:
    again = say("Reshoot it.")
    if stale.Aspect.FILE in found.what:
        raise PlacementError(say("“{shot}” shows another file: its take cannot follow.", shot=_name(each)), again)
    if stale.Aspect.PACE in found.what:
        raise PlacementError(say("“{shot}” plays at another pace: its take cannot follow.", shot=_name(each)), again)
    own = (each.plate.shown[0] - each.plate.origin, each.plate.shown[1] - each.plate.origin)
    if stale.served(own, each.has) is None:
        raise PlacementError(say("The take has none of the frames that “{shot}” shows now.", shot=_name(each)), again)


def _refuse_what_is_held(scene: bpy.types.Scene, each: Pair) -> None:
    """Raise PlacementError where a strip that would be changed is locked, or is open to be worked in."""
    take = _strip(scene, each.take)
    stack = marks.stack_of(take)
    holders = [holder for holder in (take, stack) if holder is not None and holder.type == "META"]
    entered = {meta.name for meta in editor_of(scene).meta_stack}
    for holder in holders:
        if holder.name in entered:
            raise PlacementError(
                say("“{strip}” is open: its take cannot follow.", strip=holder.name), say("Leave it with Tab first.")
            )
    changed = [take, *_sounds(scene, each), *(_parts(take) if take.type == "META" else ())]
    for strip in [*changed, *([stack] if stack is not None else [])]:
        owner: Any = strip.parent_meta() or editor_of(scene)
        # Some versions call a strip locked whose channel is.
        if owner.channels[strip.channel].lock:
            raise PlacementError(
                say("Channel {channel} is locked: “{strip}” cannot follow.", channel=strip.channel, strip=strip.name),
                say("Unlock it first."),
            )
        if strip.lock:
            raise PlacementError(
                say("“{strip}” is locked: its take cannot follow.", strip=strip.name), say("Unlock it first.")
            )


def _shift(each: Pair) -> int:
    return each.plate.origin - each.laid.origin


def _wanted(each: Pair) -> Frames:
    """The timeline frames that a take is shown at once it has followed."""
    origin, shown = each.plate.origin, each.plate.shown
    if shown == (origin, origin + each.jobs[0].shot.frames) and not each.laid.followed:
        # The shot is as long as it was: what the editor has trimmed of the take stays trimmed.
        first, end = (frame + _shift(each) for frame in each.laid.shown)
        return first, end
    served = stale.served((shown[0] - origin, shown[1] - origin), each.has)
    assert served is not None
    return origin + served[0], origin + served[1]


def _channels(scene: bpy.types.Scene, due: Sequence[Pair], wanted: Mapping[str, Frames]) -> dict[str, int]:
    """Where takes lie once they have followed. Raises PlacementError where something is in the way."""
    decided: dict[str, int] = {}
    for each in due:
        decided[each.take] = _channel(scene, each, wanted, decided)
    return decided


def _channel(scene: bpy.types.Scene, each: Pair, wanted: Mapping[str, Frames], decided: Mapping[str, int]) -> int:
    """Where a take lies once it has followed: on its channel if it can, else directly above its shot.

    wanted, decided: of all takes that follow, by their strips: the frames, and the channels as far as they are known.
    """
    take = _strip(scene, each.take)
    first, end = wanted[each.take]
    channel, over_all = int(take.channel), each.jobs[0].shot.source is Source.TIMELINE
    if compat.start(take) <= first and end <= compat.end(take):
        return channel
    owner: Any = take.parent_meta() or editor_of(scene)
    own = {each.take, *(sound.name for sound in _sounds(scene, each)), *each.spot.strips}
    own.update(marks.seen_as(_strip(scene, name)).name for name in each.spot.strips)
    there = [
        strip
        for strip in compat.strips(owner)
        if strip.name not in own
        and _overlaps(wanted.get(strip.name, (compat.start(strip), compat.end(strip))), (first, end))
    ]
    taken = {decided.get(strip.name, strip.channel) for strip in there}
    taken |= {number for number, other in enumerate(owner.channels) if other.mute or other.lock}
    if each.laid.stacked:
        return next(other for other in range(channel, 2 * _HIGHEST_CHANNEL) if other not in taken)
    ids = {each.jobs[0].shot.id, *marks.ids(_strip(scene, each.spot.strips[0]))}
    seen = [
        strip.channel
        for strip in there
        if strip.type != "SOUND" and not (marks.is_take(strip) and marks.shot_of(strip) in ids)
    ]
    lowest = max([each.spot.channel, *seen]) if over_all else each.spot.channel
    hidden = any(lowest < other < channel for other in seen)
    if channel > lowest and channel not in taken and not hidden:
        return channel
    for other in range(lowest + 1, _HIGHEST_CHANNEL + 1 if over_all else lowest + 2):
        if other not in taken:
            return other
    raise PlacementError(
        say("There is no room for the take directly above “{shot}”.", shot=_name(each)),
        say("Free the channel above it, or show the take again: it is laid where it fits then."),
    )


def _overlaps(one: Frames, other: Frames) -> bool:
    return one[0] < other[1] and one[1] > other[0]


def _carry_out(scene: bpy.types.Scene, each: Pair, move: _Move) -> None:
    """Move and trim a take, on a channel that is free."""
    strip = _strip(scene, each.take)
    with _as_it_lies(marks.stack_of(strip)):
        _put(scene, strip, move.shift, move.shown)
    strip[_FOLLOWED] = True


@contextlib.contextmanager
def _as_it_lies(stack: Any) -> Iterator[None]:
    """What is in a stack may grow meanwhile: it shows what it showed."""
    lies = (compat.start(stack), compat.end(stack)) if stack is not None else None
    yield
    if lies is not None:
        compat.set_start(stack, lies[0])
        compat.set_end(stack, lies[1])


def _put(scene: bpy.types.Scene, strip: Any, shift: int, shown: Frames) -> None:
    """Move what a strip shows, and show it over some frames, on a channel where that pushes nothing aside."""
    spans = [compat.start(strip), compat.end(strip), *shown]
    taken = _taken(scene, strip, (min(spans) - abs(shift), max(spans) + abs(shift)))
    strip.channel = next(channel for channel in range(_HIGHEST_CHANNEL, 0, -1) if channel not in taken)
    if shift:
        compat.set_content_start(strip, compat.content_start(strip) + shift)
    if strip.type == "META":
        parts = _parts(strip)
        if shown[0] < compat.start(parts[0]):
            compat.set_start(parts[0], shown[0])
        if shown[1] > compat.end(parts[-1]):
            compat.set_end(parts[-1], shown[1])
    compat.set_start(strip, min(shown[0], compat.start(strip)))
    compat.set_end(strip, shown[1])
    compat.set_start(strip, shown[0])


def _taken(scene: bpy.types.Scene, strip: Any, frames: Frames) -> set[int]:
    """The channels beside a strip that hold something over some frames."""
    owner: Any = strip.parent_meta() or editor_of(scene)
    return {
        other.channel
        for other in compat.strips(owner)
        if other.name != strip.name and _overlaps((compat.start(other), compat.end(other)), frames)
    }


def _sounds(scene: bpy.types.Scene, each: Pair) -> list[Any]:
    """The sound strips of a take, beside it or in it, by time."""
    ids, level = {job.id for job in each.jobs}, compat.meta_of(_strip(scene, each.take))
    found = []
    for strip in compat.strips_all(editor_of(scene)):
        if strip.type != "SOUND" or strip.get(marks.JOB_KEY) not in ids:
            continue
        beside = _overlaps((compat.start(strip), compat.end(strip)), each.laid.shown)
        if compat.meta_of(strip) == each.take or (beside and compat.meta_of(strip) == level):
            found.append(strip)
    return sorted(found, key=compat.start)


def _sounds_follow(scene: bpy.types.Scene, each: Pair, move: _Move) -> None:
    """Let the sound of a take be heard with its picture, as it was."""
    sounds = [str(sound.name) for sound in _sounds(scene, each)]
    for number, name in enumerate(sounds):
        sound, channel = _strip(scene, name), int(_strip(scene, name).channel)
        # What is in the take's own meta strip was moved along.
        inside = compat.meta_of(sound) == each.take
        then, shift = (move.shift, 0) if inside else (0, move.shift)
        begins = math.floor(compat.content_start(sound))
        lasts = begins + compat.content_length(sound) + bool(getattr(sound, "sound_offset", 0.0))
        first, end = compat.start(sound), compat.end(sound)
        # Where it ends with its picture it goes on doing so. What begins later than that is not held before.
        low, high = first + shift, end + shift
        if number == 0 and first == max(each.laid.shown[0] + then, begins):
            low = max(move.shown[0], begins + shift)
        if name == sounds[-1] and end == min(each.laid.shown[1] + then, lasts):
            high = min(move.shown[1], lasts + shift)
        if low < high:
            with _as_it_lies(marks.stack_of(sound)):
                _put(scene, sound, shift, (low, high))
        owner: Any = sound.parent_meta() or editor_of(scene)
        taken = _taken(scene, sound, (compat.start(sound), compat.end(sound)))
        taken |= {number for number, other in enumerate(owner.channels) if other.mute or other.lock} - {channel}
        sound.channel = next(other for other in range(channel, 2 * _HIGHEST_CHANNEL) if other not in taken)
