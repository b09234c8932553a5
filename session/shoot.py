# SPDX-License-Identifier: GPL-3.0-or-later
"""The press: from what `look` has seen to jobs that are under way.

The disk is asked on a thread. A script waits for it; in the interface `carry_out` begins the jobs once it has answered.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace
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
from ..core.planning import references
from ..core.planning.job_model import kept
from ..core.storage import remove_folder
from ..core.values.job import Job, new
from ..core.values.request import Order
from ..core.values.shot import comparable
from ..core.words import say
from ..settings import preferences
from ..settings.scene import settings_of
from ..timeline import export, scripts
from ..timeline.stacks import marks
from .look import DiskAnswer, Look, ask_disk, ask_to_write, look, no_answer
from .preview import seen_lately

PATIENCE = 30.0
"""Seconds that a disk has to answer a press: one that was asleep takes ten."""

AT_ONCE = 0.1
"""The same before the interface goes on, for headers of files that no preview has asked for: most tell in a tenth of
that."""

_AT_THE_END = 1.0
"""The same where Blender is being closed."""

_log = logging.getLogger(__name__)
_under_way: list[Press] = []
"""The presses that wait for the disk."""


class Press:
    """One press: the timeline is looked at, a thread asks the disk, and then the jobs begin.

    What is sent is what was there at the press, however long the disk takes. All is called on the main thread, and only
    `wait` waits. patience: seconds for what a preview would have asked for.
    """

    def __init__(self, scene: bpy.types.Scene, prompt: str = "", *, patience: float) -> None:
        self._scene = scene.session_uid
        self._prompt = prompt
        self._seen = look(scene, prompt, seconds=patience)
        self._lately = seen_lately(self._seen.question)
        self._running = session.running()
        self._written: list[Path] = []
        self._asked = 0.0
        self._answered = threading.Event()
        self._found: DiskAnswer | None = None

    @property
    def error(self) -> ReshootError | None:
        """The first of what is known to be in the way; what the disk said lately where something else is, too."""
        if self._seen.with_answer(None).error is None:
            return None
        return self._seen.with_answer(self._lately).error

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that were asked for, one for each part of the plan. Where there is no error."""
        seen = self._seen.preview
        assert seen.brief is not None and seen.shot is not None and seen.plan is not None
        asked = seen.brief
        # As long as nobody knows whether the movie's own frames go, they may not.
        found = self._found if self._answered.is_set() else self._lately
        if seen.frozen and found is None:
            found = look_within(AT_ONCE, lambda: ask_disk(self._seen.question))
        frozen = seen.frozen if found is None else self._seen.with_answer(found).frozen
        warnings = (*seen.warnings, frozen) if frozen else seen.warnings
        order = Order(asked.model, seen.prompt, asked.sound, asked.references, warnings, frozen)
        scene, names = self._open_scene(), [strip.name for strip in seen.shot.strips]
        shot_id = marks.id_for(scene, names) if scene is not None else ""
        shot = replace(seen.shot, scripts=scripts.allowed(), id=shot_id)
        return new(service=seen.service, order=order, shot=shot, plan=seen.plan, model=kept(MODELS[asked.model]))

    def ask(self) -> None:
        """Begin to ask the disk. Where nothing is in the way, also for the room of what is going to be written."""
        self._asked = time.monotonic()
        # A disk that is back is not to be refused for what it said before.
        known = self._lately if self._lately is not None and not self._lately.faults else None
        question, error = self._seen.question, self.error

        def ask() -> None:
            try:
                self._found = ask_disk(question) if error is not None else ask_to_write(question, known)
            except Exception as broken:  # noqa: BLE001 - whoever pressed has to hear of it
                _log.exception("the disk could not be asked")
                self._found = no_answer(_broken(broken))
            self._answered.set()

        # Of its own: another disk may hang, and hold whoever asked it.
        threading.Thread(target=ask, name="reshoot-press", daemon=True).start()

    @property
    def is_answered(self) -> bool:
        """Whether `check` can tell: the disk has answered, or had its time."""
        return self._answered.is_set() or time.monotonic() - self._asked > PATIENCE

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the disk has answered or had its time, as scripts do. seconds: that it has, `PATIENCE` if None."""
        self._answered.wait(PATIENCE if seconds is None else seconds)

    def check(self) -> None:
        """Raise the first of all that is in the way, now that the disk was asked."""
        found = self._found if self._answered.is_set() else no_answer(_silent(self._seen))
        error = self._seen.with_answer(found).error
        if error is not None:
            raise error

    def write(self, scene: bpy.types.Scene) -> None:
        """Write the scene out for the jobs. Raises StorageError."""
        folder_of = session.current().runner.folder_of
        self._written = [folder_of(job) for job in self.jobs]
        first, *others = (folder / SCENE_FILE for folder in self._written)
        export.write_scene(scene, first)
        for other in others:
            export.share_scene(first, other)

    def begin(self) -> None:
        """Start the jobs; a prompt that was given becomes the scene's. Raises ShotError where their file is closed."""
        lead = self.jobs[0]
        running = session.running()
        if running is None or running is not self._running or session.project() != lead.project:
            raise ShotError(
                say("“{shot}” was not sent: its file was closed or renamed meanwhile.", shot=lead.label),
                say("Open the file and send it again."),
            )
        running.add(self.jobs, self._scene)
        scene = self._open_scene()
        if scene is None:
            return
        marks.adopt(scene, [strip.name for strip in lead.shot.strips], lead.shot.id)
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


