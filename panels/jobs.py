# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of this project: where each stands, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..core import board
from ..core.job import State
from .shot import ReshootPanel, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

_WORDS = {
    State.PREPARED: "Waiting to export",
    State.EXPORTING: "Exporting",
    State.UPLOADING: "Uploading",
    State.SUBMITTING: "Submitting",
    State.WAITING: "In the service's queue",
    State.DOWNLOADING: "Downloading",
    State.LANDED: "Finished; waits to be placed",
    State.PLACED: "In the timeline",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.UNSURE: "Unsure whether it was accepted",
}
_ICONS = {State.PLACED: "CHECKMARK", State.FAILED: "ERROR", State.UNSURE: "QUESTION", State.CANCELLED: "CANCEL"}


class RESHOOT_PT_jobs(ReshootPanel, bpy.types.Panel):
    """What was sent and what became of it"""

    bl_label = "Jobs"
    bl_order = 3

    def draw(self, context: Context) -> None:
        """Draw it."""
        layout = self.layout
        lines = board.lines_here()
        if not lines:
            layout.label(text="No jobs yet")
        for line in lines:
            _line(layout.box(), line, context)


def _line(layout: UILayout, line: board.Line, context: Context) -> None:
    job = line.job
    row = layout.row(align=True)
    row.label(text=job.shot.name, icon=_ICONS.get(job.state, "SORTTIME"))
    if job.state.moving:
        row.operator("reshoot.job_cancel", text="", icon="X").job = job.id
    if job.retry_to is not None:
        row.operator("reshoot.job_retry", text="", icon="FILE_REFRESH").job = job.id
    if job.state is State.LANDED:
        row.operator("reshoot.take_place", text="", icon="IMPORT").job = job.id
    if job.state.ended:
        row.operator("reshoot.job_dismiss", text="", icon="TRASH").job = job.id
    words = line.words or _WORDS[job.state]
    if line.fraction is not None and job.state.moving:
        layout.progress(factor=line.fraction, text=words)
    else:
        wrapped(layout, words, context)
    if job.error:
        box = layout.column()
        box.alert = job.state is not State.CANCELLED
        wrapped(box, job.error, context)
        wrapped(box, job.remedy, context)
    for note in job.notes:
        wrapped(layout, note, context, icon="DOT")


CLASSES = (RESHOOT_PT_jobs,)
