# SPDX-License-Identifier: GPL-3.0-or-later
"""The context in which Blender's own operators add a take that has a frame rate of its own."""

from __future__ import annotations

from pathlib import Path

import bpy
import footage
import pytest
from reshoot.core.errors import PlacementError
from reshoot.timeline import compat, movie_strip

pytestmark = pytest.mark.every_blender("a movie is added, and its rate kept, in another way in each Blender")


@pytest.mark.parametrize("kind", ["SEQUENCE_EDITOR", "TEXT_EDITOR"])
def test_the_area_that_the_context_is_in_is_used(scene: bpy.types.Scene, movie: Path, kind: str) -> None:
    """To move the context while another thread runs can crash Blender, see `movie_strip`: what it is in is left."""
    (window,) = bpy.context.window_manager.windows
    area = window.screen.areas[-1]
    area.ui_type = kind
    header = next(region for region in area.regions if region.type == "HEADER")
    with bpy.context.temp_override(window=window, area=area, region=header):
        with movie_strip.sequencer(scene):
            assert bpy.context.area == area and area.type == "SEQUENCE_EDITOR"
            assert bpy.context.region == header
        assert area.ui_type == kind
        scene.render.fps = 50
        strip = movie_strip.add(scene, "take", movie, 3, 1, at_own_rate=True)
        assert area.ui_type == kind and bpy.context.region == header
    assert compat.end(strip) - compat.start(strip) == 2 * footage.FRAMES


def test_another_scene_than_the_one_on_screen(scene: bpy.types.Scene, movie: Path) -> None:
    (window,) = bpy.context.window_manager.windows
    area = window.screen.areas[0]
    other = bpy.data.scenes.new("Other")
    other.render.fps = 50
    other.sequence_editor_create()
    with bpy.context.temp_override(window=window, area=area):
        movie_strip.add(other, "take", movie, 3, 1, at_own_rate=True)
        assert bpy.context.scene == window.scene == scene
    (strip,) = compat.strips(other.sequence_editor)
    assert compat.end(strip) - compat.start(strip) == 2 * footage.FRAMES
    assert not compat.strips(scene.sequence_editor)


def test_the_window_shows_afterwards_what_it_showed(scene: bpy.types.Scene, movie: Path) -> None:
    (window,) = bpy.context.window_manager.windows
    window.view_layer = scene.view_layers.new("Second")
    workspace = window.workspace
    chooses = hasattr(workspace, "sequencer_scene")
    if chooses:
        workspace.sequencer_scene = None
    other = bpy.data.scenes.new("Other")
    other.sequence_editor_create()
    for each in (scene, other):
        movie_strip.add(each, "take", movie, 3, 1, at_own_rate=True)
        assert [strip.name for strip in compat.strips(each.sequence_editor)] == ["take"]
        assert (window.scene, window.view_layer.name) == (scene, "Second")
        assert not chooses or workspace.sequencer_scene is None


def test_timeline_of_another_file_takes_no_strip(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    scene.name = "Elsewhere"
    library = str(tmp_path / "elsewhere.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (_, wanted):
        wanted.scenes = ["Elsewhere"]
    (linked,) = wanted.scenes
    with pytest.raises(PlacementError, match="did not add shot") as raised:
        movie_strip.add(linked, "take", movie, 3, 1, at_own_rate=True)
    assert "linked" in raised.value.remedy


def test_without_an_area_one_is_found(scene: bpy.types.Scene) -> None:
    assert bpy.context.area is None
    (window,) = bpy.context.window_manager.windows
    before = [area.ui_type for area in window.screen.areas]
    with movie_strip.sequencer(scene):
        assert bpy.context.area.type == "SEQUENCE_EDITOR" and bpy.context.region.type == "WINDOW"
    assert bpy.context.area is None
    assert [area.ui_type for area in window.screen.areas] == before
