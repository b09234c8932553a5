# SPDX-License-Identifier: GPL-3.0-or-later
"""Filled boxes and words for `progress`, and what a graphics driver does before the first of each: it compiles.

That can hold Blender longer than a frame, so each is drawn once out of sight, one at a redraw, before any is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import blf
import bpy

from .. import session
from ..session.guarded import enduring

if TYPE_CHECKING:
    from gpu.types import GPUBatch, GPUShader

_BETWEEN = 0.1
_SHADER = "FLAT_COLOR"
_OUT_OF_SIGHT = (-100.0, -100.0, 10.0, 10.0, (0.0, 0.0, 0.0, 0.0))

_shader: GPUShader | None = None
_steps: list[Callable[[], None]] = []


def due() -> bool:
    """Whether something is to be drawn out of sight before anything is drawn in sight. Asked at every redraw."""
    return bool(_steps)


def step() -> None:
    """Draw the next of it, in the region of a timeline, and ask for another redraw."""
    _steps.pop(0)()
    if not bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.register(_redraw, first_interval=_BETWEEN)


def batch_of(boxes: list[Any]) -> GPUBatch:
    """Boxes as one thing to draw. Each: x, y of its lower left corner, width, height in pixels, and its colour."""
    from gpu_extras.batch import batch_for_shader

    corners: list[tuple[float, float]] = []
    colours, triangles = [], []
    for x, y, width, height, colour in boxes:
        first = len(corners)
        corners += [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        colours += [colour] * 4
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return batch_for_shader(_shader_of_boxes(), "TRIS", {"pos": corners, "color": colours}, indices=triangles)


def fill(batch: GPUBatch) -> None:
    """Draw boxes."""
    import gpu

    gpu.state.blend_set("ALPHA")
    batch.draw(_shader_of_boxes())
    gpu.state.blend_set("NONE")


def _shader_of_boxes() -> GPUShader:
    global _shader
    if _shader is None:
        import gpu

        _shader = gpu.shader.from_builtin(_SHADER)
    return _shader


def first_shader() -> None:
    """Blender's own: the program that fills boxes."""
    _shader_of_boxes().format_calc()


def first_boxes() -> None:
    """Blender's own: that program for the picture of a timeline."""
    fill(batch_of([_OUT_OF_SIGHT]))


def first_word() -> None:
    """Blender's own: the same for letters."""
    blf.position(0, *_OUT_OF_SIGHT[:2], 0)
    blf.draw(0, "A")


@enduring
def _redraw() -> None:
    for window in session.window_manager().windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()


def begin() -> None:
    """Have everything drawn out of sight, as soon as a timeline is on screen."""
    _steps[:] = [first_shader, first_boxes, first_word]
    _redraw()


def unregister() -> None:
    """Draw nothing more."""
    global _shader
    if bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.unregister(_redraw)
    _steps.clear()
    _shader = None
