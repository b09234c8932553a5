# SPDX-License-Identifier: GPL-3.0-or-later
"""The running parts of one Blender: the journal, the runner and the services, joined.

The heavy half of `session`, which makes the one there is, at first use. Everything here runs on the main thread unless
it says otherwise.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue

import bpy

from ..core.blender_process import Blender
from ..core.errors import JournalDamaged, PlacementError, ReshootError, StorageError
from ..core.jobs import board, salvage
from ..core.jobs.journal import Journal
from ..core.jobs.rows import Event
from ..core.jobs.runner import Runner
from ..core.jobs.steps import Steps
from ..core.money import ledger
from ..core.money.budget import check, under_way
from ..core.names import REHEARSAL, UNTITLED
from ..core.values.job import Job
from ..core.values.progress import JobProgress, StripProgress
from ..core.values.shot import Shot
from ..core.values.state import State
from ..core.values.take import Take
from ..core.words import say
from ..settings import folders, preferences
from ..timeline import compat, export, place, whereabouts
from .services import Services

_log = logging.getLogger(__name__)

_ENDED_BADLY = (State.FAILED, State.UNSURE)
_JOBS = "jobs"
"""The folder of the unfinished jobs' folders, beside the journal."""

_SETTLES = 0.005
"""Seconds."""

_opened: SimpleQueue[tuple[Journal, str, list[Job]]] = SimpleQueue()
"""A journal that was opened for the session to come, and what it shows of a project."""


@dataclass(frozen=True)
class _Uncompared:
    """A take that was placed before it was compared. looks: of its strips, see `place.looks`."""

    take: Take
    looks: place.Appearance


