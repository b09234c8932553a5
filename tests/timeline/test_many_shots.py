# SPDX-License-Identifier: GPL-3.0-or-later
"""A press on several strips: which of them are shots, what they cost together, and what becomes of each."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import editing
import footage
import pytest
from bad_service import IN_QUEUE, BadService, says
from editing import Timeline, add_image, add_movie, drain_till, journal, refusal, select, takes
from footage import FRAMES
from installed import MODULE
from reshoot import session
from reshoot.core.errors import LimitError, MoneyError, ShotError, StorageError
from reshoot.core.jobs import board
from reshoot.core.jobs.journal import Journal
from reshoot.core.values.choices import Selection
from reshoot.core.values.preview import Preview
from reshoot.session import look, preview, shoot
from reshoot.settings import preferences
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")

PRICE = Decimal("0.50")
"""Of the movie's three seconds, US dollars."""


@pytest.fixture
def allowed() -> Iterator[preferences.RESHOOT_AP_preferences]:
    """The preferences, whose limits are lifted again."""
    given = preferences.get()
    yield given
    given.day_limit = given.project_limit = 0.0
    given.confirm_above = 5.0


def row_of(scene: bpy.types.Scene, path: Path, count: int) -> list[Any]:
    """Strips of a movie side by side, all of them selected: SH010, SH020 …"""
    strips = [add_movie(scene, path, frame=1 + FRAMES * number) for number in range(count)]
    for number, strip in enumerate(strips):
        strip.name = f"SH{(number + 1) * 10:03}"
    select(scene, *strips)
    return strips


def effect(scene: bpy.types.Scene, name: str, kind: str, channel: int, *inputs: Any) -> Any:
    """An effect over the frames from 1 to 75, or of other strips."""
    if not inputs:
        return compat.new_effect(scene.sequence_editor, name, kind, channel, 1, FRAMES)
    start, end = (edge(map(of, inputs)) for edge, of in ((max, compat.start), (min, compat.end)))
    return compat.new_effect(scene.sequence_editor, name, kind, channel, start, end - start, inputs)


def names(seen: Preview) -> list[list[str]]:
    """The strips of each shot."""
    return [[strip.name for strip in each.shot.strips] for each in seen.shots]


def lies_above(take: Any, strip: Any) -> bool:
    """Whether the take covers exactly the strip's frames, wherever above."""
    same = (compat.start(take), compat.end(take)) == (compat.start(strip), compat.end(strip))
    return same and bool(take.channel > strip.channel)


def refused(scene: bpy.types.Scene, *words: str) -> None:
    """A press is refused with these words, the preview says the same, and nothing is left of it."""
    error = editing.seen(scene).error
    before, rows = Timeline(scene), journal()
    said = refusal(bpy.ops.reshoot.shoot)
    before.is_as_it_was()
    assert journal() == rows
    for word in words:
        assert word in said and word in str(error)


# ---- which strips are shots


@pytest.mark.every_blender("strips are read by names that changed")
def test_what_a_box_takes_in_besides_footage_is_not_sent(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, service: BadService
) -> None:
    first, second = row_of(scene, movie, 2)
    compat.set_start(second, FRAMES - 9)
    second.channel = 2
    cross = effect(scene, "Cross", "CROSS", 3, first, second)
    others = [
        effect(scene, name, kind, 4 + n)
        for n, (name, kind) in enumerate((("Title", "TEXT"), ("Grade", "ADJUSTMENT"), ("Paper", "COLOR")))
    ]
    stills = [add_image(scene, footage.png(tmp_path / f"{n}.png"), channel=8, frame=200 + 30 * n) for n in range(5)]
    select(scene, first, second, cross, *others, *stills)
    seen = editing.seen(scene)
    assert names(seen) == [["SH010"], ["SH020"]]
    assert [Path(path).name for path in seen.stills] == [f"{n}.png" for n in range(5)]
    assert sorted(seen.passed_over) == ["Cross", "Grade", "Paper", "Title"]
    scene.reshoot.selection = "TOGETHER"
    seen = editing.seen(scene)
    assert names(seen) == [["SH010", "SH020", "Cross"]], "a transition of the footage belongs to it"
    assert (seen.shot.start, seen.shot.frames) == (1, compat.end(second) - 1)
    scene.reshoot.selection = "EACH"
    select(scene, first, *stills)
    seen = editing.seen(scene)
    assert names(seen) == [["SH010"]] and seen.price == PRICE
    # What has become a reference is not offered once more.
    select(scene, first, stills[0])
    assert bpy.ops.reshoot.reference_add(kind="IMAGE") == {"FINISHED"}
    assert editing.seen(scene).stills == () and names(editing.seen(scene)) == [["SH010"]]


