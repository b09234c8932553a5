# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the format and size of a PNG or JPEG picture from its header, whatever the file is called.

It decodes no pixels and knows no other format: those are None, and are converted before they are sent.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from .regular_file import regular_file

__all__ = ["EXIF_HEAD", "PNG", "SUFFIXES", "Picture", "orientation", "probe"]

SUFFIXES = {"png": ".png", "jpeg": ".jpg"}
"""How the names of image files end, by `Picture.format`."""

# Thumbnails, colour profiles and notes lie in segments of at most 64 KiB: 4096 of them would be 256 MiB.
_MAX_SEGMENTS = 4096

PNG = b"\x89PNG\r\n\x1a\n"
# Start of frame, in every coding; C4, C8 and CC in this range mean other things.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1
_ORIENTATION = 0x0112
EXIF_HEAD = b"Exif\0\0"


@dataclass(frozen=True)
class Picture:
    """A picture file that the service takes as it is. format: 'png' or 'jpeg'; sides in pixels; size in bytes."""

    format: str
    width: int
    """As displayed: the orientation that a camera noted in the file is applied."""
    height: int
    size: int


def probe(path: str | os.PathLike[str]) -> Picture | None:
    """Read the header of `path`. None where it is no PNG or JPEG, or a broken one; OSError passes through."""
    with regular_file(path) as file:
        head = file.read(24)
        if head[:8] == PNG:
            name, sides = "png", _png_sides(head)
        elif head[:3] == b"\xff\xd8\xff":
            file.seek(2)
            name, sides = "jpeg", _jpeg_sides(file)
        else:
            return None
        if sides is None or 0 in sides:
            return None
        return Picture(name, *sides, os.fstat(file.fileno()).st_size)


def _png_sides(head: bytes) -> tuple[int, int] | None:
    if len(head) < 24 or head[8:16] != b"\0\0\0\x0dIHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _jpeg_sides(file: BinaryIO) -> tuple[int, int] | None:
    turned: bool | None = None
    for _ in range(_MAX_SEGMENTS):
        header = file.read(4)
        if header[:2] == b"\xff\xff":  # FF before a marker is padding
            file.seek(1 - len(header), os.SEEK_CUR)
            continue
        if len(header) < 4 or header[0] != 0xFF or header[1] in (_SCAN, _END):
            return None
        marker, length = header[1], int.from_bytes(header[2:], "big") - 2
        if length < 0:
            return None
        if marker in _FRAMES:
            frame = file.read(5)
            if len(frame) < 5:
                return None
            height, width = struct.unpack(">HH", frame[1:])
            return (height, width) if turned else (width, height)
        # Only the first counts; each of thousands would be searched through.
        if marker == _EXIF and turned is None:
            content = file.read(length)
            if content.startswith(EXIF_HEAD):
                turned = orientation(content[len(EXIF_HEAD) :]) in (5, 6, 7, 8)
        else:
            file.seek(length, os.SEEK_CUR)
    return None


def orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) in an Exif block; 1, which is upright, where it holds none that can be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, value = struct.unpack_from(f"{order}H6xH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        # A damaged note: the picture itself may be sound, and every viewer shows it upright.
        return 1
    return 1
