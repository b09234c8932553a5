# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that wait at a service in another process, and come in: what was seen of it. Figures are made by `many`."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import checkout  # noqa: F401 - the helpers of the tests
from house import NO_BLENDER, Desk, runner_threads
from reshoot.core.jobs import steps
from reshoot.core.jobs.journal import Journal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job

# Without Blender no result is compared with its clip, which each job says.
logging.getLogger("reshoot").setLevel(logging.ERROR)

_HERE = Path(__file__).parent
_SECONDS = 180.0
_SETTLED = 10.0
"""Seconds after which a job that waits is asked about as seldom as it ever will be."""
_WINDOW = 5.0
"""Seconds for which the journal is watched while all wait."""
_SLICE = 0.2
_COUNTER, _FORMAT = 24, 18
"""Where SQLite's file has the number of its transactions, and how they are written (1: with a rollback journal)."""


@dataclass(frozen=True)
class Wait:
    """What was seen of a number of jobs from the first press to the last take.

    threads: of ours, at most. asked: status requests in the busiest second. commits: to the journal in a second while
    all waited. noticed: seconds from each finish at the service until the journal had it, on average. landed, on_disk:
    seconds from the last finish to the last landed row, and to the last take's last byte.
    """

    threads: int
    asked: int
    commits: float
    noticed: float
    landed: float
    on_disk: float


@dataclass
class Service:
    """The process with the rehearsal. record: what it wrote at its end."""

    folder: Path
    base: str
    record: dict[str, Any] = field(default_factory=dict)

    def finish(self, what: str = "all") -> None:
        """Let the requests with this prompt be finished."""
        (self.folder / f"finish-{what}").touch()


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    """A service of its own, with its files in `folder`; its record is there afterwards."""
    folder.mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "gated.py"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        running = Service(folder, process.stdout.readline().strip())
        yield running
        process.stdin.close()
        process.wait(20)
        running.record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@contextmanager
def desk(folder: Path, running: Service) -> Iterator[Desk]:
    """One Blender's runner and journal, in a folder of its own."""
    (folder / "takes").mkdir(parents=True)
    house = SimpleNamespace(folder=folder, gate=SimpleNamespace(base=running.base))
    made = Desk(house, "bench", NO_BLENDER, Journal)
    try:
        yield made
    finally:
        made.close()


def wait(folder: Path, movie: Path, count: int) -> Wait:
    """`count` jobs are sent, wait for a while, are all finished at once, and come in."""
    with service(folder / "service") as running, desk(folder / "desk", running) as blender:
        jobs = [blender.shoot(a_job(file=movie, service=running.base)) for _ in range(count)]
        ear = _Ear(blender, time.monotonic() + _SECONDS)
        settled = time.monotonic() + _SETTLED
        ear.listen(lambda: ear.count(State.WAITING) == count and time.monotonic() > settled)
        before, since = _transactions(blender), time.monotonic()
        ear.listen(lambda: time.monotonic() > since + _WINDOW)
        commits = (_transactions(blender) - before) / (time.monotonic() - since)
        running.finish()
        ear.listen(lambda: ear.count(State.LANDED) == count)
        rows = [blender.row(job) for job in jobs]
    finished = running.record["finished"]
    last = max(finished.values())
    return Wait(
        threads=ear.threads,
        asked=_busiest_second(running.record["status"]),
        commits=commits,
        noticed=sum(_entered(row, State.DOWNLOADING) - finished[row.request_id] for row in rows) / count,
        landed=max(_entered(row, State.LANDED) for row in rows) - last,
        on_disk=max(os.stat(row.take.path).st_mtime for row in rows) - last,
    )


def notice(folder: Path, movie: Path, count: int) -> list[float]:
    """Seconds from the finish of a job until its journal has it, where it is its Blender's only one; `count` of them.

    Each has a runner and a journal of its own, and they are finished one after the other. The moments are spread evenly
    over the time from one question to the next, so that their mean is that of all moments.
    """
    with service(folder / "service") as running, ExitStack() as open_desks:
        desks = [open_desks.enter_context(desk(folder / f"desk-{number}", running)) for number in range(count)]
        jobs = []
        for number, blender in enumerate(desks):
            # The service works on them in the order in which they came.
            jobs.append(blender.shoot(a_job(file=movie, service=running.base, prompt=f"shot-{number}")))
            blender.hear(jobs[-1], State.WAITING)
        time.sleep(_SETTLED)
        rows = []
        for number, (blender, job) in enumerate(zip(desks, jobs, strict=True)):
            blender.last_heard(job)
            blender.listen(lambda event: True)
            time.sleep(steps.LONGEST_POLL * (number + 0.5) / count)
            running.finish(job.order.prompt)
            rows.append(blender.hear(job, State.LANDED))
    finished = running.record["finished"]
    return [_entered(row, State.DOWNLOADING) - finished[row.request_id] for row in rows]


class _Ear:
    """Hears what becomes of the jobs of a desk until `end`, monotonic seconds, and counts the threads meanwhile."""

    def __init__(self, blender: Desk, end: float) -> None:
        self.threads = 0
        self._blender = blender
        self._end = end
        self._states: dict[str, State] = {}

    def count(self, state: State) -> int:
        """How many jobs are in a state, as far as it was heard."""
        return sum(each is state for each in self._states.values())

    def listen(self, enough: Callable[[], bool]) -> None:
        """Until it is enough. Raises RuntimeError where a job fails, or the time is over."""
        while not enough():
            if time.monotonic() > self._end:
                raise RuntimeError(f"the jobs did not come in: {self._states}")
            self.threads = max(self.threads, len(runner_threads()))
            with suppress(Empty):
                job = self._blender.runner.events.get(timeout=_SLICE).job
                if job.state.ended:
                    raise RuntimeError(f"a job has ended as {job.state.value}: {job.error}")
                self._states[job.id] = job.state


def _transactions(blender: Desk) -> int:
    """How many transactions the journal's file has seen, by its own header."""
    with (blender.journal.path).open("rb") as file:
        header = file.read(_COUNTER + 4)
    if header[_FORMAT] != 1:
        raise RuntimeError("the journal's file does not count its transactions when it has a write-ahead log")
    return int.from_bytes(header[_COUNTER:], "big")


def _busiest_second(times: Sequence[float]) -> int:
    """The most of `times` that lie within one second, wherever it begins."""
    times = sorted(times)
    return max(bisect_left(times, begin + 1.0) - number for number, begin in enumerate(times))


def _entered(job: Job, state: State) -> float:
    """When a job came into a state, seconds since the epoch."""
    return next(stage.at for stage in job.stages if stage.state is state)
