# SPDX-License-Identifier: GPL-3.0-or-later
"""core/salvage: a damaged journal is kept aside, and made again from its readable rows, the slips and the receipts."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from house import Desk, House
from own_disk import NAMESPACE, can_mount
from patience import LONGEST, stretched
from reshoot.core.errors import JournalDamaged, Paid, StorageError
from reshoot.core.jobs import salvage
from reshoot.core.jobs.activity import Activity
from reshoot.core.jobs.identity import MARKER
from reshoot.core.jobs.journal import Journal, LeaseLost
from reshoot.core.jobs.rows import Rows
from reshoot.core.money.ledger import Outcome
from reshoot.core.storage import OVER
from reshoot.core.takes.receipt import receipt_path, travelling, write_receipt
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.request import Ticket, Upload
from reshoot.core.values.serialization import from_json, to_json
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
    "dismissed at a time that is no number": {"dismissed": math.nan},
    "dismissed before all times": {"dismissed": -1.0},
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


def restored(home: Home, *rows: Job) -> Journal:
    """The journal as an earlier backup of it has these rows, opened by the next Blender, which has looked at slips."""
    journal = home.open()
    journal.add(rows)
    journal.close()
    backup = shutil.copy2(home.path, home.path.with_name("backup"))
    os.replace(backup, home.path)
    journal = home.open()
    assert journal.is_copy
    salvage.adopt(journal, home.jobs)
    return journal


def test_a_restored_row_follows_the_ticket_that_its_slip_has(home: Home) -> None:
    before = at(a_job(service="fal"), State.UPLOADING, 1e9)
    after = at(at(before, State.SUBMITTING, 1.1e9), State.WAITING, 1.2e9, ticket=TICKET, paid=Paid.YES)
    other = at(a_job(service="fal"), State.UPLOADING, 1e9)
    home.slip(after)
    home.slip(other)
    journal = restored(home, before, other)
    assert journal.get(before.id) == after, "it is followed, not sent again"
    told = journal.get(other.id)
    assert told is not None and told.held, "of this nothing more is known"
    assert [(entry.job, entry.outcome) for entry in journal.spent()] == [(after.id, Outcome.ACCEPTED)]
    salvage.adopt(journal, home.jobs)
    assert len(journal.spent()) == 1 and journal.claim(before.id) == after


def test_a_restored_row_whose_slip_says_that_it_was_being_sent_is_not_held_for_unsent(home: Home) -> None:
    before = at(a_job(service="fal"), State.UPLOADING, 1e9)
    home.slip(at(before, State.SUBMITTING, 1.1e9))
    journal = restored(home, before)
    assert [job.state for job in journal.shown("")] == [State.SUBMITTING], "whoever takes it up looks for it"
    assert [entry.outcome for entry in journal.spent()] == [Outcome.SENT]


def test_a_restored_row_that_was_not_sent_is_held_as_its_slip_knows_it(home: Home) -> None:
    """The address of the upload is what its original's request is found by."""
    before = at(a_job(service="fal"), State.EXPORTING, 1e9)
    home.slip(at(before, State.UPLOADING, 1.1e9, clip="/clip.mp4", uploads=(Upload("/clip.mp4", "https://u/1"),)))
    (job,) = restored(home, before).shown("")
    assert job.held and job.uploads


def test_an_answer_that_came_after_all_is_in_the_slip_too(home: Home) -> None:
    """By it a restored row, or a deleted journal, is caught up with."""
    job = at(a_job(service="fal"), State.SUBMITTING, 1e9)
    journal = home.open()
    journal.add([job])
    home.slip(job)
    rows = Rows(journal, home.jobs, Activity(1).clock)
    written = rows.answered(replace(job, state=State.WAITING, ticket=TICKET))
    assert of_slip(home, job) == written and written.ticket == TICKET


def of_slip(home: Home, job: Job) -> Job:
    return from_json(Job, json.loads((home.jobs / job.id / salvage.SLIP).read_text()))


def test_a_journal_that_was_rolled_back_in_its_very_file_follows_its_slips(home: Home) -> None:
    before = at(a_job(service="fal"), State.UPLOADING, 1e9)
    after = home.slip(at(at(before, State.SUBMITTING, 1.1e9), State.LANDED, 1.2e9, ticket=TICKET, paid=Paid.YES))
    journal = home.open()
    journal.add([before])
    journal.close()
    journal = home.open()
    assert not journal.is_copy
    salvage.adopt(journal, home.jobs)
    assert journal.get(before.id) == after


def test_a_slip_does_not_overrule_what_happened_otherwise(home: Home) -> None:
    """Nor one that is older than its row, nor one of which another Blender is about to write the row."""
    begun = at(a_job(service="fal"), State.UPLOADING, 1e9)
    other_way = at(begun, State.FAILED, 1.3e9)
    home.slip(at(at(begun, State.SUBMITTING, 1.1e9), State.WAITING, 1.2e9, ticket=TICKET))
    older = at(at(a_job(service="fal"), State.SUBMITTING, 1e9), State.WAITING, 1.1e9, ticket=TICKET)
    home.slip(replace(older, state=State.SUBMITTING, stages=older.stages[:-1], ticket=None))
    held_by_another = at(a_job(service="fal"), State.UPLOADING, 1e9)
    home.slip(at(held_by_another, State.SUBMITTING, 1.1e9))
    other = Journal(home.path, "them")
    home.opened.append(other)
    other.add([held_by_another])
    journal = home.open()
    journal.add([other_way, older])
    salvage.adopt(journal, home.jobs)
    for job in (other_way, older, held_by_another):
        assert journal.get(job.id) == job


