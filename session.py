# SPDX-License-Identifier: GPL-3.0-or-later
"""What this Blender has one of: the journal, the runner, the connections, the rehearsal server. Made at first use.

The place where the rooms are joined. Everything here runs on the main thread unless it says otherwise.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import bpy

from . import preferences
from .core import board, fal
from .core.blender_process import Blender
from .core.errors import PlacementError, ReshootError, SetupError
from .core.job import REHEARSAL, Job, State
from .core.journal import Journal
from .core.runner import Runner
from .core.service import Service, usable
from .core.steps import Steps
from .rehearsal.picture import render
from .rehearsal.server import RehearsalServer
from .timeline import export, place

_log = logging.getLogger(__name__)

FAL = "fal"


@dataclass
class _Untitled:
    """Stands for the name of a file that has none yet."""

    project: str = field(default_factory=lambda: f"untitled:{uuid.uuid4().hex}")


_untitled = _Untitled()


def home() -> Path:
    """The folder of the journal, of unfinished jobs and of unsaved files' takes."""
    given = os.environ.get("RESHOOT_HOME")
    if given:
        return Path(given)
    return Path(bpy.utils.extension_path_user(__package__, create=True))


def project() -> str:
    """What the open file's jobs belong to: its path, or a name of its own until it has one."""
    return bpy.data.filepath or _untitled.project


def takes_folder(of_project: str) -> Path:
    """Where the takes of a project go. Called on any thread."""
    if of_project.startswith("untitled:"):
        return _home_for_threads() / "takes"
    return Path(of_project).parent / "reshoot"


def takes_of(job: Job) -> str:
    """The file of a job's take, empty where it has none."""
    return job.take.path if job.take else ""


def service() -> str:
    """The service that a job would go to now. Raises SetupError where that cannot be, saying why."""
    url = os.environ.get("RESHOOT_SERVICE_URL", "").rstrip("/")
    chosen = preferences.get()
    if url:
        if not os.environ.get("FAL_KEY"):
            raise SetupError(
                f"RESHOOT_SERVICE_URL is set to {url}, but FAL_KEY is not.", "Set FAL_KEY to the key of that service."
            )
        name = url
    elif chosen.service == "REHEARSAL" or (chosen.service == "AUTO" and not _key()):
        return REHEARSAL
    else:
        if not _key():
            raise SetupError(
                "There is no key for fal.ai.",
                "Enter your key in Preferences > Add-ons > Reshoot, or choose the service “Rehearsal”.",
            )
        name = FAL
    if not bpy.app.online_access and not fal.is_loopback(url):
        raise SetupError(
            "Blender is not allowed to go online.",
            "Allow it in Preferences > System > Network > Allow Online Access, or "
            + ("unset RESHOOT_SERVICE_URL." if url else "choose the service “Rehearsal”."),
        )
    usable(Service(name, url, os.environ["FAL_KEY"] if url else _key()))
    return name


def _key() -> str:
    return preferences.get().key.strip() or os.environ.get("FAL_KEY", "").strip()


def _home_for_threads() -> Path:
    assert _session is not None
    return _session.home


