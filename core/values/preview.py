# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent now, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
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
class ShotPreview:
    """What would be sent of one shot.

    plan: None where it cannot be sent. file: None where the clip is still to be rendered, or nobody has looked yet.
    warnings: what is lost of it though it is sent. frozen: what is told of scripts that do not run where the clip is
    rendered, empty where nothing is. errors: what of this shot blocks the press, the first to be mended first.
    """

    shot: Shot
    plan: Plan | None = None
    file: SentFile | None = None
    warnings: tuple[str, ...] = ()
    frozen: str = ""
    errors: tuple[ReshootError, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What would be sent now, or why nothing can be.

    brief: what is asked for, None while nobody has looked yet. service: where to, empty where that cannot be told.
    shots: what a press sends, by time. variants: takes of each of them. prompt: as it is sent, empty where it cannot
    be. prompt_warnings: what is pointed out about it. stills: images that are selected beside the footage and are no
    references yet, absolute paths. passed_over: names of selected strips that have a picture and are not sent. errors:
    all that blocks sending, the first to be mended first; they name their shot where there are several. unfinished:
    how many of how many shots were looked at so far, None where all were; until then there are no `shots`.
    """

    brief: Brief | None = None
    service: str = ""
    shots: tuple[ShotPreview, ...] = ()
    variants: int = 1
    prompt: str = ""
    prompt_warnings: tuple[str, ...] = ()
    stills: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    errors: tuple[ReshootError, ...] = ()
    unfinished: tuple[int, int] | None = None

    @property
    def can_be_sent(self) -> bool:
        """Whether a press would send it, as far as is known."""
        return not self.errors and self.unfinished is None

    @property
    def error(self) -> ReshootError | None:
        """The first of what blocks sending."""
        return self.errors[0] if self.errors else None

    @property
    def shot(self) -> Shot | None:
        """The first shot."""
        return self.shots[0].shot if self.shots else None

    @property
    def plan(self) -> Plan | None:
        """What would be sent of the first shot."""
        return self.shots[0].plan if self.shots else None

    @property
    def file(self) -> SentFile | None:
        """What goes out of the first shot's movie as it is."""
        return self.shots[0].file if self.shots else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is pointed out before sending, scripts aside."""
        return (*self.prompt_warnings, *(words for each in self.shots for words in each.warnings))

    @property
    def frozen(self) -> str:
        """What is told of scripts that do not run where a clip is rendered: of the first shot that it is told of."""
        return next((each.frozen for each in self.shots if each.frozen), "")

    @property
    def price(self) -> Decimal | None:
        """US dollars for the whole press, estimated; None where a shot cannot be sent, or there is none."""
        plans = [each.plan for each in self.shots if each.plan is not None]
        if not plans or len(plans) < len(self.shots):
            return None
        return self.variants * sum((plan.price for plan in plans), Decimal(0))
