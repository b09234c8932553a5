# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interface knows of the jobs: when there is something new in it, and when nothing has to be drawn again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from reshoot.core import board
from reshoot.core.job import State
from reshoot.core.runner import Event
from sample_jobs import a_job


@pytest.fixture(autouse=True)
def empty_board() -> Iterator[None]:
    board.clear()
    yield
    board.clear()


def test_what_is_known_already_is_no_news() -> None:
    job = replace(a_job(), state=State.WAITING)
    assert board.hear(Event(job, "In progress", None))
    line = board.line(job.id)
    assert not board.hear(Event(replace(job), "In progress", None))
    # The very same one: whoever keeps what it looks like need not make it anew.
    assert board.line(job.id) is line
    assert board.lines(job.project) == [line]


@pytest.mark.parametrize("news", [{"words": "Position 2"}, {"fraction": 0.5}, {"state": State.DOWNLOADING}])
def test_anything_else_is_news(news: dict[str, object]) -> None:
    job = replace(a_job(), state=State.WAITING)
    board.hear(Event(job, "In progress", 0.25))
    other = {"words": "In progress", "fraction": 0.25, **news}
    later = replace(job, state=other.pop("state", job.state))
    assert board.hear(Event(later, **other))
    assert board.line(job.id).job.state is later.state


def test_a_job_that_goes_is_news() -> None:
    job = replace(a_job(), state=State.CANCELLED)
    board.hear(Event(job))
    assert board.hear(Event(job, gone=True))
    assert board.line(job.id) is None
