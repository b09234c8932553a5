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
        bits = int(limits.max_video_bytes * 8 * _FILL / job.plan.seconds)
        blender.run(
            "render_clip", _recipe(job, scene_file, target, bits), folder, progress=progress, cancelled=cancelled
        )
        notes = (f"Encoded again to stay under {limits.max_video_bytes // 1_000_000} MB",)
    _label(target, job.plan.fps)
    check(_probe(target), job.plan, limits)
    return target, notes


def check(video: mp4.Video, plan: conform.Plan, limits: Limits) -> None:
    """Hold the file that is about to be sent against the plan and the limits. Raises ExportError or LimitError."""
    if video.frames != plan.frames or video.fps != plan.fps or not video.constant:
        raise ExportError(
            f"The clip holds {video.frames} frames at {conform.rate_words(video.fps)} fps; planned were "
            f"{plan.frames} at {conform.rate_words(plan.fps)}.",
            "Try again; if it stays so, send the timeline instead of the strip.",
        )
    _within(video, limits)


def _within(video: mp4.Video, limits: Limits) -> None:
    if video.size > limits.max_video_bytes:
        raise LimitError(
            f"The clip is {video.size / 1_000_000:.1f} MB; at most {limits.max_video_bytes // 1_000_000} MB are taken.",
            "Shorten the shot.",
        )
    for side in (video.width, video.height):
        if not limits.min_side <= side <= limits.max_side:
            raise LimitError(
                f"The clip is {video.width}×{video.height}; each side must be {limits.min_side} to {limits.max_side} "
                "pixels.",
                "Send the timeline instead of the strip.",
            )
    if not limits.min_fps <= video.fps <= limits.max_fps:
        raise LimitError(
            f"The clip runs at {conform.rate_words(video.fps)} fps; {limits.min_fps} to {limits.max_fps} are taken.",
            "Choose the timing “Every Frame”.",
        )
    if not limits.min_seconds <= video.seconds <= limits.max_seconds:
        raise LimitError(
            f"The clip lasts {float(video.seconds):.2f} s; {float(limits.min_seconds):g} to "
            f"{float(limits.max_seconds):g} s are taken.",
            "Lengthen or shorten the shot.",
        )


def _whole(job: Job, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]] | None:
    """The movie that the shot shows whole, if it can go out without being encoded again."""
    source = Path(job.shot.whole_file)
    plan = job.plan
    try:
        video = mp4.probe(source)
    except (OSError, mp4.Unreadable):
        return None
    if (
        source.suffix.lower() not in limits.video_suffixes
        or video.codec not in _SENT_AS_IS
        or not video.constant
        or video.rotation
        or video.start
        or video.trimmed
        or video.frames != plan.frames
        or (video.width, video.height) != (plan.width, plan.height)
        or video.size > limits.max_video_bytes
    ):
        return None
    if video.fps == plan.fps:
        _within(video, limits)
        return source, ("Sent as the file it is",)
    if not plan.one_to_one or plan.keep_audio:
        return None
    target = folder / f"clip{source.suffix.lower()}"
    try:
        mp4.relabel(source, target, plan.fps)
    except mp4.Unreadable:
        return None
    except OSError as error:
        raise _no_room(folder, error) from error
    check(_probe(target), plan, limits)
    return target, (f"Sent without encoding it again, labelled {conform.rate_words(plan.fps)} fps",)


def _recipe(job: Job, scene_file: Path, target: Path, bits: int | None) -> dict[str, Any]:
    shot, plan = job.shot, job.plan
    return {
        "blend": str(scene_file),
        "scene": shot.scene,
        "strips": [strip.name for strip in shot.strips] if shot.source is Source.STRIP else [],
        "sounds": list(shot.sounds) if shot.source is Source.STRIP else [],
        "native": shot.native,
        "scalable": shot.scalable,
        "start": shot.sent_start,
        "frames": shot.sent_frames,
        "handles": shot.handles,
        "canvas": [shot.width, shot.height],
        "size": [plan.width, plan.height],
        "frame_map": [] if plan.one_to_one else conform.frame_map(shot, plan),
        "fps": [plan.fps.numerator, plan.fps.denominator],
        "view": shot.view,
        "audio": plan.keep_audio,
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
        raise ExportError(f"The rendered clip cannot be given its rate: {error}.", "Try again.") from error
    except OSError as error:
        raise _no_room(clip.parent, error) from error


def _probe(clip: Path) -> mp4.Video:
    try:
        return mp4.probe(clip)
    except (OSError, mp4.Unreadable) as error:
        raise ExportError(
            f"The rendered clip cannot be read back: {error}.", "Check the room on disk and try again."
        ) from error


def _no_room(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be written: {error.strerror}.", "Free some room or choose another folder.")
