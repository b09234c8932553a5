# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of takes by hand: three takes of one press, shown by a click and by the keys, rated, noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from editor import PROMPT, Editor
from service import Service
from workstation import Workstation, until

_LISTED = "sys.modules[f'{MODULE}.session.start'].takes(scene())"
_ALL = """
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.sequencer.view_all()
"""
_SHOWN = f"[row.number for row in {_LISTED}.rows if row.shown]"


def test_takes_are_shown_by_a_click_and_by_keys_and_rated(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    service.start()
    look = blender(**service.surroundings)
    editor = Editor(look)
    editor.make_project(clip)
    look.run("scene().reshoot.prompt = prompt; scene().reshoot.variants = 3", prompt=PROMPT)
    editor.fill_window()
    editor.open_tab()
    editor.select_shot()
    editor.press_button()
    until(lambda: editor.states() == ["PLACED"] * 3, "three takes", 120, look.words)
    look.wait(f"len({_LISTED}.rows) == 3 and len({_SHOWN}) == 1")
    (first,) = look.value(_SHOWN)
    look.picture("takes-first")
    assert look.value("len(takes())") == 1, "the first of the press stays"

    editor.over_timeline()
    look.key("UP_ARROW", alt=True, shift=True)
    look.wait(f"{_SHOWN} == []")
    for number in (1, 2, 3):
        look.key("DOWN_ARROW", alt=True)
        look.wait(f"{_SHOWN} == [number]", number=number)
    look.key("UP_ARROW", alt=True)
    look.wait(f"{_SHOWN} == [2]")

    # The first line with a take, and back.
    look.click(*editor.find(look.value(f"{_LISTED}.rows[0].job")))
    look.wait(f"{_SHOWN} == [1]")
    editor.over_timeline()
    look.key("DOWN_ARROW", alt=True)
    look.wait(f"{_SHOWN} == [2]")
    look.click(*editor.find("rating='PICK'"))
    look.wait(f"[row.rating.value for row in {_LISTED}.rows] == ['NONE', 'PICK', 'NONE']")
    look.click(*editor.find("bpy.ops.reshoot.take_note("))
    look.type("the rain is right", confirm=False)
    look.key("RET")
    look.picture("takes-note-dialog")
    look.key("RET")
    look.wait(f"{_LISTED}.rows[1].note == 'the rain is right'")
    editor.over_timeline()
    # At the strip's end, which is in sight then.
    look.run(_ALL)
    drawn = "sys.modules[f'{MODULE}.panels.progress']._laid_out_badges"
    look.wait(f"{drawn} and [word[0] for word in {drawn}[3]] == ['2 ★']")
    look.picture("takes")
    assert first in (1, 2, 3) and service.heard("submit") == 3
    look.has_not_complained()
