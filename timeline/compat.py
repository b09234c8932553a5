# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between Blender versions. The only file that compares them.

Strips and their collections have no types here, nor in the rest of the room: those of mypy are one version's, and a
strip's properties are called otherwise, or are not there, in another.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STRIPS_NAMED_STRIPS = bpy.app.version >= (4, 4, 0)
"""`strips` took over from `sequences`; both exist up to 4.5."""

HANDLES = bpy.app.version >= (5, 2, 0)
"""`left_handle` and its family took over from `frame_final_start`."""

SPAN = (
    ("channel", "left_handle", "right_handle", "content_start")
    if HANDLES
    else ("channel", "frame_final_start", "frame_final_end", "frame_start")
)
"""Where a strip is, as properties of any strip. Its content's start comes last."""

LAYERED_ACTIONS = bpy.app.version >= (4, 4, 0)
MEDIA_TYPE = bpy.app.version >= (5, 0, 0)
SHOWS_NEAREST = bpy.app.version < (5, 0, 0)
"""Of a movie with a rate of its own the frame that is nearest in time is shown. Later versions keep it while that
frame of the movie lasts, so that a first look decides."""

REPEATS_INPUTS = bpy.app.version >= (5, 1, 0)
"""What an effect asked for at another frame of the timeline is shown once more where that frame is rendered next: a
speed effect that asks for the next frame gets the picture of the one before."""

METAS_HIDE = bpy.app.version >= (5, 2, 0)
"""A meta strip hides what is below it also where its content does not reach or is see-through, unless it is moved,
however little."""

VIEWER_ENCODES_BY_POWER = bpy.app.version >= (5, 0, 0)
"""What is drawn over the sequencer's viewer is encoded for the screen by the power of 2.2; by the curve of sRGB before,
as everywhere else. Seen in 5.2.2 and in 4.3.2; 5.0 is the first whose viewer goes through the display's own transform.
"""

_WITH_NODES = ("lights", "linestyles", "materials", "textures", "worlds") + (() if MEDIA_TYPE else ("scenes",))
"""Data that have nodes of their own; those of a scene are a group from 5.0 on."""

CONNECTED_STRIPS = bpy.app.version >= (4, 4, 0)

SOUND_OFFSET = bpy.app.version >= (4, 3, 0)
"""A sound strip can begin between two frames, by its `sound_offset`; before, it begins with the nearest frame."""

CROWD_CRASHES = sys.version_info < (3, 12)
"""Where the context is overridden, an operator looks into Python's dictionaries time and again, without Python's lock
while any other thread has that: both are in Python then, and Blender crashes. Later Pythons tell whose lock it is.
"""


def strips(owner: Any) -> Any:
    """The strips directly in a sequence editor or in a meta strip."""
    return owner.strips if STRIPS_NAMED_STRIPS else owner.sequences


def strips_all(editor: bpy.types.SequenceEditor) -> Any:
    """Every strip of an editor, those in meta strips too."""
    return editor.strips_all if STRIPS_NAMED_STRIPS else editor.sequences_all  # type: ignore[attr-defined]  # up to 4.5


def strip_type() -> Any:
    """What every strip's type is made of."""
    return bpy.types.Strip if hasattr(bpy.types, "Strip") else getattr(bpy.types, "Sequence")  # noqa: B009 - up to 4.3


def strip_path(name: str) -> str:
    """The start of the data path of a strip's properties, from its scene."""
    word = "strips_all" if STRIPS_NAMED_STRIPS else "sequences_all"
    return f'sequence_editor.{word}["{bpy.utils.escape_identifier(name)}"].'


def shown_strips(editor: bpy.types.SequenceEditor) -> Any:
    """The strips of the level that is open in the editor: the whole timeline, or the meta strip that is entered."""
    return strips(editor.meta_stack[-1] if len(editor.meta_stack) else editor)


def shown_channels(editor: bpy.types.SequenceEditor) -> Any:
    """The channels of that level."""
    opened: Any = editor.meta_stack[-1] if len(editor.meta_stack) else editor
    return opened.channels


def open_meta(editor: bpy.types.SequenceEditor) -> str:
    """The name of the meta strip that is entered, empty where the whole timeline is shown."""
    return str(editor.meta_stack[-1].name) if len(editor.meta_stack) else ""


