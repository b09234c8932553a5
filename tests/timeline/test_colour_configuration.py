# SPDX-License-Identifier: GPL-3.0-or-later
"""A colour configuration of the editor's own, in which nothing is called as in Blender's, where pictures are made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import bpy
import editing
import footage
import numbered
import pytest
from editing import open_timeline, shoot
from reshoot.core.errors import ExportError
from reshoot.core.jobs import board
from reshoot.timeline import compat, export

_SPACE = """
  - !<ColorSpace>
    name: {name}
    encoding: {encoding}
    bitdepth: 32f
    isdata: {data}
    {way}
"""
_DISPLAYED = "from_scene_reference: !<ExponentWithLinearTransform> {gamma: 2.4, offset: 0.055, direction: inverse}"
_GRADED = "from_scene_reference: !<ExponentTransform> {value: 3.2, direction: inverse}"
_ROLES = ("default", "default_byte", "default_sequencer", "color_picking", "texture_paint", "matte_paint")


def configuration(path: Path, views: tuple[str, ...]) -> None:
    """Write one with these views: “As It Is” and “Graded”."""
    spaces = {"As It Is": "Picture Texture", "Graded": "Graded"}
    lines = ["ocio_profile_version: 2", "strictparsing: false", "luma: [0.2126, 0.7152, 0.0722]", "roles:"]
    lines += [f"  {role}: Picture Texture" for role in _ROLES]
    lines += [f"  {role}: Light" for role in ("scene_linear", "rendering", "default_float")]
    lines += ["  data: Numbers", "displays:", "  Monitor:"]
    lines += [f"    - !<View> {{name: {view}, colorspace: {spaces[view]}}}" for view in views]
    lines += ["active_displays: [Monitor]", f"active_views: [{', '.join(views)}]", "colorspaces:"]
    text = "\n".join(lines)
    text += _SPACE.format(name="Light", encoding="scene-linear", data="false", way="")
    text += _SPACE.format(name="Picture Texture", encoding="sdr-video", data="false", way=_DISPLAYED)
    text += _SPACE.format(name="Graded", encoding="sdr-video", data="false", way=_GRADED)
    text += _SPACE.format(name="Numbers", encoding="data", data="true", way="")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def own() -> Iterator[Path]:
    """Where an editor's own colour configuration lies among Blender's files; gone afterwards."""
    folder = Path(bpy.utils.user_resource("DATAFILES", path="colormanagement"))
    yield folder / "config.ocio"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.every_blender("what there is to choose from, and how Blender tells it, is each version's own")
@pytest.mark.usefixtures("identity", "uncompared")
def test_a_shot_and_its_references_come_back_as_they_were(own: Path, tmp_path: Path) -> None:
    configuration(own, ("Graded", "As It Is"))
    scene = open_timeline(fps=Fraction(24))
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "shot.mp4", frames=75, fps=Fraction(24)))
    strip.use_flip_x = strip.use_flip_y = True
    strip.color_multiply = 0.9
    image = editing.add_image(scene, footage.saved_by_blender(tmp_path / "a.tif", "TIFF"), channel=4, frame=200)
    editing.select(scene, image)
    assert bpy.ops.reshoot.reference_add(kind="IMAGE") == {"FINISHED"}
    editing.select(scene, strip)
    before = numbered.shown(scene, 25, tmp_path)
    shoot()
    assert numbered.psnr(before, numbered.shown(scene, 25, tmp_path)) >= 40
    (line,) = board.all_jobs()
    assert (Path(line.job.clip).parent / "clip.mp4").is_file()
    log = (Path(line.job.clip).parent / "render_clip.log").read_text(encoding="utf-8")
    assert str(own) in log


def test_a_configuration_that_changes_every_picture_is_refused_in_words(own: Path, tmp_path: Path) -> None:
    configuration(own, ("Graded",))
    source = footage.saved_by_blender(tmp_path / "a.tif", "TIFF")
    recipe = {"images": [[str(source), str(tmp_path / "a.png")]]}
    with pytest.raises(ExportError, match="no view that shows footage as it is"):
        export.background_blender().run("render_images", recipe, tmp_path / "job")


def test_what_can_be_chosen_is_asked_of_blender(scene: bpy.types.Scene) -> None:
    before = scene.view_settings.view_transform
    assert {"Standard", "AgX"} <= set(compat.choices(scene.view_settings, "view_transform"))
    assert "sRGB" in compat.choices(scene.display_settings, "display_device")
    assert scene.view_settings.view_transform == before
    assert "sRGB" in compat.color_spaces(scene)
