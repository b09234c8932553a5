# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender compares: a clip with its result. It crosses to another process as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CompareRecipe:
    """One comparison, or the reading of the clip ahead of it.

    clip: the movie that was sent. frames: how many of its frames are read. kept: the file that what was read of it is
    kept in until it is compared. result: the movie that came; None where the clip is only read. shown: for each of the
    result's frames, from 0 on, the clip's frame that it should show. scale: width and height of the result's picture,
    turned upright, in those of the clip's. rotation: degrees clockwise that the result has to be turned by.
    """

    clip: Path
    frames: int
    kept: Path
    result: Path | None = None
    shown: tuple[int, ...] = ()
    scale: tuple[float, float] = (1.0, 1.0)
    rotation: int = 0
