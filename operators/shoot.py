# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.shoot`: check the shot and send it. From the interface it returns at once; from a script it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from .. import session
from ..core.words import say
from ..settings.scene import scene_of
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..core.values.job import Job
    from ..session import OperatorReturn


class RESHOOT_OT_shoot(bpy.types.Operator):
    """Send the selected strips with the prompt; the edited shot comes back as a strip above them"""

    bl_idname = "reshoot.shoot"
    bl_label = "Reshoot"
    # No options: what Blender registers it can repeat, and a repeat goes past the question that a press asks.

    prompt: StringProperty(  # type: ignore[valid-type]
        name="Prompt", description="What should change; the scene's prompt where it is empty", options={"SKIP_SAVE"}
    )
    _live = False

    @classmethod
    def poll(cls, context: Context) -> bool:
        """A scene is there to read the shot from."""
        if scene_of(context) is None:
            cls.poll_message_set(say("There is no sequencer scene"))
            return False
        return True

    def invoke(self, context: Context, event: Event) -> OperatorReturn:
        """Start the job and let `reshoot.watch` do the rest. Where there is a doubt, the editor is asked first."""
        from ..core.errors import ReshootError
        from ..session import shoot

        self._live = True
        try:
            jobs = self._checked(context)
            doubts = shoot.doubts(jobs)
            if not doubts:
                self._send(context, jobs)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not doubts:
            watch.ensure()
            return {"FINISHED"}
        return session.window_manager().invoke_confirm(
            self,
            event,
            title=say("Send It?"),
            message=" ".join(doubts),
            confirm_text=say("Send"),
            icon="QUESTION",
        )

    def execute(self, context: Context) -> OperatorReturn:
        """Start the job and wait until its take is placed. After an editor's answer: only start it."""
        from ..core.errors import ReshootError
        from . import waiting

        try:
            jobs = self._checked(context)
            self._send(context, jobs)
            if self._live:
                watch.ensure()
                return {"FINISHED"}
            job_ids = [job.id for job in jobs]
            waiting.wait_for(session.current(), job_ids)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _checked(self, context: Context) -> tuple[Job, ...]:
        from ..session import shoot

        return shoot.checked(scene_of(context), self.prompt)

    def _send(self, context: Context, jobs: tuple[Job, ...]) -> None:
        from ..session import shoot

        shoot.send(scene_of(context), jobs, self.prompt)
        for warning in jobs[0].order.warnings:
            self.report({"WARNING"}, warning)


CLASSES = (RESHOOT_OT_shoot,)
