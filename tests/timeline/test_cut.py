# SPDX-License-Identifier: GPL-3.0-or-later
"""Trimmed strips: where the movie's own samples can be cut out they are sent, elsewhere the shot is rendered.

With the very picture that was sent coming back, every frame has to show what it showed before.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
import editing
import numbered
import old_x264
import pytest
from campaign import sampled
from editing import Timeline, lies_over, open_timeline, shoot, takes
from reshoot import session
from reshoot.core.export import clip
from reshoot.core.media import mp4
from reshoot.core.values.choices import Source
from reshoot.core.values.job import Job
from reshoot.timeline import compat, export, movie_strip, shot

pytestmark = pytest.mark.usefixtures("identity", "uncompared")

FRAMES, GROUP = 200, 20
HIDDEN_AT_THE_START = "left_handle_offset" if compat.HANDLES else "frame_offset_start"
UNUSED_AT_THE_START = "content_trim_start" if compat.HANDLES else "animation_offset_start"
CUT = "Sent without encoding it again, cut out of the file and labelled 24 fps"


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 frames at 25 fps, with B-frames; each twentieth is a place to begin."""
    path = tmp_path_factory.mktemp("footage") / "long.mp4"
    return numbered.movie(path, frames=FRAMES, group=GROUP, b_frames=2)


def trimmed(scene: bpy.types.Scene, path: Path, first: int, end: int) -> Any:
    """A strip that begins at frame 11 and shows the movie from its frame `first` to the one before `end`."""
    strip = editing.add_movie(scene, path, frame=11 - first)
    compat.set_start(strip, 11)
    compat.set_end(strip, 11 + end - first)
    return strip


def jobs() -> list[Job]:
    """The jobs that were sent, by part."""
    every = [session.current().job(row.id) for row in editing.journal()]
    return sorted(every, key=lambda job: job.part)


def shot_and_back(scene: bpy.types.Scene, strip: Any, numbers: list[int], folder: Path) -> list[Job]:
    """Reshoot `strip`, which shows `numbers` and has to do so afterwards. The jobs."""
    before = Timeline(scene)
    shoot()
    before.has_only_gained_a_take()
    (take,) = [each for each in compat.strips(scene.sequence_editor) if each.get("reshoot_job")]
    lies_over(take, strip)
    places = sorted({0, 1, 2, *range(0, len(numbers), 17), len(numbers) - 2, len(numbers) - 1})
    start = compat.start(strip)
    assert [numbered.number_shown(scene, start + place, folder) for place in places] == [numbers[n] for n in places]
    return jobs()


def samples(path: Path) -> list[bytes]:
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(video=0) if packet.size]


@pytest.mark.every_blender("trims have other names since 5.2")
def test_a_strip_that_begins_at_a_key_picture_is_cut_out_of_its_file(long_movie: Path, tmp_path: Path) -> None:
    scene = open_timeline()
    strip = trimmed(scene, long_movie, 60, 140)
    (job,) = shot_and_back(scene, strip, list(range(60, 140)), tmp_path)
    sent = Path(job.clip)
    assert CUT in job.notes
    first, *others = samples(sent)
    assert first.endswith(samples(long_movie)[60]) and others == samples(long_movie)[61:140]
    assert numbered.numbers_in(sent) == list(range(60, 140))
    assert (mp4.probe(sent).fps, mp4.probe(sent).even) == (24, True)


def test_a_strip_that_begins_elsewhere_is_rendered(long_movie: Path, tmp_path: Path) -> None:
    scene = open_timeline()
    strip = trimmed(scene, long_movie, 61, 141)
    (job,) = shot_and_back(scene, strip, list(range(61, 141)), tmp_path)
    assert job.shot.file and CUT not in job.notes
    assert numbered.numbers_in(Path(job.clip)) == list(range(61, 141))


def test_a_cut_whose_pictures_are_others_is_not_taken_for_its_source(long_movie: Path, tmp_path: Path) -> None:
    made = tmp_path / "cut.mp4"
    assert mp4.cut(long_movie, made, range(80, 160), Fraction(24), keep_sound=False)
    blender = export.background_blender()
    # Its tables are right, and each picture is another than the shot's.
    assert not clip._shows_the_same(long_movie, made, range(60, 140), tmp_path, blender, lambda: False)


def test_handles_are_cut_out_too(long_movie: Path, tmp_path: Path) -> None:
    scene = open_timeline()
    scene.reshoot.handles = GROUP
    strip = trimmed(scene, long_movie, 80, 160)
    (job,) = shot_and_back(scene, strip, list(range(80, 160)), tmp_path)
    assert CUT in job.notes
    assert numbered.numbers_in(Path(job.clip)) == list(range(60, 180))


def test_a_short_strip_is_lengthened_by_what_its_file_has(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "every.mp4", frames=100, group=1)
    strip = trimmed(scene, path, 30, 50)
    (job,) = shot_and_back(scene, strip, list(range(30, 50)), tmp_path)
    first = job.sent.start + 30
    assert CUT in job.notes and numbered.numbers_in(Path(job.clip)) == list(range(first, first + 72))


