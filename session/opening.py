# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the journal: ahead on a thread, or when the session asks for it. Makes it anew where it is damaged."""

from __future__ import annotations

import uuid
from pathlib import Path
from queue import SimpleQueue

from ..core.errors import JournalDamaged, StorageError
from ..core.jobs import salvage
from ..core.jobs.journal import Journal
from ..core.values.job import Job
from ..core.words import say
from ..settings import folders

JOBS = "jobs"
"""The folder of the unfinished jobs' folders, beside the journal."""

_opened: SimpleQueue[tuple[Journal, str, list[Job]]] = SimpleQueue()
"""A journal that was opened for the session to come, and what it shows of a project."""


def open_ahead(home: Path, project: str) -> None:
    """Open the journal for the session to come and read what it shows of `project`, since the disk takes its time.

    Called on any thread. Raises StorageError where the folder cannot be used.
    """
    journal = Journal(home / folders.JOURNAL, uuid.uuid4().hex)
    salvage.adopt(journal, home / JOBS)
    _opened.put((journal, project, journal.shown(project)))


def close_ahead() -> None:
    """Close what was opened for a session that did not come."""
    while not _opened.empty():
        journal, _project, _known = _opened.get()
        journal.close()


def open_journal(home: Path, project: str) -> tuple[Journal, list[Job], StorageError | None]:
    """The journal, the jobs that it shows of `project`, and what is to be told of it.

    Raises StorageError where the folder cannot be used.
    """
    if not _opened.empty():
        journal, of_project, known = _opened.get()
        return journal, known if of_project == project else journal.shown(project), None
    path, holder = home / folders.JOURNAL, uuid.uuid4().hex
    try:
        journal = Journal(path, holder)
    except JournalDamaged as error:
        takes = {folders.takes_folder(each, home) for each in (project, "")}
        rebuilt = salvage.rebuild(path, holder, jobs=home / JOBS, takes=takes)
        if rebuilt.aside is None:
            return rebuilt.journal, rebuilt.journal.shown(project), None
        words = say("It is kept as {path}; {count} jobs are in the new one.", path=rebuilt.aside, count=rebuilt.jobs)
        return rebuilt.journal, rebuilt.journal.shown(project), StorageError(error.message, words)
    salvage.adopt(journal, home / JOBS)
    return journal, journal.shown(project), None
