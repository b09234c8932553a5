# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor sees: the “Reshoot” tab in the sequencer's sidebar. Draws what is known, computes nothing.

Here is what Blender has to know of it. What draws is imported when it is first drawn, or by `session.start`: Blender's
start does not wait for it.
"""

import sys
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty

from .. import session
from ..session.guarded import enduring
from ..settings import preferences
from ..settings.scene import scene_of, settings_of
from . import menus

if TYPE_CHECKING:
    from bpy.types import Context, Event, UILayout

    from ..session import OperatorReturn

    # What only adds to a panel; Blender's own class comes last.
    _PanelBase = bpy.types.Panel
else:
    _PanelBase = object

_AFTER = 1.5
"""Seconds after which what is drawn over the strips is imported."""


def _layout_of(drawn: bpy.types.Panel | bpy.types.Menu | bpy.types.Operator) -> "UILayout":
    """Where Blender lets it draw."""
    layout = drawn.layout
    assert layout is not None
    return layout


class _Panel(_PanelBase):
    """Where all panels of the extension are."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reshoot"

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """There is a timeline to work on."""
        return scene_of(context) is not None


class RESHOOT_PT_shot(_Panel, bpy.types.Panel):
    """What should change in which shot, and the button that sends it"""

    bl_label = "Shot"
    bl_order = 0

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import shot

        shot.draw(_layout_of(self), context)


class RESHOOT_MT_recent_prompts(bpy.types.Menu):
    """Prompts of this project's jobs, then of other projects'"""

    bl_label = "Recent Prompts"

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import prompt

        prompt.draw_recent(_layout_of(self), context)


class RESHOOT_OT_prompt_edit(bpy.types.Operator):
    """Write the prompt where there is room"""

    bl_idname = "reshoot.prompt_edit"
    bl_label = "Edit Prompt"
    bl_options = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """There is a window to show it in."""
        return not bpy.app.background

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Show it."""
        from . import prompt

        self._dialog = prompt.Dialog(settings_of(scene_of(context)))
        return session.window_manager().invoke_props_dialog(self, width=prompt.Dialog.WIDTH, confirm_text="Done")

    def draw(self, context: "Context") -> None:
        """Draw it."""
        self._dialog.draw(_layout_of(self), context)

    def execute(self, context: "Context") -> "OperatorReturn":
        """It is written already."""
        return {"FINISHED"}

    def cancel(self, context: "Context") -> None:
        """Bring back what was there."""
        self._dialog.undo(settings_of(scene_of(context)))


class RESHOOT_UL_references(bpy.types.UIList):
    """The list of references"""

    # The stubs ask for the filter's flag too, and allow for no index.
    def draw_item(  # type: ignore[override]
        self,
        context: "Context",
        layout: "UILayout",
        data: Any,
        item: Any,
        _icon: int,
        active: Any,
        prop: str,
        index: int,
    ) -> None:
        """Draw one: its picture, its token, its file, how many views it has."""
        from . import references

        references.draw_item(layout, item, index)

    def draw_filter(self, context: "Context", layout: "UILayout") -> None:
        """Draw no filter: a filtered list could not be put in order."""


class RESHOOT_PT_references(_Panel, bpy.types.Panel):
    """Images that are sent along"""

    bl_label = "References"
    bl_order = 2

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import references

        references.draw(_layout_of(self), context)


class RESHOOT_MT_reference_add(bpy.types.Menu):
    """Where references come from"""

    bl_label = "Add Reference"

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import references

        references.draw_add(_layout_of(self))


class RESHOOT_MT_reference_context(bpy.types.Menu):
    """What else can be done with the active reference"""

    bl_label = "Reference"

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import references

        references.draw_context(_layout_of(self), context)


class RESHOOT_PT_options(_Panel, bpy.types.Panel):
    """How it is sent"""

    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 3

    def draw(self, context: "Context") -> None:
        """Draw what is made of picture, rate and sound."""
        layout = _layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = settings_of(scene_of(context))
        for name in ("selection", "source", "timing", "sound", "handles", "land"):
            layout.prop(settings, name)


class RESHOOT_OT_takes_turn(bpy.types.Operator):
    """Show earlier or later takes"""

    bl_idname = "reshoot.takes_turn"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(name="Pages", default=1, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Turn it."""
        from . import takes

        takes.turn(self.step)
        return {"FINISHED"}


