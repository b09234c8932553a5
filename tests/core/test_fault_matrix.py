# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at every request of a job, with the real fal client: the rehearsal's server behind a gate that brings it.

Each cell holds: one submission at most without the editor's say; a job that the service has accepted brings its take
in the end, by itself or when the editor retries; every end says what happened and what to do. `make reliability` runs
this and writes what was seen as a table to docs/reliability.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import gate as gates
import pytest
from gate import CANCEL, DOWNLOAD, RESULT, STATUS, SUBMIT, Exchange, Kind
from house import Desk, House
from reshoot.core import fal, fal_streams
from reshoot.core import steps as steps_module
from reshoot.core.errors import Paid
from reshoot.core.job import Job, State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")

TOKEN = ("POST", r"/storage/auth/token")
UPLOAD = ("POST", r"/files/upload(?:/multipart)?")
FIRST_PART = ("PUT", r"/files/.+/multipart/.+/1")
LAST_PART = ("PUT", r"/files/.+/multipart/.+/2")
COMPLETE = ("POST", r"/files/.+/multipart/.+/complete")

POINTS: dict[str, Kind] = {
    "token": TOKEN,
    "upload": UPLOAD,
    "first part": FIRST_PART,
    "last part": LAST_PART,
    "complete": COMPLETE,
    "submit": SUBMIT,
    "status": STATUS,
    "result": RESULT,
    "download": DOWNLOAD,
    "cancel": CANCEL,
}
IN_PARTS = ("first part", "last part", "complete")
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def cuts(exchange: Exchange) -> None:
    """The server does what it is asked; its answer breaks off in the middle."""
    status, headers, content = exchange.forward()
    exchange.begin(status, headers, len(content))
    exchange.write(content[: len(content) // 2])
    exchange.drop()


def is_silent(exchange: Exchange) -> None:
    exchange.gate.opened.wait(20)
    exchange.drop()


def drops(exchange: Exchange) -> None:
    exchange.drop()


def model_error(kind: str) -> Callable[[Exchange], None]:
    detail = [{"loc": ["body", "video_url"], "msg": f"refused: {kind}", "type": kind, "ctx": {}, "input": "x"}]
    return gates.says(422, {"detail": detail})


FAULTS: dict[str, Callable[[Exchange], None]] = {
    "dropped before the answer": drops,
    "answer lost": gates.drops_the_answer,
    "answer cut": cuts,
    "silence": is_silent,
    "401": gates.says(401, {"detail": "invalid key credentials"}),
    "403 balance": gates.says(403, {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}),
    "404": gates.says(404, {"detail": "Not found"}),
    "408": gates.says(408, {"detail": "Request timeout"}),
    "409": gates.says(409, {"detail": "Conflict"}),
    **{
        f"422 {kind}": model_error(kind)
        for kind in (
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
    },
    "429": gates.says(429, {"detail": "Too many requests"}, Retry_After="1"),
    "500": gates.says(500, {"detail": "Internal error", "error_type": "internal_error"}),
    "502": gates.says(502, HTML),
    "503": gates.says(503, {"detail": "Unavailable", "error_type": "runner_unavailable"}),
    "504 of the platform": gates.says(504, {"detail": "Request timed out", "error_type": "request_timeout"}),
    "504 of a gateway": gates.says(504, HTML),
    "HTML": gates.says(200, HTML),
    "JSON of another shape": gates.says(200, {"what": ["is", "this"]}),
    "a list": gates.says(200, []),
    "unknown status": gates.says(200, {"status": "PONDERING", "request_id": "x"}),
}


@dataclass
class Cell:
    """What was seen. by_itself: where the job came to without the editor. submissions: that the server got."""

    point: str
    fault: str
    times: str
    by_itself: str
    words: str
    paid: str
    submissions: int
    in_the_end: str
    submissions_in_the_end: int


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
    monkeypatch.setattr(steps_module, "PATIENCE", 2.0)
    monkeypatch.setattr(steps_module, "_LONGEST_DELAY", 0.4)
    monkeypatch.setattr(fal, "SEND_TIMEOUT", 1.0)
    monkeypatch.setattr(fal, "POLL_TIMEOUT", 1.0)


def cells() -> list[tuple[str, str, int | None]]:
    """Point, fault, and for how many requests in a row: one that passes, or all until the editor acts."""
    return [(point, fault, times) for point in POINTS for fault in FAULTS for times in (1, None)]


def misbehave(house: House, point: str, fault: str, times: int | None) -> None:
    left = [times if times is not None else 1 << 30]

    def rule(exchange: Exchange) -> None:
        if left[0] > 0:
            left[0] -= 1
            FAULTS[fault](exchange)
        else:
            gates.passes(exchange)

    house.gate.at(POINTS[point], rule)


def resting(job: Job) -> bool:
    return job.state.ended or job.state is State.LANDED


def rest(desk: Desk, job: Job) -> Job:
    """Listen until the job comes to rest."""
    now = desk.journal.get(job.id)
    if now is not None and resting(now):
        return now
    return desk.listen(lambda event: event.job.id == job.id and resting(event.job), 40.0).job


@pytest.mark.parametrize(("point", "fault", "times"), cells())
def test_cell(
    house: House,
    movie: Path,
    table: list[Cell],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    fault: str,
    times: int | None,
) -> None:
    if point in IN_PARTS:
        size = movie.stat().st_size
        monkeypatch.setattr(fal_streams, "SINGLE_UPLOAD_BYTES", 10)
        monkeypatch.setattr(fal_streams, "PART_BYTES", size // 2 + 1)
    misbehave(house, point, fault, times)
    if point == "cancel":
        house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(whole_file=movie))
    if point == "cancel":
        desk.hear(job, State.WAITING)
        desk.runner.cancel(job.id)
    first = rest(desk, job)
    accepted = len(house.stage.prompts) or bool(first.ticket)
    submissions = house.gate.count(SUBMIT)
    assert submissions <= 1, "nothing is submitted twice without the editor's say"
    if first.state is not State.LANDED:
        assert first.error and first.remedy
        assert "<html" not in first.error and len(first.error) < 600
    if point in ("token", "upload", *IN_PARTS):
        assert (submissions == (first.state is State.LANDED) and first.paid is Paid.NO) or first.state is State.LANDED
    if point == "submit" and fault in ("answer lost", "answer cut", "silence"):
        assert first.state is State.UNSURE and first.paid is Paid.UNKNOWN
    if (
        times == 1
        and point in ("status", "result", "download")
        and fault in ("dropped before the answer", "502", "429")
    ):
        assert first.state is State.LANDED, "trouble that passes is waited for"

    # The editor's turn: all is well again.
    house.gate.at(POINTS[point], None)
    house.stage.open.set()
    last = first
    for _ in range(3):
        if last.state is State.LANDED:
            break
        desk.runner.retry(job.id).result(20)
        last = rest(desk, job)
    in_the_end = house.gate.count(SUBMIT)
    assert last.state is State.LANDED, (last.state, last.error)
    assert last.take and Path(last.take.path).is_file()
    if accepted and point != "submit" and not fault.startswith(("422", "500")):
        assert in_the_end <= max(1, submissions) + (first.retry_to is State.UPLOADING)
    table.append(
        Cell(
            point,
            fault,
            "once" if times == 1 else "always",
            first.state.value,
            first.error,
            first.paid.value,
            submissions,
            last.state.value,
            in_the_end,
        )
    )
