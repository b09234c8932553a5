# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be spent: the editor's limits, held against what was spent and what is on its way to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ..errors import MoneyError
from ..names import REHEARSAL
from ..values.job import Job
from ..values.state import State
from ..words import say
from .ledger import Sum


def under_way(jobs: Iterable[Job]) -> list[Job]:
    """The jobs that are going to be submitted: what they cost is not in the ledger yet, but as good as spent."""
    to_come = (State.PREPARED, State.EXPORTING, State.UPLOADING)
    return [job for job in jobs if job.service != REHEARSAL and job.state in to_come]


@dataclass(frozen=True)
class Budget:
    """US dollars; None for no limit. day: on one day, in all projects. project: ever, in one."""

    day: Decimal | None
    project: Decimal | None

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        return self.day is not None or self.project is not None


def check(price: Decimal, project: str, spent: Iterable[Sum], coming: Iterable[Job], allowed: Budget) -> None:
    """Refuse what would go over a limit. Raises MoneyError with the figures.

    price: of what is to be sent. spent: see `sums`. coming: see `under_way`.
    """
    spent, coming = list(spent), list(coming)
    of_day = sum((each.day for each in spent), Decimal(0)) + sum((job.sent.price for job in coming), Decimal(0))
    of_project = sum((each.all for each in spent if each.project == project), Decimal(0))
    of_project += sum((job.sent.price for job in coming if job.project == project), Decimal(0))
    if allowed.day is not None and of_day + price > allowed.day:
        raise MoneyError(
            say(
                "This costs ${price}; ${spent} of today's ${limit} are spent or under way.",
                price=price,
                spent=of_day,
                limit=allowed.day,
            ),
            say("Raise the limit per day in the preferences, or go on tomorrow."),
        )
    if allowed.project is not None and of_project + price > allowed.project:
        raise MoneyError(
            say(
                "This costs ${price}; ${spent} of this project's ${limit} are spent or under way.",
                price=price,
                spent=of_project,
                limit=allowed.project,
            ),
            say("Raise the limit per project in the preferences."),
        )
