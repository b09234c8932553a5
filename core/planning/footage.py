# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a shot shows: whether they are there, before anything is exported."""

from __future__ import annotations

import os
from pathlib import PurePath

from ..errors import ShotError
from ..values.shot import ShownFiles
from ..words import say


def check_files(shown: ShownFiles) -> None:
    """Refuse files that are missing, unreadable or empty. Asks the disk. Raises ShotError, naming strip and file."""
    for strip, paths in shown:
        for path in paths:
            if not os.path.isfile(path):
                raise ShotError(
                    say("The file of “{strip}” is missing: {path}.", strip=strip, path=path),
                    say("Find the file, or relink the strip to it."),
                )
            if not os.access(path, os.R_OK) or os.path.getsize(path) == 0:
                raise ShotError(
                    say(
                        "The file “{file}” of “{strip}” cannot be read or is empty.",
                        file=PurePath(path).name,
                        strip=strip,
                    ),
                    say("Restore the file, or relink the strip."),
                )
