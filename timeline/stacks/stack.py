# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot becomes a stack in its own place, and is itself again: a meta strip with the plate on its channel 1.

Nothing that is seen or heard changes by it, but in the order of things that is kept here: an effect that points to a
strip which has been moved into a meta strip ends Blender at the next render (docs/decisions/placing.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import bpy

from ...core.errors import PlacementError
from ...core.words import say
from .. import compat, content, curves
from ..editor import editor_of
from . import marks

_PLATE_CHANNEL = 1
_HIGHEST_CHANNEL = 128
_INPUTS = ("input_1", "input_2")
_ENDLESS = 1000
"""Frames by which what has no end of its own is opened on each side: a still, a text, a colour."""
_NUDGE = 1e-4
"""Pixels that no picture shows, see `compat.METAS_HIDE`."""
_NEARLY = 0.1
"""Pixels."""
_LOOK = ("lock", "mute", "color_tag", "blend_type", "blend_alpha")
"""What a stack has in its plate's stead. Blended over what is below it inside, the plate would look otherwise."""
_FLAGS = ("select", "select_left_handle", "select_right_handle")


class _Users(NamedTuple):
    """What shows a strip besides the timeline, by name. inputs: effects and which input. masks: strips, modifiers."""

    inputs: tuple[tuple[str, str], ...]
    masks: tuple[tuple[str, str], ...]


def make(scene: bpy.types.Scene, plate: str) -> str:
    """Put the strip called `plate` into a stack in its place: the stack's name, by which it has to be looked for.

    The timeline looks and sounds as before. Raises PlacementError, and leaves it as it was, where that cannot be.
    """
    editor = editor_of(scene)
    strip = compat.strips_all(editor)[plate]
    owner = strip.parent_meta() or editor
    first, end, channel = compat.start(strip), compat.end(strip), strip.channel
    users = _users(editor, owner, strip)
    flags = {name: getattr(strip, name) for name in _FLAGS}
    look = {name: getattr(strip, name) for name in _LOOK}
    is_active = editor.active_strip == strip
    meta = compat.strips(owner).new_meta(plate, _free_channel(owner, first, end, plate), first)
    name, opened = str(meta.name), False
    try:
        # Before it is moved: an effect that points to a strip of another level ends Blender at the next render.
        _show_instead(editor, users, meta)
        if left := _still_used(editor, owner, strip):
            raise PlacementError(
                say("“{strip}” cannot be put into a stack: “{effect}” holds on to it.", strip=plate, effect=left),
                say("Set Land to On a Channel, and place the take again from the job."),
            )
        strip.move_to_meta(meta)
        opened = True
        strip, meta = _named(editor, plate), _named(editor, name)
        _open(strip)
        strip.channel = _PLATE_CHANNEL
        compat.set_start(meta, first)
        compat.set_end(meta, end)
        meta.channel = channel
        _set(meta, look)
        strip.lock = strip.mute = False
        strip.blend_type, strip.blend_alpha = "ALPHA_OVER", 1.0
        curves.move_fade(scene, plate, name)
        if compat.METAS_HIDE and not _covers(scene, strip):
            meta.transform.offset_x += _NUDGE
        meta[marks.STACK_KEY] = marks.own_id(strip)
        _take_over(editor, flags, is_active, strip, meta)
    except Exception:
        if opened:
            unmake(scene, name)
            _put(_named(editor, plate), first, end, channel, look)
        else:
            _show_instead(editor, users, _named(editor, plate))
            compat.strips(owner).remove(_named(editor, name))
        raise
    return name


def unmake(scene: bpy.types.Scene, stack: str) -> bool:
    """Put the plate of a stack into its place again, and take the stack away with the takes that are in it. Whether it
    was done: a stack that holds anything else, which the editor has put there, is left as it is.
    """
    meta = compat.strips_all(editor_of(scene))[stack]
    own = [strip for strip in compat.strips(meta) if not marks.is_take(strip)]
    if len(own) != 1:
        return False
    _separate(scene, stack, str(own[0].name))
    return True


def _separate(scene: bpy.types.Scene, stack: str, plate: str) -> None:
    """Leave of a stack the plate alone, in its place."""
    editor = editor_of(scene)
    meta = compat.strips_all(editor)[stack]
    for name in [strip.name for strip in compat.strips(meta) if strip.name != plate]:
        # An effect goes with what it shows.
        other = compat.strips(meta).get(name)
        if other is not None:
            compat.strips(meta).remove(other)
    owner = meta.parent_meta() or editor
    first, end, channel = compat.start(meta), compat.end(meta), meta.channel
    users = _users(editor, owner, meta)
    flags = {name: getattr(meta, name) for name in _FLAGS}
    is_active = editor.active_strip == meta
    look = {name: getattr(meta, name) for name in _LOOK}
    curves.move_fade(scene, stack, plate)
    # Something has to be there for the effects while their strip goes from one level to the other.
    free = _free_channel(owner, first, end, "")
    standing = compat.new_effect(owner, "Reshoot", "COLOR", free, first, max(1, end - first))
    between = str(standing.name)
    _show_instead(editor, users, standing)
    _named(editor, stack).separate()
    strip = _named(editor, plate)
    strip.channel = _free_channel(owner, compat.start(strip), compat.end(strip), plate)
    _put(strip, first, end, channel, look)
    _show_instead(editor, users, strip)
    compat.strips(owner).remove(_named(editor, between))
    _take_over(editor, flags, is_active, None, _named(editor, plate))


def unmake_in_copy(scene: bpy.types.Scene, plates: Iterable[str]) -> None:
    """Undo in a copy of a scene what the stacks and takes of a shot are: its plates alone are left, as they are shown.

    plates: their names.
    """
    editor = editor_of(scene)
    known: set[str] = set()
    for name in plates:
        strip = compat.strips_all(editor).get(name)
        if strip is None:
            continue
        known.update(marks.ids(strip))
        stack = marks.stack_of(strip)
        if stack is not None:
            _separate(scene, str(stack.name), name)
    for strip in compat.strips_all(editor):
        if marks.is_take(strip) and marks.shot_of(strip) in known and not marks.ids(strip):
            strip.mute = True


def _named(editor: bpy.types.SequenceEditor, name: str) -> Any:
    """A strip as it is now: what has been moved is another one to Python."""
    return compat.strips_all(editor)[name]


def _free_channel(owner: Any, first: int, end: int, besides: str) -> int:
    """A channel of a level that is free from frame `first` to before `end`, wherever it is."""
    taken = {
        strip.channel
        for strip in compat.strips(owner)
        if strip.name != besides and compat.start(strip) < end and compat.end(strip) > first
    }
    for channel in range(_HIGHEST_CHANNEL, 0, -1):
        if channel not in taken:
            return channel
    raise PlacementError(
        say("All channels are in use beside “{strip}”.", strip=besides),
        say("Free a channel, and place the take again from the job."),
    )


def _users(editor: bpy.types.SequenceEditor, owner: Any, strip: Any) -> _Users:
    name = strip.name
    inputs = [
        (effect.name, slot)
        for effect in compat.strips(owner)
        for slot in _INPUTS
        if (shown := getattr(effect, slot, None)) is not None and shown.name == name
    ]
    masks = [
        (each.name, modifier.name)
        for each in compat.strips_all(editor)
        for modifier in getattr(each, "modifiers", ())
        if (mask := getattr(modifier, "input_mask_strip", None)) is not None and mask.name == name
    ]
    return _Users(tuple(inputs), tuple(masks))


def _show_instead(editor: bpy.types.SequenceEditor, users: _Users, strip: Any) -> None:
    """Let effects and modifiers show `strip`."""
    name = str(strip.name)
    for effect, slot in users.inputs:
        setattr(_named(editor, effect), slot, _named(editor, name))
    for masked, modifier in users.masks:
        _named(editor, masked).modifiers[modifier].input_mask_strip = _named(editor, name)


def _still_used(editor: bpy.types.SequenceEditor, owner: Any, strip: Any) -> str:
    """The name of what shows a strip still, empty where nothing does."""
    users = _users(editor, owner, strip)
    return next(iter([name for name, _slot in (*users.inputs, *users.masks)]), "")


def _open(strip: Any) -> None:
    """Show the whole source of a plate: what trims it is its stack."""
    before, after = compat.trims(strip)
    endless = _ENDLESS if content.is_endless(strip) or content.has_no_source(strip) else 0
    first = compat.start(strip) - (endless or max(0, math.floor(before)))
    end = compat.end(strip) + (endless or max(0, math.floor(after)))
    compat.set_start(strip, first)
    # Also where it is the same: some versions see only now what the meta strip holds.
    compat.set_end(strip, end)


def _put(strip: Any, first: int, end: int, channel: int, look: dict[str, Any]) -> None:
    """Show a strip from frame `first` to before `end` on a channel that is free there."""
    compat.set_start(strip, first)
    compat.set_end(strip, end)
    strip.channel = channel
    _set(strip, look)


def _set(strip: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(strip, name, value)


def _covers(scene: bpy.types.Scene, strip: Any) -> bool:
    """Whether a strip's picture covers the screen for sure, with nothing of it seen through."""
    transform, crop = getattr(strip, "transform", None), getattr(strip, "crop", None)
    if transform is None or crop is None:
        return True
    if len(strip.modifiers) or curves.of_place(scene, strip.name) or transform.rotation:
        return False
    if any((crop.min_x, crop.max_x, crop.min_y, crop.max_y)):
        return False
    screen = (scene.render.resolution_x, scene.render.resolution_y)
    places = zip(
        content.own_size(strip) or screen,
        (transform.scale_x, transform.scale_y),
        (transform.offset_x, transform.offset_y),
        screen,
        strict=True,
    )
    return all(size * scale / 2 - abs(offset) >= whole / 2 - _NEARLY for size, scale, offset, whole in places)


def _take_over(
    editor: bpy.types.SequenceEditor, flags: dict[str, bool], is_active: bool, before: Any, after: Any
) -> None:
    """Give one strip what the editor had chosen of another."""
    if before is not None:
        for name in _FLAGS:
            setattr(before, name, False)
    for name, value in flags.items():
        setattr(after, name, value)
    if is_active:
        editor.active_strip = after
