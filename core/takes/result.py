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
    late = Fraction(0)
    try:
        if video.sound:
            right, late = _in_step(right, video, result)
    except mp4.Unreadable as error:
        notes.append(say("The result's sound could not be put in step: {error}", error=error))
    except OSError as error:
        raise unwritable(result.parent, error) from error
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
        sound_late=late,
        timed=laid.runs,
    )
    return take, (*laid.notes, *notes, *cut_off)


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


def _in_step(right: Path, video: mp4.Video, result: Path) -> tuple[Path, Fraction]:
    """The file `right`, or a copy that Blender plays as it should, and seconds by which its sound begins after its
    picture. right: made of `result`, which is as `video` tells, or that itself.

    What begins inside of a sample Blender plays too early, by up to two samples: its reader leaves out twice what the
    edit list hides of them.
    """
    # A new table of contents begins with the picture: what was heard before it is cut off there.
    late = video.sound_late if video.even or right is result else max(Fraction(0), video.sound_late)
    inside = video.sound_inside if right is result else mp4.probe(right).sound_inside
    if inside:
        mp4.with_whole_sound(right, result.with_name(CORRECTED))
        return result.with_name(CORRECTED), late - inside
    return right, late


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
