# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent of the selection, and everything that is in its way. The press and the panels look in one way.

`look` waits for the disk, for a press. `preview` never waits, for whoever draws: what is cheap is kept as long as the
timeline is the same, and the disk is asked on a thread. Nothing is changed here, in the timeline or on disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path

import bpy

from .. import session
from ..core.errors import ReshootError
from ..core.export.own_frames import own_frames
from ..core.lookout import Lookout
from ..core.models.model import Limits
from ..core.models.table import MODELS
from ..core.money.ledger import Sum
from ..core.planning import conform, footage, prompt, references
from ..core.takes.files import check_room
from ..core.values.brief import Brief
from ..core.values.plan import Plan
from ..core.values.preview import Preview, SentFile
from ..core.values.shot import Reference, Shot, ShownFiles
from ..core.words import spoken
from ..settings import brief as settings_brief
from ..settings import folders, preferences
from ..settings.scene import settings_of
from ..timeline import shot
from . import spending

_BYTES_PER_PIXEL = 0.12
"""Of a visually lossless clip, on detailed footage; both clip and take have to find room."""

_SPARE_BYTES = 50_000_000
_TRUE_FOR = 1.0
"""Seconds that a preview is kept at most: some of what a shot is read from is not in its fingerprint."""
_STEADY = 0.1
"""Seconds after a look at the timeline in which a redraw shows the same: many redraws follow each other closely. Where
it was another by then it is drawn once more."""
_LOOK_AGAIN = 0.05


class _Rank(IntEnum):
    """What is to be mended first comes first: what follows from a fault comes after it."""

    SERVICE = 1
    SHOT = 2
    FOOTAGE = 3
    PLAN = 4
    REFERENCES = 5
    PROMPT = 6
    IMAGES = 7
    ROOM = 8
    MONEY = 9


_Fault = tuple[_Rank, ReshootError]


