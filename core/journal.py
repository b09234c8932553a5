# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs on disk: one SQLite table, committed with full sync before anything irreversible happens.

It knows nothing of what the states mean; `runner` does. Several Blenders may use one journal: a row is changed only by
the one that holds its lease.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .errors import StorageError
from .job import Job, State
from .plain import from_plain, to_plain

LEASE_SECONDS = 15.0
"""A holder that has not renewed its lease for so long is taken for dead."""

SCHEMA_VERSION = 1

_SCHEMA = """
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
    record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_project ON jobs (project);
"""

_UNFINISHED = tuple(state.value for state in State if not state.ended)


class LeaseLost(Exception):
    """The row is held by another Blender, or is no longer in the state that was expected."""


class Journal:
    """The table of jobs in `path`. Safe to use from several threads. Raises StorageError where the disk fails."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        self._lock = threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=30.0, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA synchronous = FULL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                self._connection.close()
                raise StorageError(
                    f"The journal {path} was written by a newer Reshoot.", "Update Reshoot to open it; nothing is lost."
                )
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Give the leases back and close the file."""
        with self._lock, self._errors():
            self._connection.execute("UPDATE jobs SET held_until = 0 WHERE holder = ?", (self.holder,))
            self._connection.close()

    def add(self, job: Job) -> None:
        """Write a new row, held by this journal's holder."""
        with self._lock, self._errors():
            self._connection.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (job.id, *_columns(job), self.holder, time.time() + LEASE_SECONDS, _record(job)),
            )

    def advance(self, before: Job, after: Job) -> None:
        """Write `after` over `before`, if this holder still has the row and it still is as `before` says.

        On disk when this returns. Raises LeaseLost otherwise.
        """
        with self._lock, self._errors():
            changed = self._connection.execute(
                "UPDATE jobs SET state = ?, project = ?, scene = ?, service = ?, request_id = ?, error = ?, created = ?,"
                " updated = ?, held_until = ?, record = ? WHERE id = ? AND state = ? AND holder = ?",
                (
                    *_columns(after),
                    time.time() + LEASE_SECONDS,
                    _record(after),
                    before.id,
                    before.state.value,
                    self.holder,
                ),
            ).rowcount
        if changed != 1:
            raise LeaseLost(f"job {before.id} is no longer held in state {before.state.value}")

    def get(self, job_id: str) -> Job | None:
        """The row of `job_id`, None where there is none."""
        with self._lock, self._errors():
            row = self._connection.execute("SELECT record FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return _job(row[0]) if row else None

    def jobs(self) -> list[Job]:
        """Every row, oldest first."""
        with self._lock, self._errors():
            rows = self._connection.execute("SELECT record FROM jobs ORDER BY created, id").fetchall()
        return [_job(row[0]) for row in rows]

    def claim(self, job_id: str) -> Job | None:
        """Take the lease of one row where nobody else has it. The row, or None."""
        now = time.time()
        with self._lock, self._errors():
            row = self._connection.execute(
                "UPDATE jobs SET holder = ?, held_until = ? WHERE id = ? AND (holder = ? OR held_until < ?)"
                " RETURNING record",
                (self.holder, now + LEASE_SECONDS, job_id, self.holder, now),
            ).fetchone()
        return _job(row[0]) if row else None

    def unfinished(self) -> list[str]:
        """The ids of the rows that have a next step, oldest first."""
        with self._lock, self._errors():
            marks = ", ".join("?" * len(_UNFINISHED))
            rows = self._connection.execute(
                f"SELECT id FROM jobs WHERE state IN ({marks}) ORDER BY created, id", _UNFINISHED
            ).fetchall()
        return [row[0] for row in rows]

    def renew(self) -> None:
        """Keep the leases of this holder."""
        with self._lock, self._errors():
            marks = ", ".join("?" * len(_UNFINISHED))
            self._connection.execute(
                f"UPDATE jobs SET held_until = ? WHERE holder = ? AND state IN ({marks})",
                (time.time() + LEASE_SECONDS, self.holder, *_UNFINISHED),
            )

    def remove(self, job_id: str) -> None:
        """Forget a row."""
        with self._lock, self._errors():
            self._connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"The journal {self.path} cannot be read or written: {error}.",
                "Check that its folder is writable and has room, then try again.",
            ) from error


def _columns(job: Job) -> tuple[str | float, ...]:
    """The columns from `state` to `updated`."""
    return (
        job.state.value,
        job.project,
        job.scene,
        job.service,
        job.request_id,
        job.error,
        job.created,
        time.time(),
    )


def _record(job: Job) -> str:
    return json.dumps(to_plain(job), ensure_ascii=False)


def _job(record: str) -> Job:
    return from_plain(Job, json.loads(record))
