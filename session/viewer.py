# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the viewer shows the picture of a scene, at any zoom: for what is drawn over it, and for the mouse on it.

All in pixels of the viewer's region, from its lower left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import session
from ..timeline import compat

if TYPE_CHECKING:
    from bpy.types import Area, Region, Scene, Window

ENCODED_BY_POWER = compat.VIEWER_ENCODES_BY_POWER
"""How Blender encodes for the screen what is drawn over the viewer."""

Box = tuple[float, float, float, float]
"""Left, lower, right, upper edge."""


def is_picture(space: Any) -> bool:
    """Whether a sequencer's space shows the picture of all channels, and not its scopes."""
    has_viewer = space.view_type in ("PREVIEW", "SEQUENCER_PREVIEW")
    return has_viewer and space.display_mode == "IMAGE" and space.display_channel == 0


def viewers(scene: Scene) -> Iterator[tuple[Window, Area, Region]]:
    """The regions on screen that show the picture of `scene`, in every window."""
    for window in session.window_manager().windows:
        shown = getattr(window.workspace, "sequencer_scene", None) or window.scene
        if shown != scene:
            continue
        for area in window.screen.areas:
            if area.type != "SEQUENCE_EDITOR" or not is_picture(area.spaces.active):
                continue
            yield from ((window, area, region) for region in area.regions if region.type == "PREVIEW")


def picture_in(region: Region, scene: Scene) -> Box:
    """Where the whole picture of `scene` is in a viewer's region."""
    render = scene.render
    wide = render.resolution_x * render.pixel_aspect_x / render.pixel_aspect_y
    high = float(render.resolution_y)
    # Asked the other way round Blender answers in whole pixels. It takes the last pixel for the edge of the view, but
    # draws that a pixel further.
    left, low = region.view2d.region_to_view(0, 0)
    right, up = region.view2d.region_to_view(region.width - 1, region.height - 1)
    across, upwards = region.width / (right - left), region.height / (up - low)
    return (
        (-wide / 2 - left) * across,
        (-high / 2 - low) * upwards,
        (wide / 2 - left) * across,
        (high / 2 - low) * upwards,
    )


def line_in(region: Region, picture: Box, wipe: float) -> float:
    """Where the wipe's line is held: at the region's edge where the line itself is out of sight."""
    return min(max(picture[0] + (picture[2] - picture[0]) * wipe, 0.0), float(region.width))


def wipe_at(picture: Box, x: float) -> float:
    """What part of the picture is left of `x`."""
    return min(max((x - picture[0]) / (picture[2] - picture[0]), 0.0), 1.0)


def halved(picture: Box, region: Region, left: float) -> Box:
    """Where the picture is in one half of the region, which begins at `left`: around the same place, as large as there
    is room for."""
    middle = region.width / 2
    moved = [(x - middle) / 2 + left + region.width / 4 for x in (picture[0], picture[2])]
    up = [(y - region.height / 2) / 2 + region.height / 2 for y in (picture[1], picture[3])]
    return moved[0], up[0], moved[1], up[1]
