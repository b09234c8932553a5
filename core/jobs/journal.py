# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs on disk: one SQLite table, committed with full sync before anything irreversible happens.

It knows nothing of what the states mean; `runner` does. Several Blenders may use one journal: a row is changed only by
the one that holds its lease.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import JournalDamaged, StorageError
from ..money import budget, ledger
from ..names import UNTITLED
from ..planning.job_model import with_model
from ..values.job import Job
from ..values.serialization import from_json, to_json
from ..values.state import State
from ..words import say
from . import identity

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
"""A holder that has not renewed its lease for so long is taken for dead."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_AHEAD_SECONDS = 2 * LEASE_SECONDS
"""A lease that ends later than so from now was written under a clock that has been set back since: it is none."""

_LEASE_LEFT = LEASE_SECONDS / 3
"""A lease that lasts at least so long is not written again when its row is claimed: every write waits for the disk, and
a hundred waiting jobs are claimed many times a second. `Journal.renew` sees to it that leases last.
"""

_SHOWN = 500
"""Rows of a kind that `Journal.shown` reads at most."""

_SHOWN_OF_ALL = 100
"""The same of all projects together: the prompts of the newest are offered again."""

_ASKED_AT_ONCE = 500
"""Ids in one question: SQLite takes 999 variables at least."""

_CLOSE_SECONDS = 0.5

SCHEMA_VERSION = 3
"""1: no ledger. 2: the shot, and whether a job is dismissed, in the record alone."""

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    project TEXT NOT NULL,
    scene TEXT NOT NULL,
    service TEXT NOT NULL,
    request_id TEXT NOT NULL,
    error TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    holder TEXT NOT NULL,
    held_until REAL NOT NULL,
    record TEXT NOT NULL,
    shot TEXT NOT NULL DEFAULT '',
    dismissed REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS files (project TEXT PRIMARY KEY, file TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS identity (number INTEGER PRIMARY KEY CHECK (number = 1), here TEXT NOT NULL);
"""

_INDEXES = """
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_project ON jobs (project);
DROP INDEX IF EXISTS jobs_by_project_and_age;
CREATE INDEX IF NOT EXISTS jobs_by_project_and_dismissal ON jobs (project, dismissed, created);
CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created);
CREATE INDEX IF NOT EXISTS jobs_by_shot ON jobs (shot);
"""