def open_level(editor: bpy.types.SequenceEditor, meta: str) -> None:
    """Enter the meta strip `meta`; without a name, leave every one."""
    editor.display_stack(strips_all(editor)[meta] if meta else None)


def meta_of(strip: Any) -> str:
    """The name of the meta strip that holds `strip`, empty where none does."""
    parent = strip.parent_meta()
    return str(parent.name) if parent is not None else ""


def start(strip: Any) -> int:
    """First timeline frame that shows the strip."""
    return int(strip.left_handle if HANDLES else strip.frame_final_start)


def end(strip: Any) -> int:
    """First timeline frame after the strip."""
    return int(strip.right_handle if HANDLES else strip.frame_final_end)


def length(strip: Any) -> int:
    """Timeline frames that show the strip."""
    return end(strip) - start(strip)


def content_length(strip: Any) -> int:
    """Frames of the strip's source."""
    return int(strip.content_duration if HANDLES and hasattr(strip, "content_duration") else strip.frame_duration)


def content_start(strip: Any) -> float:
    """Timeline frame of the first frame of the strip's source."""
    return float(strip.content_start if HANDLES else strip.frame_start)


def set_content_start(strip: Any, frame: float) -> None:
    """Move what the strip shows, so that its source begins at `frame`, and the strip with it."""
    if HANDLES:
        strip.content_start = frame
    else:
        strip.frame_start = frame


def set_start(strip: Any, frame: int) -> None:
    """Trim or extend the strip so that it begins at `frame`."""
    if HANDLES:
        strip.left_handle = frame
    else:
        strip.frame_final_start = frame


def set_end(strip: Any, frame: int) -> None:
    """Trim or extend the strip so that it ends before `frame`."""
    if HANDLES:
        strip.right_handle = frame
    else:
        strip.frame_final_end = frame


def trims(strip: Any) -> tuple[float, float]:
    """Frames of the source that are hidden before and after the strip; negative where it holds its edge frame."""
    if HANDLES:
        return (float(strip.left_handle_offset), float(strip.right_handle_offset))
    return (float(strip.frame_offset_start), float(strip.frame_offset_end))


def animation_trims(strip: Any) -> tuple[int, int]:
    """Frames of the source file that the strip does not use at all."""
    if HANDLES and hasattr(strip, "content_trim_start"):
        return (int(strip.content_trim_start), int(strip.content_trim_end))
    return (int(strip.animation_offset_start), int(strip.animation_offset_end))


def curves(scene: bpy.types.Scene) -> Any:
    """The animation curves of `scene` as a collection with `new` and `remove`, None where it has no action."""
    data = scene.animation_data
    if data is None or data.action is None:
        return None
    if not LAYERED_ACTIONS:
        return data.action.fcurves  # type: ignore[attr-defined]  # up to 4.5
    for layer in data.action.layers:
        for strip in layer.strips:
            # Every strip is one of keyframes; Blender knows no other kind yet.
            bag = strip.channelbag(data.action_slot) if data.action_slot else None  # type: ignore[attr-defined]
            if bag is not None:
                return bag.fcurves
    return None


def color_spaces(scene: bpy.types.Scene) -> frozenset[str]:
    """The names of the colour spaces that the colour configuration in use has."""
    settings = scene.sequencer_colorspace_settings
    assert settings is not None
    names: Any = settings.bl_rna.properties["name"]
    return frozenset(item.identifier for item in names.enum_items)


def choices(owner: Any, name: str) -> tuple[str, ...]:
    """What the enum `name` of `owner` can be set to, also where Blender makes its list anew each time."""
    try:
        setattr(owner, name, "\0")
    except TypeError as error:
        # The only way in which Blender tells.
        listed = ast.literal_eval(str(error).rpartition(" not found in ")[2])
        return (listed,) if isinstance(listed, str) else tuple(listed)
    return ()


def scripted_drivers() -> Iterator[tuple[Any, Any]]:
    """Every driver of the open file that has an expression of its own, and the data that it drives."""
    for kind in bpy.data.bl_rna.properties:
        if kind.type != "COLLECTION":
            continue
        for data in getattr(bpy.data, kind.identifier):
            # Nodes in a group of their own are data as well.
            owners = (data, data.node_tree) if kind.identifier in _WITH_NODES else (data,)
            for owner in owners:
                animation = getattr(owner, "animation_data", None)
                for curve in animation.drivers if animation else ():
                    if curve.driver.type == "SCRIPTED":
                        yield data, curve.driver


