# SPDX-License-Identifier: GPL-3.0-or-later
"""core/alpha: alpha channels as other programs write them, in every format that it knows, and nothing else."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from reshoot.core.media import alpha


def saved(mode: str, path: Path, **options: object) -> Path:
    ramp = Image.linear_gradient("L").resize((64, 48))
    picture = ramp.convert(mode)
    if mode.endswith("A"):
        picture.putalpha(ramp)  # some formats leave out what is nowhere see-through
    picture.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("mode", "name"),
    [(mode, name) for name in ("a.png", "a.webp", "a.tif") for mode in ("RGB", "RGBA")]
    + [("L", "a.png"), ("LA", "a.png"), ("P", "a.png"), ("RGB", "a.jpg"), ("L", "a.tif")],
)
def test_pictures(tmp_path: Path, mode: str, name: str) -> None:
    assert alpha.probe(saved(mode, tmp_path / name)) is mode.endswith("A")


def test_webp_without_loss(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (64, 48), (200, 30, 30, 90))
    picture.save(tmp_path / "a.webp", lossless=True)
    assert alpha.probe(tmp_path / "a.webp")
    assert not alpha.probe(saved("RGB", tmp_path / "b.webp", lossless=True))


def test_a_colour_that_is_alpha(tmp_path: Path) -> None:
    assert alpha.probe(saved("P", tmp_path / "a.png", transparency=0))
    assert alpha.probe(saved("RGB", tmp_path / "b.png", transparency=(0, 0, 0)))


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    assert alpha.probe(saved("RGBA", tmp_path / "a.jpg", format="PNG"))


def encoded(path: Path, codec: str, pixels: str, **container: object) -> Path:
    with av.open(str(path), "w", **container) as movie:
        stream = movie.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        if codec == "libx265":
            # It makes up the time of a frame that is followed by fewer than it waits for, from whatever is in memory.
            stream.options = {"x265-params": "bframes=0"}
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
        for packet in (*stream.encode(frame), *stream.encode()):
            movie.mux(packet)
    return path


@pytest.mark.parametrize(
    ("codec", "pixels", "name"),
    [
        ("qtrle", "argb", "a.mov"),
        ("qtrle", "rgb24", "a.mov"),
        ("png", "rgba", "a.mov"),
        ("prores_ks", "yuva444p10le", "a.mov"),
        ("prores_ks", "yuv422p10le", "a.mov"),
        ("mpeg4", "yuv420p", "a.mov"),
        ("mpeg4", "yuv420p", "a.mp4"),
        ("libx264", "yuv420p", "a.mp4"),
        ("libx265", "yuv420p", "a.mov"),
        ("libx264", "yuv420p", "a.mkv"),
        ("libx264", "yuv420p", "a.ts"),
        ("libx264", "yuv420p", "a.m2ts"),
        ("mpeg2video", "yuv420p", "a.mpg"),
        ("exr", "gbrapf32le", "a.exr"),
        ("exr", "gbrpf32le", "a.exr"),
    ],
)
def test_movies_and_light(tmp_path: Path, codec: str, pixels: str, name: str) -> None:
    options = {"format": "image2", "options": {"update": "1"}} if name == "a.exr" else {}
    found = alpha.probe(encoded(tmp_path / name, codec, pixels, **options))
    assert found is (pixels in ("argb", "rgba", "yuva444p10le", "gbrapf32le"))


@pytest.mark.parametrize(
    ("codec", "pixels", "name"),
    [
        ("ffv1", "bgra", "a.mkv"),
        ("png", "rgba", "a.avi"),
        ("libvpx-vp9", "yuva420p", "a.webm"),
        ("prores_ks", "yuva444p10le", "a.mkv"),
        ("prores_ks", "yuv444p10le", "a.mov"),
        ("png", "rgb24", "a.mov"),
        ("gif", "bgr8", "a.gif"),
    ],
)
def test_where_only_a_decoder_knows_the_header_is_not_believed(
    tmp_path: Path, codec: str, pixels: str, name: str
) -> None:
    assert alpha.probe(encoded(tmp_path / name, codec, pixels)) is None


@pytest.mark.parametrize("name", ["a.tga", "a.jp2", "a.sgi", "a.bmp"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_other_pictures_are_left_to_a_decoder(tmp_path: Path, mode: str, name: str) -> None:
    assert alpha.probe(saved(mode, tmp_path / name)) is None


def test_what_is_not_there_is_not_alpha(tmp_path: Path) -> None:
    assert alpha.probe(tmp_path / "missing.png") is False
    assert alpha.probe(tmp_path) is False


_STARTS = [
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\0\0\0\0WEBPVP8X",
    b"\x76\x2f\x31\x01",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x14ftypqt  ",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(_STARTS), st.binary(max_size=300))
def test_broken_headers_end_quietly(tmp_path: Path, start: bytes, rest: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(start + rest)
    assert alpha.probe(path) in (True, False, None)
