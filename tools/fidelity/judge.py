# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what was measured of a case against the limits of the design, row by row. Knows no Blender."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cases import STACKS, Case

ROWS = ("frames", "colour", "framing", "sound", "project")
RESULT_FPS = 24
MOST_LATE = Fraction(1, 2 * RESULT_FPS)
"""Half a frame of the result, in seconds: real time cannot do better."""
LEAST_PSNR = 40.0
LEAST_PSNR_OF_STACKS = 38.0
"""Where what is made of the take, as by an effect, rounds once more."""
MOST_SHIFT = 0.5
MOST_EDGE = 1.0
LEAST_ALIKE = 0.9
MOST_LOUDER = 0.1
MOST_COARSE_SHIFT = 1.0
LEAST_TOLD_APART = 0.2
"""Of neighbouring pictures. A strobe shows each four times."""
MOST_SENT = 2160
"""Pixels of the longer side, of which the service takes no more: what is larger comes back as coarse as that."""
_STILL = ("title", "color")


@dataclass(frozen=True)
class Verdict:
    """One row of one case. good: None where there is no limit to hold."""

    row: str
    figure: str
    good: bool | None
    value: float = 0.0


def judge(case: Case, found: dict[str, Any]) -> list[Verdict]:
    """The verdicts on `case`, one for each row that it has a figure for."""
    if "error" in found:
        return [Verdict("frames", "did not come back", False)]
    verdicts = [_frames(case, found), _colour(case, found)]
    if "edges" in found:
        most = MOST_EDGE * max(1, max(case.size) / MOST_SENT)
        verdicts.append(Verdict("framing", f"{found['edges']:.2f} px", found["edges"] <= most, found["edges"]))
    if case.group == "sound":
        verdicts.append(_sound(case, found))
    verdicts.append(_project(found))
    if case.figures:
        return [Verdict(each.row, each.figure, None, each.value) for each in verdicts]
    return verdicts


def _frames(case: Case, found: dict[str, Any]) -> Verdict:
    if found["told_apart"] < LEAST_TOLD_APART and case.shot not in _STILL:
        return Verdict("frames", "the frames cannot be told apart", False)
    if case.real_time:
        late = Fraction(abs(found["worst"])) / case.fps
        # Less than a frame of the timeline cannot be told, nor shown.
        most = max(MOST_LATE, 1 / case.fps)
        return Verdict("frames", f"{float(late * 1000):.1f} ms", late <= most, float(late * 1000))
    figure = f"{found['frames'] - found['wrong']} of {found['frames']}"
    return Verdict("frames", figure, found["wrong"] == 0, found["wrong"])


def _colour(case: Case, found: dict[str, Any]) -> Verdict:
    psnr, shift = found["psnr"], found["shift"]
    most = MOST_COARSE_SHIFT if case.coarse else MOST_SHIFT
    least = LEAST_PSNR_OF_STACKS if case.group == STACKS else LEAST_PSNR
    good = shift <= most and (psnr >= least or not case.natural)
    return Verdict("colour", f"{psnr:.1f} dB, {shift:.2f}", None if case.mixed else good, psnr)


def _sound(case: Case, found: dict[str, Any]) -> Verdict:
    if case.sound == "TIMELINE":
        return Verdict("sound", "the same bits" if found["sound_same"] else "other bits", found["sound_same"])
    if case.sound == "SILENT":
        words = "own silent, others the same bits" if found["sound_same"] else "not silent, or others changed"
        return Verdict("sound", words, found["sound_same"] and found["sound_differs"])
    late, alike, level = found["sound_late"], found["sound_alike"], found["sound_level"]
    good = abs(late) <= 1 and alike >= LEAST_ALIKE and abs(level - 1) <= MOST_LOUDER
    return Verdict("sound", f"{late:+.2f} frames, {alike:.2f} alike, level {level:.2f}", good, late)


def _project(found: dict[str, Any]) -> Verdict:
    words = []
    if found["project"]:
        words.append(f"{len(found['project'])} values changed")
    if found.get("plate_off"):
        words.append(f"{found['plate_off']} of 255 off without the take")
    if found["undo"]:
        words.append(f"{len(found['undo'])} values after undo")
    return Verdict("project", ", ".join(words) or "as it was", not words)
