# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told when a background Blender ends without an answer, and before it did what it was to do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from reshoot.core.blender_process import DRAWS, PROGRESS, Blender
from reshoot.core.errors import ExportError

_DRAWING = f"print('{DRAWS} \"“layout” is drawn.\"', flush=True)"
_CRASH = "import os; os.abort()"


def _said(folder: Path, *steps: str) -> str:
    blender = Blender((sys.executable, "-c", "\n".join(steps)))
    with pytest.raises(ExportError) as found:
        blender.run("nothing", {}, folder)
    return str(found.value)


@pytest.mark.skipif(os.name == "nt", reason="a process there does not tell that it crashed")
def test_a_crash_at_the_first_picture_that_is_drawn_is_told_in_words(tmp_path: Path) -> None:
    said = _said(tmp_path, _DRAWING, "print('Could not open libEGL.so.1', flush=True)", _CRASH)
    assert said.startswith("“layout” is drawn. Without a window it finds no graphics driver") and "libegl1" in said
    said = _said(tmp_path, _DRAWING, _CRASH)
    assert said.startswith("“layout” is drawn. Update the graphics driver") and "nothing.log" in said


@pytest.mark.parametrize(
    "steps",
    [
        (_CRASH,),
        (_DRAWING, f"print('{PROGRESS} 1 2', flush=True)", _CRASH),
        (_DRAWING, "raise SystemExit(1)"),
        (_DRAWING, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
    ],
)
def test_another_end_is_not_laid_to_what_is_drawn(tmp_path: Path, steps: tuple[str, ...]) -> None:
    said = _said(tmp_path, *steps)
    assert "is drawn" not in said.partition("Its last words")[0] and "Its last words" in said
