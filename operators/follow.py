# SPDX-License-Identifier: GPL-3.0-or-later
"""Let takes follow their shots."""

from typing import TYPE_CHECKING

import bpy

from ..settings.scene import scene_of

if TYPE_CHECKING:
    from bpy.types import Context

    from ..session import OperatorReturn


class RESHOOT_OT_take_follow(bpy.types.Operator):
    """Move and trim the takes of the selected shots to where their shots are now, as far as the takes have frames"""

    bl_idname = "reshoot.take_follow"
    bl_label = "Follow"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: "Context") -> "OperatorReturn":
        """Do it; what the takes do not have is told."""
        from ..core.errors import ReshootError
        from ..session import staleness

        try:
            notes = staleness.follow(scene_of(context))
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for words in notes:
            self.report({"INFO"}, words)
        return {"FINISHED"}


CLASSES = (RESHOOT_OT_take_follow,)
