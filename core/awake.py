# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience with something that is looked at again and again: what the computer sleeps meanwhile is none of it.

Windows' clock goes on in the sleep, and no clock tells of it: between two looks a moment counts at most.
"""

from __future__ import annotations

import time

_LONGEST_LOOK = 5.0
"""Seconds between two looks that count at most: more than a busy computer takes from one to the next."""


class Patience:
    """So many `seconds` awake, from now on."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._looked = time.monotonic()

    def is_over(self) -> bool:
        """Whether they are over. To be asked often: what passes between two questions counts for 5 seconds at most."""
        now = time.monotonic()
        self._left -= min(now - self._looked, _LONGEST_LOOK)
        self._looked = now
        return self._left < 0
