# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory and the time that a large transfer takes beyond what is there without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import blenders
from figures import Figure

TITLE = "Memory of a transfer"
HOW = """\
Each transfer in a new process, through the product's own `core.service.fal.Connection.upload` and
`core.service.download.fetch` with the wheels that are shipped, to and from a loopback server in another process, which
throws away what it gets and makes up what it gives. Everything is imported and a megabyte has gone the same way before
it counts. What is told is the most that the system ever saw in memory during the transfer (`VmHWM`, set back just
before) beyond what was in it right before. 95 MB go up in one request, 200 MB in parts, as in fal's own client. In
Blender 5.2 the extension is installed from the zip, and the same script runs there.

The time is compared with Python's `http.client` doing the same in another new process: one request, pieces of 256 KiB,
the download synced to disk as ours is. Parts are waited for one by one, which one request has not to do."""

_HERE = Path(__file__).parent
_LARGE = 200_000_000
_SINGLE = 95_000_000
_CASES = (
    ("upload.single", "upload", _SINGLE, "95 MB up, in one request"),
    ("upload.parts", "upload", _LARGE, "200 MB up, in parts"),
    ("download", "download", _LARGE, "200 MB down"),
)
_SECONDS = 120
_BUDGET = 32.0
_MEMORY = "memory of a transfer beyond what is there without it"
_TIME = "time of a transfer"
_SETTLE = 'import addon_utils; assert addon_utils.enable("bl_ext.user_default.reshoot")'


def measure(folder: Path, trials: int) -> Iterator[Figure]:
    """The figures of transfers."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ratios = []
    with _sink() as base:
        for name, what, size, words in _CASES:
            ours, plain = [], []
            for _ in range(trials):
                ours.append(_transfer(folder, base, what, size))
                plain.append(_transfer(folder, base, what, size, plain=True))
            yield Figure(
                f"memory.{name}",
                _MEMORY,
                words,
                "MiB",
                tuple(one["mib"] for one in ours),
                _BUDGET,
                f"plainly copied {median(one['mib'] for one in plain):.1f} MiB",
            )
            rates = [size / 1e6 / median(one["seconds"] for one in each) for each in (ours, plain)]
            ratios.append(
                Figure(
                    f"memory.{name}.time",
                    _TIME,
                    f"{words}: as often as long as a plain copy",
                    "×",
                    tuple(one["seconds"] / other["seconds"] for one, other in zip(ours, plain, strict=True)),
                    note=f"{rates[0]:.0f} MB/s; plainly copied {rates[1]:.0f} MB/s",
                )
            )
        yield _in_blender(folder, base, trials)
    yield from ratios


def _in_blender(folder: Path, base: str, trials: int) -> Figure:
    """What 200 MB up and 200 MB down take at most, each in a Blender that was just started."""
    installation, home = blenders.chosen(), folder / "home"
    blenders.install(installation, home)
    found, before = [], []
    for _ in range(trials):
        both = []
        for what in ("upload", "download"):
            wish, answer = _wish(folder, base, what, _LARGE, package="bl_ext.user_default.reshoot")
            script = ("--python-expr", _SETTLE, "--python", str(_HERE / "transfer.py"), "--", str(wish))
            command = installation.command(installation.program, "-b", "--python-exit-code", "1", *script)
            both.append(_run(command, blenders.surroundings(home), answer))
        found.append(max(one["mib"] for one in both))
        before += [one["before_mib"] for one in both]
    return Figure(
        "memory.blender",
        _MEMORY,
        "the same inside Blender, the greater of 200 MB up and 200 MB down",
        "MiB",
        tuple(found),
        _BUDGET,
        f"Blender itself has {median(before):.0f} MiB",
    )


def _transfer(folder: Path, base: str, what: str, size: int, *, plain: bool = False) -> dict[str, float]:
    wish, answer = _wish(folder, base, what, size, plain=plain)
    return _run([sys.executable, str(_HERE / "transfer.py"), str(wish)], os.environ, answer)


def _wish(
    folder: Path, base: str, what: str, size: int, *, package: str = "reshoot", plain: bool = False
) -> tuple[Path, Path]:
    """The file that says what `transfer` is to do, and the one that it will write."""
    wish, answer = folder / "wish.json", folder / "answer.json"
    answer.unlink(missing_ok=True)
    wishes = {"package": package, "plain": plain, "what": what, "base": base, "bytes": size}
    wish.write_text(json.dumps({**wishes, "folder": str(folder / "files"), "answer": str(answer)}), encoding="utf-8")
    return wish, answer


def _run(command: list[str], environment: Mapping[str, str], answer: Path) -> dict[str, float]:
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
    )
    if done.returncode or not answer.is_file():
        raise RuntimeError(f"the transfer failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(answer.read_text(encoding="utf-8"))


@contextmanager
def _sink() -> Iterator[str]:
    """The address of the far end, while it runs."""
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "sink.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
