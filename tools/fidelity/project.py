# SPDX-License-Identifier: GPL-3.0-or-later
"""What is different in the project after a round trip, besides the take. Runs in Blender."""

from __future__ import annotations

import re
from typing import Any

import bpy
import editing
from reshoot.timeline import compat
from reshoot.timeline.stacks import marks

_SHOWN = re.compile(
    r"(?:strips/[^/]+/(?:input_[12]|modifiers/\d+/input_mask_strip)|scene/sequence_editor/active_strip)"
    r": .* became (?P<name>.+)$"
)
"""What an effect or a modifier shows, and what is active."""
_TAKE = re.compile(r"strips/(?P<name>[^/]+)/|scene/curves/.*\[\"(?P<curve>[^\"]+)\"\]")


def look(scene: Any) -> dict[str, Any]:
    """Every value of the scene, its strips and curves, the names of all data, and what the windows show."""
    facts = editing.look(scene)
    for n, window in enumerate(bpy.context.window_manager.windows):
        facts[f"window/{n}"] = (
            window.scene.name,
            window.workspace.name,
            [each.ui_type for each in window.screen.areas],
        )
    return facts


def differences(
    before: dict[str, Any], after: dict[str, Any], takes: set[str], mutes: tuple[str, ...], sound: bool
) -> list[str]:
    """What became different, but for the strips called `takes`, the mutes that were asked for, and, where the take has
    `sound`, the sound itself."""
    allowed = {f"strips/{name}/mute" for name in mutes} | ({"data/sounds"} if sound else set())
    return [line for line in editing.differences(before, after) if not _of_take(line, takes) and not _is(line, allowed)]


def stacked(scene: Any) -> set[str]:
    """The names of the stacks in a timeline, and of the plates in them: what is in their place is theirs."""
    stacks = [strip for strip in compat.strips_all(scene.sequence_editor) if marks.is_stack(strip)]
    return {strip.name for stack in stacks for strip in (stack, *marks.plates_in(stack))}


def _of_take(line: str, takes: set[str]) -> bool:
    found, shown = _TAKE.match(line), _SHOWN.match(line)
    if shown is not None and shown["name"].strip("'\"") in takes:
        return True
    return bool(found and (found["name"] in takes or found["curve"] in takes))


def _is(line: str, names: set[str]) -> bool:
    return line.split(":", 1)[0] in names
