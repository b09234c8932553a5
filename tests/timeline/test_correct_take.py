# SPDX-License-Identifier: GPL-3.0-or-later
"""A take lies in the timeline before it was compared with its clip, and is put right there when it has been."""

from __future__ import annotations

import io
import time
from pathlib import Path

import av
import bpy
import editing
import pytest
from bad_service import BadService
from editing import takes
from patience import LONGEST
from reshoot import session
from reshoot.core.errors import PlacementError
from reshoot.core.jobs import board
from reshoot.core.values.job import Job
from reshoot.session import shoot
from reshoot.timeline import compat
from test_inspection import FOOTAGE, FRAMES, untouched, write

START = 51


@pytest.fixture
def scene(service: BadService, tmp_path: Path) -> bpy.types.Scene:
    """A shot whose result comes two frames late."""

    def damage(sent: bytes) -> bytes:
        with av.open(io.BytesIO(sent)) as source:
            frames = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)]
        pictures = (untouched(frames[max(k - 2, 0)], k)[:, :, [2, 0, 1]] for k in range(FRAMES))
        return write(tmp_path / "damaged.mp4", pictures, size=(1280, 720)).read_bytes()

    service.change = damage
    scene = editing.open_timeline(width=1280)
    strip = editing.add_movie(scene, FOOTAGE, frame=START)
    compat.set_end(strip, START + FRAMES)
    return scene


def placed_as_it_came(scene: bpy.types.Scene) -> Job:
    """A job whose take was placed at once, and hardly any later compared."""
    (job,) = shoot.shoot(scene)
    running, deadline = session.current(), time.monotonic() + LONGEST
    while not running.placing.landed():
        running.drain(1.0)
        assert time.monotonic() < deadline, board.progress(job.id)
        time.sleep(0.01)
    ((landed,),) = running.placing.landed()
    assert not landed.compared
    running.placing.place([landed])
    assert lies(scene) == START
    return landed


def takes_to_correct(job: Job) -> Job:
    """The job once it was compared."""
    running, deadline = session.current(), time.monotonic() + LONGEST
    while not running.placing.takes_to_correct():
        running.drain(1.0)
        assert time.monotonic() < deadline and running.placing.has_uncompared, board.progress(job.id)
        time.sleep(0.01)
    (found,) = running.placing.takes_to_correct()
    assert found.id == job.id
    return found


def lies(scene: bpy.types.Scene) -> int:
    """Where the first frame of the take's file is."""
    (take,) = takes(scene)
    assert (compat.start(take), compat.end(take)) == (START, START + FRAMES)
    return round(compat.content_start(take))


@pytest.mark.every_blender("a placed strip is put right by names that changed")
def test_a_take_is_put_right_where_it_lies(scene: bpy.types.Scene) -> None:
    job = placed_as_it_came(scene)
    (take,) = takes(scene)
    name, channel = take.name, take.channel
    editing.select(scene, take)
    scene.sequence_editor.active_strip = take
    assert session.current().placing.correct_take(takes_to_correct(job))
    assert lies(scene) == START - 2
    (take,) = takes(scene)
    assert (take.name, take.channel, take.select) == (name, channel, True)
    assert scene.sequence_editor.active_strip == take
    assert not session.current().placing.takes_to_correct() and not session.current().placing.has_uncompared


def test_a_take_that_the_editor_has_changed_stays(scene: bpy.types.Scene) -> None:
    job = placed_as_it_came(scene)
    (take,) = takes(scene)
    take.blend_alpha = 0.5
    with pytest.raises(PlacementError, match="its strip was changed meanwhile"):
        session.current().placing.correct_take(takes_to_correct(job))
    assert lies(scene) == START and takes(scene)[0].blend_alpha == 0.5
    assert not session.current().placing.takes_to_correct(), "it is told once"


def test_a_take_that_was_undone_does_not_come_again(scene: bpy.types.Scene) -> None:
    job = placed_as_it_came(scene)
    (take,) = takes(scene)
    compat.strips(scene.sequence_editor).remove(take)
    assert not session.current().placing.correct_take(takes_to_correct(job))
    assert not takes(scene)


@pytest.mark.campaign
def test_placed_again_it_lies_as_it_should(scene: bpy.types.Scene) -> None:
    job = placed_as_it_came(scene)
    compat.strips(scene.sequence_editor).remove(takes(scene)[0])
    takes_to_correct(job)
    assert bpy.ops.reshoot.take_place(job=job.id) == {"FINISHED"}
    assert lies(scene) == START - 2
    assert not session.current().placing.takes_to_correct()


@pytest.mark.campaign
def test_a_take_whose_file_is_gone_stays(scene: bpy.types.Scene) -> None:
    job = placed_as_it_came(scene)
    found = takes_to_correct(job)
    assert found.take
    Path(found.take.path).unlink()
    with pytest.raises(PlacementError, match="is not on disk any more"):
        session.current().placing.correct_take(found)
    assert lies(scene) == START
