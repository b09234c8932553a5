# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference images: how many, how large, in which format; and the conversion of those that are not taken so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image
from rehearsal_render import make_picture
from reshoot.core.blender_process import Blender
from reshoot.core.errors import ExportError, JobCancelled, Paid, ReferenceInvalid
from reshoot.core.export.images import prepare
from reshoot.core.media import image as image_file
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.planning import references
from reshoot.core.values.choices import ReferenceKind
from reshoot.core.values.shot import Reference

LIMITS = KLING_O1_EDIT.limits
NO_BLENDER = Blender(("/no/such/program",))

# In place of the background Blender: it converts with Pillow, and says so in the same way.
CONVERTER = """
import json, sys
from pathlib import Path
from PIL import Image

paper = json.loads(Path(sys.argv[-1]).read_text())
answer = {}
for source, target in paper["recipe"]["images"]:
    try:
        Image.open(source).convert("RGB").save(target)
    except OSError as error:
        answer = {"error": f"{Path(source).name} cannot be read.", "remedy": "Choose another."}
Path(paper["answer"]).write_text(json.dumps(answer))
"""
COPIER = """
import json, shutil, sys
from pathlib import Path

paper = json.loads(Path(sys.argv[-1]).read_text())
for source, target in paper["recipe"]["images"]:
    shutil.copyfile(source, target)
Path(paper["answer"]).write_text("{}")
"""
WITH_PILLOW = Blender((sys.executable, "-c", CONVERTER))


def image(*paths: Path | str) -> Reference:
    return Reference(ReferenceKind.IMAGE, tuple(map(str, paths)))


def element(*paths: Path | str) -> Reference:
    return Reference(ReferenceKind.ELEMENT, tuple(map(str, paths)))


def refusal_of(*sent: Reference) -> ReferenceInvalid:
    with pytest.raises(ReferenceInvalid) as refusal:
        references.check_files(sent, LIMITS)
    assert refusal.value.remedy and refusal.value.paid is Paid.NO
    return refusal.value


# How many


@pytest.mark.parametrize("count", range(5))
def test_up_to_four_references_are_taken(count: int) -> None:
    references.check_count([image("a.png")] * count, LIMITS)


def test_a_fifth_reference_is_refused() -> None:
    with pytest.raises(ReferenceInvalid, match=r"There are 6 references; .* at most 4") as refusal:
        references.check_count([image("a.png")] * 3 + [element("a.png", "b.png")] * 3, LIMITS)
    assert refusal.value.remedy == "Remove 2 of them."


@pytest.mark.parametrize("views", range(6))
def test_an_element_has_one_to_three_further_views(views: int) -> None:
    sent = [image("a.png"), element("front.png", *(f"{n}.png" for n in range(views)))]
    if 1 <= views <= 3:
        references.check_count(sent, LIMITS)
        return
    with pytest.raises(ReferenceInvalid, match=f"@Element1 has {views} further views; .* 1 to 3"):
        references.check_count(sent, LIMITS)


# Which files


@pytest.mark.parametrize("size", [(300, 300), (300, 750), (750, 300), (4000, 1600)])
def test_an_image_at_the_edge_of_the_limits_is_taken(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    Image.new("RGB", size).save(tmp_path / "b.jpg")
    references.check_files([image(tmp_path / "a.png"), element(tmp_path / "a.png", tmp_path / "b.jpg")], LIMITS)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((299, 400), "is 299×400; each side must be at least 300"),
        ((300, 751), "has the aspect 0.399 (width by height); 0.40 to 2.50 is taken: it is too tall"),
        ((751, 300), "has the aspect 2.503 (width by height); 0.40 to 2.50 is taken: it is too long"),
    ],
)
def test_an_image_outside_the_limits_is_refused_by_name(tmp_path: Path, size: tuple[int, int], said: str) -> None:
    make_picture(tmp_path / "right.png")
    Image.new("RGB", size).save(tmp_path / "wrong.png")
    refusal = refusal_of(image(tmp_path / "right.png"), element(tmp_path / "right.png", tmp_path / "wrong.png"))
    assert refusal.message.startswith(f"“wrong.png” (@Element1) {said}")


