# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interface knows of the jobs: when there is something new in it, and which of them the list shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from reshoot.core.errors import Paid
from reshoot.core.jobs import board
from reshoot.core.jobs.rows import Event
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job
from reshoot.core.values.progress import JobProgress
from reshoot.core.values.state import State
from sample_jobs import a_job, a_long_shots_jobs, a_shot

HERE, THERE, LOST = "/films/here.blend", "/films/there.blend", "untitled:lost"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    board.clear()


def heard(project: str, state: State, *, created: float = 1.0, paid: Paid = Paid.YES, elsewhere: bool = False) -> Job:
    """A job that the board has heard of."""
    job = replace(a_job(), project=project, state=state, created=created, paid=paid)
    board.update(Event(job, elsewhere=elsewhere))
    return job


def listed(*held: str, project: str = HERE) -> list[Job]:
    """What is listed where a file is open that holds the takes of some jobs."""
    return [line.job for line in board.listed(project, frozenset(held))]


def test_a_take_that_came_with_the_file_is_listed() -> None:
    own = heard(HERE, State.WAITING, created=1.0)
    brought = heard(THERE, State.PLACED, created=2.0)
    heard(THERE, State.PLACED, created=3.0)
    assert listed() == [own]
    assert listed(own.id, brought.id, "of another journal") == [brought, own]


def test_what_a_file_without_a_name_left_behind_is_offered_last() -> None:
    own = heard(HERE, State.PLACED, created=1.0)
    waiting, landed = heard(LOST, State.WAITING, created=2.0), heard(LOST, State.LANDED, created=3.0)
    failed = heard(LOST, State.FAILED, created=4.0)
    heard(LOST, State.FAILED, created=5.0, paid=Paid.NO)
    heard(LOST, State.PLACED, created=6.0)
    heard(LOST, State.CANCELLED, created=7.0)
    heard(LOST, State.LANDED, created=8.0, elsewhere=True)
    assert listed() == [own, failed, landed, waiting]


def test_what_is_under_way_elsewhere_is_told() -> None:
    heard(HERE, State.WAITING, created=1.0)
    older, newer = heard(THERE, State.WAITING, created=2.0), heard(LOST, State.EXPORTING, created=3.0, elsewhere=True)
    brought = heard(THERE, State.WAITING, created=4.0)
    heard(THERE, State.PLACED, created=5.0)
    assert [line.job for line in board.elsewhere(HERE, frozenset({brought.id}))] == [newer, older]
    # What is offered to the open file is not told twice.
    heard(LOST, State.WAITING, created=6.0)
    assert [line.job for line in board.elsewhere(HERE, frozenset({brought.id}))] == [newer, older]


def test_the_open_file_without_a_name_is_not_lost() -> None:
    job = heard(LOST, State.LANDED)
    assert listed(project=LOST) == [job]
    assert board.orphaned(LOST) == []


def test_what_is_known_already_is_no_news() -> None:
    job = replace(a_job(), state=State.WAITING)
    assert board.update(Event(job, "In progress", None))
    line = board.progress(job.id)
    assert not board.update(Event(replace(job), "In progress", None))
    # The very same one: whoever keeps what it looks like need not make it anew.
    assert board.progress(job.id) is line
    assert board.of_project(job.project) == [line]


@pytest.mark.parametrize("news", [{"words": "Position 2"}, {"fraction": 0.5}, {"state": State.DOWNLOADING}])
def test_anything_else_is_news(news: dict[str, object]) -> None:
    job = replace(a_job(), state=State.WAITING)
    board.update(Event(job, "In progress", 0.25))
    other = {"words": "In progress", "fraction": 0.25, **news}
    later = replace(job, state=other.pop("state", job.state))
    assert board.update(Event(later, **other))
    assert board.progress(job.id).job.state is later.state


def test_what_an_editor_thinks_of_a_job_changes_nothing_of_where_it_stands() -> None:
    job = replace(a_job(), state=State.WAITING)
    board.update(Event(job, "In progress", 0.25))
    picked = replace(job, rating=Rating.PICK)
    assert board.update(Event(picked, marked=True))
    assert board.progress(job.id) == JobProgress(picked, "In progress", 0.25)


@pytest.mark.parametrize("shot_id", ["0" * 32, ""])
def test_the_parts_of_a_take_are_told_in_their_order(shot_id: str) -> None:
    parts = [replace(job, created=1.0) for job in a_long_shots_jobs(id=shot_id)]
    other = replace(a_job(a_shot(id=shot_id)), created=0.0)
    assert len(parts) > 1 and board.parts_of(parts[0]) == [parts[0]], "it is not known"
    for job in (*reversed(parts), other):
        board.update(Event(job))
    assert board.parts_of(parts[0]) == board.parts_of(parts[-1]) == parts
    assert board.parts_of(other) == [other]


def test_the_jobs_of_a_shot_are_told_by_what_it_is_known_as() -> None:
    one, other, copied = ("0" * 32, "1" * 32, "2" * 32)
    jobs = [
        replace(a_job(a_shot(id=shot_id)), created=created)
        for shot_id, created in ((one, 3.0), (other, 2.0), (copied, 1.0), ("", 0.0))
    ]
    for job in jobs:
        board.update(Event(job))
    assert [line.job for line in board.of_shot((one, copied, one))] == [jobs[2], jobs[0]]
    board.update(Event(replace(jobs[0], state=State.EXPORTING)))
    assert [line.job.state for line in board.of_shot([one])] == [State.EXPORTING]
    gone = replace(jobs[0], dismissed=5.0)
    board.update(Event(gone, marked=True))
    assert [line.job for line in board.of_shot([one])] == [gone]
    assert board.of_shot([""]) == board.of_shot(()) == []


