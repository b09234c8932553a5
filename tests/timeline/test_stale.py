# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot that is changed under its take: what has changed is told, each by its own word, and the take follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import editing
import numbered
import pytest
from editing import takes
from reshoot import session
from reshoot.core.jobs import board
from reshoot.core.takes.stale import Aspect, Stale
from reshoot.core.values.job import Job
from reshoot.operators import waiting
from reshoot.session import shoot as press
from reshoot.session import staleness
from reshoot.timeline import compat
from reshoot.timeline.stacks import follow, marks

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("what moves with a strip, and how it is trimmed, is each version's own"),
]


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service gives back what it was sent."""
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A movie of 200 frames that tell their number."""
    return numbered.movie(tmp_path_factory.mktemp("footage") / "forest.mp4", frames=200)


def trimmed(scene: bpy.types.Scene, movie: Path, first: int = 41, end: int = 121) -> Any:
    """A shot of the frames 40 to 120 of the movie, at their own time."""
    strip = editing.add_movie(scene, movie)
    compat.set_start(strip, first)
    compat.set_end(strip, end)
    return strip


def titled(scene: bpy.types.Scene, channel: int, first: int = 41, end: int = 121) -> Any:
    title = compat.new_effect(scene.sequence_editor, "Title", "TEXT", channel, first, end - first)
    title.text, title.select = "TITLE", False
    return title


def landed(scene: bpy.types.Scene, **settings: Any) -> Job:
    """The job of a press, placed."""
    for name, value in settings.items():
        setattr(scene.reshoot, name, value)
    jobs = press.shoot(scene)
    waiting.wait_for(session.current(), [job.id for job in jobs])
    line = board.progress(jobs[0].id)
    assert line is not None
    return line.job


def named(name: str) -> Any:
    return compat.strips_all(bpy.context.scene.sequence_editor)[name]


def lies(strip: Any) -> tuple[int, int, int]:
    return compat.start(strip), compat.end(strip), strip.channel


def told(job: Job) -> set[Aspect]:
    """What is told of a job's shot, once all was looked at."""
    staleness.look(bpy.context.scene)
    found = staleness.stale_of(job.id)
    return set(found.what) if found is not None else set()


def moved(strip: Any, by: int) -> None:
    compat.set_content_start(strip, compat.content_start(strip) + by)


def keyed(strip: Any, on: bool) -> None:
    if on:
        strip.color_saturation = 0.5
        strip.keyframe_insert("color_saturation", frame=50)
    else:
        strip.keyframe_delete("color_saturation", frame=50)
        strip.color_saturation = 1.0


def modified(strip: Any, on: bool) -> None:
    (window,) = bpy.context.window_manager.windows
    if hasattr(window.workspace, "sequencer_scene"):
        # Blender 5.0 ends where a modifier is added without.
        window.workspace.sequencer_scene = strip.id_data
    if on:
        strip.modifiers.new("grade", "BRIGHT_CONTRAST").bright = 7.0
    else:
        strip.modifiers.remove(strip.modifiers[0])


Edit = Callable[[Any, bool], object]


def setting(path: str, value: Any) -> Edit:
    """An edit of one property, and its inverse."""
    group, _dot, name = path.rpartition(".")
    before: list[Any] = []

    def edit(strip: Any, on: bool) -> None:
        owner = getattr(strip, group) if group else strip
        if on:
            before.append(getattr(owner, name))
        setattr(owner, name, value if on else before.pop())

    return edit


EDITS: dict[str, tuple[Aspect, Edit]] = {
    "trim of the beginning": (Aspect.TRIM, lambda strip, on: compat.set_start(strip, 51 if on else 41)),
    "trim of the end": (Aspect.TRIM, lambda strip, on: compat.set_end(strip, 99 if on else 121)),
    "opened": (Aspect.TRIM, lambda strip, on: compat.set_end(strip, 140 if on else 121)),
    "move": (Aspect.PLACE, lambda strip, on: moved(strip, 17 if on else -17)),
    "saturation": (Aspect.COLOUR, setting("color_saturation", 0.3)),
    "colour space": (Aspect.COLOUR, setting("colorspace_settings.name", "Non-Color")),
    "modifier": (Aspect.COLOUR, modified),
    "animated colour": (Aspect.COLOUR, keyed),
    "reversed": (Aspect.PACE, setting("use_reverse_frames", True)),
    "strobe": (Aspect.PACE, setting("strobe", 3.0)),
    "offset": (Aspect.PLACEMENT, setting("transform.offset_x", 31)),
    "scale": (Aspect.PLACEMENT, setting("transform.scale_y", 0.7)),
    "crop": (Aspect.PLACEMENT, setting("crop.min_y", 40)),
    "flip": (Aspect.PLACEMENT, setting("use_flip_x", True)),
    "opacity": (Aspect.BLEND, setting("blend_alpha", 0.4)),
    "blend": (Aspect.BLEND, setting("blend_type", "ADD")),
}
NO_CHANGES: dict[str, Edit] = {
    "name": setting("name", "Another"),
    "tag": setting("color_tag", "COLOR_04"),
    "mute": setting("mute", True),
    "lock": setting("lock", True),
    "selection": setting("select", False),
}


