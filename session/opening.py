# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the journal: ahead on a thread, or when the session asks for it. Makes it anew where it is damaged, which takes
seconds and is done beside the interface.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import bpy

from ..core.errors import JournalDamaged, ReshootError, StorageError
from ..core.jobs import salvage
from ..core.jobs.journal import Journal
from ..core.values.job import Job
from ..core.words import say
from ..settings import folders

JOBS = "jobs"
"""The folder of the unfinished jobs' folders, beside the journal."""

_AGAIN = 5.0
"""Seconds for which what kept a journal from being made anew is told again, before that is tried again."""

_log = logging.getLogger(__name__)


class _Opened(NamedTuple):
    """A journal, and what it shows of a project. complaint: what is to be told of it."""

    journal: Journal
    project: str
    known: list[Job]
    complaint: StorageError | None = None


class _MadeAnew:
    """A damaged journal that a thread makes anew, and opens for the session to come."""

    def __init__(self, home: Path, project: str) -> None:
        self._home = home
        self._project = project
        self._ended = 0.0
        self.error: ReshootError | None = None
        self._thread = threading.Thread(target=self._run, name="reshoot-journal", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            open_ahead(self._home, self._project)
        except ReshootError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - whoever presses has to hear of it
            _log.exception("the journal could not be made anew")
            self.error = StorageError(
                say("Reshoot itself failed here: {error}.", error=error), say("See Blender's console, and report it.")
            )
        self._ended = time.monotonic()

    @property
    def is_busy(self) -> bool:
        """Whether it is not there yet, and may be."""
        return self._thread.is_alive()

    @property
    def is_stale(self) -> bool:
        """Whether it is to be tried again."""
        return not self.is_busy and time.monotonic() - self._ended > _AGAIN


_opened: SimpleQueue[_Opened] = SimpleQueue()
"""What was opened for the session to come."""
_closing = threading.Lock()
_closed = 0
"""How often that was closed."""
_made_anew: _MadeAnew | None = None


def open_ahead(home: Path, project: str) -> None:
    """Open the journal for the session to come and read what it shows of `project`, since the disk takes its time. Make
    it anew where it is damaged.

    Called on any thread. Raises StorageError where the folder cannot be used.
    """
    closed = _closed
    opened = _open(home, project)
    with _closing:
        if closed == _closed:
            _opened.put(opened)
            return
    opened.journal.close()


def close_ahead() -> None:
    """Close what was opened for a session that did not come, and what is still being opened, once it is."""
    global _closed, _made_anew
    with _closing:
        _closed += 1
        _made_anew = None
        while not _opened.empty():
            _opened.get().journal.close()


def is_opening() -> bool:
    """Whether a journal is being made anew: the session can be had afterwards."""
    return _made_anew is not None and _made_anew.is_busy


def open_journal(home: Path, project: str) -> tuple[Journal, list[Job], StorageError | None]:
    """The journal, the jobs that it shows of `project`, and what is to be told of it.

    Raises StorageError where the folder cannot be used, and while a damaged journal is made anew beside the interface.
    """
    if _opened.empty():
        try:
            opened = _whole(home, project)
        except JournalDamaged as error:
            if not _may_wait():
                raise _being_made_anew(home, project, error) from error
            opened = _open(home, project)
    else:
        opened = _opened.get()
    journal, of_project, known, complaint = opened
    return journal, known if of_project == project else journal.shown(project), complaint


def _may_wait() -> bool:
    """Whether there is no interface to keep alive."""
    return bpy.app.background


def _being_made_anew(home: Path, project: str, damaged: JournalDamaged) -> ReshootError:
    """Have a damaged journal made anew on a thread. What is to be said meanwhile, or of what kept it from that."""
    global _made_anew
    if _made_anew is None or _made_anew.is_stale:
        _made_anew = _MadeAnew(home, project)
    elif _made_anew.error is not None and not _made_anew.is_busy:
        return _made_anew.error
    return StorageError(damaged.message, say("What can be read of it is taken over into a new one: wait a moment."))


def _open(home: Path, project: str) -> _Opened:
    """The journal, made anew where it is damaged. Any thread."""
    try:
        return _whole(home, project)
    except JournalDamaged as error:
        damaged = error
    path, holder = home / folders.JOURNAL, uuid.uuid4().hex
    takes = {folders.takes_folder(each, home) for each in (project, "")}
    rebuilt = salvage.rebuild(path, holder, jobs=home / JOBS, takes=takes)
    complaint = None
    if rebuilt.aside is not None:
        words = say("It is kept as {path}; {count} jobs are in the new one.", path=rebuilt.aside, count=rebuilt.jobs)
        complaint = StorageError(damaged.message, words)
    return _Opened(rebuilt.journal, project, rebuilt.journal.shown(project), complaint)


def _whole(home: Path, project: str) -> _Opened:
    """The journal. Raises JournalDamaged, and StorageError where it cannot be used."""
    journal = Journal(home / folders.JOURNAL, uuid.uuid4().hex)
    salvage.adopt(journal, home / JOBS)
    return _Opened(journal, project, journal.shown(project))
