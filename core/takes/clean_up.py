# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a rejected take may be removed from the disk. The receipt beside it, and its row, stay in any case."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import PlacementError
from ..values.choices import Rating
from ..values.job import Job
from ..values.state import State
from ..words import say


@dataclass(frozen=True)
class Removable:
    """The files of a take that may be removed, the take itself last. size: bytes of all."""

    job: Job
    files: tuple[Path, ...]
    size: int


def removable(job: Job, folder: Path, shown: Collection[str]) -> Removable:
    """What may be removed of a take: its movie and the copies of that at other rates.

    folder: where the takes of the open project go. shown: the files that the open file uses, see `same_for_all`. Asks
    the disk. Raises PlacementError where the take has to stay, and why.
    """
    _check(job)
    assert job.take is not None
    take = Path(job.take.path)
    own = re.compile(r".+_take\d+_" + re.escape(job.id[:8]) + r"\.mp4", re.DOTALL)
    copy = re.compile(re.escape(take.stem) + r"_at\d+-\d+\.mp4")
    try:
        if same_for_all(str(take.parent)) != same_for_all(str(folder)) or folder.is_symlink():
            raise _stays(job, say("it is not in the folder of this project's takes"))
        if not own.fullmatch(take.name):
            raise _stays(job, say("its file has another name than Reshoot gave it"))
        if not os.path.lexists(take):
            raise _stays(job, say("its file is not on disk any more"))
        if not _is_file(take):
            raise _stays(job, say("its file is a link, or no file"))
        copies = [folder / name for name in sorted(os.listdir(folder)) if copy.fullmatch(name)]
        files = (*filter(_is_file, copies), take)
        size = sum(path.stat().st_size for path in files)
    except OSError as error:
        raise _stays(job, error.strerror or str(error)) from error
    if any(same_for_all(str(path)) in shown for path in files):
        raise _stays(job, say("the open file uses it"))
    return Removable(job, files, size)


def same_for_all(path: str) -> str:
    """A path as it is called whichever way it was come by, to be compared. Asks the disk."""
    return os.path.normcase(os.path.realpath(path))


def _check(job: Job) -> None:
    """Raises PlacementError where the job itself keeps its take."""
    if job.rating is not Rating.REJECT:
        raise _stays(job, say("it is not rejected"))
    if job.take is None or job.state not in (State.LANDED, State.PLACED):
        raise _stays(job, say("it has not landed"))
    if (job.state is State.LANDED and not job.dismissed) or not job.compared:
        raise _stays(job, say("it waits to be placed"))


def _stays(job: Job, why: str) -> PlacementError:
    return PlacementError(
        say("The take of “{shot}” stays on disk: {why}.", shot=job.label, why=why),
        say("Nothing of it was removed."),
    )


def _is_file(path: Path) -> bool:
    """Whether it is a file, and no link to one."""
    return stat.S_ISREG(path.lstat().st_mode)
