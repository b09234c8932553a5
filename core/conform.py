# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a shot to the model's limits on the way out, and the result to the timeline on the way back.

Pure arithmetic on exact fractions: it opens no file and knows no Blender.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .errors import LimitError
from .models import Limits, Model
from .settings import Sound, Timing
from .shot import Shot
from .words import say

EVERY_FRAME_UP_TO = Fraction(30)
"""Automatic timing sends every frame up to this rate (frames per second)."""


@dataclass(frozen=True)
class Plan:
    """What will be sent.

    timing: EVERY_FRAME or REAL_TIME. frames, fps: of the clip. one_to_one: clip frame k shows shot frame k.
    width, height: of the clip, pixels. price: US dollars, estimated. fixes: what was done to fit, in words.
    """

    timing: Timing
    frames: int
    fps: Fraction
    one_to_one: bool
    width: int
    height: int
    keep_audio: bool
    price: Decimal
    fixes: tuple[str, ...]

    @property
    def seconds(self) -> Fraction:
        """Length of the clip."""
        return self.frames / self.fps

    @property
    def rate(self) -> str:
        """The clip's rate in words."""
        return rate_words(self.fps)


@dataclass(frozen=True)
class Landing:
    """How a result is laid on the timeline.

    play_fps: None where one file frame belongs to one timeline frame; otherwise the rate that the file has to carry so
    that, played at its own rate, it covers the shot. notes: what was done, in words.
    """

    play_fps: Fraction | None
    notes: tuple[str, ...]


def plan(shot: Shot, model: Model, timing: Timing, sound: Sound) -> Plan:
    """Decide what is sent for `shot`. Raises LimitError, naming the limit and what to do, where it cannot fit."""
    fixes: list[str] = []
    chosen = _choose_timing(shot, timing, sound, fixes)
    width, height = fit_size(shot.width, shot.height, model.limits)
    if (width, height) != (shot.width, shot.height):
        fixes.append(
            say(
                "Scaled {width}×{height} to {new_width}×{new_height}",
                width=shot.width,
                height=shot.height,
                new_width=width,
                new_height=height,
            )
        )
    fps = _clip_fps(chosen, shot.fps, model)
    frames = clip_frames(shot.sent_frames, shot.fps, fps, chosen)
    one_to_one = chosen is Timing.EVERY_FRAME or all(
        shot_frame(k, shot.sent_frames, shot.fps, fps) == k for k in range(max(frames, shot.sent_frames))
    )
    if shot.handles:
        fixes.append(say("{frames} frames more on each side, trimmed off again", frames=shot.handles))
    if fps != shot.fps:
        before, after = rate_words(shot.fps), rate_words(fps)
        if chosen is Timing.EVERY_FRAME:
            fixes.append(say("Every frame sent, labelled {fps} fps instead of {before}", fps=after, before=before))
        else:
            fixes.append(say("Rate brought from {before} to {fps} fps", before=before, fps=after))
    _check_length(shot, model, chosen, Fraction(frames) / fps, free=sound is not Sound.RESULT)
    return Plan(
        timing=chosen,
        frames=frames,
        fps=fps,
        one_to_one=one_to_one,
        width=width,
        height=height,
        keep_audio=sound is Sound.RESULT,
        price=model.price(Fraction(frames) / fps),
        fixes=tuple(fixes),
    )


def land(shot: Shot, sent: Plan, frames: int, fps: Fraction) -> Landing:
    """How a result of `frames` at `fps` covers `shot`, of which `sent` was the clip.

    The service answers in its own rate, so time in the result is time in the clip; where the clip's label is not the
    shot's rate (every frame), that time is stretched back.
    """
    stretch = shot.fps / sent.fps if sent.one_to_one else Fraction(1)
    play_fps = fps * stretch
    drift = abs(play_fps / shot.fps - 1) * shot.sent_frames
    if frames == shot.sent_frames or drift < Fraction(1, 2):
        if frames == shot.sent_frames:
            return Landing(None, ())
        return Landing(None, (say("The result has {frames} frames for {sent}", frames=frames, sent=shot.sent_frames),))
    note = say(
        "{frames} frames at {fps} fps laid over {sent} frames",
        frames=frames,
        fps=rate_words(fps),
        sent=shot.sent_frames,
    )
    return Landing(play_fps, (note,))


