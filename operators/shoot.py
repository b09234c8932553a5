# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.shoot`: check the shot and send it. From the interface it returns at once; from a script it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from .. import session
from ..core.errors import ReshootError
from ..core.words import say
from ..timeline import compat
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event


class RESHOOT_OT_shoot(bpy.types.Operator):
    """Send the selected strips with the prompt; the edited shot comes back as a strip above them"""

    bl_idname = "reshoot.shoot"
    bl_label = "Reshoot"
    bl_options = {"REGISTER"}

    prompt: StringProperty(  # type: ignore[valid-type]
        name="Prompt", description="What should change; the scene's prompt where it is empty", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """A scene is there to read the shot from."""
        if compat.sequencer_scene(context) is None:
            cls.poll_message_set(say("There is no sequencer scene"))
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Start the job and let `reshoot.watch` do the rest."""
        if not self._start(context):
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}

    def execute(self, context: Context) -> set[str]:
        """Start the job and wait until its take is placed."""
        job_ids = self._start(context)
        if not job_ids:
            return {"CANCELLED"}
        try:
            watch.wait_for(session.current(), job_ids)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _start(self, context: Context) -> list[str]:
        from .. import shooting

        scene = compat.sequencer_scene(context)
        if self.prompt:
            scene.reshoot.prompt = self.prompt
        try:
            jobs = shooting.shoot(scene)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return []
        for warning in jobs[0].order.warnings:
            self.report({"WARNING"}, warning)
        return [job.id for job in jobs]


CLASSES = (RESHOOT_OT_shoot,)
