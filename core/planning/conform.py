# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a shot to the model's limits on the way out. The way back is `landing`'s.

Pure arithmetic on exact fractions: it opens no file and knows no Blender.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..errors import LimitError
from ..models.model import Limits, Model
from ..models.prices import PricedClip
from ..values.choices import Sound, Timing
from ..values.plan import Part, Plan, clip_frames, rate_words, shot_frame
from ..values.shot import Shot
from ..words import say
from .divide import Span, divide, lengthen

EVERY_FRAME_UP_TO = Fraction(30)
"""Automatic timing sends every frame up to this rate (frames per second)."""

_SEAM = Fraction(1, 2)
"""Seconds over which two parts are dissolved where no cut hides the seam between them."""

MOST_PARTS = 20
"""Clips that one shot may be sent as: more is most likely a slip of the hand."""


def plan(shot: Shot, model: Model, timing: Timing, sound: Sound, handles: int = 0) -> Plan:
    """Decide what is sent for `shot`. handles: frames that are sent besides on each side at least.

    Raises LimitError, naming the limit and what to do, where it cannot fit.
    """
    fixes: list[str] = []
    if shot.see_through:
        fixes.append(say("Sent with what is below it, which shows through"))
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
    spans = _spans(shot, model, chosen, fps, handles)
    if handles:
        fixes.append(say("{frames} frames more on each side, trimmed off again", frames=handles))
    fixes += _length_words(shot, model, spans, handles)
    held = 0
    if chosen is Timing.REAL_TIME:
        spans, held = _in_step(spans, shot, model, fps, fixes)
    frames = [clip_frames(span.frames, shot.fps, fps, chosen) for span in spans]
    if fps != shot.fps:
        before, after = rate_words(shot.fps), rate_words(fps)
        if chosen is Timing.EVERY_FRAME:
            fixes.append(say("Every frame sent, labelled {fps} fps instead of {before}", fps=after, before=before))
        else:
            fixes.append(say("Rate brought from {before} to {fps} fps", before=before, fps=after))
    return Plan(
        timing=chosen,
        fps=fps,
        one_to_one=chosen is Timing.EVERY_FRAME
        or all(
            shot_frame(k, span.frames, shot.fps, fps) == k
            for span, count in zip(spans, frames, strict=True)
            for k in range(max(count, span.frames))
        ),
        width=width,
        height=height,
        keep_audio=sound is Sound.RESULT,
        fixes=tuple(fixes),
        parts=tuple(
            Part(
                span.first,
                span.own,
                span.before,
                span.after,
                count,
                model.price_rule.price(PricedClip(count, fps, width, height)),
                held if span is spans[-1] else 0,
            )
            for span, count in zip(spans, frames, strict=True)
        ),
    )


def fit_size(width: int, height: int, limits: Limits) -> tuple[int, int]:
    """The nearest even size to `width` × `height` (pixels) inside the limits, keeping the aspect.

    Raises LimitError where the aspect is too extreme for any size.
    """
    scale = Fraction(1)
    least = limits.min_side or 1
    if min(width, height) < least:
        scale = Fraction(least, min(width, height))
    if limits.max_side is not None and max(width, height) * scale > limits.max_side:
        scale = Fraction(limits.max_side, max(width, height))
    if min(width, height) * scale < least:
        raise LimitError(
            say(
                "The picture is {width}×{height}: no size of that shape has both sides within "
                "{least} to {most} pixels.",
                width=width,
                height=height,
                least=least,
                most=limits.max_side,
            ),
            say("Crop the picture, or send the timeline instead of the strip."),
        )
    return (_even(width * scale, limits), _even(height * scale, limits))


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
        return model.every_frame_rate(fps)
    return model.nearest_rate(fps)


def _even(side: Fraction, limits: Limits) -> int:
    nearest = math.floor(side / 2 + Fraction(1, 2)) * 2
    least = limits.min_side or 1
    nearest = max(nearest, least + least % 2)
    return nearest if limits.max_side is None else min(nearest, limits.max_side - limits.max_side % 2)


