# SPDX-License-Identifier: GPL-3.0-or-later
"""The press: from what `look` has seen to jobs that are under way.

The disk is asked on a thread. A script waits for it; in the interface `carry_out` begins the jobs once it has answered.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import bpy

from .. import session
from ..core.errors import ReshootError, ShotError, StorageError
from ..core.export.recipe import SCENE_FILE
from ..core.jobs import board
from ..core.lookout import look_within
from ..core.models.table import MODELS
from ..core.names import REHEARSAL
from ..core.planning import references, transparency
from ..core.planning.job_model import kept
from ..core.storage import remove_folder
from ..core.values.choices import Selection
from ..core.values.job import Job, new
from ..core.values.preview import Preview
from ..core.values.request import Order
from ..core.values.shot import Shot, comparable
from ..core.words import say
from ..settings import preferences
from ..settings.scene import settings_of
from ..timeline import export, scripts
from ..timeline.stacks import marks
from .look import DiskAnswer, Look, ask_disk, ask_to_write, look, look_as_if_opaque, look_in, no_answer, with_opaque
from .preview import seen_lately

PATIENCE = 30.0
"""Seconds that a disk has to answer a press: one that was asleep takes ten."""

AT_ONCE = 0.1
"""The same before the interface goes on, for headers of files that no preview has asked for: most tell in a tenth of
that."""

_TOLD_AFTER = 0.3
"""Seconds after which the panel says what a press waits for: most disks have answered by then."""

_CLOSELY = 10.0
"""Seconds that a background Blender has to tell whether something is seen through a file."""

_AT_THE_END = 1.0
"""The same where Blender is being closed."""

_NAMED = 4
"""Shots that a question names one by one."""

_log = logging.getLogger(__name__)
_under_way: list[Press] = []
"""The presses that wait for the disk."""


class _Answer:
    """What the disk answers to one question, once it does."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.found: DiskAnswer | None = None
        self.looks_closely = False
        """Whether a background Blender is being asked."""
        self.seen: Look | None = None
        """What is sent, now that it has told through which shots nothing is seen."""


