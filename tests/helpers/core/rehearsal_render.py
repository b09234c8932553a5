# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips, pictures and a renderer for the tests of the rehearsal, made with PyAV. The product renders with Blender."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy
from reshoot.core.errors import JobCancelled
from reshoot.rehearsal.server import StandIn


def make_clip(
    path: Path, *, width: int = 720, height: int = 720, fps: Fraction = Fraction(24), frames: int = 72, group: int = 250
) -> Path:
    """An H.264 clip whose frames get brighter from first to last. group: frames from one key picture to the next."""
    _encode(path, (_plain(width, height, n, frames) for n in range(frames)), width, height, fps, group)
    return path


def render(recipe: StandIn, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
    """The clip's own pictures, at the recipe's rate and length."""
    with av.open(str(recipe.clip)) as source:
        pictures = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)]
        rate = Fraction(source.streams.video[0].average_rate)
    height, width = pictures[0].shape[:2]

    def shown():
        for n in range(recipe.frames):
            if cancelled():
                raise JobCancelled("The rehearsal was stopped.")
            yield pictures[min(len(pictures) - 1, round(n / recipe.fps * rate))]
            progress(n + 1, recipe.frames)

    _encode(recipe.target, shown(), width, height, recipe.fps)


def make_picture(path: Path, *, width: int = 320, height: int = 320, padding: int = 0) -> Path:
    """A gray PNG, with `padding` bytes of a chunk that means nothing."""
    rows = (b"\0" + b"\x80" * width) * height
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    if padding:
        chunks.append((b"reSh", bytes(padding)))
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def _plain(width: int, height: int, n: int, frames: int) -> numpy.ndarray:
    return numpy.full((height, width, 3), 16 + n * 200 // frames, numpy.uint8)


def _encode(path: Path, pictures, width: int, height: int, fps: Fraction, group: int = 250) -> None:
    with av.open(str(path), "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": str(group)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode())
