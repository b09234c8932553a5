# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad input gets: words that name the thing, the limit and the remedy, before anything is sent.

In every case the timeline is as it was, the service has heard nothing, and the mended shot is taken and paid once.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import bad_service
import bpy
import editing
import footage
import pytest
from bad_service import BadService
from campaign import CAMPAIGN
from editing import Timeline, add_image, add_movie, journal, put_into_meta, refusal, retry, select, the_job
from footage import FRAMES
from reshoot import session
from reshoot.session import look
from reshoot.settings import preferences
from reshoot.timeline import compat, movie_strip

pytestmark = pytest.mark.usefixtures("uncompared")

MB = 1_000_000

_connected: list[object] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        _connected.append(arguments[1] if event == "socket.connect" else arguments[0])


sys.addaudithook(_hear)


@pytest.fixture
def quiet() -> list[object]:
    """Where this process has connected to since the test began."""
    _connected.clear()
    return _connected


def shoot_refused(scene: bpy.types.Scene, service: BadService, *words: str) -> None:
    """The shot is refused in `words`, without a job, a request or a change."""
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    missing = [each for each in words if each not in said]
    assert not missing, f"{missing} not in: {said}"
    timeline.is_as_it_was()
    assert service.requests == []
    assert journal() == []


def shoot_placed(scene: bpy.types.Scene, service: BadService) -> None:
    """The shot, now mended, is sent and paid once and placed."""
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert the_job().state == "PLACED"
    assert service.count("submit") == len(service.accepted) == 1


def job_failed(scene: bpy.types.Scene, service: BadService, *words: str) -> None:
    """The only job failed in `words` before anything left, and nothing else happened."""
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    missing = [each for each in words if each not in said]
    assert not missing, f"{missing} not in: {said}"
    timeline.is_as_it_was()
    assert service.requests == []
    job = the_job()
    assert (job.state, job.request_id, job.paid) == ("FAILED", "", "NO")
    assert job.error in said


def retry_placed(scene: bpy.types.Scene, service: BadService) -> None:
    """The job, now that its trouble is mended, goes on and is paid once."""
    timeline = Timeline(scene)
    retry()
    timeline.has_only_gained_a_take()
    assert the_job().state == "PLACED"
    assert service.count("submit") == len(service.accepted) == 1


# ---- the helper that says that nothing changed


@pytest.mark.parametrize(
    "change",
    [
        lambda scene, strip: setattr(strip, "select", False),
        lambda scene, strip: setattr(strip, "mute", True),
        lambda scene, strip: setattr(strip.transform, "scale_x", 1.01),
        lambda scene, strip: setattr(strip, "blend_alpha", 0.99),
        lambda scene, strip: setattr(scene.sequence_editor, "active_strip", None),
        lambda scene, strip: setattr(scene.view_settings, "exposure", 0.1),
        lambda scene, strip: setattr(scene.render.image_settings, "color_mode", "BW"),
        lambda scene, strip: setattr(scene, "frame_end", 7),
        lambda scene, strip: setattr(scene.reshoot, "handles", 3),
        lambda scene, strip: compat.strips(scene.sequence_editor).remove(strip),
        lambda scene, strip: bpy.data.scenes.new("another"),
    ],
)
def test_a_change_of_the_timeline_would_be_noticed(
    scene: bpy.types.Scene, movie: Path, change: Callable[[Any, Any], object]
) -> None:
    strip = add_movie(scene, movie)
    scene.sequence_editor.active_strip = strip
    timeline = Timeline(scene)
    timeline.is_as_it_was()
    change(scene, strip)
    with pytest.raises(AssertionError):
        timeline.is_as_it_was()


# ---- what is selected


def test_nothing_is_selected(scene: bpy.types.Scene, service: BadService, movie: Path) -> None:
    strip = add_movie(scene, movie)
    select(scene)
    shoot_refused(scene, service, "No strip is selected", "Select the strip to reshoot")
    select(scene, strip)
    shoot_placed(scene, service)


