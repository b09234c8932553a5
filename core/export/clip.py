# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the file that is sent, the cheapest true way: the movie as it is, with another rate, a cut of it, or a render.

Whatever the way, the file is read back and held against the plan and the limits before it leaves. Which frames of the
movie can be used is told by `own_frames`, what has to be rendered by `recipe`; a background Blender renders it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from ..blender_process import Blender
from ..errors import ExportError, StorageError
from ..media import mp4
from ..models.model import Limits
from ..planning.job_model import model_of
from ..values.job import Job
from ..values.plan import rate_words
from ..values.serialization import to_json
from ..words import say
from .checks import check, check_limits
from .own_frames import OwnFrames, own_frames
from .recipe import render_recipe

_FILL = Fraction(92, 100)
"""How much of the size limit an encode at a computed rate aims at: encoders miss their rate by a few per cent."""


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

    def render(bits_per_second: int) -> None:
        recipe = render_recipe(job, scene_file, target, bits_per_second)
        blender.run("render_clip", to_json(recipe), folder, progress=progress, cancelled=cancelled)

    render(0)
    notes: tuple[str, ...] = ()
    size = target.stat().st_size
    if limits.max_video_bytes is not None and size > limits.max_video_bytes:
        render(int(limits.max_video_bytes * 8 * _FILL / (job.sent.frames / job.plan.fps)))
        notes = (say("Encoded again to stay under {limit} MB", limit=limits.max_video_bytes // 1_000_000),)
    _label(target, job.plan.fps)
    check(_probe(target), job.plan, job.sent, limits)
    return target, notes


def _without_encoding(job: Job, own: OwnFrames, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]] | None:
    """The clip made of the movie's own frames, and what was done. None where it cannot be after all."""
    source = Path(job.shot.file)
    fps = job.plan.fps
    if own.whole and own.video.fps == fps:
        check_limits(own.video, limits)
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
