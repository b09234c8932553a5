# SPDX-License-Identifier: GPL-3.0-or-later
"""What the open level of a timeline holds, for one pass over it: each strip is read once, whoever asks and how often.

The facts are of the moment: an event later Blender's strips may be others. Nothing here decides or changes anything.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple

import bpy

from ..core.values.shot import ShownFile, ShownFiles
from . import compat, content, curves
from .stacks import marks

_MUCH = 10_000
"""Frames of what has no end: a colour, a mask, a still image."""


class Placement(NamedTuple):
    """Where a strip's picture lies on the screen. offset_x, offset_y: pixels of the screen from its middle."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    rotated: bool
    cropped: bool


class StripFacts:
    """One strip. Each fact is read from Blender when it is first asked for, and kept.

    Of a shot in a stack it is the plate: what it shows is its own, where and over what it is shown is its stack's.
    Frames are the timeline's, ends exclusive; paths are absolute.
    """

    def __init__(self, timeline: TimelineFacts, strip: Any, stack: Any = None) -> None:
        self._timeline = timeline
        self._strip = strip
        self._lying = strip if stack is None else stack
        """What lies in the timeline."""
        self.name: str = strip.name
        self.kind: str = strip.type
        self.start, self.end = marks.shown(strip) if stack is not None else (compat.start(strip), compat.end(strip))
        self.channel: int = self._lying.channel

    @property
    def frames(self) -> int:
        """How many timeline frames show the strip."""
        return self.end - self.start

    def overlaps(self, start: int, end: int) -> bool:
        """Whether the strip is shown at any frame from `start` to before `end`."""
        return self.start < end and self.end > start

    @cached_property
    def muted(self) -> bool:
        """Whether the strip itself is muted, whatever its channel is."""
        return bool(self._lying.mute)

    @cached_property
    def is_selected(self) -> bool:
        """Whether the strip is selected, or is among what was chosen in place of the selection."""
        if self._timeline.chosen:
            return self.name in self._timeline.chosen
        return bool(self._lying.select or self._strip.select)

    @cached_property
    def is_still(self) -> bool:
        """Whether the strip shows one image."""
        return self.kind == "IMAGE" and len(self._strip.elements) == 1

    @cached_property
    def meta(self) -> str:
        """The name of the meta strip that holds the strip, empty where none does."""
        return compat.meta_of(self._lying)

    @cached_property
    def content_start(self) -> float:
        """The frame of the first frame of the strip's source."""
        if self._lying != self._strip and content.has_no_source(self._strip):
            return float(self.start)
        return compat.content_start(self._strip)

    @cached_property
    def file_start(self) -> float:
        """The frame of the first frame of what is on disk, see `content.file_start`."""
        return content.file_start(self._strip)

    @cached_property
    def file(self) -> str:
        """The file that a movie strip shows, or the first one of an image strip; empty for other strips."""
        return content.file_of(self._strip)

    @cached_property
    def own_size(self) -> tuple[int, int] | None:
        """Pixels of the strip's own picture, None where it has none of its own and fills the scene's."""
        return content.own_size(self._strip)

    @cached_property
    def inputs(self) -> tuple[StripFacts, ...]:
        """The strips that an effect is made of."""
        slots = (getattr(self._strip, slot, None) for slot in ("input_1", "input_2"))
        return tuple(self._timeline.of(strip) for strip in slots if strip is not None)

    @cached_property
    def inside(self) -> tuple[StripFacts, ...]:
        """The strips that a meta strip holds; nothing in any other."""
        return tuple(map(self._timeline.of, compat.strips(self._strip))) if self.kind == "META" else ()

    @cached_property
    def can_lengthen(self) -> bool:
        """Whether the strip can be lengthened: it shows more of its source then, and its edge frame past that."""
        return int(getattr(self._strip, "input_count", 0)) == 0

    @cached_property
    def hidden(self) -> tuple[int, int]:
        """Frames of the strip's source that it does not show, before and after it."""
        if content.is_endless(self._strip):
            return (_MUCH, _MUCH)
        before, after = compat.trims(self._strip)
        before += self.start - compat.start(self._strip)
        after += compat.end(self._strip) - self.end
        return (max(0, int(before)), max(0, int(after)))

    @property
    def stack(self) -> str:
        """The name of the stack that the shot is in, empty where it is in none."""
        return str(self._lying.name) if self._lying != self._strip else ""

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the shots that the strip is known as."""
        return marks.ids(self._strip)

    @cached_property
    def take_of(self) -> str | None:
        """The id of the shot whose take the strip is, empty where it does not say; None where it is no take."""
        return marks.shot_of(self._strip) if marks.is_take(self._strip) else None

    @cached_property
    def faded(self) -> bool:
        """Whether the strip is less than opaque, or its opacity is animated."""
        return self.blend[1] < 1 or curves.is_faded(self._timeline.scene, str(self._lying.name))

    @cached_property
    def locked(self) -> bool:
        """Whether the editor has locked the strip."""
        return bool(self._lying.lock)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that the strip itself shows, in the order of showing."""
        if self.kind == "MOVIE":
            return (self.file,)
        if self.kind != "IMAGE":
            return ()
        paths = content.image_files(self._strip)
        first = self._first_image
        return tuple(paths[first : first + self.frames] or paths[-1:])

    @property
    def first_image(self) -> str:
        """The image that an image strip shows first."""
        paths = content.image_files(self._strip)
        return paths[min(self._first_image, len(paths) - 1)]

    @property
    def _first_image(self) -> int:
        return max(0, round(self.start - self.file_start))

    @cached_property
    def color_space(self) -> str:
        """The name of the colour space that the strip's file is in, empty where it has none."""
        settings = getattr(self._strip, "colorspace_settings", None)
        return str(settings.name) if settings is not None else ""

    @cached_property
    def shows_camera(self) -> bool:
        """Whether a scene strip shows what a camera sees, and not another timeline."""
        return self.kind == "SCENE" and self._strip.scene_input == "CAMERA"

    @cached_property
    def blend(self) -> tuple[str, float]:
        """How the strip is blended over what is below, and its opacity."""
        return str(self._lying.blend_type), float(self._lying.blend_alpha)

    @cached_property
    def placement(self) -> Placement | None:
        """Where the strip's picture lies on the screen, None where it has no place of its own."""
        transform, crop = getattr(self._strip, "transform", None), getattr(self._strip, "crop", None)
        cropped = crop is not None and any((crop.min_x, crop.max_x, crop.min_y, crop.max_y))
        if transform is None:
            return Placement(1.0, 1.0, 0.0, 0.0, rotated=False, cropped=cropped) if cropped else None
        return Placement(
            transform.scale_x,
            transform.scale_y,
            transform.offset_x,
            transform.offset_y,
            rotated=bool(transform.rotation),
            cropped=cropped,
        )

    @cached_property
    def connections(self) -> frozenset[str]:
        """The names of the strips that are joined with the strip."""
        joined = [other for each in (self._strip, self._lying) for other in getattr(each, "connections", ())]
        return frozenset(other.name for other in joined)

    @cached_property
    def sound_file(self) -> str:
        """The file that a sound strip plays, see `values.shot.comparable`; empty where there is none."""
        return content.sound_file(self._strip)

    @cached_property
    def shows_own_frames(self) -> bool:
        """Whether a movie strip shows its movie's own frames, all of them or a run, one for one and unchanged."""
        strip = self._strip
        if self.kind != "MOVIE":
            return False
        before, after = compat.trims(strip)
        return (
            not curves.of_picture(self._timeline.scene, self.name)
            # Past its ends a strip holds an edge frame.
            and min(before, after) >= 0
            and before.is_integer()
            and self.content_start + before == compat.start(strip)
            # At another pace the strip's length and what it hides do not make up its movie's.
            and before + compat.length(strip) + after == compat.content_length(strip)
            and compat.animation_trims(strip) == (0, 0)
            and len(getattr(strip, "retiming_keys", ())) == 0
            and len(strip.modifiers) == 0
            and strip.stream_index == 0
            and strip.strobe <= 1
            and strip.color_multiply == 1
            and strip.color_saturation == 1
            and self.color_space == "sRGB"
            and not (
                strip.use_reverse_frames
                or strip.use_flip_x
                or strip.use_flip_y
                or strip.use_deinterlace
                or strip.use_multiview
            )
        )

    @cached_property
    def sounds_unchanged(self) -> bool:
        """Whether a sound strip sounds as its file does. That it is muted does not count: an earlier take does so."""
        strip = self._strip
        return (
            (strip.volume, strip.pan) == (1.0, 0.0)
            and not curves.of_picture(self._timeline.scene, self.name)
            and len(getattr(strip, "retiming_keys", ())) == 0
            and len(strip.modifiers) == 0
        )

    def all_inside(self) -> Iterator[StripFacts]:
        """The strip, what its effects show, and what its metas hold, at every depth."""
        yield self
        for each in (*self.inside, *self.inputs):
            yield from each.all_inside()


