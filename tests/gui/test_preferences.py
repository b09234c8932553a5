# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences by hand: a key typed into its field, and the button that tests it, against services of every kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from editor import Editor
from service import KEY, Service
from workstation import Workstation, until

_OPEN = """
area = next(each for each in window().screen.areas if each != timeline())
area.ui_type = "PREFERENCES"
preferences = bpy.context.preferences
preferences.active_section = "ADDONS"
bpy.context.window_manager.addon_search = "Reshoot"
if not preferences.addons[MODULE].preferences.is_property_set("key"):
    with bpy.context.temp_override(window=window(), area=area):
        bpy.ops.preferences.addon_expand(module=MODULE)
with bpy.context.temp_override(window=window(), area=area):
    bpy.ops.screen.screen_full_area()

def page():
    return next(each for each in window().screen.areas if each.type == "PREFERENCES")

def answer():
    test = sys.modules[f"{MODULE}.settings.preferences"].key_test
    if not test.answered:
        return None
    return ["works", ""] if test.error is None else [test.error.message, test.error.remedy]
"""
_KEPT = "bpy.context.preferences.addons[MODULE].preferences.key"


def _find(blender: Workstation, wanted: str) -> tuple[int, int]:
    region = "next(each for each in page().regions if each.type == 'WINDOW')"
    x, y, width, height = blender.value(f"place_of({region})")
    places = [
        (round(x + width * across), y + height - down) for across in (0.5, 0.9, 0.95) for down in range(8, height, 16)
    ]
    at, seen = blender.search(wanted, places, "button_under_mouse('WINDOW', page())")
    if at is None:
        blender.picture("preferences")
        raise AssertionError(f"{wanted} is not in the preferences; there are {seen}")
    return at


def test_a_key_is_typed_and_tested(blender: Callable[..., Workstation], service: Service, clip: Path) -> None:
    service.start()
    look = blender()
    editor = Editor(look)
    editor.make_project(clip)
    look.run("import os\n" + _OPEN)
    look.wait("page().height > 0.8 * window().height")

    look.click(*_find(look, ".key"))
    look.key("A", ctrl=True)
    look.type("abc-123")
    look.wait(f"{_KEPT} == 'abc-123'")

    test = _find(look, "reshoot.key_test")

    def press() -> None:
        look.run("sys.modules[f'{MODULE}.settings.preferences'].key_test.forget()")
        # Elsewhere first: under a mouse that stands still Blender does not see that the button can be pressed again.
        look.move(test[0], test[1] - 200)
        look.click(*test)

    def tested(expected: str, remedy: str = "") -> None:
        press()
        said = look.wait("answer()")
        assert expected in said[0] and remedy in said[1], said
        look.key_events([])

    # Blender is offline, as it is for everybody at first.
    tested("not allowed to go online", "Preferences > System > Network")
    look.picture("preferences-offline")
    look.run("os.environ.update(surroundings)", surroundings=service.surroundings)
    tested("works")
    look.picture("preferences-works")
    look.run("os.environ['FAL_KEY'] = 'another'")
    tested("does not accept the key", "Check the key")
    look.picture("preferences-refused")
    look.run("os.environ['FAL_KEY'] = key", key=KEY)
    tested("works")
    service.kill()
    tested("could not be reached", "Check the network connection")
    look.picture("preferences-unreachable")
    # While nobody answers, the button says so, and the rest of Blender goes on.
    service.hold("token")
    service.start()
    press()
    until(lambda: service.heard("token") >= 4, "the question")
    assert look.value("sys.modules[f'{MODULE}.settings.preferences'].key_test.asking")
    assert not look.value("bpy.ops.reshoot.key_test.poll()")
    service.release("token")
    assert look.wait("answer()")[0] == "works"
    look.has_not_complained()
