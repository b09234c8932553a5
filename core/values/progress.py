# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a job is, as it is shown in lists and on strips. Apart from the board, so that the start does not wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job import Job


@dataclass(frozen=True)
class JobProgress:
    """One job as it is shown. words: where it stands. fraction: 0 to 1, None where it cannot be told.

    elsewhere: another Blender has it.
    """

    job: Job
    words: str
    fraction: float | None
    elsewhere: bool = False


@dataclass(frozen=True)
class StripProgress:
    """A job as it is shown on its shot. channel, start, end: where that is now, timeline frames, end exclusive."""

    channel: int
    start: int
    end: int
    progress: JobProgress
