# SPDX-License-Identifier: GPL-3.0-or-later
"""core/mp4: films are read as a player reads them, keep every picture at another rate, and hostile ones are refused.

The files are made and checked with PyAV, which stands in for every player.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import struct
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from campaign import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reshoot.core.media import mp4

NTSC = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
RATES = sorted((Fraction(12), Fraction(24), Fraction(25), Fraction(30), Fraction(50), Fraction(60), *NTSC))
WIDTH, HEIGHT, FRAMES = 96, 64, 30
FRAGMENTS = {
    "empty moov": "frag_keyframe+empty_moov",
    "hybrid": "frag_keyframe",
    "delayed moov": "frag_keyframe+delay_moov+default_base_moof",
    "dash": "dash+global_sidx",
}


def picture(number: int) -> np.ndarray:
    """Frame `number`, unlike every other one."""
    pixels = np.full((HEIGHT, WIDTH, 3), (number * 8 % 256, 80, 255 - number * 8 % 256), np.uint8)
    pixels[10:30, number * 2 : number * 2 + 20] = 255
    return pixels


def film(
    path: Path,
    fps: Fraction = Fraction(25),
    *,
    sound: bool = False,
    flags: str = "",
    times: list[Fraction] | None = None,
    timecode: str = "",
    title: str = "",
) -> Path:
    """A small H.264 film with B-frames. times: seconds at which the frames are shown, where they are not even."""
    with av.open(str(path), "w", options={"movflags": flags} if flags else {}) as container:
        if title:
            container.metadata["title"] = title
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {"preset": "veryfast", "bf": "2", "g": "12"}
        if timecode:
            video.metadata["timecode"] = timecode
        base = 1 / fps
        if times:
            base = Fraction(1, 9000)
            video.codec_context.time_base = base
        audio = container.add_stream("aac", rate=48000) if sound else None
        for number in range(len(times) if times else FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts = round(times[number] / base) if times else number
            frame.time_base = base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for start in range(0, int(48000 * FRAMES / fps), 1024):
                wave = np.sin(np.arange(start, start + 1024) / 20).astype(np.float32)
                tone = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
                tone.sample_rate, tone.pts, tone.time_base = 48000, start, Fraction(1, 48000)
                container.mux(audio.encode(tone))
            container.mux(audio.encode(None))
    return path


@dataclass
class Seen:
    """What a player makes of a file."""

    pictures: list[bytes]
    times: list[Fraction]
    packets: list[bytes]
    sound: list[bytes]
    rate: Fraction
    base_rate: Fraction
    seconds: Fraction
    streams: list[str]
    title: str


def play(path: Path) -> Seen:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = list(container.decode(video))
        seen = Seen(
            pictures=[frame.to_ndarray().tobytes() for frame in frames],
            times=[frame.pts * frame.time_base for frame in frames],
            packets=[],
            sound=[],
            rate=video.average_rate,
            base_rate=video.base_rate,
            seconds=Fraction(container.duration, av.time_base),
            streams=[stream.type for stream in container.streams],
            title=container.metadata.get("title", ""),
        )
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                (seen.packets if packet.stream.type == "video" else seen.sound).append(bytes(packet))
    return seen


def box_at(content: bytes, kind: bytes, track: bytes = b"vide") -> int:
    """The offset of a box's content, in the track with that handler."""
    for trak in content.split(b"trak")[1:]:
        if b"hdlr\0\0\0\0" in trak and track in trak[: trak.index(b"stbl")]:
            return content.index(trak) + trak.index(kind) + 4
    raise AssertionError(f"no {kind!r} in a {track!r} track")


def changed(path: Path, kind: bytes, at: int, layout: str, *values: int) -> Path:
    """The same file with values of a box of its video track overwritten."""
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, box_at(bytes(content), kind) + at, *values)
    path.write_bytes(content)
    return path


