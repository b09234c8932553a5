# SPDX-License-Identifier: GPL-3.0-or-later
"""From the file that came to a take: what the result turned out to be, and what it needs to lie on the shot."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ..errors import DownloadError, Paid
from ..media import mp4
from ..storage import put_in_place, unwritable
from ..values.job import Job
from ..values.take import Take
from ..words import say
from . import landing
from .files import _put, path_for
from .receipt import write_receipt


def land(job: Job, result: Path, target: Path) -> tuple[Take, tuple[str, ...]]:
    """Look into the downloaded `result`, give it the rate it needs to lie on the shot, and put it at `target`.

    The take, and what was done, in words. `result` stays as it came, so that it can be done again. Raises DownloadError
    where it is not a video, StorageError where the folder cannot be written.
    """
    try:
        video = mp4.probe(result)
    except (OSError, mp4.Unreadable) as error:
        raise DownloadError(
            say("The result is not a video that can be read: {error}.", error=error),
            say("Retry fetches it again without paying again."),
            paid=Paid.YES,
        ) from error
    notes: list[str] = []
    frames, fps, begins, right = video.frames, video.fps, None, result
    try:
        if not video.even:
            frames, fps, begins = landing.pace(mp4.presented(result))
        laid = landing.land(job.shot, job.plan, job.sent, frames, fps, begins)
        right, rotation = _corrected(result, video, laid.play_fps, job.plan.fps)
    except mp4.Unreadable as error:
        notes.append(say("The result's rate could not be changed: {error}", error=error))
        laid, rotation = landing.land(job.shot, job.plan, job.sent, frames, fps, begins), 0
    except OSError as error:
        raise unwritable(result.parent, error) from error
    if rotation:
        notes.append(say("The result says that it has to be turned by {degrees}°: turned", degrees=rotation))
    fit, cut_off = landing.fit(job.shot, video.width, video.height)
    try:
        if not target.exists():
            _put(right, target)
    except OSError as error:
        raise unwritable(target.parent, error) from error
    take = Take(
        path=str(target),
        width=video.width,
        height=video.height,
        frames=frames,
        fps=fps,
        sound=video.sound,
        play_fps=laid.play_fps,
        runs=laid.runs,
        fit=fit,
        rotation=rotation,
        sound_late=_sound_late(right, video if right is result else None) if video.sound else Fraction(0),
    )
    return take, (*laid.notes, *notes, *cut_off)


def _sound_late(take: Path, video: mp4.Video | None) -> Fraction:
    """Seconds by which the sound of a file begins after its picture: laid alone it does not know. video: what was read
    of the file already.
    """
    try:
        video = video or mp4.probe(take)
    except (OSError, mp4.Unreadable):
        return Fraction(0)
    return max(Fraction(0), video.sound_start - video.start)


def keep(job: Job, result: Path, folder: Path) -> Path:
    """Have the downloaded `result` among the takes in `folder`, with its receipt, though nobody places it. Where it is.

    What cannot be read as a video is kept as it came. Raises StorageError where the folder cannot be written.
    """
    target = path_for(job, folder)
    try:
        take, _notes = land(job, result, target)
    except DownloadError:
        try:
            if not target.exists():
                _put(result, target)
        except OSError as error:
            raise unwritable(folder, error) from error
    else:
        write_receipt(replace(job, take=take))
    return target


def _corrected(result: Path, video: mp4.Video, play_fps: Fraction | None, usual: Fraction) -> tuple[Path, int]:
    """The file with the rate that it has to play at, and with what makes every Blender show the same of it: `result`,
    or a copy beside it. Degrees by which it has still to be turned: whether Blender does that by itself depends on its
    version.

    usual: the rate where each file frame is shown for a frame of the timeline.
    """
    right = result.with_name(CORRECTED)
    if not video.even:
        mp4.with_even_rate(result, right, play_fps or usual, keep_sound=True)
        return right, video.rotation
    if play_fps is not None and play_fps != video.fps:
        mp4.relabel(result, right, play_fps, keep_sound=True)
        return right, 0
    return result, 0


def at_rate(take: Path, fps: Fraction) -> Path:
    """A copy of the file `take`, beside it, whose pictures run at `fps`; its sound keeps its own pace.

    The same file again where it is there already. Raises Unreadable where it cannot be done, and OSError.
    """
    copy = take.with_name(f"{take.stem}_at{fps.numerator}-{fps.denominator}{take.suffix}")
    if not copy.exists():
        half = copy.with_suffix(".part")
        mp4.relabel(take, half, fps, keep_sound=True)
        put_in_place(half, copy)
    return copy


CORRECTED = "right.mp4"
"""A result that was put right, beside it."""
