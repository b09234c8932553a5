# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: every budget of the design measured, beside what a user would compare with; docs/performance.md.

Ends with an error where a figure has become worse than tools/bench/baseline.json by more than its noise. Arguments:
parts to measure, all where there are none. ACCEPT=1 takes the figures as the new baseline. TRIALS sets how often.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

from figures import Figure, yardstick
from report import Part, write

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
    began = time.monotonic()
    parts, regressed = [], []
    for name in names:
        module = importlib.import_module(name)
        pace, since = yardstick(), time.monotonic()
        figures: list[Figure] = []
        for figure in module.measure(FOLDER / name, trials):
            figures.append(figure)
            _tell(figure)
        pace = min(pace, yardstick())
        for figure in figures:
            before = baseline.get(figure.name)
            limit = figure.worse(before, pace) if before else None
            if limit is not None:
                regressed.append(
                    f"{figure.name}: {figure.median:.4g} {figure.unit}, at most {limit:.4g} by the baseline"
                )
            if before is None or os.environ.get("ACCEPT"):
                baseline[figure.name] = figure.plain(pace)
        parts.append(Part(name, module.TITLE, module.HOW, tuple(figures), time.monotonic() - since))
    if os.environ.get("ACCEPT"):
        if len(names) == len(PARTS):
            measured = {figure.name for part in parts for figure in part.figures}
            baseline = {name: kept for name, kept in baseline.items() if name in measured}
        BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        regressed = []
    if len(names) == len(PARTS):
        write(PAGE, parts, trials, time.monotonic() - began)
        print(f"bench: {PAGE.relative_to(ROOT)} is written")
    every = [figure for part in parts for figure in part.figures]
    held = [figure for figure in every if figure.holds is not None]
    short = [figure.name for figure in held if not figure.holds]
    hold = f"{len(held) - len(short)} of {len(held)} budgets hold"
    print(f"bench: {len(every)} figures; {hold}; short: {', '.join(short) or 'none'}")
    for line in regressed:
        print(f"bench: worse: {line}")
    sys.exit(1 if regressed else 0)


def _tell(figure: Figure) -> None:
    verdict = {None: "", True: "holds", False: "SHORT"}[figure.holds]
    budget = "" if figure.budget is None else f"  budget {figure.budget:g} {verdict}"
    spread = f"{min(figure.values):.4g} to {max(figure.values):.4g}"
    print(f"{figure.name:44} {figure.median:9.4g} {figure.unit:4} ({spread}){budget}", flush=True)


if __name__ == "__main__":
    main()
