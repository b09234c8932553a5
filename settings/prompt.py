# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a scene's prompt is kept: in its field, or in a text of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scene import RESHOOT_PG_scene


def prompt_of(settings: RESHOOT_PG_scene) -> str:
    """The prompt that is sent: the text's where one is set, else the field's."""
    text = settings.prompt_text
    return str(settings.prompt if text is None else text.as_string())


def write_prompt(settings: RESHOOT_PG_scene, words: str) -> None:
    """Write the prompt to where it is kept: the text where one is set, else the field."""
    text = settings.prompt_text
    if text is None:
        settings.prompt = words
    elif text.as_string() != words:
        text.from_string(words)
