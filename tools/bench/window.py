# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Blender with a window for the bench, the zip installed, and a service whose work can be held back.

Stands on the machinery of tests/gui. The timeline fills the window: what else is on screen is Blender's to draw.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blenders
import processes
from editor import Editor
from film import FFMPEG, SOURCE
from screen import Screen
from service import Service
from workstation import Workstation

_SIZE = (1280, 720)
# The extension's session/start.py has imported what it imports beside Blender's start.
_READY = "sys.modules.get(f'{MODULE}.session.preview') and sys.modules[f'{MODULE}.session.start'].ready()"

_TIMELINE = """
from dataclasses import replace

def part(name):
    return sys.modules[f"{MODULE}.{name}"]

def over(kind="WINDOW"):
    return bpy.context.temp_override(window=window(), screen=window().screen, area=timeline(), region=region(kind))

def press(name, stage):
    for each, strip in strips().items():
        strip.select = each == name
    probe.call_it("press")
    with over():
        bpy.ops.reshoot.shoot("INVOKE_DEFAULT")
    probe.call_it(stage)

scene().render.fps, scene().render.fps_base = 25, 1.0
scene().render.resolution_x, scene().render.resolution_y = 720, 720
scene().frame_start, scene().frame_end = 1, 80 * max(10, how_many // 10)
editor = scene().sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
scene().reshoot.prompt = "make it snow, with lanterns in the trees and fog over the meadow"
"""
# Ten above each other, with a free channel between for the takes. Of the same name but for Blender's number, as when a
# scene was shot in one go and cut up.
_STRIPS = """
for number in range(first, end):
    strip = every.new_movie("Shot", clip, 2 + 2 * (number % 10), 1 + 80 * (number // 10))
    strip.select = False
editor.active_strip = None
"""
_AT_ONCE = 50
"""Strips that are made without an answer between: each opens its movie."""
_VIEW_ALL = """
with over():
    bpy.ops.sequencer.view_all()
"""


@dataclass(frozen=True)
class Studio:
    """What every Blender of the bench is started from. home: with the zip installed in it."""

    installation: blenders.Installation
    screen: Screen
    folder: Path
    home: Path
    clip: Path


@contextlib.contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """A screen, and a user's folder with the zip installed. folder: emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    installation = blenders.chosen()
    blenders.install(installation, folder / "installed")
    with Screen(installation) as screen:
        yield Studio(installation, screen, folder, folder / "installed", _clip(folder / "clip.mp4"))


def _clip(path: Path) -> Path:
    """Three seconds, as small as the service takes it: what is measured is Blender, not its movie reader."""
    cut = ["-i", str(SOURCE), "-frames:v", "75", "-an", "-vf", "crop=720:720"]
    subprocess.run([FFMPEG, "-v", "error", *cut, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


class Desk:
    """An editor at one of these Blenders. names: of the strips, by time and channel."""

    def __init__(self, look: Workstation, service: Service) -> None:
        self.look = look
        self.service = service
        self.editor = Editor(look)
        self.names: list[str] = []

    def build(self, clip: Path, strips: int) -> None:
        """A timeline with so many strips, the sidebar's tab open."""
        self.look.run(_TIMELINE, how_many=strips)
        for first in range(0, strips, _AT_ONCE):
            self.look.run(_STRIPS, clip=str(clip), first=first, end=min(strips, first + _AT_ONCE))
        self.names = self.look.value("[strip.name for strip in every]")
        self.editor.fill_window()
        self.look.run(_VIEW_ALL)
        self.editor.open_tab()

    def report(self) -> dict[str, Any]:
        """What the probe has measured, by stage."""
        found: dict[str, Any] = self.look.value("probe.report()")
        return found


@contextlib.contextmanager
def desk(
    studio: Studio, name: str, file: Path | None = None, prepare: Callable[[Path], None] | None = None
) -> Iterator[Desk]:
    """A Blender that has just been started. prepare: is given the folder of its journal before."""
    folder = studio.folder / name
    home = folder / "home"
    shutil.copytree(studio.home, home, symlinks=True)
    if prepare is not None:
        prepare(home / "reshoot-home")
    service = Service(folder / "service")
    look = Workstation(studio.installation, studio.screen, home, pictures=folder, more=service.surroundings, size=_SIZE)
    try:
        service.start()
        look.start(file)
        look.wait(_READY)
        yield Desk(look, service)
    finally:
        look.kill()
        service.kill()
        for pid in processes.using(home):
            processes.send(pid, signal.SIGKILL)
