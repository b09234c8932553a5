# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds a movie file to a timeline: one file frame for each timeline frame, or played at the file's own rate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import PlacementError
from ..core.words import say
from . import compat
from .editor import editor_of


def add(scene: bpy.types.Scene, name: str, path: Path, channel: int, frame: int, *, at_own_rate: bool) -> Any:
    """The new strip, on `channel` from `frame` on, in the level of the timeline that is open.

    at_own_rate: a second of the file covers a second of the timeline, whatever the two rates. Selection, settings and
    other strips stay as they are.
    """
    if not at_own_rate:
        strip = compat.shown_strips(editor_of(scene)).new_movie(
            name, stored_path(path), channel, frame, fit_method="ORIGINAL"
        )
    else:
        strip = _add_by_operator(scene, path, channel, frame)
        strip.name = name
    return strip


def stored_path(path: str | Path) -> str:
    """A path as the open file keeps it: relative where the file has a name and lies on the same drive."""
    if bpy.data.filepath:
        try:
            return str(bpy.path.relpath(str(path)))
        except ValueError:
            # Another drive than the file's.
            pass
    return str(path)


def _add_by_operator(scene: bpy.types.Scene, path: Path, channel: int, frame: int) -> Any:
    # Only the operator gives a strip another playback rate on every version: retiming keys from a script crash some.
    editor = editor_of(scene)
    before = {strip.name for strip in compat.strips_all(editor)}
    options = compat.movie_strip_options(
        {
            "filepath": str(path),
            "directory": f"{path.parent}/",
            "files": [{"name": path.name}],
            "relative_path": bool(bpy.data.filepath),
            "frame_start": frame,
            "channel": channel,
            "replace_sel": True,
            "overlap": True,
            "fit_method": "ORIGINAL",
            "set_view_transform": False,
            "use_framerate": False,
            "adjust_playback_rate": True,
            "sound": False,
        }
    )
    # The operator keeps its way to fit pictures as the scene's own.
    fitting = scene.tool_settings.sequencer_tool_settings.fit_method
    remedy = say("Place the take again.")
    try:
        with selection_kept(editor), sequencer(scene), _no_proxies():
            bpy.ops.sequencer.movie_strip_add("EXEC_REGION_WIN", **options)
    except RuntimeError as error:
        if scene.library is not None:
            remedy = say("The scene is linked from another file: make it local, and place the take again.")
        raise PlacementError(say("Blender did not add {file} as a strip.", file=path.name), remedy) from error
    scene.tool_settings.sequencer_tool_settings.fit_method = fitting
    added = [strip for strip in compat.shown_strips(editor) if strip.name not in before]
    if len(added) != 1:
        raise PlacementError(say("Blender did not add {file} as a strip.", file=path.name), remedy)
    added[0].channel = channel
    return added[0]


@contextlib.contextmanager
def _no_proxies() -> Iterator[None]:
    """Nothing is built of what is added, as where it is added without the operator.

    Blender builds on a thread of its own, whose work it takes up again for the next strip that is added. Where no event
    loop has cleaned up in between, and a strip is gone by then, it crashes.
    """
    preferences = bpy.context.preferences
    assert preferences is not None
    before, changed = preferences.system.sequencer_proxy_setup, preferences.is_dirty
    preferences.system.sequencer_proxy_setup = "MANUAL"
    try:
        yield
    finally:
        preferences.system.sequencer_proxy_setup = before
        preferences.is_dirty = changed


@contextlib.contextmanager
def selection_kept(editor: bpy.types.SequenceEditor) -> Iterator[None]:
    """Afterwards the same strips and handles are selected and the same strip is active; what is new is not selected."""
    every = compat.strips_all(editor)
    before = {strip.name: (strip.select, strip.select_left_handle, strip.select_right_handle) for strip in every}
    active = editor.active_strip.name if editor.active_strip is not None else ""
    try:
        yield
    finally:
        for strip in every:
            kept = before.get(strip.name, (False, False, False))
            strip.select, strip.select_left_handle, strip.select_right_handle = kept
        editor.active_strip = every.get(active) if active else None


def join(scene: bpy.types.Scene, strips: Iterable[Any]) -> None:
    """Join strips of the open level so that they are moved and cut together."""
    editor = editor_of(scene)
    with selection_kept(editor), sequencer(scene):
        compat.select_only(strips, compat.strips_all(editor))
        bpy.ops.sequencer.connect("EXEC_REGION_WIN", toggle=False)


@contextlib.contextmanager
def sequencer(scene: bpy.types.Scene) -> Iterator[None]:
    """A context with a sequencer of `scene`: one that is on screen, or an area that becomes one for this moment.

    Operators are to be called with EXEC_REGION_WIN in it. The area that the context is in anyway goes before others.
    """
    window, area = _area_for(scene)
    kind = area.ui_type
    try:
        with compat.sequencer_shows(window, scene):
            if kind != "SEQUENCE_EDITOR":
                area.ui_type = "SEQUENCE_EDITOR"
            with contextlib.nullcontext() if area == bpy.context.area else _moved_to(window, area, scene):
                yield
    finally:
        # Once the window has its own scene again: the context takes it from there.
        if area.ui_type != kind:
            area.ui_type = kind


def moves_context(scene: bpy.types.Scene) -> bool:
    """Whether `sequencer` would move the context. No other thread of ours may run then, see `compat.CROWD_CRASHES`."""
    return _area_for(scene)[1] != bpy.context.area


def _area_for(scene: bpy.types.Scene) -> tuple[bpy.types.Window, bpy.types.Area]:
    manager = bpy.context.window_manager
    assert manager is not None
    windows = [window for window in manager.windows if window.scene is scene] or list(manager.windows)
    if not windows:
        raise PlacementError(
            say("Blender has no window to place the take in."), say("Open the file in Blender and resume.")
        )
    here = bpy.context.area
    window = min(windows, key=lambda each: each != bpy.context.window)
    # What is on screen is not drawn in between: an area that is to become a sequencer is better than a moved context.
    return window, min(window.screen.areas, key=lambda each: (each != here, each.type != "SEQUENCE_EDITOR"))


def _moved_to(window: bpy.types.Window, area: bpy.types.Area, scene: bpy.types.Scene) -> Any:
    """The context in another area: a last resort, see `moves_context`."""
    region = next(each for each in area.regions if each.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region, scene=scene)
