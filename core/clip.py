# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the file that is sent, the cheapest true way: the movie as it is, the movie with another rate, or a render.

Whatever the way, the file is read back and held against the plan and the limits before it leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import conform, mp4
from .blender_process import Blender
from .errors import ExportError, LimitError, StorageError
from .job import Job
from .models import MODELS, Limits
from .settings import Source
from .shot import Shot
from .words import say

_FILL = Fraction(92, 100)
"""How much of the size limit an encode at a computed rate aims at: encoders miss their rate by a few per cent."""

_SENT_AS_IS = ("avc1", "avc3")


def make(
    job: Job,
    scene_file: Path,
    folder: Path,
    blender: Blender,
    *,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> tuple[Path, tuple[str, ...]]:
    """The clip of `job`, inside every limit, and what was done to make it, in words.

    scene_file: the .blend that the shot's scene was written to. folder: where the clip and its parts go. Raises
    ExportError, LimitError, StorageError or JobCancelled.
    """
    limits = MODELS[job.order.model].limits
    if job.shot.whole_file:
        sent = _whole(job, folder, limits)
        if sent is not None:
            return sent
    target = folder / "clip.mp4"
    blender.run("render_clip", _recipe(job, scene_file, target, None), folder, progress=progress, cancelled=cancelled)
    notes: tuple[str, ...] = ()
    size = target.stat().st_size
    if size > limits.max_video_bytes:
        bits = int(limits.max_video_bytes * 8 * _FILL / (job.sent.frames / job.plan.fps))
        blender.run(
            "render_clip", _recipe(job, scene_file, target, bits), folder, progress=progress, cancelled=cancelled
        )
        notes = (say("Encoded again to stay under {limit} MB", limit=limits.max_video_bytes // 1_000_000),)
    _label(target, job.plan.fps)
    check(_probe(target), job.plan, job.sent, limits)
    return target, notes


def check(video: mp4.Video, plan: conform.Plan, part: conform.Part, limits: Limits) -> None:
    """Hold the file that is about to be sent against the plan and the limits. Raises ExportError or LimitError."""
    if video.frames != part.frames or video.fps != plan.fps or not video.constant:
        raise ExportError(
            say(
                "The clip holds {frames} frames at {fps} fps; planned were {planned} at {planned_fps}.",
                frames=video.frames,
                fps=conform.rate_words(video.fps),
                planned=part.frames,
                planned_fps=conform.rate_words(plan.fps),
            ),
            say("Try again; if it stays so, send the timeline instead of the strip."),
        )
    _within(video, limits)


def _within(video: mp4.Video, limits: Limits) -> None:
    if video.size > limits.max_video_bytes:
        raise LimitError(
            say(
                "The clip is {size:.1f} MB; at most {limit} MB are taken.",
                size=video.size / 1_000_000,
                limit=limits.max_video_bytes // 1_000_000,
            ),
            say("Shorten the shot."),
        )
    for side in (video.width, video.height):
        if not limits.min_side <= side <= limits.max_side:
            raise LimitError(
                say(
                    "The clip is {width}×{height}; each side must be {least} to {most} pixels.",
                    width=video.width,
                    height=video.height,
                    least=limits.min_side,
                    most=limits.max_side,
                ),
                say("Send the timeline instead of the strip."),
            )
    if not limits.min_fps <= video.fps <= limits.max_fps:
        raise LimitError(
            say(
                "The clip runs at {fps} fps; {least} to {most} are taken.",
                fps=conform.rate_words(video.fps),
                least=limits.min_fps,
                most=limits.max_fps,
            ),
            say("Choose the timing “Every Frame”."),
        )
    if not limits.min_seconds <= video.seconds <= limits.max_seconds:
        raise LimitError(
            say(
                "The clip lasts {seconds:.2f} s; {least:g} to {most:g} s are taken.",
                seconds=float(video.seconds),
                least=float(limits.min_seconds),
                most=float(limits.max_seconds),
            ),
            say("Lengthen or shorten the shot."),
        )


def whole_movie(shot: Shot, plan: conform.Plan, limits: Limits) -> mp4.Video | None:
    """The movie that the shot shows whole, where it can go out without being encoded again. Opens the file."""
    source = Path(shot.whole_file)
    alone = len(plan.parts) == 1 and plan.parts[0].sent == shot.frames
    try:
        video = mp4.probe(source) if shot.whole_file and alone else None
    except (OSError, mp4.Unreadable):
        return None
    if (
        video is None
        or source.suffix.lower() not in limits.video_suffixes
        or video.codec not in _SENT_AS_IS
        or not video.constant
        or video.rotation
        or video.start
        or video.trimmed
        or video.frames != plan.frames
        or (video.width, video.height) != (plan.width, plan.height)
        or video.size > limits.max_video_bytes
        or (video.fps != plan.fps and (not plan.one_to_one or plan.keep_audio))
    ):
        return None
    return video


def _whole(job: Job, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]] | None:
    """The movie that the shot shows whole, if it can go out without being encoded again."""
    source = Path(job.shot.whole_file)
    plan = job.plan
    video = whole_movie(job.shot, plan, limits)
    if video is None:
        return None
    if video.fps == plan.fps:
        _within(video, limits)
        return source, (say("Sent as the file it is"),)
    target = folder / f"clip{source.suffix.lower()}"
    try:
        mp4.relabel(source, target, plan.fps)
    except mp4.Unreadable:
        return None
    except OSError as error:
        raise _no_room(folder, error) from error
    check(_probe(target), plan, job.sent, limits)
    return target, (say("Sent without encoding it again, labelled {fps} fps", fps=conform.rate_words(plan.fps)),)


def _recipe(job: Job, scene_file: Path, target: Path, bits: int | None) -> dict[str, Any]:
    shot, plan, part = job.shot, job.plan, job.sent
    # What the shot's picture does not have on a side is not rendered: its edge frame is shown again and again.
    held_before, held_after = 0, part.held
    if not shot.holds:
        held_before = max(0, -part.start - shot.before)
        held_after += max(0, part.start + part.sent - part.held - shot.frames - shot.after)
    rendered = part.sent - held_before - held_after
    shown = [min(max(k - held_before, 0), rendered - 1) for k in conform.frame_map(shot, plan, part)]
    return {
        "blend": str(scene_file),
        "scene": shot.scene,
        "strips": [strip.name for strip in shot.strips],
        "sounds": list(shot.sounds),
        "alone": shot.source is Source.STRIP,
        "native": shot.native,
        "scalable": shot.scalable,
        "start": shot.start + part.start + held_before,
        "frames": rendered,
        "lengthen": shot.holds,
        "canvas": [shot.width, shot.height],
        "size": [plan.width, plan.height],
        "frame_map": [] if shown == list(range(rendered)) else shown,
        "fps": [plan.fps.numerator, plan.fps.denominator],
        "view": shot.view,
        "audio": plan.keep_audio,
        "sound_delay": round(held_before * plan.fps / shot.fps),
        "bits_per_second": bits or 0,
        "still": False,
        "target": str(target),
    }


def _label(clip: Path, fps: Fraction) -> None:
    """Give a rendered clip the planned rate: Blender writes the scene's own."""
    if _probe(clip).fps == fps:
        return
    try:
        mp4.relabel(clip, clip, fps, keep_sound=True)
    except mp4.Unreadable as error:
        raise ExportError(
            say("The rendered clip cannot be given its rate: {error}.", error=error), say("Try again.")
        ) from error
    except OSError as error:
        raise _no_room(clip.parent, error) from error


def _probe(clip: Path) -> mp4.Video:
    try:
        return mp4.probe(clip)
    except (OSError, mp4.Unreadable) as error:
        raise ExportError(
            say("The rendered clip cannot be read back: {error}.", error=error),
            say("Check the room on disk and try again."),
        ) from error


def _no_room(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        say("{folder} cannot be written: {error}.", folder=folder, error=error.strerror),
        say("Free some room or choose another folder."),
    )
