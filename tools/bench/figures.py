# SPDX-License-Identifier: GPL-3.0-or-later
"""A measured figure, how it is held against its budget, and when it is worse than the last accepted one."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LEAST = 0.25
"""Part of a figure by which it may always grow: two runs of one command on a busy machine differ by as much."""

_GRAIN = {"s": 0.1, "ms": 1.0, "MiB": 2.0, "MB": 0.02, "×": 0.05, "1/s": 0.5, "": 0.5, "dB": 0.0}
"""What is too little to count, by unit: a quarter more of next to nothing is nothing."""

_TIMES = ("s", "ms")


@dataclass(frozen=True)
class Figure:
    """One row of the page. Less is better, always.

    name: unique and lasting, the key in the baseline. words: what was measured. group: rows of a group stand together.
    unit: of `_GRAIN`; times are compared by the machine's pace, the rest as it is. values: one for each trial.
    budget: at most, for the median; None where there is none. note: what the reader has to know. watched: whether it
    may not grow; False where the figure is a rival's, or tells of the machine.
    """

    name: str
    group: str
    words: str
    unit: str
    values: tuple[float, ...]
    budget: float | None = None
    note: str = ""
    watched: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool | None:
        """Whether it keeps its budget; None where it has none."""
        return None if self.budget is None else self.median <= self.budget

    @property
    def noise(self) -> float:
        """Half of how far the trials lie apart, as a part of their median."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0

    def plain(self, yardstick: float) -> dict[str, float]:
        """What the baseline keeps of it. yardstick: seconds, see `yardstick`."""
        return {"median": round(self.median, 4), "noise": round(self.noise, 3), "yardstick": round(yardstick, 4)}

    def worse(self, before: Mapping[str, float], yardstick: float) -> float | None:
        """What it may be at most, where it is worse by more than its noise than `before`; else None."""
        if not self.watched:
            return None
        pace = yardstick / before["yardstick"] if self.unit in _TIMES else 1.0
        limit = before["median"] * pace * (1 + max(_LEAST, 2 * max(self.noise, before["noise"]))) + _GRAIN[self.unit]
        return limit if self.median > limit else None


def yardstick() -> float:
    """Seconds that a fixed piece of work takes: how fast this machine is at this moment."""
    row: dict[str, Any] = {str(number): [number, number / 3, "x" * 20] for number in range(2000)}
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(10):
            text = json.dumps(row)
            hashlib.sha256(text.encode()).digest()
            sorted(json.loads(text).items(), key=lambda pair: pair[1][1])
        best = min(best, time.perf_counter() - began)
    return best
