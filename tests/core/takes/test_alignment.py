# SPDX-License-Identifier: GPL-3.0-or-later
"""From evidence to corrections: what is proved is corrected, and nothing else. The evidence is made by hand here."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reshoot.core.takes.alignment import REACH, Alignment, Delay, Likeness, decide, shown_by, track
from reshoot.core.takes.picture_fit import Tile, fit
from reshoot.core.values.take import Fit

ROWS = 144


def band(late: Callable[[int], int], *, strength: float = 1.0, noise: float = 0.02, rows: int = ROWS, seed: int = 0):
    """Evidence of a shot that moves: frames are alike where `late(row)` says, and less so beside it."""
    chance = random.Random(seed)
    table: list[list[float | None]] = []
    for row in range(rows):
        liveliness = 0.6 + 0.4 * math.sin(row / 9)
        here: list[float | None] = []
        for delay in range(-REACH, REACH + 1):
            away = abs(delay - late(row))
            value = strength * math.exp(-away * liveliness) + chance.gauss(0, noise)
            here.append(value if 0 <= row + delay < rows else None)
        table.append(here)
    return Likeness(table, table)


def lates(found: Alignment) -> list[int]:
    return found.late()


@pytest.mark.parametrize("late", [-3, -2, -1, 0, 1, 2, 3, 5])
@pytest.mark.parametrize(("strength", "noise"), [(1.0, 0.01), (0.3, 0.03), (0.1, 0.012)])
def test_a_constant_delay_is_found(late: int, strength: float, noise: float) -> None:
    found = track(band(lambda row: late, strength=strength, noise=noise))
    assert found == Alignment((Delay(0, ROWS, late),), True)


@pytest.mark.parametrize("change", [1, -1, 2, -2])
@pytest.mark.parametrize("at", [40, 72, 100])
def test_a_frame_too_many_or_too_few_is_found_where_it_is(change: int, at: int) -> None:
    found = track(band(lambda row: change if row >= at else 0, strength=0.5))
    assert found.sure and [run.late for run in found.runs] == [0, change]
    assert abs(found.runs[1].start - at) <= 2


def test_two_changes_are_found() -> None:
    found = track(band(lambda row: (row >= 50) + (row >= 100)))
    assert [run.late for run in found.runs] == [0, 1, 2]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.001, 0.3))
def test_chance_alone_proves_nothing(seed: int, noise: float) -> None:
    found = track(band(lambda row: 0, strength=0.0, noise=noise, seed=seed))
    assert found == Alignment((Delay(0, ROWS, 0),), False)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 1.0), st.floats(0.001, 0.3))
def test_what_is_not_damaged_is_left_alone(seed: int, strength: float, noise: float) -> None:
    found = track(band(lambda row: 0, strength=strength, noise=noise, seed=seed))
    assert set(lates(found)) == {0}


def test_a_still_picture_is_no_evidence() -> None:
    same: list[list[float | None]] = [[0.9] * (2 * REACH + 1) for _ in range(ROWS)]
    assert not track(Likeness(same, same)).sure


def test_a_few_frames_that_look_late_are_left_alone() -> None:
    found = track(band(lambda row: 1 if 60 <= row < 68 else 0))
    assert found == Alignment((Delay(0, ROWS, 0),), True)


def test_a_movement_that_repeats_is_not_taken_for_a_delay() -> None:
    period = 6
    plain = band(lambda row: 0, noise=0.01).band
    for slip in (0, 3):
        chance = random.Random(slip)
        table: list[list[float | None]] = [
            [
                math.cos(2 * math.pi * (delay - slip) / period) + chance.gauss(0, 0.02)
                for delay in range(-REACH, REACH + 1)
            ]
            for _ in plain
        ]
        # Three late is three early there: nobody can tell.
        assert set(lates(track(Likeness(table, table)))) == {0}


def test_a_shifted_picture_in_a_pan_is_not_taken_for_a_delay() -> None:
    late = band(lambda row: 2)
    either: list[list[float | None]] = [[1.0] * (2 * REACH + 1) for _ in range(ROWS)]
    assert track(late).sure
    assert track(Likeness(late.band, either)) == Alignment((Delay(0, ROWS, 0),), False)


def test_a_short_result_is_not_judged() -> None:
    assert not track(band(lambda row: 2, rows=12)).sure


# What becomes of it


def inspected(
    runs: Sequence[tuple[int, int, int]], *, sure: bool = True, result_frames: int = ROWS, still: bool = False
):
    expected = range(ROWS)
    return decide(expected, result_frames, Alignment(tuple(Delay(*run) for run in runs), sure), Fit(), still=still)


def test_an_undamaged_result_is_said_to_be_aligned() -> None:
    found = inspected([(0, ROWS, 0)])
    assert (found.frames, found.sure, found.notes) == (tuple(range(ROWS)), True, ("Aligned",))


def test_a_late_result_is_taken_from_later_on_and_held_at_the_end() -> None:
    found = inspected([(0, ROWS, 2)])
    assert found.frames[:3] == (2, 3, 4) and found.frames[-3:] == (ROWS - 1,) * 3
    assert found.notes == ("Aligned: 2 frames late, corrected",)
    assert inspected([(0, ROWS, -1)]).frames[:3] == (0, 0, 1)


def test_a_doubled_frame_is_skipped_and_a_missing_one_held() -> None:
    found = inspected([(0, 57, 0), (57, ROWS, 1)])
    assert found.frames[55:59] == (55, 56, 58, 59)
    assert found.notes == ("Frame 58 is doubled in the result: skipped",)
    found = inspected([(0, 57, 0), (57, ROWS, -1)])
    assert found.frames[55:59] == (55, 56, 56, 57)
    assert found.notes == ("A frame is missing in the result after frame 57: held",)


def test_many_changes_of_one_kind_are_a_pace() -> None:
    found = inspected([(0, 40, 0), (40, 80, 1), (80, 120, 2), (120, ROWS, 3)])
    assert found.notes == ("The result runs 2.1 % too slowly: evened out",)


def test_what_is_not_sure_stays_as_expected_and_says_why() -> None:
    found = inspected([(0, ROWS, 0)], sure=False, still=True)
    assert found.frames == tuple(range(ROWS)) and not found.sure
    assert found.notes == ("Too little moves to compare the frames: placed as it came",)
    (note,) = inspected([(0, ROWS, 0)], sure=False).notes
    assert "could not be compared" in note


def test_no_frame_is_asked_for_that_the_result_does_not_have() -> None:
    for runs in ([(0, ROWS, 5)], [(0, ROWS, -3)], [(0, 70, 0), (70, ROWS, -1)]):
        frames = inspected(runs, result_frames=ROWS - 4).frames
        assert list(frames) == sorted(frames) and frames[0] >= 0 and frames[-1] <= ROWS - 5


def test_a_result_at_another_rate_is_judged_by_its_own_frames() -> None:
    expected = [math.floor((k + 0.5) * 24 / 60) for k in range(300)]
    shown = shown_by(expected)
    assert len(shown) == 120 and all(expected[frame] == number for number, frame in enumerate(shown))
    found = decide(expected, 120, Alignment((Delay(0, 120, 1),), True), Fit(), still=False)
    assert found.frames[:6] == (1, 1, 2, 2, 2, 3)
    slower = [math.floor((k + 0.5) * 30 / 24) for k in range(96)]
    shown = shown_by(slower)
    assert len(shown) == slower[-1] + 1 and shown == sorted(shown) and set(shown) == set(range(96))


# The picture


def tiles(*, grown: tuple[float, float] = (0, 0), moved: tuple[float, float] = (0, 0), strays: int = 0) -> list[Tile]:
    """Parts of a picture that is larger by `grown` and moved right and down by `moved`; some are somewhere else."""
    chance = random.Random(3)
    found = []
    for number in range(48):
        x, y = (number % 8 + 0.5) / 8 - 0.5, (number // 8 + 0.5) / 6 - 0.5
        dx, dy = x * grown[0] + moved[0] + chance.gauss(0, 5e-4), y * grown[1] + moved[1] + chance.gauss(0, 5e-4)
        if number % 3 == 0 and number // 3 < strays:
            dx, dy = chance.uniform(-0.04, 0.04), chance.uniform(-0.04, 0.04)
        found.append(Tile(x, y, dx, dy, chance.uniform(0.1, 0.3), chance.uniform(0.1, 0.3)))
    return found


@pytest.mark.parametrize("strays", [0, 12])
@pytest.mark.parametrize("grown", [(0.02, 0.02), (-0.03, -0.03), (0.01, 0.0), (0.05, 0.05)])
@pytest.mark.parametrize("moved", [(0.0, 0.0), (0.00625, 0.0), (-0.01, 0.02)])
def test_scale_and_offset_are_undone(grown: tuple[float, float], moved: tuple[float, float], strays: int) -> None:
    found = fit(tiles(grown=grown, moved=moved, strays=strays))
    assert found is not None
    # Any point of the picture comes back to where it was.
    for x, y in [(-0.4, 0.3), (0.0, 0.0), (0.45, -0.45)]:
        there_x, there_y = x + x * grown[0] + moved[0], y + y * grown[1] + moved[1]
        assert there_x * found.scale_x + found.offset_x == pytest.approx(x, abs=0.002)
        assert -there_y * found.scale_y + found.offset_y == pytest.approx(-y, abs=0.002)


@pytest.mark.parametrize("strays", [0, 12])
def test_a_picture_in_place_is_left_alone(strays: int) -> None:
    assert fit(tiles(strays=strays)) == Fit()
    assert fit(tiles(grown=(0.001, 0.001), moved=(0.001, 0.0), strays=strays)) == Fit()


def test_parts_that_do_not_agree_prove_nothing() -> None:
    chance = random.Random(5)
    astray = [
        Tile(each.x, each.y, chance.uniform(-0.04, 0.04), chance.uniform(-0.04, 0.04), 0.1, 0.1) for each in tiles()
    ]
    assert fit(astray) in (None, Fit())
    assert fit([]) is None
    assert fit(tiles(grown=(0.02, 0.02))[:10]) is None


def test_the_picture_is_told_of_and_left_alone_where_frames_are_unsure_and_move() -> None:
    larger = Fit(1 / 1.02, 1 / 1.02)
    aligned = Alignment((Delay(0, ROWS, 0),), True)
    found = decide(range(ROWS), ROWS, aligned, larger, still=False)
    assert found.fit == larger
    assert found.notes == ("The picture is 2.0 % larger than what was sent: scaled back",)
    unsure = Alignment((Delay(0, ROWS, 0),), False)
    assert decide(range(ROWS), ROWS, unsure, larger, still=False).fit == Fit()
    assert decide(range(ROWS), ROWS, unsure, larger, still=True).fit == larger
    assert decide(range(ROWS), ROWS, aligned, None, still=False).fit == Fit()
    (note,) = decide(range(ROWS), ROWS, aligned, Fit(1, 1, -0.00625, 0.0), still=False).notes
    assert note.startswith("The picture is shifted by 0.6 %")
