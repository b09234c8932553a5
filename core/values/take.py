# SPDX-License-Identifier: GPL-3.0-or-later
"""A result on disk, and how it lies over its shot."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class FrameShift:
    """From one of the frames that were sent on, the result shows all so many frames later than it should.

    sent: that frame, 0 being the first that was sent. late: frames of the result; negative where it is early.
    """

    sent: int
    late: int


@dataclass(frozen=True)
class Fit:
    """What the result's picture has to be scaled by around its centre, and then shifted by, to lie over the clip's.

    offset_x, offset_y: fractions of the picture's width and height, y up.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0

    def then(self, other: Fit) -> Fit:
        """This one first, and `other` with what comes of it."""
        return Fit(
            self.scale_x * other.scale_x,
            self.scale_y * other.scale_y,
            self.offset_x * other.scale_x + other.offset_x,
            self.offset_y * other.scale_y + other.offset_y,
        )


@dataclass(frozen=True)
class Take:
    """The result on disk. path: absolute. width, height: pixels. play_fps: see `landing.Landing`.

    runs: where its frames are not where they should be, empty where all are. fit: what its picture, upright and as
    large as the one that was sent, is scaled and shifted by to lie over that. rotation: degrees clockwise that it has
    to be turned by to stand upright; width and height are those of the upright picture. sound_late: seconds by which
    its sound begins later than its picture, negative where it begins before it: alone it is played from its own begin.
    timed: those of its runs that only follow the times of its uneven frames, and its sound with them.
    """

    path: str
    width: int
    height: int
    frames: int
    fps: Fraction
    sound: bool
    play_fps: Fraction | None
    runs: tuple[FrameShift, ...] = ()
    fit: Fit = field(default_factory=Fit)
    rotation: int = 0
    sound_late: Fraction = Fraction(0)
    timed: tuple[FrameShift, ...] = ()
