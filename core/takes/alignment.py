# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides from the evidence of `background.evidence` which frame of a result shows which frame of the clip, and how its
picture lies over the clip's. Corrects only what is proved; reads no file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..values.take import Fit
from ..words import say

REACH = 14
"""Frames that a result may be early or late by."""

_BLOCK = 5
"""Rows that are taken together: what disturbs one frame disturbs the next."""

_SHORTEST = 20
"""Rows that a delay must last, to be told from chance."""

_STEADY = 2.2
"""By how many standard errors a delay must lead over another, from block to block."""

_CLEAR = 6.0
"""By how many, where the error is what frames that are nothing to each other differ by."""

_STRANGERS = 6
"""Frames apart, from which on two frames of a shot are nothing to each other."""

_JUMP = 3
"""Frames that a delay may change by at once."""


_MOST_NAMED = 2
"""Frames that are told one by one; more of them, one after the other, are a pace."""


@dataclass(frozen=True)
class Inspection:
    """What was found out about a result.

    frames: for each clip frame the result's frame that shows it; what was expected where nothing was corrected.
    fit: how its picture lies over the clip's. sure: whether the frames could be compared. notes: for the editor.
    """

    frames: tuple[int, ...]
    fit: Fit
    sure: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Likeness:
    """How alike frames are.

    band: for each result frame that is expected (a row), the clip frame that it should show beside the result's frames
    from `REACH` before to `REACH` after it; None where there is no such frame. free: the same, where the result's
    picture may be shifted otherwise for each delay.
    """

    band: list[list[float | None]]
    free: list[list[float | None]]


@dataclass(frozen=True)
class Delay:
    """Rows `start` to `end` (exclusive) of the band, all shown `late` frames after they are expected."""

    start: int
    end: int
    late: int


@dataclass(frozen=True)
class Alignment:
    """runs: cover all rows. sure: whether that is proved."""

    runs: tuple[Delay, ...]
    sure: bool

    def late(self) -> list[int]:
        return [run.late for run in self.runs for _ in range(run.start, run.end)]


