# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for a job makes no folder in the place of one that is gone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reshoot.core.blender_process import Blender
from reshoot.core.errors import StorageError
from reshoot.core.service import download
from reshoot.core.storage import make_folder


def test_a_folder_is_made_with_the_one_it_is_in(tmp_path: Path) -> None:
    make_folder(tmp_path / "jobs" / "one")
    make_folder(tmp_path / "jobs" / "one")
    assert (tmp_path / "jobs" / "one").is_dir()


def _run(folder: Path) -> None:
    Blender((sys.executable, "-c", "")).run("compare", {}, folder)


def _fetch(folder: Path) -> None:
    download.fetch("http://127.0.0.1:9/result.mp4", folder / "result.mp4", max_bytes=1, local_only=True)


@pytest.mark.parametrize("use", [make_folder, _run, _fetch])
def test_nothing_is_made_where_a_home_was_that_is_gone(tmp_path: Path, use: Callable[[Path], None]) -> None:
    """A folder that a late thread made there would keep the home from coming back under its name."""
    home = tmp_path / "home"
    with pytest.raises((StorageError, OSError)):
        use(home / "jobs" / "b43572f8968d4053af56724f4b6add02" / "ahead")
    assert not home.exists()
