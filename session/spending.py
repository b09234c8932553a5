# SPDX-License-Identifier: GPL-3.0-or-later
"""What is spent, held against what the editor allows."""

from __future__ import annotations

from decimal import Decimal

from .. import session
from ..core.jobs import board
from ..core.money import budget
from ..core.money.ledger import Sum
from ..core.names import REHEARSAL
from ..core.values.job import Job
from ..settings import preferences


def is_limited(service: str) -> bool:
    """Whether the editor has set a limit that counts for what goes to `service`."""
    return service not in ("", REHEARSAL) and preferences.budget().is_set


def check(price: Decimal, service: str, project: str) -> None:
    """Refuse what would go over the editor's limit per day or per project. Raises MoneyError with the figures.

    price: US dollars. What was spent is what `read` found last, or a job of this Blender since.
    """
    if is_limited(service):
        budget.check(price, project, session.spent(), _coming(), preferences.budget())


def fingerprint() -> tuple[object, ...]:
    """What `check` goes by, to be compared; nothing where there is no limit."""
    return (session.spent(), *(job.id for job in _coming())) if preferences.budget().is_set else ()


def _coming() -> list[Job]:
    return budget.under_way(progress.job for progress in board.open_jobs())


def read() -> tuple[Sum, ...]:
    """What was spent in each project, from the disk. Called on any thread. Raises StorageError."""
    running = session.running()
    return running.runner.read_spent() if running is not None else session.spent()
