# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what an MP4 or MOV file really holds, rewrites its times and cuts it without touching the pictures.

Only headers and tables are read, and how a cut's first picture begins, within the bounds that `boxes` sets. It decodes
nothing and knows no other container.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, takewhile
from pathlib import Path

from ..storage import discard, put_in_place
from ..words import say
from . import h264
from .bare_contents import PICTURE_ENTRY
from .boxes import Truncated, Unreadable, opened
from .cut import cuts, parameter_sets
from .frame_times import FrameTimes
from .headers import Edit, Movie, Track
from .relabel import new_times, whole_sound
from .remux import new_contents
from .samples import Presentation, begin, check_whole, samples, shown
from .samples import intact as samples_intact

__all__ = [
    "Presentation",
    "Unreadable",
    "Video",
    "cut",
    "cut_off",
    "intact",
    "key_frames",
    "presented",
    "probe",
    "relabel",
    "sizes_of_cuts",
    "with_even_rate",
    "with_whole_sound",
]


_H264 = (b"avc1", b"avc3")


@dataclass(frozen=True)
class Video:
    """What a file holds. Every number comes from its tables, none from a rounded header."""

    width: int
    """Pixels as displayed, rotation applied; non-square pixels are counted, not stretched."""
    height: int
    frames: int
    """Of the first video track, in its sample table."""
    fps: Fraction
    """Frames divided by the track's duration."""
    constant: bool
    """Every frame, the last one too, lasts equally long."""
    seconds: Fraction
    """Of the first video track, from its sample table."""
    codec: str
    """Four characters, such as 'avc1' or 'hvc1'."""
    rotation: int
    """Degrees clockwise that a player turns the picture by: 0, 90, 180 or 270."""
    sound: bool
    size: int
    """Bytes of the file."""
    container: str
    """'mp4' or 'mov'."""
    start: Fraction
    """Seconds of nothing that an edit list puts before the first frame. The delay of B-frames does not count."""
    sound_late: Fraction = Fraction(0)
    """Seconds from the first picture to the begin of its first sound track; negative where that is heard before."""
    sound_inside: Fraction = Fraction(0)
    """Seconds by which an edit list begins that track inside of one of its samples."""
    trimmed: bool = False
    """An edit list hides or repeats some of the frames, so a player shows other ones than `frames` says."""
    fragmented: bool = False
    """Its tables are spread over the file."""
    plain: bool = False
    """H.264 as every service and player takes it: a profile that all know, 8 bits, 4:2:0, square pixels."""

    @property
    def even(self) -> bool:
        """Every program shows the same: each frame in the table, upright, from the start on, equally long."""
        return self.constant and not (self.trimmed or self.fragmented or self.rotation or self.start)


def probe(path: str | os.PathLike[str]) -> Video:
    """Read the headers of `path`. Raises Unreadable, or OSError where the file cannot be opened."""
    with opened(path) as file:
        movie = Movie(file)
        return _video(movie, FrameTimes(movie))


def cut_off(path: str | os.PathLike[str]) -> bool:
    """Whether the end of `path` is missing: a box, a picture or sound lies after it. OSError passes through.

    Between two fragments a cut is not seen. What else is wrong with a file is for `probe` to say.
    """
    try:
        with opened(path) as file:
            movie = Movie(file)
            for track in movie.tracks:
                if track.handler in (b"vide", b"soun"):
                    check_whole(movie, track)
    except Truncated:
        return True
    except Unreadable:
        return False
    return False


def intact(path: str | os.PathLike[str]) -> tuple[int, int]:
    """How many frames of `path` are shown before the first one whose picture lies after its end, and how many in all.

    Raises Unreadable, or OSError where it cannot be opened. Between two fragments a cut is not seen.
    """
    with contextlib.suppress(Truncated), opened(path) as file:
        frames = FrameTimes(Movie(file)).frames
        *_, last = file.boxes(0, file.size)
        # Where no box ends after the file, and none is of open length, its tables need not be walked through.
        if file.read(last.start, 4) != bytes(4):
            return frames, frames
    with opened(path, cut_short=True) as file:
        return samples_intact(Movie(file))


