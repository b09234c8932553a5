# SPDX-License-Identifier: GPL-3.0-or-later
"""Real files for the tests in Blender: movies made with PyAV, images written by hand, by PyAV and by Blender itself.

It puts nothing into a timeline.
"""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import addon_utils
import av
import bpy
import numpy
from reshoot.timeline import compat

FRAMES = 75
"""Of a movie of three seconds at 25 fps, inside every limit."""

GRAY = 128 / 255
"""Brightness of every image, as displayed."""

_RATE_OF_SOUND = 48000
_SOUND_BLOCK = 1024


def movie(
    path: Path,
    *,
    width: int = 720,
    height: int = 720,
    fps: Fraction = Fraction(25),
    frames: int = 75,
    sound: bool = False,
    noise: bool = False,
) -> Path:
    """An H.264 movie in which a bright bar walks from left to right, as small as the limits allow; with AAC of a rising
    tone where `sound`.

    noise: pictures that hardly compress, for a large file.
    """
    with av.open(str(path), "w") as target:
        pictures = target.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
        tones = target.add_stream("aac", rate=_RATE_OF_SOUND) if sound else None
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(_picture(width, height, n, frames, noise), format="gray")
            frame.pts, frame.time_base = n, 1 / fps
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode())
        if tones is not None:
            for tone in _tones(frames / fps):
                target.mux(tones.encode(tone))
            target.mux(tones.encode())
    return path


def png(path: Path, width: int = 640, height: int = 480, *, padding: int = 0) -> Path:
    """A gray PNG, with `padding` bytes of a chunk that means nothing."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    if padding:
        chunks.append((b"reSh", bytes(padding)))
    chunks += [(b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height)), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
    )
    return path


def jpeg(path: Path, width: int = 640, height: int = 480) -> Path:
    """A gray JPEG."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(numpy.full((height, width), 128, numpy.uint8), format="gray")
    packets = [*encoder.encode(frame.reformat(format="yuvj420p")), *encoder.encode(None)]
    path.write_bytes(b"".join(bytes(packet) for packet in packets))
    return path


def saved_by_blender(path: Path, file_format: str, width: int = 640, height: int = 480) -> Path:
    """A gray image in one of Blender's own formats: OPEN_EXR, TIFF."""
    scene = bpy.data.scenes.new("saves an image")
    scene.view_settings.view_transform = "Standard"
    compat.set_image_format(scene.render.image_settings, file_format)
    image = bpy.data.images.new(path.name, width, height, float_buffer=True)
    image.generated_color = (GRAY, GRAY, GRAY, 1.0)
    image.save_render(str(path), scene=scene)
    bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    return path


def layered_by_blender(path: Path, width: int = 640, height: int = 480) -> Path:
    """A gray multilayer OpenEXR, with depth beside the picture, as Blender writes it when it renders."""
    addon_utils.enable("cycles")
    scene = bpy.data.scenes.new("renders layers")
    render = scene.render
    render.engine, render.filepath, render.use_file_extension = "CYCLES", str(path), False
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    render.resolution_x, render.resolution_y = width, height
    scene.view_layers[0].use_pass_z = True
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.world = bpy.data.worlds.new("gray")
    light = [((GRAY + 0.055) / 1.055) ** 2.4] * 3
    scene.world.color = light
    if scene.world.node_tree is not None:
        scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (*light, 1.0)
    if compat.MEDIA_TYPE:
        render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    bpy.ops.render.render(write_still=True, scene=scene.name)
    bpy.data.batch_remove([scene, scene.world, scene.camera, scene.camera.data])
    return path


OVERLAYS = {
    "a.tga": ("targa", "bgra", "bgr24"),
    "a.sgi": ("sgi", "rgba", "rgb24"),
    "a.tif": ("tiff", "rgba", "rgb24"),
    "a.dpx": ("dpx", "rgba", "rgb24"),
    "a.bmp": ("bmp", "bgra", "bgr24"),
    "a.jp2": ("jpeg2000", "rgba", "rgb24"),
    "a.webp": ("libwebp", "yuva420p", "yuv420p"),
    "a.png": ("png", "rgba", "rgb24"),
    "a.exr": ("exr", "gbrapf32le", "gbrpf32le"),
    "ffv1.mkv": ("ffv1", "bgra", "yuv420p"),
    "ffv1.avi": ("ffv1", "yuva420p", "yuv420p"),
    "png.avi": ("png", "rgba", "rgb24"),
    "utvideo.avi": ("utvideo", "gbrap", "gbrp"),
    "qtrle.mov": ("qtrle", "argb", "rgb24"),
    "prores.mov": ("prores_ks", "yuva444p10le", "yuv444p10le"),
    "prores.mkv": ("prores_ks", "yuva444p10le", "yuv422p10le"),
    "vp9.webm": ("libvpx-vp9", "yuva420p", "yuv420p"),
}
"""Formats with room for an alpha channel, by the file's name: the codec, its points with one, and without."""


