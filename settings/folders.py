# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are kept: the journal, unfinished jobs, takes. Makes nothing but the extension's own folder."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..core.names import UNTITLED

EXTENSION = __package__.rpartition(".")[0]
"""The package that Blender knows the extension by: it keeps the preferences and the user folder under this name."""

JOURNAL = "journal.sqlite3"


def home() -> Path:
    """The folder of the journal, of unfinished jobs and of unsaved files' takes."""
    given = os.environ.get("RESHOOT_HOME")
    if given:
        return Path(given)
    return Path(bpy.utils.extension_path_user(EXTENSION, create=True))


def takes_folder(project: str, of_home: Path) -> Path:
    """Where the takes of a project go: beside its file or, where that has no name yet, into `of_home`. Any thread."""
    if not project or project.startswith(UNTITLED):
        return of_home / "takes"
    return Path(project).parent / "reshoot"
