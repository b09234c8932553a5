# SPDX-License-Identifier: GPL-3.0-or-later
"""core/ledger: a row for each submission, with the step that sends it; sums, limits, and a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from reshoot.core.errors import MoneyError, Paid
from reshoot.core.jobs import journal
from reshoot.core.jobs.journal import Journal
from reshoot.core.money.budget import Budget, check, under_way
from reshoot.core.money.ledger import Outcome
from reshoot.core.money.sheet import as_csv
from reshoot.core.values.job import Job
from reshoot.core.values.request import Ticket
from reshoot.core.values.state import State
from sample_jobs import PROJECT, a_job

NO_LIMITS = Budget(None, None)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite3", "us")
    yield opened
    opened.close()


def go(book: Journal, job: Job, *states: State, **changes: object) -> Job:
    """Through `states`; the changes come with the last one."""
    for number, state in enumerate(states):
        last = number == len(states) - 1
        job = book.advance(job, replace(job, state=state, **(changes if last else {})))
    return job


def sent(book: Journal, **changes: object) -> Job:
    """A job of the real service that is being submitted."""
    job = replace(a_job(service="fal"), **changes)
    book.add([job])
    return go(book, job, State.EXPORTING, State.UPLOADING, State.SUBMITTING)


def outcomes(book: Journal) -> list[Outcome]:
    return [entry.outcome for entry in book.spent()]


def test_what_is_accepted_is_spent_with_its_request(book: Journal) -> None:
    job = sent(book)
    (entry,) = book.spent()
    assert (entry.outcome, entry.amount) == (Outcome.SENT, job.sent.price)
    go(book, job, State.WAITING, ticket=Ticket("r-1", "s", "r", "c"))
    (entry,) = book.spent()
    assert (entry.outcome, entry.request_id, entry.amount) == (Outcome.ACCEPTED, "r-1", job.sent.price)
    assert (entry.project, entry.shot, entry.seconds) == (PROJECT, "Forest", 3.0)
    assert abs(entry.at - time.time()) < 60


def test_a_lost_answer_counts_as_spent(book: Journal) -> None:
    go(book, sent(book), State.UNSURE, paid=Paid.UNKNOWN)
    assert outcomes(book) == [Outcome.SENT]


def test_what_never_left_or_was_refused_costs_nothing(book: Journal) -> None:
    go(book, sent(book), State.UPLOADING)
    go(book, sent(book), State.FAILED, paid=Paid.NO)
    go(book, sent(book), State.WAITING, State.FAILED, paid=Paid.NO)
    assert outcomes(book) == [Outcome.NOT_CHARGED] * 3
    assert sum(entry.amount for entry in book.spent()) == 0


def test_each_submission_of_a_job_is_a_row_of_its_own(book: Journal) -> None:
    job = go(book, sent(book), State.UNSURE, paid=Paid.UNKNOWN)
    job = go(book, job, State.UPLOADING, State.SUBMITTING)
    go(book, job, State.WAITING, ticket=Ticket("r-2", "s", "r", "c"))
    assert [(entry.outcome, entry.request_id) for entry in book.spent()] == [
        (Outcome.SENT, ""),
        (Outcome.ACCEPTED, "r-2"),
    ]


def test_a_dismissed_job_stays_in_the_ledger_and_a_rehearsal_never_comes_in(book: Journal) -> None:
    job = go(book, sent(book), State.WAITING, State.DOWNLOADING, State.LANDED, State.PLACED)
    book.mark(job.id, lambda row: replace(row, dismissed=7.0))
    rehearsed = a_job()
    book.add([rehearsed])
    go(book, rehearsed, State.EXPORTING, State.UPLOADING, State.SUBMITTING, State.WAITING)
    assert [entry.job for entry in book.spent()] == [job.id]


def test_the_row_comes_with_the_step_or_not_at_all(tmp_path: Path, book: Journal) -> None:
    """A step that is refused, because another Blender holds the job, notes nothing."""
    job = replace(a_job(service="fal"), state=State.UPLOADING)
    book.add([job])
    other = Journal(book.path, "them")
    with pytest.raises(journal.LeaseLost):
        other.advance(job, replace(job, state=State.SUBMITTING))
    other.close()
    assert book.spent() == []


def test_a_journal_from_before_the_ledger_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    old = Journal(path, "us")
    job = a_job(service="fal")
    old.add([job])
    old.close()
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE submissions; PRAGMA user_version = 1;")
    connection.close()
    new = Journal(path, "us")
    go(new, job, State.EXPORTING, State.UPLOADING, State.SUBMITTING)
    assert outcomes(new) == [Outcome.SENT]
    new.close()


def test_limits_refuse_with_the_figures(book: Journal) -> None:
    go(book, sent(book), State.WAITING)
    price = a_job(service="fal").sent.price
    coming = [a_job(service="fal")]
    check(price, PROJECT, book.sums(), coming, NO_LIMITS)
    check(price, PROJECT, book.sums(), coming, Budget(3 * price, 3 * price))
    with pytest.raises(MoneyError) as refused:
        check(price, PROJECT, book.sums(), coming, Budget(3 * price - Decimal("0.01"), None))
    assert f"${price}" in refused.value.message and f"${2 * price}" in refused.value.message
    assert f"${3 * price - Decimal('0.01')}" in refused.value.message and refused.value.paid is Paid.NO
    with pytest.raises(MoneyError, match="project"):
        check(price, PROJECT, book.sums(), coming, Budget(None, 2 * price))
    check(price, "/films/another.blend", book.sums(), coming, Budget(None, 2 * price))


@pytest.mark.parametrize("limit", [Budget(Decimal("0.75"), None), Budget(None, Decimal("0.75"))])
def test_of_two_blenders_that_submit_at_one_time_the_second_is_refused(book: Journal, limit: Budget) -> None:
    other = Journal(book.path, "them")
    both = []
    for each in (book, other):
        each.allowed = limit
        job = replace(a_job(service="fal"), state=State.UPLOADING)
        each.add([job])
        both.append(job)
    sent_first = go(book, both[0], State.SUBMITTING)
    with pytest.raises(MoneyError, match="are spent"):
        go(other, both[1], State.SUBMITTING)
    assert other.get(both[1].id) == both[1], "the row is as it was, and may be tried again"
    assert [entry.job for entry in book.spent()] == [sent_first.id]
    other.allowed = NO_LIMITS
    go(other, both[1], State.SUBMITTING)
    other.close()
    assert len(book.spent()) == 2


def test_a_rehearsal_is_not_held_against_the_limits(book: Journal) -> None:
    book.allowed = Budget(Decimal("0.01"), Decimal("0.01"))
    rehearsed = a_job()
    book.add([rehearsed])
    assert go(book, rehearsed, State.UPLOADING, State.SUBMITTING).state is State.SUBMITTING


def test_what_was_spent_goes_with_the_file_to_its_other_name(book: Journal) -> None:
    price = sent(book).sent.price
    assert [(each.project, each.all) for each in book.sums()] == [(PROJECT, price)]
    book.move(PROJECT, "/films/forest2.blend", placed=False)
    assert [(each.project, each.all) for each in book.sums()] == [("/films/forest2.blend", price)]
    book.allowed = Budget(None, price)
    with pytest.raises(MoneyError, match="project"):
        sent(book, project="/films/forest2.blend")


def test_what_was_spent_yesterday_is_not_todays(book: Journal) -> None:
    sent(book)
    (entry,) = book.spent()
    connection = sqlite3.connect(book.path)
    connection.execute("UPDATE submissions SET at = at - 26 * 3600")
    connection.commit()
    connection.close()
    check(entry.price, PROJECT, book.sums(), [], Budget(entry.price, None))
    sent(book)
    (total,) = book.sums()
    assert (total.day, total.all) == (entry.price, 2 * entry.price)


def test_only_what_is_to_be_submitted_and_costs_is_under_way() -> None:
    jobs = [replace(a_job(service="fal"), state=state) for state in State]
    assert {job.state for job in under_way([*jobs, a_job()])} == {
        State.PREPARED,
        State.EXPORTING,
        State.UPLOADING,
    }
    assert len(under_way([a_job()])) == 0


def test_the_table_is_read_back_and_holds_no_formula(book: Journal) -> None:
    sent(book, project='=cmd|"/c calc"!A1')
    rows = list(csv.DictReader(io.StringIO(as_csv(book.spent()))))
    assert len(rows) == 1
    assert rows[0]["project"].startswith("'=") and Decimal(rows[0]["estimated_usd"]) == a_job().sent.price
