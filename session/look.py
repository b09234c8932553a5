# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent of the selection, and everything that is in its way. The press and the panels look in one way.

What can be told at once, and what is to be asked of the disk, are apart: nobody who holds the interface asks it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path

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
from ..core.values.choices import Land
from ..core.values.plan import Plan
from ..core.values.preview import Preview, SentFile
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


_Fault = tuple[_Rank, ReshootError]


@dataclass(frozen=True)
class DiskQuestion:
    """What is to be asked of the disk. folders: that need room, with the bytes. sums: whether what was spent counts."""

    footage: ShownFiles
    references: tuple[Reference, ...]
    limits: Limits
    shot: Shot | None
    plan: Plan | None
    home: Path
    folders: tuple[tuple[Path, int], ...]
    sums: bool

    def __hash__(self) -> int:
        """Worked out once: the lookout is asked at every redraw."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # The rest follows from these, as far as one question is told from another.
        return hash((self.footage, self.references, self.limits, self.shot, self.plan))


@dataclass(frozen=True)
class DiskAnswer:
    """What the disk answered. words: what is wrong; spent: see `spending.read`, where it was asked. Both to compare."""

    words: tuple[str, ...] = ()
    file: SentFile | None = None
    spent: tuple[tuple[Sum, ...], tuple[str, ...]] | None = None
    faults: tuple[_Fault, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Look:
    """What can be told without the disk, and what is to be asked of it."""

    preview: Preview
    faults: tuple[_Fault, ...]
    question: DiskQuestion

    def with_answer(self, found: DiskAnswer | None) -> Preview:
        """All that is known, the faults in the order in which they are to be mended."""
        faults = [*self.faults, *(found.faults if found is not None else ())]
        faults += _money_faults(self.preview)
        errors = tuple(error for _rank, error in sorted(faults, key=lambda fault: fault[0]))
        file = found.file if found is not None else None
        # The movie's own frames need no script.
        frozen = self.preview.frozen if found is not None and file is None else ""
        return replace(self.preview, file=file, frozen=frozen, errors=errors)


def look(scene: bpy.types.Scene, prompt: str = "", *, seconds: float) -> Look:
    """What a press on `scene` would send now, and every fault that can be told without the disk.

    prompt: in place of the scene's own, where it is not empty. seconds: that a disk has for the headers of files which
    tell whether something is seen through them; what is not known by then counts as see-through.
    """
    unusable: list[_Fault] = []
    try:
        session.current().refresh()
    except ReshootError as error:
        unusable.append((_Rank.ROOM, error))
    brief = settings_brief.read(settings_of(scene), prompt)
    until = time.monotonic() + seconds
    transparency.asked()
    seen = look_at(scene, brief)
    # What a file's header tells may make another shot of it, whose files are asked for then.
    while _headers_changed(transparency.asked(), until):
        seen = look_at(scene, brief)
    return replace(seen, faults=(*seen.faults, *unusable))


def _headers_changed(paths: tuple[str, ...], until: float) -> bool:
    """Whether a look at the headers of `paths`, on a thread, tells something else by then. until: by time.monotonic."""
    if not paths:
        return False
    before = transparency.changes()
    look_within(until - time.monotonic(), lambda: transparency.look(paths))
    return transparency.changes() != before


def look_at(scene: bpy.types.Scene, asked: Brief) -> Look:
    """All that can be told without opening a file."""
    model, limits = MODELS.get(asked.model), limits_of(asked.model)
    faults: list[_Fault] = []
    service, sent = "", ""
    read: Shot | None = None
    plan: Plan | None = None
    shown: ShownFiles = ()
    warnings: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    try:
        service = session.service()
    except ReshootError as error:
        faults.append((_Rank.SERVICE, error))
    try:
        read, shown, lost = shot.read(scene, asked.source, session.project())
        landing_place.check(TimelineFacts(scene), read, Land(settings_of(scene).land))
    except ReshootError as error:
        faults.append((_Rank.SHOT, error))
    if model is None:
        # Blender has no name for what it does not know, as of a file that a newer Reshoot was in.
        words = say("The model that is set in the scene “{scene}” is none that Reshoot knows.", scene=scene.name)
        faults.append((_Rank.MODEL, ModelUnknown(words, say("Choose a model in the options, or update Reshoot."))))
    elif read is not None:
        try:
            plan = conform.plan(read, model, asked.timing, asked.sound, asked.handles)
        except ReshootError as error:
            faults.append((_Rank.PLAN, error))
    try:
        references.check_count(asked.references, limits)
    except ReshootError as error:
        faults.append((_Rank.REFERENCES, error))
    try:
        sent, warnings = prompt.check(asked.prompt, [each.kind for each in asked.references], limits)
    except ReshootError as error:
        faults.append((_Rank.PROMPT, error))
    warnings += lost
    is_limited = spending.is_limited(service)
    if is_limited and session.has_work():
        try:
            # It knows what was spent.
            session.current()
        except ReshootError as error:
            faults.append((_Rank.ROOM, error))
    running = session.running()
    home = running.home if running is not None else folders.home()
    question = DiskQuestion(
        shown,
        asked.references,
        limits,
        read,
        plan,
        home,
        tuple(_needed(plan, limits, home)) if plan is not None else (),
        sums=is_limited,
    )
    frozen = scripts.frozen_words(scene) if plan is not None else ""
    return Look(Preview(asked, service, read, plan, sent, None, warnings, frozen), tuple(faults), question)


def _needed(plan: Plan, limits: Limits, home: Path) -> Iterator[tuple[Path, int]]:
    """The folders that a shot needs room in, and the bytes."""
    clips = int(plan.width * plan.height * plan.frames * _BYTES_PER_PIXEL)
    if limits.max_video_bytes is not None:
        clips = min(clips, len(plan.parts) * limits.max_video_bytes)
    for folder in (home, folders.takes_folder(session.project(), home)):
        yield folder, 2 * clips + _SPARE_BYTES


def _money_faults(seen: Preview) -> list[_Fault]:
    """Whether it would cost more than the editor allows."""
    if seen.plan is None or not seen.service:
        return []
    try:
        spending.check(seen.plan.price, seen.service, session.project())
    except ReshootError as error:
        return [(_Rank.MONEY, error)]
    return []


def ask_disk(asked: DiskQuestion) -> DiskAnswer:
    """What the disk knows. Called on any thread."""
    faults: list[_Fault] = []
    file: SentFile | None = None
    try:
        footage.check_files(asked.footage)
        if asked.shot is not None:
            footage.check_whole(asked.shot, asked.footage)
        if asked.shot is not None and asked.plan is not None:
            file = _own_file(asked.shot, asked.plan, asked.limits)
    except ReshootError as error:
        faults.append((_Rank.FOOTAGE, error))
    try:
        references.check_files(asked.references, asked.limits)
    except ReshootError as error:
        faults.append((_Rank.IMAGES, error))
    try:
        for folder, needed in asked.folders:
            check_room(folder, needed, with_parents=folder.is_relative_to(asked.home))
    except ReshootError as error:
        faults.append((_Rank.ROOM, error))
    spent = None
    try:
        spent = spending.read() if asked.sums else None
    except ReshootError as error:
        faults.append((_Rank.ROOM, error))
    return DiskAnswer(tuple(str(error) for _rank, error in faults), file, spent, tuple(faults))


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
    return DiskAnswer((str(error),), faults=((_Rank.ROOM, error),))


def _own_file(read: Shot, plan: Plan, limits: Limits) -> SentFile | None:
    """What is sent of the shot's own movie, None where any part of the plan has to be rendered. Opens the file."""
    sent = [own for own in own_frames(read, plan, plan.parts, limits) if own is not None]
    if len(sent) < len(plan.parts):
        return None
    return SentFile(sum(own.size for own in sent))
