# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent of the selection, and everything that is in its way. The press and the panels look in one way.

What can be told at once, and what is to be asked of the disk, are apart: nobody who holds the interface asks it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import bpy

from .. import session
from ..core.errors import ModelUnknown, ReshootError
from ..core.export.own_frames import own_frames
from ..core.lookout import look_within
from ..core.models.model import Limits
from ..core.models.table import MODELS, limits_of
from ..core.money.ledger import Sum
from ..core.planning import conform, footage, prompt, references, transparency
from ..core.takes.files import check_room, check_writable
from ..core.values.brief import Brief
from ..core.values.choices import Land, Selection
from ..core.values.plan import Plan
from ..core.values.preview import Preview, SentFile, ShotPreview
from ..core.values.shot import Reference, Shot, ShownFiles
from ..core.words import say
from ..settings import brief as settings_brief
from ..settings import folders
from ..settings.scene import settings_of
from ..timeline import scripts, shot
from ..timeline.facts import TimelineFacts
from ..timeline.stacks import landing_place
from . import spending

_BYTES_PER_PIXEL = 0.12
"""Of a visually lossless clip, on detailed footage; both clip and take have to find room."""


_SPARE_BYTES = 50_000_000


class _Rank(IntEnum):
    """What is to be mended first comes first: what follows from a fault comes after it."""

    SERVICE = 1
    SHOT = 2
    MODEL = 3
    FOOTAGE = 4
    PLAN = 5
    REFERENCES = 6
    PROMPT = 7
    IMAGES = 8
    ROOM = 9
    MONEY = 10


class _Fault(NamedTuple):
    """Something that is in the way. shot: the number of the one that it is about, None where it is about all."""

    rank: _Rank
    error: ReshootError
    shot: int | None = None


class Again(NamedTuple):
    """A shot that is sent once more, whatever is selected and set: by which brief, the names of its strips, and of the
    meta strip that they are in. text: the brief as the shot keeps it, empty where it is not the shot's own.
    """

    brief: Brief
    strips: tuple[str, ...]
    meta: str
    text: str = ""

    @property
    def selection(self) -> Selection:
        """What several strips of one shot are."""
        return Selection.TOGETHER if len(self.strips) > 1 else Selection.EACH


class ShotQuestion(NamedTuple):
    """What is to be asked of the disk about one shot. footage: the files that it shows."""

    footage: ShownFiles
    shot: Shot
    plan: Plan | None