@dataclass(frozen=True)
class _OnDisk:
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
class _Found:
    """What the disk answered. words: what is wrong, to compare. spent: None where it was not asked."""

    words: tuple[str, ...] = ()
    file: SentFile | None = None
    spent: tuple[Sum, ...] | None = None
    faults: tuple[_Fault, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class _Look:
    """What can be told without the disk, and what is to be asked of it."""

    preview: Preview
    faults: tuple[_Fault, ...]
    question: _OnDisk

    def with_answer(self, found: _Found | None) -> Preview:
        """All that is known, the faults in the order in which they are to be mended."""
        faults = [*self.faults, *(found.faults if found is not None else ())]
        faults += _money_faults(self.preview, found.spent if found is not None else None)
        errors = tuple(error for _rank, error in sorted(faults, key=lambda fault: fault[0]))
        return replace(self.preview, file=found.file if found is not None else None, errors=errors)


def look(scene: bpy.types.Scene, prompt: str = "") -> Preview:
    """What a press on `scene` would send now, and every fault that it would be refused for. Waits for the disk.

    prompt: in place of the scene's own, where it is not empty.
    """
    unusable: list[_Fault] = []
    try:
        session.current().refresh()
    except ReshootError as error:
        unusable.append((_Rank.ROOM, error))
    seen = _look_at(scene, settings_brief.read(settings_of(scene), prompt))
    return replace(seen, faults=(*seen.faults, *unusable)).with_answer(_ask_disk(seen.question))


def _look_at(scene: bpy.types.Scene, asked: Brief) -> _Look:
    """All that can be told without opening a file."""
    model = MODELS[asked.model]
    faults: list[_Fault] = []
    service, words = "", ""
    read: Shot | None = None
    plan: Plan | None = None
    shown: ShownFiles = ()
    warnings: tuple[str, ...] = ()
    try:
        service = session.service()
    except ReshootError as error:
        faults.append((_Rank.SERVICE, error))
    try:
        read, shown = shot.read(scene, asked.source, session.project())
    except ReshootError as error:
        faults.append((_Rank.SHOT, error))
    if read is not None:
        try:
            plan = conform.plan(read, model, asked.timing, asked.sound, asked.handles)
        except ReshootError as error:
            faults.append((_Rank.PLAN, error))
    try:
        references.check_count(asked.references, model.limits)
    except ReshootError as error:
        faults.append((_Rank.REFERENCES, error))
    try:
        words, warnings = prompt.check(asked.prompt, [each.kind for each in asked.references], model.limits)
    except ReshootError as error:
        faults.append((_Rank.PROMPT, error))
    is_limited = spending.is_limited(service)
    if is_limited and session.has_work():
        try:
            # It knows what was spent.
            session.current()
        except ReshootError as error:
            faults.append((_Rank.ROOM, error))
    running = session.running()
    home = running.home if running is not None else folders.home()
    question = _OnDisk(
        shown,
        asked.references,
        model.limits,
        read,
        plan,
        home,
        tuple(_needed(plan, model.limits, home)) if plan is not None else (),
        sums=is_limited,
    )
    return _Look(Preview(asked, service, read, plan, words, None, warnings), tuple(faults), question)


def _needed(plan: Plan, limits: Limits, home: Path) -> Iterator[tuple[Path, int]]:
    """The folders that a shot needs room in, and the bytes."""
    clips = int(plan.width * plan.height * plan.frames * _BYTES_PER_PIXEL)
    if limits.max_video_bytes is not None:
        clips = min(clips, len(plan.parts) * limits.max_video_bytes)
    for folder in (home, folders.takes_folder(session.project(), home)):
        yield folder, 2 * clips + _SPARE_BYTES


def _money_faults(seen: Preview, spent: Iterable[Sum] | None) -> list[_Fault]:
    """Whether it would cost more than the editor allows. spent: None for what is known without asking the disk."""
    if seen.plan is None or not seen.service:
        return []
    try:
        spending.check(seen.plan.price, seen.service, session.project(), spent)
    except ReshootError as error:
        return [(_Rank.MONEY, error)]
    return []


def _ask_disk(asked: _OnDisk) -> _Found:
    """What the disk knows. Called on any thread."""
    faults: list[_Fault] = []
    file: SentFile | None = None
    try:
        footage.check_files(asked.footage)
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
    spent: tuple[Sum, ...] | None = None
    try:
        spent = spending.read() if asked.sums else None
    except ReshootError as error:
        faults.append((_Rank.ROOM, error))
    return _Found(tuple(str(error) for _rank, error in faults), file, spent, tuple(faults))


def _own_file(read: Shot, plan: Plan, limits: Limits) -> SentFile | None:
    """What is sent of the shot's own movie, None where any part of the plan has to be rendered. Opens the file."""
    sent = [own for own in own_frames(read, plan, plan.parts, limits) if own is not None]
    if len(sent) < len(plan.parts):
        return None
    as_is = sent[0].whole and sent[0].video.fps == plan.fps
    return SentFile(sum(own.size for own in sent), sent[0].video.sound and as_is, as_is)


def _size(path: str) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


class _Kept:
    """What was read of a timeline, and what is shown of it: most redraws find both as they were.

    scene: its address. key: what it was read from. since, looked: when it was read, and when that was last the same.
    """

    def __init__(self, scene: int, key: object, since: float, seen: _Look) -> None:
        self.scene = scene
        self.key = key
        self.since = self.looked = since
        self.seen = seen
        self._found: _Found | None = None
        self._shown = seen.with_answer(None)

    def shown(self, found: _Found | None) -> Preview:
        """The preview with what is known of the disk."""
        if found is not self._found:
            self._found, self._shown = found, self.seen.with_answer(found)
        return self._shown


_on_disk: Lookout[_OnDisk, _Found] = Lookout(_ask_disk)
_sizes: Lookout[str, int | None] = Lookout(_size)
_kept: _Kept | None = None


def preview(scene: bpy.types.Scene) -> Preview:
    """The same as `look`, as far as it is known now. Waits for no disk."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept.scene != scene.as_pointer() or now - _kept.looked > _STEADY or bpy.app.background:
        _kept = _keep(scene, _kept, now)
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=_STEADY)
    shown = _kept.shown(_on_disk.ask(_kept.seen.question))
    _redraw_on_news()
    return shown


def _keep(scene: bpy.types.Scene, before: _Kept | None, now: float) -> _Kept:
    """What is to be shown of a scene: what was shown before where that is still true."""
    key = _key(scene)
    if before is not None and before.key == key and now - before.since <= _TRUE_FOR:
        before.scene, before.looked = scene.as_pointer(), now
        return before
    seen = _look_at(scene, settings_brief.read(settings_of(scene)))
    if before is not None and before.seen.question == seen.question:
        # The very same one is found among the answers without being compared.
        seen = replace(seen, question=before.seen.question)
    return _Kept(scene.as_pointer(), key, now, seen)


def _key(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a preview is read from; what it says is in the language of its time."""
    return (
        id(spoken()),
        preferences.fingerprint(),
        settings_brief.fingerprint(settings_of(scene)),
        session.project(),
        shot.fingerprint(scene),
    )


def _catch_up() -> None:
    """Draw once more where a redraw that followed another closely did not see a change."""
    kept = _kept
    scene = next((each for each in bpy.data.scenes if kept is not None and each.as_pointer() == kept.scene), None)
    if kept is not None and scene is not None and _key(scene) != kept.key:
        _redraw()


def size_of(path: str) -> int | None:
    """Bytes of a file as they were last seen. Waits for no disk."""
    size = _sizes.ask(path)
    _redraw_on_news()
    return size


def close() -> None:
    """Forget what is known of files, and end what looks at them."""
    global _kept
    _kept = None
    for timer in (_hear, _catch_up):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _on_disk.close()
    _sizes.close()


def _redraw_on_news() -> None:
    if not (_on_disk.busy or _sizes.busy):
        return
    if bpy.app.background:
        _look_up()
    elif not bpy.app.timers.is_registered(_hear):
        bpy.app.timers.register(_hear, first_interval=_LOOK_AGAIN)


def _look_up() -> None:
    _on_disk.start()
    _sizes.start()


def _hear() -> float | None:
    _look_up()
    busy = _on_disk.busy or _sizes.busy
    # Both are asked: each forgets its news as it tells them.
    if any([_on_disk.news(), _sizes.news()]):
        _redraw()
    return _LOOK_AGAIN if busy else None


def _redraw() -> None:
    for area in session.areas("SEQUENCE_EDITOR"):
        area.tag_redraw()
