# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preferences' buttons do: ask the service whether the key works, open the folders, save the spending."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from .. import session
from ..core.words import say
from ..settings import folders, preferences
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..core.errors import ReshootError
    from ..session import OperatorReturn


class RESHOOT_OT_key_test(bpy.types.Operator):
    """Ask the service whether the key works; this is free and sends no shot"""

    bl_idname = "reshoot.key_test"
    bl_label = "Test Key"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: "Context") -> bool:
        """It is not being asked already."""
        if preferences.key_test.asking:
            cls.poll_message_set(say("The service is being asked. Wait for its answer"))
            return False
        return True

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Ask beside the interface; the preferences show the answer."""
        return {"FINISHED"} if ask_in_thread() else {"CANCELLED"}

    def execute(self, context: "Context") -> "OperatorReturn":
        """Ask and wait for the answer."""
        from ..core.errors import ReshootError
        from ..session import services

        preferences.key_test.begin()
        try:
            services.key_test()()
        except ReshootError as error:
            preferences.key_test.end(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        preferences.key_test.end(None)
        self.report({"INFO"}, say("The key works"))
        return {"FINISHED"}


def ask_in_thread() -> bool:
    """Have the key tested beside the interface. False where that is answered already: the service cannot be asked."""
    from ..core.errors import ReshootError
    from ..session import services

    preferences.key_test.begin()
    try:
        ask = services.key_test()
        running = session.current()
    except ReshootError as error:
        _tell(error)
        return False
    running.threads.run(lambda _blender: ask(), _tell)
    watch.ensure()
    return True


def _tell(error: "ReshootError | None") -> None:
    preferences.key_test.end(error)
    for area in session.areas("PREFERENCES"):
        area.tag_redraw()


class RESHOOT_OT_folder_open(bpy.types.Operator):
    """Show the folder in the system's file browser"""

    bl_idname = "reshoot.folder_open"
    bl_label = "Open Folder"
    bl_options = {"INTERNAL"}

    folder: EnumProperty(  # type: ignore[valid-type]
        name="Folder",
        items=(
            ("TAKES", "Takes", "The takes of the open file, with their receipts"),
            ("JOURNAL", "Journal", "The journal, unfinished jobs, and the takes of files without a name"),
        ),
        options={"SKIP_SAVE"},
    )

    def execute(self, context: "Context") -> "OperatorReturn":
        """Make the folder, where there is none yet, and show it."""
        folder = preferences.takes_folder() if self.folder == "TAKES" else folders.home()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            words = say(
                "The folder {folder} cannot be made: {error}. Make its parent writable.",
                folder=folder,
                error=error.strerror,
            )
            self.report({"ERROR"}, words)
            return {"CANCELLED"}
        # The stubs know no answer of it.
        return bpy.ops.wm.path_open(filepath=str(folder))  # type: ignore[return-value]


class RESHOOT_OT_ledger_save(bpy.types.Operator):
    """Save what was spent, estimated by the price table, as a table with a line for each submission"""

    bl_idname = "reshoot.ledger_save"
    bl_label = "Save Spending as CSV"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Ask where to."""
        self.filepath = self.filepath or str(Path.home() / "reshoot-spending.csv")
        session.window_manager().fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: "Context") -> "OperatorReturn":
        """Write the file."""
        from ..core.errors import ReshootError
        from ..core.money.sheet import as_csv

        path = Path(bpy.path.ensure_ext(bpy.path.abspath(self.filepath), ".csv"))
        try:
            # Spreadsheets take a file without the mark for one in the letters of this computer.
            path.write_text(as_csv(session.current().spent()), encoding="utf-8-sig", newline="")
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except OSError as error:
            words = say("{path} cannot be written: {error}. Choose another folder.", path=path, error=error.strerror)
            self.report({"ERROR"}, words)
            return {"CANCELLED"}
        self.report({"INFO"}, say("The spending is in {path}", path=path))
        return {"FINISHED"}


CLASSES = (RESHOOT_OT_key_test, RESHOOT_OT_folder_open, RESHOOT_OT_ledger_save)
