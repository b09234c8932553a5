# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk with a take is asked beside the interface: one that hangs holds neither Blender nor other takes for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import editing
import numbered
import pytest
from editing import add_movie, drain_until, select, takes
from file_calls import FileCalls
from patience import LONGEST
from reshoot import session
from reshoot.core.errors import PlacementError
from reshoot.core.jobs import board
from reshoot.core.takes import at_hand
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.operators import jobs as job_operators
from reshoot.operators import takes as take_operators
from reshoot.operators import tick, watch
from reshoot.session import clean_up, placing, shoot
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("selected_movie", "identity", "uncompared")


@pytest.fixture(autouse=True)
def with_an_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is waited for no longer than where a window is to be kept alive."""
    monkeypatch.setattr(placing, "_moment", lambda: placing.AT_ONCE)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk with takes that hangs until this is set."""
    back, find = threading.Event(), at_hand.find

    def hang(needed: Any) -> at_hand.Files:
        back.wait(LONGEST)
        return find(needed)

    monkeypatch.setattr(at_hand, "find", hang)
    yield back
    back.set()


def landed(scene: bpy.types.Scene) -> Job:
    """A job whose take waits to be placed."""
    (job,) = shoot.shoot(scene)
    editing.drain_till(lambda: (line := board.progress(job.id)) is not None and line.job.state is State.LANDED)
    return board.progress(job.id).job


