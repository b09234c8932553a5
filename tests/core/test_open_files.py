# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that another program has open: a scanner for a moment, a player as long as it shows them.

Only on Windows is that in the way, and there a real handle is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from reshoot.core import storage

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
def test_a_folder_with_an_open_file_is_left_over_until_it_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "clip.mp4").touch()
    (folder / "job.json").touch()
    with (folder / "clip.mp4").open("rb"):
        storage.discard(folder / "clip.mp4")
        storage.remove_folder(folder)
        assert {path.name for path in folder.iterdir()} == {"clip.mp4", storage.OVER}
        assert storage.left_over(tmp_path) == [folder]
    storage.remove_folder(folder)
    assert not folder.exists() and storage.left_over(tmp_path) == []
