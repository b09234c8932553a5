# SPDX-License-Identifier: GPL-3.0-or-later
"""The undo steps of takes, and when adding strips or a step does no harm."""

from __future__ import annotations

import time

import bpy

from .. import session
from ..core.words import named

_GRACE = 15.0
"""Seconds after an undo for which a take waits: the step that places it would take the redo away."""
TAKE, RIGHT, PLACED = named("Reshoot Take"), named("Put Reshoot Take Right"), named("Place Take")
"""The undo steps."""
_HANDS_ON = ("TRANSFORM_OT_", "SEQUENCER_OT_", "ANIM_OT_")
"""Operators that hold strips or the playhead while they run."""

_redo_since: float | None = None


def can_push_undo() -> bool:
    """Whether Blender can take an undo step now."""
    # To the stubs an operator is a class, and asks for one to be polled.
    return bool(bpy.ops.ed.undo_push.poll())  # type: ignore[call-arg]


def is_redoable() -> bool:
    """Whether something was undone that can be done again; no new step was pushed since."""
    return bool(bpy.ops.ed.redo.poll())  # type: ignore[call-arg]  # see `can_push_undo`


def may_place() -> bool:
    """Whether no harm is done by adding strips and an undo step now.

    While Blender renders it could crash; while it plays it would stutter; in the middle of a drag the step would keep
    half of it; and between an undo and its redo the redo would be gone.
    """
    global _redo_since
    if not is_redoable():
        _redo_since = None
    elif _redo_since is None:
        _redo_since = time.monotonic()
    return is_quiet() and (_redo_since is None or time.monotonic() - _redo_since > _GRACE)


def is_quiet() -> bool:
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
