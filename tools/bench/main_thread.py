# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the extension holds Blender's main thread, at each stage of a job, in small projects and in large ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import drawn
import rows
import stages
from figures import Figure
from window import Desk, Studio, desk, studio

TITLE = "The timeline stays live"
HOW = """
Real Blender 5.2 with a window, driven by simulated mouse and keyboard; the zip installed; a service on loopback that is
held back at each stage. Every call from Blender into the extension is timed from outside, on Blender's main thread
(`tests/helpers/gui/probe.py`): by the processor time of that thread, which the budget is for, and by the clock, which
also has in it what other processes took on a busy machine. What is told of each stage is its longest stretch, then 99 %
of the stretches, how many there were and what they took together, by the clock in brackets; milliseconds all. Blender's
own insert of a strip, its undo step and what the graphics driver compiles are apart. Timing costs a few microseconds
for each function that is called, which is in these figures. Each setting is taken through once.

The strips show one movie and have one name, but for Blender's number. The file of a gigabyte has it in packed images,
which its timeline does not use. Of the 10,000 jobs of the long journal 200 are the open file's. All of the hundred jobs
come in at once; they are measured until 40 takes are placed.

A press in the interface asks no disk on the main thread: it makes four calls at most there for a job, all of them in
Reshoot's own folder, to write the scene out (`tests/timeline/test_press.py` counts them). A thread looks at the
footage, at the room and at what can be written, and a disk that hangs holds only that.

For the panels only what Blender calls is timed, nothing that it calls in turn; all five panels are open, in a sidebar
that is drawn again and again. Of redraws that follow each other within a tenth of a second one looks at the timeline,
here as for an editor; the others show what it found.
"""

_STRIPS = (1, 100, 1000)
_JOBS = 100
_PLACED = 40
"""Takes that are waited for, while the others are still on their way in."""
_ROWS, _ROWS_HERE = 10_000, 200
_FILES = """
bpy.ops.wm.save_as_mainfile(filepath=project)
block = bytes(range(256)) * (1 << 20)
for number in range(4):
    image = bpy.data.images.new(f"Large {number}", 16, 16)
    image.pack(data=block, data_len=len(block))
    image.use_fake_user = True
del block
bpy.ops.wm.save_as_mainfile(filepath=large, compress=False)
"""


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """Every setting in a Blender of its own."""
    with studio(folder) as here:
        for strips in _STRIPS:
            yield from _one_job(here, strips)
        project, large = here.folder / "project.blend", here.folder / "large.blend"
        with desk(here, "files") as each:
            # A file brings its own windows: these are saved as Blender opens for video.
            each.look.run(_FILES, project=str(project), large=str(large))
        yield from _large_file(here, large)
        yield from _long_journal(here, project)
        yield from _many_jobs(here, trials)


def _one_job(here: Studio, strips: int) -> Iterator[Figure]:
    setting = f"strips_{strips}"
    with desk(here, setting) as each:
        each.build(here.clip, strips)
        _whole_way(each, rendered=strips == 1)
        yield from stages.figures(each, setting, f"One job, {strips} strips" if strips > 1 else "One job, one strip")


def _whole_way(each: Desk, *, rendered: bool) -> None:
    stages.go_through(each, 1, rendered=rendered)
    stages.play(each)
    stages.bring_in(each, 1, 1)


def _large_file(here: Studio, path: Path) -> Iterator[Figure]:
    size = path.stat().st_size / 2**30
    if size < 1:
        raise AssertionError(f"{path} has {size:.2f} GiB only")
    with desk(here, "large_file", path) as each:
        each.build(here.clip, 1)
        stages.go_through(each, 1, rendered=False)
        stages.save(each)
        stages.bring_in(each, 1, 1)
        yield from stages.figures(each, "large_file", f"One job, a .blend of {size:.1f} GiB")
    path.unlink()


def _long_journal(here: Studio, path: Path) -> Iterator[Figure]:
    def project_of(number: int) -> str:
        return rows.project(number) if number % (_ROWS // _ROWS_HERE) else str(path)

    def prepare(home: Path) -> None:
        home.mkdir(parents=True)
        rows.make(home / "journal.sqlite3", _ROWS, project_of, rest=())

    with desk(here, "long_journal", path, prepare) as each:
        session, board = (f"sys.modules[f'{{MODULE}}.{name}']" for name in ("session", "core.jobs.board"))
        listed = f"{board}.listed({session}.project(), {session}.takes_in_file())"
        each.look.wait(f"len({listed}) >= count", count=_ROWS_HERE)
        each.build(here.clip, 1)
        _whole_way(each, rendered=False)
        yield from stages.figures(each, "long_journal", f"One job, a journal of {_ROWS:,} jobs")


def _many_jobs(here: Studio, trials: int) -> Iterator[Figure]:
    setting = f"jobs_{_JOBS}"
    with desk(here, setting) as each:
        drawn.open_all_panels(each)
        each.build(here.clip, _JOBS)
        stages.go_through(each, _JOBS, rendered=False)
        stages.play(each)
        panels = list(drawn.measure(each, here.folder, trials, _JOBS))
        stages.bring_in(each, _JOBS, _PLACED)
        yield from stages.figures(each, setting, f"{_JOBS} jobs, {_JOBS} strips")
        yield from panels
