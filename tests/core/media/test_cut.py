# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies that are cut without being encoded again: what comes out are the very pictures, or it is refused.

The files are made and checked with PyAV, which stands in for every player.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import old_x264
import pytest
from reshoot.core.media import mp4

FRAMES, SIDE = 27, 64
FPS = Fraction(25)
NTSC = Fraction(24000, 1001)


def film(
    path: Path,
    coding: str = "",
    *,
    flags: str = "",
    sound: bool = False,
    begins: tuple[int, ...] = tuple(range(FRAMES)),
) -> Path:
    """A movie of noise, so that every picture differs from every other. begins: of the frames, in frames at 25 fps."""
    with av.open(str(path), "w", options={"movflags": flags} if flags else {}) as target:
        stream = target.add_stream("libx264", rate=FPS)
        stream.options = {"preset": "veryfast", "x264-params": f"keyint=12:min-keyint=12:scenecut=0:{coding}"}
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        tones = target.add_stream("aac", rate=48000) if sound else None
        dice = np.random.default_rng(1)
        ground = dice.integers(16, 235, (SIDE, SIDE), np.uint8)
        for number, begin in enumerate(begins):
            picture = np.roll(ground, 3 * number, 1)
            picture[:8, : 2 * number] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = begin, 1 / FPS
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if tones is not None:
            for start in range(0, FRAMES * 1920, 1024):
                block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                block.sample_rate, block.pts, block.time_base = 48000, start, Fraction(1, 48000)
                target.mux(tones.encode(block))
            target.mux(tones.encode())
    return path


def shown(path: Path) -> tuple[list[bytes], list[Fraction]]:
    """The pictures that a player shows, and the seconds at which they begin."""
    with av.open(str(path)) as source:
        frames = list(source.decode(video=0))
    return [frame.to_ndarray().tobytes() for frame in frames], [frame.pts * frame.time_base for frame in frames]


def every_run() -> list[range]:
    return [range(first, end) for first in range(FRAMES) for end in range(first + 1, FRAMES + 1)]


def cut_anywhere(path: Path, fps: Fraction = FPS) -> set[tuple[int, int]]:
    """Cut `path` everywhere: where it can be, the first frame and the one after the last. Each cut is looked at."""
    pictures, _ = shown(path)
    target = path.with_name(f"clip{path.suffix}")
    done = set()
    for run, size in zip(every_run(), mp4.sizes_of_cuts(path, every_run(), fps), strict=True):
        if size is None:
            assert not mp4.cut(path, target, run, fps) and not target.exists()
            continue
        assert mp4.cut(path, target, run, fps)
        video = mp4.probe(target)
        assert (video.frames, video.fps, video.size) == (len(run), fps, size)
        assert video.even and not video.sound and (video.width, video.height) == (SIDE, SIDE)
        seen, begins = shown(target)
        assert seen == pictures[run.start : run.stop]
        assert begins == [n / fps for n in range(len(run))]
        target.unlink()
        done.add((run.start, run.stop))
    return done


CODINGS = {
    "every frame": "keyint=1:min-keyint=1",
    "forwards": "bframes=0",
    "both ways": "bframes=3:b-adapt=0",
    "pyramid": "bframes=5:b-pyramid=normal:b-adapt=0:ref=4",
    "sliced": "bframes=2:slices=4",
    "interlaced": "bframes=2:tff=1",
    "headers in each": "bframes=2:repeat-headers=1:aud=1",
}
KEYS = {0, 12, 24}


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("coding", CODINGS)
def test_wherever_a_movie_is_cut_the_pictures_are_its_own(tmp_path: Path, coding: str, suffix: str) -> None:
    flags = "faststart" if suffix == "mov" else ""
    path = film(tmp_path / f"film.{suffix}", CODINGS[coding], flags=flags, sound=coding == "forwards")
    done = cut_anywhere(path, NTSC if coding == "pyramid" else FPS)
    if coding == "every frame":
        assert len(done) == len(every_run())
    elif coding == "forwards":
        assert done == {(run.start, run.stop) for run in every_run() if run.start in KEYS}
    else:
        # Whole groups of pictures can be had; between them some end at a picture that needs a later one.
        assert {(a, b) for a in KEYS for b in (*KEYS, FRAMES) if a < b} <= done
        assert {first for first, _ in done} == KEYS
        assert {(run.start, run.stop) for run in every_run() if run.start in KEYS} - done


@pytest.mark.parametrize("coding", ["bframes=3:b-adapt=0:open-gop=1", "bframes=0:intra-refresh=1"])
def test_a_key_picture_that_others_reach_across_is_no_place_to_begin(tmp_path: Path, coding: str) -> None:
    path = film(tmp_path / "film.mp4", coding)
    with av.open(str(path)) as source:
        assert sum(packet.is_keyframe for packet in source.demux(video=0)) > 1
    done = cut_anywhere(path)
    assert {first for first, _ in done} == {0} and (0, FRAMES) in done


