# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written on strips: which shot a plate is, whose takes a strip holds the place of, which job's take it shows.

Custom properties come along wherever Blender copies, cuts or saves a strip. They come from files: what is not as it is
written here does not count.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import bpy

from ...core.values.job import is_job_id
from ...core.values.shot import MOST_IDS, shot_ids
from .. import compat
from ..editor import editor_of

JOB_KEY = "reshoot_job"
"""On a placed strip: the id of the job whose take it shows."""

SHOT_KEY = "reshoot_shot"
"""On the plate of a shot: its own id, and those of the shots that it was copied from, apart by blanks."""

STACK_KEY = "reshoot_stack"
"""On a stack, and on the strip of a take: the id of the shot whose take it shows or holds."""

BRIEF_KEY = "reshoot_brief"
"""On the plate of a shot: the brief that it is to be sent by, as a text."""

SENT_KEY = "reshoot_brief_sent"
"""On the plate of a shot: the digest of the brief that it was sent by last."""


def ids(strip: Any) -> tuple[str, ...]:
    """The ids of the shots that a plate is known as, its own first; none on any other strip."""
    return shot_ids(strip.get(SHOT_KEY))


def own_id(strip: Any) -> str:
    """The id of the shot that a plate is, empty on any other strip."""
    return next(iter(ids(strip)), "")


def shot_of(strip: Any) -> str:
    """The id of the shot that a stack or the strip of a take belongs to, empty on any other strip."""
    return next(iter(shot_ids(strip.get(STACK_KEY))), "")


def is_take(strip: Any) -> bool:
    """Whether a strip was placed for a job."""
    return is_job_id(strip.get(JOB_KEY))


def is_stack(strip: Any) -> bool:
    """Whether a strip is a meta strip that Reshoot has made of a shot and its takes; the editor's own are not."""
    return strip.type == "META" and not is_take(strip) and bool(shot_of(strip))


def plates_in(stack: Any) -> list[Any]:
    """The plates directly in a stack: one, where the editor has changed nothing inside."""
    return [strip for strip in compat.strips(stack) if ids(strip) and not is_take(strip)]


def stack_of(strip: Any) -> Any:
    """The stack that directly holds a strip, None where none does."""
    holder = strip.parent_meta()
    return holder if holder is not None and is_stack(holder) else None


def seen_as(strip: Any) -> Any:
    """What the timeline shows of a plate or a take: the stack that holds it, or itself."""
    return stack_of(strip) or strip


def shown(strip: Any) -> tuple[int, int]:
    """The first timeline frame that shows a plate and the one after the last: what its stack leaves of it."""
    first, end = compat.start(strip), compat.end(strip)
    stack = stack_of(strip) if ids(strip) else None
    if stack is None:
        return first, end
    return max(first, compat.start(stack)), min(end, compat.end(stack))


def id_for(scene: bpy.types.Scene, names: Sequence[str]) -> str:
    """See `ids_for`, for one shot."""
    return ids_for(scene, [names])[0]


def ids_for(scene: bpy.types.Scene, shots: Sequence[Sequence[str]]) -> list[str]:
    """The ids of shots, each told by the names of its strips: what they bear, a new one where they bear none.

    So too where a strip besides them bears the same as its own: one of them is a copy, and nobody knows which.
    """
    every, bearers = compat.strips_all(editor_of(scene)), _bearers()
    found = []
    for names in shots:
        own = Counter(own_id(every[name]) for name in names if name in every)
        (known,) = own if len(own) == 1 else ("",)
        found.append(known if known and own[known] == bearers[known] else uuid.uuid4().hex)
    return found


def adopt(scene: bpy.types.Scene, shots: Mapping[str, Collection[str]]) -> None:
    """Let strips be known as shots: as their own id, where they have none that is theirs alone.

    shots: the names of the strips by the id. Says it again where an undo has taken it.
    """
    every, bearers = compat.strips_all(editor_of(scene)), _bearers()
    for shot_id, names in shots.items():
        strips = [every[name] for name in names if name in every]
        own = Counter(map(own_id, strips))
        for strip in strips:
            known = ids(strip)
            if not shot_id or shot_id in known:
                continue
            copied = known and bearers[known[0]] > own[known[0]]
            every_id = (shot_id, *known) if copied else (*known[: MOST_IDS - 1], shot_id)
            strip[SHOT_KEY] = " ".join(every_id[:MOST_IDS])


def _bearers() -> Counter[str]:
    """How many strips of the file bear each id as their own."""
    editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor is not None]
    return Counter(own_id(strip) for editor in editors for strip in compat.strips_all(editor))
