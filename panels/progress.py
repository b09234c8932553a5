# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's progress on its shot in the timeline: a bar along the strip's lower edge and a word above it.

Drawn over whatever colours the theme has. Where no job of the scene is under way, no job is drawn or looked at. Beside
them the badges of takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import blf
import bpy

from .. import session
from ..core.jobs import board
from ..core.values.state import State
from ..core.words import named, say
from ..session import start
from ..settings import preferences
from ..settings.scene import scene_of
from . import badges, warming

if TYPE_CHECKING:
    from gpu.types import GPUBatch

    from ..core.values.progress import JobProgress, StripProgress
    from ..session.takes import Badge

Colour = tuple[float, float, float, float]
Box = tuple[float, float, float, float, Colour]
"""x, y of the lower left corner, width, height in pixels of the region, and what it is filled with."""
Word = tuple[str, float, float]
"""What is written, and where its first letter stands."""

_WORDS = {
    State.PREPARED: named("Waiting"),
    State.EXPORTING: named("Exporting"),
    State.UPLOADING: named("Uploading"),
    State.SUBMITTING: named("Submitting"),
    State.WAITING: named("In progress"),
    State.DOWNLOADING: named("Downloading"),
    State.LANDED: named("Finished"),
    State.FAILED: named("Failed"),
    State.UNSURE: named("Unsure"),
}
_HELD = named("Held")
_TOLD = 32
"""Letters of a service's own words that are shown on a strip."""

_TRACK: Colour = (0.0, 0.0, 0.0, 0.75)
_PLATE: Colour = (0.0, 0.0, 0.0, 0.65)
_DONE: Colour = (1.0, 0.78, 0.2, 1.0)
_BAD: Colour = (1.0, 0.3, 0.25, 1.0)
_TEXT: Colour = (1.0, 1.0, 1.0, 1.0)

_LOW, _HIGH = 0.05, 0.95
"""Where a strip begins and ends in its channel."""
# Pixels at 1×.
_BAR = 5
_EDGE = 1
_POINTS = 11
_PAD = 4
_NARROW = 6
_LINE = 16
_NAME = 14

_FONT = 0

_handle: Any = None
_laid_out: tuple[list[StripProgress], View, GPUBatch | None, list[Word]] | None = None
_laid_out_badges: tuple[tuple[Badge, ...], View, GPUBatch | None, list[Word]] | None = None


