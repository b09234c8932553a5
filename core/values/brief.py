# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor asks for, read once for each press."""

from __future__ import annotations

from dataclasses import dataclass

from .choices import Sound, Source, Timing
from .shot import Reference


@dataclass(frozen=True)
class Brief:
    """The settings of a scene's shots. prompt: as it is written. model: an id of the table.

    handles: frames that are sent besides on each side at least. references: in the order of their tokens.
    """

    prompt: str
    model: str
    source: Source
    timing: Timing
    sound: Sound
    handles: int
    references: tuple[Reference, ...]