class TestProbe:
    @pytest.mark.parametrize("suffix", ["mp4", "mov"])
    @pytest.mark.parametrize("fps", RATES, ids=str)
    def test_tells_what_the_file_holds(self, tmp_path: Path, fps: Fraction, suffix: str) -> None:
        path = film(tmp_path / f"film.{suffix}", fps, sound=True)
        assert b"ctts" in path.read_bytes(), "no B-frames: this test would prove less than it says"
        assert mp4.probe(path) == mp4.Video(
            width=WIDTH,
            height=HEIGHT,
            frames=FRAMES,
            fps=fps,
            constant=True,
            seconds=FRAMES / fps,
            codec="avc1",
            rotation=0,
            sound=True,
            size=path.stat().st_size,
            container=suffix,
            start=Fraction(0),
            trimmed=False,
            plain=True,
        )

    def test_names_the_container_by_its_content(self, tmp_path: Path) -> None:
        assert mp4.probe(film(tmp_path / "a.mov").rename(tmp_path / "a.mp4")).container == "mov"

    @pytest.mark.parametrize("sound", [False, True])
    def test_tells_whether_there_is_sound(self, tmp_path: Path, sound: bool) -> None:
        assert mp4.probe(film(tmp_path / "a.mp4", sound=sound)).sound is sound

    @pytest.mark.parametrize("flags", FRAGMENTS.values(), ids=FRAGMENTS)
    @pytest.mark.parametrize("suffix", ["mp4", "mov"])
    @pytest.mark.parametrize("fps", [Fraction(25), NTSC[1]], ids=str)
    def test_counts_the_frames_of_fragments(self, tmp_path: Path, fps: Fraction, suffix: str, flags: str) -> None:
        path = film(tmp_path / f"film.{suffix}", fps, sound=True, flags=flags)
        assert b"moof" in path.read_bytes()
        video = mp4.probe(path)
        assert (video.frames, video.fps, video.constant, video.sound) == (FRAMES, fps, True, True)
        assert video.seconds == FRAMES / fps

    @pytest.mark.parametrize("flags", ["", "frag_keyframe+empty_moov"], ids=["plain", "fragmented"])
    def test_tells_uneven_frames_and_their_average(self, tmp_path: Path, flags: str) -> None:
        durations = [Fraction(1, 25) if number % 3 else Fraction(1, 20) for number in range(FRAMES)]
        times = [Fraction(0), *itertools.accumulate(durations)][:FRAMES]
        path = film(tmp_path / "uneven.mp4", times=times, flags=flags)
        video = mp4.probe(path)
        assert (video.frames, video.constant) == (FRAMES, False)
        assert video.fps == video.frames / video.seconds
        assert abs(video.seconds - sum(durations)) <= Fraction(1, 25)

    def test_a_longer_last_frame_is_not_a_constant_rate(self, tmp_path: Path) -> None:
        path = film(tmp_path / "a.mp4")
        content = path.read_bytes()
        at = box_at(content, b"stts")
        count, ticks = struct.unpack_from(">II", content, at + 8)
        # A row more for the last frame, in the place of the eight bytes that the next box, stss, can spare.
        assert count == FRAMES and content[at + 20 : at + 24] == b"stss"
        stss = struct.unpack_from(">I", content, at + 16)[0]
        rows = struct.pack(">IIIII", 0, 2, count - 1, ticks, 1) + struct.pack(">I", ticks * 2)
        grown = struct.pack(">I4s", 8 + len(rows), b"stts") + rows
        spare = struct.pack(">I4s", stss - 8, b"free") + bytes(stss - 16)
        path.write_bytes(content[: at - 8] + grown + spare + content[at + 16 + stss :])
        video = mp4.probe(path)
        assert (video.frames, video.constant) == (FRAMES, False)
        assert video.seconds == Fraction(FRAMES + 1, 25)

    @pytest.mark.parametrize(
        ("matrix", "rotation"),
        [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270)],
    )
    def test_applies_the_rotation(self, tmp_path: Path, matrix: tuple[int, int, int, int], rotation: int) -> None:
        a, b, c, d = (value << 16 for value in matrix)
        path = changed(film(tmp_path / "turned.mp4"), b"tkhd", 40, ">iiiii", a, b, 0, c, d)
        video = mp4.probe(path)
        assert video.rotation == rotation
        assert (video.width, video.height) == ((HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT))
        with av.open(str(path)) as container:
            counterclockwise = next(container.decode(video=0)).rotation
        assert -counterclockwise % 360 == rotation

    def test_tells_a_late_start(self, tmp_path: Path) -> None:
        times = [Fraction(number + 10, 25) for number in range(FRAMES)]
        path = film(tmp_path / "late.mp4", times=times)
        video = mp4.probe(path)
        assert video.start == play(path).times[0] == Fraction(10, 25)
        assert (video.seconds, video.trimmed) == (Fraction(FRAMES, 25), False)

    def test_tells_that_an_edit_list_hides_frames(self, tmp_path: Path) -> None:
        path = film(tmp_path / "cut.mp4")
        content = path.read_bytes()
        duration, first = struct.unpack_from(">Ii", content, box_at(content, b"elst") + 8)
        assert (duration, first) == (FRAMES * 40, 1024), "12800 ticks a second, and B-frames that delay by two"
        for rows in ((duration, 1024 + 5 * 512), (duration - 5 * 40, 1024)):
            changed(path, b"elst", 8, ">Ii", *rows)
            assert len(play(path).pictures) == FRAMES - 5
            assert mp4.probe(path).trimmed
        changed(path, b"elst", 8, ">Ii", duration + 7, 1024 - 200)
        assert not mp4.probe(path).trimmed, "less than half a frame hides nothing"


