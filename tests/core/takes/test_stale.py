# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed of a shot since its take was made, told from plain values."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from reshoot.core.takes import stale
from reshoot.core.takes.stale import Aspect, Laid, Plate, Stale
from reshoot.core.values.serialization import from_json, to_json
from reshoot.core.values.shot import Mark, Shot, ShotStrip
from reshoot.core.values.take import FrameShift, Take
from sample_jobs import PROJECT, a_job, a_long_shots_jobs, a_shot

MARKED = tuple(Mark(each.value, "0") for each in Aspect if each not in (Aspect.TRIM, Aspect.PLACE))
SHOT = a_shot(marks=MARKED)
"""From frame 1 to 73."""
PLATE = Plate(1, (1, 73), Fraction(24), (("MOVIE", "/films/forest.mp4"),), PROJECT, MARKED)
BESIDE = Laid(1, (1, 73), stacked=False)
STACKED = replace(BESIDE, stacked=True)
HAS = (-12, 72 + 12)


def marked(aspect: Aspect) -> tuple[Mark, ...]:
    return tuple(replace(mark, digest="1") if mark.kind == aspect.value else mark for mark in MARKED)


def plate(**changes: Any) -> Plate:
    return replace(PLATE, **changes)


def test_nothing_is_stale_where_nothing_has_changed() -> None:
    for laid in (BESIDE, STACKED, None):
        assert stale.changed(SHOT, PLATE, HAS, laid) is None
    # Both were moved, as a stack is.
    assert stale.changed(SHOT, plate(origin=501, shown=(501, 573)), HAS, Laid(501, (501, 573), stacked=True)) is None


@pytest.mark.parametrize(
    ("now", "laid", "told"),
    [
        (plate(origin=11, shown=(11, 83)), BESIDE, Stale((Aspect.PLACE,), True, 10)),
        (plate(origin=-9, shown=(-9, 63)), BESIDE, Stale((Aspect.PLACE,), True, -10)),
        # Where it would be laid anew, it is laid where the shot is.
        (plate(origin=11, shown=(11, 83)), None, None),
        (plate(shown=(6, 70)), BESIDE, Stale((Aspect.TRIM,), True)),
        # What the stack cuts off, it cuts off its take.
        (plate(shown=(6, 70)), replace(STACKED, shown=(6, 70)), None),
        (plate(shown=(1, 81)), STACKED, Stale((Aspect.TRIM,), True)),
        (plate(shown=(1, 93)), STACKED, Stale((Aspect.TRIM,), True, 0, 0, 8)),
        (plate(shown=(-20, 93)), BESIDE, Stale((Aspect.TRIM,), True, 0, 9, 8)),
        # It has followed as far as it can.
        (plate(shown=(-20, 93)), Laid(1, (-11, 85), stacked=False), Stale((Aspect.TRIM,), False, 0, 9, 8)),
        (plate(shown=(1, 93)), None, Stale((Aspect.TRIM,), False, 0, 0, 8)),
        # Of the frames that it shows now the take has none.
        (plate(shown=(101, 131)), BESIDE, Stale((Aspect.TRIM,), False, 0, 0, 30)),
        (plate(shown=(-50, -20)), BESIDE, Stale((Aspect.TRIM,), False, 0, 30, 0)),
        (plate(origin=11, shown=(16, 80)), BESIDE, Stale((Aspect.TRIM, Aspect.PLACE), True, 10)),
        # The editor has trimmed the take alone.
        (PLATE, Laid(1, (21, 41), stacked=False), None),
        # It was trimmed to what the shot was once.
        (PLATE, Laid(1, (21, 41), stacked=False, followed=True), Stale((Aspect.TRIM,), True)),
        (plate(fps=Fraction(25)), BESIDE, Stale((Aspect.PACE,))),
        (plate(files=(("MOVIE", "/films/other.mp4"),)), BESIDE, Stale((Aspect.FILE,))),
        (plate(files=(("IMAGE", "/films/forest.mp4"),)), BESIDE, Stale((Aspect.FILE,))),
        # Past these it cannot follow, whatever else has changed.
        (
            plate(files=(("MOVIE", "/films/other.mp4"),), shown=(6, 70)),
            BESIDE,
            Stale((Aspect.FILE, Aspect.TRIM), False),
        ),
        (plate(marks=marked(Aspect.PACE), shown=(6, 70)), BESIDE, Stale((Aspect.PACE,))),
        (plate(marks=marked(Aspect.COLOUR), shown=(6, 70)), BESIDE, Stale((Aspect.TRIM, Aspect.COLOUR), True)),
        (plate(marks=marked(Aspect.BLEND)), BESIDE, Stale((Aspect.BLEND,))),
        # The stack is blended in the place of both.
        (plate(marks=marked(Aspect.BLEND)), STACKED, None),
        (plate(marks=marked(Aspect.BLEND)), None, None),
        *(
            (plate(marks=marked(aspect)), STACKED, Stale((aspect,)))
            for aspect in (Aspect.FILE, Aspect.INSIDE, Aspect.PACE, Aspect.COLOUR, Aspect.PLACEMENT, Aspect.BELOW)
        ),
        # What was not looked at at the press is not told.
        (plate(marks=()), BESIDE, None),
    ],
)
def test_what_has_changed_is_told(now: Plate, laid: Laid | None, told: Stale | None) -> None:
    assert stale.changed(SHOT, now, HAS, laid) == told
    assert told is None or (len(told.words) >= len(told.what) and len(set(told.words)) == len(told.words))


