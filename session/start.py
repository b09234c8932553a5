# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender's start does not wait for: a thread imports most of the extension and opens the journal, once it is up.

In a background Blender nothing is imported before a script needs it.
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

import bpy

from .. import session
from ..settings import folders
from .guarded import enduring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bpy.types import Scene

    from ..core.takes.stack import TakeList
    from ..core.takes.stale import Stale
    from ..core.values.preview import Preview
    from .takes import Badge

_AFTER = 0.2
"""Seconds after Blender starts to draw."""
_EVERY = 0.05
_PATIENCE = 2.0
"""Seconds that the thread has to end."""

_parts: tuple[str, ...] = ()
"""The modules to import, by their full names."""
_thread: threading.Thread | None = None


def ready() -> bool:
    """Whether the first press finds everything imported."""
    return bpy.app.background or (_thread is not None and not _thread.is_alive())


def is_opening() -> bool:
    """Whether a damaged journal is being made anew: the session can be had afterwards."""
    opening = sys.modules.get(f"{__package__}.opening")
    return opening is not None and bool(opening.is_opening())


def preview(scene: Scene) -> Preview:
    """What would be sent of `scene` now; nothing yet while the parts that can tell are being imported."""
    if not ready():
        from ..core.values.preview import Preview

        return Preview()
    from .preview import preview as seen

    return seen(scene)


def waiting() -> tuple[str, ...]:
    """What presses wait for on the disk, in words."""
    if not ready():
        return ()
    from . import shoot

    return shoot.waiting()


def is_pressed(shown: Preview) -> bool:
    """Whether what is shown was pressed and waits for the disk."""
    if not ready():
        return False
    from . import shoot

    return shoot.is_pressed(shown)


def stale_of(job_id: str) -> Stale | None:
    """What has changed of the shot of a job since its take was made, as far as it is known. Costs nothing."""
    if not ready():
        return None
    from . import staleness

    return staleness.stale_of(job_id)


def keep_looking(scene: Scene) -> None:
    """Look in a moment whether takes of a scene have become stale: whoever draws that without the tab asks for it."""
    if ready() and not bpy.app.background:
        from . import staleness

        staleness.keep_looking(scene)


def takes(scene: Scene) -> TakeList | None:
    """The takes of the selected shot, see `takes.of_selection`; None while what can tell is being imported."""
    if not ready():
        return None
    from .takes import of_selection

    return of_selection(scene)


def badges(scene: Scene) -> tuple[Badge, ...]:
    """Which takes the strips show, see `takes.badges`; none while the parts that can tell are being imported."""
    if not ready() or not session.takes_in_file():
        return ()
    from .takes import badges as shown

    return shown(scene)


def size_of(path: str) -> int | None:
    """Bytes of a file as they were last seen, None where nobody has looked yet or it is gone."""
    if not path or not ready():
        return None
    from . import preview as seen

    return seen.size_of(path)


@enduring
def _start() -> None:
    global _thread
    _thread = threading.Thread(
        target=_import, args=(folders.home(), session.project()), name="reshoot-import", daemon=True
    )
    _thread.start()
    bpy.app.timers.register(_show, first_interval=_EVERY, persistent=True)


def _import(home: Path, project: str) -> None:
    try:
        for part in _parts:
            importlib.import_module(part)
        from .comparison import sweep
        from .opening import open_ahead

        open_ahead(home, project)
        sweep(home)
    except Exception:  # whoever needs it tries it again, and tells the editor
        import logging

        logging.getLogger(__name__).exception("not everything could be made ready")


@enduring
def _show() -> float | None:
    """What was drawn in the meantime did not know the shot."""
    if not ready():
        return _EVERY
    for area in session.areas("SEQUENCE_EDITOR"):
        area.tag_redraw()
    return None


def register(parts: Iterable[str]) -> None:
    """Begin soon, where there is an interface to keep alive. parts: the modules to import, by their full names."""
    global _parts
    _parts = tuple(parts)
    if not bpy.app.background:
        bpy.app.timers.register(_start, first_interval=_AFTER, persistent=True)


def unregister() -> None:
    """Wait for the thread, which takes a fraction of a second; not for a damaged journal that it makes anew."""
    global _thread
    for timer in (_start, _show):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    if _thread is not None:
        _thread.join(_PATIENCE)
        _thread = None
    seen = sys.modules.get(f"{__package__}.preview")
    if seen is not None:
        seen.close()
    opening = sys.modules.get(f"{__package__}.opening")
    if opening is not None:
        opening.close_ahead()
