# SPDX-License-Identifier: GPL-3.0-or-later
"""A result's own sound is heard when it is meant to be, to the sample: measured in Blender's own mix."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import bpy
import editing
import numbered
import numpy
import odd_movies
import pytest
import sample_jobs
from campaign import sampled
from editing import open_timeline
from patience import LONGEST
from reshoot.core.takes import result
from reshoot.core.values.choices import Sound, Source
from reshoot.timeline import compat, place, shot

RATE = 48000
SECONDS = 3
BEEP = Fraction(3, 2)
"""Seconds from the first picture of a result to its beep."""
MIX = Path(__file__).parents[1] / "helpers" / "timeline" / "mix.py"
LATE = [Fraction(late, 1000) for late in (0, 80, 160, 250, 379, 400)]
"""Seconds by which edit lists begin a result's sound after its picture."""


def results(folder: Path) -> list[Path]:
    """Movies with a beep in their sound, which begins after the picture, or before it."""
    numbers, beep = [*range(SECONDS * 24)], {"beep": BEEP, "seconds": Fraction(SECONDS)}
    made = []
    for late in LATE:
        path = folder / f"late{late.numerator}-{late.denominator}.mp4"
        odd_movies.movie(path, numbers, width=720, height=720, beep=BEEP - late, seconds=SECONDS - late)
        if late:
            odd_movies.begin_sound_late(path, late)
        made.append(path)
    for name, flags in (("early", ""), ("fragments", "frag_keyframe+delay_moov")):
        path = folder / f"{name}.mp4"
        made.append(odd_movies.movie(path, numbers, width=720, height=720, b_frames=True, movflags=flags, **beep))
    odd_movies.begin_picture_late(folder / "early.mp4")
    # Gets a new table of contents, which cuts off what is heard before the picture.
    path = folder / "waits.mp4"
    ticks = [120 + 10 * number for number in numbers]
    made.append(odd_movies.movie(path, numbers, ticks=ticks, width=720, height=720, **beep))
    inside = folder / "inside.mp4"
    made.append(odd_movies.movie(inside, numbers, width=720, height=720, **beep))
    odd_movies.begin_sound_inside(inside, 448)
    return made


@pytest.mark.every_blender("where a sound can begin, and how it is mixed, differs")
@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender was built without sound")
@pytest.mark.parametrize("fps", sampled([24, 25, 30, 60], 30))
def test_a_results_sound_is_heard_to_the_sample(tmp_path: Path, fps: int) -> None:
    scene = open_timeline(Fraction(fps))
    scene.render.ffmpeg.audio_mixrate = RATE
    length, first = SECONDS * fps, 1
    footage = numbered.movie(tmp_path / "shot.mp4", frames=length, fps=Fraction(fps))
    wanted = []
    for path in results(tmp_path):
        editing.add_movie(scene, footage, frame=first)
        job = sample_jobs.a_job(shot.read_each(scene, Source.STRIP, "").each[0].shot, sound=Sound.RESULT)
        take, _ = result.land(job, path, tmp_path / f"{path.stem}_take.mp4")
        place.place(scene, [replace(job, take=take)])
        wanted.append(Fraction(first - 1, fps) + first_loud(path))
        first += length
    scene.frame_start, scene.frame_end = 1, first - 1
    project, mix = tmp_path / "project.blend", tmp_path / "mix.flac"
    bpy.ops.wm.save_as_mainfile(filepath=str(project), copy=True)
    assert subprocess.run([sys.executable, MIX, project, mix], timeout=LONGEST).returncode == 0
    with av.open(str(mix)) as source:
        heard = numpy.concatenate([abs(block.to_ndarray()).reshape(-1, 2).max(1) for block in source.decode(audio=0)])
    heard = heard / (32768 if heard.dtype == numpy.int16 else 1 << 31)
    for number, at in enumerate(wanted):
        begin = number * SECONDS * RATE
        found = begin + numpy.flatnonzero(heard[begin : begin + SECONDS * RATE] > 0.2)[0]
        assert abs(found - at * RATE) <= (2 if compat.SOUND_OFFSET else RATE / fps / 2), (number, found / RATE, at)


def first_loud(path: Path) -> Fraction:
    """Second, from its first picture on, at which a movie's sound is first loud, as a player plays it."""
    with av.open(str(path)) as source:
        pictures = source.streams.video[0]
        begin = next(source.decode(pictures)).time
    with av.open(str(path)) as source:
        for block in source.decode(audio=0):
            loud = numpy.flatnonzero(abs(block.to_ndarray()).max(0) > 0.2)
            if len(loud):
                return Fraction(block.pts) * block.time_base + Fraction(int(loud[0]), RATE) - Fraction(begin)
    raise AssertionError("it is silent")
