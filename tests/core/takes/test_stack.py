# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a shot's takes, and in which words their prompts differ."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from reshoot.core.takes import stack
from reshoot.core.takes.differing import differing
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.state import State
from reshoot.core.values.take import Take
from sample_jobs import a_job

TAKE = Take("/takes/forest_take01.mp4", 720, 720, 72, Fraction(24), False, None)


def landed(number: int, prompt: str = "make it night", **changes: Any) -> Job:
    """A job whose take came 40 seconds after the press, a hundred seconds after the one before."""
    job = a_job(prompt=prompt, service="fal")
    begun = 100.0 * number
    stages = (Stage(State.PREPARED, begun), Stage(State.LANDED, begun + 40), Stage(State.PLACED, begun + 900))
    there = replace(job, take=TAKE, state=State.PLACED, created=begun, stages=stages, number=number)
    return replace(there, **changes)


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (("make it snow",), ("make it snow",)),
        (("make it snow", "make it rain"), ("snow", "rain")),
        (("make it snow", "make it snow at night"), ("", "at night")),
        (
            ("Let heavy rain fall at dusk in the wood", "Let snow fall at dawn in the wood"),
            ("heavy rain … dusk", "snow … dawn"),
        ),
        (("a red car", "a blue car", "a red bus"), ("red car", "blue car", "red bus")),
        (("one", "two"), ("one", "two")),
        (("", "make it snow"), ("", "make it snow")),
    ],
)
def test_of_prompts_the_words_that_differ_are_told(prompts: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert differing(prompts) == words


def test_a_word_that_all_have_is_told_of_none() -> None:
    prompts = tuple(
        f"{color} rain falls on {place}" for color, place in (("red", "Rome"), ("blue", "Bonn"), ("", "Ulm"))
    )
    assert differing(prompts) == ("red … Rome", "blue … Bonn", "Ulm")


def test_many_long_prompts_take_no_time() -> None:
    long = tuple(" ".join(f"word{(n * k) % 97}" for k in range(400)) for n in range(1, 201))
    before = time.process_time()
    told = differing(long)
    assert time.process_time() - before < 0.5
    assert all(len(words.split()) <= 26 for words in told) and told[1]


def test_rows_are_the_takes_oldest_first_and_what_is_known_of_each() -> None:
    first = landed(1, rating=Rating.PICK, note="the rain is right")
    second = landed(2, "make it day")
    under_way = replace(landed(3), take=None, state=State.WAITING)
    one, two = stack.rows([second, under_way, first], second.group)
    assert (one.number, one.words, one.rating, one.note) == (1, "night", Rating.PICK, "the rain is right")
    assert (two.number, two.words, two.rating, two.shown) == (2, "day", Rating.NONE, True)
    assert (one.job, one.shown, one.model, one.state) == (first.id, False, "Kling O1 Edit", State.PLACED)
    assert one.price == first.price > 0 and one.seconds == 40.0 and not one.rehearsal and one.path == TAKE.path
    assert stack.TakeList("Forest", (one, two)).shown is two
    assert stack.TakeList("Forest", stack.rows([first], "")).shown is None
    assert stack.rows([], "") == ()


def test_a_prompt_that_all_takes_share_is_told_of_each() -> None:
    assert [row.words for row in stack.rows([landed(1), landed(2)], "")] == ["make it night"] * 2


def test_the_parts_of_a_take_are_one_row() -> None:
    begin = landed(4)
    end = replace(landed(4), group=begin.group, part=1, plan=begin.plan)
    end = replace(end, plan=replace(begin.plan, parts=begin.plan.parts * 2))
    begin = replace(begin, plan=end.plan)
    failed = replace(end, take=None, state=State.FAILED, stages=())
    (row,) = stack.rows([end, begin], begin.group)
    assert row.shown and row.job == begin.id and row.price == begin.price + end.price
    (row,) = stack.rows([failed, begin], "")
    assert row.state is State.FAILED


def test_takes_without_a_number_get_those_that_are_free() -> None:
    old = [replace(landed(n), number=0) for n in (1, 2, 3)]
    assert [row.number for row in stack.rows([*old, replace(landed(4), number=2)], "")] == [1, 3, 4, 2]
    assert Decimal(0) == stack.rows([replace(old[0], service="rehearsal")], "")[0].price