def test_there_is_no_strip_at_all(service: BadService) -> None:
    scene = bpy.context.scene
    scene.sequence_editor_clear()
    scene.reshoot.prompt = editing.PROMPT
    assert "No strip is selected" in refusal(bpy.ops.reshoot.shoot)
    assert scene.sequence_editor is None, "asking for a shot made a sequencer"
    assert service.requests == [] and journal() == []


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender was built without sound")
def test_only_sound_is_selected(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    path = footage.movie(tmp_path / "talk.mp4", frames=FRAMES, sound=True)
    picture = add_movie(scene, path)
    sound = compat.strips(scene.sequence_editor).new_sound("talk", str(path), 2, 1)
    select(scene, sound)
    shoot_refused(scene, service, "Only sound is selected", "Select the strip to reshoot")
    select(scene, picture, sound)
    shoot_placed(scene, service)


# ---- its files


def test_the_file_is_missing(scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(movie, tmp_path / "gone.mp4"))
    add_movie(scene, path)
    path.unlink()
    shoot_refused(scene, service, "“gone”", "is missing", str(path), "relink the strip")
    shutil.copy(movie, path)
    shoot_placed(scene, service)


def test_the_file_is_empty(scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(movie, tmp_path / "empty.mp4"))
    add_movie(scene, path)
    path.write_bytes(b"")
    shoot_refused(scene, service, "“empty.mp4”", "empty", "Restore the file")
    shutil.copy(movie, path)
    shoot_placed(scene, service)


def test_the_file_became_unreadable(scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(movie, tmp_path / "broken.mp4"))
    add_movie(scene, path)
    path.write_bytes(b"this is no movie " * 1000)
    job_failed(scene, service, "“broken”", "cannot be read", "relink the strip")
    shutil.copy(movie, path)
    retry_placed(scene, service)


@pytest.fixture
def cut_off(movie: Path, tmp_path: Path) -> Path:
    """The movie, its tables first, as a copy that ended in the middle."""
    path = tmp_path / "cut off.mp4"
    with av.open(str(movie)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    return path


CUT_OFF = ("“cut off.mp4” is cut off", f"of its {FRAMES} frames are there", "shorten the strip")


def test_a_movie_that_ends_in_the_middle(scene: bpy.types.Scene, service: BadService, cut_off: Path) -> None:
    add_movie(scene, cut_off)
    shoot_refused(scene, service, *CUT_OFF)


def test_a_movie_that_ends_in_the_middle_inside_a_meta_strip(
    scene: bpy.types.Scene, service: BadService, cut_off: Path
) -> None:
    meta = editing.put_into_meta(scene, add_movie(scene, cut_off))
    select(scene, meta)
    shoot_refused(scene, service, *CUT_OFF)
    # What the meta strip does not show is not missed.
    compat.set_end(meta, 21)
    assert "cut off" not in str(editing.seen(scene).errors)


def test_a_movie_that_ends_in_the_middle_under_what_is_selected(
    scene: bpy.types.Scene, service: BadService, cut_off: Path, movie: Path
) -> None:
    below = add_movie(scene, cut_off)
    above = add_movie(scene, movie, channel=3)
    assert "cut off" not in str(editing.seen(scene).errors)
    scene.reshoot.source = "TIMELINE"
    shoot_refused(scene, service, *CUT_OFF)
    below.mute = True
    assert above.select and "cut off" not in str(editing.seen(scene).errors)


def test_an_image_of_a_sequence_is_missing(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    names = [f"frame{n:03d}.png" for n in range(FRAMES)]
    for name in names:
        footage.png(tmp_path / name, 720, 720)
    strip = compat.strips(scene.sequence_editor).new_image("frames", str(tmp_path / names[0]), 1, 1)
    for name in names[1:]:
        strip.elements.append(name)
    select(scene, strip)
    (tmp_path / names[40]).unlink()
    shoot_refused(scene, service, "“frames”", "is missing", names[40])
    footage.png(tmp_path / names[40], 720, 720)
    shoot_placed(scene, service)


# ---- its range and its picture


def test_the_handles_leave_no_room(scene: bpy.types.Scene, service: BadService, movie: Path) -> None:
    add_movie(scene, movie)
    scene.reshoot.handles = 90
    shoot_refused(scene, service, "90 frames on each side", "3 to 10.05 s", "Use fewer handles")
    scene.reshoot.handles = 80
    shoot_placed(scene, service)


def test_the_shot_is_much_too_long(scene: bpy.types.Scene, service: BadService, movie: Path) -> None:
    strip = add_movie(scene, movie)
    compat.set_end(strip, 1 + 4700)
    shoot_refused(scene, service, "“shot” is 4700 frames long", "at most 20", "Cut it")
    compat.set_end(strip, 1 + FRAMES)
    shoot_placed(scene, service)


def test_the_picture_has_an_impossible_shape(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path
) -> None:
    add_movie(scene, footage.movie(tmp_path / "wide.mp4", width=1600, height=400, frames=FRAMES))
    shoot_refused(scene, service, "1600×400", "720 to 2160 pixels", "Crop the picture, or send the timeline")
    add_movie(scene, movie, channel=3)
    shoot_placed(scene, service)


# ---- references


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda path: footage.png(path, 299, 400),
            ("299×400", "each side must be at least 300 pixels", "Choose a larger image"),
        ),
        (
            lambda path: footage.png(path, padding=10 * MB),
            ("10.0 MB", "at most 10 MB are taken", "Save it smaller"),
        ),
        (
            lambda path: footage.png(path, 1004, 400),
            ("aspect 2.51", "0.40 to 2.50", "too long", "Crop it"),
        ),
        (
            lambda path: footage.png(path, 400, 1004),
            ("aspect 0.398", "0.40 to 2.50", "too tall", "Crop it"),
        ),
        (
            lambda path: path.unlink(missing_ok=True),
            ("cannot be read", "Restore the file, or remove the reference"),
        ),
    ],
    ids=["small", "large", "long", "tall", "missing"],
)
def test_an_image_is_not_taken(
    scene: bpy.types.Scene,
    service: BadService,
    movie: Path,
    tmp_path: Path,
    make: Callable[[Path], object],
    words: tuple[str, ...],
) -> None:
    path = footage.png(tmp_path / "look.png")
    select(scene, add_image(scene, path, channel=5, frame=1))
    bpy.ops.reshoot.reference_add(kind="IMAGE")
    add_movie(scene, movie)
    scene.reshoot.prompt = "Make it look like @Image1"
    make(path)
    shoot_refused(scene, service, "“look.png”", "@Image1", *words)
    footage.png(path)
    shoot_placed(scene, service)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda path: footage.saved_by_blender(path, "OPEN_EXR", 200, 200),
            ("200×200", "at least 300 pixels"),
            marks=CAMPAIGN,
        ),
        (lambda path: path.write_bytes(b"this is no image " * 100), ("not an image that can be read", "PNG or JPEG")),
    ],
    ids=["small", "garbage"],
)
def test_an_image_that_is_to_be_converted_is_not_taken(
    scene: bpy.types.Scene,
    service: BadService,
    movie: Path,
    tmp_path: Path,
    make: Callable[[Path], object],
    words: tuple[str, ...],
) -> None:
    path = footage.saved_by_blender(tmp_path / "look.exr", "OPEN_EXR")
    select(scene, add_image(scene, path, channel=5, frame=1))
    bpy.ops.reshoot.reference_add(kind="IMAGE")
    add_movie(scene, movie)
    scene.reshoot.prompt = "Make it look like @Image1"
    make(path)
    job_failed(scene, service, "“look.exr”", *words)
    footage.saved_by_blender(path, "OPEN_EXR")
    retry_placed(scene, service)


