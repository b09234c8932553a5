# SPDX-License-Identifier: GPL-3.0-or-later
"""Two takes of a shot, or one and its original, compared in the viewer: which, what of them is rendered, how they are
shown. Nothing of the project changes. While nothing is compared nothing is kept, drawn or listened to.

The frames of what the timeline does not show are rendered beside the interface, into a folder that goes with the
comparison. What draws is in `panels`; what the mouse and the keys do is in `operators`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from .. import session
from ..core.errors import PlacementError, ReshootError
from ..core.export.recipe import SCENE_FILE
from ..core.jobs import board
from ..core.storage import discard, make_folder, remove_folder, unwritable
from ..core.takes.files import check_room
from ..core.values import comparison_recipe as frames_of
from ..core.values.comparison_recipe import OTHER, SHOWN, ComparisonRecipe
from ..core.values.job import Job
from ..core.values.serialization import to_json
from ..core.words import say
from ..timeline import compared, compat, export, scripts, take_strips, whereabouts

MODES = ("WIPE", "FLIP", "DIFFERENCE", "SIDE_BY_SIDE")
_BOTH = ("DIFFERENCE", "SIDE_BY_SIDE")
"""The modes for which what the timeline shows is rendered too."""

_FOLDER = "compare"
_SPARE_BYTES = 50_000_000
"""For the scene, beside the frames."""
_LOOK_EVERY = 0.5
"""Seconds between two looks at whether the timeline is what was rendered."""
_RECENTRE_EVERY = 1.0
"""Seconds between two times that the frames around another playhead are begun with."""
_LEFT_OVER = 600.0
"""Seconds after which a folder that nobody has touched is that of a Blender that has crashed."""
_PATIENCE = 5.0
"""Seconds that a thread has to end."""


class _What(NamedTuple):
    """What is compared. plates: the shots' strips. first, end: frames, end exclusive. jobs: of the other side's take,
    none for the original. other, shown: what the sides are called.
    """

    plates: tuple[str, ...]
    first: int
    end: int
    jobs: tuple[Job, ...]
    other: str
    shown: str


class Comparison:
    """One comparison. wipe: where the line is, as a part of the picture's width from the left. flipped: the other side
    is wanted now. kept: what the overlay keeps of it. failure: why there will be no more frames.
    """

    def __init__(self, scene: bpy.types.Scene, mode: str, other: str, at: int) -> None:
        self.mode = mode
        self.asked = other
        self.wipe = 0.5
        self.flipped = False
        self.kept: dict[Any, Any] = {}
        self.failure: ReshootError | None = None
        self.scene = scene.session_uid
        self.what = _find(scene, other, at)
        self.sides = (OTHER, SHOWN) if mode in _BOTH else (OTHER,)
        self.canvas = (scene.render.resolution_x, scene.render.resolution_y)
        frames = self.what.end - self.what.first
        self._percentage = frames_of.percentage_for(self.canvas, frames, len(self.sides))
        self.size = frames_of.size_at(self.canvas, self._percentage)
        self._most = frames_of.most_frames(self.size, len(self.sides))
        self._print = compared.fingerprint(scene, self.what.first, self.what.end)
        self._looked = time.monotonic()
        self._at = at
        self._centred = 0.0
        self._wanted: frozenset[int] = frozenset()
        self._there: frozenset[int] = frozenset()
        self._round: tuple[int, ...] = ()
        """What the background Blender renders now, in its order."""
        self._before: frozenset[int] = frozenset()
        """What was there before it."""
        self._done = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._blender = export.background_blender()
        self.folder = session.home() / _FOLDER / uuid.uuid4().hex
        self._recipe = self._written(scene)
        self._center(at)

    def _written(self, scene: bpy.types.Scene) -> ComparisonRecipe:
        try:
            make_folder(self.folder.parent)
        except OSError as error:
            raise unwritable(self.folder.parent, error) from error
        every = min(self._most, self.what.end - self.what.first) * len(self.sides)
        check_room(self.folder.parent, every * self.size[0] * self.size[1] * frames_of.BYTES_PER_PIXEL + _SPARE_BYTES)
        export.write_scene(scene, self.folder / SCENE_FILE)
        known = [line.job for job in compared.jobs_shown(scene) if (line := board.progress(job)) is not None]
        editor = scene.sequence_editor
        return ComparisonRecipe(
            blend=self.folder / SCENE_FILE,
            scene=scene.name,
            meta=compat.open_meta(editor) if editor is not None else "",
            folder=self.folder,
            frames=(),
            percentage=self._percentage,
            size=self.size,
            sides=self.sides,
            plates=self.what.plates,
            other=self.what.jobs,
            known=tuple(known),
            scripts=scripts.allowed(),
        )

    def serves(self, scene: bpy.types.Scene, mode: str, other: str, at: int) -> bool:
        """Whether what is rendered is what another way to compare needs. Raises PlacementError where nothing is."""
        if self.scene != scene.session_uid or self.failure is not None or (mode in _BOTH and SHOWN not in self.sides):
            return False
        same = compared.fingerprint(scene, self.what.first, self.what.end) == self._print
        return same and _find(scene, other, at) == self.what

    def covers(self, frame: int) -> bool:
        """Whether the two sides differ on a frame of the timeline."""
        return self.what.first <= frame < self.what.end

    def file_of(self, side: str, frame: int) -> Path | None:
        """The picture of a frame, None where it is not made yet."""
        return frames_of.frame_file(self.folder, side, frame) if frame in self._there else None

    @property
    def is_exact(self) -> bool:
        """Whether its pictures are as large as the scene's."""
        return self.size == self.canvas

    @property
    def done(self) -> float:
        """How much of what is wanted is there, from 0 to 1."""
        return len(self._there & self._wanted) / max(1, len(self._wanted))

    def tick(self, scene: bpy.types.Scene, playing: bool) -> bool:
        """Look after the frames. Whether there are more than at the last tick. playing: the playhead runs."""
        done = self._done
        there = self._before | frozenset(self._round[:done])
        grown = there != self._there
        self._there = there
        at, now = scene.frame_current, time.monotonic()
        if self.covers(at) and at not in self._wanted and now - self._centred > _RECENTRE_EVERY and not playing:
            self._stopped.set()
            if not self.has_thread:
                self._center(at)
        elif self.failure is None and not self.has_thread and self._wanted - there:
            # It was held for a moment.
            self._start()
        if now - self._looked > _LOOK_EVERY:
            self._looked = now
            with contextlib.suppress(OSError):
                os.utime(self.folder)
        return grown

    def is_outdated(self, scene: bpy.types.Scene) -> bool:
        """Whether the timeline is not what was rendered any more. Looked at twice a second at most."""
        if time.monotonic() - self._looked <= _LOOK_EVERY:
            return False
        return compared.fingerprint(scene, self.what.first, self.what.end) != self._print

    @property
    def has_thread(self) -> bool:
        """Whether a thread of it renders, or removes what was rendered."""
        return self._thread is not None and self._thread.is_alive()

    def _center(self, at: int) -> None:
        """Want the frames around `at`, as many as there is room for."""
        self._centred = time.monotonic()
        order = frames_of.outwards(self.what.first, self.what.end, at, self._most)
        self._wanted = frozenset(order)
        for frame in self._there - self._wanted:
            for side in self.sides:
                discard(frames_of.frame_file(self.folder, side, frame))
        self._there &= self._wanted
        self._at = at
        self._start()

    def _start(self) -> None:
        """Render what is missing of what is wanted."""
        self._before = self._there
        order = frames_of.outwards(self.what.first, self.what.end, self._at, self._most)
        self._round = tuple(frame for frame in order if frame not in self._there)
        self._done = 0
        if not self._round:
            return
        self._stopped = stopped = threading.Event()
        recipe = to_json(replace(self._recipe, frames=self._round))

        def report(done: int, _total: int) -> None:
            if not stopped.is_set():
                self._done = done

        def work() -> None:
            try:
                self._blender.run("render_comparison", recipe, self.folder, progress=report, cancelled=stopped.is_set)
            except ReshootError as error:
                if not stopped.is_set():
                    self.failure = error
            except Exception as error:  # noqa: BLE001 - whatever it is, the next tick has to end with it
                self.failure = ReshootError(
                    say("Reshoot itself failed here: {error}.", error=error),
                    say("See Blender's console, and report it."),
                )

        self._thread = threading.Thread(target=work, name="reshoot-compare", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Render nothing more until the next tick. Back when no thread is left."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def end(self, *, wait: bool) -> None:
        """Render nothing more, and remove what was rendered. wait: until that is done."""
        self.kept.clear()
        self._stopped.set()
        if wait:
            # When Blender closes no thread can be started any more.
            self.stop()
            remove_folder(self.folder)
            return
        rendering = self._thread

        def remove() -> None:
            if rendering is not None:
                rendering.join()
            remove_folder(self.folder)

        self._thread = threading.Thread(target=remove, name="reshoot-compare", daemon=True)
        self._thread.start()
        _ending[:] = [each for each in _ending if each.has_thread] + [self]


_current: Comparison | None = None
_drawn: Any = None
_ending: list[Comparison] = []
"""Those that are over and still have a thread."""


def current() -> Comparison | None:
    """What is compared now."""
    return _current


def begin(scene: bpy.types.Scene, mode: str, other: str, at: int) -> Comparison:
    """Compare what is shown of a shot with the take of the job `other`, or with its original where that is empty.

    Where the original is what is shown, an empty `other` is the take that was shown before. at: the playhead's frame.
    What was compared before is not any more. Raises ReshootError; that goes on then.
    """
    global _current, _drawn
    if bpy.app.is_job_running("RENDER"):
        raise PlacementError(say("Blender is rendering."), say("Compare when it is done."))
    before = _current
    if before is not None and before.serves(scene, mode, other, at):
        before.mode, before.flipped = mode, False
        return before
    made = Comparison(scene, mode, other, at)
    if before is not None:
        made.wipe = before.wipe
        before.end(wait=False)
    else:
        bpy.app.handlers.load_pre.append(_file_opens)
        atexit.register(end)
        if session.draw_comparison is not None and not bpy.app.background:
            _drawn = bpy.types.SpaceSequenceEditor.draw_handler_add(
                session.draw_comparison, (), "PREVIEW", "POST_PIXEL"
            )
    _current = made
    return made


def end(*, wait: bool = True) -> None:
    """Compare nothing any more, and leave nothing behind. wait: until the folder is gone."""
    global _current, _drawn
    if _drawn is not None:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_drawn, "PREVIEW")
        _drawn = None
    if _current is not None:
        atexit.unregister(end)
        bpy.app.handlers.load_pre.remove(_file_opens)
        over, _current = _current, None
        over.end(wait=wait)
    if wait:
        hold()


