# SPDX-License-Identifier: GPL-3.0-or-later
"""What a press costs: the limits refuse with the figures, a doubt is asked, the ledger tells what was spent."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy
import pytest
from bad_service import IN_QUEUE, BadService, accepts_and_drops, says
from editing import PROMPT, Timeline, journal, refusal, retry, takes, the_job
from reshoot import session
from reshoot.core.jobs.journal import Journal
from reshoot.core.money.ledger import Outcome
from reshoot.core.values.state import State
from reshoot.session import shoot
from reshoot.settings import preferences

pytestmark = pytest.mark.usefixtures("selected_movie", "uncompared")

PRICE = "0.50"
"""Of the movie's three seconds, by `KLING_O1_EDIT`, US dollars."""


@pytest.fixture
def allowed() -> object:
    """The preferences, whose limits are lifted again."""
    given = preferences.get()
    yield given
    given.day_limit = given.project_limit = 0.0
    given.confirm_above = 5.0


def doubts(scene: bpy.types.Scene) -> str:
    """What a press would ask first."""
    return " ".join(shoot.doubts(shoot.checked(scene)))


def test_what_was_sent_is_in_the_ledger(scene: bpy.types.Scene, service: BadService) -> None:
    bpy.ops.reshoot.shoot()
    (entry,) = session.current().spent()
    assert (entry.job, entry.request_id, str(entry.amount)) == (the_job().id, "request-1", PRICE)
    assert entry.outcome is Outcome.ACCEPTED
    (total,) = session.spent()
    assert (str(total.day), str(total.all)) == (PRICE, PRICE)


def test_a_rehearsal_costs_nothing(scene: bpy.types.Scene, identity: None) -> None:
    bpy.ops.reshoot.shoot()
    assert session.current().spent() == [] and session.spent() == ()


@pytest.mark.parametrize(("limit", "words"), [("day_limit", "today's"), ("project_limit", "this project's")])
def test_a_limit_refuses_with_the_figures(
    scene: bpy.types.Scene, service: BadService, allowed: object, limit: str, words: str
) -> None:
    setattr(allowed, limit, 0.75)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    first = takes(scene)
    timeline = Timeline(scene)
    before, rows = service.count("submit"), journal()
    said = refusal(bpy.ops.reshoot.shoot)
    assert f"This costs ${PRICE}; ${PRICE} of {words} $0.75" in said
    assert "preferences" in said
    timeline.is_as_it_was()
    assert (service.count("submit"), journal(), takes(scene)) == (before, rows, first)
    setattr(allowed, limit, 2 * float(PRICE))
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}


def test_a_limit_does_not_hold_up_a_rehearsal(scene: bpy.types.Scene, identity: None, allowed: object) -> None:
    allowed.day_limit = 0.01
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}


def test_what_another_blender_has_under_way_counts_at_the_press(
    scene: bpy.types.Scene, service: BadService, allowed: object
) -> None:
    jobs = shoot.checked(scene)
    other = Journal(session.current().home / "journal.sqlite3", "another Blender")
    other.add(jobs)
    allowed.day_limit = 0.75
    assert f"This costs ${PRICE}; ${PRICE} of today's $0.75" in refusal(bpy.ops.reshoot.shoot)
    assert service.count("submit") == 0
    other.advance(jobs[0], replace(jobs[0], state=State.CANCELLED))
    other.close()
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}


def test_sending_again_what_may_be_paid_is_within_the_limit_too(
    scene: bpy.types.Scene, service: BadService, allowed: object
) -> None:
    service.misbehave("submit", accepts_and_drops, times=1)
    refusal(bpy.ops.reshoot.shoot)
    assert the_job().state == "UNSURE"
    allowed.day_limit = 0.75
    assert f"This costs ${PRICE}; ${PRICE} of today's" in refusal(bpy.ops.reshoot.job_retry, job=the_job().id)
    assert the_job().state == "UNSURE" and service.count("submit") == 1
    allowed.day_limit = 2 * float(PRICE)
    assert "refused looking for the request" in refusal(retry), "this service has no list of requests"
    assert the_job().state == "UNSURE" and service.count("submit") == 1
    retry()
    assert the_job().state == "PLACED" and service.count("submit") == 2
    assert [entry.outcome for entry in session.current().spent()] == [Outcome.SENT, Outcome.ACCEPTED]