def shoot(scene: bpy.types.Scene, prompt: str = "") -> tuple[Job, ...]:
    """Check the shot and send it, as one job for each part of the plan. Waits for the disk, as scripts do.

    prompt: in place of the scene's own. Raises a ReshootError that names the thing, the limit and the remedy; nothing
    was sent then, and the file is as it was.
    """
    press = _answered(scene, prompt)
    try:
        press.write(scene)
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


def _answered(scene: bpy.types.Scene, prompt: str) -> Press:
    press = Press(scene, prompt, patience=PATIENCE)
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
        press.wait(max(0.0, until - time.monotonic()))
    carry_out()
    while _under_way:
        _under_way.pop().take_back()


def is_under_way() -> bool:
    """Whether a press waits for the disk."""
    return bool(_under_way)


def _silent(seen: Look) -> StorageError:
    """What is said of a disk that does not answer."""
    folders = dict.fromkeys(
        [
            *(os.path.dirname(path) for each in seen.question.footage for path in each.paths),
            *(os.path.dirname(path) for each in seen.question.references for path in each.images),
            *(str(folder) for folder, _needed in seen.question.folders),
        ]
    )
    return StorageError(
        say("A disk has not answered for {seconds:.0f} s, so nothing was sent.", seconds=PATIENCE),
        say("See which of these can be opened, then send it again: {folders}.", folders=", ".join(folders)),
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
    price = sum(job.sent.price for job in jobs)
    asked = []
    known = [progress.job for progress in board.of_project(lead.project) if progress.job.state.moving]
    known += [job for press in _under_way for job in press.jobs]
    same = [job for job in known if job.part == 0 and _is_same(job, lead)]
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
    elsewhere = references.from_elsewhere(lead.order.references, session.home())
    if elsewhere:
        asked.append(say("These references are sent too: {paths}.", paths=", ".join(elsewhere)))
    if not free and lead.order.frozen:
        asked.append(lead.order.frozen)
    above = preferences.confirm_above()
    if not free and price > above:
        asked.append(say("This costs ${price}, estimated.", price=price))
    return tuple(asked)


def _is_same(one: Job, other: Job) -> bool:
    # Whether something is seen through it makes another plan, and may have become known meanwhile.
    planned = one.plan == other.plan or one.shot.see_through != other.shot.see_through
    return planned and _asked_for(one) == _asked_for(other)


def _asked_for(job: Job) -> tuple[object, ...]:
    """What a press asked for, without what a save changes, the project and how paths are spelled, and without what was
    found out of the files by then, which a later press may know better."""
    strips = tuple(replace(strip, filepath=comparable(strip.filepath)) for strip in job.shot.strips)
    shot = job.shot
    images = [(each.kind, *map(comparable, each.images)) for each in job.order.references]
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
