# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of files that may have an alpha channel: whoever reads a timeline asks here, and waits for no disk.

Headers tell most; of the rest a background Blender looks at a picture, as its sequencer does. Where a file was not
looked at yet it counts as see-through: what is below it is sent too then, and nothing is lost.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..blender_process import Blender
from ..errors import ExportError, JobCancelled, StorageError
from ..media import alpha

_KEPT = 1024
_FRESH = 2.0
"""Seconds that a look is taken for true."""


class _Found(NamedTuple):
    """state: of the file when it was looked at. alpha: None where only Blender can tell. at: when that was."""

    state: tuple[int, int]
    alpha: bool | None
    at: float


_lock = threading.Lock()
_known: dict[str, _Found] = {}
_asked: dict[str, None] = {}
_supposed: frozenset[str] = frozenset()
_changes = 0


def has_alpha(path: str) -> bool | None:
    """Whether a picture or movie has an alpha channel, as far as it was looked at. Asks no disk."""
    with _lock:
        if path in _supposed:
            return False
        _asked[path] = None
        found = _known.get(path)
    return found.alpha if found is not None else None


@contextmanager
def supposed_without(paths: Sequence[str]) -> Iterator[None]:
    """Meanwhile none of `paths` is said to have an alpha channel."""
    global _supposed
    _supposed = frozenset(paths)
    try:
        yield
    finally:
        _supposed = frozenset()


def are_without(paths: Sequence[str]) -> bool:
    """Whether it is known of each of `paths` that it has no alpha channel."""
    with _lock:
        return all((found := _known.get(path)) is not None and found.alpha is False for path in paths)


def asked() -> tuple[str, ...]:
    """The files that were asked for since this was called last."""
    with _lock:
        paths = tuple(_asked)
        _asked.clear()
    return paths


def changes() -> int:
    """Grows whenever an answer is another than before."""
    return _changes


def is_settled(paths: Sequence[str]) -> bool:
    """Whether there is an answer for each of `paths`."""
    with _lock:
        return all((found := _known.get(path)) is not None and found.alpha is not None for path in paths)


def look(paths: Sequence[str]) -> bool:
    """Read the headers of those of `paths` that were not looked at lately. Whether any answer is another now."""
    before = _changes
    now = time.monotonic()
    with _lock:
        lately = {path for path in paths if path in _known and now - _known[path].at < _FRESH}
    for path in paths:
        if path not in lately:
            _look(path)
    return _changes != before


def look_closely(paths: Sequence[str], blender: Blender | None, cancelled: Callable[[], bool]) -> None:
    """Read the headers of `paths`, and have `blender` look at those that do not tell. For a thread: takes seconds."""
    for path in paths:
        _look(path)
    with _lock:
        unsure = {path: found for path in paths if (found := _known.get(path)) is not None and found.alpha is None}
    if not unsure or blender is None:
        return
    with tempfile.TemporaryDirectory(prefix="reshoot-", ignore_cleanup_errors=True) as folder:
        try:
            answer = blender.run("find_alpha", {"files": list(unsure)}, Path(folder), cancelled=cancelled)
        except JobCancelled:
            return
        except (ExportError, StorageError):
            # Asked again, it would end in the same way: what it could not look at stays see-through.
            answer = {"alpha": [True] * len(unsure)}
    for (path, found), told in zip(unsure.items(), answer["alpha"], strict=True):
        _keep(path, found.state, bool(told))


def _look(path: str) -> None:
    try:
        state = os.stat(path)
    except OSError:
        _keep(path, (0, 0), found=False)
        return
    stamp = (state.st_mtime_ns, state.st_size)
    with _lock:
        known = _known.get(path)
    _keep(path, stamp, known.alpha if known is not None and known.state == stamp else alpha.probe(path))


def _keep(path: str, state: tuple[int, int], found: bool | None) -> None:
    global _changes
    with _lock:
        before = _known.pop(path, None)
        if before is None or before.alpha != found:
            _changes += 1
        _known[path] = _Found(state, found, time.monotonic())
        while len(_known) > _KEPT:
            _known.pop(next(iter(_known)))
