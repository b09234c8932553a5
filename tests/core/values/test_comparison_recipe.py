# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of a comparison are made, in which order and how large, so that they fit where they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reshoot.core.values.comparison_recipe import (
    BYTES_PER_PIXEL,
    MOST_BYTES,
    ComparisonRecipe,
    frame_file,
    most_frames,
    outwards,
    percentage_for,
    size_at,
)
from reshoot.core.values.serialization import from_json, to_json
from sample_jobs import a_job

sides = st.integers(4, 8192)


def test_frames_come_outwards_from_the_playhead() -> None:
    assert outwards(1, 6, 3, 100) == (3, 4, 2, 5, 1)
    assert outwards(1, 6, 3, 2) == (3, 4)


@pytest.mark.parametrize(("at", "begin"), [(-50, (-2, -1)), (90, (3, 2))])
def test_a_playhead_beside_the_shot_counts_as_its_edge(at: int, begin: tuple[int, int]) -> None:
    assert outwards(-2, 4, at, 100)[:2] == begin


@given(first=st.integers(-500, 500), length=st.integers(1, 300), at=st.integers(-900, 900))
def test_every_frame_comes_once(first: int, length: int, at: int) -> None:
    assert sorted(outwards(first, first + length, at, length)) == list(range(first, first + length))


@given(canvas=st.tuples(sides, sides), frames=st.integers(1, 5000), count=st.integers(1, 2))
def test_what_is_made_has_room(canvas: tuple[int, int], frames: int, count: int) -> None:
    percentage = percentage_for(canvas, frames, count)
    assert 1 <= percentage <= 100
    width, height = size_at(canvas, percentage)
    made = min(frames, most_frames((width, height), count))
    assert made * count * width * height * BYTES_PER_PIXEL <= MOST_BYTES
    assert max(width, height) <= 1280 and min(width, height) <= 720


@pytest.mark.parametrize(
    ("canvas", "frames", "count", "size"),
    [
        ((1280, 720), 132, 1, (1280, 720)),
        ((1920, 1080), 50, 1, (1267, 712)),
        ((1920, 1080), 5000, 1, (960, 540)),
        ((1080, 1920), 5000, 2, (540, 960)),
        ((160, 90), 100000, 2, (160, 90)),
    ],
)
def test_short_shots_are_shown_larger(canvas: tuple[int, int], frames: int, count: int, size: tuple[int, int]) -> None:
    assert size_at(canvas, percentage_for(canvas, frames, count)) == size


def test_files_of_frames_before_zero_have_names_of_their_own(tmp_path: Path) -> None:
    files = {frame_file(tmp_path, side, frame) for side in ("other", "shown") for frame in range(-3, 4)}
    assert len(files) == 14 and all(path.parent == tmp_path for path in files)


def test_it_crosses_to_another_process(tmp_path: Path) -> None:
    job = a_job()
    recipe = ComparisonRecipe(
        tmp_path / "a.blend", "Scene", "", tmp_path, (3, 4, 2), 50, (640, 360), ("other", "shown"), ("SH010",), (job,)
    )
    assert from_json(ComparisonRecipe, to_json(recipe)) == recipe
