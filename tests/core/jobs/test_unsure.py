# SPDX-License-Identifier: GPL-3.0-or-later
"""A submission whose answer was lost: it is found where the service has it, and never sent again unasked."""

from __future__ import annotations

import threading
from pathlib import Path

import gate as gates
import pytest
from gate import HISTORY, RESULT, SUBMIT
from house import Desk, House, until
from patience import LONGEST
from reshoot.core.errors import NoAnswer, Paid, ServiceBusy, ServiceError
from reshoot.core.jobs import lost as lost_module
from reshoot.core.money.ledger import Outcome
from reshoot.core.service import fal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")


def lost(house: House, movie: Path, desk: Desk, how: object = gates.drops_the_answer) -> Job:
    """A job whose answer was lost on its way."""
    house.gate.at(SUBMIT, gates.once(how))
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    return desk.listen(lambda event: event.job.id == job.id and event.job.state is State.UNSURE).job


def finds_it(house: House, desk: Desk, job: Job) -> None:
    """A retry brings the take of what was lost, and the service takes nothing again."""
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.accepted() == 1


@pytest.fixture
def looks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_module, "SEARCH_TIMES", (0.2, 0.5, 1.0))


@pytest.fixture
def looks_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_module, "SEARCH_TIMES", (600.0,))


def test_it_is_found_by_itself(house: House, movie: Path, looks_soon: None) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    assert job.paid is Paid.UNKNOWN and "accepted" in job.error and "Dismiss" in job.remedy
    landed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id and landed.error == ""
    assert any("lost" in note for note in landed.notes)
    assert (house.gate.count(SUBMIT), house.accepted()) == (1, 1)
    assert [(e.outcome, e.request_id) for e in desk.journal.spent()] == [(Outcome.ACCEPTED, landed.request_id)]


def test_it_is_looked_for_again_where_it_is_listed_late(house: House, movie: Path, looks_soon: None) -> None:
    empty = gates.says(200, {"items": [], "next_cursor": None, "has_more": False})
    house.gate.at(HISTORY, gates.once(empty))
    desk = house.desk()
    job = lost(house, movie, desk)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.gate.count(HISTORY) >= 2 and house.gate.count(SUBMIT) == 1


def test_it_is_known_that_news_may_come(house: House, movie: Path, looks_soon: None) -> None:
    house.gate.at(HISTORY, gates.holds)
    desk = house.desk()
    job = lost(house, movie, desk)
    assert not desk.runner.is_at_rest, "it is looked for"
    until(lambda: house.gate.count(HISTORY))
    assert not desk.runner.is_at_rest, "the service is asked"
    house.gate.opened.set()
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    until(lambda: desk.runner.is_at_rest)


def test_a_retry_at_once_waits_for_what_is_still_on_its_way(
    house: House, movie: Path, looks_late: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fal, "SEND_TIMEOUT", 0.3)
    monkeypatch.setattr(lost_module, "ARRIVAL_SECONDS", 3.0)
    desk = house.desk()
    job = lost(house, movie, desk, gates.holds)
    slow = threading.Timer(0.7, house.gate.opened.set)
    slow.start()
    retry = desk.runner.retry(job.id)
    told = desk.listen(lambda event: event.job.id == job.id and bool(event.words))
    assert (told.job.state, told.words) == (State.UNSURE, "Looking for it at the service first")
    retry.result(LONGEST)
    slow.join()
    landed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id
    assert (house.gate.count(SUBMIT), house.accepted()) == (1, 1)


def test_blender_closes_without_waiting_for_what_is_on_its_way(
    house: House, movie: Path, looks_late: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_module, "ARRIVAL_SECONDS", 600.0)
    desk = house.desk()
    job = lost(house, movie, desk)
    retry = desk.runner.retry(job.id)
    # One that no thread has taken yet would be dropped, and wait for nothing.
    until(retry.running)
    assert desk.runner.close()
    retry.result(LONGEST)
    assert house.gate.count(SUBMIT) == 1