class Press:
    """One press: the timeline is looked at, a thread asks the disk, and then the jobs begin.

    What is sent is what was there at the press, however long the disk takes. Where the file is saved under another name
    meanwhile it is sent from there, see `follow`. Where only a background Blender can tell whether something is seen
    through a shot, it is asked meanwhile. All is called on the main thread, and only `wait` waits. patience: seconds
    for what a preview would have asked for. selection, variants: in place of the scene's own.
    """

    def __init__(
        self,
        scene: bpy.types.Scene,
        prompt: str = "",
        *,
        patience: float,
        selection: Selection | None = None,
        variants: int | None = None,
    ) -> None:
        self._scene = scene.session_uid
        self._prompt = prompt
        self._seen = look(scene, prompt, seconds=patience, selection=selection, variants=variants)
        self._opaque = look_as_if_opaque(scene, self._seen)
        self._lately = seen_lately(self._seen.question)
        self._running = session.running()
        self._file, self._project = session.file_number(), session.project()
        self._written: list[Path] = []
        self._asked = 0.0
        self._answer = _Answer()
        self._hurried = threading.Event()
        self._sharing = threading.Lock()

    @property
    def error(self) -> ReshootError | None:
        """The first of what is known to be in the way; what the disk said lately where something else is, too."""
        if self._seen.with_answer(None).error is None:
            return None
        return self._seen.with_answer(self._lately).error

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that were asked for, one for each part of each variant of each shot. Where there is no error."""
        return self._jobs_of(self._seen, may_run=scripts.allowed())

    def _jobs_of(self, look: Look, *, may_run: bool) -> tuple[Job, ...]:
        seen = look.preview
        assert seen.brief is not None
        asked = seen.brief
        # As long as nobody knows whether the movie's own frames go, they may not.
        found = self._answer.found if self._answer.there.is_set() else self._lately
        if seen.frozen and found is None:
            found = look_within(AT_ONCE, lambda: ask_disk(look.question))
        if found is not None:
            seen = look.with_answer(found)
        model = kept(MODELS[asked.model])
        jobs: list[Job] = []
        for each, shot_id in zip(seen.shots, self._shot_ids(seen), strict=True):
            assert each.plan is not None
            warnings = (*seen.prompt_warnings, *each.warnings, *filter(None, [each.frozen]))
            order = Order(asked.model, seen.prompt, asked.sound, asked.references, warnings, each.frozen)
            shot = replace(each.shot, scripts=may_run, id=shot_id)
            for _variant in range(seen.variants):
                jobs += new(service=seen.service, order=order, shot=shot, plan=each.plan, model=model)
        return tuple(jobs)

    def _shot_ids(self, seen: Preview) -> list[str]:
        """What the shots are known as, in their order."""
        scene = self._open_scene()
        if scene is None:
            return ["" for _each in seen.shots]
        return marks.ids_for(scene, [[strip.name for strip in each.shot.strips] for each in seen.shots])

    def ask(self) -> None:
        """Begin to ask the disk. Where nothing is in the way, also for the room of what is going to be written, and to
        give every job the scene that `write` has written for the first.
        """
        self._asked = time.monotonic()
        # A disk that is back is not to be refused for what it said before.
        known = self._lately if self._lately is not None and not self._lately.faults else None
        seen, error, answer, opaque = self._seen, self.error, self._answer, self._opaque
        blender = export.background_blender() if opaque is not None and error is None else None

        def ask() -> None:
            asked, lately = seen.question, known
            try:
                if opaque is not None and blender is not None:
                    answer.looks_closely = True
                    transparency.look_closely(seen.unsure, blender, self._is_hurried)
                    answer.looks_closely = False
                    answer.seen = with_opaque(seen, opaque, transparency.are_without)
                    if answer.seen.question != seen.question:
                        asked, lately = answer.seen.question, None
                answer.found = ask_disk(asked) if error is not None else ask_to_write(asked, lately)
                if not answer.found.faults:
                    self.share()
            except ReshootError as refused:
                answer.found = no_answer(refused)
            except Exception as broken:  # noqa: BLE001 - whoever pressed has to hear of it
                _log.exception("the disk could not be asked")
                answer.found = no_answer(_broken(broken))
            answer.there.set()

        # Of its own: another disk may hang, and hold whoever asked it.
        threading.Thread(target=ask, name="reshoot-press", daemon=True).start()

    def follow(self) -> None:
        """Go on under the name that the open file was saved by since: its takes go to another folder, so the disk is
        asked anew.
        """
        here = session.project()
        if here == self._project or session.file_number() != self._file:
            return
        self._project = here
        self._seen = look_in(self._seen, here)
        self._opaque = None if self._opaque is None else look_in(self._opaque, here)
        self.jobs = tuple(replace(job, project=here, shot=replace(job.shot, project=here)) for job in self.jobs)
        # What was found for a preview is of the folder before. Nor is an answer of that waited for.
        self._lately, self._answer = None, _Answer()
        self.ask()

    def is_of(self, shown: Preview) -> bool:
        """Whether it is what is shown now: the same shots, with the same settings."""
        mine = self._seen.preview
        if not shown.shots or (shown.brief, shown.variants) != (mine.brief, mine.variants):
            return False
        return [_stretch(each.shot) for each in shown.shots] == [_stretch(each.shot) for each in mine.shots]

    @property
    def waits_for(self) -> str:
        """What the editor is told while the disk takes its time; empty in the first moments."""
        if not self._asked or time.monotonic() - self._asked < _TOLD_AFTER:
            return ""
        shots = self._seen.preview.shots
        name, count = shots[0].shot.name, len(shots)
        if self._answer.looks_closely:
            if count == 1:
                return say("“{shot}” is sent once it is known whether it is see-through", shot=name)
            return say("{count} shots are sent once it is known whether they are see-through", count=count)
        folders = ", ".join(_folders(self._seen))
        if count == 1:
            return say("“{shot}” is sent once the disk has answered: {folders}", shot=name, folders=folders)
        return say("{count} shots are sent once the disk has answered: {folders}", count=count, folders=folders)

    def _is_hurried(self) -> bool:
        return self._hurried.is_set() or time.monotonic() - self._asked > _CLOSELY

    def hurry(self) -> None:
        """Wait no longer for what need not be known."""
        self._hurried.set()

    @property
    def is_answered(self) -> bool:
        """Whether `check` can tell: the disk has answered, or had its time."""
        return self._answer.there.is_set() or time.monotonic() - self._asked > PATIENCE

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the disk has answered or had its time, as scripts do. seconds: that it has, `PATIENCE` if None."""
        self._answer.there.wait(PATIENCE if seconds is None else seconds)

    def check(self) -> None:
        """Raise the first of all that is in the way, now that the disk was asked."""
        if self._answer.there.is_set():
            self._settle()
        found = self._answer.found if self._answer.there.is_set() else no_answer(_silent(self._seen))
        error = self._seen.with_answer(found).error
        if error is not None:
            raise error

    def _settle(self) -> None:
        """Nothing is seen through some shots, as was found out: they go alone, as the jobs that were begun."""
        seen, self._opaque = self._answer.seen, None
        if seen is None or seen is self._seen:
            return
        self._seen = seen
        if "jobs" in self.__dict__:
            jobs = self._jobs_of(seen, may_run=self.jobs[0].shot.scripts)
            self.jobs = tuple(
                replace(job, id=begun.id, group=begun.group, shot=replace(job.shot, id=begun.shot.id))
                for job, begun in zip(jobs, self.jobs, strict=True)
            )

    def write(self, scene: bpy.types.Scene) -> None:
        """Write the scene out for the first of the jobs. Raises StorageError."""
        folder_of = session.current().runner.folder_of
        self._written = [folder_of(job) for job in self.jobs]
        export.write_scene(scene, self._written[0] / SCENE_FILE)

    def share(self) -> None:
        """Give the other jobs the scene too. Called on any thread: there may be hundreds. Raises StorageError."""
        with self._sharing:
            written = [folder / SCENE_FILE for folder in self._written]
            for other in written[1:]:
                # The disk may be asked twice, see `follow`.
                if not other.exists():
                    export.share_scene(written[0], other)

    def begin(self) -> None:
        """Start the jobs; a prompt that was given becomes the scene's. Raises ShotError where their file is closed."""
        lead = self.jobs[0]
        running = session.running()
        closed = session.file_number() != self._file or session.project() != lead.project
        if running is None or running is not self._running or closed:
            shots = len({job.shot for job in self.jobs})
            raise ShotError(
                say("“{shot}” was not sent: its file was closed meanwhile.", shot=lead.label)
                if shots == 1
                else say("{count} shots were not sent: their file was closed meanwhile.", count=shots),
                say("Open the file and send it again."),
            )
        running.add(self.jobs, self._scene)
        scene = self._open_scene()
        if scene is None:
            return
        marks.adopt(scene, {job.shot.id: [strip.name for strip in job.shot.strips] for job in self.jobs})
        if self._prompt:
            settings_of(scene).prompt = self._prompt

    def _open_scene(self) -> bpy.types.Scene | None:
        """The scene that was pressed on, if it is there still."""
        return next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)

    def take_back(self) -> None:
        """Remove what was written for jobs that do not begin. Returns at once."""
        written, self._written = self._written, []
        if written:
            threading.Thread(target=_remove, args=(written,), name="reshoot-press", daemon=True).start()


