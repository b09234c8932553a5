# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of one paid request, from export to placement, and the states it goes through.

PREPARED → EXPORTING → UPLOADING → SUBMITTING → WAITING → DOWNLOADING → LANDED → PLACED
any of these → FAILED or CANCELLED;  SUBMITTING → UNSURE
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from .conform import Plan
from .errors import Paid
from .settings import Sound
from .shot import Reference, Shot
from .state import REHEARSAL, State

__all__ = ["REHEARSAL", "Job", "Order", "Stage", "State", "Take", "Ticket", "Upload", "new"]


@dataclass(frozen=True)
class Order:
    """What the editor asked for. warnings: what was pointed out before sending."""

    model: str
    prompt: str
    sound: Sound
    references: tuple[Reference, ...]
    warnings: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class Take:
    """The result on disk. path: absolute. width, height: pixels. play_fps: see `conform.Landing`."""

    path: str
    width: int
    height: int
    frames: int
    fps: Fraction
    sound: bool
    play_fps: Fraction | None


@dataclass(frozen=True)
class Stage:
    """When a state was entered, seconds since the epoch. Receipts tell the time of each stage by it."""

    state: State
    at: float


@dataclass(frozen=True)
class Job:
    """A row of the journal.

    service: "fal", "rehearsal", or the base URL it was sent to. clip: the file that is sent, absolute. prepared: the
    references as files that the service takes, in the order's order. notes: what was done to make it fit, in words.
    retry_to: where a failed job goes on if the editor says so. error, remedy: why it stopped and what to do.
    cancelling: the editor asked to stop after it was submitted.
    """

    id: str
    state: State
    project: str
    scene: str
    service: str
    order: Order
    shot: Shot
    plan: Plan
    clip: str = ""
    prepared: tuple[Reference, ...] = ()
    uploads: tuple[Upload, ...] = ()
    ticket: Ticket | None = None
    take: Take | None = None
    notes: tuple[str, ...] = ()
    error: str = ""
    remedy: str = ""
    paid: Paid = Paid.NO
    retry_to: State | None = None
    cancelling: bool = False
    created: float = 0.0
    stages: tuple[Stage, ...] = field(default=())

    @property
    def request_id(self) -> str:
        """The service's name for the job, empty before it is submitted."""
        return self.ticket.request_id if self.ticket else ""

    @property
    def price(self) -> Decimal:
        """Estimated price, US dollars; nothing in rehearsal."""
        return Decimal(0) if self.service == REHEARSAL else self.plan.price


def new(*, service: str, order: Order, shot: Shot, plan: Plan) -> Job:
    """A job that nothing has been done for yet."""
    now = time.time()
    return Job(
        id=uuid.uuid4().hex,
        state=State.PREPARED,
        project=shot.project,
        scene=shot.scene,
        service=service,
        order=order,
        shot=shot,
        plan=plan,
        notes=plan.fixes,
        created=now,
        stages=(Stage(State.PREPARED, now),),
    )
