# SPDX-License-Identifier: GPL-3.0-or-later
"""How long stretches on the main thread are spread, as the probe counts them: total, longest, and by steps of length.

A spread is plain: calls; total and most, ms; steps: how many stretches took at most 2**(step / 8) microseconds and more
than the step before. So what several Blenders have counted can be added up.
"""

from __future__ import annotations

import math
from typing import Any


def empty() -> dict[str, Any]:
    """Nothing was counted yet."""
    return {"calls": 0, "total": 0.0, "most": 0.0, "steps": {}}


def count(spread: dict[str, Any], ms: float) -> None:
    """Count one stretch."""
    spread["calls"] += 1
    spread["total"] += ms
    spread["most"] = max(spread["most"], ms)
    step = str(math.ceil(8 * math.log2(max(ms, 0.001) * 1000)))
    spread["steps"][step] = spread["steps"].get(step, 0) + 1


def add(spread: dict[str, Any], more: dict[str, Any]) -> None:
    """Count what another one has counted."""
    spread["calls"] += more["calls"]
    spread["total"] += more["total"]
    spread["most"] = max(spread["most"], more["most"])
    for step, calls in more["steps"].items():
        spread["steps"][step] = spread["steps"].get(step, 0) + calls


def percentile(spread: dict[str, Any], share: float) -> float:
    """Milliseconds that a `share` of the stretches (0 to 1) take at most, to a tenth of it; 0 where there is none."""
    left = share * spread["calls"]
    for step in sorted(spread["steps"], key=int):
        left -= spread["steps"][step]
        if left <= 1e-9:
            return float(min(spread["most"], 2 ** (int(step) / 8) / 1000))
    return 0.0


def words(spread: dict[str, Any]) -> str:
    """The spread in a line."""
    half, most = percentile(spread, 0.5), percentile(spread, 0.99)
    return f"half {half:.2f}, 99 % {most:.2f}, longest {spread['most']:.2f}, together {spread['total']:.0f} ms"
