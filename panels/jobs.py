# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of this project: where each stands, what it took and cost, and what can be done about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy

from .. import session
from ..core.errors import Paid
from ..core.jobs import board
from ..core.names import REHEARSAL, UNTITLED
from ..core.values.state import State
from ..core.words import named, say
from ..session import start
from ..settings.listing import listing_of
from . import thumbnails
from .tab import Room, beside_picture, boxed, room, running_text, shortened, text_width, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

    from ..core.values.job import Job
    from ..core.values.progress import JobProgress
    from .tab import Icon

PAGE = 5
"""Jobs that are shown at a time."""

_page = 0
"""Which of the pages is shown, as the editor has turned them: there may be fewer by now."""

_PICTURE = 3.0
"""Height of a take's picture in the interface's units."""
_BESIDE = 130
"""Pixels at 1× that the words need beside it."""
_PROMPT_LINES = 2

_WORDS = {
    State.PREPARED: named("Waiting to export"),
    State.EXPORTING: named("Exporting"),
    State.UPLOADING: named("Uploading"),
    State.SUBMITTING: named("Submitting"),
    State.WAITING: named("In the service's queue"),
    State.DOWNLOADING: named("Downloading"),
    State.LANDED: named("Finished; waits to be placed"),
    State.PLACED: named("In the timeline"),
    State.FAILED: named("Failed"),
    State.CANCELLED: named("Cancelled"),
    State.UNSURE: named("Unsure whether it was accepted"),
}
_HELD = named("Held: not sent from here")
_ICONS: dict[State, Icon] = {
    State.LANDED: "IMPORT",
    State.PLACED: "CHECKMARK",
    State.FAILED: "ERROR",
    State.UNSURE: "QUESTION",
    State.CANCELLED: "CANCEL",
}


def draw(layout: UILayout, context: Context) -> None:
    """Draw the panel."""
    held = session.takes_in_file()
    lines = board.listed(session.project(), held)
    others = board.elsewhere(session.project(), held)
    listing = listing_of(session.window_manager())
    if board.has_dismissed(session.project()):
        layout.prop(listing, "show_dismissed")
    if len(lines) > PAGE or board.looked_for():
        layout.prop(listing, "search", text="", icon="VIEWZOOM")
    if not lines:
        row = layout.row()
        row.active = False
        row.label(text=_nothing(bool(others)), translate=False)
        _elsewhere(layout, others, room(context))
        return
    held_back = sum(line.job.held and not line.job.dismissed for line in lines)
    if held_back:
        wrapped(layout, _held_words(held_back), room(context), icon="PAUSE")
    first, end = page(len(lines))
    now, free = time.time(), boxed(room(context))
    for line in lines[first:end]:
        _job(layout.box(), line, free, now, held)
    if len(lines) > PAGE:
        _pages(layout, first, end, len(lines))
    _elsewhere(layout, others, room(context))


def _nothing(elsewhere: bool) -> str:
    """What is said where no job is listed. elsewhere: other files have jobs under way."""
    if board.looked_for():
        return say("No job has these words")
    return say("No jobs of this file") if elsewhere else say("No jobs yet")


def _elsewhere(layout: UILayout, lines: list[JobProgress], free: Room) -> None:
    """The jobs under way of other files, a line each: they are seen to there."""
    if not lines:
        return
    column = running_text(layout)
    column.active = False
    column.label(text="Elsewhere", icon="FILE_BLEND")
    for line in lines[:PAGE]:
        words = line.words or say(_WORDS[line.job.state])
        name = say("an unsaved file") if line.job.project.startswith(UNTITLED) else bpy.path.basename(line.job.project)
        for text in shortened(f"{line.job.label} · {name} · {words}", free.less(26 * free.scale)):
            column.label(text=text, icon="BLANK1", translate=False)
    if len(lines) > PAGE:
        column.label(text=say("and {count} more", count=len(lines) - PAGE), icon="BLANK1", translate=False)


def _held_words(count: int) -> str:
    """What is said of so many jobs that wait since the journal was copied."""
    if count == 1:
        return say(
            "1 job is held, since Reshoot's folder was copied or restored. Retry sends it, which is safe where Reshoot "
            "runs nowhere else; Dismiss gives it up here."
        )
    return say(
        "{count} jobs are held, since Reshoot's folder was copied or restored. Retry sends one, which is safe where "
        "Reshoot runs nowhere else; Dismiss gives it up here.",
        count=count,
    )


