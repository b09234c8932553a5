# SPDX-License-Identifier: GPL-3.0-or-later
"""For tools/pictures.py: an editor's desk in a real Blender, set up for a picture, and the camera.

Stands on the machinery of tests/gui. What is in the pictures is the installed extension's own drawing.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import processes
from editor import Editor
from PIL import Image, ImageChops
from screen import Screen
from workstation import Workstation, until

Box = tuple[int, int, int, int]
"""x, y of the lower left corner, width, height in the window."""

PATIENCE = 240.0
"""Seconds that a job may take on a busy machine."""
_EDGE = 10
_SEEN = 40
"""How much brighter or darker a pixel is before it counts as another, of 255."""
_FEW = 500

_INSIDE = """
def part(name):
    return sys.modules[f"{MODULE}.{name}"]

def over(kind="WINDOW"):
    return bpy.context.temp_override(window=window(), screen=window().screen, area=timeline(), region=region(kind))

def jobs():
    session = part("session")
    return part("core.jobs.board").listed(session.project(), session.takes_in_file())

def states():
    return [line.job.state.name for line in jobs()]

def how_far():
    return max((line.fraction or 0.0 for line in jobs() if line.job.state.name == "WAITING"), default=0.0)

def pick(*names):
    for name, strip in strips().items():
        strip.select = name in names
    scene().sequence_editor.active_strip = strips()[names[0]] if names else None

def shoot(name, prompt):
    pick(name)
    scene().reshoot.prompt = prompt
    with over():
        bpy.ops.reshoot.shoot("INVOKE_DEFAULT")

def thumbnails_are_there():
    # Who asks for a size has Blender read at once what it would have read in its own time.
    kept = getattr(sys.modules.get(f"{MODULE}.panels.thumbnails"), "_pictures", None) or {}
    return all(min(each.image_size) > 0 for each in kept.values())

def draw():
    for each in window().screen.areas:
        each.tag_redraw()
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)

def scroll(turn):
    # A page; whether there was anywhere to go.
    before = region("UI").view2d.region_to_view(0, 0)
    with over("UI"):
        turn(page=True)
    return region("UI").view2d.region_to_view(0, 0) != before

def set_theme(name):
    folders = map(pathlib.Path, bpy.utils.preset_paths("interface_theme"))
    path = next(folder / name for folder in folders if (folder / name).is_file())
    with bpy.context.temp_override(window=window()):
        bpy.ops.script.execute_preset(filepath=str(path), menu_idname="USERPREF_MT_interface_theme_presets")

import pathlib
view = bpy.context.preferences.view
view.smooth_view = 0
# More room; a message is shown in the top bar then, and fades there.
window().screen.show_statusbar = False
# The timeline would shine through the sidebar.
bpy.context.preferences.system.use_region_overlap = False
"""

_PROJECT = """
scene().render.fps, scene().render.fps_base = 25, 1.0
scene().render.resolution_x, scene().render.resolution_y = 1280, 720
scene().frame_start, scene().frame_end = 1, 140 * len(names)
editor = scene().sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
for at, name in enumerate(names):
    each = every.new_movie(name, clip, 2, 1 + 140 * at)
    each.select = False
stems = []
for at, path in enumerate(stills):
    each = every.new_image(pathlib.Path(path).stem, path, 1, 1 + 60 * at, fit_method="FIT")
    stems.append(each.name)
    if hasattr(each, "duration"):
        each.duration = 50
    else:
        each.frame_final_duration = 50
bpy.ops.wm.save_as_mainfile(filepath=file)
for kind, chosen in (("IMAGE", stems[:1]), ("ELEMENT", stems[1:])):
    if chosen:
        pick(*chosen)
        with over():
            bpy.ops.reshoot.reference_add(kind=kind)
pick()
with over():
    bpy.ops.sequencer.view_all()