@dataclass(frozen=True)
class DiskQuestion:
    """What is to be asked of the disk. folders: that need room, with the bytes. sums: whether what was spent counts."""

    shots: tuple[ShotQuestion, ...]
    references: tuple[Reference, ...]
    limits: Limits
    home: Path
    folders: tuple[tuple[Path, int], ...]
    sums: bool

    def __hash__(self) -> int:
        """Worked out once: the lookout is asked at every redraw."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # The rest follows from these, as far as one question is told from another.
        return hash((self.shots, self.references, self.limits))


@dataclass(frozen=True)
class DiskAnswer:
    """What the disk answered. words: what is wrong; files: what goes out of each shot's movie as it is; spent: see
    `spending.read`, where it was asked. These are compared.
    """

    words: tuple[str, ...] = ()
    files: tuple[SentFile | None, ...] = ()
    spent: tuple[tuple[Sum, ...], tuple[str, ...]] | None = None
    faults: tuple[_Fault, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Look:
    """What can be told without the disk, and what is to be asked of it.

    selection: what several strips were taken for. read: the shots that were read so far, where they are too many for
    one look. unsure: files that count as see-through because only a decoder tells whether they are. again: what is sent
    in place of what is selected.
    """

    preview: Preview
    faults: tuple[_Fault, ...]
    question: DiskQuestion
    selection: Selection
    read: tuple[shot.ReadShot, ...] = ()
    unsure: tuple[str, ...] = ()
    again: Again | None = None

    def with_answer(self, found: DiskAnswer | None) -> Preview:
        """All that is known, the faults in the order in which they are to be mended."""
        faults = [*self.faults, *(found.faults if found is not None else ()), *_money_faults(self.preview)]
        faults.sort(key=lambda fault: (fault.rank, -1 if fault.shot is None else fault.shot))
        shots = self.preview.shots
        files: tuple[SentFile | None, ...] = found.files if found is not None else ()
        files += (None,) * (len(shots) - len(files))
        return replace(
            self.preview,
            shots=tuple(
                replace(
                    each,
                    file=file,
                    # The movie's own frames need no script.
                    frozen=each.frozen if found is not None and file is None else "",
                    errors=tuple(fault.error for fault in faults if fault.shot == number),
                )
                for number, (each, file) in enumerate(zip(shots, files, strict=True))
            ),
            errors=tuple(_named(faults, [each.shot.name for each in shots])),
        )


def _named(faults: Sequence[_Fault], names: Sequence[str]) -> Iterator[ReshootError]:
    """What is in the way, named by its shot where there are several; what is true of every one of them once."""
    counts = Counter((type(error), str(error)) for _rank, error, number in faults if number is not None)
    told = set()
    for _rank, error, number in faults:
        kind = (type(error), str(error))
        if number is None or len(names) == 1:
            yield error
        elif counts[kind] < len(names):
            name = say("“{shot}”", shot=names[number])
            message = error.message if name in error.message else f"{name}: {error.message}"
            yield type(error)(message, error.remedy)
        elif kind not in told:
            told.add(kind)
            yield error


def look(
    scene: bpy.types.Scene,
    prompt: str = "",
    *,
    seconds: float,
    selection: Selection | None = None,
    variants: int | None = None,
    again: Again | None = None,
) -> Look:
    """What a press on `scene` would send now, and every fault that can be told without the disk.

    prompt, selection, variants: in place of the scene's own, where they are given. again: in place of all of that, and
    of what is selected. seconds: that a disk has for the
    headers of files which tell whether something is seen through them; what is not known by then counts as see-through.
    """
    unusable: list[_Fault] = []
    try:
        session.current().refresh()
    except ReshootError as error:
        unusable.append(_Fault(_Rank.ROOM, error))
    settings = settings_of(scene)
    brief = settings_brief.read(settings, prompt) if again is None else again.brief
    counts = selection or Selection(settings.selection), variants or settings.variants
    if again is not None:
        counts = again.selection, 1
    until = time.monotonic() + seconds
    transparency.asked()
    seen, paths = look_at(scene, brief, *counts, again=again), transparency.asked()
    # What a file's header tells may make another shot of it, whose files are asked for then.
    while _headers_changed(paths, until):
        seen, paths = look_at(scene, brief, *counts, again=again), transparency.asked()
    through = any(each.shot.see_through for each in seen.preview.shots)
    unsure = tuple(path for path in paths if through and not transparency.is_settled([path]))
    return replace(seen, faults=(*seen.faults, *unusable), unsure=unsure)


def look_as_if_opaque(scene: bpy.types.Scene, seen: Look) -> Look | None:
    """What would be sent if none of the `unsure` files of what was `seen` has an alpha channel; None where something is
    in the way of that, no shot is another then, or one costs more or is other parts than what the editor has seen.
    """
    brief, shots = seen.preview.brief, seen.preview.shots
    if not seen.unsure or brief is None:
        return None
    with transparency.supposed_without(seen.unsure):
        other = look_at(scene, brief, seen.selection, seen.preview.variants, again=seen.again)
    transparency.asked()
    if other.with_answer(None).error is not None or len(other.preview.shots) != len(shots):
        return None
    pairs = list(zip(shots, other.preview.shots, strict=True))
    if not all(_is_no_more(one.plan, another.plan) for one, another in pairs):
        return None
    return other if any(one.shot.see_through != another.shot.see_through for one, another in pairs) else None


def _is_no_more(known: Plan | None, plan: Plan | None) -> bool:
    """Whether `plan` costs no more than the one that is `known`, and goes in as many parts."""
    return known is not None and plan is not None and len(plan.parts) == len(known.parts) and plan.price <= known.price


def with_opaque(seen: Look, opaque: Look, without: Callable[[tuple[str, ...]], bool]) -> Look:
    """`seen`, with those of its shots as `look_as_if_opaque` has them whose files have no alpha channel after all.

    without: whether that is so of some of the `unsure` files. Called on any thread.
    """
    previews, questions = list(seen.preview.shots), list(seen.question.shots)
    for number, each in enumerate(questions):
        own = {strip.filepath for strip in each.shot.strips}.union(*(shown.paths for shown in each.footage))
        files = tuple(path for path in seen.unsure if path in own or len(questions) == 1)
        if files and without(files):
            previews[number], questions[number] = opaque.preview.shots[number], opaque.question.shots[number]
    return replace(
        seen,
        preview=replace(seen.preview, shots=tuple(previews)),
        question=replace(seen.question, shots=tuple(questions)),
    )


def look_in(seen: Look, project: str) -> Look:
    """`seen`, now that the open file has another name: what comes of it goes to another folder."""
    question = seen.question
    questions = tuple(each._replace(shot=replace(each.shot, project=project)) for each in question.shots)
    previews = tuple(replace(each, shot=replace(each.shot, project=project)) for each in seen.preview.shots)
    plans = [each.plan for each in questions if each.plan is not None]
    needed = _needed(plans * seen.preview.variants, question.limits, project, question.home) if plans else ()
    return replace(
        seen,
        preview=replace(seen.preview, shots=previews),
        question=replace(question, shots=questions, folders=tuple(needed)),
    )


def _headers_changed(paths: tuple[str, ...], until: float) -> bool:
    """Whether a look at the headers of `paths`, on a thread, tells something else by then. until: by time.monotonic."""
    if not paths:
        return False
    before = transparency.changes()
    look_within(until - time.monotonic(), lambda: transparency.look(paths))
    return transparency.changes() != before


def look_at(
    scene: bpy.types.Scene,
    asked: Brief,
    selection: Selection,
    variants: int,
    *,
    known: Sequence[shot.ReadShot] = (),
    most: int | None = None,
    again: Again | None = None,
) -> Look:
    """All that can be told without opening a file. known, most: see `shot.read_each`. again: see `look`."""
    limits = limits_of(asked.model)
    faults: list[_Fault] = []
    service, sent = "", ""
    warnings: tuple[str, ...] = ()
    try:
        service = session.service()
    except ReshootError as error:
        faults.append(_Fault(_Rank.SERVICE, error))
    timeline = TimelineFacts(scene) if again is None else TimelineFacts(scene, again.strips, again.meta)
    found = shot.Shots()
    try:
        found = shot.read_each(timeline, asked.source, session.project(), selection, known=known, most=most)
    except ReshootError as error:
        faults.append(_Fault(_Rank.SHOT, error))
    is_whole = len(found.each) == found.total
    read = found.each if is_whole else ()
    plans, refused = _plans(scene, [each.shot for each in read], asked)
    faults += refused
    faults += _without_place(timeline, [each.shot for each in read])
    try:
        references.check_count(asked.references, limits)
    except ReshootError as error:
        faults.append(_Fault(_Rank.REFERENCES, error))
    try:
        sent, warnings = prompt.check(asked.prompt, [each.kind for each in asked.references], limits)
    except ReshootError as error:
        faults.append(_Fault(_Rank.PROMPT, error))
    is_limited = spending.is_limited(service)
    if is_limited and session.has_work():
        try:
            # It knows what was spent.
            session.current()
        except ReshootError as error:
            faults.append(_Fault(_Rank.ROOM, error))
    running = session.running()
    home = running.home if running is not None else folders.home()
    planned = [plan for plan in plans if plan is not None]
    question = DiskQuestion(
        tuple(ShotQuestion(each.files, each.shot, plan) for each, plan in zip(read, plans, strict=True)),
        asked.references,
        limits,
        home,
        tuple(_needed(planned * variants, limits, session.project(), home)) if planned else (),
        sums=is_limited,
    )
    shots = tuple(
        ShotPreview(each.shot, plan, None, each.lost, frozen)
        for each, plan, frozen in zip(read, plans, _frozen(scene, [each.shot for each in read]), strict=True)
    )
    referred_to = {path for each in asked.references for path in each.images}
    stills = tuple(path for path in found.stills if path not in referred_to)
    unfinished = None if is_whole else (len(found.each), found.total)
    preview = Preview(asked, service, shots, variants, sent, warnings, stills, found.passed_over, (), unfinished)
    return Look(preview, tuple(faults), question, selection, () if is_whole else found.each, again=again)


def _frozen(scene: bpy.types.Scene, shots: Sequence[Shot]) -> list[str]:
    """What is told of scripts that do not run where each of `shots` is rendered."""
    spans = [(each.start - each.before, each.start + each.frames + each.after) for each in shots]
    if not spans:
        return []
    # Mostly there are none, which is soon found out for all of them.
    whole = scripts.frozen_words(scene, min(first for first, _end in spans), max(end for _first, end in spans))
    return [scripts.frozen_words(scene, *span) if whole else "" for span in spans]


def _without_place(timeline: TimelineFacts, shots: Sequence[Shot]) -> Iterator[_Fault]:
    """Why the takes of those of `shots` cannot be laid where they would be seen as their shots are."""
    land = Land(settings_of(timeline.scene).land)
    for number, each in enumerate(shots):
        try:
            landing_place.check(timeline, each, land)
        except ReshootError as error:
            yield _Fault(_Rank.SHOT, error, number)


def _plans(scene: bpy.types.Scene, shots: Sequence[Shot], asked: Brief) -> tuple[list[Plan | None], list[_Fault]]:
    """What would be sent of each of `shots`, None where it cannot be, and why."""
    model = MODELS.get(asked.model)
    if model is None:
        # Blender has no name for what it does not know, as of a file that a newer Reshoot was in.
        words = say("The model that is set in the scene “{scene}” is none that Reshoot knows.", scene=scene.name)
        unknown = ModelUnknown(words, say("Choose a model in the options, or update Reshoot."))
        return [None] * len(shots), [_Fault(_Rank.MODEL, unknown)]
    plans: list[Plan | None] = []
    faults = []
    for number, each in enumerate(shots):
        plan = None
        try:
            plan = conform.plan(each, model, asked.timing, asked.sound, asked.handles)
        except ReshootError as error:
            faults.append(_Fault(_Rank.PLAN, error, number))
        plans.append(plan)
    return plans, faults


def _needed(plans: Sequence[Plan], limits: Limits, project: str, home: Path) -> Iterator[tuple[Path, int]]:
    """The folders that need room for what `plans` send, and the bytes."""
    clips = 0
    for plan in plans:
        size = int(plan.width * plan.height * plan.frames * _BYTES_PER_PIXEL)
        if limits.max_video_bytes is not None:
            size = min(size, len(plan.parts) * limits.max_video_bytes)
        clips += size
    for folder in (home, folders.takes_folder(project, home)):
        yield folder, 2 * clips + _SPARE_BYTES


def _money_faults(seen: Preview) -> list[_Fault]:
    """Whether it would cost more than the editor allows."""
    if seen.price is None or not seen.service:
        return []
    try:
        spending.check(seen.price, seen.service, session.project())
    except ReshootError as error:
        return [_Fault(_Rank.MONEY, error)]
    return []


def ask_disk(asked: DiskQuestion) -> DiskAnswer:
    """What the disk knows. Called on any thread."""
    faults: list[_Fault] = []
    files: list[SentFile | None] = []
    for number, each in enumerate(asked.shots):
        file = None
        try:
            footage.check_files(each.footage)
            footage.check_whole(each.shot, each.footage)
            if each.plan is not None:
                file = _own_file(each.shot, each.plan, asked.limits)
        except ReshootError as error:
            faults.append(_Fault(_Rank.FOOTAGE, error, number))
        files.append(file)
    try:
        references.check_files(asked.references, asked.limits)
    except ReshootError as error:
        faults.append(_Fault(_Rank.IMAGES, error))
    try:
        for folder, needed in asked.folders:
            in_home, own = folder.is_relative_to(asked.home), folder == asked.home
            check_room(folder, needed, with_parents=in_home, own=own)
    except ReshootError as error:
        faults.append(_Fault(_Rank.ROOM, error))
    spent = None
    try:
        spent = spending.read() if asked.sums else None
    except ReshootError as error:
        faults.append(_Fault(_Rank.ROOM, error))
    return DiskAnswer(tuple(str(fault.error) for fault in faults), tuple(files), spent, tuple(faults))


def ask_to_write(asked: DiskQuestion, known: DiskAnswer | None) -> DiskAnswer:
    """The same for a press, where nothing else is in its way: also what only a file tells that is written there. Makes
    the folders of what is paid for. known: what was found a moment ago. Called on any thread.
    """
    found = known if known is not None else ask_disk(asked)
    if found.faults:
        return found
    try:
        for folder, _needed_bytes in asked.folders:
            check_writable(folder)
    except ReshootError as error:
        return no_answer(error)
    return found


def no_answer(error: ReshootError) -> DiskAnswer:
    """The answer of a disk that cannot be used, or that does not answer."""
    return DiskAnswer((str(error),), faults=(_Fault(_Rank.ROOM, error),))


def _own_file(read: Shot, plan: Plan, limits: Limits) -> SentFile | None:
    """What is sent of the shot's own movie, None where any part of the plan has to be rendered. Opens the file."""
    sent = [own for own in own_frames(read, plan, plan.parts, limits) if own is not None]
    if len(sent) < len(plan.parts):
        return None
    return SentFile(sum(own.size for own in sent))
