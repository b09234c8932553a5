# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full at each write of a job: real disks of every size from none to enough, which grow when the job is
stuck. Nothing is lost, nothing is paid twice, and it is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from own_disk import NAMESPACE, can_mount
from patience import stretched

# A page at a time while the journal and the job's first files are written; then less closely, while the take is.
PAGES = (*range(1, 20), *range(20, 165, 8))


@pytest.mark.skipif(not can_mount(), reason="this computer lets no program mount a disk of its own")
def test_the_disk_is_full_at_each_write(movie: Path, tmp_path: Path) -> None:
    program = Path(__file__).parents[2] / "helpers" / "core" / "small_disk.py"
    command = [*NAMESPACE, sys.executable, program, tmp_path, movie, *map(str, PAGES)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=stretched(300))
    assert run.returncode == 0, run.stderr
    jobs = dict(zip(PAGES, map(json.loads, run.stdout.splitlines()), strict=True))
    assert {job["stuck"] for job in jobs.values()} >= {"press", "FAILED", "DOWNLOADING", "LANDED"}
    for pages, job in jobs.items():
        assert (job["submitted"], job["accepted"]) == (1, 1), pages
        assert job["whole"] and job["takes"] and job["parts"] == [], pages
        if job["stuck"] in ("press", "FAILED"):
            assert job["submitted then"] == 0, pages
        if job["stuck"] != "LANDED":
            assert "full" in job["told"] or "no room" in job["told"], pages
