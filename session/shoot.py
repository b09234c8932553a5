# SPDX-License-Identifier: GPL-3.0-or-later
"""The press: from what `look` has seen to jobs that are under way. Returns at once."""

from __future__ import annotations

from dataclasses import replace

import bpy

from .. import session
from ..core.export.recipe import SCENE_FILE
from ..core.jobs import board
from ..core.models.table import MODELS
from ..core.names import REHEARSAL
from ..core.planning import references
from ..core.planning.job_model import kept
from ..core.takes.files import check_writable
from ..core.values.job import Job, new
from ..core.values.request import Order
from ..core.values.shot import comparable
from ..core.words import say
from ..settings import preferences
from ..settings.scene import settings_of
from ..timeline import export, scripts
from .look import look


def shoot(scene: bpy.types.Scene, prompt: str = "") -> tuple[Job, ...]:
    """Check the shot and send it, as one job for each part of the plan. prompt: in place of the scene's own.

    Raises a ReshootError that names the thing, the limit and the remedy; nothing was sent then, and the file is as it
    was.
    """
    jobs = checked(scene, prompt)
    send(scene, jobs, prompt)
    return jobs


def checked(scene: bpy.types.Scene, prompt: str = "") -> tuple[Job, ...]:
    """The jobs that the selection and the settings ask for. Changes nothing.

    Raises the first of the faults that a preview shows.
    """
    seen = look(scene, prompt)
    if seen.error is not None:
        raise seen.error
    assert seen.brief is not None and seen.shot is not None and seen.plan is not None
    asked = seen.brief
    warnings = (*seen.warnings, seen.frozen) if seen.frozen else seen.warnings
    order = Order(asked.model, seen.prompt, asked.sound, asked.references, warnings, seen.frozen)
    model = kept(MODELS[asked.model])
    shot = replace(seen.shot, scripts=scripts.allowed())
    return new(service=seen.service, order=order, shot=shot, plan=seen.plan, model=model)


def send(scene: bpy.types.Scene, jobs: tuple[Job, ...], prompt: str = "") -> None:
    """Write the scene out and start the jobs; a prompt that was given becomes the scene's.

    Raises StorageError; nothing was sent then, and the file is as it was.
    """
    running = session.current()
    for folder in (running.home, session.takes_folder(jobs[0].project)):
        # What only a file tells that is written there, before it is paid for.
        check_writable(folder)
    first, *others = (running.runner.folder_of(job) / SCENE_FILE for job in jobs)
    export.write_scene(scene, first)
    for other in others:
        export.share_scene(first, other)
    running.add(jobs)
    if prompt:
        settings_of(scene).prompt = prompt


def doubts(jobs: tuple[Job, ...]) -> tuple[str, ...]:
    """What the editor should be asked before `jobs` are sent, in words; nothing where there is no doubt."""
    lead = jobs[0]
    free = lead.service == REHEARSAL
    price = sum(job.sent.price for job in jobs)
    asked = []
    same = [
        progress.job
        for progress in board.of_project(lead.project)
        if progress.job.state.moving and progress.job.part == 0 and _is_same(progress.job, lead)
    ]
    if same and free:
        asked.append(say("“{shot}” is under way already, with the same prompt and settings.", shot=lead.label))
    elif same:
        asked.append(
            say(
                "“{shot}” is under way already, with the same prompt and settings. "
                "Sending it again costs ${price} more.",
                shot=lead.label,
                price=price,
            )
        )
    elsewhere = references.from_elsewhere(lead.order.references, session.home())
    if elsewhere:
        asked.append(say("These references are sent too: {paths}.", paths=", ".join(elsewhere)))
    if not free and lead.order.frozen:
        asked.append(lead.order.frozen)
    above = preferences.confirm_above()
    if not free and price > above:
        asked.append(say("This costs ${price}, estimated.", price=price))
    return tuple(asked)


def _is_same(one: Job, other: Job) -> bool:
    return _asked_for(one) == _asked_for(other)


def _asked_for(job: Job) -> tuple[object, ...]:
    """What a press asked for, without what a save changes: the project, and how paths are spelled."""
    strips = tuple(replace(strip, filepath=comparable(strip.filepath)) for strip in job.shot.strips)
    asked = replace(job.shot, project="", strips=strips, file=comparable(job.shot.file))
    images = [(each.kind, *map(comparable, each.images)) for each in job.order.references]
    return asked, job.plan, replace(job.order, references=()), images, job.service
