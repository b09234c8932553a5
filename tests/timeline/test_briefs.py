# SPDX-License-Identifier: GPL-3.0-or-later
"""The brief of a take comes back and is sent again; each shot keeps its own, whatever is selected in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest
from bad_service import BadService
from editing import add_movie, journal, refusal, select
from footage import FRAMES
from reshoot.core.jobs import board
from reshoot.session import briefs, shoot
from reshoot.session.press import Press
from reshoot.settings import preferences, shot_brief
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")


def row_of(scene: bpy.types.Scene, path: Path, count: int) -> list[Any]:
    """Strips of a movie side by side, none of them selected: SH010, SH020 …"""
    strips = [add_movie(scene, path, frame=1 + FRAMES * number) for number in range(count)]
    for number, strip in enumerate(strips):
        strip.name = f"SH{(number + 1) * 10:03}"
    select(scene)
    return strips


def shown(scene: bpy.types.Scene) -> dict[str, Any]:
    """The brief that is shown."""
    settings = scene.reshoot
    return {
        **{name: getattr(settings, name) for name in ("prompt", "model", "source", "timing", "sound", "handles")},
        "references": [
            (each.kind, [bpy.path.abspath(view.filepath) for view in each.views]) for each in settings.references
        ],
    }


def briefed(scene: bpy.types.Scene, images: list[Path]) -> None:
    """A brief in which nothing is as it is at first."""
    settings = scene.reshoot
    settings.prompt = "Put @Image1 beside @Element1"
    settings.source, settings.timing, settings.sound, settings.handles = "TIMELINE", "EVERY_FRAME", "SILENT", 5
    for kind, paths in (("IMAGE", images[:1]), ("ELEMENT", images[1:3])):
        item = settings.references.add()
        item.kind = kind
        for path in paths:
            item.views.add().filepath = str(path)


# ---- of a take


def test_the_brief_of_a_take_comes_back_and_what_is_gone_is_said(
    scene: bpy.types.Scene, movie: Path, images: list[Path], service: BadService
) -> None:
    (strip,) = row_of(scene, movie, 1)
    select(scene, strip)
    briefed(scene, images)
    asked = shown(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    (job,) = journal()
    scene.reshoot.prompt = "Other"
    scene.reshoot.references.clear()
    scene.reshoot.source, scene.reshoot.sound, scene.reshoot.handles = "STRIP", "TIMELINE", 0
    assert bpy.ops.reshoot.take_brief(job=job.id) == {"FINISHED"}
    assert shown(scene) == asked
    # What the file has as a text stays there, and the field says the prompt.
    text = bpy.data.texts.new("Prompt")
    text.from_string("Another\nprompt")
    scene.reshoot.prompt_text = text
    images[1].unlink()
    assert briefs.use(scene, job.id) == (
        f"The file of a reference is missing: {images[1]}. Restore it, or remove the reference.",
    )
    assert shown(scene) == asked and text.as_string() == "Another\nprompt" and scene.reshoot.prompt_text is None
    gone = replace(briefs.sent(briefs.job_of(job.id)), model="kling-v0", handles=7)
    (note,) = shot_brief.use(scene.reshoot, gone)
    assert note.startswith("The model “kling-v0” is none that this Reshoot has")
    assert shown(scene) == {**asked, "handles": 7}
    assert bpy.ops.reshoot.take_brief(job=job.id) == {"FINISHED"}
    said = refusal(bpy.ops.reshoot.take_brief, job="nobody")
    assert "There is no job nobody." in said and shown(scene) == asked


def test_the_brief_of_a_take_is_one_undo_step(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    (strip,) = row_of(scene, movie, 1)
    select(scene, strip)
    assert bpy.ops.reshoot.shoot(prompt="Make it rain") == {"FINISHED"}
    (job,) = journal()
    scene.reshoot.prompt, scene.reshoot.sound = "Other", "SILENT"
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.reshoot.take_brief(job=job.id) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Use This Brief")
    assert (scene.reshoot.prompt, scene.reshoot.sound) == ("Make it rain", "TIMELINE")
    bpy.ops.ed.undo()
    again = bpy.context.scene.reshoot
    assert (again.prompt, again.sound) == ("Other", "SILENT")


# ---- the same again


def test_a_take_is_made_again_by_its_brief_and_the_settings_stay(
    scene: bpy.types.Scene, movie: Path, images: list[Path], service: BadService
) -> None:
    first, second = row_of(scene, movie, 2)
    select(scene, first)
    briefed(scene, images)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    (one,) = [line.job for line in board.all_jobs()]
    scene.reshoot.references.clear()
    scene.reshoot.prompt, scene.reshoot.source, scene.reshoot.sound = "Other", "STRIP", "TIMELINE"
    scene.reshoot.variants, scene.reshoot.selection = 3, "TOGETHER"
    # The shot is found by its id, and sent as it is now, whatever is selected.
    first.name, first.channel = "Opening", 4
    compat.set_end(first, 70)
    select(scene, second)
    kept = shown(scene)
    assert bpy.ops.reshoot.take_again(job=one.id) == {"FINISHED"}
    (other,) = [line.job for line in board.all_jobs() if line.job.id != one.id]
    assert briefs.sent(other) == briefs.sent(one)
    assert (other.shot.id, other.number, other.shot.frames) == (one.shot.id, 2, 69)
    assert shown(scene) == kept and service.count("submit") == 2
    assert [each.state for each in journal()] == ["PLACED"] * 2
    # The settings of an earlier press are not the scene's either.
    select(scene)
    assert bpy.ops.reshoot.take_again(job=other.id, model="KLING_O1_EDIT_STANDARD") == {"FINISHED"}
    (third,) = [line.job for line in board.all_jobs() if line.job.id not in (one.id, other.id)]
    assert briefs.sent(third) == replace(briefs.sent(one), model="KLING_O1_EDIT_STANDARD") and third.number == 3


def test_again_of_what_is_not_there_is_refused_before_it_is_paid(
    scene: bpy.types.Scene, movie: Path, service: BadService
) -> None:
    first, second = row_of(scene, movie, 2)
    select(scene, first)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    (job,) = journal()
    assert "There is no job nobody." in refusal(bpy.ops.reshoot.take_again, job="nobody")
    said = refusal(bpy.ops.reshoot.take_again, job=job.id, model="kling-v0")
    assert "“kling-v0” is none that this Reshoot has" in said
    strips = compat.strips(scene.sequence_editor)
    for strip in [strip for strip in strips if strip != second]:
        strips.remove(strip)
    select(scene, second)
    # Of the other strip, which shows the same movie, nobody says that it is the shot.
    second.name = "Else"
    compat.set_start(second, 100)
    said = refusal(bpy.ops.reshoot.take_again, job=job.id)
    assert "“SH010” is not in this timeline any more" in said, said
    assert service.count("submit") == 1 and len(journal()) == 1


def test_again_asks_what_a_press_asks(scene: bpy.types.Scene, movie: Path, service: BadService) -> None:
    (strip,) = row_of(scene, movie, 1)
    select(scene, strip)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    (job,) = journal()
    given = preferences.get()
    given.day_limit = 0.75
    try:
        assert "This costs $0.50; $0.50 of today's $0.75" in refusal(bpy.ops.reshoot.take_again, job=job.id)
    finally:
        given.day_limit = 0.0
    given.confirm_above = 0.25
    again = briefs.again(scene, job.id)
    assert shoot.doubts(Press(scene, patience=1.0, again=again).jobs) == ("This costs $0.50, estimated.",)
    assert service.count("submit") == 1
