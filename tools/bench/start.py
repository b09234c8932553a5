# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension adds to Blender's start, with a window and without one."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blenders
from blenders import Installation
from figures import Figure
from screen import Screen

TITLE = "Blender's start"
HOW = """\
Real Blender 5.2, started in turn for two users who differ in one thing: for one the zip was installed by `blender
--command extension install-file` and is enabled. Both start as Video Editing does, on a screen without a monitor and in
the background. A start lasts from the moment in which the program is run (not the Debian around it) to the first draw
of the timeline, or to the first script in the background; there it is ended. Each value is the difference of two starts
that followed each other, in changing order, after one of each that counts for nothing. The wall clock tells what an
editor waits, and other processes with it; the processor time of Blender's main thread is the same work without them.
What the extension itself leaves for later (`session/start.py`: from 0.2 s after the start, on a thread) is not in it.
Libraries count where the start with the extension has imported them and the one without it has not: Blender itself
uses requests.

The whole process: `blender -b` without a script, from its start to its end, as the kernel counts it from outside: what
runs when Blender ends is in it, and every thread. A third user has an extension with the same wheels and nothing else:
what it adds is Blender's own work for any extension like that, and what the wheels add to Blender's own imports.

Enabling is measured inside of Blender, around `addon_utils.enable`: the imports and `register`, in a new process each
time."""

_HERE = Path(__file__).parent
_PAIRS = 41
_WHOLE_SECONDS = 240.0
"""Seconds after which no further round of whole processes is begun."""
_LEAST_ROUNDS = 11
_SECONDS = 60
_TEMPLATE = ("--app-template", "Video_Editing")
_BUDGET = 10.0
_GROUP = "start"
_EMPTY = """
def register():
    pass


def unregister():
    pass
"""
_SETTLE = """
import addon_utils, bpy, sys
if sys.argv[-1] != "without":
    assert addon_utils.enable("bl_ext.user_default.reshoot", default_set=True)
bpy.context.preferences.view.show_splash = False
bpy.ops.wm.save_userpref()
"""


@dataclass(frozen=True)
class _Whole:
    """One process from its start to its end. ms: by the wall clock. busy: ms of processor, of all its threads."""

    ms: float
    busy: float


