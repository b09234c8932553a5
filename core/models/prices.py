# SPDX-License-Identifier: GPL-3.0-or-later
"""How models are paid for: rules that tell the price of a clip before it is sent, in US dollars to the cent.

A rule is an estimate: the service tells no amounts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from ..words import say

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class PricedClip:
    """What of a clip a price may hang on. width, height: pixels."""

    frames: int
    fps: Fraction
    width: int
    height: int

    @property
    def seconds(self) -> Fraction:
        """Its length."""
        return self.frames / self.fps


class PriceRule(Protocol):
    """What a model's rule has to tell."""

    def price(self, clip: PricedClip) -> Decimal:
        """US dollars for `clip`, to the cent."""
        ...

    @property
    def words(self) -> str:
        """The rule, for the editor."""
        ...


def nearest_second(seconds: Fraction) -> int:
    """Whole seconds: rounded to the nearest, a half upwards."""
    return math.floor(seconds + Fraction(1, 2))


@dataclass(frozen=True)
class PricePerSecond:
    """So much for each second of the clip. rate: US dollars. rounding: the seconds that are billed for a length."""

    rate: Decimal
    rounding: Callable[[Fraction], int]

    def price(self, clip: PricedClip) -> Decimal:
        """US dollars for `clip`, to the cent."""
        return (self.rate * self.rounding(clip.seconds)).quantize(_CENT)

    @property
    def words(self) -> str:
        """The rule, for the editor."""
        return say("${rate} for each second sent", rate=self.rate)
