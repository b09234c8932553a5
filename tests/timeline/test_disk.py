# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks and names as they come: folders that go away and return, names that no file may have, a journal in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import bpy
import pytest
from bad_service import BadService, Exchange
from editing import files, journal, refusal, retry, takes, the_job
from reshoot import session
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("selected_movie", "uncompared")

ODD = "Ünï “quotes” 'x' \"y\" 🌲 雪 % {0} $HOME"


def save(path: Path) -> Path:
    """Save the file there, in a folder of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def beside_home(folder: Path) -> set[Path]:
    """The files in `folder`, but for those in Reshoot's own."""
    return {path for path in files(folder) if Path(os.environ["RESHOOT_HOME"]) not in path.parents}


@pytest.mark.parametrize("name", [ODD, "../../evil", "..", "CON", "a/b\\c", "x" * 63])
def test_whatever_a_strip_is_called(scene: bpy.types.Scene, service: BadService, tmp_path: Path, name: str) -> None:
    project = save(tmp_path / "film" / "cut.blend")
    (strip,) = compat.strips_all(scene.sequence_editor)
    strip.name = name
    before = beside_home(tmp_path)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert {path.parent for path in beside_home(tmp_path) - before} == {project.parent / "reshoot"}
    assert len(takes(scene)) == 1


@pytest.mark.parametrize("folder", [ODD, "with space", "ends with.dot.", "-dash"])
def test_whatever_a_projects_folder_is_called(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path, folder: str
) -> None:
    project = save(tmp_path / folder / f"{folder[:20]}.blend")
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    (take,) = takes(scene)
    assert Path(bpy.path.abspath(take.filepath)).parent == project.parent / "reshoot"


def test_a_path_that_is_too_long_is_refused_before_anything_is_paid(
    scene: bpy.types.Scene, service: BadService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session.close()
    monkeypatch.setenv("RESHOOT_HOME", str(tmp_path / "/".join("x" * 200 for _ in range(25))))
    assert refusal(bpy.ops.reshoot.shoot)
    assert service.count("submit") == 0


def test_a_projects_folder_that_goes_away_and_returns(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    """As a network folder does. Nothing is made in its place, and nothing is paid again."""
    project = save(tmp_path / "net" / "film" / "cut.blend")
    away = tmp_path / "away"

    def goes_away(exchange: Exchange) -> None:
        (tmp_path / "net").rename(away)
        service.rightly(exchange)

    service.misbehave("status", goes_away, times=1)
    said = refusal(bpy.ops.reshoot.shoot)
    assert str(project.parent) in said and "is not there" in said
    assert (the_job().state, the_job().paid) == ("FAILED", "YES")
    assert not (tmp_path / "net").exists(), "nothing was made where it was"
    away.rename(tmp_path / "net")
    retry()
    assert (the_job().state, service.count("submit")) == ("PLACED", 1)
    assert len(list((project.parent / "reshoot").glob("*.mp4"))) == 1


def test_the_journals_folder_goes_away_and_returns(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    home = Path(os.environ["RESHOOT_HOME"])
    away = home.with_name("away")
    in_its_place: list[Path] = []

    def comes_back() -> None:
        # A press waits for its journal as long as it takes: whatever is in the way is told, not waited with.
        in_its_place.extend(home.rglob("*"))
        shutil.rmtree(home, ignore_errors=True)
        away.rename(home)

    back = threading.Timer(1.0, comes_back)

    def goes_away(exchange: Exchange) -> None:
        home.rename(away)
        back.start()
        service.rightly(exchange)

    service.misbehave("status", goes_away, times=1)
    try:
        bpy.ops.reshoot.shoot()
    except RuntimeError:
        back.join()
        retry()
    back.join()
    assert (the_job().state, service.count("submit")) == ("PLACED", 1)
    assert not in_its_place, "nothing was made where it was"


def test_a_journal_that_another_program_holds_is_waited_for(scene: bpy.types.Scene, service: BadService) -> None:
    session.current()
    path = Path(os.environ["RESHOOT_HOME"]) / "journal.sqlite3"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with closing(other):
        other.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(2.0, lambda: other.execute("COMMIT"))
        release.start()
        assert bpy.ops.reshoot.shoot() == {"FINISHED"}
        release.join()
    assert the_job().state == "PLACED"


def test_a_journal_that_is_read_only_is_told_before_anything_is_paid(
    scene: bpy.types.Scene, service: BadService
) -> None:
    session.current()
    session.close()
    path = Path(os.environ["RESHOOT_HOME"]) / "journal.sqlite3"
    path.unlink()
    path.mkdir()
    assert "journal" in refusal(bpy.ops.reshoot.shoot)
    assert service.requests == []
    shutil.rmtree(path)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert len(journal()) == 1
