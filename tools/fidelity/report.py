# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/fidelity.md: the machine, how it was measured, a table of the design's rows, and one of the cases."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from cases import BLENDERS, HD, Case
from judge import (
    LEAST_ALIKE,
    LEAST_PSNR,
    MOST_COARSE_SHIFT,
    MOST_EDGE,
    MOST_LATE,
    MOST_LOUDER,
    MOST_SHIFT,
    ROWS,
    Verdict,
    judge,
)

_HOW = f"""# Fidelity

If the service gave back the very pixels that it was sent, the timeline would look and sound as before. `make fidelity`
measures that and writes this page. `make fidelity CASES="whole-25 place" IN=5.2` runs single cases or groups, in one
Blender, and writes nothing.

## How it is measured

Every case is a real round trip, once in Blender 5.2, the whole program with a driver to draw without a window, and once
in 5.0 as a Python module: the built zip, `reshoot.shoot` from a script, the rehearsal on loopback with
`RESHOOT_REHEARSAL_LOOK=identity`, which gives back the clip at 24 fps. Before and after, a copy of the file is opened
and rendered as an editor delivers it: one animation render over all frames of the shot, in full size, through the
scene's own view, begun with empty caches ([what is delivered](decisions/delivered.md)), to TIFF without compression.
That has 8 bits a channel, and 16 where there is more to lose: EXR, HDR and ProRes footage, 3D scenes, *Convert to
Float*. Every frame tells which one it is, in small; three are compared in full. Natural pictures are Big Buck Bunny
(© Blender Foundation, CC BY 3.0); every picture carries its number in a row of blocks.

- **frames**: which frame of the shot is shown at each of its places afterwards, by the nearest picture before. Every
  frame: all of them the same. Real time: the shown moment at most {float(MOST_LATE * 1000):.1f} ms off, half a frame
  of the result, or one frame of a timeline that has fewer than {int(1 / MOST_LATE)}.
- **colour**: the lowest PSNR and the largest shift of a channel's mean of three frames as displayed. At least
  {LEAST_PSNR:.0f} dB on natural pictures, shift at most {MOST_SHIFT} of 255 ({MOST_COARSE_SHIFT:.0f} of one
  flat colour, of pictures made stronger, and where two parts dissolve: 8 bits are rounded there). Pictures to which a
  strip's own settings give more contrast or colour, charts, edges and light past 1 are held to the shift alone; 99 dB
  stands for the same bits.
- **framing**: where bright edges pass half their height, along nine rows and nine columns, before and after. At most
  {MOST_EDGE:.0f} pixel of what was sent.
- **sound**: a mixdown of the shot and ten frames around it. The timeline's: the same bits. Silent: the same bits as
  with the shot's own sound muted by hand. The result's: within one frame by cross-correlation, at least
  {LEAST_ALIKE} alike, and as loud to {MOST_LOUDER:.0%}.
- **project**: every value of the scene, strips, handles, curves, selection, playhead, tools, and what the windows show;
  only the take may be new, and the mutes that are asked for or noted. After one undo nothing at all is different.
"""

_DECISION = """## Sent as it is, or as displayed

Footage is sent without the view transform (*as is*: Standard, which cuts off what is past 1) or through the scene's own
(*as displayed*), which the take's colour space then undoes. Lowest PSNR and largest shift of the mean.
"""

_CHOICE = """
So the rule in `timeline/shot.py`: footage in a space that ends at white goes as it is, which is better there by 1.5 to
2.5 dB and needs no undoing. What holds light past 1 (linear, log and HDR spaces, EXR, HDR images, 3D scene strips)
goes as displayed under AgX, Filmic and ACES: as it is, its highlights are lost, which costs EXR and HDR footage more
than 10 dB and moves the mean by 5 to 11 of 255. As displayed it stays below 40 dB; so does the EXR under Standard,
where there is nothing to undo. Khronos PBR Neutral is not undone: measured likewise, its inverse moved the mean further
(3.1 of 255) than the loss of highlights did (1.8), at 31.1 dB both ways.
"""


Measured = dict[str, dict[str, dict[str, Any]]]
"""By Blender and by the case's name what the worker found."""
Trip = tuple[str, Case]
"""A case in one Blender."""


def write(path: Path, chosen: list[Case], measured: Measured, seconds: float) -> None:
    """The whole page. seconds: how long it all took."""
    trips = [(blender, case) for case in chosen for blender in BLENDERS if case.runs_in(blender)]
    held = [(blender, case) for blender, case in trips if not case.figures]
    verdicts = {(blender, case.name): judge(case, measured[blender][case.name]) for blender, case in trips}
    short = [
        (blender, case) for blender, case in held if any(each.good is False for each in verdicts[blender, case.name])
    ]
    parts = [
        _HOW,
        _machine(len(chosen), len(trips), seconds),
        _rows(held, verdicts),
        _shortfalls(short, measured, verdicts),
        _decision([case for case in chosen if case.figures], measured),
        _table(held, measured, verdicts),
    ]
    path.write_text("\n".join(part for part in parts if part), encoding="utf-8")