def overlay(path: Path, width: int, height: int, *, whole: bool = False, frames: int = 75) -> Path:
    """A gray square with nothing around it, in the format that `path` names (`OVERLAYS`): an image, or a movie.

    whole: black around it, in points that have no alpha channel.
    """
    codec, with_alpha, without = OVERLAYS[path.name]
    pixels = numpy.zeros((height, width, 4), numpy.uint8)
    pixels[height // 3 : -height // 3, width // 3 : -width // 3] = (140, 140, 140, 255)
    is_movie = path.suffix in (".mkv", ".avi", ".mov", ".webm")
    container = {} if is_movie else {"format": "image2", "options": {"update": "1"}}
    with av.open(str(path), "w", **container) as target:
        # Blender 4.2 does not read the way in which SGI images are made smaller here.
        stream = target.add_stream(codec, rate=24, options={"rle": "0"} if codec == "sgi" else None)
        stream.width, stream.height, stream.pix_fmt = width, height, without if whole else with_alpha
        for n in range(frames if is_movie else 1):
            frame = av.VideoFrame.from_ndarray(pixels, "rgba").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = n, Fraction(1, 24)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


def gif(path: Path, width: int, height: int) -> Path:
    """A GIF of one picture: a gray square with nothing around it. Its codes are never packed."""
    head = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0x80, 0, 0) + bytes((0, 0, 0, 140, 140, 140))
    head += b"\x21\xf9\x04\x01\0\0\0\0" + struct.pack("<BHHHHBB", 0x2C, 0, 0, width, height, 0, 2)
    codes = numpy.full(width * height // 2 * 3, 4, numpy.uint8)
    pixels = numpy.zeros((height, width), numpy.uint8)
    pixels[height // 3 : -height // 3, width // 3 : -width // 3] = 1
    codes[1::3], codes[2::3] = pixels.ravel()[::2], pixels.ravel()[1::2]
    every = numpy.append(codes, numpy.uint8(5))
    bits = numpy.unpackbits(every[:, None], axis=1, count=3, bitorder="little")
    data = numpy.packbits(bits.ravel(), bitorder="little").tobytes()
    blocks = b"".join(bytes((len(data[at : at + 255]),)) + data[at : at + 255] for at in range(0, len(data), 255))
    path.write_bytes(head + blocks + b"\0\x3b")
    return path


def photoshop(path: Path, width: int, height: int, *, whole: bool = False) -> Path:
    """A PSD of one picture: a gray square with nothing around it. whole: its fourth channel is no transparency."""
    pixels = numpy.zeros((4, height, width), numpy.uint8)
    pixels[:, height // 3 : -height // 3, width // 3 : -width // 3] = 140
    pixels[3] = numpy.where(pixels[3], 255, 0)
    # A number of layers below nothing says that the merged picture's first extra channel is its transparency.
    channels = b"".join(struct.pack(">hI", channel, 2) for channel in (-1, 0, 1, 2))
    layer = struct.pack(">iiiiH", 0, 0, 0, 0, 4) + channels + b"8BIMnorm\xff\0\0\0"
    layer += struct.pack(">III", 12, 0, 0) + bytes(4) + bytes(2) * 4
    told = struct.pack(">h", -1) + layer
    layers = b"" if whole else struct.pack(">I", len(told)) + told + bytes(4)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 4, height, width, 8, 3) + bytes(8)
    path.write_bytes(head + struct.pack(">I", len(layers)) + layers + bytes(2) + pixels.tobytes())
    return path


def _picture(width: int, height: int, n: int, frames: int, noise: bool) -> numpy.ndarray:
    if noise:
        return numpy.random.default_rng(n).integers(16, 235, (height, width), numpy.uint8)
    picture = numpy.full((height, width), 40, numpy.uint8)
    left = n * (width - width // 8) // max(1, frames - 1)
    picture[:, left : left + width // 8] = 210
    return picture


def _tones(seconds: Fraction) -> list[av.AudioFrame]:
    times = numpy.arange(int(seconds * _RATE_OF_SOUND)) / _RATE_OF_SOUND
    samples = (0.4 * numpy.sin(2 * numpy.pi * (220 + 40 * times) * times)).astype(numpy.float32)
    frames = []
    for start in range(0, len(samples), _SOUND_BLOCK):
        frame = av.AudioFrame.from_ndarray(
            samples[numpy.newaxis, start : start + _SOUND_BLOCK], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = _RATE_OF_SOUND, start, Fraction(1, _RATE_OF_SOUND)
        frames.append(frame)
    return frames