def test_what_the_service_never_got_stays_unsure_until_the_editor_sends_it_again(
    house: House, movie: Path, looks_late: None
) -> None:
    desk = house.desk()
    job = lost(house, movie, desk, gates.drops)
    assert (house.gate.count(SUBMIT), house.accepted()) == (1, 0)
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.gate.count(HISTORY) == 1, "it was looked for before it was sent"
    assert (house.gate.count(SUBMIT), house.accepted()) == (2, 1)
    assert [entry.outcome for entry in desk.journal.spent()] == [Outcome.SENT, Outcome.ACCEPTED]


def test_a_retry_finds_it_and_sends_nothing(house: House, movie: Path, looks_late: None) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    finds_it(house, desk, job)
    assert house.gate.count(SUBMIT) == 1


NOT_LISTED = gates.says(200, {"items": [], "next_cursor": None, "has_more": False})


@pytest.mark.parametrize("status", [401, 403, 422, 429])
def test_a_try_that_is_refused_does_not_make_the_one_before_forgotten(
    house: House, movie: Path, looks_late: None, status: int
) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    house.gate.at(HISTORY, NOT_LISTED)
    house.gate.at(SUBMIT, gates.once(gates.says(status, {"detail": "no"})))
    desk.runner.retry(job.id)
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert (failed.paid, failed.lost) == (Paid.UNKNOWN, True) and "may be charged" in failed.error
    house.gate.at(HISTORY, None)
    finds_it(house, desk, job)


def test_what_was_found_and_refused_is_not_found_again(house: House, movie: Path, looks_late: None) -> None:
    """Else it could never be sent anew."""
    desk = house.desk()
    job = lost(house, movie, desk)
    house.gate.at(RESULT, gates.says(422, {"detail": [{"type": "downstream_service_error", "msg": "no", "loc": []}]}))
    desk.runner.retry(job.id)
    refused = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert refused.request_id and not refused.lost and house.accepted() == 1
    house.gate.at(SUBMIT, gates.once(gates.says(429, {"detail": "no"})))
    desk.runner.retry(job.id)
    again = desk.listen(lambda event: event.job.state is State.FAILED and not event.job.request_id).job
    assert not again.lost
    house.gate.at(RESULT, None)
    desk.runner.retry(job.id)
    landed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id not in ("", refused.request_id) and house.accepted() == 2


def test_what_was_lost_before_a_refused_try_is_found_by_itself(house: House, movie: Path, looks_soon: None) -> None:
    house.gate.at(HISTORY, NOT_LISTED)
    desk = house.desk()
    job = lost(house, movie, desk)
    house.gate.at(SUBMIT, gates.once(gates.says(429, {"detail": "no"})))
    desk.runner.retry(job.id)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED)
    assert desk.journal.open_questions() == [job.id]
    house.gate.at(HISTORY, None)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.accepted() == 1


def test_what_was_lost_before_a_try_that_was_cancelled_is_found_by_a_retry(
    house: House, movie: Path, looks_late: None
) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)

    def not_listed(exchange: gates.Exchange) -> None:
        exchange.gate.refuse()
        NOT_LISTED(exchange)

    # Once: the time set for the next try may come after the cancelling, and is a look at the list then.
    house.gate.at(HISTORY, gates.once(not_listed, NOT_LISTED))
    desk.runner.retry(job.id)
    desk.listen(lambda event: event.job.id == job.id and "Trying again" in event.words)
    desk.runner.cancel(job.id).result(LONGEST)
    house.gate.come_up()
    cancelled = desk.row(job)
    assert (cancelled.state, cancelled.paid, cancelled.open_question) == (State.CANCELLED, Paid.UNKNOWN, True)
    house.gate.at(HISTORY, None)
    finds_it(house, desk, job)


def test_a_retry_sends_nothing_while_nobody_can_be_asked(house: House, movie: Path, looks_late: None) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    house.gate.at(HISTORY, gates.drops)
    with pytest.raises(NoAnswer):
        desk.runner.retry(job.id).result(LONGEST)
    assert desk.row(job).state is State.UNSURE and "Nothing was sent" in desk.row(job).error
    assert house.gate.count(SUBMIT) == 1
    house.gate.at(HISTORY, None)
    finds_it(house, desk, job)


