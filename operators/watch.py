# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.watch`: hears what the runner has done and places what has landed, without holding the interface.

A running modal operator stops Blender's autosave, so the watch ends every few seconds and a timer starts it again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy

from .. import session
from ..core.names import UNTITLED
from ..core.words import named, say
from ..session import start
from ..session.guarded import RECOVERS, attempt, enduring

if TYPE_CHECKING:
    from bpy.types import Context, Event, Timer

    from ..core.values.job import Job
    from ..session import OperatorReturn

_TICK = 0.1
_SHIFT = 4.0
"""Seconds after which a watch hands over to the next one."""
_PAUSE = 0.1
_DEADLINE = 0.004
"""Seconds of a tick that may go into hearing."""
_LISTEN = 0.5
"""Seconds between two looks for news where nothing moves."""
_GRACE = 15.0
"""Seconds after an undo for which a take waits: the step that places it would take the redo away."""
_TAB = "Reshoot"
_CLOCK = 1.0
"""Seconds after which the sidebar is drawn again for the time that a job has taken."""
TAKE, RIGHT = named("Reshoot Take"), named("Put Reshoot Take Right")
"""The undo steps."""
_HANDS_ON = ("TRANSFORM_OT_", "SEQUENCER_OT_", "ANIM_OT_")
"""Operators that hold strips or the playhead while they run."""

_redo_since: float | None = None
_drawn = 0.0
"""When the jobs were last asked to be drawn."""
_newest = 0
"""Number of the watch that began last. The others end: watches that took turns would keep autosave waiting for ever."""
_timers: dict[int, Timer] = {}
"""Of the watches that run, by their numbers."""


class RESHOOT_OT_watch(bpy.types.Operator):
    """Follow running jobs and place their takes"""

    bl_idname = "reshoot.watch"
    bl_label = "Watch Reshoot Jobs"
    bl_options = {"INTERNAL"}

    def execute(self, context: Context) -> OperatorReturn:
        """Begin a shift, and end that of any other watch."""
        global _newest
        manager = session.window_manager()
        window = context.window or manager.windows[0]
        _newest += 1
        self._number = _newest
        self._until = time.monotonic() + _SHIFT
        # It stays in the area in which it began: takes are placed from there, see `movie_strip.sequencer`. Called in
        # such a context, an operator could crash Blender; what begins in it has Python's lock.
        area = min(window.screen.areas, key=lambda each: each.type != "SEQUENCE_EDITOR")
        with context.temp_override(window=window, area=area):
            manager.modal_handler_add(self)
        # Last: a timer that nobody ends would tick for ever.
        _timers[self._number] = manager.event_timer_add(_TICK, window=window)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> OperatorReturn:
        """Look after the jobs at every tick; everything else passes through."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        running = session.running()
        if running is None or self._number != _newest:
            self._end(context)
            return {"FINISHED"}
        attempt(lambda: self._look_after(running, context))
        if time.monotonic() >= self._until:
            self._end(context)
            if not attempt(lambda: _go_on(running)):
                _start_later(RECOVERS)
            return {"FINISHED"}
        return {"PASS_THROUGH"}

    def _look_after(self, running: session.Session, context: Context) -> None:
        """Hear the news, and place what has landed."""
        if running.drain(_DEADLINE):
            _redraw()
        elif time.monotonic() - _drawn > _CLOCK:
            _redraw(clock=True)
        for error in running.complaints():
            self.report({"ERROR"}, str(error))
        for job in running.newly_failed():
            self.report({"ERROR"}, _bad_news(job))
        for job in running.placing.undone_takes():
            words = say("Undo took the take of “{shot}” out: Place Again in the list of jobs", shot=job.label)
            self.report({"WARNING"}, words)
            _redraw(everything=True)
        for words in running.told():
            self.report({"INFO"}, words)
        for job in running.landed_elsewhere():
            self.report({"INFO"}, _waits(job))
        may = may_place(context)
        if running.placing.has_to_lay_again and _is_quiet():
            self._lay_again(running)
            _redraw(everything=True)
        elif may:
            for jobs in running.placing.landed()[:1]:
                self._place(running, jobs)
                _redraw(everything=True)
            for job in running.placing.takes_to_correct()[:1]:
                self._correct_take(running, job)
                _redraw(everything=True)

    def cancel(self, context: Context) -> None:
        """Blender closes the window or the file: leave no timer behind, and go on in the next."""
        self._end(context)
        _start_later(_PAUSE)

    def _end(self, context: Context) -> None:
        session.window_manager().event_timer_remove(_timers.pop(self._number))

    def _place(self, running: session.Session, jobs: Sequence[Job]) -> None:
        from ..core.errors import ReshootError
        from ..core.jobs import board

        try:
            # In another mode an undo step is of that mode, and nothing of the timeline's is in it.
            running.placing.place(jobs, keep=bpy.context.mode == "OBJECT")
        except ReshootError as error:
            for job in jobs:
                board.set_words(job.id, str(error))
            self.report({"ERROR"}, str(error))
            return
        bpy.ops.ed.undo_push(message=TAKE)
        self.report({"INFO"}, say("The take of “{shot}” is in the timeline", shot=jobs[0].shot.name))

    def _lay_again(self, running: session.Session) -> None:
        from ..core.errors import ReshootError

        try:
            # Without a step: undo goes past it, and what can be done again stays so.
            laid = running.placing.lay_again()
        except ReshootError as error:
            self.report({"ERROR"}, str(error))
            return
        if laid is not None and laid[1]:
            words = say("The take of “{shot}” stays: delete its strip to take it out", shot=laid[0].shot.name)
            self.report({"INFO"}, words)

    def _correct_take(self, running: session.Session, job: Job) -> None:
        from ..core.errors import ReshootError

        try:
            if not running.placing.correct_take(job):
                return
        except ReshootError as error:
            self.report({"WARNING"}, str(error))
            return
        bpy.ops.ed.undo_push(message=RIGHT)
        self.report({"INFO"}, say("The take of “{shot}” was put right, as the list of jobs tells", shot=job.shot.name))


def ensure() -> None:
    """See to it that a watch runs, where there is an interface to keep alive."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_start):
        _start_later(0.0)


