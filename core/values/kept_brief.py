# SPDX-License-Identifier: GPL-3.0-or-later
"""A brief as one text, the form in which a .blend keeps it with its shot.

The text comes from a file, and files come from anywhere: only what is as it is written here counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b

from ..words import say

MOST_BYTES = 65_536
"""Of a brief's text. The longest prompt and list of references that any model takes need a sixth of it."""

_MOST_REFERENCES = 64
_MOST_VIEWS = 64
_MOST_NAME = 64
_MOST_PATH = 4096
_MOST_NUMBER = 1_000_000
_MOST_NAMED = 60
"""Letters of something unknown that a note repeats."""

_WORDS = ("model", "source", "timing", "sound")
_NUMBERS = ("handles",)
OPTIONS = (*_WORDS, *_NUMBERS)
"""The settings that are kept beside prompt and references, by their names in the scene's."""


@dataclass(frozen=True)
class KeptReference:
    """kind: as Blender stores it. views: paths as the file has them, which may begin at its folder."""

    kind: str
    views: tuple[str, ...]


@dataclass(frozen=True)
class KeptBrief:
    """What a text says. None, or no option of that name: it says nothing of it."""

    prompt: str | None = None
    options: tuple[tuple[str, str | int], ...] = ()
    references: tuple[KeptReference, ...] | None = None


def as_text(kept: KeptBrief) -> str:
    """The text, the same for the same brief; empty where it would be too long to be kept."""
    found: dict[str, object] = dict(kept.options)
    if kept.prompt is not None:
        found["prompt"] = kept.prompt
    if kept.references is not None:
        found["references"] = [{"kind": each.kind, "views": list(each.views)} for each in kept.references]
    text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text if len(text.encode("utf-8", "replace")) <= MOST_BYTES else ""


def digest(text: str) -> str:
    """What tells one text from another, in few letters."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def from_text(text: object) -> tuple[KeptBrief, tuple[str, ...]]:
    """What a text says, and in words what of it was passed over."""
    if not isinstance(text, str) or len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return KeptBrief(), (_unreadable(),)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return KeptBrief(), (_unreadable(),)
    notes: list[str] = []
    prompt: str | None = None
    references: tuple[KeptReference, ...] | None = None
    options: dict[str, str | int] = {}
    for name, value in found.items():
        is_known = True
        if name == "prompt" and _is_text(value, MOST_BYTES):
            prompt = value
        elif name == "references" and (listed := _references(value)) is not None:
            references = listed
        elif (name in _WORDS and _is_text(value, _MOST_NAME)) or (name in _NUMBERS and _is_number(value)):
            options[name] = value
        else:
            is_known = False
        if not is_known:
            notes.append(passed_over(name))
    return KeptBrief(prompt, tuple((name, options[name]) for name in OPTIONS if name in options), references), tuple(
        dict.fromkeys(notes)
    )


def passed_over(name: str) -> str:
    """That something of a brief was not brought back, in words."""
    return say("“{name}” of the shot's brief is nothing that Reshoot knows, and was left out.", name=_shortened(name))


def _shortened(name: str) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in name[: _MOST_NAMED + 1])
    return name if len(name) <= _MOST_NAMED else f"{name[:_MOST_NAMED]}…"


def _unreadable() -> str:
    return say("The brief that the file keeps with the shot cannot be read, and was left as it is.")


def _is_text(value: object, most: int) -> bool:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        return False
    # Half of a letter is none, and Blender takes none.
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_NUMBER


def _references(value: object) -> tuple[KeptReference, ...] | None:
    """The references of a list, None where any of them is none: the tokens of the others would be wrong without it."""
    if not isinstance(value, list) or len(value) > _MOST_REFERENCES:
        return None
    found = []
    for each in value:
        kind, views = (each.get("kind"), each.get("views")) if isinstance(each, dict) else (None, None)
        if not isinstance(kind, str) or kind not in ("IMAGE", "ELEMENT") or not isinstance(views, list):
            return None
        if not views or len(views) > _MOST_VIEWS or not all(_is_text(view, _MOST_PATH) for view in views):
            return None
        found.append(KeptReference(kind, tuple(views)))
    return tuple(found)