def dismissed(job: Job) -> Job:
    """The job, which the board has heard to be dismissed."""
    gone = replace(job, dismissed=9.0)
    assert board.update(Event(gone, marked=True)), "it is news"
    return gone


def test_a_dismissed_job_is_not_listed_unless_it_is_asked_for() -> None:
    job, other = heard(HERE, State.FAILED, created=2.0), heard(HERE, State.PLACED, created=1.0)
    assert listed() == [job, other]
    assert not board.has_dismissed(HERE)
    gone = dismissed(job)
    assert listed() == [other] and board.has_dismissed(HERE) and not board.has_dismissed(THERE)
    board.show_dismissed(True)
    assert board.shows_dismissed() and listed() == [gone, other]
    board.show_dismissed(False)
    assert listed() == [other]
    board.update(Event(job, marked=True))
    assert listed() == [job, other] and not board.has_dismissed(HERE), "it was brought back"
    board.update(Event(replace(gone, project=THERE)))
    assert board.has_dismissed(THERE) and not board.has_dismissed(HERE)


def test_a_dismissed_job_holds_nothing_open_and_is_nobodys() -> None:
    jobs = [heard(project, State.LANDED) for project in (HERE, LOST)]
    failed = heard(HERE, State.FAILED)
    assert board.is_open() and len(board.open_jobs()) == 3 and [line.job for line in board.orphaned(HERE)] == jobs[1:]
    for job in (*jobs, failed):
        dismissed(job)
    assert not board.is_open() and board.open_jobs() == board.orphaned(HERE) == []
    # An earlier Reshoot has left it so.
    dismissed(heard(HERE, State.WAITING))
    assert not board.is_moving() and not board.is_empty()


def test_the_prompt_of_a_dismissed_job_stays_among_those_used_before() -> None:
    job = replace(a_job(prompt="Rain at night"), project=HERE, state=State.CANCELLED, dismissed=3.0)
    board.update(Event(job))
    other = replace(a_job(prompt="Snow"), project=THERE, state=State.PLACED, created=9.0)
    board.update(Event(other))
    assert [line.job for line in board.recent_prompts(5, HERE, frozenset())] == [job, other]


def test_jobs_are_found_by_prompt_shot_and_note() -> None:
    rain = replace(a_job(a_shot(name="Forêt"), prompt="Rain at NIGHT"), project=HERE, created=2.0)
    snow = replace(a_job(prompt="snow\nall day"), project=HERE, note="too much Straße", created=1.0)
    for job in (rain, snow):
        board.update(Event(job))
    lines = board.of_project(HERE)
    for text, jobs in (
        ("", [rain, snow]),
        ("  ", [rain, snow]),
        ("night rain", [rain]),
        ("forÊT", [rain]),
        ("STRASSE", [snow]),
        ("day much", [snow]),
        ("rain snow", []),
        ("nightforêt", []),
    ):
        assert [line.job for line in board.found(lines, text)] == jobs, text
    board.look_for("SNOW")
    assert listed() == [snow] and board.found(lines) == lines[1:] and board.looked_for() == "SNOW"
    assert [line.job for line in board.recent_prompts(5, HERE, frozenset())] == [rain, snow], "it is the list's alone"
    board.look_for("")
    assert listed() == [rain, snow]


class Counted:
    """The lines of a board, counted as they are looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks = 0
        is_orphaned, created = board.is_orphaned, board._created
        monkeypatch.setattr(board, "is_orphaned", lambda *asked: self._look(is_orphaned(*asked)))
        monkeypatch.setattr(board, "_created", lambda line: self._look(created(line)))

    def _look(self, told: Any) -> Any:
        self.looks += 1
        return told


def test_a_redraw_looks_at_no_job_of_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        heard(f"/films/{number % 7}.blend", State.PLACED, created=float(number))
        heard(f"{LOST}{number % 7}", State.PLACED, created=float(number))
    own = [heard(HERE, State.WAITING, created=float(number)) for number in range(5)]
    left = heard(LOST, State.LANDED)
    counted = Counted(monkeypatch)
    assert listed() == [*reversed(own), left]
    assert 0 < counted.looks < 20
    counted.looks = 0
    assert listed() == [*reversed(own), left]
    assert board.is_moving() and len(board.open_jobs()) == len(own) + 1
    assert counted.looks == 0, "nothing has changed"
    board.update(Event(own[0], "Position 2"))
    assert listed() == [*reversed(own), left]
    assert 0 < counted.looks < 20


def test_the_list_follows_each_change() -> None:
    job, brought = heard(HERE, State.LANDED, created=1.0), heard(THERE, State.PLACED, created=2.0)
    assert listed() == [job]
    assert listed(brought.id) == [brought, job]
    board.set_words(job.id, "There is no room")
    assert [line.words for line in board.listed(HERE, frozenset({brought.id}))] == ["", "There is no room"]
    board.update(Event(replace(job, project=THERE)))
    assert listed(brought.id) == [brought] and len(board.of_project(THERE)) == 2
    board.update(Event(replace(job, project=LOST)))
    assert [each.id for each in listed(brought.id)] == [brought.id, job.id]
    board.update(Event(replace(job, project=LOST), elsewhere=True))
    assert listed(brought.id) == [brought]
    board.update(Event(replace(brought, dismissed=5.0), marked=True))
    assert listed(brought.id) == [] and len(board.of_project(THERE)) == 1
    assert board.is_open() and not board.is_moving() and not board.is_empty()
    board.update(Event(replace(job, dismissed=5.0), marked=True))
    assert not board.is_open()
