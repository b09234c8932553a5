# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes on disk: where they go, what they are called, what a result turned out to be, and the receipt beside them.

Nothing is ever overwritten. Putting a take into the timeline is the business of `timeline.place`.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from pathlib import Path

from ..errors import StorageError
from ..one_line import one_line
from ..storage import discard, put_in_place, remove, unwritable
from ..values.job import Job, is_job_id
from ..values.state import State
from ..words import say

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_LONGEST_NAME = 120
"""Bytes of a strip's name in a file's: what is added and most file systems' 255 leave room for it."""
_WINDOWS = os.name == "nt"
_UNTIL_CLOSED: int = getattr(os, "O_TEMPORARY", 0)
"""With which Windows removes a file once nobody has it open, a scanner neither."""
_LONGEST_PATH = 259
"""Characters of a path that programs on Windows can be trusted to open."""
_SHORTEST_NAME = 8
"""Characters of a strip's name that are kept, however long its folder's path."""
_ADDED = len("_take01_01234567.mp4") + len("_at30000-1001.part")
"""Characters beside a strip's name, in the longest of the names that a take and what lies beside it have."""
_BELOW_HOME = len("/jobs//tmp01234567/result/result-.mp4/proxy_25_part.avi") + 32 + 36
"""Characters of the longest path in Reshoot's own folder: the small copy of a result that is compared with its clip."""
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for its devices, whatever follows a dot in them."""


def path_for(job: Job, folder: Path) -> Path:
    """`<strip>_take<NN>_<job8>.mp4` in `folder`, NN being the take's number in its shot; where the job has none, or a
    file has it already, one more than the strip's takes there so far.
    """
    if not is_job_id(job.id):
        raise StorageError(
            say("“{job}” is no job's id.", job=one_line(job.id, 100)), say("Update Reshoot; nothing is lost.")
        )
    name = job.shot.name if len(job.plan.parts) == 1 else f"{job.shot.name}_part{job.part + 1}"
    name = name.encode("utf-8", "replace")[:_LONGEST_NAME].decode("utf-8", "ignore")
    name = _UNSAFE.sub("_", name).strip(" .") or "shot"
    if _WINDOWS:
        name = _fitting(name, folder).strip(" .") or "shot"
    if _DEVICE.match(name):
        # In every system: a project goes from one to the other.
        name = f"_{name}"
    mine = f"_{job.id[:8]}.mp4"
    pattern = re.compile(re.escape(name) + r"_take(\d+)_[0-9a-f]{8}\.mp4")
    numbers = set()
    try:
        # Not what it is in: a disk that is gone is not to be made up for on another one.
        folder.mkdir(exist_ok=True)
        for entry in os.listdir(folder):
            found = pattern.fullmatch(entry)
            if found:
                if entry.endswith(mine):
                    return folder / entry
                numbers.add(int(found[1]))
    except OSError as error:
        raise unwritable(folder, error) from error
    number = job.number if job.number > 0 and job.number not in numbers else max(numbers, default=0) + 1
    return folder / f"{name}_take{number:02d}{mine}"


def stamp(project: str) -> str:
    """What is another one once the file of a project was saved, by whatever clock; empty where there is no file."""
    try:
        found = os.stat(project)
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"


def _fitting(name: str, folder: Path) -> str:
    """As much of a strip's name as leaves the paths of its take, and of what lies beside it, short enough."""
    room = _LONGEST_PATH - _length(folder) - 1 - _ADDED
    units = name.encode("utf-16-le")[: 2 * max(room - 1, _SHORTEST_NAME)]
    return units.decode("utf-16-le", "ignore")


def _length(path: Path) -> int:
    """Characters of a path as Windows counts them: some are two."""
    return len(os.path.abspath(path).encode("utf-16-le", "surrogatepass")) // 2


