# SPDX-License-Identifier: GPL-3.0-or-later
"""How text fits into the tab: in as many lines as the width asks for, never cut off."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import blf

from ..settings import preferences

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems
    from bpy.types import Context, UILayout

    # The stubs' own: Blender has no such module.
    Icon = IconItems

_MARGIN = 54
"""Pixels at 1× that the tabs, the panel's edges and a label's own padding take."""
_BOX = 14
_ICON = 26
_LINE = 0.8
"""Height of a line in running text, of a button's."""
_FONT = 0


class Room(NamedTuple):
    """What a line of text has: pixels; points, size of the interface's font in pixels; scale of the interface.

    Asked of Blender once for a panel and handed on: its preferences are slow to read.
    """

    pixels: int
    points: float
    scale: float

    def less(self, pixels: float) -> Room:
        """So much less of it."""
        return self._replace(pixels=int(self.pixels - pixels))


def room(context: Context, pixels: float | None = None) -> Room:
    """The room in a panel of the sidebar, or what `pixels` at 1× make."""
    blender, region = preferences.of_blender(), context.region
    scale = blender.system.ui_scale
    if pixels is None:
        assert region is not None
        wide = region.width - _MARGIN * scale
    else:
        wide = pixels * scale
    return Room(int(wide), float(blender.ui_styles[0].widget.points * scale), scale)


def boxed(room: Room) -> Room:
    """The room in a box of a panel."""
    return room.less(_BOX * room.scale)


def beside_picture(layout: UILayout, icon: int, size: float, room: Room) -> tuple[UILayout, Room]:
    """A picture, and the column to the right of it with the room that a line has there.

    size: the picture's, in the interface's units.
    """
    gap = 8 * room.scale
    taken = size * 20 * room.scale
    split = layout.split(factor=(taken + gap / 2) / (room.pixels + gap))
    split.column().template_icon(icon_value=icon, scale=size)
    return split.column(), room.less(taken + gap)


def running_text(layout: UILayout) -> UILayout:
    """A column of running text, each label a line."""
    column = layout.column(align=True)
    column.scale_y = _LINE
    return column


def wrapped(
    layout: UILayout, text: str, room: Room, icon: Icon = "NONE", *, active: bool = True, alert: bool = False
) -> None:
    """A label of as many lines as the room asks for. active: False for what is less important. alert: in red."""
    column = running_text(layout)
    if not active:
        column.active = False
    if alert:
        column.alert = True
    pixels = room.pixels if icon == "NONE" else room.pixels - int(_ICON * room.scale)
    for line in broken(text, pixels, room.points):
        column.label(text=line, icon=icon, translate=False)
        icon = "BLANK1" if icon != "NONE" else "NONE"


def shortened(text: str, room: Room, lines: int = 1) -> tuple[str, ...]:
    """The first lines of `text`, as many as may be; the last ends in “…” where there is more."""
    every = broken(" ".join(text.splitlines()), room.pixels, room.points)
    if len(every) <= lines:
        return every
    return (*every[: lines - 1], _cut(every[lines - 1], room.pixels, room.points))


def text_width(text: str, room: Room) -> float:
    """Pixels that `text` takes in the interface's font."""
    return _width(text, room.points)


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
