# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that `make bench` writes: the figures as tables, the machine, how each was measured."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from figures import Figure


@dataclass(frozen=True)
class Part:
    """One heading of the page. how: what was done, Markdown. seconds: that it took. at: when, seconds since the epoch.

    pace: see `figures.yardstick`.
    """

    title: str
    how: str
    figures: tuple[Figure, ...]
    trials: int
    seconds: float
    at: float
    pace: float


def save(part: Part, path: Path) -> None:
    """Keep what was measured."""
    path.write_text(json.dumps(asdict(part), indent=1), encoding="utf-8")


def load(path: Path) -> Part | None:
    """What was kept, None where there is nothing."""
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    figures = tuple(Figure(**{**figure, "values": tuple(figure["values"])}) for figure in told["figures"])
    return Part(**{**told, "figures": figures})


def write(path: Path, parts: Sequence[Part]) -> None:
    """Write the page."""
    every = [figure for part in parts for figure in part.figures if figure.holds is not None]
    short = [figure for figure in every if not figure.holds]
    days = sorted({time.strftime("%Y-%m-%d", time.localtime(part.at)) for part in parts})
    minutes = sum(part.seconds for part in parts) / 60
    lines = [
        "# Performance",
        "",
        "Written by `make bench`, which measures what the design sets budgets for, side by side with what an editor",
        "would compare with. Figures are medians of the trials, with the least and the greatest in brackets; less is",
        "better. It fails where a figure has grown by more than its noise since the one in",
        "`tools/bench/baseline.json`, times by this machine's pace at a fixed piece of work. `make bench ACCEPT=1`",
        'takes the new ones as the baseline; `make bench PARTS="export start"` measures some parts anew.',
        "",
        f"Machine: {_machine()}. Measured {' and '.join(days)} in {minutes:.0f} minutes.",
        "",
        f"{len(every) - len(short)} of {len(every)} budgets hold." + (" Short:" if short else ""),
        *([""] if short else []),
        *(f"- {figure.group}: {figure.words}, {_with_unit(figure)} for {figure.budget:g}" for figure in short),
    ]
    for part in parts:
        took = f"{part.trials} trials where nothing else is said, {part.seconds / 60:.1f} minutes."
        lines += ["", f"## {part.title}", "", part.how.strip(), "", took, ""]
        lines += _table(part.figures)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(figures: Sequence[Figure]) -> list[str]:
    lines = []
    for group, rows in groupby(figures, key=lambda figure: figure.group):
        lines += [f"| {group} | measured | budget | |", "| --- | ---: | ---: | --- |"]
        for figure in rows:
            budget = "" if figure.budget is None else f"{figure.budget:g}{_unit(figure)}"
            verdict = {None: "", True: "holds", False: "**short**"}[figure.holds]
            remark = "; ".join(each for each in (verdict, figure.note) if each)
            lines.append(f"| {figure.words} | {_with_unit(figure)} | {budget} | {remark} |")
        lines.append("")
    return lines[:-1]


def _with_unit(figure: Figure) -> str:
    found = f"{_number(figure.median)}{_unit(figure)}"
    if len(figure.values) > 1:
        found += f" ({_number(min(figure.values))} to {_number(max(figure.values))})"
    return found


def _unit(figure: Figure) -> str:
    return f" {figure.unit}" if figure.unit else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _machine() -> str:
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({name}), {memory:.0f} GiB of memory, {platform.system()}"