@dataclass(frozen=True)
class _Up:
    """One start. ms: by the wall clock. busy: ms of processor on the main thread. libraries: imported by then."""

    ms: float
    busy: float
    modules: int
    libraries: tuple[str, ...]


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """The figures of the start."""
    installation = blenders.chosen()
    shutil.rmtree(folder, ignore_errors=True)
    homes = _homes(installation, folder)
    pairs = max(_PAIRS, 3 * trials)
    libraries: list[int] = []
    with Screen(installation) as screen:
        for words, display in (("with a window", screen.display), ("in the background", "")):
            found = list(_pairs(installation, homes, display, pairs))
            libraries += [len(set(ours.libraries) - set(bare.libraries)) for bare, ours in found]
            name = "window" if display else "background"
            usual = sorted(bare.ms for bare, _ours in found)[len(found) // 2]
            more = found[0][1].modules - found[0][0].modules
            for key, what, measured, note in (
                ("", f"added to Blender's start {words}", "ms", f"of {usual:.0f} ms without it; {pairs} pairs"),
                (".busy", f"the same, {words}, in processor time of the main thread", "busy", f"{more} modules more"),
            ):
                added = tuple(getattr(ours, measured) - getattr(bare, measured) for bare, ours in found)
                # A difference of two starts on a busy machine may be anything, less than nothing too.
                yield Figure(f"start.{name}{key}", _GROUP, what, "ms", added, _BUDGET, note, watched=False)
    yield from _whole(installation, homes, pairs)
    enabling = [_enable(installation, folder / "installed") for _ in range(max(5, trials) + 1)][1:]
    yield Figure(
        "start.enable",
        _GROUP,
        "enabling the extension inside Blender: imports and register",
        "ms",
        tuple(one["seconds"] * 1000 for one in enabling),
        _BUDGET,
        f"{sorted(one['busy'] for one in enabling)[len(enabling) // 2] * 1000:.1f} ms of processor",
    )
    yield Figure(
        "start.libraries",
        _GROUP,
        "of fal_client, httpx, requests and sqlite3, imported by the extension when Blender is up",
        "",
        tuple(libraries),
        0,
    )


def _whole(installation: Installation, homes: dict[str, Path], rounds: int) -> Iterator[Figure]:
    """What whole processes tell: one of every user a round, in changing order; the first of each does not count."""
    found: list[dict[str, _Whole]] = []
    for home in homes.values():
        _process(installation, home)
    end = time.monotonic() + _WHOLE_SECONDS
    while len(found) < rounds and (len(found) < _LEAST_ROUNDS or time.monotonic() < end):
        order = list(homes)[:: -1 if len(found) % 2 else 1]
        found.append({name: _process(installation, homes[name]) for name in order})
    usual = {kind: statistics.median(getattr(one["without"], kind) for one in found) for kind in ("ms", "busy")}
    for key, name, measured, what, budget in (
        ("", "with", "ms", "added to a whole `blender -b`, its end too", _BUDGET),
        (".busy", "with", "busy", "the same, in processor time of all threads, user and system", _BUDGET),
        (".wheels", "wheels", "busy", "of it, an empty extension with the same wheels", None),
    ):
        added = tuple(getattr(one[name], measured) - getattr(one["without"], measured) for one in found)
        note = f"of {usual[measured]:.0f} ms without it; {len(found)} pairs"
        yield Figure(f"start.whole{key}", _GROUP, what, "ms", added, budget, note, watched=False)


def _process(installation: Installation, home: Path) -> _Whole:
    """Start Blender with nothing to do, and wait for its end."""
    command = installation.command(installation.program, "-b", *_TEMPLATE)
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=blenders.surroundings(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _pid, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)  # it is waited for: Popen need not
    if process.returncode:
        raise RuntimeError(f"Blender ended with code {process.returncode}")
    return _Whole(took * 1000, (used.ru_utime + used.ru_stime) * 1000)


def _homes(installation: Installation, folder: Path) -> dict[str, Path]:
    """The three users, who have saved their preferences; `installed` is another one who has not enabled it."""
    blenders.install(installation, folder / "installed")
    shutil.copytree(folder / "installed", folder / "with", symlinks=True)
    (folder / "without").mkdir()
    blenders.install(installation, folder / "wheels", _only_wheels(folder / "wheels.zip"))
    names = ("without", "with", "wheels")
    for name in names:
        answer = subprocess.run(
            installation.command(
                installation.program, "-b", *_TEMPLATE, "--python-exit-code", "1", "--python-expr", _SETTLE, "--", name
            ),
            env=blenders.surroundings(folder / name),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        saved = list((folder / name).rglob("userpref.blend"))
        if answer.returncode or not saved:
            raise RuntimeError(f"the preferences could not be saved: {answer.stdout}{answer.stderr}")
        # A Blender with a window saves the template's own there; one in the background does not.
        (saved[0].parent / _TEMPLATE[1]).mkdir()
        saved[0].rename(saved[0].parent / _TEMPLATE[1] / saved[0].name)
    return {name: folder / name for name in names}


def _only_wheels(target: Path) -> Path:
    """Writes a zip with the extension's manifest and wheels, and nothing that runs."""
    with zipfile.ZipFile(blenders.built_zip()) as built, zipfile.ZipFile(target, "w") as written:
        for name in built.namelist():
            if name == "blender_manifest.toml" or name.endswith(".whl"):
                written.writestr(name, built.read(name))
        written.writestr("__init__.py", _EMPTY)
    return target


def _pairs(installation: Installation, homes: dict[str, Path], display: str, pairs: int) -> Iterator[tuple[_Up, _Up]]:
    """A start without the extension and one with it, so many times; before them one of each, to warm the disk."""
    for number in range(-1, pairs):
        order = ("without", "with") if number % 2 else ("with", "without")
        up = {name: _start(installation, homes[name], display, name == "with") for name in order}
        if number >= 0:
            yield up["without"], up["with"]


def _start(installation: Installation, home: Path, display: str, enabled: bool) -> _Up:
    words = ("-p", "0", "0", "1920", "1080") if display else ("-b",)
    began, seen = _run(installation, home, display, *words, *_TEMPLATE, "--python", str(_HERE / "up.py"))
    if seen["enabled"] is not enabled:
        raise RuntimeError(f"the extension of {home} is {'not ' if enabled else ''}enabled")
    return _Up((seen["at"] - began) / 1e6, seen["busy"] * 1000, seen["modules"], tuple(seen["libraries"]))


def _enable(installation: Installation, home: Path) -> dict[str, Any]:
    _began, seen = _run(installation, home, "", "-b", *_TEMPLATE, "--python", str(_HERE / "enabling.py"))
    if not seen["enabled"]:
        raise RuntimeError("the extension could not be enabled")
    return seen


def _run(installation: Installation, home: Path, display: str, *words: str) -> tuple[int, dict[str, Any]]:
    """Start Blender and let its script end it. Nanoseconds since the epoch at which it was run, and what it noted."""
    note = home / "note.json"
    note.unlink(missing_ok=True)
    # What stands between this process and Blender's is not Blender's start.
    timed = ["sh", "-c", 'date +%s%N; exec "$@"', "sh", installation.program, *words, "--", str(note)]
    answer = subprocess.run(
        installation.command(*timed),
        env=blenders.surroundings(home, display),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if answer.returncode or not note.is_file():
        raise RuntimeError(f"Blender did not come up: {answer.stdout}{answer.stderr}")
    return int(answer.stdout.split()[0]), json.loads(note.read_text(encoding="utf-8"))
