# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot is after the editor has worked on it, and that its take goes exactly there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import editing
import footage
import numbered
import pytest
from bad_service import IN_QUEUE, BadService
from campaign import sampled
from editing import put_into_meta, takes
from reshoot import session
from reshoot.core.errors import PlacementError
from reshoot.core.jobs import board
from reshoot.core.jobs.rows import Event
from reshoot.core.takes import matching
from reshoot.core.values.choices import Selection, Source
from reshoot.core.values.shot import Shot, ShownFile
from reshoot.core.values.state import State
from reshoot.operators import waiting
from reshoot.session import shoot
from reshoot.timeline import compat, movie_strip, shot, whereabouts
from reshoot.timeline.facts import TimelineFacts

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("strips are read, cut and moved by names that changed"),
]

FRAMES = 80


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service gives back what it was sent."""
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A movie of 80 frames."""
    return numbered.movie(tmp_path_factory.mktemp("footage") / "forest.mp4", frames=FRAMES)


def read(scene: bpy.types.Scene) -> Shot:
    (seen,) = shot.read_each(TimelineFacts(scene), Source.STRIP, "", Selection.TOGETHER).each
    return seen.shot


def spans(scene: bpy.types.Scene, of: Shot) -> list[tuple[int, int, int]]:
    """Where a shot is: first frame, frame after it, channel."""
    return [(spot.first, spot.end, spot.channel) for spot in whereabouts.find(scene, of)]


def move(strip: Any, frames: int) -> None:
    """Move a strip along the timeline."""
    if hasattr(strip, "content_start"):
        strip.content_start += frames
    else:
        strip.frame_start += frames


def cut(strip: Any, frame: int, *, hold: bool = False) -> Any:
    """Cut a strip before `frame`; the right piece. hold: by Hold Split."""
    return strip.split(frame=frame, split_method="HARD" if hold else "SOFT")


def remove(scene: bpy.types.Scene, strip: Any) -> None:
    compat.strips(scene.sequence_editor).remove(strip)


def test_untouched(scene: bpy.types.Scene, movie: Path) -> None:
    editing.add_movie(scene, movie, channel=3, frame=11)
    assert spans(scene, read(scene)) == [(11, 91, 3)]


