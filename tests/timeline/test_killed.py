# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender is killed (SIGKILL) at every step of a job and between them. The next one opens the file and resumes: the
take is there, once, and the service has taken one request.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import bad_service
import bpy
import editing
import footage
import pytest
from bad_service import IN_QUEUE, BadService, Exchange
from campaign import sampled
from patience import stretched

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

SECONDS = stretched(120.0)
DOOMED = Path(__file__).parents[1] / "helpers" / "timeline" / "doomed.py"
STATES = ("PREPARED", "EXPORTING", "UPLOADING", "SUBMITTING", "WAITING", "DOWNLOADING", "LANDED", "PLACED")

Moment = Callable[["Desk"], bool]


class Desk:
    """An editor's computer: a saved project with a shot that has to be exported, and the Blenders that open it."""

    def __init__(self, folder: Path, service: BadService, movie: Path) -> None:
        self.home = folder / "home"
        self.project = folder / "film" / "film.blend"
        self.report = folder / "report.json"
        self.log = folder / "blender.log"
        self.service = service
        self.blender: subprocess.Popen[bytes] | None = None
        self._resources = folder / "resources"
        self.project.parent.mkdir()
        shutil.copytree(os.environ["BLENDER_USER_RESOURCES"], self._resources)
        scene = editing.open_timeline()
        strip = editing.add_movie(scene, movie)
        editing.compat.set_end(strip, 81)
        # What the file does not show has to be rendered.
        strip.color_saturation = 0.5
        # Enough that saving takes its time.
        mesh = bpy.data.meshes.new("forest")
        mesh.vertices.add(3_000_000)
        mesh.use_fake_user = True
        bpy.ops.wm.save_as_mainfile(filepath=str(self.project), compress=False)

    def start(self, what: str) -> subprocess.Popen[bytes]:
        """A Blender that does `what` with the project."""
        self.report.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(self._resources),
            "RESHOOT_HOME": str(self.home),
        }
        with self.log.open("ab") as log:
            self.blender = subprocess.Popen(
                [sys.executable, str(DOOMED), str(self.report), str(self.project), what],
                env=environment,
                stdout=log,
                stderr=log,
            )
        return self.blender

    def kill(self) -> None:
        """End the Blender that runs, as a crash would."""
        assert self.blender is not None
        self.blender.kill()
        self.blender.wait()

    def rows(self) -> list[tuple[str, str]]:
        """Id and state of every job; nothing where there is no journal yet."""
        path = self.home / "journal.sqlite3"
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                return connection.execute("SELECT id, state FROM jobs").fetchall()
            except sqlite3.OperationalError:
                return []

    def let_the_leases_end(self) -> None:
        """As if a quarter of a minute had gone by since the Blender was killed."""
        with closing(sqlite3.connect(self.home / "journal.sqlite3", timeout=10)) as connection, connection:
            connection.execute("UPDATE jobs SET held_until = 0")

    def resume(self) -> Any:
        """The next Blender, to its end. What it reports."""
        blender = self.start("resume")
        assert blender.wait(SECONDS) == 0, self.log.read_text(errors="replace")[-3000:]
        return json.loads(self.report.read_text(encoding="utf-8"))

    def exporters(self) -> list[int]:
        """The background Blenders that render this project's clips."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if str(self.home).encode() in words and b"render_clip" in words:
                    found.append(int(entry.name))
        return found


@pytest.fixture
def desk(tmp_path: Path, service: BadService, long_movie: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, service, long_movie)
    yield made
    if made.blender is not None and made.blender.poll() is None:
        made.kill()


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds, of which the shot is the first half."""
    return footage.movie(tmp_path_factory.mktemp("footage") / "forest.mp4", frames=150)


def until(desk: Desk, moment: Moment) -> None:
    """Wait for it, looking as often as can be."""
    end = time.monotonic() + SECONDS
    while not moment(desk):
        assert desk.blender is not None and desk.blender.poll() is None, (
            "Blender was done before it came to this: " + desk.log.read_text(errors="replace")[-3000:]
        )
        assert time.monotonic() < end, "it did not come to this"
        time.sleep(0.0005)


def in_state(state: str) -> Moment:
    """The first job is in `state`, or past it."""
    late = STATES[STATES.index(state) :]
    return lambda desk: any(found in late for _, found in desk.rows())


def is_exporting(desk: Desk) -> bool:
    return bool(desk.exporters())


def has_a_clip(desk: Desk) -> bool:
    return any(path.suffix == ".mp4" for path in editing.files(desk.home))


def has_a_take(desk: Desk) -> bool:
    return any((desk.project.parent / "reshoot").glob("*.mp4"))


def is_saving(desk: Desk) -> bool:
    return desk.project.with_name(f"{desk.project.name}@").exists()


MOMENTS: dict[str, Moment] = {
    **{f"once it is {state}": in_state(state) for state in STATES},
    "while the clip is rendered": is_exporting,
    "while the clip is written": has_a_clip,
    "once the take is on disk": has_a_take,
    "while the file is saved": is_saving,
}


