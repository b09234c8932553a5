# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of models: each one's facts, how its request is built, where its file is, what comes back, what it costs;
and that nothing but `core/models` knows a model by its name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from reshoot.core.models import names
from reshoot.core.models.answer import answer_with, file_in
from reshoot.core.models.kling import KLING_O1_EDIT, KLING_O1_EDIT_STANDARD
from reshoot.core.models.model import Model, ModelInput, Role, within
from reshoot.core.models.prices import PricedClip, PricePerSecond, nearest_second
from reshoot.core.models.result_frames import AsSent, AtRate
from reshoot.core.models.table import MODELS, fields_named, with_endpoint

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("background", "core", "operators", "panels", "rehearsal", "session", "settings", "timeline")
GIVEN = ModelInput(
    prompt="make it night",
    video_url="https://files/clip.mp4",
    keep_audio=True,
    image_urls=("https://files/a.png", "https://files/b.png"),
    elements=(("https://files/front.png", ("https://files/left.png", "https://files/right.png")),),
    frames=72,
    fps=Fraction(24),
)
every_model = pytest.mark.parametrize("model", list(MODELS.values()), ids=list(MODELS))


def clip(seconds: Fraction | int) -> PricedClip:
    return PricedClip(int(seconds * 1000), Fraction(1000), 1280, 720)


# The table


def test_the_table_holds_what_an_editor_can_choose_in_that_order() -> None:
    assert list(MODELS) == [name[0] for name in names.MODELS] == ["KLING_O1_EDIT", "KLING_O1_EDIT_STANDARD"]
    assert [(model.id, model.label, model.price_words) for model in MODELS.values()] == list(names.MODELS)


def test_a_model_is_found_by_its_endpoint() -> None:
    assert with_endpoint("fal-ai/kling-video/o1/video-to-video/edit") is KLING_O1_EDIT
    assert with_endpoint("fal-ai/kling-video/o1/standard/video-to-video/edit") is KLING_O1_EDIT_STANDARD
    assert with_endpoint("fal-ai/kling-video/o1/video-to-video") is None


@every_model
def test_a_models_data_agree_with_each_other(model: Model) -> None:
    roles = [field.role for field in model.fields]
    assert roles.count(Role.CLIP) == 1 and roles.count(Role.PROMPT) <= 1
    assert len({field.name for field in model.fields}) == len(model.fields)
    assert all(bool(field.frontal and field.views) is (field.role is Role.ELEMENTS) for field in model.fields)
    limits = model.limits
    for least, most in (
        (limits.min_seconds, limits.max_seconds),
        (limits.min_side, limits.max_side),
        (limits.min_fps, limits.max_fps),
        (limits.min_image_aspect, limits.max_image_aspect),
        (limits.min_element_views, limits.max_element_views),
    ):
        assert least is None or most is None or least <= most
    assert re.search(r"\d{4}-\d{2}-\d{2}", model.facts), "a fact has a date"
    assert model.file_at and all(isinstance(step, str) for step in model.file_at)


@every_model
def test_a_request_has_fields_of_the_schema_only_and_all_that_are_required(model: Model) -> None:
    for given in (GIVEN, replace(GIVEN, image_urls=(), elements=())):
        body = model.body(given)
        assert body.keys() <= {field.name for field in model.fields}
        assert body.keys() >= {field.name for field in model.fields if field.required}


# Kling O1


@pytest.mark.parametrize("model", [KLING_O1_EDIT, KLING_O1_EDIT_STANDARD])
def test_the_request_of_kling_o1(model: Model) -> None:
    assert model.body(GIVEN) == {
        "prompt": "make it night",
        "video_url": "https://files/clip.mp4",
        "keep_audio": True,
        "image_urls": ["https://files/a.png", "https://files/b.png"],
        "elements": [
            {
                "frontal_image_url": "https://files/front.png",
                "reference_image_urls": ["https://files/left.png", "https://files/right.png"],
            }
        ],
    }
    assert model.body(replace(GIVEN, keep_audio=False, image_urls=(), elements=())) == {
        "prompt": "make it night",
        "video_url": "https://files/clip.mp4",
        "keep_audio": False,
    }


@pytest.mark.parametrize("model", [KLING_O1_EDIT, KLING_O1_EDIT_STANDARD])
def test_kling_o1_answers_at_24_fps_whatever_it_is_sent(model: Model) -> None:
    assert model.comes_back(93, Fraction(30)) == (74, 24)
    assert model.comes_back(72, Fraction(24)) == (72, 24)
    for fps in (Fraction(5), Fraction(24000, 1001), Fraction(25), Fraction(240)):
        assert model.every_frame_rate(fps) == 24
    assert [model.nearest_rate(Fraction(fps)) for fps in (5, 25, 240)] == [24, 25, 60]


