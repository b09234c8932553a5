# SPDX-License-Identifier: GPL-3.0-or-later
"""How a background Blender encodes a clip, and how it tells of its progress. Runs nowhere else."""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.awake import Patience
from ..core.blender_process import PROGRESS
from ..core.errors import ExportError
from ..core.storage import remove
from ..core.words import say
from ..timeline import compat

_KEYFRAME_EVERY = 24
_MIX_STALLS = 60.0
"""Seconds without a byte more after which a mix of sound does not come any more."""
_AS_IT_IS = 2.5 / 255
"""How far a view may be from showing a picture as it is."""
_CACHES = ("use_prefetch", "use_cache_preprocessed", "use_cache_composite", "use_cache_final")
"""Of a sequencer; which there are depends on the version. What is read from files (`use_cache_raw`) stays: it decides
which frame is shown of a movie with a rate of its own (docs/decisions/delivered.md)."""
_MOST_KEPT = 1024
"""Megabytes of frames that Blender keeps at most."""


def render_movie(
    scene: bpy.types.Scene,
    target: Path,
    *,
    first: int,
    frames: int,
    audio: bool,
    bits_per_second: int,
    lossless: bool = False,
) -> None:
    """Render `frames` frames of `scene`'s sequencer from `first` on to an H.264 MP4 at `target`.

    bits_per_second: 0 for constant quality, visually lossless, or without any loss where `lossless`; otherwise the
    rate to keep to.
    """
    render = scene.render
    plain_output(scene)
    forget_frames()
    compat.set_movie_format(render.image_settings)
    render.image_settings.color_mode = "RGB"
    ffmpeg = render.ffmpeg
    assert ffmpeg is not None
    ffmpeg.format = "MPEG4"
    ffmpeg.codec = "H264"
    ffmpeg.ffmpeg_preset = "GOOD"
    ffmpeg.gopsize = _KEYFRAME_EVERY
    ffmpeg.use_max_b_frames = False
    ffmpeg.use_autosplit = False
    ffmpeg.use_lossless_output = False
    if bits_per_second:
        ffmpeg.constant_rate_factor = "NONE"
        ffmpeg.video_bitrate = ffmpeg.maxrate = bits_per_second // 1000
        ffmpeg.minrate = 0
        ffmpeg.buffersize = 2 * bits_per_second // 1000
    elif lossless:
        ffmpeg.constant_rate_factor = "LOSSLESS"
    else:
        compat.set_visually_lossless(ffmpeg)
    ffmpeg.audio_codec = "AAC" if audio else "NONE"
    ffmpeg.audio_bitrate = 320
    render.filepath = str(target)
    render.use_file_extension = False
    render.use_overwrite = True
    render.use_placeholder = False
    remove(target)
    render_range(scene, first, frames)


def render_range(scene: bpy.types.Scene, first: int, frames: int) -> None:
    """Render frames `first` to `first + frames - 1`, which are not negative, with a line of progress after each."""
    scene.frame_start = first
    scene.frame_end = first + frames - 1
    scene.frame_step = 1
    done = 0

    def report(*_args: Any) -> None:
        nonlocal done
        done += 1
        tell(min(done, frames), frames)

    bpy.app.handlers.render_write.append(report)
    try:
        bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.app.handlers.render_write.remove(report)


def render_stills(scene: bpy.types.Scene, folder: Path, first: int, frames: int) -> list[Path]:
    """Render `frames` frames from `first` on, which may be negative, to lossless stills in `folder`."""
    plain_output(scene)
    forget_frames()
    settings = scene.render.image_settings
    compat.set_image_format(settings, "PNG")
    settings.color_mode = "RGB"
    settings.color_depth = "8"
    settings.compression = 15
    scene.render.use_file_extension = False
    preferences = bpy.context.preferences
    assert preferences is not None
    preferences.edit.use_negative_frames = True
    paths = [folder / f"frame{number:06d}.png" for number in range(frames)]
    for number, path in enumerate(paths):
        scene.frame_set(first + number)
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        tell(number + 1, frames)
    return paths


def mix_sound(scene: bpy.types.Scene, target: Path) -> None:
    """Write what the scene's frame range sounds like to a FLAC file. Raises ExportError where it does not come.

    Since 5.2 the operator returns at once, and a thread of Blender's goes on writing.
    """
    failed = ExportError(say("The sound of the shot could not be mixed."), say("Try again."))
    try:
        with bpy.context.temp_override(scene=scene):
            bpy.ops.sound.mixdown(filepath=str(target), container="FLAC", codec="FLAC")
    except RuntimeError as error:
        raise failed from error
    size, patience = 0, Patience(_MIX_STALLS)
    while not _is_whole_flac(target):
        grown = target.stat().st_size if target.exists() else 0
        if grown != size:
            size, patience = grown, Patience(_MIX_STALLS)
        if patience.is_over():
            raise failed
        time.sleep(0.01)