def shoot(
    scene: bpy.types.Scene, prompt: str = "", *, selection: Selection | None = None, variants: int | None = None
) -> tuple[Job, ...]:
    """Check the selected shots and send them, as one job for each part of each plan. Waits for the disk, as scripts do.

    prompt, selection, variants: in place of the scene's own. Raises a ReshootError that names the thing, the limit and
    the remedy; nothing was sent then, and the file is as it was.
    """
    press = _answered(scene, prompt, selection, variants)
    try:
        press.write(scene)
        press.share()
        press.begin()
    except ReshootError:
        press.take_back()
        raise
    return press.jobs


def checked(scene: bpy.types.Scene, prompt: str = "") -> tuple[Job, ...]:
    """The jobs that the selection and the settings ask for. Waits for the disk, and begins nothing.

    Raises the first of the faults that a preview shows.
    """
    return _answered(scene, prompt).jobs


def _answered(
    scene: bpy.types.Scene, prompt: str, selection: Selection | None = None, variants: int | None = None
) -> Press:
    press = Press(scene, prompt, patience=PATIENCE, selection=selection, variants=variants)
    press.ask()
    press.wait()
    press.check()
    return press


def begin(press: Press, scene: bpy.types.Scene) -> None:
    """Let a press without an error go on by itself: `carry_out` sends its jobs. Raises StorageError."""
    try:
        press.write(scene)
    except ReshootError:
        press.take_back()
        raise
    press.ask()
    _under_way.append(press)


