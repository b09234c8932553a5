# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of contents of a movie that leaves this computer, made from nothing: picture, and sound where it is wanted.

Of the source only what a decoder needs is taken over, so no place, device, date, title, timecode or preview is in it.
`cut` says which samples it lists, and `mp4.cut` writes it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ..words import say
from .boxes import Box, File
from .headers import Edit, Movie, Track
from .tables import box, edit_list

__all__ = ["PICTURE_ENTRY", "BareTrack", "brand", "contents"]

PICTURE_ENTRY = 78
"""Bytes of how pictures are coded before the boxes that tell more."""
_SOUND_ENTRY = 28
_MORE_OF_SOUND = {0: 0, 1: 16, 2: 36}
"""Bytes more, by the version of QuickTime's description."""
_VENDOR, _CODEC_NAME = (20, 24), (50, 82)
"""Where a description tells who made the encoder, and of pictures its name: cameras tell theirs."""
_FOR_DECODERS = {
    # How it is coded, the shape of its pixels and its colours.
    b"vide": (b"avcC", b"colr", b"pasp", b"fiel"),
    b"soun": (b"esds", b"wave", b"chan", b"chnl", b"alac", b"dac3", b"dec3", b"dOps", b"dfLa", b"pcmC"),
}
_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_NO_LANGUAGE = 0x55C4


@dataclass(frozen=True)
class BareTrack:
    """A track to be written. tables: its sample tables but for how they are coded. clock, duration: of its own times.

    lasts: the same in the movie's ticks.
    """

    old: Track
    tables: bytes
    edits: Sequence[Edit]
    clock: int
    duration: int
    lasts: int


def brand(movie: Movie) -> bytes:
    """What the file says that it is. A camera's own brand would name the camera."""
    if movie.container == "mov":
        return box(b"ftyp", b"qt  ", bytes(4), b"qt  ")
    return box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")


def contents(movie: Movie, clock: int, tracks: Sequence[BareTrack]) -> bytes:
    """The `moov`. clock: its ticks per second."""
    lasts = max(track.lasts for track in tracks)
    head = struct.pack(">B3x16xIQIH10x", 1, clock, lasts, 1 << 16, 1 << 8)
    header = box(b"mvhd", head, _MATRIX, bytes(24), struct.pack(">I", len(tracks) + 1))
    return box(b"moov", header, *(_track(movie, track, number) for number, track in enumerate(tracks, 1)))


def _track(movie: Movie, track: BareTrack, number: int) -> bytes:
    sound = track.old.handler == b"soun"
    quicktime = movie.container == "mov"
    described = _entry(movie.file, track.old, quicktime=quicktime)
    width, height = (0, 0) if sound else struct.unpack_from(">HH", described, 32)
    place = struct.pack(">I16xI4xQ8xHHH2x", 1 << 24 | 3, number, track.lasts, 0, int(sound), int(sound) << 8)
    header = box(b"tkhd", place, _MATRIX, struct.pack(">II", width << 16, height << 16))
    clock = box(b"mdhd", struct.pack(">B3x16xIQHH", 1, track.clock, track.duration, _NO_LANGUAGE, 0))
    kind = box(b"hdlr", bytes(4), b"mhlr" if quicktime else bytes(4), track.old.handler, bytes(13))
    media = box(b"smhd", bytes(8)) if sound else box(b"vmhd", struct.pack(">I8x", 1))
    data = box(b"hdlr", bytes(4), b"dhlrurl ", bytes(13)) if quicktime else b""
    here = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1))))
    coded = box(b"stsd", struct.pack(">II", 0, 1), described)
    inside = box(b"minf", media, data, here, box(b"stbl", coded, track.tables))
    return box(b"trak", header, edit_list(track.edits), box(b"mdia", clock, kind, inside))


def _entry(file: File, track: Track, *, quicktime: bool) -> bytes:
    """How the samples of `track` are coded, with what a decoder needs. Raises Unreadable where that is told twice."""
    told = track.need(b"stbl/stsd")
    first = next(file.boxes(told.body + 8, told.end), None)
    if first is None or file.unpack(told, ">I", 4) != (1,):
        raise file.refused(say("its samples are described in more than one way"))
    content = file.whole(first)
    sound = track.handler == b"soun"
    fixed = _SOUND_ENTRY if sound else PICTURE_ENTRY
    if sound and quicktime:
        version = int.from_bytes(content[16:18], "big")
        if version not in _MORE_OF_SOUND:
            raise file.refused(say("its samples are described in more than one way"))
        fixed += _MORE_OF_SOUND[version]
    if first.body + fixed > first.end:
        raise file.nonsense(say("its {box} is too short", box=told))
    head = bytearray(content[first.body - first.start : first.body - first.start + fixed])
    for start, end in (_VENDOR,) if sound else (_VENDOR, _CODEC_NAME):
        head[start - 8 : end - 8] = bytes(end - start)
    struct.pack_into(">H", head, 6, 1)
    kept = [file.whole(each) for each in _inside(file, first, fixed) if each.kind in _FOR_DECODERS[track.handler]]
    return box(first.kind, bytes(head), *kept)


def _inside(file: File, described: Box, fixed: int) -> list[Box]:
    """The boxes of a description. QuickTime ends them with four bytes of nothing, and some cameras with more."""
    found = []
    at = described.body + fixed
    while described.end - at >= 8 and any(file.read(at, 4)):
        following = next(file.boxes(at, described.end))
        found.append(following)
        at = following.end
    return found
