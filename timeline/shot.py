# SPDX-License-Identifier: GPL-3.0-or-later
"""Selection -> Shot: reads what the editor selected and refuses, in words, what cannot be sent. Changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import bpy

from ..core.errors import ShotError
from ..core.values.choices import Selection, Source
from ..core.values.shot import Shot, ShotStrip, ShownFiles, comparable
from ..core.words import say
from . import compat, content, curves, neighbors, see_through, selected
from .facts import StripFacts, TimelineFacts, shown_files

_LAST = 1_048_574
"""Blender's last frame."""
_WITHIN_WHITE = ("", "sRGB", "Rec.1886", "Rec.2020", "Display P3", "Non-Color", "Raw")
"""Colour spaces whose pictures hold nothing past 1. Linear, log and HDR footage does, and so does a take that undoes a
view transform."""
UNDOES = {
    "AgX": "AgX Base sRGB",
    "Filmic": "Filmic sRGB",
    "ACES 1.3": "ACES 1.3 sRGB",
    "ACES 2.0": "ACES 2.0 sRGB",
}
"""By view transform the colour space that gives back what was sent through it. A configuration of the editor's own
may have neither."""
_LOOKED_INTO = 8
"""Selected strips whose file counts in a fingerprint, as their place does."""


class ReadShot(NamedTuple):
    """A shot, the files that it shows, and in words what is lost of it though it is sent."""

    shot: Shot
    files: ShownFiles
    lost: tuple[str, ...]


class Shots(NamedTuple):
    """What is selected. total: how many shots; each: those of them that were read. stills: images that may be
    references, absolute paths. passed_over: names of strips that have a picture and are not sent.
    """

    total: int = 0
    each: tuple[ReadShot, ...] = ()
    stills: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


def read_each(
    timeline: TimelineFacts,
    source: Source,
    project: str,
    selection: Selection = Selection.EACH,
    *,
    known: Sequence[ReadShot] = (),
    most: int | None = None,
) -> Shots:
    """The shots that are selected in a timeline, by time. project: what their jobs belong to. known: the first
    of them, as they were read a moment ago from the same timeline. most: how many are read besides; None for all.

    Opens no file: of those that can be see-through it goes by what is known of them (`core.planning.transparency`).
    Raises ShotError where nothing that has a picture is selected, where the selection is not what `selection` asks for,
    and where the scene belongs to another file: it could not take the result.
    """
    if timeline.scene.library is not None:
        words = linked_words(timeline.scene)
        raise ShotError(words, say("Open that file and reshoot there, or make the scene local first."))
    found = selected.targets(timeline, selection, source)
    spans = [(min(strip.start for strip in shot), max(strip.end for strip in shot)) for shot in found.shots]
    unread = found.shots[len(known) :][:most]
    return Shots(
        len(found.shots),
        (*known, *(_read(timeline, strips, source, project, spans) for strips in unread)),
        tuple(still.first_image for still in found.stills),
        found.passed_over,
    )


def _read(
    timeline: TimelineFacts,
    pictures: Sequence[StripFacts],
    source: Source,
    project: str,
    spans: Sequence[tuple[int, int]],
) -> ReadShot:
    """The shot of some strips, the earliest and lowest first. spans: of all shots that are selected, start and end."""
    scene = timeline.scene
    start = min(strip.start for strip in pictures)
    end = max(strip.end for strip in pictures)
    frames = end - start
    through = source is Source.STRIP and see_through.is_see_through(timeline, pictures)
    alone = source is Source.STRIP and not through
    native = alone and len(pictures) == 1
    lead = pictures[0]
    own = lead.own_size if native else None
    width, height = own or timeline.screen
    lengthened = native and lead.can_lengthen
    parts: Sequence[StripFacts] = pictures
    sounds = _own_sounds(timeline, pictures, start, end, spans)
    before, after = lead.hidden if lengthened else (0, 0)
    if source is Source.TIMELINE:
        before, after = neighbors.covered_frames(timeline.visible(0, _LAST), start, end)
        parts = timeline.visible(start, end)
    elif native and lead.kind == "META":
        parts = lead.inside
    shot = Shot(
        project=project,
        scene=scene.name,
        strips=tuple(_shot_strip(strip) for strip in pictures),
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
        view=_view(scene, pictures if alone else timeline.visible(start, end)),
        sounds=tuple(strip.name for strip in sounds),
        file=lead.file if native and lead.shows_own_frames else "",
        see_through=through,
        file_sounds=native and all(_sounds_as(lead, sound) for sound in sounds),
    )
    shown = timeline.visible(start, end) if source is Source.TIMELINE else pictures
    return ReadShot(shot, shown_files(shown, start, end), _warnings(scene, shot, lead))


def linked_words(scene: bpy.types.Scene) -> str:
    """Why a linked scene gets no take."""
    assert scene.library is not None
    file = bpy.path.basename(scene.library.filepath)
    return say("The scene “{scene}” is linked from {file}: no strip can be added to it.", scene=scene.name, file=file)


