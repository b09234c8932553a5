# SPDX-License-Identifier: GPL-3.0-or-later
"""Not a test: jobs whose journal, folders and takes lie on a disk that is too small, which grows once they are stuck.

    unshare --user --map-root-user --mount python small_disk.py FOLDER MOVIE PAGES...

The disk is mounted at FOLDER in this program's own namespace, so it goes when the program ends. Prints a line of JSON
for each size: where the job was stuck, and what there was in the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import conftest  # noqa: F401  (the checkout becomes `reshoot`)

# isort: split
from gate import SUBMIT
from house import House
from patience import LONGEST
from reshoot.core.errors import ReshootError
from reshoot.core.jobs import activity, steps
from reshoot.core.jobs.rows import Event
from reshoot.core.media import mp4
from reshoot.core.values.state import State
from sample_jobs import a_job

PAGE = 4096
ROOMY = 64 * 1024 * 1024
RESTING = (State.LANDED, State.FAILED, State.UNSURE)


def mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "reshoot-test", folder], check=True)


def shot_on(size: int, folder: Path, movie: Path) -> dict[str, object]:
    """A job on a disk of `size` bytes, from its press until its take has landed on the grown one."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mount(disk, f"size={ROOMY}")
    # The service has a disk of its own.
    (disk / "rehearsal").mkdir()
    (folder / "rehearsal").mkdir()
    subprocess.run(["mount", "--bind", folder / "rehearsal", disk / "rehearsal"], check=True)
    house = House(disk)
    told = []

    def rests(event: Event) -> bool:
        if event.words or event.job.error:
            told.append(event.job.error or event.words)
        return event.job.state in RESTING or "Trying again" in event.words

    try:
        mount(disk, f"remount,size={size}")
        job, where = a_job(file=movie, service=house.gate.base), "press"
        try:
            desk = house.desk()
            desk.shoot(job)
            where = desk.listen(rests).job.state.value
        except (OSError, ReshootError) as error:
            told.append(str(error))
        submitted = house.gate.count(SUBMIT)
        mount(disk, f"remount,size={ROOMY}")
        desk = house.desk("two") if where == "press" else desk
        row = desk.journal.get(job.id)
        if row is None:
            # Nothing was sent, and the press is repeated.
            again = a_job(file=movie, service=house.gate.base)
            landed = desk.hear(desk.shoot(again), State.LANDED)
        else:
            landed = row if row.state in RESTING else desk.listen(lambda event: event.job.state in RESTING).job
            if landed.state is not State.LANDED:
                desk.runner.retry(row.id).result(LONGEST)
                landed = desk.hear(row, State.LANDED)
        take = Path(landed.take.path)
        submissions = house.gate.count(SUBMIT)
        desk.close()
        return {
            "stuck": where,
            "told": told[-1] if told else "",
            "submitted then": submitted,
            "submitted": submissions,
            "accepted": house.accepted(),
            "takes": [path.name for path in (disk / "takes").rglob("*.mp4")] == [take.name],
            "whole": mp4.probe(take).frames == landed.take.frames,
            "parts": [path.name for path in disk.rglob("*.part")],
        }
    finally:
        house.close()


if __name__ == "__main__":
    steps.FIRST_POLL = steps.FIRST_DELAY = 0.05
    activity.WRITE_AGAIN = activity.LOOK_AGAIN = 0.05
    for count in sys.argv[3:]:
        print(json.dumps(shot_on(int(count) * PAGE, Path(sys.argv[1]) / count, Path(sys.argv[2]))), flush=True)
    os._exit(0)
