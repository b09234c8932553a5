# SPDX-License-Identifier: GPL-3.0-or-later
"""What models are called before anything else is known of them: Blender's start waits for this and for nothing more."""

from __future__ import annotations

from ..words import named

ModelName = tuple[str, str, str]
"""What an editor chooses a model by: its id, its name, and its price in words that `words.say` knows.

The words are what the model's price rule says, written out, since the start does without the rule."""

KLING_O1_EDIT: ModelName = ("KLING_O1_EDIT", "Kling O1 Edit", named("$0.168 for each second sent"))

KLING_O1_EDIT_STANDARD: ModelName = (
    "KLING_O1_EDIT_STANDARD",
    "Kling O1 Edit Standard",
    named("$0.126 for each second sent"),
)

MODELS = (KLING_O1_EDIT, KLING_O1_EDIT_STANDARD)
