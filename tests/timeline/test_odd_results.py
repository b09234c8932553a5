# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that are not what was asked for: other rates, lengths, sizes, uneven times, odd containers.

Whatever comes back, each frame of the timeline has to show the frame that belongs there, or the one nearest to it, and
the job has to say what was done.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
import editing
import numbered
import numpy
import odd_movies
import pytest
from bad_service import BadService
from campaign import CAMPAIGN, sampled
from editing import Timeline, journal, open_timeline
from reshoot import session
from reshoot.background import movie_output
from reshoot.core.media import mp4
from reshoot.core.values.job import Job
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")

FRAMES = 80
FIRST = 11

Change = Callable[[Path, list[int]], Path]
"""Makes a movie at a path, of the numbers that were sent."""


def shoot(
    service: BadService,
    folder: Path,
    change: Change,
    *,
    fps: Fraction = Fraction(25),
    size: tuple[int, int] = (1280, 720),
    prepare: Callable[[bpy.types.Scene, Any], None] = lambda scene, strip: None,
) -> tuple[bpy.types.Scene, Any, Job]:
    """A shot of numbered frames whose result is what `change` makes of it: the scene, the take's strip and the job."""
    scene = open_timeline(fps, *size)
    strip = editing.add_movie(
        scene,
        numbered.movie(folder / "shot.mp4", frames=FRAMES, fps=fps, width=size[0], height=size[1]),
        frame=FIRST,
    )

    def changed(clip: bytes) -> bytes:
        sent = folder / "sent.mp4"
        sent.write_bytes(clip)
        return change(folder / "came.mp4", numbered.numbers_in(sent)).read_bytes()

    service.change = changed
    prepare(scene, strip)
    before = Timeline(scene)
    assert bpy.ops.reshoot.shoot(prompt="Make it snow") == {"FINISHED"}
    before.has_only_gained_a_take()
    (take,) = [each for each in compat.strips(scene.sequence_editor) if each.get("reshoot_job")]
    assert (compat.start(take), compat.end(take)) == (compat.start(strip), compat.end(strip))
    job = session.current().job(journal()[-1].id)
    assert job is not None and job.take is not None
    return scene, take, job


def show(scene: bpy.types.Scene, *, take: bool) -> None:
    """Show the take alone, or the shot alone."""
    for strip in compat.strips(scene.sequence_editor):
        strip.mute = bool(strip.get("reshoot_job")) != take


def seen(scene: bpy.types.Scene, folder: Path, places: Sequence[int]) -> list[int]:
    """The numbers that the take shows at some places of the shot, 0 being its first frame."""
    show(scene, take=True)
    scene.render.resolution_percentage = 25
    return [numbered.number_shown(scene, FIRST + place, folder) for place in places]


def looks_alike(scene: bpy.types.Scene, folder: Path) -> float:
    """How alike the shot and its take are, dB."""
    show(scene, take=False)
    shot = numbered.shown(scene, FIRST + 40, folder)
    show(scene, take=True)
    return numbered.psnr(shot, numbered.shown(scene, FIRST + 40, folder))


def said(job: Job, *parts: str) -> None:
    """The job says each of `parts` in one of its notes."""
    for part in parts:
        assert any(part in note for note in job.notes), job.notes


PLACES = [0, 1, 2, *range(3, FRAMES - 3, 11), FRAMES - 3, FRAMES - 2, FRAMES - 1]


def at_the_rate(rate: Fraction, *, b_frames: bool = False) -> Change:
    """The clip's time, sampled at another rate."""

    def change(path: Path, numbers: list[int]) -> Path:
        count = round(len(numbers) * rate / 24)
        shown = [numbers[min(math.floor((n + Fraction(1, 2)) * 24 / rate), len(numbers) - 1)] for n in range(count)]
        return odd_movies.movie(path, shown, fps=rate, b_frames=b_frames)

    return change


