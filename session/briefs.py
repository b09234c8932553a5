# SPDX-License-Identifier: GPL-3.0-or-later
"""The briefs of shots: the one of a take comes back, and what a take is made with again."""

from __future__ import annotations

import os
from dataclasses import replace

import bpy

from ..core.errors import ShotError
from ..core.jobs import board
from ..core.lookout import look_within
from ..core.models.table import MODELS
from ..core.takes.matching import Spot
from ..core.values.brief import Brief
from ..core.values.job import Job
from ..core.values.shot import Shot
from ..core.words import say
from ..settings import shot_brief
from ..settings.scene import settings_of
from ..timeline import compat, whereabouts
from ..timeline.editor import editor_of
from ..timeline.facts import TimelineFacts
from ..timeline.stacks import marks
from .look import Again

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


def again(scene: bpy.types.Scene, job_id: str, model: str = "") -> Again:
    """What sends the shot of a job once more, by the brief that it was sent with, from where the shot is now.

    model: in place of the brief's. Where the shot was cut into pieces that lie apart, or copied, the selected one is
    sent. Raises ShotError.
    """
    job = job_of(job_id)
    brief = sent(job)
    if model:
        brief = replace(brief, model=model)
    if brief.model not in MODELS:
        raise ShotError(
            say("The model “{model}” is none that this Reshoot has.", model=brief.model),
            say("Choose one of these: {models}.", models=", ".join(MODELS)),
        )
    spots = [spot for spot in whereabouts.find(scene, job.shot) if _is_of(scene, spot, job.shot)]
    if len(spots) > 1:
        chosen = {strip.name for strip in TimelineFacts(scene).selected}
        spots = [spot for spot in spots if not chosen.isdisjoint(spot.strips)] or spots
    if not spots:
        raise ShotError(
            say("“{shot}” is not in this timeline any more, so nothing was sent.", shot=job.shot.name),
            say("Open the scene that has it, or select what is to be sent and use the take's brief."),
        )
    if len(spots) > 1:
        raise ShotError(
            say("“{shot}” lies in {count} places of the timeline.", shot=job.shot.name, count=len(spots)),
            say("Select the one that is to be sent."),
        )
    return Again(brief, spots[0].strips, spots[0].meta)


def _is_of(scene: bpy.types.Scene, spot: Spot, shot: Shot) -> bool:
    """Whether what lies on a spot is surely the shot, and is not only like it: it bears the id, or still the name."""
    if not spot.strips:
        return False
    every = compat.strips_all(editor_of(scene))
    ids = {each for name in spot.strips for each in marks.ids(every[name])}
    if not ids or not shot.id:
        # Of Reshoot 0.1.0, or the id was undone.
        return bool({strip.name for strip in shot.strips}.intersection(spot.strips))
    return shot.id in ids
