# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a take: put it into the timeline again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from .. import session
from ..core.errors import ReshootError

if TYPE_CHECKING:
    from bpy.types import Context


class RESHOOT_OT_take_place(bpy.types.Operator):
    """Put the job's take into the timeline, where its shot is now"""

    bl_idname = "reshoot.take_place"
    bl_label = "Place Take"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Context) -> set[str]:
        """Place it."""
        try:
            running = session.current()
            job = running.job(self.job)
            if job is None or job.take is None:
                self.report({"ERROR"}, "The job has no take yet. Wait until it has landed.")
                return {"CANCELLED"}
            running.place(job)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (RESHOOT_OT_take_place,)
