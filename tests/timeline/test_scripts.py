# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts in a file: they run where its clip is rendered if this Blender runs them for this file, and not otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import bpy
import numbered
import pytest
from bad_service import BadService
from campaign import sampled
from editing import add_movie, open_timeline, seen, select
from reshoot.core.jobs import board
from reshoot.session import shoot
from reshoot.timeline import compat, scripts

pytestmark = pytest.mark.usefixtures("uncompared")


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """The file in which a script of the project writes down the processes that it ran in."""
    return tmp_path / "ran"


@pytest.fixture
def project(tmp_path: Path, ran: Path, movie: Path) -> Path:
    """A saved file whose shot is black but for a script in a driver, and whose other driver leaves a trace."""
    scene = open_timeline()
    strip = add_movie(scene, movie)
    strip.driver_add("color_multiply").driver.expression = "1.0 if open else 0.0"
    note = f"print(__import__('os').getpid(), file=open({str(ran)!r}, 'a', 1)) or 1.0"
    strip.driver_add("color_saturation").driver.expression = note
    path = tmp_path / "projects" / "hostile.blend"
    path.parent.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    ran.unlink(missing_ok=True)
    return path


@pytest.fixture
def preferences() -> Iterator[Any]:
    """Blender's preferences, which are as they were afterwards: so is what later files are allowed."""
    given = bpy.context.preferences
    yield given
    given.filepaths.use_scripts_auto_execute = False
    for path in list(given.autoexec_paths):
        given.autoexec_paths.remove(path)


def ran_elsewhere(ran: Path) -> bool:
    """Whether a script of the project ran in another process than this one."""
    found = {int(line) for line in ran.read_text(encoding="utf-8").split()} if ran.exists() else set()
    return bool(found - {os.getpid()})


def brightness(path: Path) -> float:
    """Of the first picture of a movie, 0 to 255."""
    with av.open(str(path)) as movie:
        return float(next(movie.decode(video=0)).to_ndarray(format="gray").mean())


@pytest.mark.every_blender("what a file is allowed is Blender's own state, which it does not tell")
@pytest.mark.parametrize("refused_by", sampled(["trusted source", "excluded folder", "preference"], "trusted source"))
def test_scripts_that_are_refused_here_do_not_run_where_the_clip_is_rendered(
    project: Path, ran: Path, preferences: Any, service: BadService, refused_by: str
) -> None:
    preferences.filepaths.use_scripts_auto_execute = refused_by != "preference"
    if refused_by == "excluded folder":
        preferences.autoexec_paths.new().path = str(project.parent)
    if refused_by == "trusted source":
        bpy.ops.wm.open_mainfile(filepath=str(project), use_scripts=False)
    else:
        bpy.ops.wm.open_mainfile(filepath=str(project))
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert service.count("submit") == 1
    assert not ran.exists()


@pytest.mark.every_blender("what a file is allowed is Blender's own state, which it does not tell")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the script leaves its file open
def test_scripts_that_run_here_run_where_the_clip_is_rendered(
    project: Path, ran: Path, preferences: Any, service: BadService
) -> None:
    preferences.filepaths.use_scripts_auto_execute = False
    bpy.ops.wm.open_mainfile(filepath=str(project), use_scripts=True)
    names = sorted(scene.name for scene in bpy.data.scenes)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert ran_elsewhere(ran)
    assert sorted(scene.name for scene in bpy.data.scenes) == names
    (line,) = board.all_jobs()
    assert line.job.take is not None and brightness(Path(line.job.take.path)) > 40


def test_what_is_allowed_follows_the_preference(project: Path, preferences: Any) -> None:
    preferences.filepaths.use_scripts_auto_execute = False
    bpy.ops.wm.open_mainfile(filepath=str(project), use_scripts=False)
    assert not scripts.allowed()
    preferences.filepaths.use_scripts_auto_execute = True
    assert scripts.allowed()
    preferences.filepaths.use_scripts_auto_execute = False
    assert not scripts.allowed()


def test_a_file_without_scripts_is_not_warned_of(
    scene: bpy.types.Scene, selected_movie: None, preferences: Any, tmp_path: Path
) -> None:
    preferences.filepaths.use_scripts_auto_execute = False
    strip = numbered.strips(scene)[0]
    strip.transform.driver_add("offset_x").driver.expression = "frame * 2"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "plain.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "plain.blend"), use_scripts=False)
    assert not shoot.checked(bpy.context.scene)[0].shot.scripts
    assert not bpy.app.autoexec_fail


def fill_titles(_scene: object, _graph: object = None) -> None:
    """What a script of an editor does at each frame."""