def test_a_fifth_reference_is_not_added(scene: bpy.types.Scene, tmp_path: Path) -> None:
    strips = [add_image(scene, footage.png(tmp_path / f"look{n}.png"), channel=5, frame=1 + 30 * n) for n in range(5)]
    select(scene, *strips[:4])
    assert bpy.ops.reshoot.reference_add(kind="IMAGE") == {"FINISHED"}
    select(scene, strips[4])
    timeline = Timeline(scene)
    for kind in ("IMAGE", "ELEMENT"):
        said = refusal(bpy.ops.reshoot.reference_add, kind=kind)
        assert "5 references" in said and "at most 4" in said and "Remove one" in said
    said = refusal(bpy.ops.reshoot.reference_snapshot, kind="IMAGE")
    assert "5 references" in said and "at most 4" in said
    timeline.is_as_it_was()


def test_a_fifth_reference_is_not_sent(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path
) -> None:
    add_movie(scene, movie)
    path = footage.png(tmp_path / "look.png")
    for _ in range(5):
        scene.reshoot.references.add().views.add().filepath = str(path)
    shoot_refused(scene, service, "5 references", "at most 4", "Remove 1 of them")
    scene.reshoot.references.remove(4)
    shoot_placed(scene, service)


@pytest.mark.parametrize(
    ("further", "words"),
    [
        (0, ("@Element1 has 0 further views", "1 to 3", "Add a view")),
        (4, ("@Element1 has 4 further views", "1 to 3", "Remove")),
    ],
)
def test_an_element_needs_one_to_three_further_views(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path, further: int, words: tuple[str, ...]
) -> None:
    add_movie(scene, movie)
    path = footage.png(tmp_path / "thing.png")
    element = scene.reshoot.references.add()
    element.kind = "ELEMENT"
    for _ in range(1 + further):
        element.views.add().filepath = str(path)
    shoot_refused(scene, service, *words)
    while len(element.views) > 2:
        element.views.remove(2)
    while len(element.views) < 2:
        element.views.add().filepath = str(path)
    shoot_placed(scene, service)