UNREADABLE = (
    gates.says(404, {"detail": "Not Found"}),
    gates.says(200, "<html>"),
    gates.says(200, {"items": "none"}),
    gates.says(200, {"items": [{"request_id": "../x", "json_input": None}], "has_more": True}),
    gates.says(200, []),
    gates.says(401, {"detail": "no admin key"}),
)


@pytest.mark.parametrize("answer", UNREADABLE)
def test_a_list_that_cannot_be_read_does_not_say_that_it_is_not_there(
    answer: object, house: House, movie: Path, looks_late: None
) -> None:
    """The editor is told so, and may have it sent unseen all the same: a service may have no such list at all."""
    house.gate.at(HISTORY, answer)
    desk = house.desk()
    job = lost(house, movie, desk)
    with pytest.raises(ServiceError):
        desk.runner.retry(job.id).result(LONGEST)
    told = desk.row(job)
    assert told.state is State.UNSURE and told.paid is Paid.UNKNOWN
    assert "Nothing was sent" in told.error and "Retry once more" in told.remedy
    assert house.gate.count(SUBMIT) == 1
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.gate.count(SUBMIT) == 2


def test_a_retry_after_the_warning_looks_first(house: House, movie: Path, looks_late: None) -> None:
    house.gate.at(HISTORY, UNREADABLE[0])
    desk = house.desk()
    job = lost(house, movie, desk)
    with pytest.raises(ServiceError):
        desk.runner.retry(job.id).result(LONGEST)
    house.gate.at(HISTORY, None)
    finds_it(house, desk, job)
    assert house.gate.count(SUBMIT) == 1


def test_a_list_that_cannot_be_read_is_asked_for_again_by_itself_and_nothing_is_sent(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_module, "SEARCH_TIMES", (0.2,))
    monkeypatch.setattr(lost_module, "SEARCH_UNREAD", 0.2)
    house.gate.at(HISTORY, UNREADABLE[-1])
    desk = house.desk()
    job = lost(house, movie, desk)
    told = desk.listen(lambda event: event.job.id == job.id and "could not be read" in event.job.error).job
    assert told.state is State.UNSURE and "Dismiss" in told.remedy
    until(lambda: house.gate.count(HISTORY) > 2)
    assert house.gate.count(SUBMIT) == 1
    house.gate.at(HISTORY, None)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert house.accepted() == 1


def test_another_shots_request_is_not_taken_for_it(house: House, movie: Path, looks_late: None) -> None:
    desk = house.desk()
    other = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.hear(other, State.LANDED)
    job = lost(house, movie, desk, gates.drops)
    desk.runner.retry(job.id).result(LONGEST)
    landed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id != desk.row(other).request_id
    assert house.accepted() == 2


def test_the_next_blender_looks_for_it(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_module, "SEARCH_TIMES", (600.0,))
    first = house.desk("one")
    job = lost(house, movie, first)
    first.close()
    monkeypatch.setattr(lost_module, "SEARCH_TIMES", (0.1,))
    second = house.desk("two")
    assert second.journal.open_questions() == [job.id]
    second.runner.resume(job.id)
    second.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert (house.gate.count(SUBMIT), house.accepted()) == (1, 1)


def test_it_is_found_where_this_clock_is_hours_ahead(
    house: House, movie: Path, looks_late: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    real = fal.Connection.find
    monkeypatch.setattr(fal.Connection, "find", lambda self, at, url, since: real(self, at, url, since + 13 * 3600))
    finds_it(house, desk, job)


def test_a_list_that_is_too_long_keeps_it_unsure(house: House, movie: Path, looks_late: None) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    house.gate.at(HISTORY, gates.says(200, {"items": [], "next_cursor": "1", "has_more": True}))
    with pytest.raises(ServiceBusy, match="more requests"):
        desk.runner.retry(job.id).result(20)
    assert desk.row(job).state is State.UNSURE and "Nothing was sent" in desk.row(job).error
    assert house.gate.count(SUBMIT) == 1


def test_it_is_found_on_a_later_page(
    house: House, movie: Path, looks_late: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house.desk()
    job = lost(house, movie, desk)
    later = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.hear(later, State.LANDED)
    monkeypatch.setattr(fal, "_PAGE", 1)
    desk.runner.retry(job.id).result(20)
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED)
    assert (house.gate.count(HISTORY), house.accepted()) == (2, 2)
