# SPDX-License-Identifier: GPL-3.0-or-later
"""What an H.264 stream says of itself: how its pictures are coded, and where its encoder left its name.

Sequence parameter sets and NAL units are read (ISO 14496-10, 7.3); no picture is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["IDR", "PPS", "SEI", "SLICES", "SPS", "Coding", "coding", "is_encoders_name", "kind", "units"]

SLICES, IDR, SEI, SPS, PPS = range(1, 6), 5, 6, 7, 8
"""Kinds of NAL units (table 7-1)."""

_USER_DATA = 5
_X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
"""What x264 begins its note with. Decoders go by its version: pictures of old ones are decoded in another way."""

_BASELINE, _MAIN, _EXTENDED, _HIGH = 66, 77, 88, 100
_WITH_CHROMA = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
"""Profiles whose parameter sets tell chroma and depth; those of others are 4:2:0 and 8 bits."""
_TOLD = 255
"""The index of a pixel aspect that is written out."""
_MOST_BITS = 32


@dataclass(frozen=True)
class Coding:
    """How pictures are coded. chroma: 1 for 4:2:0. depth: bits. aspect: of a pixel, 0 by 0 where untold."""

    profile: int
    chroma: int
    depth: int
    width: int
    height: int
    aspect: tuple[int, int]

    @property
    def plain(self) -> bool:
        """What every service and player takes: a profile that all know, 8 bits, 4:2:0, square pixels."""
        known = self.profile in (_BASELINE, _MAIN, _EXTENDED, _HIGH)
        return known and self.chroma == 1 and self.depth == 8 and self.aspect[0] == self.aspect[1]


def kind(unit: bytes) -> int:
    """The kind of a NAL unit, 0 where it is none."""
    return unit[0] & 0x1F if unit and not unit[0] & 0x80 else 0


def units(sample: bytes, length_bytes: int) -> Iterator[bytes]:
    """The NAL units of a sample, each with a length before it. Raises ValueError where they do not fill it."""
    at = 0
    while at < len(sample):
        length = int.from_bytes(sample[at : at + length_bytes], "big")
        at += length_bytes
        if not 0 < length <= len(sample) - at:
            raise ValueError("a NAL unit ends outside of its sample")
        yield sample[at : at + length]
        at += length


def is_encoders_name(unit: bytes) -> bool:
    """Whether a NAL unit is the note in which x264 tells its version, and nothing that a camera may have added."""
    return kind(unit) == SEI and unit[1:2] == bytes([_USER_DATA]) and _X264 in unit[2:40]


def coding(unit: bytes) -> Coding | None:
    """What a sequence parameter set tells, None where it makes no sense."""
    if kind(unit) != SPS:
        return None
    try:
        return _coding(_Bits(unit[1:].replace(b"\0\0\3", b"\0\0")))
    except (IndexError, ValueError):
        return None


class _Bits:
    """The bits of a parameter set, from the first on."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, count: int) -> int:
        """A number of `count` bits."""
        value = 0
        for _ in range(count):
            value = value << 1 | self._content[self._at >> 3] >> (7 - self._at % 8) & 1
            self._at += 1
        return value

    def number(self) -> int:
        """A number in Exp-Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _MOST_BITS:
                raise ValueError("a number is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """The same with a sign."""
        value = self.number()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def _coding(bits: _Bits) -> Coding:
    profile = bits.take(8)
    bits.take(16)
    bits.number()
    chroma, depth, planes = 1, 8, 0
    if profile in _WITH_CHROMA:
        chroma = bits.number()
        planes = bits.take(1) if chroma == 3 else 0
        luma, color = 8 + bits.number(), 8 + bits.number()
        depth = max(luma, color)
        bits.take(1)
        if bits.take(1):
            for which in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling(bits, 16 if which < 6 else 64)
    bits.number()
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        count = bits.number()
        if count > 255:
            raise ValueError("a cycle of reference frames is too long")
        for _ in range(count):
            bits.signed()
    bits.number()
    bits.take(1)
    across, down = bits.number() + 1, bits.number() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    left = right = top = bottom = 0
    if bits.take(1):
        left, right, top, bottom = (bits.number() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) and not planes else 1
    unit_y = (2 if chroma == 1 and not planes else 1) * (2 - frames_only)
    width = across * 16 - unit_x * (left + right)
    height = down * 16 * (2 - frames_only) - unit_y * (top + bottom)
    aspect = (0, 0)
    if bits.take(1) and bits.take(1):
        index = bits.take(8)
        if index == _TOLD:
            aspect = (bits.take(16), bits.take(16))
        elif index > 1:
            aspect = (index, 1)
        elif index == 1:
            aspect = (1, 1)
    return Coding(profile, chroma, depth, width, height, aspect)


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last
