# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a take lands: what stands above its shot stays above it, what shows the shot shows the take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import editing
import numbered
import pytest
from editing import takes
from reshoot import session
from reshoot.core.errors import PlacementError, ShotError
from reshoot.core.jobs import board
from reshoot.core.values.job import Job
from reshoot.operators import waiting
from reshoot.session import shoot as press
from reshoot.timeline import compat, movie_strip
from reshoot.timeline.stacks import marks

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("what metas, effects and channels show is each version's own"),
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


def titled(scene: bpy.types.Scene, channel: int, first: int = 1, end: int = FRAMES + 1) -> Any:
    title = compat.new_effect(scene.sequence_editor, "Title", "TEXT", channel, first, end - first)
    title.text, title.select = "TITLE", False
    return title


def landed(scene: bpy.types.Scene, prompt: str = "Make it snow") -> Job:
    """The job of a press, placed."""
    (job,) = press.shoot(scene, prompt)
    waiting.wait_for(session.current(), [job.id])
    line = board.progress(job.id)
    assert line is not None
    return line.job


def lies(strip: Any) -> tuple[int, int, int]:
    return compat.start(strip), compat.end(strip), strip.channel


def the_stack(scene: bpy.types.Scene) -> Any:
    (found,) = [strip for strip in compat.strips_all(scene.sequence_editor) if marks.is_stack(strip)]
    return found


def test_under_a_title_the_shot_becomes_a_stack_and_a_further_take_is_shown_in_it(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path
) -> None:
    strip = editing.add_movie(scene, movie)
    name = strip.name
    title = titled(scene, 2, 11, 61)
    before = [numbered.shown(scene, frame, tmp_path) for frame in (5, 40)]
    one = landed(scene)
    meta = the_stack(scene)
    assert lies(meta) == (1, 81, 1) and lies(title) == (11, 61, 2)
    assert "REHEARSAL" in meta.name and meta.select
    (take,) = takes(scene)
    assert (take[marks.JOB_KEY], compat.meta_of(take), take.blend_type) == (one.id, meta.name, "REPLACE")
    after = [numbered.shown(scene, frame, tmp_path) for frame in (5, 40)]
    assert min(numbered.psnr(was, now) for was, now in zip(before, after, strict=True)) > 38
    # A press on the stack, and what comes of it.
    take.color_saturation = 0.5
    take.color_tag = "COLOR_02"
    two = landed(scene, "Make it rain")
    assert two.shot.id == one.shot.id and two.shot.strips == one.shot.strips
    (take,) = takes(scene)
    assert (take[marks.JOB_KEY], take.color_saturation, take.color_tag) == (two.id, 0.5, "COLOR_02")
    assert two.take is not None and Path(bpy.path.abspath(take.filepath)) == Path(two.take.path)
    assert lies(the_stack(scene)) == (1, 81, 1) and the_stack(scene).name.startswith("REHEARSAL forest_take02")
    assert {each.name for each in compat.strips(the_stack(scene))} >= {name}