class TestRefusal:
    def test_a_missing_file_is_an_oserror(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            mp4.probe(tmp_path / "missing.mp4")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"GIF89a" + bytes(600),
            b"\x1aE\xdf\xa3" + bytes(600),
            b"RIFF....AVI " + bytes(600),
            os.urandom(4096),
        ],
        ids=["empty", "gif", "matroska", "avi", "random"],
    )
    def test_another_format_is_called_so(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "film.mp4"
        path.write_bytes(content)
        with pytest.raises(mp4.Unreadable, match=r"film\.mp4 is not an MP4 or MOV file"):
            mp4.probe(path)

    def test_a_folder_and_a_pipe_are_no_files(self, tmp_path: Path) -> None:
        with pytest.raises(mp4.Unreadable, match="not a file"):
            mp4.probe(tmp_path)
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / "pipe.mp4")
            with pytest.raises(mp4.Unreadable, match="not a file"):
                mp4.probe(tmp_path / "pipe.mp4")

    @pytest.mark.parametrize("flags", ["", "faststart", "frag_keyframe+empty_moov"])
    def test_every_truncation_is_told(self, tmp_path: Path, flags: str) -> None:
        whole = film(tmp_path / "film.mp4", sound=True, flags=flags).read_bytes()
        assert not mp4.cut_off(tmp_path / "film.mp4")
        path = tmp_path / "part.mp4"
        boundaries, at = set(), 0
        while at < len(whole):
            at += struct.unpack_from(">I", whole, at)[0]
            boundaries.add(at)
        part_headers = {boundary + 4 for boundary in boundaries if boundary < len(whole)}
        for length in {*range(8, len(whole), 97), len(whole) - 1, *part_headers}:
            path.write_bytes(whole[:length])
            # Fragments are files in their own right: cut between two of them, the first ones are whole.
            if flags.startswith("frag") and length in boundaries:
                continue
            with pytest.raises(mp4.Unreadable, match=r"part\.mp4 is truncated"):
                mp4.probe(path)
            assert mp4.cut_off(path)

    def test_a_cut_inside_pictures_of_open_length_is_told(self, tmp_path: Path) -> None:
        path = film(tmp_path / "film.mp4", flags="faststart", sound=True)
        content = bytearray(path.read_bytes())
        at = content.index(b"mdat")
        content[at - 4 : at] = bytes(4)
        path.write_bytes(content)
        assert mp4.probe(path).frames == FRAMES
        path.write_bytes(content[: at + 500])
        with pytest.raises(mp4.Unreadable, match="is truncated: its last pictures"):
            mp4.probe(path)
        path.write_bytes(content)
        assert not mp4.cut_off(path)
        for length in (at + 500, len(content) - 1):
            path.write_bytes(content[:length])
            assert mp4.cut_off(path)

    @pytest.mark.parametrize(
        ("kind", "at", "value"),
        [
            (b"stts", 4, 0xFFFFFFFF),
            (b"stts", 4, 2),
            (b"stts", 8, FRAMES + 1),
            (b"stts", 12, 0),
            (b"stsz", 8, FRAMES - 1),
            (b"mdhd", 12, 0),
            (b"mdhd", 12, 0xFFFFFFFF),
            (b"stsd", 40, 0),
            (b"stsd", -8, 0xFFFFFFF0),
            (b"stsd", -8, 7),
        ],
    )
    def test_nonsense_in_the_tables_is_told(self, tmp_path: Path, kind: bytes, at: int, value: int) -> None:
        path = changed(film(tmp_path / "film.mp4"), kind, at, ">I", value)
        with pytest.raises(mp4.Unreadable, match=r"film\.mp4 is damaged"):
            mp4.probe(path)
        assert not mp4.cut_off(path), "another copy would be the same"

    def test_sound_alone_is_no_video(self, tmp_path: Path) -> None:
        path = film(tmp_path / "film.mp4", sound=True)
        path.write_bytes(path.read_bytes().replace(b"vide", b"none"))
        with pytest.raises(mp4.Unreadable, match="no video track"):
            mp4.probe(path)


