# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that change the picture: whether Blender runs those of the open file, and which would not run where a clip is
rendered. It runs none of them.
"""

from __future__ import annotations

import builtins
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bpy

from ..core.words import say
from . import compat

_PROBE = "reshoot_probe"
_CHANGING = (
    "frame_change_pre",
    "frame_change_post",
    "render_init",
    "render_pre",
)
"""Handlers of Blender's that are called for each frame before it is made. Many add-ons have one of those that hear of
every change (`depsgraph_update_post`), and make no picture with it: to ask for them at each press would be no news."""
_EVERYWHERE = {*dir(math), *dir(builtins), "bpy", "clamp", "lerp", "noise", "smoothstep", "frame", "self", "depsgraph"}
"""Names that drivers have in every Blender."""
_MADE_HERE = ("scene", "scene_camera", "mask", "clip", "node_group", "input_mask_id")
"""Properties of strips and of their modifiers that lead to other data of the file, which may be driven."""
_TRUE_FOR = 5.0
"""Seconds that a look at all drivers of a file is taken for true: of many thousand it takes some milliseconds."""
_MOST_BLOCKS = 5000
"""Blocks of data up to which is looked at which is part of which."""
_found: tuple[object, float, frozenset[str]] | None = None
"""The last look: what it was for, when it was, and the names that were found."""
_NAME = re.compile(r"[^\W\d]\w*")


def allowed() -> bool:
    """Whether the open file has scripts in its drivers and Blender runs them here.

    Blender does not tell what was chosen for this file: by "Trusted Source", by an excluded folder, by a preference
    changed since. So it is asked for a script of our own, in a scene that is gone again at once. Without scripts in
    the file it is not asked: where it refuses one, it warns of the file.
    """
    if not any(not driver.is_simple_expression for _data, driver in compat.scripted_drivers()):
        return False
    ran: list[bool] = []

    def probe(_opens: object) -> float:
        ran.append(True)
        return 0.0

    names = bpy.app.driver_namespace
    scene = bpy.data.scenes.new("Reshoot")
    try:
        names[_PROBE] = probe
        scene[_PROBE] = 0.0
        curve: Any = scene.driver_add(f'["{_PROBE}"]')
        # What only computes runs even where scripts do not: this could open a file.
        curve.driver.expression = f"{_PROBE}(open)"
        scene.view_layers[0].update()
    finally:
        bpy.data.scenes.remove(scene)
        names.pop(_PROBE, None)
    return bool(ran)


def frozen_words(scene: bpy.types.Scene, first: int, end: int) -> str:
    """What to tell of scripts that run here and not where the frames of `scene` from `first` to before `end` are
    rendered; empty where there are none.

    Handlers that others than Blender and Reshoot have registered may change nothing that is seen: nobody can tell.
    """
    names = sorted({*_handlers(), *_driver_names(scene, first, end)})
    if not names:
        return ""
    return say(
        "Where {scripts} changes pictures from frame to frame, they are sent standing still, since scripts of add-ons "
        "do not run where the shot is rendered: render the strip to a file first and send that.",
        scripts=", ".join(f"“{name}”" for name in names),
    )


def _handlers() -> Iterator[str]:
    """The modules, or the texts, that handlers are from."""
    own = __package__.rpartition(".")[0]
    blenders = os.path.join(Path(bpy.utils.__file__).parents[3], "")
    for name in _CHANGING:
        for handler in getattr(bpy.app.handlers, name):
            module = str(getattr(handler, "__module__", None) or type(handler).__module__)
            file = str(getattr(getattr(handler, "__code__", None), "co_filename", ""))
            if module.split(".")[: own.count(".") + 1] == own.split(".") or file.startswith(blenders):
                continue
            yield os.path.basename(file) if module == "__main__" and file else module.removeprefix("bl_ext.")


def _driver_names(scene: bpy.types.Scene, first: int, end: int) -> frozenset[str]:
    """The functions and values that a script has given to drivers, and that those use which the picture depends on: of
    the scene, and of what its strips show of other data.
    """
    global _found
    given = frozenset(bpy.app.driver_namespace.keys() - _EVERYWHERE)
    if not given:
        return given
    shown = frozenset(data for strip in _strips(scene, first, end) for data in _data_of(strip))
    key = (given, scene.session_uid, frozenset(data.session_uid for data in shown))
    if _found is None or _found[0] != key or time.monotonic() - _found[1] > _TRUE_FOR:
        _found = (key, time.monotonic(), _names_used(given, scene, shown))
    return _found[2]


def _strips(scene: bpy.types.Scene, first: int, end: int) -> Iterator[Any]:
    """The strips that are there from the frame `first` to before `end`, also in meta strips."""
    editor = scene.sequence_editor
    for strip in compat.strips_all(editor) if editor else ():
        if compat.start(strip) < end and compat.end(strip) > first:
            yield strip


def _data_of(strip: Any) -> Iterator[Any]:
    """What a strip shows that is made in this file: scenes with their cameras, masks, groups of nodes."""
    for owner in (strip, *getattr(strip, "modifiers", ())):
        for name in _MADE_HERE:
            data = getattr(owner, name, None)
            if data is not None:
                yield data


def _names_used(given: frozenset[str], scene: bpy.types.Scene, shown: frozenset[Any]) -> frozenset[str]:
    """Which of the names `given` drivers use that `scene`, or data that `shown` is made of, are driven by."""
    using: dict[Any, set[str]] = {}
    for data, driver in compat.scripted_drivers():
        names = given.intersection(_NAME.findall(driver.expression))
        if names and (shown or data == scene):
            using.setdefault(data, set()).update(names)
    used = using.pop(scene, set())
    if using:
        # In a file of very many blocks this would hold the interface: there all of them count.
        users = bpy.data.user_map() if _blocks() < _MOST_BLOCKS else None
        for data, more in using.items():
            used |= more if users is None or _is_part_of(data, shown, users) else set()
    return frozenset(used)


def _blocks() -> int:
    """How many blocks of data the open file has."""
    kinds = bpy.data.bl_rna.properties
    return sum(len(getattr(bpy.data, kind.identifier)) for kind in kinds if kind.type == "COLLECTION")


def _is_part_of(data: Any, shown: frozenset[Any], users: Mapping[Any, set[Any]]) -> bool:
    """Whether `data` is among `shown`, or they are made of it. users: of all data, those that use it."""
    seen, wanted = {data}, [data]
    while wanted:
        each = wanted.pop()
        if each in shown:
            return True
        more = users.get(each, set()) - seen
        seen |= more
        wanted += more
    return False
