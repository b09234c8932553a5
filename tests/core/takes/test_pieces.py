# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces: whatever the parts, the runs and the rates, each frame of the shot shows the frame that belongs to it."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reshoot.core.takes import landing, pieces
from reshoot.core.values.job import Job
from reshoot.core.values.take import FrameShift, Take
from sample_jobs import a_job, a_long_shots_jobs, a_shot

HALF = Fraction(1, 2)
START = 101
"""Where the shot is when its takes come."""


def _landed(job: Job, runs: tuple[FrameShift, ...] = (), play_fps: Fraction | None = None) -> Job:
    return replace(job, take=Take("/t.mp4", 720, 720, job.sent.frames, Fraction(24), False, play_fps, runs))


def _shown(found: list[pieces.Piece], frame: int) -> list[tuple[int, int]]:
    """The parts that show `frame` and their files' frames."""
    return [(piece.job.part, frame - piece.start) for piece in found if piece.first <= frame < piece.end]


@given(st.integers(300, 2400), st.sets(st.integers(1, 2000), max_size=5), st.integers(0, 50), st.integers(0, 50))
def test_parts_show_every_frame_of_the_shot(frames: int, cuts: set[int], left: int, right: int) -> None:
    """left, right: how much of the shot was trimmed away since."""
    inside = tuple(sorted(cut for cut in cuts if cut < frames))
    jobs = [_landed(job) for job in a_long_shots_jobs(frames=frames, cuts=inside)]
    first, end = START + left, START + frames - right
    found = pieces.pieces_of(jobs, START, first, end, nearest=False)
    assert min(piece.first for piece in found) == first and max(piece.end for piece in found) == end
    for frame in range(first, end):
        shown = _shown(found, frame)
        assert 1 <= len(shown) <= 2
        for number, file_frame in shown:
            assert START + jobs[number].sent.start + file_frame == frame
        if len(shown) == 2:
            (one, _), (other, _) = shown
            seam = START + jobs[other].sent.first
            assert other == one + 1 and seam - 6 <= frame < seam + 6


def test_a_part_alone_covers_what_is_its_own() -> None:
    jobs = [_landed(job) for job in a_long_shots_jobs()]
    assert len(jobs) == 3
    (piece,) = pieces.pieces_of(jobs[1:2], START, START, START + 480, nearest=False)
    own = jobs[1].sent
    assert (piece.first, piece.end) == (START + own.first, START + own.first + own.own)


def test_runs_put_frames_right() -> None:
    """The result is two frames late, and lacks the one that belongs to frame 40."""
    job = _landed(a_job(), (FrameShift(0, 2), FrameShift(40, 1)))
    found = pieces.pieces_of([job], START, START, START + 72, nearest=False)
    assert [(piece.first, piece.end) for piece in found] == [(START, START + 40), (START + 40, START + 72)]
    for frame in range(72):
        assert _shown(found, START + frame) == [(0, frame + (2 if frame < 40 else 1))]


def test_the_sound_of_a_result_keeps_its_pace_where_only_frames_are_missing() -> None:
    """The result lacks a frame, as its times tell, and is two frames late besides, as the comparison found."""
    job = _landed(a_job(), (FrameShift(0, 2), FrameShift(40, 1)))
    job = replace(job, take=replace(job.take, timed=(FrameShift(0, 0), FrameShift(40, -1))))
    found = pieces.pieces_of([job], START, START, START + 72, nearest=False)
    assert [(piece.start, piece.heard, piece.after) for piece in found] == [
        (START - 2, START - 2, 0),
        (START - 1, START - 2, 0),
    ]


def test_sound_begins_between_two_frames_where_its_picture_does_not() -> None:
    job = _landed(a_job())
    for late in (Fraction(379, 1000), Fraction(-1, 100)):
        (piece,) = pieces.pieces_of(
            [replace(job, take=replace(job.take, sound_late=late))], START, START, START + 72, nearest=False
        )
        assert piece.heard + piece.after * 24 == START + late * 24 and 0 <= piece.after < Fraction(1, 24)


