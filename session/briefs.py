# SPDX-License-Identifier: GPL-3.0-or-later
"""The briefs of shots: the one of a take comes back, and what a take is made with again."""

from __future__ import annotations

import os

import bpy

from ..core.errors import ShotError
from ..core.jobs import board
from ..core.lookout import look_within
from ..core.values.brief import Brief
from ..core.values.job import Job
from ..core.words import say
from ..settings import shot_brief
from ..settings.scene import settings_of

_AT_ONCE = 0.1
"""Seconds that a disk has to tell whether references are there before the interface goes on."""
_PATIENCE = 30.0
"""The same for a script."""


def job_of(job_id: str) -> Job:
    """The job that is known by an id. Raises ShotError."""
    line = board.progress(job_id)
    if line is None:
        raise ShotError(say("There is no job {job}.", job=job_id), say("Choose one of the jobs in the sidebar."))
    return line.job


def sent(job: Job) -> Brief:
    """The brief that a job was sent with."""
    order = job.order
    return Brief(
        prompt=order.prompt,
        model=order.model,
        source=job.shot.source,
        # Rows of Reshoot 0.1.0, which have no number, say what was done of it and not what was asked.
        timing=order.timing if job.number else job.plan.timing,
        sound=order.sound,
        handles=order.handles,
        references=order.references,
    )


def use(scene: bpy.types.Scene, job_id: str) -> tuple[str, ...]:
    """Show the brief of a job in the scene's settings. What of it is not there any more, in words.

    A reference whose file is missing comes too: without it the tokens of the prompt would mean other ones. Raises
    ShotError where there is no such job, and where the scene belongs to another file.
    """
    brief = sent(job_of(job_id))
    if scene.library is not None:
        raise ShotError(
            say("The scene “{scene}” is linked from another file: its settings cannot be changed.", scene=scene.name),
            say("Open that file, or make the scene local first."),
        )
    notes = shot_brief.use(settings_of(scene), brief)
    images = [image for each in brief.references for image in each.images]
    missing = look_within(
        _PATIENCE if bpy.app.background else _AT_ONCE, lambda: [path for path in images if not os.path.isfile(path)]
    )
    return (
        *notes,
        *(
            say("The file of a reference is missing: {path}. Restore it, or remove the reference.", path=path)
            for path in missing or ()
        ),
    )
