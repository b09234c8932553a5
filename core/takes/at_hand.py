# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of takes as a timeline needs them: whether each is there, and the copies that run at another rate.

It asks the disk, which may hang, so whoever holds the interface has it done on a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import PlacementError
from ..media import mp4
from ..words import say
from .result import at_rate


@dataclass(frozen=True)
class Needed:
    """A file that is to be shown. label: what its job is called. rate: that its pictures have to run at, None where it
    is shown as it is."""

    label: str
    path: str
    rate: Fraction | None = None


Files = Mapping[Needed, Path]
"""Where what is needed lies."""


def find(needed: Sequence[Needed]) -> Files:
    """Where each file is; copies are made where they are missing. Raises PlacementError."""
    # All are looked at first: where one is gone nothing is copied.
    for each in needed:
        if not Path(each.path).is_file():
            raise PlacementError(
                say("The take of “{shot}” is not on disk any more.", shot=each.label),
                say("Retry the job to fetch it again."),
            )
    return {each: _at_rate(each) for each in needed}


def _at_rate(needed: Needed) -> Path:
    path = Path(needed.path)
    if needed.rate is None:
        return path
    try:
        return at_rate(path, needed.rate)
    except (OSError, mp4.Unreadable) as error:
        raise PlacementError(
            say("The timeline's rate was changed, and the take cannot be fitted to it: {error}.", error=error),
            say("Set the rate to what it was, and place the take again from the job."),
        ) from error
