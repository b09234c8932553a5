# SPDX-License-Identifier: GPL-3.0-or-later
"""The key: after every kind of end, all that was written and said is searched for it, and all that was asked."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bad_service
import bpy
import footage
import pytest
from bad_service import KEY, BadService, drops, says
from editing import add_image, add_movie, files, open_timeline, refusal, retry, select
from reshoot import session
from reshoot.session import services
from reshoot.settings import preferences
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("short_patience", "uncompared")

PARTS = [KEY.encode(), *(part.encode() for part in KEY.split(":"))]
"""The marker, and each half of it."""


class Processes:
    """Looks at the arguments and the surroundings of every process that is started meanwhile."""

    def __init__(self) -> None:
        self.seen: dict[int, tuple[bytes, bytes]] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.is_set():
            for entry in Path("/proc").glob("[0-9]*"):
                try:
                    if int(entry.name) != os.getpid() and f"PPid:\t{os.getpid()}\n" in (entry / "status").read_text():
                        self.seen[int(entry.name)] = (
                            (entry / "cmdline").read_bytes(),
                            (entry / "environ").read_bytes(),
                        )
                except OSError:
                    continue
            time.sleep(0.01)

    def close(self) -> None:
        """Look no more."""
        self._end.set()
        self._thread.join()


@pytest.fixture
def processes() -> Iterator[Processes]:
    """What is started in the meantime."""
    made = Processes()
    yield made
    made.close()


def search(*folders: Path) -> list[str]:
    """The files that hold the key or half of it."""
    found = []
    for path in files(*folders):
        with contextlib.suppress(FileNotFoundError):  # the folder of a job that was placed goes meanwhile
            if any(part in path.read_bytes() for part in PARTS):
                found.append(str(path))
    return found


def tells_the_key(status: int) -> Any:
    """A service that puts the key that it got into its error."""
    return says(status, {"detail": f"invalid key {KEY}, as in Authorization: Key {KEY}", "error_type": KEY})


@pytest.fixture
def scene(tmp_path: Path) -> bpy.types.Scene:
    """A saved project with a shot that has to be exported, and a reference."""
    scene = open_timeline()
    movie = add_movie(scene, footage.movie(tmp_path / "forest.mp4", frames=150))
    compat.set_end(movie, 81)
    image = add_image(scene, footage.png(tmp_path / "ann.png"), channel=3, frame=1)
    select(scene, image)
    bpy.ops.reshoot.reference_add(kind="IMAGE")
    scene.reshoot.prompt = "Make it snow on @Image1"
    select(scene, movie)
    (tmp_path / "film").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film" / "cut.blend"), compress=False)
    return scene


def test_the_key_is_nowhere(
    scene: bpy.types.Scene,
    service: BadService,
    processes: Processes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    for point, answer in (
        ("token", tells_the_key(401)),
        ("upload", tells_the_key(400)),
        ("submit", tells_the_key(422)),
        ("status", tells_the_key(403)),
        ("result", tells_the_key(422)),
        ("submit", drops),
    ):
        service.misbehave(point, answer)
        said.append(refusal(bpy.ops.reshoot.shoot))
        service.behave()
    # What the file does not show has to be rendered.
    compat.strips(scene.sequence_editor)["forest"].color_saturation = 0.5
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    bpy.ops.reshoot.ledger_save(filepath=str(tmp_path / "spending.csv"))
    bpy.ops.wm.save_mainfile()
    bpy.data.libraries.write(str(tmp_path / "scene.blend"), {scene})
    processes.close()

    assert len(said) == 6 and not [words for words in said if any(part.decode() in words for part in PARTS)]
    home = Path(os.environ["RESHOOT_HOME"])
    assert (home / "journal.sqlite3").exists() and list((tmp_path / "film" / "reshoot").glob("*_take*_*.json"))
    found = search(home, tmp_path, Path(bpy.app.tempdir), Path(os.environ["BLENDER_USER_RESOURCES"]))
    assert found == [], "the key is in a file"
    told = capfd.readouterr()
    for text in (caplog.text, told.out, told.err):
        assert not any(part.decode() in text for part in PARTS), "the key is in what was logged"
    assert processes.seen, "a background Blender was seen"
    for words, surroundings in processes.seen.values():
        assert not any(part in words for part in PARTS), "the key is in an argument"
        assert not any(part in surroundings for part in PARTS), "the key is in another process's environment"


def test_the_key_goes_to_the_service_and_nowhere_else(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    """Neither with the files nor after a redirect."""
    with bad_service.running() as elsewhere:
        to_elsewhere = says(302, "moved", Location=f"{elsewhere.base}/anywhere")
        for point in ("status", "result", "submit"):
            service.misbehave(point, to_elsewhere)
            refusal(bpy.ops.reshoot.shoot)
            service.behave()
        service.misbehave("download", says(302, "moved", Location=f"{elsewhere.base}/results/request-1.mp4"), times=1)
        elsewhere.misbehave(
            "download", lambda each: bad_service.sends(service.result_of(list(service.accepted)[-1]))(each)
        )
        assert bpy.ops.reshoot.shoot() == {"FINISHED"}
        assert elsewhere.count("download") == 1
        for request in elsewhere.requests:
            assert not any(part.decode() in str(request.headers) or part in request.body for part in PARTS)
    for request in service.heard("download") + service.heard("upload"):
        assert not any(part.decode() in str(request.headers) or part in request.body for part in PARTS)
    assert all(request.headers.get("authorization") == f"Key {KEY}" for request in service.heard("submit"))


def test_the_key_of_the_preferences_is_in_no_project(service: BadService, tmp_path: Path) -> None:
    preferences.get().key = KEY
    open_timeline()
    session.current()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cut.blend"), compress=False)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "copy.blend"), copy=True, compress=False)
    assert search(tmp_path) == []
    preferences.get().key = ""


def test_the_rehearsal_is_on_this_computer_alone_and_has_a_token_of_its_own(
    tmp_path: Path,
) -> None:
    """It listens on loopback, refuses whoever has not its token, and makes a new one each time."""
    tokens = set()
    for folder in ("one", "two"):
        made = services.Services(tmp_path / folder, None)
        made.refresh()
        connection = made.connect("rehearsal")
        base = connection._service.base
        assert base.startswith("http://127.0.0.1:")
        tokens.add(connection._service.key)
        request = urllib.request.Request(f"{base}/storage/auth/token", b"{}", {"Authorization": f"Key {KEY}"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 401
        refused.value.close()
        port = base.rpartition(":")[2]
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        own = [row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{int(port):04X}")]
        assert own == [f"0100007F:{int(port):04X}"], "it listens on 127.0.0.1 alone"
        made.close(forget=False)
    assert len(tokens) == 2 and KEY not in tokens


def test_nothing_of_a_retry_tells_it_either(scene: bpy.types.Scene, service: BadService) -> None:
    service.misbehave("submit", tells_the_key(402), times=1)
    refusal(bpy.ops.reshoot.shoot)
    retry()
    assert search(Path(os.environ["RESHOOT_HOME"])) == []
