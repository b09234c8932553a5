# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the footage of the cases, and each only once: natural pictures (Big Buck Bunny), edges, a chart, and light
past 1; as movies and as image sequences. In every picture a row of blocks tells its number. Knows no Blender.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUNNY = ROOT / "build" / "footage" / "bigbuckbunny.mp4"
KEPT = ROOT / "build" / "fidelity" / "footage"

_BITS = 9
_RATE = 48000
_BLOCK = 1024
_MOVIES = {
    "mp4": ("mp4", "libx264", "yuv420p", {"preset": "veryfast", "crf": "8"}),
    "every frame": ("mp4", "libx264", "yuv420p", {"preset": "veryfast", "crf": "8", "g": "1"}),
    "full": ("mp4", "libx264", "yuvj420p", {"preset": "veryfast", "crf": "8"}),
    "prores": ("mov", "prores_ks", "yuv422p10le", {"profile": "3"}),
    "hdr": ("mp4", "libx264", "yuv420p10le", {"preset": "veryfast", "crf": "8"}),
}
"""Container, codec, pixels and options of each kind of movie."""
_BT2020, _PQ = 9, 16
_SHOWN = np.arange(256, dtype=np.float32) / 255
_LIGHT = np.where(_SHOWN <= 0.04045, _SHOWN / 12.92, ((_SHOWN + 0.055) / 1.055) ** 2.4)
"""Linear light of each byte as displayed."""


@dataclass(frozen=True)
class Footage:
    """What is to be made. picture: bunny, edges, chart, bright, hole. kind: mp4, every frame (a key picture), full
    (range), prores, hdr, png, exr.

    pixel: width of a pixel for its height. sound: with bursts of noise that tell every moment from every other.
    """

    picture: str = "bunny"
    width: int = 1280
    height: int = 720
    fps: Fraction = Fraction(25)
    frames: int = 75
    kind: str = "mp4"
    pixel: Fraction = Fraction(1)
    sound: bool = False
    seed: int = 0


def make(wanted: Footage) -> list[Path]:
    """The movie, or the images in their order."""
    # Made again where it would be made in another way.
    key = hashlib.sha256(Path(__file__).read_bytes() + repr(sorted(asdict(wanted).items())).encode()).hexdigest()[:16]
    folder = KEPT / f"{wanted.picture}-{wanted.width}x{wanted.height}-{wanted.kind.replace(' ', '-')}-{key}"
    if not folder.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=KEPT))
        if wanted.kind in ("png", "exr"):
            _images(wanted, part)
        else:
            _movie(wanted, part / f"{wanted.picture}.{_MOVIES[wanted.kind][0]}")
        try:
            os.rename(part, folder)
        except OSError:
            # The other worker was faster.
            shutil.rmtree(part)
    return sorted(folder.iterdir())


def _movie(wanted: Footage, path: Path) -> None:
    _container, codec, pixels, options = _MOVIES[wanted.kind]
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=wanted.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = wanted.width, wanted.height, pixels
        if wanted.pixel != 1:
            stream.codec_context.sample_aspect_ratio = wanted.pixel
        if wanted.kind == "hdr":
            stream.codec_context.color_primaries, stream.codec_context.color_trc = _BT2020, _PQ
        tones = target.add_stream("aac", rate=_RATE, options={"b": "256k"}) if wanted.sound else None
        for n, picture in enumerate(_pictures(wanted)):
            if picture.dtype == np.uint8:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            else:
                coded = (_pq(picture) * 65535 + 0.5).astype(np.uint16)
                frame = av.VideoFrame.from_ndarray(coded, format="rgb48le")
            frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = n, 1 / wanted.fps
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if tones is not None:
            for block in noise(wanted.frames / wanted.fps, wanted.seed):
                target.mux(tones.encode(block))
            target.mux(tones.encode())


def noise(seconds: Fraction, seed: int) -> Iterator[av.AudioFrame]:
    """Noise that swells and fades at uneven times."""
    dice = np.random.default_rng(seed)
    count = int(seconds * _RATE)
    swell = np.repeat(dice.uniform(0.02, 0.3, count // 4000 + 1), 4000)[:count]
    samples = (dice.standard_normal((2, count)) * swell * 0.5).clip(-0.9, 0.9).astype(np.float32)
    for start in range(0, count, _BLOCK):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + _BLOCK]), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts, block.time_base = _RATE, start, Fraction(1, _RATE)
        yield block


