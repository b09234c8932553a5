# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a job. Apart from the job itself, whose values few need that ask where it stands."""

from __future__ import annotations

from enum import Enum

__all__ = ["State"]


class State(str, Enum):
    """Where a job stands. The value is what the journal holds."""

    PREPARED = "PREPARED"
    EXPORTING = "EXPORTING"
    UPLOADING = "UPLOADING"
    SUBMITTING = "SUBMITTING"
    WAITING = "WAITING"
    DOWNLOADING = "DOWNLOADING"
    LANDED = "LANDED"
    PLACED = "PLACED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNSURE = "UNSURE"

    @property
    def moving(self) -> bool:
        """A runner has a next step for it."""
        return self in _MOVING

    @property
    def unsubmitted(self) -> bool:
        """It moves, and its request has not left yet: nothing is paid where it stops here."""
        return self in _UNSUBMITTED

    @property
    def ended(self) -> bool:
        """Nothing happens any more unless the editor asks."""
        return not self.moving and self is not State.LANDED

    @property
    def settled(self) -> bool:
        """Placed or given up: nobody waits for it."""
        return self in (State.PLACED, State.CANCELLED)


_MOVING = frozenset(
    {State.PREPARED, State.EXPORTING, State.UPLOADING, State.SUBMITTING, State.WAITING, State.DOWNLOADING}
)
_UNSUBMITTED = frozenset({State.PREPARED, State.EXPORTING, State.UPLOADING})
