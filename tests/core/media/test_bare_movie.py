# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as they leave this computer: the same samples, shown at the same times, and nothing else that was in the file.

The files are what cameras and editors write, made and looked at with PyAV.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy
import pytest
from reshoot.core.media import mp4

FRAMES, FPS = 48, Fraction(24)
SECRET = b"PLANTED"


def boxed(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def camera_file(
    path: Path, *, sound: str = "aac", b_frames: int = 2, movflags: str = "", pix_fmt: str = "yuv420p", aspect: int = 1
) -> Path:
    """A movie with sound, a place, a device, a timecode track, notes in its tables, and what a camera appends."""
    options = {"movflags": f"use_metadata_tags{movflags}"}
    with av.open(str(path), "w", format="mov" if path.suffix == ".mov" else "mp4", options=options) as target:
        for name in ("location", "title", "comment", "com.apple.quicktime.make", "artist"):
            target.metadata[name] = "PLANTED +48.1374+011.5755/"
        target.metadata["creation_time"] = "2021-03-04T05:06:07Z"
        stream = target.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "bf": str(b_frames), "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, pix_fmt
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        stream.metadata["handler_name"] = "PLANTED handler"
        stream.metadata["encoder"] = "PLANTED encoder"
        if path.suffix == ".mov":
            stream.metadata["timecode"] = "01:02:03:04"
        tones = target.add_stream(sound, rate=48000) if sound else None
        for number in range(FRAMES):
            drawn = numpy.full((64, 96), 20 + 4 * number, numpy.uint8)
            frame = av.VideoFrame.from_ndarray(drawn, format="gray").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, 1 / FPS
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if tones is not None:
            form = tones.codec_context.format.name
            for start in range(0, 96000, 1024):
                wave = (numpy.sin(numpy.arange(start, start + 1024) / 20) * 9000).astype(numpy.int16)[numpy.newaxis]
                block = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
                block.sample_rate, block.pts, block.time_base = 48000, start, Fraction(1, 48000)
                resampled = av.AudioResampler(form, "mono", 48000).resample(block)
                for each in resampled:
                    target.mux(tones.encode(each))
            target.mux(tones.encode())
    content = path.read_bytes()
    path.write_bytes(content + boxed(b"uuid", bytes(16), SECRET) + boxed(b"free", SECRET) + boxed(b"mdat", SECRET * 9))
    return path


def samples(path: Path, kind: str) -> list[tuple[bytes, Fraction]]:
    with av.open(str(path)) as source:
        return [
            (bytes(packet), packet.pts * packet.time_base)
            for packet in source.demux()
            if packet.size and packet.stream.type == kind
        ]


def played(path: Path) -> tuple[list[bytes], list[Fraction]]:
    with av.open(str(path)) as source:
        frames = list(source.decode(video=0))
    return [frame.to_ndarray().tobytes() for frame in frames], [frame.pts * frame.time_base for frame in frames]


CONTAINERS = {
    "mp4": ("a.mp4", {}),
    "mov": ("a.mov", {}),
    "table first": ("a.mp4", {"movflags": "+faststart"}),
    "fragments": ("a.mp4", {"movflags": "+frag_keyframe+empty_moov"}),
    "sound as it is recorded": ("a.mov", {"sound": "pcm_s16le"}),
    "no sound": ("a.mp4", {"sound": ""}),
}
LATE = ("fragments", True)
"""Its pictures begin later than its sound."""


@pytest.mark.parametrize(
    ("kind", "keep_sound"), [(kind, keep) for kind in CONTAINERS for keep in (False, True) if (kind, keep) != LATE]
)
def test_nothing_but_picture_and_wanted_sound_leaves(tmp_path: Path, kind: str, keep_sound: bool) -> None:
    name, how = CONTAINERS[kind]
    given, leaves = camera_file(tmp_path / name, **how), tmp_path / f"leaves{Path(name).suffix}"
    assert SECRET in given.read_bytes()
    assert mp4.cut(given, leaves, range(FRAMES), FPS, keep_sound=keep_sound)
    content = leaves.read_bytes()
    for planted in (SECRET, b"+48.1374", b"udta", b"meta", b"tmcd", b"uuid", b"Handler", b"Lavc61 libx264"):
        assert planted not in content
    assert [each for each, _ in samples(leaves, "video")] == [each for each, _ in samples(given, "video")]
    assert played(leaves)[0] == played(given)[0]
    assert played(leaves)[1] == [number / FPS for number in range(FRAMES)]
    heard = samples(given, "audio") if keep_sound else []
    assert [each for each, _ in samples(leaves, "audio")] == [each for each, _ in heard]
    late = played(given)[1][0]
    if heard:
        apart = [abs(a - (b - late)) for (_, a), (_, b) in zip(samples(leaves, "audio"), heard, strict=True)]
        assert max(apart) < Fraction(1, 500)
    with av.open(str(leaves)) as source:
        assert [stream.type for stream in source.streams] == ["video"] + ["audio"] * bool(heard)
        assert not {"location", "creation_time", "title", "comment"} & set(source.metadata)
    video = mp4.probe(leaves)
    assert video.even and video.plain and (video.frames, video.fps, video.sound) == (FRAMES, FPS, bool(heard))
    assert mp4.sizes_of_cuts(given, [range(FRAMES)], FPS, keep_sound=keep_sound) == [len(content)]


def test_pictures_that_begin_later_than_their_sound_do_not_leave_with_it(tmp_path: Path) -> None:
    name, how = CONTAINERS[LATE[0]]
    given = camera_file(tmp_path / name, **how)
    assert played(given)[1][0] > 0
    assert not mp4.cut(given, tmp_path / "leaves.mp4", range(FRAMES), FPS, keep_sound=True)


def test_dates_of_the_source_are_in_no_header(tmp_path: Path) -> None:
    given, leaves = camera_file(tmp_path / "a.mov"), tmp_path / "leaves.mov"
    assert mp4.cut(given, leaves, range(FRAMES), FPS, keep_sound=True)
    for content, dated in ((given.read_bytes(), True), (leaves.read_bytes(), False)):
        at = content.index(b"mvhd") + 4
        times = content[at + 4 : at + 20] if content[at] == 1 else content[at + 4 : at + 12]
        assert any(times) is dated


@pytest.mark.parametrize(
    ("how", "plain"),
    [
        ({}, True),
        ({"pix_fmt": "yuv444p"}, False),
        ({"pix_fmt": "yuv422p"}, False),
        ({"pix_fmt": "yuv420p10le"}, False),
        ({"pix_fmt": "gray"}, False),
        ({"aspect": Fraction(4, 3)}, False),
    ],
)
def test_only_what_every_service_takes_is_plain(tmp_path: Path, how: dict, plain: bool) -> None:
    assert mp4.probe(camera_file(tmp_path / "a.mp4", **how)).plain is plain


def test_a_frame_that_outlasts_its_edit_list_is_not_lost_unseen(tmp_path: Path) -> None:
    """Each frame is decoded at its time, but the last is shown later than the edit list lasts."""
    given = camera_file(tmp_path / "a.mp4", sound="", b_frames=2)
    content = bytearray(given.read_bytes())
    at = content.index(b"ctts") + 4
    (rows,) = struct.unpack_from(">I", content, at + 4)
    last = at + 8 + 8 * (rows - 1)
    count, delay = struct.unpack_from(">II", content, last)
    assert count == 1
    struct.pack_into(">I", content, last + 4, delay + 3 * 512)
    given.write_bytes(content)
    assert not mp4.probe(given).constant
    assert not mp4.cut(given, tmp_path / "b.mp4", range(FRAMES), Fraction(25))
    with pytest.raises(mp4.Unreadable, match="equally long"):
        mp4.relabel(given, tmp_path / "b.mp4", Fraction(25))


@pytest.mark.parametrize("movflags", ["", "+faststart"])
def test_how_many_frames_are_there_is_told_of_a_file_that_is_cut_off(tmp_path: Path, movflags: str) -> None:
    given = camera_file(tmp_path / "a.mp4", movflags=movflags)
    assert mp4.intact(given) == (FRAMES, FRAMES)
    whole = given.read_bytes()
    first = whole.index(b"mdat")
    given.write_bytes(whole[: first + (len(whole) - first) // 2])
    if not movflags:
        with pytest.raises(mp4.Unreadable):
            mp4.intact(given)
        return
    there, frames = mp4.intact(given)
    assert frames == FRAMES and 0 < there < FRAMES
