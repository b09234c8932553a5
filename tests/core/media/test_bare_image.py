# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures as they leave this computer: the same pixels, colours and way up, and nothing that lay beside them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from reshoot.core.media import image as image_file
from reshoot.core.media.bare_image import bare

ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
SECRET = b"PLANTED"


def picture(mode: str = "RGB") -> Image.Image:
    """No two corners alike, so that each way up is another picture."""
    drawn = Image.linear_gradient("L").resize((400, 300)).rotate(30).convert(mode)
    return drawn


def exif(way: int) -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = way
    made[MAKER] = "PLANTED camera"
    made.get_ifd(GPS)[1] = "PLANTED"
    return made


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def jpeg(path: Path, way: int = 1, **options: object) -> Path:
    """With everything in it that a camera or a program puts there, and a second picture behind its end."""
    picture(str(options.pop("mode", "RGB"))).save(
        path,
        "JPEG",
        exif=exif(way),
        icc_profile=profile(),
        xmp=b"<x:xmpmeta>PLANTED</x:xmpmeta>",
        comment=SECRET,
        **options,
    )
    content = path.read_bytes()
    extended = b"\xff\xe0\x00\x0fJFXX\0" + SECRET + b"\0"
    path.write_bytes(content[:2] + extended + b"\xff\xed\x00\x09" + SECRET + content[2:] + content + SECRET)
    return path


def png(path: Path, way: int = 1, mode: str = "RGB") -> Path:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "PLANTED")
    texts.add_itxt("XML:com.adobe.xmp", "PLANTED")
    texts.add_text("Packed", "PLANTED" * 9, zip=True)
    texts.add(b"prVt", SECRET)
    picture(mode).save(path, "PNG", exif=exif(way), icc_profile=profile(), pnginfo=texts)
    path.write_bytes(path.read_bytes() + SECRET)
    return path


def seen(content: bytes) -> tuple[bytes, tuple[int, int], bytes | None]:
    with Image.open(io.BytesIO(content)) as shown:
        upright = ImageOps.exif_transpose(shown)
        return upright.tobytes(), upright.size, shown.info.get("icc_profile")


@pytest.mark.parametrize("way", range(1, 9))
@pytest.mark.parametrize("make", [jpeg, png])
def test_what_is_seen_stays_and_nothing_else(tmp_path: Path, make, way: int) -> None:
    path = make(tmp_path / "given", way)
    given = path.read_bytes()
    assert SECRET in given
    leaves = bare(path)
    assert leaves is not None and SECRET not in leaves and b"camera" not in leaves
    assert seen(leaves) == seen(given) and seen(leaves)[2]
    (tmp_path / "leaves").write_bytes(leaves)
    before, after = image_file.probe(path), image_file.probe(tmp_path / "leaves")
    assert before and after and (before.width, before.height) == (after.width, after.height)
    with Image.open(io.BytesIO(leaves)) as shown:
        assert set(shown.getexif()) == (set() if way == 1 else {ORIENTATION})
        assert not set(shown.info) - {"icc_profile", "exif", "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"mode": "CMYK"}, {"mode": "L"}, {"restart_marker_blocks": 3}]
)
def test_every_coding_of_jpeg_keeps_its_pixels(tmp_path: Path, options: dict) -> None:
    path = jpeg(tmp_path / "given", **options)
    leaves = bare(path)
    assert leaves is not None and SECRET not in leaves and seen(leaves) == seen(path.read_bytes())


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1"])
def test_every_mode_of_png_keeps_its_pixels(tmp_path: Path, mode: str) -> None:
    path = png(tmp_path / "given", mode=mode)
    leaves = bare(path)
    assert leaves is not None and SECRET not in leaves and seen(leaves) == seen(path.read_bytes())


@pytest.mark.parametrize("make", [jpeg, png])
def test_what_is_cut_off_or_no_picture_is_not_written_anew(tmp_path: Path, make) -> None:
    path = make(tmp_path / "given")
    whole = path.read_bytes()
    for length in (0, 3, 20, 200, 2000):
        path.write_bytes(whole[:length])
        assert bare(path) is None
    path.write_bytes(b"RIFF....WEBP" + whole)
    assert bare(path) is None
