# SPDX-License-Identifier: GPL-3.0-or-later
"""What a background Blender is asked of a movie that was cut without encoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CutRecipe:
    """Whether `cut` shows the pictures of `source` from its frame `first` on. frames: the cut's, to look at."""

    source: Path
    cut: Path
    first: int
    frames: tuple[int, ...]
