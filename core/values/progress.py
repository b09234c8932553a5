# SPDX-License-Identifier: GPL-3.0-or-later
"""What `board` keeps and panels draw, as plain values: what would be sent now, a job as it is shown, and where.

Apart from the board: Blender's start does not wait for these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import ReshootError
    from ..planning.conform import Plan
    from .job import Job
    from .shot import Shot


@dataclass(frozen=True)
class SentFile:
    """What goes out of the shot's movie without being encoded again. as_is: the very file; else a copy with another
    rate, or what is cut out of it, for each part of the plan.

    size: bytes, of all parts together. sound: it has a sound track that goes with it.
    """

    size: int
    sound: bool
    as_is: bool


@dataclass(frozen=True)
class Preview:
    """What would be sent now, or why nothing can be.

    service: where to, empty where that cannot be told. prompt: as it is written. file: None where the clip is still to
    be rendered, or nobody has looked yet. errors: all that blocks sending, the first to be mended first.
    """

    service: str = ""
    shot: Shot | None = None
    plan: Plan | None = None
    prompt: str = ""
    file: SentFile | None = None
    warnings: tuple[str, ...] = ()
    errors: tuple[ReshootError, ...] = ()

    @property
    def error(self) -> ReshootError | None:
        """The first of what blocks sending."""
        return self.errors[0] if self.errors else None


@dataclass(frozen=True)
class Line:
    """One job as it is shown. words: where it stands. fraction: 0 to 1, None where it cannot be told.

    elsewhere: another Blender has it.
    """

    job: Job
    words: str
    fraction: float | None
    elsewhere: bool = False


@dataclass(frozen=True)
class OnStrip:
    """A job as it is shown on its shot. channel, start, end: where that is now, timeline frames, end exclusive."""

    channel: int
    start: int
    end: int
    line: Line