def test_an_element_with_too_many_views_is_not_added(scene: bpy.types.Scene, tmp_path: Path) -> None:
    strips = [add_image(scene, footage.png(tmp_path / f"side{n}.png"), channel=5, frame=1 + 30 * n) for n in range(5)]
    select(scene, *strips)
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.reference_add, kind="ELEMENT")
    assert "4 further views" in said and "at most 3" in said and "Select fewer" in said
    timeline.is_as_it_was()
    select(scene, *strips[:3])
    bpy.ops.reshoot.reference_add(kind="ELEMENT")
    select(scene, *strips[3:])
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.reference_add_views)
    assert "4 further views" in said and "at most 3" in said
    timeline.is_as_it_was()


def test_a_strip_that_is_no_image_is_no_reference(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    timeline = Timeline(scene)
    assert "No image strip is selected" in refusal(bpy.ops.reshoot.reference_add, kind="IMAGE")
    timeline.is_as_it_was()


# ---- the prompt


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", ("The prompt is empty", "Describe what should change")),
        (" \t ", ("The prompt is empty", "Describe what should change")),
        ("s" * 2501, ("2501 characters", "at most 2500", "Shorten it by 1 characters")),
        ("Like @Image3", ("@Image3", "no such reference", "@Image1, @Image2", "Add the reference")),
        ("Like @Image0", ("@Image0", "no such reference")),
        ("Like @element1", ("@Element1", "no such reference")),
    ],
    ids=["empty", "blank", "long", "third image", "image zero", "element"],
)
def test_the_prompt_is_not_taken(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path, prompt: str, words: tuple[str, ...]
) -> None:
    select(
        scene,
        *(add_image(scene, footage.png(tmp_path / f"look{n}.png"), channel=5, frame=1 + 30 * n) for n in range(2)),
    )
    bpy.ops.reshoot.reference_add(kind="IMAGE")
    add_movie(scene, movie)
    scene.reshoot.prompt = prompt
    shoot_refused(scene, service, *words)
    scene.reshoot.prompt = "s" * 2477 + " like @Image1 and @image2"
    assert len(scene.reshoot.prompt) == 2502
    scene.reshoot.prompt = scene.reshoot.prompt[2:]
    shoot_placed(scene, service)
    assert len(service.accepted["request-1"]["image_urls"]) == 2


def test_a_prompt_of_the_operator_is_checked_too(scene: bpy.types.Scene, service: BadService, movie: Path) -> None:
    add_movie(scene, movie)
    assert "2501 characters" in refusal(bpy.ops.reshoot.shoot, prompt="s" * 2501)
    assert service.requests == [] and journal() == []


