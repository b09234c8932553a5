# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip, and how long it is from the zip to the first rehearsal's strip."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import blenders
from blenders import ROOT, Installation
from figures import Figure

TITLE = "The package"
HOW = """\
The zip is the one that `make build` has made; every platform and Blender version installs the same file. A wheel for
one platform, or for one Python, has another ending than `py3-none-any.whl`.

The first shot, each time for a user who has nothing yet: `blender --command extension install-file` installs the zip
into real Blender 5.2; then a Blender in the background enables it, lays 5.28 s of 1280×720 footage down, and calls
`bpy.ops.reshoot.shoot`, without a key, so that it is rehearsed; it is over when the take is in the timeline and that
Blender has ended. The stand-in is what a new user sees: its picture is rendered by a background Blender. `identity`
gives the very picture back."""

_HERE = Path(__file__).parent
_MOVIE = ROOT / "build" / "footage" / "bigbuckbunny.mp4"
_PURE = "-py3-none-any.whl"
_SECONDS = 180
_ZIP = "the zip"
_FIRST = "from the zip to the first take"


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """The figures of the zip and of the first shot."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    built = ROOT / "build" / f"{manifest['id']}-{manifest['version']}.zip"
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    wheels = [name for name in names if name.endswith(".whl")]
    yield Figure("package.size", _ZIP, "its size", "MB", (built.stat().st_size / 1e6,), 1.5)
    yield Figure("package.files", _ZIP, "files in it", "", (len(names),), note=f"{len(wheels)} wheels among them")
    bound = [name for name in wheels if not name.endswith(_PURE)]
    yield Figure("package.bound", _ZIP, "wheels in it that are for one platform or Python", "", (len(bound),), 0)
    # Each takes seconds, where the others take none.
    yield from _first_shots(folder, (trials + 1) // 2)


def _first_shots(folder: Path, trials: int) -> Iterator[Figure]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # A Blender in a Debian of its own does not see where a link leads.
    movie = Path(shutil.copyfile(_MOVIE, folder / _MOVIE.name))
    installation = blenders.chosen()
    for look, words in (("stand-in", "a stand-in"), ("identity", "the very picture")):
        install, shoot, whole = [], [], []
        for number in range(trials):
            home = folder / f"{look}-{number}"
            began = time.perf_counter()
            blenders.install(installation, home)
            installed = time.perf_counter()
            seconds = _shoot(installation, home, movie, look)
            install.append(installed - began)
            shoot.append(seconds)
            whole.append(time.perf_counter() - began)
            shutil.rmtree(home)
        if look == "stand-in":
            yield Figure("package.install", _FIRST, "to install it", "s", tuple(install))
        yield Figure(f"package.shoot.{look}", _FIRST, f"from the press to the take, {words}", "s", tuple(shoot))
        yield Figure(
            f"package.first.{look}", _FIRST, f"all together, Blender's start and end too, {words}", "s", tuple(whole)
        )


def _shoot(installation: Installation, home: Path, movie: Path, look: str) -> float:
    """Seconds that the first shot of a user took."""
    note = home / "note.json"
    script = ("--python-exit-code", "1", "--python", str(_HERE / "first_shot.py"), "--", str(movie), str(note))
    with (home / "blender.log").open("wb") as log:
        code = subprocess.run(
            installation.command(installation.program, "-b", "--app-template", "Video_Editing", *script),
            env={**blenders.surroundings(home), "RESHOOT_REHEARSAL_LOOK": look},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
        ).returncode
    if code or not note.is_file():
        raise RuntimeError(f"there was no take: {(home / 'blender.log').read_text(errors='replace')[-3000:]}")
    answer = json.loads(note.read_text(encoding="utf-8"))
    if len(answer["takes"]) != 1:
        raise RuntimeError(f"there are {len(answer['takes'])} takes")
    return answer["seconds"]
