# SPDX-License-Identifier: GPL-3.0-or-later
"""What two small movies of a shot tell about each other, whatever their colours: which frames are alike, and where the
parts of one picture lie in the other. Runs in a background Blender; decides nothing, that is `core.takes.alignment`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core.takes.alignment import REACH, Likeness
from ..core.takes.picture_fit import Tile

_AROUND = 8
"""Frames before and after one, whose mean is what stands still there."""

_SLOW = 2.0
"""Change of the picture, in bytes of brightness, that counts as an edge however flat the picture is."""

_SOON = 4
_ALIKE = 0.93
"""How alike frames that are `_SOON` apart have to be, to be called still."""

_TILES = (8, 6)
_FIT_FRAMES = 40
_IN_PLACE = 0.6
"""As how alike, of what they could be, pictures count as lying where they should."""

_FARTHEST = 0.05
"""Of the picture's width, how far a part of it is looked for."""


def likeness(clip: Any, result: Any, shown: Sequence[int]) -> Likeness:
    """How alike each clip frame is to the result's frames around the one that should show it.

    clip, result: frames × rows × columns × 3, bytes, of one size. shown: for each result frame that is expected, the
    clip frame that it should show.
    """
    mine, theirs = _edges(_halved(clip)), _edges(_halved(result))
    wanted = np.asarray(shown)
    mine = _moving(mine[wanted])
    theirs = _moving(theirs)
    rows, delays = len(wanted), range(-REACH, REACH + 1)
    spectra, other = np.conj(np.fft.fft2(mine)), np.fft.fft2(theirs)
    overlaps = {late: (max(0, -late), min(rows, len(theirs) - late)) for late in delays}
    shifts = {
        late: _shift(spectra[first:last], other[first + late : last + late])
        for late, (first, last) in overlaps.items()
        if last > first
    }
    best = max((each.best for each in shifts.values()), default=0.0)
    unmoved = max((each.unmoved for each in shifts.values()), default=0.0) >= _IN_PLACE * best
    bands = np.full((2, rows, len(delays)), np.nan, np.float32)
    for column, late in enumerate(delays):
        first, last = overlaps[late]
        if last <= first:
            continue
        products = spectra[first:last] * other[first + late : last + late]
        free = np.einsum("fyx,yx->f", products, shifts[late].undone).real / products[0].size
        bands[0, first:last, column] = products.sum((1, 2)).real / products[0].size if unmoved else free
        bands[1, first:last, column] = free
    together, apart = (
        [[None if np.isnan(one) else round(float(one), 5) for one in row] for row in band] for band in bands
    )
    return Likeness(together, apart)


def is_still(clip: Any) -> bool:
    """Hardly anything moves in the clip."""
    if len(clip) <= _SOON:
        return True
    edges = _edges(_halved(clip))
    length = np.sqrt(np.sum(np.abs(edges) ** 2, (1, 2)))
    alike = np.einsum("fyx,fyx->f", edges[:-_SOON].conj(), edges[_SOON:]).real
    return bool(np.median(alike / (length[:-_SOON] * length[_SOON:] + np.float32(1e-3))) > _ALIKE)


class _Shift(NamedTuple):
    """best, unmoved: how alike pictures are, moved back as suits them and as they are. undone: moves a spectrum."""

    best: float
    unmoved: float
    undone: Any


def _shift(mine: Any, theirs: Any) -> _Shift:
    """How the second pictures are moved against the first. Both as spectra, the first conjugated."""
    height, width = mine.shape[1:]
    surface = np.fft.ifft2(np.einsum("fyx,fyx->yx", mine, theirs)).real / len(mine)
    most = max(2, round(_FARTHEST * width))
    near = np.concatenate([np.arange(most + 1), np.arange(-most, 0)])
    patch = surface[np.ix_(near, near)]
    row, column = (int(near[place]) for place in np.unravel_index(np.argmax(patch), patch.shape))
    down = row + _between(*(surface[(row + each) % height, column] for each in (-1, 0, 1)))
    across = column + _between(*(surface[row, (column + each) % width] for each in (-1, 0, 1)))
    turns = np.fft.fftfreq(height)[:, None] * down + np.fft.fftfreq(width)[None, :] * across
    undone = np.exp(2j * np.pi * turns).astype(np.complex64)
    return _Shift(float(patch.max()), float(surface[0, 0]), undone)


def _between(before: float, here: float, after: float) -> float:
    """Where between the points a peak is."""
    bend = 2 * here - before - after
    return float(np.clip((after - before) / (2 * bend), -0.5, 0.5)) if bend > 0 else 0.0


