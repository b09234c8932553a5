# SPDX-License-Identifier: GPL-3.0-or-later
"""Many jobs wait while the editor plays, scrolls and drags; then all of their takes come in.

What it costs on the main thread is kept under names of its own: see the end of the run, and build/gui/main-thread.json.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from blenders import Installation
from editor import Editor
from service import Service
from workstation import Workstation, until

JOBS = [8, pytest.param(100, marks=pytest.mark.campaign)]
FEWER = 30
"""At most in a Blender older than 5, where a hundred take seven minutes and show nothing else."""

# Ten rows of ten, with a free channel above each for the takes.
_STRIPS = """
scene().render.fps, scene().render.fps_base = 25, 1.0
scene().render.resolution_x, scene().render.resolution_y = 1280, 720
scene().frame_start, scene().frame_end = 1, 10 * 140
editor = scene().sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
for number in range(how_many):
    strip = every.new_movie(f"Shot {number:03}", clip, 2 + 2 * (number // 10), 1 + 140 * (number % 10))
    strip.select = False
editor.active_strip = None
scene().reshoot.prompt = "make it snow"
"""
_SHOOT = """
for name, strip in sorted(strips().items()):
    strip.select = name == wanted
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.reshoot.shoot("INVOKE_DEFAULT")
"""
_VIEW_ALL = """
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.sequencer.view_all()
"""


@pytest.mark.compared
@pytest.mark.parametrize("many", JOBS)
def test_many_jobs_wait_and_the_timeline_stays_live(
    blender: Callable[..., Workstation], installation: Installation, service: Service, clip: Path, many: int
) -> None:
    jobs = many if int(installation.version().partition(".")[0]) >= 5 else min(many, FEWER)
    last = f"Shot {jobs - 1:03}"
    service.hold("render")
    service.start()
    look = blender(**service.surroundings)
    editor = Editor(look)
    look.run(_STRIPS, clip=str(clip), how_many=jobs)
    look.run(_VIEW_ALL)
    editor.open_tab()
    look.run(f"probe.call_it('{jobs} jobs sent')")
    for number in range(jobs):
        look.run(_SHOOT, wanted=f"Shot {number:03}")
    until(lambda: editor.states() == ["WAITING"] * jobs, f"{jobs} jobs that wait", 600, look.words)
    look.wait("all(job[0] == 'WAITING' for job in jobs())")

    look.run(f"probe.call_it('{jobs} jobs waiting')")
    look.picture("many-jobs")
    editor.play_a_while()
    for wheel in ("WHEELUPMOUSE", "WHEELDOWNMOUSE"):
        for _ in range(5):
            look.key(wheel, ctrl=True)
    look.run(_VIEW_ALL)
    before = look.value("frames(strips()[last])", last=last)
    x, y = look.value("strip_at(last)", last=last)
    look.drag((x, y), (x + 40, y), steps=20)
    look.wait("frames(strips()[last]) != before", before=before, last=last)
    editor.scrub(100, 900)
    editor.step_a_frame()
    assert editor.states() == ["WAITING"] * jobs

    look.run(f"probe.call_it('{jobs} takes landing')")
    service.release("render")
    until(lambda: editor.states() == ["PLACED"] * jobs, f"{jobs} takes", 900, look.words)
    look.wait("len(takes()) == count", count=jobs)
    look.picture("many-takes")
    moved = look.value("frames(strips()[last])", last=last)
    assert [take[1:3] for take in look.value("takes()") if take[1:3] == moved] == [moved]
    assert (service.heard("submit"), service.accepted()) == (jobs, jobs)
    look.has_not_complained()
