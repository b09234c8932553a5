# SPDX-License-Identifier: GPL-3.0-or-later
"""The brief of a scene's shots, as `scene.reshoot` keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.values.brief import Brief
from ..core.values.choices import Sound, Source, Timing
from . import reference_list
from .prompt import prompt_of

if TYPE_CHECKING:
    from .scene import RESHOOT_PG_scene


def read(settings: RESHOOT_PG_scene, prompt: str = "") -> Brief:
    """The brief as it is now. prompt: in place of the one that is kept, where it is not empty."""
    return Brief(
        prompt=prompt or prompt_of(settings),
        model=settings.model,
        source=Source(settings.source),
        timing=Timing(settings.timing),
        sound=Sound(settings.sound),
        handles=settings.handles,
        references=reference_list.references(settings),
    )


def fingerprint(settings: RESHOOT_PG_scene) -> tuple[object, ...]:
    """All that decides what is read, as it is stored: what is asked at every redraw."""
    return (
        settings.model,
        settings.source,
        settings.timing,
        settings.sound,
        settings.handles,
        settings.land,
        prompt_of(settings),
        reference_list.fingerprint(settings),
    )
