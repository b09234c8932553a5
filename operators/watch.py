# SPDX-License-Identifier: GPL-3.0-or-later
"""`reshoot.watch`: hears what the runner has done and places what has landed, without holding the interface.

A running modal operator stops Blender's autosave, so the watch ends every few seconds and a timer starts it again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy

from .. import session
from ..session import start
from ..session.guarded import RECOVERS, attempt, enduring

if TYPE_CHECKING:
    from bpy.types import Context, Event, Timer

    from ..session import OperatorReturn

_TICK = 0.1
_SHIFT = 4.0
"""Seconds after which a watch hands over to the next one."""
_PAUSE = 0.1
_LISTEN = 0.5
"""Seconds between two looks for news where nothing moves."""

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
        attempt(lambda: self._look_after(running))
        if time.monotonic() >= self._until:
            self._end(context)
            if not attempt(lambda: _go_on(running)):
                _start_later(RECOVERS)
            return {"FINISHED"}
        return {"PASS_THROUGH"}

    def _look_after(self, running: session.Session) -> None:
        from . import tick

        tick.look_after(running, lambda level, words: self.report({*level}, words))

    def cancel(self, context: Context) -> None:
        """Blender closes the window or the file: leave no timer behind, and go on in the next."""
        self._end(context)
        _start_later(_PAUSE)

    def _end(self, context: Context) -> None:
        session.window_manager().event_timer_remove(_timers.pop(self._number))


def ensure() -> None:
    """See to it that a watch runs, where there is an interface to keep alive."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_start):
        _start_later(0.0)


def _is_work(running: session.Session) -> bool:
    from ..core.jobs import board

    busy = running.threads.is_busy or running.has_events or running.placing.has_uncompared
    placing = running.placing
    to_place = placing.has_to_lay_again or placing.wanted is not None or bool(placing.landed())
    return board.is_moving() or busy or to_place


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
        if start.is_opening():
            _resume_later(RECOVERS)
            return
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


def _about_to_undo() -> None:
    from . import undo_steps

    session.undoing(held=not undo_steps.is_redoable() and bpy.context.mode == "OBJECT")


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _undoing(*_args: object) -> None:
    # After a new step nothing can be done again, and in another mode it is of that mode.
    attempt(_about_to_undo)
    # What was taken out for the time being comes again, also where nothing was undone after all.
    attempt(_place_what_is_there_again)


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
    if bpy.ops.ed.undo.poll():  # type: ignore[call-arg]  # see `undo_steps`
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
