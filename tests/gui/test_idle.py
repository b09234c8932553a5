# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a job Reshoot does nothing: what has to be made ready is made so once, then nothing ticks, nothing is drawn.

What a single stretch takes is for the probe.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor

_COUNT = """
import functools, gc, types

def ours():
    functions = [each for each in gc.get_objects() if isinstance(each, types.FunctionType)]
    ticking = [each for each in functions if bpy.app.timers.is_registered(each)]
    return sorted(each.__qualname__ for each in ticking if (each.__module__ or "").startswith(MODULE))

def drawn(kind):
    draws[kind] += 1

def tick():
    global ticks
    ticks += 1
    return 0.01 if ticks < 200 else None

draws = {"WINDOW": 0, "UI": 0}
for kind in draws:
    bpy.types.SpaceSequenceEditor.draw_handler_add(functools.partial(drawn, kind), (), kind, "POST_PIXEL")
"""


@pytest.mark.every_blender("redraws and timers are Blender's")
def test_nothing_ticks_and_nothing_is_drawn_without_a_job(editor: Editor, clip: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    editor.open_tab()
    editor.select_shot()
    blender.wait("MODULE + '.panels.progress' in sys.modules")
    blender.wait("not sys.modules[MODULE + '.panels.warming'].due()")
    blender.run(_COUNT)
    blender.wait("ours() == []")
    # Whatever the mouse has set going is over once a while passes in which nothing was drawn.
    for _ in range(10):
        blender.run("ticks, before = 0, dict(draws); bpy.app.timers.register(tick)")
        blender.wait("ticks == 200")
        if blender.value("before == draws"):
            break
    assert blender.value("before == draws"), blender.value("draws")
    assert blender.value("ours()") == []
    blender.has_not_complained()


_KEEP_WHAT_IS_DRAWN = """
panels, start = (sys.modules[f"{MODULE}.{name}"] for name in ("panels.shot", "session.start"))
whole, drawn = panels.draw, []

def draw(layout, context):
    whole(layout, context)
    drawn.append(start.preview(context.scene).plan.frames)

panels.draw = draw
"""
_REDRAW_AND_CHANGE = """
area = timeline()
with bpy.context.temp_override(window=window(), area=area, region=region("UI")):
    region("UI").tag_redraw()
    bpy.ops.wm.redraw_timer(type="DRAW", iterations=1)
    scene().reshoot.handles = 7
    region("UI").tag_redraw()
    bpy.ops.wm.redraw_timer(type="DRAW", iterations=1)
"""


def test_what_a_quick_redraw_did_not_see_is_drawn_by_itself(editor: Editor, clip: Path) -> None:
    """Of redraws that follow each other closely one looks at the timeline."""
    blender = editor.blender
    editor.make_project(clip)
    editor.open_tab()
    editor.select_shot()
    blender.run(_KEEP_WHAT_IS_DRAWN)
    blender.run("region('UI').tag_redraw()")
    blender.wait("drawn")
    before = blender.value("drawn[-1]")
    # Long enough for a slow machine to draw twice in it.
    blender.run("sys.modules[f'{MODULE}.session.preview']._STEADY = 3.0")
    blender.run(_REDRAW_AND_CHANGE)
    assert blender.value("drawn[-1]") == before
    blender.wait("drawn[-1] != before", before=before)
    blender.has_not_complained()
