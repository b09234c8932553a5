# SPDX-License-Identifier: GPL-3.0-or-later
"""The briefs of shots: each keeps its own, the one of a take comes back, and a take is made again by it.

A shot's brief is a text on its strip; `scene.reshoot` is the one that is shown, edited and sent. Both are in the file,
and go through undo together, so that `follow` may be called at any moment: it only does again what the file says.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

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
from ..settings.scene import RESHOOT_PG_scene, settings_of
from ..timeline import compat, selected, whereabouts
from ..timeline.editor import editor_of
from ..timeline.facts import TimelineFacts
from ..timeline.stacks import marks
from .look import Again

_log = logging.getLogger(__name__)

_AT_ONCE = 0.1
"""Seconds that a disk has to tell whether references are there before the interface goes on."""
_PATIENCE = 30.0
"""The same for a script."""


def follow(scene: bpy.types.Scene) -> bool:
    """Keep what was edited with the shot that it is of, then show the brief of the shot that is selected now. Whether
    another brief is shown.

    A shot without one begins with what is shown. Of several the one that `selected.lead` tells counts. A still that has
    no brief may be a reference to come: what is shown stays. Never to be called for a script, whose settings are what
    it sends.
    """
    if scene.library is not None or scene.sequence_editor is None:
        return False
    settings = settings_of(scene)
    every = compat.strips_all(editor_of(scene))
    owner = _owner(settings, every)
    text = shot_brief.stored(settings)
    if not text and owner is not None:
        # Too long to be kept: it would be lost.
        return False
    if owner is not None:
        _keep(settings, owner, text)
    timeline = TimelineFacts(scene)
    lead = selected.lead(timeline, owner.name if owner is not None else "")
    if lead is None:
        if not timeline.selected and settings.shown:
            settings.shown = ""
        return False
    strip = every[lead.name]
    kept = strip.get(marks.BRIEF_KEY)
    is_new = strip != owner
    if is_new and kept is None and lead.is_still:
        return False
    if is_new and kept is not None:
        for note in shot_brief.restore(settings, kept):
            _log.warning("“%s”: %s", lead.name, note)
    if is_new:
        text = shot_brief.stored(settings) if kept is not None else text
        _begin(settings, text)
    name = _name(strip)
    if settings.shown != name:
        settings.shown = name
    return is_new and kept is not None


def all_kept(scene: bpy.types.Scene) -> dict[str, object]:
    """What is kept on each strip of a scene that has a brief, by its name."""
    editor = scene.sequence_editor
    strips = compat.strips_all(editor) if editor is not None else ()
    return {strip.name: strip[marks.BRIEF_KEY] for strip in strips if marks.BRIEF_KEY in strip}


def keep_sent(scene: bpy.types.Scene, shots: Iterable[Iterable[str]], text: str, before: Mapping[str, object]) -> None:
    """Keep the brief that shots were sent by with each of them, told by the names of its strips. before: what was
    `all_kept` at the press.

    What was written for a shot since stays. So does, of several, a brief of its own that was not sent yet, unless it is
    the one shown.
    """
    if not text:
        return
    settings = settings_of(scene)
    every = compat.strips_all(editor_of(scene))
    listed = [[every[name] for name in names if name in every] for names in shots]
    owner = _owner(settings, every)
    for strips in listed:
        for strip in strips:
            if len(listed) > 1 and strip != owner and is_draft(strip):
                continue
            strip[marks.SENT_KEY] = shot_brief.digest(text)
            if strip.get(marks.BRIEF_KEY) == before.get(strip.name):
                strip[marks.BRIEF_KEY] = text
                if strip == owner:
                    # What was edited since, and is not kept yet, is another than this.
                    _begin(settings, text)


def show_sent(scene: bpy.types.Scene, shots: Iterable[Iterable[str]]) -> None:
    """What a script has set and sent is the brief of a shot that it has sent, and of none that was shown before."""
    every = compat.strips_all(editor_of(scene))
    sent_now = [name for names in shots for name in names if name in every]
    if not sent_now:
        return
    settings = settings_of(scene)
    lead = selected.lead(TimelineFacts(scene))
    settings.shown = _name(every[lead.name if lead is not None and lead.name in sent_now else sent_now[0]])
    _begin(settings, shot_brief.stored(settings))


def is_draft(strip: Any) -> bool:
    """Whether a shot has a brief that is not the one it was sent by last."""
    text = strip.get(marks.BRIEF_KEY)
    return isinstance(text, str) and shot_brief.digest(text) != strip.get(marks.SENT_KEY)


def drafts(scene: bpy.types.Scene) -> tuple[Again, ...]:
    """What sends each shot of a scene whose brief was not sent yet, by time."""
    editor = scene.sequence_editor
    settings = settings_of(scene)
    strips = [strip for strip in compat.strips_all(editor) if is_draft(strip)] if editor is not None else []
    strips.sort(key=lambda strip: (compat.start(strip), strip.channel))
    found = []
    for strip in strips:
        text = strip[marks.BRIEF_KEY]
        brief = None if marks.is_take(strip) else shot_brief.brief_in(settings, text)
        if brief is not None:
            found.append(Again(brief, (strip.name,), compat.meta_of(marks.seen_as(strip)), text))
    return tuple(found)


def _owner(settings: RESHOOT_PG_scene, every: Any) -> Any:
    """The strip whose brief is shown, None where it is not there."""
    shot_id, _blank, name = settings.shown.partition(" ")
    strip = every.get(name)
    if strip is not None and (not shot_id or not marks.ids(strip) or shot_id in marks.ids(strip)):
        return strip
    # It has another name now; of a copy nobody knows which is meant.
    bearers = [each for each in every if marks.own_id(each) == shot_id] if shot_id else []
    return bearers[0] if len(bearers) == 1 else None


def _name(strip: Any) -> str:
    """What `RESHOOT_PG_scene.shown` calls a strip."""
    return f"{marks.own_id(strip)} {strip.name}"


def _keep(settings: RESHOOT_PG_scene, strip: Any, text: str) -> None:
    """Write what is shown on the strip that it is of, where it was edited since."""
    if shot_brief.digest(text) == settings.began:
        return
    if strip.get(marks.BRIEF_KEY) != text:
        strip[marks.BRIEF_KEY] = text
    _begin(settings, text)


def _begin(settings: RESHOOT_PG_scene, text: str) -> None:
    digest = shot_brief.digest(text)
    if settings.began != digest:
        settings.began = digest


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
