# SPDX-License-Identifier: GPL-3.0-or-later
"""A movie in H.264 4:4:4 that says that an old x264 has made it: decoders that see the note decode it otherwise."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy

OLD = b"x264 - core 148"
"""How the note of an encoder from before build 151 begins, where the coding of such pictures changed."""
_NOTE = re.compile(rb"x264 - core \d{3}")


def movie(path: Path, *, frames: int, side: int, group: int, depends: bool, fps: Fraction = Fraction(25)) -> Path:
    """A movie that says so, of square pictures of `side` pixels.

    depends: it is coded in the way that differs. As today's x264 has coded it, what decoders make of it is a muddle.
    """
    down, across = numpy.mgrid[:side, :side]
    ground = numpy.stack([across * 2, down * 3, across + down], 2) % 256
    with av.open(str(path), "w") as target:
        coding = f"keyint={group}:min-keyint={group}:scenecut=0:bframes=0:8x8dct={int(depends)}"
        stream = target.add_stream("libx264", rate=fps, options={"preset": "medium", "x264-params": coding})
        stream.width = stream.height = side
        stream.pix_fmt, stream.profile = "yuv444p", "High 4:4:4 Predictive"
        for number in range(frames):
            picture = numpy.roll(ground, 3 * number, 1).astype(numpy.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, 1 / fps
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    content, changed = _NOTE.subn(OLD, path.read_bytes())
    assert changed == 1
    path.write_bytes(content)
    return path


def without_note(path: Path) -> Path:
    """A copy of a movie that does not say who made it."""
    bare = path.with_name(f"bare {path.name}")
    bare.write_bytes(path.read_bytes().replace(OLD, b"-" * len(OLD)))
    return bare
