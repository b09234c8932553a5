# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged journal is kept aside and made again: from what can still be read of it, and from the copies of its rows.

There are two: a slip in the folder of each unfinished job, and the receipt beside each take.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import JournalDamaged, StorageError
from ..planning.job_model import with_model
from ..storage import OVER, discard, put_in_place, remove
from ..takes.receipt import ROW, settled
from ..values.job import Job, is_job_id
from ..values.serialization import from_json, to_json
from ..values.state import State
from ..words import say
from . import identity
from .journal import Journal

log = logging.getLogger(__name__)

SLIP = "job.json"
_SIDES = ("-journal", "-wal", "-shm")
"""What SQLite's own files beside a database are called after it."""
_COPY_LIMIT = 10_000_000
"""Bytes of a slip or a receipt that are read at most."""
_LATEST = 1e11
"""Seconds since the epoch that are believed of a job."""
_HIGHEST_PRICE = 1_000_000
"""US dollars of one job that are believed."""


@dataclass(frozen=True)
class Rebuilt:
    """A journal in the place of a damaged one. aside: where that lies now, None where another Blender has made the
    journal anew meanwhile. jobs: how many were found again."""

    journal: Journal
    aside: Path | None
    jobs: int


def write_slip(folder: Path, job: Job) -> None:
    """Keep a copy of the row of `job` in its folder. One that cannot be written is done without, and so is the one
    before: it would tell of a job that was submitted that it was not.
    """
    part = folder / f"{SLIP}.part"
    try:
        part.write_text(json.dumps(to_json(job)), encoding="utf-8")
        put_in_place(part, folder / SLIP)
        if job.state is not State.PLACED:
            # It was over, and goes on.
            discard(folder / OVER)
    except OSError as error:
        log.debug("no slip in %s: %s", folder, error)
        discard(part)
        discard(folder / SLIP)


def rebuild(path: Path, holder: str, *, jobs: Path, takes: Iterable[Path]) -> Rebuilt:
    """Move the damaged journal at `path` aside and make it again.

    jobs: holds the folders of unfinished jobs. takes: folders that hold takes, each of which may be missing. Raises
    StorageError where that cannot be written.
    """
    with _alone(path):
        with contextlib.suppress(JournalDamaged):
            return Rebuilt(Journal(path, holder), None, 0)
        return _rebuild(path, holder, jobs, takes)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other Blender makes the journal at `path` anew meanwhile: it would take the place of this one's. Raises
    StorageError where it cannot be waited for."""
    lock = path.with_name(f"{path.stem}-rebuilding{path.suffix}")
    try:
        with contextlib.closing(sqlite3.connect(lock, timeout=30.0, isolation_level=None)) as connection:
            # Whoever holds it and dies lets it go.
            connection.execute("BEGIN EXCLUSIVE")
            yield
    except sqlite3.Error as error:
        raise _not_rebuilt(path, error) from error


def _rebuild(path: Path, holder: str, jobs: Path, takes: Iterable[Path]) -> Rebuilt:
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}-{holder[:6]}{path.suffix}")
    beside = path.with_name(f"{path.stem}-new-{holder}{path.suffix}")
    try:
        # Until the new one is whole the damaged one stays in its place: whoever is interrupted begins anew.
        _copy(path, aside)
        remove(beside)
        jobs_found = _made(beside, path, holder, aside, jobs, takes)
        for suffix in _SIDES:
            # They belong to the damaged one, and would be taken for the new one's.
            remove(Path(f"{path}{suffix}"))
        put_in_place(beside, path)
    except OSError as error:
        raise _not_rebuilt(path, error) from error
    return Rebuilt(Journal(path, holder), aside, jobs_found)


def _not_rebuilt(path: Path, error: Exception) -> StorageError:
    return StorageError(
        say("The journal {path} is damaged and cannot be moved aside: {error}.", path=path, error=error),
        say("Close every other Blender and start this one again."),
    )


def _copy(path: Path, aside: Path) -> None:
    """Have the file of a journal at `aside` too, with what is beside it."""
    shutil.copyfile(path, aside)
    for suffix in _SIDES:
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{suffix}", f"{aside}{suffix}")


def _made(beside: Path, path: Path, holder: str, aside: Path, jobs: Path, takes: Iterable[Path]) -> int:
    """Make a journal of what is left of the one at `path`. How many jobs it has."""
    found: dict[str, Job] = {}
    for job in (*_rows(aside), *_slips(jobs)):
        known = found.get(job.id)
        # Of one stage the row knows more: a slip is written when a stage begins.
        if known is None or _age(known) < _age(job):
            found[job.id] = job
    for job in _receipts(takes):
        # Whoever has had the project may have written it: it is asked only where nothing else tells of the job.
        found.setdefault(job.id, job)
    places = [identity.read(row.get("here")) for row in _table(aside, "identity")]
    if not places or any(place is None or not identity.is_same(place, identity.here(path)) for place in places):
        found = {job_id: identity.held(job) for job_id, job in found.items()}
    journal = Journal(beside, holder)
    try:
        journal.restore(list(found.values()), _table(aside, "submissions"))
    finally:
        journal.close()
    return len(found)


def adopt(journal: Journal, jobs: Path) -> None:
    """Take in the jobs whose folders lie in `jobs` and which the journal does not know: it was deleted, or replaced by
    an earlier copy of it. Raises StorageError where that cannot be written.
    """
    try:
        ids = [name for name in os.listdir(jobs) if is_job_id(name) and _is_told_of(jobs / name)]
    except OSError:
        return
    for job_id in journal.unknown(ids):
        for job in _slip(jobs / job_id / SLIP):
            log.warning("job %s was not in the journal", job_id)
            # A journal that is new cannot tell whether these folders were copied here.
            journal.adopt(identity.held(job))


def forget_slip(folder: Path) -> None:
    """Remove the copy of a row that is about to be forgotten, so that nothing brings it back."""
    discard(folder / SLIP)


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
        if _is_told_of(path.parent):
            yield from _slip(path)


def _is_told_of(folder: Path) -> bool:
    """Whether a job's folder has the copy of its row, and is not over: on Windows what somebody has open stays."""
    return (folder / SLIP).is_file() and not (folder / OVER).exists()


def _slip(path: Path) -> Iterator[Job]:
    with contextlib.suppress(OSError):
        yield from (job for job in _job(_text(path)) if job.id == path.parent.name)


def _receipts(takes: Iterable[Path]) -> Iterator[Job]:
    for folder in takes:
        for path in folder.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError):
                yield from [settled(job, path) for job in _job(json.dumps(json.loads(_text(path)).get(ROW)))]


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return file.read(_COPY_LIMIT)


def _job(record: object) -> Iterator[Job]:
    """The job of a record, if it is one that the journal can hold."""
    with contextlib.suppress(ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        if isinstance(record, str):
            job = with_model(from_json(Job, json.loads(record)))
            if is_job_id(job.id) and job.stages and job.shot.strips and 0 <= job.part < len(job.plan.parts):
                # What its entry in the ledger and in lists is made of.
                _ = (float(job.sent.frames / job.plan.fps), f"{job.label}{job.created + _age(job):.0f}")
                times = (job.created, *(stage.at for stage in job.stages))
                # Half of a pair of surrogates is no text to a database.
                f"{job.service}{job.order.model}{job.request_id}".encode()
                if 0 <= job.sent.price < _HIGHEST_PRICE and all(0 <= at < _LATEST for at in times):
                    yield job
