# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the selected strips are shots: a box that an editor draws over a timeline takes in more than footage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..core.errors import NothingSelected, ShotError
from ..core.values.choices import Selection, Source
from ..core.words import named, say
from .facts import StripFacts, TimelineFacts

_SELECT = named("Select the strip to reshoot in the sequencer.")
_FOOTAGE = ("MOVIE", "SCENE", "META", "MOVIECLIP")
"""An image sequence is footage too, a still is not."""
MOST_SHOTS = 100
"""Shots that one press may send: more is most likely a slip of the hand."""


class Selected(NamedTuple):
    """What a press takes of the selection.

    shots: the strips of each, earliest and lowest first. stills: image strips that may be references of it.
    passed_over: names of what else has a picture and is not sent.
    """

    shots: tuple[tuple[StripFacts, ...], ...]
    stills: tuple[StripFacts, ...]
    passed_over: tuple[str, ...]


def targets(timeline: TimelineFacts, selection: Selection, source: Source) -> Selected:
    """What a press takes of what is selected in the open level of a timeline.

    Sound never; a take only where nothing below it is selected. Beside footage, stills are not sent, nor is what is
    made of other strips or laid over them: titles, colours, effects. Together, effects of the footage belong to it, and
    so does a still that lies in a gap of it. Raises ShotError where no picture is selected, where the strips of one
    shot leave frames open, and for too many shots.
    """
    pictures = _pictures(timeline)
    wanted = _without_takes(pictures)
    main = _main(wanted)
    if selection is Selection.TOGETHER:
        main = _with_effects([*main, *_fillers(main, wanted)], wanted)
        _check_whole(main)
        shots: tuple[tuple[StripFacts, ...], ...] = (tuple(main),)
    else:
        shots = _each(main, source)
    taken = {strip.name for strip in main}
    rest = [strip for strip in pictures if strip.name not in taken]
    stills = tuple(strip for strip in rest if strip.is_still and strip in wanted)
    return Selected(shots, stills, tuple(strip.name for strip in rest if strip not in stills))


def lead(timeline: TimelineFacts, before: str = "") -> StripFacts | None:
    """The one of the selected shots that stands for them: the active one, the one that did so `before`, by its name, or
    the first; None where no picture is selected.
    """
    pictures = [strip for strip in timeline.selected if strip.kind != "SOUND"]
    shots = {strip.name: strip for strip in _main(_without_takes(sorted(pictures, key=_place)))}
    active = timeline.active
    if active is not None and active.name in shots:
        return shots[active.name]
    return shots.get(before) or next(iter(shots.values()), None)


def _pictures(timeline: TimelineFacts) -> list[StripFacts]:
    """The selected strips that have a picture, earliest and lowest first. Raises NothingSelected."""
    if not timeline.selected:
        raise NothingSelected(say("No strip is selected."), say(_SELECT))
    pictures = [strip for strip in timeline.selected if strip.kind != "SOUND"]
    if not pictures:
        raise NothingSelected(say("Only sound is selected; Reshoot edits pictures."), say(_SELECT))
    return sorted(pictures, key=_place)


def _place(strip: StripFacts) -> tuple[int, int]:
    return strip.start, strip.channel


def _without_takes(pictures: Sequence[StripFacts]) -> list[StripFacts]:
    """`pictures` without the takes that lie over another of them: such a one is the shot, and is sent once."""
    others = [strip for strip in pictures if strip.take_of is None]
    return [
        strip
        for strip in pictures
        if strip.take_of is None
        or not any(each.channel < strip.channel and each.overlaps(strip.start, strip.end) for each in others)
    ]


def _main(pictures: Sequence[StripFacts]) -> list[StripFacts]:
    """What is to be edited: the footage; where there is none the stills; else all that there is."""
    footage = [strip for strip in pictures if strip.kind in _FOOTAGE or (strip.kind == "IMAGE" and not strip.is_still)]
    return footage or [strip for strip in pictures if strip.is_still] or list(pictures)


def _each(strips: Sequence[StripFacts], source: Source) -> tuple[tuple[StripFacts, ...], ...]:
    """Each of `strips` as a shot of its own. Raises ShotError where they are too many."""
    shots = _apart(strips) if source is Source.TIMELINE else [(strip,) for strip in strips]
    if len(shots) > MOST_SHOTS:
        raise ShotError(
            say("{count} shots are selected; at most {most} are sent at one press.", count=len(shots), most=MOST_SHOTS),
            say("Select fewer of them, and send the others afterwards."),
        )
    return tuple(shots)


def _apart(strips: Iterable[StripFacts]) -> list[tuple[StripFacts, ...]]:
    """Those of `strips` together that have the same frames, or some of another's: what the viewer shows then is one
    picture, and is sent once.
    """
    shots: list[list[StripFacts]] = []
    for strip in sorted(strips, key=lambda each: (each.start, -each.end, each.channel)):
        around = next((shot for shot in shots if shot[0].end >= strip.end), None)
        if around is None:
            shots.append([strip])
        else:
            around.append(strip)
    return [tuple(sorted(shot, key=_place)) for shot in shots]


def _fillers(footage: Sequence[StripFacts], pictures: Iterable[StripFacts]) -> list[StripFacts]:
    """The stills among `pictures` that show something where `footage`, from its first to its last frame, does not."""
    start, end = footage[0].start, max(strip.end for strip in footage)
    return [
        strip
        for strip in pictures
        if strip.is_still
        and strip not in footage
        and start <= strip.start
        and strip.end <= end
        and _gap(footage, strip.start, strip.end) is not None
    ]


def _with_effects(strips: Sequence[StripFacts], pictures: Iterable[StripFacts]) -> list[StripFacts]:
    """`strips`, and those of `pictures` that are made of nothing else, earliest and lowest first."""
    found = {strip.name: strip for strip in strips}
    effects = [strip for strip in pictures if strip.inputs and strip.name not in found]
    while made := [each for each in effects if all(strip.name in found for strip in each.inputs)]:
        found.update((each.name, each) for each in made)
        effects = [each for each in effects if each.name not in found]
    return sorted(found.values(), key=_place)


def _gap(strips: Sequence[StripFacts], start: int, end: int) -> tuple[int, int] | None:
    """The first frames from `start` to before `end` that none of `strips` shows, None where there are none."""
    reached = start
    for strip in sorted(strips, key=_place):
        if strip.start > reached:
            break
        reached = max(reached, strip.end)
    following = [strip.start for strip in strips if strip.start > reached]
    return (reached, min([end, *following])) if reached < end else None


def _check_whole(strips: Sequence[StripFacts]) -> None:
    """Refuse what leaves frames open between its first and its last: they would be sent, and paid for, as black."""
    gap = _gap(strips, strips[0].start, max(strip.end for strip in strips))
    if gap is None:
        return
    first, end = gap
    before = max((strip for strip in strips if strip.end <= first), key=lambda strip: strip.end)
    after = min((strip for strip in strips if strip.start >= end), key=_place)
    between = {"first": first, "last": end - 1, "before": before.name, "after": after.name}
    raise ShotError(
        say("The selected strips leave frame {first} open (between “{before}” and “{after}”).", **between)
        if end - first == 1
        else say(
            "The selected strips leave frames {first} to {last} open (between “{before}” and “{after}”).", **between
        ),
        say("Select what lies there too, or send each strip as a shot of its own."),
    )
