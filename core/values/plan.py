# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent for a shot: a plan, its parts, and which frame of the shot each frame of a clip shows.

Pure arithmetic on exact fractions; how a plan is made is the business of `planning.conform`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .choices import Timing
from .shot import Shot


@dataclass(frozen=True)
class Part:
    """One clip of a plan, and so one job.

    first, own, before, after: frames of the shot, see `divide.Span`. frames: of the clip. price: US dollars, estimated.
    held: how many of those after it hold its last frame, though there may be more of the picture.
    """

    first: int
    own: int
    before: int
    after: int
    frames: int
    price: Decimal
    held: int = 0

    @property
    def start(self) -> int:
        """The first frame that is sent, 0 being the shot's first."""
        return self.first - self.before

    @property
    def sent(self) -> int:
        """How many of the timeline's frames are sent."""
        return self.before + self.own + self.after


@dataclass(frozen=True)
class Plan:
    """What will be sent.

    timing: EVERY_FRAME or REAL_TIME. fps: of the clips. one_to_one: a clip shows the timeline's frames one for one.
    width, height: of the clips, pixels. fixes: what was done to fit, in words. parts: the clips, one but for a shot
    that is too long.
    """

    timing: Timing
    fps: Fraction
    one_to_one: bool
    width: int
    height: int
    keep_audio: bool
    fixes: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def frames(self) -> int:
        """Frames of all clips together."""
        return sum(part.frames for part in self.parts)

    @property
    def seconds(self) -> Fraction:
        """Length of all clips together."""
        return self.frames / self.fps

    @property
    def price(self) -> Decimal:
        """US dollars for all clips together, estimated."""
        return sum((part.price for part in self.parts), Decimal(0))

    @property
    def rate(self) -> str:
        """The clips' rate in words."""
        return rate_words(self.fps)


def clip_frames(frames: int, fps: Fraction, clip_fps: Fraction, timing: Timing) -> int:
    """Number of frames of the clip for `frames` at `fps`."""
    if timing is Timing.EVERY_FRAME:
        return frames
    return max(1, math.floor(frames * clip_fps / fps + Fraction(1, 2)))


def shot_frame(clip_frame: int, frames: int, fps: Fraction, clip_fps: Fraction) -> int:
    """Which of the shot's `frames` is on screen in the middle of the clip's frame number `clip_frame`, in real time."""
    return min(frames - 1, math.floor((clip_frame + Fraction(1, 2)) * fps / clip_fps))


def frame_map(shot: Shot, sent: Plan, part: Part) -> list[int]:
    """For each frame of a part's clip, which of the frames that are sent it shows, 0 being the first."""
    if sent.one_to_one:
        return list(range(part.frames))
    return [shot_frame(k, part.sent, shot.fps, sent.fps) for k in range(part.frames)]


def rate_words(fps: Fraction) -> str:
    """A rate as editors write it: 24, 23.976, 29.97."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")
