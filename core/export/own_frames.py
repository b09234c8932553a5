# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the frames of a shot's own movie that can go out as they are coded, without being encoded again.

It reads the movie's tables and writes nothing; the clip is made of these frames in `clip`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..media import mp4
from ..models.model import Limits, within
from ..values.plan import Part, Plan
from ..values.shot import Shot


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
        """All that there are. Else it is cut out."""
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
        most = video.frames if plan.keep_audio else 0
        apart = tuple(run for run in runs if max(1, most) <= len(run) <= video.frames)
        sizes = _sizes_of_cuts(shot.file, apart, plan.fps, plan.keep_audio) if apart else {}
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
        and video.plain
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


def _sizes_of_cuts(path: str, runs: tuple[range, ...], fps: Fraction, sound: bool) -> dict[range, int | None]:
    state = os.stat(path)
    return _sizes_of_cuts_then(path, (state.st_size, state.st_mtime_ns), runs, fps, sound)


@lru_cache(maxsize=256)
def _sizes_of_cuts_then(
    path: str, _state: tuple[int, int], runs: tuple[range, ...], fps: Fraction, sound: bool
) -> dict[range, int | None]:
    """Kept while the file stays as it is: the tables of an hour of film take time, and a panel asks again and again."""
    return dict(zip(runs, mp4.sizes_of_cuts(path, runs, fps, keep_sound=sound), strict=True))
