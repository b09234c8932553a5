# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case does to its timeline once the shot is there: the strip's place, its look and time, what lies around it,
how the scene is shown, and odd settings. Each is one change with a name. Runs in Blender.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from reshoot.timeline import compat
from stage import CHANNEL, START, Stage

Change = Callable[[Stage, Any], None]


def _view(**values: Any) -> Change:
    """Settings of how the scene is shown."""

    def change(stage: Stage, strip: Any) -> None:
        for name, value in values.items():
            setattr(stage.scene.view_settings, name, value)

    return change


def _strip(**values: Any) -> Change:
    """Properties of the strip; a dot is written as two underscores."""

    def change(stage: Stage, strip: Any) -> None:
        for name, value in values.items():
            owner, _, last = name.rpartition("__")
            setattr(getattr(strip, owner) if owner else strip, last, value)

    return change


def _render(**values: Any) -> Change:
    """Render settings of the scene."""

    def change(stage: Stage, strip: Any) -> None:
        for name, value in values.items():
            owner, _, last = name.rpartition("__")
            setattr(getattr(stage.scene.render, owner) if owner else stage.scene.render, last, value)

    return change


def _keys(path: str, *values: float) -> Change:
    """A property of the strip, animated from the shot's first frame to its last."""

    def change(stage: Stage, strip: Any) -> None:
        owner, _, last = path.rpartition(".")
        target = getattr(strip, owner) if owner else strip
        step = (stage.case.frames - 1) / (len(values) - 1)
        for n, value in enumerate(values):
            setattr(target, last, value)
            target.keyframe_insert(last, frame=START + round(n * step))

    return change


def _modifier(kind: str, **values: Any) -> Change:
    def change(stage: Stage, strip: Any) -> None:
        modifier = stage.modifier(strip, kind)
        for name, value in values.items():
            setattr(modifier, name, value)

    return change


def _view_curve(stage: Stage, strip: Any) -> None:
    view = stage.scene.view_settings
    view.use_curve_mapping = True
    view.curve_mapping.curves[3].points.new(0.4, 0.55)
    view.curve_mapping.update()


def _curve(stage: Stage, strip: Any) -> None:
    mapping = stage.modifier(strip, "CURVES").curve_mapping
    mapping.curves[3].points.new(0.5, 0.7)
    mapping.update()


def _masked(stage: Stage, strip: Any) -> None:
    """Brighter only where the mask, a bar that lies elsewhere, is white."""
    mask = stage.effect("mask", "COLOR", 8)
    mask.color = (1, 1, 1)
    mask.transform.scale_x = 0.4
    mask.mute = True
    modifier = stage.modifier(strip, "BRIGHT_CONTRAST")
    modifier.bright, modifier.input_mask_strip = 0.25, mask


def _below(stage: Stage, strip: Any) -> None:
    stage.movie("underlay", 1, picture="bunny", seed=40)


def _title_above(stage: Stage, strip: Any) -> None:
    title = stage.effect("title", "TEXT", 7)
    title.text, title.font_size, title.blend_type = "RESHOOT", 120.0, "ALPHA_OVER"


def _title_on_it(stage: Stage, strip: Any) -> None:
    title = stage.effect("title", "TEXT", CHANNEL + 1)
    title.text, title.font_size, title.blend_type = "RESHOOT", 120.0, "ALPHA_OVER"


def _adjustment_on_it(stage: Stage, strip: Any) -> None:
    stage.effect("adjustment", "ADJUSTMENT", CHANNEL + 1).color_saturation = 0.3


def _logo_on_it(stage: Stage, strip: Any) -> None:
    """An image that has nothing around it, shrunk and turned."""
    logo = stage.images("logo", CHANNEL + 1, picture="hole", frames=1, seed=9)
    compat.set_end(logo, START + stage.case.frames)
    logo.blend_type = "ALPHA_OVER"
    logo.transform.scale_x = logo.transform.scale_y = 0.3
    logo.transform.rotation, logo.transform.offset_x = 0.4, 300.0


def _with_another(kind: str, *, first: bool) -> Change:
    """The shot and another movie in one effect, over the shot's last frames or its first ones."""

    def change(stage: Stage, strip: Any) -> None:
        shared = stage.case.frames // 3
        begins = START + stage.case.frames - shared if first else START + shared - stage.case.frames
        other = stage.movie("other", CHANNEL + 1, begins, seed=40)
        inputs = (strip, other) if first else (other, strip)
        begin = begins if first else START
        compat.new_effect(stage.scene.sequence_editor, kind, kind, CHANNEL + 2, begin, shared, inputs)

    return change


