# SPDX-License-Identifier: GPL-3.0-or-later
"""A press in the interface asks no disk while the editor waits: a thread does, and one that hangs holds only that."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import pytest
from editing import Timeline, add_movie, drain_till, drain_until, journal, refusal, select
from file_calls import FileCalls
from footage import FRAMES
from installed import MODULE
from patience import LONGEST
from reshoot import session
from reshoot.core.export.recipe import SCENE_FILE
from reshoot.core.jobs import board
from reshoot.session import press as press_module
from reshoot.session import shoot
from reshoot.session.press import AT_ONCE, Press
from reshoot.timeline import compat, place

pytestmark = pytest.mark.usefixtures("selected_movie", "identity", "uncompared")

WRITES = {
    "make_folder: mkdir": 2,
    "make_folder: stat": 1,
    "write_scene: write": 1,
}
"""The calls that the main thread may make at a press: the scene, written to the job's folder among Reshoot's own."""


class Hanging:
    """A disk that hangs: whoever opens one of its files, or makes a folder there, waits until it is `back`.

    asked: the threads that did.
    """

    def __init__(self) -> None:
        self.paths: tuple[str, ...] = ()
        self.asked: list[threading.Thread] = []
        self.back = threading.Event()

    def hear(self, event: str, details: tuple[Any, ...]) -> None:
        """What Python tells of every call of that kind before it is made."""
        if self.paths and event in ("open", "os.mkdir") and str(details[0]).startswith(self.paths):
            self.asked.append(threading.current_thread())
            self.back.wait(LONGEST)


_hanging: list[Hanging] = []


@pytest.fixture
def disk() -> Iterator[Hanging]:
    if not _hanging:
        # It cannot be taken away again, only be given no paths.
        _hanging.append(Hanging())
        sys.addaudithook(_hanging[0].hear)
    (made,) = _hanging
    made.back.clear()
    made.asked.clear()
    yield made
    made.paths = ()
    made.back.set()


def pressed(scene: bpy.types.Scene) -> Press:
    """What the operator does when the button is pressed in a window."""
    press = Press(scene, patience=AT_ONCE)
    assert press.error is None
    shoot.begin(press, scene)
    return press


def carry_out() -> None:
    """What its timer does, until the disk has answered."""
    end = time.monotonic() + LONGEST
    while not shoot.carry_out():
        assert time.monotonic() < end
        time.sleep(0.001)


def jobs_on_disk() -> list[str]:
    """The folders of jobs."""
    folder = Path(os.environ["RESHOOT_HOME"]) / "jobs"
    return os.listdir(folder) if folder.is_dir() else []


def until_no_job_is_on_disk() -> None:
    end = time.monotonic() + LONGEST
    while jobs_on_disk():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("saved", [False, True])
def test_the_main_thread_writes_the_scene_and_asks_no_disk(
    scene: bpy.types.Scene, images: list[Path], tmp_path: Path, saved: bool
) -> None:
    if saved:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.reshoot.references.add().views.add().filepath = str(images[0])
    session.current()
    with FileCalls() as calls:
        pressed(scene)
        while not shoot.carry_out():
            pass
    assert "write_scene: write" in calls.made
    assert {call: calls.made.count(call) for call in calls.made if calls.made.count(call) > WRITES.get(call, 0)} == {}
    drain_until("LANDED")


def test_every_job_of_a_press_on_several_strips_gets_the_scene_which_is_written_once(
    scene: bpy.types.Scene, movie: Path
) -> None:
    strips = [add_movie(scene, movie, frame=1 + FRAMES * number) for number in range(3)]
    select(scene, *strips)
    session.current()
    with FileCalls() as calls:
        press = pressed(scene)
        press.wait()
    folders = [session.current().runner.folder_of(job) for job in press.jobs]
    assert len(folders) == 3 and all((folder / SCENE_FILE).is_file() for folder in folders)
    assert {call: calls.made.count(call) for call in calls.made if calls.made.count(call) > WRITES.get(call, 0)} == {}
    carry_out()
    drain_till(lambda: [row.state for row in journal()] == ["LANDED"] * 3)


def test_a_disk_that_hangs_holds_no_press(scene: bpy.types.Scene, disk: Hanging, movie: Path) -> None:
    disk.paths = (str(movie),)
    pressed(scene)
    end = time.monotonic() + LONGEST
    while not disk.asked:
        assert time.monotonic() < end
        time.sleep(0.001)
    assert not shoot.carry_out() and shoot.is_under_way()
    assert not journal()
    disk.back.set()
    carry_out()
    drain_until("LANDED")
    assert threading.main_thread() not in disk.asked


def test_a_disk_that_never_answers_is_told_and_nothing_is_sent(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press_module, "PATIENCE", 0.05)
    disk.paths = (str(movie),)
    timeline = Timeline(scene)
    pressed(scene)
    carry_out()
    (told,) = session.current().complaints()
    assert "has not answered" in str(told) and str(movie.parent) in str(told)
    assert "has not answered" in refusal(bpy.ops.reshoot.shoot)
    until_no_job_is_on_disk()
    disk.back.set()
    timeline.is_as_it_was()
    assert not journal() and not shoot.is_under_way()
    assert threading.main_thread() not in disk.asked


def test_what_the_disk_refuses_is_told_and_nothing_is_left_of_it(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    # Only writing there tells.
    (tmp_path / "reshoot").symlink_to(tmp_path / "away" / "reshoot")
    pressed(scene)
    carry_out()
    (told,) = session.current().complaints()
    assert str(tmp_path / "reshoot") in str(told)
    until_no_job_is_on_disk()
    assert not journal()


def test_a_second_press_is_asked_about_while_the_first_waits_for_the_disk(
    scene: bpy.types.Scene, disk: Hanging, movie: Path
) -> None:
    disk.paths = (str(movie),)
    pressed(scene)
    (doubt,) = shoot.doubts(Press(scene, patience=AT_ONCE).jobs)
    assert "is under way already" in doubt
    disk.back.set()
    carry_out()
    drain_until("LANDED")


def test_what_was_pressed_is_sent_whatever_is_selected_by_then(
    scene: bpy.types.Scene, disk: Hanging, movie: Path
) -> None:
    disk.paths = (str(movie),)
    press = pressed(scene)
    select(scene)
    disk.back.set()
    carry_out()
    drain_until("LANDED")
    assert [row.id for row in journal()] == [job.id for job in press.jobs]


def test_what_was_pressed_begins_though_blender_ends(scene: bpy.types.Scene, disk: Hanging, movie: Path) -> None:
    press = pressed(scene)
    shoot.finish()
    assert not shoot.is_under_way()
    session.close()
    assert [row.id for row in journal()] == [job.id for job in press.jobs]


def test_blender_ends_though_a_disk_hangs(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shoot, "_AT_THE_END", 0.05)
    disk.paths = (str(movie),)
    pressed(scene)
    shoot.finish()
    assert not shoot.is_under_way()
    until_no_job_is_on_disk()
    assert not journal()


def test_a_press_whose_file_was_closed_is_not_sent(scene: bpy.types.Scene, disk: Hanging, movie: Path) -> None:
    disk.paths = (str(movie),)
    pressed(scene)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    disk.back.set()
    carry_out()
    (told,) = session.current().complaints()
    assert "its file was closed" in str(told)
    until_no_job_is_on_disk()
    assert not journal()


@pytest.mark.parametrize("named", [False, True])
def test_a_press_goes_on_under_the_name_that_its_file_is_saved_by(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, tmp_path: Path, named: bool
) -> None:
    first, then = tmp_path / "first" / "film.blend", tmp_path / "then" / "film.blend"
    for folder in (first.parent, then.parent):
        folder.mkdir()
    if named:
        bpy.ops.wm.save_as_mainfile(filepath=str(first))
    # What is known of the other one is not asked for again.
    own = tmp_path / "own.mp4"
    own.write_bytes(movie.read_bytes())
    compat.strips(scene.sequence_editor)["shot"].filepath = str(own)
    disk.paths = (str(own),)
    press = pressed(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(then))
    assert not shoot.carry_out() and shoot.is_under_way()
    disk.back.set()
    carry_out()
    drain_until("LANDED")
    (job,) = press.jobs
    row = session.current().job(job.id)
    assert row.project == str(then) and Path(row.take.path).parent == then.parent / "reshoot"
    assert not session.current().complaints()
    (listed,) = board.of_project(str(then))
    assert listed.job.id == job.id


def test_a_press_on_several_strips_goes_on_under_that_name_with_all_of_them(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press_module, "_TOLD_AFTER", 0.0)
    select(scene, *(add_movie(scene, movie, frame=1 + FRAMES * number) for number in range(3)))
    disk.paths = (str(movie),)
    press = pressed(scene)
    (words,), can_be_pressed = drawn(scene)
    assert words.startswith("3 shots are sent once the disk has answered") and not can_be_pressed
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    assert not shoot.carry_out()
    disk.back.set()
    carry_out()
    drain_till(lambda: [row.state for row in journal()] == ["LANDED"] * 3)
    rows = [session.current().job(job.id) for job in press.jobs]
    assert {row.project for row in rows} == {str(tmp_path / "film.blend")}
    assert {Path(row.take.path).parent for row in rows} == {tmp_path / "reshoot"}


def test_a_press_asks_whether_takes_can_lie_where_its_file_was_saved(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, tmp_path: Path
) -> None:
    disk.paths = (str(movie),)
    pressed(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    (tmp_path / "reshoot").write_text("in the way")
    disk.back.set()
    carry_out()
    (told,) = session.current().complaints()
    assert str(tmp_path / "reshoot") in str(told)
    until_no_job_is_on_disk()
    assert not journal()


def test_the_panel_tells_what_a_press_waits_for_and_takes_it_once(
    scene: bpy.types.Scene, disk: Hanging, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawn(scene) == ([], True)
    disk.paths = (str(movie),)
    pressed(scene)
    assert drawn(scene) == ([], False), "most disks answer before it could be read"
    monkeypatch.setattr(press_module, "_TOLD_AFTER", 0.0)
    (words,), can_be_pressed = drawn(scene)
    assert "“shot” is sent once the disk has answered" in words and str(movie.parent) in words
    assert not can_be_pressed
    scene.reshoot.prompt = "Make it rain"
    assert drawn(scene)[1], "another one may be pressed"
    disk.back.set()
    carry_out()
    assert drawn(scene) == ([], True)
    drain_until("LANDED")


def drawn(scene: bpy.types.Scene) -> tuple[list[str], bool]:
    """What the panel says that presses wait for, and whether its button can be pressed."""
    panel = importlib.import_module(f"{MODULE}.panels.shot")
    row = MagicMock(enabled=True)
    layout = MagicMock()
    layout.row.return_value = row
    told: list[str] = []

    def wrapped(_layout: object, text: str, _room: object, icon: str = "NONE", **_how: object) -> None:
        told.extend([text] if icon == "TIME" else [])

    row.label.side_effect = lambda *, text, icon="NONE", **_how: wrapped(layout, text, None, icon)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel, "wrapped", wrapped)
        context = SimpleNamespace(region=SimpleNamespace(width=300), scene=scene)
        panel.draw(layout, context)
    return told, row.enabled


def test_a_scene_that_is_renamed_while_the_disk_is_asked_gets_its_take(
    scene: bpy.types.Scene, disk: Hanging, movie: Path
) -> None:
    disk.paths = (str(movie),)
    press = pressed(scene)
    name, scene.name = scene.name, "Old"
    bpy.data.scenes.new(name)
    disk.back.set()
    carry_out()
    drain_until("LANDED")
    assert place.find_scene(press.jobs[0]) == scene


def test_what_was_found_out_of_files_makes_no_other_shot_of_it(scene: bpy.types.Scene) -> None:
    """Pressed again when more is known than at first, it is under way all the same."""

    def changes_nothing(*_about: object) -> None:
        pass

    bpy.app.handlers.frame_change_pre.append(changes_nothing)
    try:
        first = shoot.checked(scene)
        later = tuple(
            replace(
                job,
                order=replace(job.order, frozen="", warnings=()),
                shot=replace(job.shot, see_through=True, native=False, scripts=True),
            )
            for job in first
        )
        session.current().add(later, scene.session_uid)
        assert any("is under way already" in doubt for doubt in shoot.doubts(first))
    finally:
        bpy.app.handlers.frame_change_pre.remove(changes_nothing)
    drain_until("LANDED")


def test_a_press_in_the_background_is_waited_for(scene: bpy.types.Scene) -> None:
    """There no timer would carry it out, and the next Blender would."""
    assert bpy.ops.reshoot.shoot("INVOKE_DEFAULT") == {"FINISHED"}
    assert [row.state for row in journal()] == ["PLACED"]


@pytest.mark.parametrize("noted", [3, "words", [1.0, 2.0], {"a": 1}])
def test_whatever_a_file_has_where_landings_are_noted(scene: bpy.types.Scene, noted: object) -> None:
    scene["reshoot_landed"] = noted
    assert place.how_placed(scene, "b" * 32) == ""
    place.note_how(scene, "b" * 32, "landed", ["a"])
    assert place.how_placed(scene, "b" * 32) == "landed"
