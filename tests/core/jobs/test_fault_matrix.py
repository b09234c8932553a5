# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at every request of a job, with the real fal client: the rehearsal's server behind a gate that brings it.

Each cell holds: without the editor's say the service takes one request at most; a job that it took brings its take in
the end, by itself or when the editor retries, without being taken again; whatever ended says why, and what to do; what
was charged stands in the ledger. `make reliability` runs this and writes what was seen to docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gate as gates
import pytest
from campaign import sampled
from gate import CANCEL, DOWNLOAD, RESULT, STATUS, SUBMIT, TOKEN, UPLOAD, Exchange, Gate, Kind
from house import Desk, House, runner_threads
from patience import LONGEST, stretched
from reshoot.core.errors import Paid
from reshoot.core.jobs import steps as steps_module
from reshoot.core.money.ledger import Outcome
from reshoot.core.service import download, fal, streams
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")

IN_PARTS = ("POST", r"/files/upload/multipart")
FIRST_PART = ("PUT", r"/files/.+/multipart/.+/1")
LAST_PART = ("PUT", r"/files/.+/multipart/.+/2")
COMPLETE = ("POST", r"/files/.+/multipart/.+/complete")

AT_ONCE = 16
"""Cells that are tried side by side: they wait most of the time."""
OUTAGE = 0.5
"""Seconds that a fault of the network lasts which passes: with the shortened delays, as two minutes are to the real
ones.
"""


@dataclass(frozen=True)
class Point:
    """A request of a job. in_parts: it is one of an upload in parts."""

    kind: Kind
    in_parts: bool = False


POINTS: dict[str, Point] = {
    "token": Point(TOKEN),
    "upload": Point(UPLOAD),
    "upload in parts": Point(IN_PARTS, in_parts=True),
    "first part": Point(FIRST_PART, in_parts=True),
    "last part": Point(LAST_PART, in_parts=True),
    "end of the parts": Point(COMPLETE, in_parts=True),
    "submit": Point(SUBMIT),
    "status": Point(STATUS),
    "result": Point(RESULT),
    "download": Point(DOWNLOAD),
    "cancel": Point(CANCEL),
}
SAMPLE = ("submit", "status")
"""Where `make test` tries every fault; the whole campaign tries them at every point."""
BY_POINT = pytest.mark.parametrize("point", sampled(POINTS, *SAMPLE))
BEFORE_SUBMIT = ("token", "upload", "upload in parts", "first part", "last part", "end of the parts")
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


# ---- what goes wrong with one request


