# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ways to the button: the Strip menu, the context menu, the search, the shortcut; and image files dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from editor import PROMPT, Editor
from workstation import Workstation, until

pytestmark = pytest.mark.every_blender("menus, buttons and shortcuts are Blender's own")

_IMAGE = """
picture = bpy.data.images.new("Reference", 320, 320)
picture.filepath_raw, picture.file_format = path, "PNG"
picture.save()
bpy.data.images.remove(picture)
"""
_OPEN_MENU = """
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.wm.call_menu("INVOKE_DEFAULT", name="SEQUENCER_MT_strip")
"""


def test_every_way_to_the_button_sends_the_shot(
    blender: Callable[..., Workstation], clip: Path, tmp_path: Path
) -> None:
    look = blender(RESHOOT_REHEARSAL_LOOK="identity")
    editor = Editor(look)
    editor.make_project(clip)
    look.run("scene().reshoot.prompt = prompt", prompt=PROMPT)
    editor.select_shot()
    look.wait("sys.modules[f'{MODULE}.session.start'].preview(scene()).file is not None")

    def sent(count: int, how: str) -> None:
        look.picture(f"menu-{how}")
        until(lambda: editor.states() == ["PLACED"] * count, f"a take by the {how}", 120, look.words)
        # Each in the place of the one before.
        assert look.value("len(takes())") == 1

    editor.over_timeline()
    look.key("E", ctrl=True, shift=True)
    sent(1, "shortcut")

    editor.over_timeline()
    look.run(_OPEN_MENU)
    look.picture("strip-menu")
    # The extension's entry is the last one.
    look.key("END")
    look.key("RET")
    sent(2, "strip menu")

    look.click(*look.value("strip_at('Bunny')"))
    look.click(*look.value("strip_at('Bunny')"), button="RIGHTMOUSE")
    look.picture("context-menu")
    look.key("END")
    look.key("RET")
    sent(3, "context menu")

    editor.over_timeline()
    look.key("F3")
    look.type("reshoot", confirm=False)
    look.picture("search")
    look.key("RET")
    sent(4, "search")

    picture = tmp_path / "reference.png"
    look.run(_IMAGE, path=str(picture))
    # What Blender does with a file that is dropped on the tab: nothing can drop one here.
    look.run(
        "with bpy.context.temp_override(window=window(), area=timeline(), region=region('UI')):\n"
        "    bpy.ops.reshoot.reference_add_files('INVOKE_DEFAULT', directory=folder, files=[{'name': name}])",
        folder=f"{tmp_path}/",
        name=picture.name,
    )
    look.picture("dropped")
    if not look.value("len(scene().reshoot.references)"):
        # It asks what the picture is to be; the first answer is Image.
        look.key("RET")
    look.wait("[item.kind for item in scene().reshoot.references] == ['IMAGE']")
    look.has_not_complained()