class Session:
    """The running parts of this Blender. Ended by `close`, after which no thread does anything more.

    home: the folder of the journal, of unfinished jobs and of unsaved files' takes. project: tells what the open file's
    jobs belong to. takes_folder: tells on any thread where the takes of a project go.
    """

    def __init__(self, home: Path, project: Callable[[], str], takes_folder: Callable[[str], Path]) -> None:
        self.home = home
        self._project = project
        self._keep_clips = False
        self._blender = export.background_blender()
        self._services = Services(home / "rehearsal", self._blender)
        self.refresh()
        self._complaints: list[ReshootError] = []
        self._journal, known = self._open_journal()
        self.runner = Runner(
            self._journal,
            self.home / _JOBS,
            Steps(self._blender, self._services.connect, takes_folder),
            keep_clips=lambda: self._keep_clips,
        )
        self._placing_tried: dict[str, bool] = {}
        self._uncompared: dict[str, _Uncompared] = {}
        self._takes_in_file: frozenset[str] = frozenset()
        self._counted: tuple[object, ...] = ()
        self._placing: list[Future[None]] = []
        self._threads_left = 0
        self._threads: list[threading.Thread] = []
        self._threads_are_paused = False
        self._finished_in_threads: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._newly_failed: list[Job] = []
        self._waiting: list[Job] = []
        self._since = time.time()
        self._follower = whereabouts.Follower()
        self._looked_at: tuple[object, ...] = ()
        self._seen: dict[str, JobProgress] = {}
        self._shots: dict[str, Shot] = {}
        self._found: dict[str, tuple[whereabouts.Spot, ...]] = {}
        self._on_strips: list[StripProgress] = []
        board.add(known)

    def _open_journal(self) -> tuple[Journal, list[Job]]:
        """The journal, and what is shown of the open file's jobs."""
        here = self._project()
        if not _opened.empty():
            journal, project, known = _opened.get()
            return journal, known if project == here else journal.shown(here)
        path, holder = self.home / folders.JOURNAL, uuid.uuid4().hex
        try:
            journal = Journal(path, holder)
        except JournalDamaged as error:
            takes = {folders.takes_folder(each, self.home) for each in (self._project(), "")}
            rebuilt = salvage.rebuild(path, holder, jobs=self.home / _JOBS, takes=takes)
            self._complaints.append(
                StorageError(
                    error.message,
                    say(
                        "It is kept as {path}; {count} jobs are in the new one.", path=rebuilt.aside, count=rebuilt.jobs
                    ),
                )
            )
            journal = rebuilt.journal
        return journal, journal.shown(here)

    def refresh(self) -> None:
        """Take the preferences over to where worker threads may read them."""
        self._keep_clips = preferences.get().keep_clips
        self._services.refresh()

    def check_money(self, jobs: Sequence[Job]) -> None:
        """Raises MoneyError where `jobs` would go over the editor's limit per day or per project."""
        limits = preferences.limits()
        if jobs[0].service == REHEARSAL or (limits.day is None and limits.project is None):
            return
        price = sum((job.sent.price for job in jobs), Decimal(0))
        coming = under_way(line.job for line in board.open_jobs())
        check(price, jobs[0].project, self._journal.sums(), coming, limits)

    def spent(self) -> list[ledger.Entry]:
        """The ledger, oldest first. Raises StorageError."""
        return self._journal.spent()

    def add(self, jobs: Sequence[Job]) -> None:
        """Start new jobs. From now on they count: whoever presses again is asked."""
        place.remember_scenes(jobs)
        for job in jobs:
            board.update(Event(job))
        self.runner.add(jobs)

    def resume(self) -> None:
        """Go on with every unfinished job that no other Blender holds, and look for what was lost on its way."""
        self.refresh()
        self.land_again()
        if any(board.progress(job_id) is None for job_id in self.takes_in_file()):
            self.read()
        self.runner.resume_all()

    def read(self, *, wait: bool = False) -> None:
        """Take in what the journal has of the open file, and bring back the takes that were never saved with it.

        It is read off the main thread unless `wait`, where nothing is brought back yet. Raises StorageError there;
        otherwise what goes wrong is kept for `complaints`.
        """
        here, held = self._project(), self.takes_in_file()
        if wait:
            board.add(self._journal.shown(here, held))
            return
        rows: list[Job] = []

        def take_in(failure: ReshootError | None) -> None:
            if failure is not None:
                raise failure
            board.add(rows)
            self.land_again()

        self.run_in_thread(lambda _blender: rows.extend(self._journal.shown(here, held)), take_in)

    def land_again(self) -> list[Future[None]]:
        """Takes that an earlier Blender placed in the open file and that were never saved with it land once more.

        A take that the editor has deleted, or reverted in this Blender, stays away. Done when the journal says so.
        """
        path, here = bpy.data.filepath, self._project()
        try:
            saved = os.path.getmtime(path) if path else 0.0
        except OSError:
            return []
        lost = [
            line.job
            for line in board.of_project(here)
            if line.job.state is State.PLACED
            and line.job.project == here
            and saved < line.job.stages[-1].at < self._since
            and line.job.id not in self.takes_in_file()
        ]
        return [self.runner.land_again(job.id) for job in lost]

    def unfinished(self) -> list[str]:
        """The ids of the open file's unfinished jobs, from the journal."""
        return self._journal.unfinished(self._project())

    def job(self, job_id: str) -> Job | None:
        """The row of a job."""
        return self._journal.get(job_id)

    def drain(self, seconds: float) -> bool:
        """Hear what the runner has to say, for at most `seconds`. Whether there was anything new."""
        deadline = time.perf_counter() + seconds
        heard = False
        while not self.runner.events.empty() and time.perf_counter() < deadline:
            event = self.runner.events.get()
            before = board.progress(event.job.id)
            if event.job.state in _ENDED_BADLY and (before is None or before.job.state is not event.job.state):
                self._newly_failed.append(event.job)
            landed = event.job.state is State.LANDED and before is not None and before.job.state is not State.LANDED
            if landed and event.job.project != self._project() and not event.elsewhere:
                self._waiting.append(event.job)
            heard = board.update(event) or heard
        while not self._finished_in_threads.empty():
            self._threads_left -= 1
            try:
                self._finished_in_threads.get()()
            except ReshootError as error:
                self._complaints.append(error)
            heard = True
        return heard

    def landed(self) -> list[tuple[Job, ...]]:
        """Jobs of the open file whose takes wait to be placed, oldest first: the parts of a shot together.

        They wait for the parts that are under way or not compared yet, and for those that have failed until the editor
        says what becomes of them. What another Blender has is that one's to place.
        """
        groups: dict[str, list[Job]] = {}
        elsewhere: set[str] = set()
        for line in reversed(board.of_project(self._project())):
            groups.setdefault(line.job.group, []).append(line.job)
            if line.elsewhere:
                elsewhere.add(line.job.group)
        ready = []
        for group, jobs in groups.items():
            if group in elsewhere:
                continue
            waiting = [job for job in jobs if job.state is State.LANDED and job.id not in self._placing_tried]
            # What is made of several results is laid once, as it should lie.
            unready = [job for job in jobs if job.state.moving or job.state in _ENDED_BADLY or not job.compared]
            if waiting and (not unready or (len(jobs) == 1 and jobs[0].state is State.LANDED)):
                ready.append(tuple(sorted(waiting, key=lambda job: job.part)))
        return ready

    def place(self, jobs: Sequence[Job], into: bpy.types.Scene | None = None) -> tuple[str, ...]:
        """Put the takes of landed jobs of one shot into its scene. Notes in words.

        into: the scene for takes whose own is gone, or whose file is; such jobs belong to the open file then. Raises
        PlacementError; it is tried once.
        """
        lead = jobs[0]
        lines = [board.progress(job.id) for job in jobs]
        if any(line is not None and line.elsewhere for line in lines):
            raise PlacementError(say("Another Blender has this job."), say("Place its take there."))
        homeless = lead.project != self._project() and lead.project.startswith(UNTITLED)
        scene = (into if homeless else None) or place.find_scene(lead) or into
        self._placing_tried.update({job.id: scene is not None for job in jobs})
        if scene is None:
            raise PlacementError(
                say("The scene “{scene}” is not in this file any more.", scene=lead.scene),
                say("Open the scene that is to have the take, and place it from the job."),
            )
        with self.threads_paused(jobs, scene):
            notes = place.place(scene, jobs)
        for job in jobs:
            if homeless:
                self.runner.adopt(job.id, self._project())
            if job.state is State.LANDED:
                self._placing.append(self.runner.placed(job.id, notes))
        self._uncompared.pop(lead.id, None)
        if lead.take is not None and not lead.compared:
            self._uncompared[lead.id] = _Uncompared(lead.take, place.appearance(scene, lead.id))
        return notes

    def takes_to_correct(self) -> list[Job]:
        """The jobs whose takes lie in the open file as they came and should not, as was found out since."""
        found = []
        for job_id, laid in list(self._uncompared.items()):
            line = board.progress(job_id)
            if line is None or (line.job.compared and line.job.take == laid.take):
                del self._uncompared[job_id]
            elif line.job.compared:
                found.append(line.job)
        return found

    def correct_take(self, job: Job) -> bool:
        """Lay a take of `takes_to_correct` as it should lie. Whether it was there to be laid; it is tried once.

        Raises PlacementError where the editor has changed its strip meanwhile, which stays as it is.
        """
        laid = self._uncompared.pop(job.id)
        scene = place.find_scene(job)
        now = place.appearance(scene, job.id) if scene is not None else ()
        if scene is None or not now:
            return False
        if now != laid.looks:
            raise PlacementError(
                say("The take of “{shot}” could be put right, but its strip was changed meanwhile.", shot=job.label),
                say("Delete the strip and place the take again from the list of jobs."),
            )
        with self.threads_paused([job], scene):
            place.correct_take(scene, job)
        return True

    @contextlib.contextmanager
    def threads_paused(self, jobs: Sequence[Job], scene: bpy.types.Scene | None = None) -> Iterator[None]:
        """No other thread of ours runs meanwhile, where to place the takes of `jobs` beside one could crash Blender.

        Waits for what they are doing, and for the network with it: that concerns scripts, which have time. scene: where
        they are placed; without it only what is true of any is looked at. See `compat.CROWD_CRASHES`.
        """
        if self._threads_are_paused or not compat.CROWD_CRASHES or not place.moves_context(jobs, scene):
            yield
            return
        self._threads_are_paused = True
        try:
            with self._services.paused(), self.runner.paused():
                for thread in self._threads:
                    thread.join()
                # A server in this very Blender may still be putting away what it has answered.
                time.sleep(_SETTLES)
                yield
        finally:
            self._threads_are_paused = False

    def file_opened(self) -> None:
        """Another file is open now, and what lies in its timeline is as it was saved."""
        self._uncompared.clear()
        self.retry_placing()
        self.forget_strips()
        self.read()

    def retry_placing(self, *, without_scene: bool = False) -> None:
        """What could not be placed may be tried once more: the file changed, or the editor asked.

        without_scene: only what found no scene, where that is there now.
        """
        if not without_scene:
            self._placing_tried.clear()
        for job_id in [job_id for job_id, had_scene in self._placing_tried.items() if not had_scene]:
            line = board.progress(job_id)
            if line is not None and place.find_scene(line.job) is not None:
                del self._placing_tried[job_id]

    def takes_in_file(self) -> frozenset[str]:
        """The jobs whose takes are strips of the open file. Looks anew where there are more strips or fewer."""
        editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
        counted = tuple(len(compat.strips_all(editor)) for editor in editors)
        if counted != self._counted:
            self._counted = counted
            found = {strip.get(place.JOB_KEY) for editor in editors for strip in compat.strips_all(editor)}
            self._takes_in_file = frozenset(found - {None})
        return self._takes_in_file

    def forget_strips(self) -> None:
        """Other strips may have taken the place of those that were there."""
        self._counted = ()

    def run_in_thread(self, work: Callable[[Blender], None], then: Callable[[ReshootError | None], None]) -> None:
        """Do `work` on a thread of its own; `then` hears on the main thread how it went.

        What `then` raises is kept for `complaints`.
        """

        def run() -> None:
            failure: ReshootError | None = None
            try:
                work(self._blender)
            except ReshootError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - whoever waits for it has to hear of it
                _log.exception("work beside the interface broke")
                failure = ReshootError(
                    say("Reshoot itself failed here: {error}.", error=error),
                    say("See Blender's console, and report it."),
                )
            self._finished_in_threads.put(lambda: then(failure))

        self._threads_left += 1
        thread = threading.Thread(target=run, name="reshoot-beside", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def complaints(self) -> list[ReshootError]:
        """What went wrong beside the interface since this was asked last."""
        told, self._complaints = self._complaints, []
        return told

    def newly_failed(self) -> list[Job]:
        """The jobs that came to a bad end since this was asked last."""
        told, self._newly_failed = self._newly_failed, []
        return told

    def waiting(self) -> list[Job]:
        """The jobs whose takes have landed since this was asked last while their file was not open."""
        told, self._waiting = self._waiting, []
        return told

    def on_strips(self, scene: bpy.types.Scene) -> list[StripProgress]:
        """The jobs that are to be seen on the strips of `scene`, newest first: where each one's shot is now.

        The very same list as long as nothing has changed.
        """
        lines = board.of_project(self._project())
        editor = scene.sequence_editor
        looked_at = (scene.session_uid, scene.name, compat.open_meta(editor) if editor else "", lines)
        changed = looked_at != self._looked_at
        if changed:
            self._looked_at = looked_at
            seen = {line.job.id: line for line in lines if self._is_seen(line.job)}
            there = place.of_scene(scene, [line.job for line in seen.values()])
            self._seen = {job.id: seen[job.id] for job in there}
            self._shots = {job_id: line.job.shot for job_id, line in self._seen.items()}
        found = self._follower.find(scene, self._shots) if self._seen else {}
        if changed or found is not self._found:
            self._found = found
            self._on_strips = [
                StripProgress(*part, line)
                for job_id, line in self._seen.items()
                for spot in found[job_id]
                if (own := _of_part(line.job, spot)) and (part := whereabouts.visible(scene, own)) is not None
            ]
        return self._on_strips

    def _is_seen(self, job: Job) -> bool:
        """Whether there is something to follow on the strip: what runs, and what has failed since Blender started."""
        return not job.state.ended or (job.state in _ENDED_BADLY and job.stages[-1].at >= self._since)

    @property
    def has_events(self) -> bool:
        """Whether there is news to drain, or will be: that a take was placed is told once it is on disk."""
        self._placing = [each for each in self._placing if not each.done()]
        return bool(self._placing) or not self.runner.events.empty()

    @property
    def expects_events(self) -> bool:
        """Whether there may be news later, though nothing moves: what was lost on its way is found after minutes."""
        return not self.runner.is_at_rest

    @property
    def has_uncompared(self) -> bool:
        """Whether a take of the open file has landed, or was placed by this Blender, and is not compared yet."""
        waits = [
            line for line in board.of_project(self._project()) if line.job.state is State.LANDED and not line.elsewhere
        ]
        return bool(self._uncompared) or any(not line.job.compared for line in waits)

    @property
    def has_threads(self) -> bool:
        """Whether work that was put beside the interface is not finished."""
        return self._threads_left > 0

    def close(self) -> None:
        """End every thread that a dead network does not hold; what is unfinished stays in the journal.

        Blender closes when this is done, so it takes seconds at most.
        """
        self._services.close(forget=not self.runner.close())
        self._journal.close()
        board.clear()


def open_journal(home: Path, project: str) -> None:
    """Open the journal for the session to come and read what it shows of `project`, since the disk takes its time.

    Called on any thread. Raises StorageError where the folder cannot be used.
    """
    journal = Journal(home / folders.JOURNAL, uuid.uuid4().hex)
    _opened.put((journal, project, journal.shown(project)))


def close_journal() -> None:
    """Close what was opened for a session that did not come."""
    while not _opened.empty():
        journal, _project, _known = _opened.get()
        journal.close()


def _of_part(job: Job, spot: whereabouts.Spot) -> whereabouts.Spot | None:
    """What is on a spot of its shot of the part that a job is."""
    first = max(spot.first, spot.start + job.sent.first)
    end = min(spot.end, spot.start + job.sent.first + job.sent.own)
    return replace(spot, first=first, end=end) if first < end else None
