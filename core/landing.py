# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a result to the timeline on the way back. Pure arithmetic on exact fractions: it opens no file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .conform import Part, Plan, rate_words
from .job import Job, Run, Take
from .shot import Shot
from .words import say


@dataclass(frozen=True)
class Landing:
    """How a result is laid on the timeline.

    play_fps: None where one file frame belongs to one timeline frame; otherwise the rate that the file has to carry so
    that, played at its own rate, it covers the frames that were sent. notes: what was done, in words.
    """

    play_fps: Fraction | None
    notes: tuple[str, ...]


def land(shot: Shot, sent: Plan, part: Part, frames: int, fps: Fraction) -> Landing:
    """How a result of `frames` at `fps` covers a `part` of `shot`.

    The service answers in its own rate, so time in the result is time in the clip; where the clip's label is not the
    shot's rate (every frame), that time is stretched back.
    """
    stretch = shot.fps / sent.fps if sent.one_to_one else Fraction(1)
    play_fps = fps * stretch
    drift = abs(play_fps / shot.fps - 1) * part.sent
    if frames == part.sent or drift < Fraction(1, 2):
        if frames == part.sent:
            return Landing(None, ())
        return Landing(None, (say("The result has {frames} frames for {sent}", frames=frames, sent=part.sent),))
    note = say(
        "{frames} frames at {fps} fps laid over {sent} frames",
        frames=frames,
        fps=rate_words(fps),
        sent=part.sent,
    )
    return Landing(play_fps, (note,))


def expected_frames(job: Job, take: Take) -> list[int]:
    """For each frame of the clip of `job`, the frame of its take that should show it, in the order of time."""
    if take.play_fps is None:
        return [min(k, take.frames - 1) for k in range(job.sent.frames)]
    pace = take.fps / job.plan.fps
    return [min(math.floor(k * pace + Fraction(1, 2)), take.frames - 1) for k in range(job.sent.frames)]


def runs(job: Job, take: Take, expected: Sequence[int], found: Sequence[int]) -> tuple[Run, ...]:
    """Where the frames of a take are not where they should be. found: for each frame of the clip, the take's frame.

    Nothing where every frame is as expected. Past its ends a take holds its edge frames, which tells nothing of them.
    """
    told: list[Run] = []
    for k, (should, shows) in enumerate(zip(expected, found, strict=True)):
        late = shows - should
        if 0 < shows < take.frames - 1 and (not told or late != told[-1].late):
            sent = k if job.plan.one_to_one else math.floor(k * job.shot.fps / job.plan.fps)
            told.append(Run(sent if told else 0, late))
    return tuple(told) if any(run.late for run in told) else ()
