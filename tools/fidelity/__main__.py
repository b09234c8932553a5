# SPDX-License-Identifier: GPL-3.0-or-later
"""`make fidelity`: real round trips through the installed zip and the loopback rehearsal, in which the service gives
back what it was sent; what the timeline shows and sounds like before and after; docs/fidelity.md with the figures.

Every case is measured in each of `cases.BLENDERS`; --in names some of them. Ends with an error where a row of the
design falls short. Arguments: the names of cases or of their groups, all where there are none.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from cases import BLENDERS, Case, every
from judge import judge
from report import write

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "build" / "env"
RESULTS = ROOT / "build" / "fidelity" / "results"
REPORT = ROOT / "docs" / "fidelity.md"
WORKERS = 2
MAX_SECONDS = 1200
"""For one case: a Blender that takes this long hangs."""


class Worker:
    """One Blender at a time that takes a case after another, and another one where it crashes or hangs."""

    def __init__(self, number: int) -> None:
        self._log = RESULTS.parent / f"worker{number}.log"
        self._log.write_bytes(b"")
        self._blender = ""
        self._process: subprocess.Popen[str] | None = None
        self._told = -1

    def run(self, blender: str, case: Case) -> dict[str, Any]:
        """What was measured of `case` in one of BLENDERS; its error where it could not be."""
        path = RESULTS / blender / f"{case.name}.json"
        path.unlink(missing_ok=True)
        process = self._ready(blender)
        assert process.stdin is not None
        process.stdin.write(f"{case.name}\n")
        process.stdin.flush()
        ready, _, _ = select.select([self._told], [], [], MAX_SECONDS)
        if ready and os.read(self._told, 4096):
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return found
        process.kill()
        code = process.wait()
        self.close()
        return {"error": f"Blender hung or crashed ({code}): {self._log}"}

    def close(self) -> None:
        """Let the Blender end."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            os.close(self._told)
            shutil.rmtree(self._settings, ignore_errors=True)
            self._process = None

    def _ready(self, blender: str) -> subprocess.Popen[str]:
        if self._process is not None and self._blender != blender:
            self.close()
        if self._process is None:
            self._blender = blender
            self._told, tell = os.pipe()
            self._settings = tempfile.mkdtemp(prefix="reshoot-fidelity-")
            environment = {**_clean(), "BLENDER_USER_RESOURCES": self._settings}
            command = _started(blender, str(RESULTS / blender), str(tell))
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, pass_fds=[tell], env=environment
                )
            os.close(tell)
        return self._process


def _started(blender: str, *arguments: str) -> list[str]:
    """How the worker is started in `blender`: in the real one where there is its Debian, else in bpy's Python."""
    script = Path(__file__).parent / "worker.py"
    folder = ENVIRONMENTS / f"blender-{blender}"
    if not folder.exists():
        return [str(ENVIRONMENTS / f"bpy-{blender}" / "bin" / "python"), str(script), *arguments]
    spec = importlib.util.spec_from_file_location("debian", ROOT / "tools" / "debian.py")
    assert spec is not None and spec.loader is not None
    debian = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(debian)
    options = ["--background", "--factory-startup", "-noaudio", "--python-use-system-env", "--python-exit-code", "1"]
    shared = dict.fromkeys([Path("/tmp"), Path(tempfile.gettempdir()).resolve(), ROOT])
    words = ["blender", *options, "--python", str(script), "--", *arguments]
    command: list[str] = debian.inside(folder, list(shared), words)
    return command


def _clean() -> dict[str, str]:
    """The environment without the developer's own keys, services and proxies, and with the tests' helpers in reach."""
    ours = ("FAL_", "RESHOOT_")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(ours) and "proxy" not in name.lower()
    }
    helpers = ROOT / "tests" / "helpers"
    modules = (Path(__file__).parent, helpers, helpers / "timeline")
    return {
        **kept,
        "PATH": os.environ.get("PATH", "") + ":/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
        # Neither has a graphics card of its own; what the driver has compiled is there for the next Blender.
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "MESA_SHADER_CACHE_DIR": str(ROOT / "build" / "cache" / "mesa"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="CASE")
    parser.add_argument("--in", nargs="+", choices=BLENDERS, default=list(BLENDERS), dest="blenders")
    asked = parser.parse_args()
    names = asked.names
    chosen = [case for case in every() if not names or case.name in names or case.group in names]
    unknown = set(names) - {case.name for case in chosen} - {case.group for case in chosen}
    if unknown or not chosen:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    trips = [(blender, case) for blender in asked.blenders for case in chosen if case.runs_in(blender)]
    for blender in asked.blenders:
        (RESULTS / blender).mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    waiting, lock = list(reversed(trips)), threading.Lock()
    measured: dict[str, dict[str, Any]] = {blender: {} for blender in asked.blenders}

    def work(number: int) -> None:
        worker = Worker(number)
        while True:
            with lock:
                if not waiting:
                    break
                blender, case = waiting.pop()
            found = worker.run(blender, case)
            with lock:
                measured[blender][case.name] = found
                _tell(blender, case, found, sum(map(len, measured.values())), len(trips))
        worker.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(min(WORKERS, len(trips)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not names and asked.blenders == list(BLENDERS):
        write(REPORT, chosen, measured, time.monotonic() - began)
        print(f"fidelity: {REPORT.relative_to(ROOT)} is written")
    short = [
        f"{case.name} ({blender})"
        for blender, case in trips
        if any(each.good is False for each in judge(case, measured[blender][case.name]))
    ]
    print(f"fidelity: {len(trips) - len(short)} round trips hold, {len(short)} fall short {', '.join(short)}".rstrip())
    sys.exit(1 if short else 0)


def _tell(blender: str, case: Case, found: dict[str, Any], done: int, of: int) -> None:
    verdicts = judge(case, found)
    figures = "  ".join(f"{'!' if each.good is False else ''}{each.row}: {each.figure}" for each in verdicts)
    print(f"{done:3}/{of} {found.get('seconds', 0):5.1f} s {blender} {case.name:28} {figures}", flush=True)
    if "error" in found:
        print(f"        {found['error']}")
    for line in (*found.get("project", ())[:6], *found.get("undo", ())[:6]):
        print(f"        {line}")


if __name__ == "__main__":
    main()
