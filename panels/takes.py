# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of the selected shot: which one is shown, what sets each apart, and what the editor thinks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.models.names import MODELS
from ..core.values.choices import Rating
from ..core.words import say
from ..session import start
from ..settings.scene import scene_of
from . import thumbnails
from .badges import word_of
from .jobs import time_words
from .tab import room, shortened, text_width, wrapped

if TYPE_CHECKING:
    from bpy.types import Context, UILayout

    from ..core.takes.stack import TakeList, TakeRow
    from .tab import Icon, Room

PAGE = 8
"""Takes that are shown at a time, below the original."""

_NUMBER = 3.2
"""Width of the button with picture and number, in the interface's units."""
_FACTS = 0.5
"""Share of what is left that model, price and time may take."""
_GAP = 10
"""Pixels at 1× between words and facts."""
_ORIGINAL = 0
"""What stands for the number of the original."""


class _Page:
    """Which takes are shown: the page stays where the editor has turned it to, until another take is shown that is not
    on it.
    """

    def __init__(self) -> None:
        self._shot = ""
        self._shown = ""
        self.first = 0

    def follow(self, takes: TakeList) -> None:
        """Go to the take that is shown, where that or the shot is another than when this was asked last."""
        last = max(0, (len(takes.rows) - 1) // PAGE * PAGE)
        at = next((index for index, row in enumerate(takes.rows) if row.shown), None)
        shown = takes.rows[at].group if at is not None else ""
        # The first take's id: names of shots may change.
        shot = takes.rows[0].group if takes.rows else ""
        if shot != self._shot:
            self.first = last
        if at is not None and (shot, shown) != (self._shot, self._shown):
            self.first = at // PAGE * PAGE
        self._shot, self._shown = shot, shown
        self.first = min(self.first, last)

    def turn(self, step: int) -> None:
        """Turn so many pages; those that are not there are not drawn."""
        self.first = max(0, self.first + step * PAGE)


_page = _Page()


def turn(step: int) -> None:
    """Turn the page by `step`."""
    _page.turn(step)


def draw_count(layout: UILayout, context: Context) -> None:
    """Draw in the head how many there are."""
    takes = start.takes(scene_of(context))
    if takes is not None and takes.rows:
        free = room(context).less(90 * room(context).scale)
        (words,) = shortened(say("{count} of {shot}", count=len(takes.rows), shot=takes.shot), free)
        layout.label(text=words, translate=False)


def draw(layout: UILayout, context: Context) -> None:
    """Draw the panel."""
    free = room(context)
    takes = start.takes(scene_of(context))
    if takes is None or not takes.rows:
        wrapped(layout, say("Select a shot that was sent, or its take, to see its takes"), free, active=False)
        return
    _page.follow(takes)
    column = layout.column(align=True)
    _original(column, takes, free)
    rows = takes.rows[_page.first : _page.first + PAGE]
    for row in rows:
        _take(column, row, free)
    if len(takes.rows) > PAGE:
        # As high on the last page as on the others: the arrows stay under the mouse.
        for _missing in range(PAGE - len(rows)):
            column.label(text="")
        _pages(layout, len(rows), len(takes.rows))
    _detail(layout, takes.shown, free)
    if any(row.rating is Rating.REJECT for row in takes.rows):
        layout.operator("reshoot.takes_clean_up", text=say("Clean Up Rejected Takes…"), icon="TRASH", translate=False)


def _original(layout: UILayout, takes: TakeList, free: Room) -> None:
    button, words, _aside = _columns(layout, free, 0.0)
    shown = takes.shown is None
    button.operator(
        "reshoot.take_show", text=str(_ORIGINAL), icon="FILE_MOVIE", depress=shown, translate=False
    ).job = ""
    words.operator("reshoot.take_show", text=say("Original"), translate=False).job = ""


def _take(layout: UILayout, take: TakeRow, free: Room) -> None:
    left = free.less(_NUMBER * 20 * free.scale)
    facts = _facts(take, left.less(left.pixels * (1 - _FACTS)))
    taken = text_width(facts, free) + _GAP * free.scale
    button, words, aside = _columns(layout, free, taken)
    number = word_of(take.number, take.rating, stale=start.stale_of(take.job) is not None)
    button.operator(
        "reshoot.take_show",
        text=number,
        icon_value=thumbnails.of_movie(take.path),
        depress=take.shown,
        translate=False,
    ).job = take.job
    about = " · ".join(("REHEARSAL", take.words)) if take.rehearsal else take.words
    (shown,) = shortened(about, left.less(taken + 2 * _GAP * free.scale))
    words.active = take.rating is not Rating.REJECT
    words.operator("reshoot.take_show", text=shown, translate=False).job = take.job
    aside.active = False
    aside.label(text=facts, translate=False)


def _columns(layout: UILayout, free: Room, aside: float) -> tuple[UILayout, UILayout, UILayout]:
    """A line's button, its words, and what stands at its right end, which takes `aside` pixels."""
    number = _NUMBER * 20 * free.scale
    line = layout.split(factor=min(0.5, number / max(1, free.pixels)), align=True)
    button = line.row(align=True)
    rest = line.split(factor=min(1.0, max(0.1, 1 - aside / max(1.0, free.pixels - number))), align=True)
    words, right = rest.row(align=True), rest.row(align=True)
    words.alignment, words.emboss, right.alignment = "LEFT", "NONE", "RIGHT"
    return button, words, right


def _facts(take: TakeRow, free: Room) -> str:
    """Model, price and time, as many of them as there is room for; the price is the last to go."""
    price = say("free") if take.rehearsal else say("${price}", price=take.price)
    model, took = take.model, time_words(take.seconds)
    for parts in ((model, price, took), (price, took), (price,)):
        words = " · ".join(part for part in parts if part)
        if text_width(words, free) <= free.pixels:
            return words
    return ""


def _pages(layout: UILayout, count: int, of: int) -> None:
    row = layout.row(align=True)
    first = _page.first
    for step, icon, there in ((-1, "TRIA_LEFT", first > 0), (1, "TRIA_RIGHT", first + count < of)):
        button = row.row(align=True)
        button.enabled = there
        arrow: Icon = icon  # type: ignore[assignment]
        button.operator("reshoot.takes_turn", text="", icon=arrow).step = step
        if step < 0:
            middle = row.row(align=True)
            middle.alignment = "CENTER"
            text = say("{first} to {end} of {count}", first=first + 1, end=first + count, count=of)
            middle.label(text=text, translate=False)


def _detail(layout: UILayout, take: TakeRow | None, free: Room) -> None:
    """What can be done with the one that is shown. Drawn for the original as well, so that nothing below moves."""
    column = layout.column(align=True)
    column.enabled = take is not None
    job = take.job if take is not None else ""
    note = take.note if take is not None else ""
    (words,) = shortened(note or say("Note…"), free.less(40 * free.scale))
    column.operator("reshoot.take_note", text=words, icon="TEXT", translate=False).job = job
    row = column.row(align=True)
    rates: tuple[tuple[Rating, str, Icon], ...] = (
        (Rating.PICK, say("Pick"), "SOLO_ON"),
        (Rating.REJECT, say("Reject"), "X"),
    )
    for rating, text, icon in rates:
        is_so = take is not None and take.rating is rating
        button = row.operator("reshoot.take_rate", text=text, icon=icon, depress=is_so, translate=False)
        button.job, button.rating = job, (Rating.NONE if is_so else rating).value
    row.operator("reshoot.take_folder", text="", icon="FILE_FOLDER").job = job
    row = column.row(align=True)
    row.operator("reshoot.take_brief", icon="GREASEPENCIL").job = job
    row.operator("reshoot.take_again", icon="FILE_REFRESH").job = job
    row.menu("RESHOOT_MT_same_with", text="", icon="DOWNARROW_HLT")
    stale = start.stale_of(job) if job else None
    for words in stale.words if stale is not None else ():
        wrapped(layout, words, free, icon="INFO")
    if stale is not None and stale.can_follow:
        layout.operator("reshoot.take_follow", icon="SNAP_ON")


def draw_models(layout: UILayout, context: Context) -> None:
    """Draw the menu of what else the brief of the take that is shown can be sent to."""
    takes = start.takes(scene_of(context))
    shown = takes.shown if takes is not None else None
    if shown is None:
        return
    for model, name, _price in MODELS:
        if name != shown.model:
            button = layout.operator("reshoot.take_again", text=name, translate=False)
            button.job, button.model = shown.job, model
