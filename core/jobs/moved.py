# SPDX-License-Identifier: GPL-3.0-or-later
"""Which projects of the journal are the open file under another name: moved, renamed, or reached by another path.

It asks the disk, so it is called on threads, and changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from ..names import UNTITLED
from ..values.job import Job
from .journal import Journal


class ProjectMatch(Enum):
    """What a project of the journal is to the open file."""

    HERE = "HERE"
    """The very same file, by another path."""
    PERHAPS_HERE = "PERHAPS_HERE"
    """Its file is gone, and the open one has its name or its place on the disk, which the next new file may be given at
    once: it is the same where it holds a shot of its jobs.
    """
    GONE = "GONE"
    """Its file is not there, and nothing tells where it is now."""


@dataclass(frozen=True)
class Found:
    """A project that is not where it was. jobs: of it. paths: where the files that they name are now."""

    project: str
    match: ProjectMatch
    jobs: tuple[Job, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)


def file_of(project: str) -> str:
    """The place of a project's file on its disk, whatever it is called; empty where there is none.

    It stays when the file is moved on its disk, and is another one whenever it was saved. Once the file is deleted
    another one may have it.
    """
    try:
        found = os.stat(project)
    except (OSError, ValueError):
        return ""
    return f"{found.st_dev:x}-{found.st_ino:x}" if found.st_ino else ""


def find(journal: Journal, here: str) -> list[Found]:
    """The projects of the journal that are the open file `here`, or may be, and those whose files are gone.

    Only those are looked for that have an open job or a name like it: a disk that is gone takes its time. Raises
    StorageError.
    """
    found = []
    named = not here.startswith(UNTITLED)
    file = file_of(here) if named else ""
    for project, known, is_open in journal.projects():
        if project == here or project.startswith(UNTITLED) or not project:
            continue
        alike = named and (_name(project) == _name(here) or bool(known and known == file))
        match = _match(here if named else "", project, file, known) if alike or is_open else None
        if match is None:
            continue
        jobs = tuple(job for job in journal.shown(project) if job.project == project)
        paths = {} if match is ProjectMatch.GONE else dict(_paths(jobs, project, here))
        found.append(Found(project, match, jobs, paths))
    return found


def _match(here: str, project: str, file: str, known: str) -> ProjectMatch | None:
    """None where it is another file, or nobody can tell."""
    try:
        there = os.stat(project)
    except (FileNotFoundError, NotADirectoryError):
        if not here:
            return ProjectMatch.GONE
        alike = _name(project) == _name(here) or bool(known and known == file)
        return ProjectMatch.PERHAPS_HERE if alike else ProjectMatch.GONE
    except (OSError, ValueError):
        return None
    try:
        return ProjectMatch.HERE if here and os.path.samestat(there, os.stat(here)) else None
    except OSError:
        return None


def _name(project: str) -> str:
    return os.path.basename(project).casefold()


def _paths(jobs: Iterable[Job], before: str, after: str) -> Iterator[tuple[str, str]]:
    """Where what lies beside the project is now, for each file that was named by its path before."""
    old, new = os.path.dirname(before), os.path.dirname(after)
    for path in {path for job in jobs for path in _named(job) if path}:
        try:
            moved = os.path.normpath(os.path.join(new, os.path.relpath(path, old)))
            if moved == path or not os.path.exists(moved):
                continue
            if not os.path.exists(path) or os.path.samefile(path, moved):
                yield path, moved
        except (OSError, ValueError):
            # On another drive, or out of reach.
            continue


def _named(job: Job) -> Iterator[str]:
    yield from (strip.filepath for strip in job.shot.strips)
    yield job.shot.file
    if job.take is not None:
        yield job.take.path


def relocated(job: Job, paths: Mapping[str, str]) -> Job:
    """`job` with the files of its shot and its take by the names that they have now. paths: see `Found`."""
    if not paths:
        return job
    shot = job.shot
    strips = tuple(replace(strip, filepath=paths.get(strip.filepath, strip.filepath)) for strip in shot.strips)
    take = job.take and replace(job.take, path=paths.get(job.take.path, job.take.path))
    return replace(job, shot=replace(shot, strips=strips, file=paths.get(shot.file, shot.file)), take=take)
