# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a request: its tokens are found, checked and renumbered, whatever else stands around them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reshoot.core.errors import Paid, PromptError
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.planning import prompt
from reshoot.core.values.choices import ReferenceKind

LIMITS = KLING_O1_EDIT.limits
IMAGE, ELEMENT = ReferenceKind.IMAGE, ReferenceKind.ELEMENT

kinds = st.lists(st.sampled_from(ReferenceKind), max_size=4)
# No token by accident, and nothing that would lengthen the one before it.
plain_words = st.text(st.characters(exclude_characters="@0123456789", exclude_categories=["Nd", "Cs"]), max_size=20)


@st.composite
def prompts_with(draw: st.DrawFn, names: list[str]) -> tuple[str, list[str]]:
    """A prompt that mentions some of `names`, and those in order."""
    used = draw(st.lists(st.sampled_from(names), max_size=6)) if names else []
    text = "x" + draw(plain_words)
    for name in used:
        text += draw(st.sampled_from([name, name.lower(), name.upper()])) + draw(plain_words)
    return text, used


def test_images_and_elements_are_counted_apart() -> None:
    assert prompt.labels([IMAGE, ELEMENT, IMAGE, ELEMENT]) == ["@Image1", "@Element1", "@Image2", "@Element2"]
    assert prompt.labels([]) == []


def test_a_mention_is_found_where_it_stands() -> None:
    text = "put @Image1 beside @element12, not image3 or @ Image4"
    found = prompt.tokens(text)
    assert [(each.kind, each.number, text[each.start : each.end]) for each in found] == [
        (IMAGE, 1, "@Image1"),
        (ELEMENT, 12, "@element12"),
    ]


@given(st.data(), kinds)
def test_every_mention_is_written_as_the_model_knows_it(data: st.DataObject, kinds: list[ReferenceKind]) -> None:
    names = prompt.labels(kinds)
    text, used = data.draw(prompts_with(names))
    sent, warnings = prompt.check(text, kinds, LIMITS)
    assert [prompt.token(each.kind, each.number) for each in prompt.tokens(sent)] == used
    assert all(sent[each.start : each.end] in names for each in prompt.tokens(sent))
    assert sent.lower() == text.strip().lower()
    assert prompt.check(sent, kinds, LIMITS) == (sent, warnings)
    unused = [name for name in names if name not in used]
    assert len(warnings) == len(unused)
    assert all(warning.startswith(f"{name} is sent") for name, warning in zip(unused, warnings, strict=True))


@given(st.data(), st.integers(1, 12))
def test_renumbering_there_and_back_changes_nothing(data: st.DataObject, count: int) -> None:
    names = prompt.labels([IMAGE] * count)
    text, used = data.draw(prompts_with(names))
    text = prompt.renumber(text, {name: name for name in names})
    renamed = dict(zip(names, data.draw(st.permutations(names)), strict=True))
    moved = prompt.renumber(text, renamed)
    assert [prompt.token(each.kind, each.number) for each in prompt.tokens(moved)] == [renamed[name] for name in used]
    assert prompt.renumber(moved, {new: old for old, new in renamed.items()}) == text


def test_renumbering_swaps_all_at_once_and_leaves_what_it_does_not_know() -> None:
    renamed = {"@Image1": "@Image2", "@Image2": "@Image1"}
    assert prompt.renumber("@image1, @Image2, @Image12, @Element1", renamed) == "@Image2, @Image1, @Image12, @Element1"


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_prompt_is_refused(text: str) -> None:
    with pytest.raises(PromptError, match="empty") as refusal:
        prompt.check(text, [], LIMITS)
    assert refusal.value.remedy and refusal.value.paid is Paid.NO


@pytest.mark.parametrize(
    ("text", "kinds", "name", "there"),
    [
        ("like @Image1", [], "@Image1", "none"),
        ("like @image2", [IMAGE, ELEMENT], "@Image2", "@Image1, @Element1"),
        ("like @Element1", [IMAGE], "@Element1", "@Image1"),
        ("like @Image0", [IMAGE], "@Image0", "@Image1"),
        ("like @Image11", [IMAGE], "@Image11", "@Image1"),
    ],
)
def test_a_mention_of_what_is_not_there_is_refused(
    text: str, kinds: list[ReferenceKind], name: str, there: str
) -> None:
    with pytest.raises(PromptError) as refusal:
        prompt.check(text, kinds, LIMITS)
    assert f"mentions {name}," in refusal.value.message
    assert f"(there are: {there})" in refusal.value.message
    assert "Add the reference" in refusal.value.remedy


def test_a_prompt_of_the_longest_length_is_sent_and_no_longer_one() -> None:
    assert prompt.check("x" * 2500, [], LIMITS)[0] == "x" * 2500
    with pytest.raises(PromptError, match="2507 characters; at most 2500") as refusal:
        prompt.check("x" * 2507, [], LIMITS)
    assert "by 7 characters" in refusal.value.remedy


@given(st.text() | st.from_regex(r"(?i)@(Image|Element)\d+.*"), kinds)
@example("@ımage1", [IMAGE])
@example("@İmage1", [IMAGE])
@example("@Image١", [IMAGE])
@example("@Image" + "9" * 5000, [IMAGE])
@example("@Image" + "0" * 5000 + "1", [IMAGE])
def test_any_text_is_sent_or_refused_in_words(text: str, kinds: list[ReferenceKind]) -> None:
    try:
        sent, _ = prompt.check(text, kinds, LIMITS)
    except PromptError as refusal:
        assert refusal.message and refusal.remedy
    else:
        assert sent and len(sent) <= LIMITS.max_prompt_characters