class Watch:
    """What the watch does at a tick, without a window."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def report(self, _kind: set[str], words: str) -> None:
        self.said.append(words)

    def tick(self) -> bool:
        """Whether a take was placed, or cannot be."""
        running = session.current()
        done = tick._place_wanted(running, self.report)
        for jobs in running.placing.landed()[:1]:
            done = tick._place(running, jobs, self.report) or done
        return done

    def until_done(self) -> None:
        end = time.monotonic() + LONGEST
        while not self.tick():
            assert time.monotonic() < end
            time.sleep(0.005)


def pressed_button(job: Job, scene: bpy.types.Scene) -> set[str]:
    """What *Place* in the list of jobs does in a window."""
    button = SimpleNamespace(job=job.id, report=lambda *_about: None)
    context = SimpleNamespace(area=None, scene=scene)
    return take_operators.RESHOOT_OT_take_place._place(button, context, wait=False)


def test_the_main_thread_asks_no_disk_for_a_take(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    job = landed(scene)
    with FileCalls() as calls:
        Watch().until_done()
    assert calls.made == []
    drain_until("PLACED")
    assert [take["reshoot_job"] for take in takes(scene)] == [job.id]


def test_a_take_waits_for_its_disk_and_others_wait_behind_it(
    scene: bpy.types.Scene, movie: Path, disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_TOLD_AFTER", 0.0)
    first = landed(scene)
    select(scene, add_movie(scene, movie, channel=9, frame=200))
    second = landed(scene)
    seen, words = Watch(), say_of(first)
    for _tick in range(3):
        assert not seen.tick()
    assert say_of(first) != words and "disk" in say_of(first)
    assert watch._is_work(session.current()) and not takes(scene)
    disk.set()
    seen.until_done()
    assert [take["reshoot_job"] for take in takes(scene)] == [first.id], "in their order"
    seen.until_done()
    assert {take["reshoot_job"] for take in takes(scene)} == {first.id, second.id}
    drain_until("PLACED", "PLACED")
    assert say_of(first) == words


def say_of(job: Job) -> str:
    """What the list says of a job."""
    return board.progress(job.id).words


def test_a_disk_that_never_answers_is_told_once_and_holds_no_other_take(
    scene: bpy.types.Scene, disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "PATIENCE", 0.05)
    job, seen = landed(scene), Watch()
    seen.until_done()
    (told,) = seen.said
    assert "has not answered" in told and say_of(job) == told
    assert not session.current().placing.landed() and not takes(scene)
    disk.set()
    session.current().placing.retry()
    seen.until_done()
    assert len(takes(scene)) == 1
    drain_until("PLACED")


def test_place_again_waits_for_the_disk_beside_the_interface(scene: bpy.types.Scene, disk: threading.Event) -> None:
    job = landed(scene)
    assert pressed_button(job, scene) == {"CANCELLED"}, "no undo step of nothing"
    assert watch._is_work(session.current())
    disk.set()
    Watch().until_done()
    drain_until("PLACED")
    compat.strips(scene.sequence_editor).remove(*takes(scene))
    disk.clear()
    assert pressed_button(board.progress(job.id).job, scene) == {"CANCELLED"}
    seen = Watch()
    assert not seen.tick()
    disk.set()
    seen.until_done()
    assert len(takes(scene)) == 1 and session.current().placing.wanted is None
    assert not seen.tick()


def test_place_again_is_at_once_where_the_disk_is_awake(
    scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a machine that does much besides needs.
    monkeypatch.setattr(placing, "_moment", lambda: LONGEST)
    job = landed(scene)
    assert pressed_button(job, scene) == {"FINISHED"}
    assert len(takes(scene)) == 1
    drain_until("PLACED")


def test_what_was_dismissed_meanwhile_is_not_placed(scene: bpy.types.Scene, disk: threading.Event) -> None:
    job = landed(scene)
    assert pressed_button(job, scene) == {"CANCELLED"}
    assert bpy.ops.reshoot.job_dismiss(job=job.id) == {"FINISHED"}
    editing.drain_till(lambda: board.progress(job.id).job.dismissed > 0)
    disk.set()
    assert not Watch().tick() and not takes(scene)


def test_a_take_that_is_gone_is_told_by_the_watch(scene: bpy.types.Scene) -> None:
    job, seen = landed(scene), Watch()
    Path(job.take.path).unlink()
    seen.until_done()
    assert "not on disk any more" in seen.said[0]
    assert not seen.tick(), "it is tried once"


def test_a_copy_at_another_rate_is_made_beside_the_interface(tmp_path: Path) -> None:
    scene = editing.open_timeline(fps=Fraction(12))
    add_movie(scene, numbered.movie(tmp_path / "slow.mp4", frames=48, fps=Fraction(12)))
    scene.reshoot.timing = "REAL_TIME"
    job = landed(scene)
    path = Path(job.take.path)
    whole = path.read_bytes()
    scene.render.fps = 25
    path.write_bytes(b"no movie")
    with pytest.raises(PlacementError, match="cannot be fitted"):
        session.current().placing.place([job])
    path.write_bytes(whole)
    session.current().placing.retry()
    with FileCalls() as calls:
        Watch().until_done()
    assert calls.made == []
    (take,) = takes(scene)
    assert Path(bpy.path.abspath(take.filepath)).name != path.name
    drain_until("PLACED")


def test_taking_jobs_up_asks_the_open_files_disk_beside_the_interface(
    scene: bpy.types.Scene, tmp_path: Path, movie: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    job = landed(scene)
    Watch().until_done()
    drain_until("PLACED")
    session.close()
    bpy.ops.wm.revert_mainfile()
    running = session.current()
    with FileCalls() as calls:
        running.resume()
    assert calls.made == []
    # It was never saved with its file.
    editing.drain_till(lambda: board.progress(job.id).job.state is State.LANDED)


def test_buttons_of_a_take_ask_its_disk_beside_the_interface(scene: bpy.types.Scene) -> None:
    job, said = landed(scene), []
    button = SimpleNamespace(job=job.id, report=lambda _kind, words: said.append(words))
    folder = Path(job.take.path).parent
    folder.rename(folder.with_name("away"))
    with FileCalls() as calls:
        take_operators.RESHOOT_OT_take_folder.execute(button, bpy.context)
        # It is gone, which the runner finds out too.
        job_operators.RESHOOT_OT_job_retry.act(button, session.current(), job)
    assert calls.made == []
    assert "is not there" in said[0]


def test_rejected_takes_go_by_name_where_nothing_uses_them(scene: bpy.types.Scene) -> None:
    job = landed(scene)
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    take, runner = Path(job.take.path), session.current().runner
    for given in ({}, {"jobs": " , "}, {"jobs": "all"}):
        assert "job" in editing.refusal(bpy.ops.reshoot.takes_clean_up, **given)
    assert "not rejected" in editing.refusal(bpy.ops.reshoot.takes_clean_up, jobs=job.id)
    runner.mark(job.id, rating=Rating.REJECT).result(LONGEST)
    assert "uses it" in editing.refusal(bpy.ops.reshoot.takes_clean_up, jobs=job.id)
    editor = scene.sequence_editor
    for strip in list(takes(scene)):
        compat.strips(editor).remove(strip)
    sound = bpy.data.sounds.load(str(take))
    assert "uses it" in editing.refusal(bpy.ops.reshoot.takes_clean_up, jobs=job.id)
    bpy.data.sounds.remove(sound)
    assert "no job" in editing.refusal(bpy.ops.reshoot.takes_clean_up, jobs=f"{job.id},nothing")
    assert take.is_file(), "all or none"
    editing.drain_till(lambda: board.progress(job.id).job.rating is Rating.REJECT)
    assert [each.job.id for each in clean_up.rejected()] == [job.id]
    assert bpy.ops.reshoot.takes_clean_up(jobs=job.id) == {"FINISHED"}
    assert not take.exists() and take.with_suffix(".json").is_file()
    assert session.current().job(job.id).take.path == str(take)
    editing.drain_till(lambda: "fetches it again" in board.progress(job.id).words)
    assert clean_up.rejected() == []
