# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the file that is sent, the cheapest true way: the movie as it is, with another rate, a cut of it, or a render.

Whatever the way, the file is read back and held against the plan and the limits before it leaves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..blender_process import Blender
from ..errors import ExportError, LimitError, StorageError
from ..media import mp4
from ..models.model import Limits, within
from ..planning.job_model import model_of
from ..values.choices import Source
from ..values.job import Job
from ..values.plan import Part, Plan, frame_map, rate_words
from ..values.shot import Shot
from ..words import say

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
    limits = model_of(job).limits
    (own,) = own_frames(job.shot, job.plan, [job.sent], limits)
    sent = _without_encoding(job, own, folder, limits) if own is not None else None
    if sent is not None:
        return sent
    target = folder / "clip.mp4"
    blender.run("render_clip", _recipe(job, scene_file, target, None), folder, progress=progress, cancelled=cancelled)
    notes: tuple[str, ...] = ()
    size = target.stat().st_size
    if limits.max_video_bytes is not None and size > limits.max_video_bytes:
        bits = int(limits.max_video_bytes * 8 * _FILL / (job.sent.frames / job.plan.fps))
        blender.run(
            "render_clip", _recipe(job, scene_file, target, bits), folder, progress=progress, cancelled=cancelled
        )
        notes = (say("Encoded again to stay under {limit} MB", limit=limits.max_video_bytes // 1_000_000),)
    _label(target, job.plan.fps)
    check(_probe(target), job.plan, job.sent, limits)
    return target, notes


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
    _within(video, limits)


def _within(video: mp4.Video, limits: Limits) -> None:
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


@dataclass(frozen=True)
class OwnFrames:
    """Frames of the shot's own movie that can go out as a clip without being encoded again.

    video: what that movie holds. run: which of its frames. size: bytes of the clip.
    """

    video: mp4.Video
    run: range
    size: int

    @property
    def whole(self) -> bool:
        """All that there are: the clip is the movie itself, or a copy with another rate. Else it is cut out."""
        return len(self.run) == self.video.frames


def own_frames(shot: Shot, plan: Plan, parts: Sequence[Part], limits: Limits) -> tuple[OwnFrames | None, ...]:
    """For each of `parts` the frames of the shot's movie that it consists of, where those can go out as they are coded.

    None where it has to be rendered. Opens the file, and reads its tables where it would be cut.
    """
    rendered = (None,) * len(parts)
    try:
        video = mp4.probe(shot.file) if shot.file else None
        if video is None or not _fits(video, shot, plan, limits):
            return rendered
        runs = [range(shot.before + part.start, shot.before + part.start + part.sent) for part in parts]
        # A cut is silent.
        apart = () if plan.keep_audio else tuple(run for run in runs if 0 < len(run) < video.frames)
        sizes = {range(video.frames): video.size, **(_sizes_of_cuts(shot.file, apart, plan.fps) if apart else {})}
    except (OSError, mp4.Unreadable):
        return rendered
    return tuple(
        OwnFrames(video, run, size)
        if size is not None
        and within(size, None, limits.max_video_bytes)
        and part.frames == part.sent
        and not part.held
        else None
        for part, run, size in zip(parts, runs, map(sizes.get, runs), strict=True)
    )


def _fits(video: mp4.Video, shot: Shot, plan: Plan, limits: Limits) -> bool:
    """Whether frames of the movie can be sent as they are coded, for a clip that shows the timeline's one for one."""
    return (
        plan.one_to_one
        and Path(shot.file).suffix.lower() in limits.video_suffixes
        and video.codec in _SENT_AS_IS
        and video.constant
        and not (video.rotation or video.start or video.trimmed)
        and _frame_by_frame(video, shot)
        and (video.width, video.height) == (plan.width, plan.height)
        and (not plan.keep_audio or (video.fps == plan.fps and shot.file_sounds))
    )


def _frame_by_frame(video: mp4.Video, shot: Shot) -> bool:
    """Whether the timeline shows a frame of the movie on each of its own, and numbers them as the movie's tables do.

    A movie that plays at a rate of its own differs in its length alone, which is told in whole frames: one more or less
    may not show. Where the two are less than half a frame apart at the end, the nearest frame is the same.
    """
    apart = abs(shot.fps / video.fps - 1) * video.frames
    return video.frames == shot.before + shot.frames + shot.after and not Fraction(1, 2) <= apart < 2


def _sizes_of_cuts(path: str, runs: tuple[range, ...], fps: Fraction) -> dict[range, int | None]:
    state = os.stat(path)
    return _sizes_of_cuts_then(path, (state.st_size, state.st_mtime_ns), runs, fps)


@lru_cache(maxsize=16)
def _sizes_of_cuts_then(
    path: str, _state: tuple[int, int], runs: tuple[range, ...], fps: Fraction
) -> dict[range, int | None]:
    """Kept while the file stays as it is: the tables of an hour of film take time, and a panel asks again and again."""
    return dict(zip(runs, mp4.sizes_of_cuts(path, runs, fps), strict=True))


def _without_encoding(job: Job, own: OwnFrames, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]] | None:
    """The clip made of the movie's own frames, and what was done. None where it cannot be after all."""
    source = Path(job.shot.file)
    fps = job.plan.fps
    if own.whole and own.video.fps == fps:
        _within(own.video, limits)
        return source, (say("Sent as the file it is"),)
    target = folder / f"clip{source.suffix.lower()}"
    try:
        if own.whole:
            mp4.relabel(source, target, fps)
        elif not mp4.cut(source, target, own.run, fps):
            return None
    except mp4.Unreadable:
        return None
    except OSError as error:
        raise _no_room(folder, error) from error
    check(_probe(target), job.plan, job.sent, limits)
    rate = rate_words(fps)
    if own.whole:
        return target, (say("Sent without encoding it again, labelled {fps} fps", fps=rate),)
    if own.video.fps == fps:
        return target, (say("Sent without encoding it again, cut out of the file"),)
    return target, (say("Sent without encoding it again, cut out of the file and labelled {fps} fps", fps=rate),)


def _recipe(job: Job, scene_file: Path, target: Path, bits: int | None) -> dict[str, Any]:
    shot, plan, part = job.shot, job.plan, job.sent
    # What the shot's picture does not have on a side is not rendered: its edge frame is shown again and again.
    held_before, held_after = 0, part.held
    if not shot.holds:
        held_before = max(0, -part.start - shot.before)
        held_after += max(0, part.start + part.sent - part.held - shot.frames - shot.after)
    rendered = part.sent - held_before - held_after
    shown = [min(max(k - held_before, 0), rendered - 1) for k in frame_map(shot, plan, part)]
    return {
        "blend": str(scene_file),
        "scene": shot.scene,
        "meta": shot.strips[0].meta,
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
