# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.shoot`, `reshoot.shoot_each`: check what is selected and send it. From the interface they return at once,
from a script they wait.
"""

from typing import TYPE_CHECKING

import bpy
from bpy.props import IntProperty, StringProperty

from .. import session
from ..core.words import say
from ..session.guarded import enduring
from ..settings.scene import scene_of
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..core.values.choices import Selection
    from ..core.values.job import Job
    from ..session import OperatorReturn
    from ..session.look import Again
    from ..session.press import Press

    # What only adds to an operator; Blender's own class comes last.
    _Operator = bpy.types.Operator
else:
    _Operator = object

_EVERY = 0.01
"""Seconds between two looks whether the disk has answered a press."""

_shown: tuple[str, ...] = ()
"""What the panel says that presses wait for."""


class Sends(_Operator):
    """What the operators that send have in common."""

    # No options: what Blender registers it can repeat, and a repeat goes past the question that a press asks.

    _live = False

    def _prompt(self) -> str:
        """What should change; empty for what the scene says."""
        return ""

    def _selection(self) -> "Selection | None":
        """What several selected strips are; None for what the scene says."""
        return None

    def _variants(self) -> int | None:
        """Takes of each shot; None for what the scene says."""
        return None

    def _again(self, context: "Context") -> "Again | None":
        """What is sent in place of what is selected and set. Raises ShotError where it cannot be."""
        return None

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """A scene is there to read the shot from."""
        if scene_of(context) is None:
            cls.poll_message_set(say("There is no sequencer scene"))
            return False
        return True

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Begin to send the shots and return; the editor is asked first where there is a doubt.

        The disk is asked meanwhile, and `reshoot.watch` tells what it refuses.
        """
        from ..core.errors import ReshootError
        from ..session import briefs

        if bpy.app.background:
            # There nothing goes on by itself.
            return self.execute(context)
        self._live = True
        briefs.follow(scene_of(context))
        try:
            presses = self._presses(context)
            self._doubts = doubts = self._to_ask(presses)
            if not doubts:
                return self._begin(context, presses)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return session.window_manager().invoke_confirm(
            self,
            event,
            title=say("Send It?"),
            message=" ".join(doubts),
            confirm_text=say("Send"),
            icon="QUESTION",
        )

    def execute(self, context: "Context") -> "OperatorReturn":
        """Start the jobs and wait until their takes are placed. After an editor's answer: only begin to send it."""
        from ..core.errors import ReshootError, ShotError
        from . import waiting

        try:
            if self._live:
                presses = self._presses(context)
                if set(self._to_ask(presses)) - set(self._doubts):
                    raise ShotError(
                        say("What is selected is not what was asked about any more."), say("Send it again.")
                    )
                return self._begin(context, presses)
            jobs = self._shoot(context)
            self._warn(jobs)
            waiting.wait_for(session.current(), [job.id for job in jobs])
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _shoot(self, context: "Context") -> "tuple[Job, ...]":
        """Send it, as scripts do."""
        from ..session import shoot

        return shoot.shoot(
            scene_of(context),
            self._prompt(),
            selection=self._selection(),
            variants=self._variants(),
            again=self._again(context),
        )

    def _to_ask(self, presses: "tuple[Press, ...]") -> tuple[str, ...]:
        """What the editor is asked before it is sent."""
        from ..session import shoot

        return shoot.doubts(tuple(job for press in presses for job in press.jobs))

    def _presses(self, context: "Context") -> "tuple[Press, ...]":
        """What is pressed. Raises the first of what is known to be in its way."""
        from ..session.press import AT_ONCE, Press

        press = Press(
            scene_of(context),
            self._prompt(),
            patience=AT_ONCE,
            selection=self._selection(),
            variants=self._variants(),
            again=self._again(context),
        )
        if press.error is not None:
            raise press.error
        return (press,)

    def _begin(self, context: "Context", presses: "tuple[Press, ...]") -> "OperatorReturn":
        from ..session import shoot

        for press in presses:
            shoot.begin(press, scene_of(context))
            self._warn(press.jobs)
        if not bpy.app.timers.is_registered(_carry_out):
            bpy.app.timers.register(_carry_out, first_interval=_EVERY, persistent=True)
        return {"FINISHED"}

    def _warn(self, jobs: "tuple[Job, ...]") -> None:
        for warning in dict.fromkeys(warning for job in jobs for warning in job.order.warnings):
            self.report({"WARNING"}, warning)


class _Shoot(Sends):
    """What those have in common that send what is selected."""

    prompt: StringProperty(  # type: ignore[valid-type]
        name="Prompt", description="What should change; the scene's prompt where it is empty", options={"SKIP_SAVE"}
    )

    def _prompt(self) -> str:
        """The one that is given."""
        return str(self.prompt)


class RESHOOT_OT_shoot(_Shoot, bpy.types.Operator):
    """Send the selected strips with the prompt; each edited shot comes back as a strip above its own"""

    bl_idname = "reshoot.shoot"
    bl_label = "Reshoot"

    variants: IntProperty(  # type: ignore[valid-type]
        name="Variants",
        description="Takes of each shot; the scene's number where it is not given",
        default=1,
        min=1,
        max=4,
        options={"SKIP_SAVE"},
    )

    def _variants(self) -> int | None:
        """What is given; None for what the scene says, which is what the button has told."""
        return self.variants if self.properties.is_property_set("variants") else None


class RESHOOT_OT_shoot_each(_Shoot, bpy.types.Operator):
    """Send each selected strip with footage as a shot of its own, with the one prompt"""

    bl_idname = "reshoot.shoot_each"
    bl_label = "Reshoot Each"

    def _selection(self) -> "Selection | None":
        """Each is a shot, whatever the scene says."""
        from ..core.values.choices import Selection

        return Selection.EACH


@enduring
def _carry_out() -> float | None:
    """Send what was pressed, once the disk has answered."""
    global _shown
    from ..session import shoot

    answered, words = shoot.carry_out(), shoot.waiting()
    if answered:
        # It follows the jobs, and tells what is in the way of others.
        watch.ensure()
    if answered or words != _shown:
        _shown = words
        for area in session.areas("SEQUENCE_EDITOR"):
            area.tag_redraw()
    return _EVERY if shoot.is_under_way() else None


CLASSES = (RESHOOT_OT_shoot, RESHOOT_OT_shoot_each)


def unregister() -> None:
    """Begin what was pressed, and send nothing more."""
    if bpy.app.timers.is_registered(_carry_out):
        bpy.app.timers.unregister(_carry_out)
        from ..session import shoot

        shoot.finish()
