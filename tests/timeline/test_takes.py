# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor thinks of takes, the list of a shot's takes, and which of them is shown when another lands."""

from __future__ import annotations

import importlib
import json
import timeit
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import footage
import pytest
from bad_service import BadService, says
from editing import Timeline, add_movie, drain_till, journal, refusal, select, takes
from installed import MODULE
from reshoot import session
from reshoot.core.errors import StorageError
from reshoot.core.jobs import board
from reshoot.core.jobs.journal import Journal
from reshoot.core.takes.receipt import receipt_path
from reshoot.core.takes.stack import TakeList
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job
from reshoot.session import takes as shown_takes
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")


def of_number(number: int) -> Job:
    """The job of a take of the one shot, as the list has it."""
    (found,) = [line.job for line in board.all_jobs() if line.job.number == number]
    return found


def kept(job: Job) -> Job:
    """The same as the journal has it."""
    found = session.current().job(job.id)
    assert found is not None
    return found


def of_receipt(job: Job) -> dict[str, str]:
    """What the receipt tells of it."""
    assert job.take is not None
    return dict(json.loads(Path(receipt_path(job.take.path)).read_text(encoding="utf-8")))


@pytest.fixture
def three(scene: bpy.types.Scene, movie: Path, service: BadService) -> bpy.types.Scene:
    """A shot with three takes of one press."""
    add_movie(scene, movie).name = "SH010"
    assert bpy.ops.reshoot.shoot(variants=3) == {"FINISHED"}
    return scene


def test_what_the_editor_thinks_of_a_take_is_in_the_journal_and_the_receipt(three: bpy.types.Scene) -> None:
    first, second, third = map(of_number, (1, 2, 3))
    assert bpy.ops.reshoot.take_rate(job=second.id, rating="PICK") == {"FINISHED"}
    assert bpy.ops.reshoot.take_note(job=second.id, note="the rain\nis right ") == {"FINISHED"}
    assert (kept(second).rating, kept(second).note) == (Rating.PICK, "the rain is right")
    assert {"PICK", "the rain is right"} <= set(map(str, of_receipt(second).values()))
    assert (of_number(2).rating, of_number(2).note) == (Rating.PICK, "the rain is right"), "the list has it at once"
    # A shot has one pick.
    assert bpy.ops.reshoot.take_rate(job=third.id, rating="REJECT") == {"FINISHED"}
    assert bpy.ops.reshoot.take_rate(job=first.id, rating="PICK") == {"FINISHED"}
    assert [kept(of_number(n)).rating for n in (1, 2, 3)] == [Rating.PICK, Rating.NONE, Rating.REJECT]
    assert "PICK" not in of_receipt(second).values()
    assert bpy.ops.reshoot.take_rate(job=first.id, rating="NONE") == {"FINISHED"}
    assert bpy.ops.reshoot.take_note(job=second.id, note="") == {"FINISHED"}
    assert kept(first).rating is Rating.NONE and kept(second).note == ""


def test_what_cannot_be_marked_is_refused_in_words(
    three: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch, service: BadService
) -> None:
    take = of_number(1)
    assert "There is no job nobody" in refusal(bpy.ops.reshoot.take_rate, job="nobody", rating="PICK")
    assert "There is no job" in refusal(bpy.ops.reshoot.take_note, job="", note="x")
    assert "more than 500 characters" in refusal(bpy.ops.reshoot.take_note, job=take.id, note="x" * 501)
    assert bpy.ops.reshoot.take_note(job=take.id, note="x" * 500) == {"FINISHED"}
    assert kept(take).note == "x" * 500

    def full(*_asked: object) -> None:
        raise StorageError("The journal cannot be written.", "Make room on the disk.")

    monkeypatch.setattr(Journal, "mark", full)
    said = refusal(bpy.ops.reshoot.take_rate, job=take.id, rating="PICK")
    assert "cannot be written. Make room" in said and of_number(1).rating is Rating.NONE
    # In the interface it is shown at once, and taken back with the words.
    session.current().drain(1.0)
    shown_takes.rate(take.id, Rating.PICK, wait=False)
    assert of_number(1).rating is Rating.PICK
    told: list[str] = []
    drain_till(lambda: told.extend(map(str, session.current().complaints())) or told)
    assert ["cannot be written" in words for words in told] == [True] and of_number(1).rating is Rating.NONE
    monkeypatch.undo()
    assert kept(take).rating is Rating.NONE