def cuts(exchange: Exchange) -> None:
    """The server does what it is asked; its answer breaks off in the middle."""
    status, headers, content = exchange.forward()
    exchange.begin(status, headers, len(content))
    exchange.write(content[: len(content) // 2])
    exchange.drop()


def is_silent(exchange: Exchange) -> None:
    exchange.gate.opened.wait(LONGEST)
    exchange.drop()


def model_error(kind: str) -> Callable[[Exchange], None]:
    detail = [{"loc": ["body", "video_url"], "msg": f"refused: {kind}", "type": kind, "ctx": {}, "input": "x"}]
    return gates.says(422, {"detail": detail})


MODEL_ERRORS = (
    "content_policy_violation",
    "no_media_generated",
    "image_too_small",
    "image_too_large",
    "image_load_error",
    "file_download_error",
    "file_too_large",
    "video_duration_too_long",
    "video_duration_too_short",
    "unsupported_image_format",
    "unsupported_video_format",
    "value_error.missing",
)
FAULTS: dict[str, Callable[[Exchange], None]] = {
    "dropped before the answer": gates.drops,
    "answer lost": gates.drops_the_answer,
    "answer cut": cuts,
    "silence": is_silent,
    "401": gates.says(401, {"detail": "invalid key credentials"}),
    "403 balance": gates.says(403, {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}),
    "404": gates.says(404, {"detail": "Not found"}),
    "408": gates.says(408, {"detail": "Request timeout"}),
    "409": gates.says(409, {"detail": "Conflict"}),
    **{f"422 {kind}": model_error(kind) for kind in MODEL_ERRORS},
    "429": gates.says(429, {"detail": "Too many requests"}, Retry_After="1"),
    "500": gates.says(500, {"detail": "Internal error", "error_type": "internal_error"}),
    "502": gates.says(502, HTML),
    "503": gates.says(503, {"detail": "Unavailable", "error_type": "runner_unavailable"}),
    "504 of the platform": gates.says(504, {"detail": "Request timed out", "error_type": "request_timeout"}),
    "504 of a gateway": gates.says(504, HTML),
    "HTML": gates.says(200, HTML),
    "JSON of another shape": gates.says(200, {"what": ["is", "this"]}),
    "a list": gates.says(200, []),
    "unknown status": gates.says(200, {"status": "PONDERING"}),
}
NOBODY_KNOWS = ("dropped before the answer", "answer lost", "answer cut", "silence")
"""Of a submission: whether it was taken."""
PASSES = ("dropped before the answer", "answer lost", "answer cut", "silence", "429", "502", "503", "504 of a gateway")


# ---- what goes wrong with the network


class Names:
    """The names of this computer's own services, which stop being found."""

    def __init__(self) -> None:
        self._lost: set[int] = set()
        self._find = socket.getaddrinfo

    def lose(self, gate: Gate) -> None:
        self._lost.add(gate.server_port)
        gate.hang_up()

    def find(self, gate: Gate) -> None:
        self._lost.discard(gate.server_port)

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if port in self._lost:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._find(host, port, *args, **options)


NAMES = Names()


def slam(gate: Gate) -> None:
    gate.slams = True
    gate.hang_up()


def stop_slamming(gate: Gate) -> None:
    gate.slams = False


OUTAGES: dict[str, tuple[Callable[[Gate], None], Callable[[Gate], None]]] = {
    "connection refused": (Gate.go_down, Gate.come_up),
    "dropped before the request": (slam, stop_slamming),
    "no DNS": (NAMES.lose, NAMES.find),
}


@dataclass
class Cell:
    """What was seen. by_itself: where the job came to without the editor. accepted: requests that the service took."""

    point: str
    fault: str
    lasts: bool
    by_itself: str = ""
    words: str = ""
    remedy: str = ""
    paid: str = ""
    accepted: int = 0
    in_the_end: str = ""
    accepted_in_the_end: int = 0


@pytest.fixture(scope="module")
def table() -> Iterator[list[Cell]]:
    cells: list[Cell] = []
    yield cells
    target = os.environ.get("RESHOOT_RELIABILITY")
    if target:
        Path(target).write_text(json.dumps([asdict(cell) for cell in cells], indent=1), encoding="utf-8")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience in tenths of what it is, or less: the order of what happens is the same."""
    monkeypatch.setattr(steps_module, "PATIENCE", stretched(6.0))
    monkeypatch.setattr(steps_module, "LONGEST_DELAY", 0.4)
    # Long enough that an answer which was only late, with so many cells side by side, is not taken for lost.
    monkeypatch.setattr(fal, "SEND_TIMEOUT", stretched(3.0))
    monkeypatch.setattr(fal, "POLL_TIMEOUT", stretched(3.0))
    monkeypatch.setattr(download, "READ_TIMEOUT", stretched(3.0))
    monkeypatch.setattr(socket, "getaddrinfo", NAMES.getaddrinfo)


class Trial:
    """One cell, in a house of its own."""

    def __init__(self, folder: Path, movie: Path, cell: Cell) -> None:
        self.cell = cell
        self.point = POINTS[cell.point]
        self.house = House(folder)
        self.desk: Desk = self.house.desk()
        self._job = a_job(file=movie, service=self.house.gate.base)
        self._down = threading.Event()
        self._timer: threading.Timer | None = None

    def run(self) -> None:
        cell, desk, house = self.cell, self.desk, self.house
        if cell.point == "cancel":
            house.stage.open.clear()
        if cell.fault in FAULTS:
            house.gate.at(self.point.kind, self._faulty)
        elif cell.point == "submit":
            # It leaves once, and is lost where it is dropped: the outage has to be there before it.
            house.gate.at(UPLOAD, self._last_before_the_outage)
        elif cell.point != "cancel":
            house.gate.at(self.point.kind, self._first_of_the_outage)
        job = desk.shoot(self._job)
        if cell.point == "cancel":
            desk.hear(job, State.WAITING)
            if cell.fault in OUTAGES:
                self._begin_outage()
            desk.runner.cancel(job.id)
        first = self._rest()
        cell.by_itself, cell.words, cell.remedy = first.state.value, first.error, first.remedy
        cell.paid, cell.accepted = first.paid.value, house.accepted()
        self._check_what_came_by_itself(first)
        # The editor's turn: all is well again.
        self._mend()
        last = first
        for _ in range(3):
            if last.state is State.LANDED:
                break
            desk.runner.retry(job.id).result(LONGEST)
            last = self._rest()
        cell.in_the_end, cell.accepted_in_the_end = last.state.value, house.accepted()
        self._check_the_end(first, last)

    def _check_what_came_by_itself(self, first: Job) -> None:
        cell = self.cell
        assert cell.accepted <= 1, "nothing is taken twice without the editor's say"
        assert self.house.gate.count(SUBMIT) <= 1 or cell.fault in OUTAGES
        if first.state is not State.LANDED:
            assert first.error and first.remedy
            assert "<html" not in first.error and len(first.error) < 600
        if cell.point in BEFORE_SUBMIT and first.state is not State.LANDED:
            assert first.paid is Paid.NO and (cell.accepted == 0 or self._ended_there(first))
        if cell.point == "submit" and cell.fault in NOBODY_KNOWS:
            assert first.state is State.UNSURE and first.paid is Paid.UNKNOWN
        if cell.accepted and first.state is not State.LANDED and not self._ended_there(first):
            assert first.paid is not Paid.NO, "what the service took may be charged"
        waits = ("status", "result", "download")
        told = cell.point == "result" and cell.fault == "503"  # it names an error: that is the job's own result
        if not cell.lasts and cell.point in waits and (cell.fault in PASSES or cell.fault in OUTAGES) and not told:
            assert first.state is State.LANDED, "trouble that passes is waited for"
        if not cell.lasts and cell.point in BEFORE_SUBMIT and cell.fault in OUTAGES:
            assert first.state is State.LANDED, "trouble that passes is waited for"

    def _check_the_end(self, first: Job, last: Job) -> None:
        cell = self.cell
        assert last.state is State.LANDED, (last.state, last.error)
        assert last.take and Path(last.take.path).is_file()
        refused_for_its_clip = cell.point in BEFORE_SUBMIT and self._ended_there(first)
        assert cell.accepted_in_the_end == (2 if refused_for_its_clip else 1)
        charged = [entry for entry in self.desk.journal.spent() if entry.outcome is not Outcome.NOT_CHARGED]
        assert len(charged) >= 1 and charged[-1].request_id == last.request_id

    def _ended_there(self, job: Job) -> bool:
        """Whether the service said that it worked on the job and failed, which is not charged."""
        return job.retry_to is State.UPLOADING and job.ticket is not None

    def _rest(self) -> Job:
        """The job, once it has come to rest."""
        job = self.desk.journal.get(self._job.id)
        if job is None or not _rests(job):
            # What has words is being looked for before it is tried again.
            job = self.desk.listen(
                lambda event: event.job.id == self._job.id and _rests(event.job) and not event.words
            ).job
        return job

    def _faulty(self, exchange: Exchange) -> None:
        if not self._down.is_set() or self.cell.lasts:
            self._down.set()
            FAULTS[self.cell.fault](exchange)
        else:
            gates.passes(exchange)

    def _last_before_the_outage(self, exchange: Exchange) -> None:
        gates.passes(exchange)
        if not self._down.is_set():
            # Its client may only be hung up on once it has read the answer.
            time.sleep(0.05)
            self._begin_outage()

    def _first_of_the_outage(self, exchange: Exchange) -> None:
        if self._down.is_set():
            gates.passes(exchange)
        else:
            exchange.drop()
            self._begin_outage()

    def _begin_outage(self) -> None:
        self._down.set()
        begin, end = OUTAGES[self.cell.fault]
        begin(self.house.gate)
        if not self.cell.lasts:
            self._timer = threading.Timer(OUTAGE, end, [self.house.gate])
            self._timer.start()

    def _mend(self) -> None:
        self.house.gate.at(self.point.kind, None)
        if self.cell.fault in OUTAGES and self.cell.lasts and self._down.is_set():
            OUTAGES[self.cell.fault][1](self.house.gate)
        self.house.stage.open.set()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.join()
        self.house.close()


def _rests(job: Job) -> bool:
    return job.state.ended or job.state is State.LANDED


def attempt(folder: Path, movie: Path, cell: Cell) -> str:
    """Try one cell. What was wrong with it, in words; nothing where all was well."""
    folder.mkdir()
    trial = Trial(folder, movie, cell)
    try:
        trial.run()
    except AssertionError as wrong:
        return f"{cell}: {wrong}"
    finally:
        trial.close()
    return ""


@BY_POINT
def test_point(tmp_path: Path, movie: Path, table: list[Cell], monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Every fault at one request: once, and until the editor acts."""
    if POINTS[point].in_parts:
        monkeypatch.setattr(streams, "SINGLE_UPLOAD_BYTES", 10)
        monkeypatch.setattr(streams, "PART_BYTES", movie.stat().st_size // 2 + 1)
    cells = [Cell(point, fault, lasts) for fault in (*FAULTS, *OUTAGES) for lasts in (False, True)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(lambda number: attempt(tmp_path / str(number), movie, cells[number]), range(len(cells))))
    table.extend(cells)
    assert not any(wrong), "\n".join(filter(None, wrong))
    assert runner_threads() == [], "no thread outlives its runner"


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0], ids=["forwards", "backwards"])
@BY_POINT
def test_clock_jumps(
    house: House, movie: Path, table: list[Cell], monkeypatch: pytest.MonkeyPatch, point: str, jump: float
) -> None:
    """The computer's clock is set by a day while a request is under way: nothing is lost, and nobody waits for it."""
    clock, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: clock() + ahead[0])
    if POINTS[point].in_parts:
        monkeypatch.setattr(streams, "SINGLE_UPLOAD_BYTES", 10)
        monkeypatch.setattr(streams, "PART_BYTES", movie.stat().st_size // 2 + 1)

    def set_clock(exchange: Exchange) -> None:
        ahead[0] = jump
        gates.passes(exchange)

    house.gate.at(POINTS[point].kind, set_clock)
    if point == "cancel":
        house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    if point == "cancel":
        desk.hear(job, State.WAITING)
        desk.runner.cancel(job.id)
        desk.hear(job, State.CANCELLED)
        house.stage.open.set()
    else:
        desk.hear(job, State.LANDED)
        assert house.accepted() == 1
    assert house.gate.count(SUBMIT) == 1
    words = "the clock jumps " + ("forwards" if jump > 0 else "backwards")
    now = desk.row(job)
    table.append(
        Cell(point, words, False, now.state.value, now.error, now.remedy, now.paid.value, 1, now.state.value, 1)
    )
