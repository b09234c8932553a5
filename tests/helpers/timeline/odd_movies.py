# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as no editor would make them, of numbered frames: what a service may send back. Made with PyAV."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numbered
import numpy

_RATE_OF_SOUND = 48000
_ONE = 1 << 16
_MATRICES = {
    0: (_ONE, 0, 0, 0, _ONE, 0, 0, 0, 1 << 30),
    90: (0, _ONE, 0, -_ONE, 0, 0, 0, 0, 1 << 30),
    180: (-_ONE, 0, 0, 0, -_ONE, 0, 0, 0, 1 << 30),
    270: (0, -_ONE, 0, _ONE, 0, 0, 0, 0, 1 << 30),
}
"""Display matrices by degrees clockwise."""


def movie(
    path: Path,
    numbers: Sequence[int],
    *,
    fps: Fraction = Fraction(24),
    ticks: Sequence[int] | None = None,
    ticks_per_frame: int = 10,
    width: int = 1280,
    height: int = 720,
    turned: int = 0,
    codec: str = "libx264",
    b_frames: bool = False,
    movflags: str = "",
    beep: Fraction | None = None,
    seconds: Fraction = Fraction(0),
) -> Path:
    """A movie that shows `numbers` one after the other; the suffix of `path` chooses the container.

    ticks: when each frame begins, in `ticks_per_frame`-ths of a frame at `fps`. turned: degrees clockwise that a player
    has to turn it by, to show it upright at `width` by `height`. beep: seconds at which there is a click in its sound,
    which lasts `seconds`; silent otherwise.
    """
    begins = list(ticks) if ticks is not None else [n * ticks_per_frame for n in range(len(numbers))]
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as target:
        options = {"preset": "ultrafast", "crf": "20"}
        if codec == "libx265":
            options["x265-params"] = "log-level=error:bframes=3" if b_frames else "log-level=error:bframes=0"
        elif b_frames:
            options |= {"preset": "veryfast", "bf": "3", "g": "24"}
        stream = target.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height = (height, width) if turned in (90, 270) else (width, height)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / (fps * ticks_per_frame)
        if codec == "libx265":
            stream.codec_context.codec_tag = "hvc1"
        tones = target.add_stream("aac", rate=_RATE_OF_SOUND) if beep is not None else None
        for number, begin in zip(numbers, begins, strict=True):
            picture = numpy.rot90(numbered.picture(number, width, height), turned // 90)
            frame = av.VideoFrame.from_ndarray(numpy.ascontiguousarray(picture), format="gray")
            frame.pts, frame.time_base = begin, 1 / (fps * ticks_per_frame)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if tones is not None:
            assert beep is not None
            for block in _sound(beep, seconds):
                target.mux(tones.encode(block))
            target.mux(tones.encode())
    if turned:
        _turn(path, turned)
    return path


def begin_sound_late(path: Path, late: Fraction) -> None:
    """Let an edit list begin the sound of a movie, its last track, by `late` seconds later."""
    content = bytearray(path.read_bytes())
    # Version and flags, how many edits there are, the first of them.
    edits = content.rindex(b"elst")
    (clock,) = struct.unpack_from(">I", content, content.index(b"mvhd") + 16)
    content[edits + 12 : edits + 12] = struct.pack(">IiI", round(late * clock), -1, _ONE)
    (count,) = struct.unpack_from(">I", content, edits + 8)
    struct.pack_into(">I", content, edits + 8, count + 1)
    for kind in (b"elst", b"edts", b"trak", b"moov"):
        size = content.rindex(kind) - 4
        struct.pack_into(">I", content, size, struct.unpack_from(">I", content, size)[0] + 12)
    path.write_bytes(content)


def begin_sound_inside(path: Path, ticks: int) -> None:
    """Let the only edit of a movie's sound, its last track, leave out `ticks` more of its begin."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"elst") + 16
    struct.pack_into(">i", content, at, struct.unpack_from(">i", content, at)[0] + ticks)
    path.write_bytes(content)


def begin_picture_late(path: Path) -> None:
    """Drop the edit list of a movie's first track, so that its picture begins after those that it is made from."""
    path.write_bytes(path.read_bytes().replace(b"edts", b"free", 1))


def _sound(beep: Fraction, seconds: Fraction) -> list[av.AudioFrame]:
    samples = numpy.zeros(int(seconds * _RATE_OF_SOUND), numpy.float32)
    at = int(beep * _RATE_OF_SOUND)
    samples[at : at + 960] = 0.8 * numpy.sin(numpy.arange(len(samples[at : at + 960])) * 2 * numpy.pi * 1000 / 48000)
    blocks = []
    for start in range(0, len(samples), 1024):
        block = av.AudioFrame.from_ndarray(samples[numpy.newaxis, start : start + 1024], format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = _RATE_OF_SOUND, start, Fraction(1, _RATE_OF_SOUND)
        blocks.append(block)
    return blocks


def _turn(path: Path, degrees: int) -> None:
    """Write how a player has to turn the first track, which is the video's."""
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd") + 4
    matrix = struct.pack(">9i", *_MATRICES[degrees])
    at = header + (52 if content[header] == 1 else 40)
    content[at : at + 36] = matrix
    path.write_bytes(content)
