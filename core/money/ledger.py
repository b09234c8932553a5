# SPDX-License-Identifier: GPL-3.0-or-later
"""What was spent, as far as this computer can know: a row for each submission to a service that costs money.

The rows lie beside the jobs in the journal's file and are written in the very transaction that moves a job, so that no
request leaves without its row. They stay when a job is dismissed. Amounts are the table's estimates: the service tells
none.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from ..errors import Paid
from ..names import REHEARSAL
from ..values.job import Job
from ..values.state import State

SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    number INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    at REAL NOT NULL,
    project TEXT NOT NULL,
    shot TEXT NOT NULL,
    service TEXT NOT NULL,
    model TEXT NOT NULL,
    seconds REAL NOT NULL,
    cents INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS submissions_by_job ON submissions (job);
"""

_COLUMNS = ("job", "at", "project", "shot", "service", "model", "seconds", "cents", "request_id", "outcome")


class Outcome(str, Enum):
    """What became of a submission. The value is what the file holds."""

    SENT = "SENT"
    """It left, and no answer came yet, or ever: it may be charged."""
    ACCEPTED = "ACCEPTED"
    """The service took it: it is charged, unless it fails there."""
    NOT_CHARGED = "NOT_CHARGED"
    """It never arrived, or was refused or failed in a way that is not billed."""


@dataclass(frozen=True)
class Entry:
    """One submission. at: seconds since the epoch. seconds: of the clip. price: US dollars, estimated."""

    job: str
    at: float
    project: str
    shot: str
    service: str
    model: str
    seconds: float
    price: Decimal
    request_id: str
    outcome: Outcome

    @property
    def amount(self) -> Decimal:
        """What it counts for, US dollars."""
        return Decimal(0) if self.outcome is Outcome.NOT_CHARGED else self.price


def count(connection: sqlite3.Connection) -> int:
    """How many submissions were ever entered: none is taken out again."""
    (last,) = connection.execute("SELECT max(number) FROM submissions").fetchone()
    return last or 0


def enters(before: Job, after: Job) -> bool:
    """Whether the step from `before` to `after` is a submission to a service that costs money."""
    submits = after.state is State.SUBMITTING and before.state is not State.SUBMITTING
    return submits and after.service != REHEARSAL


def move(connection: sqlite3.Connection, before: str, after: str) -> None:
    """What was spent in one project counts for another from now on. Called inside a transaction."""
    connection.execute("UPDATE submissions SET project = ? WHERE project = ?", (after, before))


def note(connection: sqlite3.Connection, before: Job, after: Job) -> None:
    """Write down what the step from `before` to `after` means for money. Called inside the step's transaction."""
    if after.service == REHEARSAL:
        return
    if enters(before, after):
        _enter(connection, after, time.time(), Outcome.SENT)
        return
    outcome = _outcome(before, after)
    if outcome is not None:
        connection.execute(
            "UPDATE submissions SET outcome = ?, request_id = ? WHERE number ="
            " (SELECT max(number) FROM submissions WHERE job = ?)",
            (outcome.value, after.request_id, after.id),
        )


def restore(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]], jobs: Iterable[Job]) -> None:
    """Make the ledger again. rows: what could be read of an earlier one. jobs: what was submitted of them and is in
    none of those counts as charged where the service took it. Called inside a transaction.
    """
    known = set()
    for row in rows:
        with contextlib.suppress(KeyError, ValueError, sqlite3.Error):
            Outcome(row["outcome"])
            connection.execute(f"INSERT INTO submissions VALUES (NULL, {', '.join('?' * len(_COLUMNS))})", _of(row))
            known.add(row["job"])
    for job in jobs:
        left = [stage.at for stage in job.stages if stage.state is State.SUBMITTING]
        refused = job.state is State.FAILED and job.paid is Paid.NO
        if left and not refused and job.service != REHEARSAL and job.id not in known:
            _enter(connection, job, left[-1], Outcome.ACCEPTED if job.ticket else Outcome.SENT)


def catch_up(connection: sqlite3.Connection, before: Job, after: Job) -> None:
    """Write down what was spent on a job from one row of it to a much later one. Called inside a transaction."""
    (entered,) = connection.execute("SELECT count(*) FROM submissions WHERE job = ?", (after.id,)).fetchone()
    if entered < len([stage for stage in after.stages if stage.state is State.SUBMITTING]):
        restore(connection, (), [after])
    else:
        note(connection, before, after)


def _of(row: Mapping[str, Any]) -> list[Any]:
    return [row[column] for column in _COLUMNS]


def _enter(connection: sqlite3.Connection, job: Job, at: float, outcome: Outcome) -> None:
    part = job.sent
    values = {
        "job": job.id,
        "at": at,
        "project": job.project.encode("utf-8", "replace").decode("utf-8"),
        "shot": job.label.encode("utf-8", "replace").decode("utf-8"),
        "service": job.service,
        "model": job.order.model,
        "seconds": float(part.frames / job.plan.fps),
        "cents": int(part.price * 100),
        "request_id": job.request_id,
        "outcome": outcome.value,
    }
    connection.execute(f"INSERT INTO submissions VALUES (NULL, {', '.join('?' * len(_COLUMNS))})", _of(values))


def _outcome(before: Job, after: Job) -> Outcome | None:
    """What is known of the last submission after this step that was not known before it."""
    if after.ticket is not None and after.state is State.WAITING is not before.state:
        return Outcome.ACCEPTED
    if before.state is State.SUBMITTING:
        # That an earlier one was lost is not undone by a refusal, nor the other way round.
        refused = after.state is State.FAILED and (after.paid is Paid.NO or after.lost)
        return Outcome.NOT_CHARGED if refused or after.state is State.UPLOADING else None
    if before.state in (State.WAITING, State.DOWNLOADING) and after.state is State.FAILED and after.paid is Paid.NO:
        return Outcome.NOT_CHARGED
    return None


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """Every submission, oldest first."""
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM submissions ORDER BY number").fetchall()
    return [
        Entry(job, at, project, shot, service, model, seconds, _dollars(cents), request_id, Outcome(outcome))
        for job, at, project, shot, service, model, seconds, cents, request_id, outcome in rows
    ]


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@dataclass(frozen=True)
class Sum:
    """What was spent in one project. day: of it today. Both US dollars, estimated."""

    project: str
    day: Decimal
    all: Decimal


def sums(connection: sqlite3.Connection) -> tuple[Sum, ...]:
    """What was spent in each project, the one that was sent from last first."""
    now = time.localtime()
    midnight = time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0, 0, 0, -1))
    rows = connection.execute(
        "SELECT project, sum(cents * (at >= ?)), sum(cents) FROM submissions WHERE outcome != ?"
        " GROUP BY project ORDER BY max(number) DESC",
        (midnight, Outcome.NOT_CHARGED.value),
    ).fetchall()
    return tuple(Sum(project, _dollars(day), _dollars(ever)) for project, day, ever in rows)
