# SPDX-License-Identifier: GPL-3.0-or-later
"""The brief of a take comes back and is sent again; each shot keeps its own, whatever is selected in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import editing
import pytest
from bad_service import BadService
from editing import add_movie, journal, refusal, select
from footage import FRAMES
from reshoot.core.jobs import board
from reshoot.core.values.kept_brief import from_text
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


# ---- of each shot


def chosen(scene: bpy.types.Scene, *strips: Any) -> None:
    """Click on strips, the last of them last, and let the briefs follow as they do once that is drawn."""
    select(scene, *strips)
    if strips:
        scene.sequence_editor.active_strip = strips[-1]
    briefs.follow(scene)


def edited(scene: bpy.types.Scene, prompt: str) -> None:
    """Write a prompt, and let the briefs follow."""
    scene.reshoot.prompt = prompt
    briefs.follow(scene)


def test_each_shot_has_its_own_brief_in_whatever_order_they_are_selected(
    scene: bpy.types.Scene, movie: Path, images: list[Path]
) -> None:
    strips = row_of(scene, movie, 5)
    for number, strip in enumerate(strips):
        chosen(scene, strip)
        if number == 2:
            briefed(scene, images)
        edited(scene, f"Prompt {number}")
    asked = {}
    for number in (2, 0, 4, 1, 3):
        chosen(scene, strips[number])
        asked[number] = shown(scene)
        assert scene.reshoot.prompt == f"Prompt {number}"
    assert [bool(asked[number]["references"]) for number in range(5)] == [False, False, True, True, True]
    assert asked[1]["handles"] == 0 and asked[3]["handles"] == 5, "a new shot begins with the last one's"
    # In a meta strip, under another name, in a copy of the scene, and from the file.
    strips[1].name = "Renamed"
    editing.put_into_meta(scene, strips[0])
    chosen(scene, strips[1])
    assert scene.reshoot.prompt == "Prompt 1"
    chosen(scene, strips[4])
    copy = scene.copy()
    edited(scene, "Prompt 4, changed")
    chosen(copy, compat.strips_all(copy.sequence_editor)["SH030"])
    chosen(copy, compat.strips_all(copy.sequence_editor)["SH050"])
    assert copy.reshoot.prompt == "Prompt 4"


def test_selecting_changes_no_strip_and_no_brief(scene: bpy.types.Scene, movie: Path) -> None:
    first, second, third = row_of(scene, movie, 3)
    chosen(scene, first)
    edited(scene, "One")
    chosen(scene, second)
    edited(scene, "Two")
    before = [dict(strip.items()) for strip in (first, second, third)]
    assert not before[2] and before[0] != before[1]
    for strips in ((third,), (first,), (first, second), (third, first, second), (), (second, third), (third,), ()):
        chosen(scene, *strips)
        briefs.follow(scene)
        assert [dict(strip.items()) for strip in (first, second, third)] == before
    # Of several the active one's is shown, and edited alone.
    chosen(scene, first, second)
    assert scene.reshoot.prompt == "Two"
    edited(scene, "Two, changed")
    chosen(scene, first)
    assert scene.reshoot.prompt == "One"
    # What is written while nothing is selected is of no shot; the next new one begins with it.
    chosen(scene)
    edited(scene, "Nobody's")
    chosen(scene, third)
    assert scene.reshoot.prompt == "Nobody's" and not dict(third.items())
    chosen(scene, first)
    assert scene.reshoot.prompt == "One"


def test_what_was_edited_is_kept_though_another_is_selected_by_then(scene: bpy.types.Scene, movie: Path) -> None:
    first, second = row_of(scene, movie, 2)
    chosen(scene, first)
    scene.reshoot.prompt = "One"
    chosen(scene, second)
    scene.reshoot.prompt = "Two"
    chosen(scene, first)
    assert scene.reshoot.prompt == "One"
    chosen(scene, second)
    assert scene.reshoot.prompt == "Two"
    # A copy has the same id, and from then on a brief of its own.
    first["reshoot_shot"] = second["reshoot_shot"] = "0123456789abcdef" * 2
    edited(scene, "Two, changed")
    chosen(scene, first)
    assert scene.reshoot.prompt == "One"
    edited(scene, "One, changed")
    second.name = "Renamed"
    chosen(scene, second)
    assert scene.reshoot.prompt == "Two, changed"


def test_a_still_that_becomes_a_reference_is_one_of_the_shot_s(
    scene: bpy.types.Scene, movie: Path, images: list[Path]
) -> None:
    (strip,) = row_of(scene, movie, 1)
    still = editing.add_image(scene, images[0], channel=3, frame=1)
    chosen(scene, strip)
    edited(scene, "One")
    chosen(scene, still)
    assert bpy.ops.reshoot.reference_add(kind="IMAGE") == {"FINISHED"}
    chosen(scene, strip)
    assert len(scene.reshoot.references) == 1 and "reshoot_brief" not in still


def test_undo_and_redo_bring_each_shot_s_brief_with_them(scene: bpy.types.Scene, movie: Path) -> None:
    first, second = row_of(scene, movie, 2)
    names = [first.name, second.name]

    def step(name: str, prompt: str = "") -> None:
        """What an editor does as one step, and what follows it."""
        here = bpy.context.scene
        strip = compat.strips_all(here.sequence_editor)[name]
        select(here, strip)
        here.sequence_editor.active_strip = strip
        if prompt:
            here.reshoot.prompt = prompt
        bpy.ops.ed.undo_push(message=prompt or name)
        briefs.follow(here)

    def kept() -> list[str]:
        """What is kept with each of the two, as text, and what is shown."""
        here = bpy.context.scene
        briefs.follow(here)
        every = compat.strips_all(here.sequence_editor)
        texts = [from_text(every[name].get("reshoot_brief", "{}"))[0].prompt or "" for name in names]
        return [*texts, here.reshoot.prompt]

    step(names[0])
    step(names[0], "One")
    step(names[1])
    step(names[1], "Two")
    step(names[0])
    step(names[0], "One, changed")
    states = [kept()]
    assert states == [["One, changed", "Two", "One, changed"]]
    for _ in range(5):
        bpy.ops.ed.undo()
        states.append(kept())
    assert states[1:] == [
        ["One", "Two", "One"],
        ["One", "Two", "Two"],
        ["One", "", "One"],
        ["One", "", "One"],
        ["", "", editing.PROMPT],
    ]
    for state in reversed(states[:-1]):
        bpy.ops.ed.redo()
        assert kept() == state


def test_a_script_sends_what_it_has_set_and_that_is_kept_once_it_is_sent(
    scene: bpy.types.Scene, movie: Path, service: BadService
) -> None:
    first, second, third = row_of(scene, movie, 3)
    chosen(scene, first)
    edited(scene, "One")
    chosen(scene, second)
    edited(scene, "Two")
    # Nothing follows a script's selection: what it has set is what goes.
    select(scene, first)
    scene.reshoot.prompt = "Script"
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert [line.job.order.prompt for line in board.all_jobs()] == ["Script"]
    take = next(strip for strip in compat.strips_all(scene.sequence_editor) if strip.get("reshoot_job"))
    chosen(scene, second)
    assert scene.reshoot.prompt == "Two"
    # A take is its shot.
    chosen(scene, take)
    assert scene.reshoot.prompt == "Script" and "reshoot_brief" not in take
    # What is refused is nobody's brief.
    select(scene, third)
    was = scene.reshoot.shown
    preferences.get().day_limit = 0.25
    try:
        refusal(bpy.ops.reshoot.shoot, prompt="Refused")
    finally:
        preferences.get().day_limit = 0.0
    assert "reshoot_brief" not in third and scene.reshoot.shown == was
    # Of several that are sent at once, a brief that was not sent yet is kept.
    select(scene, first, second, third)
    assert bpy.ops.reshoot.shoot(prompt="All") == {"FINISHED"}
    prompts = [from_text(strip["reshoot_brief"])[0].prompt for strip in (first, second, third)]
    assert prompts == ["All", "Two", "All"]


def test_what_a_file_says_is_typed_bounded_and_never_more_than_a_note(
    scene: bpy.types.Scene, movie: Path, images: list[Path]
) -> None:
    (strip,) = row_of(scene, movie, 1)
    settings = scene.reshoot
    briefed(scene, images)
    asked, text = shown(scene), shot_brief.stored(settings)
    assert shot_brief.restore(settings, text) == () and shown(scene) == asked
    for bad in ('{"model":"NO_SUCH"}', '{"source":"ELSEWHERE"}', '{"handles":241}', '{"sound":"STRIP"}'):
        (note,) = shot_brief.restore(settings, bad)
        assert "was left out" in note and shown(scene) == asked
    for bad in ("__import__('os')", 7, b"x", [1, 2], {"prompt": "x"}):
        strip["reshoot_brief"] = bad
        (note,) = shot_brief.restore(settings, strip["reshoot_brief"])
        assert "cannot be read" in note and shown(scene) == asked
    # Selecting such a shot leaves what the file has there.
    strip["reshoot_brief"] = 7
    chosen(scene, strip)
    briefs.follow(scene)
    assert strip["reshoot_brief"] == 7 and shown(scene) == asked
    edited(scene, "Mine")
    assert from_text(strip["reshoot_brief"])[0].prompt == "Mine"
    settings.shown = "\n" * 5000
    briefs.follow(scene)
    assert settings.shown == " SH010"


def test_nothing_is_written_where_nothing_differs(scene: bpy.types.Scene, movie: Path, images: list[Path]) -> None:
    row_of(scene, movie, 1)
    briefed(scene, images)
    text = bpy.data.texts.new("Prompt")
    text.from_string("In a text")
    scene.reshoot.prompt_text = text
    kept = shot_brief.stored(scene.reshoot)
    view = scene.reshoot.references[1].views[0].as_pointer()
    assert shot_brief.restore(scene.reshoot, kept) == ()
    assert scene.reshoot.prompt_text == text and scene.reshoot.references[1].views[0].as_pointer() == view
    # Another one comes back as the field, and leaves the text alone.
    assert shot_brief.restore(scene.reshoot, kept.replace("In a text", "Other")) == ()
    assert scene.reshoot.prompt == "Other" and text.as_string() == "In a text"


def test_a_prompt_that_is_too_long_to_be_kept_is_not_lost(scene: bpy.types.Scene, movie: Path) -> None:
    first, second = row_of(scene, movie, 2)
    chosen(scene, second)
    edited(scene, "Two")
    chosen(scene, first)
    edited(scene, "long " * 20_000)
    chosen(scene, second)
    assert scene.reshoot.prompt == "long " * 20_000
    edited(scene, "short")
    chosen(scene, first)
    assert scene.reshoot.prompt == "short"


def test_what_is_written_while_a_press_waits_for_the_disk_is_kept(
    scene: bpy.types.Scene, movie: Path, service: BadService
) -> None:
    first, second = row_of(scene, movie, 2)
    for kept_already in (True, False):
        chosen(scene, first)
        edited(scene, "Sent")
        press = Press(scene, patience=1.0)
        press.write(scene)
        press.ask()
        press.wait()
        scene.reshoot.prompt = "Written since"
        if kept_already:
            briefs.follow(scene)
        press.check()
        press.begin()
        chosen(scene, second)
        edited(scene, "Another")
        chosen(scene, first)
        assert scene.reshoot.prompt == "Written since" and briefs.is_draft(first)
        assert press.jobs[0].order.prompt == "Sent"


# ---- drafts


def test_all_drafts_are_sent_each_by_its_own_brief_or_none(
    scene: bpy.types.Scene, movie: Path, service: BadService
) -> None:
    first, second, third = row_of(scene, movie, 3)
    assert "No shot has a brief that was not sent" in refusal(bpy.ops.reshoot.shoot_drafts)
    for strip, prompt in ((first, "One"), (second, "Two")):
        chosen(scene, strip)
        edited(scene, prompt)
    chosen(scene, third)
    assert [each.strips for each in briefs.drafts(scene)] == [("SH010",), ("SH020",)]
    given = preferences.get()
    given.day_limit = 0.75
    try:
        assert "This costs $1.00" in refusal(bpy.ops.reshoot.shoot_drafts)
    finally:
        given.day_limit = 0.0
    chosen(scene, second)
    edited(scene, "Put @Image1 there")
    assert "“SH020”: The prompt mentions @Image1" in refusal(bpy.ops.reshoot.shoot_drafts)
    assert service.requests == [] and journal() == []
    edited(scene, "Two")
    kept = shown(scene)
    presses = shoot.press_drafts(scene, 1.0)
    words = shoot.drafts_words([job for press in presses for job in press.jobs])
    assert words == "2 shots, 2 clips cost $1.00, estimated."
    assert bpy.ops.reshoot.shoot_drafts() == {"FINISHED"}
    jobs = [line.job for line in board.all_jobs()]
    assert {(job.shot.name, job.order.prompt) for job in jobs} == {("SH010", "One"), ("SH020", "Two")}
    assert [each.state for each in journal()] == ["PLACED"] * 2 and shown(scene) == kept
    assert briefs.drafts(scene) == ()
    # A copy of what was sent is none, and what is edited again is one.
    chosen(scene, first)
    edited(scene, "One, changed")
    assert [each.brief.prompt for each in briefs.drafts(scene)] == ["One, changed"]
