# SPDX-License-Identifier: GPL-3.0-or-later
"""`make fidelity`: real round trips through the installed zip and the loopback rehearsal, in which the service gives
back what it was sent; what the timeline shows and sounds like before and after; docs/fidelity.md with the figures.

Ends with an error where a row of the design falls short. Arguments: the names of cases, all where there are none.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from cases import Case, every
from judge import judge
from report import write

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "fidelity" / "results"
REPORT = ROOT / "docs" / "fidelity.md"
WORKERS = 2
MAX_SECONDS = 420
"""For one case: a Blender that takes this long hangs."""


class Worker:
    """One Blender at a time that takes a case after another, and another one where it crashes or hangs."""

    def __init__(self, number: int) -> None:
        self._log = RESULTS.parent / f"worker{number}.log"
        self._log.write_bytes(b"")
        self._process: subprocess.Popen[str] | None = None
        self._told = -1

    def run(self, case: Case) -> dict[str, Any]:
        """What was measured of `case`; its error where it could not be."""
        path = RESULTS / f"{case.name}.json"
        path.unlink(missing_ok=True)
        process = self._ready()
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
            self._process = None

    def _ready(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._told, tell = os.pipe()
            command = [sys.executable, str(Path(__file__).parent / "worker.py"), str(RESULTS), str(tell)]
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, pass_fds=[tell], env=_clean()
                )
            os.close(tell)
        return self._process


def _clean() -> dict[str, str]:
    """The environment without the developer's own keys, services and proxies, and with the tests' helpers in reach."""
    ours = ("FAL_", "RESHOOT_")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(ours) and "proxy" not in name.lower()
    }
    helpers = ROOT / "tests" / "helpers"
    return {**kept, "PYTHONPATH": os.pathsep.join((str(helpers), str(helpers / "timeline")))}


def main() -> None:
    names = sys.argv[1:]
    chosen = [case for case in every() if not names or case.name in names or case.group in names]
    unknown = set(names) - {case.name for case in chosen} - {case.group for case in chosen}
    if unknown or not chosen:
        sys.exit(f"fidelity: there is no case {', '.join(sorted(unknown))}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    waiting, measured, lock = list(reversed(chosen)), {}, threading.Lock()

    def work(number: int) -> None:
        worker = Worker(number)
        while True:
            with lock:
                if not waiting:
                    break
                case = waiting.pop()
            found = worker.run(case)
            with lock:
                measured[case.name] = found
                _tell(case, found, len(measured), len(chosen))
        worker.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(min(WORKERS, len(chosen)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not names:
        write(REPORT, chosen, measured, time.monotonic() - began)
        print(f"fidelity: {REPORT.relative_to(ROOT)} is written")
    short = [case.name for case in chosen if any(each.good is False for each in judge(case, measured[case.name]))]
    print(f"fidelity: {len(chosen) - len(short)} cases hold, {len(short)} fall short {' '.join(short)}".rstrip())
    sys.exit(1 if short else 0)


def _tell(case: Case, found: dict[str, Any], done: int, of: int) -> None:
    verdicts = judge(case, found)
    figures = "  ".join(f"{'!' if each.good is False else ''}{each.row}: {each.figure}" for each in verdicts)
    print(f"{done:3}/{of} {found.get('seconds', 0):5.1f} s {case.name:28} {figures}", flush=True)
    if "error" in found:
        print(f"        {found['error']}")
    for line in (*found.get("project", ())[:6], *found.get("undo", ())[:6]):
        print(f"        {line}")


if __name__ == "__main__":
    main()