def hold() -> None:
    """No thread of a comparison runs when this is back; it goes on with the next tick."""
    for each in (*_ending, *([_current] if _current is not None else ())):
        each.stop()
    _ending.clear()


def sweep(home: Path) -> None:
    """Remove what Blenders that have crashed have left of their comparisons. Called on any thread."""
    with contextlib.suppress(OSError):
        for folder in (home / _FOLDER).iterdir():
            if time.time() - folder.stat().st_mtime > _LEFT_OVER:
                remove_folder(folder)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs say nothing of it
def _file_opens(*_args: object) -> None:
    end(wait=False)


def _find(scene: bpy.types.Scene, other: str, at: int) -> _What:
    """What is to be compared. Raises PlacementError where there is nothing."""
    chosen = compared.shots(scene, at)
    if other:
        return _with_take(scene, other, chosen)
    if not chosen:
        raise PlacementError(
            say("The selected shot has no take in this timeline."), say("Select a shot that has one, or its take.")
        )
    with_take = [each for each in chosen if each.shown]
    if not with_take:
        return _with_take(scene, chosen[0].hidden, chosen[:1])
    first, end = min(each.first for each in with_take), max(each.end for each in with_take)
    shown = _name(with_take[0].shown) if len(with_take) == 1 else say("Takes")
    return _What(tuple(each.plate for each in with_take), first, end, (), say("Original"), shown)


