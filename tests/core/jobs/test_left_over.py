# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of jobs that are over, in which something was open when they were to go: Windows removes no such file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from house import Desk, House, until
from patience import LONGEST
from reshoot.core import storage
from reshoot.core.jobs import settling
from reshoot.core.jobs.journal import Journal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job


def placed(house: House, movie: Path, desk: Desk | None = None) -> tuple[Job, Path]:
    """A rehearsed job whose take is placed while a file of its folder is open; and that folder. Without a desk by one
    that is closed afterwards."""
    closes, desk = desk is None, desk or house.desk("one")
    job = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    folder = desk.runner.folder_of(job)
    (folder / "held.bin").touch()
    with (folder / "held.bin").open("rb"):
        desk.runner.placed(job.id, ()).result(LONGEST)
    job = desk.hear(job, State.PLACED)
    if closes:
        desk.close()
    return job, folder


@pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")
def test_what_was_open_is_removed_at_the_next_start(house: House, movie: Path) -> None:
    _job, folder = placed(house, movie)
    assert {path.name for path in folder.iterdir()} == {"held.bin", storage.OVER}
    house.desk("two").runner.resume_all()
    until(lambda: not folder.exists())


@pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")
def test_what_was_open_is_removed_when_the_next_take_is_placed(house: House, movie: Path) -> None:
    desk = house.desk("one")
    _job, folder = placed(house, movie, desk)
    placed(house, movie, desk)
    assert not folder.exists()


@pytest.mark.parametrize("dismissed", [False, True])
def test_what_could_not_be_removed_is_kept_in_mind_and_no_folder_gone_through(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch, dismissed: bool
) -> None:
    held: set[Path] = set()
    looks: list[Path] = []
    monkeypatch.setattr(settling, "left_over", lambda folder: looks.append(folder) or [])

    def remove(folder: Path, *, patiently: bool = True) -> bool:
        return folder not in held and storage.remove_folder(folder, patiently=patiently)

    monkeypatch.setattr(settling, "remove_folder", remove)
    desk = house.desk()

    def settle(*, is_open: bool) -> Path:
        job = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
        folder = desk.runner.folder_of(job)
        held.update([folder] if is_open else [])
        if dismissed:
            desk.runner.dismiss(job.id).result(LONGEST)
        else:
            desk.runner.placed(job.id, ()).result(LONGEST)
        return folder

    first = settle(is_open=True)
    assert first.is_dir()
    held.clear()
    second = settle(is_open=False)
    assert not first.exists() and not second.exists() and not looks


def test_a_folder_that_is_marked_goes_only_where_its_job_is_over(house: House, movie: Path, tmp_path: Path) -> None:
    job, _folder = placed(house, movie)
    states = {State.LANDED: True, State.WAITING: True, State.PLACED: False}
    rows = [replace(job, id=f"{number:032x}", state=state) for number, state in enumerate(states)]
    uncompared = replace(job, id="e" * 32, compared=False)
    gone = replace(job, id="d" * 32, take=replace(job.take, path=str(tmp_path / "gone.mp4")) if job.take else None)
    with_rows = [*rows, uncompared, gone]
    journal = Journal(house.folder / "journal.sqlite3", "three")
    journal.restore(with_rows, [])
    journal.close()
    jobs = house.folder / "jobs"
    for name in (*(row.id for row in with_rows), "f" * 32, "not of a job"):
        (jobs / name).mkdir(parents=True)
        (jobs / name / storage.OVER).touch()
    desk = house.desk("four")
    desk.runner._settling.look_for_left_over()
    kept = {row.id for row in rows if states[row.state]} | {uncompared.id, gone.id, "not of a job"}
    assert {path.name for path in jobs.iterdir()} == kept
