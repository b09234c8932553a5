# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit of money that two Blenders, here two processes, would pass together."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import gate as gates
from gate import UPLOAD
from house import KEY, House, until
from patience import LONGEST
from reshoot.core.errors import Paid
from reshoot.core.jobs.journal import Journal
from reshoot.core.money import budget
from reshoot.core.values.job import Job
from reshoot.core.values.serialization import to_json
from reshoot.core.values.state import State
from sample_jobs import a_job

HELPERS = Path(__file__).parents[2] / "helpers" / "core"

BLENDER = f"""
import json, sys, time
sys.path[:0] = [{str(Path(__file__).parents[2])!r}, {str(HELPERS)!r}]
import conftest
from decimal import Decimal
from pathlib import Path
from reshoot.core.blender_process import Blender
from reshoot.core.jobs.journal import Journal
from reshoot.core.jobs.runner import Runner
from reshoot.core.jobs.steps import Steps
from reshoot.core.money.budget import Budget
from reshoot.core.service import fal
from reshoot.core.values.job import Job
from reshoot.core.values.serialization import from_json
home, base, limit, holder = Path(sys.argv[1]), *sys.argv[2:]
connection = fal.Connection(fal.Service(base, base, {KEY!r}))
journal = Journal(home / "journal.sqlite3", holder)
journal.allowed = Budget(Decimal(limit), None)
steps = Steps(Blender(("none",)), lambda name: connection, lambda project: home / "takes" / Path(project).stem)
runner = Runner(journal, home / "jobs", steps, keep_clips=lambda: False)
job = from_json(Job, json.loads(sys.stdin.readline()))
runner.folder_of(job).mkdir(parents=True)
runner.add([job])
sys.stdin.readline()
runner.close()
journal.close()
"""


def press(house: House, job: Job, limit: Decimal, holder: str) -> subprocess.Popen[str]:
    """Another process that sends `job`, until its input ends."""
    words = [sys.executable, "-c", BLENDER, str(house.folder), house.gate.base, str(limit), holder]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(json.dumps(to_json(job)) + "\n")
    process.stdin.flush()
    return process


def test_two_blenders_that_pass_a_limit_together_send_one(house: House, movie: Path) -> None:
    jobs = [a_job(file=movie, service=house.gate.base) for _ in range(2)]
    limit = jobs[0].sent.price * Decimal("1.5")
    house.gate.at(UPLOAD, gates.holds)
    blenders = [press(house, job, limit, str(number)) for number, job in enumerate(jobs)]
    watching = Journal(house.folder / "journal.sqlite3", "watching")
    try:
        # Each of them was within the limit when it was pressed.
        until(lambda: house.gate.count(UPLOAD) >= 2, LONGEST)
        assert len(watching.coming()) == 2 and watching.sums() == ()
        house.gate.opened.set()
        until(lambda: not watching.coming() and {"LANDED", "FAILED"} == {row[0] for row in house.rows()}, LONGEST)
        (refused,) = [job for job in watching.shown("") if job.state is State.FAILED]
        assert "of today's" in refused.error and refused.paid is Paid.NO
        assert house.accepted() == 1 and [entry.price for entry in watching.spent()] == [jobs[0].sent.price]
    finally:
        house.gate.opened.set()
        watching.close()
        for blender in blenders:
            assert blender.stdin
            blender.stdin.close()
            blender.wait(LONGEST)


def test_what_another_blender_has_under_way_is_known_before_it_is_sent(tmp_path: Path) -> None:
    one, two = (Journal(tmp_path / "journal.sqlite3", holder) for holder in ("one", "two"))
    jobs = [replace(a_job(service="fal"), state=state) for state in (State.UPLOADING, State.WAITING)]
    one.add([*jobs, a_job()])
    assert two.coming() == (jobs[0],)
    assert budget.under_way(two.coming()) == [jobs[0]]
    one.close()
    two.close()
