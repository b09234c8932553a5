# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a result to the timeline on the way back. Pure arithmetic on exact fractions: it opens no file."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..media.samples import Presentation
from ..values.job import Job
from ..values.plan import Part, Plan, frame_map, rate_words
from ..values.shot import Shot
from ..values.take import Fit, FrameShift, Take
from ..words import say

_MOST_RUNS = 12
"""Strips that a result of uneven frames is cut into at most, to show each frame when it should be."""

_UNEVEN = Fraction(1, 8)
"""Of a frame, by which it may begin early or late and still be told from uneven ones."""

_FINEST = 1001
"""Denominator of a rate that was measured, at most: those of NTSC have it."""

_STRETCHED = 0.02
"""Two aspects that are nearer than this are one: the picture is stretched rather than cut off."""


@dataclass(frozen=True)
class Landing:
    """How a result is laid on the timeline.

    play_fps: None where one file frame belongs to one timeline frame; otherwise the rate that the file has to carry so
    that, played at its own rate, it covers the frames that were sent. notes: what was done, in words. runs: where, one
    file frame for one timeline frame, it shows others than the first that were sent; see `job.Take`.
    """

    play_fps: Fraction | None
    notes: tuple[str, ...]
    runs: tuple[FrameShift, ...] = ()


def pace(seen: Presentation) -> tuple[int, Fraction, tuple[Fraction, ...] | None]:
    """How many frames a player shows, their rate, and when each begins where they do not last equally long."""
    frames, last = len(seen.begins), seen.begins[-1]
    step = last / (frames - 1) if last else seen.seconds
    # Times in thousandths of a second, say, are never quite even.
    if all(abs(begin - number * step) <= step * _UNEVEN for number, begin in enumerate(seen.begins)):
        return frames, (1 / step).limit_denominator(_FINEST), None
    return frames, (frames / seen.seconds).limit_denominator(_FINEST), seen.begins


def land(
    shot: Shot, sent: Plan, part: Part, frames: int, fps: Fraction, begins: Sequence[Fraction] | None = None
) -> Landing:
    """How a result of `frames` at `fps` covers a `part` of `shot`.

    The service answers in its own rate, so time in the result is time in the clip; where the clip's label is not the
    shot's rate (every frame), that time is stretched back. begins: seconds at which each frame begins, where they do
    not last equally long; `fps` is their mean rate then.
    """
    stretch = shot.fps / sent.fps if sent.one_to_one else Fraction(1)
    play_fps = fps * stretch
    covers = frames * shot.fps / play_fps
    if begins is not None and frames != part.sent:
        runs = _by_time(begins, part.sent, shot.fps / stretch)
        if len(runs) <= _MOST_RUNS:
            note = say("The result's frames do not last equally long: each is shown at its time")
            return Landing(None, (note, *_length_words(covers - part.sent)), runs if any(r.late for r in runs) else ())
    one_to_one = frames == part.sent
    # A frame more or fewer under another label, rather than another length.
    one_to_one = one_to_one or (abs(frames - part.sent) == 1 and abs(covers - part.sent) > 2)
    one_to_one = one_to_one or (begins is None and abs(play_fps / shot.fps - 1) * part.sent < Fraction(1, 2))
    if one_to_one:
        notes = [say("The result has {frames} frames for {sent}", frames=frames, sent=part.sent)]
        notes += _length_words(Fraction(frames - part.sent))
        if begins is not None:
            even = say("The result's frames do not last equally long: shown one for one")
            return Landing(None, (even, *(notes if frames != part.sent else ())))
        return Landing(None, tuple(notes) if frames != part.sent else ())
    note = say(
        "{frames} frames at {fps} fps laid over {sent} frames",
        frames=frames,
        fps=rate_words(fps),
        sent=part.sent,
    )
    notes = [note, *_length_words(covers - part.sent)]
    if begins is not None:
        notes.append(say("The result's frames do not last equally long: evened out, each as near its time as can be"))
    return Landing(play_fps, tuple(notes))


def _length_words(more: Fraction) -> list[str]:
    """What is done about a result that covers so many frames `more` than were sent."""
    if more >= 1:
        return [say("The result is too long, cut off at its end: {count} frames", count=math.floor(more))]
    if more <= -1:
        return [say("The result is too short, its last frame held: {count} frames", count=math.floor(-more))]
    return []


def _by_time(begins: Sequence[Fraction], sent: int, fps: Fraction) -> tuple[FrameShift, ...]:
    """What shows, in the middle of each of the `sent` frames at `fps`, the frame that is on then."""
    runs: list[FrameShift] = []
    for k in range(sent):
        shows = max(0, bisect_right(begins, (k + Fraction(1, 2)) / fps) - 1)
        # What comes after the last frame holds it, without a run of its own.
        if not runs or min(k + runs[-1].late, len(begins) - 1) != shows:
            runs.append(FrameShift(k, shows - k))
    return tuple(runs)


def fit(shot: Shot, width: int, height: int) -> tuple[Fit, tuple[str, ...]]:
    """How a result of `width` × `height` lies over the shot's picture, see `Take.fit`; what is done, in words."""
    wide, tall = shot.width / width, shot.height / height
    if abs(wide / tall - 1) < _STRETCHED:
        return Fit(), ()
    cover = max(wide, tall)
    note = say(
        "The result is {width}×{height}, of another shape than {shot_width}×{shot_height}: centred, its edges cut off",
        width=width,
        height=height,
        shot_width=shot.width,
        shot_height=shot.height,
    )
    return Fit(cover / wide, cover / tall), (note,)


def expected_frames(job: Job, take: Take) -> list[int]:
    """For each frame of the clip of `job`, the frame of its take that should show it, in the order of time."""
    if take.play_fps is None:
        sent = frame_map(job.shot, job.plan, job.sent)
        late = _late(take, job.sent.sent)
        return [min(max(k + late[k], 0), take.frames - 1) for k in sent]
    pace = take.fps / job.plan.fps
    return [min(math.floor((k + Fraction(1, 2)) * pace), take.frames - 1) for k in range(job.sent.frames)]


def runs(job: Job, take: Take, expected: Sequence[int], found: Sequence[int]) -> tuple[FrameShift, ...]:
    """The runs of a take whose frames are not where they should be. found: for each clip frame, the take's frame.

    Those that it has where every frame is as expected. Past its ends a take holds its edge frames, which tells nothing.
    """
    if list(expected) == list(found):
        return take.runs
    sent = frame_map(job.shot, job.plan, job.sent)
    late = _late(take, job.sent.sent)
    told: list[FrameShift] = []
    for k, (should, shows) in enumerate(zip(expected, found, strict=True)):
        now = late[sent[k]] + shows - should
        if 0 < shows < take.frames - 1 and (not told or now != told[-1].late):
            told.append(FrameShift(sent[k] if told else 0, now))
    return tuple(told) if any(run.late for run in told) else ()


def _late(take: Take, sent: int) -> list[int]:
    """For each frame that was sent, how many frames later than it the take shows it, by the take's own runs."""
    found = [0] * sent
    for run in take.runs:
        found[run.sent :] = [run.late] * (sent - run.sent)
    return found
