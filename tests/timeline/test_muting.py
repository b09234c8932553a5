# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies below a take is silent and hidden over the take's frames alone: measured in Blender's own mix."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import av
import bpy
import editing
import numbered
import numpy
import pytest
from campaign import sampled
from editing import open_timeline, select, shoot, takes
from patience import LONGEST
from reshoot import session
from reshoot.operators import waiting
from reshoot.session import shoot as press
from reshoot.timeline import compat, movie_strip

pytestmark = [
    pytest.mark.usefixtures("identity", "uncompared"),
    pytest.mark.every_blender("strips are cut, joined and mixed in another way in each Blender"),
    pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender was built without sound"),
]

FPS, RATE = 25, 48000
MIX = Path(__file__).parents[1] / "helpers" / "timeline" / "mix.py"
SHOTS = [(1, 61), (61, 141), (141, 201)]
"""The frames of three shots, one after the other, the ends exclusive."""


def tone(path: Path, frames: int) -> Path:
    """A WAV whose every sample differs from its neighbours, so that nothing can be late unseen."""
    samples = 12000 * numpy.sin(numpy.arange(frames * RATE // FPS) * 0.05)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.astype(numpy.int16).tobytes())
    return path


def film(tmp_path: Path) -> tuple[bpy.types.Scene, list[Any]]:
    """A timeline of three shots, without sound as yet."""
    scene = open_timeline()
    scene.frame_start, scene.frame_end = SHOTS[0][0], SHOTS[-1][1] - 1
    scene.render.ffmpeg.audio_mixrate = RATE
    path = numbered.movie(tmp_path / "footage.mp4", frames=200)
    shots = []
    for first, end in SHOTS:
        strip = editing.add_movie(scene, path, channel=4, frame=1)
        compat.set_start(strip, first)
        compat.set_end(strip, end)
        shots.append(strip)
    return scene, shots


def mixes(*files: Path) -> list[numpy.ndarray]:
    """Samples of what the frames of projects sound like, in Blender's own mix. Each in a process: 5.2 mixes once."""
    targets = [file.with_suffix(".flac") for file in files]
    mixing = [subprocess.Popen([sys.executable, MIX, file, file.with_suffix(".flac")]) for file in files]
    assert [each.wait(LONGEST) for each in mixing] == [0] * len(files)
    return [samples(target) for target in targets]


def samples(path: Path) -> numpy.ndarray:
    """The samples of a sound file, by channel."""
    with av.open(str(path)) as source:
        blocks = [block.to_ndarray().reshape(-1, block.layout.nb_channels) for block in source.decode(audio=0)]
    return numpy.concatenate(blocks)


def kept(path: Path) -> Path:
    """A copy of the open project, in a file."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    return path


def is_silent_there_alone(before: Path, after: Path, first: int, end: int, settles: int = 0) -> None:
    """The second project is silent over the frames, and elsewhere sounds as the first does, to the sample.

    A strip is heard for one sample more than its frames last, where these are rounded up.
    """
    was, now = mixes(before, after)
    start, stop = ((frame - 1) * RATE // FPS for frame in (first, end))
    assert was.shape == now.shape
    assert was[start:stop].any()
    assert not now[start + 1 : stop - 1].any()
    changed = numpy.flatnonzero((was != now).any(axis=1))
    assert changed.min() >= start - 1
    # Blender approaches an animated volume within 10 ms where a strip begins, 4.5 and 5.0 from further off than 5.2.
    assert changed.max() <= stop + settles
    assert not settles or numpy.abs(was[stop + 1 :].astype(int) - now[stop + 1 :]).max() < 0.002 * 2**15


@pytest.mark.parametrize("animated", sampled([False, True], True))
def test_an_interview_under_three_shots_is_silent_under_the_take_alone(tmp_path: Path, animated: bool) -> None:
    scene, shots = film(tmp_path)
    interview = numbered.strips(scene).new_sound("interview", str(tone(tmp_path / "talk.wav", 200)), 1, 1)
    interview.volume = 0.8
    if animated:
        interview.keyframe_insert("volume", frame=1)
        interview.volume = 0.3
        interview.keyframe_insert("volume", frame=200)
    select(scene, shots[1], interview)
    if animated and compat.CONNECTED_STRIPS:
        movie_strip.join(scene, [shots[1], interview])
    before = kept(tmp_path / "before.blend")
    scene.reshoot.sound = "SILENT"
    bpy.ops.ed.undo_push(message="before")
    shoot()
    is_silent_there_alone(before, kept(tmp_path / "after.blend"), *SHOTS[1], settles=RATE // 50 if animated else 0)
    for strip in shots:
        assert not strip.mute and (compat.start(strip), compat.end(strip)) in SHOTS
    bpy.ops.ed.undo()
    (again,) = [each for each in compat.strips_all(bpy.context.scene.sequence_editor) if each.type == "SOUND"]
    assert (again.name, again.mute, compat.start(again), compat.end(again)) == ("interview", False, 1, 201)
    assert not takes(bpy.context.scene)


@pytest.mark.campaign
def test_sound_that_begins_before_its_picture_goes_on_there(tmp_path: Path) -> None:
    """An L and a J cut: what is heard reaches under both neighbours."""
    scene, shots = film(tmp_path)
    own = numbered.strips(scene).new_sound("own", str(tone(tmp_path / "talk.wav", 120)), 1, 41)
    select(scene, shots[1], own)
    before = kept(tmp_path / "before.blend")
    scene.reshoot.sound = "SILENT"
    shoot()
    is_silent_there_alone(before, kept(tmp_path / "after.blend"), *SHOTS[1])


def test_sound_as_long_as_its_picture_is_not_cut(tmp_path: Path) -> None:
    scene, shots = film(tmp_path)
    own = numbered.strips(scene).new_sound("own", str(tone(tmp_path / "talk.wav", 80)), 1, SHOTS[1][0])
    select(scene, shots[1], own)
    before = kept(tmp_path / "before.blend")
    scene.reshoot.sound = "SILENT"
    shoot()
    is_silent_there_alone(before, kept(tmp_path / "after.blend"), *SHOTS[1])
    assert [each.name for each in numbered.strips(scene) if each.type == "SOUND"] == ["own"]


def test_a_see_through_shot_that_grew_meanwhile_shows_where_its_take_does_not(tmp_path: Path) -> None:
    scene, shots = film(tmp_path)
    for strip in (shots[0], shots[2]):
        numbered.strips(scene).remove(strip)
    shot = shots[1]
    shot.blend_type, shot.blend_alpha = "ALPHA_OVER", 0.5
    select(scene, shot)
    (job,) = press.shoot(scene)
    compat.set_end(shot, SHOTS[1][1] + 20)
    waiting.wait_for(session.current(), [job.id])
    pieces = [each for each in numbered.strips(scene) if each.type == "MOVIE" and "reshoot_job" not in each]
    assert sorted((compat.start(each), compat.end(each), each.mute) for each in pieces) == [
        (SHOTS[1][0], SHOTS[1][1], True),
        (SHOTS[1][1], SHOTS[1][1] + 20, False),
    ]