def _is_whole_flac(path: Path) -> bool:
    """Whether the file's header tells how many samples there are, which is written last."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(26)
    # 36 bits, after the file's mark, the block's own header, its sizes, and the sound's rate, channels and depth.
    return len(header) == 26 and int.from_bytes(header[21:26], "big") & (1 << 36) - 1 > 0


def tell(done: int, total: int) -> None:
    print(f"\n{PROGRESS} {done} {total}", flush=True)


def plain_output(scene: bpy.types.Scene) -> None:
    """Nothing between the sequencer's picture and the file: no border, no stamp, no second eye, no dither, and no other
    view than the scene's.
    """
    render = scene.render
    render.image_settings.color_management = "FOLLOW_SCENE"
    render.use_sequencer = True
    render.use_border = False
    render.use_crop_to_border = False
    render.use_multiview = False
    render.use_stamp = False
    render.dither_intensity = 0.0
    render.resolution_percentage = 100


def forget_frames() -> None:
    """Have sequencers, nested ones too, keep no frame once it is rendered: none is asked for again, and by default they
    fill gigabytes.

    Frames of footage are kept as in the editor's own render: since 5.0 one is shown again for all moments while it
    lasts, where anything else would be shown without.
    """
    preferences = bpy.context.preferences
    assert preferences is not None
    preferences.system.memory_cache_limit = min(_MOST_KEPT, preferences.system.memory_cache_limit)
    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        if editor is None:
            continue
        # Blender empties the caches of the scene that it is in, and 5.2 crashes where that one has no sequencer.
        with bpy.context.temp_override(scene=scene):
            for name in _CACHES:
                if hasattr(editor, name):
                    setattr(editor, name, False)
            editor.use_cache_raw = True


def view_as(scene: bpy.types.Scene, view_transform: str) -> None:
    """Show `scene` through `view_transform` and nothing else: no look, exposure 0, gamma 1, no curves."""
    view, display = scene.view_settings, scene.display_settings
    assert view is not None and display is not None
    # Which there are, the colour configuration says, and not the types.
    try:
        display.display_device = "sRGB"  # type: ignore[assignment]
        view.view_transform = view_transform  # type: ignore[assignment]
    except TypeError:
        display.display_device, view.view_transform = _plain_view()  # type: ignore[assignment]
    view.look = "None"  # type: ignore[assignment]
    view.exposure = 0.0
    view.gamma = 1.0
    view.use_curve_mapping = False
    if hasattr(view, "use_white_balance"):
        view.use_white_balance = False


@cache
def _plain_view() -> tuple[str, str]:
    """The display and the view that change a picture least, of a colour configuration that is not Blender's own.

    Nothing but the pictures tells which they are. Raises ExportError where each changes them.
    """
    scene = bpy.data.scenes.new("Reshoot")
    image = bpy.data.images.new("ramp", 16, 16)
    ramp = np.linspace(0.0, 1.0, 16 * 16 * 3, dtype=np.float32).reshape(-1, 3)
    ramp[1::2] = ramp[1::2, ::-1] * (1.0, 0.5, 0.2)
    pixels: Any = image.pixels
    pixels.foreach_set(np.concatenate([ramp, np.ones((len(ramp), 1), np.float32)], axis=1).ravel())
    view, display = scene.view_settings, scene.display_settings
    assert view is not None and display is not None
    compat.set_image_format(scene.render.image_settings, "PNG")
    scene.render.image_settings.color_mode = "RGB"
    found: list[tuple[float, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for device in compat.choices(display, "display_device"):
            display.display_device = device  # type: ignore[assignment]
            for name in compat.choices(view, "view_transform"):
                view.view_transform = name  # type: ignore[assignment]
                path = Path(folder) / f"{len(found)}.png"
                image.save_render(str(path), scene=scene)
                found.append((_apart(ramp, path), device, name))
    bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    error, device, name = min(found)
    if error > _AS_IT_IS:
        raise ExportError(
            say("The colour configuration in use has no view that shows footage as it is."),
            say("Give it one, such as “Un-tone-mapped”, or use Blender's own."),
        )
    return device, name


def _apart(ramp: Any, path: Path) -> float:
    """How far the picture at `path` is from `ramp`, of full brightness, where that is most."""
    shown = bpy.data.images.load(str(path))
    points = np.empty(len(ramp) * 4, np.float32)
    pixels: Any = shown.pixels
    pixels.foreach_get(points)
    bpy.data.images.remove(shown)
    return float(np.abs(points.reshape(-1, 4)[:, :3] - ramp).max())


def new_scene(fps: Fraction, width: int, height: int) -> bpy.types.Scene:
    """An empty scene with a sequencer that passes pictures through unchanged."""
    scene = bpy.data.scenes.new("Reshoot")
    scene.sequence_editor_create()
    render = scene.render
    render.resolution_x, render.resolution_y = width, height
    if fps.denominator == 1:
        render.fps, render.fps_base = int(fps), 1.0
    else:
        whole = round(float(fps) + 0.5)
        render.fps, render.fps_base = whole, float(whole / fps)
    view_as(scene, "Standard")
    return scene