def boxed(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def bare_movie(stbl: bytes, *more: bytes, movie: bytes = b"", fragments: bytes = b"") -> bytes:
    """The least that is a movie, around the tables under test."""
    mdhd = boxed(b"mdhd", struct.pack(">12xII", 25, 0))
    hdlr = boxed(b"hdlr", bytes(8), b"vide")
    tkhd = boxed(b"tkhd", struct.pack(">12xI24x9i8x", 1, 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))
    stsd = boxed(b"stsd", struct.pack(">8xI4s24xHH", 86, b"avc1", 96, 64), bytes(50))
    minf = boxed(b"minf", boxed(b"stbl", stsd, stbl))
    trak = boxed(b"trak", tkhd, boxed(b"mdia", mdhd, hdlr, minf), *more)
    moov = boxed(b"moov", boxed(b"mvhd", struct.pack(">12xII", 1000, 0)), trak, movie)
    return boxed(b"ftyp", b"isom", bytes(4)) + moov + fragments


NO_TABLES = b"".join(boxed(kind, bytes(12)) for kind in (b"stts", b"stsz", b"stco"))


def table(kind: bytes, count: int, row: bytes) -> bytes:
    return boxed(kind, struct.pack(">II", 0, count), row * count)


def tables(samples: int, stts: bytes) -> bytes:
    return stts + boxed(b"stsz", struct.pack(">III", 0, 1, samples)) + boxed(b"stco", bytes(8))


def fragment(tfhd: bytes, trun: bytes) -> bytes:
    return boxed(b"moof", boxed(b"traf", boxed(b"tfhd", tfhd), boxed(b"trun", trun)))


FOUR_BILLION = 0xFFFFFFFF
ONE_ROW = boxed(b"stts", struct.pack(">IIII", 0, 1, 9, 1))
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a flood of boxes": ("boxes", lambda: boxed(b"ftyp", b"isom") + boxed(b"free") * 1_000_000),
    "a flood of fragments": ("boxes", lambda: bare_movie(NO_TABLES, fragments=boxed(b"moof") * 1_000_000)),
    "boxes in boxes": (
        "mvhd",
        lambda: struct.pack(">I4s", 0, b"moov") + struct.pack(">I4s", 0, b"mdia") * 500_000,
    ),
    "endless times": (
        "entries",
        lambda: bare_movie(tables(6_000_000, table(b"stts", 6_000_000, struct.pack(">II", 1, 1)))),
    ),
    "endless edits": (
        "edits",
        lambda: bare_movie(
            tables(9, ONE_ROW), boxed(b"edts", table(b"elst", 1_000_000, struct.pack(">IiI", 1, -1, 1)))
        ),
    ),
    "more frames than bytes": (
        "frames",
        lambda: bare_movie(tables(FOUR_BILLION, boxed(b"stts", struct.pack(">IIII", 0, 1, FOUR_BILLION, 1)))),
    ),
    "more rows than bytes": (
        "counts more entries",
        lambda: bare_movie(tables(9, boxed(b"stts", struct.pack(">IIII", 0, 2, 9, 1)))),
    ),
    "a short box": (
        "'stsz' box is too short",
        lambda: bare_movie(ONE_ROW + boxed(b"stsz", bytes(4)) + boxed(b"free", bytes(99))),
    ),
    "a run of four billion": (
        "frames",
        lambda: bare_movie(
            NO_TABLES, fragments=fragment(struct.pack(">III", 0x8, 1, 1), struct.pack(">II", 0, FOUR_BILLION))
        ),
    ),
    "a run without rows": (
        "counts more entries",
        lambda: bare_movie(
            NO_TABLES, fragments=fragment(struct.pack(">II", 0, 1), struct.pack(">II", 0x100, FOUR_BILLION))
        ),
    ),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_files_cost_neither_time_nor_memory(tmp_path: Path, attack: str) -> None:
    why, make = HOSTILE[attack]
    path = tmp_path / "hostile.mp4"
    path.write_bytes(make())
    began = time.monotonic()
    with pytest.raises(mp4.Unreadable, match=f"damaged: .*{why}"):
        mp4.probe(path)
    assert time.monotonic() - began < 10
    tracemalloc.start()
    try:
        with pytest.raises(mp4.Unreadable):
            mp4.probe(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def one_chunk(samples: int, size: int, stts: bytes = b"", stsz: bytes = b"") -> bytes:
    """Sample tables of `samples` in one chunk at the file's begin. size: bytes of each, 0 where `stsz` has them."""
    return (
        (stts or boxed(b"stts", struct.pack(">IIII", 0, 1, samples, 1)))
        + boxed(b"stsz", struct.pack(">III", 0, size, samples), stsz)
        + boxed(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1))
        + boxed(b"stco", struct.pack(">III", 0, 1, 0))
    )


def on_its_side(content: bytes) -> bytes:
    """The same, to be turned by 90 degrees: such a result is given new tables."""
    at = content.index(b"tkhd") + 44
    return content[:at] + struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30) + content[at + 36 :]


def runs(count: int, *, rows: bool) -> bytes:
    """A fragment with as many runs, each of many samples without rows, or of one that has a row."""
    run = struct.pack(">III", 0x100, 1, 1) if rows else struct.pack(">II", 0, 750_000)
    return boxed(b"moof", boxed(b"traf", boxed(b"tfhd", struct.pack(">III", 0x8, 1, 1)), boxed(b"trun", run) * count))