"""

_PREFERENCES = """
timeline().type = "PREFERENCES"
bpy.context.preferences.active_section = "ADDONS"
bpy.context.window_manager.addon_search = "Reshoot"
with bpy.context.temp_override(window=window()):
    bpy.ops.preferences.addon_expand(module=MODULE)
"""

_PREFERENCES_AREA = 'next(each for each in window().screen.areas if each.type == "PREFERENCES")'


class Desk(Editor):
    """An editor at a Blender, and the camera."""

    def __init__(self, blender: Workstation, screen: Screen) -> None:
        super().__init__(blender)
        self._screen = screen
        blender.run(_INSIDE)

    # The desk

    def lay_out(self, clip: Path, stills: list[Path], names: list[str]) -> None:
        """A saved project with a strip of `clip` for each of `names`, and `stills` as its references: the first an
        image, the others the views of an element."""
        folder = self.blender.home / "bunny"
        folder.mkdir()
        clip, *stills = (Path(shutil.copy(each, folder)) for each in (clip, *stills))
        paths = [str(still) for still in stills]
        self.blender.run(_PROJECT, clip=str(clip), stills=paths, names=names, file=str(folder / "bunny.blend"))

    def fill_window(self) -> None:
        """Make the timeline as large as the window, or as small as it was."""
        self.over_timeline()
        before = self.blender.value("window().screen.show_fullscreen")
        self.blender.key("SPACE", ctrl=True)
        self.blender.wait("window().screen.show_fullscreen != before", before=before)
        self.draw()

    def widen_sidebar(self, width: int) -> None:
        """Drag the sidebar's edge until it is about `width` pixels wide."""
        for height in (0.25, 0.6, 0.9):
            # Where the timeline's scroll bar is at the edge, the mouse takes hold of that instead.
            x, y, now, high = self.blender.value("place_of(region('UI'))")
            self.blender.drag((x + 1, y + high * height), (x + 1 - width + now, y + high * height))
            with contextlib.suppress(AssertionError):
                self.blender.wait("abs(region('UI').width - width) < 30", 5, width=width)
                return
        raise AssertionError(f"the sidebar cannot be made {width} pixels wide")

    def open_only(self, button: str, across: float, above: int) -> None:
        """Close all panels but the one whose first button is `button`.

        across: where that is in the sidebar's width. above: how much higher the panel's header is, pixels at 1×.
        """
        x, y = self.find(button, (across,))
        left, scale = self.blender.value("(region('UI').x, bpy.context.preferences.system.ui_scale)")
        self.blender.click((left + x) / 2, y + above * scale, ctrl=True)

    def show_preferences(self) -> None:
        """Put the extension's preferences in the timeline's place."""
        self.blender.run(_PREFERENCES)

    # The jobs

    def send(self, name: str, prompt: str) -> None:
        """Send a strip; back when its job is there."""
        before = self.blender.value("len(jobs())")
        self.blender.run("shoot(name, prompt)", name=name, prompt=prompt)
        self.blender.wait("len(jobs()) > before", before=before)

    def wait_for(self, *states: str) -> None:
        """Wait until the jobs, newest first, are in `states`."""
        self.blender.wait("states() == wanted", PATIENCE, wanted=list(states))

    def hold_render(self, share: float) -> int:
        """Stop the Blender that makes the stand-in when it has done `share` of it and the panel tells; its id."""
        pid = self.wait_for_render()
        until(lambda: _done(pid) >= share, "the stand-in's progress", PATIENCE, self.blender.words)
        processes.send(pid, signal.SIGSTOP)
        self.blender.wait("how_far() >= share", PATIENCE, share=share)
        return pid

    def let_go(self, pid: int) -> None:
        """Let a Blender go on that was stopped."""
        processes.send(pid, signal.SIGCONT)

    def break_render(self) -> None:
        """End the Blender that makes the stand-in, as a crash would."""
        processes.send(self.wait_for_render(), signal.SIGKILL)

    # The camera

    def draw(self) -> None:
        """Have everything drawn, with its thumbnails."""
        self.blender.run("draw()")
        self.blender.wait("thumbnails_are_there()")
        self.blender.run("draw()")

    def whole(self) -> Image.Image:
        """The whole window."""
        # In a corner where nothing lights up below the mouse.
        self.blender.move(2, 2)
        self.draw()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "screen.png"
            self._screen.picture(path)
            with Image.open(path) as image:
                return image.convert("RGB")

    def cut(self, box: Box) -> Image.Image:
        """A part of the window."""
        x, y, width, height = box
        whole = self.whole()
        return whole.crop((x, whole.height - y - height, x + width, whole.height - y))

    def tab(self) -> Image.Image:
        """What the sidebar shows, without what is empty below its last panel."""
        return without_rest(self.cut(self.blender.value("place_of(region('UI'))")))

    def pages(self) -> Iterator[Image.Image]:
        """The sidebar from its top to its end, a height at a time."""
        self._to_top()
        yield self.tab()
        while self.blender.value("scroll(bpy.ops.view2d.scroll_down)"):
            yield self.tab()
        self._to_top()

    def _to_top(self) -> None:
        while self.blender.value("scroll(bpy.ops.view2d.scroll_up)"):
            pass

    def strips(self, *names: str) -> Image.Image:
        """The strips `names` in the timeline, and what is just around them."""
        self.blender.run("with over(): bpy.ops.sequencer.view_all()")
        x, y, width, height = self.blender.value("place_of(region('WINDOW'))")
        corners = self.blender.value(
            "[region('WINDOW').view2d.view_to_region(frame, strip.channel + edge, clip=False)"
            " for strip in map(strips().get, names) for frame, edge in zip(frames(strip), (0, 1))]",
            names=names,
        )
        left, right = (pick(each[0] for each in corners) for pick in (min, max))
        low, high = (pick(each[1] for each in corners) for pick in (min, max))
        left, low = max(0, left - _EDGE), max(0, low - _EDGE)
        return self.cut((x + left, y + low, min(width, right + _EDGE) - left, min(height, high + _EDGE) - low))

    def preferences(self) -> Image.Image:
        """The extension's preferences, once they are shown."""
        area = f"next(each for each in {_PREFERENCES_AREA}.regions if each.type == 'WINDOW')"
        return without_rest(self.cut(self.blender.value(f"place_of({area})")))


