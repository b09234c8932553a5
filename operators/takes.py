# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a take: put it into the timeline again, show it there, rate it, open its folder."""

import os
from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import session
from ..core.words import say
from ..settings.scene import scene_of
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..session import OperatorReturn

    # What only adds to an operator; Blender's own class comes last.
    _Operator = bpy.types.Operator
else:
    _Operator = object


_AT_ONCE = 0.1
"""Seconds that a disk has to tell whether a folder is there before the interface goes on."""
_DIALOG_WIDTH = 400
"""Pixels at 1×."""


class RESHOOT_OT_take_place(bpy.types.Operator):
    """Put the job's take into the timeline, where its shot is now"""

    bl_idname = "reshoot.take_place"
    bl_label = "Place Take"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Place it; once its disk has answered where that takes longer than a moment."""
        return self._place(context, wait=bpy.app.background)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Place it, and wait for its disk."""
        return self._place(context, wait=True)

    def _place(self, context: "Context", *, wait: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError
        from ..core.jobs import board

        try:
            running = session.current()
            job = running.job(self.job)
            if job is None or job.take is None:
                self.report({"ERROR"}, say("The job has no take yet. Wait until it has landed."))
                return {"CANCELLED"}
            if job.dismissed:
                self.report({"ERROR"}, say("The job was dismissed: bring it back first."))
                return {"CANCELLED"}
            scene = scene_of(context)
            files = None if wait else running.placing.files([job], scene)
            if files is None and not wait:
                running.placing.want(job, scene)
                watch.ensure()
                # No undo step: the watch makes it once the take lies there.
                return {"CANCELLED"}
            running.placing.place([job], scene, files=files)
        except ReshootError as error:
            board.set_words(self.job, str(error))
            if context.area is not None:
                context.area.tag_redraw()
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        # The list hears from it what the journal says.
        watch.ensure()
        return {"FINISHED"}


class RESHOOT_OT_take_show(bpy.types.Operator):
    """Show the job's take in the place of its shot; the selected shot's original where no job is named"""

    bl_idname = "reshoot.take_show"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Show it."""
        from ..core.errors import ReshootError
        from ..session import takes

        try:
            takes.show(scene_of(context), self.job)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        # The list hears from it what the journal says.
        watch.ensure()
        return {"FINISHED"}


class RESHOOT_OT_take_step(bpy.types.Operator):
    """Show the next or the previous take of the selected shot; before the first one is the original"""

    bl_idname = "reshoot.take_step"
    bl_label = "Show Another Take"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(  # type: ignore[valid-type]
        name="Direction",
        items=(
            ("NEXT", "Next", "The take that was made after the one shown"),
            ("PREVIOUS", "Previous", "The take that was made before the one shown"),
        ),
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Show it. A key that is pressed once too often opens no window that says so."""
        return self._step(context, in_words_only=True)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Show it."""
        return self._step(context, in_words_only=False)

    def _step(self, context: "Context", *, in_words_only: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError
        from ..session import takes

        try:
            takes.step(scene_of(context), 1 if self.direction == "NEXT" else -1)
        except ReshootError as error:
            at_the_end = in_words_only and isinstance(error, takes.NoFurtherTake)
            self.report({"INFO"} if at_the_end else {"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}


class _MarkOperator(_Operator):
    """Writes down what the editor thinks of the take of the job that its property names; nothing that undo knows of."""

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Show it as written down and return."""
        return self._run(wait=bpy.app.background)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Write it down, and return when the journal and the receipt say so."""
        return self._run(wait=True)

    def _run(self, *, wait: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError

        try:
            self.mark(wait=wait)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}

    def mark(self, *, wait: bool) -> None:
        """Do it. Raises PlacementError where there is no such take, StorageError where it cannot be written."""
        raise NotImplementedError


class RESHOOT_OT_take_rate(_MarkOperator, bpy.types.Operator):
    """Rate the job's take: the pick stays when others land, and a shot has one. Kept in the journal; not undone"""

    bl_idname = "reshoot.take_rate"
    bl_label = "Rate Take"

    rating: EnumProperty(  # type: ignore[valid-type]
        name="Rating",
        items=(
            ("NONE", "Unrated", "Neither picked nor rejected"),
            ("PICK", "Pick", "The take of its shot that is to stay"),
            ("REJECT", "Reject", "Not wanted any more; its file stays"),
        ),
        options={"SKIP_SAVE"},
    )

    def mark(self, *, wait: bool) -> None:
        """Rate it."""
        from ..core.values.choices import Rating
        from ..session import takes

        takes.rate(self.job, Rating(self.rating), wait=wait)


class RESHOOT_OT_take_note(_MarkOperator, bpy.types.Operator):
    """Write a note on the job's take, a line of at most 500 characters. Kept in the journal; not undone"""

    bl_idname = "reshoot.take_note"
    bl_label = "Note on Take"

    note: StringProperty(name="Note", description="What to remember of the take", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Ask for the note, beginning with the one that it has."""
        from ..core.jobs import board

        line = board.progress(self.job)
        if bpy.app.background or line is None or line.job.take is None or self.properties.is_property_set("note"):
            return super().invoke(context, event)
        self.note = line.job.note
        self._asked = True
        return session.window_manager().invoke_props_dialog(self, width=_DIALOG_WIDTH, confirm_text="Done")

    def draw(self, context: "Context") -> None:
        """Draw the field."""
        layout = self.layout
        assert layout is not None
        layout.activate_init = True
        layout.prop(self, "note", text="")

    def execute(self, context: "Context") -> "OperatorReturn":
        """Write it down; a script waits until the journal and the receipt say so."""
        return self._run(wait=not getattr(self, "_asked", False))

    def mark(self, *, wait: bool) -> None:
        """Write it."""
        from ..session import takes

        takes.write_note(self.job, self.note, wait=wait)


class RESHOOT_OT_job_show(bpy.types.Operator):
    """Select the job's take in the timeline, or its shot where there is no take, and bring it into view"""

    bl_idname = "reshoot.job_show"
    bl_label = "Show in Timeline"
    bl_options = {"REGISTER", "UNDO"}

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Select it, and frame it where a sequencer shows the timeline."""
        from ..core.jobs import board
        from ..timeline import compat, place, whereabouts
        from ..timeline.stacks import marks

        line = board.progress(self.job)
        scene = scene_of(context)
        editor = scene.sequence_editor
        if line is None or editor is None:
            self.report({"ERROR"}, say("The job has nothing in this timeline. Open the scene that it belongs to."))
            return {"CANCELLED"}
        strips = place.placed_strips(scene, self.job)
        if not strips:
            names = {name for spot in whereabouts.find(scene, line.job.shot) for name in spot.strips}
            strips = [strip for strip in compat.strips_all(editor) if strip.name in names]
        if not strips:
            self.report({"ERROR"}, say("“{shot}” is not in this timeline any more.", shot=line.job.shot.name))
            return {"CANCELLED"}
        # What is in a stack is seen as the stack.
        strips = [marks.seen_as(strip) for strip in strips]
        level = compat.meta_of(strips[0])
        if level != compat.open_meta(editor):
            compat.open_level(editor, level)
        compat.select_only(strips, compat.strips_all(editor))
        editor.active_strip = strips[0]
        area, view = context.area, bpy.ops.sequencer.view_selected
        # Not in a context that is moved, see `movie_strip.sequencer`. For its type see `undo_steps.can_push_undo`.
        if area is not None and area.type == "SEQUENCE_EDITOR" and view.poll("EXEC_REGION_WIN"):  # type: ignore[arg-type]
            view("EXEC_REGION_WIN")
        return {"FINISHED"}


class RESHOOT_OT_take_folder(bpy.types.Operator):
    """Open the folder of the job's take"""

    bl_idname = "reshoot.take_folder"
    bl_label = "Open Folder"

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Open it in the system's file browser."""
        from ..core.jobs import board
        from ..core.lookout import look_within

        line = board.progress(self.job)
        folder = os.path.dirname(line.job.take.path) if line is not None and line.job.take is not None else ""
        there = look_within(_AT_ONCE, lambda: os.path.isdir(folder))
        if there is None:
            words = say(
                "The disk with the folder {folder} does not answer. See whether it can be opened.", folder=folder
            )
            self.report({"ERROR"}, words)
            return {"CANCELLED"}
        if not there:
            self.report({"ERROR"}, say("The job's folder is not there. Retry the job to fetch its take again."))
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=folder)
        return {"FINISHED"}


CLASSES = (
    RESHOOT_OT_take_place,
    RESHOOT_OT_take_show,
    RESHOOT_OT_take_step,
    RESHOOT_OT_take_rate,
    RESHOOT_OT_take_note,
    RESHOOT_OT_job_show,
    RESHOOT_OT_take_folder,
)
