# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells from the header of a picture or movie whether parts of it can be see-through: whether it has an alpha channel.

PNG, WebP, TIFF, OpenEXR and QuickTime, the formats in which titles, logos and effects are handed over with one. It
decodes no pixels.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from .boxes import opened
from .headers import Movie
from .regular_file import regular_file

__all__ = ["probe"]

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_WITH_ALPHA = (4, 6)
_MAX_CHUNKS = 200
_EXR = b"\x76\x2f\x31\x01"
_EXR_HEADER = 1 << 16
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_EXTRA_SAMPLES = 338
_DEPTH_IN_STSD = 90
_WITH_ALPHA = 32


def probe(path: str | os.PathLike[str]) -> bool:
    """Whether the picture or movie at `path` has an alpha channel.

    False where it is of another format, broken or not there: what is wrong with a file is said by who reads it.
    """
    try:
        with regular_file(path) as file:
            head = file.read(32)
            if head.startswith(_PNG):
                return _png(file, head)
            if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
                return _webp(head)
            if head.startswith(_EXR):
                return _exr(head + file.read(_EXR_HEADER))
            if head[:4] in _TIFF_ORDERS:
                return _tiff(file, head)
        return _quicktime(path) if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") else False
    except (OSError, struct.error, IndexError, ValueError):
        return False


def _png(file: BinaryIO, head: bytes) -> bool:
    if head[25] in _PNG_WITH_ALPHA:
        return True
    # Palettes and plain pictures can name colours that are see-through, before the pixels.
    at = 33
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind in (b"tRNS", b"IDAT"):
            return bool(kind == b"tRNS")
        at += 12 + length
    return False


def _webp(head: bytes) -> bool:
    if head[12:16] == b"VP8X":
        return bool(head[20] & 0x10)
    return head[12:16] == b"VP8L" and bool(struct.unpack_from("<I", head, 21)[0] >> 28 & 1)


def _exr(header: bytes) -> bool:
    at = 8
    while header[at] != 0:
        name_ends = header.index(0, at)
        kind_ends = header.index(0, name_ends + 1)
        (size,) = struct.unpack_from("<I", header, kind_ends + 1)
        value = header[kind_ends + 5 : kind_ends + 5 + size]
        if header[name_ends + 1 : kind_ends] == b"chlist":
            return _has_alpha(value)
        at = kind_ends + 5 + size
    return False


def _has_alpha(channels: bytes) -> bool:
    at = 0
    while channels[at] != 0:
        ends = channels.index(0, at)
        if channels[at:ends].split(b".")[-1] == b"A":
            return True
        at = ends + 17
    return False


def _tiff(file: BinaryIO, head: bytes) -> bool:
    order = _TIFF_ORDERS[head[:4]]
    (start,) = struct.unpack_from(f"{order}I", head, 4)
    file.seek(start)
    (count,) = struct.unpack(f"{order}H", file.read(2))
    entries = file.read(12 * count)
    return any(struct.unpack_from(f"{order}H", entries, 12 * entry)[0] == _EXTRA_SAMPLES for entry in range(count))


def _quicktime(path: str | os.PathLike[str]) -> bool:
    with opened(path) as file:
        return bool(file.unpack(Movie(file).picture.need(b"stbl/stsd"), ">H", _DEPTH_IN_STSD)[0] == _WITH_ALPHA)