@pytest.fixture(params=["frame_change_pre", "render_pre", "driver"])
def scripted(request: pytest.FixtureRequest, movie: Path) -> Iterator[tuple[Any, Any, str]]:
    """A timeline with a movie whose own frames are sent, the movie, and the script's name, as an editor knows it."""
    scene = open_timeline()
    strip = add_movie(scene, movie)
    if request.param != "driver":
        handlers = getattr(bpy.app.handlers, request.param)
        handlers.append(fill_titles)
        yield scene, strip, f"“{__name__}”"
        handlers.remove(fill_titles)
    else:
        bpy.app.driver_namespace["wobble"] = fill_titles
        scene.driver_add("audio_volume").driver.expression = "wobble(frame) or sin(frame)"
        yield scene, strip, "“wobble”"
        del bpy.app.driver_namespace["wobble"]


def test_pictures_that_a_script_makes_here_are_told_to_stand_still(
    scripted: tuple[Any, Any, str], service: BadService
) -> None:
    scene, strip, name = scripted
    assert seen(scene).frozen == "", "the movie's own frames are sent"
    assert not any("standing still" in doubt for doubt in shoot.doubts(shoot.checked(scene)))
    strip.use_flip_x = True
    told = seen(scene).frozen
    assert name in told and "render the strip to a file first" in told
    jobs = shoot.checked(scene)
    assert told in jobs[0].order.warnings and told in shoot.doubts(jobs)
    assert service.requests == []


def _object(_scene: bpy.types.Scene, three: bpy.types.Scene) -> Any:
    found = bpy.data.objects.new("Box", bpy.data.meshes.new("Box"))
    inner = bpy.data.collections.new("Inner")
    three.collection.children.link(inner)
    inner.objects.link(found)
    return found


def _world(_scene: bpy.types.Scene, three: bpy.types.Scene) -> Any:
    three.world = bpy.data.worlds.new("Sky")
    return three.world


def _nodes_of_a_material(scene: bpy.types.Scene, three: bpy.types.Scene) -> Any:
    box, group = _object(scene, three), bpy.data.node_groups.new("Rust", "ShaderNodeTree")
    material = bpy.data.materials.new("Steel")
    if material.node_tree is None:
        material.use_nodes = True
    material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    box.data.materials.append(material)
    return group


def _mask_of_a_modifier(scene: bpy.types.Scene, _three: bpy.types.Scene) -> Any:
    mask = bpy.data.masks.new("Hole")
    compat.strips(scene.sequence_editor).new_mask("Hole", mask, 9, 1)
    return mask


PARTS = [_object, _world, _nodes_of_a_material, _mask_of_a_modifier, lambda _scene, three: three]
"""What a scene strip shows, or a mask; the last is its scene itself."""


@pytest.mark.every_blender("which data holds which is told in another way in each Blender")
@pytest.mark.parametrize("make", PARTS, ids=["object", "world", "nodes", "mask", "scene"])
def test_a_driver_of_what_a_strip_shows_is_told_of(service: BadService, make: Any) -> None:
    """The function that it uses is not there where the shot is rendered."""
    scene, three = open_timeline(), bpy.data.scenes.new("Three")
    strip = compat.strips(scene.sequence_editor).new_scene("Three", three, 1, 1)
    compat.set_end(strip, 81)
    select(scene, strip)
    data = make(scene, three)
    data["amount"] = 0.0
    data.driver_add('["amount"]').driver.expression = "wobble(frame)"
    stranger = bpy.data.objects.new("Elsewhere", None)
    bpy.data.scenes.new("Elsewhere").collection.objects.link(stranger)
    stranger.driver_add("location", 0).driver.expression = "shake(frame)"
    bpy.app.driver_namespace.update(wobble=fill_titles, shake=fill_titles)
    try:
        told = seen(scene).frozen
        assert "“wobble”" in told and "shake" not in told
        assert told in shoot.doubts(shoot.checked(scene))
        # Where it is not shown, it is no news.
        assert scripts.frozen_words(scene, 200, 300) == ""
    finally:
        del bpy.app.driver_namespace["wobble"], bpy.app.driver_namespace["shake"]
    assert seen(scene).frozen == "" and service.requests == []


def test_in_a_file_of_very_many_blocks_any_driver_may_be_of_the_shot(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, three = open_timeline(), bpy.data.scenes.new("Three")
    select(scene, compat.strips(scene.sequence_editor).new_scene("Three", three, 1, 1))
    stranger = bpy.data.objects.new("Elsewhere", None)
    stranger.driver_add("location", 0).driver.expression = "shake(frame)"
    bpy.app.driver_namespace["shake"] = fill_titles
    monkeypatch.setattr(scripts, "_MOST_BLOCKS", 0)
    try:
        assert "“shake”" in scripts.frozen_words(scene, 1, 81)
    finally:
        del bpy.app.driver_namespace["shake"]


def test_nothing_is_told_of_blenders_own_scripts_and_of_reshoots(movie: Path) -> None:
    scene = open_timeline()
    strip = add_movie(scene, movie)
    strip.use_flip_x = True
    strip.driver_add("color_multiply").driver.expression = "sin(frame) + clamp(frame, 0, 1)"
    assert seen(scene).frozen == ""
