# SPDX-License-Identifier: GPL-3.0-or-later
"""References: add them from strips, files or the playhead, order them, remove them; the prompt's tokens follow."""

import os
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, StringProperty

from .. import session
from ..core.words import say
from ..settings.scene import scene_of, settings_of
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..session import OperatorReturn

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

    def execute(self, context: "Context") -> "OperatorReturn":
        """Add them."""
        from ..core.errors import ReshootError
        from ..settings import reference_list
        from ..timeline import shot

        scene = scene_of(context)
        try:
            reference_list.add_references(settings_of(scene), self.kind, shot.selected_images(scene))
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
    def poll(cls, context: "Context") -> bool:
        """The active reference is an element."""
        from ..settings import reference_list

        active = reference_list.active_reference(settings_of(scene_of(context)))
        if active is None or active.kind != "ELEMENT":
            cls.poll_message_set(say("Choose an element in the list first"))
            return False
        return True

    def execute(self, context: "Context") -> "OperatorReturn":
        """Add them."""
        from ..core.errors import ReshootError
        from ..settings import reference_list
        from ..timeline import shot

        scene = scene_of(context)
        try:
            reference_list.add_views(settings_of(scene), shot.selected_images(scene))
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RESHOOT_OT_reference_snapshot(bpy.types.Operator):
    """Make the frame under the playhead a reference"""

    bl_idname = "reshoot.reference_snapshot"
    bl_label = "Add Frame as Reference"
    # No options: what Blender registers it can repeat, and a repeat would wait for the frame as a script does.

    kind: EnumProperty(name="Kind", items=_KINDS)  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Render the frame beside the interface; the reference appears when it is there."""
        return self._run(context, wait=False)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Render the frame and wait for it."""
        return self._run(context, wait=True)

    def _run(self, context: "Context", *, wait: bool) -> "OperatorReturn":
        import shutil

        from ..core.errors import ReshootError
        from ..settings import reference_list
        from ..timeline import snapshot
        from . import undo_steps, waiting

        scene = scene_of(context)
        number, kind = scene.session_uid, self.kind
        unique = os.urandom(4).hex()
        folder = session.home() / "snapshots" / unique

        def add(error: ReshootError | None) -> None:
            shutil.rmtree(folder, ignore_errors=True)
            if error is not None:
                raise error
            # By Blender's own number: meanwhile the scene's name may be another's, also in another file.
            for each in bpy.data.scenes:
                if each.session_uid == number:
                    reference_list.add_references(settings_of(each), kind, [str(target)])
                    if undo_steps.can_push_undo() and undo_steps.may_place():
                        bpy.ops.ed.undo_push(message=RESHOOT_OT_reference_snapshot.bl_label)

        try:
            reference_list.check_addition(settings_of(scene), kind, 1)
            running = session.current()
            target = session.takes_folder(session.project()) / f"frame{scene.frame_current:05d}_{unique}.png"
            render = snapshot.prepare(scene, folder, target)
            running.threads.run(render, add)
            if wait:
                waiting.wait_for_threads(running)
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
    def poll(cls, context: "Context") -> bool:
        """There is a reference."""
        from ..settings import reference_list

        return reference_list.active_reference(settings_of(scene_of(context))) is not None

    def execute(self, context: "Context") -> "OperatorReturn":
        """Remove it."""
        from ..settings import reference_list

        reference_list.remove_reference(settings_of(scene_of(context)))
        return {"FINISHED"}


class RESHOOT_OT_reference_move(bpy.types.Operator):
    """Move the active reference; the tokens in the prompt follow"""

    bl_idname = "reshoot.reference_move"
    bl_label = "Move Reference"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(name="Direction", items=(("UP", "Up", ""), ("DOWN", "Down", "")))  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """There are two references at least."""
        return len(settings_of(scene_of(context)).references) > 1

    def execute(self, context: "Context") -> "OperatorReturn":
        """Move it."""
        from ..settings import reference_list

        reference_list.move_reference(settings_of(scene_of(context)), -1 if self.direction == "UP" else 1)
        return {"FINISHED"}


