# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that the service does not keep for long: fetched at once, then by the account's list of requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import gate as gates
import pytest
from gate import DOWNLOAD, HISTORY, RESULT, SUBMIT, UPLOAD, Exchange
from house import House, until
from reshoot.core.errors import Paid
from reshoot.core.values.state import State
from sample_jobs import a_job

pytestmark = pytest.mark.usefixtures("in_haste")


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[House]:
    """A service that has forgotten its answer by the time that anybody asks, as fal has after a night."""
    (tmp_path / "forgetful").mkdir()
    made = House(tmp_path / "forgetful", keep=0.0)
    yield made
    made.close()


def test_what_the_queue_has_forgotten_is_fetched_by_the_list_of_requests(forgetful: House, movie: Path) -> None:
    desk = forgetful.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    assert landed.take and Path(landed.take.path).is_file()
    assert forgetful.gate.count(SUBMIT) == 1


def test_a_list_that_does_not_answer_is_asked_again(forgetful: House, movie: Path) -> None:
    forgetful.gate.at(HISTORY, gates.once(gates.drops))
    desk = forgetful.desk()
    desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    assert forgetful.gate.count(HISTORY) > 1


def without_payloads(exchange: Exchange) -> None:
    """As the list is where the account stores none."""
    status, headers, content = exchange.forward()
    told = json.loads(content)
    for item in told["items"]:
        item["json_output"] = None
    exchange.answer(status, headers, json.dumps(told).encode())


@pytest.mark.parametrize("answer", [without_payloads, gates.says(403, {"detail": "Not allowed"})])
def test_what_nobody_has_any_more_is_told_with_how_long_it_is_kept(
    forgetful: House, movie: Path, answer: Callable[[Exchange], None]
) -> None:
    forgetful.gate.at(HISTORY, answer)
    desk = forgetful.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert failed.paid is Paid.UNKNOWN
    assert "no longer knows" in failed.error
    assert "fal.ai/dashboard/requests" in failed.remedy and "hour" in failed.remedy
    # The list may have it later.
    forgetful.gate.at(HISTORY, None)
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert forgetful.gate.count(SUBMIT) == 1


def test_an_address_that_is_gone_is_looked_for_in_the_list_of_requests(house: House, movie: Path) -> None:
    def elsewhere(exchange: Exchange) -> None:
        status, headers, content = exchange.forward()
        told = json.loads(content)
        told["video"]["url"] = f"{house.gate.base}/files/{'0' * 32}/gone.mp4"
        exchange.answer(status, headers, json.dumps(told).encode())

    house.gate.at(RESULT, elsewhere)
    desk = house.desk()
    desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    assert (house.gate.count(SUBMIT), house.gate.count(RESULT), house.gate.count(DOWNLOAD)) == (1, 1, 2)


def test_what_is_done_is_fetched_before_the_uploads_of_others(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    first = desk.shoot(a_job(file=movie))
    desk.hear(first, State.WAITING)
    house.gate.at(UPLOAD, gates.holds)
    uploads = house.gate.count(UPLOAD)
    for _ in range(3):
        desk.shoot(a_job(file=movie))
    # As many as there are threads for them.
    until(lambda: house.gate.count(UPLOAD) == uploads + 2)
    house.stage.open.set()
    desk.hear(first, State.LANDED)
    assert house.gate.count(SUBMIT) == 1
