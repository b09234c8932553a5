# SPDX-License-Identifier: GPL-3.0-or-later
"""References as an editor picks them: their order, their views, their tokens in the prompt, and what becomes of them.

That too many or wrong ones are refused is in test_bad_input.py.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import av
import bpy
import footage
import numpy
import pytest
from bad_service import BadService
from campaign import sampled
from editing import Timeline, add_image, add_movie, put_into_meta, select, takes, the_job
from footage import FRAMES
from reshoot import session
from reshoot.core.media import image
from reshoot.operators import waiting
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")

Listed = list[tuple[str, list[str]]]


def listed(scene: bpy.types.Scene) -> Listed:
    """The references of the scene: kind, and the names of their images."""
    return [
        (item.kind, [Path(bpy.path.abspath(view.filepath)).stem for view in item.views])
        for item in scene.reshoot.references
    ]


def pick(scene: bpy.types.Scene, *paths: Path, kind: str = "IMAGE") -> None:
    """Make each of `paths` an image strip, and those references."""
    used = {strip.channel for strip in compat.strips_all(scene.sequence_editor)}
    channel = max(used, default=4) + 1
    select(scene, *(add_image(scene, path, channel=channel, frame=1 + 30 * n) for n, path in enumerate(paths)))
    assert bpy.ops.reshoot.reference_add(kind=kind) == {"FINISHED"}


# ---- picking


def test_images_are_added_in_timeline_order(scene: bpy.types.Scene, images: list[Path], movie: Path) -> None:
    # Not in the order of names or channels; the lower channel first where two begin together.
    strips = [
        add_image(scene, images[0], channel=2, frame=90),
        add_image(scene, images[1], channel=7, frame=1),
        add_image(scene, images[2], channel=9, frame=40),
        add_image(scene, images[3], channel=3, frame=40),
    ]
    other = add_movie(scene, movie, channel=12)
    select(scene, other, *strips)
    before = {strip.name: strip.select for strip in compat.strips_all(scene.sequence_editor)}
    assert bpy.ops.reshoot.reference_add(kind="IMAGE") == {"FINISHED"}
    assert listed(scene) == [("IMAGE", ["bob"]), ("IMAGE", ["dog"]), ("IMAGE", ["cat"]), ("IMAGE", ["ann"])]
    assert {strip.name: strip.select for strip in compat.strips_all(scene.sequence_editor)} == before


def test_an_element_is_one_reference_with_its_frontal_view_first(scene: bpy.types.Scene, images: list[Path]) -> None:
    pick(scene, images[2], images[0], images[1], kind="ELEMENT")
    assert listed(scene) == [("ELEMENT", ["cat", "ann", "bob"])]


def test_views_are_added_to_the_chosen_element(scene: bpy.types.Scene, images: list[Path]) -> None:
    pick(scene, images[0], kind="ELEMENT")
    pick(scene, images[1])
    assert not bpy.ops.reshoot.reference_add_views.poll(), "an image takes no views"
    scene.reshoot.active_reference = 0
    select(scene, *(add_image(scene, path, channel=20, frame=1 + 30 * n) for n, path in enumerate(images[2:])))
    assert bpy.ops.reshoot.reference_add_views() == {"FINISHED"}
    assert listed(scene) == [("ELEMENT", ["ann", "cat", "dog"]), ("IMAGE", ["bob"])]


@pytest.mark.every_blender("Blender reads the images")
def test_a_trimmed_image_sequence_gives_the_image_that_it_shows_first(
    scene: bpy.types.Scene, images: list[Path]
) -> None:
    strip = add_image(scene, images[0], channel=1, frame=1)
    for path in images[1:]:
        strip.elements.append(path.name)
    compat.set_start(strip, 3)
    select(scene, strip)
    bpy.ops.reshoot.reference_add(kind="IMAGE")
    assert listed(scene) == [("IMAGE", ["cat"])]


def test_paths_are_kept_relative_to_a_saved_file(scene: bpy.types.Scene, images: list[Path], tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    pick(scene, images[0])
    assert scene.reshoot.references[0].views[0].filepath == "//ann.png"


# ---- the frame under the playhead


@pytest.mark.every_blender("the picture under the playhead is Blender's own")
@pytest.mark.parametrize("saved", sampled([False, True], True))
def test_the_frame_under_the_playhead(scene: bpy.types.Scene, tmp_path: Path, saved: bool) -> None:
    add_movie(scene, footage.movie(tmp_path / "bar.mp4", frames=FRAMES))
    folder = session.home() / "takes"
    if saved:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
        folder = tmp_path / "reshoot"
    scene.frame_set(FRAMES)
    timeline = Timeline(scene, but=("references", "active_reference"))
    assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}
    timeline.is_as_it_was()
    (path,) = folder.glob("frame00075_*.png")
    assert listed(scene) == [("IMAGE", [path.stem])]
    found = image.probe(path)
    assert found is not None and (found.format, found.width, found.height) == ("png", 720, 720)
    # The bar is at the right end in the last frame.
    row = decoded(path.read_bytes())[360]
    assert abs(int(row[40]) - 40) < 12 and abs(int(row[680]) - 210) < 12
    assert list((session.home() / "snapshots").iterdir()) == [], "its scene was left behind"


@pytest.mark.every_blender("the picture under the playhead is Blender's own")
def test_the_frame_under_the_playhead_is_an_undo_step(scene: bpy.types.Scene, movie: Path) -> None:
    strip = add_movie(scene, movie)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}
    (reference,) = listed(scene)
    strip.name = "later"
    bpy.ops.ed.undo_push(message="Rename")
    bpy.ops.ed.undo()
    assert listed(bpy.context.scene) == [reference]
    bpy.ops.ed.undo()
    assert listed(bpy.context.scene) == []
    bpy.ops.ed.redo()
    assert listed(bpy.context.scene) == [reference]


@pytest.mark.every_blender("the picture under the playhead is Blender's own")
def test_the_frame_under_the_playhead_of_a_3d_scene(scene: bpy.types.Scene, tmp_path: Path) -> None:
    # By its name before the scene that shows it: where Blender opens what was written, it is in that one.
    other = bpy.data.scenes.new("Other")
    other.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    other.collection.objects.link(other.camera)
    other.render.engine = "CYCLES"
    other.cycles.samples, other.cycles.use_denoising = 1, False
    other.world = bpy.data.worlds.new("world")
    other.world.color = (0.5, 0.5, 0.5)
    select(scene, compat.strips(scene.sequence_editor).new_scene("layout", other, 1, 11))
    scene.view_settings.view_transform = "Standard"
    # In the 3D scene it is another one.
    scene.frame_set(15)
    assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}
    (path,) = (session.home() / "takes").glob("frame*.png")
    assert decoded(path.read_bytes()).min() > 40


def take_frame() -> None:
    """Ask for the frame under the playhead and do not wait, as in the interface."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "wait_for_threads", lambda _running: None)
        assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}


