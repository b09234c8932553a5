# SPDX-License-Identifier: GPL-3.0-or-later
"""core/blender_process: what a background Blender is to the computer that it runs on, and what is told of one that ends
without an answer. Here other programs are in its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from house import until
from reshoot.core.blender_process import DRAWS, PROGRESS, Blender
from reshoot.core.errors import ExportError

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
