# SPDX-License-Identifier: GPL-3.0-or-later
"""The same as `look`, for whoever draws: never waits. What is cheap is kept as long as the timeline is the same; a
thread asks the disk.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace

import bpy

from .. import session
from ..core.lookout import Lookout
from ..core.values.preview import Preview
from ..core.words import spoken
from ..settings import brief as settings_brief
from ..settings import preferences
from ..settings.scene import settings_of
from ..timeline import shot
from . import spending
from .guarded import enduring
from .look import DiskAnswer, DiskQuestion, Look, ask_disk, look_at

_TRUE_FOR = 1.0
"""Seconds that a preview is kept at most: some of what a shot is read from is not in its fingerprint."""
_STEADY = 0.1
"""Seconds after a look at the timeline in which a redraw shows the same: many redraws follow each other closely. Where
it was another by then it is drawn once more."""
_LOOK_AGAIN = 0.05


def _size(path: str) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


class _Kept:
    """What was read of a timeline, and what is shown of it: most redraws find both as they were.

    scene: its address. key: what it was read from. since, looked: when it was read, and when that was last the same.
    """

    def __init__(self, scene: int, key: object, since: float, seen: Look) -> None:
        self.scene = scene
        self.key = key
        self.since = self.looked = since
        self.seen = seen
        self._found: DiskAnswer | None = None
        self._shown = seen.with_answer(None)

    def shown(self, found: DiskAnswer | None) -> Preview:
        """The preview with what is known of the disk."""
        if found is not self._found:
            self._found, self._shown = found, self.seen.with_answer(found)
        return self._shown


_on_disk: Lookout[DiskQuestion, DiskAnswer] = Lookout(ask_disk)
_sizes: Lookout[str, int | None] = Lookout(_size)
_kept: _Kept | None = None


def preview(scene: bpy.types.Scene) -> Preview:
    """The same as `look`, as far as it is known now. Waits for no disk."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept.scene != scene.as_pointer() or now - _kept.looked > _STEADY or bpy.app.background:
        _kept = _keep(scene, _kept, now)
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=_STEADY)
    shown = _kept.shown(_on_disk.ask(_kept.seen.question))
    _redraw_on_news()
    return shown


def _keep(scene: bpy.types.Scene, before: _Kept | None, now: float) -> _Kept:
    """What is to be shown of a scene: what was shown before where that is still true."""
    key = _key(scene)
    if before is not None and before.key == key and now - before.since <= _TRUE_FOR:
        before.scene, before.looked = scene.as_pointer(), now
        return before
    seen = look_at(scene, settings_brief.read(settings_of(scene)))
    if before is not None and before.seen.question == seen.question:
        # The very same one is found among the answers without being compared.
        seen = replace(seen, question=before.seen.question)
    return _Kept(scene.as_pointer(), key, now, seen)


def _key(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a preview is read from; what it says is in the language of its time."""
    return (
        id(spoken()),
        preferences.fingerprint(),
        settings_brief.fingerprint(settings_of(scene)),
        session.project(),
        spending.fingerprint(),
        shot.fingerprint(scene),
    )


@enduring
def _catch_up() -> None:
    """Draw once more where a redraw that followed another closely did not see a change."""
    kept = _kept
    scene = next((each for each in bpy.data.scenes if kept is not None and each.as_pointer() == kept.scene), None)
    if kept is not None and scene is not None and _key(scene) != kept.key:
        _redraw()


def seen_lately(question: DiskQuestion) -> DiskAnswer | None:
    """What the disk has answered to `question` for a preview in the last two seconds, None where nobody asked."""
    return _on_disk.recent(question)


def size_of(path: str) -> int | None:
    """Bytes of a file as they were last seen. Waits for no disk."""
    size = _sizes.ask(path)
    _redraw_on_news()
    return size


def close() -> None:
    """Forget what is known of files, and end what looks at them."""
    global _kept
    _kept = None
    for timer in (_hear, _catch_up):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _on_disk.close()
    _sizes.close()


def _redraw_on_news() -> None:
    if not (_on_disk.busy or _sizes.busy):
        return
    if bpy.app.background:
        _look_up()
    elif not bpy.app.timers.is_registered(_hear):
        bpy.app.timers.register(_hear, first_interval=_LOOK_AGAIN)


def _look_up() -> None:
    _on_disk.start()
    _sizes.start()


@enduring
def _hear() -> float | None:
    _look_up()
    busy = _on_disk.busy or _sizes.busy
    # Both are asked: each forgets its news as it tells them.
    if any([_on_disk.news(), _sizes.news()]):
        _redraw()
    return _LOOK_AGAIN if busy else None


def _redraw() -> None:
    for area in session.areas("SEQUENCE_EDITOR"):
        area.tag_redraw()
