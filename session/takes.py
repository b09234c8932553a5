# SPDX-License-Identifier: GPL-3.0-or-later
"""Which take of a shot is shown: another one, the next, the original; what the editor thinks of each.

What is done to strips is `timeline.place`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import bpy

from .. import session
from ..core.errors import PlacementError, ReshootError
from ..core.jobs import board
from ..core.jobs.rows import Event
from ..core.one_line import one_line
from ..core.takes import stack
from ..core.takes.matching import Spot
from ..core.takes.stack import TakeList
from ..core.values.choices import Rating
from ..core.values.job import Job
from ..core.words import say
from ..timeline import compat, place, whereabouts
from ..timeline.facts import TimelineFacts
from ..timeline.stacks import marks
from ..timeline.stacks.holders import Holder, holder_at, shown_job
from . import staleness

_kept: tuple[tuple[object, ...], TakeList] | None = None
"""What `of_selection` gave last, and what for."""
_kept_badges: tuple[tuple[object, ...], tuple[Badge, ...]] | None = None
"""The same of `badges`."""
_old = whereabouts.Follower()

MOST_OF_NOTE = 500
"""Characters."""


class NoFurtherTake(PlacementError):
    """There is no take in that direction."""


@dataclass(frozen=True)
class _Chosen:
    """A selected shot that has takes in the timeline. name: its plate's. ids: what it is known as."""

    name: str
    ids: tuple[str, ...]
    holder: Holder | None


def show(scene: bpy.types.Scene, job_id: str) -> tuple[str, ...]:
    """Show the take of a job in the place of its shot, or the original of the selected shot where `job_id` is empty.

    What else was done, in words. Raises PlacementError; nothing has changed then.
    """
    chosen = _chosen(scene)
    if job_id:
        return _show(scene, job_id, [each.name for each in chosen])
    holders = [(each, each.holder) for each in chosen if each.holder is not None]
    if not holders:
        raise PlacementError(
            say("The selected shot has no take in this timeline."), say("Select a shot that has one, or its take.")
        )
    for each, holder in holders:
        place.show_original(scene, holder, each.ids[0])
    return ()


def step(scene: bpy.types.Scene, by: int) -> tuple[str, ...]:
    """Show the take that comes `by` after the one that is shown of the selected shot; the original comes before the
    first. Raises PlacementError; NoFurtherTake where the list ends.
    """
    chosen = next(iter(_chosen(scene)), None)
    takes = _takes_of(scene, chosen) if chosen is not None else []
    if chosen is None or not takes:
        raise PlacementError(
            say("No take of the selected shot is known."), say("Select a shot that has one, or its take.")
        )
    known = board.progress(shown_job(scene, chosen.holder)) if chosen.holder is not None else None
    now = takes.index(known.job.group) + 1 if known is not None and known.job.group in takes else 0
    wanted = now + by
    if not 0 <= wanted <= len(takes):
        words = say("This is the last take.") if by > 0 else say("This is the original.")
        raise NoFurtherTake(words, say("Go the other way."))
    return show(scene, takes[wanted - 1] if wanted else "")


def rate(job_id: str, rating: Rating, *, wait: bool) -> None:
    """Write down what the editor thinks of the take of a job, of all its parts. A shot has one pick: another one is it
    no more.

    wait: until the journal and the receipts say so; without, what cannot be written is told later. Raises
    PlacementError where there is no such take, StorageError where it cannot be written.
    """
    jobs = _marked(job_id)
    wanted = {job.id: (job, {"rating": rating}) for job in jobs}
    if rating is Rating.PICK:
        wanted |= {job.id: (job, {"rating": Rating.NONE}) for job in _other_picks(jobs[0])}
    _mark(wanted.values(), wait=wait)


def write_note(job_id: str, note: str, *, wait: bool) -> None:
    """Write a note on the take of a job, of all its parts: a line of at most `MOST_OF_NOTE` characters. See `rate`."""
    plain = one_line(note, 2 * MOST_OF_NOTE)
    if len(plain) > MOST_OF_NOTE:
        raise PlacementError(
            say("The note has more than {most} characters.", most=MOST_OF_NOTE), say("Shorten the note.")
        )
    _mark([(job, {"note": plain}) for job in _marked(job_id)], wait=wait)


def _marked(job_id: str) -> list[Job]:
    """The jobs that are marked together with one: the parts of its take. Raises PlacementError where it has none."""
    lead = session.current().job(job_id)
    if lead is None:
        raise PlacementError(
            say("There is no job {job}.", job=one_line(job_id, 40)), say("Choose one of the jobs in the sidebar.")
        )
    if lead.take is None:
        raise PlacementError(say("The job has no take yet."), say("Wait until it has landed."))
    return board.parts_of(lead)


def _other_picks(lead: Job) -> list[Job]:
    """The jobs of the other takes of a shot that are its pick."""
    picks = [line.job for line in board.all_jobs() if line.job.rating is Rating.PICK]
    return [job for job in picks if job.group != lead.group and _shot_key(job) == _shot_key(lead)]


def _shot_key(job: Job) -> tuple[str, ...]:
    """What is the same for the takes of one shot."""
    # Without an id it is a row of Reshoot 0.1.0.
    return (job.shot.id,) if job.shot.id else (job.project, job.scene, job.shot.name)


