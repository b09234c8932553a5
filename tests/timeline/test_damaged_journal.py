# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's file is damaged: it is kept aside, a new one has the jobs again, and the editor is told."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import installed
import pytest
from bad_service import IN_QUEUE, BadService
from editing import drain_until, journal, takes
from patience import LONGEST
from reshoot import session
from reshoot.core.errors import StorageError
from reshoot.core.jobs import salvage
from reshoot.operators import waiting
from reshoot.session import opening, shoot
from reshoot.settings import folders

pytestmark = pytest.mark.usefixtures("selected_movie", "uncompared")


def damage() -> Path:
    """As a disk that fails would, while no Blender runs."""
    session.close()
    path = Path(os.environ["RESHOOT_HOME"]) / "journal.sqlite3"
    path.write_bytes(b"\xff" * path.stat().st_size)
    return path


def test_finished_and_waiting_jobs_come_back(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cut.blend"))
    bpy.ops.reshoot.shoot()
    service.misbehave("status", IN_QUEUE)
    scene.reshoot.prompt = "Make it rain"
    shoot.shoot(scene)
    drain_until("PLACED", "WAITING")
    bpy.ops.wm.save_mainfile()
    before = journal()
    path = damage()
    service.behave()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    with pytest.raises(StorageError, match=r"damaged.*2 jobs are in the new one") as told:
        waiting.wait_for_threads(session.current())
    (aside,) = path.parent.glob("journal-damaged-*.sqlite3")
    assert str(aside) in str(told.value)
    assert {row.id for row in journal()} == {row.id for row in before}
    assert [row.state for row in journal()] == ["PLACED", "PLACED"]
    # The second in the place of the first.
    assert [take["reshoot_job"] for take in takes(scene)] == [before[-1].id] and service.count("submit") == 2
    assert len(session.current().spent()) == 2


def test_a_journal_that_was_deleted(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    """What was under way is taken up from its folder: its request is followed, not sent again."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cut.blend"))
    scene.reshoot.prompt = "Make it rain"
    service.misbehave("status", IN_QUEUE)
    shoot.shoot(scene)
    drain_until("WAITING")
    session.close()
    (Path(os.environ["RESHOOT_HOME"]) / "journal.sqlite3").unlink()
    service.behave()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert [row.state for row in journal()] == ["PLACED"]
    assert len(takes(scene)) == 1 and service.count("submit") == 1


@pytest.fixture
def rebuilds(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that make a journal anew, where there is an interface to keep alive."""
    threads: list[threading.Thread] = []
    rebuild = salvage.rebuild

    def heard(*about: Any, **how: Any) -> salvage.Rebuilt:
        threads.append(threading.current_thread())
        return rebuild(*about, **how)

    monkeypatch.setattr(salvage, "rebuild", heard)
    monkeypatch.setattr(opening, "_may_wait", lambda: False)
    return threads


def until_opened() -> None:
    end = time.monotonic() + LONGEST
    while opening.is_opening():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_interface_does_not_wait_for_a_new_journal(
    scene: bpy.types.Scene, service: BadService, rebuilds: list[threading.Thread]
) -> None:
    bpy.ops.reshoot.shoot()
    damage()
    with pytest.raises(StorageError, match="wait a moment"):
        session.current()
    until_opened()
    (told,) = session.current().complaints()
    assert "1 jobs are in the new one" in str(told)
    assert [row.state for row in journal()] == ["PLACED"]
    assert len(rebuilds) == 1 and threading.main_thread() not in rebuilds
    session.close()
    damage()
    # As Blender's start does, on a thread of its own.
    opening.open_ahead(folders.home(), session.project())
    assert "1 jobs are in the new one" in str(session.current().complaints()[0])


def test_what_keeps_a_new_journal_from_being_made_is_told_and_tried_again_later(
    scene: bpy.types.Scene, service: BadService, rebuilds: list[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    bpy.ops.reshoot.shoot()
    damage()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=0, total=1, used=1))
        with pytest.raises(StorageError, match="wait a moment"):
            session.current()
        until_opened()
        for _draw in range(3):
            with pytest.raises(StorageError, match="too full"):
                session.current()
        assert len(rebuilds) == 1, "a panel that is drawn asks each time"
    monkeypatch.setattr(opening, "_AGAIN", 0.0)
    with pytest.raises(StorageError, match="wait a moment"):
        session.current()
    until_opened()
    assert session.current() and [row.state for row in journal()] == ["PLACED"]


def test_it_happens_once(scene: bpy.types.Scene, service: BadService) -> None:
    bpy.ops.reshoot.shoot()
    path = damage()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    session.close()
    installed.stop()
    installed.start_afresh()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert len(list(path.parent.glob("journal-damaged-*"))) == 1
    assert [row.state for row in journal()] == ["PLACED"]