def other_file(strip: Any, path: Path) -> Iterator[None]:
    before = strip.filepath
    strip.filepath = str(path)
    yield
    strip.filepath = before
    yield


def judged(strip: Any, job: Job, besides: frozenset[str] = frozenset()) -> Iterator[str]:
    """What is wrong with what is told of every edit, in words."""
    if found := told(job):
        yield f"nothing was changed, and {found} told"
    for name, (aspect, edit) in EDITS.items():
        if name in besides:
            continue
        edit(strip, True)
        if (found := told(job)) != {aspect}:
            yield f"{name}: {found} told"
        edit(strip, False)
        if found := told(job):
            yield f"{name} and back: {found} told"
    for name, edit in NO_CHANGES.items():
        edit(strip, True)
        if found := told(job):
            yield f"{name}: {found} told"
        edit(strip, False)


def test_each_change_of_a_shot_under_its_take_is_told_by_its_own_word(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path
) -> None:
    strip = trimmed(scene, movie)
    strip.transform.offset_y = 3.5
    strip.transform.keyframe_insert("offset_y", frame=60)
    job = landed(scene)
    assert lies(takes(scene)[0]) == (41, 121, 2)
    assert not list(judged(strip, job))
    other = numbered.movie(tmp_path / "river.mp4", frames=200)
    edits = other_file(strip, other)
    next(edits)
    assert told(job) == {Aspect.FILE}
    next(edits)
    assert not told(job)
    # Of several changes each is told; what the digests are of is not to be read from them.
    moved(strip, 5)
    strip.color_saturation = 0.2
    assert told(job) == {Aspect.PLACE, Aspect.COLOUR}
    assert {len(mark.digest) for mark in job.shot.marks} == {16}
    # The editor has trimmed the take alone.
    strip.color_saturation = 1.0
    moved(strip, -5)
    compat.set_end(takes(scene)[0], 90)
    assert not told(job)