def _spans(shot: Shot, model: Model, timing: Timing, fps: Fraction, handles: int) -> list[Span]:
    """The clips as frames of the shot."""
    fewest, most = _frames_of_a_clip(model.limits, shot.fps, fps, timing)
    whole = Span(0, shot.frames, handles, handles)
    if most is None or whole.frames <= most:
        return [lengthen(whole, fewest, shot.before, shot.after, max(handles, shot.start))]
    # Handles alone are no reason to pay for another clip.
    seam = 2 * round(_SEAM * (fps if timing is Timing.EVERY_FRAME else shot.fps) / 2)
    spans = divide(shot.frames, shot.cuts, fewest, most, handles, seam) if shot.frames > most else []
    if len(spans) > MOST_PARTS:
        spans = divide(shot.frames, shot.cuts, fewest, most, handles, seam, few=True)
    if not spans:
        raise LimitError(
            say(
                "{handles} frames on each side leave no room in clips of {least:g} to {most:g} s.",
                handles=handles,
                least=float(model.limits.min_seconds or 0),
                most=float(model.limits.max_seconds or 0),
            ),
            say("Use fewer handles."),
        )
    if len(spans) > MOST_PARTS:
        raise LimitError(
            say(
                "“{name}” is {frames} frames long: it would be sent as {count} parts; at most {most} are taken.",
                name=shot.name,
                frames=shot.frames,
                count=len(spans),
                most=MOST_PARTS,
            ),
            say("Cut it and send the pieces one by one."),
        )
    return spans


def _in_step(spans: list[Span], shot: Shot, model: Model, fps: Fraction, fixes: list[str]) -> tuple[list[Span], int]:
    """`spans` with the few frames more that it takes for the result, in its own rate, to suit the shot in real time:
    so that one of its frames begins about where the shot does, and it lasts until the shot's last frame. And how many
    of those at the end are to hold that frame: what comes after the shot may be another scene.
    """
    pace = model.comes_back(1, fps).fps / shot.fps
    _, most = _frames_of_a_clip(model.limits, shot.fps, fps, Timing.REAL_TIME)

    longest = most if most is not None else max(span.frames for span in spans) + math.ceil(shot.fps)

    def lasts(span: Span) -> bool:
        result = model.comes_back(clip_frames(span.frames, shot.fps, fps, Timing.REAL_TIME), fps)
        return result.frames >= (span.before + span.own - Fraction(1, 2)) * pace

    first = spans[0]
    before = asked = first.before
    while before * pace % 1 >= Fraction(1, 2) and before < shot.start and first.frames < longest:
        before += 1
        first = Span(first.first, first.own, before, first.after)
    spans = [first, *spans[1:]]
    last = longer = spans[-1]
    while not lasts(longer) and longer.frames < longest:
        longer = Span(longer.first, longer.own, longer.before, longer.after + 1)
    spans[-1] = longer if lasts(longer) else last
    more = spans[-1].after - last.after
    if before > asked or more:
        fixes.append(
            say(
                "Frames added so that the result's meet the shot's: {before} before, {after} after",
                before=before - asked,
                after=more,
            )
        )
    return spans, 0 if last.after else more


def _frames_of_a_clip(limits: Limits, fps: Fraction, clip_fps: Fraction, timing: Timing) -> tuple[int, int | None]:
    """How many of the timeline's frames a clip shows at least and at most; None where there is no most."""

    def seconds(frames: int) -> Fraction:
        return clip_frames(frames, fps, clip_fps, timing) / clip_fps

    pace = clip_fps if timing is Timing.EVERY_FRAME else fps
    # The clip's frames are whole too, which can take one of the timeline's away or add one.
    fewest = 1
    if limits.min_seconds is not None:
        fewest = math.ceil(limits.min_seconds * pace)
        while seconds(fewest) < limits.min_seconds:
            fewest += 1
    if limits.max_seconds is None:
        return fewest, None
    most = math.floor(limits.max_seconds * pace)
    while seconds(most) > limits.max_seconds:
        most -= 1
    return fewest, most


def _length_words(shot: Shot, model: Model, spans: list[Span], handles: int) -> list[str]:
    """What was done about the length."""
    if len(spans) > 1:
        lengths = sorted(span.frames for span in spans)
        words = [
            say(
                "Sent as {count} parts of {least} to {most} frames, placed as one strip",
                count=len(spans),
                least=lengths[0],
                most=lengths[-1],
            )
        ]
        seams = [2 * span.after for span in spans[:-1] if span.after]
        if seams:
            words.append(
                say(
                    "Parts dissolved over {frames} frames where no cut parts them: {count}×",
                    frames=seams[0],
                    count=len(seams),
                )
            )
        return words
    (span,) = spans
    if span.before == span.after == handles:
        return []
    words = [
        say(
            "Lengthened to {least:g} s: {before} frames before and {after} after, trimmed off again",
            least=float(model.limits.min_seconds or 0),
            before=span.before,
            after=span.after,
        )
    ]
    held = max(0, span.before - shot.before) + max(0, span.after - shot.after)
    if held:
        words.append(say("{frames} of them hold the picture still: there is no more of it", frames=held))
    return words
