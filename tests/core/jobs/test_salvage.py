# SPDX-License-Identifier: GPL-3.0-or-later
"""core/salvage: a damaged journal is kept aside, and made again from its readable rows, the slips and the receipts."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from house import Desk, House
from reshoot.core.errors import JournalDamaged, Paid, StorageError
from reshoot.core.jobs import salvage
from reshoot.core.jobs.journal import Journal, LeaseLost
from reshoot.core.money.ledger import Outcome
from reshoot.core.storage import OVER
from reshoot.core.takes.receipt import receipt_path, travelling, write_receipt
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.request import Ticket
from reshoot.core.values.serialization import to_json
from reshoot.core.values.state import State
from reshoot.core.values.take import Take
from sample_jobs import a_job

TICKET = Ticket("r-1", "s", "r", "c")


class Home:
    """A folder with a journal, slips and takes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite3"
        self.jobs = folder / "jobs"
        self.takes = folder / "takes"
        self.takes.mkdir(parents=True)
        self.opened: list[Journal] = []

    def open(self) -> Journal:
        self.opened.append(Journal(self.path, "us"))
        return self.opened[-1]

    def rebuild(self) -> salvage.Rebuilt:
        made = salvage.rebuild(self.path, "us", jobs=self.jobs, takes=[self.takes, self.takes / "missing"])
        self.opened.append(made.journal)
        return made

    def slip(self, job: Job) -> Job:
        folder = self.jobs / job.id
        folder.mkdir(parents=True, exist_ok=True)
        salvage.write_slip(folder, job)
        return job

    def receipt(self, job: Job) -> Job:
        take = self.takes / f"forest_{job.id[:8]}.mp4"
        take.write_bytes(b"take")
        job = replace(job, take=Take(str(take), 720, 720, 72, Fraction(24), False, None))
        write_receipt(job)
        return job


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    for journal in made.opened:
        journal.close()


def at(job: Job, state: State, moment: float, **changes: object) -> Job:
    return replace(job, state=state, stages=(*job.stages, Stage(state, moment)), **changes)


def paid_job(state: State, moment: float = 2e9) -> Job:
    return at(at(a_job(service="fal"), State.SUBMITTING, moment), state, moment + 1, ticket=TICKET, paid=Paid.YES)


def test_nothing_readable_is_left_and_the_copies_bring_all_back(home: Home) -> None:
    waiting = home.slip(paid_job(State.WAITING))
    placed = home.receipt(paid_job(State.PLACED))
    home.path.write_bytes(b"no database" * 1000)
    with pytest.raises(JournalDamaged):
        home.open()
    rebuilt = home.rebuild()
    assert rebuilt.aside.read_bytes() == b"no database" * 1000
    assert rebuilt.jobs == 2
    assert {job.id: job for job in rebuilt.journal.shown("")} == {waiting.id: waiting, placed.id: from_receipt(placed)}
    assert rebuilt.journal.unfinished() == [waiting.id]
    assert [entry.outcome for entry in rebuilt.journal.spent()] == [Outcome.ACCEPTED] * 2
    assert rebuilt.journal.claim(waiting.id) == waiting, "nobody holds it"


def from_receipt(job: Job) -> Job:
    """What a receipt can tell of a job."""
    assert job.take
    return replace(travelling(job), take=job.take)


HOSTILE = {
    "an id that leads elsewhere": {"id": "../../home"},
    "an id that is no id": {"id": "x"},
    "under way": {"state": "UPLOADING"},
    "unsure": {"state": "UNSURE"},
    "failed": {"state": "FAILED", "retry_to": "UPLOADING"},
    "no take": {"take": None},
    "a part that is none": {"part": 7},
    "a service that is no text": {"service": ["fal"]},
    "a time that is none": {"created": "now"},
    "a time that is no number": {"created": math.nan},
    "a time after all times": {"created": 10**30},
    "a service that is half a character": {"service": "\ud800"},
}


