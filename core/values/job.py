# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of one paid request, from export to placement, and the states it goes through.

PREPARED → EXPORTING → UPLOADING → SUBMITTING → WAITING → DOWNLOADING → LANDED → PLACED
any of these → FAILED or CANCELLED;  SUBMITTING → UNSURE
"""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import ModelUnknown, Paid
from ..names import REHEARSAL
from ..words import say
from .choices import Rating
from .plan import Part, Plan
from .request import Order, Ticket, Upload
from .sent_model import SentModel
from .shot import Reference, Shot
from .state import State
from .take import Take

_ID = re.compile(r"[0-9a-f]{32}")


def is_job_id(text: object) -> bool:
    """Whether `text` is a job's id, as `new` makes them. Paths are made of ids: anything else leads out of a folder."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


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
    cancelling: the editor asked to stop after it was submitted. lost_url: the upload in a submission whose answer was
    lost, by which it can be found. compared: its take was held against the clip, or has not to be; until then it lies
    as it came. part: which part of the plan it is, from 0. group: the id of the first part's job, the same for all
    parts of a shot; its own where there is one part. placed_in: what told the project's file from what it is once it is
    saved, when its take was placed. model: what is kept of it, empty in rows of Reshoot 0.1.0. number: which take of
    its shot it is, from 1 on; 0 in such rows. press: the same for all jobs that were sent at once. rating, note: what
    the editor thinks of its take. dismissed: when it was taken off the list, seconds since the epoch; 0 where it was
    not.
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
    lost_url: str = ""
    compared: bool = True
    part: int = 0
    group: str = ""
    model: SentModel = field(default_factory=SentModel)
    placed_in: str = ""
    created: float = 0.0
    stages: tuple[Stage, ...] = field(default=())
    number: int = 0
    press: str = ""
    rating: Rating = Rating.NONE
    note: str = ""
    dismissed: float = 0.0

    @property
    def lost(self) -> bool:
        """Whether it was submitted and the answer was lost: the service may have it, under an id that nobody knows."""
        unsure = self.state is State.UNSURE or (self.paid is Paid.UNKNOWN and bool(self.lost_url))
        return unsure and self.ticket is None

    @property
    def held(self) -> bool:
        """Whether it was not sent from here and waits for the editor, since whoever has its original may send it."""
        return self.state is State.UNSURE and self.retry_to is State.PREPARED

    @property
    def open_question(self) -> bool:
        """Whether the service may still have something for it though it has ended: it was lost, or asked to stop."""
        return self.state.ended and (self.lost or (self.state is State.CANCELLED and self.ticket is not None))

    @property
    def request_id(self) -> str:
        """The service's name for the job, empty before it is submitted."""
        return self.ticket.request_id if self.ticket else ""

    @property
    def endpoint(self) -> str:
        """The service's name for its model. Raises ModelUnknown where neither the row nor the table has it."""
        if not self.model.endpoint:
            raise ModelUnknown(
                say("“{model}” is a model that this Reshoot does not know.", model=self.order.model),
                say("Update Reshoot, then retry; or dismiss the job."),
            )
        return self.model.endpoint

    @property
    def sent(self) -> Part:
        """The part of the plan that it is."""
        return self.plan.parts[self.part]

    @property
    def price(self) -> Decimal:
        """Estimated price, US dollars; nothing in rehearsal."""
        return Decimal(0) if self.service == REHEARSAL else self.sent.price

    @property
    def may_be_paid(self) -> bool:
        """Money was spent on it, or nobody knows."""
        return self.paid is not Paid.NO

    @property
    def label(self) -> str:
        """What it is called in lists: the shot, and which part of it."""
        if len(self.plan.parts) == 1:
            return self.shot.name
        return say(
            "{shot}, part {number} of {count}", shot=self.shot.name, number=self.part + 1, count=len(self.plan.parts)
        )


def new(
    *, service: str, order: Order, shot: Shot, plan: Plan, model: SentModel, number: int = 0, press: str = ""
) -> tuple[Job, ...]:
    """The jobs of a plan, one for each part, that nothing has been done for yet. number, press: see `Job`."""
    now = time.time()
    ids = [uuid.uuid4().hex for _part in plan.parts]
    return tuple(
        Job(
            id=job_id,
            state=State.PREPARED,
            project=shot.project,
            scene=shot.scene,
            service=service,
            order=order,
            shot=shot,
            plan=plan,
            notes=plan.fixes,
            part=part,
            group=ids[0],
            model=model,
            created=now,
            stages=(Stage(State.PREPARED, now),),
            number=number,
            press=press,
        )
        for part, job_id in enumerate(ids)
    )
