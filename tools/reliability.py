# SPDX-License-Identifier: GPL-3.0-or-later
"""`make reliability`: every fault at every request of a job, and docs/reliability.md with what was seen.

Runs tests/core/jobs/test_fault_matrix.py, which fails where a promise is broken; the page is written only if it holds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOUND = ROOT / "build" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"

_HEAD = """# Reliability

Nothing paid for is lost, and nothing is paid for twice. `make reliability` puts every fault at every request of a job,
with the real fal client and the rehearsal's server behind a gate that brings the fault, counts what the service took,
and writes this page. `make test-all` has all of it, `make test` what is at *submit* and at *status*; they fail where
one of these does not hold:

- Without the editor's say the service takes one request at most.
- A job that the service took brings its take in the end, by itself or when the editor retries, without being taken
  again. Only where the service really failed on it (a clip that its own storage lost) is it sent once more.
- Whatever stops a job says why, and what to do.
- What may have been charged stands in the ledger.

*Once*: the first such request fails, the others pass. *Lasting*: all of them, until the editor acts; then all is well
and the editor retries. Delays and patience are shortened by the same factor. "Taken" counts the requests that the
service accepted, at first and in the end.

Other tests go further: Blender killed at 21 moments of a job (`tests/timeline/test_killed.py`), a damaged journal
(`tests/core/jobs/test_salvage.py`), disks that are full at each write, gone or odd
(`tests/core/jobs/test_full_disk.py`, `tests/timeline/test_disk.py`), any answer at all
(`tests/core/service/test_hostile.py`), a hundred jobs while a quarter of all requests fail
(`tests/core/jobs/test_soak.py`).
"""

_ORDER = (
    "token",
    "upload",
    "upload in parts",
    "first part",
    "last part",
    "end of the parts",
    "submit",
    "status",
    "result",
    "download",
    "cancel",
)


def main() -> None:
    """Run it and write the page."""
    FOUND.parent.mkdir(exist_ok=True)
    FOUND.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/core/jobs/test_fault_matrix.py"],
        cwd=ROOT,
        env={**os.environ, "RESHOOT_RELIABILITY": str(FOUND)},
        check=True,
    )
    cells = json.loads(FOUND.read_text(encoding="utf-8"))
    PAGE.write_text(page(cells), encoding="utf-8")
    print(f"{len(cells)} cells hold: {PAGE.relative_to(ROOT)}")


def page(cells: list[dict[str, Any]]) -> str:
    """The page for what was seen."""
    parts = [_HEAD]
    for point in _ORDER:
        own = [cell for cell in cells if cell["point"] == point]
        parts.append(f"## At the {point if point != 'cancel' else 'cancellation'}\n\n{table(own)}")
    parts.append(f"{len(cells)} cells.\n")
    return "\n".join(parts)


def table(cells: Iterable[dict[str, Any]]) -> str:
    """A line for each way that it went."""
    lines = [
        "| fault | the job by itself | in words | paid | taken | in the end |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for outcome, group in groupby(sorted(cells, key=_outcome), key=_outcome):
        by_itself, words, paid, taken, end = outcome
        lines.append(f"| {faults(list(group))} | {by_itself} | {words} | {paid.lower()} | {taken} | {end} |")
    return "\n".join(lines) + "\n"


def _outcome(cell: dict[str, Any]) -> tuple[str, str, str, str, str]:
    words = re.sub(r"127\.0\.0\.1:\d+", "The service", cell["words"]).replace("|", "\\|")
    taken = f"{cell['accepted']}, {cell['accepted_in_the_end']}"
    return cell["by_itself"], words, cell["paid"], taken, cell["in_the_end"]


def faults(cells: list[dict[str, Any]]) -> str:
    """The faults of some cells, those that came once and lasted named once."""
    named: dict[str, set[bool]] = {}
    for cell in cells:
        named.setdefault(cell["fault"], set()).add(cell["lasts"])
    both = [name for name, ways in named.items() if len(ways) == 2]
    once = [name for name, ways in named.items() if ways == {False}]
    lasting = [name for name, ways in named.items() if ways == {True}]
    told = [", ".join(both)] if both else []
    told += [f"once: {', '.join(once)}"] if once else []
    told += [f"lasting: {', '.join(lasting)}"] if lasting else []
    return "; ".join(told)


main()