def _seen(step: Fraction, first: int, end: int, *, nearest: bool) -> list[int]:
    """The file frames that Blender shows from timeline frame `first` of a file on, as it was seen to do."""
    found: list[int] = []
    for frame in range(first, end):
        at = frame / step
        if found and not nearest and math.floor(at) == math.floor((frame - 1) / step):
            found.append(found[-1])
        else:
            found.append(math.floor(at + HALF))
    return found


@pytest.mark.parametrize("fps", [Fraction(50), Fraction(60000, 1001), Fraction(60)])
@pytest.mark.parametrize("nearest", [True, False])
@given(before=st.integers(0, 80))
def test_a_result_with_a_rate_of_its_own_is_never_half_a_frame_off(fps: Fraction, before: int, nearest: bool) -> None:
    """before: frames that the result has before the shot; those that `conform` would ask for."""
    assume(before * 24 / fps % 1 < HALF)
    job = _landed(a_job(a_shot(fps=fps, frames=240)), play_fps=Fraction(24))
    frames = round(240 / fps * 24)
    job = replace(job, take=replace(job.take, frames=frames))
    (part,) = job.plan.parts
    job = replace(job, plan=replace(job.plan, parts=(replace(part, own=240 - before, before=before),)))
    (piece,) = pieces.pieces_of([job], START, START, START + 240 - before, nearest=nearest)
    assert piece.heard == START - before
    shown = _seen(fps / 24, START - piece.start, START - piece.start + 240 - before, nearest=nearest)
    for frame, shows in enumerate(shown):
        file_frame = min(max(shows, 0), frames - 1)
        assert abs((before + frame + HALF) / fps - (file_frame + HALF) / 24) <= (1 / fps + Fraction(1, 24)) / 2
        assert abs(before + frame - math.floor((file_frame + HALF) * fps / 24)) <= 1


@given(
    st.fractions(Fraction(1, 3), 3, max_denominator=1001),
    st.integers(1, 300),
    st.integers(0, 80),
    st.booleans(),
)
def test_no_other_place_would_be_more_on_time(step: Fraction, frames: int, first: int, nearest: bool) -> None:
    ahead = pieces.lead(step, frames, first, first + 100, nearest=nearest)

    def worst(lead: int) -> Fraction:
        shown = _seen(step, first + lead, first + 100 + lead, nearest=nearest)
        return max(
            abs((min(max(shows, 0), frames - 1) + HALF) * step - (first + n + HALF)) for n, shows in enumerate(shown)
        )

    assert all(worst(ahead) <= worst(other) for other in range(-2, 3))


@pytest.mark.parametrize(
    ("found", "runs"),
    [
        ([*range(72)], ()),
        ([min(k + 2, 71) for k in range(72)], (FrameShift(0, 2),)),
        ([max(k - 3, 0) for k in range(72)], (FrameShift(0, -3),)),
        ([k if k < 30 else k + 1 for k in range(71)] + [71], (FrameShift(0, 0), FrameShift(30, 1))),
        ([k if k < 50 else k - 1 for k in range(72)], (FrameShift(0, 0), FrameShift(50, -1))),
    ],
)
def test_found_frames_are_told_as_runs(found: list[int], runs: tuple[FrameShift, ...]) -> None:
    job = _landed(a_job())
    expected = landing.expected_frames(job, job.take)
    assert expected == list(range(72))
    assert landing.runs(job, job.take, expected, found) == runs
    shown = pieces.pieces_of([replace(job, take=replace(job.take, runs=runs))], START, START, START + 72, nearest=False)
    for k, wanted in enumerate(found):
        ((_, file_frame),) = _shown(shown, START + k)
        assert min(max(file_frame, 0), 71) == wanted


def test_what_is_expected_of_a_result_with_a_rate_of_its_own_is_what_is_on_then() -> None:
    job = a_job(a_shot(fps=Fraction(60), frames=240))
    job = replace(job, take=Take("/t.mp4", 720, 720, 96, Fraction(24), False, Fraction(24)))
    expected = landing.expected_frames(job, job.take)
    assert len(expected) == 240 and expected[-1] == 95
    assert all(Fraction(frame, 24) <= (k + HALF) / 60 <= Fraction(frame + 1, 24) for k, frame in enumerate(expected))
    late = [min(frame + 2, 95) for frame in expected]
    assert landing.runs(job, job.take, expected, late) == (FrameShift(0, 2),)