def selected_images(scene: bpy.types.Scene) -> list[str]:
    """The image that each selected image strip shows first, absolute paths in timeline order.

    Raises ShotError where no image strip is selected.
    """
    images = [strip for strip in TimelineFacts(scene).selected if strip.kind == "IMAGE"]
    if not images:
        raise ShotError(say("No image strip is selected."), say("Select the image strips that are to be references."))
    images.sort(key=lambda strip: (strip.start, strip.channel))
    return [strip.first_image for strip in images]


def scene_fps(scene: bpy.types.Scene) -> Fraction:
    """The scene's rate, exactly: a base of 1.001 gives 30000/1001."""
    base = Decimal(f"{scene.render.fps_base:.6g}")
    return Fraction(scene.render.fps) / Fraction(base)


def _shot_strip(strip: StripFacts) -> ShotStrip:
    return ShotStrip(
        name=strip.name,
        kind=strip.kind,
        filepath=strip.file,
        content_start=strip.file_start if strip.file else strip.content_start,
        start=strip.start,
        end=strip.end,
        channel=strip.channel,
        meta=strip.meta,
    )


def fingerprint(scene: bpy.types.Scene) -> tuple[object, ...]:
    """What a shot is read from, as far as it can be had in microseconds: hardly ever the same for another shot."""
    timeline = TimelineFacts(scene)
    chosen = timeline.selected[:_LOOKED_INTO]
    render = scene.render
    return (
        scene.name,
        (render.fps, render.fps_base, *timeline.screen, _view_transform(scene)),
        timeline.selection,
        tuple(_shot_strip(strip) for strip in chosen),
        tuple((strip.name, strip.start, strip.end, strip.channel) for strip in timeline.selected[_LOOKED_INTO:]),
        len(timeline.selected) == 1 and (chosen[0].own_size, chosen[0].shows_own_frames),
    )


def _view_transform(scene: bpy.types.Scene) -> str:
    """The view transform that the scene is shown through."""
    settings = scene.view_settings
    assert settings is not None
    return str(settings.view_transform)


def _view(scene: bpy.types.Scene, strips: Iterable[StripFacts]) -> str:
    """The view transform that the clip is sent through.

    Footage is sent as it is. What has values past 1 would clip that way, so it is sent as displayed where there is a
    colour space that undoes the display well enough (docs/fidelity.md has the figures).
    """
    displayed = _view_transform(scene)
    if UNDOES.get(displayed) not in compat.color_spaces(scene):
        return "Standard"
    return displayed if _past_white(strips) else "Standard"


def _past_white(strips: Iterable[StripFacts]) -> bool:
    """Whether anything in `strips` may hold light past 1."""
    for strip in itertools.chain.from_iterable(each.all_inside() for each in strips):
        past_white = strip.color_space not in _WITHIN_WHITE
        scene_referred = strip.kind == "IMAGE" and strip.file.lower().endswith(content.SCENE_REFERRED)
        if strip.shows_camera or past_white or scene_referred:
            return True
    return False


def _warnings(scene: bpy.types.Scene, shot: Shot, strip: StripFacts) -> tuple[str, ...]:
    """strip: the shot's own where it has one, the first of several."""
    if not shot.native or shot.view != "Standard" or not _past_white([strip]):
        return ()
    faded = strip.blend[1] < 1 or any(
        curve.data_path.endswith(curves.FADE) for curve in curves.of_place(scene, strip.name)
    )
    words = say(
        "“{strip}” may be brighter than white, which is cut off: where its take is faded, it looks darker than the "
        "shot",
        strip=strip.name,
    )
    return (words,) if faded else ()


def _own_sounds(
    timeline: TimelineFacts,
    pictures: Sequence[StripFacts],
    start: int,
    end: int,
    spans: Iterable[tuple[int, int]],
) -> list[StripFacts]:
    """The sound strips that belong to the pictures: selected or joined with them, cut from the same file, or inside.

    What is selected and lies under several of `spans`, such as music, belongs to none.
    """
    joined = frozenset[str]().union(*(strip.connections for strip in pictures))
    files = {(comparable(strip.file), round(strip.content_start)) for strip in pictures if strip.kind == "MOVIE"}
    result = []
    for strip in timeline.sounds:
        if not strip.overlaps(start, end):
            continue
        path = strip.sound_file
        same = any(path == file and abs(round(strip.content_start) - at) <= 1 for file, at in files)
        beside = strip.is_selected and sum(strip.overlaps(*span) for span in spans) == 1
        if beside or strip.name in joined or same:
            result.append(strip)
    metas = [strip for strip in pictures if strip.kind == "META"]
    return result + [each for meta in metas for each in meta.all_inside() if each.kind == "SOUND"]


def _sounds_as(picture: StripFacts, sound: StripFacts) -> bool:
    """Whether a sound strip plays the sound of a picture's own movie, beside all of it and unchanged."""
    return (
        sound.sound_file == comparable(picture.file)
        and abs(sound.content_start - picture.content_start) < 1
        and sound.start <= picture.start
        and sound.end >= picture.end
        and sound.sounds_unchanged
    )