def key_frames(path: str | os.PathLike[str]) -> list[int]:
    """The frames of `path`, in the order of showing, at which decoding can begin. Raises as `presented` does."""
    with opened(path) as file:
        movie = Movie(file)
        found = samples(movie, movie.picture)
        return [place for place, number in enumerate(shown(movie, found).frames) if found[number].start]


def presented(path: str | os.PathLike[str]) -> Presentation:
    """Which frames of `path` a player shows, and when. Raises Unreadable, or OSError where it cannot be opened."""
    with opened(path) as file:
        movie = Movie(file)
        return shown(movie, samples(movie, movie.picture))


def relabel(
    source: str | os.PathLike[str], target: str | os.PathLike[str], fps: Fraction, *, keep_sound: bool = False
) -> None:
    """Copy `source` to `target` with its first video track running at exactly `fps`; every sample stays bit-identical.

    No other track is kept, except the sound ones with `keep_sound`; their pace does not change. `target` appears whole
    or not at all, and may be `source`. Raises Unreadable, also where the rate is not constant or the file is
    fragmented.
    """
    if fps <= 0:
        raise ValueError(f"a frame rate must be above 0, not {fps}")
    with opened(source) as file:
        patches = new_times(Movie(file), fps, keep_sound=keep_sound)
    _write(source, target, patches)


def with_even_rate(
    source: str | os.PathLike[str], target: str | os.PathLike[str], fps: Fraction, *, keep_sound: bool = False
) -> None:
    """Copy `source` to `target` so that `Video.even` holds, with its frames in the order of showing at exactly `fps`.

    Frames that an edit list hides stay hidden. Pictures that were to be turned are not any more. Every sample stays
    bit-identical; the rest is as with `relabel`, but for what it cannot do.
    """
    if fps <= 0:
        raise ValueError(f"a frame rate must be above 0, not {fps}")
    with opened(source) as file:
        patches, contents = new_contents(Movie(file), fps, keep_sound=keep_sound)
        patches.append((file.size, contents))
    _write(source, target, patches)


