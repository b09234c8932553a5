# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the demo works, and how it starts from nothing: every run makes build/demo anew.

What an earlier LIVE=1 run paid for is never removed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

from demo_console import DemoFailed

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "demo"
PROJECT = OUT / "reshoot-demo.blend"
HOME = ROOT / "build" / "demo-home"
REHEARSAL_HOME, LIVE_HOME = HOME / "rehearsal", HOME / "live"
"""For the journal and the unfinished jobs."""
BLENDER = HOME / "blender"
"""For the settings and the extensions of the demo's Blender."""
LOG = ROOT / "build" / "demo-blender.log"


def clear() -> None:
    """Empty the demo's folders. Raises DemoFailed where something that was paid for would be lost."""
    owed = _owed()
    if owed:
        raise DemoFailed(
            f"an earlier LIVE=1 run was sent and its take is not placed yet ({', '.join(owed)}). Open {PROJECT} in "
            f"Blender with RESHOOT_HOME={LIVE_HOME} to bring it home, or give it up: rm -r {LIVE_HOME}"
        )
    for path in (OUT / "reshoot").glob("*.json"):
        receipt = json.loads(path.read_text(encoding="utf-8"))
        if not receipt["rehearsal"]:
            OUT.rename(OUT.with_name(f"demo-live-{receipt['job'][:8]}"))
            break
    for folder in (OUT, REHEARSAL_HOME, BLENDER):
        shutil.rmtree(folder, ignore_errors=True)
    OUT.mkdir(parents=True)


def check_outside(path: Path) -> None:
    """Refuse a file that `clear` would remove. Raises DemoFailed."""
    if path.resolve().is_relative_to(OUT):
        raise DemoFailed(f"{path} lies in {OUT.relative_to(ROOT)}, which is made anew now. Copy it elsewhere first.")


def _owed() -> list[str]:
    """The requests of earlier live runs that may have been charged and whose takes are not in a timeline yet."""
    journal = LIVE_HOME / "journal.sqlite3"
    if not journal.exists():
        return []
    with contextlib.closing(sqlite3.connect(journal)) as rows:
        jobs = rows.execute("SELECT id, state, request_id, record FROM jobs WHERE state != 'PLACED'").fetchall()
    return [
        f"request {request}" if request else f"job {job}"
        for job, state, request, record in jobs
        if state in ("SUBMITTING", "WAITING", "DOWNLOADING", "LANDED") or json.loads(record)["paid"] != "NO"
    ]
