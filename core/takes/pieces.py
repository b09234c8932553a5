# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of which take are shown where: one piece for a plain take, several for a shot that was sent in parts or
for a result whose frames were put right. Pure arithmetic on timeline frames; laying them down is `timeline.place`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..values.job import Job
from ..values.take import FrameShift, Take

_LOOKED_AT = 150
"""Timeline frames after which what is shown when has repeated itself, or nearly."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a take, timeline frames.

    start: where the first frame of the file lies, shown or not. heard: the frame in which its sound begins. after:
    seconds from that frame's begin to the sound's, less than a frame. first, end: what is shown of it, end exclusive.
    """

    job: Job
    take: Take
    start: int
    heard: int
    after: Fraction
    first: int
    end: int


def pieces_of(jobs: Sequence[Job], start: int, first: int, end: int, *, nearest: bool) -> list[Piece]:
    """The pieces that show the shot of `jobs`, the parts of one shot that have a take, from `first` to before `end`.

    start: where the shot's first frame lies. nearest: how Blender shows a file with a rate of its own, see `lead`.
    Pieces of two parts overlap where they are to be dissolved; all others lie side by side.
    """
    here = {job.part for job in jobs}
    found: list[Piece] = []
    for job in sorted(jobs, key=lambda each: each.part):
        part = job.sent
        # A neighbour that is not there has nothing to dissolve with.
        before = part.before if job.part - 1 in here else 0
        after = part.after if job.part + 1 in here else 0
        low, high = max(first, start + part.first - before), min(end, start + part.first + part.own + after)
        found += [piece for piece in _runs(job, start, nearest=nearest, low=low, high=high) if piece.first < piece.end]
    return found


def _runs(job: Job, start: int, *, nearest: bool, low: int, high: int) -> Iterator[Piece]:
    """The runs of one take, cut to the frames from `low` to before `high`."""
    take, part = job.take, job.sent
    assert take is not None
    step, ahead = Fraction(1), 0
    if take.play_fps is not None:
        step = job.shot.fps / take.play_fps
        ahead = lead(step, take.frames, part.before, part.before + part.own, nearest=nearest)
    runs = take.runs or (FrameShift(0, 0),)
    for number, run in enumerate(runs):
        at = start + part.start + run.sent
        following = start + part.start + runs[number + 1].sent if number + 1 < len(runs) else high
        here = max(low, at) if number else low
        begins = start + part.start - round(run.late * step)
        # Pictures lie on whole frames, sound does not have to. It keeps its pace where only frames are missing.
        late = run.late - next((each.late for each in reversed(take.timed) if each.sent <= run.sent), 0)
        sound = start + part.start - late * step + take.sound_late * job.shot.fps
        heard = math.floor(sound)
        after = (sound - heard) / job.shot.fps
        yield Piece(job, take, begins - ahead, heard, after, here, min(high, following))


def lead(step: Fraction, frames: int, first: int, end: int, *, nearest: bool) -> int:
    """How many timeline frames early a file has to lie, so that what Blender shows is most on time at its worst.

    step: timeline frames that one of the file's `frames` lasts; what it shows is of the middle of that time, as a clip
    of a higher rate is brought to a lower one. first, end: timeline frames that are looked at, from where the file
    should begin. Blender shows whole frames only. nearest: the one that is nearest to the moment; otherwise, for all
    moments while a file frame lasts, the one that is nearest to the first of them.
    """
    ticks, per = step.numerator, step.denominator
    last = min(end, first + _LOOKED_AT)

    def worst(ahead: int) -> int:
        most, begun, shown = 0, None, 0
        for frame in range(first, last):
            at = (frame + ahead) * per
            if nearest or at // ticks != begun:
                begun, shown = at // ticks, min(max((2 * at + ticks) // (2 * ticks), 0), frames - 1)
            most = max(most, abs((2 * shown + 1) * ticks - (2 * frame + 1) * per))
        return most

    farthest = math.ceil(step)
    return min(range(-farthest, farthest + 1), key=lambda ahead: (worst(ahead), abs(ahead)))
