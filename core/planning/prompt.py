# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a request and the `@Image1` / `@Element1` tokens in them: find, check, renumber."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PromptError
from ..values.choices import ReferenceKind
from ..words import say

if TYPE_CHECKING:
    from ..models.model import Limits

# ASCII: elsewhere “ı” would count as an i, and digits of other scripts as digits. No reference has ten digits.
_TOKEN = r"@(Image|Element)(\d{1,9})"
_LETTERS = re.IGNORECASE | re.ASCII
_WORD = {ReferenceKind.IMAGE: "Image", ReferenceKind.ELEMENT: "Element"}
_KIND = {word.lower(): kind for kind, word in _WORD.items()}


class Token(NamedTuple):
    """One mention of a reference. number: counted from 1 among those of its kind. start, end: in the prompt."""

    kind: ReferenceKind
    number: int
    start: int
    end: int


def token(kind: ReferenceKind, number: int) -> str:
    """How the model is told of a reference: `@Image1`, `@Element2`."""
    return f"@{_WORD[kind]}{number}"


def tokens(text: str) -> list[Token]:
    """Every mention of a reference in `text`, in order."""
    return [
        Token(_KIND[match[1].lower()], int(match[2]), match.start(), match.end())
        for match in re.finditer(_TOKEN, text, _LETTERS)
    ]


def labels(kinds: Sequence[ReferenceKind]) -> list[str]:
    """The token of each reference in a list of them: images and elements are counted apart."""
    counts = dict.fromkeys(ReferenceKind, 0)
    result = []
    for kind in kinds:
        counts[kind] += 1
        result.append(token(kind, counts[kind]))
    return result


def renumber(text: str, renamed: Mapping[str, str]) -> str:
    """`text` with every token that `renamed` knows replaced, all at once. Tokens it does not know are left."""

    def replace(match: re.Match[str]) -> str:
        old = token(_KIND[match[1].lower()], int(match[2]))
        return renamed.get(old, match[0])

    return re.sub(_TOKEN, replace, text, flags=_LETTERS)


def check(text: str, kinds: Sequence[ReferenceKind], limits: Limits) -> tuple[str, tuple[str, ...]]:
    """The prompt as it is sent, and warnings about references that it does not mention.

    Tokens are written as the model knows them (`@image1` becomes `@Image1`). Raises PromptError where the prompt is
    empty, longer than the limit, or mentions a reference that does not exist.
    """
    text = text.strip()
    if not text:
        raise PromptError(say("The prompt is empty."), say("Describe what should change in the shot."))
    known = labels(kinds)
    used = []
    for found in tokens(text):
        name = token(found.kind, found.number)
        if name not in known:
            raise PromptError(
                say(
                    "The prompt mentions {token}, but there is no such reference (there are: {tokens}).",
                    token=name,
                    tokens=", ".join(known) or say("none"),
                ),
                say("Add the reference, or take the mention out of the prompt."),
            )
        used.append(name)
    text = renumber(text, {name: name for name in known})
    if limits.max_prompt_characters is not None and len(text) > limits.max_prompt_characters:
        raise PromptError(
            say(
                "The prompt has {count} characters; at most {limit} are allowed.",
                count=len(text),
                limit=limits.max_prompt_characters,
            ),
            say("Shorten it by {count} characters.", count=len(text) - limits.max_prompt_characters),
        )
    unused = [name for name in known if name not in used]
    return text, tuple(say("{token} is sent, but the prompt does not mention it", token=name) for name in unused)
