# SPDX-License-Identifier: GPL-3.0-or-later
"""Selection -> Shot: reads what the editor selected and refuses, in words, what cannot be sent. Changes nothing."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import bpy

from ..core.errors import ShotError
from ..core.values.choices import Source
from ..core.values.shot import Shot, ShotStrip
from ..core.words import named, say
from . import compat, content, curves, neighbors, see_through

_SELECT = named("Select the strip to reshoot in the sequencer.")
_SCENE_REFERRED = (".exr", ".hdr")
_LAST = 1_048_574
"""Blender's last frame."""
_WITHIN_WHITE = ("", "sRGB", "Rec.1886", "Rec.2020", "Display P3", "Non-Color", "Raw")
"""Colour spaces whose pictures hold nothing past 1. Linear, log and HDR footage does, and so does a take that undoes a
view transform."""
_DISPLAYED = ("AgX", "Filmic", "ACES 1.3", "ACES 2.0")
_LOOKED_INTO = 8
"""Selected strips whose place and file count in a fingerprint."""


Files = tuple[tuple[str, tuple[str, ...]], ...]
"""The files that strips show: name of the strip, absolute paths."""


def read(scene: bpy.types.Scene, source: Source, project: str) -> Shot:
    """The shot that is selected in `scene`'s sequencer. project: what its jobs belong to.

    Opens no file, but for a look at the headers of those that can be see-through. Raises ShotError where nothing that
    has a picture is selected.
    """
    pictures = selected_pictures(scene)
    start = min(compat.start(strip) for strip in pictures)
    frames = max(compat.end(strip) for strip in pictures) - start
    canvas = (scene.render.resolution_x, scene.render.resolution_y)
    through = source is Source.STRIP and see_through.channel_above(scene, pictures) is not None
    alone = source is Source.STRIP and not through
    native = alone and len(pictures) == 1
    own = content.own_size(pictures[0]) if native else None
    width, height = own or canvas
    lengthened = native and neighbors.can_lengthen(pictures[0])
    parts: list[Any] = pictures
    sounds = _own_sounds(scene, pictures)
    before, after = neighbors.hidden_frames(pictures[0]) if lengthened else (0, 0)
    if source is Source.TIMELINE:
        before, after = neighbors.covered_frames(_visible(scene, 0, _LAST), start, start + frames)
        parts = _visible(scene, start, start + frames)
    elif native and pictures[0].type == "META":
        parts = list(compat.strips(pictures[0]))
    return Shot(
        project=project,
        scene=scene.name,
        strips=tuple(_facts(strip) for strip in pictures),
        start=start,
        frames=frames,
        before=before,
        after=after,
        holds=lengthened,
        cuts=tuple(cut for cut in neighbors.cuts(parts, start) if 0 < cut < frames),
        fps=scene_fps(scene),
        width=width,
        height=height,
        source=source,
        native=native,
        scalable=own is not None,
        view=_view(scene, pictures if alone else _visible(scene, start, start + frames)),
        sounds=tuple(strip.name for strip in sounds),
        file=content.file_of(pictures[0]) if native and _unchanged(scene, pictures[0]) else "",
        see_through=through,
        file_sounds=native and all(_sounds_as(scene, pictures[0], sound) for sound in sounds),
    )


def selected_pictures(scene: bpy.types.Scene) -> list[Any]:
    """The selected strips that have a picture, lowest and earliest first. Raises ShotError where there is none."""
    editor = scene.sequence_editor
    selected = [strip for strip in compat.shown_strips(editor) if strip.select] if editor else []
    if not selected:
        raise ShotError(say("No strip is selected."), say(_SELECT))
    pictures = [strip for strip in selected if strip.type != "SOUND"]
    if not pictures:
        raise ShotError(say("Only sound is selected; Reshoot edits pictures."), say(_SELECT))
    return sorted(pictures, key=lambda strip: (compat.start(strip), strip.channel))


