# SPDX-License-Identifier: GPL-3.0-or-later
"""The same as `look`, for whoever draws: never waits. What is cheap is kept as long as the timeline is the same; a
thread asks the disk.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import Any, NamedTuple

import bpy

from .. import session
from ..core.blender_process import Blender
from ..core.lookout import Lookout
from ..core.planning import transparency
from ..core.values.choices import Selection
from ..core.values.preview import Preview
from ..core.words import spoken
from ..settings import brief as settings_brief
from ..settings import preferences
from ..settings.scene import settings_of
from ..timeline import export, shot
from . import briefs, spending, staleness
from .guarded import enduring
from .look import DiskAnswer, DiskQuestion, Look, ask_disk, look_at

_TRUE_FOR = 1.0
"""Seconds that a preview is kept at most: some of what a shot is read from is not in its fingerprint."""
_STEADY = 0.1
"""Seconds after a look at the timeline in which a redraw shows the same: many redraws follow each other closely. Where
it was another by then it is drawn once more."""
_LOOK_AGAIN = 0.05
_AT_ONCE = 24
"""Shots that are read at one redraw: each takes a third of a millisecond."""


def _size(path: str) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


class _Kept:
    """What was read of a timeline, and what is shown of it: most redraws find both as they were.

    scene: its address. key: what it was read from. since, looked: when it was read, and when that was last the same.
    next: what was read so far of the look that takes its place, where there are too many shots for one redraw. goes_on:
    whether it is time to read more of it.
    """

    def __init__(self, scene: int, key: object, since: float, seen: Look) -> None:
        self.scene = scene
        self.key = key
        self.since = self.looked = since
        self.seen = seen
        self.alphas = transparency.asked()
        self.next = seen.read
        self.goes_on = False
        self._found: DiskAnswer | None = None
        self._shown = seen.with_answer(None)

    def shown(self, found: DiskAnswer | None) -> Preview:
        """The preview with what is known of the disk."""
        if found is not self._found:
            self._found, self._shown = found, self.seen.with_answer(found)
        return self._shown


_on_disk: Lookout[DiskQuestion, DiskAnswer] = Lookout(ask_disk)
_sizes: Lookout[str, int | None] = Lookout(_size)
_ending = threading.Event()
_kept: _Kept | None = None
_to_follow = 0
"""The number of the scene whose briefs are to follow."""


class _Alphas(NamedTuple):
    """Files whose alpha channel is asked for. blender: looks at them where their headers do not tell."""

    paths: tuple[str, ...]
    blender: Blender | None


def _look_for_alpha(asked: _Alphas) -> int:
    transparency.look_closely(asked.paths, asked.blender, _ending.is_set)
    return transparency.changes()


_alphas: Lookout[_Alphas, int] = Lookout(_look_for_alpha)


def preview(scene: bpy.types.Scene) -> Preview:
    """The same as `look`, as far as it is known now. Waits for no disk."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept.scene != scene.as_pointer() or now - _kept.looked > _STEADY or bpy.app.background:
        _kept = _keep(scene, _kept, now, None if bpy.app.background else _AT_ONCE)
    elif _kept.goes_on:
        _kept = _keep(scene, _kept, now, _AT_ONCE)
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=_STEADY)
    if not bpy.app.background:
        staleness.keep_looking(scene)
    shown = _kept.shown(_on_disk.ask(_kept.seen.question))
    _ask_for_alpha(_kept.alphas)
    _redraw_on_news()
    if _kept.next and not bpy.app.timers.is_registered(_go_on):
        bpy.app.timers.register(_go_on, first_interval=_LOOK_AGAIN)
    return shown


def _keep(scene: bpy.types.Scene, before: _Kept | None, now: float, most: int | None) -> _Kept:
    """What is to be shown of a scene: what was shown before where that is still true. most: shots that are read now."""
    key = _key(scene)
    known: tuple[shot.ReadShot, ...] = ()
    if before is not None and before.key == key:
        before.scene, before.looked = scene.as_pointer(), now
        if not before.next and now - before.since <= _TRUE_FOR:
            return before
        if before.next and not before.goes_on and most is not None:
            return before
        known = before.next
    settings = settings_of(scene)
    staleness.look_at_selected(scene)
    if not bpy.app.background and (before is None or before.key != key):
        follow_soon(scene)
    seen = look_at(
        scene, settings_brief.read(settings), Selection(settings.selection), settings.variants, known=known, most=most
    )
    if before is not None and before.key == key and seen.read and before.seen.preview.unfinished is None:
        # What was whole is shown until what takes its place is.
        before.next, before.goes_on = seen.read, False
        return before
    if before is not None and before.seen.question == seen.question:
        # The very same one is found among the answers without being compared.
        seen = replace(seen, question=before.seen.question)
    return _Kept(scene.as_pointer(), key, now, seen)


def _key(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a preview is read from; what it says is in the language of its time."""
    settings = settings_of(scene)
    return (
        id(spoken()),
        preferences.fingerprint(),
        settings_brief.fingerprint(settings),
        (settings.selection, settings.variants),
        session.project(),
        spending.fingerprint(),
        shot.fingerprint(scene),
        transparency.changes(),
    )


def _ask_for_alpha(paths: tuple[str, ...]) -> None:
    if paths:
        looked_at = _alphas.ask(_Alphas(paths, None)) is not None
        if looked_at and not transparency.is_settled(paths):
            _alphas.ask(_Alphas(paths, export.background_blender()))


def follow_soon(scene: bpy.types.Scene) -> None:
    """Let the briefs follow what is selected and set, once this is drawn: while it is, nothing may be written."""
    global _to_follow
    _to_follow = scene.session_uid
    if not bpy.app.timers.is_registered(_follow):
        bpy.app.timers.register(_follow, first_interval=0.0)


@enduring
def _follow() -> None:
    scene = next((each for each in bpy.data.scenes if each.session_uid == _to_follow), None)
    if scene is not None and briefs.follow(scene):
        _redraw()


@enduring
def _go_on() -> None:
    """Have more of many shots read at the next redraw."""
    if _kept is not None:
        _kept.goes_on = True
    _redraw()


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
    staleness.close()
    for timer in (_hear, _catch_up, _go_on, _follow):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _ending.set()
    for lookout in _lookouts():
        lookout.close()
    _ending.clear()


def _lookouts() -> tuple[Lookout[Any, Any], ...]:
    return (_on_disk, _sizes, _alphas)


def _redraw_on_news() -> None:
    if not any(lookout.busy for lookout in _lookouts()):
        return
    if bpy.app.background:
        _look_up()
    elif not bpy.app.timers.is_registered(_hear):
        bpy.app.timers.register(_hear, first_interval=_LOOK_AGAIN)


def _look_up() -> None:
    for lookout in _lookouts():
        lookout.start()


@enduring
def _hear() -> float | None:
    _look_up()
    busy = any(lookout.busy for lookout in _lookouts())
    # All are asked: each forgets its news as it tells them.
    news = [lookout.news() for lookout in _lookouts()]
    if any(news):
        _redraw()
    return _LOOK_AGAIN if busy else None


def _redraw() -> None:
    for area in session.areas("SEQUENCE_EDITOR"):
        area.tag_redraw()