@pytest.mark.parametrize(
    ("model", "seconds", "price"),
    [
        (KLING_O1_EDIT, 3, "0.50"),
        (KLING_O1_EDIT, Fraction(349, 100), "0.50"),
        (KLING_O1_EDIT, Fraction(7, 2), "0.67"),
        (KLING_O1_EDIT, 5, "0.84"),
        (KLING_O1_EDIT, Fraction(1005, 100), "1.68"),
        (KLING_O1_EDIT_STANDARD, 5, "0.63"),
        (KLING_O1_EDIT_STANDARD, Fraction(1005, 100), "1.26"),
    ],
)
def test_the_price_of_kling_o1(model: Model, seconds: Fraction, price: str) -> None:
    assert str(model.price_rule.price(clip(seconds))) == price


# The parts that a model is made of


def test_a_price_per_second_follows_its_rounding_and_says_its_rate() -> None:
    rule = PricePerSecond(Decimal("0.10"), nearest_second)
    assert [rule.price(clip(Fraction(n, 4))) for n in (9, 10, 11)] == [
        Decimal("0.20"),
        Decimal("0.30"),
        Decimal("0.30"),
    ]
    assert PricePerSecond(Decimal("0.10"), lambda seconds: 5).price(clip(1)) == Decimal("0.50")
    assert rule.words == "$0.10 for each second sent"


def test_a_file_is_found_where_the_model_has_it() -> None:
    file = {"url": "https://files/take.mp4", "file_size": 3}
    for path in (("video",), ("videos", "0"), ("output", "files", "0", "video")):
        assert file_in(answer_with(file, path), path) is file
    assert answer_with(file, ("videos", "0")) == {"videos": [file]}
    assert file_in({"videos": [{}, file]}, ("videos", "1")) is file


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({}, ("video",)),
        ({"video": "https://files/take.mp4"}, ("video",)),
        ({"video": None}, ("video",)),
        ([], ("video",)),
        ({"videos": []}, ("videos", "0")),
        ({"videos": {"url": "https://files/take.mp4"}}, ("videos", "0")),
        (None, ("video",)),
        ("video", ("video",)),
    ],
)
def test_an_answer_of_another_form_is_refused(answer: Any, path: tuple[str, ...]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        file_in(answer, path)


def test_frames_come_back_at_a_rate_or_as_they_were_sent() -> None:
    assert AtRate(Fraction(24))(75, Fraction(50)) == (36, 24)
    assert AtRate(Fraction(24))(1, Fraction(60)) == (1, 24), "never none"
    assert AtRate(Fraction(24))(73, Fraction(48)) == (37, 24), "a half upwards, as a plan counts"
    assert AsSent()(75, Fraction(30000, 1001)) == (75, Fraction(30000, 1001))


def test_no_limit_lets_everything_in() -> None:
    assert within(5, None, None) and within(5, 5, None) and within(5, None, 5)
    assert not within(4, 5, None) and not within(6, None, 5)


def test_a_field_is_known_by_its_name() -> None:
    assert {field.role for field in fields_named("video_url")} == {Role.CLIP}
    assert fields_named("no_such_field") == []


# Nobody else names one

_NAMES = re.compile(r"kling|\bo1\b", re.IGNORECASE)


def named_in(root: Path) -> list[str]:
    """Every line of the product and its tools, outside of core/models, that names a model."""
    files = [*root.glob("*.py"), *(path for room in (*PRODUCT, "tools") for path in (root / room).rglob("*.py"))]
    return [
        f"{path.relative_to(root).as_posix()}:{number}"
        for path in files
        if "core/models" not in path.as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _NAMES.search(line)
    ]


def test_nothing_but_the_models_room_names_a_model() -> None:
    assert (ROOT / "core" / "models" / "kling.py").is_file()
    assert named_in(ROOT) == []


@pytest.mark.parametrize("line", ["if model.id.startswith('KLING'):", "# as O1 does", "from ..models import kling"])
def test_a_models_name_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "core" / "planning").mkdir(parents=True)
    (tmp_path / "core" / "planning" / "conform.py").write_text(f"import math\n{line}\n", encoding="utf-8")
    assert named_in(tmp_path) == ["core/planning/conform.py:2"]
