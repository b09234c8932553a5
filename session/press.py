# SPDX-License-Identifier: GPL-3.0-or-later
"""One press: the jobs that it asks for, what it asks the disk, and what is in its way.

Which presses are under way, and when their jobs begin, is the business of `shoot`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
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
from ..core.planning import transparency
from ..core.planning.job_model import kept
from ..core.storage import remove_folder
from ..core.values.choices import Selection
from ..core.values.job import Job, new
from ..core.values.preview import Preview
from ..core.values.request import Order
from ..core.values.shot import Shot
from ..core.words import say
from ..settings import shot_brief
from ..settings.scene import settings_of
from ..timeline import compat, export, plate_look, scripts
from ..timeline.editor import editor_of
from ..timeline.stacks import marks
from . import briefs
from .look import (
    Again,
    DiskAnswer,
    Look,
    ask_disk,
    ask_to_write,
    look,
    look_as_if_opaque,
    look_in,
    no_answer,
    with_opaque,
)
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


_log = logging.getLogger(__name__)


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
    for what a preview would have asked for. selection, variants: in place of the scene's own. again: a shot that is
    sent once more, in place of what is selected and set.
    """

    def __init__(
        self,
        scene: bpy.types.Scene,
        prompt: str = "",
        *,
        patience: float,
        selection: Selection | None = None,
        variants: int | None = None,
        again: Again | None = None,
    ) -> None:
        self._scene = scene.session_uid
        self._prompt = prompt
        self._seen = look(scene, prompt, seconds=patience, selection=selection, variants=variants, again=again)
        self._opaque = look_as_if_opaque(scene, self._seen)
        self._lately = seen_lately(self._seen.question)
        self._brief = again.text if again is not None else shot_brief.with_prompt(settings_of(scene), prompt)
        self._kept = briefs.all_kept(scene)
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
        scene, press = self._open_scene(), uuid.uuid4().hex
        for each, (shot_id, number) in zip(seen.shots, self._known_as(seen), strict=True):
            assert each.plan is not None
            warnings = (*seen.prompt_warnings, *each.warnings, *filter(None, [each.frozen]))
            order = Order(
                asked.model,
                seen.prompt,
                asked.sound,
                asked.references,
                warnings,
                each.frozen,
                timing=asked.timing,
                handles=asked.handles,
            )
            looks = plate_look.marks_of(scene, each.shot) if scene is not None else ()
            shot = replace(each.shot, scripts=may_run, id=shot_id, marks=looks)
            for variant in range(seen.variants):
                jobs += new(
                    service=seen.service,
                    order=order,
                    shot=shot,
                    plan=each.plan,
                    model=model,
                    number=number + variant,
                    press=press,
                )
        return tuple(jobs)

    def _known_as(self, seen: Preview) -> list[tuple[str, int]]:
        """What each of the shots is known as, and the number of its next take."""
        scene = self._open_scene()
        if scene is None:
            return [("", 0) for _each in seen.shots]
        shots = [[strip.name for strip in each.shot.strips] for each in seen.shots]
        every = compat.strips_all(editor_of(scene))
        numbers = []
        for names in shots:
            ids = [shot_id for name in names if name in every for shot_id in marks.ids(every[name])]
            numbers.append(1 + max((line.job.number for line in board.of_shot(ids)), default=0))
        return list(zip(marks.ids_for(scene, shots), numbers, strict=True))

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
            except Exception as fault:  # noqa: BLE001 - whoever pressed has to hear of it
                _log.exception("the disk could not be asked")
                answer.found = no_answer(broken(fault))
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
                replace(
                    job,
                    id=begun.id,
                    group=begun.group,
                    number=begun.number,
                    press=begun.press,
                    # As it was at the press.
                    shot=replace(job.shot, id=begun.shot.id, marks=begun.shot.marks),
                )
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
            count = len({job.shot for job in self.jobs})
            raise ShotError(
                say("“{shot}” was not sent: its file was closed meanwhile.", shot=lead.label)
                if count == 1
                else say("{count} shots were not sent: their file was closed meanwhile.", count=count),
                say("Open the file and send it again."),
            )
        running.add(self.jobs, self._scene)
        scene = self._open_scene()
        if scene is None:
            return
        adopted = self.shots
        marks.adopt(scene, adopted)
        if self._prompt:
            settings_of(scene).prompt = self._prompt
        briefs.keep_sent(scene, adopted.values(), self._brief, self._kept)

    @property
    def shots(self) -> dict[str, list[str]]:
        """The names of the strips of each shot, by its id."""
        return {job.shot.id: [strip.name for strip in job.shot.strips] for job in self.jobs}

    def _open_scene(self) -> bpy.types.Scene | None:
        """The scene that was pressed on, if it is there still."""
        return next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)

    def take_back(self) -> None:
        """Remove what was written for jobs that do not begin. Returns at once."""
        written, self._written = self._written, []
        if written:
            threading.Thread(target=_remove, args=(written,), name="reshoot-press", daemon=True).start()


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


def broken(error: Exception) -> ReshootError:
    """What is said of a fault of Reshoot's own."""
    return ReshootError(
        say("Reshoot itself failed here: {error}.", error=error), say("See Blender's console, and report it.")
    )


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        remove_folder(folder)
