# SPDX-License-Identifier: GPL-3.0-or-later
"""The language that the product speaks: English as it is written here, or what a table has for it.

Knows no language and no Blender: `translations` brings the tables, and says when another one is spoken.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["named", "say", "speak", "spoken"]

_spoken: Mapping[str, str] = {}


def speak(table: Mapping[str, str]) -> None:
    """From now on `say` says what `table` has for a text; an empty one for English. It must not change afterwards."""
    global _spoken
    _spoken = table


def spoken() -> Mapping[str, str]:
    """The table that is spoken, for a process that has to speak like this one."""
    return _spoken


def say(text: str, /, **values: object) -> str:
    """`text` in the language that is spoken, with `values` at its `{placeholders}`. Called on any thread.

    text: English, a literal, or what `named` marked as one: a test finds those, and what a table lacks of them.
    """
    return _spoken.get(text, text).format(**values)


def named(text: str, /) -> str:
    """`text` as it is: a literal of a table or a constant that `say` is given when it is needed."""
    return text
