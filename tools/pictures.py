# SPDX-License-Identifier: GPL-3.0-or-later
"""`make pictures`: the pictures of README and docs, taken of real Blender with the built zip and real rehearsals.

Writes what is shown to docs/pictures and, to be looked at, the same panels in other circumstances to build/pictures.
The before/after picture there is `make demo`'s, whose stills are used here.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import blenders
import processes
from blenders import ROOT, Installation
from picture_desk import Desk, save, save_changed
from PIL import Image
from screen import SIZE, Screen
from workstation import Workstation

SHOWN = ROOT / "docs" / "pictures"
CHECKED = ROOT / "build" / "pictures"
CLIP = ROOT / "build" / "footage" / "bigbuckbunny.mp4"
STILLS = [ROOT / "build" / "demo" / "stills" / f"{name}.png" for name in ("meadow", "bunny-front", "bunny-standing")]
BEFORE_AFTER = "before-after.jpg"
LARGEST_SET = 1_000_000

HOME = Path("/tmp/editor")
"""The editor's home, as it is read in the preferences."""
SIDEBAR = 380
NARROW = 230
PREFERENCES_SIZE = (900, 1060)

FIRST, SECOND, THIRD = STRIPS = ["Bunny wakes up", "Bunny stretches", "Bunny at the burrow"]
SNOW = "Fresh snow on the meadow, the sky of @Image1, and a red scarf for @Element1"
AUTUMN = "Turn the meadow to autumn, with fallen leaves around @Element1"
NIGHT = "Make it a moonlit night under the sky of @Image1"
LONG_NAME = "SC042_SH0170_bunny_stretches_in_front_of_burrow_v012_graded_"
LONG_PROMPT = (f"{SNOW}. Keep the camera as it is, the light soft and the colours of the meadow warm. " * 40)[:2500]

VIEW = "bpy.context.preferences.view"


class Album:
    """Where the pictures go. shown: the folder of the docs, None where only a few to look at are wanted."""

    def __init__(self, shown: Path | None, checked: Path) -> None:
        self._shown = shown
        self._checked = checked

    def show(self, name: str, image: Image.Image) -> None:
        """A picture of the docs; the file there stays where nobody would see a difference."""
        if self._shown is not None:
            save_changed(image, self._shown / name)

    def check(self, name: str, image: Image.Image) -> None:
        """A picture to look at."""
        save(image, self._checked / f"{name}.png")

    def check_tab(self, name: str, here: Desk) -> None:
        """The whole tab, to look at."""
        for number, page in enumerate(here.pages(), 1):
            self.check(f"{name}-{number}", page)

    def circumstances(self, here: Desk, *names: str) -> Iterator[str]:
        """Puts the desk into those of CIRCUMSTANCES in turn, and back."""
        for name in names if self._shown is not None else ("plain",):
            there, back = CIRCUMSTANCES[name]
            there(here)
            yield name
            back(here)


def main() -> None:
    parser = argparse.ArgumentParser(description="The pictures of README and docs.")
    parser.add_argument("--check-only", action="store_true", help="only some to look at, for another Blender")
    arguments = parser.parse_args()
    began = time.monotonic()
    installation = blenders.chosen()
    series = ".".join(installation.version().split(".")[:2])
    album = Album(None if arguments.check_only else SHOWN, CHECKED / series)
    shutil.rmtree(CHECKED / series, ignore_errors=True)
    with Screen(installation) as screen:
        every = (take_first_run, take_work, take_long, take_priced, take_preferences)
        for take in (take_work, take_preferences) if arguments.check_only else every:
            take(installation, screen, album)
            name = take.__name__.removeprefix("take_").replace("_", " ")
            print(f"pictures: Blender {series}, {name}, {time.monotonic() - began:.0f} s", flush=True)
    if not arguments.check_only:
        with Image.open(CHECKED / BEFORE_AFTER) as image:
            album.show(BEFORE_AFTER, image.convert("RGB"))
        size = sum(path.stat().st_size for path in SHOWN.iterdir())
        print(f"pictures: {SHOWN.relative_to(ROOT)} has {size / 1000:.0f} kB")
        if size > LARGEST_SET:
            sys.exit(f"pictures: that is more than {LARGEST_SET / 1000:.0f} kB")


@contextlib.contextmanager
def desk(installation: Installation, screen: Screen, size: tuple[int, int] = SIZE, **more: str) -> Iterator[Desk]:
    """An editor who has just installed the zip and started Blender."""
    with contextlib.ExitStack() as stack:
        # Somebody else's folder is left alone.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / HOME.name if HOME.exists() else HOME
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        blenders.install(installation, home)
        # Where the extension itself keeps its things.
        blender = Workstation(
            installation, screen, home, pictures=CHECKED, more={"RESHOOT_HOME": "", **more}, size=size
        )
        stack.callback(end, blender)
        blender.start()
        yield Desk(blender, screen)


