# SPDX-License-Identifier: GPL-3.0-or-later
"""A house for the tests of jobs: the rehearsal's server behind a gate, a journal, and desks that work on it.

The fal client is the real one. The shots are movies that go out as the file they are, so no Blender is needed.
"""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from queue import Empty

from gate import Gate
from patience import USUAL, stretched
from rehearsal_render import render
from reshoot.core.blender_process import Blender
from reshoot.core.errors import JobCancelled
from reshoot.core.export.recipe import SCENE_FILE
from reshoot.core.jobs.journal import Journal
from reshoot.core.jobs.rows import Event
from reshoot.core.jobs.runner import Runner
from reshoot.core.jobs.steps import Steps
from reshoot.core.media import mp4
from reshoot.core.service import fal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.rehearsal.server import RehearsalServer, StandIn

KEY = "rehearsal-key-of-the-test"
NO_BLENDER = Blender(("/no/such/program",))


class Stage:
    """Gives back the clip's own frames when it is let go; open from the start unless it is closed.

    A clip at 24 fps is copied, which saves time: `thorough` has PyAV decode and encode it too.
    """

    def __init__(self) -> None:
        self.thorough = False
        self.open = threading.Event()
        self.open.set()
        self.prompts: list[str] = []
        self.done = 0

    def __call__(self, recipe: StandIn, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
        self.prompts.append(recipe.prompt)
        while not self.open.wait(0.01):
            if cancelled():
                raise JobCancelled("The rehearsal was stopped.")
        if self.thorough or mp4.probe(recipe.clip).fps != recipe.fps:
            render(recipe, progress, cancelled)
        else:
            shutil.copyfile(recipe.clip, recipe.target)
        self.done += 1


class Desk:
    """One Blender's runner on the journal of the house, and what its interface hears."""

    def __init__(self, house: House, holder: str, blender: Blender, journal: type[Journal]) -> None:
        self.journal = journal(house.folder / "journal.sqlite3", holder)
        self._connections: dict[str, fal.Connection] = {}
        self._lock = threading.Lock()
        self._house = house
        self.keep_clips = False
        self.takes_folder: Callable[[str], Path] = lambda project: house.folder / "takes" / Path(project).stem
        steps = Steps(blender, self._connect, lambda project: self.takes_folder(project))
        self.runner = Runner(self.journal, house.folder / "jobs", steps, keep_clips=lambda: self.keep_clips)
        self.heard: list[Event] = []
        self._closed = False

    def _connect(self, name: str) -> fal.Connection:
        with self._lock:
            if name not in self._connections:
                self._connections[name] = fal.Connection(fal.Service(name, self._house.gate.base, KEY))
            return self._connections[name]

    def shoot(self, job: Job) -> Job:
        """Start a job as `shooting` does: its scene is written out first."""
        scene = self.runner.folder_of(job) / SCENE_FILE
        scene.parent.mkdir(parents=True)
        scene.write_bytes(b"BLENDER")
        self.runner.add([job])
        return job

    def listen(self, found: Callable[[Event], bool], seconds: float = USUAL) -> Event:
        """The first event from now on that is `found`."""
        end = time.monotonic() + stretched(seconds)
        while True:
            try:
                event = self.runner.events.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"not heard; last was {self.heard[-3:]}") from None
            self.heard.append(event)
            if found(event):
                return event

    def hear(self, job: Job, state: State) -> Job:
        """Listen until `job` is in `state`. Fails at once where it ends otherwise."""

        def found(event: Event) -> bool:
            if event.job.id != job.id:
                return False
            now = event.job
            assert now.state is state or now.state not in (State.FAILED, State.UNSURE), (now.error, now.remedy)
            return now.state is state

        return self.listen(found).job

    def last_heard(self, job: Job) -> State:
        """Where the interface believes `job` to be, once the runner is closed."""
        while not self.runner.events.empty():
            self.heard.append(self.runner.events.get())
        return [event.job.state for event in self.heard if event.job.id == job.id][-1]

    def row(self, job: Job) -> Job:
        stored = self.journal.get(job.id)
        assert stored
        return stored

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.runner.close()
            for connection in self._connections.values():
                connection.close()
            self.journal.close()


class House:
    """The rehearsal's server behind a gate, and the folder of a journal. keep: seconds for which it has its answers."""

    def __init__(self, folder: Path, keep: float = math.inf) -> None:
        self.folder = folder
        (folder / "takes").mkdir()
        self.stage = Stage()
        self._server = RehearsalServer(folder / "rehearsal", self.stage, key=KEY, look="identity", keep=keep)
        self.gate = Gate(self._server.start())
        self._desks: list[Desk] = []

    def desk(self, holder: str = "one", *, blender: Blender = NO_BLENDER, journal: type[Journal] = Journal) -> Desk:
        self._desks.append(Desk(self, holder, blender, journal))
        return self._desks[-1]

    def rows(self) -> list[tuple[str, str]]:
        """State and request id of every row that is not dismissed, as a script reads them."""
        with closing(sqlite3.connect(self.folder / "journal.sqlite3", timeout=10)) as connection:
            return connection.execute(
                "SELECT state, request_id FROM jobs WHERE dismissed = 0 ORDER BY created, id"
            ).fetchall()

    def accepted(self) -> int:
        """How many requests the service took and was not made to stop."""
        notes = (self.folder / "rehearsal").rglob("request.json")
        return sum(not json.loads(note.read_text(encoding="utf-8"))["cancelled"] for note in notes)

    def is_answered(self) -> bool:
        """Whether the service has an answer to every request that it took, and took one."""
        paths = (self.folder / "rehearsal").rglob("request.json")
        notes = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        return bool(notes) and all(note["outcome"] for note in notes)

    def close(self) -> None:
        self.gate.opened.set()
        self.stage.open.set()
        for desk in self._desks:
            desk.close()
        self.gate.close()
        self._server.stop()


def runner_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("reshoot-")]


def until(condition: Callable[[], object], seconds: float = USUAL) -> None:
    end = time.monotonic() + stretched(seconds)
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