def test_of_a_row_of_0_1_0_trim_place_and_file_are_told() -> None:
    old = replace(SHOT, marks=(), id="")
    assert stale.changed(old, plate(marks=marked(Aspect.COLOUR)), HAS, BESIDE) is None
    assert stale.changed(old, plate(shown=(6, 70)), HAS, BESIDE) == Stale((Aspect.TRIM,), True)
    data = to_json(SHOT)
    assert from_json(Shot, data) == SHOT
    del data["marks"], data["id"]
    assert from_json(Shot, data) == old


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ((1, 73 + 13), ("It was trimmed", "Opened by 1 frame past the take")),
        ((1, 73 + 20), ("It was trimmed", "Opened by 8 frames past the take")),
        ((5, 70), ("It was trimmed",)),
    ],
)
def test_how_far_it_was_opened_is_said(frames: tuple[int, int], words: tuple[str, ...]) -> None:
    told = stale.changed(SHOT, plate(shown=frames), HAS, BESIDE)
    assert told is not None and told.words == words
    followed = Laid(1, (max(frames[0], 1 - 12), min(frames[1], 73 + 12)), stacked=False)
    told = stale.changed(SHOT, plate(shown=frames), HAS, followed)
    assert (told.words if told is not None else ()) == words[1:]


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (1, "It lies 1 frame later than its take"),
        (-1, "It lies 1 frame before its take"),
        (40, "It lies 40 frames later than its take"),
        (-40, "It lies 40 frames before its take"),
    ],
)
def test_how_far_it_was_moved_is_said(moved: int, words: str) -> None:
    told = stale.changed(SHOT, plate(origin=1 + moved, shown=(1 + moved, 73 + moved)), HAS, BESIDE)
    assert told is not None and told.words == (words,)


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        (("/films/a/plate.mp4", "/films/film.blend"), ("/films/a/plate.mp4", "/other/film.blend"), True),
        # The project and its footage were carried to another computer.
        (("/films/a/plate.mp4", "/films/film.blend"), ("D:\\work\\a\\plate.mp4", "D:\\work\\film.blend"), True),
        (("/films/one/plate.mp4", "/films/one/film.blend"), ("/two/plate.mp4", "/two/film.blend"), True),
        (("/films/x/v1/plate.mp4", "/films/film.blend"), ("/films/x/v2/plate.mp4", "/films/film.blend"), False),
        (("/films/plate.mp4", "/films/film.blend"), ("/films/plate2.mp4", "/films/film.blend"), False),
        (("/disk/plate.mp4", "untitled:0"), ("/other/plate.mp4", "untitled:1"), False),
        (("", "/films/film.blend"), ("", "/films/film.blend"), True),
    ],
)
def test_a_file_is_the_same_wherever_the_project_is(then: tuple[str, str], now: tuple[str, str], *, same: bool) -> None:
    strip = replace(SHOT.strips[0], filepath=then[0])
    shot = replace(SHOT, strips=(strip,), project=then[1])
    told = stale.changed(shot, plate(files=(("MOVIE", now[0]),), project=now[1]), HAS, BESIDE)
    assert (told is None) == same