def carry_out() -> bool:
    """Start the jobs of those presses that the disk has answered. What is in the way of others is among the session's
    complaints. Whether any press was answered.
    """
    for press in _under_way:
        press.follow()
    answered = [press for press in _under_way if press.is_answered]
    for press in answered:
        _under_way.remove(press)
        try:
            press.check()
            press.begin()
        except Exception as error:  # noqa: BLE001 - whoever pressed has to hear of it
            if not isinstance(error, ReshootError):
                _log.exception("a press could not be carried out")
            press.take_back()
            running = session.running()
            if running is not None:
                running.complain(error if isinstance(error, ReshootError) else _broken(error))
    return bool(answered)


def finish() -> None:
    """Before Blender ends: what was pressed still begins, so that the next Blender goes on with it.

    A disk that does not answer soon is not waited for: nothing is sent then, and nothing is left of it.
    """
    until = time.monotonic() + _AT_THE_END
    for press in _under_way:
        press.hurry()
        press.follow()
    for press in _under_way:
        press.wait(max(0.0, until - time.monotonic()))
    carry_out()
    while _under_way:
        _under_way.pop().take_back()


def is_under_way() -> bool:
    """Whether a press waits for the disk."""
    return bool(_under_way)


def waiting() -> tuple[str, ...]:
    """What the presses under way wait for, in words, where that takes longer than a moment."""
    return tuple(words for press in _under_way if (words := press.waits_for))


def is_pressed(shown: Preview) -> bool:
    """Whether what is shown was pressed and waits for the disk: pressed again it would be paid twice."""
    return any(press.is_of(shown) for press in _under_way)


def _stretch(shot: Shot) -> tuple[object, ...]:
    return shot.scene, shot.strips, shot.start, shot.frames


def _folders(seen: Look) -> list[str]:
    """The folders that are asked about, those of the footage first."""
    return list(
        dict.fromkeys(
            [
                *(
                    os.path.dirname(path)
                    for asked in seen.question.shots
                    for each in asked.footage
                    for path in each.paths
                ),
                *(os.path.dirname(path) for each in seen.question.references for path in each.images),
                *(str(folder) for folder, _needed in seen.question.folders),
            ]
        )
    )


def _silent(seen: Look) -> StorageError:
    """What is said of a disk that does not answer."""
    return StorageError(
        say("A disk has not answered for {seconds:.0f} s, so nothing was sent.", seconds=PATIENCE),
        say("See which of these can be opened, then send it again: {folders}.", folders=", ".join(_folders(seen))),
    )


