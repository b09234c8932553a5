# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot is among plain strips. That Blender's own strips are read rightly is for tests/timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from reshoot.core.takes.matching import Candidate, StripIndex, spots
from reshoot.core.values.choices import Source
from reshoot.core.values.shot import Shot, ShotStrip
from sample_jobs import a_shot

FOREST = ShotStrip("forest.mp4", "MOVIE", "/footage/forest.mp4", 11.0, 11, 91, 3)
SHOT = replace(a_shot(), strips=(FOREST,), start=11, frames=80)

Span = tuple[int, int, int]
"""First frame, frame after it, channel."""


def found(strips: Iterable[ShotStrip | Candidate], shot: Shot = SHOT, metas: Iterable[str] = ()) -> list[Span]:
    """Where `shot` is among `strips`."""
    candidates = [each if isinstance(each, Candidate) else Candidate(each) for each in strips]
    return [(spot.first, spot.end, spot.channel) for spot in spots(shot, StripIndex(candidates, metas))]


def moved(strip: ShotStrip, frames: int) -> ShotStrip:
    return replace(
        strip, content_start=strip.content_start + frames, start=strip.start + frames, end=strip.end + frames
    )


def test_untouched() -> None:
    assert found([FOREST]) == [(11, 91, 3)]


def test_gone_keeps_the_range_and_the_channel_that_it_had() -> None:
    assert found([]) == [(11, 91, 3)]
    (spot,) = spots(SHOT, StripIndex([], []))
    assert spot.strips == ()


def test_moved_trimmed_and_renamed() -> None:
    assert found([moved(FOREST, 20)]) == [(31, 111, 3)]
    assert found([replace(FOREST, start=21, end=71)]) == [(21, 71, 3)]
    assert found([replace(FOREST, name="another name", channel=5)]) == [(11, 91, 5)]
    assert found([moved(replace(FOREST, name="another name"), 7)]) == [(18, 98, 3)]


def test_pieces_side_by_side_are_one_spot_and_a_gap_stays_free() -> None:
    left, middle = replace(FOREST, end=41), replace(FOREST, name="forest.mp4.001", start=41, end=61)
    right = replace(FOREST, name="forest.mp4.002", start=61)
    assert found([left, middle, right]) == [(11, 91, 3)]
    assert found([left, right]) == [(11, 41, 3), (61, 91, 3)]
    assert found([left, moved(right, 100)]) == [(11, 41, 3), (161, 191, 3)]


def test_a_copy_and_another_part_of_the_movie_are_not_the_shot() -> None:
    copy = moved(replace(FOREST, name="forest.mp4.001"), 200)
    assert found([FOREST, copy]) == [(11, 91, 3)]
    first_half = replace(SHOT, strips=(replace(FOREST, end=51),), frames=40)
    assert found([replace(FOREST, name="forest.mp4.001", start=51)], first_half) == [(11, 51, 3)]


def test_another_file_under_the_name_is_not_the_shot() -> None:
    assert found([moved(replace(FOREST, filepath="/footage/lake.mp4"), 50)]) == [(11, 91, 3)]


def test_a_file_that_is_spelled_otherwise_is_the_same() -> None:
    assert found([moved(replace(FOREST, filepath="/footage/day/../forest.mp4"), 5)]) == [(16, 96, 3)]


def test_a_shot_in_a_meta_strip_is_found_there() -> None:
    (spot,) = spots(SHOT, StripIndex([Candidate(replace(FOREST, meta="scene 1", channel=1))], ["scene 1"]))
    assert (spot.meta, spot.channel, spot.strips) == ("scene 1", 1, ("forest.mp4",))


def test_what_the_viewer_shows_stays_on_the_level_where_it_was() -> None:
    shot = replace(SHOT, source=Source.TIMELINE)
    (spot,) = spots(shot, StripIndex([Candidate(replace(FOREST, meta="scene 1"))], ["scene 1"]))
    assert spot.meta == ""


def test_several_strips_keep_their_range_on_the_lowest_channel() -> None:
    other = ShotStrip("lake.mp4", "MOVIE", "/footage/lake.mp4", 91.0, 91, 121, 2)
    shot = replace(SHOT, strips=(FOREST, other), frames=110)
    assert found([moved(FOREST, 9), moved(other, 9)], shot) == [(20, 130, 2)]


@pytest.mark.parametrize("pace", [0.8, 1.25])
def test_a_hold_split_piece_at_its_own_rate_belongs_to_its_neighbour(pace: float) -> None:
    """What is cut off is counted in frames of the file: read at the file's own rate, it begins where the other does."""
    left = replace(FOREST, end=51)
    cut_off = 40 / pace
    right = replace(FOREST, name="forest.mp4.001", start=51, content_start=51 - cut_off)
    assert found([left, Candidate(right, own_start=11.0, pace=pace)]) == [(11, 91, 3)]


def test_a_text_is_known_by_its_name_or_its_place() -> None:
    title = ShotStrip("title", "TEXT", "", 11.0, 11, 91, 3)
    shot = replace(SHOT, strips=(title,))
    assert found([moved(title, 10)], shot) == [(21, 101, 3)]
    assert found([replace(title, name="renamed")], shot) == [(11, 91, 3)]
    # Blender counts the frames of a piece from its own start.
    pieces = [replace(title, end=51), replace(title, name="title.001", start=51, content_start=51.0)]
    assert found(pieces, shot) == [(11, 91, 3)]


KNOWN = replace(SHOT, id="a" * 32)


def known(strip: ShotStrip, shot_id: str = KNOWN.id) -> Candidate:
    """A strip that bears the id of a shot."""
    return Candidate(strip, ids=("b" * 32, shot_id))


def test_a_strip_that_bears_the_id_is_the_shot_whatever_it_is_called_and_shows() -> None:
    relinked = replace(FOREST, name="graded", filepath="/elsewhere/graded.mov")
    assert found([known(moved(relinked, 20))], KNOWN) == [(31, 111, 3)]
    # Another part of the movie, that got the name meanwhile, is not.
    other = moved(replace(FOREST, channel=6), 400)
    assert found([other, known(moved(replace(FOREST, name="opening"), 50))], KNOWN) == [(61, 141, 3)]
    assert found([other, known(moved(replace(FOREST, name="opening"), 50), "c" * 32)], KNOWN) == [(411, 491, 6)]


def test_of_two_that_bear_the_id_the_one_of_the_name_is_the_shot() -> None:
    copy = known(moved(replace(FOREST, name="forest.mp4.001"), 200))
    assert found([copy, known(moved(FOREST, 10))], KNOWN) == [(21, 101, 3)]
    # Without it, the copy is.
    assert found([copy], KNOWN) == [(211, 291, 3)]


def test_a_strip_without_a_file_is_found_by_its_id() -> None:
    title = ShotStrip("Title", "TEXT", "", 11.0, 11, 91, 4)
    shot = replace(KNOWN, strips=(title,))
    renamed = replace(title, name="End", channel=9, start=31, end=111, content_start=31.0)
    assert found([known(renamed)], shot) == [(31, 111, 9)]
    assert found([Candidate(renamed)], shot) == [(11, 91, 4)]


def test_without_an_id_nothing_is_found_by_it() -> None:
    assert found([Candidate(replace(FOREST, filepath="/elsewhere/graded.mov"))]) == [(11, 91, 3)]
    (spot,) = spots(SHOT, StripIndex([Candidate(replace(FOREST, filepath="/elsewhere/graded.mov"))], []))
    assert spot.strips == ()
