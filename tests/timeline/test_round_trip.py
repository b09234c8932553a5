# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way, from the selected strip to the take in its place, against the rehearsal service.

With the very picture that was sent coming back, the timeline has to show on every frame what it showed before.
"""

from __future__ import annotations

import itertools
import json
import os
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
import editing
import footage
import numbered
import numpy
import pytest
from campaign import sampled
from editing import Timeline, journal, lies_over, open_timeline, put_into_meta, select, shoot, takes
from reshoot import session
from reshoot.core.jobs import board
from reshoot.core.media import mp4
from reshoot.core.models import kling
from reshoot.core.models.table import MODELS
from reshoot.core.values.serialization import to_json
from reshoot.operators import waiting
from reshoot.session import shoot as press
from reshoot.timeline import compat, movie_strip

pytestmark = pytest.mark.usefixtures("identity", "uncompared")


def the_take(scene: bpy.types.Scene) -> Any:
    """The only picture strip that was placed."""
    (take,) = [strip for strip in takes(scene) if strip.type == "MOVIE"]
    return take


def sent_clip() -> Path:
    """The file that the only job sent, read from its record."""
    folder = Path(os.environ["RESHOOT_HOME"]) / "jobs" / journal()[-1].id
    (clip,) = [path for path in folder.iterdir() if path.stem == "clip"]
    return clip


def shows(scene: bpy.types.Scene, first: int, numbers: list[int], folder: Path, *, every: int = 1) -> None:
    """The timeline shows `numbers` from frame `first` on, looked at on every so many frames and at both ends."""
    places = sorted({*range(0, len(numbers), every), len(numbers) - 1})
    seen = [numbered.number_shown(scene, first + place, folder) for place in places]
    assert seen == [numbers[place] for place in places]


@pytest.mark.every_blender("one whole rehearsal in every Blender")
@pytest.mark.usefixtures("compared")
def test_whole_movie_at_25_fps_comes_back_frame_for_frame(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "bunny.mp4", frames=132), frame=11)
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    take = the_take(scene)
    lies_over(take, strip)
    video = mp4.probe(sent_clip())
    assert (video.frames, video.fps, video.width, video.height) == (132, 24, 720, 720)
    assert numbered.numbers_in(Path(bpy.path.abspath(take.filepath))) == list(range(132))
    shows(scene, 11, list(range(132)), tmp_path, every=19)


@pytest.mark.every_blender("one whole rehearsal in every Blender")
@pytest.mark.usefixtures("compared")
def test_whole_movie_inside_the_limits_is_sent_as_the_file_it_is(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "whole.mp4", frames=80, sound=True)
    editing.add_movie(scene, path)
    scene.reshoot.timing = "REAL_TIME"
    shoot()
    uploads = [each for each in (Path(os.environ["RESHOOT_HOME"]) / "rehearsal").rglob("*") if each.is_file()]
    clip = sent_clip()
    assert any(each.read_bytes() == clip.read_bytes() for each in uploads)
    assert any("without encoding" in note for note in record()["notes"])
    for sent, own in zip(numbered.pictures(clip), numbered.pictures(path), strict=True):
        assert numpy.array_equal(sent, own)


@pytest.mark.every_blender("where a take lies is written by names that changed")
def test_cut_from_the_middle_of_a_longer_movie(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(30))
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=200, fps=Fraction(30)))
    compat.set_start(strip, 61)
    compat.set_end(strip, 141)
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    lies_over(the_take(scene), strip)
    assert numbered.numbers_in(sent_clip()) == list(range(60, 140))
    assert mp4.probe(sent_clip()).fps == 24
    shows(scene, 61, list(range(60, 140)), tmp_path, every=13)


@pytest.mark.campaign
@pytest.mark.usefixtures("compared")
def test_60_fps_in_real_time_stays_within_the_frame_of_the_answer(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(60), width=1440, height=720)
    path = numbered.movie(tmp_path / "fast.mp4", frames=240, fps=Fraction(60), width=1440)
    strip = editing.add_movie(scene, path)
    compat.set_start(strip, 21)
    compat.set_end(strip, 221)
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    take = the_take(scene)
    lies_over(take, strip)
    sent = mp4.probe(sent_clip())
    assert (sent.frames, sent.fps) == (200, 60)
    answer = mp4.probe(bpy.path.abspath(take.filepath))
    assert (answer.frames, answer.fps) == (80, 24)
    errors = [numbered.number_shown(scene, frame, tmp_path) - (frame - 1) for frame in range(21, 221, 9)]
    assert max(map(abs, errors)) < 60 / 24, errors


@pytest.mark.every_blender("which frame of a movie with a rate of its own is shown is each version's own")
def test_take_of_slower_footage_is_delivered_frame_for_frame(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(30))
    path = numbered.movie(tmp_path / "slow.mp4", frames=75)
    strip = movie_strip.add(scene, "slow", path, 1, 1, at_own_rate=True)
    select(scene, strip)
    before = numbered.delivered(scene, 1, 84, tmp_path)
    shoot()
    lies_over(the_take(scene), strip)
    assert numbered.delivered(scene, 1, 84, tmp_path) == before


@pytest.mark.every_blender("which frame of a movie with a rate of its own is shown is each version's own")
@pytest.mark.parametrize("fps", sampled([50, 60], 60))
def test_real_time_is_delivered_within_the_frame_of_the_answer(tmp_path: Path, fps: int) -> None:
    scene = open_timeline(fps=Fraction(fps))
    path = numbered.movie(tmp_path / "fast.mp4", frames=190, fps=Fraction(fps))
    strip = editing.add_movie(scene, path)
    shoot()
    lies_over(the_take(scene), strip)
    middles = [int((n + 0.5) * fps / 24) for n in range(190 * 24 // fps)]
    assert numbered.numbers_in(Path(bpy.path.abspath(the_take(scene).filepath))) == middles
    shown = numbered.delivered(scene, 1, 190, tmp_path)
    late = [number - frame for frame, number in enumerate(shown)]
    # Half a frame of the answer, and no less than a frame of the timeline.
    assert max(map(abs, late)) <= fps / 48, late


@pytest.mark.campaign
def test_identity_at_another_rate_is_the_clips_own_picture(tmp_path: Path) -> None:
    scene = open_timeline()
    path = footage.movie(tmp_path / "noise.mp4", noise=True)
    editing.add_movie(scene, path)
    scene.reshoot.timing = "REAL_TIME"
    shoot()
    answer = next(numbered.pictures(Path(bpy.path.abspath(the_take(scene).filepath))))
    sent = numbered.pictures(path)
    assert max(numbered.psnr(answer, next(sent)) for _ in range(3)) > 45


@pytest.mark.campaign
def test_selected_handles_stay_selected(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(60))
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "fast.mp4", frames=190, fps=Fraction(60)))
    strip.select_right_handle = True
    other = compat.new_effect(scene.sequence_editor, "other", "COLOR", 5, 300, 20)
    other.select, other.select_left_handle = False, True
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()


@pytest.mark.every_blender("strips are exported by Blender's own renderer")
def test_image_sequence(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    files = numbered.images(tmp_path, frames=80)
    strip = numbered.strips(scene).new_image("sequence", str(files[0]), 2, 5)
    for path in files[1:]:
        strip.elements.append(path.name)
    compat.set_start(strip, 8)
    select(scene, strip)
    shoot()
    lies_over(the_take(scene), strip)
    assert numbered.numbers_in(sent_clip()) == list(range(3, 80))
    shows(scene, 8, list(range(3, 80)), tmp_path, every=25)


@pytest.mark.parametrize("shown", sampled(["SEQUENCER", "CAMERA"], "CAMERA"))
def test_scene_strip(shown: str, tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    other = bpy.data.scenes.new("Other")
    other.frame_end = 73
    if shown == "SEQUENCER":
        other.sequence_editor_create()
        numbered.strips(other).new_movie("inner", str(numbered.movie(tmp_path / "inner.mp4", frames=73)), 1, 1)
    else:
        # It has no sequencer, and comes before the shot's scene.
        camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        other.collection.objects.link(camera)
        other.camera = camera
        other.world = bpy.data.worlds.new("world")
        other.render.engine = "CYCLES"
        other.cycles.samples, other.cycles.use_denoising = 1, False
        other.render.resolution_x, other.render.resolution_y = 320, 180
        scene.view_settings.view_transform = "AgX"
    strip = numbered.strips(scene).new_scene("scene", other, 1, 1)
    strip.scene_input = shown
    select(scene, strip)
    before = numbered.shown(scene, 40, tmp_path)
    shoot()
    lies_over(the_take(scene), strip)
    assert mp4.probe(sent_clip()).frames == 73
    assert numbered.psnr(before, numbered.shown(scene, 40, tmp_path)) > 38
    if shown == "SEQUENCER":
        assert numbered.numbers_in(sent_clip()) == list(range(73))


@pytest.mark.campaign
def test_silent_turns_the_sound_of_a_scene_strip_off(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    other = bpy.data.scenes.new("Other")
    other.sequence_editor_create()
    numbered.strips(other).new_movie("inner", str(numbered.movie(tmp_path / "inner.mp4", frames=73)), 1, 1)
    other.frame_end = 73
    strip = numbered.strips(scene).new_scene("scene", other, 1, 1)
    strip.scene_input = "SEQUENCER"
    select(scene, strip)
    scene.reshoot.sound = "SILENT"
    shoot()
    assert strip.volume == 0 and not strip.mute


@pytest.mark.every_blender("strips are exported by Blender's own renderer")
def test_meta_strip(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    editing.add_movie(scene, numbered.movie(tmp_path / "inner.mp4", frames=75))
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.meta_make()
    (meta,) = numbered.strips(scene)
    select(scene, meta)
    shoot()
    lies_over(the_take(scene), meta)
    assert numbered.numbers_in(sent_clip()) == list(range(75))


@pytest.mark.parametrize(
    ("source", "nested"),
    sampled(itertools.product(["STRIP", "TIMELINE"], [False, True]), ("STRIP", False)),
)
def test_inside_a_meta_strip_that_is_entered(tmp_path: Path, source: str, nested: bool) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "footage.mp4", frames=200)
    # Outside, the same frames show others of the movie.
    outside = editing.add_movie(scene, path, channel=5, frame=-89)
    compat.set_start(outside, 1)
    strip = editing.add_movie(scene, path, channel=2)
    compat.set_end(strip, 81)
    strip.color_saturation = 0.9  # so that it has to be rendered
    entered = put_into_meta(scene, strip)
    if nested:
        put_into_meta(scene, entered)
    scene.sequence_editor.display_stack(entered)
    # Not the channel that holds the meta strip, outside.
    compat.shown_channels(scene.sequence_editor)[2].mute = source == "STRIP"
    select(scene, strip)
    scene.reshoot.source = source
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(80))
    lies_over(the_take(scene), strip)
    assert compat.meta_of(the_take(scene)) == entered.name == compat.open_meta(scene.sequence_editor)


@pytest.mark.campaign
def test_outside_of_meta_strips_after_one_was_left(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "footage.mp4", frames=200)
    hidden = editing.add_movie(scene, path, channel=2, frame=-89)
    compat.set_start(hidden, 1)
    meta = put_into_meta(scene, hidden)
    strip = editing.add_movie(scene, path, channel=5)
    compat.set_end(strip, 81)
    strip.color_saturation = 0.9  # so that it has to be rendered
    scene.sequence_editor.display_stack(meta)
    scene.sequence_editor.display_stack(None)
    select(scene, strip)
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(80))


@pytest.mark.campaign
def test_sound_inside_a_meta_strip_that_is_entered(tmp_path: Path) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=100))
    strip.color_saturation = 0.9  # so that it has to be rendered
    numbered.strips(scene).new_sound("other", str(click(tmp_path / "early.wav", 0.4, 4.0)), 9, 1)
    own = numbered.strips(scene).new_sound("own", str(click(tmp_path / "late.wav", 1.0, 4.0)), 2, 1)
    meta = put_into_meta(scene, strip)
    own.move_to_meta(meta)
    scene.sequence_editor.display_stack(meta)
    select(scene, strip, own)
    scene.reshoot.sound = "RESULT"
    shoot()
    assert clicks_at(sent_clip()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.campaign
def test_file_that_cannot_be_read_outside_of_the_meta_strip_that_is_entered(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "footage.mp4", frames=80)
    strip = editing.add_movie(scene, path, channel=2)
    strip.color_saturation = 0.9  # so that it has to be rendered
    meta = put_into_meta(scene, strip)
    gone = numbered.movie(tmp_path / "gone.mp4", frames=80)
    editing.add_movie(scene, gone, channel=5)
    gone.unlink()
    scene.sequence_editor.display_stack(meta)
    select(scene, strip)
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(80))


@pytest.mark.campaign
def test_text_is_sent_on_the_whole_screen(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24), width=1280)
    text = compat.new_effect(scene.sequence_editor, "title", "TEXT", 4, 1, 75)
    text.text = "RESHOOT"
    select(scene, text)
    before = numbered.shown(scene, 30, tmp_path)
    shoot()
    lies_over(the_take(scene), text)
    assert numbered.psnr(before, numbered.shown(scene, 30, tmp_path)) > 35


def test_text_is_sent_with_what_is_below_it(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    editing.add_movie(scene, numbered.movie(tmp_path / "below.mp4", frames=75, fps=Fraction(24)))
    hidden = editing.add_movie(scene, numbered.movie(tmp_path / "hidden.mp4", frames=10), channel=2, frame=20)
    scene.sequence_editor.channels[hidden.channel].mute = True
    text = compat.new_effect(scene.sequence_editor, "title", "TEXT", 4, 1, 75)
    text.text = "RESHOOT"
    select(scene, text)
    before = numbered.shown(scene, 25, tmp_path)
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(75))
    assert numbered.psnr(before, numbered.shown(scene, 25, tmp_path)) > 35


def test_a_logo_that_is_see_through_is_sent_with_what_is_below_it(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    editing.add_movie(scene, numbered.movie(tmp_path / "below.mp4", frames=75, fps=Fraction(24)))
    logo = editing.add_image(scene, numbered.see_through(tmp_path / "logo.png", 640, 360), channel=3, frame=1)
    compat.set_end(logo, 76)
    select(scene, logo)
    before = numbered.shown(scene, 25, tmp_path)
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(75))
    assert numbered.psnr(before, numbered.shown(scene, 25, tmp_path)) > 35


@pytest.mark.campaign
def test_a_logo_above_nothing_is_sent_in_its_own_size(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    logo = editing.add_image(scene, numbered.see_through(tmp_path / "logo.png", 1600, 900), channel=3, frame=1)
    compat.set_end(logo, 76)
    select(scene, logo)
    shoot()
    video = mp4.probe(sent_clip())
    assert (video.width, video.height) == (1600, 900)


@pytest.mark.every_blender("which images the sequencer reads is each version's own")
def test_an_image_in_layers_is_sent_as_the_viewer_shows_it(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    strip = editing.add_image(scene, footage.layered_by_blender(tmp_path / "layers.exr", 720, 720), channel=1, frame=1)
    compat.set_end(strip, 76)
    select(scene, strip)
    before = numbered.shown(scene, 25, tmp_path)
    if before.mean() < 1:
        said = editing.refusal(bpy.ops.reshoot.shoot, prompt=editing.PROMPT)
        assert "“layers” cannot be read as a picture" in said and "save it as OpenEXR, not MultiLayer" in said
        return
    shoot()
    (line,) = board.all_jobs()
    assert line.job.shot.native
    assert numbered.psnr(before, numbered.shown(scene, 25, tmp_path)) > 40


@pytest.mark.parametrize("scale", sampled([1.0, 0.5], 1.0))
def test_a_meta_strip_that_leaves_room_is_sent_with_what_is_below_it(tmp_path: Path, scale: float) -> None:
    scene = open_timeline(fps=Fraction(24))
    path = numbered.movie(tmp_path / "below.mp4", frames=75, fps=Fraction(24))
    editing.add_movie(scene, path)
    inner = editing.add_movie(scene, numbered.movie(tmp_path / "inner.mp4", frames=75, fps=Fraction(24)), channel=2)
    inner.transform.scale_x = inner.transform.scale_y = scale
    inner.transform.offset_y = -160 * (scale < 1)
    select(scene, inner)
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.meta_make()
    meta = next(strip for strip in numbered.strips(scene) if strip.type == "META")
    select(scene, meta)
    before = numbered.shown(scene, 25, tmp_path)
    shoot()
    (line,) = board.all_jobs()
    assert (line.job.shot.see_through, line.job.shot.native) == (scale < 1, scale == 1)
    assert numbered.psnr(before, numbered.shown(scene, 25, tmp_path)) > 35


def test_several_strips_together_are_one_shot(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "footage.mp4", frames=132)
    first = editing.add_movie(scene, path)
    compat.set_end(first, 41)
    second = numbered.strips(scene).new_movie("second", str(path), 2, 41)
    compat.set_end(second, 91)
    select(scene, first, second)
    scene.reshoot.selection = "TOGETHER"
    shoot()
    take = the_take(scene)
    assert (compat.start(take), compat.end(take), take.channel) == (1, 91, 3)
    assert numbered.numbers_in(sent_clip()) == [*range(40), *range(50)]


@pytest.mark.every_blender("strips are exported by Blender's own renderer")
def test_timeline_source_holds_what_the_viewer_shows_and_lies_above_it(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80))
    title = compat.new_effect(scene.sequence_editor, "title", "TEXT", 6, 1, 80)
    title.text = "RESHOOT"
    title.blend_type = "ALPHA_OVER"
    select(scene, strip)
    scene.reshoot.source = "TIMELINE"
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    assert the_take(scene).channel == 7
    assert numbered.psnr(before, numbered.shown(scene, 20, tmp_path)) > 35
    assert numbered.numbers_in(sent_clip()) == list(range(80))


@pytest.mark.campaign
@pytest.mark.parametrize("source", sampled(["STRIP", "TIMELINE"], "STRIP"))
def test_small_picture_is_scaled_up_to_the_limits_and_back(source: str, tmp_path: Path) -> None:
    scene = open_timeline(width=640, height=272)
    path = numbered.movie(tmp_path / "small.mp4", frames=75, width=640, height=272)
    editing.add_movie(scene, path)
    scene.reshoot.source = source
    before = numbered.shown(scene, 30, tmp_path)
    shoot()
    sent = mp4.probe(sent_clip())
    assert (sent.width, sent.height) == (1694, 720)
    assert numbered.numbers_in(sent_clip()) == list(range(75))
    assert numbered.psnr(before, numbered.shown(scene, 30, tmp_path)) > 32


@pytest.mark.every_blender("where a take lies is written by names that changed")
def test_take_gets_the_strips_place_on_the_screen(tmp_path: Path) -> None:
    scene = open_timeline(width=1920, height=1080)
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=75))
    transform = strip.transform
    transform.offset_x, transform.offset_y, transform.rotation = 120, -60, 0.2
    transform.scale_x, transform.scale_y = 0.8, 1.1
    strip.crop.min_x, strip.crop.max_y = 100, 40
    transform.keyframe_insert("offset_x", frame=1)
    transform.offset_x = 220
    transform.keyframe_insert("offset_x", frame=60)
    before = [numbered.shown(scene, frame, tmp_path) for frame in (10, 50)]
    assert not numpy.array_equal(*before)
    shoot()
    assert numbered.numbers_in(sent_clip()) == list(range(75))
    for frame, picture in zip((10, 50), before, strict=True):
        assert numbered.psnr(picture, numbered.shown(scene, frame, tmp_path)) > 35


def test_take_of_a_strip_that_is_turned_over_lies_where_the_strip_does(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=75))
    strip.use_flip_x, strip.transform.offset_x, strip.transform.rotation, strip.crop.min_x = True, 200, 0.2, 300
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    assert numbered.psnr(before, numbered.shown(scene, 20, tmp_path)) > 35


@pytest.mark.campaign
@pytest.mark.every_blender("where a take lies is written by names that changed")
def test_drivers_of_a_strips_place_drive_its_take(tmp_path: Path) -> None:
    scene = open_timeline(width=640, height=272)
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "small.mp4", frames=75, width=640, height=272))
    strip.transform.driver_add("offset_x").driver.expression = "frame * 2"
    strip.transform.driver_add("scale_x").driver.expression = "0.5 + frame / 200"
    before = [numbered.shown(scene, frame, tmp_path) for frame in (10, 60)]
    assert not numpy.array_equal(*before)
    shoot()
    for frame, picture in zip((10, 60), before, strict=True):
        assert numbered.psnr(picture, numbered.shown(scene, frame, tmp_path)) > 30


def test_take_of_an_adjustment_is_what_the_viewer_shows(tmp_path: Path) -> None:
    scene = open_timeline()
    editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=75))
    adjustment = compat.new_effect(scene.sequence_editor, "adjustment", "ADJUSTMENT", 4, 1, 75)
    adjustment.color_multiply, adjustment.blend_alpha = 0.6, 0.5
    adjustment.transform.scale_x = 1.5
    select(scene, adjustment)
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    assert numbered.psnr(before, numbered.shown(scene, 20, tmp_path)) > 35


def test_see_through_shot_does_not_show_through_its_take(tmp_path: Path) -> None:
    scene = open_timeline()
    below = numbered.strips(scene).new_movie("below", str(numbered.movie(tmp_path / "below.mp4", frames=80)), 1, 1)
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "above.mp4", frames=75), channel=3)
    strip.transform.offset_y, strip.blend_alpha = 200, 0.4
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    assert strip.mute
    assert not below.mute
    assert any("muted" in note for note in record()["notes"])
    assert numbered.psnr(before, numbered.shown(scene, 20, tmp_path)) > 35


@pytest.mark.every_blender("views and colour spaces differ between Blenders")
@pytest.mark.parametrize("view", sampled(["Standard", "AgX", "Filmic"], "AgX"))
def test_colour_is_the_same_through_the_scenes_view(view: str, tmp_path: Path) -> None:
    scene = open_timeline()
    scene.view_settings.view_transform = view
    scene.view_settings.exposure = 0.3
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=90))
    compat.set_end(strip, 76)
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    after = numbered.shown(scene, 20, tmp_path)
    assert numbered.psnr(before, after) > 40
    assert abs(float(before.mean()) - float(after.mean())) < 0.5


@pytest.mark.every_blender("views and colour spaces differ between Blenders")
def test_footage_with_values_past_white_keeps_them(tmp_path: Path) -> None:
    scene = open_timeline()
    scene.view_settings.view_transform = "AgX"
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "log.mp4", frames=75))
    strip.colorspace_settings.name = "Filmic Log"
    before = numbered.shown(scene, 20, tmp_path)
    shoot()
    after = numbered.shown(scene, 20, tmp_path)
    assert numbered.psnr(before, after) > 38
    assert abs(float(before.mean()) - float(after.mean())) < 1


def test_take_is_blended_as_its_shot_is(tmp_path: Path) -> None:
    found = []
    for view, space, exact in (("AgX", "Filmic Log", True), ("Standard", "sRGB", True), ("Standard", "sRGB", False)):
        scene = open_timeline()
        scene.view_settings.view_transform = view
        strip = editing.add_movie(scene, numbered.movie(tmp_path / f"{view}{exact}.mp4", frames=75))
        strip.colorspace_settings.name, strip.use_float = space, exact
        strip.blend_type = "ALPHA_OVER"
        shoot()
        take = the_take(scene)
        pairs = []
        for fade, turned in ((0.5, 0.0), (1.0, 0.2)):
            pair = []
            for each, other in ((strip, take), (take, strip)):
                each.mute, other.mute = False, True
                each.blend_alpha, each.transform.rotation = fade, turned
                pair.append(numbered.shown(scene, 20, tmp_path))
            pairs.append(numbered.psnr(*pair))
        found.append(min(pairs))
        for each in list(compat.strips_all(scene.sequence_editor)):
            numbered.strips(scene).remove(each)
    assert found[0] > 30, found
    assert min(found[1:]) > 40, found


def test_light_past_white_that_fades_is_told_before_it_is_sent(tmp_path: Path) -> None:
    scene = open_timeline()
    scene.view_settings.view_transform = "Standard"
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "bright.mp4", frames=75))

    def told() -> bool:
        return any("brighter than white" in warning for warning in editing.seen(scene).warnings)

    strip.colorspace_settings.name = "Linear Rec.709"
    assert not told()
    strip.blend_alpha = 0.5
    assert told()
    scene.view_settings.view_transform = "AgX"
    assert not told()
    scene.view_settings.view_transform, strip.colorspace_settings.name = "Standard", "sRGB"
    assert not told()


def test_output_that_is_shown_in_another_way_than_the_scene_changes_nothing(tmp_path: Path) -> None:
    scene = open_timeline()
    editing.select(scene, cut := editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=90)))
    compat.set_end(cut, 76)
    before = numbered.shown(scene, 20, tmp_path)
    output = scene.render.image_settings
    output.color_management = "OVERRIDE"
    output.view_settings.exposure = 2.0
    shoot()
    assert output.color_management == "OVERRIDE"
    output.color_management = "FOLLOW_SCENE"
    assert numbered.psnr(before, numbered.shown(scene, 20, tmp_path)) > 40


@pytest.mark.usefixtures("compared")
def test_handles_are_sent_and_trimmed_off(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=132))
    compat.set_start(strip, 21)
    compat.set_end(strip, 101)
    scene.reshoot.handles = 10
    shoot()
    lies_over(the_take(scene), strip)
    assert numbered.numbers_in(sent_clip()) == list(range(10, 110))
    shows(scene, 21, list(range(20, 100)), tmp_path, every=26)


@pytest.mark.campaign
def test_handles_before_the_first_frame_hold_the_edge(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=75))
    scene.reshoot.handles = 5
    shoot()
    lies_over(the_take(scene), strip)
    assert numbered.numbers_in(sent_clip()) == [0] * 5 + list(range(75)) + [74] * 5
    shows(scene, 1, list(range(75)), tmp_path, every=24)


def test_clip_over_the_size_limit_is_encoded_again_to_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = kling.KLING_O1_EDIT
    tight = replace(model, limits=replace(model.limits, max_video_bytes=6_000_000))
    monkeypatch.setitem(MODELS, model.id, tight)
    scene = open_timeline(fps=Fraction(24))
    strip = editing.add_movie(scene, footage.movie(tmp_path / "noise.mp4", frames=90, fps=Fraction(24), noise=True))
    compat.set_end(strip, 76)
    shoot()
    lies_over(the_take(scene), strip)
    size = sent_clip().stat().st_size
    assert 3_000_000 < size <= 6_000_000
    assert any("Encoded again" in note for note in record()["notes"])


@pytest.mark.campaign
def test_12_fps_in_real_time_is_brought_to_24(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(12))
    editing.add_movie(scene, numbered.movie(tmp_path / "slow.mp4", frames=40, fps=Fraction(12)))
    scene.reshoot.timing = "REAL_TIME"
    shoot()
    assert mp4.probe(sent_clip()).fps == 24
    assert numbered.numbers_in(sent_clip()) == [n // 2 for n in range(80)]
    shows(scene, 1, list(range(40)), tmp_path, every=9)


@pytest.mark.every_blender("sound strips, and how they are joined to a picture, differ between Blenders")
def test_silence_mutes_the_shots_own_sound_alone(tmp_path: Path) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = numbered.movie(tmp_path / "footage.mp4", frames=80, sound=True)
    music = numbered.movie(tmp_path / "music.mp4", frames=80, sound=True)
    strip = editing.add_movie(scene, path, channel=2)
    own = numbered.strips(scene).new_sound("own", str(path), 1, 1)
    other = numbered.strips(scene).new_sound("music", str(music), 5, 1)
    select(scene, strip)
    scene.reshoot.sound = "SILENT"
    shoot()
    assert own.mute
    assert not other.mute


def test_silence_mutes_the_sound_inside_a_meta(tmp_path: Path) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = numbered.movie(tmp_path / "footage.mp4", frames=80, sound=True)
    strip = editing.add_movie(scene, path, channel=2)
    own = numbered.strips(scene).new_sound("own", str(path), 1, 1)
    select(scene, strip, own)
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.meta_make()
    (meta,) = numbered.strips(scene)
    select(scene, meta)
    scene.reshoot.sound = "SILENT"
    shoot()
    assert compat.strips_all(scene.sequence_editor)["own"].mute
    assert not meta.mute


@pytest.mark.parametrize(
    ("method", "moved", "meta"),
    sampled(
        [("SOFT", 0, False), ("HARD", 0, False), ("SOFT", 40, False), ("HARD", 40, False), ("SOFT", 0, True)],
        ("HARD", 40, False),
        ("SOFT", 0, True),
    ),
)
def test_silence_follows_what_was_cut_meanwhile(tmp_path: Path, method: str, moved: int, meta: bool) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = numbered.movie(tmp_path / "footage.mp4", frames=80, sound=True)
    picture = editing.add_movie(scene, path, channel=2)
    select(scene, picture, numbered.strips(scene).new_sound("own", str(path), 1, 1))
    if meta:
        with movie_strip.sequencer(scene):
            bpy.ops.sequencer.meta_make()
    cut = list(numbered.strips(scene))
    select(scene, *cut)
    scene.reshoot.sound = "SILENT"
    (job,) = press.shoot(scene)
    start = compat.SPAN[-1]
    for piece in [strip.split(frame=31, split_method=method) for strip in cut]:
        setattr(piece, start, getattr(piece, start) + moved)
    # The same file at another time.
    numbered.strips(scene).new_sound("later", str(path), 5, 21)
    waiting.wait_for(session.current(), [job.id])
    sounds = [strip for strip in compat.strips_all(scene.sequence_editor) if strip.type == "SOUND"]
    spans = [(compat.start(take), compat.end(take)) for take in takes(scene)]
    under = [each for each in sounds if any(compat.start(each) < end and compat.end(each) > at for at, end in spans)]
    assert {strip.name: strip.mute for strip in under} == {"own": True, "own.001": True, "later": False}
    # A hard cut leaves sound that is a frame longer than its picture: it goes on there.
    assert all(compat.length(each) == 1 and not each.mute for each in sounds if each not in under)


@pytest.mark.every_blender("sound strips, and how they are joined to a picture, differ between Blenders")
def test_sound_of_the_result_comes_in_joined_to_the_take(tmp_path: Path) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = numbered.movie(tmp_path / "footage.mp4", frames=132, sound=True)
    strip = editing.add_movie(scene, path, channel=2)
    own = numbered.strips(scene).new_sound("own", str(path), 1, 1)
    select(scene, strip)
    scene.sequence_editor.channels[4].mute = True
    scene.reshoot.sound = "RESULT"
    shoot()
    take = the_take(scene)
    lies_over(take, strip)
    (heard,) = [each for each in takes(scene) if each.type == "SOUND"]
    assert heard.channel == 5  # one that is muted is not heard
    assert (compat.start(heard), compat.end(heard)) == (compat.start(strip), compat.end(strip))
    assert own.mute
    assert record()["plan"]["keep_audio"] is True
    assert record()["plan"]["timing"] == "REAL_TIME"
    select(scene, strip)


def click(path: Path, at: float, seconds: float) -> Path:
    """A WAV that is silent but for a click."""
    samples = numpy.zeros(int(seconds * 48000), numpy.int16)
    samples[int(at * 48000) :][:480] = 20000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def clicks_at(path: Path) -> float:
    """Second at which a movie's sound is first loud."""
    with av.open(str(path)) as source:
        blocks = [(block.time, block.to_ndarray()[0]) for block in source.decode(audio=0)]
    loud = [start + numpy.argmax(abs(block) > 0.2) / 48000 for start, block in blocks if abs(block).max() > 0.2]
    return float(loud[0])


