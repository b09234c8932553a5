# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells of one job: its steps while it is under way, and the closing table.

Reads the extension's own board, which is what its panels draw, from a thread of its own: the operator holds the main
one until the take is placed. Touches no Blender.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from demo_console import Steps, megabytes

STEP_OF = {
    "PREPARED": "export",
    "EXPORTING": "export",
    "UPLOADING": "upload",
    "SUBMITTING": "submit",
    "WAITING": "queue",
    "DOWNLOADING": "download",
    "LANDED": "place",
    "PLACED": "place",
}
_LOOK_EVERY = 0.1
_COUNT = re.compile(r"(\d+) of (\d+)")


class Follower:
    """While it is entered, shows each step of the job that is started then, and how long each took."""

    def __init__(self, board: ModuleType, *, live: bool) -> None:
        self._board = board
        self._work = "edit" if live else "rehearsal"
        self._order = ("export", "upload", "submit", "queue", self._work, "download", "place")
        self._steps = Steps()
        self._at = 0
        self._work_began = 0.0
        self._since = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="demo-follower", daemon=True)

    def __enter__(self) -> Follower:
        self._since = time.time()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if error is not None:
            self._steps.broke()
            return
        self._catch_up(self.job, len(self._order))

    @property
    def job(self) -> Any:
        """The job as it was last heard of."""
        (line,) = self._lines()
        return line.job

    def times(self, job: Any) -> dict[str, float]:
        """Seconds that each step of `job` took."""
        spans = dict.fromkeys(self._order, 0.0)
        ends = [stage.at for stage in job.stages[1:]] + [time.time()]
        for stage, end in zip(job.stages, ends, strict=True):
            step = STEP_OF.get(stage.state.value)
            if step is None or stage.state.value == "PLACED":
                continue
            if step == "queue":
                # The journal does not tell waiting in the queue from being worked on: the service's words do.
                began = min(max(self._work_began or stage.at, stage.at), end)
                spans[self._work] += end - began
                end = began
            spans[step] += end - stage.at
        return spans

    def _follow(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            for line in self._lines():
                self._show(line.job, line.words, line.fraction)

    def _lines(self) -> list[Any]:
        # Jobs of earlier runs are on the board too.
        return [line for line in self._board.all_jobs() if line.job.created >= self._since]

    def _show(self, job: Any, words: str, fraction: float | None) -> None:
        step = STEP_OF.get(job.state.value)
        if step is None:
            return
        if step == "queue" and words and not words.startswith("Queued"):
            step = self._work
            self._work_began = self._work_began or time.time()
        self._catch_up(job, self._order.index(step))
        count = _COUNT.search(words)
        if fraction is None and count:
            fraction = int(count[1]) / max(1, int(count[2]))
        if self._order.index(step) == self._at:
            self._steps.now(step, words, fraction)

    def _catch_up(self, job: Any, at: int) -> None:
        """Tell of the end of every step before the one numbered `at`; a look may have come too late for some."""
        while self._at < at:
            step = self._order[self._at]
            self._steps.done(step, self._words(job, step), self.times(job)[step])
            self._at += 1

    def _words(self, job: Any, step: str) -> str:
        if step == "export":
            return f"{job.sent.frames} frames, {megabytes(Path(job.clip).stat().st_size)}"
        if step == "upload":
            return f"the clip and {len({image for each in job.prepared for image in each.images})} images"
        if step == "submit":
            return f"request {job.request_id}"
        if step == "download":
            return megabytes(Path(job.take.path).stat().st_size)
        return ""


def closing_rows(
    job: Any, *, shot: str, sent: str, returned: str, placed: str, times: dict[str, float], whole: float
) -> list[tuple[str, str]]:
    """The closing table: what became of the frames, what it cost, how long it took. whole: seconds of the demo."""
    price = f"about ${job.sent.price}"
    if job.service == "rehearsal":
        price = f"nothing: a rehearsal ({price} at fal.ai)"
    return [
        ("shot", shot),
        ("sent", sent),
        ("returned", returned),
        ("placed", placed),
        *(("note", note) for note in job.notes),
        ("seconds sent", f"{float(job.sent.frames / job.plan.fps):.2f}"),
        ("price", price),
        *((step, f"{seconds:5.2f} s") for step, seconds in times.items()),
        ("whole demo", f"{whole:5.2f} s"),
    ]


def receipt_of(job: Any) -> Path:
    """The receipt that lies beside the take."""
    return Path(job.take.path).with_suffix(".json")
