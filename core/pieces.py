# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of which take are shown where: one piece for a plain take, several for a shot that was sent in parts or
for a result whose frames were put right. Pure arithmetic on timeline frames; laying them down is `timeline.place`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .job import Job, Run, Take


@dataclass(frozen=True)
class Piece:
    """A stretch of a take, timeline frames.

    start: where the first frame of the file lies, shown or not. heard: where its sound begins. first, end: what is
    shown of it, end exclusive.
    """

    job: Job
    take: Take
    start: int
    heard: int
    first: int
    end: int


def of(jobs: Sequence[Job], start: int, first: int, end: int, *, nearest: bool) -> list[Piece]:
    """The pieces that show the shot of `jobs`, the parts of one shot that have a take, from `first` to before `end`.

    start: where the shot's first frame lies. nearest: whether Blender shows the frame of a file with a rate of its own
    that is nearest in time; otherwise it shows the last one that has begun. Pieces of two parts overlap where they are
    to be dissolved; all others lie side by side.
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
    step, lead = Fraction(1), 0
    if take.play_fps is not None:
        step = job.shot.fps / take.play_fps
        # Blender holds whole frames only, so what lies nearest is reached to half a frame of the timeline.
        lead = 0 if nearest else math.floor(step / 2 + Fraction(1, 2)) if step > 1 else 0
    runs = take.runs or (Run(0, 0),)
    for number, run in enumerate(runs):
        at = start + part.start + run.sent
        following = start + part.start + runs[number + 1].sent if number + 1 < len(runs) else high
        here = max(low, at) if number else low
        begins = start + part.start - round(run.late * step)
        yield Piece(job, take, begins - lead, begins, here, min(high, following))
