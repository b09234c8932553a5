# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes text that came from outside fit to be shown in a line of the interface.

What it says is not judged, and a key in it stays: `service.refusals` takes that out.
"""

from __future__ import annotations

import unicodedata

__all__ = ["one_line"]

# Control and direction-changing characters, halves of characters, and separators of lines.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def one_line(text: object, limit: int = 500) -> str:
    """`text` in one line of visible characters, cut to `limit` of them. '' where it is no text."""
    if not isinstance(text, str):
        return ""
    head = " ".join(text[: 40 * limit].split())
    plain = "".join(letter for letter in head if unicodedata.category(letter) not in _HIDDEN)
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