@pytest.mark.parametrize("how", [*HOSTILE, "no take beside it"])
def test_a_receipt_that_came_with_a_project_is_not_trusted(home: Home, how: str) -> None:
    home.path.write_bytes(b"x" * 5000)
    whole, job = home.receipt(paid_job(State.PLACED)), home.receipt(paid_job(State.PLACED))
    assert job.take
    path = receipt_path(job.take.path)
    told = json.loads(path.read_text())
    told["row"].update(HOSTILE.get(how, {}))
    path.write_text(json.dumps(told))
    if how == "no take beside it":
        Path(job.take.path).unlink()
    assert home.rebuild().journal.shown("") == [from_receipt(whole)]


def test_a_receipt_sends_nothing_and_names_no_other_take(home: Home) -> None:
    home.path.write_bytes(b"x" * 5000)
    job = home.receipt(paid_job(State.LANDED))
    assert job.take
    path = receipt_path(job.take.path)
    told = json.loads(path.read_text())
    told["row"]["clip"] = "/etc/passwd"
    told["row"]["uploads"] = [{"path": "/etc/passwd", "url": "https://evil.example"}]
    told["row"]["retry_to"] = "UPLOADING"
    told["row"]["take"]["path"] = "/etc/passwd"
    path.write_text(json.dumps(told))
    assert home.rebuild().journal.shown("") == [from_receipt(job)]


def test_a_receipt_does_not_overrule_what_this_computer_knows(home: Home) -> None:
    waiting = home.slip(paid_job(State.WAITING))
    home.receipt(at(waiting, State.PLACED, 3e9))
    home.path.write_bytes(b"x" * 5000)
    assert home.rebuild().journal.shown("") == [waiting]


def test_a_receipt_of_an_earlier_version_is_read(home: Home) -> None:
    """It held the whole row, with absolute paths."""
    home.path.write_bytes(b"x" * 5000)
    job = home.receipt(paid_job(State.PLACED))
    assert job.take
    path = receipt_path(job.take.path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "row": to_json(job)}))
    assert home.rebuild().journal.shown("") == [job]


def test_a_slip_that_is_not_of_its_folder_is_passed_over(home: Home) -> None:
    home.path.write_bytes(b"x" * 5000)
    whole, other = home.slip(a_job()), home.slip(a_job())
    (home.jobs / other.id).rename(home.jobs / a_job().id)
    assert home.rebuild().journal.shown("") == [whole]


def test_readable_rows_are_taken_and_the_latest_copy_wins(home: Home) -> None:
    journal = home.open()
    old = paid_job(State.WAITING, 1e9)
    only_there = [a_job() for _ in range(300)]
    journal.add([old, *only_there])
    journal.close()
    newer = home.slip(at(old, State.DOWNLOADING, 2e9))
    with home.path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(JournalDamaged):
        home.open()
    rebuilt = home.rebuild()
    assert rebuilt.journal.get(old.id) == newer
    found = {job.id for job in rebuilt.journal.shown("")}
    assert found <= {old.id, *(job.id for job in only_there)}
    assert len(found) > 150, "what is not damaged is read from both ends"


def test_the_ledger_is_taken_over(home: Home) -> None:
    journal = home.open()
    job = replace(a_job(service="fal"), state=State.UPLOADING)
    journal.add([job])
    job = journal.advance(job, at(job, State.SUBMITTING, 2e9))
    job = journal.advance(job, at(job, State.WAITING, 2e9, ticket=TICKET))
    before = journal.spent()
    journal.close()
    assert home.rebuild().journal.spent() == before


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"id": 3}', '{"row": 3}', '{"row": {"id": "x"}}', "[" * 100_000]
)
def test_what_is_no_copy_is_passed_over(home: Home, text: str) -> None:
    home.path.write_bytes(b"x" * 5000)
    whole = home.slip(a_job())
    (home.jobs / "broken").mkdir()
    (home.jobs / "broken" / salvage.SLIP).write_text(text)
    (home.takes / "broken.json").write_text(text)
    assert home.rebuild().journal.shown("") == [whole]


def test_whoever_is_interrupted_while_it_is_made_again_begins_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = home.slip(paid_job(State.WAITING))
    home.path.write_bytes(b"no database" * 1000)

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "restore", killed)
        with pytest.raises(KeyboardInterrupt):
            home.rebuild()
    with pytest.raises(JournalDamaged):
        home.open()
    assert home.rebuild().journal.shown("") == [waiting]


