# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watch does at each tick: it tells the news and places what has landed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

import bpy

from .. import session
from ..core.errors import ReshootError
from ..core.jobs import board
from ..core.names import UNTITLED
from ..core.values.job import Job
from ..core.words import say
from . import undo_steps

Report = Callable[[set[Literal["INFO", "WARNING", "ERROR"]], str], None]
"""Shows the editor a line: how bad it is, and the line."""

_DEADLINE = 0.004
"""Seconds of a tick that may go into hearing."""
_TAB = "Reshoot"
_CLOCK = 1.0
"""Seconds after which the sidebar is drawn again for the time that a job has taken."""

_drawn = 0.0
"""When the jobs were last asked to be drawn."""


def look_after(running: session.Session, report: Report) -> None:
    """Hear the news, and place what has landed."""
    if running.drain(_DEADLINE):
        _redraw()
    elif time.monotonic() - _drawn > _CLOCK:
        _redraw(clock=True)
    for error in running.complaints():
        report({"ERROR"}, str(error))
    for job in running.newly_failed():
        report({"ERROR"}, _bad_news(job))
    for job in running.placing.undone_takes():
        words = say("Undo took the take of “{shot}” out: Place Again in the list of jobs", shot=job.label)
        report({"WARNING"}, words)
        _redraw(everything=True)
    for words in running.told():
        report({"INFO"}, words)
    for job in running.landed_elsewhere():
        report({"INFO"}, _waits(job))
    may = undo_steps.may_place()
    if running.placing.has_to_lay_again and undo_steps.is_quiet():
        if _lay_again(running, report):
            _redraw(everything=True)
    elif may:
        done = _place_wanted(running, report)
        for jobs in running.placing.landed()[:1]:
            done = _place(running, jobs, report) or done
        for job in running.placing.takes_to_correct()[:1]:
            done = _correct_take(running, job, report) or done
        if done:
            _redraw(everything=True)


def _place(running: session.Session, jobs: Sequence[Job], report: Report) -> bool:
    """Place takes that have landed, or have them join the list. Whether that was tried: not while a disk is asked."""
    joined = running.placing.join_list(jobs)
    if joined:
        report({"INFO"}, joined)
        return True
    try:
        files = running.placing.files(jobs)
        if files is None:
            return False
        # In another mode an undo step is of that mode, and nothing of the timeline's is in it.
        running.placing.place(jobs, files=files, keep=True, stepless=bpy.context.mode != "OBJECT")
    except ReshootError as error:
        for job in jobs:
            board.set_words(job.id, str(error))
        report({"ERROR"}, str(error))
        return True
    bpy.ops.ed.undo_push(message=undo_steps.TAKE)
    report({"INFO"}, say("The take of “{shot}” is in the timeline", shot=jobs[0].shot.name))
    return True


def _place_wanted(running: session.Session, report: Report) -> bool:
    """The same with a take that the editor wants placed, and whose disk had not answered when he said so."""
    wanted = running.placing.wanted
    if wanted is None:
        return False
    job, scene = wanted
    try:
        files = running.placing.files([job], scene)
        if files is None:
            return False
        running.placing.place([job], scene, files=files)
    except ReshootError as error:
        board.set_words(job.id, str(error))
        report({"ERROR"}, str(error))
    else:
        bpy.ops.ed.undo_push(message=undo_steps.PLACED)
    running.placing.want_no_more(job)
    return True


def _lay_again(running: session.Session, report: Report) -> bool:
    """Lay a take again that is to stay. Whether there is anything to be seen of that."""
    try:
        # Without a step: undo goes past it, and what can be done again stays so.
        laid = running.placing.lay_again()
    except ReshootError as error:
        report({"ERROR"}, str(error))
        return True
    if laid is not None and laid[1]:
        words = say("The take of “{shot}” stays: delete its strip to take it out", shot=laid[0].shot.name)
        report({"INFO"}, words)
    return laid is not None


def _correct_take(running: session.Session, job: Job, report: Report) -> bool:
    """Put a take right. Whether there is anything to be seen of that."""
    try:
        files = running.placing.files([job])
        if files is None or not running.placing.correct_take(job, files):
            return False
    except ReshootError as error:
        report({"WARNING"}, str(error))
        return True
    bpy.ops.ed.undo_push(message=undo_steps.RIGHT)
    report({"INFO"}, say("The take of “{shot}” was put right, as the list of jobs tells", shot=job.shot.name))
    return True


def _bad_news(job: Job) -> str:
    if job.project == session.project():
        what = say("The job of “{shot}”", shot=job.label)
    elif job.project.startswith(UNTITLED):
        what = say("The job of “{shot}” in a file that was not saved", shot=job.label)
    else:
        what = say("The job of “{shot}” in {file}", shot=job.label, file=bpy.path.basename(job.project))
    return f"{what}: {job.error} {job.remedy}".strip()


def _waits(job: Job) -> str:
    if board.has_no_file(job.project):
        return say("The take of “{shot}” is finished; place it from the list of jobs", shot=job.shot.name)
    file = bpy.path.basename(job.project)
    return say("The take of “{shot}” is finished; it is placed once {file} is open", shot=job.shot.name, file=file)


def _redraw(*, everything: bool = False, clock: bool = False) -> None:
    """Draw what shows the jobs: the sidebars and the timelines, in every window. The viewer only for `everything`.

    clock: only the sidebars that show for how long the jobs have run.
    """
    global _drawn
    _drawn = time.monotonic()
    for area in session.areas("SEQUENCE_EDITOR"):
        if everything:
            area.tag_redraw()
            continue
        for region in area.regions:
            tab = region.type == "UI" and region.active_panel_category == _TAB
            if tab if clock else region.type in ("WINDOW", "UI"):
                region.tag_redraw()
