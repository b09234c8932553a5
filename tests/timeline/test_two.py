# SPDX-License-Identifier: GPL-3.0-or-later
"""Two of everything: files with two names, strips that carry the same job, two Blenders on one project."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import bpy
import pytest
from bad_service import IN_QUEUE, BadService
from editing import drain_till, drain_until, journal, takes, the_job
from reshoot import session
from reshoot.core.jobs import board, rows
from reshoot.core.jobs.journal import Journal
from reshoot.session import shoot
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("selected_movie", "uncompared")


def test_a_file_that_is_copied_under_another_name_gets_no_second_take(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.blend", tmp_path / "two.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(one))
    service.misbehave("status", IN_QUEUE)
    shoot.shoot(scene)
    shutil.copy(one, two)
    bpy.ops.wm.open_mainfile(filepath=str(two))
    service.behave()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert takes(bpy.context.scene) == [], "the job belongs to the file that it was sent from"
    bpy.ops.wm.open_mainfile(filepath=str(one))
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert len(takes(bpy.context.scene)) == 1
    assert (the_job().state, service.count("submit")) == ("PLACED", 1)


def test_takes_that_are_duplicated_with_their_ids(scene: bpy.types.Scene, service: BadService) -> None:
    bpy.ops.reshoot.shoot()
    (take,) = takes(scene)
    job = take["reshoot_job"]
    copy = compat.strips(scene.sequence_editor).new_movie("copy", bpy.path.abspath(take.filepath), 9, 1)
    copy["reshoot_job"] = job
    session.current().following.forget_strips()
    assert session.takes_in_file() == frozenset({job})
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert len(takes(scene)) == 2 and the_job().state == "PLACED"
    compat.strips(scene.sequence_editor).remove(copy)
    session.current().following.forget_strips()
    assert session.takes_in_file() == frozenset({job}), "one of two is not all"


def test_the_shot_of_a_job_is_duplicated_while_it_runs(scene: bpy.types.Scene, service: BadService) -> None:
    """The take covers the shot that was sent; a copy of it is another strip."""
    (strip,) = compat.strips_all(scene.sequence_editor)
    service.misbehave("status", IN_QUEUE)
    shoot.shoot(scene)
    again = compat.strips(scene.sequence_editor).new_movie(strip.name, bpy.path.abspath(strip.filepath), 5, 200)
    service.behave()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    (take,) = takes(scene)
    assert compat.start(take) == compat.start(strip) != compat.start(again)
    assert service.count("submit") == 1


def test_another_blender_has_the_job(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    """It is left to that one as long as that one lives, and taken up once it is gone."""
    service.misbehave("status", IN_QUEUE)
    shoot.shoot(scene)
    running = session.current()
    drain_until("WAITING")
    path = running.home / "journal.sqlite3"
    session.close()
    other = Journal(path, "another Blender")
    (job_id,) = other.unfinished()
    assert other.claim(job_id)
    service.behave()
    asked = service.count("status")
    done = threading.Event()

    def goes_away() -> None:
        if not done.wait(3.0):
            assert service.count("status") == asked, "the job of another Blender was followed"
            other.close()

    thread = threading.Thread(target=goes_away)
    thread.start()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    done.set()
    thread.join()
    assert (the_job().state, service.count("submit")) == ("PLACED", 1)
    assert len(takes(scene)) == len(journal()) == 1


def test_a_take_that_another_blender_has_is_that_ones_to_place(
    scene: bpy.types.Scene, service: BadService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no other take up here, and comes once that one is gone."""
    monkeypatch.setattr(rows, "LEASE_SECONDS", 0.5)
    shoot.shoot(scene)
    drain_until("LANDED")
    path = session.current().home / "journal.sqlite3"
    session.close()
    other = Journal(path, "another Blender")
    job_id = the_job().id
    assert other.claim(job_id)
    running = session.current()
    running.resume()

    def is_elsewhere() -> bool:
        line = board.progress(job_id)
        return line is not None and line.elsewhere

    drain_till(is_elsewhere)
    assert running.placing.landed() == []
    other.close()
    drain_till(lambda: not is_elsewhere())
    assert [job.id for jobs in running.placing.landed() for job in jobs] == [job_id]
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert len(takes(scene)) == 1