def test_of_a_stack_its_plate_is_looked_at(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strip = trimmed(scene, movie)
    name = strip.name
    titled(scene, 2)
    job = landed(scene)
    plate = named(name)
    stack = marks.stack_of(plate)
    assert lies(stack) == (41, 121, 1)
    # It is blended by its stack, which trims both; opened past the take it says so.
    others = frozenset({"trim of the beginning", "trim of the end", "opened", "move", "opacity", "blend"})
    assert not list(judged(plate, job, others))
    # Slipped, it shows other frames at other times.
    moved(plate, 17)
    assert told(job) == {Aspect.TRIM, Aspect.PLACE}
    moved(plate, -17)
    stack.blend_alpha = 0.5
    moved(stack, 50)
    assert (compat.start(stack), compat.content_start(plate)) == (91, 51) and not told(job)
    compat.set_end(stack, 160)
    assert not told(job)
    compat.set_end(stack, 179)
    assert told(job) == {Aspect.TRIM}
    found = staleness.stale_of(job.id)
    assert found is not None and not found.can_follow
    assert found.words == ("Opened by 8 frames past the take",)
    compat.set_start(stack, 90)
    assert staleness.stale_of(job.id) == found
    assert told(job) and staleness.stale_of(job.id).words == ("Opened by 9 frames past the take",)  # type: ignore[union-attr]
    # Of a take that is not shown it is told what it would lack.
    editing.select(scene, stack)
    again = landed(scene, handles=12)
    assert again.shot.id == job.shot.id and not told(again) and told(job) == {Aspect.TRIM}
    staleness.close()
    # As much as it takes, on a busy machine too.
    monkeypatch.setattr(staleness, "_SLICE", 60.0)
    staleness.look_at_selected(scene)
    assert staleness.stale_of(again.id) is None
    assert staleness.stale_of(job.id) == Stale((Aspect.TRIM,), missing_before=1, missing_after=8)


def test_what_lies_below_is_looked_at_where_it_was_sent_too(scene: bpy.types.Scene, movie: Path) -> None:
    below = trimmed(scene, movie)
    strip = trimmed(scene, movie)
    strip.channel, strip.transform.scale_x = 2, 0.5
    title = titled(scene, 3, 60, 100)
    job = landed(scene, source="TIMELINE")
    assert takes(scene)[0].channel == 4 and not told(job)
    for each, edit in (
        (below, setting("color_saturation", 0.3)),
        (below, setting("transform.offset_x", 9)),
        (below, lambda one, on: moved(one, 4 if on else -4)),
        (below, setting("mute", True)),
        (title, setting("text", "OTHER")),
        (title, setting("channel", 7)),
    ):
        edit(each, True)
        expected = set() if each is title and title.channel == 7 else {Aspect.BELOW}
        assert told(job) == expected
        edit(each, False)
        assert not told(job)
    # What was not sent.
    titled(scene, 6, 121, 150)
    assert not told(job)
    added = titled(scene, 6, 41, 50)
    assert told(job) == {Aspect.BELOW}
    compat.strips(scene.sequence_editor).remove(added)
    # Shown apart it is looked at no more than it was sent.
    strip.transform.scale_x = 0.6
    assert told(job) == {Aspect.PLACEMENT}


def test_it_is_told_of_cut_copied_and_older_shots_a_little_at_a_time(scene: bpy.types.Scene, movie: Path) -> None:
    strip = trimmed(scene, movie)
    job = landed(scene)
    (take,) = takes(scene)
    moved(strip, 5)
    # As a timer does it.
    staleness.close()
    editing.select(scene)
    staleness._scene = scene.session_uid
    ticks = 0
    while staleness._tick() is not None:
        ticks += 1
    assert staleness.stale_of(job.id) == Stale((Aspect.PLACE,), can_follow=True, moved=5)
    staleness.close()
    assert staleness.stale_of(job.id) is None
    # The panel asks for what is selected first.
    editing.select(scene, strip)
    staleness.look_at_selected(scene)
    assert staleness.stale_of(job.id) is not None and staleness.stale_of("0" * 32) is None
    # A row, a shot and a take of 0.1.0.
    found = follow.index(scene)
    old = replace(job, shot=replace(job.shot, id="", marks=()))
    held = {each: each[name] for each, name in ((strip, marks.SHOT_KEY), (take, marks.STACK_KEY))}
    del strip[marks.SHOT_KEY], take[marks.STACK_KEY]
    strip.color_saturation = 0.5
    pair = follow.pair(scene, follow.index(scene), take.name, [old], session.project())
    assert pair is not None and pair.stale == Stale((Aspect.PLACE,), can_follow=True, moved=5)
    strip[marks.SHOT_KEY], take[marks.STACK_KEY] = held[strip], held[take]
    strip.color_saturation = 1.0
    moved(strip, -5)
    assert follow.index(scene) == found and not told(job)
    # Cut apart, the shot is still whole under its take.
    piece = strip.split(frame=80, split_method="SOFT", **(compat.split_options(strip) or {}))
    assert piece is not None and not told(job)
    piece.use_flip_x = True
    assert told(job) == {Aspect.PLACEMENT}
    piece.use_flip_x = False
    # A copy of the shot and of its take, elsewhere: each is held against its own.
    copy, other = (
        compat.strips(scene.sequence_editor).new_movie(each.name, each.filepath, each.channel, 301)
        for each in (strip, take)
    )
    copy[marks.SHOT_KEY] = strip[marks.SHOT_KEY]
    other[marks.STACK_KEY], other[marks.JOB_KEY] = take[marks.STACK_KEY], job.id
    compat.set_start(copy, 341)
    compat.set_end(copy, 421)
    moved(other, 40)
    assert (lies(copy), lies(other)) == ((341, 421, 1), (341, 421, 2)) and not told(job)
    moved(copy, 7)
    assert told(job) == {Aspect.PLACE}
    editing.select(scene, copy)
    assert bpy.ops.reshoot.take_follow() == {"FINISHED"}
    assert (lies(other), lies(take)) == ((348, 428, 2), (41, 121, 2)) and not told(job)


def frames_shown(scene: bpy.types.Scene, frames: list[int], folder: Path) -> list[int]:
    return [numbered.number_shown(scene, frame, folder) for frame in frames]


def follows() -> None:
    assert bpy.ops.reshoot.take_follow() == {"FINISHED"}


def test_a_take_beside_its_shot_follows_it_to_the_frame(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    strip = trimmed(scene, movie)
    name = strip.name
    job = landed(scene, handles=12)
    assert "has to be moved" in editing.refusal(bpy.ops.reshoot.take_follow)
    moved(strip, 30)
    compat.set_start(strip, 66)
    compat.set_end(strip, 156)
    strip.blend_alpha = 0.0
    bpy.ops.ed.undo_push(message="edited")
    follows()
    bpy.ops.ed.undo_push(message="Follow")
    (take,) = takes(scene)
    assert lies(take) == (66, 156, 2) and told(job) == {Aspect.BLEND}
    assert frames_shown(scene, [66, 70, 120, 155], tmp_path) == [35, 39, 89, 124]
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert lies(takes(scene)[0]) == (41, 121, 2) and told(job) == {Aspect.PLACE, Aspect.TRIM, Aspect.BLEND}
    bpy.ops.ed.redo()
    scene = bpy.context.scene
    assert lies(takes(scene)[0]) == (66, 156, 2)
    strip = named(name)
    strip.blend_alpha = 1.0
    # Past what it has.
    compat.set_end(strip, 171)
    assert told(job) == {Aspect.TRIM}
    follows()
    assert lies(takes(scene)[0]) == (66, 163, 2)
    found = staleness.stale_of(job.id)
    assert found is not None and found.words == ("Opened by 8 frames past the take",) and not found.can_follow
    assert "has to be moved" in editing.refusal(bpy.ops.reshoot.take_follow)
    # As long as it was again: the take too.
    compat.set_start(strip, 71)
    compat.set_end(strip, 151)
    assert told(job) == {Aspect.TRIM}
    follows()
    assert lies(takes(scene)[0]) == (71, 151, 2) and not told(job)
    # On another channel, with something in the way.
    strip.channel = 5
    moved(strip, 40)
    other = titled(scene, 6, 130, 200)
    timeline = editing.Timeline(scene)
    assert "no room for the take directly above “forest”" in editing.refusal(bpy.ops.reshoot.take_follow)
    timeline.is_as_it_was()
    compat.strips(scene.sequence_editor).remove(other)
    follows()
    assert lies(takes(scene)[0]) == (111, 191, 6) and not told(job)


def test_a_take_in_a_stack_follows_and_where_it_has_no_frames_the_plate_is_seen(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path
) -> None:
    name = trimmed(scene, movie).name
    titled(scene, 2).mute = True
    scene.sequence_editor.channels[2].mute = False
    job = landed(scene, handles=12)
    stack = marks.stack_of(named(name))
    compat.set_end(stack, 141)
    assert told(job) == {Aspect.TRIM} and staleness.stale_of(job.id).can_follow  # type: ignore[union-attr]
    follows()
    (take,) = takes(scene)
    assert (compat.start(take), compat.end(take)) == (41, 133) and lies(stack) == (41, 141, 1)
    assert staleness.stale_of(job.id).words == ("Opened by 8 frames past the take",)  # type: ignore[union-attr]
    assert frames_shown(scene, [41, 125, 132, 133, 140], tmp_path) == [40, 124, 131, 132, 139]
    take.mute = True
    assert frames_shown(scene, [41, 125, 132, 133, 140], tmp_path) == [40, 124, 131, 132, 139]
    take.mute = False
    # The content of the stack is slipped under it.
    plate = named(name)
    moved(plate, 6)
    compat.set_start(stack, 41)
    compat.set_end(stack, 141)
    assert Aspect.PLACE in told(job)
    follows()
    assert (compat.start(takes(scene)[0]), compat.end(takes(scene)[0])) == (41, 139)
    assert lies(stack) == (41, 141, 1)
    assert frames_shown(scene, [41, 125, 138, 140], tmp_path) == [34, 118, 131, 133]


def test_what_cannot_follow_is_refused_and_nothing_changes(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    strip = trimmed(scene, movie)
    landed(scene)
    moved(strip, 10)
    (take,) = takes(scene)

    def refused(words: str) -> None:
        timeline = editing.Timeline(scene)
        assert words in editing.refusal(bpy.ops.reshoot.take_follow)
        timeline.is_as_it_was()

    take.lock = True
    refused("is locked: its take cannot follow")
    take.lock = False
    scene.sequence_editor.channels[2].lock = True
    refused("Channel 2 is locked")
    scene.sequence_editor.channels[2].lock = False
    strip.use_reverse_frames = True
    refused("plays at another pace")
    strip.use_reverse_frames = False
    edits = other_file(strip, numbered.movie(tmp_path / "river.mp4", frames=200))
    next(edits)
    refused("shows another file")
    next(edits)
    first, end = compat.start(strip), compat.end(strip)
    compat.set_end(strip, 200)
    compat.set_start(strip, 180)
    refused("has none of the frames")
    compat.set_start(strip, first)
    compat.set_end(strip, end)
    other = titled(scene, 1, 300, 310)
    editing.select(scene, other)
    refused("has no take in this timeline")
    # From the take itself.
    editing.select(scene, take)
    follows()
    assert lies(take) == (51, 131, 2)


@pytest.mark.campaign
def test_in_a_stack_that_is_open_no_take_follows(scene: bpy.types.Scene, movie: Path) -> None:
    name = trimmed(scene, movie).name
    titled(scene, 2)
    landed(scene, handles=12)
    stack = marks.stack_of(named(name))
    compat.set_end(stack, 130)
    compat.open_level(scene.sequence_editor, stack.name)
    editing.select(scene, named(name))
    assert "is open: its take cannot follow" in editing.refusal(bpy.ops.reshoot.take_follow)
    compat.open_level(scene.sequence_editor, "")
    editing.select(scene, stack)
    follows()
    assert compat.end(takes(scene)[0]) == 130


@pytest.mark.campaign
def test_two_neighbours_follow_at_once(scene: bpy.types.Scene, movie: Path) -> None:
    one = trimmed(scene, movie)
    two = editing.add_movie(scene, movie, channel=1, frame=121)
    compat.set_start(two, 121)
    compat.set_end(two, 201)
    editing.select(scene, one)
    landed(scene)
    editing.select(scene, two)
    landed(scene)
    for strip in (two, one):
        moved(strip, 30)
    editing.select(scene, one, two)
    follows()
    assert sorted(map(lies, takes(scene))) == [(71, 151, 2), (151, 231, 2)]


@pytest.mark.campaign
def test_sound_and_parts_follow(scene: bpy.types.Scene, tmp_path: Path) -> None:
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "long.mp4", frames=400, sound=True))
    compat.set_start(strip, 21)
    compat.set_end(strip, 381)
    job = landed(scene, handles=10, sound="RESULT")
    (meta,) = [each for each in takes(scene) if each.type == "META"]
    sounds = [each for each in takes(scene) if each.type == "SOUND"]
    assert len(job.plan.parts) > 1 and len(sounds) == (len(job.plan.parts) if bpy.app.build_options.audaspace else 0)
    inner = [(compat.content_start(each), compat.content_start(meta)) for each in takes(scene) if each.type == "MOVIE"]
    moved(strip, 25)
    compat.set_start(strip, 41)
    compat.set_end(strip, 413)
    assert told(job) == {Aspect.PLACE, Aspect.TRIM}
    follows()
    assert lies(meta)[:2] == (41, 413) and not told(job)
    after = [(compat.content_start(each), compat.content_start(meta)) for each in takes(scene) if each.type == "MOVIE"]
    assert [now[0] - then[0] for then, now in zip(inner, after, strict=True)] == [25] * len(inner)
    assert frames_shown(scene, [41, 230, 412], tmp_path) == [15, 204, 386]
    for sound in sounds:
        assert compat.meta_of(sound) == meta.name
    if sounds:
        assert min(map(compat.start, sounds)) <= 41 and max(map(compat.end, sounds)) == 413


def test_the_sound_beside_a_take_follows(scene: bpy.types.Scene, tmp_path: Path) -> None:
    if not bpy.app.build_options.audaspace:
        return
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "talk.mp4", frames=200, sound=True))
    compat.set_start(strip, 41)
    compat.set_end(strip, 121)
    landed(scene, handles=10, sound="RESULT")
    (sound,) = [each for each in takes(scene) if each.type == "SOUND"]
    begins = compat.content_start(sound)
    moved(strip, 15)
    compat.set_end(strip, 141)
    compat.set_start(strip, 66)
    follows()
    (picture,) = [each for each in takes(scene) if each.type != "SOUND"]
    assert lies(picture)[:2] == lies(sound)[:2] == (66, 141)
    assert compat.content_start(sound) - begins == 15 and sound.channel > picture.channel
