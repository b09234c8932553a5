# SPDX-License-Identifier: GPL-3.0-or-later
"""From a take onward: its brief back into the settings, and the same sent again."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from ..settings.scene import scene_of
from .shoot import Sends

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..core.values.job import Job
    from ..session import OperatorReturn
    from ..session.look import Again
    from ..session.press import Press


class RESHOOT_OT_take_brief(bpy.types.Operator):
    """Bring prompt, references, model and options of this take back into the panel"""

    bl_idname = "reshoot.take_brief"
    bl_label = "Use This Brief"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Keep what is shown with the shot that it is of, then bring it back."""
        from ..session import briefs

        briefs.follow(scene_of(context))
        return self.execute(context)

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


class RESHOOT_OT_take_again(Sends, bpy.types.Operator):
    """Send the shot of this take once more with the take's brief, as the shot is now; the settings stay as they are"""

    bl_idname = "reshoot.take_again"
    bl_label = "Again"

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    model: StringProperty(  # type: ignore[valid-type]
        name="Model", description="The model that edits it; the take's own where it is empty", options={"SKIP_SAVE"}
    )

    def _again(self, context: "Context") -> "Again | None":
        """The shot of the job, where it is now, and its brief."""
        from ..session import briefs

        return briefs.again(scene_of(context), self.job, self.model)


class RESHOOT_OT_shoot_drafts(Sends, bpy.types.Operator):
    """Send every shot of the scene whose brief was not sent yet, each by its own; the sum is asked first"""

    bl_idname = "reshoot.shoot_drafts"
    bl_label = "Send All Drafts"

    def _shoot(self, context: "Context") -> "tuple[Job, ...]":
        """Send them, as scripts do."""
        from ..session import shoot

        return shoot.shoot_drafts(scene_of(context))

    def _to_ask(self, presses: "tuple[Press, ...]") -> tuple[str, ...]:
        """Always the sum: not every one of them is in sight."""
        from ..session import shoot

        jobs = tuple(job for press in presses for job in press.jobs)
        return tuple(dict.fromkeys((*super()._to_ask(presses), shoot.drafts_words(jobs))))

    def _presses(self, context: "Context") -> "tuple[Press, ...]":
        """One for each."""
        from ..session import shoot
        from ..session.press import AT_ONCE

        return shoot.press_drafts(scene_of(context), AT_ONCE)


CLASSES = (RESHOOT_OT_take_brief, RESHOOT_OT_take_again, RESHOOT_OT_shoot_drafts)
