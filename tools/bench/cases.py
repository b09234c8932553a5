# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots whose export is measured."""

from __future__ import annotations

from dataclasses import dataclass

from film import HD


@dataclass(frozen=True)
class Case:
    """A shot on a timeline.

    footage: name in `film`. fps, size: of the scene. first: frame of the footage that is shown first; frames: how
    many. source, timing: the editor's choices. above: offsets, in pixels from the middle, of further strips of the same
    footage that lie above it at `scale`, each `apart` frames further on than the one below.
    """

    name: str
    words: str
    footage: str
    fps: int
    size: tuple[int, int]
    first: int
    frames: int
    source: str = "STRIP"
    timing: str = "REAL_TIME"
    above: tuple[tuple[int, int], ...] = ()
    scale: float = 1.0
    apart: int = 0


_NINE = tuple((600 * (number % 3 - 1), 330 * (number // 3 - 1)) for number in range(9))

MIDDLE = Case("hd-10", "10 s of 1080p30 from the middle, as the viewer shows it", "hd", 30, HD, 317, 300, "TIMELINE")
STRIP = Case("hd-strip", "the same, as the strip alone", "hd", 30, HD, 317, 300)
WHOLE = Case("whole", "10 s, the whole file, untouched", "whole", 30, HD, 0, 300)
LABELLED = Case("labelled", "8 s, the whole file, every frame", "short", 30, HD, 0, 240, timing="EVERY_FRAME")
UHD = Case("uhd-3", "3 s of 3840×2160, sent 2160 wide", "uhd", 30, (3840, 2160), 47, 90)
SIXTY = Case("sixty-real", "3 s of 1080p60, real time", "sixty", 60, HD, 101, 180)
SIXTY_EVERY = Case("sixty-every", "75 frames of 1080p60, every frame", "sixty", 60, HD, 101, 75, timing="EVERY_FRAME")
IMAGES = Case("images", "3 s of 1080p PNG images", "images", 30, HD, 0, 90)
STACK = Case(
    "stack",
    "3 s of ten 1080p strips above each other",
    "hd",
    30,
    HD,
    47,
    90,
    "TIMELINE",
    above=_NINE,
    scale=0.3,
    apart=30,
)
GROWTH = (
    Case("hd-3", "1080p, 3 s", "hd", 30, HD, 317, 90, "TIMELINE"),
    Case("hd-5", "1080p, 5 s", "hd", 30, HD, 317, 150, "TIMELINE"),
    Case("sd-10", "720p, 10 s", "sd", 30, (1280, 720), 317, 300, "TIMELINE"),
)

EVERY = (MIDDLE, STRIP, WHOLE, LABELLED, UHD, SIXTY, SIXTY_EVERY, IMAGES, STACK, *GROWTH)
