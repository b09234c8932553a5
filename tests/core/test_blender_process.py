# SPDX-License-Identifier: GPL-3.0-or-later
"""core/blender_process: what a background Blender is to the computer that it runs on, here with another program in its
place.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from house import until
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


_PARENT = """
import os, subprocess, sys
code = "import sys; sys.path[:0] = [" + repr(sys.argv[1]) + "]\\nimport conftest, time\\nfrom pathlib import Path\\n"
code += "from reshoot.core.blender_process import parents_end\\n"
code += "is_over = parents_end(int(sys.argv[1]))\\nassert not is_over()\\nPath(sys.argv[2], 'begun').touch()\\n"
code += "while not is_over(): time.sleep(0.01)\\nPath(sys.argv[2], 'ended').touch()"
subprocess.Popen([sys.executable, "-c", code, str(os.getpid()), sys.argv[2]])
sys.stdin.read()
"""


def test_the_end_of_whoever_started_a_process_is_noticed(tmp_path: Path) -> None:
    """However it ends: this one is killed."""
    words = [sys.executable, "-c", _PARENT, str(Path(__file__).parents[1]), str(tmp_path)]
    parent = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        until((tmp_path / "begun").exists)
        assert not (tmp_path / "ended").exists()
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdin
        parent.stdin.close()
    until((tmp_path / "ended").exists)