def shown_by(expected: Sequence[int]) -> list[int]:
    """For each result frame from 0 on, the clip frame that it should show: where there are several, the middle one.

    expected: for each clip frame the result frame that should show it, rising.
    """
    shown: dict[int, list[int]] = {}
    for frame, number in enumerate(expected):
        shown.setdefault(number, []).append(frame)
    frames = []
    middle = 0
    for number in range(max(expected) + 1):
        here = shown.get(number)
        middle = here[(len(here) - 1) // 2] if here else middle
        frames.append(middle)
    return frames


def decide(
    expected: Sequence[int], result_frames: int, found: Alignment, fit: Fit | None, *, still: bool
) -> Inspection:
    """What to make of the evidence. still: hardly anything moves in the clip. fit: None where it is not known."""
    late = found.late()
    frames = expected
    notes: list[str] = []
    if found.sure:
        frames = (
            [min(max(number + late[number], 0), result_frames - 1) for number in expected] if any(late) else expected
        )
        notes += _time_notes(found.runs)
    elif still:
        notes.append(say("Too little moves to compare the frames: placed as it came"))
    else:
        notes.append(say("The frames could not be compared for certain: placed as they came"))
    # In a picture that moves, frames that do not belong together seem shifted.
    fit = fit if fit is not None and (found.sure or still) else Fit()
    notes += _picture_notes(fit)
    return Inspection(tuple(frames), fit, found.sure, tuple(notes) or (say("Aligned"),))


def _time_notes(runs: Sequence[Delay]) -> list[str]:
    notes = []
    first = runs[0].late
    if first == 1:
        notes.append(say("Aligned: 1 frame late, corrected"))
    elif first == -1:
        notes.append(say("Aligned: 1 frame early, corrected"))
    elif first > 0:
        notes.append(say("Aligned: {count} frames late, corrected", count=first))
    elif first:
        notes.append(say("Aligned: {count} frames early, corrected", count=-first))
    changes = [(after.start, before.late, after.late - before.late) for before, after in pairwise(runs)]
    total = sum(change for _, _, change in changes)
    if len(changes) > _MOST_NAMED and abs(total) == sum(abs(change) for _, _, change in changes):
        percent = 100 * abs(total) / runs[-1].end
        if total > 0:
            notes.append(say("The result runs {percent:.1f} % too slowly: evened out", percent=percent))
        else:
            notes.append(say("The result runs {percent:.1f} % too fast: evened out", percent=percent))
        return notes
    for row, late, change in changes:
        if change == 1:
            notes.append(say("Frame {frame} is doubled in the result: skipped", frame=row + late + 1))
        elif change == -1:
            notes.append(say("A frame is missing in the result after frame {frame}: held", frame=row + late))
        elif change > 0:
            notes.append(
                say(
                    "{count} frames too many in the result after frame {frame}: skipped", count=change, frame=row + late
                )
            )
        else:
            notes.append(
                say(
                    "{count} frames are missing in the result after frame {frame}: held",
                    count=-change,
                    frame=row + late,
                )
            )
    return notes


def _picture_notes(fit: Fit) -> list[str]:
    notes = []
    wide, tall = (100 * (1 / scale - 1) for scale in (fit.scale_x, fit.scale_y))
    if wide != tall:
        notes.append(say("The picture is {wide:+.1f} % wide and {tall:+.1f} % tall: scaled back", wide=wide, tall=tall))
    elif wide > 0:
        notes.append(say("The picture is {percent:.1f} % larger than what was sent: scaled back", percent=wide))
    elif wide < 0:
        notes.append(say("The picture is {percent:.1f} % smaller than what was sent: scaled back", percent=-wide))
    if fit.offset_x or fit.offset_y:
        across, up = 100 * abs(fit.offset_x), 100 * abs(fit.offset_y)
        notes.append(
            say(
                "The picture is shifted by {across:.1f} % across and {up:.1f} % up or down: shifted back",
                across=across,
                up=up,
            )
        )
    return notes


def track(likeness: Likeness) -> Alignment:
    """Follow the frames of the clip through the result."""
    band = Band(likeness.band)
    nothing = Alignment((Delay(0, len(band.rows), 0),), False)
    if len(band.rows) < _SHORTEST:
        return nothing
    runs = _runs(_path(band.rows, band.price))
    while len(runs) > 1:
        shortest = min(runs, key=lambda run: run.end - run.start)
        if shortest.end - shortest.start >= _SHORTEST:
            break
        runs = _without(band, runs, shortest)
    while not all(_proved(band, run, runs) for run in runs):
        doubtful = [run for run in runs if not _proved(band, run, runs)]
        if len(doubtful) == len(runs):
            return nothing
        weak = [run for run in doubtful if run.late or not _leans(band, run, runs)]
        if not weak:
            break
        runs = _without(band, runs, weak[0])
    found = Alignment(tuple(runs), True)
    # In a pan, a picture that is shifted looks like one that is late: only where that explains less it is.
    if any(run.late for run in runs) and not band.leads_unmoved(found, Band(likeness.free)):
        return nothing
    return found


class Band:
    """How alike the frames are, and how much chance there is in that."""

    def __init__(self, rows: list[list[float | None]]) -> None:
        self.rows = rows
        usual = max(0.02, *(self._mean(late) for late in range(-REACH, REACH + 1)))
        self.price = 2.0 * usual
        self._noise: dict[tuple[int, int], float] = {}

    def value(self, row: int, late: int) -> float:
        each = self.rows[row][late + REACH]
        return -1.0 if each is None else each

    def lead(self, run: Delay, late: int) -> float:
        """How surely the rows of `run` are shown as it says rather than `late`: 1 is proof."""
        gains = self._gains(range(run.start, run.end), run.late, late)
        if len(gains) * _BLOCK < _SHORTEST / 2:
            # There are no such frames to be shown.
            return 1.0 if not gains else 0.0
        return _certainty(gains, self._strangers(run.late, min(abs(late - run.late), 3)))

    def leads_unmoved(self, found: Alignment, free: Band) -> bool:
        """The frames are more alike as `found` than they are, somewhere else on the picture, without any delay."""
        late = found.late()
        gains = []
        for start in range(0, len(late), _BLOCK):
            pairs = [
                (one, two)
                for row in range(start, min(start + _BLOCK, len(late)))
                if (one := self.rows[row][late[row] + REACH]) is not None and (two := free.rows[row][REACH]) is not None
            ]
            if len(pairs) * 2 >= _BLOCK:
                gains.append(sum(one - two for one, two in pairs) / len(pairs))
        return len(gains) > 1 and _certainty(gains, self._strangers(late[-1], 1)) >= 1

    def _mean(self, late: int) -> float:
        found = [each for row in self.rows if (each := row[late + REACH]) is not None]
        return sum(found) / len(found) if len(found) * 2 > len(self.rows) else -1.0

    def _gains(self, rows: range, late: int, other: int) -> list[float]:
        """How much more alike the frames are at `late` than at `other`, for each block of `rows`."""
        gains = []
        for start in range(rows.start, rows.stop, _BLOCK):
            pairs = [
                (one, two)
                for row in self.rows[start : min(start + _BLOCK, rows.stop)]
                if (one := row[late + REACH]) is not None and (two := row[other + REACH]) is not None
            ]
            if len(pairs) * 2 >= _BLOCK:
                gains.append(sum(one - two for one, two in pairs) / len(pairs))
        return gains

    def _strangers(self, late: int, apart: int) -> float:
        """What a gain is by chance: that between delays which are `apart` and far from `late`."""
        key = (late, apart)
        if key not in self._noise:
            far = [
                (one, one + apart)
                for one in range(-REACH, REACH + 1 - apart)
                if min(abs(one - late), abs(one + apart - late)) >= _STRANGERS
            ]
            gains = [gain for one, two in far for gain in self._gains(range(len(self.rows)), one, two)]
            self._noise[key] = math.sqrt(sum(gain * gain for gain in gains) / len(gains)) if gains else math.inf
        return self._noise[key]


def _certainty(gains: Sequence[float], chance: float) -> float:
    """1 where it is proved that gains are none of chance, which brings about gains like `chance`."""
    count = len(gains)
    mean = sum(gains) / count
    spread = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (count - 1))
    leads = (mean / max(spread, 1e-4) / _STEADY, mean / max(chance, 1e-4) / _CLEAR)
    return min(leads) * math.sqrt(count)