class RESHOOT_PT_takes(_Panel, bpy.types.Panel):
    """The takes of the selected shot"""

    bl_label = "Takes"
    bl_order = 4

    def draw_header_preset(self, context: "Context") -> None:
        """Draw how many there are."""
        from . import takes

        takes.draw_count(_layout_of(self), context)

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import takes

        takes.draw(_layout_of(self), context)


class RESHOOT_MT_same_with(bpy.types.Menu):
    """Send the shot once more with the take's brief, to another model"""

    bl_label = "Same with Another Model"

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import takes

        takes.draw_models(_layout_of(self), context)


class RESHOOT_OT_jobs_turn(bpy.types.Operator):
    """Show newer or older jobs"""

    bl_idname = "reshoot.jobs_turn"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(name="Pages", default=1, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Turn it."""
        from . import jobs

        jobs.turn(self.step)
        return {"FINISHED"}


class RESHOOT_PT_compare(bpy.types.Panel):
    """Compare what is shown with the original or with another take"""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "HEADER"
    bl_label = "Compare Takes"
    bl_ui_units_x = 9

    def draw(self, context: "Context") -> None:
        """Draw a button for each way to compare."""
        column = _layout_of(self).column()
        column.operator_context = "INVOKE_DEFAULT"
        column.operator_enum("reshoot.compare", "mode")
        column.label(text="Esc ends it", icon="INFO")


class RESHOOT_PT_jobs(_Panel, bpy.types.Panel):
    """What was sent and what became of it"""

    bl_label = "Jobs"
    bl_order = 5

    def draw(self, context: "Context") -> None:
        """Draw it."""
        from . import jobs

        jobs.draw(_layout_of(self), context)


CLASSES = (
    RESHOOT_PT_shot,
    RESHOOT_MT_recent_prompts,
    RESHOOT_OT_prompt_edit,
    RESHOOT_UL_references,
    RESHOOT_MT_reference_add,
    RESHOOT_MT_reference_context,
    RESHOOT_PT_references,
    RESHOOT_PT_options,
    RESHOOT_OT_takes_turn,
    RESHOOT_MT_same_with,
    RESHOOT_PT_takes,
    RESHOOT_OT_jobs_turn,
    RESHOOT_PT_compare,
    RESHOOT_PT_jobs,
)


def _draw_preferences(given: preferences.RESHOOT_AP_preferences, layout: "UILayout", context: "Context") -> None:
    from .preferences_page import draw

    draw(given, layout, context)


def _draw_comparison() -> None:
    from . import comparison_overlay

    comparison_overlay.draw()


@enduring
def _draw_over_strips() -> None:
    from . import progress

    progress.register()


def register() -> None:
    """Begin to draw the preferences, in Blender's menus, and over the strips soon."""
    preferences.draw_page = _draw_preferences
    session.draw_comparison = _draw_comparison
    menus.register()
    if not bpy.app.background:
        bpy.app.timers.register(_draw_over_strips, first_interval=_AFTER, persistent=True)


def unregister() -> None:
    """Draw no more over the strips, nor in the menus, and let go of the pictures."""
    menus.unregister()
    preferences.draw_page = None
    session.draw_comparison = None
    if bpy.app.timers.is_registered(_draw_over_strips):
        bpy.app.timers.unregister(_draw_over_strips)
    progress = sys.modules.get(f"{__package__}.progress")
    if progress is not None:
        progress.unregister()
    overlay = sys.modules.get(f"{__package__}.comparison_overlay")
    if overlay is not None:
        overlay.forget()
    thumbnails = sys.modules.get(f"{__package__}.thumbnails")
    if thumbnails is not None:
        thumbnails.clear()
