# SPDX-License-Identifier: GPL-3.0-or-later
"""core/clip: what goes out of the shot's own movie without being encoded again, and what has to be rendered."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from rehearsal_render import make_clip
from reshoot.core.export import clip
from reshoot.core.export.own_frames import own_frames
from reshoot.core.media import mp4
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.planning import conform
from reshoot.core.planning.job_model import kept
from reshoot.core.values.choices import Sound, Timing
from reshoot.core.values.job import Job, new
from reshoot.core.values.request import Order
from reshoot.core.values.shot import Shot
from sample_jobs import a_shot

FRAMES, GROUP = 600, 12
LIMITS = KLING_O1_EDIT.limits


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 frames at 24 fps, each twelfth one a place to begin."""
    return make_clip(tmp_path_factory.mktemp("movies") / "long.mp4", frames=FRAMES, group=GROUP)


def cut_of(movie: Path, before: int, frames: int, **changes: object) -> Shot:
    """A shot that shows `frames` of the movie, from frame `before` on."""
    whole = {"start": 1001, "before": before, "after": FRAMES - before - frames, "file": str(movie)}
    return a_shot(**{**whole, "frames": frames, **changes})


def jobs_of(shot: Shot, *, handles: int = 0, sound: Sound = Sound.TIMELINE, timing: Timing = Timing.AUTO) -> list[Job]:
    plan = conform.plan(shot, KLING_O1_EDIT, timing, sound, handles)
    order = Order(KLING_O1_EDIT.id, "", sound, ())
    return list(new(service="rehearsal", order=order, shot=shot, plan=plan, model=kept(KLING_O1_EDIT)))


def runs(shot: Shot, **asked: object) -> list[range | None]:
    """The run of the movie's frames that each part of the shot would be sent as, None where it is rendered."""
    jobs = jobs_of(shot, **asked)
    return [own and own.run for own in own_frames(shot, jobs[0].plan, jobs[0].plan.parts, LIMITS)]


class NoBlender:
    """Fails where something is rendered. Holds a cut against its source as the background Blender does, with PyAV."""

    def run(self, module: str, recipe: dict, *_rest: object, **_more: object) -> dict[str, bool]:
        if module != "check_cut":
            raise AssertionError(f"{module} was asked for")
        source, cut = pictures(Path(recipe["source"])), pictures(Path(recipe["cut"]))
        assert recipe["frames"][0] == 0 and recipe["frames"][-1] == len(cut) - 1
        return {"same": all(cut[frame] == source[recipe["first"] + frame] for frame in recipe["frames"])}


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as source:
        return [frame.to_ndarray().tobytes() for frame in source.decode(video=0)]


def made(job: Job, folder: Path) -> tuple[Path, tuple[str, ...]]:
    return clip.make(
        job, folder / "scene.blend", folder, NoBlender(), progress=lambda *_: None, cancelled=lambda: False
    )


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(video=0) if packet.size]


def same_samples(path: Path, expected: list[bytes]) -> bool:
    """Whether a cut has these samples, its first with the note of the encoder before it."""
    first, *others = packets(path)
    return first.endswith(expected[0]) and b"x264" in first and others == expected[1:]


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25)])
def test_a_cut_goes_out_with_the_files_own_samples(long_movie: Path, tmp_path: Path, fps: Fraction) -> None:
    shot = cut_of(long_movie, 120, 80, fps=fps)
    (job,) = jobs_of(shot)
    path, notes = made(job, tmp_path)
    assert path == tmp_path / "clip.mp4" and same_samples(path, packets(long_movie)[120:200])
    assert (mp4.probe(path).frames, mp4.probe(path).fps) == (80, 24)
    assert notes == ("Sent without encoding it again, cut out of the file",)
    (own,) = own_frames(shot, job.plan, job.plan.parts, LIMITS)
    assert own is not None and own.size == path.stat().st_size and not own.whole