def _bad_news(job: Job) -> str:
    if job.project == session.project():
        what = say("The job of “{shot}”", shot=job.label)
    elif job.project.startswith(UNTITLED):
        what = say("The job of “{shot}” in a file that was not saved", shot=job.label)
    else:
        what = say("The job of “{shot}” in {file}", shot=job.label, file=bpy.path.basename(job.project))
    return f"{what}: {job.error} {job.remedy}".strip()


def _waits(job: Job) -> str:
    from ..core.jobs import board

    if board.has_no_file(job.project):
        return say("The take of “{shot}” is finished; place it from the list of jobs", shot=job.shot.name)
    file = bpy.path.basename(job.project)
    return say("The take of “{shot}” is finished; it is placed once {file} is open", shot=job.shot.name, file=file)


def can_push_undo() -> bool:
    """Whether Blender can take an undo step now."""
    # To the stubs an operator is a class, and asks for one to be polled.
    return bool(bpy.ops.ed.undo_push.poll())  # type: ignore[call-arg]


def may_place(context: Context) -> bool:
    """Whether no harm is done by adding strips and an undo step now.

    While Blender renders it could crash; while it plays it would stutter; in the middle of a drag the step would keep
    half of it; and between an undo and its redo the redo would be gone.
    """
    global _redo_since
    if not bpy.ops.ed.redo.poll():  # type: ignore[call-arg]  # see `can_push_undo`
        _redo_since = None
    elif _redo_since is None:
        _redo_since = time.monotonic()
    return _is_quiet() and (_redo_since is None or time.monotonic() - _redo_since > _GRACE)


def _is_quiet() -> bool:
    """Whether no harm is done by adding strips now."""
    if bpy.app.is_job_running("RENDER"):
        return False
    for window in session.window_manager().windows:
        if window.screen.is_animation_playing:
            return False
        # Blender has None, or no id, for an operator whose add-on was disabled while it ran.
        ids = [getattr(each, "bl_idname", None) or "" for each in window.modal_operators]
        if any(each.startswith(_HANDS_ON) for each in ids):
            return False
    return True


def _is_work(running: session.Session) -> bool:
    from ..core.jobs import board

    busy = running.threads.is_busy or running.has_events or running.placing.has_uncompared
    return board.is_moving() or busy or running.placing.has_to_lay_again or bool(running.placing.landed())


def _redraw(*, everything: bool = False, clock: bool = False) -> None:
    """Draw what shows the jobs: the sidebars and the timelines, in every window. The viewer only for `everything`.

    clock: only the sidebars that show for how long the jobs have run.
    """
    global _drawn
    _drawn = time.monotonic()
    for area in session.areas("SEQUENCE_EDITOR"):
        if everything:
            area.tag_redraw()
            continue
        for region in area.regions:
            tab = region.type == "UI" and region.active_panel_category == _TAB
            if tab if clock else region.type in ("WINDOW", "UI"):
                region.tag_redraw()


