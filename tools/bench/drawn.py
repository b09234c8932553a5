# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to draw all panels of the extension once, and what is drawn over the strips."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from figures import Figure
from PIL import Image
from window import Desk

BUDGET = 1.0
"""Milliseconds that all panels together may take of one redraw."""

REFERENCES = 40
_REDRAWS = 150
_FEW = 20
_DRAWN = r"^panels\.(RESHOOT_\w+\.(draw|draw_header_preset|poll)|(menus|progress)\._draw)$"
_PANEL = "panels.RESHOOT_PT_"

_OPEN_OPTIONS = """
closed = part("panels").RESHOOT_PT_options
bpy.utils.unregister_class(closed)
closed.bl_options = set()
bpy.utils.register_class(closed)
"""
_REFERENCES = """
for path in stills:
    added = scene().reshoot.references.add()
    added.kind = "IMAGE"
    added.views.add().filepath = path
"""
_REDRAW = """
def redraw(kind, times, stage):
    # Milliseconds of processor time that each redraw of a region took of ours.
    probe.call_it(stage)
    spent = []
    for _ in range(times + 1):
        region(kind).tag_redraw()
        with over(kind):
            bpy.ops.wm.redraw_timer(type="DRAW", iterations=1)
        spent.append(probe.report()[stage]["processor"]["total"])
    # Of the first only its end is known.
    return [later - sooner for sooner, later in zip(spent, spent[1:])]
"""


def open_all_panels(desk: Desk) -> None:
    """Have the one panel that begins closed begin open. Before the tab is opened."""
    desk.look.run(f"def part(name):\n    return sys.modules[f'{{MODULE}}.{{name}}']\n{_OPEN_OPTIONS}")


def measure(desk: Desk, folder: Path, trials: int, jobs: int) -> Iterator[Figure]:
    """Draw again and again, with so many jobs and forty references."""
    look = desk.look
    stills = [folder / f"still-{number:02}.png" for number in range(REFERENCES)]
    for number, path in enumerate(stills):
        Image.effect_noise((400, 400), 8 + number).save(path)
    look.run(_REFERENCES, stills=list(map(str, stills)))
    look.run(_REDRAW)
    # To watch what a draw calls costs as much as the draw.
    look.run("probe.watch_only(names)", names=_DRAWN)
    look.value("redraw('UI', times, 'first draws')", times=_FEW)
    group = f"Drawing with {jobs} jobs and {REFERENCES} references"
    rounds = [look.value("redraw('UI', times, 'panels')", times=_REDRAWS) for _ in range(trials)]
    means, late = zip(*(_mean_and_late(each) for each in rounds), strict=True)
    note = f"of {_REDRAWS} redraws"
    yield Figure("main_thread.panels.mean", group, "all panels, one redraw, mean", "ms", means, BUDGET, note)
    yield Figure("main_thread.panels.p99", group, "the same, 99 % of the redraws", "ms", late, watched=False)
    by: dict[str, Any] = desk.report()["panels"]["by"]
    for name, counted in sorted(by.items()):
        if name.endswith(".draw") and name.startswith(_PANEL):
            panel = name.removeprefix(_PANEL).removesuffix(".draw")
            mean = (counted["total"] / counted["calls"],)
            note = f"longest {counted['most']:.2f}"
            yield Figure(f"main_thread.panels.{panel}", group, f"the panel `{panel}`, mean", "ms", mean, None, note)
    rounds = [look.value("redraw('WINDOW', times, 'strips')", times=_REDRAWS // 3) for _ in range(trials)]
    means, late = zip(*(_mean_and_late(each) for each in rounds), strict=True)
    note = f"99 % {statistics.median(late):.2f}"
    yield Figure("main_thread.strips.mean", group, "over the strips, one redraw, mean", "ms", means, None, note)
    look.run("probe.watch_only('')")
    look.run("scene().reshoot.references.clear()")


def _mean_and_late(spent: list[float]) -> tuple[float, float]:
    """The mean, and what 99 % of them take at most."""
    return statistics.fmean(spent), sorted(spent)[int(len(spent) * 0.99)]
