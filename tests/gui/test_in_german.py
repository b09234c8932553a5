# SPDX-License-Identifier: GPL-3.0-or-later
"""With Blender's interface in German: labels, tooltips, what is refused, and the way back to English."""

from __future__ import annotations

from pathlib import Path

from editor import Editor

_HELPERS = """
iface, tip = bpy.app.translations.pgettext_iface, bpy.app.translations.pgettext_tip
view = bpy.context.preferences.view

def refused():
    try:
        bpy.ops.reshoot.shoot("INVOKE_DEFAULT")
    except RuntimeError as error:
        return str(error)
"""


def test_labels_and_refusals_are_german_as_long_as_the_interface_is(editor: Editor, clip: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    editor.open_tab()
    blender.run(_HELPERS)
    assert "No strip is selected." in blender.value("refused()")

    blender.run("view.language = 'de_DE'")
    assert blender.value("iface('Cancel Job', 'Operator')") == "Auftrag abbrechen"
    assert blender.value("iface('References')") == "Referenzen"
    assert blender.value("iface('Handles', 'Reshoot')") == "Überhang"
    assert blender.value("tip('Which picture is sent')") == "Welches Bild gesendet wird"
    assert "Kein Streifen ist ausgewählt." in blender.value("refused()")
    blender.picture("german-nothing")
    editor.select_shot()
    blender.picture("german-shot")

    blender.run("view.use_translate_interface = False")
    blender.run("[setattr(each, 'select', False) for each in strips().values()]")
    assert "No strip is selected." in blender.value("refused()")
    blender.run("view.use_translate_interface = True")
    assert "Kein Streifen ist ausgewählt." in blender.value("refused()")

    blender.run("addon_utils.disable(MODULE)")
    assert blender.value("iface('Cancel Job', 'Operator')") == "Cancel Job"
    blender.run("addon_utils.enable(MODULE)")
    assert "Kein Streifen ist ausgewählt." in blender.value("refused()")

    blender.run("view.language = 'en_US'")
    assert "No strip is selected." in blender.value("refused()")