def test_a_job_without_a_take_is_not_marked(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    add_movie(scene, movie)
    service.misbehave("submit", says(422, {"detail": [{"msg": "no", "type": "content_policy_violation"}]}), times=1)
    refusal(bpy.ops.reshoot.shoot)
    (line,) = board.all_jobs()
    assert "no take yet" in refusal(bpy.ops.reshoot.take_rate, job=line.job.id, rating="PICK")


def test_all_parts_of_a_take_are_marked(scene: bpy.types.Scene, tmp_path: Path, service: BadService) -> None:
    add_movie(scene, footage.movie(tmp_path / "long.mp4", frames=300))
    assert bpy.ops.reshoot.shoot(variants=2) == {"FINISHED"}
    first, second = ([line.job for line in board.all_jobs() if line.job.number == number] for number in (1, 2))
    assert (len(first), len(second)) == (2, 2)
    assert bpy.ops.reshoot.take_rate(job=first[1].id, rating="PICK") == {"FINISHED"}
    assert bpy.ops.reshoot.take_note(job=first[0].id, note="whole") == {"FINISHED"}
    assert {(kept(job).rating, kept(job).note) for job in first} == {(Rating.PICK, "whole")}
    assert bpy.ops.reshoot.take_rate(job=second[0].id, rating="PICK") == {"FINISHED"}
    assert [kept(job).rating for job in (*first, *second)] == [Rating.NONE] * 2 + [Rating.PICK] * 2
    one, two = shown_takes.of_selection(scene).rows
    assert one.price == sum(job.price for job in first) and (one.note, two.rating) == ("whole", Rating.PICK)
    assert [row.shown for row in (one, two)].count(True) == 1


# ---- the list


def listed(scene: bpy.types.Scene) -> list[tuple[int, bool]]:
    """The numbers of the takes in the list, and whether each is shown."""
    return [(row.number, row.shown) for row in shown_takes.of_selection(scene).rows]


def test_the_list_has_the_takes_of_what_is_selected(three: bpy.types.Scene, movie: Path, service: BadService) -> None:
    scene = three
    assert [number for number, _shown in listed(scene)] == [1, 2, 3]
    assert shown_takes.of_selection(scene) is shown_takes.of_selection(scene), "it is kept"
    # A take is its shot.
    select(scene, *takes(scene))
    assert (shown_takes.of_selection(scene).shot, len(listed(scene))) == ("SH010", 3)
    for number in (1, 2, 3):
        assert bpy.ops.reshoot.take_show(job=of_number(number).id) == {"FINISHED"}
        assert listed(scene) == [(each, each == number) for each in (1, 2, 3)]
    # Whoever mutes the take sees the original.
    (take,) = takes(scene)
    take.mute = True
    assert not any(shown for _number, shown in listed(scene))
    take.mute = False
    bpy.ops.reshoot.take_rate(job=of_number(2).id, rating="PICK")
    assert [row.rating for row in shown_takes.of_selection(scene).rows] == [Rating.NONE, Rating.PICK, Rating.NONE]
    add_movie(scene, movie, frame=200)
    assert shown_takes.of_selection(scene) == TakeList()
    select(scene)
    assert shown_takes.of_selection(scene) == TakeList()


def test_what_undo_brings_back_is_shown_in_the_list(three: bpy.types.Scene) -> None:
    assert bpy.ops.reshoot.take_show(job=of_number(1).id) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="first")
    assert bpy.ops.reshoot.take_show(job=of_number(2).id) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="second")
    assert listed(bpy.context.scene)[:2] == [(1, False), (2, True)]
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert listed(bpy.context.scene)[:2] == [(1, True), (2, False)]


