# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a journal is where its rows were written. A copy of its folder has the same jobs, and both would send them.

A copy is told by a file beside the journal that is made once and never touched again: no program that copies a file
can give the copy the time that the disk has noted for the first one. A folder that is only moved on its disk keeps it.

A journal that was rolled back in its very file is told by another one, which counts what was sent.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import platform
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Paid
from ..names import REHEARSAL
from ..values.job import Job, Stage
from ..values.serialization import from_json, to_json
from ..values.state import State
from ..words import say

MARKER = "journal.here"
"""An empty file beside the journal."""

SENT = "journal.sent"
"""A file beside it that says how many submissions the journal has had. It is written after the journal, so it is behind
where Blender ended in between, and ahead only of a journal from before."""
_LONGEST_NUMBER = 20


@dataclass(frozen=True)
class Place:
    """Where a journal is. machine: which computer, hashed. made: when the disk says that the marker was made, ns.

    marker, journal: the numbers of both files on their disk.
    """

    machine: str
    made: int
    marker: int
    journal: int


def here(journal: Path) -> Place:
    """Where the file of a journal is now. Makes the marker where it is missing. Raises OSError."""
    path = journal.with_name(MARKER)
    with contextlib.suppress(FileExistsError):
        path.touch(exist_ok=False)
    found = os.stat(path)
    made = int(getattr(found, "st_birthtime_ns", found.st_ctime_ns)) if _ON_WINDOWS else found.st_ctime_ns
    return Place(machine(), made, found.st_ino, os.stat(journal).st_ino)


def is_same(before: Place, now: Place) -> bool:
    """Whether a journal that was at `before` is the very same one at `now`, and no copy of it."""
    if (before.machine, before.made) != (now.machine, now.made):
        return False
    if _ON_WINDOWS:
        # A time can be copied there, a number cannot.
        return (before.marker, before.journal) == (now.marker, now.journal)
    # The journal alone may have been restored. Some disks number their files anew whenever they are mounted.
    return before.journal == now.journal or before.marker != now.marker


def noted_sent(journal: Path) -> int:
    """How many submissions were noted beside the file of a journal, 0 where that cannot be read."""
    with contextlib.suppress(OSError, ValueError), journal.with_name(SENT).open(encoding="ascii") as file:
        return int(file.read(_LONGEST_NUMBER))
    return 0


def note_sent(journal: Path, count: int) -> None:
    """Note so many. Where it cannot be written it is done without: it stays behind."""
    with contextlib.suppress(OSError):
        journal.with_name(SENT).write_text(str(count), encoding="ascii")


def machine() -> str:
    """What tells this computer from others, hashed. What is copied with a disk and renamed after it is another one."""
    return hashlib.sha256(f"reshoot {_machine()}".encode()).hexdigest()[:32]


def _machine() -> str:
    if sys.platform == "win32":
        import winreg

        with (
            contextlib.suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key,
        ):
            return f"{winreg.QueryValueEx(key, 'MachineGuid')[0]} {platform.node()}"
    elif sys.platform == "darwin":
        # Its name is another one in each network.
        found = ctypes.create_string_buffer(16)
        with contextlib.suppress(OSError, AttributeError):
            if ctypes.CDLL(None).gethostuuid(found, ctypes.byref((ctypes.c_long * 2)(1, 0))) == 0:
                return found.raw.hex()
        return ""
    else:
        for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
            with contextlib.suppress(OSError):
                return f"{Path(path).read_text(encoding='ascii', errors='replace').strip()} {_name()}"
    return platform.node()


def _name() -> str:
    """What this computer was called: a network may call it something else for as long as it is in it."""
    with contextlib.suppress(OSError):
        return Path("/etc/hostname").read_text(encoding="ascii", errors="replace").strip() or platform.node()
    return platform.node()


_ON_WINDOWS = sys.platform == "win32"


def written(place: Place) -> str:
    """A place as a journal holds it."""
    return json.dumps(to_json(place))


def read(text: object) -> Place | None:
    """The same back, None where it is none."""
    with contextlib.suppress(ValueError, TypeError):
        if isinstance(text, str):
            return from_json(Place, json.loads(text))
    return None


def held(job: Job) -> Job:
    """`job` as a copy has it: what was not sent yet waits for the editor, who knows whether the original sends it.

    What was sent goes on: asking for it and fetching it cost nothing.
    """
    if not job.state.unsubmitted or job.service == REHEARSAL:
        return job
    return replace(
        job,
        state=State.UNSURE,
        error=say(
            "Reshoot's folder was copied, restored from a backup, or comes from another computer, or this one was "
            "renamed: nothing was sent from here, since the original may send this job, or have sent it."
        ),
        remedy=say(
            "Where Reshoot runs nowhere else with these jobs, Retry is safe. Otherwise it may cost the price a second "
            "time; Dismiss gives it up here and changes nothing for the original."
        ),
        paid=Paid.UNKNOWN,
        retry_to=State.PREPARED,
        stages=(*job.stages, Stage(State.UNSURE, time.time())),
    )