# ---- the key and the network


def test_there_is_no_key_for_fal(scene: bpy.types.Scene, movie: Path, quiet: list[object]) -> None:
    add_movie(scene, movie)
    preferences.get().service = "FAL"
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    assert "no key for fal.ai" in said and "Preferences > Add-ons > Reshoot" in said and "Rehearsal" in said
    timeline.is_as_it_was()
    assert journal() == [] and quiet == []


def test_there_is_no_key_for_the_service(
    scene: bpy.types.Scene, service: BadService, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_movie(scene, movie)
    monkeypatch.delenv("FAL_KEY")
    shoot_refused(scene, service, "RESHOOT_SERVICE_URL", service.base, "FAL_KEY", "Set FAL_KEY")
    monkeypatch.setenv("FAL_KEY", bad_service.KEY)
    shoot_placed(scene, service)


@pytest.mark.parametrize("place", ["preferences", "environment"])
@pytest.mark.parametrize("chosen", ["FAL", "AUTO"])
def test_blender_is_offline(
    scene: bpy.types.Scene,
    movie: Path,
    quiet: list[object],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    chosen: str,
) -> None:
    assert not bpy.app.online_access
    add_movie(scene, movie)
    preferences.get().service = chosen
    if place == "preferences":
        preferences.get().key = bad_service.KEY
    else:
        monkeypatch.setenv("FAL_KEY", bad_service.KEY)
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    assert "not allowed to go online" in said and "Allow Online Access" in said and "Rehearsal" in said
    assert bad_service.KEY not in said
    timeline.is_as_it_was()
    assert journal() == [] and quiet == []


@pytest.mark.parametrize(
    "url",
    [
        "https://service.example/base",
        "https://127.0.0.1.service.example",
        "https://localhost@service.example",
        "http://service.example",
        "http://[service.example",
    ],
)
def test_blender_is_offline_and_the_service_is_elsewhere(
    scene: bpy.types.Scene, movie: Path, quiet: list[object], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    add_movie(scene, movie)
    monkeypatch.setenv("RESHOOT_SERVICE_URL", url)
    monkeypatch.setenv("FAL_KEY", bad_service.KEY)
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    assert "not allowed to go online" in said and "Allow Online Access" in said and "unset RESHOOT_SERVICE_URL" in said
    timeline.is_as_it_was()
    assert journal() == [] and quiet == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RESHOOT_SERVICE_URL", "{base}?key=1", ("address", "cannot be used", "Set RESHOOT_SERVICE_URL")),
        ("RESHOOT_SERVICE_URL", "ftp://127.0.0.1/files", ("address", "cannot be used", "Set RESHOOT_SERVICE_URL")),
        ("FAL_KEY", "one two", ("key has characters", "Copy the key again")),
    ],
)
def test_the_address_or_the_key_cannot_be_one(
    scene: bpy.types.Scene,
    service: BadService,
    movie: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: tuple[str, ...],
) -> None:
    add_movie(scene, movie)
    monkeypatch.setenv(name, value.format(base=service.base))
    shoot_refused(scene, service, *words)


# ---- the graphics card


@pytest.mark.parametrize("drawn", ["Workbench", "compositor"] if bpy.app.version >= (5, 2) else ["Workbench"])
def test_the_background_blender_finds_no_graphics_driver(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: str
) -> None:
    if drawn == "Workbench":
        other = bpy.data.scenes.new("Other")
        other.render.engine = "BLENDER_WORKBENCH"
        other.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        other.collection.objects.link(other.camera)
        other.frame_end = FRAMES
        strip = compat.strips(scene.sequence_editor).new_scene("layout", other, 1, 1)
        said = "“layout” shows a 3D scene in Workbench"
    else:
        strip = compat.new_effect(scene.sequence_editor, "layout", "COLOR", 1, 1, FRAMES)
        with movie_strip.sequencer(scene):
            select(scene, strip)
            scene.sequence_editor.active_strip = strip
            bpy.ops.sequencer.strip_modifier_add(type="COMPOSITOR")
        strip.modifiers[0].node_group = bpy.data.node_groups.new("look", "CompositorNodeTree")
        said = "“layout” goes through the compositor"
    # A shot that is made of the strip, somewhere.
    select(scene, put_into_meta(scene, strip))
    # Where the libraries that find a driver look for one.
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_DIRS", str(tmp_path))
    job_failed(scene, service, said, "crashed as it began to draw it", "finds no graphics driver", "libegl1")


