# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs on disk: what was written is there after a crash, and two Blenders never move one row."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from patience import LONGEST
from reshoot.core.errors import JournalDamaged, StorageError
from reshoot.core.jobs import journal as journal_module
from reshoot.core.jobs.journal import SCHEMA_VERSION, Journal, LeaseLost
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.request import Ticket
from reshoot.core.values.state import State
from sample_jobs import PROJECT, a_job, a_shot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "journal.sqlite3"


@pytest.fixture
def opened(path: Path) -> Iterator:
    """Opens journals on the one file; closes them with the test."""
    made: list[Journal] = []

    def make(holder: str = "one") -> Journal:
        made.append(Journal(path, holder))
        return made[-1]

    yield make
    for journal in made:
        journal._connection.close()


def moved(job: Job, state: State) -> Job:
    return replace(job, state=state, stages=(*job.stages, Stage(state, time.time())))


def rows(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, state, request_id, error FROM jobs ORDER BY created").fetchall()


# What is written


def test_a_row_is_read_as_it_was_written_also_after_opening_again(opened) -> None:
    journal = opened()
    jobs = [replace(a_job(prompt=f"shot {n} im Wald 🌲"), created=float(n)) for n in (2, 1, 3)]
    for job in jobs:
        journal.add([job])
    submitted = replace(moved(jobs[0], State.WAITING), ticket=Ticket("abc-1", "s", "r", "c"))
    journal.advance(jobs[0], submitted)
    journal.close()

    again = opened("two")
    assert again.shown("") == [jobs[1], submitted, jobs[2]], "the oldest first"
    assert again.get(submitted.id) == submitted
    assert again.get("unknown") is None


def test_the_columns_that_scripts_read_are_true(opened, path: Path) -> None:
    journal = opened()
    job = a_job()
    journal.add([job])
    assert rows(path) == [(job.id, "PREPARED", "", "")]
    failed = replace(moved(job, State.FAILED), ticket=Ticket("abc-1", "s", "r", "c"), error="It broke.")
    journal.advance(job, failed)
    assert rows(path) == [(job.id, "FAILED", "abc-1", "It broke.")]


def test_what_is_unfinished_is_what_has_a_next_step(opened) -> None:
    journal = opened()
    for n, state in enumerate(State):
        journal.add([replace(a_job(), id=state.value, state=state, created=float(n))])
    assert journal.unfinished() == [
        "PREPARED",
        "EXPORTING",
        "UPLOADING",
        "SUBMITTING",
        "WAITING",
        "DOWNLOADING",
        "LANDED",
    ]


def test_what_is_shown_is_what_has_not_ended_the_open_project_and_the_newest(opened, monkeypatch) -> None:
    """A journal of ten thousand jobs is opened like one of ten."""
    monkeypatch.setattr(journal_module, "_ASKED_AT_ONCE", 2)
    journal = opened()
    here, there, lost = "/films/here.blend", "/films/there.blend", "untitled:lost"
    told = {
        **{f"old {n}": (there, State.PLACED) for n in range(120)},
        **{f"unfinished {state.value}": (there, state) for state in State if not state.ended},
        "unsure": (there, State.UNSURE),
        "perhaps paid": (lost, State.FAILED),
        "failed elsewhere": (there, State.FAILED),
        **{f"here {n}": (here, State.PLACED) for n in range(510)},
        **{f"new {n}": (there, State.PLACED) for n in range(100)},
    }
    jobs = [
        replace(a_job(), id=job_id, project=project, state=state, created=float(n))
        for n, (job_id, (project, state)) in enumerate(told.items())
    ]
    shots = {f"old {n}": f"{n:032x}" for n in (7, 8, 9, 40)}
    jobs = [replace(job, shot=replace(job.shot, id=shots.get(job.id, ""))) for job in jobs]
    journal.add(jobs)
    held = ["old 3", "old 50", "old 51", "new 3", "of another journal"]
    stacks = [*(shots[f"old {n}"] for n in (7, 8, 40)), "of another journal", ""]

    seen = [job.id for job in journal.shown(here, held, stacks)]
    assert seen == [
        *["old 3", "old 7", "old 8", "old 40", "old 50", "old 51"],
        *[f"unfinished {state.value}" for state in State if not state.ended],
        *["unsure", "perhaps paid"],
        *[f"here {n}" for n in range(10, 510)],
        *[f"new {n}" for n in range(100)],
    ]
    assert journal.shown(here, held)[0] == jobs[3]


def test_dismissed_rows_push_nothing_out_and_hold_nothing_open(opened) -> None:
    journal = opened()
    here, there = "/films/here.blend", "/films/there.blend"
    told = {
        "lost": (there, State.UNSURE, 5.0),
        "landed": (there, State.LANDED, 6.0),
        **{f"here {n}": (here, State.PLACED, 0.0) for n in range(3)},
        **{f"gone {n}": (here, State.FAILED, 1000.0 - n) for n in range(510)},
        **{f"new {n}": (there, State.PLACED, 0.0) for n in range(100)},
    }
    jobs = [
        replace(a_job(), id=job_id, project=project, state=state, created=float(n), dismissed=gone)
        for n, (job_id, (project, state, gone)) in enumerate(told.items())
    ]
    journal.add(jobs)
    assert [job.id for job in journal.shown(here)] == [
        *[f"here {n}" for n in range(3)],
        *[f"gone {n}" for n in range(500)],
        *[f"new {n}" for n in range(100)],
    ], "those that were dismissed last"
    assert journal.shown(here, ["lost"])[0].id == "lost", "its take is in the file"
    assert journal.unfinished() == journal.open_questions() == []
    assert {is_open for _project, _file, is_open in journal.projects()} == {False}
    journal.mark("landed", lambda job: replace(job, dismissed=0.0))
    assert journal.unfinished() == ["landed"] and journal.shown(here)[0].id == "landed"
    journal.mark("landed", lambda job: replace(job, dismissed=7.0))
    assert journal.unfinished() == []


def test_a_dismissed_job_does_not_go_on(opened) -> None:
    journal = opened()
    job = replace(a_job(), state=State.CANCELLED, ticket=Ticket("r", "s", "r", "c"))
    journal.add([job])
    journal.mark(job.id, lambda row: replace(row, dismissed=7.0))
    # It was asked about at the service when it was dismissed.
    with pytest.raises(LeaseLost):
        journal.advance(job, moved(job, State.WAITING))
    placed = journal.advance(job, moved(job, State.PLACED))
    assert placed.dismissed == 7.0 == journal.get(job.id).dismissed


def test_an_answer_to_a_dismissed_submission_brings_it_back(opened) -> None:
    """It is paid for."""
    journal = opened()
    job = replace(a_job(), state=State.UNSURE)
    journal.add([job])
    journal.mark(job.id, lambda row: replace(row, dismissed=7.0))
    answered = replace(moved(job, State.WAITING), ticket=Ticket("r", "s", "r", "c"))
    assert journal.answered(answered) == answered == journal.get(job.id)
    assert journal.unfinished() == [job.id]


def test_what_is_unfinished_can_be_asked_of_one_project(opened) -> None:
    journal = opened()
    jobs = [replace(a_job(), project=f"/films/{n}.blend") for n in range(3)]
    journal.add(jobs)
    assert journal.unfinished("/films/1.blend") == [jobs[1].id]


def test_a_commit_is_on_disk_when_it_returns(opened) -> None:
    """FULL is 2. Less, and a power cut could forget a submission that was paid for."""
    (level,) = opened()._connection.execute("PRAGMA synchronous").fetchone()
    assert level >= 2


def test_what_was_written_before_a_crash_is_there(path: Path, opened) -> None:
    """The process ends without closing anything, in the middle of a change."""
    opened("parent").add([job := a_job()])
    code = f"""
import os, sqlite3, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import conftest
from dataclasses import replace
from pathlib import Path
from reshoot.core.values.state import State
from reshoot.core.jobs.journal import Journal
journal = Journal(Path({str(path)!r}), "parent")
job = journal.get({job.id!r})
submitting = replace(job, state=State.SUBMITTING)
journal.advance(job, submitting)
journal._connection.execute("BEGIN IMMEDIATE")
journal._connection.execute("DELETE FROM jobs")
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", code], timeout=LONGEST, check=False)
    assert rows(path) == [(job.id, "SUBMITTING", "", "")]
    assert opened().get(job.id) == replace(job, state=State.SUBMITTING)


# Who may change a row


def test_a_row_belongs_to_the_one_that_holds_it(opened) -> None:
    one, two = opened("one"), opened("two")
    job = a_job()
    one.add([job])
    assert two.claim(job.id) is None
    with pytest.raises(LeaseLost):
        two.advance(job, moved(job, State.EXPORTING))
    assert two.get(job.id) == job, "and may be read by all"
    assert one.claim(job.id) == job
    one.advance(job, moved(job, State.EXPORTING))


def test_a_lease_ends_when_its_holder_closes(opened) -> None:
    one, two = opened("one"), opened("two")
    job = a_job()
    one.add([job])
    one.close()
    assert two.claim(job.id) == job
    two.advance(job, moved(job, State.EXPORTING))


def test_a_lease_from_a_clock_that_was_set_back_since_ends(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = opened("one"), opened("two")
    one.add([job := a_job()])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    assert two.claim(job.id) == job
    assert one.claim(job.id) is None


def test_a_row_that_is_held_is_claimed_without_a_write(opened, path: Path, monkeypatch) -> None:
    """A hundred waiting jobs are claimed many times a second, and each write waits for the disk."""
    journal = opened()
    job = a_job()
    journal.add([job])
    written = journal._connection.total_changes
    for _ in range(20):
        assert journal.claim(job.id) == job
    assert journal._connection.total_changes == written
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + journal_module.LEASE_SECONDS - 1)
    assert journal.claim(job.id) == job, "one that ends soon is written again"
    assert journal._connection.total_changes == written + 1


def test_a_ticket_that_comes_late_is_not_lost(opened) -> None:
    """A Blender that slept in the middle of a submission: another one took it for lost."""
    asleep, other = opened("one"), opened("two")
    asleep.add([replace(a_job(service="fal"), state=State.UPLOADING)])
    job = asleep.advance(asleep.shown("")[0], moved(asleep.shown("")[0], State.SUBMITTING))
    with closing(sqlite3.connect(asleep.path)) as connection, connection:
        connection.execute("UPDATE jobs SET held_until = 0")
    other.advance(other.claim(job.id), moved(job, State.UNSURE))
    answered = replace(moved(job, State.WAITING), ticket=Ticket("r-1", "s", "r", "c"))
    with pytest.raises(LeaseLost):
        asleep.advance(job, answered)
    assert asleep.answered(answered) == answered == asleep.claim(job.id)
    assert [entry.request_id for entry in asleep.spent()] == ["r-1"]
    with pytest.raises(LeaseLost):
        other.answered(replace(answered, ticket=Ticket("r-2", "s", "r", "c")))


def test_a_lease_that_is_not_renewed_ends(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "LEASE_SECONDS", 0.2)
    one, two = opened("one"), opened("two")
    job = a_job()
    one.add([job])
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        one.renew()
        assert two.claim(job.id) is None, "a renewed one does not"
    while (claimed := two.claim(job.id)) is None:
        assert time.monotonic() < end + LONGEST
    assert claimed == job
    monkeypatch.setattr(journal_module, "LEASE_SECONDS", 15.0)
    two.renew()
    # The one that was taken for dead wakes up.
    one.renew()
    with pytest.raises(LeaseLost):
        one.advance(job, moved(job, State.EXPORTING))
    assert one.claim(job.id) is None
    two.advance(job, moved(job, State.EXPORTING))


def test_a_change_of_what_is_not_so_any_more_is_refused(opened) -> None:
    journal = opened()
    job = a_job()
    journal.add([job])
    journal.advance(job, cancelled := moved(job, State.CANCELLED))
    with pytest.raises(LeaseLost):
        journal.advance(job, moved(job, State.EXPORTING))
    assert journal.get(job.id) == cancelled
    journal._connection.execute("DELETE FROM jobs")
    with pytest.raises(LeaseLost):
        journal.advance(cancelled, job)


def test_what_an_editor_thinks_of_a_job_stays_whoever_holds_it_and_steps_it(opened, path: Path) -> None:
    one, other = opened("one"), opened("two")
    one.add([job := a_job()])
    with closing(sqlite3.connect(path)) as connection:
        (updated,) = connection.execute("SELECT updated FROM jobs").fetchone()
    marked = other.mark(job.id, lambda row: replace(row, rating=Rating.PICK, note="the rain is right", dismissed=7.0))
    assert marked == replace(job, rating=Rating.PICK, note="the rain is right", dismissed=7.0) == one.get(job.id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT updated FROM jobs").fetchone() == (updated,)

    # Who steps it knows it from before.
    after = one.advance(job, moved(job, State.EXPORTING))
    assert (after.rating, after.note, after.dismissed) == (Rating.PICK, "the rain is right", 7.0)
    assert one.get(job.id) == after
    # Nothing else can be changed so.
    other.mark(job.id, lambda row: replace(row, state=State.FAILED, clip="elsewhere", note=""))
    assert one.get(job.id) == replace(after, note="")
    assert other.mark("unknown", lambda row: row) is None


def test_one_of_many_gets_the_row(opened) -> None:
    """Eight threads of four journals reach for each of twenty free rows at once."""
    journals = [opened(f"holder {n}") for n in range(4)]
    jobs = [a_job() for _ in range(20)]
    giver = opened("giver")
    for job in jobs:
        giver.add([job])
    giver.close()
    start = threading.Barrier(8)
    won: dict[str, set[str]] = {job.id: set() for job in jobs}

    def reach(journal: Journal) -> None:
        start.wait()
        for job in jobs:
            if journal.claim(job.id):
                won[job.id].add(journal.holder)

    threads = [threading.Thread(target=reach, args=(journals[n % 4],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(holders) for holders in won.values()] == [1] * 20


def test_one_of_many_changes_makes_it(opened) -> None:
    journal = opened()
    job = a_job()
    journal.add([job])
    start = threading.Barrier(6)
    made: list[State] = []

    def change(state: State) -> None:
        start.wait()
        try:
            journal.advance(job, moved(job, state))
        except LeaseLost:
            return
        made.append(state)

    targets = [State.EXPORTING, State.CANCELLED, State.FAILED] * 2
    threads = [threading.Thread(target=change, args=(state,)) for state in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    (stored,) = journal.shown("")
    assert stored.state is made[0]


# When the file is not what it should be


_SCHEMA_2 = """
DROP INDEX jobs_by_project_and_dismissal;
DROP INDEX jobs_by_shot;
ALTER TABLE jobs DROP COLUMN shot;
ALTER TABLE jobs DROP COLUMN dismissed;
CREATE INDEX jobs_by_project_and_age ON jobs (project, created);
PRAGMA user_version = 2;
"""
"""Makes of a journal what the Reshoot before this one wrote."""


def test_a_journal_of_the_version_before_is_taken_over_in_place(opened, path: Path) -> None:
    shot = "5" * 32
    jobs = [
        replace(a_job(a_shot(id=shot)), project="/films/before.blend", state=State.PLACED, created=1.0),
        replace(a_job(), project="/films/before.blend", state=State.FAILED, created=2.0, dismissed=7.0),
        replace(a_job(), state=State.WAITING, created=3.0),
    ]
    before = opened()
    before.add([*jobs, broken := replace(a_job(), created=4.0), odd := replace(a_job(), created=4.5)])
    before.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA_2)
        connection.execute("UPDATE jobs SET record = '[{' WHERE id = ?", (broken.id,))
        connection.execute('UPDATE jobs SET record = \'{"shot": {}, "dismissed": NaN}\' WHERE id = ?', (odd.id,))
    for journal in (opened("two"), opened("three")):
        assert journal.shown("/films/before.blend") == jobs
        assert [journal.get(job.id) for job in jobs] == jobs
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        told = connection.execute("SELECT shot, dismissed FROM jobs ORDER BY created").fetchall()
        assert told == [(shot, 0.0), ("", 7.0), *[("", 0.0)] * 3]
    opened("four").add([added := replace(a_job(a_shot(id=shot)), created=5.0)])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM jobs WHERE shot = ?", (shot,)).fetchall() == [
            (jobs[0].id,),
            (added.id,),
        ]


def test_a_journal_of_a_newer_version_is_left_alone(path: Path, opened) -> None:
    opened().add([job := a_job()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer Reshoot") as refusal:
        Journal(path, "two")
    assert "Update Reshoot" in refusal.value.remedy
    assert path.read_bytes() == before
    assert rows(path)[0][0] == job.id


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(4000)])
def test_a_file_that_is_no_journal_is_told_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match=r"journal\.sqlite3 is damaged") as refusal:
        Journal(path, "one")
    assert refusal.value.remedy
    assert path.read_bytes() == content


def test_a_journal_that_breaks_while_it_is_used_is_told(opened, path: Path) -> None:
    journal, reader = opened(), opened("reader")
    for _ in range(50):
        journal.add([a_job()])
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 100_000)
    with pytest.raises(StorageError, match="cannot be read or written"):
        reader.shown("")
    with pytest.raises(JournalDamaged, match="is damaged"):
        opened("two")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageError, match="cannot be read or written"):
        Journal(tmp_path / "home" / "journal.sqlite3", "one")


@pytest.mark.parametrize("record", ["{", "[]", '{"id": "x"}', '{"state": "DREAMING"}'])
def test_one_broken_row_does_not_hide_the_others(opened, path: Path, record: str) -> None:
    journal = opened()
    broken, whole = a_job(), a_job()
    journal.add([broken])
    journal.add([whole])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE jobs SET record = ? WHERE id = ?", (record, broken.id))
        connection.commit()
    assert journal.shown("") == [whole]
    for ask in (journal.get, journal.claim):
        with pytest.raises(StorageError, match=f"job {broken.id}") as refusal:
            ask(broken.id)
        assert refusal.value.remedy


def test_names_that_are_no_unicode_are_kept(opened) -> None:
    """A folder on Linux may be called anything; Python hands its bytes on as lone surrogates."""
    journal = opened()
    job = replace(a_job(), project="/films/\udce4.blend", scene="Wald\udcff", error="\ud83d")
    journal.add([job])
    journal.advance(job, moved(job, State.EXPORTING))
    assert journal.claim(job.id).project == "/films/\udce4.blend"


def test_jobs_of_an_unsaved_file_follow_it(opened) -> None:
    journal = opened()
    here, there = replace(a_job(), project="untitled:1"), a_job()
    journal.add([here])
    journal.add([there])
    assert journal.move("untitled:1", "/films/new.blend") == [replace(here, project="/films/new.blend")]
    # A step that began before the file was saved writes what it knew then.
    after = journal.advance(here, moved(here, State.EXPORTING))
    assert (after.project, after.state) == ("/films/new.blend", State.EXPORTING)
    assert journal.get(here.id) == after
    assert journal.get(there.id).project == PROJECT


def test_a_job_without_a_file_is_given_to_another_one_by_its_holder_alone(opened) -> None:
    one, two = opened("one"), opened("two")
    job = replace(a_job(), project="untitled:1")
    one.add([job])
    with pytest.raises(LeaseLost):
        two.give(job.id, "/films/new.blend")
    assert one.give(job.id, "/films/new.blend") == replace(job, project="/films/new.blend")
    assert one.get(job.id).project == "/films/new.blend"
