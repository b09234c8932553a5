# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of another shape than any of the table's, added as data: planning, the request, the rehearsal with the real
fal client, and the way back serve it without another line of code.

It takes no references, names its fields otherwise, is sent frames in place of seconds, answers with a list of files at
the clip's own rate, and is paid for by frames.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from gate import RESULT, Exchange
from house import House
from rehearsal_render import make_clip
from reshoot.core.errors import LimitError, Paid, ReferenceInvalid
from reshoot.core.models.model import Field, Limits, Model, ModelInput, Role
from reshoot.core.models.prices import PricedClip
from reshoot.core.models.result_frames import AsSent
from reshoot.core.models.table import MODELS
from reshoot.core.planning import conform, prompt, references
from reshoot.core.service.refusals import Asking, Refusal, Translator
from reshoot.core.takes.landing import Landing, expected_frames, land
from reshoot.core.values.choices import ReferenceKind, Sound, Timing
from reshoot.core.values.job import Job
from reshoot.core.values.plan import Plan
from reshoot.core.values.shot import Reference
from reshoot.core.values.state import State
from sample_jobs import a_job, a_shot

pytestmark = pytest.mark.usefixtures("in_haste")

SUBMIT = ("POST", r"/maker/sketch/video/redraw")


@dataclass(frozen=True)
class PricePerFrames:
    """Four cents for every 16 frames that are begun."""

    def price(self, clip: PricedClip) -> Decimal:
        return Decimal("0.04") * -(-clip.frames // 16)

    @property
    def words(self) -> str:
        return "$0.04 for 16 frames"


def body(given: ModelInput) -> dict[str, Any]:
    return {
        "text": given.prompt,
        "source": given.video_url,
        "frame_count": given.frames,
        "rate": float(given.fps),
        "mode": "redraw",
    }


SKETCH = Model(
    name=("SKETCH", "Sketch", "$0.04 for 16 frames"),
    endpoint="maker/sketch/video/redraw",
    limits=Limits(
        min_seconds=None,
        max_seconds=Fraction(4),
        min_side=None,
        max_side=640,
        min_fps=None,
        max_fps=Fraction(30),
        max_video_bytes=None,
        video_suffixes=(".mp4",),
        max_references=0,
        max_images=0,
        max_elements=0,
        min_element_views=0,
        max_element_views=0,
        max_image_bytes=None,
        min_image_side=None,
        min_image_aspect=None,
        max_image_aspect=None,
        max_prompt_characters=None,
    ),
    fields=(
        Field("text", Role.PROMPT, required=True),
        Field("source", Role.CLIP, required=True),
        Field("frame_count", Role.OTHER, required=True),
        Field("rate", Role.OTHER),
        Field("mode", Role.OTHER),
    ),
    body=body,
    file_at=("videos", "0"),
    comes_back=AsSent(),
    price_rule=PricePerFrames(),
    facts="made up, 2026-11-29",
)
LONG_WORDS = "draw it with ink " * 400


@pytest.fixture(autouse=True)
def sketch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has one more."""
    monkeypatch.setitem(MODELS, SKETCH.id, SKETCH)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two seconds at 25 fps, of a size and length that no other model takes."""
    return make_clip(tmp_path / "small.mp4", width=320, height=180, fps=Fraction(25), frames=50)


def planned(timing: Timing = Timing.AUTO, **shot: Any) -> Plan:
    return conform.plan(a_shot(**shot), SKETCH, timing, Sound.TIMELINE)


# Planning


def test_a_short_small_slow_shot_is_sent_as_it_is() -> None:
    plan = planned(fps=Fraction(12), frames=3, width=64, height=36)
    assert (plan.fps, plan.frames, plan.width, plan.height, plan.fixes) == (12, 3, 64, 36, ())
    assert plan.one_to_one and plan.timing is Timing.EVERY_FRAME


def test_every_frame_keeps_the_shots_own_rate_where_the_model_does() -> None:
    for fps in (Fraction(24000, 1001), Fraction(25), Fraction(30)):
        plan = planned(fps=fps, frames=50, width=320, height=180)
        assert (plan.fps, plan.frames, plan.fixes) == (fps, 50, ())


def test_a_long_shot_is_divided_by_the_models_own_length() -> None:
    plan = planned(fps=Fraction(25), frames=250, width=320, height=180)
    assert len(plan.parts) == 3
    assert all(part.frames <= 100 for part in plan.parts)
    assert sum(part.own for part in plan.parts) == 250


def test_a_large_fast_shot_is_brought_to_the_models_limits() -> None:
    plan = planned(fps=Fraction(50), frames=100, width=1920, height=1080)
    assert (plan.width, plan.height, plan.fps, plan.frames) == (640, 360, 30, 60)
    assert plan.timing is Timing.REAL_TIME


def test_the_price_follows_the_models_rule() -> None:
    assert [planned(fps=Fraction(25), frames=frames).price for frames in (16, 17, 100)] == [
        Decimal("0.04"),
        Decimal("0.08"),
        Decimal("0.28"),
    ]


def test_a_model_without_a_longest_clip_takes_any_length_in_one() -> None:
    endless = replace(SKETCH, limits=replace(SKETCH.limits, max_seconds=None, max_side=None, max_fps=None))
    for timing in (Timing.EVERY_FRAME, Timing.REAL_TIME):
        plan = conform.plan(a_shot(fps=Fraction(50), frames=9000), endless, timing, Sound.TIMELINE)
        assert (len(plan.parts), plan.frames, plan.fps) == (1, 9000, 50)


def test_a_shape_that_no_size_suits_is_refused() -> None:
    with pytest.raises(LimitError):
        planned(width=6000, height=2)


def test_it_takes_no_references_and_a_prompt_of_any_length() -> None:
    picture = Reference(ReferenceKind.IMAGE, ("/films/a.png",))
    with pytest.raises(ReferenceInvalid):
        references.check_count([picture], SKETCH.limits)
    references.check_count([], SKETCH.limits)
    assert prompt.check(LONG_WORDS, [], SKETCH.limits) == (LONG_WORDS.strip(), ())


def test_one_kind_alone_may_be_limited() -> None:
    limits = replace(SKETCH.limits, max_references=4, max_images=1)
    pictures = [Reference(ReferenceKind.IMAGE, (f"/films/{n}.png",)) for n in range(2)]
    references.check_count(pictures[:1], limits)
    with pytest.raises(ReferenceInvalid, match="at most 1"):
        references.check_count(pictures, limits)
    element = Reference(ReferenceKind.ELEMENT, ("/films/a.png",))
    with pytest.raises(ReferenceInvalid, match="There are 1 elements; the model takes at most 0"):
        references.check_count([element], limits)


# The service, rehearsed


def through(house: House, movie: Path, **shot: Any) -> Job:
    """The landed job of a shot that is `movie`."""
    desk = house.desk()
    given = a_shot(fps=Fraction(25), frames=50, width=320, height=180, **shot)
    job = desk.shoot(a_job(given, file=movie, model=SKETCH, prompt="draw it with ink"))
    return desk.hear(job, State.LANDED)


def test_a_shot_goes_the_whole_way_and_comes_back_frame_for_frame(house: House, small: Path) -> None:
    answers: list[Any] = []

    def overheard(exchange: Exchange) -> None:
        answer = exchange.forward()
        answers.append(json.loads(answer[2]))
        exchange.answer(*answer)

    house.gate.at(("GET", r"/maker/sketch/requests/[^/]+"), overheard)
    landed = through(house, small)
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(RESULT) == 0
    (note,) = (house.folder / "rehearsal").rglob("request.json")
    request = json.loads(note.read_text(encoding="utf-8"))
    assert request["endpoint"] == SKETCH.endpoint
    assert request["body"] == {
        "text": "draw it with ink",
        "source": request["body"]["source"],
        "frame_count": 50,
        "rate": 25.0,
        "mode": "redraw",
    }
    (answer,) = answers
    assert list(answer) == ["videos"] and answer["videos"][0]["url"].endswith(".mp4")

    take = landed.take
    assert take is not None
    assert (take.frames, take.fps, take.play_fps, take.runs) == (50, 25, None, ())
    assert expected_frames(landed, take) == list(range(50))
    assert landed.model.label == "Sketch"
    told = json.loads(Path(take.path).with_suffix(".json").read_text(encoding="utf-8"))
    assert (told["model"], told["endpoint"]) == ("SKETCH", "maker/sketch/video/redraw")


def test_the_rehearsal_refuses_what_the_models_schema_does_not_have(
    house: House, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says it in the editor's words, by the model's own names of things."""
    talkative = replace(SKETCH, body=lambda given: {**body(given), "seed": 7})
    monkeypatch.setitem(MODELS, SKETCH.id, talkative)
    desk = house.desk()
    given = a_shot(fps=Fraction(25), frames=50, width=320, height=180)
    job = desk.shoot(a_job(given, file=small, model=talkative))
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert "“seed”" in failed.error and failed.paid is Paid.NO


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"max_seconds": Fraction(1)}, "The clip is too long (at most 1.0 s, it has 2.0 s)."),
        ({"max_side": 100}, "The clip is too large"),
        ({"max_fps": Fraction(20)}, "The clip was refused"),
        ({"max_prompt_characters": 3}, "The prompt is too long (at most 3)."),
    ],
)
def test_the_rehearsal_refuses_by_the_models_limits(
    house: House, small: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], complaint: str
) -> None:
    desk = house.desk()
    # The service holds a clip against stricter limits than those that it was planned and exported by.
    given = a_shot(fps=Fraction(25), frames=50, width=320, height=180)
    strict = replace(SKETCH, limits=replace(SKETCH.limits, **changes))

    def stricter(exchange: Exchange) -> None:
        monkeypatch.setitem(MODELS, SKETCH.id, strict)
        exchange.answer(*exchange.forward())

    house.gate.at(SUBMIT, stricter)
    job = desk.shoot(a_job(given, file=small, model=SKETCH))
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert failed.error.startswith(complaint), failed.error


def test_a_refusal_is_told_by_the_models_own_names() -> None:
    def told(*loc: str) -> str:
        refusal = Refusal("string_too_long", "", 422, loc=["body", *loc])
        return Translator("fal.ai", "key").error(refusal, Asking.SUBMISSION).message

    assert told("text") == "The prompt is too long."
    assert told("source") == "The clip is too long."
    assert told("frame_count") == "The request's “frame_count” is too long."


# The way back


@pytest.mark.parametrize(
    "fps", [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30)]
)
def test_what_comes_back_as_it_was_sent_lies_one_for_one(fps: Fraction) -> None:
    shot = a_shot(fps=fps, frames=60)
    plan = conform.plan(shot, SKETCH, Timing.AUTO, Sound.TIMELINE)
    (part,) = plan.parts
    frames, rate = SKETCH.comes_back(part.frames, plan.fps)
    assert land(shot, plan, part, frames, rate) == Landing(None, ())


@pytest.mark.parametrize("fps", [Fraction(50), Fraction(60000, 1001), Fraction(60)])
def test_what_comes_back_slower_covers_the_shot_in_real_time(fps: Fraction) -> None:
    shot = a_shot(fps=fps, frames=150)
    plan = conform.plan(shot, SKETCH, Timing.AUTO, Sound.TIMELINE)
    (part,) = plan.parts
    frames, rate = SKETCH.comes_back(part.frames, plan.fps)
    landing = land(shot, plan, part, frames, rate)
    assert landing.play_fps == rate == 30
    assert frames / rate >= (part.before + part.own - Fraction(1, 2)) / fps
