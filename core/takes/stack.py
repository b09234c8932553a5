# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a shot as a list: which it is, what was asked for, what it cost, what the editor thinks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..names import REHEARSAL
from ..values.choices import Rating
from ..values.job import Job
from ..values.state import State
from .differing import differing


@dataclass(frozen=True)
class TakeRow:
    """A take in the list. job: the id of its first part that is there. group: see `Job`. number: 1 for the first of
    the shot.

    words: in which its prompt differs from those of the others; the whole prompt where it does not. model: its name.
    price: US dollars, estimated. seconds: how long it took. state: that of the first part that is
    not placed. path: the file of the first part that is there.
    """

    job: str
    group: str
    number: int
    words: str
    model: str
    price: Decimal
    seconds: float
    rating: Rating
    note: str
    shown: bool
    state: State
    rehearsal: bool
    path: str


@dataclass(frozen=True)
class TakeList:
    """The takes of a shot, oldest first. shot: its name, empty where none is selected that has any."""

    shot: str = ""
    rows: tuple[TakeRow, ...] = ()

    @property
    def shown(self) -> TakeRow | None:
        """The take that the timeline shows, None where that is the original."""
        return next((row for row in self.rows if row.shown), None)


def takes_of(jobs: Sequence[Job]) -> list[tuple[Job, ...]]:
    """The takes among `jobs`, oldest first: the parts of each, by place. What has no result yet is none."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.group or job.id, []).append(job)
    there = [sorted(group, key=lambda job: job.part) for group in groups.values() if any(job.take for job in group)]
    return [tuple(group) for group in sorted(there, key=lambda group: (group[0].created, group[0].number))]


def rows(jobs: Sequence[Job], shown: str) -> tuple[TakeRow, ...]:
    """The list of the takes among `jobs`, which are those of one shot. shown: the group of the take that the timeline
    shows, '' where it shows the original.
    """
    takes = takes_of(jobs)
    prompts = tuple(dict.fromkeys(_prompt(parts) for parts in takes))
    words = dict(zip(prompts, differing(prompts), strict=True))
    return tuple(
        _row(parts, number, words[_prompt(parts)], shown=parts[0].group == shown)
        for parts, number in zip(takes, _numbers(takes), strict=True)
    )


def _prompt(parts: Sequence[Job]) -> str:
    return " ".join(parts[0].order.prompt.split())


def _numbers(takes: Sequence[Sequence[Job]]) -> list[int]:
    """What each is called. Those of rows of Reshoot 0.1.0, which had no numbers, take what is free, from 1 on."""
    taken = {parts[0].number for parts in takes}
    numbers = []
    free = 0
    for parts in takes:
        number = parts[0].number
        if not number:
            free = next(each for each in range(free + 1, free + len(taken) + 2) if each not in taken)
            number = free
        numbers.append(number)
    return numbers


def _row(parts: Sequence[Job], number: int, words: str, *, shown: bool) -> TakeRow:
    lead = parts[0]
    first = next(job for job in parts if job.take is not None)
    assert first.take is not None
    return TakeRow(
        job=first.id,
        group=lead.group,
        number=number,
        words=words or _prompt(parts),
        model=lead.model.label or lead.order.model,
        price=sum((job.price for job in parts), Decimal(0)),
        seconds=max(_landed(job) for job in parts) - min(job.created for job in parts),
        rating=lead.rating,
        note=lead.note,
        shown=shown,
        state=next((job.state for job in parts if job.state is not State.PLACED), State.PLACED),
        rehearsal=lead.service == REHEARSAL,
        path=first.take.path,
    )


def _landed(job: Job) -> float:
    """When its take came first, seconds since the epoch."""
    landed = (stage.at for stage in job.stages if stage.state is State.LANDED)
    return next(landed, job.stages[-1].at if job.stages else job.created)