@pytest.mark.campaign
def test_each_part_of_a_long_strip_is_cut_out(tmp_path: Path) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "every.mp4", frames=330, group=1)
    strip = trimmed(scene, path, 20, 310)
    first, second = shot_and_back(scene, strip, list(range(20, 310)), tmp_path)
    assert CUT in first.notes and CUT in second.notes
    assert numbered.numbers_in(Path(first.clip)) == list(range(20, 20 + first.sent.sent))
    assert numbered.numbers_in(Path(second.clip)) == list(range(310 - second.sent.sent, 310))


@pytest.mark.campaign
def test_in_real_time_a_cut_keeps_its_rate(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(60))
    path = numbered.movie(tmp_path / "fast.mp4", frames=260, fps=Fraction(60), group=20)
    trimmed(scene, path, 20, 220)
    shoot()
    (job,) = jobs()
    assert "Sent without encoding it again, cut out of the file" in job.notes
    assert numbered.numbers_in(Path(job.clip)) == list(range(20, 220)) and mp4.probe(job.clip).fps == 60
    (take,) = takes(scene)
    errors = [numbered.number_shown(scene, frame, tmp_path) - (frame + 9) for frame in range(11, 211, 9)]
    assert take and max(map(abs, errors)) < 60 / 24, errors


def test_a_strip_that_holds_its_last_frame_is_rendered(long_movie: Path, tmp_path: Path) -> None:
    scene = open_timeline()
    strip = trimmed(scene, long_movie, 120, 205)
    (job,) = shot_and_back(scene, strip, [*range(120, 200), *[199] * 5], tmp_path)
    assert not job.shot.file and CUT not in job.notes


def test_a_movie_of_an_old_encoder_in_4_4_4_is_rendered(tmp_path: Path) -> None:
    """Its samples depend on a note in the first one, and services may take none of them."""
    path = old_x264.movie(tmp_path / "old.mp4", frames=120, side=720, group=20, depends=False)
    scene = open_timeline()
    trimmed(scene, path, 20, 100)
    shoot()
    (job,) = jobs()
    assert job.shot.file and not any("without encoding" in note for note in job.notes)
    video = mp4.probe(job.clip)
    assert video.plain and (video.frames, video.width) == (80, 720)
    for sent, shown in zip(numbered.pictures(Path(job.clip)), [*numbered.pictures(path)][20:100], strict=True):
        assert numbered.psnr(sent, shown) > 38


CHANGES: dict[str, Callable[[Any], object]] = {
    "between frames": lambda strip: setattr(strip, HIDDEN_AT_THE_START, 60.5),
    "reversed": lambda strip: setattr(strip, "use_reverse_frames", True),
    "turned over": lambda strip: setattr(strip, "use_flip_x", True),
    "strobed": lambda strip: setattr(strip, "strobe", 2),
    "brighter": lambda strip: setattr(strip, "color_multiply", 1.5),
    "deinterlaced": lambda strip: setattr(strip, "use_deinterlace", True),
    "other colours": lambda strip: setattr(strip.colorspace_settings, "name", "Linear Rec.709"),
    "shortened at its source": lambda strip: setattr(strip, UNUSED_AT_THE_START, 10),
    "animated": lambda strip: strip.keyframe_insert("color_saturation", frame=20),
}


@pytest.mark.every_blender("trims have other names since 5.2")
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_not_the_files_own(long_movie: Path, change: str) -> None:
    scene = open_timeline()
    strip = trimmed(scene, long_movie, 60, 140)
    read = shot.read_each(scene, Source.STRIP, "").each[0].shot
    assert (read.file, read.before, read.frames, read.after) == (str(long_movie), 60, 80, 60)
    CHANGES[change](strip)
    assert shot.read_each(scene, Source.STRIP, "").each[0].shot.file == ""


@pytest.mark.parametrize("fps", sampled([Fraction(24), Fraction(30), Fraction(50)], Fraction(24)))
def test_a_movie_at_its_own_pace_is_rendered(long_movie: Path, tmp_path: Path, fps: Fraction) -> None:
    scene = open_timeline(fps=fps)
    strip = movie_strip.add(scene, "pace", long_movie, 1, 1, at_own_rate=True)
    compat.set_start(strip, 1 + 20 * int(fps) // 10)
    compat.set_end(strip, 1 + 60 * int(fps) // 10)
    editing.select(scene, strip)
    shown = [numbered.number_shown(scene, frame, tmp_path) for frame in (compat.start(strip), compat.end(strip) - 1)]
    shoot()
    (job,) = jobs()
    assert not any("without encoding" in note for note in job.notes)
    sent = numbered.numbers_in(Path(job.clip))
    assert abs(sent[0] - shown[0]) <= 1 and abs(sent[-1] - shown[1]) <= 2