@pytest.mark.campaign
@pytest.mark.parametrize("fps", sampled([12, 25], 12))
def test_sound_stays_in_step_where_handles_reach_before_frame_0(tmp_path: Path, fps: int) -> None:
    scene = open_timeline(fps=Fraction(fps))
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=4 * fps, fps=Fraction(fps)))
    own = numbered.strips(scene).new_sound("own", str(click(tmp_path / "click.wav", 1.0, 4.0)), 2, 1)
    select(scene, strip, own)
    scene.reshoot.sound = "RESULT"
    scene.reshoot.handles = 8
    shoot()
    assert clicks_at(sent_clip()) == pytest.approx(1 + 8 / fps, abs=0.02)


@pytest.mark.parametrize("changed", sampled(["", "another", "volume", "late", "short"], "late"))
def test_whole_movie_goes_as_its_file_where_that_sounds_as_the_shot_does(tmp_path: Path, changed: str) -> None:
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = numbered.movie(tmp_path / "footage.mp4", frames=100, sound=True)
    strip = editing.add_movie(scene, path)
    heard = click(tmp_path / "click.wav", 1.0, 4.0) if changed == "another" else path
    own = numbered.strips(scene).new_sound("own", str(heard), 2, 6 if changed == "late" else 1)
    if changed == "volume":
        own.volume = 0.5
    if changed == "short":
        compat.set_end(own, 51)
    select(scene, strip, own)
    scene.reshoot.sound = "RESULT"
    (job,) = press.shoot(scene)
    waiting.wait_for(session.current(), [job.id])
    assert any("without encoding" in note for note in session.current().job(job.id).notes) is (not changed)
    if changed == "another":
        assert clicks_at(sent_clip()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.campaign
def test_shot_that_has_a_take_is_sent_with_its_sound_again(tmp_path: Path) -> None:
    """The first take has muted it."""
    scene = open_timeline()
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=100))
    own = numbered.strips(scene).new_sound("own", str(click(tmp_path / "click.wav", 1.0, 4.0)), 2, 1)
    scene.reshoot.sound = "RESULT"
    for prompt in ("Make it snow", "Make it rain"):
        select(scene, strip, own)
        scene.reshoot.prompt = prompt
        shoot()
        assert own.mute
        assert clicks_at(sent_clip()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.every_blender("where a take lies is written by names that changed")
def test_take_follows_the_shot_that_was_moved_and_renamed(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80))
    (job,) = press.shoot(scene)
    strip.name = "Renamed"
    if hasattr(strip, "content_start"):
        strip.content_start += 300
    else:
        strip.frame_start += 300
    strip.channel = 7
    waiting.wait_for(session.current(), [job.id])
    lies_over(the_take(scene), strip)
    assert compat.start(the_take(scene)) == 301


