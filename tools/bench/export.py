# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an export takes, beside the ffmpeg program making the same clip at the same quality."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import blenders
import cases
import checkout  # noqa: F401 - the product
import film
import rivals
from cases import Case
from figures import Figure
from reshoot.core.blender_process import Blender
from reshoot.core.export import clip
from reshoot.core.values import serialization
from reshoot.core.values.job import Job
from rivals import Range, Rival

TITLE = "Export"
HOW = """
Whole processes, by the clock on the wall, ours and the ffmpeg program's (9, with its own libx264) by turns; a ratio is
the median of the pairs' ratios. Ours is what a press starts: real Blender 5.2 with the zip installed reads the shot and
writes its scene out (not measured here), then `core.export.clip.make` starts the background Blender, waits for it, and
reads the clip back. It runs in a Debian of its own, and entering that is part of our time (the first row), not of the
rival's; so is looking for the end every 50 ms.

The rival is `ffmpeg -ss … -i … -c:v libx264 -preset … -crf …` without sound. Its rate factor is searched for once,
until the mean PSNR of its clip against the source's frames is ours within 0.1 dB, and kept beside the footage until
ours changes. *Default* is its preset medium, what `ffmpeg -crf` gives by itself; budgets are held against that.
*Fastest* is the one of veryfast, superfast and ultrafast that took the least processor time at that quality; it makes
larger files than the default. What the scaled picture is held against is the source as the ffmpeg program scales it,
which favours the rival. Of pictures that lie above each other there is no source, and the rate factors of the first
shot are taken.

Footage is made of Big Buck Bunny (© Blender Foundation, CC BY 3.0; 1280×720, 132 frames, over and over), scaled with
lanczos and encoded as H.264 with B-frames and a keyframe in 250 frames; so 1080p and more are softer than a camera's.
Shots begin between keyframes.
"""

_PRESS = Path(__file__).with_name("press.py")
_QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin", "-y")
_FEW = 3
"""Trials of what takes long or has no budget."""
_BUDGET = 1.0
_AT_ONCE = 0.05
"""Seconds."""


@dataclass(frozen=True)
class _Shot:
    """A case that was pressed. folder: of its scene."""

    case: Case
    job: Job
    blender: Blender
    folder: Path

    @property
    def range(self) -> Range:
        part, plan = self.job.sent, self.job.plan
        return Range(self.case.first + part.start, part.frames, plan.width, plan.height)

    def make(self) -> Path:
        """Export it; the clip."""
        out = self.folder / "job"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        made, _ = clip.make(
            self.job,
            self.folder / "scene.blend",
            out,
            self.blender,
            progress=lambda done, total: None,
            cancelled=lambda: False,
        )
        return made


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """Export every case, by turns with its rivals. folder: for what is made meanwhile; footage stays beside it."""
    footage = folder.parent / "footage"
    film.make_footage(footage)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    installation = blenders.chosen()
    shots = _press(installation, folder, footage)
    few = min(_FEW, trials)
    enter = tuple(_seconds(partial(_run, installation.command("true"))) for _ in range(trials))
    yield Figure("export wrapper", "Beside it", "entering the Debian that Blender is in", "s", enter, watched=False)
    middle = shots[cases.MIDDLE.name]
    known = _matched(middle, footage)
    yield from _beside(middle, footage, known, trials)
    yield from _as_true(middle, footage, known)
    yield _alone(shots[cases.STRIP.name], "Other ways to the same clip", trials)
    yield from _untouched(shots[cases.WHOLE.name], shots[cases.LABELLED.name], footage, trials)
    for case in (cases.SIXTY, cases.SIXTY_EVERY, cases.IMAGES, cases.UHD):
        yield from _beside(shots[case.name], footage, _matched(shots[case.name], footage), few)
    yield from _beside(shots[cases.STACK.name], footage, known, few)
    for case in cases.GROWTH:
        yield _alone(shots[case.name], "Growth", few)


def _beside(shot: _Shot, footage: Path, known: tuple[Rival, Rival], trials: int) -> Iterator[Figure]:
    """A shot that is rendered, and the rivals by turns with it."""
    case, group = shot.case, f"Rendered: {shot.case.words}"
    target = shot.folder / "rival.mp4"
    commands = [
        [film.FFMPEG, *_QUIET, *map(str, rivals.words(case, shot.range, footage, each, target))] for each in known
    ]
    ours: list[float] = []
    theirs: tuple[list[float], list[float]] = ([], [])
    for _ in range(trials):
        ours.append(_seconds(shot.make))
        for command, times in zip(commands, theirs, strict=True):
            times.append(_seconds(partial(_run, command)))
    for each, times, words in zip(known, theirs, ("default", "fastest"), strict=True):
        ratios = tuple(own / rival for own, rival in zip(ours, times, strict=True))
        how = f"{each.preset}, CRF {each.crf:g}"
        budget = _BUDGET if words == "default" and case not in cases.GROWTH else None
        yield Figure(
            f"export {case.name} ratio {words}",
            group,
            f"ours to ffmpeg, {words}",
            "×",
            ratios,
            budget,
            how,
            words == "default",
        )
        yield Figure(
            f"export {case.name} ffmpeg {words}", group, f"ffmpeg, {words}", "s", tuple(times), None, how, watched=False
        )
    yield Figure(f"export {case.name}", group, "ours", "s", tuple(ours))


