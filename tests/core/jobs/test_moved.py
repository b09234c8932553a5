# SPDX-License-Identifier: GPL-3.0-or-later
"""A project is found again by its file: moved, renamed, by another path. What is gone is told apart."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from house import House
from patience import LONGEST
from reshoot.core.errors import Paid
from reshoot.core.jobs import moved
from reshoot.core.jobs.journal import Journal
from reshoot.core.jobs.moved import Found, ProjectMatch
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.core.values.take import Take
from sample_jobs import a_job, a_shot


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "home" / "journal.sqlite3", "us")
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A .blend with a movie beside it, in a folder of its own."""
    path = tmp_path / "show" / "cut.blend"
    path.parent.mkdir()
    path.write_bytes(b"BLENDER")
    path.with_name("forest.mp4").write_bytes(b"movie")
    return path


def job_of(project: Path, state: State = State.WAITING) -> Job:
    shot = a_shot(project=str(project))
    strips = tuple(replace(strip, filepath=str(project.with_name("forest.mp4"))) for strip in shot.strips)
    return replace(a_job(replace(shot, strips=strips), file=project.with_name("forest.mp4")), state=state)


def kept(journal: Journal, *jobs: Job) -> None:
    journal.add(jobs)
    for job in jobs:
        journal.note_file(job.project, moved.file_of(job.project))


def only(found: list[Found]) -> Found:
    (one,) = found
    return one


def test_what_is_where_it_was_is_left_alone(journal: Journal, project: Path) -> None:
    kept(journal, job_of(project))
    assert moved.find(journal, str(project)) == []
    other = project.with_name("other.blend")
    other.write_bytes(b"BLENDER")
    assert moved.find(journal, str(other)) == [] == moved.find(journal, "untitled:1")


@pytest.mark.parametrize("state", [State.WAITING, State.LANDED, State.PLACED, State.FAILED])
def test_a_folder_that_was_renamed(journal: Journal, project: Path, state: State) -> None:
    take = project.parent / "reshoot" / "forest_take01.mp4"
    take.parent.mkdir()
    take.write_bytes(b"take")
    job = job_of(project, state)
    kept(journal, replace(job, take=Take(str(take), 720, 720, 72, Fraction(24), False, None)))
    now = project.parent.rename(project.parents[1] / "show of today") / "cut.blend"
    found = only(moved.find(journal, str(now)))
    assert (found.project, found.match) == (str(project), ProjectMatch.PERHAPS_HERE)
    there = moved.relocated(found.jobs[0], found.paths)
    assert there.take and there.take.path == str(now.parent / "reshoot" / take.name)
    assert there.shot.strips[0].filepath == there.shot.file == str(now.with_name("forest.mp4"))


def test_a_file_that_was_renamed(journal: Journal, project: Path) -> None:
    kept(journal, job_of(project))
    now = project.rename(project.with_name("cut of today.blend"))
    assert only(moved.find(journal, str(now))).match is ProjectMatch.PERHAPS_HERE


def test_a_new_file_in_the_place_of_a_deleted_one_is_not_taken_for_it_unseen(journal: Journal, project: Path) -> None:
    """A disk gives the place of a deleted file to the next one: what the file holds decides."""
    kept(journal, job_of(project))
    other = project.rename(project.with_name("other.blend"))
    other.write_bytes(b"BLENDER of another film")
    assert only(moved.find(journal, str(other))).match is ProjectMatch.PERHAPS_HERE


def test_a_folder_on_another_disk_is_told_by_its_name_and_by_what_it_holds(journal: Journal, project: Path) -> None:
    """Such a file is another one on the disk: `PERHAPS_HERE` until its timeline has been looked at."""
    kept(journal, job_of(project))
    now = Path(shutil.copytree(project.parent, project.parents[1] / "copy")) / "cut.blend"
    assert moved.find(journal, str(now)) == [], "a copy, while the one that was sent from is there"
    shutil.rmtree(project.parent)
    found = only(moved.find(journal, str(now)))
    assert found.match is ProjectMatch.PERHAPS_HERE
    assert found.paths == {str(project.with_name("forest.mp4")): str(now.with_name("forest.mp4"))}


def test_one_that_is_gone_is_told_while_it_has_open_jobs(journal: Journal, project: Path, tmp_path: Path) -> None:
    done, waiting = job_of(project, State.PLACED), job_of(tmp_path / "lost" / "other.blend")
    journal.add([done, waiting])
    shutil.rmtree(project.parent)
    here = tmp_path / "else.blend"
    here.write_bytes(b"BLENDER")
    assert only(moved.find(journal, str(here))).project == waiting.project
    found = only(moved.find(journal, "untitled:1"))
    assert (found.project, found.match) == (waiting.project, ProjectMatch.GONE)


def test_another_path_to_the_same_file(journal: Journal, project: Path, tmp_path: Path) -> None:
    kept(journal, job_of(project))
    link = tmp_path / "link"
    try:
        os.symlink(project.parent, link, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    if not link.exists():
        # Wine says that it has made one, and has not.
        pytest.skip("this system makes no symbolic links")
    found = only(moved.find(journal, str(link / "cut.blend")))
    assert (found.project, found.match) == (str(project), ProjectMatch.HERE)
    assert found.paths[str(project.with_name("forest.mp4"))] == str(link / "forest.mp4")


@pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")
def test_another_letter_case_is_the_same_file(journal: Journal, project: Path) -> None:
    kept(journal, job_of(project))
    here = project.parents[1] / "SHOW" / "Cut.BLEND"
    found = only(moved.find(journal, str(here)))
    assert (found.project, found.match) == (str(project), ProjectMatch.HERE)
    assert found.paths == {str(project.with_name("forest.mp4")): str(here.with_name("forest.mp4"))}


@pytest.mark.skipif(sys.platform == "win32", reason="made of what only POSIX has")
def test_two_files_whose_names_differ_in_letter_case_alone_are_two(journal: Journal, project: Path) -> None:
    kept(journal, job_of(project))
    other = project.with_name("Cut.blend")
    other.write_bytes(b"BLENDER of another film")
    if other.samefile(project):
        pytest.skip("this disk knows no letter case")
    assert moved.find(journal, str(other)) == []


def test_a_folder_that_was_moved_while_its_job_ran_gets_the_take(
    house: House, movie: Path, tmp_path: Path, in_haste: None
) -> None:
    house.stage.open.clear()
    desk = house.desk()
    folder = tmp_path / "show"
    folder.mkdir()
    project = folder / "cut.blend"
    project.write_bytes(b"BLENDER")
    desk.takes_folder = lambda of_project: Path(of_project).parent / "reshoot"
    job = desk.shoot(a_job(a_shot(project=str(project)), file=movie, service=house.gate.base))
    desk.hear(job, State.WAITING)
    now = folder.rename(tmp_path / "moved") / "cut.blend"
    house.stage.open.set()
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert failed.paid is Paid.YES and failed.retry_to is State.DOWNLOADING and "moved or renamed" in failed.error
    found = only(moved.find(desk.journal, str(now)))
    desk.runner.moved(found.project, str(now), paths=found.paths).result(LONGEST)
    desk.runner.retry(job.id).result(LONGEST)
    landed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.LANDED).job
    assert landed.take and Path(landed.take.path).parent == now.parent / "reshoot"
    assert not folder.exists() and house.accepted() == 1
