# SPDX-License-Identifier: GPL-3.0-or-later
"""What this Blender has one of: the open file, where things are kept, and the session, which is made at first use.

The light half: Blender imports it when it starts. What works is `session.Session`, which is imported when it is needed.
Everything here runs on the main thread unless it says otherwise.
"""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

import bpy

from ..core.names import UNTITLED
from ..settings import folders
from ..settings.folders import home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Literal

    from bpy.types import Area, Scene, WindowManager

    from ..core.money.ledger import Sum
    from ..core.values.progress import StripProgress
    from .session import Session as Session

    OperatorReturn = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]
    """What an operator's `execute`, `invoke` and `modal` answer Blender."""

__all__ = [
    "areas",
    "close",
    "current",
    "draw_comparison",
    "file_number",
    "file_opened",
    "file_saved",
    "has_work",
    "home",
    "on_strips",
    "project",
    "running",
    "service",
    "shots_shown",
    "spent",
    "takes_folder",
    "takes_in_file",
    "undoing",
    "undone",
    "window_manager",
]


def _unnamed() -> str:
    """Stands for the name of a file that has none yet."""
    return f"{UNTITLED}{os.urandom(16).hex()}"


_untitled = _unnamed()
_number = 0
"""How often another file was opened."""
_file = ""
"""What the jobs of the session belong to: the open file as it was called when it was opened or saved last."""


def project() -> str:
    """What the open file's jobs belong to: its path, or a name of its own until it has one."""
    return bpy.data.filepath or _untitled


def file_number() -> int:
    """Which file is open: the same number for as long as it is, whatever it is called when it is saved."""
    return _number


def takes_folder(of_project: str) -> Path:
    """Where the takes of a project go. Called on any thread, once there is a session."""
    assert _session is not None
    return folders.takes_folder(of_project, _session.home)


def service() -> str:
    """The service that a job would go to now. Raises SetupError where that cannot be, saying why."""
    from . import services

    return services.service()


draw_comparison: Callable[[], None] | None = None
"""What `panels` draws over the viewer while takes are compared."""

_session: Session | None = None


def current() -> Session:
    """The session, made now if there is none yet. Raises StorageError where its folder cannot be used."""
    global _session, _file
    if _session is None:
        from .session import Session

        _file = project()
        _session = Session(home(), project, takes_folder)
        atexit.register(close)
    return _session


def running() -> Session | None:
    """The session if there is one."""
    return _session


def close() -> None:
    """End the session, if there is one."""
    global _session
    if _session is not None:
        atexit.unregister(close)
        _session.close()
        _session = None


def has_work() -> bool:
    """Whether a journal waits in the session's folder, without opening it."""
    return (home() / folders.JOURNAL).exists()


def file_opened() -> None:
    """Another file is open now."""
    global _untitled, _file, _number
    _number += 1
    _untitled = _unnamed()
    _file = project()
    if _session is not None:
        _session.file_opened()


def file_saved() -> None:
    """The open file was saved. Where it has another name now, what is under way goes on under that one.

    A copy that was saved aside is not the open file. What is in a timeline already stays with the file that it is in,
    unless that had no name yet.
    """
    global _file
    before, here = _file, project()
    if _session is not None and here != before:
        _session.runner.moved(before, here, placed=before.startswith(UNTITLED))
        _session.read()
    elif _session is not None:
        _session.file_saved()
    # Last: what breaks before is done at the next save.
    _file = here


def undoing(*, held: bool) -> None:
    """The editor is about to undo something, or to do it again. held: whether a step holds the timeline as it is."""
    if _session is not None:
        _session.placing.undoing(_session.following.takes_in_file(), held=held)


def undone(*, again: bool) -> None:
    """The editor has undone something. again: it was undone before, and was done over again."""
    if _session is not None:
        _session.following.forget_strips()
        _session.placing.undone(_session.following.takes_in_file(), again=again)


def window_manager() -> WindowManager:
    """Blender's window manager: it has the windows, the timers and the dialogs."""
    manager = bpy.context.window_manager
    assert manager is not None
    return manager


def areas(kind: str) -> Iterator[Area]:
    """The areas of a kind that are on screen, in every window."""
    for window in window_manager().windows:
        yield from (area for area in window.screen.areas if area.type == kind)


def takes_in_file() -> frozenset[str]:
    """The jobs whose takes are strips of the open file, whatever file they were sent from."""
    return _session.following.takes_in_file() if _session is not None else frozenset()


def shots_shown() -> frozenset[str]:
    """The ids of the shots that have a take among the strips of the open file, whichever one is shown."""
    return _session.following.shots_shown() if _session is not None else frozenset()


def spent() -> tuple[Sum, ...]:
    """What was spent in each project, the latest first; nothing before there is a session."""
    return _session.runner.spent if _session is not None else ()


def on_strips(scene: Scene) -> list[StripProgress]:
    """Where the jobs under way are in the timeline of `scene`, and those that have failed since Blender was started."""
    return _session.following.on_strips(scene) if _session is not None else []