def test_edits_and_their_inverse_leave_nothing_stale() -> None:
    rng = random.Random(16)
    for _case in range(300):
        now, laid = PLATE, rng.choice([BESIDE, STACKED])
        done: list[tuple[str, Any]] = []
        for _edit in range(rng.randint(1, 5)):
            kind = rng.choice(["move", "trim", "mark", "fps", "file"])
            done.append((kind, now))
            by = rng.choice([-30, -4, 3, 25])
            if kind == "move":
                now = replace(now, origin=now.origin + by, shown=(now.shown[0] + by, now.shown[1] + by))
            elif kind == "trim":
                now = replace(now, shown=(now.shown[0] - abs(by), now.shown[1] + by + 60))
            elif kind == "mark":
                now = replace(now, marks=marked(rng.choice([Aspect.COLOUR, Aspect.PLACEMENT, Aspect.BELOW])))
            elif kind == "fps":
                now = replace(now, fps=Fraction(30))
            else:
                now = replace(now, files=(("MOVIE", "/films/other.mp4"),))
            assert stale.changed(SHOT, now, HAS, laid) is not None, done
        for _kind, before in reversed(done):
            now = before
        assert stale.changed(SHOT, now, HAS, laid) is None


def take(frames: int, **values: Any) -> Take:
    return Take("/films/take.mp4", 720, 720, frames, Fraction(24), False, values.pop("play_fps", None), **values)


def test_the_frames_that_a_take_has_are_those_of_its_handles_too() -> None:
    job = a_job(SHOT)
    part = replace(job.sent, before=5, after=9, held=2)
    job = replace(job, plan=replace(job.plan, parts=(part,)))
    assert stale.frames_of([replace(job, take=take(86))]) == (-5, 72 + 7)
    assert stale.frames_of([replace(job, take=take(80))]) == (-5, 75)
    # A result that is too short holds its last frame over its own shot.
    assert stale.frames_of([replace(job, take=take(60))]) == (-5, 72)
    assert stale.frames_of([replace(job, take=take(84, runs=(FrameShift(0, 0), FrameShift(9, 6))))]) == (-5, 73)
    assert stale.frames_of([replace(job, take=take(43, play_fps=Fraction(12)))]) == (-5, 72 + 7)


def test_the_frames_of_parts_are_one_stretch() -> None:
    jobs = [replace(job, take=take(job.sent.frames)) for job in a_long_shots_jobs()]
    assert len(jobs) > 1 and stale.frames_of(jobs) == (0, 480)


def test_two_strips_of_one_shot_are_told_by_either() -> None:
    second = ShotStrip("River", "MOVIE", "/films/river.mp4", 1.0, 40, 73, 2)
    shot = replace(SHOT, strips=(SHOT.strips[0], second))
    files = (("MOVIE", "/films/forest.mp4"), ("MOVIE", "/films/river.mp4"))
    assert stale.changed(shot, plate(files=files), HAS, BESIDE) is None
    other = stale.changed(shot, plate(files=(files[0], ("MOVIE", "/films/lake.mp4"))), HAS, BESIDE)
    assert other is not None and other.what == (Aspect.FILE,)
