# SPDX-License-Identifier: GPL-3.0-or-later
"""What is saved in the .blend: prompt, model, options, references. Never a key, never a job's state."""

from typing import TYPE_CHECKING, cast

import bpy
from bpy.props import CollectionProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from ..core.models.names import MODELS

if TYPE_CHECKING:
    from bpy.types import Context, Scene


class RESHOOT_PG_view(bpy.types.PropertyGroup):
    """One image file of a reference."""

    # No FILE_PATH: what Blender wants to know of relative paths there differs between versions.
    filepath: StringProperty(name="Image", description="The image file")  # type: ignore[valid-type]


class RESHOOT_PG_reference(bpy.types.PropertyGroup):
    """One reference. The first view of an element is its frontal view."""

    kind: EnumProperty(  # type: ignore[valid-type]
        name="Kind",
        items=(
            ("IMAGE", "Image", "One picture, mentioned as @Image1"),
            ("ELEMENT", "Element", "A thing from several sides, mentioned as @Element1"),
        ),
    )
    views: CollectionProperty(type=RESHOOT_PG_view)  # type: ignore[valid-type]


def _prompt_written(settings: "RESHOOT_PG_scene", context: "Context") -> None:
    """Whoever writes the field means it; the text block stays in the file."""
    if settings.prompt_text is not None:
        settings.prompt_text = None


class RESHOOT_PG_scene(bpy.types.PropertyGroup):
    """The settings of a scene's shots: `scene.reshoot`."""

    prompt: StringProperty(  # type: ignore[valid-type]
        name="Prompt",
        description="What should change in the shot. Mention references as @Image1 or @Element1",
        update=_prompt_written,
    )
    prompt_text: PointerProperty(  # type: ignore[valid-type]
        type=bpy.types.Text,
        name="Prompt Text",
        description="A text that is sent as the prompt, in place of the field",
    )
    model: EnumProperty(  # type: ignore[valid-type]
        name="Model",
        description="The model that edits the shot",
        items=MODELS,
    )
    source: EnumProperty(  # type: ignore[valid-type]
        name="Source",
        description="Which picture is sent",
        items=(
            ("STRIP", "Strip", "The strip's own picture; the take gets its transform, crop, blend and fades"),
            ("TIMELINE", "Timeline", "What the viewer shows over the range"),
        ),
    )
    timing: EnumProperty(  # type: ignore[valid-type]
        name="Timing",
        description="How the shot's frames are sent",
        items=(
            ("AUTO", "Automatic", "Every frame up to 30 fps, real time above"),
            ("EVERY_FRAME", "Every Frame", "Each timeline frame is edited and comes back in its own place"),
            ("REAL_TIME", "Real Time", "The shot is sent at its own pace; the result comes back at the model's"),
        ),
    )
    sound: EnumProperty(  # type: ignore[valid-type]
        name="Sound",
        description="What is heard while the take is shown",
        translation_context="Reshoot",
        items=(
            ("TIMELINE", "Keep the Timeline's", "Sound strips are not touched"),
            ("RESULT", "From the Result", "The result's sound; the shot's own is muted. Sent in real time"),
            ("SILENT", "Silent", "The shot's own sound is muted"),
        ),
    )
    handles: IntProperty(  # type: ignore[valid-type]
        name="Handles",
        description="Extra frames that are sent before and after the shot and trimmed off the take",
        translation_context="Reshoot",  # to Blender handles are what strips are dragged by
        min=0,
        soft_max=48,
        max=240,
    )
    selection: EnumProperty(  # type: ignore[valid-type]
        name="Several Strips",
        description="What several selected strips are",
        items=(
            ("EACH", "A Shot Each", "Each strip with footage is sent as a shot of its own"),
            ("TOGETHER", "One Shot", "The strips are sent as one shot, from the first to the last, without a gap"),
        ),
    )
    variants: IntProperty(  # type: ignore[valid-type]
        name="Variants",
        description="Takes that one press makes of each shot; each is a request of its own, and is paid for",
        default=1,
        min=1,
        max=4,
    )
    land: EnumProperty(  # type: ignore[valid-type]
        name="Land",
        description="Where a take is put",
        items=(
            (
                "REPLACE",
                "In Place",
                "What stands above the shot stays above its take; a further take replaces the one shown",
            ),
            ("CHANNEL", "On a Channel", "Each take is a strip of its own, on the nearest free channel above the shot"),
        ),
    )
    references: CollectionProperty(type=RESHOOT_PG_reference)  # type: ignore[valid-type]
    active_reference: IntProperty(  # type: ignore[valid-type]
        name="Active Reference", description="The reference that is chosen in the list"
    )
    shown: StringProperty(  # type: ignore[valid-type]
        name="Shown",
        description="The shot whose brief this is: its id, if it has one, and its strip",
        options={"HIDDEN"},
    )
    began: StringProperty(  # type: ignore[valid-type]
        name="Began", description="What this brief was when it was shown or kept last", options={"HIDDEN"}
    )


def scene_of(context: "Context") -> "Scene":
    """The scene whose timeline the editor works on."""
    # Blender's types allow for none, which no context has that Blender draws or runs anything in.
    return cast("Scene", getattr(context, "sequencer_scene", None) or context.scene)


def settings_of(scene: "Scene") -> "RESHOOT_PG_scene":
    """The settings of a scene's shots."""
    return cast(RESHOOT_PG_scene, scene.reshoot)  # type: ignore[attr-defined]  # `register` gives it to every scene


CLASSES = (RESHOOT_PG_view, RESHOOT_PG_reference, RESHOOT_PG_scene)


def register() -> None:
    """Give every scene its settings."""
    bpy.types.Scene.reshoot = PointerProperty(type=RESHOOT_PG_scene)  # type: ignore[attr-defined,func-returns-value]


def unregister() -> None:
    """Take the settings away again; what is saved in files stays there."""
    del bpy.types.Scene.reshoot  # type: ignore[attr-defined]
