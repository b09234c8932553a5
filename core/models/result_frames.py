# SPDX-License-Identifier: GPL-3.0-or-later
"""How a model's frames come back: how many a result has, and at which rate, for a clip that is sent.

A plan counts on it; what really came is measured in the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


class ResultFrames(NamedTuple):
    """Frames of a result, and their rate."""

    frames: int
    fps: Fraction


ComesBack = Callable[[int, Fraction], ResultFrames]
"""The result's frames for a clip of so many frames at a rate."""


@dataclass(frozen=True)
class AtRate:
    """The result is as long as the clip, whatever that's rate, at a rate of the model's own."""

    fps: Fraction

    def __call__(self, frames: int, fps: Fraction) -> ResultFrames:
        return ResultFrames(max(1, math.floor(frames / fps * self.fps + Fraction(1, 2))), self.fps)


@dataclass(frozen=True)
class AsSent:
    """The result has the clip's frames, one for one, at the clip's rate."""

    def __call__(self, frames: int, fps: Fraction) -> ResultFrames:
        return ResultFrames(frames, fps)
