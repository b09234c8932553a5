# SPDX-License-Identifier: GPL-3.0-or-later
"""core/blender_process: what a background Blender is to the computer that it runs on, here with another program in its
place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from reshoot.core.blender_process import Blender

_PROGRAM = """
import ctypes, json, sys
from pathlib import Path
request = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
windows = ctypes.windll.kernel32
answer = {"console": windows.GetConsoleOutputCP(), "window": windows.GetConsoleWindow()}
Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")
"""


@pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")
def test_a_background_blender_has_a_console_and_no_window(tmp_path: Path) -> None:
    """Without a console of its own it would be given one, which opens over what the editor does."""
    (tmp_path / "program.py").write_text(_PROGRAM, encoding="utf-8")
    blender = Blender((sys.executable, str(tmp_path / "program.py")))
    answer = blender.run("any", {}, tmp_path / "job" / "any")
    assert answer["console"] and not answer["window"]
