# SPDX-License-Identifier: GPL-3.0-or-later
"""What is spent, held against what the editor allows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .. import session
from ..core.jobs import board
from ..core.money import budget
from ..core.money.ledger import Sum
from ..core.names import REHEARSAL
from ..settings import preferences


def is_limited(service: str) -> bool:
    """Whether the editor has set a limit that counts for what goes to `service`."""
    return service not in ("", REHEARSAL) and preferences.budget().is_set


def check(price: Decimal, service: str, project: str, spent: Iterable[Sum] | None = None) -> None:
    """Refuse what would go over the editor's limit per day or per project. Raises MoneyError with the figures.

    price: US dollars. spent: None for what is known without asking the disk.
    """
    if not is_limited(service):
        return
    coming = budget.under_way(progress.job for progress in board.open_jobs())
    known = session.spent() if spent is None else spent
    budget.check(price, project, known, coming, preferences.budget())


def read() -> tuple[Sum, ...]:
    """What was spent in each project, from the disk. Called on any thread. Raises StorageError."""
    running = session.running()
    return running.runner.read_spent() if running is not None else session.spent()
