# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot is among the strips that a timeline holds now: moved, trimmed, renamed, cut, partly deleted.

Compares plain values; what a timeline holds is read by `timeline.whereabouts`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..values.choices import Source
from ..values.shot import Shot, ShotStrip, comparable

_NUMBER = re.compile(r"\.\d{3,}$")
"""What Blender puts behind a name that is taken."""


@dataclass(frozen=True)
class Spot:
    """Where a take goes, timeline frames.

    start: of the shot's first frame, whether it is shown or not. first, end: what is shown of it, end exclusive.
    channel: the lowest of the strips it lies over. strips: their names, by start; empty where the shot is gone. meta:
    the meta strip that holds them, by its name; empty where none does.
    """

    start: int
    first: int
    end: int
    channel: int
    strips: tuple[str, ...]
    meta: str = ""


@dataclass(frozen=True)
class Candidate:
    """A strip that a timeline holds now.

    strip: its content begins where it does if the timeline shows the file frame for frame. own_start: timeline frame at
    which it begins if the file keeps a rate of its own, None where both are the same. pace: timeline frames to each
    frame of the file then. ids: of the shots that it is known as.
    """

    strip: ShotStrip
    own_start: float | None = None
    pace: float = 0.0
    ids: tuple[str, ...] = ()


class StripIndex:
    """The strips of a timeline that show what a strip of a shot showed, or bear its id. Lists of them are by time.

    candidates: see `source` for which of them matter. metas: the names of the meta strips that there are; the whole
    timeline is the one without a name.
    """

    def __init__(self, candidates: Iterable[Candidate], metas: Iterable[str]) -> None:
        self._of_source = defaultdict[tuple[str, str], list[ShotStrip]](list)
        self._of_place = defaultdict[tuple[str, str, float], list[ShotStrip]](list)
        self._of_base = defaultdict[tuple[str, str, str], list[ShotStrip]](list)
        self._of_id = defaultdict[str, list[ShotStrip]](list)
        self._of_name: dict[str, ShotStrip] = {}
        self._at_own_rate: dict[str, tuple[float, float]] = {}
        self._metas = {"", *metas}
        for each in candidates:
            self._add(each)
        lists = (*self._of_source.values(), *self._of_place.values(), *self._of_base.values(), *self._of_id.values())
        for strips in lists:
            strips.sort(key=lambda strip: (strip.start, strip.channel))

    def _add(self, candidate: Candidate) -> None:
        strip = candidate.strip
        if candidate.own_start is not None:
            self._at_own_rate[strip.name] = (candidate.own_start, candidate.pace)
        self._of_name[strip.name] = strip
        self._of_source[source(strip)].append(strip)
        self._of_place[*source(strip), strip.content_start].append(strip)
        self._of_base[*source(strip), _base(strip.name)].append(strip)
        for shot_id in candidate.ids:
            self._of_id[shot_id].append(strip)

    def level_of(self, then: ShotStrip) -> str:
        """The meta strip that a strip was in, if it is there; else the whole timeline."""
        return then.meta if then.meta in self._metas else ""

    def named(self, then: ShotStrip) -> ShotStrip | None:
        """The strip of that name, if it still shows the same."""
        now = self._of_name.get(then.name)
        return now if now is not None and source(now) == source(then) else None

    def known_as(self, shot_id: str) -> list[ShotStrip]:
        """Those that bear the id of a shot, whatever they show now; none where it is empty."""
        return self._of_id.get(shot_id, [])

    def like(self, then: ShotStrip) -> list[ShotStrip]:
        """Those that show the same."""
        return self._of_source.get(source(then), [])

    def likely(self, then: ShotStrip) -> list[ShotStrip]:
        """The same, with their contents where they most likely begin."""
        return [next(self.readings(strip, then))[0] for strip in self.like(then)]

    def aligned_with(self, now: ShotStrip) -> list[ShotStrip]:
        """Those that show the same, and the same frame of it at the same time."""
        return self._of_place.get((*source(now), now.content_start), [])

    def numbered(self, then: ShotStrip) -> list[ShotStrip]:
        """Those that show the same under the same name, but for the number behind it."""
        return self._of_base.get((*source(then), _base(then.name)), [])

    def readings(self, now: ShotStrip, other: ShotStrip) -> Iterator[tuple[ShotStrip, float]]:
        """Where the content of a strip may begin, the likeliest first, if it was cut off `other` by Hold Split; and by
        how many frames that may be wrong.

        What is cut off is counted in frames of the file, and no Blender tells whether a movie keeps its own rate. Where
        it does, a cut lies between two frames of the file.
        """
        own, pace = self._at_own_rate.get(now.name, (now.content_start, 0.0))
        whole, _pace = self._at_own_rate.get(other.name, (other.content_start, 0.0))
        slack = min(pace, (now.end - now.start) / 2)
        if pace and abs(own - whole) <= pace:
            yield replace(now, content_start=other.content_start), slack
            return
        yield now, 0.0
        if pace:
            yield replace(now, content_start=own), slack


def source(strip: ShotStrip) -> tuple[str, str]:
    """What a strip shows, to be compared: its kind and its file."""
    return strip.kind, _comparable(strip.filepath)


_comparable = lru_cache(maxsize=4096)(comparable)


