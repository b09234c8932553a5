# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes on top of the service's own time and the export: from the press to the request at the service, and from
the service's finish to the take in the timeline. In real Blender with a window, one 10 s job of 1080p at a time.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blenders
import film
from figures import Figure
from screen import Screen
from service import Service
from workstation import Workstation, until

TITLE = "Around the service"
HOW = """
Real Blender 5.2 with a window, a timeline at 24 fps, and a service of the rehearsal's kind in a process of its own on
loopback that gives back the very bytes (so that next to nothing is the service's own time). *First*: the first press
after Blender's start. *Later*: the next ones in the same Blender. The movie of 240 frames, 1920×1080, is sent as the
file it is. The service ends each job at a random moment, seconds after it took it. Times are those that the journal and
the service write down: press to taken is the row's making to the ticket; finish to placed is the service's note of its
end to the take being in the timeline. Both have the bytes' own way over loopback in them. The comparison of the result
with the clip, which decodes 240 frames in a background Blender, comes after that, and nobody waits for it. Status
questions are counted by the service.
"""

_JOBS = 3
"""In one Blender."""
_SECONDS = 120.0

_TIMELINE = """
scene().render.fps, scene().render.fps_base = 24, 1.0
scene().render.resolution_x, scene().render.resolution_y = 1920, 1080
scene().frame_start, scene().frame_end = 1, 240
editor = scene().sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
every.new_movie("Shot", clip, 1, 1)
scene().reshoot.prompt = "make it snow"
"""
_SHOOT = """
for name, strip in strips().items():
    strip.select = name == "Shot"
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.reshoot.shoot("INVOKE_DEFAULT")
"""


@dataclass(frozen=True)
class _Times:
    """Of one job, in seconds."""

    taken: float
    noticed: float
    fetched: float
    placed: float
    compared: float
    questions: float
    """Status questions a second while it waited."""


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """Figures for the first and the later jobs of a Blender."""
    shutil.rmtree(folder, ignore_errors=True)
    footage = folder.parent / "footage"
    film.make_footage(footage)
    (clip,) = film.files(footage, "film")
    installation = blenders.chosen()
    blenders.install(installation, folder / "home")
    dice = random.Random(7)
    first, later = [], []
    with Screen(installation) as screen:
        for trial in range(trials):
            times = _blender(installation, screen, folder, trial, clip, dice)
            first.append(times[0])
            later += times[1:]
    for kind, words, found in (("first", "first job", first), ("later", "later jobs", later)):
        rows = (
            ("taken", "press to taken by the service", lambda each: each.taken, None),
            ("noticed", "the service's finish to noticed", lambda each: each.noticed, None),
            ("fetched", "noticed to on disk", lambda each: each.fetched, None),
            ("placed", "on disk to in the timeline", lambda each: each.placed, None),
            ("all", "all of these", _all, 2.0),
            ("compared", "on disk to compared, beside", lambda each: each.compared, None),
        )
        for name, what, value, budget in rows:
            values = tuple(value(each) for each in found)
            yield Figure(f"around/{kind}/{name}", f"Seconds, {words}", what, "s", values, budget)
    noticed = [each.noticed for each in (*first, *later)]
    mean = sum(noticed) / len(noticed)
    yield Figure("around/notice", "The service's finish", "noticed after, on average", "s", (mean,), 1.0)
    questions = tuple(each.questions for each in (*first, *later))
    yield Figure("around/questions", "The service's finish", "status questions by one job", "1/s", questions, 20)


def _all(each: _Times) -> float:
    return each.taken + each.noticed + each.fetched + each.placed


def _blender(
    installation: blenders.Installation, screen: Screen, folder: Path, trial: int, clip: Path, dice: random.Random
) -> list[_Times]:
    """One Blender, its jobs one after another."""
    home = folder / f"home-{trial}"
    shutil.copytree(folder / "home", home, symlinks=True)
    service = Service(folder / f"service-{trial}")
    look = Workstation(installation, screen, home, pictures=folder, more=service.surroundings)
    times = []
    try:
        service.start()
        look.start()
        look.run(_TIMELINE, clip=str(clip))
        for number in range(_JOBS):
            service.hold("render")
            look.run(_SHOOT)
            _until(look, number, "WAITING")
            before, since = service.heard("status"), time.monotonic()
            time.sleep(3 + 2 * dice.random())
            questions = (service.heard("status") - before) / (time.monotonic() - since)
            service.release("render")
            _until(look, number, "PLACED")
            compared = _compared(look, number)
            times.append(_times(_job(home, number), _ended(folder / f"service-{trial}", number), compared, questions))
    finally:
        look.kill()
        service.kill()
    return times


def _until(look: Workstation, number: int, state: str) -> None:
    """Wait for the job of that number to be in a state."""
    until(lambda: _job(look.home, number).get("state") == state, f"a job that is {state}", _SECONDS, look.words)


def _compared(look: Workstation, number: int) -> float:
    """When the take of the job of that number was compared, seconds since the epoch."""
    until(lambda: _job(look.home, number).get("compared"), "a take that is compared", _SECONDS, look.words)
    return time.time()


def _job(home: Path, number: int) -> dict[str, Any]:
    """The record of the job of that number, as the journal has it."""
    path = home / "reshoot-home" / "journal.sqlite3"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        rows = connection.execute("SELECT record FROM jobs ORDER BY created").fetchall()
    return json.loads(rows[number][0]) if number < len(rows) else {}


def _ended(service: Path, number: int) -> float:
    """When the service ended the request of that number, seconds since the epoch."""
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in service.rglob("request.json")]
    return float(sorted(notes, key=lambda note: note["order"])[number]["outcome"]["ended"])


def _times(job: dict[str, Any], ended: float, compared: float, questions: float) -> _Times:
    at = {stage["state"]: stage["at"] for stage in job["stages"]}
    return _Times(
        taken=at["WAITING"] - job["created"],
        noticed=at["DOWNLOADING"] - ended,
        fetched=at["LANDED"] - at["DOWNLOADING"],
        placed=at["PLACED"] - at["LANDED"],
        compared=compared - at["LANDED"],
        questions=questions,
    )