def _done(pid: int) -> float:
    """How much of its work a rendering Blender has done, by the log beside its recipe."""
    recipe = next((word for word in processes.command(pid).split() if word.endswith("render_stand_in.json")), "")
    if not recipe:
        return 1.0
    lines = [line.split() for line in Path(recipe).with_suffix(".log").read_text(errors="replace").splitlines()]
    counted = [line for line in lines if len(line) == 3 and line[1].isdigit() and line[2].isdigit()]
    return int(counted[-1][1]) / int(counted[-1][2]) if counted else 0.0


def without_rest(image: Image.Image) -> Image.Image:
    """Cut off what is empty below."""
    empty = Image.new("RGB", image.size, image.getpixel((3, image.height - 3)))
    # The tabs have a ground of their own, down to the end.
    aside = 0.85 * image.width
    left = ImageChops.difference(image, empty).crop((0, 0, round(aside), image.height)).getbbox()
    return image if left is None else image.crop((0, 0, image.width, min(image.height, left[3] + _EDGE)))


def save(image: Image.Image, path: Path) -> None:
    """Write a picture of the interface, small: PNG, or JPEG by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jpg":
        image.save(path, quality=86, optimize=True, progressive=True)
    else:
        image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def save_changed(image: Image.Image, path: Path) -> None:
    """Write a picture, unless the file shows the same but for a few pixels, such as the seconds that a job took."""
    if path.is_file():
        with Image.open(path) as old:
            if old.size == image.size:
                differing = ImageChops.difference(old.convert("RGB"), image).convert("L").point(lambda by: by > _SEEN)
                if differing.histogram()[1] <= _FEW:
                    return
    save(image, path)
