# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's file is damaged: it is kept aside, a new one has the jobs again, and the editor is told."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import installed
import pytest
from bad_service import IN_QUEUE, BadService
from editing import drain_until, journal, takes
from reshoot import session
from reshoot.core.errors import StorageError
from reshoot.operators import waiting
from reshoot.session import shoot

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
