# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a job, and the names of the service and the file that are none.

Apart from the job itself: panels need these when Blender starts, and nothing more.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["REHEARSAL", "UNTITLED", "State"]

REHEARSAL = "rehearsal"
"""The service that is a stand-in on this computer."""

UNTITLED = "untitled:"
"""What the project of a file without a name begins with. Once another file is open it is gone for good."""


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
    def ended(self) -> bool:
        """Nothing happens any more unless the editor asks."""
        return not self.moving and self is not State.LANDED


_MOVING = frozenset(
    {State.PREPARED, State.EXPORTING, State.UPLOADING, State.SUBMITTING, State.WAITING, State.DOWNLOADING}
)
