# SPDX-License-Identifier: GPL-3.0-or-later
"""core/jobs/identity: a copy of Reshoot's folder sends nothing by itself that its original may send."""

from __future__ import annotations

import copy
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from gate import HISTORY, SUBMIT
from house import NO_BLENDER, Desk, House
from patience import LONGEST
from reshoot.core.errors import JournalDamaged, Paid
from reshoot.core.export.recipe import SCENE_FILE
from reshoot.core.jobs import identity, lost, salvage
from reshoot.core.jobs.journal import Journal
from reshoot.core.service import fal
from reshoot.core.values.job import Job
from reshoot.core.values.request import Upload
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")

UNSENT = (State.PREPARED, State.EXPORTING, State.UPLOADING)


def write(folder: Path, *jobs: Job) -> None:
    """The journal of a Blender that was closed over `jobs`."""
    journal = Journal(folder / "journal.sqlite3", "earlier")
    journal.add(jobs)
    journal.close()
    for job in jobs:
        scene = folder / "jobs" / job.id / SCENE_FILE
        scene.parent.mkdir(parents=True)
        scene.write_bytes(b"BLENDER")
        salvage.write_slip(scene.parent, job)


def states(folder: Path) -> list[State]:
    """What the next Blender finds, in the order of the jobs."""
    journal = Journal(folder / "journal.sqlite3", "next")
    try:
        salvage.adopt(journal, folder / "jobs")
        return [job.state for job in journal.shown("")]
    finally:
        journal.close()


def in_order(*each: State) -> list[Job]:
    """A job in each of these states."""
    return [replace(a_job(service="fal"), state=state, created=1e9 + at) for at, state in enumerate(each)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def copied(home: Path) -> Path:
    """Blender's own *Copy Previous Settings*: another folder, with the times of the first."""
    return Path(shutil.copytree(home, home.with_name("copy")))


def restored(home: Path) -> Path:
    """A backup in the place of what was lost."""
    backup = copied(home)
    shutil.rmtree(home)
    shutil.move(backup, home)
    return home


def restored_journal(home: Path) -> Path:
    """An earlier copy of the journal alone."""
    backup = shutil.copy2(home / "journal.sqlite3", home / "backup")
    os.replace(backup, home / "journal.sqlite3")
    return home


def without_marker(home: Path) -> Path:
    """A program that copies what it takes for data."""
    (home / identity.MARKER).unlink()
    return home


@pytest.mark.parametrize("how", [copied, restored, restored_journal, without_marker])
def test_a_copy_holds_what_was_not_sent(home: Path, how: Callable[[Path], Path]) -> None:
    write(home, *in_order(*UNSENT, State.SUBMITTING, State.WAITING, State.LANDED, State.FAILED))
    there = how(home)
    rest = [State.SUBMITTING, State.WAITING, State.LANDED, State.FAILED]
    assert states(there) == [State.UNSURE] * 3 + rest
    journal = Journal(there / "journal.sqlite3", "next")
    told = journal.shown("")[0]
    assert (told.paid, told.retry_to) == (Paid.UNKNOWN, State.PREPARED)
    assert "copied" in told.error and "Retry" in told.remedy and told.stages[-1].state is State.UNSURE
    # It asks once: what is begun from now on is its own.
    assert not journal.is_copy
    journal.add(in_order(State.PREPARED))
    journal.close()
    assert states(there).count(State.PREPARED) == 1


def rolled_back(home: Path, then: Callable[[Journal], object]) -> list[State]:
    """What the next Blender finds where the journal is from before `then`, in its very file."""
    path = home / "journal.sqlite3"
    backup = path.read_bytes()
    journal = Journal(path, "since")
    then(journal)
    journal.close()
    # Neither its number nor the marker tells.
    path.write_bytes(backup)
    return states(home)


def sends(journal: Journal, job: Job) -> None:
    ready = journal.claim(job.id)
    assert ready is not None
    journal.advance(ready, replace(ready, state=State.SUBMITTING))


def test_a_journal_that_was_rolled_back_over_a_submission_holds_what_it_takes_for_unsent(home: Path) -> None:
    jobs = in_order(State.UPLOADING, State.PREPARED)
    write(home, *jobs)
    assert rolled_back(home, lambda journal: sends(journal, jobs[0])) == [State.UNSURE] * 2
    # It asks once.
    journal = Journal(home / "journal.sqlite3", "next")
    assert not journal.is_copy
    journal.close()


def test_a_journal_that_was_rolled_back_over_nothing_sent_goes_on(home: Path) -> None:
    jobs = in_order(State.UPLOADING)
    write(home, *jobs)
    assert rolled_back(home, lambda journal: journal.note_file("/film.blend", "1-2")) == [State.UPLOADING]


def test_what_two_blenders_send_at_one_time_makes_no_copy_of_their_journal(home: Path) -> None:
    jobs = in_order(*[State.UPLOADING] * 4)
    write(home, *jobs)
    path = home / "journal.sqlite3"
    one, two = Journal(path, "one"), Journal(path, "two")
    for journal, job in ((one, jobs[0]), (two, jobs[1]), (one, jobs[2])):
        sends(journal, job)
    assert identity.noted_sent(path) == 3
    # The later one has noted its own before the earlier.
    identity.note_sent(path, 2)
    for journal in (one, two):
        journal.close()
    for _start in range(2):
        assert states(home)[3] is State.UPLOADING
    assert identity.noted_sent(path) == 3


@pytest.mark.parametrize("text", ["", "3.5", "-1", "many", "9" * 5000, "\xff"])
def test_a_count_that_is_none_is_done_without(home: Path, text: str) -> None:
    write(home, *in_order(State.UPLOADING))
    (home / identity.SENT).write_text(text, encoding="latin-1")
    held = text.startswith("9")
    assert states(home) == [State.UNSURE if held else State.UPLOADING]
    assert identity.noted_sent(home / "journal.sqlite3") == 0


def test_another_computer_with_the_very_same_disk_holds_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, *in_order(*UNSENT))
    monkeypatch.setattr(identity, "machine", lambda: "another computer")
    assert states(home) == [State.UNSURE] * 3


