# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a job: cancel, retry, dismiss, resume."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import session
from ..core.names import REHEARSAL
from ..core.words import say
from . import watch

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bpy.types import Context, Event, OperatorProperties

    from ..core.values.job import Job
    from ..session import OperatorReturn

    # What only adds to an operator; Blender's own class comes last.
    _Operator = bpy.types.Operator
else:
    _Operator = object


def _patience() -> float:
    """Seconds that a disk has to tell whether a take is there before the interface goes on. Scripts have time."""
    return 30.0 if bpy.app.background else 0.1


class _JobOperator(_Operator):
    """An operator on the job that its property names."""

    job: StringProperty(name="Job", description="The job's id", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Set it going and return."""
        return self._run(wait=False)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Do it, and return when the journal says so."""
        return self._run(wait=True)

    def _run(self, *, wait: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError

        try:
            running = session.current()
            running.refresh()
            job = running.job(self.job)
            if job is None:
                words = say("There is no job {job}. Choose one of the jobs in the sidebar.", job=self.job)
                self.report({"ERROR"}, words)
                return {"CANCELLED"}
            doing = self.act(running, job)
            if isinstance(doing, str):
                self.report({"ERROR"}, doing)
                return {"CANCELLED"}
            if wait:
                doing.result()
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}

    def act(self, running: "session.Session", job: "Job") -> "Future[None] | str":
        """Set it going, or why it cannot be done."""
        raise NotImplementedError


class RESHOOT_OT_job_cancel(_JobOperator, bpy.types.Operator):
    """Stop the job; what was sent already is asked to stop at the service"""

    bl_idname = "reshoot.job_cancel"
    bl_label = "Cancel Job"

    def act(self, running: "session.Session", job: "Job") -> "Future[None] | str":
        """Cancel a job that has not ended."""
        if not job.state.moving:
            return say("The job has ended: there is nothing to cancel. Dismiss it instead.")
        return running.runner.cancel(job.id)


def _question(job: "Job") -> tuple[str, str, str]:
    """What the editor is asked before a job is sent that may be paid already: title, question, button."""
    if job.held:
        words = say(
            "Where Reshoot runs elsewhere with this job it may be sent there too: that costs ${price} a second time.",
            price=job.sent.price,
        )
        return say("Send This Job from Here?"), words, say("Send")
    if job.service == REHEARSAL:
        words = say("It may have been accepted already.")
    else:
        words = say(
            "It may have been accepted already: submitting it again may cost ${price} a second time.",
            price=job.sent.price,
        )
    return say("Submit This Job Again?"), words, say("Submit Again")


class RESHOOT_OT_job_retry(_JobOperator, bpy.types.Operator):
    """Go on from where the job stopped, without paying twice for what was paid"""

    bl_idname = "reshoot.job_retry"
    bl_label = "Retry Job"

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Set it going; ask first where it may be paid twice."""
        from ..core.jobs import board

        line = board.progress(self.job)
        if line is None or not line.job.lost:
            return super().invoke(context, event)
        self._asked = True
        title, words, button = _question(line.job)
        return session.window_manager().invoke_confirm(
            self, event, title=title, message=words, confirm_text=button, icon="WARNING"
        )

    def execute(self, context: "Context") -> "OperatorReturn":
        """Do it; a script waits until the journal says so."""
        return self._run(wait=not getattr(self, "_asked", False))

    def act(self, running: "session.Session", job: "Job") -> "Future[None] | str":
        """Retry a job that failed, was cancelled or is unsure, or whose take is gone."""
        from ..core.lookout import look_within
        from ..core.takes.files import is_gone
        from ..core.values.state import State
        from ..session import spending

        # Where the disk does not tell at once, the runner finds out.
        if job.dismissed:
            return say("The job was dismissed: bring it back first.")
        if job.retry_to is None and look_within(_patience(), lambda: is_gone(job)) is False:
            return say("The job did not fail: there is nothing to retry.")
        if job.retry_to not in (None, State.WAITING, State.DOWNLOADING):
            spending.read()
            spending.check(job.sent.price, job.service, job.project)
        return running.runner.retry(job.id)


class RESHOOT_OT_job_dismiss(_JobOperator, bpy.types.Operator):
    """Take the job off the list; its take stays on disk and in the timeline, its prompt among those used before"""

    bl_idname = "reshoot.job_dismiss"
    bl_label = "Dismiss Job"

    dismissed: BoolProperty(  # type: ignore[valid-type]
        name="Dismissed",
        description="Off the list; without it a job that was dismissed is brought back",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: "Context", options: "OperatorProperties") -> str:
        """What it would do."""
        return "" if options.dismissed else say("List the job again, and go on with it where it stood")

    def act(self, running: "session.Session", job: "Job") -> "Future[None] | str":
        """Dismiss a job that is not under way, or bring back one that was dismissed."""
        if not self.dismissed:
            return running.runner.bring_back(job.id)
        if job.state.moving:
            return say("The job is under way. Cancel it first.")
        return running.runner.dismiss(job.id)


class RESHOOT_OT_resume(bpy.types.Operator):
    """Take up every unfinished job of the open file; from a script, wait until their takes are placed"""

    bl_idname = "reshoot.resume"
    bl_label = "Resume Jobs"

    def invoke(self, context: "Context", event: "Event") -> "OperatorReturn":
        """Go on with the jobs and return."""
        return self._run(wait=False)

    def execute(self, context: "Context") -> "OperatorReturn":
        """Go on with the jobs and wait for them."""
        return self._run(wait=True)

    def _run(self, *, wait: bool) -> "OperatorReturn":
        from ..core.errors import ReshootError
        from . import waiting

        try:
            running = session.current()
            running.placing.retry()
            if wait:
                # A job that was just sent is to be waited for too.
                running.runner.written().result()
            running.read(wait=wait)
            for doing in running.land_again() if wait else ():
                doing.result()
            unfinished = running.unfinished()
            running.resume()
            if wait:
                waiting.wait_for(running, unfinished)
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        watch.ensure()
        return {"FINISHED"}


CLASSES = (RESHOOT_OT_job_cancel, RESHOOT_OT_job_retry, RESHOOT_OT_job_dismiss, RESHOOT_OT_resume)
