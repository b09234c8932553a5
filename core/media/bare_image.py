# SPDX-License-Identifier: GPL-3.0-or-later
"""A PNG or JPEG picture as it leaves this computer: the picture, its colours, and which way up it is; nothing else.

No place, device, date, text, thumbnail, earlier version, and nothing behind its end. Its pixels stay bit for bit.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator

from .image import EXIF_HEAD, PNG, orientation
from .regular_file import regular_file

__all__ = ["bare"]

_SHOWN = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"sBIT",
    b"cICP",
    b"mDCV",
    b"cLLI",
}
"""Chunks of a PNG that say how it looks. The frames of an animation are none of them: it is sent as its still."""
_SOI, _EOI, _SOS, _APP0, _EXIF, _COLORS, _ADOBE, _LAST_APP, _COMMENT = (
    0xD8,
    0xD9,
    0xDA,
    0xE0,
    0xE1,
    0xE2,
    0xEE,
    0xEF,
    0xFE,
)
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_UPRIGHT = 1
_ORIENTATIONS = range(1, 9)


def bare(path: str | os.PathLike[str]) -> bytes | None:
    """The PNG or JPEG at `path` without what is not seen. None where it is neither, or its parts make no sense.

    OSError passes through.
    """
    with regular_file(path) as file:
        content = file.read()
    try:
        if content.startswith(PNG):
            return b"".join(_png(content))
        return b"".join(_jpeg(content)) if content.startswith(b"\xff\xd8\xff") else None
    except (struct.error, IndexError, ValueError):
        return None


def _png(content: bytes) -> Iterator[bytes]:
    yield PNG
    at, kind = len(PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise ValueError("a chunk ends after the file")
        if kind in _SHOWN:
            yield content[at:end]
        elif kind == b"eXIf" and (way := orientation(content[at + 8 : end - 4])) != _UPRIGHT:
            block = kind + _only(way)
            yield struct.pack(">I", len(block) - 4) + block + struct.pack(">I", zlib.crc32(block))
        at = end


def _jpeg(content: bytes) -> Iterator[bytes]:
    yield b"\xff\xd8"
    at, turned = 2, False
    while True:
        if content[at] != 0xFF:
            raise ValueError("there is no marker")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        if marker in _WITHOUT_LENGTH:
            yield content[at : at + 2]
            at += 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        body = content[at + 4 : end]
        if length < 2 or end > len(content):
            raise ValueError("a segment ends after the file")
        if marker == _EXIF and body.startswith(EXIF_HEAD) and not turned:
            # Only the first counts.
            turned = True
            if (way := orientation(body[len(EXIF_HEAD) :])) != _UPRIGHT:
                yield _segment(marker, EXIF_HEAD + _only(way))
        elif marker not in range(_APP0, _LAST_APP + 1) and marker != _COMMENT:
            yield content[at:end]
        elif marker == _APP0 and body.startswith(b"JFIF\0"):
            # Without its thumbnail.
            yield _segment(marker, body[:12] + bytes(2))
        elif marker == _COLORS and body.startswith(b"ICC_PROFILE\0"):
            yield content[at:end]
        elif marker == _ADOBE and body.startswith(b"Adobe"):
            yield _segment(marker, body[:12])
        at = end
        if marker == _SOS:
            end = _end_of_scan(content, at)
            yield content[at:end]
            at = end


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the coded pixels that begin at `at` end: at a marker that is not one of theirs."""
    while True:
        at = content.index(b"\xff", at)
        following = content[at + 1]
        if following not in (0x00, 0xFF) and following not in _WITHOUT_LENGTH:
            return at
        at += 1 if following == 0xFF else 2


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _only(way: int) -> bytes:
    """An Exif block that tells nothing but which way up the picture is."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, way if way in _ORIENTATIONS else _UPRIGHT, 0, 0)
