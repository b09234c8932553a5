# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds the place of a shot's takes in the timeline: its stack, or the strip of a take above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.takes.matching import Spot
from .. import compat
from ..editor import editor_of
from ..facts import TimelineFacts
from . import marks


@dataclass(frozen=True)
class Holder:
    """What holds the place of a shot's takes on a spot. name: of the stack, or of the take's strip above the shot."""

    name: str
    stacked: bool
    spot: Spot


def holder_at(timeline: TimelineFacts, spot: Spot, shot_id: str, *, over_all: bool = False) -> Holder | None:
    """What holds the place of the takes of a shot where it is now, whose level is open; None where nothing does yet.

    over_all: of takes of all that was visible, which nothing visible may cover. Of others nothing else may lie between
    the take and its shot, and nothing else may show the shot.
    """
    there = timeline.overlapping(spot.first, spot.end)
    plates = [strip for strip in there if strip.name in spot.strips]
    if not over_all and len(plates) == 1 and plates[0].stack:
        return Holder(plates[0].stack, True, spot)
    if not over_all and timeline.users(spot.strips):
        return None
    ids = {shot_id, *(each for plate in plates for each in plate.ids)} - {""}
    lowest = max((plate.channel for plate in plates), default=spot.channel)
    found = None
    for strip in sorted(there, key=lambda each: each.channel):
        if strip.channel <= lowest or strip.kind == "SOUND" or strip.take_of == "":
            continue
        if strip.take_of in ids:
            found = strip
        elif not over_all or not ids.isdisjoint(strip.ids):
            # What is above that is something else's, or a copy's.
            break
        elif not strip.muted:
            found = None
    return Holder(found.name, False, spot) if found is not None else None


def takes_above(timeline: TimelineFacts, spot: Spot, shot_id: str, channel: int) -> list[str]:
    """The names of the takes of a shot that would cover what is shown of it on `channel`."""
    there = timeline.overlapping(spot.first, spot.end)
    ids = {shot_id, *(each for strip in there if strip.name in spot.strips for each in strip.ids)} - {""}
    return [
        strip.name
        for strip in there
        if strip.take_of in ids and strip.kind != "SOUND" and strip.channel > channel and not strip.muted
    ]


def shown_takes(scene: bpy.types.Scene, holder: Holder) -> list[Any]:
    """The strips of takes with a picture that a holder has, shown or not."""
    strip = compat.strips_all(editor_of(scene))[holder.name]
    if not holder.stacked:
        return [strip]
    return [each for each in compat.strips(strip) if marks.is_take(each) and each.type != "SOUND"]


def shown_job(scene: bpy.types.Scene, holder: Holder, *, hidden: bool = False) -> str:
    """The id of the job whose take a holder shows; empty where the plate is seen. hidden: a take that is not counts."""
    takes = [strip for strip in shown_takes(scene, holder) if hidden or not strip.mute]
    return str(max(takes, key=lambda each: each.channel)[marks.JOB_KEY]) if takes else ""