def with_whole_sound(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Copy `source` to `target` with its sound begun by `Video.sound_inside` earlier: with a whole sample.

    The rest is as with `relabel`.
    """
    with opened(source) as file:
        _, patches = whole_sound(Movie(file))
    _write(source, target, patches)


def sizes_of_cuts(
    path: str | os.PathLike[str], runs: Sequence[range], fps: Fraction, *, keep_sound: bool = False
) -> list[int | None]:
    """Bytes of what `cut` makes of each of `runs`, None where it cannot be done.

    Raises Unreadable, or OSError where the file cannot be opened.
    """
    with opened(path) as file:
        return [made.size if made else None for made in cuts(Movie(file), runs, fps, keep_sound=keep_sound)]


def cut(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    run: range,
    fps: Fraction,
    *,
    keep_sound: bool = False,
) -> bool:
    """Write the frames `run` of `source`, 0 being the first that is shown, to `target`, at exactly `fps`.

    Nothing else of the source is in it: no place, device, date, title, timecode or preview. keep_sound: its first sound
    track is, where `run` is all of it. Every sample stays bit-identical, but that the first of a part tells its encoder
    as the movie's first does; and `Video.even` holds. False, and nothing is written, where they cannot be decoded
    without others. `target` appears whole or not at all. Raises Unreadable.
    """
    with opened(source) as file:
        (made,) = cuts(Movie(file), [run], fps, keep_sound=keep_sound)
        if made is None:
            return False
        with _appearing(target) as part, part.open("wb") as written:
            written.write(made.head)
            written.write(made.before)
            for offset, size in made.pieces:
                written.write(file.read(offset, size))
    return True


def _write(
    source: str | os.PathLike[str], target: str | os.PathLike[str], patches: Iterable[tuple[int, bytes]]
) -> None:
    with _appearing(target) as part:
        shutil.copyfile(source, part)
        with part.open("r+b") as copy:
            for offset, content in patches:
                copy.seek(offset)
                copy.write(content)


@contextmanager
def _appearing(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Where to write what becomes `target` once it is whole and on the disk, or leaves nothing."""
    part = Path(target).with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield part
        with part.open("r+b") as written:
            os.fsync(written.fileno())
        put_in_place(part, Path(target))
    except BaseException:
        discard(part)
        raise


def _video(movie: Movie, times: FrameTimes) -> Video:
    file, track = movie.file, movie.picture
    timescale, _ = track.clock()
    codec, width, height = file.unpack(track.need(b"stbl/stsd"), ">4s24xHH", 12)
    if not width or not height:
        raise file.nonsense(say("its pictures are {width} by {height} pixels", width=width, height=height))
    header = track.need(b"trak/tkhd")
    across, down = file.unpack(header, ">ii", 52 if file.long(header) else 40)
    turned = abs(down) > abs(across)
    rotation = (90 if down > 0 else 270) if turned else (180 if across < 0 else 0)
    seconds = Fraction(times.ticks, timescale)
    edits = track.edits()
    sounds = [other for other in movie.tracks if other.handler == b"soun"]
    sound_late, sound_inside = _sound_times(movie, sounds[0]) if sounds else (Fraction(0), Fraction(0))
    return Video(
        width=height if turned else width,
        height=width if turned else height,
        frames=times.frames,
        fps=times.frames / seconds,
        constant=times.constant,
        seconds=seconds,
        codec=codec.decode("ascii", "backslashreplace"),
        rotation=rotation,
        sound=bool(sounds),
        size=file.size,
        container=movie.container,
        start=_nothing_first(movie, edits),
        sound_late=sound_late,
        sound_inside=sound_inside,
        trimmed=_trimmed(movie, times, [edit for edit in edits if not edit.empty]),
        fragmented=movie.fragmented,
        plain=codec in _H264 and _plain(movie, width, height),
    )


def _nothing_first(movie: Movie, edits: Sequence[Edit]) -> Fraction:
    """Seconds of nothing that `edits` begin with."""
    return Fraction(sum(edit.duration for edit in takewhile(lambda edit: edit.empty, edits)), movie.timescale)


def _begins(movie: Movie, track: Track) -> Fraction:
    """Seconds at which something of `track` is shown or heard first."""
    edits = track.edits()
    clock, _ = track.clock()
    first = next((edit.first for edit in edits if not edit.empty), 0)
    return _nothing_first(movie, edits) + max(Fraction(0), Fraction(begin(movie, track) - first, clock))


def _sound_times(movie: Movie, sound: Track) -> tuple[Fraction, Fraction]:
    """`Video.sound_late` and `Video.sound_inside`; nothing where its tables make no sense, which is not the picture's
    fault.
    """
    try:
        return _begins(movie, sound) - _begins(movie, movie.picture), whole_sound(movie)[0]
    except Unreadable:
        return Fraction(0), Fraction(0)


def _plain(movie: Movie, width: int, height: int) -> bool:
    """Whether all that tells of the pictures agrees that they are plain, and so many pixels wide and high."""
    file, track = movie.file, movie.picture
    told = parameter_sets(movie)
    if told is None or not told[1]:
        return False
    for unit in told[1]:
        found = h264.coding(unit)
        if found is None or not found.plain or (found.width, found.height) != (width, height):
            return False
    (entry,) = islice(file.boxes(track.need(b"stbl/stsd").body + 8, track.need(b"stbl/stsd").end), 1)
    for shape in file.boxes(entry.body + PICTURE_ENTRY, entry.end):
        if shape.kind == b"clap" or (shape.kind == b"pasp" and len(set(file.unpack(shape, ">II"))) > 1):
            return False
    header = track.need(b"trak/tkhd")
    shown = file.unpack(header, ">II", 88 if file.long(header) else 76)
    return shown in ((0, 0), (width << 16, height << 16))


def _trimmed(movie: Movie, times: FrameTimes, shown: list[Edit]) -> bool:
    """Whether the edits that show something show other frames than the table holds, by more than half a frame."""
    if len(shown) != 1 or movie.fragmented:
        return len(shown) > 1
    edit, track = shown[0], movie.picture
    delay = 0
    delays = track.boxes.get(b"stbl/ctts")
    if delays and movie.file.unpack(delays, ">I", 4)[0]:
        (delay,) = movie.file.unpack(delays, ">i", 12)
    timescale, _ = track.clock()
    rest = times.ticks - Fraction(edit.duration * timescale, movie.timescale) if edit.duration else Fraction(0)
    hidden = max(Fraction(edit.first - delay), rest)
    return hidden * 2 > Fraction(times.ticks, times.frames)
