# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlays in every format that Blender reads with an alpha channel: what is below them is sent with them, and stays in
sight around them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import editing
import footage
import numbered
import numpy
import pytest
from campaign import sampled
from editing import drain_till, drain_until, journal, open_timeline, select, shoot
from patience import LONGEST
from reshoot.core.jobs import board
from reshoot.core.planning import transparency
from reshoot.session import preview
from reshoot.session import shoot as sending
from reshoot.session.press import AT_ONCE, Press
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("identity", "uncompared")

WIDTH, HEIGHT = 160, 120


def add(scene: bpy.types.Scene, path: Path, channel: int) -> Any:
    """A strip of an image or a movie, whatever its format."""
    if path.suffix in (".mkv", ".avi", ".mov", ".webm", ".gif"):
        strip = compat.strips(scene.sequence_editor).new_movie(str(path), str(path), channel, 1)
    else:
        strip = compat.strips(scene.sequence_editor).new_image(str(path), str(path), channel, 1)
    compat.set_end(strip, 76)
    strip.blend_type = "ALPHA_OVER"
    return strip


def known(scene: bpy.types.Scene, paths: list[Path]) -> None:
    """Look at the selection, as a panel does, until Blender has told of every file."""
    end = time.monotonic() + LONGEST
    while not transparency.is_settled([str(path) for path in paths]):
        assert time.monotonic() < end
        preview.preview(scene)
        time.sleep(0.01)


@pytest.mark.every_blender("which formats it reads with an alpha channel is each version's own")
def test_whatever_blender_sees_through_counts_as_see_through(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24), width=WIDTH, height=HEIGHT)
    # Below is nothing at first, and gray from the second frame on.
    editing.add_image(scene, footage.png(tmp_path / "below.png", WIDTH, HEIGHT), channel=1, frame=2)
    for kind in ("with", "without"):
        (tmp_path / kind).mkdir()
    paths = [footage.overlay(tmp_path / "with" / name, WIDTH, HEIGHT, frames=2) for name in footage.OVERLAYS]
    paths.append(footage.gif(tmp_path / "with" / "a.gif", WIDTH, HEIGHT))
    paths.append(footage.photoshop(tmp_path / "with" / "a.psd", WIDTH, HEIGHT))
    for name in footage.OVERLAYS:
        paths.append(footage.overlay(tmp_path / "without" / name, WIDTH, HEIGHT, whole=True, frames=2))
    paths.append(footage.photoshop(tmp_path / "without" / "a.psd", WIDTH, HEIGHT, whole=True))
    strips = [add(scene, path, 3 + number) for number, path in enumerate(paths)]
    # Beside movies, stills are no shots.
    for kind in ("IMAGE", "MOVIE"):
        select(scene, *(strip for strip in strips if strip.type == kind))
        known(scene, [path for path, strip in zip(paths, strips, strict=True) if strip.type == kind])
    for strip in strips:
        compat.strips(scene.sequence_editor).remove(strip)
    seen_through = []
    for path in paths:
        strip = add(scene, path, 3)
        select(scene, strip)
        on_nothing, on_gray = (numbered.shown(scene, frame, tmp_path).astype(int) for frame in (1, 2))
        read = editing.seen(scene).shot
        assert read is not None and read.see_through == (numpy.abs(on_nothing - on_gray).max() > 30), path
        seen_through.append(read.see_through)
        compat.strips(scene.sequence_editor).remove(strip)
    opaque = len(footage.OVERLAYS) + 1
    # Blender 4.2 reads VP9 without its alpha channel.
    assert sum(seen_through) >= opaque and not any(seen_through[-opaque:])
    assert seen_through[paths.index(tmp_path / "with" / "a.psd")]


def test_what_nobody_has_looked_at_is_see_through_until_blender_has(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24), width=WIDTH, height=HEIGHT)
    compat.new_effect(scene.sequence_editor, "below", "COLOR", 1, 1, 75)
    path = footage.overlay(tmp_path / "a.tga", WIDTH, HEIGHT, whole=True)
    select(scene, add(scene, path, 3))
    pressed = editing.seen(scene).shot
    assert pressed is not None and pressed.see_through
    known(scene, [path])
    pressed, shown = editing.seen(scene).shot, preview.preview(scene).shot
    assert pressed is not None and not pressed.see_through
    assert shown is not None and not shown.see_through
    (tmp_path / "with").mkdir()
    path.write_bytes(footage.overlay(tmp_path / "with" / "a.tga", WIDTH, HEIGHT).read_bytes() + b"\0")
    end = time.monotonic() + LONGEST
    while not (shown := preview.preview(scene).shot) or not shown.see_through:
        assert time.monotonic() < end, "the file is another now"
        time.sleep(0.01)


