# SPDX-License-Identifier: GPL-3.0-or-later
"""The languages that Reshoot speaks besides English: told to Blender, which translates labels, and to `core.words`.

A language is a module with one table: English text -> text. Which texts there are, a test reads from the source.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import bpy

from ..core import words

__all__ = ["register", "table", "unregister"]

_LANGUAGES = {"de": ("german", "GERMAN")}
"""Module and name of each table, by Blender's name of the language without a country: it serves all of them."""

_DOMAIN = __package__
_CONTEXTS = (
    bpy.app.translations.contexts.default,
    bpy.app.translations.contexts.operator_default,
    "Reshoot",
)
"""Blender looks for labels in the first, for the names of operators in the second.

The third is that of properties whose names Blender knows itself, as those of other things, and would translate as such.
"""


_told = ""
"""The language whose texts Blender knows."""


def table(language: str) -> Mapping[str, str]:
    """The texts of a language by their English; empty for one that Reshoot does not speak."""
    if language not in _LANGUAGES:
        return {}
    module, name = _LANGUAGES[language]
    texts: Mapping[str, str] = getattr(importlib.import_module(f".{module}", __package__), name)
    return texts


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _follow(*_args: object) -> None:
    """Speak the language that the interface is shown in. Blender calls this when the editor chooses another one."""
    language = bpy.app.translations.locale.split("_")[0].split("@")[0]
    preferences = bpy.context.preferences
    assert preferences is not None
    texts = table(language) if preferences.view.use_translate_interface else {}
    words.speak(texts)
    if texts:
        _tell(language, texts)


def _tell(language: str, texts: Mapping[str, str]) -> None:
    """Tell Blender the texts of the language, when it is first shown: a start in English does not wait for them."""
    global _told
    if language == _told:
        return
    _forget()
    _told = language
    contexts = {(context, english): text for english, text in texts.items() for context in _CONTEXTS}
    # The stubs take a language's texts for one text.
    bpy.app.translations.register(_DOMAIN, {language: contexts})  # type: ignore[dict-item]


def _forget() -> None:
    global _told
    if _told:
        bpy.app.translations.unregister(_DOMAIN)
        _told = ""


def register() -> None:
    """Follow the language of Blender's interface from now on."""
    bpy.app.handlers.translation_update_post.append(_follow)
    _follow()


def unregister() -> None:
    """Take the texts back, and speak English."""
    words.speak({})
    bpy.app.handlers.translation_update_post.remove(_follow)
    _forget()
