# SPDX-License-Identifier: GPL-3.0-or-later
"""The press and the preview look in one way: what a press refuses is the first fault that the preview shows, and a
button that can be pressed does not refuse.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from bad_service import BadService
from editing import Timeline, add_movie, journal, refusal, select
from patience import stretched
from reshoot import session
from reshoot.core.errors import ModelUnknown, MoneyError, ReshootError, StorageError
from reshoot.core.jobs import board
from reshoot.core.values.preview import Preview
from reshoot.panels.shot import first_run
from reshoot.session import look, preview
from reshoot.settings import preferences, reference_list

pytestmark = pytest.mark.usefixtures("uncompared")

SECONDS = stretched(20.0)
_LEFT = re.compile(r"\d+ MB left")
PRICE = "0.50"
"""Of the movie's three seconds, US dollars."""


@pytest.fixture
def limits() -> Iterator[preferences.RESHOOT_AP_preferences]:
    """The preferences, whose limits are lifted again."""
    given = preferences.get()
    yield given
    given.day_limit = given.project_limit = 0.0


def shown(scene: bpy.types.Scene) -> Preview:
    """The preview, once the disk has answered."""
    until = time.monotonic() + SECONDS
    preview.preview(scene)
    while preview._on_disk.busy:
        assert time.monotonic() < until, "the disk never answered"
        time.sleep(0.01)
        preview.preview(scene)
    return preview.preview(scene)


def pressed(scene: bpy.types.Scene) -> str:
    """What a press is refused with; the file and the journal stay as they are."""
    timeline, rows = Timeline(scene), journal() if session.running() else []
    said = refusal(bpy.ops.reshoot.shoot)
    timeline.is_as_it_was()
    assert (journal() if session.running() else []) == rows
    return said


def agree(scene: bpy.types.Scene) -> ReshootError:
    """The fault that the preview shows first, which the press is refused with."""
    error = shown(scene).error
    assert error is not None, "the button is live"
    # What is left on a disk that others use is another number a moment later.
    assert _LEFT.sub("", str(error)) in _LEFT.sub("", pressed(scene))
    return error


def test_limits_of_money_are_known_to_the_preview(
    scene: bpy.types.Scene, selected_movie: None, service: BadService, limits: preferences.RESHOOT_AP_preferences
) -> None:
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    limits.day_limit = 0.75
    error = agree(scene)
    assert isinstance(error, MoneyError) and f"${PRICE} of today's $0.75" in error.message
    limits.day_limit = 2 * float(PRICE)
    assert shown(scene).errors == ()
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    assert isinstance(agree(scene), MoneyError)


def test_what_was_spent_before_blender_was_started_counts_in_the_preview(
    scene: bpy.types.Scene, selected_movie: None, service: BadService, limits: preferences.RESHOOT_AP_preferences
) -> None:
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    session.close()
    limits.project_limit = 0.75
    assert isinstance(shown(scene).error, MoneyError)


def test_what_another_blender_spends_reaches_the_preview(
    scene: bpy.types.Scene,
    selected_movie: None,
    service: BadService,
    limits: preferences.RESHOOT_AP_preferences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    limits.day_limit = 0.75
    monkeypatch.setattr(session.current().runner._rows, "spent", ())
    assert isinstance(shown(scene).error, MoneyError)


def test_what_this_blender_spends_is_in_the_next_preview_at_once(
    scene: bpy.types.Scene, selected_movie: None, service: BadService, limits: preferences.RESHOOT_AP_preferences
) -> None:
    limits.day_limit = 0.75
    assert shown(scene).errors == ()
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    # Without waiting for the disk, whose last answer is from before the press.
    assert isinstance(preview.preview(scene).error, MoneyError)


def test_a_disk_without_room_is_known_to_the_preview(
    scene: bpy.types.Scene, selected_movie: None, identity: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "_SPARE_BYTES", 10**18)
    error = agree(scene)
    assert isinstance(error, StorageError) and "MB are needed" in error.message
    monkeypatch.undo()
    preview.close()
    assert shown(scene).errors == ()


def test_a_folder_that_cannot_be_written_is_known_to_the_preview(
    scene: bpy.types.Scene, selected_movie: None, identity: None, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    (tmp_path / "reshoot").touch()
    assert str(tmp_path / "reshoot") in agree(scene).message


def test_a_preview_makes_no_folder(scene: bpy.types.Scene, selected_movie: None, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    there = sorted(tmp_path.rglob("*"))
    assert shown(scene).errors == ()
    assert sorted(tmp_path.rglob("*")) == there


def test_all_faults_are_told_at_once_in_the_order_in_which_they_are_to_be_mended(
    scene: bpy.types.Scene, movie: Path, service: BadService, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(movie.read_bytes())
    add_movie(scene, copy)
    copy.unlink()
    scene.reshoot.handles = 200
    scene.reshoot.prompt = ""
    view = scene.reshoot.references.add().views.add()
    view.filepath = str(tmp_path / "gone.png")
    names = [type(error).__name__ for error in shown(scene).errors]
    assert names == ["ShotError", "LimitError", "PromptError", "ReferenceInvalid"]
    assert "is missing" in agree(scene).message


def test_a_model_that_is_not_known_is_told(
    scene: bpy.types.Scene, selected_movie: None, identity: None, tmp_path: Path
) -> None:
    stored = getattr(scene.reshoot, "bl_system_properties_get", None)
    (stored(do_create=True) if stored else scene.reshoot)["model"] = 99
    assert scene.reshoot.model == ""
    reference_list.add_references(scene.reshoot, "IMAGE", [str(tmp_path / "gone.png")])
    assert first_run(bpy.context)
    error = agree(scene)
    assert isinstance(error, ModelUnknown) and scene.name in error.message
    scene.reshoot.model = "KLING_O1_EDIT"
    scene.reshoot.references.clear()
    assert shown(scene).errors == ()


@pytest.mark.parametrize("stored", ["field", "text"])
def test_a_refused_call_leaves_the_prompt(scene: bpy.types.Scene, movie: Path, identity: None, stored: str) -> None:
    add_movie(scene, movie)
    select(scene)
    if stored == "text":
        scene.reshoot.prompt_text = bpy.data.texts.new("Prompt")
    timeline = Timeline(scene)
    assert "No strip is selected" in refusal(bpy.ops.reshoot.shoot, prompt="Another one")
    timeline.is_as_it_was()
    assert (scene.reshoot.prompt_text is not None) == (stored == "text")


def test_a_prompt_that_is_sent_becomes_the_scene_s(
    scene: bpy.types.Scene, selected_movie: None, identity: None
) -> None:
    assert bpy.ops.reshoot.shoot(prompt="Another one") == {"FINISHED"}
    assert scene.reshoot.prompt == "Another one"
    (progress,) = board.all_jobs()
    assert progress.job.order.prompt == "Another one"
