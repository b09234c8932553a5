# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system knows of the processes that a Blender has started. Linux only."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PROC = Path("/proc")


def command(pid: int) -> str:
    """How a process was started, or nothing where it is gone."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def runs(pid: int) -> bool:
    """Whether a process is there and is more than a row in the system's table."""
    return _state(pid) not in ("", "Z", "X")


def children(pid: int) -> list[int]:
    """The running processes below `pid`, at any depth."""
    parents: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return [each for each in found if runs(each)]


def using(folder: Path) -> list[int]:
    """The running processes whose command names something in `folder`."""
    return [
        int(each.name)
        for each in _PROC.iterdir()
        if each.name.isdigit() and str(folder) in command(int(each.name)) and runs(int(each.name))
    ]


def send(pid: int, what: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _state(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
