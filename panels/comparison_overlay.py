# SPDX-License-Identifier: GPL-3.0-or-later
"""Two takes of a shot over the viewer's picture: wipe, flip, difference, side by side; and which of them is where.

Drawn only while something is compared. Where a frame is not rendered yet, Blender's own picture is seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import blf
import bpy

from ..core.errors import ReshootError
from ..core.values.comparison_recipe import BYTES_PER_PIXEL
from ..core.words import say
from ..session import comparison, viewer
from ..session.guarded import log
from ..settings import preferences
from ..settings.scene import scene_of
from . import warming

if TYPE_CHECKING:
    from gpu.types import GPUShader, GPUTexture

    from ..session.viewer import Box

_GAIN = 4.0
"""How much stronger a difference is shown than it is: two of 255 can be seen then, and little is cut off."""
_BACKDROP = (0.02, 0.02, 0.02, 1.0)
_PLATE = (0.0, 0.0, 0.0, 0.7)
_LINE = (1.0, 1.0, 1.0, 0.9)
_EDGE = (0.0, 0.0, 0.0, 0.5)
_TEXT = (1.0, 1.0, 1.0, 1.0)
# Pixels at 1×.
_POINTS = 12
_PAD = 6
_BOX = 22
_KNOB = (9, 26)
_MARGIN = 10

_FONT = 0
_SHADER = "shader"
_ROOM = "room"
_MOST_TAPS = 8
"""Samples across a pixel of the screen at most, where the picture is shown much smaller than it is; none for the one
nearest pixel alone."""

_VERTEX = """
void main()
{
  at = texture_at;
  gl_Position = projection * vec4(position, 0.0, 1.0);
}
"""
_FRAGMENT = """
vec3 pixel(sampler2D pictures, ivec2 place)
{
  ivec2 most = textureSize(pictures, 0) - 1;
  uint bits = floatBitsToUint(texelFetch(pictures, clamp(place, ivec2(0), most), 0).r);
  return vec3(float(bits & 255u), float((bits >> 8) & 255u), float((bits >> 16) & 255u)) / 255.0;
}
vec3 between(sampler2D pictures, vec2 place)
{
  vec2 there = place * vec2(textureSize(pictures, 0)) - 0.5;
  ivec2 low = ivec2(floor(there));
  vec2 part = there - vec2(low);
  vec3 below = mix(pixel(pictures, low), pixel(pictures, low + ivec2(1, 0)), part.x);
  vec3 above = mix(pixel(pictures, low + ivec2(0, 1)), pixel(pictures, low + ivec2(1, 1)), part.x);
  return mix(below, above, part.y);
}
vec3 seen(sampler2D pictures, vec2 place)
{
  if (taps == 0) {
    return pixel(pictures, ivec2(floor(place * vec2(textureSize(pictures, 0)))));
  }
  vec3 sum = vec3(0.0);
  for (int across = 0; across < taps; across++) {
    for (int up = 0; up < taps; up++) {
      sum += between(pictures, place + step_size * ((vec2(across, up) + 0.5) / float(taps) - 0.5));
    }
  }
  return sum / float(taps * taps);
}
void main()
{
  vec3 colour = seen(first, at);
  if (gain > 0.0) {
    colour = min(abs(colour - seen(second, at)) * gain, vec3(1.0));
  }
  if (srgbTarget) {
    // Blender encodes it for the screen once it is drawn.
    vec3 curve = mix(colour / 12.92, pow((colour + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), colour));
    colour = by_power ? pow(colour, vec3(2.2)) : curve;
  }
  result = vec4(colour, 1.0);
}
"""


class _Label(NamedTuple):
    """A word, where its box is: at, the edge that it stands at; right: that is its right one."""

    text: str
    at: float
    right: bool


def draw() -> None:
    """Draw over the viewer of the context, if it shows the scene that is compared."""
    compare = comparison.current()
    if compare is None or compare.failure is not None:
        return
    try:
        _draw(compare)
    except Exception as error:  # noqa: BLE001 - whatever it is, it would break at each redraw: the next tick ends it
        log(error)
        compare.failure = ReshootError(
            say("The viewer cannot show the comparison: {error}.", error=error),
            say("Update the graphics driver, or see Blender's console, and report it."),
        )


def _draw(compare: comparison.Comparison) -> None:
    context = bpy.context
    space, region = context.space_data, context.region
    if region is None or not isinstance(space, bpy.types.SpaceSequenceEditor):
        return
    scene = scene_of(context)
    if scene is None or scene.session_uid != compare.scene or not viewer.is_picture(space):
        return
    scale = preferences.of_blender().system.ui_scale
    whole = viewer.picture_in(region, scene)
    if not compare.covers(scene.frame_current):
        _label(region, scale, [_Label(say("Both are the same on this frame"), _MARGIN * scale, False)])
        return
    textures = [_texture(compare, side, scene.frame_current) for side in compare.sides]
    there = all(texture is not None for texture in textures)
    labels = _MODES[compare.mode](compare, region, whole, textures if there else [], scale)
    if not there:
        words = say("Preparing · {percent} %", percent=int(compare.done * 100))
        labels.append(_Label(words, _MARGIN * scale, False))
    _label(region, scale, labels)


def _wipe(compare: Any, region: Any, whole: Box, textures: list[Any], scale: float) -> list[_Label]:
    x = viewer.line_in(region, whole, compare.wipe)
    edge = whole[0] + (whole[2] - whole[0]) * compare.wipe
    if textures:
        _picture(whole, (whole[0], whole[1], min(edge, whole[2]), whole[3]), compare.is_exact, textures[0])
    low, high = max(0.0, whole[1]), min(region.height, whole[3])
    middle, (wide, tall) = (low + high) / 2, (_KNOB[0] * scale, _KNOB[1] * scale)
    x = round(x)
    boxes = [
        (x - 1.5, low, 3.0, high - low, _EDGE),
        (x - 0.5, low, 1.0, high - low, _LINE),
        (x - wide / 2 - 1, middle - tall / 2 - 1, wide + 2, tall + 2, _EDGE),
        (x - wide / 2, middle - tall / 2, wide, tall, _LINE),
    ]
    warming.fill(warming.batch_of(boxes))
    gap = _MARGIN * scale
    return [_Label(compare.what.other, x - gap, True), _Label(compare.what.shown, x + gap, False)]


def _flip(compare: Any, region: Any, whole: Box, textures: list[Any], scale: float) -> list[_Label]:
    if compare.flipped and textures:
        _picture(whole, whole, compare.is_exact, textures[0])
    name = compare.what.other if compare.flipped else compare.what.shown
    return [_Label(name, _MARGIN * scale, False)]


def _difference(compare: Any, region: Any, whole: Box, textures: list[Any], scale: float) -> list[_Label]:
    if textures:
        _picture(whole, whole, compare.is_exact, *textures)
    words = say(
        "Difference × {gain} of {other} and {shown}",
        gain=int(_GAIN),
        other=compare.what.other,
        shown=compare.what.shown,
    )
    return [_Label(words, _MARGIN * scale, False)]


def _side_by_side(compare: Any, region: Any, whole: Box, textures: list[Any], scale: float) -> list[_Label]:
    width, height = float(region.width), float(region.height)
    half, gap = width / 2, _MARGIN * scale
    if textures:
        warming.fill(warming.batch_of([(0.0, 0.0, width, height, _BACKDROP)]))
        for left, texture in zip((0.0, half), textures, strict=True):
            moved = viewer.halved(whole, region, left)
            part = (max(left, moved[0]), moved[1], min(left + half, moved[2]), moved[3])
            _picture(moved, part, False, texture)
        warming.fill(warming.batch_of([(round(half) - 1.0, 0.0, 2.0, height, (0.0, 0.0, 0.0, 1.0))]))
    return [_Label(compare.what.other, gap, False), _Label(compare.what.shown, half + gap, False)]


_MODES = {"WIPE": _wipe, "FLIP": _flip, "DIFFERENCE": _difference, "SIDE_BY_SIDE": _side_by_side}


def _texture(compare: comparison.Comparison, side: str, frame: int) -> GPUTexture | None:
    """The picture of a frame where the graphics card has it, None where it is not there yet."""
    kept = compare.kept.get(side)
    if kept is not None and kept[0] == frame:
        return kept[1]  # type: ignore[no-any-return]
    path = compare.file_of(side, frame)
    # Room for one picture, taken once: it is as large as everything else that is done for a frame.
    room = compare.kept.setdefault(_ROOM, bytearray(compare.size[0] * compare.size[1] * BYTES_PER_PIXEL))
    texture = _read(path, compare.size, room) if path is not None else None
    if texture is not None:
        compare.kept[side] = (frame, texture)
    return texture


def _read(path: Path, size: tuple[int, int], room: bytearray) -> GPUTexture | None:
    """Three bytes a pixel as one number: Blender takes floating point only, and so it is read in a millisecond."""
    import gpu

    try:
        with path.open("rb", buffering=0) as file:
            if file.readinto(room) != len(room):
                return None
    except OSError:
        return None
    data = memoryview(room).cast("f")
    # The stubs know neither how they are made nor what they take.
    types: Any = gpu.types
    texture: GPUTexture = types.GPUTexture(size, format="R32F", data=types.Buffer("FLOAT", len(data), data))
    return texture


def _picture(whole: Box, part: Box, exact: bool, first: GPUTexture, second: GPUTexture | None = None) -> None:
    """Draw the part of a picture that lies in `part`, which is where the whole would be in `whole`; with a second one
    how they differ. exact: it is as large as the scene's.
    """
    import gpu
    from gpu_extras.batch import batch_for_shader

    left, low, right, high = whole
    if part[2] <= part[0] or part[3] <= part[1] or right <= left or high <= low:
        return
    shader: Any = _shader()
    xs, ys = (part[0], part[2]), (part[1], part[3])
    us, vs = ([(x - left) / (right - left) for x in xs], [(y - low) / (high - low) for y in ys])
    batch = batch_for_shader(
        shader,
        "TRI_FAN",
        {
            "position": [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1])],
            "texture_at": [(us[0], vs[0]), (us[1], vs[0]), (us[1], vs[1]), (us[0], vs[1])],
        },
    )
    shader.bind()
    shader.uniform_float("projection", gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix())
    shader.uniform_float("step_size", (1 / (right - left), 1 / (high - low)))
    shader.uniform_float("gain", _GAIN if second is not None else 0.0)
    smaller = max(first.width / (right - left), first.height / (high - low))
    # As Blender itself does it with a picture of the scene's own size: both sides of a wipe look alike.
    shader.uniform_int("taps", 0 if exact else max(1, min(_MOST_TAPS, round(smaller))))
    shader.uniform_bool("by_power", (viewer.ENCODED_BY_POWER,))
    shader.uniform_sampler("first", first)
    shader.uniform_sampler("second", second or first)
    gpu.state.blend_set("NONE")
    batch.draw(shader)


_made: dict[str, GPUShader] = {}


def _shader() -> GPUShader:
    """The program that draws pictures, compiled at the first one."""
    if _SHADER not in _made:
        import gpu

        types: Any = gpu.types
        info = types.GPUShaderCreateInfo()
        info.vertex_in(0, "VEC2", "position")
        info.vertex_in(1, "VEC2", "texture_at")
        between = types.GPUStageInterfaceInfo("reshoot_comparison")
        between.smooth("VEC2", "at")
        info.vertex_out(between)
        info.push_constant("MAT4", "projection")
        info.push_constant("VEC2", "step_size")
        info.push_constant("FLOAT", "gain")
        info.push_constant("INT", "taps")
        info.push_constant("BOOL", "by_power")
        # By this name Blender itself tells its programs, and any other, what they draw to.
        info.push_constant("BOOL", "srgbTarget")
        info.sampler(0, "FLOAT_2D", "first")
        info.sampler(1, "FLOAT_2D", "second")
        info.fragment_out(0, "VEC4", "result")
        info.vertex_source(_VERTEX)
        info.fragment_source(_FRAGMENT)
        _made[_SHADER] = gpu.shader.create_from_info(info)
    return _made[_SHADER]


def _label(region: Any, scale: float, labels: list[_Label]) -> None:
    """Write words along the region's lower edge, each in a box that stays in sight."""
    blf.size(_FONT, _POINTS * scale)
    pad, height = _PAD * scale, _BOX * scale
    boxes: list[tuple[Any, ...]] = []
    words: list[tuple[str, float, float]] = []
    taken: list[tuple[float, float, float]] = []
    low = _MARGIN * scale
    for label in labels:
        wide = blf.dimensions(_FONT, label.text)[0] + 2 * pad
        x = label.at - wide if label.right else label.at
        x = min(max(x, 0.0), max(0.0, region.width - wide))
        y = low
        while any(y == at and x < end and x + wide > start for start, end, at in taken):
            y += height + pad / 2
        taken.append((x, x + wide, y))
        boxes.append((x, y, wide, height, _PLATE))
        words.append((label.text, x + pad, y + pad))
    warming.fill(warming.batch_of(boxes))
    blf.color(_FONT, *_TEXT)
    for text, x, y in words:
        blf.position(_FONT, round(x), round(y), 0)
        blf.draw(_FONT, text)


def forget() -> None:
    """Let go of what the graphics card has of it."""
    _made.clear()
