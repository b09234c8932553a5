# SPDX-License-Identifier: GPL-3.0-or-later
"""A brief as a text: what was written is read again, and of what anybody may have written only what is meant so."""

from __future__ import annotations

import json
import random

import pytest
from reshoot.core.values.kept_brief import MOST_BYTES, KeptBrief, KeptReference, as_text, digest, from_text

BRIEF = KeptBrief(
    "Lösche “alles”\n@Image1 \U0001f327",
    (("model", "KLING_O1_EDIT"), ("source", "STRIP"), ("timing", "AUTO"), ("sound", "SILENT"), ("handles", 12)),
    (KeptReference("IMAGE", ("//a.png",)), KeptReference("ELEMENT", ("/b/front.png", "//side.png"))),
)


def test_what_is_kept_is_read_again_as_it_was() -> None:
    text = as_text(BRIEF)
    assert from_text(text) == (BRIEF, ()) and as_text(from_text(text)[0]) == text
    assert digest(text) != digest(as_text(KeptBrief("Other"))) and as_text(KeptBrief()) == "{}"


def test_what_is_too_long_is_not_kept_rather_than_cut() -> None:
    assert as_text(KeptBrief("ü" * MOST_BYTES)) == "" and as_text(KeptBrief("u" * (MOST_BYTES // 2)))


@pytest.mark.parametrize(
    "text",
    [
        *(None, 7, b"{}", ["{}"], "", "[]", "7", "null", "{", "nan", "__import__('os').system('true')"),
        *("[" * 60_000, '{"a":' * 9000, "9" * 5000, '{"prompt":"' + "a" * MOST_BYTES + '"}'),
    ],
)
def test_what_is_no_brief_says_nothing_and_is_noted(text: object) -> None:
    kept, (note,) = from_text(text)
    assert kept == KeptBrief() and "cannot be read" in note


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", 7),
        ("prompt", ["a"]),
        ("prompt", "a\0b"),
        ("prompt", "\ud800"),
        ("model", None),
        ("model", "m" * 65),
        ("handles", "5"),
        ("handles", True),
        ("handles", -1),
        ("handles", 2.5),
        ("handles", 10**30),
        ("references", {}),
        ("references", ["//a.png"]),
        ("references", [{"kind": "IMAGE"}]),
        ("references", [{"kind": "IMAGE", "views": []}]),
        ("references", [{"kind": "FILM", "views": ["a"]}]),
        ("references", [{"kind": ["IMAGE"], "views": ["a"]}]),
        ("references", [{"kind": "IMAGE", "views": ["a" * 5000]}]),
        ("references", [{"kind": "IMAGE", "views": ["a"]}] * 65),
        ("options", {"day_limit": 1000}),
        ("__class__", "x"),
        ("\x1b[31m" + "n" * 500, 1),
    ],
)
def test_what_is_not_meant_so_is_left_out_and_the_rest_comes(name: str, value: object) -> None:
    found = {**json.loads(as_text(BRIEF)), name: value}
    kept, (note,) = from_text(json.dumps(found))
    assert len(note) < 200 and note.isprintable() and f"“{name[:5]}"[:3].replace("\x1b", "?") in note
    expected = json.loads(as_text(BRIEF))
    expected.pop(name, None)
    assert json.loads(as_text(kept)) == expected


def test_damaged_texts_never_raise() -> None:
    chance, text = random.Random(1), as_text(BRIEF)
    for _ in range(2000):
        letters = list(text)
        for _change in range(chance.randint(1, 6)):
            letters[chance.randrange(len(letters))] = chr(chance.choice([0, 34, 44, 58, 91, 92, 123, 0xD800, 0x1F327]))
        kept, _notes = from_text("".join(letters))
        assert from_text(as_text(kept)) == (kept, ())
