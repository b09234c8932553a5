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
    """What is going to be submitted: of this Blender as it knows now, of others as `read` found them last."""
    running = session.running()
    here = [line.job for line in board.open_jobs() if not line.elsewhere]
    ids = {job.id for job in here}
    others = running.runner.coming if running is not None else ()
    return budget.under_way((*here, *(job for job in others if not _is_known(job, ids))))


def _is_known(job: Job, here: set[str]) -> bool:
    """Whether this Blender knows more of a job than the journal did: it has the job, or has seen it settled."""
    line = board.progress(job.id)
    return job.id in here or (line is not None and not line.elsewhere)


def read() -> tuple[tuple[Sum, ...], tuple[str, ...]]:
    """What was spent in each project, and the jobs that are under way to be, from the disk; to be compared.

    Called on any thread. Raises StorageError.
    """
    running = session.running()
    if running is None:
        return session.spent(), ()
    spent = running.runner.read_spent()
    return spent, tuple(job.id for job in running.runner.coming)
