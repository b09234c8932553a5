# SPDX-License-Identifier: GPL-3.0-or-later
"""Conforming: for every rate, length and size, what is sent is inside the limits and comes back frame for frame."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from reshoot.core import conform
from reshoot.core.errors import LimitError, Paid
from reshoot.core.models import KLING_O1_EDIT, MODELS, Model
from reshoot.core.settings import Sound, Timing
from sample_jobs import a_shot

LIMITS = KLING_O1_EDIT.limits
HALF = Fraction(1, 2)

whole_rates = st.integers(1, 240).map(Fraction)
ntsc_rates = st.integers(1, 240).map(lambda rate: Fraction(rate * 1000, 1001))
rates = whole_rates | ntsc_rates
timings = st.sampled_from(Timing)
sounds = st.sampled_from(Sound)
models = st.sampled_from(list(MODELS.values()))
sides = st.integers(1, 9000)


@st.composite
def fitting_shots(draw: st.DrawFn):
    """A shot of any rate and length that the limits allow in some timing, and that timing."""
    fps = draw(rates)
    timing = draw(timings)
    chosen = conform.plan(a_shot(fps=fps, frames=_frames_for(fps, timing)), KLING_O1_EDIT, timing, Sound.TIMELINE)
    rate = Fraction(24) if chosen.timing is Timing.EVERY_FRAME else fps
    frames = draw(st.integers(math.ceil(3 * rate), math.floor(LIMITS.max_seconds * rate)))
    handles = draw(st.integers(0, (frames - 1) // 2))
    return a_shot(fps=fps, frames=frames - 2 * handles, handles=handles), timing


def _frames_for(fps: Fraction, timing: Timing) -> int:
    """A length that fits, whatever automatic timing chooses."""
    every_frame = timing is Timing.EVERY_FRAME or (timing is Timing.AUTO and fps <= 30)
    return 120 if every_frame else math.ceil(5 * fps)


# What is sent


@given(fitting_shots(), models)
def test_every_shot_within_the_limits_is_sent_within_them(sent, model: Model) -> None:
    shot, timing = sent
    plan = conform.plan(shot, model, timing, Sound.TIMELINE)
    assert plan.seconds == plan.frames / plan.fps
    assert LIMITS.min_seconds <= plan.seconds <= LIMITS.max_seconds
    assert LIMITS.min_fps <= plan.fps <= LIMITS.max_fps
    assert plan.timing in (Timing.EVERY_FRAME, Timing.REAL_TIME)
    assert timing in (Timing.AUTO, plan.timing)
    # The price: what the service bills for whole seconds, the nearest.
    billed = math.floor(plan.frames / plan.fps + HALF)
    assert 3 <= billed <= 10
    assert plan.price == (model.price_per_second * billed).quantize(Decimal("0.01"))


@given(fitting_shots())
def test_every_frame_of_the_shot_is_sent_once_or_is_on_time(sent) -> None:
    shot, timing = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE)
    shown = conform.frame_map(shot, plan)
    assert len(shown) == plan.frames
    assert shown == sorted(shown) and shown[0] >= 0 and shown[-1] < shot.sent_frames
    if plan.one_to_one:
        assert shown == list(range(shot.sent_frames))
    if plan.timing is Timing.EVERY_FRAME:
        assert plan.one_to_one and plan.fps == 24
    if plan.timing is Timing.REAL_TIME:
        # The clip lasts as long as the shot, and shows at each moment what the shot showed.
        assert abs(plan.seconds - shot.sent_frames / shot.fps) <= HALF / plan.fps
        for k, frame in enumerate(shown):
            assert abs((k + HALF) / plan.fps - (frame + HALF) / shot.fps) <= HALF / shot.fps


@given(rates)
def test_automatic_sends_every_frame_up_to_30_fps(fps: Fraction) -> None:
    frames = _frames_for(fps, Timing.AUTO)
    plan = conform.plan(a_shot(fps=fps, frames=frames), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert plan.timing is (Timing.EVERY_FRAME if fps <= 30 else Timing.REAL_TIME)


@given(rates, timings)
def test_sound_from_the_result_keeps_its_pace(fps: Fraction, timing: Timing) -> None:
    shot = a_shot(fps=fps, frames=math.ceil(5 * fps))
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.RESULT)
    assert plan.keep_audio and plan.timing is Timing.REAL_TIME
    assert any("Real time instead of every frame" in fix for fix in plan.fixes) == (timing is Timing.EVERY_FRAME)


@pytest.mark.parametrize("sound", [Sound.TIMELINE, Sound.SILENT])
def test_no_sound_is_asked_for_unless_it_is_wanted(sound: Sound) -> None:
    assert not conform.plan(a_shot(), KLING_O1_EDIT, Timing.AUTO, sound).keep_audio


def test_each_fix_is_told_in_words() -> None:
    shot = a_shot(fps=Fraction(25), frames=75, handles=5, width=640, height=360)
    plan = conform.plan(shot, KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert plan.fixes == (
        "Scaled 640×360 to 1280×720",
        "5 frames more on each side, trimmed off again",
        "Every frame sent, labelled 24 fps instead of 25",
    )
    assert (plan.frames, plan.fps, plan.price) == (85, 24, Decimal("0.67"))
    fast = conform.plan(a_shot(fps=Fraction(120), frames=480), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert fast.fixes == ("Rate brought from 120 to 60 fps",)
    assert conform.plan(a_shot(), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE).fixes == ()


def test_rates_are_written_as_editors_write_them() -> None:
    rates = [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25, 2), Fraction(100)]
    assert [conform.rate_words(fps) for fps in rates] == ["24", "23.976", "29.97", "12.5", "100"]


# Sizes


@given(sides, sides)
@example(719, 2157)
@example(720, 2160)
@example(721, 2159)
@example(3840, 1280)
def test_a_size_is_even_and_inside_the_limits_and_keeps_its_shape(width: int, height: int) -> None:
    long, short = max(width, height), min(width, height)
    if long > 3 * short:
        with pytest.raises(LimitError) as refusal:
            conform.fit_size(width, height, LIMITS)
        assert f"{width}×{height}" in refusal.value.message and "720 to 2160" in refusal.value.message
        assert refusal.value.remedy.startswith("Crop the picture")
        return
    size = conform.fit_size(width, height, LIMITS)
    assert all(side % 2 == 0 and 720 <= side <= 2160 for side in size)
    fitted_long, fitted_short = size if width >= height else size[::-1]
    assert abs(fitted_short - Fraction(fitted_long * short, long)) <= 2
    if short >= 720 and long <= 2160:
        assert abs(size[0] - width) <= 1 and abs(size[1] - height) <= 1
    assert conform.fit_size(*size, LIMITS) == size


# Refusals


@given(rates, st.integers(1, 3000), st.just(0) | st.integers(0, 200), timings, sounds)
@example(Fraction(25), 40, 0, Timing.AUTO, Sound.RESULT)
@example(Fraction(5), 80, 0, Timing.AUTO, Sound.RESULT)
@example(Fraction(60), 200, 0, Timing.EVERY_FRAME, Sound.TIMELINE)
@example(Fraction(24), 239, 10, Timing.AUTO, Sound.TIMELINE)
@example(Fraction(24), 10, 150, Timing.AUTO, Sound.TIMELINE)
def test_a_refused_length_is_told_with_a_remedy_that_helps(
    fps: Fraction, frames: int, handles: int, timing: Timing, sound: Sound
) -> None:
    shot = a_shot(fps=fps, frames=frames, handles=handles)
    try:
        plan = conform.plan(shot, KLING_O1_EDIT, timing, sound)
    except LimitError as refusal:
        error = refusal
    else:
        assert 3 <= plan.seconds <= LIMITS.max_seconds
        return
    assert error.paid is Paid.NO
    assert (
        "“Forest”" in error.message
        and f"{shot.sent_frames} frames" in error.message
        and "3 to 10.05 s" in error.message
    )
    told = re.match(r"(Lengthen|Shorten) it to between (\d+) and (\d+) frames", error.remedy)
    if told:
        fewest, most = int(told[2]), int(told[3])
        assert (frames < fewest) if told[1] == "Lengthen" else (frames > most)
        for wanted in (fewest, most):
            conform.plan(a_shot(fps=fps, frames=wanted, handles=handles), KLING_O1_EDIT, timing, sound)
    else:
        assert error.remedy.startswith("Use fewer handles")
        assert 2 * handles >= math.floor(LIMITS.max_seconds * min(fps, 24))
    if "Real Time" in error.remedy:
        conform.plan(shot, KLING_O1_EDIT, Timing.REAL_TIME, sound)
    if "Every Frame" in error.remedy:
        assert conform.plan(shot, KLING_O1_EDIT, Timing.EVERY_FRAME, sound).timing is Timing.EVERY_FRAME


def test_a_remedy_names_the_other_timing_where_that_helps() -> None:
    with pytest.raises(LimitError, match="choose the timing “Real Time”"):
        conform.plan(a_shot(fps=Fraction(60), frames=600), KLING_O1_EDIT, Timing.EVERY_FRAME, Sound.TIMELINE)
    with pytest.raises(LimitError, match="choose the timing “Every Frame”"):
        conform.plan(a_shot(fps=Fraction(60), frames=120), KLING_O1_EDIT, Timing.REAL_TIME, Sound.TIMELINE)


# The way back


def _answered(plan: conform.Plan, fps: Fraction, off: int) -> int:
    """How many frames a service that answers at `fps` makes of the clip."""
    return max(1, math.floor(plan.seconds * fps + HALF) + off)


@given(fitting_shots(), st.integers(-1, 1))
def test_a_result_at_24_fps_covers_the_shot(sent, off: int) -> None:
    shot, timing = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE)
    frames = _answered(plan, Fraction(24), off)
    landing = conform.land(shot, plan, frames, Fraction(24))
    if plan.timing is Timing.EVERY_FRAME:
        assert landing.play_fps is None
        assert bool(landing.notes) == (off != 0)
    elif landing.play_fps is not None:
        assert landing.play_fps == 24 * (shot.fps / plan.fps if plan.one_to_one else 1)
        assert landing.notes
    _shows_the_shot_on_time(shot, plan, landing, Fraction(24), off)


@given(
    fitting_shots(),
    st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]),
    st.integers(-1, 1),
)
@settings(max_examples=200)
def test_a_result_at_another_rate_covers_the_shot(sent, fps: Fraction, off: int) -> None:
    shot, timing = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE)
    landing = conform.land(shot, plan, _answered(plan, fps, off), fps)
    _shows_the_shot_on_time(shot, plan, landing, fps, off)


def _shows_the_shot_on_time(shot, plan, landing, fps: Fraction, off: int) -> None:
    """On every timeline frame, the file's frame that is shown is of that moment, within half a frame of either."""
    # Where the result lacks a frame or has one too many, which one is unknown.
    allowed = HALF * max(1 / fps, 1 / plan.fps) + abs(off) * max(1 / fps, 1 / plan.fps)
    clip_fps = plan.fps if plan.one_to_one else shot.fps
    for frame in (0, shot.sent_frames // 2, shot.sent_frames - 1):
        shown = frame
        if landing.play_fps is not None:
            shown = math.floor((frame + HALF) * landing.play_fps / shot.fps)
        assert abs((shown + HALF) / fps - (frame + HALF) / clip_fps) <= allowed


@given(fitting_shots())
def test_the_very_frames_come_back_one_to_one(sent) -> None:
    shot, timing = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE)
    assume(plan.one_to_one)
    assert conform.land(shot, plan, shot.sent_frames, plan.fps) == conform.Landing(None, ())
