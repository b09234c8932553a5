# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the layers of checks that are named, and ends with one line that counts them all: `N passed, N failed`.

Two layers at a time, each of several processes, since most tests wait most of the time: for a Blender, for a service on
this computer. A layer that crashes, hangs or runs no test at all counts as failed, and so does a test that was skipped
without need. Builds nothing and makes no environment: the Makefile does.

Of each campaign a sample is taken, and the older Blenders run what depends on their version; `--all` runs all of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
RESULTS = BUILD / "test-results"
ENVIRONMENTS = BUILD / "env"
NEWEST = "5.2"
"""The Blender that runs all tests, as a module and with a window; others run those that are marked `every_blender`."""
MAX_SECONDS, MAX_SECONDS_OF_ALL = 1500, 7200
"""That a layer may take: the longest takes less than half of it on two cores. One that takes longer hangs."""
SLOW_FILES = ("jobs/test_fault_matrix.py", "jobs/test_runner.py", "test_rehearsal.py")
"""Of tests/core: under wine each runs by itself, before the rest of its folder."""
WINE_CRASHED = re.compile(r"wineserver crashed|wine client error")
"""What wine says of its own server, which ends the programs of all that it serves with it."""
WINE_TRIES = 3
"""How often a piece of the tests is begun that wine's server ends: that of Wine 8.0 crashes now and then."""
WHOLE_SECONDS, WHOLE_SECONDS_OF_ALL = 3600, 5 * 3600
"""That all layers may take together."""
MAY_SKIP = {
    "this Blender was built without sound": ("timeline-4.2",),
    "only root may mount a small disk": (),
    "this computer lets no program mount a disk of its own": (),
    "Linux counts them": (),
    "POSIX signals": (),
    "made of what only POSIX has": (),
    "made of what only Windows has": (),
    "memory is bounded in a process of its own": ("windows",),
    "needs the program git, which lists the project's files": ("windows",),
    "what runs the tests runs on POSIX alone": ("windows",),
    "this system makes no symbolic links": ("windows",),
    "needs the program openssl, which makes the certificates": ("windows",),
    "needs node, and fal's client for JavaScript, which make setup fetches where there is npm": (
        ("windows",) if shutil.which("npm") else ()
    ),
    "needs a device that is always full": (),
}
"""Why a test may be skipped, and in which layers alone; empty for all."""
RANK = {"passed": 0, "skipped": 1, "failed": 2}
VERBOSE_LINE = re.compile(
    r"^\[gw\d+\] \[ *\d+%\] (?P<outcome>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) \S+\.py::"
    r"|^\S+\.py::.* (?P<alone>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) .*\[ *\d+%\]",
    re.MULTILINE,
)
FIGURES = re.compile(r"^=+ (?P<figures>longest stretch .*?)(?=^=|\Z)", re.MULTILINE | re.DOTALL)
STARTED_LINE = re.compile(r"^(?P<test>\S+\.py::\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What became of one layer. words: what to tell about it besides the counts."""

    layer: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    words: str = ""
    log: str = ""


@dataclass(frozen=True)
class Run:
    """How the layers are run. everything: whole campaigns, every test in every Blender. end: by time.monotonic."""

    everything: bool
    workers: int
    end: float

    @property
    def seconds(self) -> float:
        """That a layer which begins now may take."""
        longest = MAX_SECONDS_OF_ALL if self.everything else MAX_SECONDS
        return max(1.0, min(longest, self.end - time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("layers", nargs="+", metavar="LAYER", help="lint, core, timeline-4.2, gui-5.2, ...")
    parser.add_argument("--all", action="store_true", help="whole campaigns, and every test in every Blender")
    parser.add_argument("--jobs", type=int, default=2, help="layers to run at a time")
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 1), help="processes of a layer")
    arguments = parser.parse_args()
    whole = WHOLE_SECONDS_OF_ALL if arguments.all else WHOLE_SECONDS
    run = Run(arguments.all, arguments.workers, time.monotonic() + whole)

    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "summary.txt").unlink(missing_ok=True)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        tasks = [pool.submit(run_layer, layer, run) for layer in arguments.layers]
        outcomes = [task.result() for task in tasks]

    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    summary = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    (RESULTS / "summary.txt").write_text(summary + "\n", encoding="utf-8")
    print(summary, flush=True)
    sys.exit(1 if failed else 0)