def test_a_job_that_the_journal_does_not_know_is_adopted(home: Home) -> None:
    """The journal was deleted, or is an earlier copy."""
    waiting, known = home.slip(paid_job(State.WAITING)), home.slip(a_job())
    (home.jobs / "broken").mkdir()
    journal = home.open()
    journal.add([known])
    for _start in range(2):
        salvage.adopt(journal, home.jobs)
        assert {job.id for job in journal.shown("")} == {waiting.id, known.id}
        assert [(entry.job, entry.outcome) for entry in journal.spent()] == [(waiting.id, Outcome.ACCEPTED)]
    assert journal.claim(waiting.id) == waiting, "nobody holds it"
    salvage.adopt(journal, home.jobs / "missing")


def test_a_slip_that_cannot_be_written_leaves_none_that_is_out_of_date(home: Home) -> None:
    """It would tell of a job that was submitted that it was not."""
    job = home.slip(a_job())
    (home.jobs / job.id / f"{salvage.SLIP}.part").mkdir()
    salvage.write_slip(home.jobs / job.id, at(job, State.SUBMITTING, 2e9))
    assert not (home.jobs / job.id / salvage.SLIP).exists()


def test_a_journal_that_cannot_be_moved_is_told(home: Home) -> None:
    home.path.write_bytes(b"x" * 5000)
    home.path.with_name("journal-new-us.sqlite3").mkdir()
    with pytest.raises(StorageError, match="cannot be moved aside"):
        home.rebuild()


def test_of_two_blenders_that_find_a_journal_damaged_one_makes_it_anew(home: Home) -> None:
    home.slip(paid_job(State.WAITING))
    home.path.write_bytes(b"x" * 5000)
    first, second = home.rebuild(), home.rebuild()
    assert first.aside is not None and second.aside is None
    assert second.journal.shown("") == first.journal.shown("")


@pytest.mark.skipif(sys.platform == "win32", reason="made of what only POSIX has")
def test_a_journal_in_whose_place_is_another_one_submits_nothing(home: Home) -> None:
    """A page went bad while it was open, and another Blender has made it anew."""
    ready = replace(a_job(service="fal"), state=State.UPLOADING)
    journal = home.open()
    journal.add([ready])
    assert journal.claim(ready.id) == ready
    other = home.path.with_name("other.sqlite3")
    shutil.copyfile(home.path, other)
    os.replace(other, home.path)
    with pytest.raises(LeaseLost):
        journal.advance(ready, at(ready, State.SUBMITTING, 2e9))


def test_a_job_that_was_not_sent_is_adopted_and_not_sent_by_itself(home: Home) -> None:
    """Its folder may be a copy: a journal that is new cannot tell."""
    job = home.slip(replace(a_job(service="fal"), state=State.UPLOADING))
    journal = home.open()
    salvage.adopt(journal, home.jobs)
    (adopted,) = journal.shown("")
    assert (adopted.id, adopted.state, adopted.retry_to) == (job.id, State.UNSURE, State.PREPARED)


def test_a_job_that_is_over_is_not_adopted(home: Home) -> None:
    """On Windows a folder stays as long as something in it is open."""
    job = home.slip(paid_job(State.LANDED))
    (home.jobs / job.id / OVER).touch()
    journal = home.open()
    salvage.adopt(journal, home.jobs)
    assert journal.shown("") == []
    home.slip(job)
    salvage.adopt(journal, home.jobs)
    assert journal.shown("") == [job], "it has gone on since"


def test_a_job_goes_on_after_its_journal_was_damaged(house: House, movie: Path, in_haste: None) -> None:
    """From the slip that the runner keeps: the request is followed, not sent again."""
    house.stage.open.clear()
    first: Desk = house.desk("one")
    job = first.shoot(a_job(file=movie, service=house.gate.base))
    first.hear(job, State.WAITING)
    first.close()
    path = house.folder / "journal.sqlite3"
    path.write_bytes(b"\0" * 20_000)
    rebuilt = salvage.rebuild(path, "two", jobs=house.folder / "jobs", takes=[])
    rebuilt.journal.close()
    second = house.desk("two")
    house.stage.open.set()
    second.runner.resume(job.id)
    second.hear(job, State.LANDED)
    assert house.accepted() == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM submissions").fetchone() == (1,)
