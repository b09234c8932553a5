# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged journal is kept aside and made again: from what can still be read of it, and from the copies of its rows.

There are two: a slip in the folder of each unfinished job, and the receipt beside each take.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import math
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
from ..storage import OVER, discard, is_full, put_in_place, remove
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
_SPARE_BYTES = 1_000_000
"""Bytes that are to be left where a journal is made again, beside what it takes itself."""
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
    for left in path.parent.glob(f"{path.stem}-new-*"):
        # Nobody else makes one now: whoever made this was interrupted.
        discard(left)
    try:
        _check_room(path)
        # Until the new one is whole the damaged one stays in its place: whoever is interrupted begins anew.
        _copy(path, aside)
        remove(beside)
        jobs_found = _made(beside, path, holder, aside, jobs, takes)
        _replace(path, beside)
    except BaseException as error:
        for made in (beside, aside):
            _discard(made)
        if isinstance(error, (OSError, StorageError)):
            raise _not_rebuilt(path, error) from error
        raise
    return Rebuilt(Journal(path, holder), aside, jobs_found)


def _check_room(path: Path) -> None:
    """Raises OSError where a second and a third journal as long as the one at `path` find no room."""
    if shutil.disk_usage(path.parent).free < _needed(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path.parent))


def _needed(path: Path) -> int:
    """Bytes that it takes to make the journal at `path` again: it is kept aside, and the new one may be as long."""
    return 2 * sum(os.path.getsize(each) for each in _with_sides(path) if each.is_file()) + _SPARE_BYTES


def _replace(path: Path, beside: Path) -> None:
    """Have the new journal in the place of the damaged one, or all as it was. Raises OSError."""
    # What lies beside the damaged one would be taken for the new one's.
    sides = [(side, Path(f"{beside}-old-{side.name}")) for side in _with_sides(path)[1:] if side.exists()]
    moved = []
    try:
        for side, away in sides:
            put_in_place(side, away)
            moved.append((side, away))
        put_in_place(beside, path)
    except OSError:
        for side, away in moved:
            put_in_place(away, side)
        raise
    for _side, away in moved:
        discard(away)


def _with_sides(path: Path) -> list[Path]:
    return [path, *(Path(f"{path}{suffix}") for suffix in _SIDES)]


def _discard(path: Path) -> None:
    """Remove a journal that is not needed, with what is beside it."""
    for each in _with_sides(path):
        discard(each)


def _not_rebuilt(path: Path, error: Exception) -> StorageError:
    with contextlib.suppress(OSError):
        needed, free = _needed(path), shutil.disk_usage(path.parent).free
        if is_full(error) or free < needed:
            return StorageError(
                say(
                    "The journal {path} is damaged, and its disk is too full to make it again: {free:.0f} MB are left.",
                    path=path,
                    free=free / 1_000_000,
                ),
                say(
                    "Free {missing:.0f} MB there and try again; nothing is lost.",
                    missing=max(1.0, math.ceil((needed - free) / 1_000_000)),
                ),
            )
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
        if known is None or _age(known) < _age(job) or _goes_on(known, job):
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
    """Take in what the folders in `jobs` tell and the journal does not know: it was deleted, or replaced by an earlier
    copy of it. Jobs that it has no row of, and what became of those whose rows are older: with a ticket a job is
    followed, and not sent again. Raises StorageError where that cannot be written.
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
    for job_id in journal.unplaced(ids):
        for job in _slip(jobs / job_id / SLIP):
            if journal.catch_up(job, _later):
                log.warning("the journal's row of job %s was an earlier one", job_id)


def _later(row: Job, slip: Job) -> Job | None:
    """What a row has to become by the slip of its job, None where that knows no more. Where the row is held, so is the
    job as the slip knows it, unless it was sent."""
    if not _goes_on(row, slip):
        return None
    return identity.held(slip) if row.held else slip


def _goes_on(row: Job, slip: Job) -> bool:
    """Whether a slip is of the very job that a row has, at a later stage. A slip is written after its row, so the row
    is from before: a backup. That a copy holds its row is not a stage of the job."""
    known = row.stages[:-1] if row.held else row.stages
    return len(slip.stages) > len(known) and slip.stages[: len(known)] == known


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
                times = (job.created, job.dismissed, *(stage.at for stage in job.stages))
                # Half of a pair of surrogates is no text to a database.
                f"{job.service}{job.order.model}{job.request_id}".encode()
                if 0 <= job.sent.price < _HIGHEST_PRICE and all(0 <= at < _LATEST for at in times):
                    yield job