def pressed(scene: bpy.types.Scene) -> bool:
    """Press as in a window whose sidebar is shut. Whether something is seen through the shot of the job that begins."""
    press = Press(scene, patience=AT_ONCE)
    sending.begin(press, scene)
    end = time.monotonic() + LONGEST
    while not sending.carry_out():
        assert time.monotonic() < end
        time.sleep(0.001)
    (line,) = board.all_jobs()
    assert line.job.id == press.jobs[0].id
    drain_until("LANDED")
    return line.job.shot.see_through


@pytest.mark.parametrize("whole", [True, False])
def test_a_press_that_no_panel_has_prepared_finds_out_what_only_blender_can_tell(tmp_path: Path, whole: bool) -> None:
    scene = open_timeline(fps=Fraction(24))
    compat.new_effect(scene.sequence_editor, "below", "COLOR", 1, 1, 75)
    select(scene, add(scene, footage.overlay(tmp_path / "a.tga", 720, 720, whole=whole), 3))
    assert pressed(scene) != whole


def test_a_press_on_several_strips_finds_that_out_of_each(tmp_path: Path) -> None:
    scene = open_timeline(fps=Fraction(24))
    compat.new_effect(scene.sequence_editor, "below", "COLOR", 1, 1, 75)
    shots = {"with": False, "without": True}
    for name in shots:
        (tmp_path / name).mkdir()
    strips = [
        add(scene, footage.overlay(tmp_path / name / "a.tga", 720, 720, whole=whole), 3)
        for name, whole in shots.items()
    ]
    select(scene, *strips)
    press = Press(scene, patience=AT_ONCE)
    assert [job.shot.see_through for job in press.jobs] == [True, True]
    ids = [job.id for job in press.jobs]
    sending.begin(press, scene)
    press.wait(LONGEST)
    assert sending.carry_out()
    assert [(job.id, job.shot.see_through) for job in press.jobs] == list(zip(ids, [True, False], strict=True))
    drain_till(lambda: [row.state for row in journal()] == ["LANDED"] * 2)


def test_what_is_pressed_as_blender_ends_does_not_wait_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = open_timeline(fps=Fraction(24))
    compat.new_effect(scene.sequence_editor, "below", "COLOR", 1, 1, 75)
    select(scene, add(scene, footage.overlay(tmp_path / "a.tga", 720, 720, whole=True), 3))

    def never(_paths: object, _blender: object, cancelled: Callable[[], bool]) -> None:
        while not cancelled():
            time.sleep(0.001)

    monkeypatch.setattr(transparency, "look_closely", never)
    sending.begin(Press(scene, patience=AT_ONCE), scene)
    sending.finish()
    (line,) = board.all_jobs()
    assert line.job.shot.see_through
    drain_until("LANDED")


@pytest.mark.parametrize("name", sampled([*footage.OVERLAYS, "a.gif"], "a.tga", "ffv1.mkv"))
def test_what_is_below_an_overlay_stays_in_sight_around_its_take(tmp_path: Path, name: str) -> None:
    scene = open_timeline(fps=Fraction(24))
    editing.add_movie(scene, numbered.movie(tmp_path / "below.mp4", frames=75, fps=Fraction(24)))
    path = tmp_path / name
    make = footage.gif if name == "a.gif" else footage.overlay
    strip = add(scene, make(path, 640, 360), 3)
    select(scene, strip)
    before = numbered.shown(scene, 25, tmp_path)
    shoot()
    assert board.all_jobs()[0].job.shot.see_through
    assert numbered.numbers_in(Path(board.all_jobs()[0].job.clip))[:75] == list(range(75))
    after = numbered.psnr(before, numbered.shown(scene, 25, tmp_path))
    assert after > 35, f"{name}: {after:.1f} dB"