def _masks_another(stage: Stage, strip: Any) -> None:
    other = stage.movie("other", CHANNEL + 3, seed=40)
    modifier = stage.modifier(other, "BRIGHT_CONTRAST")
    modifier.bright, modifier.input_mask_strip = 0.25, strip


def _speed(**values: Any) -> Change:
    def change(stage: Stage, strip: Any) -> None:
        editor, frames = stage.scene.sequence_editor, stage.case.frames
        effect = compat.new_effect(editor, "speed", "SPEED", CHANNEL + 1, START, frames, (strip,))
        for name, value in values.items():
            setattr(effect, name, value)

    return change


def _seen_by_a_camera_strip(stage: Stage, strip: Any) -> None:
    stage.effect("cameras", "MULTICAM", CHANNEL + 2).multicam_source = CHANNEL


def _driven(stage: Stage, strip: Any) -> None:
    strip.transform.driver_add("offset_x").driver.expression = "frame * 2"


def _sounds(stage: Stage, strip: Any) -> None:
    stage.sound("own", 2)
    stage.sound("music", 6, seed=9)
    voice = stage.sound("voice", 7, seed=30)
    compat.set_start(voice, START + 20)
    voice.volume, voice.pan = 0.6, -0.4


def _loud(stage: Stage, strip: Any) -> None:
    music = stage.sound("music", 6, seed=9)
    for frame, volume in ((START, 0.1), (START + 60, 1.0)):
        music.volume = volume
        music.keyframe_insert("volume", frame=frame)


def _proxies(stage: Stage, strip: Any) -> None:
    stage.scene.sequence_editor.proxy_storage = "PROJECT"
    strip.use_proxy = True
    strip.proxy.build_50 = True


def _prefetch(stage: Stage, strip: Any) -> None:
    editor = stage.scene.sequence_editor
    editor.use_prefetch = True


def _odd_output(stage: Stage, strip: Any) -> None:
    render = stage.scene.render
    render.resolution_percentage, render.use_border, render.use_crop_to_border = 50, True, True
    render.border_min_x, render.border_max_x, render.border_max_y = 0.2, 0.7, 0.6
    render.use_stamp, render.dither_intensity, render.use_persistent_data = True, 2.0, True
    render.use_overwrite, render.use_placeholder, render.use_file_extension = False, True, False
    render.use_sequencer, render.filepath = False, "/nowhere/at/all"
    stage.scene.frame_step = 3
    stage.scene.use_preview_range = True
    stage.scene.frame_preview_start, stage.scene.frame_preview_end = START + 5, START + 9
    stage.scene.frame_start, stage.scene.frame_end = 500, 600


def _other_output_view(stage: Stage, strip: Any) -> None:
    """Output that is shown in another way than the scene."""
    settings = stage.scene.render.image_settings
    settings.color_management = "OVERRIDE"
    settings.view_settings.view_transform = "Filmic"
    settings.view_settings.exposure = 1.5


def _stereo(stage: Stage, strip: Any) -> None:
    stage.scene.render.use_multiview = True
    stage.scene.render.views_format = "STEREO_3D"


def _image_output(file_format: str, **values: Any) -> Change:
    def change(stage: Stage, strip: Any) -> None:
        settings = stage.scene.render.image_settings
        compat.set_image_format(settings, file_format)
        for name, value in values.items():
            setattr(settings, name, value)

    return change


def _movie_output(stage: Stage, strip: Any) -> None:
    compat.set_movie_format(stage.scene.render.image_settings)
    ffmpeg = stage.scene.render.ffmpeg
    ffmpeg.format, ffmpeg.codec, ffmpeg.gopsize, ffmpeg.use_lossless_output = "MKV", "FFV1", 1, True
    ffmpeg.audio_codec, ffmpeg.audio_channels = "FLAC", "MONO"


def _compositor(stage: Stage, strip: Any) -> None:
    """A compositor that turns everything black is not what the sequencer shows."""
    tree = bpy.data.node_groups.new("black", "CompositorNodeTree")
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree.nodes.new("NodeGroupOutput")
    stage.scene.compositing_node_group = tree


def _compositor_modifier(stage: Stage, strip: Any) -> None:
    """Turns the strip into its negative."""
    stage.modifier(strip, "COMPOSITOR").node_group = stage.compositing("modifier", "CompositorNodeInvert", "Color")


def _space(name: str) -> Change:
    def change(stage: Stage, strip: Any) -> None:
        stage.scene.sequencer_colorspace_settings.name = name

    return change


def _display(name: str) -> Change:
    def change(stage: Stage, strip: Any) -> None:
        stage.scene.display_settings.display_device = name

    return change


