# SPDX-License-Identifier: GPL-3.0-or-later
"""What an editor chooses a model by: its id, its name, and its price in words.

Apart from `models`, which knows the rest: Blender's start waits for these, and for nothing more.
"""

from __future__ import annotations

from .words import named

Choice = tuple[str, str, str]
"""Id, name, and a text that `words.say` knows: US dollars for a second of clip."""

KLING_O1_EDIT: Choice = ("KLING_O1_EDIT", "Kling O1 Edit", named("$0.168 for each second sent"))
KLING_O1_EDIT_STANDARD: Choice = (
    "KLING_O1_EDIT_STANDARD",
    "Kling O1 Edit Standard",
    named("$0.126 for each second sent"),
)

CHOICES = (KLING_O1_EDIT, KLING_O1_EDIT_STANDARD)
