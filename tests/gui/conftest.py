# SPDX-License-Identifier: GPL-3.0-or-later
"""For the tests in real Blender with a window: a screen, the zip installed for a user of its own, a Blender a test.

At the end the longest stretches on the main thread are printed and kept in build/gui/main-thread.json.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import blenders
import processes
import pytest
import spread
from blenders import ROOT, Installation
from editor import Editor
from screen import Screen
from service import Service
from workstation import Workstation

PICTURES = ROOT / "build" / "gui"
WINDOW = (1280, 800)
"""A small computer's: each of its pixels is drawn by the processor, and the whole tab has to be in reach there too."""

_stretches: dict[str, dict[str, Any]] = {}
_version = ""


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The Blender that is tested."""
    global _version
    chosen = blenders.chosen()
    _version = chosen.version()
    return chosen


@pytest.fixture(scope="session")
def screen(installation: Installation) -> Iterator[Screen]:
    """The screen."""
    with Screen(installation) as started:
        yield started


@pytest.fixture(scope="session")
def installed_home(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder in which the zip is installed."""
    home = tmp_path_factory.mktemp("installed") / "home"
    blenders.install(installation, home)
    return home


@pytest.fixture(scope="session")
def clip() -> Path:
    """A shot of Big Buck Bunny: 1280×720, 25 fps, 132 frames, inside every limit."""
    path = ROOT / "build" / "footage" / "bigbuckbunny.mp4"
    if not path.is_file():
        subprocess.run([sys.executable, str(ROOT / "tools" / "footage.py")], check=True)
    return path


@pytest.fixture
def blender(
    installation: Installation,
    screen: Screen,
    installed_home: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Workstation]]:
    """Gives Blenders, started, of a user of the test's own: each call the next one, of the same user.

    They compare results with their shots in tests that are marked `compared` alone.
    """
    uncompared = {} if request.node.get_closest_marker("compared") else {"RESHOOT_TEST_UNCOMPARED": "1"}
    home = tmp_path / "home"
    shutil.copytree(installed_home, home, symlinks=True)
    started: list[Workstation] = []

    def start(file: Path | None = None, **more: str) -> Workstation:
        pictures = PICTURES / _version
        each = Workstation(installation, screen, home, pictures=pictures, more={**uncompared, **more}, size=WINDOW)
        started.append(each)
        each.start(file)
        return each

    try:
        yield start
        for each in started:
            if each.runs:
                each.stretches = each.value("probe.report()")
            keep_stretches(each.stretches)
    finally:
        for each in started:
            each.kill()
        for pid in processes.using(home):
            processes.send(pid, signal.SIGKILL)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service in a process of its own, which the test starts. A Blender uses it by its `surroundings`."""
    made = Service(tmp_path / "service")
    yield made
    made.kill()


@pytest.fixture
def held(service: Service) -> Service:
    """The service, started, which takes what it is sent and ends nothing until it is released."""
    service.hold("render")
    service.start()
    return service


@pytest.fixture
def editor(blender: Callable[..., Workstation]) -> Editor:
    """An editor at a Blender that has just been started."""
    return Editor(blender())


def keep_stretches(measured: dict[str, Any]) -> None:
    """Take what a probe has measured, the worst of each stage."""
    for stage, found in measured.items():
        kept = _stretches.setdefault(stage, found)
        if kept is found:
            continue
        kept["over"] += found["over"]
        for part, ms in (("longest", "ms"), ("costliest", "processor_ms")):
            kept[part] = max(kept[part], found[part], key=lambda stretch, ms=ms: stretch[ms])
        for part in ("wall", "processor"):
            spread.add(kept[part], found[part])
        for name, counted in found["by"].items():
            spread.add(kept["by"].setdefault(name, spread.empty()), counted)
        for name, spent in found["blender"].items():
            kept["blender"][name] = max(kept["blender"].get(name, 0.0), spent)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker's Blenders have measured."""
    global _version
    told = getattr(node, "workeroutput", {}).get("stretches")
    if told:
        _version, measured = json.loads(told)
        keep_stretches(measured)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the stretches beside those of the other versions; a worker tells them to the process that started it."""
    if not _stretches:
        return
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["stretches"] = json.dumps([_version, _stretches])
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (PICTURES / "main-thread.json").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        whole = json.loads(file.read() or "{}")
        whole[_version] = _stretches
        file.seek(0)
        file.truncate()
        json.dump(whole, file, indent=1, sort_keys=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print them."""
    if not _stretches:
        return
    terminalreporter.section(f"longest stretch on the main thread, Blender {_version}")
    for stage, found in sorted(_stretches.items()):
        worst = found["longest"]
        own = ", ".join(f"{name} {spent:.1f} ms" for name, spent in sorted(found["blender"].items()))
        terminalreporter.write_line(
            f"{stage:20} {worst['ms']:7.2f} ms ({worst['processor_ms']:.2f} of processor, waited {worst['waited']}×, "
            f"pushed aside {worst['pushed_aside']}×) in {worst['in']}; over 16 ms: {len(found['over'])} of "
            f"{found['wall']['calls']} calls" + (f"; Blender's own: {own}" if own else "")
        )
        costly = found["costliest"]
        terminalreporter.write_line(
            f"{'':20} of processor: {spread.words(found['processor'])}; longest in {costly['in']}, "
            f"{costly['collected_ms']:.2f} ms of it Python's collecting garbage"
        )
