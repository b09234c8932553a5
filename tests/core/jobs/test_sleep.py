# SPDX-License-Identifier: GPL-3.0-or-later
"""A computer that sleeps while a job is in trouble: what it sleeps is no patience that was had with the service.

The clock of these tests goes on in the sleep, as that of Windows does.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from gate import HISTORY, SUBMIT, drops, drops_the_answer
from house import NO_BLENDER, House, until
from reshoot.core.errors import NoAnswer, Paid
from reshoot.core.jobs import lost
from reshoot.core.jobs import steps as steps_module
from reshoot.core.jobs.steps import Steps, Wait
from reshoot.core.values.request import Ticket
from reshoot.core.values.state import State
from sample_jobs import a_job

NIGHT = 8 * 3600.0


class Desk:
    """Steps of a job whose service never answers. A try takes `took` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, took: float) -> None:
        self.now = 1000.0
        self.took = took
        monkeypatch.setattr(steps_module, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.steps = Steps(NO_BLENDER, self.connect, lambda project: Path())
        ticket = Ticket("abc-1", "http://a/status", "http://a", "http://a/cancel")
        self.job = replace(a_job(), state=State.WAITING, ticket=ticket)

    def connect(self, name: str) -> object:
        self.now += self.took
        raise NoAnswer("No answer came.", "Wait.", paid=Paid.UNKNOWN)

    def tries(self, asleep: float = 0.0) -> None:
        """One try, and the time until the next. asleep: seconds of it besides."""
        outcome = self.steps.step(
            self.job,
            Path(),
            advance=lambda before, after: after,
            report=lambda words, fraction: None,
            cancelled=lambda: False,
        )
        assert isinstance(outcome, Wait)
        self.now += outcome.seconds + asleep


@pytest.mark.parametrize("took", [0.01, 30.0])
def test_trouble_that_lasts_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch, took: float) -> None:
    desk = Desk(monkeypatch, took)
    began = desk.now
    with pytest.raises(NoAnswer):
        while True:
            desk.tries()
            assert desk.now < began + steps_module.PATIENCE + 100
    assert desk.now > began + steps_module.PATIENCE


def test_nights_count_as_what_was_meant_to_be_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, 1.0)
    for _ in range(10):
        desk.tries(NIGHT)


def test_a_night_within_a_try_counts_as_a_long_try(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, NIGHT)
    for _ in range(5):
        desk.tries()


def test_a_search_that_was_slept_over_is_made_once_there_is_a_network(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.05,))
    monkeypatch.setattr(lost, "SEARCH_AGAIN", 0.05)
    house.gate.at(SUBMIT, drops_the_answer)
    house.gate.at(HISTORY, drops)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(HISTORY) > 2)
    assert desk.row(job).state is State.UNSURE
    house.gate.at(HISTORY, None)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.gate.count(SUBMIT) == 1