def _machine(cases: int, trips: int, seconds: float) -> str:
    processor = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return (
        f"Measured on {time.strftime('%d %B %Y')}: {cases} cases, {trips} round trips in {seconds / 60:.0f} minutes, "
        f"two at a time, on {os.cpu_count()} cores ({processor}), {platform.system()} {platform.machine()}, without a "
        f"graphics card, Blender {' and '.join(BLENDERS)}.\n"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _rows(held: list[Trip], verdicts: dict[tuple[str, str], list[Verdict]]) -> str:
    lines = [
        "## Row by row\n",
        "| row |" + "".join(f" cases in {blender} | hold | worst |" for blender in BLENDERS),
        "| --- |" + " --- |" * 3 * len(BLENDERS),
    ]
    for row in ROWS:
        for words, part in _parts(row, [case for _blender, case in held]):
            cells = [
                cell
                for blender in BLENDERS
                for cell in _worst(row, [case for case in part if (blender, case) in held], blender, verdicts)
            ]
            if any(cells):
                lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _worst(
    row: str, part: list[Case], blender: str, verdicts: dict[tuple[str, str], list[Verdict]]
) -> tuple[str, str, str]:
    """How many cases of a row there are in one Blender, how many hold, and the worst one."""
    names = dict.fromkeys(case.name for case in part)
    found = [(name, each) for name in names for each in verdicts[blender, name] if each.row == row]
    if not found:
        return ("", "", "")
    name, worst = max(found, key=lambda each: _badness(each[1]))
    return (str(len(found)), str(sum(1 for _name, each in found if each.good)), f"{worst.figure} ({name})")


def _parts(row: str, held: list[Case]) -> Iterator[tuple[str, list[Case]]]:
    if row == "frames":
        yield "frames, every frame", [case for case in held if not case.real_time]
        yield "frames, real time", [case for case in held if case.real_time]
    elif row == "colour":
        yield "colour, natural pictures", [case for case in held if case.natural]
        yield "colour, others (the shift alone)", [case for case in held if not case.natural]
    else:
        yield row, held


def _badness(verdict: Verdict) -> tuple[bool, float]:
    value = -verdict.value if verdict.row == "colour" else abs(verdict.value)
    return (verdict.good is False, value)


def _shortfalls(short: list[Trip], measured: Measured, verdicts: dict[tuple[str, str], list[Verdict]]) -> str:
    if not short:
        return "Every case holds.\n"
    lines = [f"## {len(short)} round trips fall short\n"]
    for blender, case in short:
        bad = ", ".join(f"{each.row}: {each.figure}" for each in verdicts[blender, case.name] if each.good is False)
        found = measured[blender][case.name]
        details = [found["error"]] if "error" in found else [*found["project"][:2], *found["undo"][:2]]
        lines.append(f"- **{case.name}** in {blender} ({describe(case)}): {bad}. {' '.join(details)}".strip())
    return "\n".join(lines) + "\n"


def _decision(cases: list[Case], measured: Measured) -> str:
    if not cases:
        return ""
    figures: dict[tuple[str, str], dict[str, str]] = {}
    for case in cases:
        shot = f"{case.shot}, {case.footage.get('kind', 'sRGB')}, {case.picture}"
        how = "as is" if case.forced == "Standard" else "as displayed"
        view = ", ".join(case.changes) or "Standard"
        for blender in BLENDERS:
            found = measured[blender][case.name]
            figure = "did not come back" if "error" in found else f"{found['psnr']:.1f} dB, {found['shift']:.2f}"
            figures.setdefault((shot, view), {})[f"{how} {blender}"] = figure
    columns = [f"{how} {blender}" for how in ("as is", "as displayed") for blender in BLENDERS]
    lines = [
        _DECISION,
        "| shot | shown as |" + "".join(f" sent {column} |" for column in columns),
        "| --- | --- |" + " --- |" * len(columns),
    ]
    for (shot, view), each in figures.items():
        lines.append(f"| {shot} | {view} | {' | '.join(each.get(column, '') for column in columns)} |")
    return "\n".join(lines) + "\n" + _CHOICE


def _table(held: list[Trip], measured: Measured, verdicts: dict[tuple[str, str], list[Verdict]]) -> str:
    lines = ["## Case by case\n", "*trip*: seconds from the press to the take, with two cases running side by side."]
    group = ""
    before = ""
    for blender, case in held:
        if case.group != group:
            group = case.group
            lines += [
                f"\n### {group[:1].upper()}{group[1:]}\n",
                f"| case | what | Blender | {' | '.join(ROWS)} | trip |",
                "| --- | --- | --- |" + " --- |" * (len(ROWS) + 1),
            ]
        by_row = {each.row: each for each in verdicts[blender, case.name]}
        cells = [_cell(by_row.get(row)) for row in ROWS]
        trip = measured[blender][case.name].get("trip", "")
        what = f"{case.name} | {describe(case)}" if case.name != before else "|"
        lines.append(f"| {what} | {blender} | {' | '.join(cells)} | {trip} |")
        before = case.name
    return "\n".join(lines) + "\n"


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    return f"**{verdict.figure}**" if verdict.good is False else verdict.figure


def describe(case: Case) -> str:
    """What is special about a case, in words."""
    words = [f"{case.shot}, {case.frames} frames at {_rate(case.fps)} fps"]
    if case.size != HD:
        words.append("×".join(map(str, case.size)))
    if "width" in case.footage:
        words.append(f"footage {case.footage['width']}×{case.footage['height']}")
    words += [str(case.footage[key]) for key in ("kind",) if key in case.footage]
    words += [case.picture] if case.picture not in ("bunny", "edges") else []
    words += case.changes
    words += ["what the viewer shows"] if case.source == "TIMELINE" else []
    words += [case.timing.replace("_", " ").lower()] if case.timing != "AUTO" else []
    words += [f"{case.sound.lower()} sound"] if case.sound != "TIMELINE" else []
    words += [f"{case.handles} frames of handles"] if case.handles else []
    return ", ".join(words)


def _rate(fps: Fraction) -> str:
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")
