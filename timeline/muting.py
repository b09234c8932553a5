# SPDX-License-Identifier: GPL-3.0-or-later
"""Silences and hides what lies below a take over the take's frames alone, and cuts there what reaches past them.

A cut is the editor's own razor: what is left of a strip outside of the frames shows and sounds as it did.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import bpy

from ..core.errors import PlacementError
from ..core.words import say
from . import compat, movie_strip
from .editor import editor_of

_MUTED, _VOLUME = "reshoot_muted", "reshoot_volume"
"""On what was muted for the takes of a shot: the shot's id; and of a scene strip, how loud it was."""

Frames = tuple[int, int]
"""Timeline frames, end exclusive."""


def merged(frames: Iterable[Frames]) -> list[Frames]:
    """`frames` by time, those that touch each other as one."""
    found: list[Frames] = []
    for first, end in sorted(frames):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif first < end:
            found.append((first, end))
    return found


class Muting:
    """What is to be muted in `scene` once every strip of a take lies: nothing is, where one of them cannot be laid.

    shot_id: of the shot whose take it is for.
    """

    def __init__(self, scene: bpy.types.Scene) -> None:
        self._scene = scene
        self.shot_id = ""
        self._shots: dict[str, str] = {}
        self._wanted: dict[str, list[Frames]] = {}
        self._words: dict[str, tuple[str, Callable[[Any], None]]] = {}

    def mute(self, strip: Any, frames: Iterable[Frames], words: str) -> None:
        """Mute `strip` over `frames`. words: what is told of it."""
        self._want(strip, frames, words, _mute)

    def turn_off_sound(self, strip: Any, frames: Iterable[Frames], words: str) -> None:
        """Turn the sound of a scene strip off: muted, its picture would not be seen either."""
        self._want(strip, frames, words, _turn_off)

    def _want(self, strip: Any, frames: Iterable[Frames], words: str, quieten: Callable[[Any], None]) -> None:
        self._wanted.setdefault(strip.name, []).extend(frames)
        self._shots[strip.name] = self.shot_id
        # Hidden, a strip is not heard either.
        if strip.name not in self._words or quieten is _mute:
            self._words[strip.name] = (words, quieten)

    def carry_out(self) -> Iterator[str]:
        """Do it; what was done, in words."""
        for name, frames in self._wanted.items():
            words, quieten = self._words[name]
            strip = compat.strips_all(editor_of(self._scene)).get(name)
            if strip is not None:
                yield from self._over(strip, merged(frames), words, quieten)

    def _over(self, strip: Any, frames: Sequence[Frames], words: str, quieten: Callable[[Any], None]) -> Iterator[str]:
        shown, shot_id = _shown(strip), self._shots[strip.name]
        frames = merged((max(first, shown[0]), min(end, shown[1])) for first, end in frames)
        if not frames or strip.mute or (quieten is _turn_off and not strip.volume):
            return
        if frames == [shown]:
            self._quieten(strip, quieten, shot_id)
            yield words
            return
        name = strip.name
        joined = {each.name for each in getattr(strip, "connections", ())}
        seams = [frame for span in frames for frame in span if shown[0] < frame < shown[1]]
        pieces = _cut(self._scene, strip, seams)
        if pieces is None:
            yield say(
                "“{strip}” reaches past its take and cannot be cut there: it is not muted. Mute it by hand.", strip=name
            )
            return
        for piece in pieces:
            low, high = compat.start(piece), compat.end(piece)
            if any(first < high and end > low for first, end in frames):
                self._quieten(piece, quieten, shot_id)
        yield words
        yield say("“{strip}” reaches past the take: cut where the take begins and ends", strip=name)
        if joined and not _joined_again(self._scene, {*joined, *(piece.name for piece in pieces)}):
            yield say("“{strip}” is not joined with its picture any more", strip=name)

    @staticmethod
    def _quieten(strip: Any, quieten: Callable[[Any], None], shot_id: str) -> None:
        if shot_id:
            strip[_MUTED] = shot_id
            if quieten is _turn_off:
                strip[_VOLUME] = strip.volume
        quieten(strip)


def _mute(strip: Any) -> None:
    strip.mute = True


def _turn_off(strip: Any) -> None:
    strip.volume = 0.0


def is_muted_for(strip: Any, shot_id: str) -> bool:
    """Whether a strip was muted for the takes of a shot."""
    return bool(shot_id) and strip.get(_MUTED) == shot_id


def muted_for(strip: Any, shot_id: str, *, on: bool) -> None:
    """Let be seen and heard what was muted for the takes of a shot, or mute it again where `on`."""
    if not is_muted_for(strip, shot_id):
        return
    volume = strip.get(_VOLUME)
    if not isinstance(volume, int | float):
        strip.mute = on
    else:
        strip.volume = 0.0 if on else float(volume)


def release(strip: Any, shot_id: str) -> None:
    """Let be heard what was muted for the takes of a shot, for good."""
    muted_for(strip, shot_id, on=False)
    if is_muted_for(strip, shot_id):
        for name in (_MUTED, _VOLUME):
            if name in strip:
                del strip[name]


def _shown(strip: Any) -> Frames:
    """The frames at which a strip is seen or heard: what a meta strip around it leaves of it."""
    first, end = compat.start(strip), compat.end(strip)
    holder = strip.parent_meta()
    while holder is not None:
        first, end = max(first, compat.start(holder)), min(end, compat.end(holder))
        holder = holder.parent_meta()
    return first, end


def _cut(scene: bpy.types.Scene, strip: Any, seams: Sequence[int]) -> list[Any] | None:
    """Cut a strip before each of the frames `seams`. Its pieces by time, None where Blender would change others too."""
    editor = editor_of(scene)
    if getattr(strip, "input_count", 0) or any(
        strip in (getattr(other, "input_1", None), getattr(other, "input_2", None)) for other in _beside(editor, strip)
    ):
        # An effect is cut along, and with it what else it is made of.
        return None
    options = compat.split_options(strip)
    if options is None:
        return None
    pieces = [strip]
    with _unlocked(scene, pieces):
        for frame in seams:
            try:
                piece = pieces[-1].split(frame=frame, split_method="SOFT", **options)
            except RuntimeError:
                piece = None
            if piece is None:
                break
            pieces.append(piece)
    return pieces if len(pieces) == len(seams) + 1 else None


def _beside(editor: bpy.types.SequenceEditor, strip: Any) -> Any:
    """The strips of the level that `strip` is in."""
    return compat.strips(strip.parent_meta() or editor)


@contextlib.contextmanager
def _unlocked(scene: bpy.types.Scene, pieces: Sequence[Any]) -> Iterator[None]:
    """The first of `pieces` and its channel can be changed meanwhile; all that there are then are locked as it was.

    Blender looks at the channels of the level that is open.
    """
    channel = compat.shown_channels(editor_of(scene))[pieces[0].channel]
    locked, closed = pieces[0].lock, channel.lock
    pieces[0].lock = channel.lock = False
    try:
        yield
    finally:
        channel.lock = closed
        for piece in pieces:
            piece.lock = locked


def _joined_again(scene: bpy.types.Scene, names: set[str]) -> bool:
    """Join strips that a cut has parted, so that they are moved together as before. Whether Blender did it."""
    editor = editor_of(scene)
    every = compat.strips_all(editor)
    together = [every[name] for name in names if name in every]
    if len({compat.meta_of(strip) for strip in together} | {compat.open_meta(editor)}) > 1:
        return False
    try:
        movie_strip.join(scene, together)
    except (PlacementError, RuntimeError):
        return False
    return True
