# SPDX-License-Identifier: GPL-3.0-or-later
"""Which takes are stale: their shot has changed since. Looked at a little at a time; what is known is told at once.

What is compared is `core.takes.stale`'s.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

import bpy

from .. import session
from ..core.errors import PlacementError
from ..core.jobs import board
from ..core.takes import stale
from ..core.takes.stale import Stale
from ..core.values.job import Job
from ..core.words import say
from ..timeline import compat, place, whereabouts
from ..timeline.editor import editor_of
from ..timeline.facts import TimelineFacts
from ..timeline.plate_look import Looks
from ..timeline.stacks import follow as following
from .guarded import enduring

_SLICE = 0.002
"""Seconds of a tick."""
_NEXT = 0.05
"""Seconds from one tick to the next."""
_RESTS = 0.5
"""Seconds from one round of all takes to the next, at least: some changes are in nothing that is cheap to ask."""

_TRUE_FOR = 1.0
"""Seconds that an index is taken for true where no strip has come or gone."""

_known: dict[str, Stale] = {}
_indexed: tuple[tuple[int, int, int], float, following.Index] | None = None
"""The index that was read last, what it was read of, and when."""
_round: Iterator[None] | None = None
_scene = 0
"""Blender's own number of the scene that is looked at."""
_ended = 0.0
"""When the last round was over."""


def stale_of(job_id: str) -> Stale | None:
    """What has changed of the shot of a job since its take was made, as far as it was looked at; None where nothing
    has. Costs nothing. Of a job of several parts any may be asked.
    """
    return _known.get(job_id)


def stale_jobs() -> frozenset[str]:
    """The jobs of all takes that are known to be stale."""
    return frozenset(_known)


def keep_looking(scene: bpy.types.Scene) -> None:
    """Look at the takes of a scene in a moment: to be called by whoever draws what is stale."""
    global _round, _scene
    another = scene.session_uid != _scene
    if another:
        _round, _scene = None, scene.session_uid
    if bpy.app.background:
        look(scene)
    elif not bpy.app.timers.is_registered(_tick):
        # What was drawn once, since something has changed, may not be drawn again.
        rests = 0.0 if another else _ended + _RESTS - time.monotonic()
        bpy.app.timers.register(_tick, first_interval=max(_NEXT, rests))


def look(scene: bpy.types.Scene) -> None:
    """Look at all takes of a scene at once, however long that takes."""
    for _step in _looks(scene.session_uid):
        pass


def look_at_selected(scene: bpy.types.Scene) -> None:
    """Look at the takes of what is selected, which the editor is told first: as many as there is time for."""
    ids = {each for strip in TimelineFacts(scene).selected for each in strip.ids}
    if not ids:
        return
    found, looks = _index(scene), Looks()
    # From here on: on a slow machine the index alone may take as long, and nothing would ever be looked at.
    until = time.monotonic() + _SLICE
    for take, job_id in found.takes:
        line = board.progress(job_id)
        if line is not None and line.job.shot.id in ids and time.monotonic() < until:
            _look_at(scene, found, take, job_id, looks)
    for group in _not_laid(found, ids):
        if time.monotonic() < until:
            _look_at_hidden(scene, found, group, looks)


def _index(scene: bpy.types.Scene) -> following.Index:
    """The index of a scene, for what is looked at again soon: it may be that of a moment ago."""
    global _indexed
    now = time.monotonic()
    known = (scene.session_uid, len(compat.strips_all(editor_of(scene))), place.changes())
    if _indexed is None or _indexed[0] != known or now - _indexed[1] > _TRUE_FOR:
        _indexed = (known, now, following.index(scene))
    return _indexed[2]


