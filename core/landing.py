# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a result to the timeline on the way back. Pure arithmetic on exact fractions: it opens no file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .conform import Part, Plan, rate_words
from .shot import Shot
from .words import say


@dataclass(frozen=True)
class Landing:
    """How a result is laid on the timeline.

    play_fps: None where one file frame belongs to one timeline frame; otherwise the rate that the file has to carry so
    that, played at its own rate, it covers the frames that were sent. notes: what was done, in words.
    """

    play_fps: Fraction | None
    notes: tuple[str, ...]


def land(shot: Shot, sent: Plan, part: Part, frames: int, fps: Fraction) -> Landing:
    """How a result of `frames` at `fps` covers a `part` of `shot`.

    The service answers in its own rate, so time in the result is time in the clip; where the clip's label is not the
    shot's rate (every frame), that time is stretched back.
    """
    stretch = shot.fps / sent.fps if sent.one_to_one else Fraction(1)
    play_fps = fps * stretch
    drift = abs(play_fps / shot.fps - 1) * part.sent
    if frames == part.sent or drift < Fraction(1, 2):
        if frames == part.sent:
            return Landing(None, ())
        return Landing(None, (say("The result has {frames} frames for {sent}", frames=frames, sent=part.sent),))
    note = say(
        "{frames} frames at {fps} fps laid over {sent} frames",
        frames=frames,
        fps=rate_words(fps),
        sent=part.sent,
    )
    return Landing(play_fps, (note,))
