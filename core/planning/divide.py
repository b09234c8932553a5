# SPDX-License-Identifier: GPL-3.0-or-later
"""Divides a shot that is too long for one clip, and lengthens one that is too short. Pure arithmetic on whole frames.

It knows neither rates nor seconds: how many frames a clip may show is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_CUTS = 48
"""Cuts that are considered at most; each is weighed against each."""


@dataclass(frozen=True)
class Span:
    """Frames of the shot, 0 being its first.

    first, own: the frames that it is for; those of all spans are the shot's, each once. before, after: frames that are
    shown besides, on each side.
    """

    first: int
    own: int
    before: int
    after: int

    @property
    def frames(self) -> int:
        """How many frames are shown in all."""
        return self.before + self.own + self.after


def lengthen(span: Span, fewest: int, room_before: int, room_after: int, most_before: int) -> Span:
    """`span` with frames on both sides until it shows `fewest`.

    room_before, room_after: frames that there are on each side. They are taken first; where they are too few, an edge
    is held. most_before: never more than these before it.
    """
    missing = max(0, fewest - span.frames)
    free_before = max(0, min(room_before, most_before) - span.before)
    free_after = max(0, room_after - span.after)
    before = min(free_before, missing // 2)
    after = min(free_after, missing - before)
    before = min(free_before, missing - after)
    held = missing - before - after
    held_before = min(held // 2, max(0, most_before - span.before - before))
    return Span(span.first, span.own, span.before + before + held_before, span.after + after + held - held_before)


def divide(
    frames: int, cuts: Sequence[int], fewest: int, most: int, handles: int, seam: int, *, few: bool = False
) -> list[Span]:
    """Spans of `fewest` to `most` frames for a shot of `frames`: at cuts as far as can be, then as few as can be, then
    as even as can be.

    cuts: frames of the shot at which a seam is not seen. Elsewhere two spans share `seam` frames, an even number.
    handles: frames besides, before the first span and after the last. few: that there are few comes before the cuts.
    Nothing where the handles leave no room.
    """
    nodes = [0, *_spread([cut for cut in sorted(set(cuts)) if 0 < cut < frames], frames, most), frames]
    best: list[tuple[tuple[int, int, int], list[Span]] | None] = [((0, 0, 0), [])]
    for end in range(1, len(nodes)):
        found = None
        for start in range(end):
            head = best[start]
            before = handles if start == 0 else 0
            after = handles if end == len(nodes) - 1 else 0
            spans = _evenly(nodes[start], nodes[end] - nodes[start], before, after, fewest, most, seam)
            if head is None or not spans:
                continue
            # Between two nodes, seams lie elsewhere than at cuts.
            seams, count = len(spans) - 1, len(spans)
            first, second = (count, seams) if few else (seams, count)
            uneven = sum(span.frames * span.frames for span in spans)
            cost = (head[0][0] + first, head[0][1] + second, head[0][2] + uneven)
            if found is None or cost < found[0]:
                found = (cost, [*head[1], *spans])
        best.append(found)
    return best[-1][1] if best[-1] is not None else []


def _evenly(first: int, length: int, before: int, after: int, fewest: int, most: int, seam: int) -> list[Span]:
    """`length` frames in as few spans of about the same length as can be, empty where they would be too short."""
    if most <= seam:
        return []
    shown = before + length + after
    count = max(1, -(-(shown - seam) // (most - seam)))
    shown += (count - 1) * seam
    if shown < fewest * count:
        return []
    half = seam // 2
    spans = []
    for number in range(count):
        here = shown // count + (number < shown % count)
        head, tail = (half if number else before), (half if number < count - 1 else after)
        spans.append(Span(first, here - head - tail, head, tail))
        first += here - head - tail
    return spans if all(span.own > 0 for span in spans) else []


def _spread(cuts: list[int], frames: int, most: int) -> list[int]:
    """At most `_CUTS` of the cuts: those that are nearest to where even spans would meet."""
    if len(cuts) <= _CUTS:
        return cuts
    step = most / 2
    return sorted(sorted(cuts, key=lambda cut: abs(cut / step - round(cut / step)))[:_CUTS])
