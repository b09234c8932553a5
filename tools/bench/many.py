# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred jobs at once, and a journal of ten thousand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean

import checkout  # noqa: F401 - the helpers of the tests
import rows
import waiting
from figures import Figure
from rehearsal_render import make_clip

TITLE = "Many jobs"
HOW = """\
The product's runner, journal and fal client, without Blender, send jobs to the rehearsal's server behind a gate that
counts, in another process. When all have been waiting for ten seconds, the journal's own count of its transactions is
watched for five; then the service finishes all of them at once, as fast as it can copy files, and they come in. The
clips are small, so that it is the jobs that are measured, and without a Blender no result is compared with its clip.
Threads are those whose names begin with `reshoot-`, at most at any time; status requests are those of the busiest
second, wherever it begins, as the gate hears them.

How soon a finish is noticed where there is one job: the service finishes it at moments that are spread evenly over the
time from one question to the next, when it has waited for longer than ten seconds. The figure is their mean. Where
there are a hundred, all of them are finished at once, and each one's delay counts.

The journal of thousands has the jobs of a year and 50 projects; 97 of 100 are placed. Opening it is what Blender does
at its start, on a thread: check the file, read what one of the projects shows, hand it to the panels. It is done by a
new connection to a copy that the system has in memory; adding and moving on are synced to the disk, and are the mean of
five."""

_COUNTS = (1, 10, 100)
_ROWS = (100, 1000, 10_000)
_WAITING = "jobs that wait, and come in"
_JOURNAL = "the journal"


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """The figures of many jobs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    movie = make_clip(folder / "forest.mp4")
    for count in _COUNTS:
        # What a few jobs do differs little from one time to the next.
        times = max(1, trials // 2) if count == _COUNTS[-1] else 1
        found = [waiting.wait(folder / f"{count}-{number}", movie, count) for number in range(times)]
        yield from _of_waiting(count, found)
    # In ones, twos, … the least moments would be all early or all late.
    noticed = waiting.notice(folder / "notice", movie, max(10, 2 * trials))
    yield Figure(
        "many.noticed.1",
        _WAITING,
        "1 job: until a finish is noticed, on average",
        "s",
        (mean(noticed),),
        1.0,
        f"{len(noticed)} jobs, {min(noticed):.2f} to {max(noticed):.2f} s",
    )
    yield from _of_the_journal(folder, trials)


def _of_waiting(count: int, found: Sequence[waiting.Wait]) -> Iterator[Figure]:
    jobs = "1 job" if count == 1 else f"{count} jobs"

    def figure(
        name: str, words: str, unit: str, value: Callable[[waiting.Wait], float], budget: float | None
    ) -> Figure:
        return Figure(f"many.{name}.{count}", _WAITING, f"{jobs}: {words}", unit, tuple(map(value, found)), budget)

    yield figure("threads", "threads of ours", "", lambda one: one.threads, 10)
    yield figure("asked", "status requests in the busiest second", "", lambda one: one.asked, 20)
    yield figure("commits", "transactions of the journal while all wait", "1/s", lambda one: one.commits, None)
    if count > 1:
        yield figure("noticed", "until a finish is noticed, on average", "s", lambda one: one.noticed, None)
    yield figure("on_disk", "from the last finish to the last take on disk", "s", lambda one: one.on_disk, None)
    yield figure("landed", "from the last finish until all have landed", "s", lambda one: one.landed, None)


def _of_the_journal(folder: Path, trials: int) -> Iterator[Figure]:
    found: dict[int, list[rows.Took]] = {}
    size = {}
    for count in _ROWS:
        source = folder / f"journal-{count}.sqlite3"
        rows.make(source, count)
        size[count] = source.stat().st_size / 1e6
        found[count] = [rows.take_time(source, folder / f"{count}-rows-{number}") for number in range(trials)]
    for name, words, value in (
        ("opened", "to open it", lambda took: took.opened),
        ("added", "to add a job", lambda took: took.added),
        ("advanced", "to move a job on", lambda took: took.advanced),
    ):
        for count, each in found.items():
            yield Figure(
                f"many.journal.{name}.{count}",
                _JOURNAL,
                f"{words}, with {count:,} jobs in it",
                "ms",
                tuple(value(took) * 1000 for took in each),
                note=f"a file of {size[count]:.1f} MB" if name == "opened" else "",
            )
