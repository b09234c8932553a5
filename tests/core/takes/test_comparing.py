# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison that goes wrong holds nothing up. What a comparison finds is tested with a real Blender."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from reshoot.core.blender_process import Blender
from reshoot.core.errors import JobCancelled
from reshoot.core.takes import comparing
from reshoot.core.takes.comparing import Fit, Inspection

FOREVER = Blender((sys.executable, "-c", "import time; time.sleep(600)"))
NONSENSE = """
import json, pathlib, sys
request = json.loads(pathlib.Path(sys.argv[-1]).read_text())
pathlib.Path(request["answer"]).write_text(json.dumps({"runs": [[0, 3, 0]], "sure": True}))
"""
AS_IT_CAME = Inspection(
    tuple(range(48)), Fit(), False, ("The result could not be compared with the clip: placed as it came",)
)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"a clip")
    return path


@pytest.mark.parametrize(
    "blender", [FOREVER, Blender(("/no/such/program",)), Blender((sys.executable, "-c", NONSENSE))]
)
def test_a_blender_that_fails_or_hangs_does_not_hold_the_take_up(
    clip: Path, blender: Blender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "_PATIENCE", 0.5)
    comparing.prepare(clip, 48, clip.parent, blender, cancelled=lambda: False)
    found = comparing.inspect(clip, clip, range(48), clip.parent, blender, cancelled=lambda: False)
    assert found == AS_IT_CAME


def test_a_clip_that_is_gone_does_not_hold_the_take_up(clip: Path) -> None:
    clip.unlink()
    assert comparing.inspect(clip, clip, range(48), clip.parent, FOREVER, cancelled=lambda: False) == AS_IT_CAME


def test_the_editor_can_stop_it(clip: Path) -> None:
    with pytest.raises(JobCancelled):
        comparing.inspect(clip, clip, range(48), clip.parent, FOREVER, cancelled=lambda: True)
    with pytest.raises(JobCancelled):
        comparing.prepare(clip, 48, clip.parent, FOREVER, cancelled=lambda: True)
