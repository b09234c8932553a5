# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that were damaged on purpose, and look nothing like the clip, are compared with it in a background Blender.

What a service may send instead of the clip's own pictures is made here with PyAV.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import bpy
import editing
import numpy
import pytest
from bad_service import BadService
from campaign import CAMPAIGN, sampled
from reshoot import session
from reshoot.core.blender_process import Blender
from reshoot.core.errors import JobCancelled
from reshoot.core.takes import comparing
from reshoot.core.takes.comparing import Fit, Inspection
from reshoot.timeline import compat, export

FOOTAGE = Path(__file__).resolve().parents[2] / "build" / "footage" / "bigbuckbunny.mp4"
WIDTH, HEIGHT = 640, 360
FRAMES = 100

Look = Callable[[numpy.ndarray, int], numpy.ndarray]


@cache
def footage() -> list[numpy.ndarray]:
    """The first frames of the footage, small."""
    with av.open(str(FOOTAGE)) as source:
        frames = (
            frame.reformat(WIDTH, HEIGHT, format="rgb24").to_ndarray()
            for _, frame in zip(range(FRAMES), source.decode(video=0), strict=False)
        )
        return list(frames)


def write(
    path: Path, pictures: Iterator[numpy.ndarray], fps: int = 24, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Path:
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=Fraction(fps), options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for picture in pictures:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode())
    return path


def untouched(picture: numpy.ndarray, number: int) -> numpy.ndarray:
    return picture


