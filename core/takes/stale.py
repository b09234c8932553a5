# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed of a shot since its take was made, and whether the take can follow it.

Compares plain values; what the timeline holds is read by `timeline.plate_look` and `timeline.stacks.follow`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from ..values.job import Job
from ..values.shot import Mark, Shot
from ..words import named, say

Frames = tuple[int, int]
"""First frame, and the one after the last."""


class Aspect(str, Enum):
    """A side of a shot that can change under its take. The values are those of the journal."""

    FILE = "file"
    """Which file it shows."""
    INSIDE = "inside"
    """What a meta strip, a scene or an effect is made of; how the strips of one shot lie to each other."""
    TRIM = "trim"
    """Which frames of it are shown."""
    PLACE = "place"
    """Where in time it lies."""
    PACE = "pace"
    """How fast and in which order its frames come."""
    COLOUR = "colour"
    """Its colours: saturation, modifiers, colour space."""
    PLACEMENT = "placement"
    """Where on the screen it lies: transform, crop, flip."""
    BLEND = "blend"
    """How it is blended over what is below it."""
    BELOW = "below"
    """What else was sent with it, since it is seen through it or around it."""


_WORDS = {
    Aspect.FILE: named("It shows another file"),
    Aspect.INSIDE: named("What is in it was changed"),
    Aspect.PACE: named("It plays at another pace"),
    Aspect.COLOUR: named("Its colours were changed"),
    Aspect.PLACEMENT: named("Its place on the screen was changed"),
    Aspect.BLEND: named("How it is blended was changed"),
    Aspect.BELOW: named("What lies under it was changed"),
}
_CANNOT_FOLLOW = frozenset({Aspect.FILE, Aspect.PACE})
"""Past these no frame of the take belongs to a frame of the shot any more."""


@dataclass(frozen=True)
class Plate:
    """A shot as it is in the timeline now.

    origin: timeline frame of the shot's first frame, whether that is shown or not. shown: timeline frames. fps: of the
    scene. files: of its strips, kind and absolute path. project: the open file. marks: how it looks.
    """

    origin: int
    shown: Frames
    fps: Fraction
    files: tuple[tuple[str, str], ...]
    project: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Laid:
    """How a take lies in the timeline. origin: timeline frame at which it has the shot's first frame. shown: timeline
    frames. stacked: in the stack of its shot, which is blended in the place of both. followed: it was trimmed to its
    shot, as that was then.
    """

    origin: int
    shown: Frames
    stacked: bool
    followed: bool = False


@dataclass(frozen=True)
class Stale:
    """What has changed of a shot since its take was made.

    can_follow: the take can be moved and trimmed to its shot, as far as its frames reach. moved: timeline frames from
    where the take lies to where its shot does. missing_before, missing_after: frames that the shot shows and the take
    does not have.
    """

    what: tuple[Aspect, ...]
    can_follow: bool = False
    moved: int = 0
    missing_before: int = 0
    missing_after: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """What has changed, a line for each."""
        found = []
        for each in self.what:
            if each is Aspect.PLACE:
                found.append(_moved_words(self.moved))
            elif each is Aspect.TRIM:
                found += self._trim_words()
            else:
                found.append(say(_WORDS[each]))
        return tuple(found)

    def _trim_words(self) -> list[str]:
        missing = self.missing_before + self.missing_after
        words = [] if missing and not self.can_follow else [say("It was trimmed")]
        if missing == 1:
            words.append(say("Opened by 1 frame past the take"))
        elif missing:
            words.append(say("Opened by {count} frames past the take", count=missing))
        return words


def _moved_words(frames: int) -> str:
    if abs(frames) == 1:
        return say("It lies 1 frame later than its take") if frames > 0 else say("It lies 1 frame before its take")
    if frames > 0:
        return say("It lies {count} frames later than its take", count=frames)
    return say("It lies {count} frames before its take", count=-frames)


