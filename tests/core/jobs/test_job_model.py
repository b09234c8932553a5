# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row keeps of its model: it goes on when the table has lost it, and a row of 0.1.0 gets it filled in."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gate import STATUS, SUBMIT, Exchange, holds
from house import Desk, House, until
from reshoot.core.errors import ModelUnknown, Paid
from reshoot.core.jobs.journal import Journal
from reshoot.core.jobs.salvage import rebuild
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.models.model import Model
from reshoot.core.models.table import MODELS
from reshoot.core.planning.job_model import kept
from reshoot.core.takes.receipt import receipt
from reshoot.core.values.job import Job
from reshoot.core.values.sent_model import SentModel
from reshoot.core.values.serialization import from_json, to_json
from reshoot.core.values.state import State
from sample_jobs import PROJECT, a_job

pytestmark = pytest.mark.usefixtures("in_haste")

GONE = replace(
    KLING_O1_EDIT, name=("GONE", "Gone With a Release", KLING_O1_EDIT.price_words), endpoint="fal-ai/gone/video/edit"
)

OF_0_1_0 = json.loads(
    """
{"id": "5f0c9a1e2b3d4c5f8a7b6c5d4e3f2a1b", "state": "WAITING", "project": "/films/forest.blend", "scene": "Scene",
"service": "fal", "order": {"model": "KLING_O1_EDIT", "prompt": "make it night", "sound": "TIMELINE", "references": [],
"warnings": []}, "shot": {"project": "/films/forest.blend", "scene": "Scene", "strips": [{"name": "Forest", "kind":
"MOVIE", "filepath": "/films/forest.mp4", "content_start": 1.0, "start": 1, "end": 73, "channel": 2, "meta": ""}],
"start": 1, "frames": 72, "before": 0, "after": 0, "holds": true, "cuts": [], "fps": "24", "width": 720, "height": 720,
"source": "STRIP", "native": true, "scalable": true, "view": "Standard", "sounds": [], "file": "", "see_through": false,
"file_sounds": true}, "plan": {"timing": "EVERY_FRAME", "fps": "24", "one_to_one": true, "width": 720, "height": 720,
"keep_audio": false, "fixes": [], "parts": [{"first": 0, "own": 72, "before": 0, "after": 0, "frames": 72, "price":
"0.50", "held": 0}]}, "clip": "/films/forest.mp4", "prepared": [], "uploads": [{"path": "/films/forest.mp4", "url":
"https://v3.fal.media/files/a/clip.mp4"}], "ticket": {"request_id": "req-1", "status_url":
"https://queue.fal.run/fal-ai/kling-video/requests/req-1/status", "response_url":
"https://queue.fal.run/fal-ai/kling-video/requests/req-1", "cancel_url":
"https://queue.fal.run/fal-ai/kling-video/requests/req-1/cancel"}, "take": null, "notes": [], "error": "", "remedy": "",
"paid": "NO", "retry_to": null, "cancelling": false, "lost_url": "", "compared": true, "part": 0, "group":
"5f0c9a1e2b3d4c5f8a7b6c5d4e3f2a1b", "created": 1764400000.0, "stages": [{"state": "PREPARED", "at": 1764400000.0},
{"state": "WAITING", "at": 1764400010.0}]}
"""
)
"""A waiting job's row as Reshoot 0.1.0 wrote it, which kept nothing of the model but its id."""


def put(path: Path, row: dict[str, Any]) -> None:
    """Write a row into the journal at `path` past this Reshoot's own code, as an earlier one did."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, '', 0, ?, '', 0)",
            (
                row["id"],
                row["state"],
                row["project"],
                row["scene"],
                row["service"],
                row["ticket"]["request_id"],
                row["created"],
                row["created"],
                json.dumps(row),
            ),
        )


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The table has one more model, until this is called."""
    monkeypatch.setitem(MODELS, GONE.id, GONE)
    return lambda: monkeypatch.delitem(MODELS, GONE.id)


def failed(desk: Desk, job: Job) -> Job:
    return desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job


# Rows of an earlier Reshoot


def test_a_row_of_0_1_0_gets_its_model_from_the_table(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = Journal(path, "one")
    put(path, OF_0_1_0)
    job = journal.get(OF_0_1_0["id"])
    assert job is not None and "model" not in OF_0_1_0
    assert job.model == SentModel("fal-ai/kling-video/o1/video-to-video/edit", "Kling O1 Edit", ("video",))
    assert (job.endpoint, job.price, job.request_id) == (KLING_O1_EDIT.endpoint, job.plan.price, "req-1")
    assert journal.shown(PROJECT) == [job] and journal.claim(job.id) == job
    journal.advance(job, replace(job, state=State.DOWNLOADING))
    assert '"label": "Kling O1 Edit"' in rows(path)[0], "and keeps it from then on"
    journal._connection.close()


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [record for (record,) in connection.execute("SELECT record FROM jobs")]


def test_a_slip_of_0_1_0_gets_its_model_from_the_table(tmp_path: Path) -> None:
    slip = tmp_path / "jobs" / OF_0_1_0["id"] / "job.json"
    slip.parent.mkdir(parents=True)
    slip.write_text(json.dumps(OF_0_1_0), encoding="utf-8")
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"no journal")
    made = rebuild(path, "one", jobs=tmp_path / "jobs", takes=[])
    (job,) = made.journal.shown(PROJECT)
    assert job.model == kept(KLING_O1_EDIT)
    made.journal._connection.close()


def test_what_a_row_keeps_is_read_as_it_was_written() -> None:
    job = a_job(model=GONE)
    assert job.model == SentModel("fal-ai/gone/video/edit", "Gone With a Release", ("video",))
    assert from_json(Job, json.loads(json.dumps(to_json(job)))) == job