def selected_images(scene: bpy.types.Scene) -> list[str]:
    """The image that each selected image strip shows first, absolute paths in timeline order.

    Raises ShotError where no image strip is selected.
    """
    editor = scene.sequence_editor
    strips = [strip for strip in compat.shown_strips(editor) if strip.select] if editor else []
    images = [strip for strip in strips if strip.type == "IMAGE"]
    if not images:
        raise ShotError(say("No image strip is selected."), say("Select the image strips that are to be references."))
    images.sort(key=lambda strip: (compat.start(strip), strip.channel))
    return [_shown_image(strip) for strip in images]


def _shown_image(strip: Any) -> str:
    files = content.image_files(strip)
    return files[min(_first_shown(strip), len(files) - 1)]


def _first_shown(strip: Any) -> int:
    """The number of the image that an image strip shows first."""
    return max(0, round(compat.start(strip) - content.file_start(strip)))


def scene_fps(scene: bpy.types.Scene) -> Fraction:
    """The scene's rate, exactly: a base of 1.001 gives 30000/1001."""
    base = Decimal(f"{scene.render.fps_base:.6g}")
    return Fraction(scene.render.fps) / Fraction(base)


def _facts(strip: Any) -> ShotStrip:
    path = content.file_of(strip)
    return ShotStrip(
        name=strip.name,
        kind=strip.type,
        filepath=path,
        content_start=content.file_start(strip) if path else compat.content_start(strip),
        start=compat.start(strip),
        end=compat.end(strip),
        channel=strip.channel,
        meta=compat.meta_of(strip),
    )


def _visible(scene: bpy.types.Scene, start: int, end: int) -> list[Any]:
    return [
        strip
        for strip in compat.shown_strips(scene.sequence_editor)
        if strip.type != "SOUND" and not strip.mute and compat.start(strip) < end and compat.end(strip) > start
    ]


def files(scene: bpy.types.Scene, source: Source) -> Files:
    """The files that the selected shot shows. Raises ShotError where nothing that has a picture is selected."""
    strips = selected_pictures(scene)
    if source is Source.TIMELINE:
        strips = _visible(scene, min(map(compat.start, strips)), max(map(compat.end, strips)))
    return tuple(_shown_files(strips))


