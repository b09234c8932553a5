# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices an editor makes for a shot. The values are those of `scene.reshoot` and of the journal."""

from __future__ import annotations

from enum import Enum


class Source(str, Enum):
    """Which picture is sent."""

    STRIP = "STRIP"
    """The strip's own picture, without its transform, crop, blend and fades."""
    TIMELINE = "TIMELINE"
    """What the viewer shows over the range."""


class Selection(str, Enum):
    """What several selected strips are."""

    EACH = "EACH"
    """Each is a shot of its own."""
    TOGETHER = "TOGETHER"
    """They are one shot, from the first to the last."""


class Timing(str, Enum):
    """How the shot's frames become the clip's."""

    AUTO = "AUTO"
    """Every frame up to 30 fps, real time above."""
    EVERY_FRAME = "EVERY_FRAME"
    """One clip frame for each timeline frame, labelled with the rate the service answers in."""
    REAL_TIME = "REAL_TIME"
    """The clip lasts as long as the shot."""


class Sound(str, Enum):
    """What is heard while the take is shown."""

    TIMELINE = "TIMELINE"
    """The timeline's sound, untouched."""
    RESULT = "RESULT"
    """The result's sound, in place of the shot's own."""
    SILENT = "SILENT"
    """The shot's own sound is muted."""


class Land(str, Enum):
    """Where a take is put."""

    REPLACE = "REPLACE"
    """In the shot's place: directly above it where nothing is changed by that, else into its stack. A further take of
    the shot is shown in place of the one before."""
    CHANNEL = "CHANNEL"
    """On a channel of its own, as near above the shot as there is room."""


class Rating(str, Enum):
    """What an editor thinks of a take."""

    NONE = "NONE"
    PICK = "PICK"
    """The one of its shot that is to stay."""
    REJECT = "REJECT"
    """It is not wanted any more."""


class ReferenceKind(str, Enum):
    """What a reference is to the model."""

    IMAGE = "IMAGE"
    """`@Image1`: one picture."""
    ELEMENT = "ELEMENT"
    """`@Element1`: one frontal view and further views of the same thing."""