def end(blender: Workstation) -> None:
    """End a Blender and all that it has started, stopped or not."""
    blender.kill()
    for pid in processes.using(blender.home):
        processes.send(pid, signal.SIGKILL)


def take_first_run(installation: Installation, screen: Screen, album: Album) -> None:
    """What is there before the first job."""
    with desk(installation, screen) as here:
        here.lay_out(CLIP, [], [FIRST])
        here.fill_window()
        here.open_tab()
        here.widen_sidebar(SIDEBAR)
        album.show("first-run.png", here.tab())
        for name in album.circumstances(here, "plain", "light", "german", "narrow"):
            album.check_tab(f"first-run-{name}", here)
        here.blender.has_not_complained()


def take_work(installation: Installation, screen: Screen, album: Album) -> None:
    """An editor at work: a take that has landed, then jobs in several states."""
    with desk(installation, screen) as here:
        here.lay_out(CLIP, STILLS, STRIPS)
        here.open_tab()
        here.widen_sidebar(SIDEBAR)
        here.send(FIRST, SNOW)
        here.wait_for("PLACED")
        here.blender.run("scene().frame_set(60); pick(name)", name=FIRST)
        album.show("window.jpg", here.whole())
        here.fill_window()
        album.show("panel-shot.png", here.tab())
        here.blender.has_not_complained()

        here.send(SECOND, AUTUMN)
        here.break_render()
        here.wait_for("FAILED", "PLACED")
        here.send(THIRD, NIGHT)
        held = here.hold_render(0.6)
        take = here.blender.value("takes()[0][0]")
        here.blender.run("scene().frame_set(1)")
        # So that it can be read where it is shown at half its size.
        here.blender.run(f"{VIEW}.ui_scale = 1.5")
        album.show("strip-progress.png", here.strips(take, *STRIPS))
        here.blender.run(f"{VIEW}.ui_scale = 1")
        for name in album.circumstances(here, "plain", "light", "scale-2", "german"):
            album.check_tab(f"work-{name}", here)
            album.check(f"strips-{name}", here.strips(take, *STRIPS))
        here.open_only("reshoot.job_cancel", across=0.86, above=36)
        album.show("panel-jobs.png", here.tab())
        here.let_go(held)
        here.wait_for("PLACED", "FAILED", "PLACED")


def take_long(installation: Installation, screen: Screen, album: Album) -> None:
    """A name and a prompt as long as they may be."""
    with desk(installation, screen) as here:
        here.lay_out(CLIP, STILLS, [LONG_NAME, SECOND])
        here.fill_window()
        here.open_tab()
        here.widen_sidebar(SIDEBAR)
        here.blender.has_not_complained()
        here.send(SECOND, AUTUMN)
        here.break_render()
        here.wait_for("FAILED")
        here.send(LONG_NAME, LONG_PROMPT)
        here.hold_render(0.2)
        for name in album.circumstances(here, "plain", "scale-2", "narrow"):
            album.check_tab(f"long-{name}", here)
            album.check(f"long-strips-{name}", here.strips(LONG_NAME))


def take_priced(installation: Installation, screen: Screen, album: Album) -> None:
    """With a key, up to the button that tells the price. Nothing is pressed."""
    with desk(installation, screen, FAL_KEY="none") as here:
        here.lay_out(CLIP, STILLS, [FIRST])
        here.fill_window()
        here.open_tab()
        here.widen_sidebar(SIDEBAR)
        here.blender.run("pick(name); scene().reshoot.prompt = prompt", name=FIRST, prompt=SNOW)
        album.check("priced-offline", here.tab())
        here.blender.run("bpy.context.preferences.system.use_online_access = True")
        for name in album.circumstances(here, "plain", "german", "narrow"):
            album.check(f"priced-{name}", here.tab())


def take_preferences(installation: Installation, screen: Screen, album: Album) -> None:
    """The preferences, without a key."""
    with desk(installation, screen, PREFERENCES_SIZE) as here:
        here.fill_window()
        here.show_preferences()
        album.show("preferences.png", here.preferences())
        for name in album.circumstances(here, "plain", "light", "scale-2", "german"):
            album.check(f"preferences-{name}", here.preferences())


def told(code: str) -> Callable[[Desk], None]:
    """What has Blender run `code`."""
    return lambda here: here.blender.run(code)


CIRCUMSTANCES: dict[str, tuple[Callable[[Desk], None], Callable[[Desk], None]]] = {
    "plain": (told(""), told("")),
    "light": (told("set_theme('Blender_Light.xml')"), told("set_theme('Blender_Dark.xml')")),
    "scale-2": (told(f"{VIEW}.ui_scale = 2"), told(f"{VIEW}.ui_scale = 1")),
    "german": (told(f"{VIEW}.language = 'de_DE'"), told(f"{VIEW}.language = 'en_US'")),
    # In a timeline that was made large with its sidebar open, the edge cannot be dragged to the right.
    "narrow": (lambda here: here.widen_sidebar(NARROW), lambda here: here.widen_sidebar(SIDEBAR)),
}


if __name__ == "__main__":
    main()
