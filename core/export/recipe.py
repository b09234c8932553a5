# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells from a job what a background Blender has to render of its scene. It renders nothing itself."""

from __future__ import annotations

from pathlib import Path

from ..values.choices import Source
from ..values.job import Job
from ..values.plan import frame_map
from ..values.render_recipe import RenderRecipe

SCENE_FILE = "scene.blend"
"""The .blend in a job's folder that the shot's scene was written to."""


def render_recipe(job: Job, scene_file: Path, target: Path, bits_per_second: int) -> RenderRecipe:
    """The clip of `job` as a recipe.

    scene_file: the .blend that the shot's scene was written to. target: the clip. bits_per_second: of its picture, 0
    for as many as look like the timeline.
    """
    shot, plan, part = job.shot, job.plan, job.sent
    # What the shot's picture does not have on a side is not rendered: its edge frame is shown again and again.
    held_before, held_after = 0, part.held
    if not shot.holds:
        held_before = max(0, -part.start - shot.before)
        held_after += max(0, part.start + part.sent - part.held - shot.frames - shot.after)
    rendered = part.sent - held_before - held_after
    order = tuple(min(max(k - held_before, 0), rendered - 1) for k in frame_map(shot, plan, part))
    return RenderRecipe(
        blend=scene_file,
        scene=shot.scene,
        meta=shot.strips[0].meta,
        start=shot.start + part.start + held_before,
        frames=rendered,
        canvas=(shot.width, shot.height),
        size=(plan.width, plan.height),
        view=shot.view,
        target=target,
        strips=tuple(strip.name for strip in shot.strips),
        sounds=tuple(shot.sounds),
        alone=shot.source is Source.STRIP,
        native=shot.native,
        see_through=shot.see_through,
        scalable=shot.scalable,
        lengthen=shot.holds,
        frame_map=() if order == tuple(range(rendered)) else order,
        fps=plan.fps,
        audio=plan.keep_audio,
        sound_delay=round(held_before * plan.fps / shot.fps),
        bits_per_second=bits_per_second,
        scripts=shot.scripts,
    )
