# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job asks of the service, and what names it there."""

from __future__ import annotations

from dataclasses import dataclass

from .choices import Sound, Timing
from .shot import Reference


@dataclass(frozen=True)
class Order:
    """What the editor asked for. warnings: what was pointed out before sending. frozen: of that, what is told of
    scripts that do not run where the clip is rendered. timing, handles: as in `brief.Brief`; which picture was sent is
    the shot's.
    """

    model: str
    prompt: str
    sound: Sound
    references: tuple[Reference, ...]
    warnings: tuple[str, ...] = ()
    frozen: str = ""
    timing: Timing = Timing.AUTO
    handles: int = 0


@dataclass(frozen=True)
class Ticket:
    """What the service calls the job: its id, and the addresses to ask at."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str


@dataclass(frozen=True)
class Upload:
    """A file that the service has. path: on this computer."""

    path: str
    url: str
