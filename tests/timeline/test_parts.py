# SPDX-License-Identifier: GPL-3.0-or-later
"""Shots that one clip does not take: short ones are lengthened and trimmed again, long ones go in parts.

With the very picture that was sent coming back, every frame has to show what it showed before.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import editing
import numbered
import pytest
from bad_service import BadService, says
from editing import Timeline, journal, lies_over, open_timeline, refusal, select, shoot, takes
from reshoot import session
from reshoot.core.media import mp4
from reshoot.session import start
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")


def sent() -> list[Path]:
    """The clips that were sent, by part."""
    jobs = [session.current().job(row.id) for row in journal()]
    return [Path(job.clip) for job in sorted(jobs, key=lambda job: job.part)]


def the_strip(scene: bpy.types.Scene) -> Any:
    """The only strip that was placed in the timeline itself."""
    (strip,) = [each for each in compat.strips(scene.sequence_editor) if each.get("reshoot_job")]
    return strip


def shows(scene: bpy.types.Scene, first: int, numbers: list[int], folder: Path, at: list[int]) -> None:
    """The timeline shows `numbers` from frame `first` on, looked at on the places `at` of them."""
    assert [numbered.number_shown(scene, first + place, folder) for place in at] == [numbers[place] for place in at]


def test_short_shot_is_lengthened_from_its_own_footage(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=132))
    compat.set_start(strip, 31)
    compat.set_end(strip, 56)
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    lies_over(the_strip(scene), strip)
    (clip,) = sent()
    assert mp4.probe(clip).seconds == 3
    assert numbered.numbers_in(clip) == list(range(7, 79))
    shows(scene, 31, list(range(30, 55)), tmp_path, [0, 12, 24])


def test_short_shot_without_more_footage_holds_its_edges(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=10), frame=101)
    shoot()
    lies_over(the_strip(scene), strip)
    (clip,) = sent()
    assert numbered.numbers_in(clip) == [0] * 31 + list(range(10)) + [9] * 31
    shows(scene, 101, list(range(10)), tmp_path, [0, 5, 9])


def test_short_shot_at_the_start_of_the_timeline(tmp_path: Path, identity: None) -> None:
    """Before the first frame there is nothing to render: the rest is held behind."""
    scene = open_timeline()
    editing.add_movie(scene, numbered.movie(tmp_path / "footage.mp4", frames=40), frame=1)
    shoot()
    (clip,) = sent()
    assert numbered.numbers_in(clip) == [0] + list(range(40)) + [39] * 31
    shows(scene, 1, list(range(40)), tmp_path, [0, 20, 39])


@pytest.mark.campaign
def test_short_timeline_is_lengthened_from_its_neighbours(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    first = editing.add_movie(scene, numbered.movie(tmp_path / "one.mp4", frames=100), frame=1)
    compat.set_end(first, 61)
    second = editing.add_movie(scene, numbered.movie(tmp_path / "two.mp4", frames=30), frame=61, channel=2)
    scene.reshoot.source = "TIMELINE"
    select(scene, second)
    shoot()
    (clip,) = sent()
    # Behind the second there is nothing: the frames that are missing come from the first.
    assert numbered.numbers_in(clip) == list(range(18, 60)) + list(range(30))
    shows(scene, 61, list(range(30)), tmp_path, [0, 15, 29])


def test_several_short_strips_hold_their_edges(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "one.mp4", frames=30)
    strips = [editing.add_movie(scene, path, frame=frame) for frame in (101, 131)]
    select(scene, *strips)
    scene.reshoot.selection = "TOGETHER"
    shoot()
    (clip,) = sent()
    assert numbered.numbers_in(clip) == [0] * 6 + [*range(30), *range(30)] + [29] * 6
    shows(scene, 101, [*range(30), *range(30)], tmp_path, [0, 29, 30, 59])


@pytest.mark.every_blender("a take in parts is a meta strip")
def test_long_shot_goes_in_parts_and_comes_back_as_one_strip(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=300), frame=11)
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    meta = the_strip(scene)
    assert meta.type == "META"
    lies_over(meta, strip)
    assert meta["reshoot_job"] == journal()[0].id
    clips = sent()
    assert [numbered.numbers_in(clip) for clip in clips] == [list(range(156)), list(range(144, 300))]
    inner = {each["reshoot_job"] for each in compat.strips(meta) if each.get("reshoot_job")}
    assert inner == {row.id for row in journal()}
    assert {row.state for row in journal()} == {"PLACED"}
    shows(scene, 11, list(range(300)), tmp_path, [0, 100, 143, 144, 149, 150, 155, 156, 157, 299])


def test_long_shot_is_parted_at_its_cuts(tmp_path: Path, identity: None) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "long.mp4", frames=170)
    strips = [editing.add_movie(scene, path, frame=frame) for frame in (1, 131)]
    compat.set_end(strips[0], 131)
    select(scene, *strips)
    scene.reshoot.selection = "TOGETHER"
    shoot()
    assert [numbered.numbers_in(clip) for clip in sent()] == [list(range(130)), list(range(170))]
    meta = the_strip(scene)
    assert [each.type for each in compat.strips(meta)] == ["MOVIE", "MOVIE"]
    shows(scene, 1, [*range(130), *range(170)], tmp_path, [0, 129, 130, 131, 299])


@pytest.mark.campaign
def test_long_shot_keeps_its_place_on_the_screen_and_its_trims(tmp_path: Path, identity: None) -> None:
    scene = open_timeline(fps=Fraction(24))
    path = numbered.movie(tmp_path / "long.mp4", frames=400, fps=Fraction(24))
    strip = editing.add_movie(scene, path, frame=1)
    compat.set_start(strip, 41)
    compat.set_end(strip, 341)
    strip.transform.offset_x, strip.transform.scale_x, strip.transform.rotation = 60.0, 0.8, 0.1
    strip.crop.min_x = 40
    pictures = [numbered.shown(scene, frame, tmp_path) for frame in (41, 190, 340)]
    shoot()
    for frame, picture in zip((41, 190, 340), pictures, strict=True):
        assert numbered.psnr(picture, numbered.shown(scene, frame, tmp_path)) > 33
    lies_over(the_strip(scene), strip)


@pytest.mark.campaign
def test_sound_of_the_result_comes_with_every_part(tmp_path: Path, identity: None) -> None:
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    scene = open_timeline(fps=Fraction(30))
    path = numbered.movie(tmp_path / "long.mp4", frames=400, fps=Fraction(30), sound=True)
    strip = editing.add_movie(scene, path, frame=1)
    own = numbered.strips(scene).new_sound("own", str(path), 3, 1)
    select(scene, strip, own)
    scene.reshoot.sound = "RESULT"
    shoot()
    sounds = sorted(
        (compat.start(each), compat.end(each)) for each in compat.strips(the_strip(scene)) if each.type == "SOUND"
    )
    assert sounds == [(1, 201), (201, 401)]
    assert own.mute


def test_part_that_failed_is_retried_alone(tmp_path: Path, service: BadService) -> None:
    scene = open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=300))
    service.misbehave("submit", says(500, {"detail": "out of order"}), times=1)
    said = refusal(bpy.ops.reshoot.shoot)
    assert "500" in said or "out of order" in said
    assert sorted(row.state for row in journal()) == ["FAILED", "LANDED"]
    assert takes(scene) == []
    failed = next(row for row in journal() if row.state == "FAILED")
    assert bpy.ops.reshoot.job_retry(job=failed.id) == {"FINISHED"}
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert {row.state for row in journal()} == {"PLACED"}
    assert len(service.accepted) == 2 and service.count("submit") == 3
    lies_over(the_strip(scene), strip)


@pytest.mark.campaign
def test_part_that_was_given_up_leaves_the_others(tmp_path: Path, service: BadService) -> None:
    scene = open_timeline()
    editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=300))
    service.misbehave("submit", says(500, {"detail": "out of order"}), times=1)
    refusal(bpy.ops.reshoot.shoot)
    failed = next(row for row in journal() if row.state == "FAILED")
    assert bpy.ops.reshoot.job_dismiss(job=failed.id) == {"FINISHED"}
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    (row,) = journal()
    part = session.current().job(row.id).sent
    take = the_strip(scene)
    assert (compat.start(take), compat.end(take)) == (1 + part.first, 1 + part.first + part.own)


def test_price_of_the_parts_is_told_together(tmp_path: Path) -> None:
    scene = open_timeline()
    editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=300))
    plan = start.preview(scene).plan
    # 156 frames at 24 fps are 6.5 s, which are billed as 7, twice.
    assert str(plan.price) == "2.36" and plan.frames == 312