MANY = 1_000_000
CRAFTED: dict[str, Callable[[], bytes]] = {
    "a byte for each": lambda: bare_movie(one_chunk(MANY, 1)) + bytes(MANY),
    "eight bytes for each": lambda: bare_movie(one_chunk(MANY, 8)) + bytes(8 * MANY),
    "nothing for each": lambda: bare_movie(one_chunk(MANY, 0, stsz=bytes(4 * MANY)) + boxed(b"free", bytes(4 * MANY))),
    "runs without rows": lambda: bare_movie(NO_TABLES, fragments=runs(50_000, rows=False)),
    "runs of one": lambda: bare_movie(NO_TABLES, fragments=runs(200_000, rows=True)),
    "tracks upon tracks": lambda: bare_movie(ONE_ROW, movie=boxed(b"trak") * 100_000),
    "kinds upon kinds": lambda: bare_movie(
        one_chunk(9, 8), b"".join(boxed(number.to_bytes(4, "big")) for number in range(400_000))
    ),
    "places upon places": lambda: bare_movie(
        one_chunk(9, 9).replace(b"stco", b"free") + table(b"stco", MANY, bytes(4)) + table(b"stss", MANY, bytes(4))
    ),
}
BUDGET_SECONDS, BUDGET_BYTES = 8.0, 96 << 20


def looked_into(path: Path) -> None:
    """All that is done with a result, and with a movie that is sent."""
    put_right = path.with_name("right.mp4")
    for use in (
        mp4.probe,
        mp4.presented,
        lambda each: mp4.with_even_rate(each, put_right, Fraction(24), keep_sound=True),
        lambda each: mp4.relabel(each, put_right, Fraction(24), keep_sound=True),
        lambda each: mp4.sizes_of_cuts(each, [range(24)], Fraction(24)),
    ):
        with contextlib.suppress(mp4.Unreadable):
            use(path)
    mp4.cut_off(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="memory is bounded in a process of its own")
@pytest.mark.parametrize("attack", CRAFTED)
def test_what_is_crafted_costs_neither_time_nor_memory_in_any_use(tmp_path: Path, attack: str) -> None:
    import resource

    path = tmp_path / "crafted.mp4"
    path.write_bytes(on_its_side(CRAFTED[attack]()))
    child = os.fork()
    if not child:
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + BUDGET_BYTES, used + BUDGET_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
            looked_into(path)
            os._exit(0)
        finally:
            os._exit(1)
    _, status, usage = os.wait4(child, 0)
    assert status == 0, "it took too much memory, or did not end"
    assert usage.ru_utime + usage.ru_stime < BUDGET_SECONDS


def test_ten_hours_at_60_fps_are_read(tmp_path: Path) -> None:
    """Each picture in a chunk of its own, and shown later than it is decoded, as cameras and editors write them."""
    count, size, begin = 10 * 3600 * 60, 1000, 64
    delays = struct.pack(">II", 0, count) + struct.pack(">IIII", 1, 0, 1, 0) * (count // 2)
    path = tmp_path / "long.mov"
    content = bare_movie(
        boxed(b"stts", struct.pack(">IIII", 0, 1, count, 1))
        + boxed(b"stsz", struct.pack(">III", 0, 0, count), struct.pack(">I", size) * count)
        + boxed(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1))
        + boxed(b"ctts", delays)
        + boxed(b"co64", struct.pack(f">II{count}Q", 0, count, *range(begin, begin + count * size, size)))
    )
    path.write_bytes(content)
    os.truncate(path, begin + count * size)
    video = mp4.probe(path)
    assert (video.frames, video.constant) == (count, True)
    assert not mp4.cut_off(path)


@pytest.mark.parametrize("where", ["tfhd", "tfhd after offsets", "trex"])
def test_fragments_may_leave_out_what_is_usual(tmp_path: Path, where: str) -> None:
    """Also shows that the hostile files above fail for what is hostile in them."""
    header = {
        "tfhd": struct.pack(">III", 0x8, 1, 2),
        "tfhd after offsets": struct.pack(">IIQII", 0xB, 1, 99, 99, 2),
        "trex": struct.pack(">II", 0, 1),
    }[where]
    usual = struct.pack(">5I", 0, 1, 1, 2 if where == "trex" else 99, 0)
    path = tmp_path / "bare.mp4"
    other = fragment(struct.pack(">III", 0x8, 2, 7), struct.pack(">II", 0, 50))
    first = fragment(header, struct.pack(">II", 0, 3))
    rows = struct.pack(">IIIIIIII", 0x305, 2, 99, 99, 2, 99, 2, 99)
    path.write_bytes(
        bare_movie(
            NO_TABLES,
            movie=boxed(b"mvex", boxed(b"trex", usual), boxed(b"trex", struct.pack(">5I", 0, 2, 1, 77, 0))),
            fragments=first + other + fragment(header, rows),
        )
    )
    video = mp4.probe(path)
    assert (video.frames, video.constant, video.seconds) == (5, True, Fraction(10, 25))
    assert (video.width, video.height) == (96, 64)


