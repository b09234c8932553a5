# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the tests wait for what must come: one factor from the environment stretches every deadline.

A deadline is for what never comes, so it costs nothing where all is well. RESHOOT_TEST_PATIENCE is the factor, 1 where
it is not set; a machine that does much besides wants 3.
"""

from __future__ import annotations

import os

FACTOR = float(os.environ.get("RESHOOT_TEST_PATIENCE") or 1)
"""By how much every deadline is stretched."""


def stretched(seconds: float) -> float:
    """How long to wait on this machine for what takes `seconds` at most on a quiet one."""
    return seconds * FACTOR


USUAL = 60.0
"""Seconds that anything may take on a quiet machine."""
LONGEST = stretched(USUAL)
"""Seconds that anything may take on this one."""