def changed(then: Shot, now: Plate, has: Frames, laid: Laid | None) -> Stale | None:
    """What has changed of a shot since it was sent; None where nothing has.

    then: as it was sent. has: see `frames_of`. laid: how the take lies; None where it is not in the timeline, and would
    be laid and blended as the shot is now.
    """
    what = _differing(then.marks, now.marks)
    if not _show_the_same(then, now):
        what.add(Aspect.FILE)
    if then.fps != now.fps:
        what.add(Aspect.PACE)
    if laid is None or laid.stacked:
        what.discard(Aspect.BLEND)
    missing, moved, follows = (0, 0), 0, False
    # At another pace a frame of the timeline is no frame of the take.
    if Aspect.PACE not in what:
        own = (now.shown[0] - now.origin, now.shown[1] - now.origin)
        # What the editor has trimmed of the take alone is as he wants it.
        trimmed = own != (0, then.frames) or (laid is not None and laid.followed)
        wanted = served(own, has)
        if trimmed:
            missing = (max(0, min(own[1], has[0]) - own[0]), max(0, own[1] - max(own[0], has[1])))
            if laid is not None and (laid.shown[0] - laid.origin, laid.shown[1] - laid.origin) != wanted:
                what.add(Aspect.TRIM)
                follows = wanted is not None
            if any(missing):
                what.add(Aspect.TRIM)
        if laid is not None and laid.origin != now.origin:
            moved = now.origin - laid.origin
            what.add(Aspect.PLACE)
            follows = wanted is not None
    if not what:
        return None
    follows = follows and what.isdisjoint(_CANNOT_FOLLOW)
    return Stale(tuple(each for each in Aspect if each in what), follows, moved, *missing)


def served(shown: Frames, has: Frames) -> Frames | None:
    """Those of the frames `shown` that a take has; None where it has none of them. Counted from the shot's first."""
    first, end = max(shown[0], has[0]), min(shown[1], has[1])
    return (first, end) if first < end else None


def frames_of(jobs: Iterable[Job]) -> Frames:
    """The frames that the takes of `jobs`, parts of one shot that lie side by side, have: its handles too. Counted from
    the shot's first.
    """
    spans = [_frames_of(job) for job in jobs]
    return min(first for first, _end in spans), max(end for _first, end in spans)


def _frames_of(job: Job) -> Frames:
    take, part = job.take, job.sent
    assert take is not None
    pace = Fraction(1) if take.play_fps is None else job.shot.fps / take.play_fps
    late = take.runs[-1].late if take.runs else 0
    has = min(part.sent - part.held, math.floor((take.frames - late) * pace))
    # Where a result is too short for its own shot, its last frame is held.
    return part.start, max(part.start + has, part.first + part.own)


def _differing(then: Sequence[Mark], now: Sequence[Mark]) -> set[Aspect]:
    """The sides that look otherwise, of those that are known of both."""
    before = {mark.kind: mark.digest for mark in then}
    after = {mark.kind: mark.digest for mark in now}
    known = [each for each in Aspect if each.value in before and each.value in after]
    return {each for each in known if before[each.value] != after[each.value]}


def _show_the_same(then: Shot, now: Plate) -> bool:
    """Whether a shot shows the files that it showed, wherever the project and its footage are now."""
    return all(
        any(kind == strip.kind and _same_file(strip.filepath, then.project, path, now.project) for strip in then.strips)
        for kind, path in now.files
    )


def _same_file(then: str, project_then: str, now: str, project_now: str) -> bool:
    if then == now:
        return True
    one, other = _parts(then), _parts(now)
    # By the folder and the name: versions of a file often differ in the folder alone.
    if one[-2:] == other[-2:]:
        return True
    return _beside(one, project_then) == _beside(other, project_now) != ()


def _parts(path: str) -> tuple[str, ...]:
    """The folders and the name in a path of any system."""
    found: list[str] = []
    for part in filter(None, re.split(r"[\\/]+", path)):
        if part == ".." and found:
            found.pop()
        elif part != ".":
            found.append(part)
    return tuple(found)


def _beside(path: tuple[str, ...], project: str) -> tuple[str, ...]:
    """The way to a file from the folder of a project that holds it; empty where it does not."""
    folder = _parts(project)[:-1]
    return path[len(folder) :] if folder and path[: len(folder)] == folder else ()