def test_the_original_and_one_that_was_only_moved_go_on(home: Path) -> None:
    write(home, *in_order(*UNSENT))
    copied(home)
    assert states(home) == list(UNSENT)
    now = home.rename(home.with_name("moved"))
    assert states(now) == list(UNSENT) == states(now)


def test_a_rehearsal_is_free_and_goes_on(home: Path) -> None:
    write(home, a_job())
    assert states(copied(home)) == [State.PREPARED]


def test_a_journal_of_an_earlier_version_is_taken_for_the_original(home: Path) -> None:
    write(home, *in_order(*UNSENT))
    with closing(sqlite3.connect(home / "journal.sqlite3")) as connection, connection:
        connection.execute("DROP TABLE identity")
    (home / identity.MARKER).unlink()
    assert states(home) == list(UNSENT)
    assert states(copied(home)) == [State.UNSURE] * 3


def test_a_job_that_the_journal_of_a_copy_does_not_know_is_held_too(home: Path) -> None:
    """The journal that was restored is older than the job's folder."""
    write(home)
    there = copied(home)
    write(home, *in_order(State.UPLOADING))
    shutil.copytree(home / "jobs", there / "jobs")
    assert states(there) == [State.UNSURE]


@pytest.mark.parametrize("is_copy", [False, True])
def test_a_damaged_journal_is_made_again_in_its_place_and_held_in_a_copy(home: Path, is_copy: bool) -> None:
    write(home, *in_order(State.UPLOADING, State.WAITING))
    there = copied(home) if is_copy else home
    with (there / "journal.sqlite3").open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(b"\xff" * 4096)
    with pytest.raises(JournalDamaged):
        Journal(there / "journal.sqlite3", "us")
    made = salvage.rebuild(there / "journal.sqlite3", "us", jobs=there / "jobs", takes=[])
    first = State.UNSURE if is_copy else State.UPLOADING
    assert [job.state for job in made.journal.shown("")] == [first, State.WAITING]
    made.journal.close()
    assert states(there) == [first, State.WAITING]


@pytest.fixture
def two(house: House, movie: Path) -> Iterator[Callable[..., tuple[Job, Desk, Desk]]]:
    """The Blenders of an original and of its copy, both of which go on with one job that was not sent yet."""
    opened: list[Desk] = []

    def make(**changes: object) -> tuple[Job, Desk, Desk]:
        job = replace(a_job(file=movie, service=house.gate.base), created=time.time(), **changes)
        write(house.folder, job)
        there = copy.copy(house)
        there.folder = house.folder / "copy"
        shutil.copytree(house.folder, there.folder, ignore=shutil.ignore_patterns("rehearsal", "copy"))
        original, second = (Desk(each, "one", NO_BLENDER, Journal) for each in (house, there))
        opened.extend((original, second))
        return job, original, second

    yield make
    for desk in opened:
        desk.close()


def test_one_press_is_sent_once_by_an_original_and_its_copy(
    house: House, two: Callable[..., tuple[Job, Desk, Desk]]
) -> None:
    job, original, second = two()
    for desk in (original, second):
        desk.runner.resume_all()
    original.hear(job, State.LANDED)
    assert second.row(job).state is State.UNSURE and house.accepted() == 1
    second.runner.retry(job.id).result(LONGEST)
    landed = second.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id != original.row(job).request_id and house.accepted() == 2, "the editor said so"


def test_a_copy_finds_what_its_original_has_sent(
    house: House, movie: Path, two: Callable[..., tuple[Job, Desk, Desk]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.2,))
    connection = fal.Connection(fal.Service(house.gate.base, house.gate.base, "rehearsal-key-of-the-test"))
    url = connection.upload(movie)
    connection.close()
    job, original, second = two(state=State.UPLOADING, clip=str(movie), uploads=(Upload(str(movie), url),))
    original.runner.resume_all()
    sent = original.hear(job, State.LANDED)
    second.runner.resume_all()
    landed = second.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.request_id == sent.request_id
    assert house.gate.count(HISTORY) and (house.gate.count(SUBMIT), house.accepted()) == (1, 1)