def test_only_what_comes_before_the_first_frame_makes_it_late(tmp_path: Path) -> None:
    path = tmp_path / "bare.mp4"
    edits = ((100, -1), (200, 0), (50, -1), (160, 5))
    rows = b"".join(struct.pack(">IiI", *edit, 1 << 16) for edit in edits)
    path.write_bytes(
        bare_movie(tables(9, ONE_ROW), boxed(b"edts", boxed(b"elst", struct.pack(">II", 0, len(edits)), rows)))
    )
    video = mp4.probe(path)
    assert (video.start, video.trimmed, video.frames) == (Fraction(1, 10), True, 9)


def test_pictures_are_never_read(tmp_path: Path) -> None:
    path = film(tmp_path / "large.mp4")
    length = 200 << 20
    with path.open("ab") as file:
        file.write(struct.pack(">I4sQ", 1, b"mdat", length))
        file.truncate(file.tell() - 16 + length)
    tracemalloc.start()
    try:
        video = mp4.probe(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert video.frames == FRAMES and video.size > length


class TestRelabel:
    @pytest.mark.parametrize("flags", ["", "faststart"], ids=["moov last", "moov first"])
    @pytest.mark.parametrize("suffix", ["mp4", "mov"])
    @pytest.mark.parametrize("fps", RATES, ids=str)
    def test_any_rate_becomes_24_with_the_same_pictures(
        self, tmp_path: Path, fps: Fraction, suffix: str, flags: str
    ) -> None:
        source = film(tmp_path / f"source.{suffix}", fps, sound=True, flags=flags)
        before = source.read_bytes()
        assert (before.index(b"moov") < before.index(b"mdat")) is bool(flags)
        target = tmp_path / f"target.{suffix}"
        mp4.relabel(source, target, Fraction(24))
        shows(target, Fraction(24), play(source))
        assert source.read_bytes() == before

    @pytest.mark.parametrize("to", RATES, ids=str)
    @pytest.mark.parametrize("fps", [Fraction(24), *NTSC], ids=str)
    def test_a_take_runs_at_any_rate(self, tmp_path: Path, fps: Fraction, to: Fraction) -> None:
        source = film(tmp_path / "source.mp4", fps)
        mp4.relabel(source, tmp_path / "target.mp4", to)
        shows(tmp_path / "target.mp4", to, play(source))

    @pytest.mark.parametrize("suffix", ["mp4", "mov"])
    def test_sound_may_be_kept_and_keeps_its_pace(self, tmp_path: Path, suffix: str) -> None:
        source = film(tmp_path / f"source.{suffix}", sound=True)
        target = tmp_path / f"target.{suffix}"
        mp4.relabel(source, target, NTSC[0], keep_sound=True)
        before, after = play(source), play(target)
        assert after.sound == before.sound and before.sound
        assert after.streams == ["video", "audio"]
        assert (after.pictures, after.rate) == (before.pictures, NTSC[0])
        with av.open(str(source)) as old, av.open(str(target)) as new:
            pace = [[frame.time for frame in container.decode(audio=0)] for container in (old, new)]
        assert pace[0] == pytest.approx(pace[1], abs=1 / 1000)

    def test_timecode_is_dropped_and_so_is_what_refers_to_it(self, tmp_path: Path) -> None:
        source = film(tmp_path / "source.mov", timecode="01:00:00:00")
        before = play(source)
        assert before.streams == ["video", "data"] and b"tref" in source.read_bytes()
        mp4.relabel(source, tmp_path / "target.mov", Fraction(24))
        shows(tmp_path / "target.mov", Fraction(24), before)
        assert b"tref" not in (tmp_path / "target.mov").read_bytes()

    def test_nothing_but_times_is_rewritten(self, tmp_path: Path) -> None:
        source = film(tmp_path / "source.mp4", sound=True, title="Dailies")
        mp4.relabel(source, tmp_path / "target.mp4", Fraction(24))
        before, after = source.read_bytes(), (tmp_path / "target.mp4").read_bytes()
        assert len(before) == len(after)
        assert play(tmp_path / "target.mp4").title == "Dailies"
        different = sum(one != other for one, other in zip(before, after, strict=True))
        assert different <= 32, "two clocks, four durations and the name of the dropped track"

    @pytest.mark.parametrize("to", [Fraction(24), NTSC[0]], ids=str)
    def test_headers_of_64_bits(self, tmp_path: Path, to: Fraction) -> None:
        source = film(tmp_path / "source.mp4", times=[Fraction(number + 10, 25) for number in range(FRAMES)])
        plain, before = mp4.probe(source), play(source)
        content = widened(source.read_bytes())
        at = content.index(b"tkhd") + 4 + 52
        turned = content[:at] + struct.pack(">5i", 0, 1 << 16, 0, -1 << 16, 0) + content[at + 20 :]
        source.write_bytes(turned)
        wide = mp4.probe(source)
        assert wide == replace(plain, width=HEIGHT, height=WIDTH, rotation=90, size=len(content))
        assert play(source).times == before.times, "the test's own writing of 64-bit headers is wrong"
        mp4.relabel(source, tmp_path / "target.mp4", to)
        after = play(tmp_path / "target.mp4")
        assert (after.pictures, after.rate) == (before.pictures, to)
        assert after.times == [(number + 10) / to for number in range(FRAMES)]
        content = (tmp_path / "target.mp4").read_bytes()
        clock, ticks = struct.unpack_from(">IQ", content, content.index(b"mvhd") + 24)
        (track_ticks,) = struct.unpack_from(">Q", content, box_at(content, b"tkhd") + 28)
        assert Fraction(ticks, clock) == Fraction(track_ticks, clock) == (FRAMES + 10) / to
        # The extremes of the B-frames' delays are wrong once these have grown.
        assert (b"cslg" in content) is (to == 24)

    def test_a_late_start_stays_as_many_frames_late(self, tmp_path: Path) -> None:
        source = film(tmp_path / "source.mp4", times=[Fraction(number + 10, 25) for number in range(FRAMES)])
        mp4.relabel(source, tmp_path / "target.mp4", Fraction(24))
        assert mp4.probe(tmp_path / "target.mp4").start == Fraction(10, 24)
        assert play(tmp_path / "target.mp4").times[0] == Fraction(10, 24)

    def test_hidden_frames_stay_hidden(self, tmp_path: Path) -> None:
        source = changed(film(tmp_path / "source.mp4"), b"elst", 8, ">Ii", (FRAMES - 9) * 40, 1024 + 5 * 512)
        before = play(source)
        assert len(before.pictures) == FRAMES - 9
        mp4.relabel(source, tmp_path / "target.mp4", NTSC[0])
        after = play(tmp_path / "target.mp4")
        assert after.pictures == before.pictures
        assert after.times == [number / NTSC[0] for number in range(FRAMES - 9)]

    def test_a_file_may_be_relabelled_in_place(self, tmp_path: Path) -> None:
        path = film(tmp_path / "film.mp4")
        before = play(path)
        mp4.relabel(path, path, Fraction(24))
        shows(path, Fraction(24), before)

    def test_uneven_and_fragmented_files_are_refused_and_leave_nothing(self, tmp_path: Path) -> None:
        uneven = film(tmp_path / "uneven.mp4", times=[Fraction(n * 40 + n % 3, 1000) for n in range(FRAMES)])
        fragmented = film(tmp_path / "fragmented.mp4", flags="frag_keyframe+empty_moov")
        target = tmp_path / "target.mp4"
        target.write_bytes(b"an older take")
        for source, why in ((uneven, "equally long"), (fragmented, "fragmented")):
            with pytest.raises(mp4.Unreadable, match=why):
                mp4.relabel(source, target, Fraction(24))
        assert target.read_bytes() == b"an older take"
        assert sorted(path.name for path in tmp_path.glob("*.*")) == ["fragmented.mp4", "target.mp4", "uneven.mp4"]

    def test_a_failure_while_writing_leaves_nothing(self, tmp_path: Path) -> None:
        source = film(tmp_path / "source.mp4")
        (tmp_path / "folder.mp4").mkdir()
        with pytest.raises(OSError):
            mp4.relabel(source, tmp_path / "folder.mp4", Fraction(24))
        assert sorted(path.name for path in tmp_path.glob("*.*")) + list(tmp_path.glob(".*.part")) == [
            "folder.mp4",
            "source.mp4",
        ]

    def test_times_that_do_not_fit_are_refused(self, tmp_path: Path) -> None:
        source = film(tmp_path / "source.mp4")
        with pytest.raises(mp4.Unreadable, match="no room"):
            mp4.relabel(source, tmp_path / "target.mp4", Fraction(2**31 - 1, 2**20 + 1))

    @pytest.mark.parametrize("fps", [Fraction(0), Fraction(-24)])
    def test_a_rate_must_be_above_nothing(self, tmp_path: Path, fps: Fraction) -> None:
        with pytest.raises(ValueError, match="above 0"):
            mp4.relabel(tmp_path / "source.mp4", tmp_path / "target.mp4", fps)


def shows(path: Path, fps: Fraction, before: Seen) -> None:
    """Asserts that a player sees the same pictures, evenly at `fps`, and nothing else."""
    after = play(path)
    assert len(after.pictures) == FRAMES
    assert after.pictures == before.pictures
    assert after.packets == before.packets
    assert after.streams == ["video"] and not after.sound
    assert (after.rate, after.base_rate) == (fps, fps)
    assert after.times == [number / fps for number in range(FRAMES)]
    assert abs(after.seconds - FRAMES / fps) <= Fraction(1, av.time_base)
    content = path.read_bytes()
    clock, movie_ticks = struct.unpack_from(">II", content, content.index(b"mvhd") + 16)
    (track_ticks,) = struct.unpack_from(">I", content, box_at(content, b"tkhd") + 20)
    own_clock, own_ticks = struct.unpack_from(">II", content, box_at(content, b"mdhd") + 12)
    assert (
        Fraction(movie_ticks, clock) == Fraction(track_ticks, clock) == Fraction(own_ticks, own_clock) == FRAMES / fps
    )
    video = mp4.probe(path)
    assert (video.fps, video.frames, video.constant, video.sound) == (fps, FRAMES, True, False)
    assert (video.start, video.trimmed) == (0, False)


def widened(content: bytes) -> bytes:
    """The same boxes with times of 64 bits, and a `cslg`. The headers must come last."""
    result, at = b"", 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + size]
        if kind in (b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl"):
            body = widened(body) + (boxed(b"cslg", bytes(24)) if kind == b"stbl" else b"")
        elif kind in (b"mvhd", b"mdhd"):
            body = struct.pack(">I2QIQ", 1 << 24, 0, 0, *struct.unpack_from(">II", body, 12)) + body[20:]
        elif kind == b"tkhd":
            number, _, duration = struct.unpack_from(">III", body, 12)
            body = struct.pack(">I2QIIQ", 1 << 24 | 3, 0, 0, number, 0, duration) + body[24:]
        elif kind == b"elst":
            rows = struct.iter_unpack(">IiI", body[8:])
            body = struct.pack(">I", 1 << 24) + body[4:8] + b"".join(struct.pack(">QqI", *row) for row in rows)
        result += boxed(kind, body)
        at += size
    return result


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, bytes]]:
    """Files of every make, with a place for each one's mutants."""
    folder = tmp_path_factory.mktemp("originals")
    return [
        (path, path.read_bytes())
        for path in (
            film(folder / "plain.mp4", sound=True),
            film(folder / "first.mov", flags="faststart", timecode="01:00:00:00"),
            film(folder / "fragmented.mp4", sound=True, flags="frag_keyframe+empty_moov"),
            film(folder / "hybrid.mov", flags="frag_keyframe"),
        )
    ]