def came_home(desk: Desk) -> None:
    """Resume, and see that the take is there, once, for one request; and that nothing changes when it is done again."""
    desk.let_the_leases_end()
    report = desk.resume()
    ((job, state),) = desk.rows()
    assert (report, state) == ({"error": "", "takes": [job]}, "PLACED")
    assert len(desk.service.accepted) == desk.service.count("submit") == 1
    assert len(list((desk.project.parent / "reshoot").glob("*.mp4"))) == 1
    assert desk.resume() == report, "nothing comes twice"
    assert desk.service.count("submit") == 1


@pytest.mark.parametrize("moment", sampled(MOMENTS, "once it is SUBMITTING", "once it is WAITING"))
def test_killed(desk: Desk, moment: str) -> None:
    desk.start("shoot")
    until(desk, MOMENTS[moment])
    desk.kill()
    exporters = desk.exporters()
    if any(state == "SUBMITTING" for _, state in desk.rows()):
        was_unsure(desk)
    else:
        came_home(desk)
    end = time.monotonic() + SECONDS
    while set(exporters) & set(desk.exporters()):
        assert time.monotonic() < end, "the renderer of the dead Blender goes on"
        time.sleep(0.05)


def was_unsure(desk: Desk) -> None:
    """Nobody can know whether the request was taken: the job says so, and nothing is submitted again."""
    desk.let_the_leases_end()
    report = desk.resume()
    ((_, state),) = desk.rows()
    assert state == "UNSURE" and report["takes"] == []
    assert "accepted" in report["error"], report
    assert desk.resume()["takes"] == [], "told once; nothing moves until the editor decides"
    # What the dead one has sent may be read by the service after its death.
    assert desk.service.count("submit") <= 1


@pytest.mark.campaign
def test_the_service_of_the_job_is_another_one_now(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is another service's: the job is not asked after until the editor names its own one again."""
    # It would be finished by the time that a busy machine gets to the kill.
    desk.service.misbehave("status", IN_QUEUE)
    desk.start("shoot")
    until(desk, in_state("WAITING"))
    desk.kill()
    desk.service.behave()
    desk.let_the_leases_end()
    asked = len(desk.service.requests)
    address = os.environ["RESHOOT_SERVICE_URL"]
    monkeypatch.setenv("RESHOOT_SERVICE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FAL_KEY", "of-another-service")
    report = desk.resume()
    assert report["takes"] == [] and f"the service {address}" in report["error"]
    assert f"Set RESHOOT_SERVICE_URL to {address} again" in report["error"]
    assert [state for _, state in desk.rows()] == ["FAILED"]
    assert len(desk.service.requests) == asked, "it was asked with another service's key"


def kills(desk: Desk, first: Callable[[Exchange], None] = lambda exchange: None) -> Callable[[Exchange], None]:
    """At this request Blender dies, when the service has done `first`; no answer comes."""

    def answer(exchange: Exchange) -> None:
        assert desk.blender is not None
        first(exchange)
        desk.blender.send_signal(signal.SIGKILL)
        desk.blender.wait()
        bad_service.drops(exchange)

    return answer


def takes(exchange: Exchange) -> None:
    """The request is taken."""
    exchange.service.accepted["request-1"] = json.loads(exchange.asked.body)


def sends_half(exchange: Exchange) -> None:
    """Half of the result is on its way."""
    data = exchange.service.result_of(exchange.asked.job)
    exchange.send_response(200)
    exchange.send_header("Content-Type", bad_service.MP4)
    exchange.send_header("Content-Length", str(len(data)))
    exchange.end_headers()
    exchange.wfile.write(data[: len(data) // 2])


@pytest.mark.campaign
@pytest.mark.parametrize("point", sampled(["token", "upload", "status", "result", "download"], "status"))
def test_killed_while_it_asks(desk: Desk, service: BadService, point: str) -> None:
    service.misbehave(point, kills(desk), times=1)
    assert desk.start("shoot").wait(SECONDS) == -signal.SIGKILL
    came_home(desk)


@pytest.mark.campaign
def test_killed_in_the_middle_of_a_download(desk: Desk, service: BadService) -> None:
    service.misbehave("download", kills(desk, sends_half), times=1)
    assert desk.start("shoot").wait(SECONDS) == -signal.SIGKILL
    came_home(desk)


@pytest.mark.parametrize(
    "taken", [pytest.param(False, marks=pytest.mark.campaign, id="not taken"), pytest.param(True, id="taken")]
)
def test_killed_while_it_submits(desk: Desk, service: BadService, taken: bool) -> None:
    service.misbehave("submit", kills(desk, takes) if taken else kills(desk), times=1)
    assert desk.start("shoot").wait(SECONDS) == -signal.SIGKILL
    assert [state for _, state in desk.rows()] == ["SUBMITTING"], "on disk before the request left"
    was_unsure(desk)


@pytest.mark.campaign
def test_killed_and_killed_again(desk: Desk) -> None:
    """The Blender that takes up the job is killed too, at every state that it brings it to."""
    desk.start("shoot")
    until(desk, in_state("WAITING"))
    desk.kill()
    for state in ("DOWNLOADING", "LANDED", "PLACED"):
        desk.let_the_leases_end()
        desk.start("resume")
        until(desk, in_state(state))
        desk.kill()
    came_home(desk)