def cartoon(picture: numpy.ndarray, number: int) -> numpy.ndarray:
    """Few colours, other ones, black lines at the edges."""
    gray = picture.astype(numpy.int16).sum(2)
    lines = numpy.abs(numpy.diff(gray, axis=0, append=0)) + numpy.abs(numpy.diff(gray, axis=1, append=0)) > 40
    flat = (picture // 64 * 64 + 32)[:, :, ::-1].copy()
    flat[lines] = 0
    return flat


def noisy(picture: numpy.ndarray, number: int) -> numpy.ndarray:
    """Inverted, brighter and darker from frame to frame, under grain."""
    chance = numpy.random.default_rng(number)
    grain = chance.normal(0, 30, picture.shape[:2])[:, :, None]
    return numpy.clip((255 - picture) * chance.uniform(0.7, 1.1) + grain, 0, 255).astype(numpy.uint8)


def with_a_stranger(picture: numpy.ndarray, number: int) -> numpy.ndarray:
    """Other colours, a letterbox, and an object that moves on its own."""
    other = picture[:, :, [1, 2, 0]].copy()
    other[:40] = other[-40:] = 0
    left, top = int(240 + 180 * math.sin(number / 9)), int(140 + 60 * math.cos(number / 5))
    other[top : top + 90, left : left + 120] = numpy.arange(120, dtype=numpy.uint8)[None, :, None] * 2
    return other


def larger(scale: float) -> Look:
    """The middle of the picture, as large as the whole."""

    def look(picture: numpy.ndarray, number: int) -> numpy.ndarray:
        rows = numpy.clip(numpy.round((numpy.arange(HEIGHT) - HEIGHT / 2) / scale + HEIGHT / 2), 0, HEIGHT - 1)
        columns = numpy.clip(numpy.round((numpy.arange(WIDTH) - WIDTH / 2) / scale + WIDTH / 2), 0, WIDTH - 1)
        return noisy(picture, number)[rows.astype(int)][:, columns.astype(int)]

    return look


def moved(picture: numpy.ndarray, number: int) -> numpy.ndarray:
    """8 pixels of 1280 further right."""
    return numpy.roll(cartoon(picture, number), 4, 1)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mp4", iter(footage()))


def compare(clip: Path, shown: Sequence[int], look: Look, expected: Sequence[int] | None = None) -> Inspection:
    """Compare `clip` with a result whose frames show the footage's frames `shown`."""
    pictures = (look(footage()[min(max(frame, 0), FRAMES - 1)], number) for number, frame in enumerate(shown))
    result = write(clip.with_name("result.mp4"), pictures)
    return comparing.inspect(
        clip,
        result,
        range(FRAMES) if expected is None else expected,
        clip.parent / "inspection",
        export.background_blender(),
        cancelled=lambda: False,
    )


@pytest.mark.parametrize("look", sampled([untouched, cartoon, noisy, with_a_stranger], with_a_stranger))
def test_an_undamaged_result_is_left_alone(clip: Path, look: Look) -> None:
    assert compare(clip, range(FRAMES), look) == Inspection(tuple(range(FRAMES)), Fit(), True, ("Aligned",))


def test_a_late_result_is_corrected(clip: Path) -> None:
    found = compare(clip, range(-2, FRAMES - 2), noisy)
    assert found.notes == ("Aligned: 2 frames late, corrected",)
    assert found.frames == tuple(min(frame + 2, FRAMES - 1) for frame in range(FRAMES)) and found.fit == Fit()


@pytest.mark.campaign
def test_a_doubled_frame_is_skipped(clip: Path) -> None:
    found = compare(clip, [*range(41), *range(40, FRAMES)], with_a_stranger)
    (note,) = found.notes
    assert note.startswith("Frame 4") and note.endswith("is doubled in the result: skipped")
    right = [frame + (frame > 40) for frame in range(FRAMES)]
    assert sum(frame != wanted for frame, wanted in zip(found.frames, right, strict=True)) <= 3


@pytest.mark.campaign
def test_a_larger_picture_is_scaled_back(clip: Path) -> None:
    found = compare(clip, range(FRAMES), larger(1.02))
    assert found.frames == tuple(range(FRAMES))
    assert found.fit.scale_x == pytest.approx(1 / 1.02, abs=0.003)
    assert found.fit.scale_y == pytest.approx(1 / 1.02, abs=0.003)
    assert (found.fit.offset_x, found.fit.offset_y) == (0, 0)
    (note,) = found.notes
    assert note.startswith("The picture is ") and note.endswith(" % larger than what was sent: scaled back")


@pytest.mark.every_blender("proxies and small pictures are made by Blender")
def test_a_shifted_picture_is_shifted_back(clip: Path) -> None:
    found = compare(clip, range(FRAMES), moved)
    assert found.frames == tuple(range(FRAMES))
    assert found.fit.offset_x == pytest.approx(-4 / WIDTH, abs=0.0015)
    assert (found.fit.scale_x, found.fit.scale_y, found.fit.offset_y) == (1, 1, 0)


def test_a_result_at_another_rate_is_compared_by_its_own_frames(clip: Path) -> None:
    expected = [math.floor((frame + 0.5) * 24 / 48) for frame in range(FRAMES)]
    right = compare(clip, range(0, FRAMES, 2), noisy, expected)
    assert right == Inspection(tuple(expected), Fit(), True, ("Aligned",))
    late = compare(clip, range(-2, FRAMES - 2, 2), noisy, expected)
    assert late.notes == ("Aligned: 1 frame late, corrected",)
    assert late.frames == tuple(min(frame + 1, FRAMES // 2 - 1) for frame in expected)


@pytest.mark.campaign
def test_a_still_picture_is_no_evidence(tmp_path: Path) -> None:
    still = footage()[30]
    clip = write(tmp_path / "clip.mp4", (still for _ in range(FRAMES)))
    result = write(tmp_path / "result.mp4", (noisy(still, number) for number in range(FRAMES)))
    found = comparing.inspect(
        clip, result, range(FRAMES), tmp_path / "inspection", export.background_blender(), cancelled=lambda: False
    )
    assert (found.frames, found.fit, found.sure) == (tuple(range(FRAMES)), Fit(), False)
    assert found.notes == ("Too little moves to compare the frames: placed as it came",)


def test_a_clip_that_was_read_ahead_is_not_needed_again(clip: Path) -> None:
    folder, blender = clip.parent / "inspection", export.background_blender()
    comparing.prepare(clip, FRAMES, folder, blender, cancelled=lambda: False)
    (kept,) = folder.glob("*.npy")
    # `inspect` may run at the same time: what it asks and is answered has other files.
    assert not list(folder.glob("inspect_take.*"))
    state = clip.stat()
    result = write(clip.with_name("result.mp4"), iter(footage()))
    clip.write_bytes(bytes(state.st_size))
    os.utime(clip, ns=(state.st_atime_ns, state.st_mtime_ns))
    found = comparing.inspect(clip, result, range(FRAMES), folder, blender, cancelled=lambda: False)
    assert found.notes == ("Aligned",) and not kept.exists()


def test_what_cannot_be_compared_is_placed_as_it_came(clip: Path) -> None:
    broken = clip.with_name("broken.mp4")
    broken.write_bytes(b"this is no movie" * 100)
    for result, blender in [(broken, export.background_blender()), (clip, Blender(("/no/such/program",)))]:
        found = comparing.inspect(
            clip, result, range(FRAMES), clip.parent / "inspection", blender, cancelled=lambda: False
        )
        assert (found.frames, found.fit, found.sure) == (tuple(range(FRAMES)), Fit(), False)
        assert found.notes == ("The result could not be compared with the clip: placed as it came",)


def test_a_cancelled_comparison_stops(clip: Path) -> None:
    with pytest.raises(JobCancelled):
        comparing.inspect(
            clip, clip, range(FRAMES), clip.parent / "inspection", export.background_blender(), cancelled=lambda: True
        )


@pytest.mark.parametrize(
    ("shown", "note", "starts"),
    [
        pytest.param(lambda frame: frame - 2, "2 frames late", [-2], marks=CAMPAIGN),
        pytest.param(
            lambda frame: frame if frame < 40 else frame - 3,
            "3 frames too many in the result",
            [0, -3],
            marks=CAMPAIGN,
        ),
        pytest.param(lambda frame: frame, "Aligned", [0], marks=CAMPAIGN),
    ],
)
def test_a_take_is_laid_so_that_its_frames_belong(
    service: BadService, tmp_path: Path, shown: Callable[[int], int], note: str, starts: list[int]
) -> None:
    """The whole way: the service recolours the clip and moves its frames."""

    def damage(sent: bytes) -> bytes:
        with av.open(io.BytesIO(sent)) as source:
            frames = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)]
        pictures = (
            untouched(frames[min(max(shown(k), 0), len(frames) - 1)], k)[:, :, [2, 0, 1]] for k in range(FRAMES)
        )
        return write(tmp_path / "damaged.mp4", pictures, size=(1280, 720)).read_bytes()

    service.change = damage
    scene = editing.open_timeline(width=1280)
    strip = editing.add_movie(scene, FOOTAGE, frame=51)
    compat.set_end(strip, 51 + FRAMES)
    assert bpy.ops.reshoot.shoot(prompt="Other colours") == {"FINISHED"}
    job = session.current().job(editing.the_job().id)
    assert any(note in each for each in job.notes), job.notes
    placed = sorted(
        (each for each in editing.takes(scene) if each.type == "MOVIE"), key=lambda each: compat.start(each)
    )
    assert [round(compat.content_start(each)) - 51 for each in placed] == starts
    (outer,) = [each for each in compat.strips(scene.sequence_editor) if each.get("reshoot_job")]
    assert (compat.start(outer), compat.end(outer)) == (51, 51 + FRAMES)