def register() -> None:
    """Begin to draw, where there is a window."""
    global _handle
    if _handle is None:
        warming.begin()
        _handle = bpy.types.SpaceSequenceEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Draw no more."""
    global _handle, _laid_out, _laid_out_badges
    if _handle is not None:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handle, "WINDOW")
    _handle = _laid_out = _laid_out_badges = None
    warming.unregister()


def _draw() -> None:
    if not (board.is_open() or warming.due() or session.takes_in_file()):
        return
    context = bpy.context
    scene = scene_of(context)
    space = context.space_data
    if scene is None or not isinstance(space, bpy.types.SpaceSequenceEditor) or space.view_type == "PREVIEW":
        return
    if warming.due():
        warming.step()
        return
    there = start.badges(scene)
    if there:
        start.keep_looking(scene)
        _draw_badges(context, there)
    jobs = session.on_strips(scene) if board.is_open() else []
    if jobs:
        _draw_jobs(context, jobs)


def _draw_badges(context: bpy.types.Context, there: tuple[Badge, ...]) -> None:
    global _laid_out_badges
    view = View.of(context)
    if _laid_out_badges is None or _laid_out_badges[0] is not there or _laid_out_badges[1] != view:
        boxes, words = badges.lay_out(there, view, _width)
        _laid_out_badges = (there, view, warming.batch_of(boxes) if boxes else None, words)
    *_known, batch, words = _laid_out_badges
    if batch is not None:
        warming.fill(batch)
    if words:
        _write(words, view.scale)


def _draw_jobs(context: bpy.types.Context, jobs: list[StripProgress]) -> None:
    global _laid_out
    view = View.of(context)
    # Most redraws, when the playhead moves, change nothing here.
    if _laid_out is None or _laid_out[0] is not jobs or _laid_out[1] != view:
        boxes, words = _lay_out(jobs, view)
        _laid_out = (jobs, view, warming.batch_of(boxes) if boxes else None, words)
    _jobs, _view, batch, words = _laid_out
    if batch is not None:
        warming.fill(batch)
    if words:
        _write(words, view.scale)


class View(NamedTuple):
    """What part of the timeline a region shows. left, low: its edges, frames and channels; width, height of the region,
    pixels; across, up: pixels of a frame and of a channel; scale: of the interface."""

    left: float
    low: float
    width: int
    height: int
    across: float
    up: float
    scale: float

    @staticmethod
    def of(context: bpy.types.Context) -> View:
        region = context.region
        assert region is not None
        width, height = region.width, region.height
        left, low = region.view2d.region_to_view(0, 0)
        right, high = region.view2d.region_to_view(width, height)
        across, up = width / (right - left), height / (high - low)
        return View(left, low, width, height, across, up, preferences.of_blender().system.ui_scale)


def _lay_out(jobs: list[StripProgress], view: View) -> tuple[list[Box], list[Word]]:
    boxes: list[Box] = []
    words: list[Word] = []
    bars: dict[tuple[int, int], int] = {}
    for job in jobs:
        # Two takes of one shot may be under way: their bars lie above each other. A newer try covers one that failed.
        below = bars.get((job.channel, job.start), 0)
        if below and not job.progress.job.state.moving:
            continue
        bars[job.channel, job.start] = below + 1
        left, right = ((frame - view.left) * view.across for frame in (job.start, job.end))
        low, high = ((job.channel + edge - view.low) * view.up for edge in (_LOW, _HIGH))
        if right > 0 and left < view.width and high > 0 and low < view.height:
            _show(job.progress, (left, low, right, high), below, view, boxes, words)
    return boxes, words


def _show(
    line: JobProgress,
    strip: tuple[float, float, float, float],
    below: int,
    view: View,
    boxes: list[Box],
    words: list[Word],
) -> None:
    """Lay out the bar and the word of one job. strip: left, lower, right, upper edge. below: bars that are there."""
    left, low, right, high = strip
    scale = view.scale
    width, edge, thick = right - left, _EDGE * scale, _BAR * scale
    low += edge + below * thick
    if width < _NARROW * scale or low + thick > high:
        return
    bad = line.job.state in (State.FAILED, State.UNSURE)
    done = 1.0 if bad or line.job.state is State.LANDED else line.fraction or 0.0
    boxes.append((left + edge, low, width - 2 * edge, thick, _TRACK))
    if done > 0:
        boxes.append((left + 2 * edge, low + edge, (width - 4 * edge) * done, thick - 2 * edge, _BAD if bad else _DONE))
    free = high - low - thick
    if below or free < _LINE * scale:
        return
    # The word stays in sight while a part of the strip does.
    first, end, pad = max(left + edge, 0.0), min(right - edge, view.width), _PAD * scale
    for word in _sayings(line):
        wide = _width(word, scale) + 2 * pad
        if wide <= end - first:
            # In a low strip it would lie on the strip's name, which begins at the left.
            x = first if free >= (_LINE + _NAME) * scale else end - wide
            boxes.append((x, low + thick, wide, _LINE * scale, _PLATE))
            words.append((word, x + pad, low + thick + pad))
            return


def _sayings(line: JobProgress) -> list[str]:
    """What can be said of a job, the longest first."""
    state = line.job.state
    word = say(_WORDS[state]) if state in _WORDS else ""
    if line.job.held:
        word = say(_HELD)
    if state is State.WAITING and line.words:
        told = line.words if len(line.words) <= _TOLD else f"{line.words[: _TOLD - 1].rstrip()}…"
        return [told, line.words.split(",")[0]]
    if line.fraction is not None and state.moving:
        share = f"{int(line.fraction * 100)} %"
        return [f"{word} {share}", share]
    return [word]


_widths: dict[tuple[str, float], float] = {}


def _width(word: str, scale: float) -> float:
    """Pixels that `word` takes."""
    if (word, scale) not in _widths:
        if len(_widths) > 1000:
            _widths.clear()
        blf.size(_FONT, _POINTS * scale)
        _widths[word, scale] = blf.dimensions(_FONT, word)[0]
    return _widths[word, scale]


def _write(words: list[Word], scale: float) -> None:
    blf.size(_FONT, _POINTS * scale)
    blf.color(_FONT, *_TEXT)
    for word, x, y in words:
        blf.position(_FONT, round(x), round(y), 0)
        blf.draw(_FONT, word)
