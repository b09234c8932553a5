# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a background Blender: tells what of a timeline the graphics card draws, before it does.

Where there is no driver, Blender crashes at the first such picture, and nothing in it can prevent or catch that. A
Blender that has a window found one, and without a window it may find none: on Linux that takes libEGL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from ..core.blender_process import DRAWS
from ..core.words import say
from ..timeline import compat, content
from ..timeline.editor import editor_of

_ENGINES = {
    "BLENDER_WORKBENCH": "Workbench",
    "BLENDER_EEVEE": "EEVEE",
    "BLENDER_EEVEE_NEXT": "EEVEE",
    "CYCLES": "Cycles",
}
"""What Blender's renderers are called. Cycles needs no graphics card, and can crash it nevertheless."""


def announce(scene: bpy.types.Scene, start: int, end: int) -> None:
    """Tell whoever waits for this Blender of the first strip that is drawn from `start` to before `end`, if any is."""
    strips = compat.shown_strips(editor_of(scene))
    shown = [each for each in strips if compat.start(each) < end and compat.end(each) > start]
    for words in _drawn(shown, {scene.name}):
        print(f"\n{DRAWS} {json.dumps(words)}", flush=True)
        return


def _drawn(strips: Iterable[Any], known: set[str]) -> Iterator[str]:
    """What is told should drawing one of `strips` be the end, for each that is drawn. known: scenes looked at."""
    for strip in content.inside(strips):
        if strip.mute:
            continue
        if strip.type == "COMPOSITOR" or any(modifier.type == "COMPOSITOR" for modifier in strip.modifiers):
            yield say(
                "“{strip}” goes through the compositor, and the background Blender crashed as it began to draw it.",
                strip=strip.name,
            )
        other = strip.scene if strip.type == "SCENE" else None
        if other is None:
            continue
        if strip.scene_input == "CAMERA":
            yield say(
                "“{strip}” shows a 3D scene in {engine}, and the background Blender crashed as it began to draw it.",
                strip=strip.name,
                engine=_ENGINES.get(other.render.engine, other.render.engine),
            )
        elif other.sequence_editor is not None and other.name not in known:
            known.add(other.name)
            yield from _drawn(compat.strips(other.sequence_editor), known)