def test_a_list_of_two_hundred_takes_is_drawn_at_once(three: bpy.types.Scene) -> None:
    like = of_number(3)
    board.add(
        [replace(like, id=f"{n:032x}", group=f"{n:032x}", number=n, created=like.created + n) for n in range(4, 201)]
    )
    assert len(listed(three)) == 200
    best = min(timeit.repeat(lambda: shown_takes.of_selection(three), number=10, repeat=5)) / 10
    assert best < 0.001


# ---- the panel


def drawn(scene: bpy.types.Scene, width: int = 500) -> list[Any]:
    """The calls by which the panel is drawn."""
    panel = importlib.import_module(f"{MODULE}.panels.takes")
    layout = MagicMock()
    region = SimpleNamespace(width=width)
    context = SimpleNamespace(preferences=bpy.context.preferences, region=region, scene=scene, sequencer_scene=scene)
    panel.draw(layout, context)
    return [call for call in layout.mock_calls if call.args or "text" in call.kwargs]


def texts(calls: list[Any]) -> list[str]:
    return [call.kwargs["text"] for call in calls if call.kwargs.get("text")]


def test_the_panel_has_a_row_for_the_original_and_one_for_each_take(three: bpy.types.Scene) -> None:
    bpy.ops.reshoot.take_show(job=of_number(2).id)
    bpy.ops.reshoot.take_rate(job=of_number(2).id, rating="PICK")
    bpy.ops.reshoot.take_note(job=of_number(2).id, note="the snow is right")
    calls = drawn(three)
    told = texts(calls)
    for words in ("0", "Original", "1", "2 ★", "3", "the snow is right", "Make it snow"):
        assert words in told
    assert any("Kling O1 Edit · $0.50 · " in words for words in told)
    pressed = [call.kwargs["text"] for call in calls if call.kwargs.get("depress")]
    assert pressed == ["2 ★", "Pick"]
    before = len(calls)
    bpy.ops.reshoot.take_show(job="")
    calls = drawn(three)
    assert [call.kwargs["text"] for call in calls if call.kwargs.get("depress")] == ["0"]
    assert len(calls) == before, "nothing below moves"
    select(three)
    assert any("Select a shot that was sent" in words for words in texts(drawn(three)))


def test_a_rehearsal_is_called_so_in_the_list(scene: bpy.types.Scene, movie: Path, identity: None) -> None:
    add_movie(scene, movie)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    told = texts(drawn(scene))
    assert "REHEARSAL · Make it snow" in told and any(" · free · " in words for words in told)


def test_the_page_has_the_take_that_is_shown_and_stays_under_the_mouse(three: bpy.types.Scene) -> None:
    like = of_number(3)
    crowd = [replace(like, id=f"{n:032x}", group=f"{n:032x}", number=n, created=like.created + n) for n in range(4, 21)]
    board.add(crowd)
    shown = [row.number for row in shown_takes.of_selection(three).rows if row.shown]
    assert shown and shown[0] <= 8
    assert "1 to 8 of 20" in texts(drawn(three))
    assert bpy.ops.reshoot.takes_turn(step=1) == {"FINISHED"}
    assert "9 to 16 of 20" in texts(drawn(three))
    high = len(drawn(three))
    assert bpy.ops.reshoot.takes_turn(step=1) == {"FINISHED"}
    assert "17 to 20 of 20" in texts(drawn(three))
    assert bpy.ops.reshoot.takes_turn(step=5) == {"FINISHED"}
    assert "17 to 20 of 20" in texts(drawn(three)) and high > 0
    # What is shown now is gone to, unless it is there already.
    assert bpy.ops.reshoot.take_show(job=of_number(shown[0] % 3 + 1).id) == {"FINISHED"}
    assert "1 to 8 of 20" in texts(drawn(three))
    assert bpy.ops.reshoot.takes_turn(step=1) == {"FINISHED"}
    assert bpy.ops.reshoot.take_show() == {"FINISHED"}
    assert "9 to 16 of 20" in texts(drawn(three)), "the original is on every page"


