# SPDX-License-Identifier: GPL-3.0-or-later
"""The running parts of one Blender, joined: the journal, the runner and the services; and what is heard of its jobs.

The heavy half of the package, which makes the one there is at first use. Everything here runs on the main thread unless
it says otherwise.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import bpy

from ..core.errors import ReshootError
from ..core.jobs import board, moved
from ..core.jobs.rows import Event
from ..core.jobs.runner import Runner
from ..core.jobs.steps import Steps
from ..core.money import ledger
from ..core.takes.files import stamp
from ..core.values.job import Job
from ..core.values.state import State
from ..settings import preferences
from ..timeline import export, place, whereabouts
from . import comparison
from .following import Following
from .opening import JOBS, open_journal
from .placing import Placing
from .services import Services
from .threads import Threads

_ENDED_BADLY = (State.FAILED, State.UNSURE)


class _Saved(NamedTuple):
    """When the open file was saved last. at: seconds since the epoch, 0 where it has no name, None where it cannot be
    told. stamp: see `stamp`, since the disk's clock may be ahead of this computer's."""

    at: float | None = None
    stamp: str = ""


def _saved(path: str) -> _Saved:
    """Asks the disk: called on any thread."""
    try:
        return _Saved(os.path.getmtime(path), stamp(path)) if path else _Saved(0.0)
    except OSError:
        return _Saved()


class Session:
    """The running parts of this Blender. Ended by `close`, after which no thread does anything more.

    home: the folder of the journal, of unfinished jobs and of unsaved files' takes. project: tells what the open file's
    jobs belong to. takes_folder: tells on any thread where the takes of a project go. placing, following, threads: its
    tasks.
    """

    def __init__(self, home: Path, project: Callable[[], str], takes_folder: Callable[[str], Path]) -> None:
        self.home = home
        self._project = project
        self._keep_clips = False
        blender = export.background_blender()
        self._services = Services(home / "rehearsal", blender)
        self._journal, known, complaint = open_journal(home, project())
        self.refresh()
        self._complaints: list[ReshootError] = [] if complaint is None else [complaint]
        self.runner = Runner(
            self._journal,
            home / JOBS,
            Steps(blender, self._services.connect, takes_folder),
            keep_clips=lambda: self._keep_clips,
        )
        self.threads = Threads(blender)
        self.placing = Placing(self.runner, project, self._paused)
        self.following = Following(project)
        self._newly_failed: list[Job] = []
        self._landed_elsewhere: list[Job] = []
        self._told: list[str] = []
        self._shots_read: frozenset[str] = frozenset()
        """The shots of the open file whose jobs were read."""
        self._other_names: dict[str, Mapping[str, str]] = {}
        """What else the open file was called in the journal, and where what such jobs name is now."""
        self._since = time.time()
        board.add(known)

    def refresh(self) -> None:
        """Take the preferences over to where worker threads may read them."""
        self._keep_clips = preferences.get().keep_clips
        self._journal.allowed = preferences.budget()
        self._services.refresh()

    def spent(self) -> list[ledger.Entry]:
        """The ledger, oldest first. Raises StorageError."""
        return self._journal.spent()

    def add(self, jobs: Sequence[Job], scene: int) -> None:
        """Start new jobs. From now on they count: whoever presses again is asked. scene: its Blender's own number."""
        place.remember_scene(jobs, scene)
        for job in jobs:
            board.update(Event(job))
        self.runner.add(jobs)

    def resume(self) -> None:
        """Go on with every unfinished job that no other Blender holds, and look for what was lost on its way."""
        self.refresh()
        unknown = any(board.progress(job_id) is None for job_id in self.following.takes_in_file())
        if unknown or not self.following.shots_in_file() <= self._shots_read:
            self.read()
        else:
            self._land_again_beside()
        self.runner.resume_all()

    def read(self, *, wait: bool = False) -> None:
        """Take in what the journal has of the open file, and land again the takes that were never saved with it.

        It is read off the main thread unless `wait`, where nothing lands again yet. Raises StorageError there;
        otherwise what goes wrong is kept for `complaints`.
        """
        here, held = self._project(), self.following.takes_in_file()
        shots = self.following.shots_in_file()
        self._shots_read = shots
        rows: list[Job] = []
        names: list[moved.Found] = []
        path, saved = bpy.data.filepath, _Saved()

        def look() -> None:
            nonlocal saved
            saved = _saved(path)
            rows.extend(self._journal.shown(here, held, shots))
            names.extend(moved.find(self._journal, here))

        def take_in(failure: ReshootError | None) -> None:
            if failure is not None:
                raise failure
            board.add(rows)
            if self._project() == here:
                self._follow_file(here, names)
                self.land_again(saved)

        if not wait:
            self.threads.run(lambda _blender: look(), take_in)
            return
        look()
        board.add(rows)
        for doing in self._follow_file(here, names):
            doing.result()
        self.drain(1.0)

    def _follow_file(self, here: str, names: Sequence[moved.Found]) -> list[Future[None]]:
        """Give the open file the jobs that it has under other names. Done when the journal says so."""
        doing = []
        gone = set()
        shown = whereabouts.files_shown()
        for found in names:
            # What the file shows by the path that it had is still called so there.
            paths = {before: after for before, after in found.paths.items() if before not in shown}
            shots = [moved.relocated(job, paths).shot for job in found.jobs]
            same = found.match is moved.ProjectMatch.HERE
            if found.match is moved.ProjectMatch.PERHAPS_HERE:
                same = any(whereabouts.has_strip_of(scene, shot) for scene in bpy.data.scenes for shot in shots)
            if not same:
                if found.match is not moved.ProjectMatch.HERE:
                    gone.add(found.project)
                continue
            self._other_names[found.project] = paths
            board.add(list(found.jobs))
            doing.append(self.runner.moved(found.project, here, paths=paths))
            # They could not be landed where the project was: nothing is paid for by that.
            doing += [self.runner.retry(job.id) for job in found.jobs if _waits_for_folder(job)]
        board.set_gone(frozenset(gone))
        return doing

    def _land_again_beside(self) -> None:
        """The same as `land_again`, without waiting for the disk that the open file is on."""
        path, saved = bpy.data.filepath, _Saved()

        def look() -> None:
            nonlocal saved
            saved = _saved(path)

        def take_in(failure: ReshootError | None) -> None:
            if failure is not None:
                raise failure
            if bpy.data.filepath == path:
                self.land_again(saved)

        self.threads.run(lambda _blender: look(), take_in)

    def land_again(self, saved: _Saved | None = None) -> list[Future[None]]:
        """Takes that an earlier Blender placed in the open file and that were never saved with it land once more.

        saved: when that was, as the disk has told; it is asked now without. A take that the editor has deleted, or
        reverted in this Blender, stays away. Done when the journal says so.
        """
        here = self._project()
        saved = saved or _saved(bpy.data.filepath)
        if saved.at is None:
            return []
        there = self.following.takes_in_file()
        lost = [
            progress.job
            for progress in board.of_project(here)
            if progress.job.state is State.PLACED
            and not progress.job.dismissed
            and progress.job.project == here
            and progress.job.stages[-1].at < self._since
            and (saved.at < progress.job.stages[-1].at or (saved.stamp and progress.job.placed_in == saved.stamp))
            and progress.job.id not in there
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
            heard = self._hear(self.runner.events.get()) or heard
        return self.threads.deliver(self._complaints.append) or heard

    def _hear(self, event: Event) -> bool:
        before = board.progress(event.job.id)
        known = before.job.state if before is not None else None
        if event.job.state in _ENDED_BADLY and known is not event.job.state:
            self._newly_failed.append(event.job)
        if event.marked and event.words:
            self._told.append(event.words)
        if event.job.project in self._other_names and not event.elsewhere and not event.marked:
            # Another Blender had it when the open file was found to be its project.
            paths = self._other_names[event.job.project]
            self.runner.moved(event.job.project, self._project(), paths=paths)
            return board.update(event)
        landed = event.job.state is State.LANDED and known not in (None, State.LANDED)
        if landed and event.job.project != self._project() and not event.elsewhere:
            self._landed_elsewhere.append(event.job)
        return board.update(event)

    def file_saved(self) -> None:
        """The open file was saved under the name that it has."""
        if board.of_project(self._project()):
            self.runner.saved(self._project())

    def file_opened(self) -> None:
        """Another file is open now."""
        self._other_names.clear()
        self.placing.file_opened()
        self.following.forget_strips()
        self.read()

    def complain(self, error: ReshootError) -> None:
        """Keep for `complaints` what went wrong where nobody can be told at once."""
        self._complaints.append(error)

    def complaints(self) -> list[ReshootError]:
        """What went wrong outside of jobs since this was asked last."""
        told, self._complaints[:] = list(self._complaints), []
        return told

    def told(self) -> list[str]:
        """What the editor should know since this was asked last, though nothing went wrong."""
        told, self._told = self._told, []
        return told

    def newly_failed(self) -> list[Job]:
        """The jobs that came to a bad end since this was asked last."""
        told, self._newly_failed = self._newly_failed, []
        return told

    def landed_elsewhere(self) -> list[Job]:
        """The jobs whose takes have landed since this was asked last while their file was not open."""
        told, self._landed_elsewhere = self._landed_elsewhere, []
        return told

    @property
    def has_events(self) -> bool:
        """Whether there is news to drain, or will be soon."""
        return self.placing.is_being_written or not self.runner.events.empty()

    @property
    def expects_events(self) -> bool:
        """Whether there may be news later, though nothing moves: what was lost on its way is found after minutes."""
        return not self.runner.is_at_rest

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        """No other thread of the session runs meanwhile."""
        with self._services.paused(), self.runner.paused():
            self.threads.join()
            comparison.hold()
            yield

    def close(self) -> None:
        """End every thread that a dead network does not hold; what is unfinished stays in the journal.

        Blender closes when this is done, so it takes seconds at most.
        """
        self._services.close(forget=not self.runner.close())
        self._journal.close()
        board.clear()


def _waits_for_folder(job: Job) -> bool:
    """Whether what came for it could not be put beside its project, or not be fetched to the end."""
    return job.state is State.FAILED and job.retry_to is State.DOWNLOADING and not job.dismissed
