# SPDX-License-Identifier: GPL-3.0-or-later
"""core/export/recipe: what a background Blender is told to render of a job's scene, and that this arrives there."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from reshoot.core.export.recipe import render_recipe
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.planning import conform
from reshoot.core.planning.job_model import kept
from reshoot.core.values.choices import Sound, Timing
from reshoot.core.values.job import Job, new
from reshoot.core.values.render_recipe import RenderRecipe
from reshoot.core.values.request import Order
from reshoot.core.values.serialization import from_json, to_json
from sample_jobs import a_shot


def a_job(*, handles: int = 0, timing: Timing = Timing.AUTO, **shot: object) -> Job:
    read = a_shot(**shot)
    plan = conform.plan(read, KLING_O1_EDIT, timing, Sound.TIMELINE, handles)
    (job,) = new(
        service="rehearsal",
        order=Order(KLING_O1_EDIT.id, "", Sound.TIMELINE, ()),
        shot=read,
        plan=plan,
        model=kept(KLING_O1_EDIT),
    )
    return job


def recipe_of(job: Job) -> RenderRecipe:
    return render_recipe(job, Path("/jobs/scene.blend"), Path("/jobs/clip.mp4"), 0)


@pytest.mark.parametrize(
    "job",
    [
        a_job(start=1001, frames=120),
        a_job(start=1001, frames=120, before=10, after=10, handles=5),
        a_job(start=-3, frames=130, fps=Fraction(24000, 1001), timing=Timing.REAL_TIME),
    ],
    ids=["whole", "handles", "another rate"],
)
def test_a_recipe_arrives_as_it_was_sent(job: Job) -> None:
    recipe = recipe_of(job)
    assert from_json(RenderRecipe, json.loads(json.dumps(to_json(recipe)))) == recipe


def test_frames_that_the_shot_does_not_have_are_shown_again_and_not_rendered() -> None:
    recipe = recipe_of(a_job(start=1001, frames=120, before=2, after=0, holds=False, handles=5))
    assert (recipe.start, recipe.frames) == (999, 122)
    assert recipe.frame_map == (0, 0, 0, *range(122), 121, 121, 121, 121, 121)
    assert recipe.sound_delay == 3


def test_a_clip_that_shows_each_frame_once_has_no_map() -> None:
    recipe = recipe_of(a_job(start=1001, frames=120))
    assert (recipe.start, recipe.frames, recipe.frame_map) == (1001, 120, ())