def _as_true(shot: _Shot, footage: Path, known: tuple[Rival, Rival]) -> Iterator[Figure]:
    """What the clips weigh and how far they are from the source."""
    group = f"Quality: {shot.case.words}"
    made = {"ours": shot.make()}
    for each, words in zip(known, ("default", "fastest"), strict=True):
        made[words] = shot.folder / f"{words}.mp4"
        film.ffmpeg(*rivals.words(shot.case, shot.range, footage, each, made[words]))
    for words, path in made.items():
        name = words if words == "ours" else f"ffmpeg, {words}"
        size = path.stat().st_size / 1e6
        yield Figure(f"export size {words}", group, f"{name}: size", "MB", (size,), watched=words == "ours")
        near = rivals.psnr(path, shot.case, shot.range, footage)
        yield Figure(f"export PSNR {words}", group, f"{name}: PSNR, more is better", "dB", (near,), watched=False)


def _untouched(whole: _Shot, labelled: _Shot, footage: Path, trials: int) -> Iterator[Figure]:
    """Files that are not encoded at all."""
    group = "Not rendered"
    source, target = film.files(footage, whole.case.footage)[0], whole.folder / "copy.mp4"
    copy = [film.FFMPEG, *_QUIET, "-i", str(source), "-c", "copy", str(target)]
    if _samples(whole.make()) != _samples(source):
        raise RuntimeError(f"{source} was to be sent without being encoded")
    ours = tuple(_seconds(whole.make) for _ in range(trials))
    yield Figure("export whole", group, whole.case.words, "s", ours, _AT_ONCE)
    yield Figure(
        "export labelled", group, labelled.case.words, "s", tuple(_seconds(labelled.make) for _ in range(trials))
    )
    times = tuple(_seconds(partial(_run, copy)) for _ in range(trials))
    yield Figure("export whole ffmpeg", group, "ffmpeg -c copy of the former", "s", times, watched=False)


def _samples(movie: Path) -> bytes:
    """A digest of a movie's picture as it is encoded, whatever the tables around it."""
    told = [film.FFMPEG, *_QUIET, "-i", str(movie), "-map", "0:v:0", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(told, check=True, capture_output=True).stdout


def _alone(shot: _Shot, group: str, trials: int) -> Figure:
    times = tuple(_seconds(shot.make) for _ in range(trials))
    return Figure(f"export {shot.case.name}", group, shot.case.words, "s", times)


def _matched(shot: _Shot, footage: Path) -> tuple[Rival, Rival]:
    near = rivals.psnr(shot.make(), shot.case, shot.range, footage)
    return rivals.matched(shot.case, shot.range, footage, near)


def _press(installation: blenders.Installation, folder: Path, footage: Path) -> dict[str, _Shot]:
    """Press every case in real Blender with the zip installed."""
    home = folder / "home"
    blenders.install(installation, home)
    plans = []
    for case in cases.EVERY:
        (folder / case.name).mkdir()
        paths = [str(path) for path in film.files(footage, case.footage)]
        plans.append({**asdict(case), "files": paths, "folder": str(folder / case.name)})
    listed = folder / "cases.json"
    listed.write_text(json.dumps(plans), encoding="utf-8")
    script = [
        "--background",
        "--factory-startup",
        "--python-exit-code",
        "1",
        "--python",
        str(_PRESS),
        "--",
        str(listed),
    ]
    said = subprocess.run(
        installation.command(installation.program, *script),
        env=blenders.surroundings(home),
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise RuntimeError(f"the press failed: {said.stdout[-2000:]}{said.stderr[-2000:]}")
    shots = {}
    for case in cases.EVERY:
        pressed = json.loads((folder / case.name / "pressed.json").read_text(encoding="utf-8"))
        job = serialization.from_json(Job, pressed["job"])
        command = installation.command(*pressed["command"])
        if installation.folder is not None:
            # The recipe's path, which comes after the command, is what the shell there calls $0.
            command[-1] += ' "$0"'
        shots[case.name] = _Shot(case, job, Blender(tuple(command)), folder / case.name)
    return shots


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