class RESHOOT_OT_reference_change_kind(bpy.types.Operator):
    """Make the active image an element, or the active element an image; the tokens in the prompt follow"""

    bl_idname = "reshoot.reference_change_kind"
    bl_label = "Change Kind"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """There is a reference, and it has one view."""
        from ..settings import reference_list

        active = reference_list.active_reference(settings_of(scene_of(context)))
        if active is not None and len(active.views) > 1:
            cls.poll_message_set(say("An image has one view: remove the others first"))
            return False
        return active is not None

    def execute(self, context: "Context") -> "OperatorReturn":
        """Change it."""
        from ..settings import reference_list

        reference_list.change_kind(settings_of(scene_of(context)))
        return {"FINISHED"}


class RESHOOT_OT_reference_add_files(bpy.types.Operator):
    """Add image files as references"""

    bl_idname = "reshoot.reference_add_files"
    bl_label = "Add Reference Files"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(  # type: ignore[valid-type]
        name="Kind",
        items=(*_KINDS, ("VIEW", "Views", "Each is one more view of the active element")),
    )
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    files: CollectionProperty(  # type: ignore[valid-type]
        type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Let the editor choose the files, unless they were dropped."""
        if self.files:
            return self.execute(context)
        session.window_manager().fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: "Context") -> "OperatorReturn":
        """Add them, in the order of their names."""
        from ..core.errors import ReshootError
        from ..settings import reference_list

        settings = settings_of(scene_of(context))
        folder = bpy.path.abspath(self.directory)
        paths = sorted(os.path.join(folder, each.name) for each in self.files if each.name)
        if not paths:
            self.report({"ERROR"}, say("No file is chosen. Choose one or more images."))
            return {"CANCELLED"}
        try:
            if self.kind == "VIEW":
                reference_list.add_views(settings, paths)
            else:
                reference_list.add_references(settings, self.kind, paths)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RESHOOT_FH_reference(bpy.types.FileHandler):
    """Image files that are dropped on the Reshoot tab become references"""

    bl_idname = "RESHOOT_FH_reference"
    bl_label = "Reshoot Reference"
    bl_import_operator = "reshoot.reference_add_files"
    bl_file_extensions = ".png;.jpg;.jpeg;.webp;.tif;.tiff;.exr;.hdr;.bmp;.tga"

    @classmethod
    def poll_drop(cls, context: "Context") -> bool:
        """Only where Blender itself takes no drop: the timeline makes strips of images."""
        region = context.region
        return (
            context.area is not None
            and context.area.type == "SEQUENCE_EDITOR"
            and region is not None
            and region.type == "UI"
            and getattr(region, "active_panel_category", "Reshoot") == "Reshoot"
        )


class RESHOOT_OT_view_remove(bpy.types.Operator):
    """Take this view off the element; its file stays"""

    bl_idname = "reshoot.view_remove"
    bl_label = "Remove View"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="View", min=0, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Remove it."""
        from ..settings import reference_list

        reference_list.remove_view(settings_of(scene_of(context)), self.index)
        return {"FINISHED"}


class RESHOOT_OT_view_make_frontal(bpy.types.Operator):
    """Make this the element's frontal view, the first that the model is shown"""

    bl_idname = "reshoot.view_make_frontal"
    bl_label = "Make Frontal View"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="View", min=0, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: "Context") -> "OperatorReturn":
        """Move it to the front."""
        from ..settings import reference_list

        reference_list.make_frontal(settings_of(scene_of(context)), self.index)
        return {"FINISHED"}


CLASSES = (
    RESHOOT_OT_reference_add,
    RESHOOT_OT_reference_add_views,
    RESHOOT_OT_reference_add_files,
    RESHOOT_OT_reference_snapshot,
    RESHOOT_OT_reference_remove,
    RESHOOT_OT_reference_move,
    RESHOOT_OT_reference_change_kind,
    RESHOOT_OT_view_remove,
    RESHOOT_OT_view_make_frontal,
    RESHOOT_FH_reference,
)