def set_movie_format(settings: bpy.types.ImageFormatSettings) -> None:
    """Choose video as the output."""
    if MEDIA_TYPE:
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"


def set_image_format(settings: bpy.types.ImageFormatSettings, file_format: str) -> None:
    """Choose still images as the output."""
    if MEDIA_TYPE:
        settings.media_type = "IMAGE"
    settings.file_format = file_format  # type: ignore[assignment]  # one that this Blender has


def set_visually_lossless(ffmpeg: Any) -> None:
    """Encode H.264 at the constant quality at which no loss is seen, in the least time that this version has for it."""
    if hasattr(ffmpeg, "custom_constant_rate_factor"):
        # One step finer, the fast preset is as true as the slow one: two fifths of its time, two thirds more bytes.
        ffmpeg.ffmpeg_preset = "REALTIME"
        ffmpeg.constant_rate_factor = "CUSTOM"
        ffmpeg.custom_constant_rate_factor = 16
    else:
        # Fast at this step loses up to 0.8 dB, which takes some footage below what a round trip has to keep.
        ffmpeg.ffmpeg_preset = "GOOD"
        ffmpeg.constant_rate_factor = "PERC_LOSSLESS"


def movie_strip_options(options: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `sequencer.movie_strip_add` that this version has and needs."""
    known = bpy.ops.sequencer.movie_strip_add.get_rna_type().properties.keys()  # type: ignore[call-arg]  # no class
    # Without a mouse to follow, adding with "move strips" on reads freed memory.
    wanted = {**options, "move_strips": False}
    return {name: value for name, value in wanted.items() if name in known}


@contextlib.contextmanager
def sequencer_shows(window: bpy.types.Window, scene: bpy.types.Scene) -> Iterator[None]:
    """For this moment `scene` is the one that a window's sequencer shows."""
    workspace = window.workspace
    if hasattr(workspace, "sequencer_scene"):
        shown = workspace.sequencer_scene
        workspace.sequencer_scene = scene
        try:
            yield
        finally:
            workspace.sequencer_scene = shown
        return
    shown, layer = window.scene, window.view_layer
    window.scene = scene
    try:
        yield
    finally:
        window.scene = shown
        # With another scene a window comes to that scene's first layer.
        window.view_layer = layer


def split_options(strip: Any) -> dict[str, Any] | None:
    """Arguments of `split` with which nothing but `strip` is cut; None where this version cuts what it is joined with.

    Where they are not ignored, what is joined is cut along, and gets other names.
    """
    known = strip.bl_rna.functions["split"].parameters.keys()
    if "ignore_connections" in known:
        return {"ignore_connections": True}
    return None if len(getattr(strip, "connections", ())) else {}


def select_only(chosen: Iterable[Any], all_strips: Iterable[Any]) -> None:
    """Select `chosen` and nothing else of `all_strips`."""
    names = {strip.name for strip in chosen}
    for strip in all_strips:
        strip.select = strip.name in names


def new_effect(
    owner: Any, name: str, kind: str, channel: int, frame: int, frames: int, inputs: tuple[Any, ...] = ()
) -> Any:
    """A new effect strip, directly in a sequence editor or a meta strip. inputs: the strips that it is made of."""
    made = strips(owner)
    known = made.bl_rna.functions["new_effect"].parameters.keys()
    length = {"length": frames} if "length" in known else {"frame_end": frame + frames}
    slots = ("input1", "input2") if "input1" in known else ("seq1", "seq2")
    return made.new_effect(
        name=name, type=kind, channel=channel, frame_start=frame, **length, **dict(zip(slots, inputs, strict=False))
    )


def centre_text(strip: Any) -> None:
    """Centre a text strip on its location."""
    if hasattr(strip, "alignment_x"):
        strip.alignment_x = "CENTER"
    anchor = ("anchor_x", "anchor_y") if hasattr(strip, "anchor_x") else ("align_x", "align_y")
    for name in anchor:
        setattr(strip, name, "CENTER")
