# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the environments under build/env: `tools` without Blender, `bench` with the ffmpeg program besides, and
`bpy-<series>` with Blender as a Python module.

`blender-<series>`, a real Blender with a window, is the business of `debian.py`, and `windows`, Python for Windows,
that of `windows.py`. An environment is made once: it is left alone until what it is made from changes. Touches nothing
outside build/, except that it asks apt-get for the system libraries that bpy lacks, and for wine, where it runs as root
on a Debian machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import debian
import windows

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / "build" / "env"
TOOLS = ROOT / "tools"

BPY = {"4.2": "4.2.23", "4.5": "4.5.15", "5.0": "5.0.1", "5.2": "5.2.0"}
# The Python that a bpy wheel is for, where it is not the one that runs this.
PYTHON = (3, 11)
NEWER_PYTHON = {"5.2": (3, 13)}
NAMES = ("tools", "bench", *(f"bpy-{series}" for series in BPY), *debian.NAMES, windows.NAME)

# What the bpy wheels are linked against and do not carry, as Debian names it.
SYSTEM_PACKAGES = [
    "libgl1",
    "libgomp1",
    "libice6",
    "libsm6",
    "libx11-6",
    "libxext6",
    "libxfixes3",
    "libxi6",
    "libxkbcommon0",
    "libxrender1",
    "libxxf86vm1",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    names = parser.parse_args().names
    if sys.version_info[:2] != PYTHON:
        older = ", ".join(version for series, version in BPY.items() if series not in NEWER_PYTHON)
        sys.exit(
            f"setup: bpy {older} exist for Python 3.11 only, and this is "
            f"{sys.version.split()[0]} ({sys.executable}). Name another: make PYTHON=/path/to/python3.11"
        )
    for name in names:
        provide(name)
        if name == "tools":
            provide_node()


def provide_node() -> None:
    """What the tests need of Node, where there is npm: those of JavaScript's client are left out elsewhere."""
    npm = shutil.which("npm")
    if npm is None:
        print(
            "setup: there is no npm here, so the rehearsal is not tested with fal's client for JavaScript", flush=True
        )
        return
    folder = ENVIRONMENTS / "node"
    files = [TOOLS / "node" / name for name in ("package.json", "package-lock.json")]
    made_from = "".join(file.read_text(encoding="utf-8") for file in files)
    stamp = folder / "made-from.txt"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return
    print(f"setup: making {folder.relative_to(ROOT)}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    run([npm, "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp.write_text(made_from, encoding="utf-8")


def provide(name: str) -> None:
    """Make the environment `name`, unless it is there and was made from the same things."""
    if name in debian.NAMES:
        debian.provide(name)
        return
    if name == windows.NAME:
        windows.provide()
        return
    folder = ENVIRONMENTS / name
    installs = pip_arguments(name)
    stamp = folder / "made-from.json"
    python, version = interpreter(name)
    # The folder too: a virtual environment that was copied elsewhere does not work.
    made_from = json.dumps([str(folder.resolve()), version, installs, contents(installs)], indent=1)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return
    print(f"setup: making {folder.relative_to(ROOT)}", flush=True)
    # Without pip: the one that runs us installs into it. Debian's Python may lack ensurepip.
    if python == sys.executable:
        venv.create(folder, clear=True, symlinks=True, with_pip=False)
    else:
        run([python, "-m", "venv", "--clear", "--symlinks", "--without-pip", str(folder)])
    python = str(folder / "bin" / "python")
    for arguments in installs:
        pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", "--no-deps", "--only-binary=:all:", *arguments])
    if name.startswith("bpy-"):
        check_libraries(python)
    stamp.write_text(made_from, encoding="utf-8")


def interpreter(name: str) -> tuple[str, str]:
    """The Python that the environment `name` is made with: its program and its sys.version."""
    wanted = NEWER_PYTHON.get(name.removeprefix("bpy-"), PYTHON)
    if wanted == PYTHON:
        return sys.executable, sys.version
    words = ".".join(map(str, wanted))
    # What a version manager puts on PATH may refuse to run: it is asked for what it is, not for whether it is there.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    on_path = (shutil.which(f"python{words}", path=folder) for folder in os.get_exec_path())
    for candidate in (*filter(None, on_path), *sorted(versions.glob(f"{words}*/bin/python{words}"), reverse=True)):
        question = "import sys, venv; print(sys.version_info[:2]); print(sys.executable); print(sys.version)"
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True)
        found, _, rest = answer.stdout.strip().partition("\n")
        if not answer.returncode and found == str(wanted):
            program, _, version = rest.partition("\n")
            return program, version
    sys.exit(
        f"setup: {name} needs Python {words}, with its module venv, and there is none on PATH nor in {versions}. "
        f"Install it (Debian: python{words}-venv; pyenv: pyenv install {words}), or name the others: BPY=…"
    )


def pip_arguments(name: str) -> list[list[str]]:
    """What pip installs into the environment `name`, one list for each call."""
    tools = [["--require-hashes", "-r", "tools/wheels.lock"], ["-r", "tools/requirements-tools.txt"]]
    if name == "tools":
        return tools
    if name == "bench":
        return [*tools, ["-r", "tools/requirements-bench.txt"]]
    series = name.removeprefix("bpy-")
    numpy = "tools/requirements-bpy-3.13.txt" if series in NEWER_PYTHON else "tools/requirements-bpy-3.11.txt"
    return [["-r", "tools/requirements-bpy.txt", "-r", numpy, f"bpy=={BPY[series]}"]]


def contents(installs: list[list[str]]) -> list[str]:
    """The text of the requirement files that the calls name."""
    return [
        (ROOT / word).read_text(encoding="utf-8") for call in installs for word in call if word.startswith("tools/")
    ]


def check_libraries(python: str) -> None:
    """See that bpy finds its system libraries; on Debian, as root, install what is missing."""
    missing = missing_libraries(python)
    if not missing:
        return
    install = f"apt-get install --no-install-recommends {' '.join(SYSTEM_PACKAGES)}"
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"setup: {', '.join(missing)} missing: {install}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "-qq", "update"], quiet)
        run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *SYSTEM_PACKAGES], quiet)
        missing = missing_libraries(python)
    if missing:
        sys.exit(f"setup: bpy needs {', '.join(missing)}. On Debian or Ubuntu, as root: {install}")


def missing_libraries(python: str) -> list[str]:
    """Names of the shared libraries that bpy's own module asks for and the system does not have."""
    (module,) = Path(python).parent.parent.glob("lib/python3.*/site-packages/bpy/__init__*.so")
    answer = subprocess.run(["ldd", str(module)], capture_output=True, text=True, check=True)
    return sorted({line.split()[0] for line in answer.stdout.splitlines() if line.endswith("not found")})


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if code:
        sys.exit(f"setup: this failed with exit code {code}: {' '.join(command)}")


if __name__ == "__main__":
    main()
