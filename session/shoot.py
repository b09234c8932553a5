# SPDX-License-Identifier: GPL-3.0-or-later
"""Presses under way, and what the editor is asked before one.

A script waits for its press; in the interface `carry_out` begins the jobs of each once the disk has answered.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import bpy

from .. import session
from ..core.errors import ReshootError, ShotError
from ..core.jobs import board
from ..core.names import REHEARSAL
from ..core.planning import references
from ..core.values.choices import Selection
from ..core.values.job import Job
from ..core.values.preview import Preview
from ..core.values.shot import comparable
from ..core.words import say
from ..settings import preferences
from ..timeline.selected import MOST_SHOTS
from . import briefs, spending
from .look import Again
from .press import PATIENCE, Press, broken

_AT_THE_END = 1.0
"""Seconds that a disk has to answer a press where Blender is being closed."""

_NAMED = 4
"""Shots that a question names one by one."""

_log = logging.getLogger(__name__)
_under_way: list[Press] = []
"""The presses that wait for the disk."""


def shoot(
    scene: bpy.types.Scene,
    prompt: str = "",
    *,
    selection: Selection | None = None,
    variants: int | None = None,
    again: Again | None = None,
) -> tuple[Job, ...]:
    """Check the selected shots and send them, as one job for each part of each plan. Waits for the disk, as scripts do.

    prompt, selection, variants, again: see `Press`. Raises a ReshootError that names the thing, the limit and
    the remedy; nothing was sent then, and the file is as it was.
    """
    press = _answered(scene, prompt, selection, variants, again)
    try:
        press.write(scene)
        press.share()
        press.begin()
    except ReshootError:
        press.take_back()
        raise
    if again is None:
        briefs.show_sent(scene, press.shots.values())
    return press.jobs


def shoot_drafts(scene: bpy.types.Scene) -> tuple[Job, ...]:
    """Send every shot whose brief was not sent yet by that brief, all or none. Waits for the disk, as scripts do.

    Raises a ReshootError as `shoot` does.
    """
    presses = press_drafts(scene, PATIENCE)
    for press in presses:
        press.ask()
    for press in presses:
        press.wait()
        press.check()
    try:
        for press in presses:
            press.write(scene)
            press.share()
    except ReshootError:
        for press in presses:
            press.take_back()
        raise
    for press in presses:
        press.begin()
    return tuple(job for press in presses for job in press.jobs)


def press_drafts(scene: bpy.types.Scene, patience: float) -> tuple[Press, ...]:
    """A press for each shot whose brief was not sent yet. Raises the first of what is known to be in the way of any,
    also where there is none, and where they cost more together than is allowed.
    """
    drafts = briefs.drafts(scene)
    if not drafts:
        raise ShotError(
            say("No shot has a brief that was not sent."), say("Select a shot, and write what should change in it.")
        )
    if len(drafts) > MOST_SHOTS:
        raise ShotError(
            say("{count} shots have drafts; at most {most} are sent at once.", count=len(drafts), most=MOST_SHOTS),
            say("Select some of them, and send those first."),
        )
    presses = tuple(Press(scene, patience=patience, again=draft) for draft in drafts)
    for press, draft in zip(presses, drafts, strict=True):
        if press.error is not None:
            name = say("“{shot}”", shot=draft.strips[0])
            message = press.error.message if name in press.error.message else f"{name}: {press.error.message}"
            raise type(press.error)(message, press.error.remedy)
    jobs = [job for press in presses for job in press.jobs]
    spending.check(_price(jobs), jobs[0].service, session.project())
    return presses


def drafts_words(jobs: Sequence[Job]) -> str:
    """What is always asked before drafts are sent: how many, and the sum."""
    if jobs[0].service != REHEARSAL:
        return _costs(jobs, _price(jobs))
    return say("Drafts that are sent: {count}.", count=len({job.shot for job in jobs}))


def checked(scene: bpy.types.Scene, prompt: str = "") -> tuple[Job, ...]:
    """The jobs that the selection and the settings ask for. Waits for the disk, and begins nothing.

    Raises the first of the faults that a preview shows.
    """
    return _answered(scene, prompt).jobs


def _answered(
    scene: bpy.types.Scene,
    prompt: str,
    selection: Selection | None = None,
    variants: int | None = None,
    again: Again | None = None,
) -> Press:
    press = Press(scene, prompt, patience=PATIENCE, selection=selection, variants=variants, again=again)
    press.ask()
    press.wait()
    press.check()
    return press


def begin(press: Press, scene: bpy.types.Scene) -> None:
    """Let a press without an error go on by itself: `carry_out` sends its jobs. Raises StorageError."""
    try:
        press.write(scene)
    except ReshootError:
        press.take_back()
        raise
    press.ask()
    _under_way.append(press)


def carry_out() -> bool:
    """Start the jobs of those presses that the disk has answered. What is in the way of others is among the session's
    complaints. Whether any press was answered.
    """
    for press in _under_way:
        press.follow()
    answered = [press for press in _under_way if press.is_answered]
    for press in answered:
        _under_way.remove(press)
        try:
            press.check()
            press.begin()
        except Exception as error:  # noqa: BLE001 - whoever pressed has to hear of it
            if not isinstance(error, ReshootError):
                _log.exception("a press could not be carried out")
            press.take_back()
            running = session.running()
            if running is not None:
                running.complain(error if isinstance(error, ReshootError) else broken(error))
    return bool(answered)


def finish() -> None:
    """Before Blender ends: what was pressed still begins, so that the next Blender goes on with it.

    A disk that does not answer soon is not waited for: nothing is sent then, and nothing is left of it.
    """
    until = time.monotonic() + _AT_THE_END
    for press in _under_way:
        press.hurry()
        press.follow()
    for press in _under_way:
        press.wait(max(0.0, until - time.monotonic()))
    carry_out()
    while _under_way:
        _under_way.pop().take_back()


def is_under_way() -> bool:
    """Whether a press waits for the disk."""
    return bool(_under_way)


def waiting() -> tuple[str, ...]:
    """What the presses under way wait for, in words, where that takes longer than a moment."""
    return tuple(words for press in _under_way if (words := press.waits_for))


def is_pressed(shown: Preview) -> bool:
    """Whether what is shown was pressed and waits for the disk: pressed again it would be paid twice."""
    return any(press.is_of(shown) for press in _under_way)


def doubts(jobs: tuple[Job, ...]) -> tuple[str, ...]:
    """What the editor should be asked before `jobs` are sent, in words; nothing where there is no doubt."""
    lead = jobs[0]
    free = lead.service == REHEARSAL
    asked = []
    repeated = _under_way_already(jobs)
    if repeated:
        asked.append(_repeats(repeated, free=free))
    elsewhere = references.from_elsewhere(lead.order.references, session.home())
    if elsewhere:
        asked.append(say("These references are sent too: {paths}.", paths=", ".join(elsewhere)))
    if not free:
        asked += dict.fromkeys(job.order.frozen for job in jobs if job.order.frozen)
    price = _price(jobs)
    if not free and price > preferences.confirm_above():
        asked.append(_costs(jobs, price))
    return tuple(asked)


def _price(jobs: Iterable[Job]) -> Decimal:
    return sum((job.sent.price for job in jobs), Decimal(0))


def _costs(jobs: Sequence[Job], price: Decimal) -> str:
    """What `jobs` cost, in words."""
    shots = len({job.shot for job in jobs})
    if len(jobs) == 1:
        return say("This costs ${price}, estimated.", price=price)
    if shots == 1:
        return say("{clips} clips cost ${price}, estimated.", clips=len(jobs), price=price)
    return say("{shots} shots, {clips} clips cost ${price}, estimated.", shots=shots, clips=len(jobs), price=price)


def _repeats(jobs: Sequence[Job], *, free: bool) -> str:
    """That the shots of `jobs` are under way already, in words."""
    names = [say("“{shot}”", shot=name) for name in dict.fromkeys(job.shot.name for job in jobs)]
    if len(names) == 1:
        words = say("{shot} is under way already, with the same prompt and settings.", shot=names[0])
    else:
        more = [say("and {count} more", count=len(names) - _NAMED)] if len(names) > _NAMED else []
        shots = ", ".join([*names[:_NAMED], *more])
        words = say("{shots} are under way already, with the same prompt and settings.", shots=shots)
    return words if free else f"{words} {say('Sending it again costs ${price} more.', price=_price(jobs))}"


def _under_way_already(jobs: Sequence[Job]) -> list[Job]:
    """Those of `jobs` whose shot is under way with the same prompt and settings."""
    known = [progress.job for progress in board.of_project(jobs[0].project) if progress.job.state.moving]
    known += [job for press in _under_way for job in press.jobs]
    asked: dict[object, list[Job]] = {}
    for job in known:
        if job.part == 0:
            asked.setdefault(_asked_for(job), []).append(job)
    shots = {job.shot: job for job in jobs if job.part == 0}
    same = {shot for shot, job in shots.items() if any(_is_same(each, job) for each in asked.get(_asked_for(job), ()))}
    return [job for job in jobs if job.shot in same]


def _is_same(one: Job, other: Job) -> bool:
    """Whether two jobs of which the same was asked send the same."""
    # Whether something is seen through it makes another plan, and may have become known meanwhile.
    return one.plan == other.plan or one.shot.see_through != other.shot.see_through


def _asked_for(job: Job) -> tuple[object, ...]:
    """What a press asked for, without what a save changes, the project and how paths are spelled, and without what was
    found out of the files by then, which a later press may know better."""
    strips = tuple(replace(strip, filepath=comparable(strip.filepath)) for strip in job.shot.strips)
    shot = job.shot
    images = tuple((each.kind, *map(comparable, each.images)) for each in job.order.references)
    order = replace(job.order, references=(), warnings=(), frozen="")
    return (
        strips,
        shot.scene,
        shot.source,
        shot.start,
        shot.frames,
        shot.fps,
        job.plan.timing,
        order,
        images,
        job.service,
    )
