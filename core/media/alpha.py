# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells from the header of a picture or movie whether parts of it can be see-through: whether it has an alpha channel.

It is sure of the formats that most footage, titles, logos and effects come in, and says where it is not: Blender reads
many more (`core.planning.transparency`). It decodes no pixels.
"""

from __future__ import annotations

import os
import re
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
_EXR_PARTS = 0x10
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_SAMPLES_PER_PIXEL, _EXTRA_SAMPLES = 277, 338
_CODEC_IN_STSD = 12
_DEPTH_IN_STSD = 90
_WITH_ALPHA = 32
_NEVER = {*b"avc1 avc3 mp4v jpeg mjpa mjpb apcn apch apcs apco dvcp dvpp dv5n dv5p".split()}
"""Codecs of QuickTime and MP4 that have no room for an alpha channel."""
_WHERE_DEPTH_TELLS = {b"rle "}
_WITH_LAYERS = (b"hvc1", b"hev1")
_LAYERS = b"lhvC"
_STSD = 1 << 16
_MATROSKA = b"\x1a\x45\xdf\xa3"
_MATROSKA_HEADER = 1 << 16
_NEVER_IN_MATROSKA = (b"V_MPEG4/", b"V_MPEG2", b"V_MPEG1", b"V_MPEGH/")
_CODEC_IN_MATROSKA = re.compile(rb"\x86[\x80-\xff](V_[A-Z0-9_/]+)")
_STREAM_SYNC = 0x47
_WITHOUT = (b"\xff\xd8\xff", b"\0\0\x01\xba", b"#?RADIANCE")
"""How files begin that have no alpha channel: JPEG, MPEG's program streams, light in Radiance's format."""


def probe(path: str | os.PathLike[str]) -> bool | None:
    """Whether the picture or movie at `path` has an alpha channel, None where its header does not tell.

    False where it is not there: what is wrong with a file is said by who reads it.
    """
    try:
        with regular_file(path) as file:
            head = file.read(512)
            if head.startswith(_PNG):
                return _png(file, head)
            if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
                return _webp(head)
            if head.startswith(_EXR):
                return _exr(head + file.read(_EXR_HEADER))
            if head[:4] in _TIFF_ORDERS:
                return _tiff(file, head)
            if head.startswith(_MATROSKA):
                return _matroska(head + file.read(_MATROSKA_HEADER))
        if head.startswith(_WITHOUT) or _is_transport_stream(head):
            return False
        return _quicktime(path) if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") else None
    except OSError:
        return False
    except (struct.error, IndexError, ValueError):
        return None


def _is_transport_stream(head: bytes) -> bool:
    """Of television and camcorders; those of the latter have four bytes more before each packet."""
    return any(
        len(head) > at + size and head[at] == head[at + size] == _STREAM_SYNC for at, size in ((0, 188), (4, 192))
    )


def _matroska(header: bytes) -> bool | None:
    codecs = _CODEC_IN_MATROSKA.findall(header)
    return False if codecs and all(codec.startswith(_NEVER_IN_MATROSKA) for codec in codecs) else None


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


def _webp(head: bytes) -> bool | None:
    if head[12:16] == b"VP8X":
        return bool(head[20] & 0x10)
    if head[12:16] == b"VP8L":
        return bool(struct.unpack_from("<I", head, 21)[0] >> 28 & 1)
    return False if head[12:16] == b"VP8 " else None


def _exr(header: bytes) -> bool | None:
    parts = header[5] & _EXR_PARTS
    at = 8
    while header[at] != 0:
        name_ends = header.index(0, at)
        kind_ends = header.index(0, name_ends + 1)
        (size,) = struct.unpack_from("<I", header, kind_ends + 1)
        value = header[kind_ends + 5 : kind_ends + 5 + size]
        if header[name_ends + 1 : kind_ends] == b"chlist":
            # Which of several parts is shown, its reader chooses.
            return _has_alpha(value) or (None if parts else False)
        at = kind_ends + 5 + size
    return None


def _has_alpha(channels: bytes) -> bool:
    at = 0
    while channels[at] != 0:
        ends = channels.index(0, at)
        if channels[at:ends].split(b".")[-1] == b"A":
            return True
        at = ends + 17
    return False


def _tiff(file: BinaryIO, head: bytes) -> bool | None:
    order = _TIFF_ORDERS[head[:4]]
    (start,) = struct.unpack_from(f"{order}I", head, 4)
    file.seek(start)
    (count,) = struct.unpack(f"{order}H", file.read(2))
    entries = file.read(12 * count)
    values = dict(struct.unpack_from(f"{order}H6xH", entries, 12 * entry) for entry in range(count))
    if _EXTRA_SAMPLES in values:
        return True
    # A fourth sample that nothing explains, each reader takes for what it likes.
    return False if values.get(_SAMPLES_PER_PIXEL, 1) in (1, 3) else None


def _quicktime(path: str | os.PathLike[str]) -> bool | None:
    with opened(path) as file:
        box = Movie(file).picture.need(b"stbl/stsd")
        (codec,) = file.unpack(box, "4s", _CODEC_IN_STSD)
        (depth,) = file.unpack(box, ">H", _DEPTH_IN_STSD)
        if codec in _NEVER:
            return False
        if codec in _WITH_LAYERS:
            layers = _LAYERS in file.read(box.body, min(box.end - box.body, _STSD))
            return None if layers else False
        if depth == _WITH_ALPHA:
            return True
        return False if codec in _WHERE_DEPTH_TELLS else None