def test_a_row_that_keeps_its_model_does_not_take_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that has moved since is not where a request that was sent earlier is."""
    journal = Journal(tmp_path / "journal.sqlite3", "one")
    job = a_job()
    journal.add([job])
    monkeypatch.setitem(MODELS, KLING_O1_EDIT.id, replace(KLING_O1_EDIT, endpoint="fal-ai/elsewhere/edit"))
    assert journal.get(job.id) == job
    journal._connection.close()


# Models that have left the table


def test_a_submitted_job_of_a_model_that_has_left_comes_in(
    house: House, movie: Path, forgotten: Callable[[], None]
) -> None:
    desk = house.desk()
    house.gate.at(STATUS, holds)
    job = desk.shoot(a_job(file=movie, model=GONE))
    desk.hear(job, State.WAITING)
    # The service made it while it still had the model.
    until(lambda: is_made(house))
    forgotten()
    house.gate.opened.set()
    landed = desk.hear(job, State.LANDED)
    assert landed.take is not None and Path(landed.take.path).is_file()
    told = json.loads(Path(landed.take.path).with_suffix(".json").read_text(encoding="utf-8"))
    assert (told["model"], told["endpoint"]) == ("GONE", "fal-ai/gone/video/edit")
    desk.runner.placed(job.id, ()).result(20)
    assert desk.row(job).state is State.PLACED and desk.row(job).model.label == "Gone With a Release"
    assert house.gate.count(SUBMIT) == 1


def is_made(house: House) -> bool:
    notes = (house.folder / "rehearsal").rglob("request.json")
    return any(json.loads(note.read_text(encoding="utf-8"))["outcome"] for note in notes)


def test_a_job_that_was_not_submitted_is_not_sent_to_a_model_that_has_left(
    house: House, movie: Path, forgotten: Callable[[], None]
) -> None:
    desk = house.desk()
    job = a_job(file=movie, model=GONE)
    forgotten()
    desk.shoot(job)
    after = failed(desk, job)
    assert after.error == "“Gone With a Release” is no longer among the models of Reshoot."
    assert "Nothing was charged" in after.remedy and after.paid is Paid.NO
    desk.runner.retry(job.id).result(20)
    assert failed(desk, job).paid is Paid.NO
    assert house.gate.count(SUBMIT) == 0
    desk.runner.dismiss(job.id).result(20)
    assert house.rows() == []


def test_a_job_whose_model_left_while_it_was_uploaded_is_not_sent(
    house: House, movie: Path, forgotten: Callable[[], None]
) -> None:
    def leaves(exchange: Exchange) -> None:
        forgotten()
        exchange.answer(*exchange.forward())

    house.gate.at(("POST", r"/files/upload"), leaves)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, model=GONE))
    after = failed(desk, job)
    assert "no longer among the models" in after.error and after.paid is Paid.NO
    assert house.gate.count(SUBMIT) == 0


def test_a_submission_notes_where_it_went(house: House, movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose endpoint moved before the job was sent: the row keeps the one that has the request."""
    job = a_job(file=movie)
    moved: Model = replace(KLING_O1_EDIT, endpoint="fal-ai/kling-video/o2/video-to-video/edit")
    monkeypatch.setitem(MODELS, KLING_O1_EDIT.id, moved)
    desk = house.desk()
    desk.shoot(job)
    assert desk.hear(job, State.LANDED).endpoint == moved.endpoint


def test_the_ledger_writes_down_a_model_that_has_left(tmp_path: Path, forgotten: Callable[[], None]) -> None:
    journal = Journal(tmp_path / "journal.sqlite3", "one")
    job = replace(a_job(service="fal", model=GONE), state=State.UPLOADING)
    journal.add([job])
    forgotten()
    journal.advance(job, replace(job, state=State.SUBMITTING))
    (entry,) = journal.spent()
    assert (entry.model, entry.price) == ("GONE", job.price)
    journal._connection.close()


# Models that nobody knows


def test_a_job_of_a_model_that_nobody_knows_is_shown_and_can_be_dismissed(house: House) -> None:
    desk = house.desk()
    row = {**OF_0_1_0, "service": "rehearsal", "order": {**OF_0_1_0["order"], "model": "OF_THE_FUTURE"}}
    put(house.folder / "journal.sqlite3", row | {"created": time.time()})
    (shown,) = desk.journal.shown(PROJECT)
    assert (shown.label, shown.model, str(shown.sent.price)) == ("Forest", SentModel(), "0.50")
    assert (receipt(shown)["model"], receipt(shown)["endpoint"]) == ("OF_THE_FUTURE", "")
    with pytest.raises(ModelUnknown):
        _ = shown.endpoint

    desk.runner.resume(shown.id)
    after = failed(desk, shown)
    assert after.error == "“OF_THE_FUTURE” is a model that this Reshoot does not know."
    assert after.paid is Paid.UNKNOWN, "it was submitted, and nobody can ask what became of it"
    desk.runner.dismiss(shown.id).result(20)
    assert house.rows() == []


def test_a_job_of_a_model_that_nobody_knows_can_be_cancelled(house: House) -> None:
    desk = house.desk()
    row = {**OF_0_1_0, "service": "rehearsal", "order": {**OF_0_1_0["order"], "model": "OF_THE_FUTURE"}}
    put(house.folder / "journal.sqlite3", row)
    desk.runner.cancel(row["id"]).result(20)
    (job,) = desk.journal.shown(PROJECT)
    assert job.state is State.CANCELLED and job.paid is Paid.UNKNOWN
    assert "could not be asked to stop" in job.error