def test_directly_above_where_nothing_is_changed_by_it(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    high = titled(scene, 3)
    landed(scene)
    (take,) = takes(scene)
    assert lies(take) == (1, 81, 2) and lies(strip) == (1, 81, 1) and lies(high) == (1, 81, 3)
    landed(scene)
    (again,) = takes(scene)
    assert lies(again) == (1, 81, 2), "takes climb"
    editing.select(scene, again)
    landed(scene, "From the take itself")
    assert [lies(each) for each in takes(scene)] == [(1, 81, 2)]


def test_a_strip_that_ends_where_the_take_begins_leaves_its_channel_free(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie, frame=101)
    compat.set_start(strip, 121)
    compat.set_end(strip, 171)
    for first, end in ((90, 121), (171, 190)):
        titled(scene, 2, first, end)
    landed(scene)
    assert [lies(each) for each in takes(scene)] == [(121, 171, 2)]


def test_a_shot_that_feeds_a_dissolve_goes_on_feeding_it(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    one = editing.add_movie(scene, movie)
    other = editing.add_movie(scene, movie, channel=2, frame=61)
    other.name = "Other"
    cross = compat.new_effect(scene.sequence_editor, "Dissolve", "CROSS", 3, 61, 20, (one, other))
    before = [numbered.shown(scene, frame, tmp_path) for frame in (30, 65, 75, 100)]
    editing.select(scene, other)
    landed(scene)
    editing.select(scene, compat.strips_all(scene.sequence_editor)["forest"])
    landed(scene)
    assert marks.is_stack(cross.input_1) and marks.is_stack(cross.input_2)
    after = [numbered.shown(scene, frame, tmp_path) for frame in (30, 65, 75, 100)]
    assert min(numbered.psnr(was, now) for was, now in zip(before, after, strict=True)) > 38
    for each in takes(scene):
        each.mute = True
    plates = [numbered.shown(scene, frame, tmp_path) for frame in (30, 65, 75, 100)]
    assert all((was == now).all() for was, now in zip(before, plates, strict=True))


def test_what_finds_no_place_is_refused_before_it_is_paid_for(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    titled(scene, 2)
    scene.sequence_editor.channels[1].lock = True
    with pytest.raises(ShotError, match="The take of “forest” cannot lie under “Title”: channel 1 is locked"):
        press.shoot(scene)
    assert not editing.journal()
    scene.sequence_editor.channels[1].lock = False
    strip.lock = True
    timeline = editing.Timeline(scene)
    with pytest.raises(ShotError, match="“forest” is locked"):
        press.shoot(scene)
    timeline.is_as_it_was()
    strip.lock = False
    # It is locked meanwhile: the take waits, and nothing has changed.
    (job,) = press.shoot(scene)
    strip.lock = True
    timeline = editing.Timeline(scene)
    editing.drain_until("LANDED")
    with pytest.raises(PlacementError, match="“forest” is locked"):
        session.current().placing.place([session.current().job(job.id)])  # type: ignore[list-item]
    timeline.is_as_it_was()


@pytest.mark.campaign
def test_on_channels_of_their_own_takes_lie_as_near_as_they_can(scene: bpy.types.Scene, movie: Path) -> None:
    editing.add_movie(scene, movie)
    titled(scene, 4)
    scene.reshoot.land = "CHANNEL"
    for channels in ([2], [2, 3], [2, 3, 5]):
        landed(scene)
        assert sorted(each.channel for each in takes(scene)) == channels


def test_a_take_whose_sound_finds_no_place_leaves_the_timeline_as_it_was(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while a stack is made and filled."""
    from reshoot.timeline import take_strips

    editing.add_movie(scene, movie)
    titled(scene, 2)
    (job,) = press.shoot(scene)
    timeline = editing.Timeline(scene)
    editing.drain_until("LANDED")

    def broken(*_args: Any) -> Any:
        raise PlacementError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(take_strips.TakeStrips, "bring_sound", broken)
        with pytest.raises(PlacementError, match="no room"):
            session.current().placing.place([session.current().job(job.id)])  # type: ignore[list-item]
    timeline.is_as_it_was()
    session.current().placing.place([session.current().job(job.id)])  # type: ignore[list-item]
    assert lies(the_stack(scene)) == (1, 81, 1)


def media(strip: Any) -> Path:
    return Path(bpy.path.abspath(strip.filepath))


def is_shown(scene: bpy.types.Scene, job: Job) -> None:
    """Of the takes that are in the timeline, that of `job` is shown, and no other."""
    (strip,) = [each for each in takes(scene) if not each.mute]
    assert job.take is not None
    assert (strip[marks.JOB_KEY], media(strip)) == (job.id, Path(job.take.path))
    assert session.takes_in_file() == frozenset({job.id}) and session.shots_shown() == frozenset({job.shot.id})


def test_takes_of_a_shot_are_shown_one_for_another(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """In a stack; what the editor has done to its strip stays, each time in one step that can be undone."""
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "forest.mp4", frames=120))
    compat.set_start(strip, 21)
    compat.set_end(strip, 101)
    titled(scene, 2, 21, 101)
    first = landed(scene)
    # Another length of file: handles.
    scene.reshoot.handles = 12
    second = landed(scene, "Make it rain")
    scene.reshoot.handles = 0
    third = landed(scene, "Make it hail")
    (take,) = takes(scene)
    compat.set_end(take, 91)
    take.color_saturation, take.transform.offset_x = 0.4, 7.0
    take.name, take.color_tag = "Mine", "COLOR_05"
    bpy.ops.ed.undo_push(message="mine")
    for job in (first, second, third, first):
        assert bpy.ops.reshoot.take_show(job=job.id) == {"FINISHED"}
        scene = bpy.context.scene
        is_shown(scene, job)
        (take,) = takes(scene)
        assert (compat.start(take), compat.end(take), take.channel) == (21, 91, 2)
        assert (take.name, take.color_tag, round(take.color_saturation, 3)) == ("Mine", "COLOR_05", 0.4)
        assert take.transform.offset_x == 7.0 and lies(the_stack(scene)) == (21, 101, 1)
        assert numbered.number_shown(scene, 30, tmp_path) == 29
    # The original, and on from there.
    editing.select(scene, the_stack(scene))
    assert bpy.ops.reshoot.take_show(job="") == {"FINISHED"}
    (take,) = takes(scene)
    assert take.mute and not the_stack(scene).mute
    for direction, job in (("NEXT", first), ("NEXT", second), ("NEXT", third), ("PREVIOUS", second)):
        assert bpy.ops.reshoot.take_step(direction=direction) == {"FINISHED"}
        is_shown(scene, job)
    assert bpy.ops.reshoot.take_step(direction="NEXT") == {"FINISHED"}
    assert "last take" in editing.refusal(bpy.ops.reshoot.take_step, direction="NEXT")
    # A take whose file is gone is not shown in place of one that is there.
    assert first.take is not None
    Path(first.take.path).unlink()
    assert "not on disk" in editing.refusal(bpy.ops.reshoot.take_show, job=first.id)
    is_shown(scene, third)


def test_above_its_shot_a_take_is_shown_in_the_place_of_another(scene: bpy.types.Scene, movie: Path) -> None:
    strip = editing.add_movie(scene, movie)
    first, second = landed(scene), landed(scene, "Make it rain")
    assert bpy.ops.reshoot.take_show(job=first.id) == {"FINISHED"}
    is_shown(scene, first)
    assert [lies(each) for each in takes(scene)] == [(1, 81, 2)]
    editing.select(scene, *takes(scene))
    assert bpy.ops.reshoot.take_show() == {"FINISHED"}
    assert [each.mute for each in takes(scene)] == [True]
    assert bpy.ops.reshoot.take_step(direction="NEXT") == {"FINISHED"}
    is_shown(scene, first)
    # It was left behind by some frames: the next goes to where the shot is.
    compat.set_content_start(strip, 11)
    editing.select(scene, strip)
    assert bpy.ops.reshoot.take_show(job=second.id) == {"FINISHED"}
    assert (11, 91, 2) in [lies(each) for each in takes(scene)]


@pytest.mark.campaign
def test_a_take_at_another_pace_is_laid_anew(scene: bpy.types.Scene, tmp_path: Path) -> None:
    scene.render.fps = 12
    editing.add_movie(scene, numbered.movie(tmp_path / "forest.mp4", frames=FRAMES))
    titled(scene, 2)
    every = landed(scene)
    scene.reshoot.timing = "REAL_TIME"
    real = landed(scene)
    assert every.take is not None and real.take is not None and every.take.play_fps != real.take.play_fps
    for job in (every, real):
        assert bpy.ops.reshoot.take_show(job=job.id) == {"FINISHED"}
        is_shown(scene, job)
        (take,) = takes(scene)
        assert (compat.start(take), compat.end(take), take.blend_type) == (1, 81, "REPLACE")
        assert lies(the_stack(scene)) == (1, 81, 1)
        assert abs(numbered.number_shown(scene, 40, tmp_path) - 39) <= 1


def test_the_sound_of_takes_comes_and_goes_with_them(scene: bpy.types.Scene, tmp_path: Path) -> None:
    if not bpy.app.build_options.audaspace:
        return
    path = numbered.movie(tmp_path / "talk.mp4", frames=FRAMES, sound=True)
    strip = editing.add_movie(scene, path)
    sound = compat.strips(scene.sequence_editor).new_sound("own", str(path), 5, 1)
    titled(scene, 2)
    editing.select(scene, strip)
    plain = landed(scene)
    scene.reshoot.sound = "SILENT"
    silent = landed(scene)
    assert sound.mute
    assert bpy.ops.reshoot.take_show(job=plain.id) == {"FINISHED"}
    assert not sound.mute
    assert bpy.ops.reshoot.take_show(job=silent.id) == {"FINISHED"}
    assert sound.mute
    editing.select(scene, the_stack(scene))
    assert bpy.ops.reshoot.take_show() == {"FINISHED"}
    assert not sound.mute
    assert bpy.ops.reshoot.take_show(job=silent.id) == {"FINISHED"}
    assert sound.mute


def comes_in(scene: bpy.types.Scene, prompt: str) -> Job:
    """The job of a take that came in by itself, as the watch places it."""
    press.shoot(scene, prompt)
    running = session.current()
    editing.drain_till(lambda: running.placing.landed())
    (jobs,) = running.placing.landed()
    running.placing.place(jobs, keep=True)
    bpy.ops.ed.undo_push(message="Reshoot Take")
    return jobs[0]


def undo() -> bpy.types.Scene:
    """Undo as in the interface: past what came in by itself, which is laid again."""
    placing = session.current().placing
    bpy.ops.ed.undo()
    while placing.goes_on:
        bpy.ops.ed.undo()
    while placing.has_to_lay_again:
        placing.lay_again()
    scene = bpy.context.scene
    assert isinstance(scene, bpy.types.Scene)
    return scene


@pytest.mark.parametrize("place", ["stack", "above"])
def test_undo_goes_past_takes_and_the_last_one_stays_shown(scene: bpy.types.Scene, movie: Path, place: str) -> None:
    strip = editing.add_movie(scene, movie)
    if place == "stack":
        titled(scene, 2)
    scene.timeline_markers.new("one", frame=3)
    bpy.ops.ed.undo_push(message="one")
    scene.timeline_markers.new("two", frame=5)
    bpy.ops.ed.undo_push(message="two")
    editing.select(scene, strip)
    comes_in(scene, "Make it rain")
    last = comes_in(scene, "Make it hail")
    scene.timeline_markers.new("three", frame=7)
    bpy.ops.ed.undo_push(message="three")
    for markers in (["one", "two"], ["one"]):
        scene = undo()
        assert [marker.name for marker in scene.timeline_markers] == markers
        is_shown(scene, last)
        assert len(takes(scene)) == 1
    assert not session.current().placing.undone_takes()
    line = board.progress(last.id)
    assert line is not None and not line.words


def test_another_take_that_is_shown_is_not_one_that_was_undone(scene: bpy.types.Scene, movie: Path) -> None:
    editing.add_movie(scene, movie)
    titled(scene, 2)
    first, second = comes_in(scene, "Make it rain"), comes_in(scene, "Make it hail")
    assert bpy.ops.reshoot.take_show(job=first.id) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Show Take")
    is_shown(scene, first)
    scene = undo()
    is_shown(scene, second)
    assert not session.current().placing.undone_takes()
    bpy.ops.ed.redo()
    is_shown(bpy.context.scene, first)


def test_a_press_on_a_copy_leaves_the_original_as_it_is(scene: bpy.types.Scene, movie: Path) -> None:
    editing.add_movie(scene, movie)
    titled(scene, 2)
    first = landed(scene)
    meta = the_stack(scene)
    editing.select(scene, meta)
    with movie_strip.sequencer(scene):
        bpy.ops.sequencer.duplicate("EXEC_REGION_WIN")
    every = compat.strips_all(scene.sequence_editor)
    (copy,) = [strip for strip in every if marks.is_stack(strip) and strip.name != meta.name]
    copy.channel = 5
    compat.set_content_start(copy, compat.content_start(copy) + 200)
    # Both list the same, until one of them is pressed.
    assert marks.own_id(marks.plates_in(copy)[0]) == first.shot.id
    editing.select(scene, copy)
    other = landed(scene, "Make it rain")
    assert other.shot.id != first.shot.id and lies(copy) == (201, 281, 5)
    shown = {compat.meta_of(take): take[marks.JOB_KEY] for take in takes(scene)}
    assert shown == {meta.name: first.id, copy.name: other.id}
    (plate,) = marks.plates_in(copy)
    assert marks.ids(plate) == (other.shot.id, first.shot.id)
    # It can show what the original has.
    editing.select(scene, copy)
    assert bpy.ops.reshoot.take_step(direction="PREVIOUS") == {"FINISHED"}
    shown = {compat.meta_of(take): take[marks.JOB_KEY] for take in takes(scene)}
    assert shown == {meta.name: first.id, copy.name: first.id}


def test_sound_that_was_joined_with_its_picture_is_joined_with_the_stack(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    if not bpy.app.build_options.audaspace or not compat.CONNECTED_STRIPS:
        return
    path = numbered.movie(tmp_path / "talk.mp4", frames=FRAMES, sound=True)
    strip = editing.add_movie(scene, path)
    sound = compat.strips(scene.sequence_editor).new_sound("own", str(path), 5, 1)
    movie_strip.join(scene, [strip, sound])
    titled(scene, 2)
    editing.select(scene, strip)
    landed(scene)
    meta = the_stack(scene)
    if hasattr(meta, "connections"):
        assert [each.name for each in meta.connections] == ["own"]
    # What is cut along is joined.
    with movie_strip.sequencer(scene):
        compat.select_only([sound, meta], compat.strips_all(scene.sequence_editor))
        assert bpy.ops.sequencer.disconnect("EXEC_REGION_WIN") == {"FINISHED"}


@pytest.mark.campaign
def test_a_take_of_all_that_is_visible_lies_above_it_and_one_of_the_strip_below(
    scene: bpy.types.Scene, movie: Path
) -> None:
    strip = editing.add_movie(scene, movie)
    title = titled(scene, 2)
    scene.reshoot.source = "TIMELINE"
    whole = landed(scene)
    assert [lies(each) for each in takes(scene)] == [(1, 81, 3)]
    again = landed(scene, "Make it rain")
    assert [lies(each) for each in takes(scene)] == [(1, 81, 3)]
    scene.reshoot.source = "STRIP"
    plate = landed(scene, "Make it hail")
    # Under the title, which the take of the whole would hide.
    shown = {take[marks.JOB_KEY]: (take.channel, take.mute) for take in takes(scene)}
    assert shown == {again.id: (3, True), plate.id: (2, False)} and lies(the_stack(scene)) == (1, 81, 1)
    assert bpy.ops.reshoot.take_show(job=whole.id) == {"FINISHED"}
    shown = {take[marks.JOB_KEY]: (take.channel, take.mute) for take in takes(scene)}
    assert shown == {whole.id: (3, False), plate.id: (2, False)}
    # The original under it all.
    editing.select(scene, the_stack(scene))
    assert bpy.ops.reshoot.take_show() == {"FINISHED"}
    assert all(take.mute for take in takes(scene)) and not title.mute and strip


def test_a_shot_that_feeds_something_once_it_has_a_take_feeds_the_next_one_to_it(
    scene: bpy.types.Scene, movie: Path
) -> None:
    strip = editing.add_movie(scene, movie)
    # Through the take it would be seen, so it is muted below.
    strip.blend_type, strip.blend_alpha = "ALPHA_OVER", 0.5
    first = landed(scene)
    assert [lies(take) for take in takes(scene)] == [(1, 81, 2)] and strip.mute
    blur = compat.new_effect(scene.sequence_editor, "Blur", "GAUSSIAN_BLUR", 5, 1, 80, (strip,))
    editing.select(scene, strip)
    second = landed(scene, "Make it rain")
    meta = the_stack(scene)
    assert blur.input_1 == meta and not meta.mute and (meta.blend_alpha, strip.blend_alpha) == (0.5, 1.0)
    shown = {take[marks.JOB_KEY]: take.mute for take in takes(scene)}
    assert shown == {first.id: True, second.id: False}


@pytest.mark.campaign
def test_what_the_editor_does_to_a_stack_by_hand(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    """Cut, emptied, entered, and filled with more: each time a take lands where the shot is, and nothing is lost."""
    editing.add_movie(scene, movie)
    titled(scene, 2)
    landed(scene)
    meta = the_stack(scene)
    editor = scene.sequence_editor
    # The take is deleted inside: the plate is seen, and the next take is laid beside it.
    compat.strips(meta).remove(takes(scene)[0])
    assert numbered.number_shown(scene, 40, tmp_path) == 39
    editing.select(scene, meta)
    landed(scene, "Make it rain")
    assert [(take.channel, compat.meta_of(take)) for take in takes(scene)] == [(2, meta.name)]
    # Something of the editor's lies inside, on the next channel: it stays above.
    note = compat.new_effect(meta, "Note", "TEXT", 3, 1, 80)
    compat.set_end(meta, 81)
    compat.open_level(editor, meta.name)
    (job,) = press.shoot(scene, "Make it hail")
    waiting.wait_for(session.current(), [job.id])
    assert compat.open_meta(editor) == meta.name, "the level that was entered stays"
    (take,) = takes(scene)
    assert (take[marks.JOB_KEY], take.channel, note.channel) == (job.id, 2, 3)
    compat.open_level(editor, "")
    # Cut apart with the razor: both pieces get the next take, each its frames.
    right = meta.split(frame=41, split_method="SOFT", **(compat.split_options(meta) or {}))
    editing.select(scene, meta)
    last = landed(scene, "Both")
    assert last.shot.frames == 40
    assert {take[marks.JOB_KEY] for take in takes(scene) if compat.meta_of(take) == meta.name} == {last.id}
    assert {take[marks.JOB_KEY] for take in takes(scene) if compat.meta_of(take) == right.name} == {job.id}
    assert lies(meta) == (1, 41, 1) and lies(right) == (41, 81, 1)
    # Without its plate a stack is the editor's own.
    (plate,) = marks.plates_in(right)
    compat.strips(right).remove(plate)
    editing.select(scene, right)
    assert editing.seen(scene).shot is not None


@pytest.mark.campaign
def test_the_parts_of_a_long_shot_lie_in_one_stack(scene: bpy.types.Scene, tmp_path: Path) -> None:
    editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=300))
    titled(scene, 2, 1, 301)
    jobs = press.shoot(scene)
    assert len(jobs) == 2
    waiting.wait_for(session.current(), [job.id for job in jobs])
    meta = the_stack(scene)
    assert lies(meta) == (1, 301, 1)
    shown = [strip for strip in compat.strips(meta) if marks.is_take(strip)]
    assert [strip.type for strip in shown] == ["META"] and compat.length(shown[0]) == 300
    assert [numbered.number_shown(scene, frame, tmp_path) for frame in (5, 280)] == [4, 279]
    again = press.shoot(scene, "Make it rain")
    waiting.wait_for(session.current(), [job.id for job in again])
    held = {strip[marks.JOB_KEY] for strip in compat.strips(meta) if marks.is_take(strip)}
    assert held == {again[0].id}
    assert bpy.ops.reshoot.take_show(job=jobs[0].id) == {"FINISHED"}
    held = {strip[marks.JOB_KEY] for strip in compat.strips(meta) if marks.is_take(strip)}
    assert held == {jobs[0].id} and lies(meta) == (1, 301, 1)
