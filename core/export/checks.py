# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a file that is about to be sent against the plan and the limits. It reads no file and makes none."""

from __future__ import annotations

from ..errors import ExportError, LimitError
from ..media import mp4
from ..models.model import Limits, within
from ..values.plan import Part, Plan, rate_words
from ..words import say


def check(video: mp4.Video, plan: Plan, part: Part, limits: Limits) -> None:
    """Hold the file that is about to be sent against the plan and the limits. Raises ExportError or LimitError."""
    if video.frames != part.frames or video.fps != plan.fps or not video.constant:
        raise ExportError(
            say(
                "The clip holds {frames} frames at {fps} fps; planned were {planned} at {planned_fps}.",
                frames=video.frames,
                fps=rate_words(video.fps),
                planned=part.frames,
                planned_fps=rate_words(plan.fps),
            ),
            say("Try again; if it stays so, send the timeline instead of the strip."),
        )
    check_limits(video, limits)


def check_limits(video: mp4.Video, limits: Limits) -> None:
    """Hold a file against the limits alone. Raises LimitError."""
    if limits.max_video_bytes is not None and video.size > limits.max_video_bytes:
        raise LimitError(
            say(
                "The clip is {size:.1f} MB; at most {limit} MB are taken.",
                size=video.size / 1_000_000,
                limit=limits.max_video_bytes // 1_000_000,
            ),
            say("Shorten the shot."),
        )
    for side in (video.width, video.height):
        if not within(side, limits.min_side, limits.max_side):
            raise LimitError(
                say(
                    "The clip is {width}×{height}; each side must be {least} to {most} pixels.",
                    width=video.width,
                    height=video.height,
                    least=limits.min_side or 1,
                    most="∞" if limits.max_side is None else limits.max_side,
                ),
                say("Send the timeline instead of the strip."),
            )
    if not within(video.fps, limits.min_fps, limits.max_fps):
        raise LimitError(
            say(
                "The clip runs at {fps} fps; {least} to {most} are taken.",
                fps=rate_words(video.fps),
                least=limits.min_fps or 0,
                most="∞" if limits.max_fps is None else limits.max_fps,
            ),
            say("Choose the timing “Every Frame”."),
        )
    if not within(video.seconds, limits.min_seconds, limits.max_seconds):
        raise LimitError(
            say(
                "The clip lasts {seconds:.2f} s; {least:g} to {most:g} s are taken.",
                seconds=float(video.seconds),
                least=float(limits.min_seconds or 0),
                most=float("inf" if limits.max_seconds is None else limits.max_seconds),
            ),
            say("Lengthen or shorten the shot."),
        )
