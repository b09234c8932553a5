# SPDX-License-Identifier: GPL-3.0-or-later
"""From the selection and the settings to a job: every check that costs nothing, in one place, before anything leaves.

The operator calls `shoot`, which looks at everything afresh. Panels see the same checks through `start.preview`, which
never waits: what is cheap is kept as long as the timeline is the same, and files are looked at on a thread.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from functools import cached_property

import bpy

from .. import session
from ..core.errors import ReshootError
from ..core.export.own_frames import own_frames
from ..core.export.recipe import SCENE_FILE
from ..core.jobs import board
from ..core.lookout import Lookout
from ..core.models.model import Limits
from ..core.models.table import MODELS
from ..core.names import REHEARSAL
from ..core.planning import conform, prompt, references
from ..core.takes.files import check_room
from ..core.values.choices import Sound, Source, Timing
from ..core.values.job import Job, new
from ..core.values.plan import Plan
from ..core.values.preview import Preview, SentFile
from ..core.values.request import Order
from ..core.values.shot import Reference, Shot
from ..core.words import say, spoken
from ..settings import preferences, reference_list
from ..timeline import content, export, shot

_BYTES_PER_PIXEL = 0.12
"""Of a visually lossless clip, on detailed footage; both clip and take have to find room."""

_SPARE_BYTES = 50_000_000
_TRUE_FOR = 1.0
"""Seconds that a preview is kept at most: some of what a shot is read from is not in its fingerprint."""
_STEADY = 0.1
"""Seconds after a look at the timeline in which a redraw shows the same: many redraws follow each other closely. Where
it was another by then it is drawn once more."""
_LOOK_AGAIN = 0.05


def shoot(scene: bpy.types.Scene) -> tuple[Job, ...]:
    """Check the shot and send it, as one job for each part of the plan. Returns at once.

    Raises a ReshootError that names the thing, the limit and the remedy; nothing was sent then.
    """
    jobs = checked(scene)
    send(scene, jobs)
    return jobs


def checked(scene: bpy.types.Scene) -> tuple[Job, ...]:
    """The jobs that the selection and the settings ask for, after every check that costs nothing.

    Raises a ReshootError that names the thing, the limit and the remedy.
    """
    settings = scene.reshoot
    model = MODELS[settings.model]
    service = session.service()
    read = shot.read(scene, Source(settings.source), session.project())
    shot.check_files(shot.files(scene, Source(settings.source)))
    plan = conform.plan(read, model, Timing(settings.timing), Sound(settings.sound), settings.handles)
    sent_references = reference_list.references(settings)
    references.check_count(sent_references, model.limits)
    words, warnings = prompt.check(
        reference_list.prompt_of(settings), [each.kind for each in sent_references], model.limits
    )
    references.check_files(sent_references, model.limits)
    running = session.current()
    running.refresh()
    most = len(plan.parts) * model.limits.max_video_bytes
    needed = min(most, int(plan.width * plan.height * plan.frames * _BYTES_PER_PIXEL))
    for folder in (running.home, session.takes_folder(read.project)):
        check_room(folder, 2 * needed + _SPARE_BYTES)
    order = Order(model.id, words, Sound(settings.sound), sent_references, warnings)
    jobs = new(service=service, order=order, shot=read, plan=plan)
    running.check_money(jobs)
    return jobs


def send(scene: bpy.types.Scene, jobs: tuple[Job, ...]) -> None:
    """Write the scene out and start the jobs. Raises StorageError; nothing was sent then."""
    running = session.current()
    first, *others = (running.runner.folder_of(job) / SCENE_FILE for job in jobs)
    export.write_scene(scene, first)
    for other in others:
        export.share_scene(first, other)
    running.add(jobs)


def doubts(jobs: tuple[Job, ...]) -> tuple[str, ...]:
    """What the editor should be asked before `jobs` are sent, in words; nothing where there is no doubt."""
    lead = jobs[0]
    free = lead.service == REHEARSAL
    price = sum(job.sent.price for job in jobs)
    asked = []
    same = [
        line.job
        for line in board.of_project(lead.project)
        if line.job.state.moving and line.job.part == 0 and _is_same(line.job, lead)
    ]
    if same and free:
        asked.append(say("“{shot}” is under way already, with the same prompt and settings.", shot=lead.label))
    elif same:
        asked.append(
            say(
                "“{shot}” is under way already, with the same prompt and settings. "
                "Sending it again costs ${price} more.",
                shot=lead.label,
                price=price,
            )
        )
    above = preferences.confirm_above()
    if not free and price > above:
        asked.append(say("This costs ${price}, estimated.", price=price))
    return tuple(asked)


def _is_same(one: Job, other: Job) -> bool:
    return _asked_for(one) == _asked_for(other)


def _asked_for(job: Job) -> tuple[object, ...]:
    """What a press asked for, without what a save changes: the project, and how paths are spelled."""
    strips = tuple(replace(strip, filepath=content.comparable(strip.filepath)) for strip in job.shot.strips)
    asked = replace(job.shot, project="", strips=strips, file=content.comparable(job.shot.file))
    images = [(each.kind, *map(content.comparable, each.images)) for each in job.order.references]
    return asked, job.plan, replace(job.order, references=()), images, job.service


@dataclass(frozen=True)
class _Files:
    """The files that a preview rests on."""

    strips: shot.Files
    references: tuple[Reference, ...]
    limits: Limits
    preview: Preview

    def __hash__(self) -> int:
        """Worked out once: the lookout is asked at every redraw."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.strips, self.references, self.limits, self.preview))


