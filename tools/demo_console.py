# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo says: a progress bar for each step on a terminal, plain lines elsewhere, and the closing table.

Blender talks too: that is kept apart, in a log.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

_BAR = 24
_NAME = 11
_PATIENCE = 10.0
"""Seconds after which a step that still runs is told of again, where there is no terminal to draw a bar on."""

_out: TextIO = sys.stdout


class DemoFailed(Exception):
    """The demo cannot go on; the text says why."""


def send_blender_to(log: Path) -> None:
    """From now on, what Blender and its add-ons write goes to `log`; `say` still reaches who runs the demo.

    Python's own errors do too.
    """
    global _out
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    _out = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="replace")
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def say(words: str = "", end: str = "\n") -> None:
    """Tell who runs the demo."""
    print(words, end=end, file=_out, flush=True)


class Steps:
    """The steps of a job, one line each: how far the present one is, and how long each took."""

    def __init__(self) -> None:
        self._bars = _out.isatty()
        self._done, self._left = ("█", "░") if "utf" in _out.encoding.lower() else ("#", ".")
        self._told = ("", "", 0.0)

    def now(self, name: str, words: str, fraction: float | None) -> None:
        """The step `name` is under way. fraction: 0 to 1, None where it cannot be told."""
        if self._bars:
            self._draw(f"{self._line(name, fraction or 0.0)}  {words}")
            return
        before, said, at = self._told
        if (name, words) != (before, said) and (name != before or time.monotonic() - at > _PATIENCE):
            # Its first words come with its end, unless that takes long.
            if name == before:
                say(f"  {name:{_NAME}} {words}")
            self._told = (name, words, time.monotonic())

    def done(self, name: str, words: str, seconds: float) -> None:
        """The step `name` is finished."""
        if self._bars:
            self._draw(f"{self._line(name, 1.0)}  {seconds:5.1f} s  {words}".rstrip())
            say()
        else:
            say(f"  {name:{_NAME}} {seconds:5.1f} s  {words}".rstrip())

    def broke(self) -> None:
        """Leave the bar that was being drawn as it stands."""
        if self._bars:
            say()

    def _line(self, name: str, fraction: float) -> str:
        full = round(min(max(fraction, 0.0), 1.0) * _BAR)
        return f"  {name:{_NAME}} {self._done * full}{self._left * (_BAR - full)}"

    def _draw(self, line: str) -> None:
        # Cut off, since a line that wraps cannot be drawn over.
        width = shutil.get_terminal_size().columns - 1
        say(f"\r\x1b[2K{line[:width]}", end="")


def table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print `rows` of a name and what there is to say, under `title`."""
    width = max(len(name) for name, _words in rows)
    say(f"\n{title}")
    for name, words in rows:
        say(f"  {name:{width}}   {words}")


def megabytes(size: int) -> str:
    """A file's size as people write it."""
    return f"{size / 1_000_000:.2f} MB" if size >= 100_000 else f"{size / 1000:.1f} kB"
