# SPDX-License-Identifier: GPL-3.0-or-later
"""Animation of a strip: which of its curves say where it is shown, and which say what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import bpy

from ..core.takes.transform import Change
from . import compat

FADE = "blend_alpha"
_PLACE = ("transform.", "crop.", FADE)
"""Properties that say where and how strongly a strip is shown. The take inherits them; the clip goes without."""


def of_place(scene: bpy.types.Scene, name: str) -> list[Any]:
    """The curves that move, crop or fade the strip called `name`."""
    return [curve for curve, prop in _of(scene, name) if prop.startswith(_PLACE)]


def of_picture(scene: bpy.types.Scene, name: str) -> list[Any]:
    """The other curves and the drivers of the strip called `name`: they change what it shows."""
    path = compat.strip_path(name)
    animated = [*(compat.curves(scene) or ()), *_drivers(scene)]
    return [
        each
        for each in animated
        if each.data_path.startswith(path) and not each.data_path[len(path) :].startswith(_PLACE)
    ]


def is_faded(scene: bpy.types.Scene, name: str) -> bool:
    """Whether a curve or a driver fades the strip called `name`."""
    path = compat.strip_path(name) + FADE
    return any(each.data_path == path for each in (*(compat.curves(scene) or ()), *_drivers(scene)))


def is_animated(scene: bpy.types.Scene, name: str) -> bool:
    """Whether any curve is of the strip called `name`."""
    return any(True for _curve in _of(scene, name))


def without_place(scene: bpy.types.Scene, name: str) -> None:
    """Remove the curves and drivers that move, crop or fade the strip called `name`."""
    for curve in of_place(scene, name):
        compat.curves(scene).remove(curve)
    for driver in _drivers_of_place(scene, name):
        _drivers(scene).remove(driver)


def copy_place(
    scene: bpy.types.Scene, source: str, target: str, changes: Mapping[str, Change], *, fades: bool, moves: bool
) -> None:
    """Give the strip `target` the curves and drivers of `source` that fade it, and those that move and crop it.

    changes: by property ("transform.scale_x"), what becomes of it; it stays what it is where it is not named.
    """
    path = compat.strip_path(source)
    for curve in of_place(scene, source):
        prop = curve.data_path[len(path) :]
        if not (fades if prop == FADE else moves):
            continue
        change = changes.get(prop, Change(prop))
        copy = compat.curves(scene).new(compat.strip_path(target) + change.name, index=curve.array_index)
        copy.extrapolation = curve.extrapolation
        copy.keyframe_points.add(len(curve.keyframe_points))
        for old, new in zip(curve.keyframe_points, copy.keyframe_points, strict=True):
            new.co = (old.co[0], old.co[1] * change.factor + change.added)
            new.handle_left = (old.handle_left[0], old.handle_left[1] * change.factor + change.added)
            new.handle_right = (old.handle_right[0], old.handle_right[1] * change.factor + change.added)
            new.handle_left_type, new.handle_right_type = old.handle_left_type, old.handle_right_type
            new.interpolation, new.easing = old.interpolation, old.easing
        copy.update()
    for driver in _drivers_of_place(scene, source):
        prop = driver.data_path[len(path) :]
        if not (fades if prop == FADE else moves):
            continue
        copy = _drivers(scene).from_existing(src_driver=driver)
        change = changes.get(prop, Change(prop))
        copy.data_path = compat.strip_path(target) + change.name
        _change(copy, change)


def move_fade(scene: bpy.types.Scene, source: str, target: str) -> None:
    """Let the curves and drivers that fade the strip `source` fade the strip `target` instead."""
    path = compat.strip_path(source) + FADE
    for each in [*(compat.curves(scene) or ()), *_drivers(scene)]:
        if each.data_path == path:
            each.data_path = compat.strip_path(target) + FADE


def _change(driver: Any, change: Change) -> None:
    """Give `change` of what the driver gives: its curve leads from the one to the other."""
    for point in driver.keyframe_points:
        for name in ("co", "handle_left", "handle_right"):
            x, y = getattr(point, name)
            setattr(point, name, (x, y * change.factor + change.added))
    for modifier in driver.modifiers:
        if modifier.type == "GENERATOR":
            first, *others = modifier.coefficients
            modifier.coefficients = [first * change.factor + change.added, *(each * change.factor for each in others)]


def _drivers_of_place(scene: bpy.types.Scene, name: str) -> list[Any]:
    path = compat.strip_path(name)
    return [
        each
        for each in _drivers(scene)
        if each.data_path.startswith(path) and each.data_path[len(path) :].startswith(_PLACE)
    ]


def _drivers(scene: bpy.types.Scene) -> Any:
    """The drivers of `scene` as a collection with `remove` and `from_existing`, empty where it is not animated."""
    return scene.animation_data.drivers if scene.animation_data is not None else ()


def _of(scene: bpy.types.Scene, name: str) -> Iterator[tuple[Any, str]]:
    path = compat.strip_path(name)
    for curve in compat.curves(scene) or ():
        if curve.data_path.startswith(path):
            yield curve, curve.data_path[len(path) :]
