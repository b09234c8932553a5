# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies that are given even times: the same pictures in the same order, each equally long, sound in step with them."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy
import pytest
from reshoot.core.media import mp4

FRAMES = 40
SIDE = 64


def movie(path: Path, ticks: list[int], *, b_frames: bool = True, movflags: str = "", sound: bool = False) -> Path:
    """A movie at 24 fps whose frames, ever brighter, begin at so many tenths of a frame."""
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as target:
        stream = target.add_stream("libx264", rate=24, options={"bf": "3" if b_frames else "0", "g": "12"})
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 240)
        tones = target.add_stream("aac", rate=48000) if sound else None
        for number, begin in enumerate(ticks):
            picture = numpy.full((SIDE, SIDE), 20 + 5 * number, numpy.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = begin, Fraction(1, 240)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if tones is not None:
            for start in range(0, 96000, 1024):
                silence = numpy.zeros((1, 1024), numpy.float32)
                silence[:] = 0.5 if 48000 <= start < 52096 else 0.0
                block = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
                block.sample_rate, block.pts, block.time_base = 48000, start, Fraction(1, 48000)
                target.mux(tones.encode(block))
            target.mux(tones.encode())
    return path


def shown(path: Path) -> tuple[list[int], list[Fraction]]:
    """The brightness of each frame that a player shows, and the seconds at which it begins."""
    with av.open(str(path)) as source:
        frames = list(source.decode(video=0))
    return [round(float(frame.to_ndarray(format="gray").mean())) for frame in frames], [
        frame.pts * frame.time_base for frame in frames
    ]


def loud(path: Path) -> Fraction:
    """The seconds at which the sound becomes loud."""
    with av.open(str(path)) as source:
        for block in source.decode(audio=0):
            if abs(block.to_ndarray()).max() > 0.3:
                return block.pts * block.time_base
    raise AssertionError("it is silent")


UNEVEN = [10 * n + n * 7 % 5 for n in range(FRAMES)]
ODD = {
    "uneven": (UNEVEN, {}),
    "uneven without b-frames": (UNEVEN, {"b_frames": False}),
    "late": ([120 + 10 * n for n in range(FRAMES)], {}),
    "fragments": ([10 * n for n in range(FRAMES)], {"movflags": "frag_keyframe+empty_moov"}),
    "fragments of the moof": (UNEVEN, {"movflags": "frag_every_frame+empty_moov+default_base_moof"}),
    "fragments after a table": (UNEVEN, {"movflags": "frag_keyframe"}),
    "fragments with sound": (UNEVEN, {"movflags": "frag_keyframe+empty_moov", "sound": True}),
    "late with sound": ([120 + 10 * n for n in range(FRAMES)], {"sound": True}),
}


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("kind", ODD)
def test_the_same_pictures_come_out_evenly(tmp_path: Path, kind: str, suffix: str) -> None:
    ticks, options = ODD[kind]
    came = movie(tmp_path / f"came{suffix}", ticks, **options)
    assert not mp4.probe(came).even
    fps = Fraction(30000, 1001)
    mp4.with_even_rate(came, tmp_path / "even.mp4", fps, keep_sound=True)
    video = mp4.probe(tmp_path / "even.mp4")
    assert video.even and (video.frames, video.fps) == (FRAMES, fps)
    assert video.sound == ("sound" in kind)
    pictures, begins = shown(tmp_path / "even.mp4")
    assert pictures == shown(came)[0]
    assert begins == [n / fps for n in range(FRAMES)]
    if video.sound:
        before = loud(came) - shown(came)[1][0]
        assert abs(loud(tmp_path / "even.mp4") - before) < Fraction(1024, 48000) + Fraction(1, 100)


def test_sound_whose_fragments_begin_late_stays_in_step(tmp_path: Path) -> None:
    """What decoders are told of it is the time of its fragments, not an edit list."""
    came = movie(
        tmp_path / "came.mp4", [10 * n for n in range(FRAMES)], movflags="frag_keyframe+empty_moov", sound=True
    )
    heard, late = loud(came), Fraction(379, 1000)
    content = bytearray(came.read_bytes())
    at = content.find(b"tfdt")
    while at > 0:
        (number,) = struct.unpack_from(">I", content, content.rindex(b"tfhd", 0, at) + 8)
        (tick,) = struct.unpack_from(">Q", content, at + 8)
        struct.pack_into(">Q", content, at + 8, tick + round(late * 48000) * (number == 2))
        at = content.find(b"tfdt", at + 1)
    came.write_bytes(content)
    # Without an edit list the picture, too, waits for those that it is made from.
    late -= shown(came)[1][0]
    assert mp4.probe(came).sound_late == late
    mp4.with_even_rate(came, tmp_path / "even.mp4", Fraction(24), keep_sound=True)
    assert abs(mp4.probe(tmp_path / "even.mp4").sound_late - late) < Fraction(1, 1000)
    assert abs(loud(tmp_path / "even.mp4") - heard - late) < Fraction(1, 1000)


@pytest.mark.parametrize("movflags", ["", "frag_keyframe+delay_moov"])
def test_sound_that_begins_with_its_picture_is_not_late(tmp_path: Path, movflags: str) -> None:
    """Neither the delay of pictures that wait for others nor the encoder's of the sound counts."""
    came = movie(tmp_path / "came.mp4", [10 * n for n in range(FRAMES)], movflags=movflags, sound=True)
    assert mp4.probe(came).sound_late == 0


def test_sound_that_begins_before_its_picture_is_told(tmp_path: Path) -> None:
    came = movie(tmp_path / "came.mp4", [10 * n for n in range(FRAMES)], sound=True)
    came.write_bytes(came.read_bytes().replace(b"edts", b"free", 1))
    assert mp4.probe(came).sound_late == -shown(came)[1][0] == Fraction(-1, 12)
    late = movie(tmp_path / "late.mp4", [120 + 10 * n for n in range(FRAMES)], sound=True)
    assert abs(mp4.probe(late).sound_late + shown(late)[1][0]) < Fraction(1, 1000)


def test_sound_that_begins_inside_of_a_sample_begins_with_it(tmp_path: Path) -> None:
    came = movie(tmp_path / "came.mp4", [120 + 10 * n for n in range(FRAMES)], sound=True)
    mp4.with_even_rate(came, tmp_path / "even.mp4", Fraction(24), keep_sound=True)
    inside = mp4.probe(tmp_path / "even.mp4").sound_inside
    # Half a second, on from the 1024 that the encoder is late.
    assert inside == Fraction(25024 % 1024, 48000)
    heard = loud(tmp_path / "even.mp4")
    mp4.with_whole_sound(tmp_path / "even.mp4", tmp_path / "whole.mp4")
    video = mp4.probe(tmp_path / "whole.mp4")
    assert video.even and video.sound_inside == 0
    assert loud(tmp_path / "whole.mp4") == heard + inside
    assert shown(tmp_path / "whole.mp4") == shown(tmp_path / "even.mp4")


def test_hidden_frames_stay_hidden(tmp_path: Path) -> None:
    came = movie(tmp_path / "came.mp4", [10 * (n - 5) for n in range(FRAMES)])
    assert mp4.probe(came).trimmed
    seen = mp4.presented(came)
    assert len(seen.begins) == FRAMES - 5 and seen.begins[1] == Fraction(1, 24)
    mp4.with_even_rate(came, tmp_path / "even.mp4", Fraction(25))
    pictures, begins = shown(tmp_path / "even.mp4")
    assert pictures == shown(came)[0] and len(pictures) == FRAMES - 5
    assert begins == [Fraction(n, 25) for n in range(FRAMES - 5)]


def test_a_turned_picture_is_not_turned_any_more(tmp_path: Path) -> None:
    came = movie(tmp_path / "came.mp4", [10 * n for n in range(FRAMES)])
    content = bytearray(came.read_bytes())
    at = content.index(b"tkhd") + 44
    content[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    came.write_bytes(content)
    assert mp4.probe(came).rotation == 90
    mp4.with_even_rate(came, came, Fraction(24))
    assert mp4.probe(came).rotation == 0 and mp4.probe(came).even


def test_samples_stay_where_they_are(tmp_path: Path) -> None:
    came = movie(tmp_path / "came.mp4", UNEVEN)
    before = came.read_bytes()
    mp4.with_even_rate(came, came, Fraction(24))
    media = before.index(b"mdat")
    end = before.index(b"moov") - 4 if before.index(b"moov") > media else len(before)
    assert came.read_bytes()[media:end] == before[media:end]


@pytest.mark.parametrize("damage", [b"stsz", b"stco", b"stsc"])
def test_a_damaged_table_is_told(tmp_path: Path, damage: bytes) -> None:
    came = movie(tmp_path / "came.mp4", UNEVEN)
    content = bytearray(came.read_bytes())
    at = content.index(damage) + 8
    content[at : at + 4] = b"\x7f\xff\xff\xff"
    came.write_bytes(content)
    with pytest.raises(mp4.Unreadable):
        mp4.with_even_rate(came, tmp_path / "even.mp4", Fraction(24))
    assert not (tmp_path / "even.mp4").exists()