# ---- which is shown when another lands


def is_shown(scene: bpy.types.Scene, number: int) -> bool:
    """Whether the take of that number is the one that is shown, and all are in the list."""
    return [each for each, shown in listed(scene) if shown] == [number]


def test_of_one_press_the_take_that_came_first_stays(three: bpy.types.Scene, movie: Path, service: BadService) -> None:
    (take,) = takes(three)
    first = str(take["reshoot_job"])
    others = [line.job for line in board.all_jobs() if line.job.id != first]
    assert [each.state for each in journal()] == ["PLACED"] * 3
    for job in others:
        (words,) = [words for words in kept(job).notes if "has landed" in words]
        assert words == f"Take {job.number} of “SH010” has landed; the first of the press stays"
    # Another press is shown; so is one whose shot has no take any more.
    assert bpy.ops.reshoot.shoot(prompt="Make it rain", variants=1) == {"FINISHED"}
    assert is_shown(three, 4) and len(takes(three)) == 1
    board_before = len(board.all_jobs())
    assert bpy.ops.reshoot.take_place(job=others[0].id) == {"FINISHED"}
    assert is_shown(three, others[0].number), "who asks for a take gets it"
    assert len(board.all_jobs()) == board_before


def test_a_pick_stays_when_another_take_lands(three: bpy.types.Scene, service: BadService) -> None:
    assert bpy.ops.reshoot.take_show(job=of_number(2).id) == {"FINISHED"}
    assert bpy.ops.reshoot.take_rate(job=of_number(2).id, rating="PICK") == {"FINISHED"}
    before = Timeline(three)
    three.reshoot.variants = 1
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    before.is_as_it_was()
    assert is_shown(three, 2) and len(listed(three)) == 4
    assert kept(of_number(4)).notes[-1] == "Take 4 of “SH010” has landed; the pick stays"
    # The pick is not shown any more: the next one is.
    assert bpy.ops.reshoot.take_show(job=of_number(1).id) == {"FINISHED"}
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert is_shown(three, 5)
    # Each on a channel of its own hides no pick.
    assert bpy.ops.reshoot.take_show(job=of_number(2).id) == {"FINISHED"}
    three.reshoot.land = "CHANNEL"
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert len(takes(three)) == 2


# ---- on the strips


def badges(scene: bpy.types.Scene) -> list[tuple[int, int, int, int, str]]:
    """What is drawn at the ends of strips: where they lie, the number and the rating."""
    there = shown_takes.badges(scene)
    return [(each.channel, each.start, each.end, each.number, each.rating.value) for each in there]


def test_a_strip_tells_which_take_it_shows(three: bpy.types.Scene) -> None:
    assert bpy.ops.reshoot.take_show(job=of_number(2).id) == {"FINISHED"}
    (take,) = takes(three)
    at = (take.channel, compat.start(take), compat.end(take))
    assert badges(three) == [(*at, 2, "NONE")]
    assert shown_takes.badges(three) is shown_takes.badges(three)
    assert bpy.ops.reshoot.take_rate(job=of_number(2).id, rating="PICK") == {"FINISHED"}
    assert badges(three) == [(*at, 2, "PICK")]
    take.mute = True
    assert badges(three) == []
    take.mute = False
    assert [each[3] for each in badges(three)] == [2]


def test_in_a_stack_the_stack_tells_it(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    strip = add_movie(scene, movie)
    compat.new_effect(scene.sequence_editor, "Title", "TEXT", 2, 1, 75).select = False
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    stack = strip.parent_meta()
    assert badges(scene) == [(stack.channel, 1, 76, 1, "NONE")]
    compat.open_level(scene.sequence_editor, stack.name)
    (inside,) = badges(scene)
    assert inside[0] == takes(scene)[0].channel
    compat.open_level(scene.sequence_editor, "")
    select(scene, stack)
    assert bpy.ops.reshoot.take_show() == {"FINISHED"}
    assert badges(scene) == []
