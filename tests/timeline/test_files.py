# SPDX-License-Identifier: GPL-3.0-or-later
"""Saving, saving under another name, reverting and undoing while a job is under way or its take has landed."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import editing
import numbered
import pytest
from editing import refusal, takes
from patience import LONGEST
from reshoot import session
from reshoot.core.jobs import board, journal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.operators import waiting, watch
from reshoot.session import shoot
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("selected_movie", "uncompared")


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service gives back what it was sent."""
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A movie of 80 frames."""
    return numbered.movie(tmp_path_factory.mktemp("footage") / "forest.mp4", frames=80)


def save(path: Path, **options: Any) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(path), **options)


def row(job: Job) -> Job:
    """The job as the journal has it."""
    found = session.current().job(job.id)
    assert found is not None
    return found


def wait_until_landed(job: Job) -> None:
    """Hear of the job until its take waits to be placed."""
    editing.drain_till(lambda: (line := board.progress(job.id)) is not None and line.job.state is State.LANDED)


def wait_until_at(job: Job, project: Path) -> None:
    """Wait until the job belongs to another file, in the journal and on the board."""
    editing.drain_till(lambda: (line := board.progress(job.id)) is not None and line.job.project == str(project))
    assert row(job).project == str(project)


def place() -> None:
    """Place what waits, as the watch does."""
    bpy.ops.reshoot.resume()


def the_scene() -> bpy.types.Scene:
    """The scene of the open file."""
    return bpy.context.scene


@pytest.mark.every_blender("handlers of saving and opening, and what undo keeps, are Blender's")
def test_first_name_takes_everything_along(scene: bpy.types.Scene, tmp_path: Path) -> None:
    scene.reshoot.land = "CHANNEL"
    (done,) = shoot.shoot(scene)
    waiting.wait_for(session.current(), [done.id])
    editing.select(scene, compat.strips(scene.sequence_editor)["forest"])
    (under_way,) = shoot.shoot(scene)
    save(tmp_path / "film.blend")
    for job in (done, under_way):
        wait_until_at(job, tmp_path / "film.blend")
    waiting.wait_for(session.current(), [under_way.id])
    assert {take["reshoot_job"] for take in takes(scene)} == {done.id, under_way.id}


def test_copy_of_an_unsaved_file_leaves_its_jobs(scene: bpy.types.Scene, tmp_path: Path) -> None:
    (job,) = shoot.shoot(scene)
    before = session.project()
    save(tmp_path / "copy.blend", copy=True)
    assert session.project() == before
    waiting.wait_for(session.current(), [job.id])
    assert row(job).project == before
    assert len(takes(scene)) == 1


@pytest.mark.every_blender("handlers of saving and opening, and what undo keeps, are Blender's")
def test_save_as_takes_along_what_is_under_way(scene: bpy.types.Scene, tmp_path: Path) -> None:
    one, two = tmp_path / "one.blend", tmp_path / "elsewhere" / "two.blend"
    two.parent.mkdir()
    scene.reshoot.land = "CHANNEL"
    save(one)
    (done,) = shoot.shoot(scene)
    waiting.wait_for(session.current(), [done.id])
    bpy.ops.wm.save_mainfile()
    editing.select(scene, compat.strips(scene.sequence_editor)["forest"])
    (under_way,) = shoot.shoot(scene)
    wait_until_landed(under_way)
    save(two)
    wait_until_at(under_way, two)
    assert row(done).project == str(one)
    place()
    assert row(under_way).state is State.PLACED
    assert {take["reshoot_job"] for take in takes(scene)} == {done.id, under_way.id}
    for take in takes(scene):
        assert Path(bpy.path.abspath(take.filepath)).is_file()
    # The first file is as it was saved, and nothing is placed into it any more.
    bpy.ops.wm.open_mainfile(filepath=str(one))
    place()
    assert {take["reshoot_job"] for take in takes(the_scene())} == {done.id}
    assert Path(row(under_way).take.path).is_file()


def test_save_as_knows_the_takes_of_its_shots_that_are_not_shown(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one.blend", tmp_path / "elsewhere" / "two.blend"
    two.parent.mkdir()
    save(one)
    made = []
    for prompt in ("Rain", "Snow"):
        scene.reshoot.prompt = prompt
        editing.select(scene, compat.strips_all(scene.sequence_editor)["forest"])
        (job,) = shoot.shoot(scene)
        waiting.wait_for(session.current(), [job.id])
        made.append(job)
    save(two)
    session.close()
    bpy.ops.wm.open_mainfile(filepath=str(two))
    # There were a hundred others since.
    monkeypatch.setattr(
        journal, "_SHOWN_QUERY", journal._SHOWN_QUERY.replace(f"LIMIT {journal._SHOWN_OF_ALL}", "LIMIT 0")
    )
    place()
    assert [job.id in session.takes_in_file() for job in made] == [False, True]
    editing.drain_till(lambda: len(board.of_shot([row(made[0]).shot.id])) == 2)


def test_save_copy_leaves_the_jobs(scene: bpy.types.Scene, tmp_path: Path) -> None:
    one = tmp_path / "one.blend"
    save(one)
    (job,) = shoot.shoot(scene)
    save(tmp_path / "copy.blend", copy=True)
    waiting.wait_for(session.current(), [job.id])
    assert row(job).project == str(one)


def test_saving_again_leaves_the_jobs(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    bpy.ops.wm.save_mainfile()
    waiting.wait_for(session.current(), [job.id])
    assert row(job).project == str(tmp_path / "one.blend")


@pytest.mark.every_blender("handlers of saving and opening, and what undo keeps, are Blender's")
def test_reverted_file_gets_the_landed_take_once(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    bpy.ops.wm.revert_mainfile()
    place()
    place()
    assert [take["reshoot_job"] for take in takes(the_scene())] == [job.id]
    assert row(job).state is State.PLACED


@pytest.mark.every_blender("handlers of saving and opening, and what undo keeps, are Blender's")
def test_take_that_the_file_holds_is_not_doubled(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Blender ended between saving the placed take and writing down that it is placed."""
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    from reshoot.timeline import place as placing

    placing.place(scene, [row(job)])
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.revert_mainfile()
    assert row(job).state is State.LANDED
    place()
    assert len(takes(the_scene())) == 1
    assert row(job).state is State.PLACED


