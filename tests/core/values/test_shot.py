# SPDX-License-Identifier: GPL-3.0-or-later
"""The ids that strips bear come from files, so they may be anything; rows of Reshoot 0.1.0 have none."""

from __future__ import annotations

import pytest
from reshoot.core.values.serialization import from_json, to_json
from reshoot.core.values.shot import MOST_IDS, Shot, shot_ids
from sample_jobs import a_shot

ONE, TWO = "0123456789abcdef" * 2, "fedcba9876543210" * 2


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (ONE, (ONE,)),
        (f"{ONE} {TWO}", (ONE, TWO)),
        (f"  {ONE}\n{ONE} {TWO} ", (ONE, TWO)),
        (f"{ONE.upper()} {ONE}0 {ONE[:-1]} ../{TWO} {TWO}", (TWO,)),
        ("", ()),
        (None, ()),
        (7, ()),
        (b"\xff", ()),
        ([ONE], ()),
    ],
)
def test_what_is_no_id_does_not_count(text: object, ids: tuple[str, ...]) -> None:
    assert shot_ids(text) == ids


def test_no_strip_bears_more_than_a_few() -> None:
    assert len(shot_ids(" ".join(f"{number:032x}" for number in range(1000)))) == MOST_IDS


def test_a_row_without_an_id_is_read() -> None:
    row = to_json(a_shot())
    del row["id"]
    assert from_json(Shot, row) == a_shot() and not a_shot().id