def _with_take(scene: bpy.types.Scene, job_id: str, chosen: Sequence[compared.Compared]) -> _What:
    line = board.progress(job_id)
    if line is None or line.job.take is None:
        raise PlacementError(say("The job has no take yet."), say("Wait until it has landed."))
    lead = line.job
    jobs = tuple(job for job in board.parts_of(lead) if job.take is not None)
    own = {job.id for job in jobs}
    spots = whereabouts.find(scene, lead.shot)
    names = {name for spot in spots for name in spot.strips}
    there = [each for each in chosen if each.plate in names] or compared.shots_of(scene, names)
    if there and all(each.shown in own for each in there):
        raise PlacementError(
            say("“{take}” is what is shown.", take=take_strips.name_of(lead)),
            say("Compare it with the original or another take."),
        )
    shown = next((each.shown for each in there if each.shown), "")
    if there:
        first, end = min(each.first for each in there), max(each.end for each in there)
        plates = tuple(each.plate for each in there)
    elif spots:
        first, end = spots[0].first, spots[0].end
        plates = spots[0].strips
    else:
        raise PlacementError(
            say("“{shot}” is not in this timeline any more.", shot=lead.shot.name),
            say("Open the scene that it is in."),
        )
    return _What(plates, first, end, jobs, take_strips.whole_name(lead), _name(shown) if shown else say("Original"))


def _name(job_id: str) -> str:
    """What a take is called: its strip's name, where the job is not known here."""
    line = board.progress(job_id)
    if line is None or line.job.take is None:
        return say("Take")
    return take_strips.whole_name(line.job)
