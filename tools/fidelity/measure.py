# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what was shown and heard before with what is after: frames, colour, edges, sound. Arrays in, numbers out."""

from __future__ import annotations

import numpy as np

_TIE = 1.02
"""Pictures that are as near as this to the nearest one count as the same."""
_NOISE = 0.35
"""Mean square difference, of 255 squared, that encoding alone makes."""
_LINES = 9
_LEAST_CONTRAST = 60


def shown_frames(before: list[np.ndarray], after: list[np.ndarray]) -> list[int]:
    """For each picture of `after`, which of `before` it is: the nearest one, its own number where several are."""
    one, other = (_flat(pictures) for pictures in (before, after))
    distances = ((other**2).sum(axis=1)[:, None] + (one**2).sum(axis=1)[None, :] - 2 * other @ one.T) / one.shape[1]
    found = []
    for n, row in enumerate(distances):
        near = np.flatnonzero(row <= max(row.min() * _TIE, row.min() + _NOISE / 10))
        found.append(int(near[np.argmin(np.abs(near - n))]))
    return found


def told_apart(pictures: list[np.ndarray]) -> float:
    """The part of neighbouring pictures that differ by more than encoding could."""
    flat = _flat(pictures)
    return float((((flat[1:] - flat[:-1]) ** 2).mean(axis=1) > _NOISE).mean())


def _flat(pictures: list[np.ndarray]) -> np.ndarray:
    flat = np.stack(pictures).reshape(len(pictures), -1).astype(np.float64)
    return flat - flat.mean(axis=0)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal to noise ratio of two pictures, dB; 99 where they are the same."""
    error = ((one.astype(np.float64) - other.astype(np.float64)) ** 2).mean()
    return float(min(99.0, 10 * np.log10(255**2 / max(error, 1e-9))))


def mean_shift(one: np.ndarray, other: np.ndarray) -> float:
    """How far the mean of a channel moved, the worst channel's, of 255."""
    return float(np.abs(one.mean(axis=(0, 1), dtype=np.float64) - other.mean(axis=(0, 1), dtype=np.float64)).max())


def edge_shift(one: np.ndarray, other: np.ndarray) -> float:
    """How far edges moved, the worst one's, pixels along rows and columns; infinite where edges came or went."""
    worst = -1.0
    gray_one, gray_other = (picture.mean(axis=2) for picture in (one, other))
    for turned in (False, True):
        a, b = (gray.T if turned else gray for gray in (gray_one, gray_other))
        for line in np.linspace(0, a.shape[0] - 1, _LINES + 2).astype(int)[1:-1]:
            low, high = float(a[line].min()), float(a[line].max())
            if high - low < _LEAST_CONTRAST:
                continue
            was, now = (_crossings(row, (low + high) / 2) for row in (a[line], b[line]))
            if len(was) != len(now):
                return float("inf")
            if len(was):
                worst = max(worst, float(np.abs(was - now).max()))
    return worst


def _crossings(row: np.ndarray, level: float) -> np.ndarray:
    """Where the row passes `level`, to parts of a pixel."""
    above = row > level
    at = np.flatnonzero(above[1:] != above[:-1])
    return at + (level - row[at]) / (row[at + 1] - row[at])


def voice(samples: np.ndarray) -> np.ndarray:
    """Samples by channels as one voice between -1 and 1."""
    return samples.mean(axis=1) / -float(np.iinfo(samples.dtype).min)


def lag(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """How much later `other` sounds than `one`, in samples, and how alike they are then (1: the same)."""
    size = 1 << (len(one) + len(other)).bit_length()
    product = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)))
    best = int(np.argmax(product))
    alike = product[best] / max(1e-12, float(np.linalg.norm(one) * np.linalg.norm(other)))
    return (best if best < size // 2 else best - size), float(alike)