def page(count: int) -> tuple[int, int]:
    """Which of `count` jobs are shown: from, and up to without that one."""
    first = min(_page, max(0, (count - 1) // PAGE)) * PAGE
    return first, min(count, first + PAGE)


def turn(step: int) -> None:
    """Turn the page by `step`, within the jobs of the open file."""
    global _page
    lines = board.listed(session.project(), session.takes_in_file())
    last = max(0, (len(lines) - 1) // PAGE)
    _page = min(max(0, min(_page, last) + step), last)


def _pages(layout: UILayout, first: int, end: int, count: int) -> None:
    row = layout.row(align=True)
    newer = row.row(align=True)
    newer.enabled = first > 0
    newer.operator("reshoot.jobs_turn", text="", icon="TRIA_LEFT").step = -1
    middle = row.row(align=True)
    middle.alignment = "CENTER"
    text = say("{first} to {end} of {count}", first=first + 1, end=end, count=count)
    middle.label(text=text, translate=False)
    older = row.row(align=True)
    older.enabled = end < count
    older.operator("reshoot.jobs_turn", text="", icon="TRIA_RIGHT").step = 1


def _job(layout: UILayout, line: JobProgress, free: Room, now: float, held: frozenset[str]) -> None:
    """Draw one. now: seconds since the epoch. held: the jobs whose takes the open file holds."""
    job = line.job
    icon = thumbnails.of_movie(job.take.path) if job.take else 0
    column, aside = layout, free
    if icon and free.pixels > (_PICTURE * 20 + _BESIDE) * free.scale:
        column, aside = beside_picture(layout, icon, _PICTURE, free)
    head = column.row()
    absent = job.state is State.PLACED and job.id not in held
    hidden = absent and job.shot.id in session.shots_shown()
    lost = absent and not hidden
    buttons = _buttons(line, lost)
    (name,) = shortened(job.label, aside.less((20 * len(buttons) + 8) * free.scale))
    head.label(text=name, translate=False)
    _draw_buttons(head.row(align=True), job, buttons)
    if board.is_orphaned(line, session.project()):
        wrapped(column, _from(job), aside, active=False)
    words = running_text(column)
    for text in shortened(job.order.prompt, aside, _PROMPT_LINES):
        words.label(text=text, translate=False)
    _standing(column, line, lost, aside, hidden=hidden)
    changed = start.stale_of(job.id)
    for text in changed.words if changed is not None else ():
        wrapped(column, text, aside, icon="FILE_REFRESH")
    wrapped(column, _facts(job, now), aside, active=False)
    if job.error:
        _error(layout, job, free)


def _from(job: Job) -> str:
    """Where a job is from whose file is gone."""
    if job.project.startswith(UNTITLED):
        return say("From a file that was not saved")
    return say("From {file}, which is not where it was", file=bpy.path.basename(job.project))


def _buttons(line: JobProgress, lost: bool) -> list[tuple[str, Icon]]:
    """What can be done with a job: operator and icon. lost: its take was placed and is not there any more."""
    job = line.job
    buttons: list[tuple[str, Icon]] = []
    if job.dismissed:
        return [("reshoot.job_dismiss", "LOOP_BACK")]
    if job.state.moving:
        buttons.append(("reshoot.job_cancel", "X"))
    if job.state is State.LANDED or lost:
        buttons.append(("reshoot.take_place", "IMPORT"))
    # Where a take waits with words it could not be placed: it may have to be fetched again.
    waits = job.state is State.LANDED or lost
    if job.retry_to is not None or (waits and line.words):
        buttons.append(("reshoot.job_retry", "FILE_REFRESH"))
    buttons.append(("reshoot.job_show", "VIEWZOOM"))
    if job.take is not None:
        buttons.append(("reshoot.take_folder", "FILE_FOLDER"))
    if not job.state.moving:
        buttons.append(("reshoot.job_dismiss", "TRASH"))
    return buttons


def _draw_buttons(row: UILayout, job: Job, buttons: list[tuple[str, Icon]]) -> None:
    row.emboss = "NONE"
    for operator, icon in buttons:
        pressed = row.operator(operator, text="", icon=icon)
        pressed.job = job.id
        if job.dismissed:
            pressed.dismissed = False


def _standing(layout: UILayout, line: JobProgress, lost: bool, free: Room, *, hidden: bool) -> None:
    """Where the job stands: a bar while it moves, words when it is over. hidden: another take of its shot is shown."""
    state = line.job.state
    if line.job.dismissed:
        wrapped(layout, say("Dismissed"), free, icon="TRASH")
        return
    if state.moving:
        # What the service says comes as it is, and may be long.
        words = line.words or say(_WORDS[state])
        fits = text_width(words, free) < free.pixels - 8 * free.scale
        layout.progress(factor=line.fraction or 0.0, text=words if fits else "", translate=False)
        if not fits:
            wrapped(layout, words, free)
        return
    if lost:
        wrapped(layout, say("Not in the timeline any more"), free, icon="X")
        again = layout.operator("reshoot.take_place", text=say("Place Again"), icon="IMPORT", translate=False)
        again.job = line.job.id
    elif hidden:
        wrapped(layout, say("Another take of the shot is shown"), free, icon="HIDE_ON")
        layout.operator("reshoot.take_show", text=say("Show Take"), icon="HIDE_OFF", translate=False).job = line.job.id
    else:
        words = say(_HELD) if line.job.held else say(_WORDS[state])
        wrapped(layout, words, free, icon=_ICONS[state], alert=state in (State.FAILED, State.UNSURE))
    if line.words and line.words != say(_WORDS[state]):
        wrapped(layout, line.words, free, icon="BLANK1", alert=lost or state is State.LANDED)


def _facts(job: Job, now: float) -> str:
    """Time, price, and the size of what is sent."""
    parts = [time_words(board.seconds(job, now))]
    parts.append(_price(job))
    size = start.size_of(job.clip)
    if size is not None:
        parts.append(say("{size}\u00a0MB sent", size=f"{size / 1_000_000:.1f}"))
    return " · ".join(parts)


def _price(job: Job) -> str:
    if job.service == REHEARSAL:
        return say("free")
    if job.held and not job.lost_url:
        return say("${price} if it is sent", price=job.price)
    if job.state.ended and job.paid is Paid.NO:
        return say("nothing charged")
    if job.state.ended and job.paid is Paid.UNKNOWN:
        return say("${price}, perhaps charged", price=job.price)
    return say("${price}", price=job.price)


def _error(layout: UILayout, job: Job, free: Room) -> None:
    wrapped(layout, job.error, free, alert=job.state is not State.CANCELLED)
    if job.remedy:
        wrapped(layout, job.remedy, free)


def time_words(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return say("{seconds}\u00a0s", seconds=whole)
    if whole < 3600:
        return say("{minutes}\u00a0min {seconds}\u00a0s", minutes=whole // 60, seconds=whole % 60)
    return say("{hours}\u00a0h {minutes}\u00a0min", hours=whole // 3600, minutes=whole % 3600 // 60)