def test_what_is_refused_is_not_counted(scene: bpy.types.Scene, service: BadService, allowed: object) -> None:
    allowed.day_limit = 0.75
    service.misbehave("submit", says(422, {"detail": [{"msg": "no", "type": "video_duration_too_long"}]}), times=1)
    refusal(bpy.ops.reshoot.shoot)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}


def test_a_second_press_is_asked(scene: bpy.types.Scene, service: BadService) -> None:
    service.misbehave("status", IN_QUEUE)
    assert doubts(scene) == ""
    shoot.shoot(scene)
    assert "is under way already" in doubts(scene) and f"costs ${PRICE} more" in doubts(scene)
    scene.reshoot.prompt = "Make it rain"
    assert doubts(scene) == "", "another prompt is another shot"
    scene.reshoot.prompt = PROMPT
    scene.reshoot.handles = 5
    assert doubts(scene) == "", "so are other settings"
    scene.reshoot.handles = 0
    service.behave()
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert doubts(scene) == "", "what is finished may be shot once more"


def test_a_second_press_is_asked_after_the_first_save(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    service.misbehave("status", IN_QUEUE)
    shoot.shoot(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    session.current().runner.written().result()
    session.current().drain(1.0)
    assert "is under way already" in doubts(scene)


@pytest.mark.parametrize(("operator", "sent"), [(bpy.ops.reshoot.shoot, 1), (bpy.ops.reshoot.reference_snapshot, 0)])
def test_repeat_last_does_nothing_again(
    scene: bpy.types.Scene, service: BadService, operator: Callable[..., set[str]], sent: int
) -> None:
    """Repeating an operator skips what a press asks first."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        # As the interface calls it: what it did can be repeated.
        assert operator("EXEC_DEFAULT", True) == {"FINISHED"}
        references = len(scene.reshoot.references)
        if bpy.ops.screen.repeat_last.poll():
            bpy.ops.screen.repeat_last()
    assert (service.count("submit"), len(journal()), len(scene.reshoot.references)) == (sent, sent, references)


def test_what_is_dear_is_asked(scene: bpy.types.Scene, service: BadService, allowed: object) -> None:
    allowed.confirm_above = 0.49
    assert f"This costs ${PRICE}" in doubts(scene)
    allowed.confirm_above = 0.50
    assert doubts(scene) == ""
    assert journal() == [] and service.requests == []


def test_a_rehearsal_is_asked_only_about_a_second_press(scene: bpy.types.Scene, allowed: object) -> None:
    allowed.confirm_above = 0.0
    assert doubts(scene) == ""
    shoot.shoot(scene)
    assert "is under way already" in doubts(scene) and "$" not in doubts(scene)


def test_the_spending_is_saved_as_a_table(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    bpy.ops.reshoot.shoot()
    path = tmp_path / "spending"
    assert bpy.ops.reshoot.ledger_save(filepath=str(path)) == {"FINISHED"}
    with path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["request_id"], row["estimated_usd"], row["outcome"]) == ("request-1", PRICE, "ACCEPTED")
    assert "cannot be written" in refusal(bpy.ops.reshoot.ledger_save, filepath=str(tmp_path / "no" / "where.csv"))


def test_an_upload_is_given_a_lifetime(scene: bpy.types.Scene, service: BadService) -> None:
    bpy.ops.reshoot.shoot()
    preferences.get().upload_days = "0"
    bpy.ops.reshoot.shoot()
    with_life, without = service.heard("upload")
    assert str(7 * 86_400) in with_life.headers["x-fal-object-lifecycle"]
    assert "x-fal-object-lifecycle" not in without.headers
    assert all(row.state == State.PLACED for row in journal())
