# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred jobs at once while requests of every kind fail at random: each ends as it says, and nothing is left behind.

The faults come from a seed, so that a run can be repeated; the order in which threads meet them cannot.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import gate as gates
import pytest
from gate import DOWNLOAD, HISTORY, RESULT, STATUS, SUBMIT, TOKEN, UPLOAD, Exchange
from house import Desk, House, runner_threads
from patience import LONGEST, stretched
from reshoot.core.jobs import lost
from reshoot.core.money.ledger import Outcome
from reshoot.core.service import fal
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")

JOBS = [12, pytest.param(100, marks=pytest.mark.campaign)]
SEED = 20
SECONDS = stretched(240.0)
MEMORY_MB = 64
"""That a hundred jobs more may leave in use: the allocator keeps what it was given once."""

OUT_OF_REACH: list[Callable[[Exchange], None]] = [
    gates.drops,
    gates.drops_the_answer,
    gates.says(429, {"detail": "Too many requests"}, Retry_After="0"),
    gates.says(500, {"detail": "Internal error"}),
    gates.says(502, "<html>bad gateway</html>"),
    gates.says(503, {"detail": "Unavailable"}),
]
TROUBLE = [
    *OUT_OF_REACH,
    gates.says(200, "<html>welcome to this hotel</html>"),
    gates.says(200, {"what": ["is", "this"]}),
]


class Weather:
    """Each request fails with the chance that is set."""

    def __init__(self, house: House) -> None:
        self.chance = 0.0
        self.failed = 0
        self._dice = random.Random(SEED)
        self._lock = threading.Lock()
        for kind in (TOKEN, UPLOAD, SUBMIT, STATUS, RESULT, DOWNLOAD):
            house.gate.at(kind, self._fails_by(TROUBLE))
        # A service that does not list its requests is another one, whose lost submissions nobody can find.
        house.gate.at(HISTORY, self._fails_by(OUT_OF_REACH))

    def _fails_by(self, troubles: list[Callable[[Exchange], None]]) -> Callable[[Exchange], None]:
        def answer(exchange: Exchange) -> None:
            with self._lock:
                fails, trouble = self._dice.random() < self.chance, self._dice.choice(troubles)
                self.failed += fails
            (trouble if fails else gates.passes)(exchange)

        return answer


def open_files() -> set[str]:
    """What this process has open, without the sockets of the test's own servers."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(os.readlink(entry))
        except OSError:
            continue
    return {name for name in found if not name.startswith(("socket:", "pipe:", "anon_inode:"))}


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def settle(desk: Desk, jobs: list[Job]) -> None:
    """Until every job has landed: the editor retries what came to an end, however often."""
    states = {job.id: job.state for job in jobs}
    end = time.monotonic() + SECONDS
    while any(state is not State.LANDED for state in states.values()):
        job = desk.listen(lambda event: event.job.id in states, end - time.monotonic()).job
        if states[job.id] is not job.state:
            states[job.id] = job.state
            if job.state.ended:
                assert job.error and job.remedy, job
                desk.runner.retry(job.id)
        elif job.state.ended and job.error.startswith("Nothing was sent"):
            desk.runner.retry(job.id)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux counts them")
@pytest.mark.parametrize("many", JOBS)
def test_many_jobs_in_bad_weather(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(fal, "SEND_TIMEOUT", stretched(5.0))
    monkeypatch.setattr(lost, "SEARCH_TIMES", (0.5, 2.0))
    # On a busy machine what was given up on still arrives, seconds later.
    monkeypatch.setattr(lost, "ARRIVAL_SECONDS", 5.0)
    weather = Weather(house)
    desk = house.desk()
    warm = [desk.shoot(a_job(file=movie, service=house.gate.base)) for _ in range(10)]
    settle(desk, warm)
    gc.collect()
    files, memory = open_files(), memory_mb()

    weather.chance = 0.25
    jobs = [desk.shoot(a_job(file=movie, service=house.gate.base)) for _ in range(many)]
    settle(desk, jobs)
    weather.chance = 0.0

    assert weather.failed > many, "the weather was bad"
    rows = [desk.row(job) for job in jobs]
    assert all(row.take and Path(row.take.path).is_file() for row in rows)
    assert len({row.request_id for row in rows}) == many
    assert house.accepted() == len(warm) + many, "each was taken once"
    charged = [entry for entry in desk.journal.spent() if entry.outcome is Outcome.ACCEPTED]
    assert {entry.request_id for entry in charged} == {row.request_id for row in [*rows, *map(desk.row, warm)]}

    for row in rows:
        desk.runner.placed(row.id, ()).result(LONGEST)
    assert len(runner_threads()) <= 10
    assert open_files() - files == set()
    assert {path.name for path in (house.folder / "jobs").iterdir()} == {job.id for job in warm}
    assert not list(house.folder.rglob("*.part")), "nothing half is left"
    gc.collect()
    assert memory_mb() - memory < MEMORY_MB
    desk.close()
    assert runner_threads() == []
