# SPDX-License-Identifier: GPL-3.0-or-later
"""How a take's strip has to be scaled, turned, shifted and cropped so that it lies where its shot's strip lies.

Pure arithmetic on the values of Blender's strips; setting them is `timeline.take_strips`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..values.take import Take

_LEFT, _RIGHT, _BOTTOM, _TOP = "crop.min_x", "crop.max_x", "crop.min_y", "crop.max_y"
_SIDES = {
    0: (_LEFT, _RIGHT, _BOTTOM, _TOP),
    90: (_BOTTOM, _TOP, _RIGHT, _LEFT),
    180: (_RIGHT, _LEFT, _TOP, _BOTTOM),
    270: (_TOP, _BOTTOM, _LEFT, _RIGHT),
}
"""Which side of the file is left, right, below and above once its picture is upright, by degrees clockwise."""

_TURNED_BACK = {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}
"""Sine and cosine of the angle by which what is upright is turned, anticlockwise, to lie as in the file."""


@dataclass(frozen=True)
class Change:
    """What becomes of a property of the shot's strip: times `factor`, plus `added`, it is the property `name`."""

    name: str
    factor: float = 1.0
    added: float = 0.0


def placed_over(
    take: Take, width: int, height: int, origin: tuple[float, float]
) -> tuple[dict[str, Change], tuple[float, float]]:
    """By property of the shot's strip ("transform.scale_x", "crop.min_y"), what it becomes for the take's; its origin.

    width, height: of the shot's picture. origin: of the shot's strip, around which it is scaled and turned. What is
    animated stays in place too.
    """
    fit = take.fit
    # By which the upright picture is scaled, so that it is as large as the shot's.
    wide, tall = width / take.width * fit.scale_x, height / take.height * fit.scale_y
    sine, cosine = _TURNED_BACK[take.rotation]
    turned = take.rotation in (90, 270)
    # The take's origin is the point of its picture that lies over the shot's origin. Pixels from the middle.
    fixed_x, fixed_y = (origin[0] - 0.5) * width, (origin[1] - 0.5) * height
    own_x, own_y = (fixed_x - fit.offset_x * width) / wide, (fixed_y - fit.offset_y * height) / tall
    file_x, file_y = own_x * cosine - own_y * sine, own_x * sine + own_y * cosine
    file_width, file_height = (take.height, take.width) if turned else (take.width, take.height)
    left, right, bottom, top = _SIDES[take.rotation]
    found = {
        "transform.offset_x": Change("transform.offset_x", 1.0, fixed_x - file_x),
        "transform.offset_y": Change("transform.offset_y", 1.0, fixed_y - file_y),
        "transform.scale_x": Change("transform.scale_y" if turned else "transform.scale_x", wide),
        "transform.scale_y": Change("transform.scale_x" if turned else "transform.scale_y", tall),
        "transform.rotation": Change("transform.rotation", 1.0, -math.radians(take.rotation)),
        # What hangs over the edges of the shot's picture is cut off.
        _LEFT: Change(left, 1 / wide, ((fit.scale_x - 1) / 2 - fit.offset_x) * width / wide),
        _RIGHT: Change(right, 1 / wide, ((fit.scale_x - 1) / 2 + fit.offset_x) * width / wide),
        _BOTTOM: Change(bottom, 1 / tall, ((fit.scale_y - 1) / 2 - fit.offset_y) * height / tall),
        _TOP: Change(top, 1 / tall, ((fit.scale_y - 1) / 2 + fit.offset_y) * height / tall),
    }
    return found, (file_x / file_width + 0.5, file_y / file_height + 0.5)


def moved_over(values: Mapping[str, float], was: Mapping[str, Change], now: Mapping[str, Change]) -> dict[str, float]:
    """By property of a take's strip, what it becomes when the strip shows another take: what the editor has moved,
    scaled or cropped of it since stays so.

    values: as they are, by property of the strip. was, now: see `placed_over`, of the take that it shows and the other.
    """
    found = {}
    for prop, change in now.items():
        before = was[prop]
        of_the_shot = (values[before.name] - before.added) / before.factor
        found[change.name] = of_the_shot * change.factor + change.added
    return found