def test_a_held_row_of_a_damaged_journal_follows_its_slip(home: Home) -> None:
    before = at(a_job(service="fal"), State.UPLOADING, 1e9)
    after = at(at(before, State.SUBMITTING, 1.1e9), State.WAITING, 1.2e9, ticket=TICKET, paid=Paid.YES)
    journal = restored(home, before)
    assert [job.held for job in journal.shown("")] == [True]
    journal.close()
    home.slip(after)
    with home.path.open("r+b") as file:
        # The schema's last index, which no row is read by.
        file.seek(-4096, os.SEEK_END)
        file.write(b"\xff" * 4096)
    rebuilt = home.rebuild()
    assert rebuilt.aside is not None and rebuilt.journal.get(before.id) == after


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
    assert not list(home.path.parent.glob("journal-damaged-*"))


def test_a_journal_that_cannot_be_put_in_place_leaves_all_as_it_was(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another Blender has the damaged one open."""
    waiting = home.slip(paid_job(State.WAITING))
    home.path.write_bytes(b"x" * 5000)
    side = home.path.with_name(f"{home.path.name}-shm")
    side.write_bytes(b"y" * 500)
    before = there(home)

    def held(*_about: object) -> None:
        raise PermissionError(13, "The file is in use")

    with monkeypatch.context() as patch:
        patch.setattr(salvage, "put_in_place", held)
        with pytest.raises(StorageError, match="in use") as told:
            home.rebuild()
    assert "Close every other Blender" in told.value.remedy
    assert there(home) == before and side.read_bytes() == b"y" * 500
    assert home.rebuild().journal.shown("") == [waiting]
    assert not side.exists()


def there(home: Home) -> set[str]:
    """The files beside the journal, but for the lock that whoever makes one anew holds, and the marker of its place."""
    names = {path.name for path in home.path.parent.iterdir()}
    return {name for name in names if "-rebuilding" not in name} - {MARKER}


def test_a_disk_without_room_for_a_new_journal_is_told_before_anything_is_copied(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = home.slip(paid_job(State.WAITING))
    home.path.write_bytes(b"x" * 5_000_000)
    before = there(home)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=3_500_000))
        with pytest.raises(StorageError, match="too full to make it again: 4 MB are left") as told:
            home.rebuild()
    assert told.value.remedy == "Free 8 MB there and try again; nothing is lost."
    assert there(home) == before
    assert home.rebuild().journal.shown("") == [waiting]


def test_what_an_interrupted_rebuild_left_is_removed_by_the_next(home: Home) -> None:
    home.path.write_bytes(b"x" * 5000)
    for name in ("journal-new-them.sqlite3", "journal-new-them.sqlite3-journal"):
        home.path.with_name(name).write_bytes(b"z" * 5000)
    rebuilt = home.rebuild()
    rebuilt.journal.close()
    assert rebuilt.aside is not None
    assert there(home) == {"journal.sqlite3", rebuilt.aside.name, "takes"}


@pytest.mark.skipif(not can_mount(), reason="this computer lets no program mount a disk of its own")
def test_a_disk_that_is_full_at_each_write_of_a_new_journal(tmp_path: Path) -> None:
    program = Path(__file__).parents[2] / "helpers" / "core" / "small_disk_journal.py"
    run = subprocess.run(
        [*NAMESPACE, sys.executable, program, tmp_path], capture_output=True, text=True, timeout=stretched(120)
    )
    assert run.returncode == 0, run.stderr
    tries = [json.loads(line) for line in run.stdout.splitlines()]
    assert [each["jobs"] for each in tries][-1] == 40
    refused = [each for each in tries if each["told"]]
    assert len(refused) > 10
    for each in refused:
        assert "too full" in each["told"] and each["left"] == each["before"], each


def test_of_two_blenders_that_find_a_journal_damaged_one_makes_it_anew(home: Home) -> None:
    home.slip(paid_job(State.WAITING))
    home.path.write_bytes(b"x" * 5000)
    first, second = home.rebuild(), home.rebuild()
    assert first.aside is not None and second.aside is None
    assert second.journal.shown("") == first.journal.shown("")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no file that is open")
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


def test_a_job_whose_row_was_restored_from_before_it_was_sent_is_paid_once(
    house: House, movie: Path, in_haste: None
) -> None:
    """By the slip that the runner keeps: neither taking it up nor a retry sends it again."""
    house.stage.open.clear()
    first: Desk = house.desk("one")
    job = first.hear(first.shoot(a_job(file=movie, service=house.gate.base)), State.WAITING)
    first.close()
    sent = [stage.state for stage in job.stages].index(State.SUBMITTING)
    earlier = replace(job, state=State.UPLOADING, stages=job.stages[:sent], ticket=None, paid=Paid.NO)
    path = house.folder / "journal.sqlite3"
    path.unlink()
    journal = Journal(path, "backup")
    journal.add([earlier])
    journal.close()
    os.replace(shutil.copy2(path, path.with_name("backup")), path)
    journal = Journal(path, "two")
    assert journal.get(job.id).held
    salvage.adopt(journal, house.folder / "jobs")
    journal.close()
    second = house.desk("two")
    second.runner.retry(job.id).result(LONGEST)
    house.stage.open.set()
    second.runner.resume_all()
    second.hear(job, State.LANDED)
    assert house.accepted() == 1