EXTREMES = [0, 1, 7, 8, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
MUTATION = st.tuples(
    st.floats(0, 1, exclude_max=True), st.sampled_from(EXTREMES) | st.integers(0, 2**32 - 1), st.sampled_from("BHI")
)


@settings(
    max_examples=examples(600),
    deadline=timedelta(seconds=5),
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(which=st.integers(0, 3), mutations=st.lists(MUTATION, min_size=1, max_size=4), kept=st.floats(0.9, 1.2))
def test_a_damaged_file_is_read_or_refused_but_never_worse(
    originals: list[tuple[Path, bytes]], which: int, mutations: list[tuple[float, int, str]], kept: float
) -> None:
    original, content = originals[which]
    mutant = bytearray(content)
    headers = header_bytes(content)
    for place, value, layout in mutations:
        size = struct.calcsize(layout)
        at = min(headers[int(place * len(headers))], len(mutant) - size)
        struct.pack_into(">" + layout, mutant, at, value % (1 << 8 * size))
    path = original.with_name("mutant.mp4")
    path.write_bytes(mutant[: int(len(mutant) * kept)])
    # Nothing is done with a movie that could not be probed.
    for use in (mp4.probe, relabelled, cut):
        try:
            use(path)
        except mp4.Unreadable as error:
            assert path.name in str(error)
            break


def relabelled(path: Path) -> None:
    mp4.relabel(path, path.with_name("relabelled.mp4"), NTSC[0], keep_sound=True)
    assert mp4.probe(path.with_name("relabelled.mp4")).fps == NTSC[0]


def cut(path: Path) -> None:
    target = path.with_name("cut.mp4")
    for run in (range(12), range(12, 24), range(12, FRAMES)):
        if mp4.cut(path, target, run, NTSC[0]):
            assert mp4.probe(target).frames == len(run) and mp4.probe(target).even


def header_bytes(content: bytes) -> list[int]:
    """Every offset that is not of the pictures."""
    offsets: list[int] = []
    at = 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        offsets += range(at, at + 8 if kind == b"mdat" else at + size)
        at += size
    return offsets