def _check_length(folder: Path) -> None:
    """Refuse a folder in which the path of no take would be short enough. Raises StorageError."""
    most = _LONGEST_PATH - 1 - _ADDED - _SHORTEST_NAME - 1
    if _WINDOWS and _length(folder) > most:
        raise StorageError(
            say(
                "The path of the folder {folder} has {count} characters; at most {most} leave room for the names of "
                "takes on Windows.",
                folder=folder,
                count=_length(folder),
                most=most,
            ),
            say("Save the project in a folder with a shorter path."),
        )


def _check_own_length(home: Path) -> None:
    """Refuse a folder for Reshoot's own files in which the paths of a job's would be too long. Raises StorageError."""
    most = _LONGEST_PATH - _BELOW_HOME
    if _WINDOWS and _length(home) > most:
        raise StorageError(
            say(
                "The path of Reshoot's own folder {folder} has {count} characters; at most {most} leave room for the "
                "files of a job on Windows.",
                folder=home,
                count=_length(home),
                most=most,
            ),
            say("Have the variable RESHOOT_HOME name a folder with a shorter path, then start Blender again."),
        )


def is_gone(job: Job) -> bool:
    """Whether what came is not on disk any more, though it was here and the service may still have it."""
    landed = job.state in (State.LANDED, State.PLACED)
    return landed and job.ticket is not None and job.take is not None and not os.path.isfile(job.take.path)


def check_room(folder: Path, needed: int, *, with_parents: bool = False, own: bool = False) -> None:
    """Refuse a folder that cannot be written, or made, or has less than `needed` bytes left. Changes nothing.

    with_parents: it will be made with what it is in; otherwise its parent has to be there, since a disk that is gone is
    not to be made up for on another one. own: it is the folder of Reshoot's own files, where no project
    lies. Raises StorageError, naming the folder.
    """
    if own:
        _check_own_length(folder)
    else:
        _check_length(folder)
    there = folder
    try:
        if not folder.exists():
            there = folder.parent
        while with_parents and not there.exists() and there != there.parent:
            there = there.parent
        if there.exists() and not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
        if there.exists() and not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise unwritable(there if os.path.exists(there) else folder, error) from error
    if free < needed:
        raise StorageError(
            say(
                "{folder} has {free:.0f} MB left; about {needed:.0f} MB are needed.",
                folder=folder,
                free=free / 1_000_000,
                needed=needed / 1_000_000,
            ),
            say(
                "Free some room, or have the variable RESHOOT_HOME name a folder on another disk, then start Blender "
                "again."
            )
            if own
            else say("Free some room, or save the project on another disk."),
        )


def check_writable(folder: Path) -> None:
    """Make the folder where it is missing, and refuse it where it takes no file. Raises StorageError, naming it."""
    _check_length(folder)
    try:
        folder.mkdir(exist_ok=True)
        # Its own: another press may try the same folder.
        probe = folder / f".reshoot-{secrets.token_hex(8)}"
        os.close(os.open(probe, os.O_CREAT | os.O_RDWR | _UNTIL_CLOSED))
        if not _UNTIL_CLOSED:
            probe.unlink()
    except OSError as error:
        raise unwritable(folder, error) from error


def _put(source: Path, target: Path) -> None:
    """Have `source` at `target` too, whole or not at all: the same bytes where both are on one disk, else a copy.

    On Windows a copy in any case: of a file that Blender shows, no other name could be removed.
    """
    part = target.with_name(target.name + ".part")
    # It may be one with the source, which must not be written over.
    remove(part)
    try:
        if _WINDOWS:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        os.link(source, part)
    except OSError:
        # Another disk, or one that has no links.
        try:
            with source.open("rb") as whole, part.open("xb") as copy:
                shutil.copyfileobj(whole, copy)
                copy.flush()
                os.fsync(copy.fileno())
        except OSError:
            # On a disk that is full, half a copy keeps it so.
            discard(part)
            raise
    put_in_place(part, target)