def test_moved_trimmed_and_renamed(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    move(strip, 100)
    strip.channel = 5
    compat.set_start(strip, 121)
    strip.name = "another"
    assert spans(scene, was) == [(121, 181, 5)]
    (spot,) = whereabouts.find(scene, was)
    assert (spot.start, spot.strips) == (101, ("another",))


def test_cut_in_two_is_one_spot(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    cut(strip, 41)
    assert spans(scene, was) == [(1, 81, 1)]


def test_gap_of_a_deleted_middle_is_left_free(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    middle = cut(strip, 31)
    cut(middle, 51)
    remove(scene, middle)
    assert spans(scene, was) == [(1, 31, 1), (51, 81, 1)]


def test_piece_that_was_moved_is_found(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    right = cut(strip, 31)
    move(right, 200)
    assert spans(scene, was) == [(1, 31, 1), (231, 281, 1)]
    assert [spot.start for spot in whereabouts.find(scene, was)] == [1, 201]


def test_first_piece_was_deleted(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    cut(strip, 31)
    remove(scene, strip)
    assert spans(scene, was) == [(31, 81, 1)]


@pytest.mark.parametrize("trimmed", [False, True])
def test_hold_split_shot_is_one_spot(scene: bpy.types.Scene, movie: Path, trimmed: bool) -> None:
    strip = editing.add_movie(scene, movie)
    if trimmed:
        compat.set_start(strip, 6)
        compat.set_end(strip, 76)
    was = read(scene)
    shown = (compat.start(strip), compat.end(strip), 1)
    right = cut(strip, 31, hold=True)
    assert spans(scene, was) == [shown]
    last = cut(right, 51, hold=True)
    assert spans(scene, was) == [shown]
    if trimmed:
        remove(scene, strip)
        assert spans(scene, was) == [(31, 76, 1)]
        return
    move(last, 200)
    assert spans(scene, was) == [(shown[0], 51, 1), (251, shown[1] + 200, 1)]
    assert [spot.start - shown[0] for spot in whereabouts.find(scene, was)] == [0, 200]
    move(right, 100)
    move(last, -200)
    assert spans(scene, was) == [(shown[0], 31, 1), (51, shown[1], 1), (131, 151, 1)]


def test_hold_split_of_what_was_hold_split_already(scene: bpy.types.Scene, movie: Path) -> None:
    middle = cut(editing.add_movie(scene, movie), 21, hold=True)
    cut(middle, 61, hold=True)
    editing.select(scene, middle)
    was = read(scene)
    cut(middle, 41, hold=True)
    assert spans(scene, was) == [(21, 61, 1)]


def test_hold_split_image_sequence_is_one_spot(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first, *others = numbered.images(tmp_path, frames=10)
    strip = compat.strips(scene.sequence_editor).new_image("images", str(first), 1, 1)
    for path in others:
        strip.elements.append(path.name)
    compat.set_end(strip, 11)
    editing.select(scene, strip)
    was = read(scene)
    right = cut(strip, 5, hold=True)
    assert spans(scene, was) == [(1, 11, 1)]
    editing.select(scene, right)
    assert [Path(path) for path in shot.selected_images(scene)] == [others[3]]
    (seen,) = shot.read_each(TimelineFacts(scene), Source.STRIP, "").each
    assert seen.files == (ShownFile("images.001", tuple(map(str, others[3:]))),)


@pytest.mark.parametrize(
    ("fps", "frame"),
    sampled([(50, 31), (50, 52), (60, 30), (26, 14), (26, 8), (15, 18), (15, 4)], (50, 52), (26, 14), (15, 4)),
)
def test_hold_split_movie_at_its_own_rate_is_one_spot(
    scene: bpy.types.Scene, movie: Path, fps: int, frame: int
) -> None:
    scene.render.fps = fps
    strip = movie_strip.add(scene, "own", movie, 1, 1, at_own_rate=True)
    editing.select(scene, strip)
    was = read(scene)
    right = cut(strip, frame, hold=True)
    # The cut lies between two frames of the file: Blender's own piece is a little longer or shorter for it.
    assert spans(scene, was) == [(1, min(1 + was.frames, compat.end(right)), 1)]
    move(right, 400)
    (_, end, _), (first, last, _) = spans(scene, was)
    assert (end, first) == (frame, frame + 400) and 0 <= compat.end(right) - last <= fps / 25
    move(right, -400)
    remove(scene, strip)
    assert spans(scene, was) == [(frame, min(1 + was.frames, compat.end(right)), 1)]


def test_copy_of_the_shot_is_not_the_shot(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    was = read(scene)
    copy = editing.add_movie(scene, movie, frame=201)
    copy.name = f"{strip.name}.001"
    above = editing.add_movie(scene, movie, channel=2)
    above.name = f"{strip.name}.002"
    assert spans(scene, was) == [(1, 81, 1)]


def test_other_part_of_the_same_movie_is_not_the_shot(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    other = cut(strip, 41)
    editing.select(scene, strip)
    was = read(scene)
    move(other, 300)
    remove(scene, strip)
    assert spans(scene, was) == [(1, 41, 1)]
    assert whereabouts.find(scene, was)[0].strips == ()


def test_text_strip_that_was_renamed_or_cut(scene: bpy.types.Scene) -> None:
    strip = compat.new_effect(scene.sequence_editor, "Title", "TEXT", 2, 11, 90)
    editing.select(scene, strip)
    was = read(scene)
    strip.name = "End"
    assert spans(scene, was) == [(11, 101, 2)]
    strip.name = "Title"
    move(strip, 50)
    cut(strip, 91)
    assert spans(scene, was) == [(61, 151, 2)]


def test_several_strips_keep_their_range_on_the_lowest_channel(scene: bpy.types.Scene, movie: Path) -> None:
    low = editing.add_movie(scene, movie, channel=2)
    high = editing.add_movie(scene, movie, channel=4, frame=61)
    editing.select(scene, low, high)
    was = read(scene)
    assert spans(scene, was) == [(1, 141, 2)]
    move(low, 10)
    move(high, 10)
    assert spans(scene, was) == [(11, 151, 2)]


def test_follower_sees_every_change_and_answers_the_same_without_one(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    shots = {"job": read(scene)}
    follower = whereabouts.Follower()
    first = follower.find(scene, shots)
    assert follower.find(scene, shots) is first
    for change in (lambda: move(strip, 7), lambda: compat.set_end(strip, 61), lambda: setattr(strip, "channel", 6)):
        before = follower.find(scene, shots)["job"]
        change()
        after = follower.find(scene, shots)["job"]
        assert after != before
        assert after == whereabouts.find(scene, shots["job"])
    remove(scene, strip)
    assert follower.find(scene, shots)["job"][0].strips == ()
    assert follower.find(scene, {}) == {}


def test_many_shots_are_found_among_many_pieces_of_one_movie(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strips = [editing.add_movie(scene, movie, channel=2, frame=1 + FRAMES * number) for number in range(40)]
    for strip in strips[1:]:
        # Blender numbers what has the same name.
        strip.name = strips[0].name
    shots = {}
    for strip in strips:
        editing.select(scene, strip)
        shots[strip.name] = read(scene)
    looks = 0
    apart = matching._apart

    def counted(*args: Any) -> bool:
        nonlocal looks
        looks += 1
        return bool(apart(*args))

    monkeypatch.setattr(matching, "_apart", counted)
    found = whereabouts.Follower().find(scene, shots)
    assert {name: spot.first for name, (spot,) in found.items()} == {s.name: compat.start(s) for s in strips}
    assert looks < len(strips), "each shot was held against every strip"


def test_take_covers_each_piece_and_not_the_gap(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    (job,) = shoot.shoot(scene)
    right = cut(strip, 31)
    move(right, 40)
    waiting.wait_for(session.current(), [job.id])
    placed = sorted((compat.start(take), compat.end(take), take.channel) for take in takes(scene))
    assert placed == [(1, 31, 3), (71, 121, 3)]
    assert numbered.number_shown(scene, 20, tmp_path) == 19
    assert numbered.number_shown(scene, 71, tmp_path) == 30


def test_a_job_is_seen_on_its_strip_while_it_runs(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    assert session.on_strips(scene) == []
    (job,) = shoot.shoot(scene)
    running = session.current()
    while not session.on_strips(scene):
        running.drain(1.0)
    move(strip, 25)
    (seen,) = session.on_strips(scene)
    assert (seen.channel, seen.start, seen.end, seen.progress.job.id) == (2, 26, 106, job.id)
    assert session.on_strips(bpy.data.scenes.new("Other")) == []
    waiting.wait_for(running, [job.id])
    assert session.on_strips(scene) == []


def test_jobs_of_a_scene_that_was_renamed_are_looked_for_together(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.current()
    jobs = []
    for number in range(12):
        editing.select(scene, editing.add_movie(scene, movie, channel=2, frame=1 + FRAMES * number))
        (job,) = shoot.checked(scene)
        jobs.append(replace(job, state=State.WAITING))
        board.update(Event(jobs[-1]))
    scene.name = "Renamed"
    bpy.data.scenes.new("Other")
    looks = 0
    real = whereabouts._index

    def counted(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        return real(*args)

    monkeypatch.setattr(whereabouts, "_index", counted)
    assert {seen.progress.job.id for seen in session.on_strips(scene)} == {job.id for job in jobs}
    assert looks < len(jobs), "the timelines were read for each job"


@pytest.mark.parametrize("reopened", [False, True])
def test_scene_whose_name_another_one_got(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, service: BadService, reopened: bool
) -> None:
    service.misbehave("status", IN_QUEUE)
    editing.add_movie(scene, movie, channel=2)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    (job,) = shoot.shoot(scene)
    editing.drain_until("WAITING")
    assert len(session.on_strips(scene)) == 1
    name, scene.name = scene.name, "Edit"
    bpy.data.scenes.new(name).sequence_editor_create()
    if reopened:
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    edit, other = bpy.data.scenes["Edit"], bpy.data.scenes[name]
    assert session.on_strips(other) == []
    assert len(session.on_strips(edit)) == 1
    service.behave()
    waiting.wait_for(session.current(), [job.id])
    assert (len(takes(edit)), takes(other)) == (1, [])


def test_scene_keeps_the_take_of_a_shot_that_only_its_copy_still_has(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    (job,) = shoot.shoot(scene)
    copy = scene.copy()
    assert len(compat.strips(copy.sequence_editor)) == 1
    remove(scene, strip)
    waiting.wait_for(session.current(), [job.id])
    assert (len(takes(scene)), takes(copy)) == (1, [])


def test_shot_in_a_meta_strip_gets_its_take_there(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    (job,) = shoot.shoot(scene)
    meta = put_into_meta(scene, strip)
    level = (compat.start(meta), compat.end(meta), meta.channel)
    (spot,) = whereabouts.find(scene, job.shot)
    assert (spot.first, spot.end, spot.channel, spot.meta) == (1, 81, 2, "Group")
    # From outside the meta strip stands for it.
    assert whereabouts.visible(scene, spot) == (2, 1, 81)
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    assert compat.meta_of(take) == "Group"
    assert (compat.start(take), compat.end(take), take.channel) == (1, 81, 3)
    assert [each.name for each in compat.strips(scene.sequence_editor)] == ["Group"]
    assert (compat.start(meta), compat.end(meta), meta.channel) == level
    assert compat.open_meta(scene.sequence_editor) == ""


@pytest.mark.parametrize("timing", sampled(["EVERY_FRAME", "REAL_TIME"], "REAL_TIME"))
def test_entered_meta_strip_does_not_get_the_take_of_what_is_outside(
    scene: bpy.types.Scene, movie: Path, timing: str
) -> None:
    other = editing.add_movie(scene, movie, channel=6, frame=101)
    meta = put_into_meta(scene, other)
    strip = editing.add_movie(scene, movie, channel=2)
    scene.reshoot.timing = timing
    (job,) = shoot.shoot(scene)
    scene.sequence_editor.display_stack(meta)
    (spot,) = whereabouts.find(scene, job.shot)
    assert whereabouts.visible(scene, spot) is None
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    assert compat.meta_of(take) == ""
    assert (compat.start(take), compat.end(take), take.channel) == (1, 81, strip.channel + 1)
    assert compat.open_meta(scene.sequence_editor) == "Group"


def test_shot_that_was_deleted_from_its_meta_strip(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    meta = put_into_meta(scene, strip)
    scene.sequence_editor.display_stack(meta)
    editing.select(scene, strip)
    was = read(scene)
    inside = compat.strips(meta)
    kept = inside.new_movie("kept", str(movie), 5, 1)
    inside.remove(strip)
    scene.sequence_editor.display_stack(None)
    (spot,) = whereabouts.find(scene, was)
    assert (spot.meta, spot.channel) == ("Group", kept.channel)  # the same movie over the same frames
    inside.remove(kept)
    (spot,) = whereabouts.find(scene, was)
    assert (spot.meta, spot.channel, spot.strips) == ("Group", 2, ())
    compat.strips(scene.sequence_editor).remove(meta)
    (spot,) = whereabouts.find(scene, was)
    assert (spot.meta, spot.channel, spot.strips) == ("", 2, ())


def test_what_the_viewer_shows_stays_above_the_meta_strip(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    was = shot.read_each(TimelineFacts(scene), Source.TIMELINE, "").each[0].shot
    put_into_meta(scene, strip)
    (spot,) = whereabouts.find(scene, was)
    assert (spot.first, spot.end, spot.meta) == (1, 81, "")


@pytest.mark.parametrize("word", ["mute", "lock"])
@pytest.mark.parametrize("meta", [False, True])
def test_channels_that_are_muted_or_locked_get_no_take(
    scene: bpy.types.Scene, movie: Path, word: str, meta: bool
) -> None:
    strip = editing.add_movie(scene, movie, channel=2)
    (job,) = shoot.shoot(scene)
    holder = put_into_meta(scene, strip) if meta else scene.sequence_editor
    setattr(holder.channels[3], word, True)
    # What is outside of the meta strip does not count.
    other = scene.sequence_editor if meta else put_into_meta(scene, editing.add_movie(scene, movie, channel=8))
    setattr(other.channels[4], word, True)
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    assert take.channel == 4


def test_no_channel_is_left_that_shows_a_take(scene: bpy.types.Scene, movie: Path) -> None:
    editing.add_movie(scene, movie, channel=2)
    scene.reshoot.land = "CHANNEL"
    (job,) = shoot.shoot(scene)
    for channel in list(scene.sequence_editor.channels)[3:]:
        channel.mute = True
    with pytest.raises(PlacementError, match="No channel above"):
        waiting.wait_for(session.current(), [job.id])
    assert takes(scene) == []
    scene.sequence_editor.channels[128].mute = False
    assert bpy.ops.reshoot.take_place(job=job.id) == {"FINISHED"}
    (take,) = takes(scene)
    assert take.channel == 128


@pytest.mark.parametrize("kind", sampled(["MOVIE", "IMAGE"], "MOVIE"))
def test_shot_is_found_though_the_first_save_spells_its_file_anew(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, kind: str
) -> None:
    folders = [tmp_path / name for name in ("footage", "projects")]
    for folder in folders:
        folder.mkdir()
    strip = (
        editing.add_movie(scene, Path(shutil.copy(movie, folders[0])))
        if kind == "MOVIE"
        else editing.add_image(scene, footage.png(folders[0] / "still.png"), channel=1, frame=1)
    )
    if kind == "IMAGE":
        compat.set_end(strip, 1 + FRAMES)
        editing.select(scene, strip)
    strip.transform.scale_x = strip.transform.scale_y = 0.5
    strip.transform.offset_x = 120
    strip.blend_type = "SCREEN"
    (job,) = shoot.shoot(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(folders[1] / "film.blend"))
    assert (strip.filepath if kind == "MOVIE" else strip.directory).startswith("//..")
    move(strip, 100)
    assert spans(scene, job.shot) == [(101, 181, 1)]
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    editing.lies_over(take, strip)
    assert (take.blend_type, take.transform.offset_x) == ("SCREEN", 120)
    width = 720 if kind == "MOVIE" else 640
    assert take.transform.scale_x * take.elements[0].orig_width == pytest.approx(width / 2)
    # What was sent after the save is the same shot as well.
    editing.select(scene, strip)
    again = read(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    assert whereabouts.find(scene, again) == whereabouts.find(scene, read(scene))
