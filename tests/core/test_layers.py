# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs the tests: what is left to the whole campaigns, what is counted, and which Python an environment gets."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from patience import LONGEST, stretched

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="what runs the tests runs on POSIX alone")

TESTS = """
import pytest
from campaign import examples, sampled

@pytest.mark.parametrize("case", sampled(["one", "two", "three"], "two"))
def test_of_a_campaign(case):
    print("examples:", examples(80))

@pytest.mark.every_blender({reason})
def test_of_a_version():
    pass
"""


def tool(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of that name in tools/."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def run_pytest(folder: Path, reason: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run TESTS under the plugin."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    campaign\n    every_blender\n")
    (folder / "test_some.py").write_text(TESTS.format(reason=reason))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "helpers")}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-p", "campaign", "-s", "-v", "--strict-markers", *options, folder]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST)


@pytest.mark.parametrize(
    ("options", "counts", "tried"),
    [((), "4 passed in", "examples: 80"), (("--sample",), "2 passed, 2 deselected in", "examples: 10")],
    ids=["whole", "sample"],
)
def test_a_sample_leaves_out_what_is_of_the_campaign_and_skips_nothing(
    tmp_path: Path, options: tuple[str, ...], counts: str, tried: str
) -> None:
    answer = run_pytest(tmp_path, '"strips have other names"', *options)
    assert answer.returncode == 0 and counts in answer.stdout and tried in answer.stdout, answer.stdout


@pytest.mark.parametrize("reason", ["", '""', "5"])
def test_a_test_for_every_blender_says_why(tmp_path: Path, reason: str) -> None:
    answer = run_pytest(tmp_path, reason)
    assert answer.returncode == 4 and "every_blender wants the reason" in answer.stdout + answer.stderr


def test_what_was_skipped_without_need_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_tests = tool("run_tests", monkeypatch)
    report = tmp_path / "report.xml"
    cases = "".join(
        f'<testcase classname="tests.test_a" name="test_{n}"><skipped message="{reason}"/></testcase>'
        for n, reason in enumerate(("this Blender was built without sound", "not today"))
    )
    report.write_text(f'<testsuites><testsuite>{cases}<testcase name="test_2"/></testsuite></testsuites>')
    assert run_tests.count_junit(report) == {"passed": 1, "skipped": 2, "failed": 0}
    assert run_tests.needless_skips(report, "timeline-4.2") == ["tests.test_a.test_1 (not today)"]
    assert len(run_tests.needless_skips(report, "timeline-5.2")) == 2


def test_what_a_run_got_to_is_read_from_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    run_tests = tool("run_tests", monkeypatch)
    log = """
tests/core/test_a.py::test_one[a b]
[gw1] [  7%] PASSED tests/core/test_a.py::test_one[a b]
[gw0] [ 14%] FAILED tests/core/test_a.py::test_two
[gw0] [100%] SKIPPED tests/core/test_a.py::test_three
tests/core/test_b.py::test_four
"""
    assert run_tests.count_log(log) == {"passed": 1, "skipped": 1, "failed": 1}
    assert run_tests.last_test(log) == "in tests/core/test_b.py::test_four"


def test_what_a_run_in_one_process_got_to_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    run_tests = tool("run_tests", monkeypatch)
    log = """
tests/core/test_a.py::test_one[a b] PASSED                               [  7%]
tests/core/test_a.py::test_two FAILED                                    [ 14%]
tests/core/test_a.py::test_three SKIPPED (made of what only POSIX has)   [ 21%]
tests/core/test_b.py::test_four
"""
    assert run_tests.count_log(log) == {"passed": 1, "skipped": 1, "failed": 1}
    assert run_tests.last_test(log) == "in tests/core/test_b.py::test_four"


def test_python_for_windows_ends_though_wine_has_left_something_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds its output open, as the services do that wine has started, where wine's server has crashed."""
    for name, text in {
        "bin/python": tool("windows", monkeypatch).WRAPPER,
        "wine": "#!/bin/sh\nsleep 30 &\necho $2\nexit 3\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    words = [tmp_path / "bin" / "python", "told"]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=stretched(20))
    assert (answer.returncode, answer.stdout) == (3, "told\n")


@pytest.mark.parametrize("crashes", [1, 1000])
def test_a_piece_that_ended_with_wines_own_server_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crashes: int
) -> None:
    run_tests = tool("run_tests", monkeypatch)
    monkeypatch.setattr(run_tests, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path)
    program = tmp_path / "windows" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"""#!/bin/sh
for word; do case $word in --junitxml=*) report=${{word#*=}};; esac; done
for crash in $(seq {crashes}); do
    if mkdir "$0-$crash" 2> /dev/null; then
        printf 'tests/core/test_a.py::test_one wineserver crashed'
        exit 1
    fi
done
echo '<testsuites><testsuite><testcase classname="test_a" name="test_one"/></testsuite></testsuites>' > "$report"
"""
    )
    program.chmod(0o755)
    outcome = run_tests.run_windows(run_tests.Run(False, 2, time.monotonic() + LONGEST))
    pieces = len(list(tmp_path.glob("windows-*.log")))
    assert pieces > 10
    if crashes == 1:
        assert (outcome.passed, outcome.failed) == (pieces, 0)
    else:
        assert (outcome.passed, outcome.failed) == (0, pieces)
        assert "in tests/core/test_a.py::test_one" in outcome.words


def test_every_test_of_core_is_in_one_piece_of_those_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = tool("run_tests", monkeypatch).pieces_for_windows()
    files = sorted(path for piece in pieces.values() for path in piece)
    core = ROOT / "tests" / "core"
    assert files == sorted(path.relative_to(ROOT).as_posix() for path in core.rglob("test_*.py"))


def test_a_python_that_is_not_what_its_name_says_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provision = tool("provision", monkeypatch)
    for name in ("pyenv/versions/3.13.0/bin", "bin"):
        (tmp_path / name).mkdir(parents=True)
    # Such as a version manager puts on PATH: it is there, and refuses to run.
    shim = tmp_path / "bin" / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    with pytest.raises(SystemExit, match=r"bpy-5\.2 needs Python 3\.13.*there is none on PATH"):
        provision.interpreter("bpy-5.2")
    real = tmp_path / "pyenv" / "versions" / "3.13.0" / "bin" / "python3.13"
    real.write_text("#!/bin/sh\nprintf '(3, 13)\\n/opt/python3.13\\n3.13.0 (of the test)\\n'\n")
    real.chmod(0o755)
    assert provision.interpreter("bpy-5.2") == ("/opt/python3.13", "3.13.0 (of the test)")
    assert provision.interpreter("bpy-5.0")[0] == sys.executable


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (["5.2", "sid", ["blender", "xvfb"]], ["libegl1"]),
        (["5.2", "sid", ["blender", "xvfb", "libegl1"]], []),
        # What was left out, another Debian and another Blender make another folder.
        (["5.2", "sid", ["blender", "xvfb", "curl"]], None),
        (["5.2", "trixie", ["blender", "xvfb"]], None),
        (["5.1", "sid", ["blender", "xvfb"]], None),
        (None, None),
    ],
)
def test_a_debian_is_made_anew_only_where_packages_cannot_be_added(
    before: list[object] | None, asked: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = json.dumps(["5.2", "sid", ["blender", "xvfb", "libegl1"]])
    assert tool("debian", monkeypatch).lacking(json.dumps(before) if before else "", wanted) == asked