def _shown_files(strips: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for strip in content.inside(strips):
        if strip.type == "MOVIE":
            yield strip.name, (content.file_of(strip),)
        elif strip.type == "IMAGE":
            first, paths = _first_shown(strip), content.image_files(strip)
            yield strip.name, tuple(paths[first : first + compat.length(strip)] or paths[-1:])


def check_files(shown: Files) -> None:
    """Refuse files that are missing, unreadable or empty. Called on any thread. Raises ShotError, naming the file."""
    for strip, paths in shown:
        for path in paths:
            if not os.path.isfile(path):
                raise ShotError(
                    say("The file of “{strip}” is missing: {path}.", strip=strip, path=path),
                    say("Find the file, or relink the strip to it."),
                )
            if not os.access(path, os.R_OK) or os.path.getsize(path) == 0:
                raise ShotError(
                    say(
                        "The file “{file}” of “{strip}” cannot be read or is empty.",
                        file=PurePath(path).name,
                        strip=strip,
                    ),
                    say("Restore the file, or relink the strip."),
                )


def fingerprint(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a shot is read from, as far as it can be had in microseconds: hardly ever the same for another shot."""
    editor = scene.sequence_editor
    strips = compat.shown_strips(editor) if editor else ()
    selected = array("b", bytes(len(strips)))
    if strips:
        strips.foreach_get("select", selected)
    chosen = [strips[index] for index, on in enumerate(selected) if on]
    render = scene.render
    return (
        scene.name,
        (render.fps, render.fps_base, render.resolution_x, render.resolution_y, scene.view_settings.view_transform),
        selected.tobytes(),
        tuple(_facts(strip) for strip in chosen[:_LOOKED_INTO]),
        len(chosen) == 1 and (content.own_size(chosen[0]), _unchanged(scene, chosen[0])),
    )


def _view(scene: bpy.types.Scene, strips: list[Any]) -> str:
    """The view transform that the clip is sent through.

    Footage is sent as it is. What has values past 1 would clip that way, so it is sent as displayed where there is a
    colour space that undoes the display well enough (docs/fidelity.md has the figures).
    """
    displayed = scene.view_settings.view_transform
    if displayed not in _DISPLAYED:
        return "Standard"
    for strip in content.inside(strips):
        if strip.type == "SCENE" and strip.scene_input == "CAMERA":
            return str(displayed)
        space = getattr(strip, "colorspace_settings", None)
        if space is not None and space.name not in _WITHIN_WHITE:
            return str(displayed)
        if strip.type == "IMAGE" and any(
            element.filename.lower().endswith(_SCENE_REFERRED) for element in strip.elements[:1]
        ):
            return str(displayed)
    return "Standard"


def _own_sounds(scene: bpy.types.Scene, pictures: list[Any]) -> list[Any]:
    """The sound strips that belong to the pictures: selected or joined with them, cut from the same file, or inside."""
    joined = {other.name for strip in pictures for other in getattr(strip, "connections", ())}
    files = {
        (content.comparable(content.file_of(strip)), round(compat.content_start(strip)))
        for strip in pictures
        if strip.type == "MOVIE"
    }
    start = min(compat.start(strip) for strip in pictures)
    end = max(compat.end(strip) for strip in pictures)
    result = []
    for strip in compat.shown_strips(scene.sequence_editor):
        if strip.type != "SOUND" or compat.start(strip) >= end or compat.end(strip) <= start:
            continue
        path = content.sound_file(strip)
        same = any(path == file and abs(round(compat.content_start(strip)) - at) <= 1 for file, at in files)
        if strip.select or strip.name in joined or same:
            result.append(strip)
    metas = [strip for strip in pictures if strip.type == "META"]
    return result + [strip for strip in content.inside(metas) if strip.type == "SOUND"]


def _sounds_as(scene: bpy.types.Scene, picture: Any, sound: Any) -> bool:
    """Whether a sound strip plays the sound of a picture's own movie, beside all of it and unchanged.

    That it is muted does not count: an earlier take does so.
    """
    return (
        content.sound_file(sound) == content.comparable(content.file_of(picture))
        and abs(compat.content_start(sound) - compat.content_start(picture)) < 1
        and compat.start(sound) <= compat.start(picture)
        and compat.end(sound) >= compat.end(picture)
        and (sound.volume, sound.pan) == (1.0, 0.0)
        and not curves.of_picture(scene, sound.name)
        and len(getattr(sound, "retiming_keys", ())) == 0
        and len(sound.modifiers) == 0
    )


def _unchanged(scene: bpy.types.Scene, strip: Any) -> bool:
    """Whether the strip shows its movie's own frames, all of them or a run, one for one and unchanged."""
    if strip.type != "MOVIE":
        return False
    before, after = compat.trims(strip)
    return (
        not curves.of_picture(scene, strip.name)
        # Past its ends a strip holds an edge frame.
        and min(before, after) >= 0
        and before.is_integer()
        and compat.content_start(strip) + before == compat.start(strip)
        # At another pace the strip's length and what it hides do not make up its movie's.
        and before + compat.length(strip) + after == compat.content_length(strip)
        and compat.animation_trims(strip) == (0, 0)
        and len(getattr(strip, "retiming_keys", ())) == 0
        and len(strip.modifiers) == 0
        and strip.stream_index == 0
        and strip.strobe <= 1
        and strip.color_multiply == 1
        and strip.color_saturation == 1
        and strip.colorspace_settings.name == "sRGB"
        and not (
            strip.use_reverse_frames
            or strip.use_flip_x
            or strip.use_flip_y
            or strip.use_deinterlace
            or strip.use_multiview
        )
    )