def _images(wanted: Footage, folder: Path) -> None:
    exr = wanted.kind == "exr"
    for n, picture in enumerate(_pictures(wanted)):
        if exr:
            encoder = av.CodecContext.create("exr", "w")
            encoder.options = {"compression": "zip1", "format": "half"}
            # Planes in the order green, blue, red.
            frame = av.VideoFrame(wanted.width, wanted.height, "gbrpf32le")
            for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
                rows = np.zeros((wanted.height, plane.line_size // 4), np.float32)
                rows[:, : wanted.width] = picture[:, :, channel]
                plane.update(rows.tobytes())
        else:
            encoder = av.CodecContext.create("png", "w")
            alpha = picture.shape[2] == 4
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if alpha else "rgb24")
        encoder.width, encoder.height, encoder.pix_fmt = wanted.width, wanted.height, frame.format.name
        encoder.time_base = Fraction(1, 25)
        packets = [*encoder.encode(frame), *encoder.encode(None)]
        (folder / f"image{n:04d}.{wanted.kind}").write_bytes(b"".join(bytes(packet) for packet in packets))


def _pictures(wanted: Footage) -> Iterator[np.ndarray]:
    """The pictures one by one: bytes as displayed, or floats of light for `bright`; rows by columns by channels."""
    size = (wanted.width, wanted.height)
    natural = _bunny(*size, wanted.seed) if wanted.picture in ("bunny", "bright", "hole") else None
    for n in range(wanted.frames):
        if natural is not None:
            picture = next(natural)
        else:
            picture = _edges(*size) if wanted.picture == "edges" else _chart(*size)
        picture = _numbered(picture, n)
        if wanted.picture == "hole":
            alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
            alpha[wanted.height // 3 : wanted.height // 2, wanted.width // 3 :] = 0
            picture = np.concatenate([picture, alpha], axis=2)
        is_light = wanted.picture == "bright" or wanted.kind in ("exr", "hdr")
        yield _light(picture, 6.0 if wanted.picture == "bright" else 1.0) if is_light else picture


def _bunny(width: int, height: int, skipped: int) -> Iterator[np.ndarray]:
    while True:
        with av.open(str(BUNNY)) as source:
            for n, frame in enumerate(source.decode(video=0)):
                if n >= skipped:
                    yield frame.reformat(width, height, "rgb24", interpolation="BICUBIC").to_ndarray()


def _numbered(picture: np.ndarray, n: int) -> np.ndarray:
    height, width = picture.shape[:2]
    picture = np.array(picture)
    for bit in range(_BITS):
        left, top = int(width * (0.35 + bit / 30)), int(height * 0.76)
        block = picture[top : top + height // 18, left : left + width // 30]
        block[:] = 170 if n >> bit & 1 else 70
    return picture


def _edges(width: int, height: int) -> np.ndarray:
    """Bright: a band along the border, and a rectangle in the middle. Dark: what is between."""
    picture = np.full((height, width, 3), 36, np.uint8)
    band = height // 16
    picture[:band] = picture[-band:] = picture[:, :band] = picture[:, -band:] = 220
    picture[int(height * 0.3) : int(height * 0.7), int(width * 0.3) : int(width * 0.7)] = 220
    return picture


def _chart(width: int, height: int) -> np.ndarray:
    """Ramps of gray and of the six full colours, one below the other."""
    ramp = np.linspace(0, 1, width)[None, :, None]
    tints = np.array([(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1)], float)
    rows = np.repeat(tints, -(-height // len(tints)), axis=0)[:height, None, :]
    return (rows * ramp * 235 + 10).astype(np.uint8)


def _light(picture: np.ndarray, strongest: float) -> np.ndarray:
    """Linear light of a picture as displayed; its brightest parts `strongest` times as bright as white."""
    light = _LIGHT[picture]
    return light * (1 + (strongest - 1) * np.clip((light.mean(axis=2, keepdims=True) - 0.2) / 0.6, 0, 1))


def _pq(light: np.ndarray) -> np.ndarray:
    """Light, 1 being 203 nits, as SMPTE ST 2084 codes it."""
    power = np.clip(light * 203 / 10000, 0, 1) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
