# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor sees: the “Reshoot” tab in the sequencer's sidebar. Draws what is known, computes nothing.

Here is what Blender has to know of it. What draws is imported when it is first drawn, or by `later`: Blender's start
does not wait for it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty

from ..settings import preferences
from ..settings.scene import scene_of
from . import menus

if TYPE_CHECKING:
    from bpy.types import Context, Event, UILayout

_AFTER = 1.5
"""Seconds after which what is drawn over the strips is imported."""


class _Panel:
    """Where all panels of the extension are."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reshoot"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a timeline to work on."""
        return scene_of(context) is not None


class RESHOOT_PT_shot(_Panel, bpy.types.Panel):
    """What would be sent, and the button that sends it"""

    bl_label = "Shot"
    bl_order = 0

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import shot

        shot.draw(self.layout, context)


class RESHOOT_PT_prompt(_Panel, bpy.types.Panel):
    """What should change in the shot"""

    bl_label = "Prompt"
    bl_order = 1

    def draw_header_preset(self, context: Context) -> None:
        """Draw what writes the prompt."""
        row = self.layout.row(align=True)
        row.emboss = "NONE"
        row.menu("RESHOOT_MT_recent_prompts", text="", icon="RECOVER_LAST")
        row.separator()

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import prompt

        prompt.draw(self.layout, context)


class RESHOOT_MT_recent_prompts(bpy.types.Menu):
    """Prompts of this project's jobs, then of other projects'"""

    bl_label = "Recent Prompts"

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import prompt

        prompt.draw_recent(self.layout, context)


class RESHOOT_OT_prompt_edit(bpy.types.Operator):
    """Write the prompt where there is room"""

    bl_idname = "reshoot.prompt_edit"
    bl_label = "Edit Prompt"
    bl_options = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a window to show it in."""
        return not bpy.app.background

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Show it."""
        from . import prompt

        self._dialog = prompt.Dialog(scene_of(context).reshoot)
        return context.window_manager.invoke_props_dialog(self, width=prompt.Dialog.WIDTH, confirm_text="Done")

    def draw(self, context: Context) -> None:
        """Draw it."""
        self._dialog.draw(self.layout, context)

    def execute(self, context: Context) -> set[str]:
        """It is written already."""
        return {"FINISHED"}

    def cancel(self, context: Context) -> None:
        """Bring back what was there."""
        self._dialog.undo(scene_of(context).reshoot)


class RESHOOT_UL_references(bpy.types.UIList):
    """The list of references"""

    def draw_item(
        self, context: Context, layout: UILayout, data: Any, item: Any, _icon: int, active: Any, prop: str, index: int
    ) -> None:
        """Draw one: its picture, its token, its file, how many views it has."""
        from . import references

        references.draw_item(layout, item, index)

    def draw_filter(self, context: Context, layout: UILayout) -> None:
        """Draw no filter: a filtered list could not be put in order."""


class RESHOOT_PT_references(_Panel, bpy.types.Panel):
    """Images that are sent along"""

    bl_label = "References"
    bl_order = 2

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import references

        references.draw(self.layout, context)


class RESHOOT_MT_reference_add(bpy.types.Menu):
    """Where references come from"""

    bl_label = "Add Reference"

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import references

        references.draw_add(self.layout)


class RESHOOT_MT_reference_context(bpy.types.Menu):
    """What else can be done with the active reference"""

    bl_label = "Reference"

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import references

        references.draw_context(self.layout, context)


class RESHOOT_PT_options(_Panel, bpy.types.Panel):
    """How it is sent"""

    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 3

    def draw(self, context: Context) -> None:
        """Draw the model, and what is made of picture, rate and sound."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = scene_of(context).reshoot
        for name in ("model", "source", "timing", "sound", "handles"):
            layout.prop(settings, name)


class RESHOOT_OT_jobs_turn(bpy.types.Operator):
    """Show newer or older jobs"""

    bl_idname = "reshoot.jobs_turn"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(name="Pages", default=1, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Context) -> set[str]:
        """Turn it."""
        from . import jobs

        jobs.turn(self.step)
        return {"FINISHED"}


class RESHOOT_PT_jobs(_Panel, bpy.types.Panel):
    """What was sent and what became of it"""

    bl_label = "Jobs"
    bl_order = 4

    def draw(self, context: Context) -> None:
        """Draw it."""
        from . import jobs

        jobs.draw(self.layout, context)


CLASSES = (
    RESHOOT_PT_shot,
    RESHOOT_PT_prompt,
    RESHOOT_MT_recent_prompts,
    RESHOOT_OT_prompt_edit,
    RESHOOT_UL_references,
    RESHOOT_MT_reference_add,
    RESHOOT_MT_reference_context,
    RESHOOT_PT_references,
    RESHOOT_PT_options,
    RESHOOT_OT_jobs_turn,
    RESHOOT_PT_jobs,
)


def _draw_preferences(given: preferences.RESHOOT_AP_preferences, layout: UILayout, context: Context) -> None:
    from .preferences_page import draw

    draw(given, layout, context)


def _draw_over_strips() -> None:
    from . import progress

    progress.register()


def register() -> None:
    """Begin to draw the preferences, in Blender's menus, and over the strips soon."""
    preferences.draw_page = _draw_preferences
    menus.register()
    if not bpy.app.background:
        bpy.app.timers.register(_draw_over_strips, first_interval=_AFTER, persistent=True)


def unregister() -> None:
    """Draw no more over the strips, nor in the menus, and let go of the pictures."""
    menus.unregister()
    preferences.draw_page = None
    if bpy.app.timers.is_registered(_draw_over_strips):
        bpy.app.timers.unregister(_draw_over_strips)
    progress = sys.modules.get(f"{__package__}.progress")
    if progress is not None:
        progress.unregister()
    thumbnails = sys.modules.get(f"{__package__}.thumbnails")
    if thumbnails is not None:
        thumbnails.clear()
