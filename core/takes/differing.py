# SPDX-License-Identifier: GPL-3.0-or-later
"""In which words prompts differ: those of takes of one shot are mostly the same but for a few."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

_MOST_WORDS = 60
"""Words of a prompt that are compared one by one, beside those that all prompts begin and end with."""
_MOST_COMPARED = 40
"""Prompts whose words are compared one by one; of more, and of longer ones, only begin and end are taken off."""
_MOST_SHOWN = 24
"""Words of each that are told."""
_GAP = "…"


@lru_cache(maxsize=64)
def differing(prompts: tuple[str, ...]) -> tuple[str, ...]:
    """Of each of different prompts the words that not all of them have, in order; “…” stands for those between.

    The whole prompt where there is one alone; '' for one that has only what all have.
    """
    if len(prompts) < 2:
        return prompts
    split = [prompt.split() for prompt in prompts]
    first = _common(split)
    last = _common([words[first:][::-1] for words in split])
    middles = [words[first : len(words) - last] for words in split]
    shared = middles[0]
    if len(prompts) <= _MOST_COMPARED and all(len(words) <= _MOST_WORDS for words in middles):
        for words in middles[1:]:
            shared = [shared[index] for index in sorted(_kept(shared, words))]
    else:
        shared = []
    return tuple(_told(words, _kept(words, shared)) for words in middles)


def _common(texts: Sequence[Sequence[str]]) -> int:
    """How many words all texts begin with."""
    count = 0
    for words in zip(*texts, strict=False):
        if any(word != words[0] for word in words):
            break
        count += 1
    return count


def _kept(words: Sequence[str], other: Sequence[str]) -> set[int]:
    """The places of those of `words` that `other` has as well, in the same order."""
    if not words or not other:
        return set()
    blocks = SequenceMatcher(None, words, other, autojunk=False).get_matching_blocks()
    return {index for block in blocks for index in range(block.a, block.a + block.size)}


def _told(words: Sequence[str], shared: set[int]) -> str:
    told: list[str] = []
    last = -1
    for index in (index for index in range(len(words)) if index not in shared):
        if len(told) >= _MOST_SHOWN:
            told.append(_GAP)
            break
        if told and index > last + 1:
            told.append(_GAP)
        told.append(words[index])
        last = index
    return " ".join(told)
