# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of uneven frames and of other shapes: what is shown when, and where."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from reshoot.core.media.samples import Presentation
from reshoot.core.takes import landing, pieces, transform
from reshoot.core.values.job import Job
from reshoot.core.values.take import Fit, FrameShift, Take
from sample_jobs import a_job, a_shot


def _shown(job: Job, frames: int, runs: tuple[FrameShift, ...]) -> list[int]:
    """The file's frame that each frame of the shot shows."""
    take = Take("/t.mp4", 720, 720, frames, Fraction(24), False, None, runs)
    found = pieces.pieces_of([replace(job, take=take)], 0, 0, job.shot.frames, nearest=False)
    frames_shown = []
    for frame in range(job.shot.frames):
        (piece,) = [each for each in found if each.first <= frame < each.end]
        frames_shown.append(min(frame - piece.start, frames - 1))
    return frames_shown


@given(st.sets(st.integers(1, 71), min_size=1, max_size=10))
def test_dropped_frames_are_held(dropped: set[int]) -> None:
    job = a_job()
    kept = [n for n in range(72) if n not in dropped]
    laid = landing.land(
        job.shot, job.plan, job.sent, len(kept), Fraction(len(kept), 3), [Fraction(n, 24) for n in kept]
    )
    assert laid.play_fps is None
    right = [max(i for i, n in enumerate(kept) if n <= frame) for frame in range(72)]
    assert _shown(job, len(kept), laid.runs) == right


@given(st.lists(st.integers(-4, 4), min_size=72, max_size=72))
def test_as_many_frames_as_sent_are_shown_one_for_one(jitter: list[int]) -> None:
    job = a_job()
    begins = tuple(Fraction(10 * n + early - jitter[0], 240) for n, early in enumerate(jitter))
    frames, fps, uneven = landing.pace(Presentation(list(range(72)), 0, 72, begins, Fraction(3)))
    laid = landing.land(job.shot, job.plan, job.sent, frames, fps, uneven)
    assert (laid.play_fps, laid.runs) == (None, ())
    assert bool(laid.notes) == (uneven is not None)


def test_times_in_thousandths_of_a_second_are_even() -> None:
    begins = tuple(Fraction(round(n * 1000 / 24), 1000) for n in range(72))
    frames, fps, uneven = landing.pace(Presentation(list(range(72)), 0, 72, begins, Fraction(3)))
    assert frames == 72 and abs(fps - 24) < Fraction(1, 50) and uneven is None


def test_one_frame_more_under_another_label_is_another_label() -> None:
    job = a_job()
    laid = landing.land(job.shot, job.plan, job.sent, 73, Fraction(30))
    assert laid.play_fps is None and "73 frames for 72" in laid.notes[0]
    laid = landing.land(job.shot, job.plan, job.sent, 90, Fraction(30))
    assert laid.play_fps == 30


@given(st.lists(st.tuples(st.integers(10, 70), st.integers(-3, 3)), max_size=4), st.integers(-3, 3))
def test_what_the_comparison_finds_comes_on_top_of_the_takes_own_runs(own: list[tuple[int, int]], late: int) -> None:
    job = a_job()
    runs = (FrameShift(0, 0), *(FrameShift(frame, by) for frame, by in sorted(dict(own).items())))
    take = Take("/t.mp4", 720, 720, 80, Fraction(24), False, None, runs)
    expected = landing.expected_frames(job, take)
    assert landing.runs(job, take, expected, expected) == runs
    found = [min(max(frame + late, 0), 79) for frame in expected]
    put_right = landing.expected_frames(job, replace(take, runs=landing.runs(job, take, expected, found)))
    for wanted, shows in zip(found, put_right, strict=True):
        assert shows == wanted or wanted in (0, 79)


@given(st.integers(300, 4000), st.integers(300, 4000))
def test_another_shape_covers_the_shot_and_is_centred(width: int, height: int) -> None:
    shot = a_shot(width=1280, height=720)
    fit, notes = landing.fit(shot, width, height)
    aspects = Fraction(width, height) / Fraction(1280, 720)
    if abs(1 / aspects - 1) < Fraction(2, 100):
        assert (fit, notes) == (Fit(), ())
        return
    wide, tall = 1280 / width * fit.scale_x, 720 / height * fit.scale_y
    assert math.isclose(wide, tall) and min(fit.scale_x, fit.scale_y) == 1
    assert (fit.offset_x, fit.offset_y) == (0, 0) and notes


@given(
    st.sampled_from([0, 90, 180, 270]),
    st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5)),
    st.tuples(st.floats(0.5, 2), st.floats(0.5, 2), st.floats(-3, 3)),
    st.builds(Fit, st.floats(0.8, 1.3), st.floats(0.8, 1.3), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)),
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
)
def test_every_point_of_a_take_lies_over_its_point_of_the_shot(
    rotation: int,
    origin: tuple[float, float],
    shape: tuple[float, float, float],
    fit: Fit,
    point: tuple[float, float],
) -> None:
    """Blender scales and turns a picture around its origin, and its middle lies in the middle of the screen."""
    take = Take("/t.mp4", 1000, 600, 72, Fraction(24), False, None, fit=fit, rotation=rotation)
    changes, own = transform.placed_over(take, 1280, 720, origin)
    scale_x, scale_y, angle = shape
    old = {
        "transform.offset_x": 30.0,
        "transform.offset_y": -20.0,
        "transform.scale_x": scale_x,
        "transform.scale_y": scale_y,
        "transform.rotation": angle,
    }
    new = {changes[name].name: value * changes[name].factor + changes[name].added for name, value in old.items()}
    # The point as a fraction of the upright picture of the take, from its middle.
    over = ((point[0] * fit.scale_x + fit.offset_x) * 1280, (point[1] * fit.scale_y + fit.offset_y) * 720)
    upright = (point[0] * 1000, point[1] * 600)
    x, y = upright
    stored = {0: (x, y), 90: (-y, x), 180: (-x, -y), 270: (y, -x)}[rotation]
    size = (600, 1000) if rotation in (90, 270) else (1000, 600)
    wanted, found = _on_screen(old, over, origin, (1280, 720)), _on_screen(new, stored, own, size)
    assert math.dist(wanted, found) < 1e-6


def _on_screen(
    strip: dict[str, float], point: tuple[float, float], origin: tuple[float, float], size: tuple[int, int]
) -> tuple[float, float]:
    fixed = ((origin[0] - 0.5) * size[0], (origin[1] - 0.5) * size[1])
    x = (point[0] - fixed[0]) * strip["transform.scale_x"]
    y = (point[1] - fixed[1]) * strip["transform.scale_y"]
    sine, cosine = math.sin(strip["transform.rotation"]), math.cos(strip["transform.rotation"])
    return (
        fixed[0] + x * cosine - y * sine + strip["transform.offset_x"],
        fixed[1] + x * sine + y * cosine + strip["transform.offset_y"],
    )
