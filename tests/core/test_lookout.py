# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookout: who asks never waits, hears what was found last and what is new, and starts one thread for all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from patience import LONGEST
from reshoot.core import lookout
from reshoot.core.lookout import Lookout


@pytest.fixture
def answers() -> dict[str, int]:
    """What there is to be found."""
    return {"one": 1, "two": 2}


@pytest.fixture
def looked() -> list[threading.Thread]:
    """The threads on which somebody looked."""
    return []


@pytest.fixture
def outlook(answers: dict[str, int], looked: list[threading.Thread]) -> Iterator[Lookout[str, int]]:
    def look(question: str) -> int:
        looked.append(threading.current_thread())
        return answers[question]

    made = Lookout(look)
    yield made
    made.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_who_asks_hears_later(outlook: Lookout[str, int]) -> None:
    assert outlook.ask("one") is None and outlook.busy
    outlook.start()
    until(lambda: not outlook.busy)
    assert outlook.ask("one") == 1
    assert outlook.news() and not outlook.news()


def test_only_another_answer_is_news(
    outlook: Lookout[str, int], answers: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "_FRESH", 0.0)
    for value, new in ((1, True), (1, False), (7, True)):
        answers["one"] = value
        outlook.ask("one")
        outlook.start()
        until(lambda: not outlook.busy)
        assert outlook.news() is new


def test_what_cannot_be_looked_at_stays_as_it_was(
    outlook: Lookout[str, int], answers: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "_FRESH", 0.0)
    for told, expected in (({"one": 1}, 1), ({}, 1), ({"one": 7}, 7)):
        answers.clear()
        answers.update(told)
        outlook.ask("one")
        outlook.start()
        until(lambda: not outlook.busy)
        assert outlook.ask("one") == expected
        outlook.start()
        until(lambda: not outlook.busy)


def test_what_was_found_lately_is_told_and_not_what_was_found_before(
    outlook: Lookout[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outlook.recent("one") is None and not outlook.busy
    outlook.ask("one")
    outlook.start()
    until(lambda: not outlook.busy)
    assert outlook.recent("one") == 1
    monkeypatch.setattr(lookout, "_FRESH", 0.0)
    time.sleep(0.001)
    assert outlook.recent("one") is None and outlook.ask("one") == 1


def test_one_thread_serves_every_question(
    outlook: Lookout[str, int], looked: list[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting a thread waits for it, and panels ask every other second."""
    monkeypatch.setattr(lookout, "_FRESH", 0.0)
    for question in ("one", "two", "one"):
        outlook.ask(question)
        outlook.start()
        until(lambda: not outlook.busy)
    assert len(looked) == 3 and len(set(looked)) == 1


def test_no_thread_is_left_when_it_is_closed(outlook: Lookout[str, int]) -> None:
    before = threading.active_count()
    outlook.ask("one")
    outlook.start()
    until(lambda: not outlook.busy)
    outlook.close()
    assert threading.active_count() == before
    assert outlook.ask("one") is None