def run_layer(layer: str, run: Run) -> Outcome:
    """Run one layer and print what became of it at once, whole when it failed."""
    start = time.monotonic()
    special = {"lint": run_lint, "windows": lambda: run_windows(run)}
    outcome = special[layer]() if layer in special else run_pytest(layer, run)
    lines = [
        f"{layer:14} {outcome.passed:4} passed {outcome.failed:4} failed {outcome.skipped:4} skipped"
        f" {time.monotonic() - start:7.1f} s  {outcome.words}".rstrip()
    ]
    figures = FIGURES.search(outcome.log)
    if figures:
        lines += [f"    {line.strip(' =')}" for line in figures["figures"].splitlines()]
    if outcome.failed:
        lines = [f"----- {layer}", outcome.log.rstrip(), *lines]
    print("\n".join(lines), flush=True)
    return outcome


def run_lint() -> Outcome:
    """Ruff and mypy. Each that complains counts as one failure; none counts as a passed test."""
    tools = ENVIRONMENTS / "tools" / "bin"
    checks = {
        "ruff check": ([tools / "ruff", "check", "--quiet"], ROOT),
        "ruff format": ([tools / "ruff", "format", "--check", "--quiet", "--diff"], ROOT),
        "mypy": (
            [tools / "mypy", "--config-file", ROOT / "pyproject.toml", "--package", "reshoot"],
            stage_package(),
        ),
    }
    complaints = {}
    for name, (command, folder) in checks.items():
        answer = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if answer.returncode:
            complaints[name] = answer.stdout
    log = "\n".join(f"{name}:\n{text}" for name, text in complaints.items())
    words = f"{', '.join(complaints)} complained" if complaints else "ruff check, ruff format, mypy are content"
    return Outcome("lint", failed=len(complaints), words=words, log=log)


def stage_package() -> Path:
    """A folder where the extension stands alone as the package `reshoot`: the checkout may have any name."""
    stage = BUILD / "check"
    shutil.rmtree(stage, ignore_errors=True)
    package = stage / "reshoot"
    package.mkdir(parents=True)
    for module in (*ROOT.glob("*.py"), *(init.parent for init in ROOT.glob("*/__init__.py"))):
        (package / module.name).symlink_to(module)
    return stage


def run_windows(run: Run) -> Outcome:
    """Run tests/core in Python for Windows, piece by piece: under wine pytest's own workers do not come up."""
    pieces = pieces_for_windows()

    def run_piece(name: str) -> Outcome:
        for _ in range(WINE_TRIES):
            outcome = run_pytest("windows", run, pieces[name], f"windows-{name}")
            if not WINE_CRASHED.search(outcome.log):
                return outcome
        return outcome

    with ThreadPoolExecutor(run.workers) as pool:
        outcomes = list(pool.map(run_piece, pieces))
    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    words = "; ".join(one.words for one in outcomes if one.words)
    log = "\n".join(one.log for one in outcomes if one.failed)
    return Outcome("windows", passed, failed, skipped, words, log)


def pieces_for_windows() -> dict[str, list[str]]:
    """The files of each piece, by its name: the slow ones alone, then the rest of each folder."""
    core = ROOT / "tests" / "core"
    pieces: dict[str, list[str]] = {Path(name).stem: [f"tests/core/{name}"] for name in SLOW_FILES}
    for path in sorted(core.rglob("test_*.py")):
        if path.relative_to(core).as_posix() not in SLOW_FILES:
            pieces.setdefault(path.parent.name, []).append(path.relative_to(ROOT).as_posix())
    return pieces


