# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's before/after picture: frames of the timeline with the take hidden and shown, one above the other.

Blender renders it, frames and words alike. Changes the open project: it is for after everything is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

WIDTH = 1680
MARGIN = 36
GAP = 14
HEADING = 56
CAPTION = 44
BACKGROUND = (0.1, 0.1, 0.105)
BRIGHT = (0.94, 0.94, 0.94, 1.0)
DIM = (0.66, 0.66, 0.68, 1.0)
ORANGE = (0.95, 0.58, 0.2, 1.0)


@dataclass(frozen=True)
class Labels:
    """The words on the picture. columns: one for each frame."""

    before: str
    after: str
    columns: Sequence[str]
    credit: str


def render_pairs(scene: Any, take: Any, frames: Sequence[int], folder: Path) -> list[tuple[Path, Path]]:
    """Render each of `frames` of `scene` without and with `take`, as PNG files in `folder`."""
    pairs = []
    for frame in frames:
        scene.frame_set(frame)
        take.mute = True
        before = _render(scene, folder / f"before-{frame}.png")
        take.mute = False
        pairs.append((before, _render(scene, folder / f"after-{frame}.png")))
    return pairs


def compose(pairs: Sequence[tuple[Path, Path]], labels: Labels, targets: Sequence[Path]) -> None:
    """Lay the pairs out, befores above afters, and write the picture to each of `targets`: PNG, or JPEG by its name."""
    scene = bpy.data.scenes.new("Before and after")
    scene.frame_current = 1
    scene.sequence_editor_create()
    scene.view_settings.view_transform = "Standard"
    size = bpy.data.images.load(str(pairs[0][0])).size
    column = (WIDTH - 2 * MARGIN - (len(pairs) - 1) * GAP) / len(pairs)
    row = column * size[1] / size[0]
    scene.render.resolution_x = WIDTH
    scene.render.resolution_y = 2 * round((2 * (HEADING + row) + GAP + CAPTION + MARGIN + 10) / 2)
    page = _Page(scene)
    for number, (heading, words, colour) in enumerate(
        (("Before", labels.before, BRIGHT), ("After", labels.after, ORANGE))
    ):
        top = 10 + number * (HEADING + row + GAP)
        page.text(heading, MARGIN, top + HEADING / 2, 34, colour)
        page.text(words, MARGIN + 138, top + HEADING / 2 + 3, 23, DIM)
        for index, pair in enumerate(pairs):
            page.picture(pair[number], MARGIN + index * (column + GAP), top + HEADING, column / size[0])
    top = 10 + 2 * (HEADING + row) + GAP
    for index, words in enumerate(labels.columns):
        page.text(words, MARGIN + index * (column + GAP), top + CAPTION / 2, 23, DIM)
    page.text(labels.credit, MARGIN, top + CAPTION + 10, 19, DIM)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        _render(scene, target)


class _Page:
    """Puts things on a scene by pixels from its top left corner, each above what came before."""

    def __init__(self, scene: Any) -> None:
        self._strips = scene.sequence_editor.strips
        self._wide, self._tall = scene.render.resolution_x, scene.render.resolution_y
        self._channel = 0
        self._font = bpy.data.fonts.load(
            str(Path(bpy.utils.resource_path("LOCAL")) / "datafiles" / "fonts" / "Inter.woff2")
        )
        self._effect("COLOR").color = BACKGROUND

    def text(self, words: str, left: float, middle: float, size: float, colour: tuple[float, ...]) -> None:
        """A line of text, by its left edge and its middle height."""
        strip = self._effect("TEXT")
        strip.text = words
        strip.font = self._font
        strip.font_size = size
        strip.color = colour
        strip.use_shadow = False
        strip.location = (left / self._wide, 1 - middle / self._tall)
        strip.anchor_x, strip.anchor_y = "LEFT", "CENTER"

    def picture(self, path: Path, left: float, top: float, scale: float) -> None:
        """The image at `path`, by its top left corner."""
        self._channel += 1
        strip = self._strips.new_image(path.stem, str(path), self._channel, 1, fit_method="ORIGINAL")
        own = strip.elements[0]
        place = strip.transform
        place.scale_x = place.scale_y = scale
        place.filter = "BOX"
        place.offset_x = left + own.orig_width * scale / 2 - self._wide / 2
        place.offset_y = self._tall / 2 - top - own.orig_height * scale / 2
        strip.blend_type = "ALPHA_OVER"

    def _effect(self, kind: str) -> Any:
        self._channel += 1
        strip = self._strips.new_effect(name=kind, type=kind, channel=self._channel, frame_start=1, length=1)
        strip.blend_type = "ALPHA_OVER"
        return strip


def _render(scene: Any, target: Path) -> Path:
    """The frame of `scene` that is current, as the file `target`."""
    render = scene.render
    settings = render.image_settings
    settings.media_type = "IMAGE"
    settings.file_format = "JPEG" if target.suffix in (".jpg", ".jpeg") else "PNG"
    settings.color_mode = "RGB"
    settings.quality = 90
    settings.compression = 90
    render.dither_intensity = 0
    render.use_file_extension = False
    render.filepath = str(target)
    # Naming a scene to the operator is not enough: its frame is taken from the window's.
    bpy.context.window.scene = scene
    bpy.ops.render.render(write_still=True)
    return target