class Session:
    """The running parts of this Blender. Ended by `close`, after which no thread is left."""

    def __init__(self) -> None:
        self.home = home()
        self._key = ""
        self._keep_clips = False
        self._may_go_online = False
        self.refresh()
        self._blender = export.background_blender()
        self._lock = threading.Lock()
        self._connections: dict[tuple[str, str], fal.Connection] = {}
        self._rehearsal: RehearsalServer | None = None
        self._token = secrets.token_hex(16)
        self._journal = Journal(self.home / "journal.sqlite3", uuid.uuid4().hex)
        self.runner = Runner(
            self._journal,
            self.home / "jobs",
            Steps(self._blender, self._connect, takes_folder),
            keep_clips=lambda: self._keep_clips,
        )
        self._tried: set[str] = set()
        self._beside = 0
        self._done_beside: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._complaints: list[ReshootError] = []
        board.show(self._journal.jobs())

    def refresh(self) -> None:
        """Take the preferences over to where worker threads may read them."""
        chosen = preferences.get()
        self._key = _key()
        self._keep_clips = chosen.keep_clips
        self._may_go_online = bool(bpy.app.online_access)

    def take_up(self) -> None:
        """Go on with every unfinished job that no other Blender holds."""
        self.refresh()
        for job_id in self._journal.unfinished():
            self.runner.take_up(job_id)

    def unfinished(self) -> list[Job]:
        """The unfinished jobs of the open file, from the journal."""
        here = project()
        return [job for job in self._journal.jobs() if job.project == here and not job.state.ended]

    def job(self, job_id: str) -> Job | None:
        """The row of a job."""
        return self._journal.get(job_id)

    def drain(self, seconds: float) -> bool:
        """Hear what the runner has to say, for at most `seconds`. Whether there was anything."""
        deadline = time.perf_counter() + seconds
        heard = False
        while not self.runner.events.empty() and time.perf_counter() < deadline:
            board.hear(self.runner.events.get())
            heard = True
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
        lines = [line for line in board.lines(project()) if line.job.state is State.LANDED]
        return [line.job for line in reversed(lines) if line.job.id not in self._tried]

    def place(self, job: Job) -> tuple[str, ...]:
        """Put the take of a landed job into its scene. Notes in words. Raises PlacementError; it is tried once."""
        self._tried.add(job.id)
        scene = place.find_scene(job)
        if scene is None:
            raise PlacementError(
                f"The scene “{job.scene}” is not in this file any more.", f"Add the take by hand: {takes_of(job)}."
            )
        notes = place.place(scene, job)
        if job.state is State.LANDED:
            self.runner.placed(job, notes)
        return notes

    def place_again(self) -> None:
        """What could not be placed may be tried once more: the file changed, or the editor asked."""
        self._tried.clear()

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
                failure = ReshootError(f"Reshoot itself failed here: {error}.", "See Blender's console, and report it.")
            self._done_beside.put(lambda: then(failure))

        self._beside += 1
        threading.Thread(target=run, name="reshoot-beside", daemon=True).start()

    def complaints(self) -> list[ReshootError]:
        """What went wrong beside the interface since this was asked last."""
        told, self._complaints = self._complaints, []
        return told

    @property
    def busy_beside(self) -> bool:
        """Whether work that was put beside the interface is not finished."""
        return self._beside > 0

    def close(self) -> None:
        """End every thread; what is unfinished stays in the journal."""
        self.runner.close()
        with self._lock:
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
                "Blender is not allowed to go online.", "Allow it in Preferences > System > Network, then retry."
            )
        if name == FAL:
            if not self._key:
                raise SetupError(
                    "There is no key for fal.ai.", "Enter it in Preferences > Add-ons > Reshoot, then retry."
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


_session: Session | None = None


def current() -> Session:
    """The session, made now if there is none yet. Raises StorageError where its folder cannot be used."""
    global _session
    if _session is None:
        _session = Session()
        atexit.register(close)
    return _session


def running() -> Session | None:
    """The session if there is one."""
    return _session


def close() -> None:
    """End the session, if there is one."""
    global _session
    if _session is not None:
        atexit.unregister(close)
        _session.close()
        _session = None


def has_work() -> bool:
    """Whether a journal waits in the session's folder, without opening it."""
    return (home() / "journal.sqlite3").exists()


def file_opened() -> None:
    """Another file is open now."""
    global _untitled
    _untitled = _Untitled()
    if _session is not None:
        _session.place_again()


def file_saved() -> None:
    """The open file was saved: what was done before it had a name belongs to it now."""
    global _untitled
    if _session is not None:
        _session.runner.moved(_untitled.project, project())
    _untitled = _Untitled()
