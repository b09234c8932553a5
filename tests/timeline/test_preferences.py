# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences: what a test of the key tells whom, where things are kept, and what a new editor is told.

How they look is seen in tests/gui.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bad_service
import bpy
import footage
import pytest
from bad_service import BadService
from editing import add_movie, open_timeline, select
from reshoot import session
from reshoot.core.errors import KeyRefused, SetupError
from reshoot.operators import waiting
from reshoot.operators.preferences import ask_in_thread
from reshoot.panels import preferences_page as page
from reshoot.panels.shot import first_run
from reshoot.settings import folders, preferences

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("the preferences' page is drawn by Blender"),
]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BadService]:
    """A service on this computer, with a key that it takes."""
    with bad_service.running() as service:
        monkeypatch.setenv("RESHOOT_SERVICE_URL", service.base)
        monkeypatch.setenv("FAL_KEY", bad_service.KEY)
        yield service


def test_a_key_that_works_is_told_to_a_script(service: BadService) -> None:
    assert bpy.ops.reshoot.key_test() == {"FINISHED"}
    assert preferences.key_test.answered and preferences.key_test.error is None
    assert [request.point for request in service.requests] == ["token"], "the key was not asked about, or more was"


def test_a_key_that_is_refused_is_raised_in_a_script(service: BadService) -> None:
    service.misbehave("token", bad_service.says(401, {"detail": f"invalid key {bad_service.KEY}"}))
    with pytest.raises(RuntimeError, match="does not accept the key") as caught:
        bpy.ops.reshoot.key_test()
    assert bad_service.KEY not in str(caught.value)
    assert isinstance(preferences.key_test.error, KeyRefused)


def test_from_the_interface_the_key_is_tested_beside_it(service: BadService) -> None:
    assert ask_in_thread()
    # The answer is heard by the main thread alone, which has not listened yet.
    assert preferences.key_test.asking and not preferences.key_test.answered
    assert not bpy.ops.reshoot.key_test.poll(), "a second question while the first waits"
    waiting.wait_for_threads(session.current())
    assert not preferences.key_test.asking
    assert preferences.key_test.answered and preferences.key_test.error is None


def test_from_the_interface_a_refusal_is_an_answer_not_an_error(service: BadService) -> None:
    service.misbehave("token", bad_service.says(401, {"detail": "invalid key credentials"}))
    assert ask_in_thread()
    waiting.wait_for_threads(session.current())
    assert isinstance(preferences.key_test.error, KeyRefused)
    assert preferences.key_test.error.remedy


def test_an_answer_is_about_the_key_that_was_tested(service: BadService, monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.ops.reshoot.key_test()
    preferences.get().key = "of fal.ai"
    assert preferences.key_test.answered, "a key that was not asked about"
    monkeypatch.setenv("FAL_KEY", "another")
    assert not preferences.key_test.answered


def test_without_a_key_it_says_where_keys_are_made() -> None:
    assert not ask_in_thread()
    assert isinstance(preferences.key_test.error, SetupError)
    assert "fal.ai/dashboard/keys" in preferences.key_test.error.remedy
    with pytest.raises(RuntimeError, match="no key"):
        bpy.ops.reshoot.key_test()


def test_offline_it_says_so_and_asks_nobody() -> None:
    preferences.get().key = bad_service.KEY
    assert not bpy.app.online_access, "these tests must not reach the network"
    with pytest.raises(RuntimeError, match="not allowed to go online") as caught:
        bpy.ops.reshoot.key_test()
    assert bad_service.KEY not in str(caught.value)


def test_the_preferences_key_goes_before_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert preferences.key() == ""
    monkeypatch.setenv("FAL_KEY", " from-outside ")
    assert preferences.key() == "from-outside"
    preferences.get().key = " mine "
    assert preferences.key() == "mine"


def test_takes_are_where_the_preferences_say(tmp_path: Path) -> None:
    assert preferences.takes_folder() == folders.home() / "takes"
    session.current()
    assert session.takes_folder(session.project()) == preferences.takes_folder()
    assert (folders.home() / folders.JOURNAL).is_file()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cut.blend"))
    assert session.takes_folder(session.project()) == preferences.takes_folder() == tmp_path / "reshoot"


def test_a_new_editor_is_led_to_a_rehearsal_and_nobody_else(tmp_path: Path) -> None:
    assert any("Rehearse" in line for line in first_run(bpy.context))
    preferences.get().key = "mine"
    assert first_run(bpy.context) == ()
    preferences.get().key = ""
    scene = open_timeline()
    select(scene, add_movie(scene, footage.movie(tmp_path / "shot.mp4", frames=75)))
    assert bpy.ops.reshoot.shoot(prompt="Make it snow") == {"FINISHED"}
    assert first_run(bpy.context) == ()


def test_a_long_folder_shows_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a-project-with-a-long-name" / "reshoot" / "takes"
    assert page._end_of(path, 10_000, 11) == str(path)
    narrow = page._end_of(path, 150, 11)
    assert narrow.startswith("…") and narrow.endswith(os.path.join("reshoot", "takes"))
    assert page._end_of(path, 1, 11) == os.path.join("…", "takes")