class TimelineFacts:
    """The strips of the level of a timeline that is open: the whole timeline, or the meta strip that is entered.

    A stack that is entered counts as the level that it lies in.

    scene: whose timeline it is. chosen: the names of strips that count as the selected ones, whatever is selected, and
    meta: of the level that they are in then. Valid until Blender handles its next event.
    """

    def __init__(self, scene: bpy.types.Scene, chosen: tuple[str, ...] = (), meta: str = "") -> None:
        self.scene = scene
        self.chosen = chosen
        self._meta = meta
        self._editor = scene.sequence_editor
        self._known: dict[str, StripFacts] = {}

    def of(self, strip: Any) -> StripFacts:
        """The facts of one strip, at whatever level: the same ones each time."""
        found = self._known.get(strip.name)
        if found is None:
            plate, stack = _plate_and_stack(strip)
            found = StripFacts(self, plate, stack)
            self._known[strip.name] = self._known[found.name] = found
        return found

    @cached_property
    def level(self) -> Any:
        """What holds the strips: the sequence editor, or a meta strip; None where the scene has no timeline."""
        if self.chosen and self._editor:
            return compat.strips_all(self._editor)[self._meta] if self._meta else self._editor
        entered = list(self._editor.meta_stack) if self._editor else []
        while entered and marks.is_stack(entered[-1]):
            entered.pop()
        return entered[-1] if entered else self._editor

    @cached_property
    def _strips(self) -> Any:
        return compat.strips(self.level) if self.level is not None else ()

    @cached_property
    def _open(self) -> Any:
        """The strips that the editor sees."""
        return compat.shown_strips(self._editor) if self._editor else ()

    @cached_property
    def sounds(self) -> tuple[StripFacts, ...]:
        """The sound strips but those of the selected shots' takes, in Blender's order."""
        return tuple(self.of(strip) for strip in self._strips if strip.type == "SOUND" and not self._is_own_take(strip))

    @cached_property
    def selection(self) -> bytes:
        """For each strip that the editor sees whether it is selected. Read in microseconds, however many there are."""
        marked = array("b", bytes(len(self._open)))
        if marked:
            self._open.foreach_get("select", marked)
        return marked.tobytes()

    @cached_property
    def selected(self) -> tuple[StripFacts, ...]:
        """The selected strips, each once: in place of a take, or of a stack, the plate of its shot."""
        if self.chosen:
            every = compat.strips_all(self._editor) if self._editor else {}
            return tuple(self.of(every[name]) for name in self.chosen if name in every)
        chosen = [self._open[index] for index, on in enumerate(self.selection) if on]
        if chosen and self._editor and len(self._editor.meta_stack) and marks.is_stack(self._editor.meta_stack[-1]):
            chosen = [self._editor.meta_stack[-1]]
        found = [self._plate_of(strip) for strip in chosen]
        return tuple({strip.name: strip for strip in found}.values())

    @cached_property
    def active(self) -> StripFacts | None:
        """The one of the selected strips that was clicked on last, None where that is not among them."""
        strip = self._editor.active_strip if self._editor else None
        found = self._plate_of(strip) if strip is not None else None
        return next((each for each in self.selected if found is not None and each.name == found.name), None)

    @cached_property
    def _plates(self) -> tuple[StripFacts, ...]:
        """The strips of the level that are known as shots."""
        marked = [strip for strip in self._strips if marks.SHOT_KEY in strip or marks.is_stack(strip)]
        return tuple(plate for plate in map(self.of, marked) if plate.ids and plate.take_of is None)

    def _plate_of(self, strip: Any) -> StripFacts:
        """The plate that a take belongs to, the nearest where there are copies; any other strip itself."""
        take, shot_id = self.of(strip), marks.shot_of(strip)
        if take.take_of is None or take.kind == "SOUND" or not shot_id:
            return take
        plates = [plate for plate in self._plates if shot_id in plate.ids]

        def distance(plate: StripFacts) -> tuple[int, int]:
            apart = max(plate.start - take.end, take.start - plate.end, 0)
            return (apart, take.channel - plate.channel if plate.channel < take.channel else 1000)

        return min(plates, key=distance, default=take)

    @cached_property
    def _selected_ids(self) -> frozenset[str]:
        return frozenset(each for strip in self.selected for each in strip.ids)

    def _is_own_take(self, strip: Any) -> bool:
        """Whether a strip is a take of a selected shot, beside it."""
        return marks.is_take(strip) and marks.shot_of(strip) in self._selected_ids

    def overlapping(self, start: int, end: int) -> tuple[StripFacts, ...]:
        """Every strip, of whatever kind, that lies anywhere from `start` to before `end`."""
        return tuple(
            self.of(strip) for strip in self._strips if compat.start(strip) < end and compat.end(strip) > start
        )

    @cached_property
    def _inputs(self) -> dict[str, frozenset[str]]:
        """By effect of the level, the names of the strips that it is made of."""
        found = {}
        for strip in self._strips:
            shown = [getattr(strip, slot, None) for slot in ("input_1", "input_2")]
            names = frozenset(self.of(each).name for each in shown if each is not None)
            if names:
                found[strip.name] = names
        return found

    @cached_property
    def _masks(self) -> dict[str, str]:
        """By strip that masks another one, at any level, the name of that."""
        every = compat.strips_all(self._editor) if self._editor else ()
        return {
            self.of(mask).name: strip.name
            for strip in every
            for modifier in getattr(strip, "modifiers", ())
            if (mask := getattr(modifier, "input_mask_strip", None)) is not None
        }

    def made_of(self, names: frozenset[str]) -> frozenset[str]:
        """The effects of the level that are made of nothing but the strips called `names`, or of such effects."""
        found = frozenset[str]()
        while len(names) > 1:
            more = {effect for effect, shown in self._inputs.items() if shown <= names | found} - names - found
            if not more:
                break
            found |= more
        return found

    def users(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names of the effects of the level that show one of the strips called `names` and of others, and of what
        is masked by one of them.
        """
        own = frozenset(names)
        inner = self.made_of(own)
        effects = [name for name, shown in self._inputs.items() if shown & own and name not in own | inner]
        return (*effects, *(masked for mask, masked in self._masks.items() if mask in own))

    @cached_property
    def locked_channels(self) -> frozenset[int]:
        """The numbers of the channels that are locked."""
        channels = self.level.channels if self.level is not None else ()
        return frozenset(number for number, channel in enumerate(channels) if channel.lock)

    @cached_property
    def closed_channels(self) -> frozenset[int]:
        """The numbers of the channels in which a take would not be seen, or could not be touched."""
        channels = self.level.channels if self.level is not None else ()
        return frozenset(number for number, channel in enumerate(channels) if channel.mute or channel.lock)

    @cached_property
    def screen(self) -> tuple[int, int]:
        """Pixels of the scene's picture: width, height."""
        return (self.scene.render.resolution_x, self.scene.render.resolution_y)

    @cached_property
    def muted_channels(self) -> frozenset[int]:
        """The numbers of the channels that are muted."""
        channels = self.level.channels if self.level is not None else ()
        return frozenset(number for number, channel in enumerate(channels) if channel.mute)

    def visible(self, start: int, end: int) -> tuple[StripFacts, ...]:
        """The strips with a picture that are shown from `start` to before `end` and are not muted themselves, but for
        the takes of the selected shots, in whose place their plates are sent."""
        return tuple(
            self.of(strip)
            for strip in self._strips
            if strip.type != "SOUND"
            and not strip.mute
            and compat.start(strip) < end
            and compat.end(strip) > start
            and not self._is_own_take(strip)
        )


def _plate_and_stack(strip: Any) -> tuple[Any, Any]:
    """Of a stack, or of the plate in one, both; of any other strip itself, and no stack."""
    stack = strip if marks.is_stack(strip) else marks.stack_of(strip) if marks.ids(strip) else None
    plates = marks.plates_in(stack) if stack is not None else []
    # What the editor has changed by hand so that it is not clear what the plate is, is a meta strip as any other.
    return (plates[0], stack) if len(plates) == 1 else (strip, None)


def shown_files(strips: Iterable[StripFacts], start: int, end: int) -> ShownFiles:
    """The files that `strips` show from `start` to before `end`, with those of what they are made of."""
    inside = ((each, each is strip or not each.muted) for strip in strips for each in strip.all_inside())
    return tuple(
        ShownFile(each.name, each.files, _frames_needed(each, end) if shown and each.overlaps(start, end) else 0)
        for each, shown in inside
        if each.files
    )


def _frames_needed(strip: StripFacts, end: int) -> int:
    return max(0, ceil(min(strip.end, end) - strip.file_start)) if strip.kind == "MOVIE" else 0
