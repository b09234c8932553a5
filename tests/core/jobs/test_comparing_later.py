# SPDX-License-Identifier: GPL-3.0-or-later
"""A take is placed as soon as it is on disk; what the comparison with its clip finds comes after it.

In the place of the background Blender a program answers that waits until it is told to: what a real one finds is tested
in Blender.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from house import Desk, House, until
from patience import LONGEST
from reshoot.core.blender_process import Blender
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.core.values.take import FrameShift
from sample_jobs import a_job

_PROGRAM = """
import json, sys, time
from pathlib import Path
request = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
recipe, answer = request["recipe"], {}
if recipe["result"]:
    (Path(sys.argv[1]) / "asked").touch()
    while not (Path(sys.argv[1]) / "go").exists():
        time.sleep(0.01)
    rows = len(recipe["shown"])
    late = int((Path(sys.argv[1]) / "go").read_text())
    answer = {"result_frames": rows, "runs": [[0, rows, late]], "sure": True, "still": False, "tiles": []}
part = Path(request["answer"] + ".part")
part.write_text(json.dumps(answer), encoding="utf-8")
part.replace(request["answer"])
"""


class Comparer:
    """The program, and when it answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        script = folder / "comparer.py"
        script.write_text(_PROGRAM, encoding="utf-8")
        self.blender = Blender((sys.executable, str(script), str(folder)))

    def is_asked(self) -> bool:
        return (self._folder / "asked").exists()

    def answer(self, late: int) -> None:
        """Say from now on that each result is so many frames late."""
        part = self._folder / "part"
        part.write_text(str(late))
        part.replace(self._folder / "go")


@pytest.fixture
def comparer(tmp_path: Path) -> Comparer:
    return Comparer(tmp_path / "comparer")


def landed(house: House, desk: Desk, movie: Path) -> Job:
    """A job that cost money and has landed."""
    return desk.hear(desk.shoot(a_job(file=movie, service=house.gate.base)), State.LANDED)


def receipt(job: Job) -> list[str]:
    assert job.take
    notes: list[str] = json.loads(Path(job.take.path).with_suffix(".json").read_text(encoding="utf-8"))["notes"]
    return notes


def test_a_take_that_was_placed_is_put_right_when_it_was_compared(
    house: House, movie: Path, comparer: Comparer
) -> None:
    desk = house.desk(blender=comparer.blender)
    job = landed(house, desk, movie)
    assert not job.compared and job.take and not job.take.runs
    until(comparer.is_asked)
    desk.runner.placed(job.id, ("Muted 1 sound strip",)).result(LONGEST)
    placed = desk.hear(job, State.PLACED)
    assert not placed.compared
    assert desk.runner.folder_of(job).is_dir(), "the clip is still needed"

    comparer.answer(2)
    after = desk.listen(lambda event: event.job.compared).job
    assert after.state is State.PLACED
    assert after.take and after.take.runs == (FrameShift(0, 2),)
    assert (
        after.notes[:2] == ("Sent without encoding it again", "Muted 1 sound strip")
        and "2 frames late" in after.notes[2]
    )
    until(lambda: not desk.runner.folder_of(job).exists())
    assert desk.row(job) == after
    assert receipt(after) == list(after.notes)


def test_a_take_that_was_compared_first_is_placed_as_it_should_lie(
    house: House, movie: Path, comparer: Comparer
) -> None:
    desk = house.desk(blender=comparer.blender)
    comparer.answer(-1)
    job = landed(house, desk, movie)
    after = desk.listen(lambda event: event.job.compared).job
    assert after.state is State.LANDED and after.take and after.take.runs == (FrameShift(0, -1),)
    # The interface may still hold the job as it landed.
    desk.runner.placed(job.id, ()).result(LONGEST)
    placed = desk.hear(job, State.PLACED)
    assert placed.take == after.take and placed.compared
    until(lambda: not desk.runner.folder_of(job).exists())


def test_a_take_that_lies_well_is_told_so(house: House, movie: Path, comparer: Comparer) -> None:
    desk = house.desk(blender=comparer.blender)
    comparer.answer(0)
    job = landed(house, desk, movie)
    after = desk.listen(lambda event: event.job.compared).job
    assert after.take == job.take
    assert after.notes == (*job.notes, "Aligned")


def test_the_next_blender_compares_what_the_last_one_did_not(house: House, movie: Path, comparer: Comparer) -> None:
    desk = house.desk(blender=comparer.blender)
    job = landed(house, desk, movie)
    until(comparer.is_asked)
    desk.close()

    again = house.desk("two", blender=comparer.blender)
    comparer.answer(3)
    again.runner.resume_all()
    after = again.listen(lambda event: event.job.compared).job
    assert after.id == job.id and after.take and after.take.runs == (FrameShift(0, 3),)
    assert house.accepted() == 1


@pytest.mark.parametrize("late", [0, 3])
def test_the_next_blender_compares_what_the_last_one_placed(
    house: House, movie: Path, comparer: Comparer, late: int
) -> None:
    """It does not touch what lies in the timeline: that may be another's by now."""
    desk = house.desk(blender=comparer.blender)
    job = landed(house, desk, movie)
    until(comparer.is_asked)
    desk.runner.placed(job.id, ()).result(LONGEST)
    desk.close()

    again = house.desk("two", blender=comparer.blender)
    comparer.answer(late)
    again.runner.resume_all()
    after = again.listen(lambda event: event.job.compared).job
    assert after.id == job.id and after.state is State.PLACED
    assert after.take and after.take.runs == (() if not late else (FrameShift(0, late),))
    assert (after.notes[-1] == "Delete the strip and place the take again from the list of jobs.") is bool(late)
    until(lambda: not again.runner.folder_of(job).exists())
    assert receipt(after) == list(after.notes)
    again.runner.resume_all()
    again.runner.written().result(LONGEST)
    assert again.row(job) == after and house.accepted() == 1


def test_a_comparison_that_breaks_leaves_the_take_as_it_came(house: House, movie: Path) -> None:
    """There is no such program."""
    desk = house.desk()
    job = landed(house, desk, movie)
    after = desk.listen(lambda event: event.job.compared).job
    assert after.take == job.take
    assert after.notes[-1] == "The result could not be compared with the clip: placed as it came"


def test_a_take_that_is_dismissed_while_it_is_compared_stays_dismissed(
    house: House, movie: Path, comparer: Comparer
) -> None:
    desk = house.desk(blender=comparer.blender)
    job = landed(house, desk, movie)
    until(comparer.is_asked)
    desk.runner.placed(job.id, ()).result(LONGEST)
    desk.runner.dismiss(job.id).result(LONGEST)
    comparer.answer(2)
    until(lambda: not desk.runner.is_active(job.id))
    row = desk.row(job)
    assert row.dismissed and row.compared and house.rows() == []
    assert row.take and Path(row.take.path).is_file()
