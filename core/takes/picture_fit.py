# SPDX-License-Identifier: GPL-3.0-or-later
"""How a result's picture lies over the clip's, from where its parts were found: scale and offset, where proved.

Compares no pictures and changes none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..values.take import Fit

_AGREE = 0.004
"""Fraction of the picture by which a part may lie beside where the others say."""

_FEWEST = 12
_MOST_AGREE = 0.55
_LEAST_SCALE = 0.004
_LEAST_OFFSET = 0.003
_SAME_SCALE = 0.006
"""Two scales that are nearer than this are one: a picture is seldom stretched."""

_CERTAIN = 5.0
"""Standard errors."""

_EXTENT = 0.5
"""Of the picture, that the parts which agree have to span."""


@dataclass(frozen=True)
class Tile:
    """A part of the picture.

    x, y: its middle, seen from the picture's, as fractions of width and height, y down. dx, dy: by how much it lies
    elsewhere in the result, as such fractions. sharp_x, sharp_y: how clearly it is found there.
    """

    x: float
    y: float
    dx: float
    dy: float
    sharp_x: float
    sharp_y: float


@dataclass(frozen=True)
class _Line:
    """A displacement along one axis: `shift` in the middle, `growth` per picture, and their standard errors."""

    shift: float
    growth: float
    shift_error: float
    growth_error: float
    agreeing: frozenset[int]


def fit(tiles: Sequence[Tile]) -> Fit | None:
    """The fit that the tiles agree on, the identity where nothing is proved to be off; None where they do not agree."""
    across = _line([(tile.x, tile.dx, tile.sharp_x) for tile in tiles])
    up = _line([(-tile.y, -tile.dy, tile.sharp_y) for tile in tiles])
    if across is None or up is None:
        return None
    both = across.agreeing & up.agreeing
    if len(both) < max(_FEWEST, _MOST_AGREE * len(tiles)):
        return None
    for places in ([tiles[each].x for each in both], [tiles[each].y for each in both]):
        if max(places) - min(places) < _EXTENT:
            return None
    grown_x, grown_y = _proved_growth(across), _proved_growth(up)
    if grown_x and grown_y and abs(grown_x - grown_y) < _SAME_SCALE:
        grown_x = grown_y = (grown_x + grown_y) / 2
    shift_x, shift_y = _proved_shift(across), _proved_shift(up)
    return Fit(1 / (1 + grown_x), 1 / (1 + grown_y), (0.0 - shift_x) / (1 + grown_x), (0.0 - shift_y) / (1 + grown_y))


def _proved_growth(line: _Line) -> float:
    return line.growth if abs(line.growth) > max(_LEAST_SCALE, _CERTAIN * line.growth_error) else 0.0


def _proved_shift(line: _Line) -> float:
    return line.shift if abs(line.shift) > max(_LEAST_OFFSET, _CERTAIN * line.shift_error) else 0.0


def _line(points: Sequence[tuple[float, float, float]]) -> _Line | None:
    """The displacement that most points (place, displacement, weight) agree on."""
    slopes = [
        (other[1] - one[1]) / (other[0] - one[0])
        for number, one in enumerate(points)
        for other in points[number + 1 :]
        if abs(other[0] - one[0]) > 0.2
    ]
    if not slopes:
        return None
    growth = median(slopes)
    shift = median(point[1] - growth * point[0] for point in points)
    agreeing: list[int] = []
    for _ in range(5):
        agreeing = [
            number for number, (place, moved, _) in enumerate(points) if abs(moved - shift - growth * place) < _AGREE
        ]
        weights = [points[number][2] for number in agreeing]
        total = sum(weights)
        if len(agreeing) < _FEWEST or total <= 0:
            return None
        middle = sum(w * points[n][0] for w, n in zip(weights, agreeing, strict=True)) / total
        level = sum(w * points[n][1] for w, n in zip(weights, agreeing, strict=True)) / total
        width = sum(w * (points[n][0] - middle) ** 2 for w, n in zip(weights, agreeing, strict=True))
        if width <= 0:
            return None
        growth = (
            sum(w * (points[n][0] - middle) * (points[n][1] - level) for w, n in zip(weights, agreeing, strict=True))
            / width
        )
        shift = level - growth * middle
    rest = [points[n][1] - shift - growth * points[n][0] for n in agreeing]
    spread = sum(w * each**2 for w, each in zip(weights, rest, strict=True)) / total
    effective = max(3.0, total**2 / sum(w * w for w in weights))
    error = math.sqrt(spread / (effective - 2))
    return _Line(shift, growth, error, error / math.sqrt(width / total), frozenset(agreeing))
