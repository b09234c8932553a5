# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be removed of a rejected take: its own files, where nothing uses them, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from reshoot.core.errors import PlacementError
from reshoot.core.takes.clean_up import removable, same_for_all
from reshoot.core.values.choices import Rating
from reshoot.core.values.job import Job
from reshoot.core.values.state import State
from reshoot.core.values.take import Take
from sample_jobs import a_job


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (made := tmp_path / "reshoot").mkdir()
    return made


def rejected(folder: Path, name: str = "Forest_take01_{id}.mp4", **changes: Any) -> Job:
    """A job whose take is in a folder, and was placed and rejected."""
    job = a_job()
    path = folder / name.format(id=job.id[:8])
    path.write_bytes(bytes(1000))
    path.with_suffix(".json").write_text("{}")
    take = Take(str(path), 720, 720, 72, Fraction(24), False, None)
    return replace(job, **{"state": State.PLACED, "take": take, "rating": Rating.REJECT, **changes})


def why(job: Job, folder: Path, *shown: Path) -> str:
    """Why a take has to stay."""
    with pytest.raises(PlacementError) as refusal:
        removable(job, folder, {same_for_all(str(path)) for path in shown})
    return refusal.value.message


def test_the_take_and_its_copies_at_other_rates_go_and_nothing_else(folder: Path) -> None:
    job = rejected(folder)
    rejected(folder)
    take = Path(job.take.path)
    copy = take.with_name(f"{take.stem}_at24000-1001.mp4")
    copy.write_bytes(bytes(500))
    for name in (f"{take.stem}_at24.mp4", f"{take.stem}_graded.mp4", f"x{take.stem}_at24-1.mp4"):
        (folder / name).write_bytes(bytes(10))
    found = removable(job, folder, set())
    assert found.files == (copy, take) and found.size == 1500


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rating": Rating.NONE}, "not rejected"),
        ({"rating": Rating.PICK}, "not rejected"),
        ({"take": None}, "not landed"),
        ({"state": State.FAILED}, "not landed"),
        ({"state": State.LANDED}, "waits to be placed"),
        ({"compared": False}, "waits to be placed"),
    ],
)
def test_what_is_not_done_with_stays(folder: Path, changes: dict[str, Any], reason: str) -> None:
    assert reason in why(rejected(folder, **changes), folder)


def test_a_take_that_was_given_up_may_go(folder: Path) -> None:
    job = rejected(folder, state=State.LANDED, dismissed=7.0)
    assert removable(job, folder, set()).files == (Path(job.take.path),)


def test_what_a_file_shows_stays_by_whatever_name(folder: Path, tmp_path: Path) -> None:
    job = rejected(folder)
    take = Path(job.take.path)
    assert "the open file uses it" in why(job, folder, take)
    (tmp_path / "other").symlink_to(folder)
    assert "the open file uses it" in why(job, folder, tmp_path / "other" / take.name)
    copy = take.with_name(f"{take.stem}_at25-1.mp4")
    copy.write_bytes(b"")
    assert "the open file uses it" in why(job, folder, copy)


@pytest.mark.parametrize("name", ["Forest_take01_01234567.mp4", "film.mp4", "Forest_take01_{id}.mov"])
def test_a_file_of_another_name_is_not_the_jobs_own(folder: Path, name: str) -> None:
    assert "another name" in why(rejected(folder, name), folder)


def test_a_file_elsewhere_stays(folder: Path, tmp_path: Path) -> None:
    (elsewhere := folder / "deeper").mkdir()
    assert "not in the folder" in why(rejected(elsewhere), folder)
    assert "not in the folder" in why(rejected(folder), tmp_path)


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    job = rejected(folder)
    take = Path(job.take.path)
    original = tmp_path / "original.mp4"
    os.replace(take, original)
    assert "not on disk" in why(job, folder)
    take.symlink_to(original)
    assert "a link" in why(job, folder)
    take.unlink()
    take.mkdir()
    assert "a link, or no file" in why(job, folder)
    take.rmdir()
    os.replace(original, take)
    copy = take.with_name(f"{take.stem}_at25-1.mp4")
    copy.symlink_to(tmp_path / "film.mp4")
    assert removable(job, folder, set()).files == (take,)
    (tmp_path / "link").symlink_to(folder)
    linked = replace(job, take=replace(job.take, path=str(tmp_path / "link" / take.name)))
    assert "not in the folder" in why(linked, tmp_path / "link")