def test_what_is_marked_as_a_key_picture_is_looked_at(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", "bframes=0")
    content = bytearray(path.read_bytes())
    at = content.index(b"stss") + 8
    assert struct.unpack_from(">3I", content, at + 4) == (1, 13, 25)
    # The second is said to be a picture that is made from others, the third is not marked any more.
    struct.pack_into(">3I", content, at, 2, 1, 12)
    path.write_bytes(content)
    assert {first for first, _ in cut_anywhere(path)} == {0}


def renamed(path: Path, *, sets: bool) -> Path:
    """The same file as `avc3`, whose description of the samples has parameter sets or none."""
    content = bytearray(path.read_bytes().replace(b"avc1\0\0\0\0\0\0\0\1", b"avc3\0\0\0\0\0\0\0\1"))
    if not sets:
        content[content.index(b"avcC") + 9] = 0xE0
    path.write_bytes(content)
    assert mp4.probe(path).codec == "avc3"
    return path


@pytest.mark.parametrize("coding", ["forwards", "headers in each"])
def test_parameter_sets_have_to_be_somewhere(tmp_path: Path, coding: str) -> None:
    run = range(12, 24)
    told = renamed(film(tmp_path / "told.mp4", CODINGS[coding]), sets=True)
    assert mp4.cut(told, tmp_path / "clip.mp4", run, FPS)
    assert shown(tmp_path / "clip.mp4")[0] == shown(told)[0][12:24]
    bare = renamed(film(tmp_path / "bare.mp4", CODINGS[coding]), sets=False)
    assert mp4.cut(bare, tmp_path / "bare clip.mp4", run, FPS) == (coding == "headers in each")


@pytest.mark.parametrize(
    "how",
    [
        {"flags": "frag_keyframe+empty_moov"},
        {"begins": tuple(n + n // 20 for n in range(FRAMES))},
        {"begins": tuple(range(-3, FRAMES - 3))},
        {"begins": tuple(range(5, FRAMES + 5))},
    ],
    ids=["fragments", "uneven", "hidden frames", "late"],
)
def test_a_movie_whose_frames_are_not_shown_one_for_one_is_not_cut(tmp_path: Path, how: dict) -> None:
    path = film(tmp_path / "film.mp4", CODINGS["both ways"], **how)
    runs = [run for run in every_run() if len(run) < FRAMES]
    assert mp4.sizes_of_cuts(path, runs, FPS) == [None] * len(runs)


def test_pictures_that_depend_on_their_encoders_name_are_cut_with_it_and_are_not_plain(tmp_path: Path) -> None:
    """4:4:4 of x264 before build 151, which decoders tell by the note in the first sample alone."""
    path = old_x264.movie(tmp_path / "old.mp4", frames=FRAMES, side=SIDE, group=12, depends=True)
    bare = old_x264.without_note(path)
    # Else nothing would depend on the note.
    assert shown(bare)[0][12:24] != shown(path)[0][12:24]
    for movie in (path, bare):
        assert not mp4.probe(movie).plain
        assert mp4.cut(movie, tmp_path / "clip.mp4", range(12, 24), FPS)
        assert shown(tmp_path / "clip.mp4")[0] == shown(movie)[0][12:24]


def test_a_run_outside_the_movie_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", CODINGS["every frame"])
    runs = [range(-2, 10), range(20, FRAMES + 1), range(4, 4), range(FRAMES, FRAMES + 5)]
    assert mp4.sizes_of_cuts(path, runs, FPS) == [None] * 4


def test_samples_that_lie_far_into_a_file_are_found(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", CODINGS["forwards"])
    pictures, _ = shown(path)
    mp4.with_even_rate(path, path, FPS)  # its tables have 64 bits for each place then
    content = bytearray(path.read_bytes())
    begin, hole = struct.unpack_from(">I", content)[0], 5 << 30
    table = content.index(b"co64") + 8
    for row in range(struct.unpack_from(">I", content, table)[0]):
        place = table + 4 + 8 * row
        struct.pack_into(">Q", content, place, struct.unpack_from(">Q", content, place)[0] + hole)
    with path.open("wb") as far:
        far.write(content[:begin] + struct.pack(">I4sQ", 1, b"free", hole))
        far.seek(hole - 16, 1)
        far.write(content[begin:])
    assert mp4.cut(path, tmp_path / "clip.mp4", range(12, 24), FPS)
    assert shown(tmp_path / "clip.mp4")[0] == pictures[12:24]
    assert (tmp_path / "clip.mp4").stat().st_size < 100_000


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "film.mp4", CODINGS["every frame"])

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mp4.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        mp4.cut(path, tmp_path / "clip.mp4", range(4, 9), FPS)
    assert [each.name for each in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("damage", [b"stsz", b"stco", b"stsc", b"stts", b"stsd", b"avcC"])
def test_a_damaged_table_is_told_or_refused(tmp_path: Path, damage: bytes) -> None:
    path = film(tmp_path / "film.mp4", CODINGS["both ways"])
    content = bytearray(path.read_bytes())
    at = content.index(damage) + 8
    content[at : at + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(content)
    try:
        assert not mp4.cut(path, tmp_path / "clip.mp4", range(12, 24), FPS)
    except mp4.Unreadable as error:
        assert path.name in str(error)
    assert not (tmp_path / "clip.mp4").exists()