@dataclass(frozen=True)
class _Found:
    """What became of them. words: what is wrong, to compare."""

    words: str = ""
    file: SentFile | None = None
    error: ReshootError | None = field(default=None, compare=False)


class _Kept:
    """What was read of a timeline, and what is shown of it: most redraws find both as they were.

    scene: its address. key: what it was read from. since, looked: when it was read, and when that was last the same.
    """

    def __init__(self, scene: int, key: object, since: float, asked: _Files) -> None:
        self.scene = scene
        self.key = key
        self.since = self.looked = since
        self.asked = asked
        self._found: _Found | None = None
        self._shown = asked.preview

    def shown(self, found: _Found | None) -> Preview:
        """The preview with what is known of the files."""
        if found is not self._found:
            self._found, preview = found, self.asked.preview
            errors = preview.errors
            if found is not None and found.error is not None:
                # After the service, which has no file: what is wrong with a file comes before what follows from it.
                at = 0 if preview.service else 1
                errors = (*errors[:at], found.error, *errors[at:])
            self._shown = replace(preview, file=found.file if found is not None else None, errors=errors)
        return self._shown


def _look(asked: _Files) -> _Found:
    """Runs on the lookout's thread."""
    try:
        shot.check_files(asked.strips)
        references.check_files(asked.references, asked.limits)
    except ReshootError as error:
        return _Found(str(error), error=error)
    read, plan = asked.preview.shot, asked.preview.plan
    return _Found(file=_own_file(read, plan, asked.limits) if read and plan else None)


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


_files: Lookout[_Files, _Found] = Lookout(_look)
_sizes: Lookout[str, int | None] = Lookout(_size)
_kept: _Kept | None = None


def preview(scene: bpy.types.Scene) -> Preview:
    """What `shoot` would send and what it would refuse, as far as it is known now. Waits for no file."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept.scene != scene.as_pointer() or now - _kept.looked > _STEADY or bpy.app.background:
        _kept = _look_at(scene, _kept, now)
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=_STEADY)
    shown = _kept.shown(_files.ask(_kept.asked))
    _redraw_on_news()
    return shown


def _look_at(scene: bpy.types.Scene, before: _Kept | None, now: float) -> _Kept:
    """What is to be shown of a scene: what was shown before where that is still true."""
    key = _key(scene)
    if before is not None and before.key == key and now - before.since <= _TRUE_FOR:
        before.scene, before.looked = scene.as_pointer(), now
        return before
    read = _read(scene, reference_list.prompt_of(scene.reshoot))
    # The very same one is found among the answers without being compared.
    asked = before.asked if before is not None and before.asked == read else read
    return _Kept(scene.as_pointer(), key, now, asked)


def _key(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a preview is read from; what it says is in the language of its time."""
    settings = scene.reshoot
    return (
        id(spoken()),
        preferences.fingerprint(),
        reference_list.fingerprint(settings),
        reference_list.prompt_of(settings),
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
    _files.close()
    _sizes.close()


def _read(scene: bpy.types.Scene, words: str) -> _Files:
    """All that can be told without opening a file."""
    settings = scene.reshoot
    limits = MODELS[settings.model].limits
    source = Source(settings.source)
    read, plan, files = None, None, ()
    warnings: tuple[str, ...] = ()
    errors: list[ReshootError] = []
    kept = reference_list.references(settings)
    service = ""
    try:
        service = session.service()
    except ReshootError as error:
        errors.append(error)
    try:
        read = shot.read(scene, source, session.project())
        files = shot.files(scene, source)
        timing, sound = Timing(settings.timing), Sound(settings.sound)
        plan = conform.plan(read, MODELS[settings.model], timing, sound, settings.handles)
    except ReshootError as error:
        errors.append(error)
    try:
        references.check_count(kept, limits)
    except ReshootError as error:
        errors.append(error)
    try:
        _words, warnings = prompt.check(words, [each.kind for each in kept], limits)
    except ReshootError as error:
        errors.append(error)
    return _Files(files, kept, limits, Preview(service, read, plan, words, None, warnings, tuple(errors)))


def _redraw_on_news() -> None:
    if not (_files.busy or _sizes.busy):
        return
    if bpy.app.background:
        _look_up()
    elif not bpy.app.timers.is_registered(_hear):
        bpy.app.timers.register(_hear, first_interval=_LOOK_AGAIN)


def _look_up() -> None:
    _files.start()
    _sizes.start()


def _hear() -> float | None:
    _look_up()
    busy = _files.busy or _sizes.busy
    # Both are asked: each forgets its news as it tells them.
    if any([_files.news(), _sizes.news()]):
        _redraw()
    return _LOOK_AGAIN if busy else None


def _redraw() -> None:
    for area in session.areas("SEQUENCE_EDITOR"):
        area.tag_redraw()