@pytest.mark.every_blender("a strip at a rate of its own shows other frames in each Blender")
@pytest.mark.parametrize(
    ("rate", "b_frames"),
    sampled(
        itertools.product(
            [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)], [False, True]
        ),
        (Fraction(24000, 1001), False),
        (Fraction(25), True),
        (Fraction(60), True),
    ),
)
def test_another_rate_is_laid_over_the_same_frames(
    tmp_path: Path, service: BadService, rate: Fraction, b_frames: bool
) -> None:
    """The service samples the clip's time at a rate of its own."""

    scene, _, job = shoot(service, tmp_path, at_the_rate(rate, b_frames=b_frames))
    errors = [number - place for number, place in zip(seen(scene, tmp_path, PLACES), PLACES, strict=True)]
    assert max(map(abs, errors)) <= (0 if rate == Fraction(24000, 1001) else 1), errors
    if rate > 24:
        said(job, "laid over 80 frames")


def test_no_proxies_are_built_of_a_take_with_a_rate_of_its_own(tmp_path: Path, service: BadService) -> None:
    """Blender would do so on a thread that keeps to strips that may be gone, and for other takes it does not."""
    system = bpy.context.preferences.system
    assert system.sequencer_proxy_setup == "AUTOMATIC"
    _, take, job = shoot(service, tmp_path, at_the_rate(Fraction(30)))
    assert job.take and job.take.play_fps is not None
    inner = list(compat.strips(take)) if take.type == "META" else [take]
    assert not any(strip.use_proxy for strip in inner if strip.type == "MOVIE")
    assert system.sequencer_proxy_setup == "AUTOMATIC"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param(1, ["has 81 frames for 80", "too long, cut off at its end: 1 frames"], marks=CAMPAIGN),
        (-1, ["has 79 frames for 80", "too short, its last frame held: 1 frames"]),
        (12, ["has 92 frames for 80", "too long, cut off at its end: 12 frames"]),
        pytest.param(-12, ["has 68 frames for 80", "too short, its last frame held: 12 frames"], marks=CAMPAIGN),
    ],
)
def test_another_length_is_cut_or_held(tmp_path: Path, service: BadService, more: int, words: list[str]) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, [*numbers, *range(200, 220)][: len(numbers) + more])

    scene, _, job = shoot(service, tmp_path, change)
    assert seen(scene, tmp_path, PLACES) == [min(place, FRAMES - 1 + min(more, 0)) for place in PLACES]
    said(job, *words)


def jittered(count: int) -> list[int]:
    """Begins that are up to 0.4 of a frame early or late."""
    return [10 * n + n * 7 % 5 - 2 + 4 * (n % 3 == 1) for n in range(1, count + 1)]


@pytest.mark.parametrize("b_frames", sampled([False, True], True))
def test_jittering_frames_are_shown_one_for_one(tmp_path: Path, service: BadService, b_frames: bool) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, numbers, ticks=jittered(len(numbers)), b_frames=b_frames)

    scene, _, job = shoot(service, tmp_path, change)
    assert seen(scene, tmp_path, range(0, FRAMES, 3)) == list(range(0, FRAMES, 3))
    said(job, "do not last equally long: shown one for one")
    assert mp4.probe(job.take.path).even


@pytest.mark.usefixtures("compared")
@pytest.mark.parametrize("b_frames", sampled([False, True], False))
def test_dropped_frames_are_held_for_as_long_as_they_last(tmp_path: Path, service: BadService, b_frames: bool) -> None:
    dropped = {20, 41, 42, 60}

    def change(path: Path, numbers: list[int]) -> Path:
        kept = [n for n in range(len(numbers)) if n not in dropped]
        return odd_movies.movie(path, [numbers[n] for n in kept], ticks=[10 * n for n in kept], b_frames=b_frames)

    scene, take, job = shoot(service, tmp_path, change)
    right = [max(n for n in range(place + 1) if n not in dropped) for place in range(FRAMES)]
    places = [0, 1, *range(17, 24), 30, *range(39, 46), *range(58, 63), 70, 78, 79]
    assert seen(scene, tmp_path, places) == [right[place] for place in places]
    assert take.type == "META"
    said(job, "each is shown at its time")


