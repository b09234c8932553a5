# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes jobs through their stages, one after the other, while the editor goes on working in the timeline."""

from __future__ import annotations

from typing import Any

import spread
from figures import Figure
from window import Desk
from workstation import until

BUDGET = 16.0
"""Milliseconds of the main thread that one stretch may take."""

WORDS = {
    "no job": "from Blender's start to the open tab",
    "idle": "idle, the tab open",
    "press": "press",
    "export": "export",
    "sending": "export, upload, submit",
    "waiting": "waiting, the editor at work",
    "playback": "playback while waiting",
    "download": "download",
    "placing": "landing and placing",
    "saving": "saving the file",
}
"""The stages in words, in their order."""

_PATIENCE = 300
_TICKS = 15
"""Steps that an editor takes in a stage in which nothing happens by itself."""


def go_through(desk: Desk, jobs: int, *, rendered: bool) -> None:
    """Send the first `jobs` strips and stay until their takes are placed.

    rendered: a background Blender renders the clips, else the movies are sent as they are.
    """
    look, service = desk.look, desk.service
    service.hold("render")
    if rendered:
        look.run("scene().reshoot.source = 'TIMELINE'")
        service.hold("token")
    _at(desk, "idle")
    _work(desk)
    for name in desk.names[:jobs]:
        look.run("press(name, stage)", name=name, stage="export" if rendered else "sending")
    if rendered:
        wait_for(desk, "UPLOADING", jobs)
        _at(desk, "sending")
        service.release("token")
    wait_for(desk, "WAITING", jobs)
    _at(desk, "waiting")
    _work(desk)


def play(desk: Desk) -> None:
    """Play a while, with all jobs waiting."""
    _at(desk, "playback")
    desk.editor.play_a_while()


def save(desk: Desk) -> None:
    """Save the file, with all jobs waiting."""
    _at(desk, "saving")
    desk.look.run("bpy.ops.ed.undo_push(message='Bench')")
    desk.editor.save()


def bring_in(desk: Desk, jobs: int, placed: int) -> None:
    """Let the service finish `jobs` jobs; stay until so many takes are in the timeline."""
    look, service = desk.look, desk.service
    if jobs == 1:
        service.hold("download")
        _at(desk, "download")
        service.release("render")
        wait_for(desk, "DOWNLOADING", 1)
        _work(desk)
        service.release("download")
    _at(desk, "placing")
    service.release("render")
    until(lambda: look.value("len(takes())") >= placed, f"{placed} takes", _PATIENCE, look.words)
    if placed == jobs:
        # A take is compared with its clip once it is in the timeline, and may be put right there.
        look.wait("not part('session').running().placing.has_uncompared", _PATIENCE)
    _work(desk)
    # What comes now is none of these stages.
    _at(desk, "after")
    look.has_not_complained()


def wait_for(desk: Desk, state: str, jobs: int) -> None:
    """Wait until the newest `jobs` jobs are in a state, in the journal and on screen."""

    def all_there() -> bool:
        states = desk.editor.states()[-jobs:]
        return len(states) == jobs and set(states) == {state}

    until(all_there, f"{jobs} jobs {state}", _PATIENCE, desk.look.words)
    desk.look.wait("sum(job[0] == state for job in jobs()) >= count", state=state, count=jobs)


def _at(desk: Desk, stage: str) -> None:
    desk.look.run("probe.call_it(stage)", stage=stage)


def _work(desk: Desk) -> None:
    """Step frames and move the mouse over the timeline and the tab, which is drawn anew then."""
    look = desk.look
    sides = [look.value(f"place_of(region('{kind}'))") for kind in ("WINDOW", "UI")]
    for tick in range(_TICKS):
        for x, y, width, height in sides:
            look.move(x + width * 0.4, y + height * (0.3 + 0.03 * tick))
        desk.editor.step_a_frame()


def figures(desk: Desk, setting: str, words: str) -> list[Figure]:
    """The longest stretch of each stage, by processor time. setting: for the figures' names. words: for the page."""
    found = desk.report()
    return [_figure(setting, words, stage, found[stage]) for stage in WORDS if stage in found]


def _figure(setting: str, words: str, stage: str, found: dict[str, Any]) -> Figure:
    busy, wall, worst = found["processor"], found["wall"], found["costliest"]
    note = (
        f"by the clock {wall['most']:.1f}; 99 % {spread.percentile(busy, 0.99):.2f} "
        f"({spread.percentile(wall, 0.99):.2f}); {busy['calls']} calls, together {busy['total']:.0f} "
        f"({wall['total']:.0f}); longest in `{worst['in']}`"
    )
    if worst["collected_ms"] >= 0.1:
        note += f", {worst['collected_ms']:.1f} of it Python's collecting garbage"
    if found["blender"]:
        own = (f"`{name.rpartition('.')[2]}` {spent:.0f}" for name, spent in sorted(found["blender"].items()))
        note += f"; Blender's own by the clock: {', '.join(own)}"
    values = (round(busy["most"], 3),)
    name = f"main_thread.{setting}.{stage.replace(' ', '_')}"
    # The longest of hundreds is as long as chance makes it: it is held to its budget, not to the run before.
    return Figure(name, words, WORDS[stage], "ms", values, BUDGET, note, watched=False)
