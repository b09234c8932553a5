# SPDX-License-Identifier: GPL-3.0-or-later
"""Shots and jobs for the tests, as `timeline` and `shooting` would make them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.models.model import Model
from reshoot.core.planning import conform
from reshoot.core.planning.job_model import kept
from reshoot.core.values.choices import Sound, Source, Timing
from reshoot.core.values.job import Job, new
from reshoot.core.values.request import Order
from reshoot.core.values.shot import Reference, Shot, ShotStrip

PROJECT = "/films/forest.blend"


def a_shot(**changes: Any) -> Shot:
    """Three seconds at 24 fps, 720 by 720 pixels, of the strip “Forest”."""
    frames, name = changes.get("frames", 72), changes.pop("name", "Forest")
    strip = ShotStrip(name, "MOVIE", "/films/forest.mp4", 1.0, 1, 1 + frames, 2)
    shot = Shot(
        project=PROJECT,
        scene="Scene",
        strips=(strip,),
        start=1,
        frames=frames,
        before=0,
        after=0,
        holds=True,
        cuts=(),
        fps=Fraction(24),
        width=720,
        height=720,
        source=Source.STRIP,
        native=True,
        scalable=True,
        view="Standard",
        sounds=(),
        file="",
    )
    return replace(shot, **changes)


def a_job(
    shot: Shot | None = None,
    *,
    file: Path | str = "",
    service: str = "rehearsal",
    prompt: str = "make it night",
    references: tuple[Reference, ...] = (),
    timing: Timing = Timing.AUTO,
    sound: Sound = Sound.TIMELINE,
    model: Model = KLING_O1_EDIT,
) -> Job:
    """A job that nothing has been done for yet."""
    shot = replace(shot or a_shot(), file=str(file))
    order = Order(model.id, prompt, sound, references)
    plan = conform.plan(shot, model, timing, sound)
    (job,) = new(service=service, order=order, shot=shot, plan=plan, model=kept(model))
    return job


def a_long_shots_jobs(**changes: Any) -> tuple[Job, ...]:
    """The jobs of a shot that has to be sent in parts: 480 frames at 24 fps unless `changes` say otherwise."""
    shot = a_shot(**{"frames": 480, **changes})
    order = Order(KLING_O1_EDIT.id, "make it night", Sound.TIMELINE, ())
    plan = conform.plan(shot, KLING_O1_EDIT, Timing.AUTO, Sound.TIMELINE)
    return new(service="rehearsal", order=order, shot=shot, plan=plan, model=kept(KLING_O1_EDIT))
