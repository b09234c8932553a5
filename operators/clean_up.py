# SPDX-License-Identifier: GPL-3.0-or-later
"""Room on the disk: the files of rejected takes go when the editor says so, by name."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from .. import session
from ..core.words import say
from . import watch

if TYPE_CHECKING:
    from bpy.types import Context, Event

    from ..session import OperatorReturn

_NAMED = 20
"""Takes at most that the dialog names, and that go at once: what is not named does not go."""


class RESHOOT_OT_takes_clean_up(bpy.types.Operator):
    """Remove the files of rejected takes that no strip of this file shows from the disk. Receipts and jobs stay"""

    bl_idname = "reshoot.takes_clean_up"
    bl_label = "Clean Up Rejected Takes"

    jobs: StringProperty(  # type: ignore[valid-type]
        name="Jobs", description="The ids of their jobs, apart by commas", options={"HIDDEN", "SKIP_SAVE"}
    )

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Name what would go, and ask."""
        from ..core.errors import ReshootError
        from ..session import clean_up

        try:
            session.current().drain(0.1)
            found = clean_up.chosen(self._ids()) if self.jobs else clean_up.rejected()[:_NAMED]
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not found:
            self.report({"INFO"}, say("No rejected take can be removed: each is in use, or there is none."))
            return {"CANCELLED"}
        self.jobs = ",".join(each.job.id for each in found)
        self._lines = [f"{each.files[-1].name} · {each.size / 1_000_000:.1f} MB" for each in found]
        title = say("Remove {size} MB from the Disk?", size=f"{sum(each.size for each in found) / 1_000_000:.1f}")
        return session.window_manager().invoke_props_dialog(
            self, width=480, title=title, confirm_text=say("Remove"), cancel_default=True
        )

    def draw(self, context: "Context") -> None:
        """Name what goes."""
        layout = self.layout
        assert layout is not None
        for line in getattr(self, "_lines", ()):
            layout.label(text=line, translate=False)
        layout.label(
            text=say("Another file that shows one of them cannot be known here."), translate=False, icon="INFO"
        )

    def execute(self, context: "Context") -> "OperatorReturn":
        """Remove what is named, all or none of it. A script waits until it is gone."""
        from ..core.errors import ReshootError
        from ..session import clean_up

        if not self._ids():
            self.report({"ERROR"}, say("No take is named. Give the ids of the jobs whose rejected takes are to go."))
            return {"CANCELLED"}
        try:
            running = session.current()
            where, found, uses = clean_up.folder(), clean_up.chosen(self._ids()), clean_up.shown()
            doing = [running.runner.clean_up(each.job.id, where, uses) for each in found]
            if not hasattr(self, "_lines"):
                for each in doing:
                    each.result()
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}

    def _ids(self) -> list[str]:
        return [each.strip() for each in self.jobs.split(",") if each.strip()]


CLASSES = (RESHOOT_OT_takes_clean_up,)