def _broken(error: Exception) -> ReshootError:
    return ReshootError(
        say("Reshoot itself failed here: {error}.", error=error), say("See Blender's console, and report it.")
    )


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        remove_folder(folder)


def doubts(jobs: tuple[Job, ...]) -> tuple[str, ...]:
    """What the editor should be asked before `jobs` are sent, in words; nothing where there is no doubt."""
    lead = jobs[0]
    free = lead.service == REHEARSAL
    asked = []
    repeated = _under_way_already(jobs)
    if repeated:
        asked.append(_repeats(repeated, free=free))
    elsewhere = references.from_elsewhere(lead.order.references, session.home())
    if elsewhere:
        asked.append(say("These references are sent too: {paths}.", paths=", ".join(elsewhere)))
    if not free:
        asked += dict.fromkeys(job.order.frozen for job in jobs if job.order.frozen)
    price = _price(jobs)
    if not free and price > preferences.confirm_above():
        asked.append(_costs(jobs, price))
    return tuple(asked)


def _price(jobs: Iterable[Job]) -> Decimal:
    return sum((job.sent.price for job in jobs), Decimal(0))


def _costs(jobs: Sequence[Job], price: Decimal) -> str:
    """What `jobs` cost, in words."""
    shots = len({job.shot for job in jobs})
    if len(jobs) == 1:
        return say("This costs ${price}, estimated.", price=price)
    if shots == 1:
        return say("{clips} clips cost ${price}, estimated.", clips=len(jobs), price=price)
    return say("{shots} shots, {clips} clips cost ${price}, estimated.", shots=shots, clips=len(jobs), price=price)


def _repeats(jobs: Sequence[Job], *, free: bool) -> str:
    """That the shots of `jobs` are under way already, in words."""
    names = [say("“{shot}”", shot=name) for name in dict.fromkeys(job.shot.name for job in jobs)]
    if len(names) == 1:
        words = say("{shot} is under way already, with the same prompt and settings.", shot=names[0])
    else:
        more = [say("and {count} more", count=len(names) - _NAMED)] if len(names) > _NAMED else []
        shots = ", ".join([*names[:_NAMED], *more])
        words = say("{shots} are under way already, with the same prompt and settings.", shots=shots)
    return words if free else f"{words} {say('Sending it again costs ${price} more.', price=_price(jobs))}"


def _under_way_already(jobs: Sequence[Job]) -> list[Job]:
    """Those of `jobs` whose shot is under way with the same prompt and settings."""
    known = [progress.job for progress in board.of_project(jobs[0].project) if progress.job.state.moving]
    known += [job for press in _under_way for job in press.jobs]
    asked: dict[object, list[Job]] = {}
    for job in known:
        if job.part == 0:
            asked.setdefault(_asked_for(job), []).append(job)
    shots = {job.shot: job for job in jobs if job.part == 0}
    same = {shot for shot, job in shots.items() if any(_is_same(each, job) for each in asked.get(_asked_for(job), ()))}
    return [job for job in jobs if job.shot in same]


def _is_same(one: Job, other: Job) -> bool:
    """Whether two jobs of which the same was asked send the same."""
    # Whether something is seen through it makes another plan, and may have become known meanwhile.
    return one.plan == other.plan or one.shot.see_through != other.shot.see_through


def _asked_for(job: Job) -> tuple[object, ...]:
    """What a press asked for, without what a save changes, the project and how paths are spelled, and without what was
    found out of the files by then, which a later press may know better."""
    strips = tuple(replace(strip, filepath=comparable(strip.filepath)) for strip in job.shot.strips)
    shot = job.shot
    images = tuple((each.kind, *map(comparable, each.images)) for each in job.order.references)
    order = replace(job.order, references=(), warnings=(), frozen="")
    return (
        strips,
        shot.scene,
        shot.source,
        shot.start,
        shot.frames,
        shot.fps,
        job.plan.timing,
        order,
        images,
        job.service,
    )
