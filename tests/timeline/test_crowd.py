# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's operators beside other threads: called in a context that was moved, they crash some Blenders."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import editing
import pytest
from bad_service import BadService
from reshoot import session
from reshoot.operators import watch
from reshoot.timeline import compat, movie_strip
from test_odd_results import at_the_rate, shoot

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("operators in a moved context beside threads crash some Blenders"),
]


def test_a_watch_begins_outside_of_a_moved_context(scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    (window,) = bpy.context.window_manager.windows
    areas: list[bpy.types.Area | None] = []
    execute = watch.RESHOOT_OT_watch.execute

    def executed(self: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
        # In the background an area is only where the context was moved.
        areas.append(context.area)
        return execute(self, context)

    monkeypatch.setattr(watch.RESHOOT_OT_watch, "execute", executed)
    session.current()
    watch._start()
    assert areas == [None]
    assert [each.bl_idname for each in window.modal_operators] == ["RESHOOT_OT_watch"]
    # It ends with the file, and wants to go on in the next one.
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.app.timers.unregister(watch._start)


@pytest.mark.parametrize(("rate", "moved"), [(30, False), (24, True)], ids=["own rate", "moved by the script"])
def test_no_thread_of_ours_runs_while_a_take_is_placed_in_a_moved_context(
    tmp_path: Path, service: BadService, monkeypatch: pytest.MonkeyPatch, rate: int, moved: bool
) -> None:
    beside: list[list[str]] = []
    add = movie_strip.add

    def added(*args: Any, **options: Any) -> Any:
        beside.append([each.name for each in threading.enumerate() if each.name.startswith("reshoot-")])
        return add(*args, **options)

    monkeypatch.setattr(movie_strip, "add", added)
    (window,) = bpy.context.window_manager.windows
    with bpy.context.temp_override(window=window, area=window.screen.areas[0]) if moved else nullcontext():
        _, take, job = shoot(service, tmp_path, at_the_rate(Fraction(rate)))
    assert take.type == "MOVIE" and job.take is not None and (job.take.play_fps is None) == moved
    assert beside == [[]] or (not compat.CROWD_CRASHES and len(beside) == 1)
    # They work again afterwards.
    assert bpy.ops.reshoot.job_dismiss(job=job.id) == {"FINISHED"}
    assert editing.journal() == []
