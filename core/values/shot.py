# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor selected, as plain values. Read from the timeline by `timeline.shot`, never changed afterwards."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from .choices import ReferenceKind, Source

_ID = re.compile(r"[0-9a-f]{32}")
MOST_IDS = 8
"""Ids that one strip can bear."""


def shot_ids(text: object) -> tuple[str, ...]:
    """The ids of shots that a strip bears: its own, then those of the strips that it was copied from.

    text: what is written on it. It comes from a file, so it may be anything: what is no id does not count.
    """
    words = text.split() if isinstance(text, str) else []
    return tuple(dict.fromkeys(word for word in words if _ID.fullmatch(word)))[:MOST_IDS]


class ShownFile(NamedTuple):
    """What a strip shows. strip: its name. paths: absolute, in the order of showing. frames: of a movie, how many from
    its first on have to be there for what is shown; 0 for images.
    """

    strip: str
    paths: tuple[str, ...]
    frames: int = 0


ShownFiles = tuple[ShownFile, ...]


@dataclass(frozen=True)
class ShotStrip:
    """One selected picture strip, as it stood when the shot was read.

    start, end: timeline frames, end exclusive. content_start: the timeline frame of its source's first frame; it moves
    with the strip and stays when the strip is trimmed. filepath: absolute, empty for strips without a file. meta: the
    name of the meta strip that holds it, empty where none does.
    """

    name: str
    kind: str
    filepath: str
    content_start: float
    start: int
    end: int
    channel: int
    meta: str = ""


@dataclass(frozen=True)
class Mark:
    """How one side of a shot looked when it was sent. kind: which side, as `takes.stale.Aspect` has them; digest: the
    same as long as that looks the same. Nothing can be read from it.
    """

    kind: str
    digest: str


@dataclass(frozen=True)
class Shot:
    """A scene, a frame range, and the strips in it.

    start: first timeline frame. frames: length at scene rate. before, after: how many more frames there are of the same
    picture on each side, which the shot does not show. holds: lengthened past those it shows its edge frame by itself.
    cuts: frames of the shot, 0 being its first, at which another strip begins or ends. fps: the scene's rate. width,
    height: pixels of the picture that is to be sent, before it is conformed. native: that picture is one strip's own,
    without its transform. scalable: it can be scaled while it is rendered, without a pass of its own. view: the view
    transform it is sent through. sounds: names of the sound strips that belong to the picture. file: the movie
    whose own frames the shot shows, one for one and unchanged, from its frame number `before` on; empty where there is
    none. see_through: what is below its strips shows through them and is sent too. file_sounds: the shot sounds as that
    movie does. scripts: Blender ran the scripts in the file's drivers when the shot was sent. id: what its strips bear,
    by which it is known again however they were moved, renamed or trimmed; empty in rows of Reshoot 0.1.0. marks: how
    it looked when it was sent; none in those rows.
    """

    project: str
    scene: str
    strips: tuple[ShotStrip, ...]
    start: int
    frames: int
    before: int
    after: int
    holds: bool
    cuts: tuple[int, ...]
    fps: Fraction
    width: int
    height: int
    source: Source
    native: bool
    scalable: bool
    view: str
    sounds: tuple[str, ...]
    file: str = ""
    see_through: bool = False
    file_sounds: bool = True
    scripts: bool = False
    id: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def name(self) -> str:
        """The name of the lowest, earliest strip: what the shot is called in lists and files."""
        return self.strips[0].name


@dataclass(frozen=True)
class Reference:
    """An image sent along. images: absolute paths; for an element the frontal view, then further views."""

    kind: ReferenceKind
    images: tuple[str, ...]


def comparable(path: str) -> str:
    """`path` in the one spelling that files are compared by: what was made relative and absolute again leads through
    other folders and back. Not to be opened: behind a symbolic link the way back is another one.
    """
    return os.path.normpath(path) if path else ""