def _proved(band: Band, run: Delay, runs: Sequence[Delay]) -> bool:
    others = {run.late - 1, run.late + 1, 0, *(other.late for other in _neighbours(run, runs))}
    if run.late:
        # A movement that repeats suits several delays.
        others |= set(range(-REACH, REACH + 1))
    return all(band.lead(run, late) >= 1 for late in others if late != run.late and -REACH <= late <= REACH)


def _leans(band: Band, run: Delay, runs: Sequence[Delay]) -> bool:
    return all(band.lead(run, other.late) > 0.5 for other in _neighbours(run, runs))


def _path(band: list[list[float | None]], price: float) -> list[int]:
    """The delays, row by row, that make the frames most alike, each change of delay costing `price`."""
    lates = range(2 * REACH + 1)
    worth = [(-price if late != REACH else 0.0) for late in lates]
    worth = [
        one + (each if (each := band[0][late]) is not None else -1.0) for late, one in zip(lates, worth, strict=True)
    ]
    before: list[list[int]] = []
    for row in band[1:]:
        came = list(lates)
        best = list(worth)
        for late in lates:
            for other in range(max(0, late - _JUMP), min(2 * REACH, late + _JUMP) + 1):
                if other != late and worth[other] - price > best[late]:
                    best[late], came[late] = worth[other] - price, other
        worth = [one + (each if each is not None else -1.0) for one, each in zip(best, row, strict=True)]
        before.append(came)
    late = max(lates, key=lambda each: worth[each])
    path = [late]
    for came in reversed(before):
        late = came[late]
        path.append(late)
    return [late - REACH for late in reversed(path)]


def _runs(path: list[int]) -> list[Delay]:
    runs: list[Delay] = []
    for row, late in enumerate(path):
        if runs and runs[-1].late == late:
            runs[-1] = Delay(runs[-1].start, row + 1, late)
        else:
            runs.append(Delay(row, row + 1, late))
    return runs


def _neighbours(run: Delay, runs: Sequence[Delay]) -> list[Delay]:
    return [other for other in runs if other.end == run.start or other.start == run.end]


def _without(band: Band, runs: Sequence[Delay], run: Delay) -> list[Delay]:
    """`runs` without `run`, whose rows go to the neighbours, cut where that makes the frames most alike."""
    place = runs.index(run)
    left, right = (runs[place - 1] if place else None), (runs[place + 1] if place + 1 < len(runs) else None)
    if left is None or right is None:
        cut = run.end if left else run.start
    else:
        cut = max(
            range(run.start, run.end + 1),
            key=lambda at: sum(
                band.value(row, left.late if row < at else right.late) for row in range(run.start, run.end)
            ),
        )
    path = []
    for each in runs:
        if each is run:
            path += [left.late if left else 0] * (cut - run.start) + [right.late if right else 0] * (run.end - cut)
        else:
            path += [each.late] * (each.end - each.start)
    return _runs(path)