def test_the_frame_under_the_playhead_stays_out_of_another_file(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    name = scene.name
    take_frame()
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.name = name
    waiting.wait_for_threads(session.current())
    assert listed(bpy.context.scene) == []


def test_the_frame_under_the_playhead_goes_to_its_scene(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    take_frame()
    name, scene.name = scene.name, "Edit"
    other = bpy.data.scenes.new(name)
    waiting.wait_for_threads(session.current())
    assert (len(listed(scene)), listed(other)) == (1, [])


def test_the_frame_under_the_playhead_inside_a_meta_strip(scene: bpy.types.Scene, tmp_path: Path) -> None:
    inside = add_movie(scene, footage.movie(tmp_path / "bar.mp4", frames=FRAMES))
    meta = put_into_meta(scene, inside)
    compat.new_effect(scene.sequence_editor, "black", "COLOR", 9, 1, FRAMES)
    scene.sequence_editor.display_stack(meta)
    scene.frame_set(FRAMES)
    assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}
    (path,) = (session.home() / "takes").glob("frame00075_*.png")
    row = decoded(path.read_bytes())[360]
    assert abs(int(row[40]) - 40) < 12 and abs(int(row[680]) - 210) < 12


# ---- the prompt follows


@pytest.fixture
def four(scene: bpy.types.Scene, images: list[Path]) -> bpy.types.Scene:
    """Ann as @Image1, Bob as @Element1, Cat as @Image2, Dog as @Image3."""
    pick(scene, images[0])
    pick(scene, images[1], images[0], kind="ELEMENT")
    pick(scene, images[2], images[3])
    scene.reshoot.prompt = "ann @Image1 bob @Element1 cat @image2 dog @Image3 nobody @Image10"
    return scene


@pytest.mark.parametrize(
    ("index", "prompt", "order"),
    [
        (0, "ann Image1 bob @Element1 cat @Image1 dog @Image2 nobody @Image10", ["bob", "cat", "dog"]),
        (1, "ann @Image1 bob Element1 cat @Image2 dog @Image3 nobody @Image10", ["ann", "cat", "dog"]),
        (2, "ann @Image1 bob @Element1 cat Image2 dog @Image2 nobody @Image10", ["ann", "bob", "dog"]),
        (3, "ann @Image1 bob @Element1 cat @Image2 dog Image3 nobody @Image10", ["ann", "bob", "cat"]),
    ],
)
def test_removing_a_reference_renumbers_the_prompt(
    four: bpy.types.Scene, index: int, prompt: str, order: list[str]
) -> None:
    four.reshoot.active_reference = index
    assert bpy.ops.reshoot.reference_remove() == {"FINISHED"}
    assert four.reshoot.prompt == prompt
    assert [images[0] for _kind, images in listed(four)] == order
    assert 0 <= four.reshoot.active_reference < 3


@pytest.mark.parametrize(
    ("index", "direction", "prompt", "order"),
    [
        (3, "UP", "ann @Image1 bob @Element1 cat @Image3 dog @Image2 nobody @Image10", ["ann", "bob", "dog", "cat"]),
        (2, "UP", "ann @Image1 bob @Element1 cat @Image2 dog @Image3 nobody @Image10", ["ann", "cat", "bob", "dog"]),
        (0, "DOWN", "ann @Image1 bob @Element1 cat @Image2 dog @Image3 nobody @Image10", ["bob", "ann", "cat", "dog"]),
        (2, "DOWN", "ann @Image1 bob @Element1 cat @Image3 dog @Image2 nobody @Image10", ["ann", "bob", "dog", "cat"]),
    ],
)
def test_moving_a_reference_renumbers_the_prompt(
    four: bpy.types.Scene, index: int, direction: str, prompt: str, order: list[str]
) -> None:
    four.reshoot.active_reference = index
    assert bpy.ops.reshoot.reference_move(direction=direction) == {"FINISHED"}
    assert four.reshoot.prompt == prompt
    assert [images[0] for _kind, images in listed(four)] == order
    assert four.reshoot.active_reference == index + (1 if direction == "DOWN" else -1)
    # And back again.
    assert bpy.ops.reshoot.reference_move(direction="UP" if direction == "DOWN" else "DOWN") == {"FINISHED"}
    assert [images[0] for _kind, images in listed(four)] == ["ann", "bob", "cat", "dog"]
    assert four.reshoot.prompt == "ann @Image1 bob @Element1 cat @Image2 dog @Image3 nobody @Image10"


def test_at_the_ends_of_the_list_nothing_moves(four: bpy.types.Scene) -> None:
    prompt = four.reshoot.prompt
    for index, direction in ((0, "UP"), (3, "DOWN")):
        four.reshoot.active_reference = index
        bpy.ops.reshoot.reference_move(direction=direction)
        assert [images[0] for _kind, images in listed(four)] == ["ann", "bob", "cat", "dog"]
        assert four.reshoot.prompt == prompt


def test_the_last_reference_can_be_removed(scene: bpy.types.Scene, images: list[Path]) -> None:
    assert not bpy.ops.reshoot.reference_remove.poll()
    pick(scene, images[0])
    bpy.ops.reshoot.reference_remove()
    assert listed(scene) == []
    assert not bpy.ops.reshoot.reference_remove.poll()
    pick(scene, images[1])
    assert scene.reshoot.active_reference == 0


def test_a_token_is_put_into_the_prompt(four: bpy.types.Scene) -> None:
    four.reshoot.prompt = "like"
    for index in (2, 1):
        assert bpy.ops.reshoot.token_insert(index=index) == {"FINISHED"}
    assert four.reshoot.prompt == "like @Image2 @Element1"


# ---- sending


@pytest.mark.every_blender("Blender reads the images")
def test_what_is_sent(scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path) -> None:
    png = footage.png(tmp_path / "look.png")
    jpeg = footage.jpeg(tmp_path / "side.jpg")
    exr = footage.saved_by_blender(tmp_path / "light.exr", "OPEN_EXR", 500, 400)
    layered = footage.layered_by_blender(tmp_path / "layered.exr", 480, 420)
    tiff = footage.saved_by_blender(tmp_path / "front.tif", "TIFF", 400, 500)
    pick(scene, png, exr, layered)
    pick(scene, tiff, jpeg, kind="ELEMENT")
    add_movie(scene, movie, channel=30)
    scene.reshoot.prompt = "@element1 in the light of @Image2, like @Image1 and @Image3"
    originals = {path: path.read_bytes() for path in (png, jpeg, exr, layered, tiff)}
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert {path: path.read_bytes() for path in originals} == originals

    (body,) = service.accepted.values()
    assert body["prompt"] == "@Element1 in the light of @Image2, like @Image1 and @Image3"
    sent = [service.files[url] for url in body["image_urls"]]
    (element,) = body["elements"]
    assert element.keys() == {"frontal_image_url", "reference_image_urls"}
    frontal = service.files[element["frontal_image_url"]]
    views = [service.files[url] for url in element["reference_image_urls"]]
    assert sent[0] == originals[png], "a PNG is sent as it is"
    # Without what it tells besides its picture.
    assert [numpy.array_equal(decoded(view), decoded(originals[jpeg])) for view in views] == [True]
    for data, (width, height) in ((sent[1], (500, 400)), (sent[2], (480, 420)), (frontal, (400, 500))):
        assert data.startswith(b"\x89PNG")
        pixels = decoded(data)
        assert pixels.shape == (height, width)
        assert abs(pixels.astype(int) - round(footage.GRAY * 255)).max() <= 1, "its brightness was changed"
    names = {request.headers["x-fal-file-name"]: request.headers["content-type"] for request in service.heard("upload")}
    assert sorted(names.values()) == ["image/jpeg", *["image/png"] * 4, "video/mp4"], names


def test_the_same_image_is_uploaded_once(
    scene: bpy.types.Scene, service: BadService, movie: Path, images: list[Path]
) -> None:
    pick(scene, images[0])
    pick(scene, images[0], images[0], kind="ELEMENT")
    add_movie(scene, movie, channel=30)
    scene.reshoot.prompt = "@Image1 and @Element1"
    bpy.ops.reshoot.shoot()
    (body,) = service.accepted.values()
    (url,) = body["image_urls"]
    assert body["elements"] == [{"frontal_image_url": url, "reference_image_urls": [url]}]
    assert service.count("upload") == 2


def test_an_unused_reference_is_pointed_out(
    scene: bpy.types.Scene, service: BadService, movie: Path, images: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    pick(scene, images[0], images[1])
    add_movie(scene, movie, channel=30)
    scene.reshoot.prompt = "like @Image2"
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    said = "".join(capfd.readouterr())
    assert "@Image1 is sent, but the prompt does not mention it" in said
    assert "@Image2 is sent" not in said
    assert len(service.accepted["request-1"]["image_urls"]) == 2


@pytest.mark.every_blender("Blender reads the images")
def test_the_rehearsal_takes_every_format(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")
    pick(scene, footage.saved_by_blender(tmp_path / "light.exr", "OPEN_EXR"), footage.png(tmp_path / "look.png"))
    pick(
        scene,
        footage.saved_by_blender(tmp_path / "front.tif", "TIFF"),
        footage.jpeg(tmp_path / "side.jpg"),
        kind="ELEMENT",
    )
    bpy.ops.reshoot.reference_snapshot(kind="IMAGE")
    add_movie(scene, movie, channel=30)
    scene.reshoot.prompt = "@Image1 @Image2 @Image3 @Element1"
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert (the_job().state, the_job().paid) == ("PLACED", "NO")
    (take,) = takes(scene)
    assert "REHEARSAL" in take.name
    receipt = json.loads(Path(take.filepath).with_suffix(".json").read_text(encoding="utf-8"))
    assert [each["token"] for each in receipt["references"]] == ["@Image1", "@Image2", "@Element1", "@Image3"]
    assert [Path(each["images"][0]).name for each in receipt["references"]][:3] == [
        "light.exr",
        "look.png",
        "front.tif",
    ]


def decoded(data: bytes) -> numpy.ndarray:
    """The brightness of each pixel of an image file."""
    with av.open(BytesIO(data)) as image:
        return next(image.decode(video=0)).to_ndarray(format="gray")
