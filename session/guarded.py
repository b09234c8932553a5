# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender calls by itself, timers and handlers, ends for no exception: it is told once, and gone on with.

It may be another add-on's fault. Light, since Blender imports it when it starts.
"""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RECOVERS = 1.0
"""Seconds after which what broke is tried again."""

_logged: set[tuple[type[Exception], str, int | None]] = set()
"""What has broken and where: told once, though it may break at every tick."""


def log(error: Exception) -> None:
    """Tell once what has broken where."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    broken = (type(error), where.filename, where.lineno)
    if broken not in _logged:
        import logging

        _logged.add(broken)
        logging.getLogger(__name__).error("the watch of jobs stumbled and goes on", exc_info=error)


def enduring(timer: Callable[[], float | None]) -> Callable[[], float | None]:
    """A timer of Blender's that is called again where it breaks: Blender itself would forget it."""

    @functools.wraps(timer)
    def run() -> float | None:
        try:
            return timer()
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs have to be followed
            log(error)
            return RECOVERS

    return run


def attempt(work: Callable[[], object]) -> bool:
    """Do `work`, whose failing must not keep from what comes after it. Whether it was done."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the same
        log(error)
        return False
    return True
