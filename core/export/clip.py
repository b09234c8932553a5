# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the file that is sent, the cheapest true way: the movie's own frames, all of them or a cut, or a render.

Whatever the way, the file is read back and held against the plan and the limits before it leaves. Which frames of the
movie can be used is told by `own_frames`, what has to be rendered by `recipe`; a background Blender renders it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from ..blender_process import Blender
from ..errors import ExportError
from ..media import mp4
from ..models.model import Limits
from ..planning.job_model import model_of
from ..storage import make_folder, put_in_place, unwritable
from ..values.cut_recipe import CutRecipe
from ..values.job import Job
from ..values.plan import rate_words
from ..values.serialization import to_json
from ..words import say
from .checks import check
from .own_frames import OwnFrames, own_frames
from .recipe import render_recipe

_FILL = Fraction(92, 100)
"""How much of the size limit an encode at a computed rate aims at: encoders miss their rate by a few per cent."""

_EDGE_FRAMES = 3
_KEYS_LOOKED_AT = 16
"""Frames of a cut that are held against its source: a Blender starts for it, and looks at these in about a second."""


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
    sent = _without_encoding(job, own, folder, limits, blender, cancelled) if own is not None else None
    if sent is not None:
        return sent
    target = folder / "clip.mp4"
    if not scene_file.is_file():
        raise ExportError(
            say("What was to be sent of “{shot}” is not kept any more: the job was dismissed.", shot=job.label),
            say("Dismiss it again, and send the shot anew; nothing was charged for this."),
        )

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


def _without_encoding(
    job: Job, own: OwnFrames, folder: Path, limits: Limits, blender: Blender, cancelled: Callable[[], bool]
) -> tuple[Path, tuple[str, ...]] | None:
    """The clip made of the movie's own frames, and what was done. None where it cannot be after all."""
    source = Path(job.shot.file)
    fps = job.plan.fps
    target = folder / f"clip{source.suffix.lower()}"
    try:
        make_folder(folder)
        if not mp4.cut(source, target, own.run, fps, keep_sound=job.plan.keep_audio):
            return None
    except mp4.Unreadable:
        return None
    except OSError as error:
        raise unwritable(folder, error) from error
    check(_probe(target), job.plan, job.sent, limits)
    if not own.whole and not _shows_the_same(source, target, own.run, folder, blender, cancelled):
        return None
    rate = rate_words(fps)
    if own.whole and own.video.fps == fps:
        return target, (say("Sent without encoding it again"),)
    if own.whole:
        return target, (say("Sent without encoding it again, labelled {fps} fps", fps=rate),)
    if own.video.fps == fps:
        return target, (say("Sent without encoding it again, cut out of the file"),)
    return target, (say("Sent without encoding it again, cut out of the file and labelled {fps} fps", fps=rate),)


def _shows_the_same(
    source: Path, cut: Path, run: range, folder: Path, blender: Blender, cancelled: Callable[[], bool]
) -> bool:
    """Whether frames of `cut` look like those of `run` in `source`: at both ends, and wherever decoding begins anew."""
    keys, last = mp4.key_frames(cut), len(run) - 1
    some = keys[:: max(1, -(-len(keys) // _KEYS_LOOKED_AT))]
    looked_at = {*range(_EDGE_FRAMES), *range(last - _EDGE_FRAMES + 1, last + 1), *some}
    frames = tuple(sorted(frame for frame in looked_at if 0 <= frame <= last))
    recipe = CutRecipe(source.absolute(), cut.absolute(), run.start, frames)
    return bool(blender.run("check_cut", to_json(recipe), folder, cancelled=cancelled)["same"])


def _label(clip: Path, fps: Fraction) -> None:
    """Give a rendered clip the planned rate, where Blender writes the scene's own; and leave out what else it wrote."""
    video = _probe(clip)
    labelled = clip.with_name("labelled.mp4")
    try:
        if not mp4.cut(clip, labelled, range(video.frames), fps, keep_sound=True):
            mp4.relabel(clip, labelled, fps, keep_sound=True)
        put_in_place(labelled, clip)
    except mp4.Unreadable as error:
        raise ExportError(
            say("The rendered clip cannot be given its rate: {error}.", error=error), say("Try again.")
        ) from error
    except OSError as error:
        raise unwritable(clip.parent, error) from error


def _probe(clip: Path) -> mp4.Video:
    try:
        return mp4.probe(clip)
    except (OSError, mp4.Unreadable) as error:
        raise ExportError(
            say("The rendered clip cannot be read back: {error}.", error=error),
            say("Check the room on disk and try again."),
        ) from error
