# SPDX-License-Identifier: GPL-3.0-or-later
"""References: add them from strips or from the playhead, order them, remove them; the prompt's tokens follow."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty, IntProperty

from .. import properties, session
from ..core import prompt
from ..core.errors import ReshootError
from ..core.settings import ReferenceKind
from ..timeline import compat, shot, snapshot
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

_KINDS = (
    ("IMAGE", "Image", "Each is one picture: @Image1"),
    ("ELEMENT", "Element", "Together they are one thing: the first is its frontal view: @Element1"),
)


class RESHOOT_OT_reference_add(bpy.types.Operator):
    """Make the selected image strips references, in timeline order"""

    bl_idname = "reshoot.reference_add"
    bl_label = "Add Reference"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", items=_KINDS)  # type: ignore[valid-type]

    def execute(self, context: Context) -> set[str]:
        """Add them."""
        scene = compat.sequencer_scene(context)
        try:
            properties.add_references(scene.reshoot, ReferenceKind(self.kind), shot.selected_images(scene))
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RESHOOT_OT_reference_add_views(bpy.types.Operator):
    """Add the selected image strips to the active element as further views"""

    bl_idname = "reshoot.reference_add_views"
    bl_label = "Add Views"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """The active reference is an element."""
        active = properties.active_reference(compat.sequencer_scene(context).reshoot)
        if active is None or active.kind != ReferenceKind.ELEMENT.value:
            cls.poll_message_set("Choose an element in the list first")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Add them."""
        scene = compat.sequencer_scene(context)
        try:
            properties.add_views(scene.reshoot, shot.selected_images(scene))
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RESHOOT_OT_reference_snapshot(bpy.types.Operator):
    """Make the frame under the playhead a reference"""

    bl_idname = "reshoot.reference_snapshot"
    bl_label = "Add Frame as Reference"
    bl_options = {"REGISTER"}

    kind: EnumProperty(name="Kind", items=_KINDS)  # type: ignore[valid-type]

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Render the frame beside the interface; the reference appears when it is there."""
        return self._run(context, wait=False)

    def execute(self, context: Context) -> set[str]:
        """Render the frame and wait for it."""
        return self._run(context, wait=True)

    def _run(self, context: Context, *, wait: bool) -> set[str]:
        scene = compat.sequencer_scene(context)
        name, kind = scene.name, ReferenceKind(self.kind)
        unique = uuid.uuid4().hex[:8]
        folder = session.home() / "snapshots" / unique

        def add(error: ReshootError | None) -> None:
            shutil.rmtree(folder, ignore_errors=True)
            if error is not None:
                raise error
            if name in bpy.data.scenes:
                properties.add_references(bpy.data.scenes[name].reshoot, kind, [str(target)])

        try:
            properties.check_addition(scene.reshoot, kind, 1)
            running = session.current()
            target = session.takes_folder(session.project()) / f"frame{scene.frame_current:05d}_{unique}.png"
            render = snapshot.prepare(scene, folder, target)
            running.beside(render, add)
            if wait:
                watch.wait_beside(running)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}


class RESHOOT_OT_reference_remove(bpy.types.Operator):
    """Take the active reference off the list; its file stays"""

    bl_idname = "reshoot.reference_remove"
    bl_label = "Remove Reference"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a reference."""
        return properties.active_reference(compat.sequencer_scene(context).reshoot) is not None

    def execute(self, context: Context) -> set[str]:
        """Remove it."""
        properties.remove_reference(compat.sequencer_scene(context).reshoot)
        return {"FINISHED"}


class RESHOOT_OT_reference_move(bpy.types.Operator):
    """Move the active reference; the tokens in the prompt follow"""

    bl_idname = "reshoot.reference_move"
    bl_label = "Move Reference"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(name="Direction", items=(("UP", "Up", ""), ("DOWN", "Down", "")))  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There are two references at least."""
        return len(compat.sequencer_scene(context).reshoot.references) > 1

    def execute(self, context: Context) -> set[str]:
        """Move it."""
        properties.move_reference(compat.sequencer_scene(context).reshoot, -1 if self.direction == "UP" else 1)
        return {"FINISHED"}


class RESHOOT_OT_token_insert(bpy.types.Operator):
    """Append the reference's token to the prompt"""

    bl_idname = "reshoot.token_insert"
    bl_label = "Insert Token"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Reference", min=0, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Context) -> set[str]:
        """Append it."""
        settings = compat.sequencer_scene(context).reshoot
        names = prompt.labels([ReferenceKind(item.kind) for item in settings.references])
        if self.index >= len(names):
            return {"CANCELLED"}
        settings.prompt = f"{settings.prompt.rstrip()} {names[self.index]}".lstrip()
        return {"FINISHED"}


CLASSES = (
    RESHOOT_OT_reference_add,
    RESHOOT_OT_reference_add_views,
    RESHOOT_OT_reference_snapshot,
    RESHOOT_OT_reference_remove,
    RESHOOT_OT_reference_move,
    RESHOOT_OT_token_insert,
)
