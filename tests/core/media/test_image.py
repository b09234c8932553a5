# SPDX-License-Identifier: GPL-3.0-or-later
"""core/picture: sizes are those that a viewer shows, formats go by content, and broken files are None."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from campaign import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from reshoot.core.media import image as image_file

ORIENTATION = 0x0112
PNG = b"\x89PNG\r\n\x1a\n"


def drawn(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert(mode)


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_png_in_every_mode(tmp_path: Path, mode: str) -> None:
    image = Image.new("I;16", (321, 123)) if mode == "I;16" else drawn(321, 123, mode)
    path = saved(image, tmp_path / "a.png")
    assert image_file.probe(path) == image_file.Picture("png", 321, 123, path.stat().st_size)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg_in_every_coding(tmp_path: Path, mode: str, progressive: bool) -> None:
    path = saved(drawn(321, 123, mode), tmp_path / "a.jpg", progressive=progressive)
    assert image_file.probe(path) == image_file.Picture("jpeg", 321, 123, path.stat().st_size)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_upright_is_shown_upright(tmp_path: Path, orientation: int, order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[ORIENTATION] = orientation
    exif[0x010F] = "A maker whose name does not fit into four bytes"
    path = saved(drawn(400, 300), tmp_path / "a.jpg", exif=exif, icc_profile=bytes(150_000), xmp=b"<x:xmpmeta/>")
    with Image.open(path) as image:
        expected = ImageOps.exif_transpose(image).size
    found = image_file.probe(path)
    assert found is not None and (found.width, found.height) == expected


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    found = image_file.probe(saved(drawn(30, 20), tmp_path / "a.png", format="JPEG"))
    assert found is not None and found.format == "jpeg"


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF", "TGA"])
def test_another_format_is_none(tmp_path: Path, kind: str) -> None:
    assert image_file.probe(saved(drawn(30, 20), tmp_path / "a.png", format=kind)) is None


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"\xff\xd8\xff", PNG, PNG + b"\0\0\0\4CgBI" + bytes(range(99)), Random(7).randbytes(4096)]
)
def test_no_picture_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert image_file.probe(path) is None


def test_what_cannot_be_opened_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image_file.probe(tmp_path / "missing.png")


def test_padding_before_a_marker_is_skipped(tmp_path: Path) -> None:
    path = saved(drawn(30, 20), tmp_path / "a.jpg")
    content = path.read_bytes()
    path.write_bytes(content[:2] + b"\xff" * 7 + content[2:])
    found = image_file.probe(path)
    assert found is not None and (found.width, found.height) == (30, 20)


def test_huffman_tables_before_the_frame_are_no_frame(tmp_path: Path) -> None:
    path = saved(drawn(30, 20), tmp_path / "a.jpg")
    content = path.read_bytes()
    at = content.index(b"\xff\xc4")
    tables = content[at : at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")]
    path.write_bytes(content[:2] + tables + content[2:])
    found = image_file.probe(path)
    assert found is not None and (found.width, found.height) == (30, 20)


def test_a_segment_of_impossible_length_does_not_read_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe1\x00\x01" + bytes(16 << 20))
    tracemalloc.start()
    try:
        assert image_file.probe(path) is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("filler", [b"\xff", b"\xff\xe2\x00\x02"], ids=["padding", "segments"])
def test_an_endless_header_is_given_up(tmp_path: Path, filler: bytes) -> None:
    path = saved(drawn(30, 20), tmp_path / "a.jpg")
    content = path.read_bytes()
    for count, known in ((1000, True), (100_000, False)):
        path.write_bytes(content[:2] + filler * count + content[2:])
        assert (image_file.probe(path) is not None) is known


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("originals")
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return [
        saved(drawn(30, 20), folder / "a.jpg", exif=exif),
        saved(drawn(30, 20), folder / "b.jpg", progressive=True),
        saved(drawn(30, 20), folder / "c.png"),
    ]


@settings(
    max_examples=examples(500),
    deadline=timedelta(seconds=5),
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    which=st.integers(0, 2),
    changes=st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), min_size=1, max_size=6),
    kept=st.integers(0, 2000),
)
def test_a_damaged_file_is_none_or_has_sides(
    originals: list[Path], which: int, changes: list[tuple[int, int]], kept: int
) -> None:
    content = bytearray(originals[which].read_bytes())
    for at, value in changes:
        content[at % len(content)] = value
    path = originals[which].with_name("mutant")
    path.write_bytes(content[:kept])
    found = image_file.probe(path)
    assert found is None or (found.width > 0 and found.height > 0 and found.size == path.stat().st_size)