def test_often_dropped_frames_are_evened_out(tmp_path: Path, service: BadService) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        kept = [n for n in range(len(numbers)) if n % 2 == 0 or n % 7 == 0]
        return odd_movies.movie(path, [numbers[n] for n in kept], ticks=[10 * n for n in kept])

    scene, take, job = shoot(service, tmp_path, change)
    errors = [number - place for number, place in zip(seen(scene, tmp_path, PLACES), PLACES, strict=True)]
    assert max(map(abs, errors)) <= 3, errors
    assert take.type == "MOVIE"
    said(job, "evened out")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"b_frames": True}, marks=CAMPAIGN),
        {"ticks": [120 + 10 * n for n in range(FRAMES)], "b_frames": True},
        pytest.param({"movflags": "frag_keyframe+empty_moov", "b_frames": True}, marks=CAMPAIGN),
        {"movflags": "frag_every_frame+empty_moov+default_base_moof", "ticks": jittered(FRAMES)},
        pytest.param({"codec": "libx265"}, marks=CAMPAIGN),
        {"codec": "libx265", "b_frames": True},
    ],
    ids=["b-frames", "starts-late", "fragments", "uneven-fragments", "hevc", "hevc-b-frames"],
)
def test_odd_files_are_shown_frame_for_frame(tmp_path: Path, service: BadService, options: dict[str, Any]) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, numbers, **options)

    scene, _, _ = shoot(service, tmp_path, change)
    assert seen(scene, tmp_path, PLACES) == PLACES


@pytest.mark.every_blender("Blender's reader of movies differs")
def test_a_quicktime_file_is_shown_frame_for_frame(tmp_path: Path, service: BadService) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path.with_suffix(".mov"), numbers, b_frames=True)

    scene, _, _ = shoot(service, tmp_path, change)
    assert seen(scene, tmp_path, PLACES) == PLACES