def _mark(wanted: Iterable[tuple[Job, dict[str, Any]]], *, wait: bool) -> None:
    running = session.current()
    asked = [(job, changes, running.runner.mark(job.id, **changes)) for job, changes in wanted]
    if wait:
        _wait_for([doing for *_rest, doing in asked])
    for job, changes, _doing in asked:
        _show_marked(job.id, changes)
    if not wait:
        running.threads.run(lambda _blender: _wait_for([doing for *_rest, doing in asked]), _take_back(asked))


def _wait_for(doing: Sequence[Future[None]]) -> None:
    """Until all are done. Raises what the first that failed does."""
    futures.wait(doing)
    for each in doing:
        each.result()


def _take_back(asked: Sequence[tuple[Job, dict[str, Any], Future[None]]]) -> Callable[[ReshootError | None], None]:
    """Where what was shown as written was not: show again what is, and tell why."""

    def take_in(failure: ReshootError | None) -> None:
        if failure is None:
            return
        for job, changes, doing in asked:
            if doing.done() and doing.exception() is not None:
                _show_marked(job.id, {name: getattr(job, name) for name in changes})
        raise failure

    return take_in


def _show_marked(job_id: str, changes: Mapping[str, Any]) -> None:
    line = board.progress(job_id)
    if line is not None:
        board.update(Event(replace(line.job, **changes), marked=True))


def of_selection(scene: bpy.types.Scene) -> TakeList:
    """The takes of the first of the selected shots that has any, for whoever draws: made anew where something of the
    jobs or of the timeline has changed.
    """
    global _kept
    key = _state_of(scene)
    if _kept is None or _kept[0] != key:
        _kept = (key, _of_selection(scene))
    return _kept[1]


def _state_of(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What is the same for as long as nothing of the jobs and of the timeline has changed."""
    return board.changes(), session.takes_in_file(), scene.session_uid, place.changes(), whereabouts.look_of(scene)


def _of_selection(scene: bpy.types.Scene) -> TakeList:
    chosen = _chosen(scene)
    for each in chosen:
        jobs = _jobs_of(scene, each)
        shown = board.progress(shown_job(scene, each.holder)) if each.holder is not None else None
        found = stack.rows(jobs, shown.job.group if shown is not None else "")
        if found:
            return TakeList(each.name, found)
    return TakeList()


@dataclass(frozen=True)
class Badge:
    """Which take a strip of the open level shows. channel, start, end: where it lies, the end exclusive. stale: its
    shot has changed since it was made.
    """

    channel: int
    start: int
    end: int
    number: int
    rating: Rating
    stale: bool = False


def badges(scene: bpy.types.Scene) -> tuple[Badge, ...]:
    """Which takes the strips of the open level show, for whoever draws: the very same as long as nothing changes."""
    global _kept_badges
    stale = staleness.stale_jobs()
    key = (_state_of(scene), stale)
    if _kept_badges is None or _kept_badges[0] != key:
        _kept_badges = (key, tuple(_badges(scene, stale)))
    return _kept_badges[1]


def _badges(scene: bpy.types.Scene, stale: frozenset[str]) -> Iterator[Badge]:
    editor = scene.sequence_editor
    if editor is None:
        return
    level = editor.meta_stack[-1] if len(editor.meta_stack) else editor
    for strip in compat.strips(level):
        inside = compat.strips(strip) if marks.is_stack(strip) else (strip,)
        takes = [each for each in inside if marks.is_take(each) and each.type != "SOUND" and not each.mute]
        top = max(takes, key=lambda each: each.channel, default=None)
        line = board.progress(str(top[marks.JOB_KEY])) if top is not None and not strip.mute else None
        if line is not None and line.job.number:
            span = (strip.channel, compat.start(strip), compat.end(strip))
            yield Badge(*span, line.job.number, line.job.rating, line.job.id in stale)


def _chosen(scene: bpy.types.Scene) -> list[_Chosen]:
    """The selected shots that have an id, and what holds the place of their takes."""
    timeline = TimelineFacts(scene)
    found = []
    for strip in timeline.selected:
        if strip.ids:
            spot = Spot(strip.start, strip.start, strip.end, strip.channel, (strip.name,), strip.meta)
            holder = holder_at(timeline, spot, "") or holder_at(timeline, spot, "", over_all=True)
            found.append(_Chosen(strip.name, strip.ids, holder))
    return found


def _takes_of(scene: bpy.types.Scene, chosen: _Chosen) -> list[str]:
    """The first jobs of the takes of a shot that are there to be shown, oldest first: each stands for its parts."""
    return [parts[0].group for parts in stack.takes_of(_jobs_of(scene, chosen))]


def _jobs_of(scene: bpy.types.Scene, chosen: _Chosen) -> list[Job]:
    """The jobs of a shot, oldest first."""
    jobs = [line.job for line in board.of_shot(chosen.ids)]
    # Rows of Reshoot 0.1.0.
    old = {line.job.id: line.job for line in board.of_project(session.project()) if not line.job.shot.id}
    if old:
        spots = _old.find(scene, {job_id: job.shot for job_id, job in old.items()})
        jobs += [old[job_id] for job_id, found in spots.items() if any(chosen.name in spot.strips for spot in found)]
    return sorted(jobs, key=lambda job: (job.created, job.part))


def _show(scene: bpy.types.Scene, job_id: str, beside: Collection[str]) -> tuple[str, ...]:
    running = session.current()
    lead = running.job(job_id)
    if lead is None or lead.take is None:
        raise PlacementError(say("The job has no take yet."), say("Wait until it has landed."))
    jobs = [job for job in board.parts_of(lead) if job.take is not None] or [lead]
    return running.placing.show(jobs, scene, frozenset(beside))
