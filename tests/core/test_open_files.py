# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that another program has open: a scanner for a moment, a player as long as it shows them.

Only on Windows is that in the way, and there a real handle is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from rehearsal_render import make_clip
from reshoot.core import storage
from reshoot.core.media import mp4
from reshoot.core.takes.files import check_writable
from reshoot.rehearsal.multipart import Multipart
from reshoot.rehearsal.storage import Storage, write_json

on_windows_alone = pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")


@pytest.mark.parametrize("held", ["part", "target"])
@on_windows_alone
def test_a_file_is_replaced_once_nobody_has_it_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    part, target = tmp_path / "part", tmp_path / "target"
    part.write_text("new")
    target.write_text("old")
    scanner = (tmp_path / held).open("rb")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            scanner.close()

    monkeypatch.setattr(storage, "time", SimpleNamespace(sleep=pause))
    storage.put_in_place(part, target)
    assert target.read_text() == "new" and not part.exists()
    assert len(pauses) == 2


def _relabelled(target: Path) -> None:
    mp4.relabel(make_clip(target.with_name("source.mp4")), target, Fraction(25), keep_sound=False)


def _noted(target: Path) -> None:
    write_json(target, {"name": "new"})


def _stored(target: Path) -> None:
    made = target.with_name("made.mp4")
    made.write_text("new")
    file = Storage(target.parent / "files").adopt(made, "result.mp4")
    assert file.path.read_text() == "new"


def _in_parts(target: Path) -> None:
    parts = Multipart(Storage(target.parent / "files"), 1000)
    file, upload_id = parts.begin("clip.mp4", "video/mp4")
    etag = parts.put(file.location, upload_id, 1, 3, lambda part, seen: (part.write(b"new"), seen(b"new")))
    whole = parts.complete(file.location, upload_id, [{"partNumber": 1, "etag": etag}])
    assert whole.path.read_text() == "new"


@pytest.mark.parametrize("write", [_relabelled, _noted, _stored, _in_parts])
@on_windows_alone
def test_whatever_is_written_is_put_in_place_past_a_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    """Each file is opened the moment before it is moved, and closed at the second try."""
    real, scanners = os.replace, []

    def replace(part: Path, target: Path) -> None:
        if not scanners:
            scanners.append(open(part, "rb"))  # noqa: SIM115 - closed at the second pause
        real(part, target)

    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            scanners[0].close()

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(storage, "time", SimpleNamespace(sleep=pause))
    write(tmp_path / "target")
    assert len(pauses) == 2
    assert [path for path in tmp_path.rglob("*") if "part" in path.name] == []


@on_windows_alone
def test_a_folder_is_found_writable_though_a_scanner_opens_what_is_tried_in_it(tmp_path: Path) -> None:
    ended = threading.Event()

    def scan() -> None:
        while not ended.is_set():
            for path in tmp_path.iterdir():
                with contextlib.suppress(OSError), path.open("rb"):
                    time.sleep(0.02)

    scanner = threading.Thread(target=scan)
    scanner.start()
    try:
        for _ in range(200):
            check_writable(tmp_path)
    finally:
        ended.set()
        scanner.join()
    assert list(tmp_path.iterdir()) == []


@on_windows_alone
def test_a_file_that_stays_open_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part, target = tmp_path / "part", tmp_path / "target"
    part.write_text("new")
    target.write_text("old")
    pauses: list[float] = []
    monkeypatch.setattr(storage, "time", SimpleNamespace(sleep=pauses.append))
    with target.open("rb"), pytest.raises(PermissionError):
        storage.put_in_place(part, target)
    assert target.read_text() == "old" and part.read_text() == "new"
    assert 1 < sum(pauses) < 2


def test_what_no_patience_helps_with_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(storage, "time", SimpleNamespace(sleep=pauses.append))
    with pytest.raises(FileNotFoundError):
        storage.put_in_place(tmp_path / "part", tmp_path / "target")
    assert pauses == []


@on_windows_alone
def test_a_folder_is_removed_once_nobody_has_a_file_in_it_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "clip.mp4").touch()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            scanner.close()

    monkeypatch.setattr(storage, "time", SimpleNamespace(sleep=pause))
    with (folder / "clip.mp4").open("rb") as scanner:
        storage.remove_folder(folder)
    assert not folder.exists() and len(pauses) == 2


@on_windows_alone
def test_a_folder_with_an_open_file_is_left_over_until_it_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "clip.mp4").touch()
    (folder / "job.json").touch()
    with (folder / "clip.mp4").open("rb"):
        storage.discard(folder / "clip.mp4")
        storage.remove_folder(folder, patiently=False)
        assert {path.name for path in folder.iterdir()} == {"clip.mp4", storage.OVER}
        assert storage.left_over(tmp_path) == [folder]
    storage.remove_folder(folder)
    assert not folder.exists() and storage.left_over(tmp_path) == []