_ADD = """
INSERT INTO jobs (id, state, project, scene, service, request_id, error, created, updated, shot, dismissed,
    holder, held_until, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_FREE = "(holder = ? OR held_until < ? OR held_until > ?)"
"""Nobody else holds the row. With `Journal._free`."""

_UNSENT = tuple(state.value for state in State if state.unsubmitted)
_UNFINISHED = tuple(state.value for state in State if not state.ended)
_OPEN = (*_UNFINISHED, State.UNSURE.value)

_SHOWN_QUERY = f"""
SELECT id, record FROM jobs WHERE id IN (
    SELECT id FROM jobs WHERE state IN ({", ".join("?" * len(_OPEN))}) AND dismissed = 0
    UNION
    SELECT * FROM (
        SELECT id FROM jobs WHERE project = ? AND dismissed = 0 ORDER BY created DESC LIMIT {_SHOWN}
    )
    UNION
    SELECT * FROM (
        SELECT id FROM jobs WHERE project = ? AND dismissed > 0 ORDER BY dismissed DESC LIMIT {_SHOWN}
    )
    UNION
    SELECT * FROM (
        SELECT id FROM jobs WHERE state = ? AND project GLOB ? AND dismissed = 0 ORDER BY created DESC LIMIT {_SHOWN}
    )
    UNION
    SELECT * FROM (SELECT id FROM jobs ORDER BY created DESC LIMIT {_SHOWN_OF_ALL})
) ORDER BY created, id
"""


class LeaseLost(Exception):
    """The row is held by another Blender, or is no longer in the state that was expected."""


class Journal:
    """The table of jobs in `path`. Safe to use from several threads. Raises StorageError where the disk fails, and
    JournalDamaged where the file is not whole when it is opened.

    allowed: the editor's limits, which every submission is held against. Set from any thread. is_copy: it was copied to
    where it is since it was open last, or rolled back, so that what was not sent yet waits for the editor: see
    `identity.held`.
    """

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        self.allowed = budget.Budget(None, None)
        self._lock = threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=30.0, check_same_thread=False, isolation_level=None)
            try:
                self._set_up()
            except BaseException:
                self._connection.close()
                raise

    def _set_up(self) -> None:
        try:
            self._connection.execute("PRAGMA synchronous = FULL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            (health,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) not in _DAMAGED:
                raise
            raise self._damaged(error) from error
        if health != "ok":
            raise self._damaged(health)
        if version > SCHEMA_VERSION:
            raise StorageError(
                say("The journal {path} was written by a newer Reshoot.", path=self.path),
                say("Update Reshoot to open it; nothing is lost."),
            )
        self._connection.executescript(_TABLES + ledger.SCHEMA)
        self._migrate()
        self._connection.executescript(_INDEXES)
        self.is_copy = self._settle_in()
        self._number = os.stat(self.path).st_ino

    def _migrate(self) -> None:
        """Make the table what it is in this version, all or nothing. One that is so already stays untouched."""
        with self._connection:
            # Another Blender may be at it.
            self._connection.execute("BEGIN IMMEDIATE")
            columns = {name for _number, name, *_rest in self._connection.execute("PRAGMA table_info(jobs)")}
            if "shot" not in columns:
                self._connection.execute("ALTER TABLE jobs ADD COLUMN shot TEXT NOT NULL DEFAULT ''")
                self._connection.execute("ALTER TABLE jobs ADD COLUMN dismissed REAL NOT NULL DEFAULT 0")
                rows = self._connection.execute("SELECT id, record FROM jobs")
                told = [(*_told(record), job_id) for job_id, record in rows]
                self._connection.executemany(
                    "UPDATE jobs SET shot = ?, dismissed = ? WHERE id = ?", (each for each in told if any(each[:2]))
                )
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _settle_in(self) -> bool:
        """Note where the journal is, and hold its jobs where it was copied there, or rolled back. Whether it was.

        One that an earlier Reshoot has written does not say where it was: it is taken for the original.
        """
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute("SELECT here FROM identity").fetchone()
            known, now = identity.read(row[0]) if row else None, identity.here(self.path)
            sent, noted = ledger.count(self._connection), identity.noted_sent(self.path)
            is_copy = sent < noted or (known is not None and not identity.is_same(known, now))
            if is_copy:
                log.warning("the journal %s is a copy, or from before: what was not sent yet is held", self.path)
                for job in self._unsent():
                    self._write(identity.held(job))
            if known != now:
                self._connection.execute("INSERT OR REPLACE INTO identity VALUES (1, ?)", (identity.written(now),))
        if sent != noted:
            identity.note_sent(self.path, sent)
        return is_copy

    def _damaged(self, why: object) -> JournalDamaged:
        return JournalDamaged(
            say("The journal {path} is damaged: {error}.", path=self.path, error=why),
            say("Start Blender again: what can be read of it is taken over into a new one."),
        )

    def close(self) -> None:
        """Give the leases back and close the file, at once: leases that cannot be given back end by themselves."""
        if not self._lock.acquire(timeout=_CLOSE_SECONDS):
            log.warning("the journal %s is busy and stays open", self.path)
            return
        try:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute(f"PRAGMA busy_timeout = {int(_CLOSE_SECONDS * 1000)}")
                self._connection.execute("UPDATE jobs SET held_until = 0 WHERE holder = ?", (self.holder,))
            self._connection.close()
        finally:
            self._lock.release()

    def add(self, jobs: Sequence[Job]) -> None:
        """Write new rows, all or none, held by this journal's holder."""
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                _ADD,
                [(job.id, *_columns(job), self.holder, time.time() + LEASE_SECONDS, _record(job)) for job in jobs],
            )

    def restore(self, jobs: Sequence[Job], submissions: Sequence[Mapping[str, Any]]) -> None:
        """Fill an empty journal with rows that nobody holds, and its ledger with what could be read of an earlier one.

        submissions: see `ledger.restore`. All or none.
        """
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                _ADD,
                [(job.id, *_columns(job), "", 0.0, _record(job)) for job in jobs],
            )
            ledger.restore(self._connection, submissions, jobs)

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that have no row."""
        with self._lock, self._errors():
            row_of = "SELECT 1 FROM jobs WHERE id = ?"
            return [job_id for job_id in ids if self._connection.execute(row_of, (job_id,)).fetchone() is None]

    def unplaced(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that have a row whose take is not in the timeline."""
        with self._lock, self._errors():
            row_of = "SELECT 1 FROM jobs WHERE id = ? AND state != ?"
            placed = State.PLACED.value
            return [each for each in ids if self._connection.execute(row_of, (each, placed)).fetchone() is not None]

    def catch_up(self, told: Job, later: Callable[[Job, Job], Job | None]) -> bool:
        """Write what is known of a job from elsewhere over its row, and what was spent on it, if no other Blender holds
        the row and `later` of the row and `told` gives what it has to become. Whether it was written.
        """
        with self._lock, self._errors(), self._connection:
            # Whoever holds the row writes it before anything else of the job.
            self._connection.execute("BEGIN IMMEDIATE")
            rows = self._connection.execute(
                f"SELECT id, record FROM jobs WHERE id = ? AND {_FREE}", (told.id, *self._free())
            ).fetchall()
            for before in _readable(rows):
                after = later(before, told)
                if after is not None:
                    self._write(after)
                    ledger.catch_up(self._connection, before, after)
                    return True
        return False

    def adopt(self, job: Job) -> None:
        """Write a row that is known from elsewhere, held by nobody, if there is none; and what was spent on it."""
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            values = (job.id, *_columns(job), "", 0.0, _record(job))
            added = self._connection.execute(_ADD.replace("INSERT", "INSERT OR IGNORE"), values)
            spent = self._connection.execute("SELECT 1 FROM submissions WHERE job = ?", (job.id,)).fetchone()
            if added.rowcount and spent is None:
                ledger.restore(self._connection, (), [job])

    def advance(self, before: Job, after: Job) -> Job:
        """Write `after` over `before`, if this holder still has the row and it still is in the state of `before`.

        On disk when this returns. What was written: what `move` and `mark` may have changed meanwhile stays the row's
        own. Raises LeaseLost where the row is not so any more, and MoneyError where a submission would go
        over a limit: it is held against the ledger in the transaction that enters it there, so that of two Blenders
        that submit at one time the second one knows what the first one spends.
        """
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute(
                "SELECT id, record FROM jobs WHERE id = ? AND state = ? AND holder = ?",
                (before.id, before.state.value, self.holder),
            ).fetchone()
            if row is None:
                raise LeaseLost(f"job {before.id} is no longer held in state {before.state.value}")
            submits = ledger.enters(before, after)
            if submits and not self._is_in_place():
                raise LeaseLost("another Blender has made the journal anew")
            now = _job(*row)
            if now.dismissed and after.state.moving and not before.state.moving:
                # It would go on where nobody sees it.
                raise LeaseLost(f"job {before.id} was dismissed")
            after = _with_own(after, now)
            if self.allowed.is_set and submits:
                sums = ledger.sums(self._connection)
                budget.check(after.sent.price, _text(after.project), sums, (), self.allowed)
            self._write(after)
            ledger.note(self._connection, before, after)
            self._connection.execute(
                "UPDATE jobs SET held_until = ? WHERE id = ?", (time.time() + LEASE_SECONDS, before.id)
            )
            sent = ledger.count(self._connection) if submits else 0
        if submits:
            identity.note_sent(self.path, sent)
        return after

    def _is_in_place(self) -> bool:
        """Whether this is the file that others open: one that is damaged is replaced by another Blender's new one."""
        try:
            return os.stat(self.path).st_ino == self._number
        except OSError:
            return False

    def answered(self, job: Job) -> Job:
        """Write down the ticket of a submission whose row was taken for lost meanwhile, by whomever: it is not lost.

        What was written: the row with the ticket, held from now on. Raises LeaseLost where the row is not unsure.
        """
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute(
                "SELECT id, record FROM jobs WHERE id = ? AND state IN (?, ?)",
                (job.id, State.UNSURE.value, State.SUBMITTING.value),
            ).fetchone()
            if row is None:
                raise LeaseLost(f"job {job.id} is not unsure any more")
            before = _job(*row)
            # What comes of it is paid for: the editor has to see it.
            after = replace(_with_own(job, before), dismissed=0.0)
            self._write(after)
            ledger.note(self._connection, before, after)
            self._connection.execute(
                "UPDATE jobs SET holder = ?, held_until = ? WHERE id = ?",
                (self.holder, time.time() + LEASE_SECONDS, job.id),
            )
        return after

    def mark(self, job_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Change what the editor thinks of a job, whoever holds its row. What it is now, None where there is no row.

        change: of `rating`, `note` and `dismissed` alone; whoever steps the job leaves those as they are.
        """
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute("SELECT id, record FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                return None
            before = _job(*row)
            after = _with_own(before, change(before))
            # Not its age: a job that was cancelled is looked for a day long after that.
            self._connection.execute(
                "UPDATE jobs SET record = ?, dismissed = ? WHERE id = ?", (_record(after), after.dismissed, job_id)
            )
        return after

    def move(
        self,
        project_before: str,
        project_after: str,
        *,
        placed: bool = True,
        change: Callable[[Job], Job] = lambda job: job,
    ) -> list[Job]:
        """Give every row of one project to another, those of placed takes only where `placed`. What they are now.

        change: what else becomes of each of them.

        A row that another Blender holds stays. What was spent goes with the file in any case: a limit of the project
        does not begin anew under another name.
        """
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            rows = self._connection.execute(
                f"SELECT id, record FROM jobs WHERE project = ? AND state != ? AND {_FREE} ORDER BY created, id",
                (_text(project_before), "" if placed else State.PLACED.value, *self._free()),
            ).fetchall()
            moved = [replace(change(job), project=project_after) for job in _readable(rows)]
            for job in moved:
                self._write(job)
            ledger.move(self._connection, _text(project_before), _text(project_after))
        return moved

    def give(self, job_id: str, project: str) -> Job:
        """Give one row, which this holder has, to another project. What it is now. Raises LeaseLost where it is not."""
        with self._lock, self._errors(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute(
                "SELECT id, record FROM jobs WHERE id = ? AND holder = ?", (job_id, self.holder)
            ).fetchone()
            if row is None:
                raise LeaseLost(f"job {job_id} is no longer held")
            job = replace(_job(*row), project=project)
            self._write(job)
        return job

    def projects(self) -> list[tuple[str, str, bool]]:
        """Every project that has rows: what was noted of its file last, and whether any of its jobs is open."""
        with self._lock, self._errors():
            files = dict(self._connection.execute("SELECT project, file FROM files").fetchall())
            projects = self._connection.execute("SELECT DISTINCT project FROM jobs").fetchall()
            marks = ", ".join("?" * len(_OPEN))
            is_open = f"SELECT DISTINCT project FROM jobs WHERE state IN ({marks}) AND dismissed = 0"
            with_open = {row[0] for row in self._connection.execute(is_open, _OPEN).fetchall()}
        return [(project, files.get(project, ""), project in with_open) for (project,) in projects]

    def note_file(self, project: str, file: str) -> None:
        """Write down what tells the file of a project from every other."""
        with self._lock, self._errors():
            known = self._connection.execute("SELECT file FROM files WHERE project = ?", (_text(project),)).fetchone()
            if known != (file,):
                self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (_text(project), file))

    def get(self, job_id: str) -> Job | None:
        """The row of `job_id`, None where there is none."""
        with self._lock, self._errors():
            row = self._connection.execute("SELECT id, record FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return _job(*row) if row else None

    def shown(self, project: str, ids: Collection[str] = (), shots: Collection[str] = ()) -> list[Job]:
        """Those of the rows that can be read which a Blender with `project` open shows, oldest first.

        In every project what has not ended or may still be had back, and the newest; of `project` the newest 500, and
        the 500 that were dismissed last; and those of `ids` and of the shots with the ids `shots`, wherever they were
        sent from. It takes no longer the longer the journal is.
        """
        found: dict[str, str] = {}
        with self._lock, self._errors():
            asked = (*_OPEN, _text(project), _text(project), State.FAILED.value, f"{UNTITLED}*")
            rows = self._connection.execute(_SHOWN_QUERY, asked).fetchall()
            found.update(rows)
            rest = [job_id for job_id in ids if job_id not in found]
            for column, asked_for in (("id", rest), ("shot", [shot for shot in shots if shot])):
                for first in range(0, len(asked_for), _ASKED_AT_ONCE):
                    some = asked_for[first : first + _ASKED_AT_ONCE]
                    marks = ", ".join("?" * len(some))
                    query = f"SELECT id, record FROM jobs WHERE {column} IN ({marks})"
                    found.update(self._connection.execute(query, some))
        return sorted(_readable(found.items()), key=lambda job: (job.created, job.id))

    def spent(self) -> list[ledger.Entry]:
        """The ledger, oldest first."""
        with self._lock, self._errors():
            return ledger.entries(self._connection)

    def sums(self) -> tuple[ledger.Sum, ...]:
        """What was spent in each project."""
        with self._lock, self._errors():
            return ledger.sums(self._connection)

    def coming(self) -> tuple[Job, ...]:
        """The jobs of all Blenders that are going to be submitted and cost money: see `budget.under_way`."""
        with self._lock, self._errors():
            return tuple(budget.under_way(self._unsent()))

    def _unsent(self) -> Iterator[Job]:
        marks = ", ".join("?" * len(_UNSENT))
        rows = self._connection.execute(
            f"SELECT id, record FROM jobs WHERE state IN ({marks}) ORDER BY created, id", _UNSENT
        ).fetchall()
        return _readable(rows)

    def claim(self, job_id: str) -> Job | None:
        """Take the lease of one row where nobody else has it. The row, or None."""
        with self._lock, self._errors():
            now = time.time()
            row = self._connection.execute(
                "SELECT id, record FROM jobs WHERE id = ? AND holder = ? AND held_until BETWEEN ? AND ?",
                (job_id, self.holder, now + _LEASE_LEFT, now + _AHEAD_SECONDS),
            ).fetchone()
            row = (
                row
                or self._connection.execute(
                    f"UPDATE jobs SET holder = ?, held_until = ? WHERE id = ? AND {_FREE} RETURNING id, record",
                    (self.holder, time.time() + LEASE_SECONDS, job_id, *self._free()),
                ).fetchone()
            )
        return _job(*row) if row else None

    def unfinished(self, project: str | None = None) -> list[str]:
        """The ids of the rows that have a next step, oldest first. project: those of this one only."""
        with self._lock, self._errors():
            marks = ", ".join("?" * len(_UNFINISHED))
            rows = self._connection.execute(
                f"SELECT id FROM jobs WHERE state IN ({marks}) AND dismissed = 0 AND (? IS NULL OR project = ?)"
                " ORDER BY created, id",
                (*_UNFINISHED, *[None if project is None else _text(project)] * 2),
            ).fetchall()
        return [row[0] for row in rows]

    def open_questions(self) -> list[str]:
        """The ids of ended rows for which the service may still have something, oldest first.

        Those whose submission may or may not have arrived, and those of the last day that were cancelled after it, or
        tried again since and ended otherwise. What is dismissed is not asked about.
        """
        with self._lock, self._errors():
            rows = self._connection.execute(
                "SELECT id, record FROM jobs WHERE (state = ? OR (state IN (?, ?) AND updated > ?)) AND dismissed = 0"
                " ORDER BY created, id",
                (State.UNSURE.value, State.CANCELLED.value, State.FAILED.value, time.time() - 86_400),
            ).fetchall()
        return [job.id for job in _readable(rows) if job.open_question]

    def renew(self) -> None:
        """Keep the leases of this holder."""
        with self._lock, self._errors():
            marks = ", ".join("?" * len(_UNFINISHED))
            self._connection.execute(
                f"UPDATE jobs SET held_until = ? WHERE holder = ? AND state IN ({marks})",
                (time.time() + LEASE_SECONDS, self.holder, *_UNFINISHED),
            )

    def _free(self) -> tuple[str, float, float]:
        now = time.time()
        return self.holder, now, now + _AHEAD_SECONDS

    def _write(self, job: Job) -> None:
        self._connection.execute(
            "UPDATE jobs SET state = ?, project = ?, scene = ?, service = ?, request_id = ?, error = ?, created = ?,"
            " updated = ?, shot = ?, dismissed = ?, record = ? WHERE id = ?",
            (*_columns(job), _record(job), job.id),
        )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                say("The journal {path} cannot be read or written: {error}.", path=self.path, error=error),
                say("Check that its folder is writable and has room, then try again."),
            ) from error


def _with_own(job: Job, row: Job) -> Job:
    """`job` with what no step of a job changes as its row has it."""
    return replace(job, project=row.project, shot=row.shot, rating=row.rating, note=row.note, dismissed=row.dismissed)


def _columns(job: Job) -> tuple[str | float, ...]:
    """The columns from `state` to `updated`, and `shot` and `dismissed`."""
    return (
        job.state.value,
        _text(job.project),
        _text(job.scene),
        job.service,
        job.request_id,
        _text(job.error),
        job.created,
        time.time(),
        _text(job.shot.id),
        job.dismissed,
    )


def _told(record: str) -> tuple[str, float]:
    """What the columns `shot` and `dismissed` are in a row that has none. One that cannot be read tells nothing."""
    try:
        told = json.loads(record)
        dismissed = float(told.get("dismissed", 0.0))
        return _text(str(told["shot"].get("id", ""))), dismissed if 0.0 < dismissed < math.inf else 0.0
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "", 0.0


def _text(words: str) -> str:
    """`words` as SQLite can hold them: a path that is no Unicode has lone surrogates in it. The record keeps them."""
    return words.encode("utf-8", "replace").decode("utf-8")


def _record(job: Job) -> str:
    return json.dumps(to_json(job))


def _job(job_id: str, record: str) -> Job:
    try:
        return with_model(from_json(Job, json.loads(record)))
    except (ValueError, TypeError, KeyError) as error:
        raise StorageError(
            say("The journal's row of job {job} cannot be read: {error}.", job=job_id, error=error),
            say("Update Reshoot; nothing is lost."),
        ) from error


def _readable(rows: Iterable[tuple[str, str]]) -> Iterator[Job]:
    """The jobs of `rows`. A row that a newer Reshoot wrote, or that is broken, must not hide the others."""
    for row in rows:
        try:
            yield _job(*row)
        except StorageError as error:
            log.warning("%s", error)