def test_where_there_is_no_footage_stills_are_shots_and_then_anything(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stills = [add_image(scene, footage.png(tmp_path / f"{n}.png"), channel=1, frame=1 + 25 * n) for n in range(2)]
    titles = [effect(scene, name, "TEXT", 4 + n) for n, name in enumerate(("One", "Two"))]
    select(scene, *stills, *titles)
    seen = editing.seen(scene)
    assert names(seen) == [["0"], ["1"]] and seen.passed_over == ("One", "Two") and seen.stills == ()
    select(scene, *titles)
    assert names(editing.seen(scene)) == [["One"], ["Two"]]
    select(scene, titles[0])
    assert names(editing.seen(scene)) == [["One"]]


def test_what_the_viewer_shows_over_the_same_frames_is_sent_once(scene: bpy.types.Scene, movie: Path) -> None:
    below = add_movie(scene, movie)
    above = add_movie(scene, movie, channel=2)
    compat.set_end(above, 51)
    later = add_movie(scene, movie, channel=2, frame=61)
    select(scene, below, above, later)
    assert len(editing.seen(scene).shots) == 3
    scene.reshoot.source = "TIMELINE"
    seen = editing.seen(scene)
    assert [(len(each.shot.strips), each.shot.start, each.shot.frames) for each in seen.shots] == [
        (2, 1, FRAMES),
        (1, 61, FRAMES),
    ]


def test_music_under_several_shots_is_nobodys_own_sound(scene: bpy.types.Scene, movie: Path, tmp_path: Path) -> None:
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    strips = row_of(scene, movie, 2)
    path = str(footage.movie(tmp_path / "sound.mp4", frames=2 * FRAMES, sound=True))
    inside = compat.strips(scene.sequence_editor)
    music, word = inside.new_sound("music", path, 5, 1), inside.new_sound("word", path, 6, 1)
    compat.set_end(word, FRAMES)
    select(scene, *strips, music, word)
    assert [each.shot.sounds for each in editing.seen(scene).shots] == [("word",), ()]
    select(scene, strips[0], music)
    assert editing.seen(scene).shot.sounds == ("music",)


def test_too_many_shots_are_refused(scene: bpy.types.Scene) -> None:
    strips = [effect(scene, f"T{n}", "TEXT", 1 + n) for n in range(101)]
    select(scene, *strips)
    refused(scene, "101 shots are selected; at most 100")


# ---- together


def test_a_gap_is_refused_with_its_frames_and_its_neighbours(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, service: BadService
) -> None:
    scene.reshoot.selection = "TOGETHER"
    first, second, third = row_of(scene, movie, 3)
    assert names(editing.seen(scene)) == [["SH010", "SH020", "SH030"]]
    select(scene, first, third)
    refused(scene, "leave frames 76 to 150 open (between “SH010” and “SH030”)", "a shot of its own")
    select(scene, first, second, third)
    compat.set_end(second, 150)
    refused(scene, "leave frame 150 open (between “SH020” and “SH030”)")
    assert service.requests == []
    # A still that closes it is part of the shot; one over footage is not.
    still = add_image(scene, footage.png(tmp_path / "still.png"), channel=2, frame=140)
    over = add_image(scene, footage.png(tmp_path / "over.png"), channel=3, frame=20)
    select(scene, first, second, third, still, over)
    seen = editing.seen(scene)
    assert names(seen) == [["SH010", "SH020", "still", "SH030"]]
    assert [Path(path).name for path in seen.stills] == ["over.png"]


# ---- one press


def test_three_of_four_strips_are_three_jobs(
    scene: bpy.types.Scene, movie: Path, service: BadService, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, fourth = row_of(scene, movie, 4)
    select(scene, first, third, fourth)
    session.current()
    added: list[int] = []
    add = Journal.add
    monkeypatch.setattr(Journal, "add", lambda self, jobs: added.append(len(jobs)) or add(self, jobs))
    assert bpy.ops.reshoot.shoot(prompt="Make it rain") == {"FINISHED"}
    assert added == [3], "all or none are written down"
    assert [each.state for each in journal()] == ["PLACED"] * 3 and service.count("submit") == 3
    jobs = [each.job for each in board.all_jobs()]
    assert {job.order.prompt for job in jobs} == {"Make it rain"} and len({job.group for job in jobs}) == 3
    assert sum(total.all for total in session.spent()) == 3 * PRICE
    placed = sorted(takes(scene), key=compat.start)
    for take, strip in zip(placed, (first, third, fourth), strict=True):
        assert lies_above(take, strip)
    assert not any(
        compat.start(take) < compat.end(second) and compat.end(take) > compat.start(second) for take in placed
    )
    # A take is its shot, whether that is selected besides or not.
    select(scene, first, second, third, fourth, *placed)
    seen = editing.seen(scene)
    assert names(seen) == [["SH010"], ["SH020"], ["SH030"], ["SH040"]] and seen.passed_over == ()
    select(scene, placed[0])
    assert names(editing.seen(scene)) == [["SH010"]]
    select(scene, placed[0], second)
    assert names(editing.seen(scene)) == [["SH010"], ["SH020"]]


def test_five_shots_are_rehearsed_at_once_and_each_take_lies_over_its_own(
    scene: bpy.types.Scene, movie: Path, identity: None
) -> None:
    strips = row_of(scene, movie, 5)
    scene.reshoot.selection = "TOGETHER"
    assert bpy.ops.reshoot.shoot_each(prompt="Make it rain") == {"FINISHED"}
    for take, strip in zip(sorted(takes(scene), key=compat.start), strips, strict=True):
        assert lies_above(take, strip)
    assert scene.reshoot.selection == "TOGETHER" and scene.reshoot.prompt == "Make it rain"


def test_others_are_placed_though_one_ends_badly_which_is_named(
    scene: bpy.types.Scene, movie: Path, service: BadService
) -> None:
    row_of(scene, movie, 3)
    detail = {"detail": [{"msg": "no", "type": "content_policy_violation"}]}
    service.misbehave("submit", says(422, detail), times=1)
    said = refusal(bpy.ops.reshoot.shoot)
    (failed,) = [each.job for each in board.all_jobs() if each.job.error]
    assert f"“{failed.shot.name}”: " in said and failed.error in said
    assert sorted(each.state for each in journal()) == ["FAILED", "PLACED", "PLACED"] and len(takes(scene)) == 2


def test_one_bad_shot_holds_the_others_and_is_named(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, service: BadService
) -> None:
    row_of(scene, movie, 2)
    long = add_image(scene, footage.png(tmp_path / "tall.png", 64, 2000), channel=2, frame=1)
    wide = add_image(scene, footage.png(tmp_path / "wide.png", 2000, 64), channel=3, frame=1)
    good = add_image(scene, footage.png(tmp_path / "good.png", 720, 720), channel=4, frame=1)
    select(scene, good, wide)
    refused(scene, "“wide”: The picture is 2000×64")
    select(scene, good, wide, long)
    seen = editing.seen(scene)
    assert [bool(each.errors) for each in seen.shots] == [True, True, False] and seen.price is None
    assert all(isinstance(error, LimitError) for error in seen.errors)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(movie.read_bytes())
    strips = [*row_of(scene, movie, 2), add_movie(scene, copy, channel=5)]
    copy.unlink()
    select(scene, *strips)
    refused(scene, "The file of “copy” is missing")
    assert isinstance(editing.seen(scene).error, ShotError) and service.requests == []


def test_what_is_true_of_every_shot_is_told_once(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    row_of(scene, movie, 3)
    scene.reshoot.handles = 200
    (error,) = editing.seen(scene).errors
    assert str(error).startswith("200 frames on each side")


# ---- variants


def test_variants_are_requests_of_one_press_and_takes_of_one_shot(
    scene: bpy.types.Scene, movie: Path, service: BadService, allowed: preferences.RESHOOT_AP_preferences
) -> None:
    (strip,) = row_of(scene, movie, 1)
    allowed.day_limit = 1.25
    assert "This costs $1.50" in refusal(bpy.ops.reshoot.shoot, variants=3)
    allowed.day_limit = 0.0
    assert bpy.ops.reshoot.shoot(variants=3) == {"FINISHED"}
    assert service.count("submit") == 3 and [each.state for each in journal()] == ["PLACED"] * 3
    assert len({line.job.group for line in board.all_jobs()}) == 3
    assert sorted(line.job.number for line in board.all_jobs()) == [1, 2, 3]
    assert len({line.job.press for line in board.all_jobs()}) == 1
    (shown,) = takes(scene)
    assert shown.channel == 2 and lies_above(shown, strip)
    select(scene, strip, shown)
    assert names(editing.seen(scene)) == [["SH010"]]


def test_variants_are_the_scene_s_unless_they_are_given(
    scene: bpy.types.Scene, movie: Path, service: BadService, allowed: preferences.RESHOOT_AP_preferences
) -> None:
    panel = importlib.import_module(f"{MODULE}.panels.shot")
    strips = row_of(scene, movie, 2)
    scene.reshoot.variants = 2
    seen = editing.seen(scene)
    assert (seen.variants, seen.price) == (2, 4 * PRICE)
    assert panel.button_words(seen) == "Reshoot 2 ×2 · $2.00"
    allowed.confirm_above = 1.0
    assert shoot.doubts(shoot.checked(scene)) == ("2 shots, 4 clips cost $2.00, estimated.",)
    select(scene, strips[0])
    assert panel.button_words(editing.seen(scene)) == "Reshoot ×2 · $1.00"
    assert bpy.ops.reshoot.shoot(variants=1) == {"FINISHED"}
    assert service.count("submit") == 1
    select(scene, strips[1])
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert service.count("submit") == 3


# ---- what it costs


def test_the_sum_is_held_against_the_limits_and_asked_once(
    scene: bpy.types.Scene, movie: Path, service: BadService, allowed: preferences.RESHOOT_AP_preferences
) -> None:
    row_of(scene, movie, 3)
    assert editing.seen(scene).price == 3 * PRICE
    allowed.confirm_above = 1.25
    assert shoot.doubts(shoot.checked(scene)) == ("3 shots, 3 clips cost $1.50, estimated.",)
    allowed.confirm_above = 1.5
    assert shoot.doubts(shoot.checked(scene)) == ()
    allowed.day_limit = 1.25
    refused(scene, "This costs $1.50; $0 of today's $1.25")
    assert isinstance(editing.seen(scene).error, MoneyError)
    allowed.day_limit, allowed.project_limit = 0.0, 1.25
    refused(scene, "This costs $1.50; $0 of this project's $1.25")


def test_room_on_the_disk_is_held_against_the_sum(
    scene: bpy.types.Scene, movie: Path, identity: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    strips = row_of(scene, movie, 3)
    monkeypatch.setattr(look, "_SPARE_BYTES", 0)
    select(scene, strips[0])
    (_home, one), _takes = look.look(scene, seconds=0.0).question.folders
    select(scene, *strips)
    (_home, three), _takes = look.look(scene, seconds=0.0).question.folders
    assert three == 3 * one
    monkeypatch.setattr(look, "_SPARE_BYTES", 10**18)
    refused(scene, "are needed")
    assert isinstance(editing.seen(scene).error, StorageError)


def test_what_is_under_way_already_is_named(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    strips = row_of(scene, movie, 3)
    service.misbehave("status", IN_QUEUE)
    select(scene, *strips[:2])
    shoot.shoot(scene)
    select(scene, *strips)
    (doubt,) = shoot.doubts(shoot.checked(scene))
    assert doubt == (
        "“SH010”, “SH020” are under way already, with the same prompt and settings. Sending it again costs $1.00 more."
    )
    service.behave()
    drain_till(lambda: all(each.state == "LANDED" for each in journal()))


# ---- what is seen of it


def drawn(layout: MagicMock) -> list[str]:
    """The texts that a panel has drawn."""
    return [call.kwargs["text"] for call in layout.mock_calls if call.kwargs.get("text")]


def test_the_panel_tells_how_many_what_is_left_out_and_the_sum(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, service: BadService
) -> None:
    panel = importlib.import_module(f"{MODULE}.panels.shot")
    strips = row_of(scene, movie, 3)
    title = effect(scene, "Title", "TEXT", 5)
    still = add_image(scene, footage.png(tmp_path / "sky.png"), channel=6, frame=1)
    select(scene, *strips, title, still)
    context = SimpleNamespace(
        preferences=bpy.context.preferences, region=SimpleNamespace(width=500), scene=scene, sequencer_scene=scene
    )
    layout = MagicMock()
    panel.draw(layout, context)
    told = drawn(layout)
    assert {"3 shots · 9:00", "SH010", "SH020", "SH030", "Not sent: “Title”", "Reshoot 3 · $1.50"} <= set(told)
    assert "Add as Image Reference" in told
    scene.reshoot.selection = "TOGETHER"
    select(scene, strips[0], strips[2])
    layout = MagicMock()
    panel.draw(layout, context)
    assert any("leave frames 76 to 150" in words for words in drawn(layout)), "what is wrong is not only a hint"


def test_a_preview_of_many_follows_every_one_of_them(scene: bpy.types.Scene, movie: Path) -> None:
    strips = row_of(scene, movie, 12)
    assert len(preview.preview(scene).shots) == 12
    compat.set_end(strips[11], compat.end(strips[11]) - 10)
    assert [each.shot.frames for each in preview.preview(scene).shots] == [FRAMES] * 11 + [FRAMES - 10]
    scene.reshoot.selection = "TOGETHER"
    assert len(preview.preview(scene).shots) == 1
    assert len(look.look(scene, seconds=0.0, selection=Selection.EACH).preview.shots) == 12


def test_more_shots_than_one_redraw_has_time_for_are_looked_at_in_several(scene: bpy.types.Scene) -> None:
    strips = [effect(scene, f"T{n}", "TEXT", 1 + n) for n in range(60)]
    select(scene, *strips)
    whole = look.look(scene, seconds=0.0).preview.shots

    def redraw(before: Any, *, later: float = 0.0, goes_on: bool = True) -> Any:
        """What a redraw in a window does, `later` seconds after the first."""
        if before is not None:
            before.goes_on = goes_on
        return preview._keep(scene, before, 100.0 + later, 24)

    kept = redraw(None)
    assert kept.seen.preview.unfinished == (24, 60) and not kept.seen.preview.can_be_sent
    assert redraw(kept, goes_on=False) is kept, "one redraw draws several panels"
    kept = redraw(kept)
    assert kept.seen.preview.unfinished == (48, 60)
    kept = redraw(kept)
    assert kept.seen.preview.unfinished is None and kept.seen.preview.shots == whole
    # Looked at again, it stays what it was until all is read.
    assert redraw(kept, later=0.5) is kept and not kept.next
    assert redraw(kept, later=2.0) is kept and redraw(kept, later=2.1) is kept
    again = redraw(kept, later=2.2)
    assert again is not kept and again.seen.preview.shots == whole
    # What changes meanwhile is read from the start.
    kept = redraw(None)
    compat.set_end(strips[0], FRAMES - 5)
    kept = redraw(redraw(redraw(kept)))
    assert [each.shot.frames for each in kept.seen.preview.shots] == [FRAMES - 6] + [FRAMES] * 59
