# SPDX-License-Identifier: GPL-3.0-or-later
"""German, as far as a Blender without an interface can show it: what a refused press says, here and in the background.

These Blenders are built without translations of their own; labels and the choice of the language are for tests/gui.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy
import pytest
from editing import open_timeline
from installed import MODULE
from reshoot import translations
from reshoot.core import words
from reshoot.core.errors import ExportError
from reshoot.session import start
from reshoot.timeline import export

pytestmark = pytest.mark.usefixtures("uncompared")


@pytest.fixture
def german(empty_file: None) -> Iterator[None]:
    """What is said is German."""
    words.speak(translations.table("de"))
    yield
    words.speak({})


def test_a_refused_press_says_why_in_german(german: None) -> None:
    with pytest.raises(RuntimeError, match=r"Kein Streifen ist ausgewählt\. Den Streifen"):
        bpy.ops.reshoot.shoot(prompt="Schnee")


@pytest.mark.every_blender("Blender registers and switches languages")
def test_what_the_panels_show_follows_the_language_at_once() -> None:
    scene = open_timeline()
    assert start.preview(scene).error.message == "No strip is selected."
    words.speak(translations.table("de"))
    try:
        assert start.preview(scene).error.message == "Kein Streifen ist ausgewählt."
    finally:
        words.speak({})


def test_a_background_blender_says_in_german_what_it_cannot_read(german: None, tmp_path: Path) -> None:
    picture = tmp_path / "kaputt.exr"
    picture.write_bytes(b"no picture")
    recipe = {"images": [[str(picture), str(tmp_path / "kaputt.png")]]}
    with pytest.raises(ExportError, match=r"Die Referenz „kaputt\.exr“ ist kein lesbares Bild\. Eine PNG-"):
        export.background_blender().run("render_images", recipe, tmp_path)


@pytest.mark.every_blender("Blender registers and switches languages")
def test_enabling_follows_the_language_of_the_interface_and_disabling_leaves_nothing(extension: ModuleType) -> None:
    def followers() -> list[object]:
        kept = bpy.app.handlers.translation_update_post
        return [each for each in kept if inspect.getmodule(each) is translations]

    assert len(followers()) == 1
    words.speak(translations.table("de"))
    followers()[0]()
    assert words.say("No strip is selected.") == "No strip is selected.", "this Blender's interface is English"
    words.speak(translations.table("de"))
    addon_utils.disable(MODULE)
    assert followers() == []
    assert words.spoken() == {}
    addon_utils.enable(MODULE)
    assert len(followers()) == 1