def run_pytest(layer: str, run: Run, targets: Sequence[str] = (), name: str = "") -> Outcome:
    """Run the tests of one layer in its own environment and count them. targets, name: of a piece of them alone."""
    folder, _, series = layer.partition("-")
    # The GUI tests are outside the Blender that they test.
    environment_name = {"timeline": f"bpy-{series}", "windows": "windows"}.get(folder, "tools")
    python = ENVIRONMENTS / environment_name / "bin" / "python"
    if not python.exists():
        return Outcome(layer, failed=1, words=f"there is no {python.relative_to(ROOT)}: make setup")
    junit = RESULTS / f"{name or layer}.xml"
    log_file = RESULTS / f"{name or layer}.log"
    junit.unlink(missing_ok=True)
    command = [
        python,
        "-m",
        "pytest",
        *(targets or (f"tests/{folder}",)),
        "-v",
        f"--junitxml={junit}",
    ]
    # Of neighbours, which share what their module has made, a worker gets several, and gives some away in the end.
    # Windows that are drawn by the processor side by side are too slow for one another; what runs without Blender
    # mostly waits for a connection, or for a clock.
    workers = {"gui": 1, "core": 2 * run.workers}.get(folder, run.workers)
    if not targets:
        command += ["--numprocesses", str(workers), "--dist", "worksteal"]
    # Whole campaigns are the business of the layer `core`: under wine they would take a day.
    if not run.everything or folder == "windows":
        command += ["--sample"]
    if not run.everything and series not in ("", NEWEST):
        command += ["-m", "every_blender"]
    environment = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(BUILD / "cache" / "pycache"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "cache" / "hypothesis"),
    }
    if folder == "gui" and series:
        environment.pop("BLENDER", None)
        environment["RESHOOT_GUI_BLENDER"] = series
    with log_file.open("wb") as log:
        seconds = run.seconds
        code = run_bounded(command, log, environment, seconds)
    text = log_file.read_text(encoding="utf-8", errors="replace")
    if code is None:
        end = f"hung: ended after {seconds:.0f} s"
    else:
        end = f"crashed: {signal.Signals(-code).name}" if code < 0 else f"pytest ended with exit code {code}"

    counts = count_junit(junit)
    if counts is None:
        # The report is written when all is over, so the process did not get that far; the log knows how far it got.
        counts = count_log(text)
        counts["failed"] += 1
        return Outcome(layer, **counts, words=f"{end}, {last_test(text)}", log=text)
    if not counts["passed"] + counts["failed"]:
        counts["failed"] = 1
        return Outcome(layer, **counts, words=f"no test ran ({end})", log=text)
    if code is None or code > 1:
        counts["failed"] = max(counts["failed"], 1)
        return Outcome(layer, **counts, words=end, log=text)
    needless = needless_skips(junit, layer)
    if needless:
        counts["skipped"] -= len(needless)
        counts["failed"] += len(needless)
        return Outcome(layer, **counts, words=f"skipped without need: {', '.join(needless)}", log=text)
    # Blender may crash when its process ends, when the tests are over and reported: told, and not held against them.
    return Outcome(layer, **counts, words=f"{end}, after the last test" if code < 0 else "", log=text)


def run_bounded(command: list[str | Path], log: object, environment: dict[str, str], seconds: float) -> int | None:
    """Run a command in a process group of its own; its exit code, or None where it was ended for taking too long."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # What a test started and left behind goes with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def count_junit(junit: Path) -> dict[str, int] | None:
    """Tests by outcome out of pytest's report, or None where there is no whole report."""
    try:
        cases = list(ElementTree.parse(junit).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None
    worst: dict[tuple[str, str], str] = {}
    for case in cases:
        # A test that fails and cannot be torn down is in the report twice.
        key = (case.get("classname", ""), case.get("name", ""))
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        worst[key] = max(worst.get(key, "passed"), outcome, key=RANK.__getitem__)
    return {outcome: list(worst.values()).count(outcome) for outcome in RANK}


def needless_skips(junit: Path, layer: str) -> list[str]:
    """The tests that were skipped and might have run, each with the reason that it gave."""
    found = []
    for case in ElementTree.parse(junit).iter("testcase"):
        for skip in case.findall("skipped"):
            reason = skip.get("message", "")
            layers = MAY_SKIP.get(reason)
            if layers is None or (layers and layer not in layers):
                found.append(f"{case.get('classname')}.{case.get('name')} ({reason})")
    return found


def count_log(text: str) -> dict[str, int]:
    """Tests by outcome out of pytest's verbose lines."""
    counts = dict.fromkeys(RANK, 0)
    for match in VERBOSE_LINE.finditer(text):
        outcome = {"PASSED": "passed", "SKIPPED": "skipped", "XFAIL": "skipped"}.get(
            match["outcome"] or match["alone"], "failed"
        )
        counts[outcome] += 1
    return counts


def last_test(text: str) -> str:
    """Where the run was when it stopped, in words."""
    started = [match["test"] for match in STARTED_LINE.finditer(text)]
    return f"in {started[-1]}" if started else "before the first test"


if __name__ == "__main__":
    main()