def tiles(clip: Any, result: Any, pairs: Sequence[tuple[int, int]]) -> list[Tile]:
    """Where each part of the clip's picture lies in the result's, over the frames of `pairs` (clip's, result's)."""
    chosen = [pairs[round(place)] for place in np.linspace(0, len(pairs) - 1, min(_FIT_FRAMES, len(pairs)))]
    mine = _edges(clip[[one for one, _ in chosen]])
    theirs = _edges(result[[other for _, other in chosen]])
    height, width = mine.shape[1:]
    reach = max(3, round(_FARTHEST * width))
    found = []
    across, down = _TILES
    tall, wide = height // down, width // across
    for row in range(down):
        for column in range(across):
            top, left = row * tall, column * wide
            found.append(_tile(mine, theirs, top, left, tall, wide, reach))
    return [tile for tile in found if tile is not None]


def _tile(mine: Any, theirs: Any, top: int, left: int, tall: int, wide: int, reach: int) -> Tile | None:
    height, width = mine.shape[1:]
    part = np.zeros((len(mine), tall + 2 * reach, wide + 2 * reach), np.complex64)
    part[:, reach : reach + tall, reach : reach + wide] = mine[:, top : top + tall, left : left + wide]
    around = np.zeros_like(part)
    first, last = max(0, top - reach), min(height, top + tall + reach)
    start, end = max(0, left - reach), min(width, left + wide + reach)
    around[:, first - top + reach : last - top + reach, start - left + reach : end - left + reach] = theirs[
        :, first:last, start:end
    ]
    energy = float(np.sum(np.abs(part) ** 2))
    if energy <= 0:
        return None
    product = np.einsum("fyx,fyx->yx", np.conj(np.fft.fft2(part)), np.fft.fft2(around))
    surface = np.fft.fftshift(np.fft.ifft2(product).real)
    middle_y, middle_x = surface.shape[0] // 2, surface.shape[1] // 2
    surface = surface[middle_y - reach : middle_y + reach + 1, middle_x - reach : middle_x + reach + 1]
    y, x = (int(place) for place in np.unravel_index(np.argmax(surface), surface.shape))
    if not (0 < y < 2 * reach and 0 < x < 2 * reach):
        return None
    peak = surface[y, x]
    bend_x = 2 * peak - surface[y, x - 1] - surface[y, x + 1]
    bend_y = 2 * peak - surface[y - 1, x] - surface[y + 1, x]
    if min(bend_x, bend_y) <= 0:
        return None
    dx = x - reach + (surface[y, x + 1] - surface[y, x - 1]) / (2 * bend_x)
    dy = y - reach + (surface[y + 1, x] - surface[y - 1, x]) / (2 * bend_y)
    return Tile(
        x=(left + wide / 2) / width - 0.5,
        y=(top + tall / 2) / height - 0.5,
        dx=float(dx / (width + 2)),
        dy=float(dy / (height + 2)),
        sharp_x=float(bend_x / energy),
        sharp_y=float(bend_y / energy),
    )


def _halved(frames: Any) -> Any:
    rows, columns = frames.shape[1] // 2 * 2, frames.shape[2] // 2 * 2
    whole = frames[:, :rows, :columns].astype(np.uint16)
    return (whole[:, ::2, ::2] + whole[:, 1::2, ::2] + whole[:, ::2, 1::2] + whole[:, 1::2, 1::2]) / np.float32(4)


def _edges(frames: Any) -> Any:
    """For each point the direction of the edge there, doubled, as a complex number below 1: recolouring leaves it."""
    pictures = frames.astype(np.float32)
    gx = pictures[:, 1:-1, 2:] - pictures[:, 1:-1, :-2]
    gy = pictures[:, 2:, 1:-1] - pictures[:, :-2, 1:-1]
    edges = np.empty(gx.shape[:3], np.complex64)
    edges.real = np.einsum("fyxc,fyxc->fyx", gx, gx) - np.einsum("fyxc,fyxc->fyx", gy, gy)
    edges.imag = 2 * np.einsum("fyxc,fyxc->fyx", gx, gy)
    strength = np.abs(edges)
    usual = strength.mean((1, 2), keepdims=True)
    return edges / (strength + usual + np.float32(3 * (2 * _SLOW) ** 2))


def _moving(edges: Any) -> Any:
    """`edges` without what stands still around each frame, each frame of length 1."""
    total = np.concatenate([np.zeros_like(edges[:1]), np.cumsum(edges, 0, np.complex64)])
    count = len(edges)
    numbers = np.arange(count)
    first, last = np.maximum(0, numbers - _AROUND), np.minimum(count, numbers + _AROUND + 1)
    still = (total[last] - total[first]) / (last - first)[:, None, None].astype(np.float32)
    moving = edges - still
    length = np.sqrt(np.sum(np.abs(moving) ** 2, (1, 2), keepdims=True))
    return moving / (length + np.float32(1e-3 * np.sqrt(moving[0].size)))
