# SPDX-License-Identifier: GPL-3.0-or-later
"""A job whose timeline has another rate by now, and whose shot lasts as many seconds as it did: as if it had been sent
at that rate. Pure arithmetic; which of a timeline's strips last so is told by `timeline.take_strips`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from ..values.job import Job
from ..values.plan import Part
from ..values.shot import Shot, ShotStrip
from ..values.take import FrameShift, Take


def at_rate(job: Job, fps: Fraction) -> Job:
    """`job` with its shot, its parts and its take in frames of a timeline at `fps`. Its take plays at its own rate."""
    pace = fps / job.shot.fps
    plan = replace(job.plan, parts=tuple(_part(part, pace) for part in job.plan.parts))
    take = job.take
    return replace(
        job, shot=_shot(job.shot, pace), plan=plan, take=take and _take(take, take.play_fps or job.shot.fps, pace)
    )


def _shot(shot: Shot, pace: Fraction) -> Shot:
    origin = shot.strips[0].content_start
    return replace(
        shot,
        strips=tuple(_strip(strip, pace) for strip in shot.strips),
        start=_from(origin, shot.start, pace),
        frames=_frames(shot.frames, pace),
        before=_frames(shot.before, pace),
        after=_frames(shot.after, pace),
        cuts=tuple(_frames(cut, pace) for cut in shot.cuts),
        fps=shot.fps * pace,
    )


def _strip(strip: ShotStrip, pace: Fraction) -> ShotStrip:
    origin = strip.content_start
    return replace(strip, start=_from(origin, strip.start, pace), end=_from(origin, strip.end, pace))


def _part(part: Part, pace: Fraction) -> Part:
    """Parts that lay side by side still do."""
    first, end = _frames(part.first, pace), _frames(part.first + part.own, pace)
    before = first - _frames(part.first - part.before, pace)
    after = _frames(part.first + part.own + part.after, pace) - end
    return replace(part, first=first, own=end - first, before=before, after=after, held=_frames(part.held, pace))


def _take(take: Take, play_fps: Fraction, pace: Fraction) -> Take:
    runs, timed = (
        tuple(FrameShift(_frames(run.sent, pace), run.late) for run in each) for each in (take.runs, take.timed)
    )
    return replace(take, play_fps=play_fps, runs=runs, timed=timed)


def _from(origin: float, frame: int, pace: Fraction) -> int:
    return math.floor(origin + (frame - origin) * float(pace) + 0.5)


def _frames(frames: int, pace: Fraction) -> int:
    return math.floor(frames * pace + Fraction(1, 2))
