# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender renders to compare two takes in the viewer. It crosses to another process as JSON.

Here too is how large such pictures are, in which order they are made and what their files are called.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .job import Job

OTHER = "other"
"""The side that the timeline does not show."""
SHOWN = "shown"
"""The side that it shows."""

BYTES_PER_PIXEL = 4
MOST_BYTES = 512 * 1024 * 1024
"""All frames of one comparison take no more, whatever its shot's size and length."""
_LARGEST = (1280, 720)
_SMALLEST = (960, 540)
"""Pixels within which a picture of a long shot is still made, before fewer frames are."""


@dataclass(frozen=True)
class ComparisonRecipe:
    """The frames of one comparison.

    blend: the file that the scene was written to. scene: its name in there. meta: the meta strip whose inside is the
    open level, empty for the top. folder: where the frames go, each a file of four bytes a pixel, red, green, blue as
    displayed and 63, from the lower left. frames: those that are rendered, in this order. percentage: of the scene's
    resolution. size: width and height of such a picture in pixels. sides: which of OTHER and SHOWN.

    plates: the names of the strips whose takes the other side shows. other: the jobs of the take that it shows, the
    parts of one shot; empty for the original. known: those of the takes that the timeline shows. scripts: those in the
    scene's drivers run.
    """

    blend: Path
    scene: str
    meta: str
    folder: Path
    frames: tuple[int, ...]
    percentage: int
    size: tuple[int, int]
    sides: tuple[str, ...] = (OTHER,)
    plates: tuple[str, ...] = ()
    other: tuple[Job, ...] = ()
    known: tuple[Job, ...] = ()
    scripts: bool = False


def frame_file(folder: Path, side: str, frame: int) -> Path:
    """Where the picture of a frame is kept."""
    return folder / f"{side}{frame:+07d}.raw"


def outwards(first: int, end: int, at: int, most: int) -> tuple[int, ...]:
    """The frames from `first` to before `end`, those nearest to `at` first, `most` of them at most.

    Of two that are as near the later one comes first: that is where it plays to.
    """
    at = min(max(at, first), end - 1)
    return tuple(sorted(range(first, end), key=lambda frame: (abs(frame - at), -frame))[:most])


def size_at(canvas: tuple[int, int], percentage: int) -> tuple[int, int]:
    """The size that Blender renders a scene's picture at."""
    width, height = (max(1, side * percentage // 100) for side in canvas)
    return width, height


def most_frames(size: tuple[int, int], sides: int) -> int:
    """How many frames of so many sides there is room for."""
    return max(1, MOST_BYTES // (size[0] * size[1] * BYTES_PER_PIXEL * sides))


def percentage_for(canvas: tuple[int, int], frames: int, sides: int) -> int:
    """The percentage of the scene's resolution at which frames are made: as large as all of them have room."""
    least, largest = (_within(canvas, limit) for limit in (_SMALLEST, _LARGEST))
    for percentage in range(largest, least, -1):
        if most_frames(size_at(canvas, percentage), sides) >= frames:
            return percentage
    return least


def _within(canvas: tuple[int, int], limit: tuple[int, int]) -> int:
    """The largest percentage at which a picture is no larger than `limit`, lying or standing; never above 100."""
    long, short = max(limit), min(limit)
    return max(1, min(100, long * 100 // max(canvas), short * 100 // min(canvas)))
