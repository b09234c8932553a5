# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a shot shows: whether they are there, and whole, before anything is exported."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import PurePath

from ..errors import ShotError
from ..media import mp4
from ..values.shot import Shot, ShownFiles
from ..words import say


def check_files(shown: ShownFiles) -> None:
    """Refuse files that are missing, unreadable or empty. Asks the disk. Raises ShotError, naming strip and file."""
    for strip, paths, _frames in shown:
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


def check_whole(shot: Shot, shown: ShownFiles) -> None:
    """Refuse movies that are cut off before the end of what the shot shows of them: the last picture would stand still.

    Asks the disk. Looks at MP4 and MOV files, which tell how long they should be. Raises ShotError, naming the file.
    """
    for strip, paths, needed in shown:
        if not needed:
            continue
        (path,) = paths
        try:
            state = os.stat(path)
            intact, frames = _intact(path, (state.st_size, state.st_mtime_ns))
        except (OSError, mp4.Unreadable):
            # What cannot be read is told by who reads it.
            continue
        if shot.file == path:
            needed = shot.before + shot.frames
        if intact < min(needed, frames):
            raise ShotError(
                say(
                    "“{file}” is cut off: {intact} of its {frames} frames are there, and “{strip}” shows more of them.",
                    file=PurePath(path).name,
                    intact=intact,
                    frames=frames,
                    strip=strip,
                ),
                say("Copy the file again from where it came from, or shorten the strip."),
            )


@lru_cache(maxsize=64)
def _intact(path: str, _state: tuple[int, int]) -> tuple[int, int]:
    """Kept while the file stays as it is: a panel asks again and again."""
    return mp4.intact(path)
