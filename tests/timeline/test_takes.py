# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor thinks of takes, the list of a shot's takes, and which of them is shown when another lands."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest
from bad_service import BadService, says
from editing import add_movie, drain_till, refusal
from reshoot import session
from reshoot.core.errors import StorageError
from reshoot.core.jobs import board
from reshoot.core.jobs.journal import Journal
from reshoot.core.takes.receipt import receipt_path
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job
from reshoot.session import takes as shown_takes

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
    shown_takes.rate(take.id, Rating.PICK, wait=False)
    assert of_number(1).rating is Rating.PICK
    drain_till(lambda: of_number(1).rating is Rating.NONE)
    assert ["cannot be written" in str(error) for error in session.current().complaints()] == [True]
    monkeypatch.undo()
    assert kept(take).rating is Rating.NONE


def test_a_job_without_a_take_is_not_marked(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    add_movie(scene, movie)
    service.misbehave("submit", says(422, {"detail": [{"msg": "no", "type": "content_policy_violation"}]}), times=1)
    refusal(bpy.ops.reshoot.shoot)
    (line,) = board.all_jobs()
    assert "no take yet" in refusal(bpy.ops.reshoot.take_rate, job=line.job.id, rating="PICK")
