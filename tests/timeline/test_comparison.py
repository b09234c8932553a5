# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender renders of the side that the timeline does not show, and that comparing changes nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import bpy
import numpy
import pytest
from editing import Timeline, add_movie, refusal, shoot, takes
from patience import LONGEST
from reshoot.core.errors import PlacementError
from reshoot.core.values.comparison_recipe import OTHER, SHOWN
from reshoot.session import comparison
from reshoot.timeline import compat

pytestmark = [pytest.mark.usefixtures("uncompared")]


@pytest.fixture(autouse=True)
def ended() -> Any:
    """Nothing is compared after a test, and nothing is left of it."""
    yield
    comparison.end()
    assert not list(comparison_folder().glob("*"))


def comparison_folder() -> Path:
    return Path(os.environ["RESHOOT_HOME"]) / "compare"


def rendered(scene: bpy.types.Scene, frame: int, folder: Path) -> Any:
    """The timeline's own picture, from the lower left, as bytes."""
    compat.set_image_format(scene.render.image_settings, "BMP")
    scene.render.image_settings.color_mode, scene.render.dither_intensity = "RGB", 0.0
    scene.render.filepath = str(folder / "own.bmp")
    scene.render.use_file_extension = False
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    data = (folder / "own.bmp").read_bytes()
    first, width, height = (int.from_bytes(data[at : at + 4], "little") for at in (10, 18, 22))
    row = (width * 3 + 3) // 4 * 4
    pixels = numpy.frombuffer(data, numpy.uint8, row * height, first).reshape(height, row)[:, : width * 3]
    return pixels.reshape(height, width, 3)[:, :, ::-1].astype(int)


def made(compare: comparison.Comparison, side: str, frame: int) -> Any:
    path = compare.file_of(side, frame)
    assert path is not None
    pixels = numpy.fromfile(path, numpy.uint8).reshape(compare.size[1], compare.size[0], 4)
    assert (pixels[:, :, 3] == 63).all()
    return pixels[:, :, :3].astype(int)


def wait_for(compare: comparison.Comparison, scene: bpy.types.Scene, *frames: int) -> None:
    end = time.monotonic() + LONGEST
    while not all(compare.file_of(side, frame) for side in compare.sides for frame in frames):
        assert compare.failure is None, compare.failure
        assert time.monotonic() < end
        compare.tick(scene, playing=False)
        time.sleep(0.02)


@pytest.mark.every_blender("a copy of the scene is changed and rendered by Blender")
def test_each_side_is_what_the_timeline_shows(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    """A rehearsal that looks otherwise than its shot, under a title, so that it lies in a stack."""
    strip = add_movie(scene, movie)
    title = compat.new_effect(scene.sequence_editor, "Title", "TEXT", 2, 1, 75)
    title.text, title.select = "TITLE", False
    shoot()
    (take,) = takes(scene)
    scene.frame_current = 30
    before = Timeline(scene)
    compare = comparison.begin(scene, "DIFFERENCE", "", 30)
    with pytest.raises(PlacementError, match="is what is shown"):
        comparison.begin(scene, "WIPE", take["reshoot_job"], 30)
    assert comparison.current() is compare
    # As where a take is placed meanwhile: it goes on afterwards.
    comparison.hold()
    assert not compare.has_thread
    wait_for(compare, scene, 30, 31, 29)
    before.is_as_it_was()
    assert compare.covers(1) and compare.covers(75) and not compare.covers(76)
    for frame in (29, 31):
        seen = rendered(scene, frame, tmp_path)
        take.mute = True
        plate = rendered(scene, frame, tmp_path)
        take.mute = False
        assert abs(seen - plate).max() > 50
        assert abs(made(compare, SHOWN, frame) - seen).max() <= 1
        assert abs(made(compare, OTHER, frame) - plate).max() <= 1

    # And the other way: where the original is shown, the take is the other side.
    assert bpy.ops.reshoot.take_show(job="") == {"FINISHED"}
    became_outdated(compare, scene)
    compare = comparison.begin(scene, "WIPE", "", 30)
    wait_for(compare, scene, 30)
    assert (compare.what.other, compare.what.shown) == (take.name, "Original")
    take.mute = False
    seen = rendered(scene, 30, tmp_path)
    assert abs(made(compare, OTHER, 30) - seen).max() <= 1
    strip.blend_alpha = 0.5
    became_outdated(compare, scene)


def became_outdated(compare: comparison.Comparison, scene: bpy.types.Scene) -> None:
    end = time.monotonic() + LONGEST
    while not compare.is_outdated(scene):
        assert time.monotonic() < end
        time.sleep(0.05)
    folder = compare.folder
    comparison.end()
    assert not folder.exists()


def test_another_take_is_the_other_side(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    """Of the same shot, while a later one is shown in its stack."""
    add_movie(scene, movie)
    title = compat.new_effect(scene.sequence_editor, "Title", "TEXT", 2, 1, 75)
    title.text, title.select = "TITLE", False
    shoot()
    first = takes(scene)[0]["reshoot_job"]
    assert bpy.ops.reshoot.shoot(prompt="Let it rain on all of it") == {"FINISHED"}
    (take,) = takes(scene)
    assert take["reshoot_job"] != first
    later = rendered(scene, 40, tmp_path)
    compare = comparison.begin(scene, "WIPE", first, 40)
    wait_for(compare, scene, 40)
    other = made(compare, OTHER, 40)
    assert compare.what.other != compare.what.shown == take.name
    assert take["reshoot_job"] != first and abs(other - later).max() > 50
    assert bpy.ops.reshoot.take_show(job=first) == {"FINISHED"}
    assert abs(other - rendered(scene, 40, tmp_path)).max() <= 1


def test_what_cannot_be_compared_is_refused(scene: bpy.types.Scene, movie: Path, identity: None) -> None:
    add_movie(scene, movie)
    with pytest.raises(PlacementError, match="has no take"):
        comparison.begin(scene, "WIPE", "", 1)
    with pytest.raises(PlacementError, match="no take yet"):
        comparison.begin(scene, "WIPE", "0" * 32, 1)
    assert "Compare needs a window" in refusal(bpy.ops.reshoot.compare)
    assert comparison.current() is None and not comparison_folder().exists()


def test_what_a_crash_has_left_is_removed(tmp_path: Path) -> None:
    new, old = tmp_path / "compare" / "new", tmp_path / "compare" / "old"
    for folder in (new, old):
        folder.mkdir(parents=True)
        (folder / "other+000001.raw").touch()
    os.utime(old, (0, 0))
    comparison.sweep(tmp_path)
    assert new.is_dir() and not old.exists()
    comparison.sweep(tmp_path / "nothing")
