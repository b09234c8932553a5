# SPDX-License-Identifier: GPL-3.0-or-later
"""How a clip is encoded: fast where that costs no quality, well where bytes count."""

from __future__ import annotations

import wave
from pathlib import Path
from types import SimpleNamespace

import av
import bpy
import pytest
from reshoot.background import movie_output
from reshoot.core.errors import ExportError
from reshoot.timeline import compat

pytestmark = pytest.mark.every_blender("the settings of a movie's output have other names since 5.0")


def test_fast_preset_only_where_the_quality_can_be_made_finer() -> None:
    new = SimpleNamespace(custom_constant_rate_factor=23)
    compat.set_visually_lossless(new)
    assert vars(new) == {
        "ffmpeg_preset": "REALTIME",
        "constant_rate_factor": "CUSTOM",
        "custom_constant_rate_factor": 16,
    }
    old = SimpleNamespace()
    compat.set_visually_lossless(old)
    assert vars(old) == {"ffmpeg_preset": "GOOD", "constant_rate_factor": "PERC_LOSSLESS"}


@pytest.mark.parametrize(
    ("bits", "lossless", "quality"), [(4_000_000, False, "NONE"), (0, True, "LOSSLESS"), (0, False, None)]
)
def test_good_preset_where_bytes_count(bits: int, lossless: bool, quality: str | None, tmp_path: Path) -> None:
    scene = bpy.context.scene
    compat.new_effect(scene.sequence_editor_create(), "grey", "COLOR", 1, 1, 2)
    scene.render.resolution_x, scene.render.resolution_y = 128, 72
    target = tmp_path / "clip.mp4"
    movie_output.render_movie(scene, target, first=1, frames=2, audio=False, bits_per_second=bits, lossless=lossless)
    ffmpeg = scene.render.ffmpeg
    if quality is None:
        wanted = ffmpeg.bl_rna.properties["constant_rate_factor"].enum_items.keys()
        assert ffmpeg.constant_rate_factor == ("CUSTOM" if "CUSTOM" in wanted else "PERC_LOSSLESS")
    else:
        assert (ffmpeg.ffmpeg_preset, ffmpeg.constant_rate_factor) == ("GOOD", quality)
    assert target.stat().st_size > 0


def test_no_sequencer_keeps_more_than_frames_of_footage(tmp_path: Path) -> None:
    scene = bpy.context.scene
    nested = bpy.data.scenes.new("nested").sequence_editor_create()
    editor = scene.sequence_editor_create()
    compat.new_effect(editor, "grey", "COLOR", 1, 1, 2)
    scene.render.resolution_x, scene.render.resolution_y = 128, 72
    editor.use_prefetch = nested.use_cache_final = True
    movie_output.render_movie(scene, tmp_path / "clip.mp4", first=1, frames=1, audio=False, bits_per_second=0)
    for each in (editor, nested):
        names = [every.identifier for every in each.bl_rna.properties]
        kept = [name for name in names if name.startswith(("use_cache_", "use_prefetch"))]
        assert len(kept) > 1
        # Those of footage decide which frame of a movie with a rate of its own is shown.
        assert [name for name in kept if getattr(each, name)] == ["use_cache_raw"]
    assert bpy.context.preferences.system.memory_cache_limit <= 1024


@pytest.fixture
def sounding(tmp_path: Path) -> bpy.types.Scene:
    """A scene with four minutes of sound, a click every second."""
    if not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    path = tmp_path / "clicks.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48000)
        sound.writeframes((b"\0\x60" * 480 + bytes(2 * 47520)) * 240)
    scene = bpy.context.scene
    compat.strips(scene.sequence_editor_create()).new_sound("clicks", str(path), 1, 1)
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, 240 * 25
    return scene


def test_a_mix_is_whole_when_it_is_told_to_be_there(sounding: bpy.types.Scene, tmp_path: Path) -> None:
    movie_output.mix_sound(sounding, tmp_path / "mix.flac")
    with av.open(str(tmp_path / "mix.flac")) as mixed:
        blocks = [block.to_ndarray() for block in mixed.decode(audio=0)]
    per_channel = sum(block.size for block in blocks) // 2
    assert per_channel == 240 * 48000
    assert abs(blocks[-1].astype(float)).max() == 0 < max(abs(block.astype(float)).max() for block in blocks[-20:])


def test_a_mix_that_cannot_be_written_is_an_error(
    sounding: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movie_output, "_MIX_STALLS", 0.5)
    with pytest.raises(ExportError, match="could not be mixed"):
        movie_output.mix_sound(sounding, tmp_path / "nowhere" / "mix.flac")
