# SPDX-License-Identifier: GPL-3.0-or-later
"""Where all panels are, and how text fits into them: in as many lines as the width asks for, never cut off."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import blf

if TYPE_CHECKING:
    import bpy
    from bpy.types import Context, UILayout

_MARGIN = 54
"""Pixels at 1× that the tabs, the panel's edges and a label's own padding take."""
_BOX = 14
_ICON = 26
_LINE = 0.8
"""Height of a line in running text, of a button's."""
_FONT = 0


class ReshootPanel:
    """Where all panels of the extension are."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reshoot"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """There is a timeline to work on."""
        return scene_of(context) is not None


def scene_of(context: Context) -> bpy.types.Scene:
    """The scene that the sequencer shows."""
    return getattr(context, "sequencer_scene", None) or context.scene


def room(context: Context, *, boxed: bool = False) -> int:
    """Pixels that a line of text has in a panel of the sidebar, or in a box there."""
    scale = context.preferences.system.ui_scale
    return int(context.region.width - (_MARGIN + (_BOX if boxed else 0)) * scale)


def beside(layout: UILayout, icon: int, size: float, context: Context, pixels: int) -> tuple[UILayout, int]:
    """A picture, and the column to the right of it with the pixels that a line has there.

    size: the picture's, in the interface's units.
    """
    gap = 8 * context.preferences.system.ui_scale
    taken = size * 20 * context.preferences.system.ui_scale
    split = layout.split(factor=(taken + gap / 2) / (pixels + gap))
    split.column().template_icon(icon_value=icon, scale=size)
    return split.column(), int(pixels - taken - gap)


def wrapped(layout: UILayout, text: str, context: Context, pixels: int, icon: str = "NONE") -> None:
    """A label of as many lines as `pixels` ask for."""
    column = layout.column(align=True)
    column.scale_y = _LINE
    if icon != "NONE":
        pixels -= int(_ICON * context.preferences.system.ui_scale)
    for line in broken(text, pixels, _points(context)):
        column.label(text=line, icon=icon, translate=False)
        icon = "BLANK1" if icon != "NONE" else "NONE"


def shortened(text: str, context: Context, pixels: int, lines: int = 1) -> tuple[str, ...]:
    """The first lines of `text`, as many as may be; the last ends in “…” where there is more."""
    every = broken(" ".join(text.splitlines()), pixels, _points(context))
    if len(every) <= lines:
        return every
    return (*every[: lines - 1], _cut(every[lines - 1], pixels, _points(context)))


def text_width(text: str, context: Context) -> float:
    """Pixels that `text` takes in the interface's font."""
    return _width(text, _points(context))


@lru_cache(maxsize=512)
def broken(text: str, pixels: int, points: float) -> tuple[str, ...]:
    """`text` in lines of at most `pixels`, broken between words, and inside words that are longer."""
    result = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        # Not at a no-break space.
        for word in paragraph.replace("\t", " ").split(" "):
            if not word:
                continue
            longer = f"{line} {word}" if line else word
            if _width(longer, points) <= pixels:
                line = longer
                continue
            if line:
                result.append(line)
            while _width(word, points) > pixels and len(word) > 1:
                count = _fitting(word, pixels, points)
                result.append(word[:count])
                word = word[count:]
            line = word
        result.append(line)
    return tuple(result)


def _fitting(word: str, pixels: int, points: float) -> int:
    """How many letters of `word` fit: one at least."""
    few, many = 1, len(word)
    while few < many:
        middle = (few + many + 1) // 2
        if _width(word[:middle], points) <= pixels:
            few = middle
        else:
            many = middle - 1
    return few


@lru_cache(maxsize=512)
def _cut(line: str, pixels: int, points: float) -> str:
    while line and _width(f"{line}…", points) > pixels:
        line = line[:-1]
    return f"{line.rstrip()}…"


@lru_cache(maxsize=4096)
def _width(text: str, points: float) -> float:
    blf.size(_FONT, points)
    return blf.dimensions(_FONT, text)[0]


def _points(context: Context) -> float:
    """Size of the interface's font in pixels."""
    preferences = context.preferences
    return float(preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
