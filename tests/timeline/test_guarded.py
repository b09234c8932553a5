# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever breaks in what Blender calls by itself, another add-on's fault among it, is told once, and jobs go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from reshoot import panels, session
from reshoot.operators import watch
from reshoot.panels import progress
from reshoot.session import guarded, preview, start
from reshoot.session.session import Session
from reshoot.settings import folders


def breaks(*_args: Any, **_named: Any) -> None:
    """What another add-on has left behind."""
    raise AttributeError("'NoneType' object has no attribute 'bl_idname'")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often it was told that something broke."""
    monkeypatch.setattr(guarded, "_logged", set())
    return lambda: len([record for record in caplog.records if "watch of jobs" in record.message])


@pytest.mark.parametrize(
    ("timer", "owner", "used"),
    [
        (preview._hear, preview, "_look_up"),
        (start._start, folders, "home"),
        (start._show, session, "areas"),
        (watch._start, session, "running"),
        (watch._listen, session, "running"),
        (watch._after_start, session, "has_work"),
        (panels._draw_over_strips, progress, "register"),
    ],
)
def test_a_timer_that_breaks_is_called_again_and_told_once(
    timer: Callable[[], float | None], owner: Any, used: str, told: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, used, breaks)
    assert timer() and timer()
    assert told() == 1


@pytest.mark.parametrize(
    ("handler", "used"),
    [
        (watch._opened, "file_opened"),
        (watch._saved, "file_saved"),
        (watch._undoing, "undoing"),
        (watch._undone, "undone"),
        (watch._redone, "undone"),
    ],
)
def test_a_handler_that_breaks_is_told_once(
    handler: Callable[[], None], used: str, told: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.current()
    monkeypatch.setattr(session, used, breaks)
    handler()
    handler()
    assert told() == 1


def test_what_a_save_could_not_do_is_done_at_the_next(
    tmp_path: Path, told: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.current()
    read: list[str] = []
    with monkeypatch.context() as broken:
        broken.setattr(Session, "read", breaks)
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    assert told() == 1
    monkeypatch.setattr(Session, "read", lambda _self: read.append(session.project()))
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.save_mainfile()
    assert read == [str(tmp_path / "film.blend")]
