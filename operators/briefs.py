# SPDX-License-Identifier: GPL-3.0-or-later
"""From a take onward: its brief back into the settings, and the same sent again."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from ..settings.scene import scene_of

if TYPE_CHECKING:
    from bpy.types import Context

    from ..session import OperatorReturn


class RESHOOT_OT_take_brief(bpy.types.Operator):
    """Bring prompt, references, model and options of this take back into the panel"""

    bl_idname = "reshoot.take_brief"
    bl_label = "Use This Brief"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Bring it back, and tell what of it is not there any more."""
        from ..core.errors import ReshootError
        from ..session import briefs

        try:
            notes = briefs.use(scene_of(context), self.job)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for words in notes:
            self.report({"WARNING"}, words)
        return {"FINISHED"}


CLASSES = (RESHOOT_OT_take_brief,)
