# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: every budget of the design measured, beside what a user would compare with; docs/performance.md.

Ends with an error where a figure has become worse than tools/bench/baseline.json by more than its noise. Arguments:
parts to measure, all where there are none. ACCEPT=1 takes the figures as the new baseline. TRIALS sets how often. What
was measured of a part last is kept in build/bench, and the page is written from that once every part is there.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from figures import Figure, yardstick
from report import Part, load, save, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
BASELINE = Path(__file__).with_name("baseline.json")
PAGE = ROOT / "docs" / "performance.md"
PARTS = ("export", "main_thread", "around", "start", "memory", "many", "package")
TRIALS = 5


def main() -> None:
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        sys.exit(f"bench: there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    trials = int(os.environ.get("TRIALS", TRIALS))
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    parts = [_measure(name, trials) for name in names]
    if os.environ.get("ACCEPT"):
        baseline.update({figure.name: figure.plain(part.pace) for part in parts for figure in part.figures})
        BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    known = [load(_kept(name)) for name in PARTS]
    if all(part is not None for part in known):
        write(PAGE, [part for part in known if part is not None])
        print(f"bench: {PAGE.relative_to(ROOT)} is written")
    every = [figure for part in parts for figure in part.figures]
    held = [figure for figure in every if figure.holds is not None]
    short = [figure.name for figure in held if not figure.holds]
    hold = f"{len(held) - len(short)} of {len(held)} budgets hold"
    print(f"bench: {len(every)} figures; {hold}; short: {', '.join(short) or 'none'}")
    worse = [line for part in parts for line in _worse(part, baseline)]
    for line in worse:
        print(f"bench: worse: {line}")
    sys.exit(1 if worse else 0)


def _measure(name: str, trials: int) -> Part:
    module = importlib.import_module(name)
    pace, since = yardstick(), time.monotonic()
    figures: list[Figure] = []
    for figure in module.measure(FOLDER / name, trials):
        figures.append(figure)
        _tell(figure)
    pace = min(pace, yardstick())
    part = Part(module.TITLE, module.HOW, tuple(figures), trials, time.monotonic() - since, time.time(), pace)
    save(part, _kept(name))
    return part


def _kept(name: str) -> Path:
    """Where what was measured of a part last is."""
    return FOLDER / f"{name}.json"


def _worse(part: Part, baseline: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The figures that have grown by more than their noise, in words."""
    found = []
    for figure in part.figures:
        before = baseline.get(figure.name)
        limit = figure.worse(before, part.pace) if before else None
        if limit is not None:
            now = f"{figure.median:.4g} {figure.unit}".strip()
            found.append(f"{figure.name}: {now}, at most {limit:.4g} by the baseline")
    return found


def _tell(figure: Figure) -> None:
    verdict = {None: "", True: "holds", False: "SHORT"}[figure.holds]
    budget = "" if figure.budget is None else f"  budget {figure.budget:g} {verdict}"
    spread = f"{min(figure.values):.4g} to {max(figure.values):.4g}"
    print(f"{figure.name:44} {figure.median:9.4g} {figure.unit:4} ({spread}){budget}", flush=True)


if __name__ == "__main__":
    main()
