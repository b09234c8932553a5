# SPDX-License-Identifier: GPL-3.0-or-later
"""For the tests in Blender: every one begins with an empty file and the freshly enabled extension."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import installed

# isort: split
# Where Blender looks for its folders is settled by now.
import bad_service
import bpy
import footage
import pytest
from editing import add_movie, open_timeline
from reshoot.core.jobs import steps
from reshoot.core.service import download
from reshoot.core.takes import comparing
from reshoot.settings import preferences

# They take minutes, and are about what the disk and the service hold, which is the same in every Blender.
_IN_THE_NEWEST = ["test_killed.py", "test_bad_service.py", "test_disk.py", "test_secrets.py"]
collect_ignore = [] if bpy.app.version >= (5, 2) else _IN_THE_NEWEST

_COMPARING = comparing._PATIENCE

_EXIT_CODE = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how it went."""
    session.config.stash[_EXIT_CODE] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave by the short way."""
    if _EXIT_CODE in config.stash:
        installed.leave(config.stash[_EXIT_CODE])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[bad_service.BadService]:
    """The service that jobs go to: it does as it should until it is told to misbehave, and counts."""
    with bad_service.running() as service:
        monkeypatch.setenv("RESHOOT_SERVICE_URL", service.base)
        monkeypatch.setenv("FAL_KEY", bad_service.KEY)
        yield service


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble that may pass is waited for in tenths of a second."""
    monkeypatch.setattr(steps, "PATIENCE", 0.1)
    monkeypatch.setattr(steps, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(download, "FIRST_DELAY", 0.01)


@pytest.fixture
def uncompared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing a result has no time: it is placed as it came, without the seconds of two background Blenders. For what
    is not about the result's pictures."""
    monkeypatch.setattr(comparing, "_PATIENCE", 0.0)


@pytest.fixture
def compared(uncompared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing has its time, in a module whose other tests do without."""
    monkeypatch.setattr(comparing, "_PATIENCE", _COMPARING)


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The rehearsal gives back what it was sent; the clips stay on disk to be looked at."""
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")
    preferences.get().keep_clips = True
    yield
    preferences.get().keep_clips = False


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds inside every limit."""
    return footage.movie(tmp_path_factory.mktemp("footage") / "shot.mp4", frames=footage.FRAMES)


@pytest.fixture
def scene() -> bpy.types.Scene:
    """An empty timeline at 25 fps, with a prompt."""
    return open_timeline()


@pytest.fixture
def selected_movie(scene: bpy.types.Scene, movie: Path) -> None:
    """The movie is in the timeline, selected alone."""
    add_movie(scene, movie)


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Four images, named in alphabetical order."""
    return [footage.png(tmp_path / f"{name}.png") for name in ("ann", "bob", "cat", "dog")]


@pytest.fixture(scope="session")
def extension() -> ModuleType:
    """The installed extension's package."""
    return installed.installed()


@pytest.fixture(autouse=True)
def empty_file(clean_environment: None, extension: ModuleType) -> Iterator[None]:
    """Blender as it starts, with an empty file, and the extension enabled afresh with its default preferences."""
    installed.start_afresh()
    yield
    # While the test's folders and servers are still there.
    installed.stop()
