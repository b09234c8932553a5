# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries in Blender's menus, the shortcut, and what Blender's start pays for the extension."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import addon_utils
import bpy
import footage
import pytest
from editing import add_image, add_movie, select
from patience import stretched
from reshoot import session
from reshoot.panels import menus
from reshoot.session import opening
from reshoot.settings import folders, shortcut

pytestmark = [
    pytest.mark.usefixtures("uncompared"),
    pytest.mark.every_blender("menus, shortcuts and their order are Blender's own"),
]

MODULE = "bl_ext.user_default.reshoot"
MENUS = ("SEQUENCER_MT_strip", "SEQUENCER_MT_context_menu")
HEAVY = (
    "session.opening",
    "session.session",
    "session.preview",
    "session.press",
    "session.shoot",
    "core.jobs.runner",
    "core.jobs.journal",
    "core.service.fal",
    "rehearsal.server",
    "timeline.place",
)
KEYCONFIGS = Path(bpy.utils.system_resource("SCRIPTS")) / "presets" / "keyconfig"

# In a Blender of its own: what was imported once stays.
STARTS = f"""
import os
import sys
import bpy
import addon_utils
addon_utils.enable("bl_pkg", default_set=True)
assert addon_utils.enable({MODULE!r}, default_set=True)
print(*(name for name in {HEAVY!r} if {MODULE!r} + "." + name in sys.modules), "fal_client" in sys.modules, sep=",")
# Some versions of bpy crash while they take themselves apart.
sys.stdout.flush()
os._exit(0)
"""


class Layout:
    """Takes down what is drawn."""

    def __init__(self) -> None:
        self.entries: list[SimpleNamespace] = []
        self.operator_context = "EXEC_REGION_WIN"

    def operator(self, name: str, *, text: str, **_shown: Any) -> SimpleNamespace:
        self.entries.append(SimpleNamespace(operator=name, text=text, context=self.operator_context, kind=""))
        return self.entries[-1]

    def separator(self) -> None:
        pass


def entries(*strips: Any, view: str = "SEQUENCER") -> list[SimpleNamespace]:
    """The entries for a selection. Each is invoked, so that no menu waits for a job."""
    layout = Layout()
    context = SimpleNamespace(
        selected_strips=list(strips), space_data=SimpleNamespace(view_type=view), scene=bpy.context.scene
    )
    menus._draw(SimpleNamespace(layout=layout), context)
    assert {entry.context for entry in layout.entries} <= {"INVOKE_DEFAULT"}
    return layout.entries


def drawn(*strips: Any, view: str = "SEQUENCER") -> list[tuple[str, str]]:
    """The entries for a selection: operator, kind."""
    return [(entry.operator, entry.kind) for entry in entries(*strips, view=view)]


def test_the_menus_offer_what_the_selection_can_be_used_for(scene: bpy.types.Scene, tmp_path: Path) -> None:
    movie = add_movie(scene, footage.movie(tmp_path / "shot.mp4", frames=75))
    image = add_image(scene, footage.png(tmp_path / "ann.png"), channel=4, frame=1)
    references = [("reshoot.reference_add", "IMAGE"), ("reshoot.reference_add", "ELEMENT")]
    assert drawn(movie) == [("reshoot.shoot", "")]
    assert drawn(movie, image) == [("reshoot.shoot", ""), *references]
    assert drawn() == []
    assert drawn(movie, view="PREVIEW") == []


def test_the_entry_says_what_a_press_costs(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = add_movie(scene, footage.movie(tmp_path / "shot.mp4", frames=100))
    select(scene, movie)
    assert entries(movie)[0].text == "Reshoot (Rehearsal) · free"
    monkeypatch.setenv("RESHOOT_SERVICE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FAL_KEY", "a-key")
    assert entries(movie)[0].text == "Reshoot · $0.67"


def test_sound_alone_is_offered_nothing() -> None:
    assert drawn(SimpleNamespace(type="SOUND")) == []


@pytest.mark.parametrize("name", MENUS)
def test_the_entries_come_and_go(name: str) -> None:
    def ours() -> int:
        return sum(each.__module__.startswith(MODULE) for each in getattr(bpy.types, name)._dyn_ui_initialize())

    assert ours() == 1
    addon_utils.disable(MODULE, default_set=True)
    assert ours() == 0
    addon_utils.enable(MODULE, default_set=True)
    assert ours() == 1


def test_the_shortcuts_come_and_go() -> None:
    def ours() -> list[str]:
        found = bpy.context.window_manager.keyconfigs.addon.keymaps.get("Sequencer")
        return [item.idname for item in found.keymap_items if item.idname.startswith("reshoot.")] if found else []

    # A Blender without windows keeps the keymap all the same.
    every = ["reshoot.compare", "reshoot.shoot", "reshoot.take_step", "reshoot.take_step", "reshoot.take_show"]
    assert sorted(ours()) == sorted(every)
    addon_utils.disable(MODULE, default_set=True)
    assert ours() == []
    addon_utils.enable(MODULE, default_set=True)
    assert sorted(ours()) == sorted(every)


@pytest.mark.parametrize("config", ["Blender", "Blender_27x", "Industry_Compatible"])
def test_the_shortcuts_are_free_in_blender_s_own_keymaps(config: str) -> None:
    bpy.utils.keyconfig_set(str(KEYCONFIGS / f"{config}.py"))
    active = bpy.context.window_manager.keyconfigs.active
    assert len(active.keymaps) > 100 and len(shortcut._added) == 6
    wanted = {(item.type, item.ctrl, item.shift, item.alt, item.oskey) for _keymap, item in shortcut._added}
    kinds = {kind for kind, *_held in wanted}
    taken = [
        f"{keys.name}: {other.idname}"
        for keys in active.keymaps
        if keys.space_type == "SEQUENCE_EDITOR" or keys.name in ("Window", "Screen", "Frames", "Markers", "View2D")
        for other in keys.keymap_items
        if other.type in kinds and not keys.is_modal
        if other.any or (other.type, other.ctrl, other.shift, other.alt, other.oskey) in wanted
    ]
    assert taken == []


def test_blender_s_start_does_not_import_what_works() -> None:
    program = [sys.executable, "-c", STARTS]
    answer = subprocess.run(program, capture_output=True, text=True, timeout=stretched(120))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.splitlines()[-1] == "False"


def test_the_journal_that_was_opened_ahead_is_the_session_s() -> None:
    opening.open_ahead(folders.home(), session.project())
    session.current()
    assert opening._opened.empty(), "the session opened another one"
    assert bpy.ops.reshoot.resume() == {"FINISHED"}


def test_a_journal_that_no_session_took_is_closed() -> None:
    opening.open_ahead(folders.home(), session.project())
    addon_utils.disable(MODULE, default_set=True)
    assert opening._opened.empty()