# ---- the disk


def test_there_is_no_room_for_the_shot(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_movie(scene, movie)
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(look, "_SPARE_BYTES", free + 1000 * MB)
    shoot_refused(scene, service, "reshoot-home", "MB left", "MB are needed", "RESHOOT_HOME")
    monkeypatch.undo()
    monkeypatch.setenv("RESHOOT_HOME", str(tmp_path / "reshoot-home"))
    monkeypatch.setenv("RESHOOT_SERVICE_URL", service.base)
    monkeypatch.setenv("FAL_KEY", bad_service.KEY)
    shoot_placed(scene, service)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root may mount a small disk")
def test_the_disk_is_small(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_movie(scene, movie)
    with small_disk(tmp_path / "disk") as disk:
        monkeypatch.setenv("RESHOOT_HOME", str(disk))
        shoot_refused(scene, service, f"{disk} has 1 MB left", "MB are needed", "RESHOOT_HOME")
        session.close()
    monkeypatch.setenv("RESHOOT_HOME", str(tmp_path / "large"))
    shoot_placed(scene, service)


def test_the_room_runs_out_while_the_scene_is_written(scene: bpy.types.Scene, service: BadService, movie: Path) -> None:
    add_movie(scene, movie)
    session.current()
    with largest_file(10_000):
        shoot_refused(scene, service, "The shot cannot be written", "Free some room")
    shoot_placed(scene, service)


def test_the_room_runs_out_while_the_clip_is_written(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    path = footage.movie(tmp_path / "noise.mp4", frames=FRAMES, noise=True)
    add_movie(scene, path)
    with largest_file(path.stat().st_size - 100_000):
        job_failed(scene, service, "cannot be written", "free some room")
    retry_placed(scene, service)


@pytest.mark.parametrize("blocked", ["home", "above home", "takes", "jobs"])
def test_a_folder_cannot_be_written(
    scene: bpy.types.Scene,
    service: BadService,
    movie: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    blocked: str,
) -> None:
    add_movie(scene, movie)
    home = tmp_path / "a folder" / "home"
    monkeypatch.setenv("RESHOOT_HOME", str(home))
    obstacle = {"home": home, "above home": home.parent, "takes": home / "takes", "jobs": home / "jobs"}[blocked]
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    # A file in the place of a folder stops root too.
    obstacle.touch()
    shoot_refused(scene, service, str(obstacle), "cannot be", "writable")
    obstacle.unlink()
    shoot_placed(scene, service)


def test_the_folder_beside_the_project_cannot_be_written(
    scene: bpy.types.Scene, service: BadService, movie: Path, tmp_path: Path
) -> None:
    add_movie(scene, movie)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    (tmp_path / "reshoot").touch()
    shoot_refused(scene, service, str(tmp_path / "reshoot"), "cannot be written", "Make it writable")
    (tmp_path / "reshoot").unlink()
    shoot_placed(scene, service)
    assert len(list((tmp_path / "reshoot").glob("shot_take01_*.mp4"))) == 1


def test_a_snapshot_cannot_be_written(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_movie(scene, movie)
    home = tmp_path / "home"
    monkeypatch.setenv("RESHOOT_HOME", str(home))
    for obstacle in (home, home / "takes", home / "snapshots"):
        obstacle.parent.mkdir(exist_ok=True)
        obstacle.touch()
        timeline = Timeline(scene)
        said = refusal(bpy.ops.reshoot.reference_snapshot, kind="IMAGE")
        assert str(obstacle) in said and "cannot be" in said, said
        timeline.is_as_it_was()
        obstacle.unlink()
    assert bpy.ops.reshoot.reference_snapshot(kind="IMAGE") == {"FINISHED"}


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of one megabyte at `folder`."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing past `size` bytes fails, here and in programs that are started, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
