# SPDX-License-Identifier: GPL-3.0-or-later
"""The brief of one shot, as a text that goes with it, and how it comes back into `scene.reshoot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..core.values.kept_brief import OPTIONS, KeptBrief, KeptReference, as_text, digest, from_text, passed_over
from ..core.words import say
from ..timeline.movie_strip import stored_path
from .prompt import prompt_of

if TYPE_CHECKING:
    from ..core.values.brief import Brief
    from .scene import RESHOOT_PG_scene

__all__ = ["brief_in", "digest", "restore", "stored", "use", "with_prompt"]


def stored(settings: RESHOOT_PG_scene) -> str:
    """The brief as it is shown, as a text; empty where it would be too long to be kept."""
    return as_text(_shown(settings))


def with_prompt(settings: RESHOOT_PG_scene, prompt: str) -> str:
    """The same with another prompt, where one is given."""
    shown = _shown(settings)
    return as_text(KeptBrief(prompt or shown.prompt, shown.options, shown.references))


def restore(settings: RESHOOT_PG_scene, text: object) -> tuple[str, ...]:
    """Show the brief that a text says. What of it was left out, in words.

    text: whatever a file has there. Writes nothing that is so already.
    """
    kept, notes = from_text(text)
    return (*notes, *_write(settings, kept))


def use(settings: RESHOOT_PG_scene, brief: Brief) -> tuple[str, ...]:
    """Show a brief that was sent. What of it could not be brought back, in words."""
    notes = []
    if brief.model not in _choices(settings, "model"):
        notes.append(
            say(
                "The model “{model}” is none that this Reshoot has: the one that was set stays. Choose another one.",
                model=brief.model,
            )
        )
    kept = KeptBrief(
        brief.prompt,
        (
            *([] if notes else [("model", brief.model)]),
            ("source", brief.source.value),
            ("timing", brief.timing.value),
            ("sound", brief.sound.value),
            ("handles", brief.handles),
        ),
        tuple(
            KeptReference(each.kind.value, tuple(stored_path(image) for image in each.images))
            for each in brief.references
        ),
    )
    return (*notes, *_write(settings, kept))


def brief_in(settings: RESHOOT_PG_scene, text: object) -> Brief | None:
    """The brief that a text says, None where it does not say all of one. settings: tell what can be chosen."""
    from ..core.values.brief import Brief
    from ..core.values.choices import ReferenceKind, Sound, Source, Timing
    from ..core.values.shot import Reference

    kept, _notes = from_text(text)
    options = dict(kept.options)
    known = all(name in options and _may_be(settings, name, options[name]) for name in OPTIONS)
    if kept.prompt is None or kept.references is None or not known:
        return None
    return Brief(
        prompt=kept.prompt,
        model=str(options["model"]),
        source=Source(options["source"]),
        timing=Timing(options["timing"]),
        sound=Sound(options["sound"]),
        handles=int(options["handles"]),
        references=tuple(
            Reference(ReferenceKind(each.kind), tuple(bpy.path.abspath(view) for view in each.views))
            for each in kept.references
        ),
    )


def _shown(settings: RESHOOT_PG_scene) -> KeptBrief:
    # Of an option that this Blender has no name for, as in a file of a newer Reshoot, there is nothing to keep.
    options = tuple((name, value) for name in OPTIONS if (value := getattr(settings, name)) != "")
    listed = tuple(
        KeptReference(each.kind, tuple(view.filepath for view in each.views)) for each in settings.references
    )
    return KeptBrief(prompt_of(settings), options, listed)


def _write(settings: RESHOOT_PG_scene, kept: KeptBrief) -> tuple[str, ...]:
    notes = []
    for name, value in kept.options:
        if not _may_be(settings, name, value):
            notes.append(passed_over(f"{name}: {value}"))
        elif getattr(settings, name) != value:
            setattr(settings, name, value)
    if kept.references is not None and kept.references != _shown(settings).references:
        settings.references.clear()
        for each in kept.references:
            item = settings.references.add()
            item.kind = each.kind
            for view in each.views:
                item.views.add().filepath = view
        settings.active_reference = max(0, min(settings.active_reference, len(kept.references) - 1))
    if kept.prompt is not None and kept.prompt != prompt_of(settings):
        # Into the field, whatever it was written in: a text of the file may be another shot's prompt too.
        if settings.prompt_text is not None:
            settings.prompt_text = None
        if settings.prompt != kept.prompt:
            settings.prompt = kept.prompt
    return tuple(notes)


def _may_be(settings: RESHOOT_PG_scene, name: str, value: str | int) -> bool:
    """Whether a setting takes a value: one of its choices, or a number between its bounds."""
    if isinstance(value, str):
        return value in _choices(settings, name)
    prop = settings.bl_rna.properties[name]
    return isinstance(prop, bpy.types.IntProperty) and prop.hard_min <= value <= prop.hard_max


def _choices(settings: RESHOOT_PG_scene, name: str) -> tuple[str, ...]:
    prop = settings.bl_rna.properties[name]
    return tuple(prop.enum_items.keys()) if isinstance(prop, bpy.types.EnumProperty) else ()
