# SPDX-License-Identifier: GPL-3.0-or-later
"""Conforming: for every rate, length and size, what is sent is inside the limits and comes back frame for frame."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from campaign import examples
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from reshoot.core.errors import LimitError, Paid
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.models.model import Model
from reshoot.core.models.prices import PricedClip
from reshoot.core.models.table import MODELS
from reshoot.core.planning import conform
from reshoot.core.takes.landing import Landing, land
from reshoot.core.values.choices import Sound, Timing
from reshoot.core.values.plan import Plan, frame_map, rate_words
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
    """A shot of any rate and length that one clip takes in some timing, that timing, and handles."""
    fps = draw(rates)
    timing = draw(timings)
    chosen = conform.plan(a_shot(fps=fps, frames=_frames_for(fps, timing)), KLING_O1_EDIT, timing, Sound.TIMELINE)
    rate = Fraction(24) if chosen.timing is Timing.EVERY_FRAME else fps
    frames = draw(st.integers(math.ceil(3 * rate), math.floor(LIMITS.max_seconds * rate)))
    handles = draw(st.integers(0, (frames - 1) // 2))
    assume(frames - 2 * handles > 0)
    return a_shot(fps=fps, frames=frames - 2 * handles), timing, handles


@st.composite
def any_shots(draw: st.DrawFn):
    """A shot of any rate and length, short or long, with cuts in it and more or less footage around it."""
    fps = draw(rates)
    frames = draw(st.integers(1, 40) | st.integers(1, math.ceil(60 * fps)))
    cuts = tuple(sorted(draw(st.sets(st.integers(1, max(1, frames - 1)), max_size=6))))
    around = st.just(0) | st.integers(0, 300)
    return a_shot(
        fps=fps, frames=frames, cuts=cuts, before=draw(around), after=draw(around), start=draw(st.integers(0, 500))
    )


def _frames_for(fps: Fraction, timing: Timing) -> int:
    """A length that fits, whatever automatic timing chooses."""
    every_frame = timing is Timing.EVERY_FRAME or (timing is Timing.AUTO and fps <= 30)
    return 120 if every_frame else math.ceil(5 * fps)


# What is sent


@given(fitting_shots(), models)
def test_every_shot_within_the_limits_is_sent_within_them(sent, model: Model) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, model, timing, Sound.TIMELINE, handles)
    assert len(plan.parts) == 1
    assert plan.seconds == plan.frames / plan.fps
    assert LIMITS.min_seconds <= plan.seconds <= LIMITS.max_seconds
    assert LIMITS.min_fps <= plan.fps <= LIMITS.max_fps
    assert plan.timing in (Timing.EVERY_FRAME, Timing.REAL_TIME)
    assert timing in (Timing.AUTO, plan.timing)
    # The price: what the service bills for whole seconds, the nearest.
    billed = math.floor(plan.frames / plan.fps + HALF)
    assert 3 <= billed <= 10
    rate = {"KLING_O1_EDIT": Decimal("0.168"), "KLING_O1_EDIT_STANDARD": Decimal("0.126")}[model.id]
    assert plan.price == (rate * billed).quantize(Decimal("0.01"))


@given(any_shots(), timings, st.just(0) | st.integers(0, 30))
def test_the_parts_cover_the_shot_exactly_once_and_fit(shot, timing: Timing, handles: int) -> None:
    try:
        plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    except LimitError as refusal:
        assert refusal.paid is Paid.NO and refusal.remedy
        assert shot.frames / min(shot.fps, 24) > 60 or handles
        return
    covered = [frame for part in plan.parts for frame in range(part.first, part.first + part.own)]
    assert covered == list(range(shot.frames))
    for part in plan.parts:
        assert LIMITS.min_seconds <= part.frames / plan.fps <= LIMITS.max_seconds
        assert part.before >= 0 <= part.after
        assert part.price == KLING_O1_EDIT.price_rule.price(PricedClip(part.frames, plan.fps, plan.width, plan.height))
    first, last = plan.parts[0], plan.parts[-1]
    assert first.before >= handles <= last.after
    for left, right in zip(plan.parts, plan.parts[1:], strict=False):
        # A seam is at a cut, where nothing is shared, or is dissolved over frames that both show.
        assert left.after == right.before
        pace = plan.fps if plan.timing is Timing.EVERY_FRAME else shot.fps
        assert abs(left.after / pace - Fraction(1, 4)) <= HALF / pace or (left.after == 0 and right.first in shot.cuts)
    if len(plan.parts) == 1 and first.before > handles and shot.start >= handles:
        # Frames that are there go before frames that are held, and before the timeline's start there are none.
        assert shot.start - first.before >= 0
    # In real time a few are held so that the result lasts to the end, whatever there is before it.
    to_the_end = -(-shot.fps // 24) if plan.timing is Timing.REAL_TIME else 0
    if len(plan.parts) == 1 and first.after > max(handles, shot.after) + to_the_end:
        assert first.before >= min(shot.before, max(handles, shot.start))
    assert plan.price == sum(part.price for part in plan.parts)


@given(any_shots(), timings)
def test_cuts_spare_seams_elsewhere(shot, timing: Timing) -> None:
    def dissolved(each) -> int:
        return sum(part.after > 0 for part in conform.plan(each, KLING_O1_EDIT, timing, Sound.TIMELINE).parts[:-1])

    try:
        assert dissolved(shot) <= dissolved(replace(shot, cuts=()))
    except LimitError:
        return


@pytest.mark.parametrize(
    ("frames", "cuts", "parts"),
    [
        # Two clips would do, with a seam in the middle of what was filmed in one.
        (480, (100, 330), [100, 230, 150]),
        (480, (20, 240, 460), [240, 240]),
        (500, (72, 144, 216, 288, 360, 432), [144, 144, 212]),
        # Too near to the end for a clip of its own.
        (480, (20, 460), [162, 156, 162]),
    ],
)
def test_a_long_shot_is_parted_at_its_cuts_first(frames: int, cuts: tuple[int, ...], parts: list[int]) -> None:
    plan = conform.plan(a_shot(frames=frames, cuts=cuts), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert [part.own for part in plan.parts] == parts


def test_cuts_make_no_shot_too_many_parts() -> None:
    frames = 130 * 30
    shot = a_shot(frames=frames, cuts=tuple(range(130, frames, 130)))
    plan = conform.plan(shot, KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert len(plan.parts) <= conform.MOST_PARTS


@given(any_shots(), timings)
def test_no_fewer_parts_would_do_without_cuts(shot, timing: Timing) -> None:
    shot = replace(shot, cuts=())
    try:
        plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE)
    except LimitError:
        return
    pace = plan.fps if plan.timing is Timing.EVERY_FRAME else shot.fps
    fewer = len(plan.parts) - 1
    # Each seam costs half a second, and a clip is whole frames.
    assert not fewer or shot.frames / pace > fewer * (LIMITS.max_seconds - 2 / min(pace, plan.fps)) - (fewer - 1) * HALF


@given(fitting_shots())
def test_every_frame_of_the_shot_is_sent_once_or_is_on_time(sent) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (part,) = plan.parts
    shown = frame_map(shot, plan, part)
    assert len(shown) == plan.frames
    assert shown == sorted(shown) and shown[0] >= 0 and shown[-1] < part.sent
    if plan.one_to_one:
        assert shown == list(range(part.sent))
    if plan.timing is Timing.EVERY_FRAME:
        assert plan.one_to_one and plan.fps == 24
    if plan.timing is Timing.REAL_TIME:
        # The clip lasts as long as the shot, and shows at each moment what the shot showed.
        assert abs(plan.seconds - part.sent / shot.fps) <= HALF / plan.fps
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
    shot = a_shot(fps=Fraction(25), frames=75, width=640, height=360)
    plan = conform.plan(shot, KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE, 5)
    assert plan.fixes == (
        "Scaled 640×360 to 1280×720",
        "5 frames more on each side, trimmed off again",
        "Every frame sent, labelled 24 fps instead of 25",
    )
    assert (plan.frames, plan.fps, plan.price) == (85, 24, Decimal("0.67"))
    fast = conform.plan(a_shot(fps=Fraction(120), frames=480), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert fast.fixes == ("Rate brought from 120 to 60 fps",)
    assert conform.plan(a_shot(), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE).fixes == ()
    short = conform.plan(a_shot(frames=40, start=100, before=4), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert short.fixes == (
        "Lengthened to 3 s: 18 frames before and 14 after, trimmed off again",
        "28 of them hold the picture still: there is no more of it",
    )
    long = conform.plan(a_shot(frames=600, cuts=(200,)), KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    assert long.fixes == (
        "Sent as 3 parts of 200 to 206 frames, placed as one strip",
        "Parts dissolved over 12 frames where no cut parts them: 1×",
    )
    assert [(part.first, part.own, part.before, part.after) for part in long.parts] == [
        (0, 200, 0, 0),
        (200, 200, 0, 6),
        (400, 200, 6, 0),
    ]


def test_rates_are_written_as_editors_write_them() -> None:
    rates = [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25, 2), Fraction(100)]
    assert [rate_words(fps) for fps in rates] == ["24", "23.976", "29.97", "12.5", "100"]


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


@pytest.mark.parametrize(
    ("shot", "handles", "words", "remedy"),
    [
        (a_shot(frames=4700), 0, "4700 frames long", "Cut it"),
        (a_shot(frames=300), 240, "240 frames on each side leave no room", "Use fewer handles."),
        (a_shot(frames=240), 2, "2 frames on each side leave no room", "Use fewer handles."),
    ],
)
def test_what_cannot_be_divided_is_refused(shot, handles: int, words: str, remedy: str) -> None:
    with pytest.raises(LimitError) as refusal:
        conform.plan(shot, KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE, handles)
    assert words in refusal.value.message and refusal.value.remedy.startswith(remedy)


# The way back


def _answered(plan: Plan, fps: Fraction, off: int) -> int:
    """How many frames a service that answers at `fps` makes of the clip."""
    return max(1, math.floor(plan.seconds * fps + HALF) + off)


@given(fitting_shots(), st.integers(-1, 1))
def test_a_result_at_24_fps_covers_the_shot(sent, off: int) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (part,) = plan.parts
    frames = _answered(plan, Fraction(24), off)
    laid = land(shot, plan, part, frames, Fraction(24))
    if plan.timing is Timing.EVERY_FRAME:
        assert laid.play_fps is None
        assert bool(laid.notes) == (off != 0)
    elif laid.play_fps is not None:
        assert laid.play_fps == 24 * (shot.fps / plan.fps if plan.one_to_one else 1)
        assert laid.notes
    _shows_the_shot_on_time(shot, plan, laid, Fraction(24), off)


@given(fitting_shots())
def test_a_result_at_24_fps_lasts_until_the_last_frame(sent) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (part,) = plan.parts
    if plan.timing is Timing.REAL_TIME and plan.seconds < LIMITS.max_seconds - Fraction(2, 24):
        last = _answered(plan, Fraction(24), 0) - 1
        assert (part.before + part.own - HALF) / shot.fps - (last + HALF) / 24 <= HALF / 24


@given(
    fitting_shots(),
    st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]),
    st.integers(-1, 1),
)
@settings(max_examples=examples(200))
def test_a_result_at_another_rate_covers_the_shot(sent, fps: Fraction, off: int) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (part,) = plan.parts
    laid = land(shot, plan, part, _answered(plan, fps, off), fps)
    _shows_the_shot_on_time(shot, plan, laid, fps, off)


def _shows_the_shot_on_time(shot, plan, laid, fps: Fraction, off: int) -> None:
    """On every timeline frame, the file's frame that is shown is of that moment, within half a frame of either."""
    # Where the result lacks a frame or has one too many, which one is unknown.
    allowed = HALF * max(1 / fps, 1 / plan.fps) + abs(off) * max(1 / fps, 1 / plan.fps)
    clip_fps = plan.fps if plan.one_to_one else shot.fps
    for frame in (0, plan.parts[0].sent // 2, plan.parts[0].sent - 1):
        shown = frame
        if laid.play_fps is not None:
            shown = math.floor((frame + HALF) * laid.play_fps / shot.fps)
        assert abs((shown + HALF) / fps - (frame + HALF) / clip_fps) <= allowed


@given(fitting_shots())
def test_the_very_frames_come_back_one_to_one(sent) -> None:
    shot, timing, handles = sent
    plan = conform.plan(shot, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (part,) = plan.parts
    assume(plan.one_to_one)
    assert land(shot, plan, part, plan.parts[0].sent, plan.fps) == Landing(None, ())
