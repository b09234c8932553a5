# SPDX-License-Identifier: GPL-3.0-or-later
"""The languages that Reshoot speaks besides English: told to Blender, which translates labels, and to `core.words`.

A language is a module with one table: English text -> text. Which texts there are, a test reads from the source.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ..core import words
from .german import GERMAN

__all__ = ["LANGUAGES", "register", "unregister"]

LANGUAGES: dict[str, Mapping[str, str]] = {"de": GERMAN}
"""Blender's name of the language, without a country: it serves all of them."""

_CONTEXTS = (
    bpy.app.translations.contexts.default,
    bpy.app.translations.contexts.operator_default,
    "Reshoot",
)
"""Blender looks for labels in the first, for the names of operators in the second.

The third is that of properties whose names Blender knows itself, as those of other things, and would translate as such.
"""


@bpy.app.handlers.persistent
def _follow(*_args: object) -> None:
    """Speak the language that the interface is shown in. Blender calls this when the editor chooses another one."""
    language = bpy.app.translations.locale.split("_")[0].split("@")[0]
    shown = bpy.context.preferences.view.use_translate_interface
    words.speak(LANGUAGES.get(language, {}) if shown else {})


def register() -> None:
    """Tell Blender the texts, and follow the language of its interface from now on."""
    tables = {
        language: {(context, english): text for english, text in table.items() for context in _CONTEXTS}
        for language, table in LANGUAGES.items()
    }
    bpy.app.translations.register(__package__, tables)
    bpy.app.handlers.translation_update_post.append(_follow)
    _follow()


def unregister() -> None:
    """Take the texts back, and speak English."""
    words.speak({})
    bpy.app.handlers.translation_update_post.remove(_follow)
    bpy.app.translations.unregister(__package__)