@pytest.mark.every_blender("where a take lies is written by names that changed")
def test_take_of_a_trimmed_shot_shows_what_is_left(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80))
    (job,) = press.shoot(scene)
    compat.set_start(strip, 31)
    compat.set_end(strip, 61)
    waiting.wait_for(session.current(), [job.id])
    lies_over(the_take(scene), strip)
    shows(scene, 31, list(range(30, 60)), tmp_path, every=10)


def test_take_of_a_deleted_shot_goes_to_the_range_that_it_had(tmp_path: Path) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80), frame=51)
    (job,) = press.shoot(scene)
    numbered.strips(scene).remove(strip)
    waiting.wait_for(session.current(), [job.id])
    assert (compat.start(the_take(scene)), compat.end(the_take(scene))) == (51, 131)


@pytest.mark.usefixtures("compared")
def test_saved_project_keeps_takes_beside_it_with_a_receipt(tmp_path: Path) -> None:
    scene = open_timeline()
    editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    shoot()
    take = the_take(scene)
    assert take.filepath.startswith("//reshoot")
    path = Path(bpy.path.abspath(take.filepath))
    assert path.parent == tmp_path / "reshoot"
    assert path.name == f"footage_take01_{journal()[-1].id[:8]}.mp4"
    receipt = json.loads(path.with_suffix(".json").read_text())
    assert receipt["prompt"] == "Make it snow"
    assert receipt["rehearsal"] is True
    assert receipt["request_id"]
    assert [stage["state"] for stage in receipt["stages"]][-1] == "PLACED"
    assert take.name.startswith("REHEARSAL")


def test_second_take_is_another_file(tmp_path: Path) -> None:
    scene = open_timeline()
    scene.reshoot.land = "CHANNEL"
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=80))
    shoot()
    select(scene, strip)
    shoot()
    channels = sorted(each.channel for each in takes(scene))
    assert channels == [2, 3]
    assert len({bpy.path.abspath(each.filepath) for each in takes(scene)}) == 2


def record() -> dict[str, Any]:
    """The last job as the journal holds it."""
    job = session.current().job(journal()[-1].id)
    assert job is not None
    plain: dict[str, Any] = to_json(job)
    return plain
