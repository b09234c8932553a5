# SPDX-License-Identifier: GPL-3.0-or-later
"""What things are called before anything else is known of them: models, the service and the file that are none.

Apart from what they name: Blender's start waits for these, and for nothing more.
"""

from __future__ import annotations

from .words import named

REHEARSAL = "rehearsal"
"""The service that is a stand-in on this computer."""

UNTITLED = "untitled:"
"""What the project of a file without a name begins with. Once another file is open it is gone for good."""

Model = tuple[str, str, str]
"""What an editor chooses a model by: its id, its name, and its price in words that `words.say` knows, US dollars for a
second of clip."""

KLING_O1_EDIT: Model = ("KLING_O1_EDIT", "Kling O1 Edit", named("$0.168 for each second sent"))
KLING_O1_EDIT_STANDARD: Model = (
    "KLING_O1_EDIT_STANDARD",
    "Kling O1 Edit Standard",
    named("$0.126 for each second sent"),
)

MODELS = (KLING_O1_EDIT, KLING_O1_EDIT_STANDARD)