def test_a_take_that_was_never_saved_comes_again_whatever_the_disks_clock_says(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    one = tmp_path / "one.blend"
    save(one)
    ahead = time.time() + 3600
    os.utime(one, (ahead, ahead))
    (job,) = shoot.shoot(scene)
    waiting.wait_for(session.current(), [job.id])
    session.current().runner.written().result(LONGEST)
    session.close()
    bpy.ops.wm.open_mainfile(filepath=str(one))
    assert takes(the_scene()) == []
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    (take,) = takes(the_scene())
    # What was deleted and saved stays away.
    compat.strips(the_scene().sequence_editor).remove(take)
    bpy.ops.wm.save_mainfile()
    session.close()
    bpy.ops.wm.open_mainfile(filepath=str(one))
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert takes(the_scene()) == [] and row(job).state is State.PLACED


def test_take_waits_for_its_file(scene: bpy.types.Scene, tmp_path: Path) -> None:
    one = tmp_path / "one.blend"
    save(one)
    (job,) = shoot.shoot(scene)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    wait_until_landed(job)
    assert session.current().placing.landed() == []
    bpy.ops.wm.open_mainfile(filepath=str(one))
    place()
    assert [take["reshoot_job"] for take in takes(the_scene())] == [job.id]


def test_placed_take_that_is_gone_can_be_placed_again(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    waiting.wait_for(session.current(), [job.id])
    bpy.ops.wm.revert_mainfile()
    place()
    assert takes(the_scene()) == []
    assert row(job).state is State.PLACED
    assert bpy.ops.reshoot.take_place(job=job.id) == {"FINISHED"}
    assert len(takes(the_scene())) == 1


def test_take_whose_file_is_gone_is_fetched_again(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    path = Path(bpy.path.abspath(take.filepath))
    with pytest.raises(RuntimeError, match="nothing to retry"):
        bpy.ops.reshoot.job_retry(job=job.id)
    compat.strips(scene.sequence_editor).remove(take)
    path.unlink()
    with pytest.raises(RuntimeError, match="not on disk any more"):
        bpy.ops.reshoot.take_place(job=job.id)
    assert "not on disk any more" in board.progress(job.id).words, "the list says so too"
    assert bpy.ops.reshoot.job_retry(job=job.id) == {"FINISHED"}
    place()
    assert len(takes(the_scene())) == 1 and path.is_file()


def test_take_that_waits_can_be_given_up(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    assert bpy.ops.reshoot.job_dismiss(job=job.id) == {"FINISHED"}
    place()
    assert takes(the_scene()) == [] and board.listed(session.project(), frozenset()) == []
    assert "bring it back" in refusal(bpy.ops.reshoot.take_place, job=job.id)
    assert bpy.ops.reshoot.resume() == {"FINISHED"}, "nothing is waited for"
    listing = bpy.context.window_manager.reshoot
    listing.show_dismissed = True
    assert [line.job.id for line in board.listed(session.project(), frozenset())] == [job.id]
    listing.search = "no such word"
    assert listing.show_dismissed and board.listed(session.project(), frozenset()) == []
    listing.search, listing.show_dismissed = "", False
    assert bpy.ops.reshoot.job_dismiss(job=job.id, dismissed=False) == {"FINISHED"}
    place()
    assert len(takes(the_scene())) == 1


def test_failure_is_told_once(scene: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one.blend")
    (job,) = shoot.shoot(scene)
    # There is no folder to put the take in any more.
    folder = tmp_path / "reshoot"
    if folder.exists():
        folder.rmdir()
    folder.write_text("in the way")
    running = session.current()
    told: list[Job] = []
    deadline = time.monotonic() + LONGEST
    while not told:
        running.drain(1.0)
        told += running.newly_failed()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert [each.id for each in told] == [job.id]
    assert told[0].error and told[0].remedy
    assert running.newly_failed() == []
    (seen,) = session.on_strips(scene)
    assert seen.progress.job.state is State.FAILED


def test_the_watch_goes_on_until_it_has_heard_that_the_take_is_placed(scene: bpy.types.Scene) -> None:
    """Otherwise the panel would say for ever that the take waits."""
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    running = session.current()
    written = threading.Event()
    running.runner._lanes["journal"].put(written.wait)
    running.placing.place([board.progress(job.id).job])
    try:
        assert not running.placing.landed() and watch._is_work(running)
    finally:
        written.set()
    deadline = time.monotonic() + LONGEST
    while watch._is_work(running):
        running.drain(1.0)
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert board.progress(job.id).job.state is State.PLACED


def test_what_an_opened_file_shows_is_read_beside_the_interface(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Of a long journal only what is shown is known."""
    there = tmp_path / "there.blend"
    save(there, copy=True)
    (own,) = shoot.shoot(scene)
    wait_until_landed(own)
    place()
    old = [
        replace(row(own), id=f"{number:032}", project=str(there), scene="Scene", created=own.created - 1000 + number)
        for number in range(200)
    ]
    session.current()._journal.add(old)
    session.close()

    session.current()
    assert board.progress(own.id) and board.progress(old[199].id), "the newest prompts are offered again"
    assert board.progress(old[0].id) is None
    bpy.ops.wm.open_mainfile(filepath=str(there))
    waiting.wait_for_threads(session.current())
    assert [line.job.id for line in board.of_project(str(there))] == [job.id for job in reversed(old)]


@pytest.mark.parametrize("link", [False, True])
def test_project_is_found_again_by_its_file(scene: bpy.types.Scene, tmp_path: Path, movie: Path, link: bool) -> None:
    """Its folder is renamed, or opened by a symbolic link, while the take waits."""
    folder, now = tmp_path / "show", tmp_path / "show of today"
    folder.mkdir()
    save(folder / "cut.blend")
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    if link:
        now.symlink_to(folder, target_is_directory=True)
    else:
        folder.rename(now)
    bpy.ops.wm.open_mainfile(filepath=str(now / "cut.blend"))
    place()
    wait_until_at(job, now / "cut.blend")
    (take,) = takes(the_scene())
    assert Path(bpy.path.abspath(take.filepath)).is_file() and row(job).state is State.PLACED


def test_another_file_in_the_place_of_a_deleted_project_does_not_get_its_jobs(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    """A disk gives the place of a deleted file to the next one."""
    project, stranger = tmp_path / "cut.blend", tmp_path / "another film.blend"
    save(project)
    (job,) = shoot.shoot(scene)
    wait_until_landed(job)
    place_on_disk = project.stat().st_ino
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    save(stranger)
    project.write_bytes(stranger.read_bytes())
    stranger.unlink()
    project.rename(stranger)
    assert stranger.stat().st_ino == place_on_disk
    bpy.ops.wm.open_mainfile(filepath=str(stranger))
    editing.drain_till(lambda: not session.current().threads.is_busy and board.has_no_file(str(project)))
    assert row(job).project == str(project)
    assert [line.job.id for line in board.orphaned(str(stranger))] == [job.id], "it can be placed from the list"
