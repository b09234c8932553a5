# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent now, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import ReshootError
    from .brief import Brief
    from .plan import Plan
    from .shot import Shot


@dataclass(frozen=True)
class SentFile:
    """What goes out of the shot's movie without being encoded again. size: bytes, of all parts together."""

    size: int


@dataclass(frozen=True)
class Preview:
    """What would be sent now, or why nothing can be.

    brief: what is asked for, None while nobody has looked yet. service: where to, empty where that cannot be told.
    prompt: as it is sent, empty where it cannot be. file: None where the clip is still to be rendered, or nobody has
    looked yet. frozen: what is told of scripts that do not run where the clip is rendered, empty where nothing is.
    errors: all that blocks sending, the first to be mended first.
    """

    brief: Brief | None = None
    service: str = ""
    shot: Shot | None = None
    plan: Plan | None = None
    prompt: str = ""
    file: SentFile | None = None
    warnings: tuple[str, ...] = ()
    frozen: str = ""
    errors: tuple[ReshootError, ...] = ()

    @property
    def error(self) -> ReshootError | None:
        """The first of what blocks sending."""
        return self.errors[0] if self.errors else None
