# SPDX-License-Identifier: GPL-3.0-or-later
"""A timeline of another rate: the parts of a shot still lie side by side over all of it, and last as many seconds."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from reshoot.core.takes import other_rate, pieces
from reshoot.core.values.take import Take
from sample_jobs import a_long_shots_jobs

RATES = st.sampled_from([Fraction(12), Fraction(24), Fraction(30000, 1001), Fraction(50), Fraction(60)])


@given(RATES, st.integers(300, 900), st.sampled_from([None, Fraction(24)]))
def test_parts_cover_the_shot_side_by_side(fps: Fraction, frames: int, play_fps: Fraction | None) -> None:
    before = [
        replace(job, take=Take("/t.mp4", 720, 720, job.sent.frames, Fraction(24), False, play_fps))
        for job in a_long_shots_jobs(frames=frames)
    ]
    jobs = [other_rate.at_rate(job, fps) for job in before]
    then, now = before[0].shot, jobs[0].shot
    assert abs(now.frames / now.fps - then.frames / then.fps) <= Fraction(1, 2) / fps
    reached = 0
    for job in jobs:
        assert job.sent.first == reached
        reached += job.sent.own
        assert job.take is not None and job.take.play_fps == (play_fps or then.fps)
    assert reached == now.frames
    found = pieces.pieces_of(jobs, 1, 1, 1 + now.frames, nearest=False)
    shown = [frame for piece in found for frame in range(piece.first, piece.end)]
    assert set(shown) == set(range(1, 1 + now.frames))


def test_a_shot_lies_where_its_file_says() -> None:
    (job, *_others) = a_long_shots_jobs(frames=480)
    strip = job.shot.strips[0]
    trimmed = replace(strip, content_start=strip.start - 10.0)
    moved = other_rate.at_rate(replace(job, shot=replace(job.shot, strips=(trimmed,))), job.shot.fps * 2)
    assert moved.shot.strips[0].content_start == trimmed.content_start
    assert moved.shot.strips[0].start == moved.shot.start == math.floor(trimmed.content_start) + 20