def test_a_large_file_is_refused_and_the_largest_is_not(tmp_path: Path) -> None:
    small = make_picture(tmp_path / "small.png").stat().st_size
    # The chunk that pads it has 12 bytes of its own.
    largest = make_picture(tmp_path / "largest.png", padding=LIMITS.max_image_bytes - small - 12)
    assert largest.stat().st_size == LIMITS.max_image_bytes
    references.check_files([image(largest)], LIMITS)
    refusal = refusal_of(image(make_picture(tmp_path / "large.png", padding=10_400_000)))
    assert "“large.png” (@Image1) is 10.4 MB; at most 10 MB" in refusal.message


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    refusal = refusal_of(image(make_picture(tmp_path / "a.png")), image(tmp_path / "gone.png"))
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "gone.png").stat()
    # Each system says it in its own words.
    assert refusal.message == f"“gone.png” (@Image2) cannot be read: {missing.value.strerror}."
    assert "Restore the file" in refusal.remedy


# What is sent


def test_png_and_jpeg_are_sent_with_their_own_pixels(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300)).save(tmp_path / "b.jpg")
    sent = (image(make_picture(tmp_path / "a.png")), element(tmp_path / "a.png", tmp_path / "b.jpg"))
    ready = prepare(sent, tmp_path / "job", NO_BLENDER, LIMITS, cancelled=lambda: False)
    assert [each.kind for each in ready] == [each.kind for each in sent]
    assert ready[0].images[0] == ready[1].images[0], "the same image is written once"
    assert Path(ready[0].images[0]).read_bytes() == (tmp_path / "a.png").read_bytes()
    with Image.open(ready[1].images[1]) as seen, Image.open(tmp_path / "b.jpg") as given:
        assert seen.format == "JPEG" and seen.tobytes() == given.tobytes()


def test_other_formats_are_sent_as_copies_in_png(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    right = make_picture(tmp_path / "right.png")
    Image.new("RGB", (400, 320), "red").save(tmp_path / "a.bmp")
    Image.new("RGB", (640, 480), "blue").save(tmp_path / "b.webp")
    # What it is, not what it is called.
    (tmp_path / "called.png").write_bytes((tmp_path / "a.bmp").read_bytes())
    sent = (
        image(tmp_path / "a.bmp"),
        element(right, tmp_path / "b.webp", tmp_path / "a.bmp"),
        image(tmp_path / "called.png"),
    )
    ready = prepare(sent, folder, WITH_PILLOW, LIMITS, cancelled=lambda: False)
    assert [each.kind for each in ready] == [each.kind for each in sent]
    assert Path(ready[1].images[0]).read_bytes() == right.read_bytes()
    assert ready[0].images[0] == ready[1].images[2], "the same image is converted once"
    made = [ready[0].images[0], ready[1].images[1], ready[2].images[0]]
    assert len(set(made)) == 3 and all(Path(path).parent == folder for path in made)
    found = [image_file.probe(path) for path in made]
    assert [(each.format, each.width, each.height) for each in found if each] == [
        ("png", 400, 320),
        ("png", 640, 480),
        ("png", 400, 320),
    ]


def test_a_copy_is_held_against_the_limits_too(tmp_path: Path) -> None:
    Image.new("RGB", (200, 320)).save(tmp_path / "small.bmp")
    with pytest.raises(ReferenceInvalid, match=r"“small.bmp” \(@Image1\) is 200×320"):
        prepare([image(tmp_path / "small.bmp")], tmp_path, WITH_PILLOW, LIMITS, cancelled=lambda: False)


def test_what_is_no_image_is_refused_in_the_converters_words(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("buy milk")
    with pytest.raises(ExportError, match=r"notes\.png cannot be read") as refusal:
        prepare([image(tmp_path / "notes.png")], tmp_path, WITH_PILLOW, LIMITS, cancelled=lambda: False)
    assert refusal.value.remedy == "Choose another."


def test_what_the_converter_did_not_make_an_image_of_is_refused(tmp_path: Path) -> None:
    copier = Blender((sys.executable, "-c", COPIER))
    (tmp_path / "notes.png").write_text("buy milk")
    with pytest.raises(ReferenceInvalid, match=r"“notes.png” \(@Image1\) is not an image"):
        prepare([image(tmp_path / "notes.png")], tmp_path, copier, LIMITS, cancelled=lambda: False)


def test_a_conversion_can_be_cancelled(tmp_path: Path) -> None:
    Image.new("RGB", (400, 320)).save(tmp_path / "a.bmp")
    forever = Blender((sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(JobCancelled):
        prepare([image(tmp_path / "a.bmp")], tmp_path, forever, LIMITS, cancelled=lambda: True)
