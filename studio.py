# SPDX-License-Identifier: GPL-3.0-or-later
"""The running parts of one Blender: the journal, the runner, the connections, the rehearsal server, joined.

The heavy half of `session`, which makes the one there is, at first use. Everything here runs on the main thread unless
it says otherwise.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue

import bpy

from . import places, preferences
from .core import board, fal
from .core.blender_process import Blender
from .core.errors import PlacementError, ReshootError, SetupError
from .core.job import REHEARSAL, Job, State
from .core.journal import Journal
from .core.runner import Runner
from .core.service import Service, usable
from .core.shot import Shot
from .core.shown import Line, OnStrip
from .core.state import UNTITLED
from .core.steps import Steps
from .core.words import say
from .rehearsal.picture import render
from .rehearsal.server import RehearsalServer
from .timeline import compat, export, place, whereabouts

_log = logging.getLogger(__name__)

_FALLEN = (State.FAILED, State.UNSURE)

FAL = "fal"
"""The service that is fal.ai itself."""

_opened: SimpleQueue[Journal] = SimpleQueue()
"""A journal that was opened for the session to come."""


class Session:
    """The running parts of this Blender. Ended by `close`, after which no thread does anything more.

    home: the folder of the journal, of unfinished jobs and of unsaved files' takes. project: tells what the open file's
    jobs belong to. takes_folder: tells on any thread where the takes of a project go.
    """

    def __init__(self, home: Path, project: Callable[[], str], takes_folder: Callable[[str], Path]) -> None:
        self.home = home
        self._project = project
        self._key = ""
        self._keep_clips = False
        self._may_go_online = False
        self.refresh()
        self._blender = export.background_blender()
        self._lock = threading.Lock()
        self._connections: dict[tuple[str, str], fal.Connection] = {}
        self._rehearsal: RehearsalServer | None = None
        self._token = secrets.token_hex(16)
        self._journal = _journal(home)
        self.runner = Runner(
            self._journal,
            self.home / "jobs",
            Steps(self._blender, self._connect, takes_folder),
            keep_clips=lambda: self._keep_clips,
        )
        self._tried: dict[str, bool] = {}
        self._held: frozenset[str] = frozenset()
        self._counted: tuple[object, ...] = ()
        self._placing: list[Future[None]] = []
        self._beside = 0
        self._done_beside: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._complaints: list[ReshootError] = []
        self._fallen: list[Job] = []
        self._waiting: list[Job] = []
        self._since = time.time()
        self._follower = whereabouts.Follower()
        self._looked_at: tuple[object, ...] = ()
        self._seen: dict[str, Line] = {}
        self._shots: dict[str, Shot] = {}
        self._found: dict[str, tuple[whereabouts.Spot, ...]] = {}
        self._on_strips: list[OnStrip] = []
        board.show(self._journal.jobs())

    def refresh(self) -> None:
        """Take the preferences over to where worker threads may read them."""
        chosen = preferences.get()
        self._key = preferences.key()
        self._keep_clips = chosen.keep_clips
        self._may_go_online = bool(bpy.app.online_access)

    def take_up(self) -> None:
        """Go on with every unfinished job that no other Blender holds."""
        self.refresh()
        for job_id in self._journal.unfinished():
            self.runner.take_up(job_id)

    def unfinished(self) -> list[Job]:
        """The unfinished jobs of the open file, from the journal."""
        here = self._project()
        return [job for job in self._journal.jobs() if job.project == here and not job.state.ended]

    def job(self, job_id: str) -> Job | None:
        """The row of a job."""
        return self._journal.get(job_id)

    def drain(self, seconds: float) -> bool:
        """Hear what the runner has to say, for at most `seconds`. Whether there was anything new."""
        deadline = time.perf_counter() + seconds
        heard = False
        while not self.runner.events.empty() and time.perf_counter() < deadline:
            event = self.runner.events.get()
            before = board.line(event.job.id)
            if event.job.state in _FALLEN and (before is None or before.job.state is not event.job.state):
                self._fallen.append(event.job)
            landed = event.job.state is State.LANDED and before is not None and before.job.state is not State.LANDED
            if landed and event.job.project != self._project() and not event.elsewhere:
                self._waiting.append(event.job)
            heard = board.hear(event) or heard
        while not self._done_beside.empty():
            self._beside -= 1
            try:
                self._done_beside.get()()
            except ReshootError as error:
                self._complaints.append(error)
            heard = True
        return heard

    def landed(self) -> list[Job]:
        """Jobs of the open file whose take waits to be placed, oldest first."""
        lines = [line for line in board.lines(self._project()) if line.job.state is State.LANDED]
        return [line.job for line in reversed(lines) if line.job.id not in self._tried]

    def place(self, job: Job, into: bpy.types.Scene | None = None) -> tuple[str, ...]:
        """Put the take of a landed job into its scene. Notes in words. Raises PlacementError; it is tried once.

        into: the scene for a take whose own is gone, or whose file is; such a job belongs to the open file then.
        """
        line = board.line(job.id)
        if line is not None and line.elsewhere:
            raise PlacementError(say("Another Blender has this job."), say("Place its take there."))
        homeless = job.project != self._project() and job.project.startswith(UNTITLED)
        scene = (into if homeless else None) or place.find_scene(job) or into
        self._tried[job.id] = scene is not None
        if scene is None:
            raise PlacementError(
                say("The scene “{scene}” is not in this file any more.", scene=job.scene),
                say("Open the scene that is to have the take, and place it from the job."),
            )
        notes = place.place(scene, job)
        if homeless:
            self.runner.adopt(job.id, self._project())
        if job.state is State.LANDED:
            self._placing.append(self.runner.placed(job, notes))
        return notes

    def place_again(self, *, without_scene: bool = False) -> None:
        """What could not be placed may be tried once more: the file changed, or the editor asked.

        without_scene: only what found no scene, where that is there now.
        """
        if not without_scene:
            self._tried.clear()
        for job_id in [job_id for job_id, had_scene in self._tried.items() if not had_scene]:
            line = board.line(job_id)
            if line is not None and place.find_scene(line.job) is not None:
                del self._tried[job_id]

    def held(self) -> frozenset[str]:
        """The jobs whose takes are strips of the open file. Looks anew where there are more strips or fewer."""
        editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
        counted = tuple(len(compat.strips_all(editor)) for editor in editors)
        if counted != self._counted:
            self._counted = counted
            found = {strip.get(place.JOB_KEY) for editor in editors for strip in compat.strips_all(editor)}
            self._held = frozenset(found - {None})
        return self._held

    def look_again(self) -> None:
        """Other strips may have taken the place of those that were there."""
        self._counted = ()

    def beside(self, work: Callable[[Blender], None], then: Callable[[ReshootError | None], None]) -> None:
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
            self._done_beside.put(lambda: then(failure))

        self._beside += 1
        threading.Thread(target=run, name="reshoot-beside", daemon=True).start()

    def complaints(self) -> list[ReshootError]:
        """What went wrong beside the interface since this was asked last."""
        told, self._complaints = self._complaints, []
        return told

    def fallen(self) -> list[Job]:
        """The jobs that came to a bad end since this was asked last."""
        told, self._fallen = self._fallen, []
        return told

    def waiting(self) -> list[Job]:
        """The jobs whose takes have landed since this was asked last while their file was not open."""
        told, self._waiting = self._waiting, []
        return told

    def on_strips(self, scene: bpy.types.Scene) -> list[OnStrip]:
        """The jobs that are to be seen on the strips of `scene`, newest first: where each one's shot is now.

        The very same list as long as nothing has changed.
        """
        lines = board.lines(self._project())
        editor = scene.sequence_editor
        looked_at = (scene.name, compat.open_meta(editor) if editor else "", lines)
        changed = looked_at != self._looked_at
        if changed:
            self._looked_at = looked_at
            self._seen = {line.job.id: line for line in lines if self._is_seen(line.job, scene)}
            self._shots = {job_id: line.job.shot for job_id, line in self._seen.items()}
        found = self._follower.find(scene, self._shots) if self._seen else {}
        if changed or found is not self._found:
            self._found = found
            self._on_strips = [
                OnStrip(*part, line)
                for job_id, line in self._seen.items()
                for spot in found[job_id]
                if (part := whereabouts.shown(scene, spot)) is not None
            ]
        return self._on_strips

    def _is_seen(self, job: Job, scene: bpy.types.Scene) -> bool:
        """Whether there is something to follow on the strip: what runs, and what has failed since Blender started."""
        if job.state.ended and not (job.state in _FALLEN and job.stages[-1].at >= self._since):
            return False
        return job.scene == scene.name or place.find_scene(job) == scene

    @property
    def unheard(self) -> bool:
        """Whether there is news to drain, or will be: that a take was placed is told once it is on disk."""
        self._placing = [each for each in self._placing if not each.done()]
        return bool(self._placing) or not self.runner.events.empty()

    @property
    def busy_beside(self) -> bool:
        """Whether work that was put beside the interface is not finished."""
        return self._beside > 0

    def close(self) -> None:
        """End every thread that a dead network does not hold; what is unfinished stays in the journal.

        Blender closes when this is done, so it takes seconds at most.
        """
        if self.runner.close():
            for connection in self._connections.values():
                connection.close()
        if self._rehearsal is not None:
            self._rehearsal.stop()
        self._journal.close()
        board.clear()

    def _connect(self, name: str) -> fal.Connection:
        """The connection to a service. Called on worker threads."""
        with self._lock:
            key = self._key_of(name)
            if (name, key) not in self._connections:
                base = "" if name == FAL else self._rehearsal_url(key) if name == REHEARSAL else name
                self._connections[name, key] = fal.Connection(fal.Service(name, base, key))
            return self._connections[name, key]

    def _key_of(self, name: str) -> str:
        if name == REHEARSAL:
            return self._token
        if not self._may_go_online and not fal.is_loopback(name):
            raise SetupError(
                say("Blender is not allowed to go online."),
                say("Allow it in Preferences > System > Network, then retry."),
            )
        if name == FAL:
            if not self._key:
                raise SetupError(
                    say("There is no key for fal.ai."),
                    say("Enter it in Preferences > Add-ons > Reshoot, then retry."),
                )
            return self._key
        return os.environ.get("FAL_KEY", "")

    def _rehearsal_url(self, token: str) -> str:
        self._rehearsal = RehearsalServer(
            self.home / "rehearsal",
            lambda stand_in, progress, cancelled: render(self._blender, stand_in, progress, cancelled),
            key=token,
            look=os.environ.get("RESHOOT_REHEARSAL_LOOK", "stand-in"),
        )
        return self._rehearsal.start()


def open_journal(home: Path) -> None:
    """Open the journal for the session to come, since the disk takes its time. Called on any thread.

    Raises StorageError where the folder cannot be used.
    """
    _opened.put(Journal(home / places.JOURNAL, uuid.uuid4().hex))


def close_journal() -> None:
    """Close what was opened for a session that did not come."""
    while not _opened.empty():
        _opened.get().close()


def _journal(home: Path) -> Journal:
    if _opened.empty():
        return Journal(home / places.JOURNAL, uuid.uuid4().hex)
    return _opened.get()


def service() -> str:
    """The service that a job would go to now. Raises SetupError where that cannot be, saying why."""
    url = os.environ.get("RESHOOT_SERVICE_URL", "").rstrip("/")
    chosen, key = preferences.get(), preferences.key()
    if url:
        if not os.environ.get("FAL_KEY"):
            raise SetupError(
                say("RESHOOT_SERVICE_URL is set to {url}, but FAL_KEY is not.", url=url),
                say("Set FAL_KEY to the key of that service."),
            )
        name = url
    elif chosen.service == "REHEARSAL" or (chosen.service == "AUTO" and not key):
        return REHEARSAL
    else:
        if not key:
            raise SetupError(
                say("There is no key for fal.ai."),
                say("Enter your key in Preferences > Add-ons > Reshoot, or choose the service “Rehearsal”."),
            )
        name = FAL
    _check_online(
        url,
        say("Allow it in Preferences > System > Network > Allow Online Access, or unset RESHOOT_SERVICE_URL.")
        if url
        else say(
            "Allow it in Preferences > System > Network > Allow Online Access, or choose the service “Rehearsal”."
        ),
    )
    usable(Service(name, url, os.environ["FAL_KEY"] if url else key))
    return name


def key_test() -> Callable[[], None]:
    """What asks the service whether the key works, on any thread, for nothing, and raises what is wrong.

    Raises SetupError at once where there is no key, or where Blender may not go online.
    """
    url = os.environ.get("RESHOOT_SERVICE_URL", "").rstrip("/")
    key = os.environ.get("FAL_KEY", "") if url else preferences.key()
    if not key.strip():
        raise SetupError(
            say("There is no key for fal.ai."), say("Make one at fal.ai/dashboard/keys and enter it above.")
        )
    _check_online(
        url, say("Allow it in Preferences > System > Network > Allow Online Access, or rehearse without a key.")
    )
    asked = usable(Service(url or FAL, url, key))

    def ask() -> None:
        connection = fal.Connection(asked)
        try:
            connection.check_key()
        finally:
            connection.close()

    return ask


def _check_online(url: str, remedy: str) -> None:
    if not bpy.app.online_access and not fal.is_loopback(url):
        raise SetupError(say("Blender is not allowed to go online."), remedy)
