# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the pieces of a take over one spot of its shot, shown and heard as the editor asked: a strip, or a meta strip
where there are several. When and where is `place`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import PlacementError
from ..core.names import REHEARSAL
from ..core.takes import at_hand, transform
from ..core.takes.at_hand import Files, Needed
from ..core.takes.matching import Spot
from ..core.takes.pieces import Piece
from ..core.values.choices import Sound
from ..core.values.job import Job
from ..core.values.shot import Shot, comparable
from ..core.values.take import Take
from ..core.words import say
from . import compat, content, curves, movie_strip
from .editor import editor_of
from .muting import Frames, Muting
from .shot import UNDOES, scene_fps
from .stacks import marks
from .stacks.marks import JOB_KEY

_HIGHEST_CHANNEL = 128
_OUT_OF_THE_WAY = 120
"""Blender's operator refuses the highest ones."""
_OPAQUE = ("REPLACE", "ALPHA_OVER", "CROSS", "OVER_DROP")


class TakeStrips:
    """Lays pieces over one spot of a shot, in the level that is open. lead: the first part's job. muting: takes down
    what is to be muted. shot_id: what the shot is known as.

    rates: by job, the rate that the file of its take has to carry where it carries another. files: what `needed` asks
    for. stacked: what is open is the stack of the shot, which is blended in the place of what it holds.
    """

    def __init__(
        self,
        scene: bpy.types.Scene,
        lead: Job,
        spot: Spot,
        muting: Muting,
        rates: Mapping[str, Fraction],
        files: Files,
        *,
        shot_id: str = "",
        stacked: bool = False,
    ) -> None:
        self._scene = scene
        self._rates = rates
        self._files = files
        self._lead = lead
        self._spot = spot
        self._muting = muting
        self._shot_id = shot_id
        self._stacked = stacked

    def add(self, found: Sequence[Piece], channel: int) -> tuple[Any, tuple[str, ...]]:
        """Add the strips, on a channel that is free over the frames of the pieces: the strip that shows them; and what
        else was done, in words.
        """
        first, end = found[0].first, max(piece.end for piece in found)
        if len(found) == 1:
            strip = self._strip(found[0])
            _cover(strip, first, end)
            # Trimmed, it fits beside what its hidden frames would reach into.
            strip.channel = channel
        else:
            strip = self._meta(found, first, end, channel)
        self._blend_as_shot(strip, found)
        return strip, tuple(self.bring_sound(strip, found))

    def bring_sound(self, strip: Any, found: Sequence[Piece]) -> Iterator[str]:
        """Let be heard with the strip of a take what the editor asked for; what was done, in words."""
        if self._lead.order.sound is not Sound.TIMELINE:
            yield from self._sound(strip, found)

    def _strip(self, piece: Piece) -> Any:
        """A piece as a strip of the timeline, untrimmed, out of the way of all others."""
        shot, take = piece.job.shot, piece.take
        last = piece.start + max(piece.end - piece.start, self._reach(piece))
        channel = self._empty_channel(min(piece.start, piece.first), max(piece.end, last))
        shown = needed(self._scene, self._lead, piece.job, self._spot, self._rates)
        path = self._files.get(shown) or at_hand.find([shown])[shown]
        at_own_rate = take.play_fps is not None
        strip = movie_strip.add(self._scene, name_of(piece.job), path, channel, piece.start, at_own_rate=at_own_rate)
        self._mark(strip, piece.job)
        strip.select = False
        self._show_as_shot(strip, take)
        undoes = UNDOES.get(shot.view)
        if undoes in compat.color_spaces(self._scene):
            strip.colorspace_settings.name = undoes
            # Blender 5.2 blends in whole steps of eight bits otherwise, and these are past the display.
            strip.use_float = True
        else:
            strip.use_float = self._blends_in_float()
        return strip

    def _blends_in_float(self) -> bool:
        """Whether Blender blends the shot in scene light rather than as displayed: a fade of its take has to be the
        same (docs/decisions/colour.md).
        """
        every = compat.strips_all(editor_of(self._scene))
        return any(map(content.is_float, content.inside(every[name] for name in self._spot.strips if name in every)))

    def _mark(self, strip: Any, job: Job) -> None:
        strip[JOB_KEY] = job.id
        if self._shot_id:
            strip[marks.STACK_KEY] = self._shot_id

    def _reach(self, piece: Piece) -> int:
        """How many timeline frames the whole file of a piece covers."""
        take = piece.take
        pace = 1 if take.play_fps is None else piece.job.shot.fps / take.play_fps
        return math.ceil(take.frames * pace) + 1

    def _meta(self, found: Sequence[Piece], first: int, end: int, channel: int) -> Any:
        """The pieces in one meta strip, dissolved where they overlap."""
        meta = compat.shown_strips(editor_of(self._scene)).new_meta(whole_name(self._lead), channel, first)
        self._mark(meta, self._lead)
        meta.select = False
        inner = []
        for number, piece in enumerate(found):
            strip = self._strip(piece)
            strip.move_to_meta(meta)
            # While it still reaches into other pieces on its channel, Blender would push it out of their way.
            _cover(strip, piece.first, piece.end)
            strip.channel = 1 + number % 2
            # Some versions see only now what the meta strip holds.
            _cover(strip, piece.first, piece.end)
            inner.append(strip)
        for before, after, left, right in zip(found, found[1:], inner, inner[1:], strict=False):
            if after.first < before.end:
                cross = compat.new_effect(
                    meta, "Dissolve", "CROSS", 3, after.first, before.end - after.first, (left, right)
                )
                cross.select = False
        _cover(meta, first, end)
        return meta

    def _empty_channel(self, first: int, end: int) -> int:
        """A channel of the open level that is free from frame `first` to before `end`, out of the way."""
        taken = {strip.channel for strip in self._overlapping(first, end)}
        for channel in range(_OUT_OF_THE_WAY, 0, -1):
            if channel not in taken:
                return channel
        raise PlacementError(
            say("No channel above “{shot}” is free.", shot=self._lead.shot.name),
            say("Free a channel above it and place the take again from the job."),
        )

    def _overlapping(self, first: int, end: int) -> list[Any]:
        """The strips of the open level that lie anywhere from frame `first` to before `end`."""
        shown = compat.shown_strips(editor_of(self._scene))
        return [strip for strip in shown if compat.start(strip) < end and compat.end(strip) > first]

    def inner_channel(self, first: int, end: int) -> int:
        """The lowest channel of the stack that is open, above the plate, that is free over these frames."""
        others = self._overlapping(first, end)
        above = max([strip.channel for strip in others if strip.name in self._spot.strips], default=1)
        return self._first_free(others, above, say("No channel above “{shot}” is free.", shot=self._lead.shot.name))

    def _first_free(self, others: Sequence[Any], above: int, otherwise: str) -> int:
        """The lowest channel above `above` that is neither closed nor holds any of `others`.

        otherwise: what is said where there is none.
        """
        channels = compat.shown_channels(editor_of(self._scene))
        # In one that is muted the take would not be seen or heard, in one that is locked the editor could not touch it.
        closed = {number for number, channel in enumerate(channels) if channel.mute or channel.lock}
        taken = closed | {strip.channel for strip in others}
        for channel in range(above + 1, _HIGHEST_CHANNEL + 1):
            if channel not in taken:
                return channel
        raise PlacementError(otherwise, say("Free a channel above it and place the take again from the job."))

    def _models(self) -> list[Any]:
        """The strips of the shot whose place on the screen the take gets, none where it covers the screen."""
        if not self._lead.shot.native:
            return []
        every = compat.strips_all(editor_of(self._scene))
        return [every[name] for name in self._spot.strips]

    def _show_as_shot(self, strip: Any, take: Take) -> None:
        """Give a take the shot's place on the screen; the picture of the whole screen covers the screen."""
        shot = self._lead.shot
        models = self._models()
        model = models[0] if models else None
        origin = tuple(model.transform.origin) if model is not None else (0.5, 0.5)
        changes, strip.transform.origin = transform.placed_over(take, shot.width, shot.height, origin)
        strip.blend_type = "ALPHA_OVER"
        for prop, change in changes.items():
            group, name = prop.split(".")
            untouched = 1.0 if name.startswith("scale") else 0.0
            value = getattr(getattr(model, group), name) if model is not None else untouched
            value = value * change.factor + change.added
            to_group, to_name = change.name.split(".")
            setattr(getattr(strip, to_group), to_name, max(0, round(value)) if to_group == "crop" else value)
        if model is not None:
            strip.transform.filter = model.transform.filter
            strip.use_flip_x, strip.use_flip_y = model.use_flip_x, model.use_flip_y
            curves.copy_place(self._scene, model.name, strip.name, changes, fades=False, moves=True)
        if (take.width, take.height) != (shot.width, shot.height):
            content.resample(strip)

    def _blend_as_shot(self, strip: Any, found: Sequence[Piece]) -> None:
        """Lay the take over what is below as the shot lies over it."""
        strip.blend_type = "REPLACE" if self._stacked else "ALPHA_OVER"
        models = self._models()
        if not models or self._stacked:
            return
        model = models[0]
        strip.blend_type, strip.blend_alpha = model.blend_type, model.blend_alpha
        curves.copy_place(self._scene, model.name, strip.name, {}, fades=True, moves=False)
        fades = any(curve.data_path.endswith(curves.FADE) for curve in curves.of_place(self._scene, model.name))
        if fades or model.blend_alpha < 1 or model.blend_type not in _OPAQUE:
            words = say("“{strip}” is muted: it would show through its take", strip=model.name)
            for each in models:
                self._muting.mute(each, _frames(found), words)

    def _sound(self, strip: Any, found: Sequence[Piece]) -> Iterator[str]:
        """Mute the shot's own sound, and bring in the result's where that was asked for."""
        if self._lead.order.sound is Sound.RESULT:
            heard = [piece for piece in found if piece.take.sound]
            if not heard:
                yield say("The result has no sound: the timeline's stays")
                return
            if not bpy.app.build_options.audaspace:
                yield say("This Blender was built without sound: the result's is in the take's file")
                return
            self._bring_sound(strip, heard)
        else:
            heard = list(found)
        for own in self._own_sounds():
            self._muting.mute(own, _frames(heard), say("“{strip}” is muted", strip=own.name))
        for name in self._spot.strips:
            shown = compat.strips_all(editor_of(self._scene))[name]
            if shown.type == "SCENE":
                words = say("The sound of “{strip}” is turned off", strip=name)
                self._muting.turn_off_sound(shown, _frames(heard), words)

    def _own_sounds(self) -> list[Any]:
        """The shot's sound strips, and what was cut off them and is heard beside its picture here."""
        editor, spot = editor_of(self._scene), self._spot
        every = compat.strips_all(editor)
        if not self._lead.shot.sounds:
            return []
        own = [every[name] for name in self._lead.shot.sounds if name in every and every[name].type == "SOUND"]
        pictures = [every[name] for name in spot.strips]
        # A piece that was moved with its picture is known by that.
        files = [(content.sound_file(strip), content.file_start(strip)) for strip in own]
        movies = [strip for strip in pictures if strip.type == "MOVIE"]
        files += [(comparable(content.file_of(strip)), content.file_start(strip)) for strip in movies]
        inner = content.inside(strip for strip in pictures if strip.type == "META")
        beside = compat.strips(every[spot.meta] if spot.meta else editor)
        for strip in (*beside, *inner):
            if marks.is_take(strip):
                continue
            if strip.type != "SOUND" or strip in own or not content.sound_file(strip):
                continue
            path, start = content.sound_file(strip), content.file_start(strip)
            here = compat.start(strip) < spot.end and compat.end(strip) > spot.first
            if here and any(path == file and abs(round(start) - round(at)) <= 1 for file, at in files):
                own.append(strip)
        return own

    def _bring_sound(self, strip: Any, heard: Sequence[Piece]) -> None:
        """The result's sound beside its picture: joined to a strip, inside a meta strip."""
        shown = compat.shown_strips(editor_of(self._scene))
        for number, piece in enumerate(heard):
            reach = (min(piece.start, piece.heard, piece.first), max(piece.end, piece.start + self._reach(piece)))
            if strip.type == "META":
                strips, channel = compat.strips(strip), 4 + number % 2
            else:
                others = [each for each in shown if compat.start(each) < reach[1] and compat.end(each) > reach[0]]
                strips = shown
                channel = self._first_free(others, strip.channel, say("No channel is free for the take's sound."))
            # Where two parts are dissolved, each is heard up to the middle.
            first = max(piece.first, (heard[number - 1].end + piece.first) // 2) if number else piece.first
            end = min(piece.end, (heard[number + 1].first + piece.end) // 2) if heard[number + 1 :] else piece.end
            path = movie_strip.stored_path(Path(piece.take.path))
            begins = piece.heard if compat.SOUND_OFFSET else piece.heard + round(piece.after * scene_fps(self._scene))
            sound = strips.new_sound(name_of(piece.job), path, channel, begins)
            self._mark(sound, piece.job)
            sound.select = False
            lasts = compat.end(sound)
            if compat.SOUND_OFFSET and piece.after:
                sound.sound_offset = float(piece.after)
                lasts += 1
            # What begins later than the picture is not held before its begin.
            _cover(sound, max(first, compat.start(sound)), min(end, lasts))
            if strip.type != "META" and compat.CONNECTED_STRIPS and not self._stacked:
                movie_strip.join(self._scene, [strip, sound])


def _frames(pieces: Sequence[Piece]) -> list[Frames]:
    """The timeline frames that `pieces` cover."""
    return [(piece.first, piece.end) for piece in pieces]


def needed(scene: bpy.types.Scene, lead: Job, job: Job, spot: Spot, rates: Mapping[str, Fraction]) -> Needed:
    """The file that shows the take of `job` on `spot` at its pace. lead, rates: see `TakeStrips`.

    Blender plays a file with a rate of its own by the timeline's. Where that was changed since the press, and the shot
    lasts as many frames as it did, a copy carries the rate that covers them.
    """
    assert job.take is not None
    play_fps, then, now = job.take.play_fps, job.shot.fps, scene_fps(scene)
    rate = rates.get(job.id)
    if rate is None and play_fps is not None and then != now and lasts_as_before(scene, lead.shot, spot):
        rate = play_fps * now / then
    return Needed(job.label, job.take.path, rate)


def calls_operators(job: Job) -> bool:
    """Whether Blender's own operators are called to lay the take of `job`."""
    if job.take is None or job.take.play_fps is not None:
        return job.take is not None
    brought = job.order.sound is Sound.RESULT and job.take.sound
    # What was joined with its picture is joined again where it is cut, or where the picture goes into a stack.
    return compat.CONNECTED_STRIPS and (brought or bool(job.shot.sounds))


def lasts_as_before(scene: bpy.types.Scene, shot: Shot, spot: Spot) -> bool:
    """Whether on `spot` a shot covers as many frames as at the press, rather than as many seconds.

    That is told apart where the timeline's rate was changed since.
    """
    if not spot.strips:
        return True
    every = compat.strips_all(editor_of(scene))
    then = {strip.name: strip.end - strip.start for strip in shot.strips}
    there = [every[name] for name in spot.strips if every[name].type == "MOVIE"]
    pace = float(scene_fps(scene) / shot.fps)
    for strip in there:
        first, end = marks.shown(strip)
        length = end - first
        hidden = sum(compat.trims(strip)) + compat.length(strip) - length
        if then.get(strip.name) == length:
            return True
        # A strip that keeps its file's rate: what is hidden of it stays as many frames, the whole of it does not.
        if strip.name in then and abs((hidden + length) / pace - hidden - then[strip.name]) <= 1:
            return False
    return all(sum(compat.trims(each)) + compat.length(each) == compat.content_length(each) for each in there)


def name_of(job: Job) -> str:
    """What a take's strip is called: its file without the job's id."""
    assert job.take is not None
    label = Path(job.take.path).stem.rsplit("_", 1)[0]
    return f"REHEARSAL {label}" if job.service == REHEARSAL else label


def whole_name(lead: Job) -> str:
    """What the strip of several pieces is called."""
    return name_of(lead).replace("_part1_take", "_take") if len(lead.plan.parts) > 1 else name_of(lead)


def _cover(strip: Any, first: int, end: int) -> None:
    """Show the strip on exactly these frames: trim what is long, hold the last frame of what is short."""
    compat.set_end(strip, end)
    if compat.start(strip) != first:
        compat.set_start(strip, first)