def spots(shot: Shot, strips: StripIndex) -> tuple[Spot, ...]:
    """Where `shot` is, by time.

    One spot, unless the shot was cut into pieces that do not lie side by side any more. Where it is gone, the range and
    the channel that it had.
    """
    # A picture of all that was visible belongs above all of it, wherever its strip has been put.
    level = strips.level_of(shot.strips[0]) if shot.source is Source.TIMELINE else None
    if len(shot.strips) == 1:
        lead = shot.strips[0]
        pieces = _pieces(shot, lead, strips)
        found_spots = sorted(_runs(shot, lead, pieces), key=lambda spot: spot.first)
        if found_spots:
            return tuple(found_spots if level is None else (replace(spot, meta=level) for spot in found_spots))
    found = [(strip, piece) for strip in shot.strips for piece in _pieces(shot, strip, strips)]
    start = shot.start + (_moved(*found[0]) if found else 0)
    if level is None:
        level = found[0][1].meta if found else strips.level_of(shot.strips[0])
    there = [piece for _strip, piece in found if piece.meta == level]
    channel = min(strip.channel for strip in there or shot.strips)
    names = tuple(piece.name for piece in there)
    return (Spot(start, start, start + shot.frames, channel, names, level),)


def _runs(shot: Shot, lead: ShotStrip, pieces: list[ShotStrip]) -> Iterator[Spot]:
    """A spot for all the pieces that lie side by side and belong together."""
    while pieces:
        run = [pieces[0]]
        for piece in pieces[1:]:
            together = (piece.content_start, piece.meta) == (run[0].content_start, run[0].meta)
            if together and piece.start <= max(each.end for each in run):
                run.append(piece)
        pieces = [piece for piece in pieces if piece not in run]
        start = shot.start + _moved(lead, run[0])
        first = max(start, run[0].start)
        end = min(start + shot.frames, max(piece.end for piece in run))
        if first < end:
            channel = min(piece.channel for piece in run)
            yield Spot(start, first, end, channel, tuple(piece.name for piece in run), run[0].meta)


def _moved(then: ShotStrip, now: ShotStrip) -> int:
    return round(now.content_start - then.content_start)


def _pieces(shot: Shot, lead: ShotStrip, strips: StripIndex) -> list[ShotStrip]:
    """What the strip `lead` of `shot` has become, by time: itself, its pieces, or what shows the same content."""
    # The strips of a shot of several bear one id: that does not tell which is which.
    known = strips.known_as(shot.id) if len(shot.strips) == 1 else []
    if not lead.filepath:
        return _pieces_without_file(lead, strips, known)
    first = max(lead.start, shot.start) - lead.content_start
    end = min(lead.end, shot.start + shot.frames) - lead.content_start

    def shows(strip: ShotStrip) -> bool:
        low, high = _shown(strip)
        return low < end and high > first

    chosen = strips.named(lead)
    known = [strip for strip in known if shows(strip)]
    if known and chosen not in known:
        # Renamed, or showing another file: a copy bears the same id, and lies elsewhere.
        chosen = min(known, key=lambda strip: _unlike(strip, lead))
    if chosen is None or not shows(chosen):
        # Renamed, or the piece of that name was deleted: what shows the same frames when it did, else the only one.
        there = [strip for strip in strips.aligned_with(lead) if shows(strip)]
        there = there or [strip for strip in strips.likely(lead) if shows(strip)]
        if not there or (len(there) > 1 and there[0].content_start != lead.content_start):
            return []
        chosen = min(there, key=lambda strip: _unlike(strip, lead)[1:])
    pieces = [chosen]
    low, high = _shown(chosen)
    if low <= first and end <= high:
        # It shows the whole shot. Among a thousand pieces of one movie it would take long to find that no other does.
        return pieces
    for strip in (*strips.aligned_with(chosen), *strips.numbered(lead)):
        for reading, slack in strips.readings(strip, chosen):
            # A piece that was cut off shows frames of the shot that no other piece shows. A copy does not.
            low, high = _shown(reading)
            low, high = low + slack, high - slack
            moved = reading.content_start != chosen.content_start
            if shows(reading) and (not moved or (first <= low and high <= end)) and _apart(low, high, pieces):
                pieces.append(reading)
                break
    return sorted(pieces, key=lambda strip: strip.start)


def _unlike(now: ShotStrip, then: ShotStrip) -> tuple[bool, bool, bool, int]:
    """The less, the likelier a strip is what another was."""
    moved = now.content_start != then.content_start
    return (moved, now.meta != then.meta, now.channel != then.channel, now.start)


def _pieces_without_file(lead: ShotStrip, strips: StripIndex, known: Sequence[ShotStrip]) -> list[ShotStrip]:
    """The same for a strip that shows no file: by its name, else by its place. known: those that bear the shot's id."""
    chosen = strips.named(lead)
    if known and chosen not in known:
        chosen = min(known, key=lambda strip: _unlike(strip, lead))
    if chosen is None:
        place = (lead.start, lead.end, lead.channel, lead.meta)
        there = [strip for strip in strips.like(lead) if (strip.start, strip.end, strip.channel, strip.meta) == place]
        if not there:
            return []
        chosen = there[0]
    moved = _moved(lead, chosen)
    # Blender counts the frames of such a piece from its own start.
    cut = [
        replace(strip, content_start=chosen.content_start)
        for strip in strips.numbered(lead)
        if strip is not chosen
        and (strip.channel, strip.meta) == (chosen.channel, chosen.meta)
        and strip.start >= lead.start + moved
        and strip.end <= lead.end + moved
    ]
    return sorted([chosen, *cut], key=lambda strip: strip.start)


def _apart(low: float, high: float, pieces: list[ShotStrip]) -> bool:
    """Whether none of `pieces` shows any of those frames."""
    return all(high <= _shown(piece)[0] or low >= _shown(piece)[1] for piece in pieces)


def _shown(strip: ShotStrip) -> tuple[float, float]:
    """The frames that a strip shows, counted from the first one of what it shows."""
    return strip.start - strip.content_start, strip.end - strip.content_start


def _base(name: str) -> str:
    return _NUMBER.sub("", name)
