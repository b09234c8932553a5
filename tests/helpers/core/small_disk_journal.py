# SPDX-License-Identifier: GPL-3.0-or-later
"""Not a test: a damaged journal is made again on disks of every size from too small to enough.

    unshare --user --map-root-user --mount python small_disk_journal.py FOLDER

The disk is mounted at FOLDER in this program's own namespace, so it goes when the program ends. Prints a line of JSON
for each size: what was told, which files were beside the journal before and after, and how many jobs were found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import conftest  # noqa: F401  (the checkout becomes `reshoot`)

# isort: split
from reshoot.core.errors import StorageError
from reshoot.core.jobs import salvage
from reshoot.core.jobs.identity import MARKER
from sample_jobs import a_job

PAGE = 4096
JOBS = 40
STEP = 3
"""Pages from one size to the next."""


def there(disk: Path) -> list[str]:
    """The files on the disk, but for the lock that whoever makes a journal anew holds, and the marker of its place."""
    return sorted(path.name for path in disk.iterdir() if "-rebuilding" not in path.name and path.name != MARKER)


def rebuilt_on(pages: int, folder: Path, jobs: Path) -> dict[str, object]:
    """A try on a disk of so many pages."""
    disk = folder / str(pages)
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * PAGE}", "reshoot-test", disk], check=True)
    path = disk / "journal.sqlite3"
    path.write_bytes(b"x" * PAGE)
    before, told, found = there(disk), "", 0
    try:
        rebuilt = salvage.rebuild(path, "us", jobs=jobs, takes=[])
        found = rebuilt.jobs
        rebuilt.journal.close()
    except StorageError as error:
        told = str(error)
    return {"told": told, "before": before, "left": there(disk), "jobs": found}


if __name__ == "__main__":
    top = Path(sys.argv[1])
    # What is asked beforehand is not what is tried here.
    salvage._check_room = lambda _path: None
    for job in [a_job() for _ in range(JOBS)]:
        (top / "jobs" / job.id).mkdir(parents=True)
        salvage.write_slip(top / "jobs" / job.id, job)
    size, found = 4, 0
    while found < JOBS:
        line = rebuilt_on(size, top, top / "jobs")
        found = int(str(line["jobs"]))
        print(json.dumps(line), flush=True)
        size += STEP