@enduring
def _start() -> float | None:
    if session.running() is None:
        return None
    if not session.window_manager().windows:
        return 1.0
    bpy.ops.reshoot.watch()  # type: ignore[attr-defined]  # the one above
    return None


def _start_later(seconds: float) -> None:
    if not bpy.app.timers.is_registered(_start):
        bpy.app.timers.register(_start, first_interval=seconds, persistent=True)


def _go_on(running: session.Session) -> None:
    """After a watch: begin another one, at once or when there is news."""
    # Asked first: what comes in between is work then.
    more = running.expects_events
    if _is_work(running):
        _start_later(_PAUSE)
    elif more and not bpy.app.timers.is_registered(_listen):
        bpy.app.timers.register(_listen, first_interval=_LISTEN, persistent=True)


@enduring
def _listen() -> float | None:
    """Begin a watch when there is news. A watch that runs for half an hour would redraw the clocks all the time."""
    running = session.running()
    if running is None:
        return None
    more = running.expects_events
    if running.has_events:
        ensure()
        return None
    return _LISTEN if more else None


def _resume_work() -> None:
    """Go on with the jobs that a journal may have of the open file."""
    if not session.has_work():
        return
    from ..core.errors import ReshootError

    try:
        session.current().resume()
    except ReshootError as error:
        import logging

        logging.getLogger(__name__).error("%s", error)
        return
    ensure()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _opened(*_args: object) -> None:
    attempt(session.file_opened)
    if not bpy.app.background and not attempt(_resume_work):
        _resume_later(RECOVERS)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _saved(*_args: object) -> None:
    attempt(session.file_saved)
    attempt(_hear_what_is_read)


def _hear_what_is_read() -> None:
    """Under another name other jobs are shown, and they are being read."""
    running = session.running()
    if running is not None and running.threads.is_busy:
        ensure()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _undoing(*_args: object) -> None:
    attempt(session.undoing)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _undone(*_args: object) -> None:
    attempt(lambda: session.undone(again=False))
    running = session.running()
    if running is None:
        return
    # What was undone is told by it, and what is to stay is laid again.
    attempt(ensure)
    if not bpy.app.background and running.placing.goes_on:
        attempt(lambda: bpy.app.timers.register(_undo_on, first_interval=0.0))


def _undo_on() -> None:
    """After an undo of nothing but a take's landing: the editor means his own last edit."""
    if bpy.ops.ed.undo.poll():  # type: ignore[call-arg]  # see `can_push_undo`
        attempt(bpy.ops.ed.undo)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _redone(*_args: object) -> None:
    attempt(lambda: session.undone(again=True))
    attempt(_place_what_is_there_again)


def _place_what_is_there_again() -> None:
    running = session.running()
    if running is not None and (running.placing.landed() or running.placing.has_to_lay_again):
        ensure()


@enduring
def _after_start() -> float | None:
    if not start.ready():
        return _PAUSE
    _resume_work()
    return None


def _resume_later(seconds: float) -> None:
    if not bpy.app.timers.is_registered(_after_start):
        bpy.app.timers.register(_after_start, first_interval=seconds, persistent=True)


CLASSES = (RESHOOT_OT_watch,)


def register() -> None:
    """Listen to files, and take up what an earlier Blender left, once this one is up."""
    bpy.app.handlers.load_post.append(_opened)
    bpy.app.handlers.save_post.append(_saved)
    bpy.app.handlers.undo_pre.append(_undoing)
    bpy.app.handlers.redo_pre.append(_undoing)
    bpy.app.handlers.undo_post.append(_undone)
    bpy.app.handlers.redo_post.append(_redone)
    if not bpy.app.background:
        _resume_later(1.0)


def unregister() -> None:
    """Stop listening, and watching: Blender forgets an operator that runs while it is taken out, but not its timer."""
    while _timers:
        session.window_manager().event_timer_remove(_timers.popitem()[1])
    for timer in (_start, _listen, _after_start):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    bpy.app.handlers.load_post.remove(_opened)
    bpy.app.handlers.save_post.remove(_saved)
    bpy.app.handlers.undo_pre.remove(_undoing)
    bpy.app.handlers.redo_pre.remove(_undoing)
    bpy.app.handlers.undo_post.remove(_undone)
    bpy.app.handlers.redo_post.remove(_redone)