def fit_size(width: int, height: int, limits: Limits) -> tuple[int, int]:
    """The nearest even size to `width` × `height` (pixels) inside the limits, keeping the aspect.

    Raises LimitError where the aspect is too extreme for any size.
    """
    scale = Fraction(1)
    if min(width, height) < limits.min_side:
        scale = Fraction(limits.min_side, min(width, height))
    if max(width, height) * scale > limits.max_side:
        scale = Fraction(limits.max_side, max(width, height))
    if min(width, height) * scale < limits.min_side:
        raise LimitError(
            say(
                "The picture is {width}×{height}: no size of that shape has both sides within "
                "{least} to {most} pixels.",
                width=width,
                height=height,
                least=limits.min_side,
                most=limits.max_side,
            ),
            say("Crop the picture, or send the timeline instead of the strip."),
        )
    return (_even(width * scale, limits), _even(height * scale, limits))


def clip_frames(frames: int, fps: Fraction, clip_fps: Fraction, timing: Timing) -> int:
    """Number of frames of the clip for `frames` at `fps`."""
    if timing is Timing.EVERY_FRAME:
        return frames
    return max(1, math.floor(frames * clip_fps / fps + Fraction(1, 2)))


def shot_frame(clip_frame: int, frames: int, fps: Fraction, clip_fps: Fraction) -> int:
    """Which of the shot's `frames` is on screen in the middle of the clip's frame number `clip_frame`, in real time."""
    return min(frames - 1, math.floor((clip_frame + Fraction(1, 2)) * fps / clip_fps))


def frame_map(shot: Shot, sent: Plan) -> list[int]:
    """For each frame of the clip, the shot's frame that it shows (0 is the shot's first)."""
    if sent.one_to_one:
        return list(range(sent.frames))
    return [shot_frame(k, shot.sent_frames, shot.fps, sent.fps) for k in range(sent.frames)]


def rate_words(fps: Fraction) -> str:
    """A rate as editors write it: 24, 23.976, 29.97."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")


def _choose_timing(shot: Shot, timing: Timing, sound: Sound, fixes: list[str]) -> Timing:
    if sound is Sound.RESULT:
        if timing is Timing.EVERY_FRAME:
            fixes.append(say("Real time instead of every frame, so that the result's sound keeps its pace"))
        return Timing.REAL_TIME
    if timing is not Timing.AUTO:
        return timing
    return Timing.EVERY_FRAME if shot.fps <= EVERY_FRAME_UP_TO else Timing.REAL_TIME


def _clip_fps(timing: Timing, fps: Fraction, model: Model) -> Fraction:
    if timing is Timing.EVERY_FRAME:
        return model.result_fps
    return min(max(fps, model.limits.min_fps), model.limits.max_fps)


def _even(side: Fraction, limits: Limits) -> int:
    nearest = math.floor(side / 2 + Fraction(1, 2)) * 2
    return min(max(nearest, limits.min_side + limits.min_side % 2), limits.max_side - limits.max_side % 2)


def _fits(seconds: Fraction, limits: Limits) -> bool:
    return limits.min_seconds <= seconds <= limits.max_seconds


def _check_length(shot: Shot, model: Model, timing: Timing, seconds: Fraction, *, free: bool) -> None:
    """free: the editor can choose the other timing."""
    limits = model.limits
    if _fits(seconds, limits):
        return
    rate = model.result_fps if timing is Timing.EVERY_FRAME else shot.fps
    fewest = max(1, math.ceil(limits.min_seconds * rate) - 2 * shot.handles)
    most = math.floor(limits.max_seconds * rate) - 2 * shot.handles
    message = say(
        "“{name}” would be sent as {seconds:.2f} s ({frames} frames at {fps} fps); "
        "{model} takes {least:g} to {most:g} s.",
        name=shot.name,
        seconds=float(seconds),
        frames=shot.sent_frames,
        fps=rate_words(rate),
        model=model.label,
        least=float(limits.min_seconds),
        most=float(limits.max_seconds),
    )
    if most <= 0:
        remedy = say("Use fewer handles")
    elif seconds < limits.min_seconds:
        remedy = say("Lengthen it to between {fewest} and {most} frames", fewest=fewest, most=most)
    else:
        remedy = say("Shorten it to between {fewest} and {most} frames", fewest=fewest, most=most)
    other = Timing.REAL_TIME if timing is Timing.EVERY_FRAME else Timing.EVERY_FRAME
    other_fps = _clip_fps(other, shot.fps, model)
    if free and _fits(clip_frames(shot.sent_frames, shot.fps, other_fps, other) / other_fps, limits):
        if other is Timing.REAL_TIME:
            remedy += say(", or choose the timing “Real Time”")
        else:
            remedy += say(", or choose the timing “Every Frame”")
    raise LimitError(message, remedy + ".")
