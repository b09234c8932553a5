# SPDX-License-Identifier: GPL-3.0-or-later
"""From the selection and the settings to a job: every check that costs nothing, in one place, before anything leaves.

The operator calls `shoot`; panels see the same plan through `board.preview`.
"""

from __future__ import annotations

import bpy

from . import properties, session
from .core import conform, prompt, references, takes
from .core.board import Preview
from .core.errors import ReshootError
from .core.job import Job, Order, new
from .core.models import MODELS
from .core.settings import Sound, Source, Timing
from .core.steps import SCENE_FILE
from .timeline import export, shot

_BYTES_PER_PIXEL = 0.12
"""Of a visually lossless clip, on detailed footage; both clip and take have to find room."""

_SPARE_BYTES = 50_000_000


def shoot(scene: bpy.types.Scene) -> Job:
    """Check the shot, write its scene out and start its job. Returns at once.

    Raises a ReshootError that names the thing, the limit and the remedy; nothing was sent then.
    """
    settings = scene.reshoot
    model = MODELS[settings.model]
    service = session.service()
    read = shot.read(scene, Source(settings.source), settings.handles, session.project())
    plan = conform.plan(read, model, Timing(settings.timing), Sound(settings.sound))
    sent_references = properties.references(settings)
    references.check_count(sent_references, model.limits)
    words, warnings = prompt.check(settings.prompt, [each.kind for each in sent_references], model.limits)
    references.check_files(sent_references, model.limits)
    running = session.current()
    running.refresh()
    needed = min(model.limits.max_video_bytes, int(plan.width * plan.height * plan.frames * _BYTES_PER_PIXEL))
    for folder in (running.home, session.takes_folder(read.project)):
        takes.check_room(folder, 2 * needed + _SPARE_BYTES)
    order = Order(model.id, words, Sound(settings.sound), sent_references, warnings)
    job = new(service=service, order=order, shot=read, plan=plan)
    export.write_scene(scene, running.runner.folder_of(job) / SCENE_FILE)
    running.runner.add(job)
    return job


def preview(scene: bpy.types.Scene) -> Preview:
    """What `shoot` would send, without touching a file that it does not have to."""
    settings = scene.reshoot
    model = MODELS[settings.model]
    service, read, plan = "", None, None
    warnings: tuple[str, ...] = ()
    try:
        service = session.service()
        read = shot.read(scene, Source(settings.source), settings.handles, session.project())
        plan = conform.plan(read, model, Timing(settings.timing), Sound(settings.sound))
        kept = properties.references(settings)
        references.check_count(kept, model.limits)
        _words, warnings = prompt.check(settings.prompt, [each.kind for each in kept], model.limits)
    except ReshootError as error:
        return Preview(service, read, plan, warnings, error)
    return Preview(service, read, plan, warnings)
