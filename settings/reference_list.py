# SPDX-License-Identifier: GPL-3.0-or-later
"""The references of a scene, as `scene.reshoot` keeps them, and how they change so that the prompt follows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import bpy

from ..core.errors import ReferenceInvalid
from ..core.planning import prompt
from ..core.values.choices import ReferenceKind
from ..core.words import say
from ..timeline.movie_strip import stored_path
from .prompt import prompt_of, write_prompt

if TYPE_CHECKING:
    from ..core.models.model import Limits
    from ..core.values.shot import Reference
    from .scene import RESHOOT_PG_reference, RESHOOT_PG_scene

_LOOKED_INTO = 8
"""References at most whose files count in a fingerprint."""
_KINDS = (ReferenceKind.IMAGE, ReferenceKind.ELEMENT)
"""By the number that a kind is stored as: its place in the property's items."""


def mention(settings: RESHOOT_PG_scene, index: int) -> bool:
    """Append the token of the reference at `index` to the prompt. Whether there is one."""
    names = tokens(settings)
    if index >= len(names):
        return False
    words = prompt_of(settings).rstrip()
    write_prompt(settings, f"{words} {names[index]}".lstrip())
    return True


def fingerprint(settings: RESHOOT_PG_scene) -> tuple[object, ...]:
    """The references as they are stored. Of very many, which are refused anyhow, only the kinds."""
    return _kinds(settings), _files(settings) if len(settings.references) <= _LOOKED_INTO else ()


def tokens(settings: RESHOOT_PG_scene) -> list[str]:
    """The token of each reference, in the order of the list."""
    return list(_labels(_kinds(settings)))


@lru_cache(maxsize=8)
def _labels(kinds: tuple[int, ...]) -> tuple[str, ...]:
    """What is asked twice at every redraw, of the same references."""
    return tuple(prompt.labels([_KINDS[kind] for kind in kinds]))


def _files(settings: RESHOOT_PG_scene) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(view.filepath for view in item.views) for item in settings.references)


def _kinds(settings: RESHOOT_PG_scene) -> tuple[int, ...]:
    """What each reference is, as it is stored: read at once, since panels ask at every redraw."""
    listed = settings.references
    kinds = [0] * len(listed)
    listed.foreach_get("kind", kinds)
    return tuple(kinds)


def references(settings: RESHOOT_PG_scene) -> tuple[Reference, ...]:
    """The references of a scene as plain values, with absolute paths."""
    from ..core.values.shot import Reference

    return tuple(
        Reference(ReferenceKind(item.kind), tuple(bpy.path.abspath(view.filepath) for view in item.views))
        for item in settings.references
    )


def active_reference(settings: RESHOOT_PG_scene) -> RESHOOT_PG_reference | None:
    """The reference that is chosen in the list, None where the list is empty."""
    index = settings.active_reference
    return settings.references[index] if 0 <= index < len(settings.references) else None


def add_references(settings: RESHOOT_PG_scene, kind: str, images: list[str]) -> None:
    """Add a reference for each image, or one element with all of them as its views. kind: as it is stored. images:
    absolute paths.

    Raises ReferenceInvalid, and adds nothing, where they would be too many.
    """
    check_addition(settings, kind, len(images))
    groups = [images] if kind == ReferenceKind.ELEMENT else [[image] for image in images]
    for group in groups:
        item = settings.references.add()
        item.kind = kind
        for image in group:
            item.views.add().filepath = stored_path(image)
    settings.active_reference = len(settings.references) - 1


def check_addition(settings: RESHOOT_PG_scene, kind: str, images: int) -> None:
    """Raises ReferenceInvalid where so many images more would be too many."""
    limits = _limits(settings)
    wanted = len(settings.references) + (1 if kind == ReferenceKind.ELEMENT else images)
    if wanted > limits.max_references:
        raise ReferenceInvalid(
            say(
                "{count} references would be too many: images and elements together may be at most {limit}.",
                count=wanted,
                limit=limits.max_references,
            ),
            say("Remove one first, or select fewer images."),
        )
    _check_views(images - 1 if kind == ReferenceKind.ELEMENT else 0, limits)


def add_views(settings: RESHOOT_PG_scene, images: list[str]) -> None:
    """Add images to the chosen element as further views. Raises ReferenceInvalid where they would be too many."""
    item = active_reference(settings)
    if item is None:
        return
    _check_views(len(item.views) - 1 + len(images), _limits(settings))
    for image in images:
        item.views.add().filepath = stored_path(image)


def remove_reference(settings: RESHOOT_PG_scene) -> None:
    """Take the chosen reference off the list. The prompt mentions the others by their new tokens."""
    before = tokens(settings)
    index = settings.active_reference
    settings.references.remove(index)
    after = tokens(settings)
    renamed = dict(zip(before[:index] + before[index + 1 :], after, strict=True))
    # A mention of what is gone must not become a mention of its successor.
    renamed[before[index]] = before[index].lstrip("@")
    write_prompt(settings, prompt.renumber(prompt_of(settings), renamed))
    settings.active_reference = min(index, len(settings.references) - 1)


def move_reference(settings: RESHOOT_PG_scene, step: int) -> None:
    """Move the chosen reference by `step` places. The prompt mentions all of them by their new tokens."""
    index = settings.active_reference
    target = index + step
    if not 0 <= target < len(settings.references):
        return
    before = tokens(settings)
    settings.references.move(index, target)
    order = list(range(len(before)))
    order.insert(target, order.pop(index))
    after = tokens(settings)
    renamed = {before[old]: after[new] for new, old in enumerate(order)}
    write_prompt(settings, prompt.renumber(prompt_of(settings), renamed))
    settings.active_reference = target


def change_kind(settings: RESHOOT_PG_scene) -> None:
    """Make the chosen image an element, or the chosen element an image. The prompt mentions all by their new tokens.

    Raises ReferenceInvalid where an element has views that an image has no room for.
    """
    item = active_reference(settings)
    if item is None:
        return
    if item.kind == ReferenceKind.ELEMENT.value and len(item.views) > 1:
        raise ReferenceInvalid(
            say("The element has {count} views; an image has one.", count=len(item.views)),
            say("Remove the other views first."),
        )
    before = tokens(settings)
    element = item.kind == ReferenceKind.IMAGE.value
    item.kind = (ReferenceKind.ELEMENT if element else ReferenceKind.IMAGE).value
    renamed = dict(zip(before, tokens(settings), strict=True))
    write_prompt(settings, prompt.renumber(prompt_of(settings), renamed))


def remove_view(settings: RESHOOT_PG_scene, index: int) -> None:
    """Take one view off the chosen reference; the reference itself stays while it has another."""
    item = active_reference(settings)
    if item is None or not 0 <= index < len(item.views):
        return
    if len(item.views) == 1:
        remove_reference(settings)
    else:
        item.views.remove(index)


def make_frontal(settings: RESHOOT_PG_scene, index: int) -> None:
    """Make one view of the chosen element its frontal view; the others keep their order."""
    item = active_reference(settings)
    if item is not None and 0 < index < len(item.views):
        item.views.move(index, 0)


def _limits(settings: RESHOOT_PG_scene) -> Limits:
    from ..core.models.table import limits_of

    return limits_of(settings.model)


def _check_views(further: int, limits: Limits) -> None:
    if further > limits.max_element_views:
        raise ReferenceInvalid(
            say(
                "An element would have {count} further views; at most {limit} are taken.",
                count=further,
                limit=limits.max_element_views,
            ),
            say("Select fewer images."),
        )
