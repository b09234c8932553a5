# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene has become between the press and the take, or was all along: of another rate, of another file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import bpy
import editing
import numbered
import pytest
from campaign import sampled
from editing import open_timeline, takes
from reshoot import session
from reshoot.core.errors import PlacementError, ShotError
from reshoot.core.media import mp4
from reshoot.operators import waiting
from reshoot.session import shoot as press
from reshoot.timeline import compat, content, movie_strip, place

pytestmark = pytest.mark.usefixtures("identity", "uncompared")


def linked(scene: bpy.types.Scene, path: Path) -> bpy.types.Scene:
    """The same scene, linked from a file of its own."""
    bpy.data.libraries.write(str(path), {scene})
    with bpy.data.libraries.load(str(path), link=True) as (_there, wanted):
        wanted.scenes = [scene.name]
    return next(each for each in bpy.data.scenes if each.library is not None)


@pytest.mark.parametrize("now", sampled([15, 60], 15))
def test_a_take_in_real_time_keeps_its_pace_where_the_rate_was_changed(tmp_path: Path, now: int) -> None:
    scene = open_timeline(fps=Fraction(12))
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "slow.mp4", frames=48, fps=Fraction(12)))
    scene.reshoot.timing = "REAL_TIME"
    (job,) = press.shoot(scene)
    scene.render.fps = now
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    editing.lies_over(take, strip)
    # As many frames of the timeline for each of the file as there were when it was sent.
    shown = mp4.probe(Path(content.file_of(take))).fps
    placed = session.current().job(job.id).take
    assert placed is not None and placed.play_fps is not None
    assert now / shown == 12 / placed.play_fps


@pytest.mark.every_blender("how long a strip with a rate of its own is in a timeline of another rate is Blender's")
@pytest.mark.parametrize(
    ("timing", "now", "hidden"),
    sampled(
        [
            ("REAL_TIME", 15, 0),
            ("REAL_TIME", 15, 5),
            ("REAL_TIME", 60, 5),
            ("REAL_TIME", 60, 0),
            ("EVERY_FRAME", 60, 0),
        ],
        ("REAL_TIME", 60, 0),
    ),
)
def test_a_take_covers_a_shot_that_keeps_its_own_rate(tmp_path: Path, timing: str, now: int, hidden: int) -> None:
    scene = open_timeline()
    path = numbered.movie(tmp_path / "slow.mp4", frames=48, fps=Fraction(12))
    strip = movie_strip.add(scene, "dropped", path, 1, 1, at_own_rate=True)
    compat.set_end(strip, compat.end(strip) - hidden)
    editing.select(scene, strip)
    scene.reshoot.timing = timing
    then = compat.length(strip)
    (job,) = press.shoot(scene)
    scene.render.fps = now
    waiting.wait_for(session.current(), [job.id])
    (take,) = takes(scene)
    placed = session.current().job(job.id).take
    assert placed is not None
    # As long as it lasted, seconds; more is not paid for.
    end = min(compat.end(strip), compat.start(strip) + round(then * now / 25))
    assert compat.end(strip) != compat.start(strip) + then
    assert compat.start(take) == compat.start(strip) and abs(compat.end(take) - end) <= 1
    # A frame of the file for each frame of the timeline as it was, or its own rate.
    assert mp4.probe(Path(content.file_of(take))).fps == (placed.play_fps or 25)


def test_a_linked_scene_is_refused_before_anything_is_sent(tmp_path: Path, movie: Path) -> None:
    scene = open_timeline()
    editing.add_movie(scene, movie)
    other = linked(scene, tmp_path / "library.blend")
    with pytest.raises(ShotError, match="is linked from"):
        press.shoot(other, "Make it snow")
    assert not editing.journal()


def test_a_take_does_not_go_into_a_linked_scene(tmp_path: Path, movie: Path) -> None:
    scene = open_timeline()
    editing.add_movie(scene, movie)
    other = linked(scene, tmp_path / "library.blend")
    (job,) = press.shoot(scene)
    editing.drain_until("LANDED")
    landed = session.current().job(job.id)
    assert landed is not None
    with pytest.raises(PlacementError, match="is linked from"):
        place.place(other, [landed])
    assert place.find_scene(landed) == scene
    assert not takes(other)
    # Nor where that is the only one left that has anything of the shot.
    bpy.data.scenes.new("Another")
    bpy.data.scenes.remove(scene)
    assert place.find_scene(landed) is None


def test_a_path_of_a_linked_scene_begins_at_its_own_file(tmp_path: Path, movie: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    scene = open_timeline()
    strip = editing.add_movie(scene, movie)
    strip.filepath = "//shot.mp4"
    other = linked(scene, folder / "library.blend")
    (there,) = compat.strips_all(other.sequence_editor)
    assert Path(content.file_of(there)) == folder / "shot.mp4"