CHANGES: dict[str, Change] = {
    "offset": _strip(transform__offset_x=137.0, transform__offset_y=-61.0),
    "scale": _strip(transform__scale_x=0.63, transform__scale_y=0.81),
    "fit": _strip(transform__scale_x=2 / 3, transform__scale_y=2 / 3),
    "grow": _strip(transform__scale_x=3.0, transform__scale_y=3.0),
    "rotation": _strip(transform__rotation=0.21),
    "origin": _strip(transform__origin=(0.2, 0.9), transform__rotation=0.1, transform__scale_x=0.7),
    "crop": _strip(crop__min_x=101, crop__max_x=33, crop__min_y=47, crop__max_y=70),
    "flip": _strip(use_flip_x=True),
    "flip up": _strip(use_flip_y=True),
    "animated place": _keys("transform.offset_x", 0.0, 240.0),
    "animated crop": _keys("crop.max_x", 0, 300, 100),
    "driven": _driven,
    "opacity": _strip(blend_alpha=0.45),
    "multiply": _strip(blend_type="MULTIPLY"),
    "screen": _strip(blend_type="SCREEN"),
    "add": _strip(blend_type="ADD"),
    "difference": _strip(blend_type="DIFFERENCE"),
    "fade": _keys("blend_alpha", 0.0, 1.0, 1.0, 0.0),
    "strobe": _strip(strobe=4.0),
    "reverse": _strip(use_reverse_frames=True),
    "saturation": _strip(color_saturation=0.3),
    "brighter": _strip(color_multiply=1.6),
    "float": _strip(use_float=True),
    "deinterlace": _strip(use_deinterlace=True),
    "animated saturation": _keys("color_saturation", 0.0, 2.0),
    "curve": _curve,
    "contrast": _modifier("BRIGHT_CONTRAST", bright=0.1, contrast=20.0),
    "balance": _modifier("COLOR_BALANCE", color_multiply=1.2),
    "white balance": _modifier("WHITE_BALANCE", white_value=(0.9, 1.0, 0.7)),
    "masked": _masked,
    "log footage": _strip(colorspace_settings__name="Filmic Log"),
    "below": _below,
    "title above": _title_above,
    "title on it": _title_on_it,
    "adjustment on it": _adjustment_on_it,
    "logo on it": _logo_on_it,
    "dissolve out": _with_another("CROSS", first=True),
    "dissolve in": _with_another("CROSS", first=False),
    "gamma dissolve out": _with_another("GAMMA_CROSS", first=True),
    "gamma dissolve in": _with_another("GAMMA_CROSS", first=False),
    "wipe in": _with_another("WIPE", first=False),
    "multiplied": _with_another("MULTIPLY", first=True),
    "mixed": _with_another("COLORMIX", first=False),
    "masks another": _masks_another,
    "half speed": _speed(speed_control="MULTIPLY", speed_factor=0.5),
    "stretched": _speed(speed_control="STRETCH"),
    "seen by a camera strip": _seen_by_a_camera_strip,
    "sounds": _sounds,
    "louder music": _loud,
    "proxies": _proxies,
    "prefetch": _prefetch,
    "AgX": _view(view_transform="AgX"),
    "Filmic": _view(view_transform="Filmic"),
    "Khronos": _view(view_transform="Khronos PBR Neutral"),
    "ACES": _view(view_transform="ACES 2.0"),
    "punchy": _view(view_transform="AgX", look="AgX - Punchy"),
    "high contrast": _view(view_transform="Filmic", look="High Contrast"),
    "exposure": _view(exposure=0.7),
    "darker": _view(exposure=-1.2),
    "gamma": _view(gamma=1.3),
    "view curve": _view_curve,
    "view white balance": _view(use_white_balance=True, white_balance_temperature=4200.0),
    "Display P3": _display("Display P3"),
    "Rec.1886": _display("Rec.1886"),
    "linear sequencer": _space("Linear Rec.709"),
    "ACEScg sequencer": _space("ACEScg"),
    "Filmic Log sequencer": _space("Filmic Log"),
    "wide pixels": _render(pixel_aspect_x=16.0, pixel_aspect_y=15.0),
    "odd output": _odd_output,
    "other output view": _other_output_view,
    "stereo": _stereo,
    "EXR output": _image_output("OPEN_EXR", color_depth="32"),
    "JPEG output": _image_output("JPEG", quality=10, color_mode="BW"),
    "movie output": _movie_output,
    "compositor": _compositor,
    "compositor modifier": _compositor_modifier,
    "mapped frames": _render(frame_map_old=100, frame_map_new=200),
}
