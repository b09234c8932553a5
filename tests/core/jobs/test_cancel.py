# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancelling at every state: before the submission nothing is paid; after it the service is asked, what it says is
told, and a result that comes anyway is kept.
"""

from __future__ import annotations

from pathlib import Path

import gate as gates
import pytest
from gate import CANCEL, DOWNLOAD, RESULT, STATUS, SUBMIT, UPLOAD, Kind
from house import House, until
from patience import LONGEST
from reshoot.core.errors import Paid
from reshoot.core.jobs import lost
from reshoot.core.service import streams
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")

RUNNING = gates.says(202, {"status": "IN_PROGRESS", "logs": []})


def cancelled_at(house: House, movie: Path, kind: Kind) -> Job:
    """The job once it has come to rest, cancelled while a request of `kind` was under way."""
    house.gate.at(kind, gates.holds)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    until(lambda: house.gate.count(kind))
    desk.runner.cancel(job.id)
    house.gate.opened.set()
    return desk.listen(
        lambda event: event.job.id == job.id and (event.job.state.ended or event.job.state is State.LANDED)
    ).job


def test_while_it_uploads_nothing_is_paid(house: House, movie: Path) -> None:
    job = cancelled_at(house, movie, UPLOAD)
    assert (job.state, job.paid) == (State.CANCELLED, Paid.NO)
    assert "nothing was paid" in job.error
    assert (house.gate.count(SUBMIT), house.gate.count(CANCEL)) == (0, 0)


def test_while_it_submits_the_service_is_asked(house: House, movie: Path) -> None:
    house.stage.open.clear()
    job = cancelled_at(house, movie, SUBMIT)
    assert (job.state, job.paid) == (State.CANCELLED, Paid.UNKNOWN)
    assert "may still be charged" in job.error and job.request_id
    assert (house.gate.count(SUBMIT), house.gate.count(CANCEL)) == (1, 1)


def test_while_it_waits_the_service_is_asked(house: House, movie: Path) -> None:
    house.stage.open.clear()
    job = cancelled_at(house, movie, STATUS)
    assert (job.state, job.paid) == (State.CANCELLED, Paid.UNKNOWN)
    assert "may still be charged" in job.error
    assert house.gate.count(CANCEL) == 1


@pytest.mark.parametrize("kind", [RESULT, DOWNLOAD])
def test_what_is_finished_comes_in(house: House, movie: Path, kind: Kind) -> None:
    job = cancelled_at(house, movie, kind)
    assert job.state is State.LANDED and job.take and Path(job.take.path).is_file()
    assert house.gate.count(SUBMIT) == 1


def test_a_result_that_comes_anyway_is_kept(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service says that it was asked to stop, and goes on."""
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.1, 0.3, 0.6, 1.0, 2.0, 4.0))
    house.stage.open.clear()
    house.gate.at(CANCEL, gates.says(202, {"status": "CANCELLATION_REQUESTED"}))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.hear(job, State.WAITING)
    desk.runner.cancel(job.id)
    desk.hear(job, State.CANCELLED)
    asked = house.gate.count(STATUS)
    until(lambda: house.gate.count(STATUS) > asked)
    assert desk.row(job).state is State.CANCELLED, "it is not followed while it is not finished"
    house.stage.open.set()
    landed = desk.hear(job, State.LANDED)
    assert any("although it was cancelled" in note for note in landed.notes)
    assert (house.gate.count(SUBMIT), house.gate.count(CANCEL)) == (1, 1)


def test_the_next_blender_looks_for_it_too(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.stage.open.clear()
    house.gate.at(CANCEL, gates.says(202, {"status": "CANCELLATION_REQUESTED"}))
    first = house.desk("one")
    job = first.shoot(a_job(file=movie, service=house.gate.base))
    first.hear(job, State.WAITING)
    first.runner.cancel(job.id).result(LONGEST)
    first.close()
    house.stage.open.set()
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.1, 0.5))
    second = house.desk("two")
    assert second.journal.open_questions() == [job.id]
    second.runner.resume(job.id)
    second.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_a_dismissed_job_is_not_looked_for(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.2,))
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.hear(job, State.WAITING)
    desk.runner.cancel(job.id).result(LONGEST)
    request = desk.row(job).request_id
    desk.runner.dismiss(job.id).result(LONGEST)
    asked = house.gate.count(STATUS)
    about_it = sum(request in each.path for each in house.gate.seen)
    other = desk.shoot(a_job(file=movie, service=house.gate.base))
    house.stage.open.set()
    desk.hear(other, State.LANDED)
    row = desk.row(job)
    assert row.dismissed and row.state is State.CANCELLED
    assert house.gate.count(STATUS) > asked
    assert sum(request in each.path for each in house.gate.seen) == about_it


@pytest.mark.parametrize(
    "answer",
    [
        gates.drops,
        gates.says(500, {"detail": "Internal error"}),
        gates.says(404, {"status": "NOT_FOUND"}),
        gates.says(200, "<html>"),
    ],
)
def test_a_service_that_cannot_be_asked_to_stop_is_told(house: House, movie: Path, answer: object) -> None:
    house.stage.open.clear()
    house.gate.at(CANCEL, answer)
    job = cancelled_at(house, movie, STATUS)
    assert (job.state, job.paid) == (State.CANCELLED, Paid.UNKNOWN)
    assert "may still be charged" in job.error and job.remedy


def test_a_status_that_never_comes_does_not_hold_up_the_wish(house: House, movie: Path) -> None:
    house.stage.open.clear()
    house.gate.at(STATUS, RUNNING)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.hear(job, State.WAITING)
    desk.runner.cancel(job.id).result(LONGEST)
    assert desk.row(job).state is State.CANCELLED


def test_answers_that_drip_hold_nobody_up(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are threads to ask: each ends, and what the editor cancelled meanwhile is cancelled."""
    monkeypatch.setattr(streams, "ASK_SECONDS", 1.0)
    house.stage.open.clear()
    house.gate.at(STATUS, gates.drips)
    desk = house.desk()
    jobs = [desk.shoot(a_job(file=movie, service=house.gate.base)) for _ in range(2)]
    until(lambda: house.gate.count(STATUS) >= len(jobs))
    for job in jobs:
        desk.runner.cancel(job.id)
    until(lambda: all(desk.row(job).state is State.CANCELLED for job in jobs))
    assert house.gate.count(CANCEL) == len(jobs)
