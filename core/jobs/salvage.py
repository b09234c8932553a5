# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged journal is kept aside and made again: from what can still be read of it, and from the copies of its rows.

There are two: a slip in the folder of each unfinished job, and the receipt beside each take.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import StorageError
from ..planning.job_model import with_model
from ..storage import put_in_place
from ..takes.receipt import ROW
from ..values.job import Job
from ..values.serialization import from_json, to_json
from ..words import say
from .journal import Journal

log = logging.getLogger(__name__)

SLIP = "job.json"
_COPY_LIMIT = 10_000_000
"""Bytes of a slip or a receipt that are read at most."""


@dataclass(frozen=True)
class Rebuilt:
    """A journal in the place of a damaged one. aside: where that lies now. jobs: how many were found again."""

    journal: Journal
    aside: Path
    jobs: int


def write_slip(folder: Path, job: Job) -> None:
    """Keep a copy of the row of `job` in its folder. A copy that cannot be written is done without."""
    part = folder / f"{SLIP}.part"
    try:
        part.write_text(json.dumps(to_json(job)), encoding="utf-8")
        put_in_place(part, folder / SLIP)
    except OSError as error:
        log.debug("no slip in %s: %s", folder, error)
        with contextlib.suppress(OSError):
            part.unlink()


def rebuild(path: Path, holder: str, *, jobs: Path, takes: Iterable[Path]) -> Rebuilt:
    """Move the damaged journal at `path` aside and make it again.

    jobs: holds the folders of unfinished jobs. takes: folders that hold takes, each of which may be missing. Raises
    StorageError where that cannot be written.
    """
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        put_in_place(path, aside)
        for suffix in ("-journal", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                put_in_place(Path(f"{path}{suffix}"), Path(f"{aside}{suffix}"))
    except OSError as error:
        raise StorageError(
            say("The journal {path} is damaged and cannot be moved aside: {error}.", path=path, error=error),
            say("Close every other Blender and start this one again."),
        ) from error
    found: dict[str, Job] = {}
    for job in (*_rows(aside), *_slips(jobs), *_receipts(takes)):
        known = found.get(job.id)
        if known is None or _age(known) <= _age(job):
            found[job.id] = job
    journal = Journal(path, holder)
    journal.restore(list(found.values()), _table(aside, "submissions"))
    return Rebuilt(journal, aside, len(found))


def _age(job: Job) -> float:
    return job.stages[-1].at


def _rows(path: Path) -> Iterator[Job]:
    for row in _table(path, "jobs"):
        yield from _job(row.get("record"))


def _table(path: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a damaged file that can be read: those before the damage and those after it."""
    rows: dict[int, dict[str, Any]] = {}
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            for row in connection.execute(f"SELECT rowid AS place, * FROM {name} ORDER BY rowid {order}"):
                values = dict(row)
                rows[values.pop("place")] = values
    return [rows[place] for place in sorted(rows)]


def _slips(jobs: Path) -> Iterator[Job]:
    for path in jobs.glob(f"*/{SLIP}"):
        with contextlib.suppress(OSError):
            yield from _job(_text(path))


def _receipts(takes: Iterable[Path]) -> Iterator[Job]:
    for folder in takes:
        for path in folder.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError):
                yield from _job(json.dumps(json.loads(_text(path)).get(ROW)))


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return file.read(_COPY_LIMIT)


def _job(record: object) -> Iterator[Job]:
    """The job of a record, if it is one."""
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        if isinstance(record, str):
            job = with_model(from_json(Job, json.loads(record)))
            if isinstance(job.id, str) and job.stages:
                yield job
