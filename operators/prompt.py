# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt: as a text of its own where it is long, tokens at a click, prompts used before."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import IntProperty, StringProperty

from .. import session
from ..core.words import say
from ..settings.scene import scene_of, settings_of

if TYPE_CHECKING:
    from bpy.types import Context, Event, OperatorProperties

    from ..session import OperatorReturn

_TEXT_NAME = "Reshoot Prompt"


class RESHOOT_OT_prompt_as_text(bpy.types.Operator):
    """Write the prompt in a text editor, with as many lines as it needs"""

    bl_idname = "reshoot.prompt_as_text"
    bl_label = "Edit Prompt as Text"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Make the text and show it."""
        self.execute(context)
        text = settings_of(scene_of(context)).prompt_text
        area = next(session.areas("TEXT_EDITOR"), None)
        if area is None:
            bpy.ops.wm.window_new()
            area = session.window_manager().windows[-1].screen.areas[0]
            area.ui_type = "TEXT_EDITOR"
        space = area.spaces.active
        assert isinstance(space, bpy.types.SpaceTextEditor)
        space.text = text
        space.show_word_wrap = True
        area.tag_redraw()
        return {"FINISHED"}

    def execute(self, context: "Context") -> "OperatorReturn":
        """Make a text of the prompt, if it is none yet."""
        settings = settings_of(scene_of(context))
        if settings.prompt_text is None:
            text = bpy.data.texts.new(_TEXT_NAME)
            text.from_string(settings.prompt)
            settings.prompt_text = text
        return {"FINISHED"}


class RESHOOT_OT_prompt_as_field(bpy.types.Operator):
    """Write the prompt in the field again; the text stays in the file"""

    bl_idname = "reshoot.prompt_as_field"
    bl_label = "Edit Prompt in the Field"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """The prompt is a text."""
        return settings_of(scene_of(context)).prompt_text is not None

    def execute(self, context: "Context") -> "OperatorReturn":
        """Take its words over, in one line."""
        from ..settings.prompt import prompt_of

        settings = settings_of(scene_of(context))
        words = " ".join(prompt_of(settings).split())
        settings.prompt_text = None
        settings.prompt = words
        return {"FINISHED"}


class RESHOOT_OT_prompt_use(bpy.types.Operator):
    """Use the prompt of this job again"""

    bl_idname = "reshoot.prompt_use"
    bl_label = "Use Prompt"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def description(cls, context: "Context", options: "OperatorProperties") -> str:
        """The prompt in full."""
        from ..core.jobs import board

        line = board.progress(options.job)
        return line.job.order.prompt if line is not None else ""

    def execute(self, context: "Context") -> "OperatorReturn":
        """Write it."""
        from ..core.jobs import board
        from ..settings.prompt import write_prompt

        line = board.progress(self.job)
        if line is None:
            words = say("There is no job {job}. Choose one of the jobs in the sidebar.", job=self.job)
            self.report({"ERROR"}, words)
            return {"CANCELLED"}
        write_prompt(settings_of(scene_of(context)), line.job.order.prompt)
        return {"FINISHED"}


class RESHOOT_OT_token_insert(bpy.types.Operator):
    """Append the reference's token to the prompt"""

    bl_idname = "reshoot.token_insert"
    bl_label = "Insert Token"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Reference", min=0, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Append it."""
        from ..settings import reference_list

        if not reference_list.mention(settings_of(scene_of(context)), self.index):
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (
    RESHOOT_OT_prompt_as_text,
    RESHOOT_OT_prompt_as_field,
    RESHOOT_OT_prompt_use,
    RESHOOT_OT_token_insert,
)