def test_a_cut_gets_the_planned_rate(long_movie: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.mp4"
    mp4.relabel(long_movie, slow, Fraction(25))
    (job,) = jobs_of(cut_of(slow, 120, 80, fps=Fraction(25)))
    path, notes = made(job, tmp_path)
    assert mp4.probe(path).fps == 24 and same_samples(path, packets(long_movie)[120:200])
    assert notes == ("Sent without encoding it again, cut out of the file and labelled 24 fps",)


def test_real_time_takes_a_cut_at_the_timelines_own_rate(long_movie: Path, tmp_path: Path) -> None:
    shot = cut_of(long_movie, 120, 100, fps=Fraction(30))
    (job,) = jobs_of(shot, timing=Timing.REAL_TIME)
    assert job.sent.held == 0
    path, _notes = made(job, tmp_path)
    assert (mp4.probe(path).fps, mp4.probe(path).frames) == (30, job.sent.frames)


@pytest.mark.parametrize(("before", "frames"), [(121, 80), (119, 81), (125, 90)])
def test_a_cut_that_begins_between_two_key_pictures_is_rendered(long_movie: Path, before: int, frames: int) -> None:
    assert runs(cut_of(long_movie, before, frames)) == [None]


def test_handles_are_cut_out_with_the_shot(long_movie: Path) -> None:
    assert runs(cut_of(long_movie, 132, 80), handles=12) == [range(120, 224)]
    assert runs(cut_of(long_movie, 132, 80), handles=8) == [None]


def test_handles_past_the_files_ends_are_rendered(long_movie: Path) -> None:
    assert runs(cut_of(long_movie, 12, 80), handles=24) == [None]
    assert runs(cut_of(long_movie, FRAMES - 84, 80), handles=12) == [None]


def test_a_short_shot_is_lengthened_by_what_the_file_has(long_movie: Path) -> None:
    assert runs(cut_of(long_movie, 132, 48)) == [range(120, 192)]


def test_each_part_of_a_long_shot_is_cut_by_itself(long_movie: Path) -> None:
    shot = cut_of(long_movie, 0, FRAMES, cuts=(204, 401))
    plan = jobs_of(shot)[0].plan
    assert [(part.start, part.sent) for part in plan.parts] == [(0, 204), (204, 197), (401, 199)]
    assert runs(shot) == [range(204), range(204, 401), None]


def test_handles_up_to_the_files_ends_send_the_file_as_it_is(movie: Path, tmp_path: Path) -> None:
    shot = a_shot(frames=48, start=101, before=12, after=12, file=str(movie))
    (job,) = jobs_of(shot, handles=12)
    path, notes = made(job, tmp_path)
    assert notes == ("Sent without encoding it again",) and packets(path) == packets(movie)


def test_sound_that_is_sent_is_rendered_with_a_cut(long_movie: Path, movie: Path) -> None:
    assert runs(cut_of(long_movie, 120, 80), sound=Sound.RESULT) == [None]
    assert runs(a_shot(file=str(movie)), sound=Sound.RESULT) == [range(72)]


def test_a_movie_that_blender_counts_in_another_way_is_rendered(long_movie: Path) -> None:
    assert runs(cut_of(long_movie, 120, 80, after=399)) == [None]


@pytest.mark.parametrize(
    ("fps", "told"),
    [
        (Fraction(24), True),
        (Fraction(240001, 10000), True),
        (Fraction(24000, 1001), False),
        (Fraction(24024, 1000), False),
        (Fraction(25), True),
    ],
)
def test_a_pace_that_the_length_does_not_tell_is_rendered(long_movie: Path, fps: Fraction, told: bool) -> None:
    """600 frames at 23.976 fps last 600.6 of 24 fps: whether they play at their own pace is not to be seen."""
    assert runs(cut_of(long_movie, 120, 80, fps=fps)) == [range(120, 200) if told else None]


def test_a_cut_of_another_size_is_rendered(long_movie: Path) -> None:
    assert runs(cut_of(long_movie, 120, 80, width=800, height=800)) == [None]


def test_the_limit_is_on_the_cut_and_not_on_the_file(long_movie: Path) -> None:
    shot = cut_of(long_movie, 120, 80)
    plan = jobs_of(shot)[0].plan
    (own,) = own_frames(shot, plan, plan.parts, LIMITS)
    assert own is not None and own.size < long_movie.stat().st_size
    for most, sent in ((own.size, True), (own.size - 1, False)):
        (found,) = own_frames(shot, plan, plan.parts, replace(LIMITS, max_video_bytes=most))
        assert (found is not None) == sent


def test_frames_that_are_held_are_rendered(long_movie: Path) -> None:
    shot = cut_of(long_movie, 120, 80)
    plan = jobs_of(shot)[0].plan
    (part,) = plan.parts
    assert own_frames(shot, plan, [replace(part, after=4, frames=84, held=4)], LIMITS) == (None,)
    assert own_frames(shot, replace(plan, one_to_one=False), [part], LIMITS) == (None,)


def test_a_file_that_changed_is_looked_at_again(long_movie: Path, movie: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(long_movie.read_bytes())
    shot = cut_of(path, 120, 80)
    assert runs(shot) == [range(120, 200)]
    path.write_bytes(movie.read_bytes())
    assert runs(shot) == [None]
    path.unlink()
    assert runs(shot) == [None]


def test_tables_are_read_once_as_long_as_the_file_stays(
    long_movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(long_movie.read_bytes())
    asked = []
    sizes = mp4.sizes_of_cuts
    monkeypatch.setattr(mp4, "sizes_of_cuts", lambda *which, **how: asked.append(which) or sizes(*which, **how))
    for _ in range(3):
        assert runs(cut_of(path, 120, 80)) == [range(120, 200)]
    assert len(asked) == 1
    os.utime(path, ns=(1, 1))
    assert runs(cut_of(path, 120, 80)) == [range(120, 200)]
    assert len(asked) == 2