def follow(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Move and trim the takes of the selected shots to them as they are now. What the takes do not have, in words.

    Raises PlacementError, in words for the editor; nothing has changed then.
    """
    chosen = TimelineFacts(scene).selected
    names = {strip.name for strip in chosen}
    ids = {each for strip in chosen for each in strip.ids}
    found = following.index(scene)
    pairs = []
    for take, job_id in found.takes:
        group = _group(job_id)
        if not group or not (take in names or not group[0].shot.id or group[0].shot.id in ids):
            continue
        pair = following.pair(scene, found, take, group, session.project())
        if pair is not None and (take in names or not names.isdisjoint(pair.spot.strips)):
            pairs.append(pair)
    if not pairs:
        raise PlacementError(
            say("The selected shot has no take in this timeline."), say("Select a shot that has one, or its take.")
        )
    notes = following.follow(scene, pairs)
    look(scene)
    return notes


def close() -> None:
    """Forget what is known, and look no more."""
    global _round, _ended, _indexed
    _known.clear()
    _round, _ended, _indexed = None, 0.0, None
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


@enduring
def _tick() -> float | None:
    """Look at some more takes of the scene that was asked for. None where all were looked at."""
    global _round, _ended
    if _round is None:
        _round = _looks(_scene)
    before, until = dict(_known), time.monotonic() + _SLICE
    over = False
    while not over and time.monotonic() < until:
        over = next(_round, _OVER) is _OVER
    if before != _known:
        for area in session.areas("SEQUENCE_EDITOR"):
            area.tag_redraw()
    if over:
        _round, _ended = None, time.monotonic()
        return None
    return _NEXT


_OVER = object()


def _looks(number: int) -> Iterator[None]:
    """Look at the takes of the scene that Blender knows by a number, one at each step. At the end what was not seen is
    forgotten.
    """
    scene = _scene_of(number)
    found = following.index(scene) if scene is not None else following.Index({}, ())
    seen: set[str] = set()
    yield
    for take, job_id in found.takes:
        # It may be gone by now.
        scene = _scene_of(number)
        if scene is not None:
            seen.update(_look_at(scene, found, take, job_id, Looks(), seen))
        yield
    for group in _not_laid(found, set(found.plates)):
        scene = _scene_of(number)
        if scene is not None:
            _look_at_hidden(scene, found, group, Looks())
            seen.update(job.id for job in group)
        yield
    for job_id in _known.keys() - seen:
        del _known[job_id]


def _scene_of(number: int) -> bpy.types.Scene | None:
    """A scene with a timeline."""
    there = (scene for scene in bpy.data.scenes if scene.session_uid == number)
    return next((scene for scene in there if scene.sequence_editor is not None), None)


def _group(job_id: str) -> list[Job]:
    """The jobs of the parts of a take."""
    line = board.progress(job_id)
    if line is None:
        return []
    if len(line.job.plan.parts) == 1:
        return [line.job]
    group = line.job.group
    return [each.job for each in board.of_project(line.job.project) if each.job.group == group]


def _look_at(
    scene: bpy.types.Scene, found: following.Index, take: str, job_id: str, looks: Looks, seen: Collection[str] = ()
) -> list[str]:
    """Look at one take in the timeline: the jobs that it is of. seen: those that lie elsewhere too, where one that is
    stale is told.
    """
    group = _group(job_id)
    pair = following.pair(scene, found, take, group, session.project(), looks)
    ids = [job.id for job in group]
    now = pair.stale if pair is not None else None
    if now is not None or job_id not in seen:
        _keep(ids, now)
    return ids


def _not_laid(found: following.Index, ids: set[str]) -> list[list[Job]]:
    """The jobs of takes of the shots `ids` that are in no timeline: others are shown."""
    laid = {group[0].group for _take, job_id in found.takes if (group := _group(job_id))}
    groups: dict[str, list[Job]] = {}
    for line in board.all_jobs():
        job = line.job
        if job.take is not None and job.shot.id in ids and job.shot.id in found.plates and job.group not in laid:
            groups.setdefault(job.group, []).append(job)
    return list(groups.values())


def _look_at_hidden(scene: bpy.types.Scene, found: following.Index, group: Sequence[Job], looks: Looks) -> None:
    """Look at a take that is not in the timeline: what it would lack, and what it was made of."""
    shot = group[0].shot
    spots = [spot for spot in whereabouts.find_among(scene, shot, found.plates.get(shot.id, ())) if spot.strips]
    plate = following.plate_at(scene, shot, spots[0], session.project(), looks) if spots else None
    now = stale.changed(shot, plate, stale.frames_of(group), None) if plate is not None else None
    _keep([job.id for job in group], now)


def _keep(ids: Sequence[str], now: Stale | None) -> None:
    for job_id in ids:
        if now is None:
            _known.pop(job_id, None)
        else:
            _known[job_id] = now