@pytest.mark.usefixtures("compared")
def test_fragments_at_another_rate(tmp_path: Path, service: BadService) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(
            path,
            [numbers[min(n * 24 // 30, len(numbers) - 1)] for n in range(len(numbers) * 30 // 24)],
            fps=Fraction(30),
            movflags="frag_keyframe+empty_moov",
        )

    scene, _, job = shoot(service, tmp_path, change)
    errors = [number - place for number, place in zip(seen(scene, tmp_path, PLACES), PLACES, strict=True)]
    assert max(map(abs, errors)) <= 1, errors
    said(job, "100 frames at 30 fps laid over 80 frames")


@pytest.mark.every_blender("Blender's reader of movies differs")
def test_frames_that_an_edit_list_hides_are_not_shown(tmp_path: Path, service: BadService) -> None:
    def change(path: Path, numbers: list[int]) -> Path:
        shown = [*range(205, 210), *numbers]
        return odd_movies.movie(path, shown, ticks=[10 * (n - 5) for n in range(len(shown))])

    scene, _, job = shoot(service, tmp_path, change)
    assert mp4.probe(tmp_path / "came.mp4").trimmed
    assert seen(scene, tmp_path, PLACES) == PLACES
    assert job.take.frames == FRAMES


@pytest.mark.parametrize(
    ("turned", "size"),
    sampled(
        itertools.product([90, 180, 270], [(720, 1280), (1280, 720)]),
        (90, (720, 1280)),
    ),
)
def test_a_turned_picture_is_shown_upright(
    tmp_path: Path, service: BadService, request: pytest.FixtureRequest, turned: int, size: tuple[int, int]
) -> None:
    if turned == 90:
        request.getfixturevalue("compared")

    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, numbers, width=size[0], height=size[1], turned=turned)

    def prepare(scene: bpy.types.Scene, strip: Any) -> None:
        strip.transform.scale_x, strip.transform.scale_y = 0.8, 0.7
        strip.transform.offset_x = 30
        strip.transform.origin = (0.3, 0.8)
        strip.crop.min_x, strip.crop.max_y = 20, 36

    scene, _, job = shoot(service, tmp_path, change, size=size, prepare=prepare)
    # Half a pixel may be rounded the other way in a turned picture.
    assert looks_alike(scene, tmp_path) > 24
    said(job, f"turned by {turned}°")


@pytest.mark.every_blender("Blender's reader of movies differs")
@pytest.mark.parametrize(
    "size",
    [
        (1920, 1080),
        pytest.param((960, 544), marks=CAMPAIGN),
        pytest.param((1284, 716), marks=CAMPAIGN),
    ],
)
def test_another_size_lies_over_the_shot(tmp_path: Path, service: BadService, size: tuple[int, int]) -> None:
    """Shapes that are nearly the same are stretched."""

    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, numbers, width=size[0], height=size[1])

    scene, _, _ = shoot(service, tmp_path, change)
    assert looks_alike(scene, tmp_path) > 24
    assert seen(scene, tmp_path, [0, 41, 79]) == [0, 41, 79]


@pytest.mark.parametrize("size", [(960, 720), pytest.param((1280, 480), marks=CAMPAIGN)])
def test_another_shape_covers_the_shot_and_no_more(tmp_path: Path, service: BadService, size: tuple[int, int]) -> None:
    """The shot is smaller than the screen: nothing of the take may lie outside of it."""

    def change(path: Path, numbers: list[int]) -> Path:
        return odd_movies.movie(path, numbers, width=size[0], height=size[1])

    def prepare(scene: bpy.types.Scene, strip: Any) -> None:
        strip.transform.scale_x = strip.transform.scale_y = 0.5
        strip.transform.offset_x = 100

    scene, _, job = shoot(service, tmp_path, change, prepare=prepare)
    show(scene, take=True)
    shown = numbered.shown(scene, FIRST + 75, tmp_path)[:, :, 1] > 10
    rows, columns = numpy.flatnonzero(shown.any(1)), numpy.flatnonzero(shown.any(0))
    edges = (columns[0], columns[-1] + 1, rows[0], rows[-1] + 1)
    assert numpy.allclose(edges, (420, 1060, 180, 540), atol=2), edges
    said(job, "of another shape than 1280×720: centred, its edges cut off")


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender was built without sound")
def test_sound_that_begins_later_than_its_picture_is_heard_in_step(service: BadService, tmp_path: Path) -> None:
    at, late = Fraction(2), Fraction(379, 1000)

    def change(path: Path, numbers: list[int]) -> Path:
        # Its sound is coded from its own begin on, and an edit list says when that is.
        whole = odd_movies.movie(
            path.with_name("whole.mp4"), numbers, fps=Fraction(25), beep=at - late, seconds=FRAMES / Fraction(25)
        )
        with av.open(str(whole)) as source, av.open(str(path), "w") as target:
            streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.dts is None:
                    continue
                if packet.stream.type == "audio":
                    packet.pts += round(late / packet.time_base)
                    packet.dts += round(late / packet.time_base)
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
        return path

    def changed(clip: bytes) -> bytes:
        sent = tmp_path / "sent.mp4"
        sent.write_bytes(clip)
        return change(tmp_path / "came.mp4", numbered.numbers_in(sent)).read_bytes()

    service.change = changed
    scene = open_timeline(Fraction(25), 1280, 720)
    footage = numbered.movie(tmp_path / "shot.mp4", frames=FRAMES, width=1280, height=720)
    editing.add_movie(scene, footage, frame=FIRST)
    scene.reshoot.sound = "RESULT"
    assert bpy.ops.reshoot.shoot(prompt="Make it snow") == {"FINISHED"}
    job = session.current().job(journal()[-1].id)
    assert job is not None and job.take is not None and abs(job.take.sound_late - late) < Fraction(1, 20)
    scene.frame_start, scene.frame_end = FIRST, FIRST + FRAMES - 1
    mix = tmp_path / "mix.flac"
    movie_output.mix_sound(scene, mix)
    assert abs(first_loud(mix) - first_loud(tmp_path / "came.mp4")) <= 2 / 48000


def first_loud(path: Path) -> float:
    """Second at which a file's sound is first loud."""
    with av.open(str(path)) as source:
        for block in source.decode(audio=0):
            samples = abs(block.to_ndarray().astype(float))
            if not block.format.is_planar:
                samples = samples.reshape(-1, block.layout.nb_channels).T
            loud = numpy.flatnonzero(samples.max(0) > 0.2 * (32768 if block.format.name.startswith("s16") else 1))
            if len(loud):
                return float(block.time + loud[0] / block.sample_rate)
    raise AssertionError("it is silent")
