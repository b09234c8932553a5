# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a take is laid, so that what stands above its shot stays above it and what shows the shot shows the take.

Asked before a press is paid for, and again when the take lies down. Reads `StripFacts` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core.errors import PlacementError, ShotError
from ...core.takes.matching import Spot
from ...core.values.choices import Land, Source
from ...core.values.shot import Shot
from ...core.words import say
from ..facts import StripFacts, TimelineFacts
from .holders import holder_at

_HIGHEST_CHANNEL = 128
_OPAQUE = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")
_OF_WHAT_IS_BELOW = ("ADJUSTMENT", "MULTICAM")


@dataclass(frozen=True)
class Above:
    """On this channel, a strip of its own."""

    channel: int


@dataclass(frozen=True)
class InStack:
    """In the stack that the shot is, or becomes."""


@dataclass(frozen=True)
class Refused:
    """Nowhere: why, and what to do."""

    words: str
    remedy: str


Place = Above | InStack | Refused


def check(timeline: TimelineFacts, shot: Shot, land: Land) -> None:
    """Raise ShotError where the take of a shot of the open level would find no place."""
    lead = shot.strips[0]
    names, end = tuple(strip.name for strip in shot.strips), shot.start + shot.frames
    spot = Spot(shot.start, shot.start, end, min(strip.channel for strip in shot.strips), names, lead.meta)
    over_all = shot.source is Source.TIMELINE
    if land is Land.REPLACE and holder_at(timeline, spot, "", over_all=over_all) is not None:
        return
    found = place_for(timeline, shot, names, (shot.start, end), land)
    if isinstance(found, Refused):
        raise ShotError(found.words, found.remedy)


def refusal(found: Refused) -> PlacementError:
    """The same where the take is there already."""
    return PlacementError(found.words, say("{remedy} Then place the take again from the job.", remedy=found.remedy))


def place_for(
    timeline: TimelineFacts, shot: Shot, names: Sequence[str], frames: tuple[int, int], land: Land, channel: int = 0
) -> Place:
    """Where the take of `shot` belongs over `frames`, end exclusive, in the open level.

    names: of the shot's strips, none where it is gone. channel: that it lies above at least.
    """
    there = _There(timeline, shot, names, frames, channel)
    nowhere = Refused(say("No channel above “{shot}” is free.", shot=shot.name), say("Free a channel above it."))
    if not there.own or shot.source is Source.TIMELINE:
        free = there.free_channel()
        return Above(free) if free else nowhere
    free = there.free_channel(under=there.ceiling)
    if land is Land.CHANNEL:
        free = free or there.free_channel(besides=there.covered)
        return Above(free) if free else nowhere
    if there.own[0].stack:
        return InStack()
    if free and not there.shown_by:
        return Above(free)
    why = there.why_no_stack()
    if why is None:
        return InStack()
    if there.shown_by:
        words = say(
            "“{effect}” is made of “{shot}”, and cannot be made of its take", effect=there.shown_by, shot=shot.name
        )
    elif free:
        return Above(free)
    else:
        words = say("The take of “{shot}” cannot lie under “{above}”", shot=shot.name, above=there.above)
    reason, remedy = why
    return Refused(say("{what}: {why}.", what=words, why=reason), remedy)


class _There:
    """What lies where a take is to lie."""

    def __init__(
        self, timeline: TimelineFacts, shot: Shot, names: Sequence[str], frames: tuple[int, int], channel: int
    ) -> None:
        self._timeline = timeline
        self._shot = shot
        overlapping = timeline.overlapping(*frames)
        inner = timeline.made_of(frozenset(names))
        self.own = sorted((each for each in overlapping if each.name in names), key=lambda each: each.channel)
        own_names = {*names, *inner}
        self._others = [each for each in overlapping if each.name not in own_names]
        channels = [each.channel for each in overlapping if each.name in own_names]
        lowest = max([channel, *(channels or [strip.channel for strip in shot.strips])])
        pictures = [each for each in self._others if each.kind != "SOUND"]
        if shot.source is Source.TIMELINE:
            # The picture holds all that was visible: nothing of it may lie above the take.
            lowest = max([lowest, *(each.channel for each in pictures if not each.muted)])
        self._takes = [each for each in pictures if each.channel > lowest and self._is_take(each)]
        above = [each for each in pictures if each.channel > lowest and each not in self._takes]
        first = min(above, key=lambda each: each.channel, default=None)
        self.above = first.name if first is not None else ""
        self.ceiling = first.channel if first is not None else _HIGHEST_CHANNEL + 1
        self.covered = above
        # Takes that are there already lie under a new one.
        self._takes = [each for each in self._takes if each.channel < self.ceiling]
        self._lowest = max([lowest, *(each.channel for each in self._takes)])

    def _is_take(self, strip: StripFacts) -> bool:
        """Whether a strip is a take of the shot, or one of Reshoot 0.1.0 that lies over it, which does not say."""
        if strip.take_of is None:
            return False
        if strip.take_of:
            ids = {self._shot.id, *(each for plate in self.own for each in plate.ids)}
            return strip.take_of in ids
        return len(self.own) == 1 and self.own[0].start <= strip.start and strip.end <= self.own[0].end

    def free_channel(self, *, under: int = _HIGHEST_CHANNEL + 1, besides: Iterable[StripFacts] = ()) -> int:
        """The lowest free channel above the shot and its takes, below the channel `under`; 0 where there is none.

        besides: what it has to be above as well.
        """
        lowest = max([self._lowest, *(each.channel for each in besides)])
        taken = self._timeline.closed_channels | {each.channel for each in self._others}
        return next((channel for channel in range(lowest + 1, under) if channel not in taken), 0)

    @property
    def shown_by(self) -> str:
        """The name of an effect, a masked strip or a multicam strip that shows the shot; empty where there is none."""
        used = self._timeline.users({each.name for each in self.own})
        cameras = [each.name for each in self._others if each.kind == "MULTICAM" and each.channel > self._lowest]
        return next(iter((*used, *cameras)), "")

    def why_no_stack(self) -> tuple[str, str] | None:
        """Why the shot cannot become a stack, and what to do; None where it can."""
        shot = self.own[0]
        to_channel = say("Free a channel between them, or set Land to On a Channel.")
        unlock = say("Unlock it, or set Land to On a Channel.")
        # Some versions say of a strip, too, that it is locked then.
        if shot.channel in self._timeline.locked_channels:
            return say("channel {channel} is locked", channel=shot.channel), unlock
        if shot.locked:
            return say("“{strip}” is locked", strip=shot.name), unlock
        if len(self.own) > 1:
            return say("a shot of several strips has no one place"), to_channel
        if shot.kind in _OF_WHAT_IS_BELOW:
            return say("“{strip}” shows what lies below it", strip=shot.name), to_channel
        if not shot.can_lengthen:
            return say("“{strip}” is made of other strips", strip=shot.name), to_channel
        if any(not each.take_of for each in self._takes):
            return say("an older take lies over it"), say("Delete the older take, or set Land to On a Channel.")
        if self._shot.see_through and (shot.faded or shot.blend[0] not in _OPAQUE):
            return say("what lies below shows through “{strip}”", strip=shot.name), to_channel
        return None
