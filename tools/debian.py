# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the real Blenders of the GUI tests: `build/env/blender-<series>`, each a small Debian in a folder of its own.

Blender, the X server and the picture taker come from Debian's archive and run inside the folder. What has to be mounted
for that is mounted in a name space of the command's own, so nothing stays mounted, whatever happens to the command.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / "build" / "env"

# The Debian that has this series, and what its Blender needs there beyond what its package asks for; in 5.2 also what
# `make fidelity` needs there.
SUITES = {"4.3": ("trixie", ()), "5.2": ("sid", ("python3-cattr", "python3-av", "python3-pytest"))}
NAMES = tuple(f"blender-{series}" for series in SUITES)

PACKAGES = (
    "blender",
    "xvfb",
    "libgl1-mesa-dri",
    # Without it a Blender without a window cannot draw.
    "libegl1",
    "imagemagick",
    "python3-requests",
    "python3-numpy",
    "python3-zstandard",
)
# This machine's own variables may name what is not in there.
_APT = [
    "env",
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "TMPDIR=/tmp",
    "LC_ALL=C",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
]
_INSTALL = [*_APT, "install", "--yes", "--no-install-recommends"]
# What provides the programs that make the folder and run commands in it.
_MAKERS = {"debootstrap": "debootstrap", "unshare": "util-linux", "chroot": "coreutils", "mount": "mount"}


def provide(name: str) -> None:
    """Make the folder `name`, unless it is there and was made from the same things; add packages that it lacks."""
    series = name.removeprefix("blender-")
    suite, extras = SUITES[series]
    folder = ENVIRONMENTS / name
    stamp = folder / "made-from.json"
    packages = [*PACKAGES, *extras]
    made_from = json.dumps([series, suite, packages], indent=1)
    before = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    if before == made_from:
        return
    check_machine(name)
    log = folder / "made.log"
    if not add(folder, lacking(before, made_from), log):
        make(folder, suite, packages, log)
    run(inside(folder, [], [*_APT, "clean"]), log)
    check_version(folder, series, suite)
    stamp.write_text(made_from, encoding="utf-8")


def lacking(before: str, wanted: str) -> list[str] | None:
    """The packages that a folder lacks whose stamp is `before`; None where it is to be made anew."""
    if not before:
        return None
    (series, suite, packages), (*new, asked) = json.loads(before), json.loads(wanted)
    if [series, suite] != new or not set(packages) <= set(asked):
        return None
    return [package for package in asked if package not in packages]


def add(folder: Path, packages: list[str] | None, log: Path) -> bool:
    """Install `packages` into a folder that is there. Whether that worked: its Debian may have moved on."""
    if packages is None:
        return False
    if not packages:
        return True
    print(f"setup: adding {', '.join(packages)} to {folder.relative_to(ROOT)}", flush=True)
    # What Debian had when the folder was made may still be there, and fits what is in it.
    for steps in ([[*_INSTALL, *packages]], [[*_APT, "update"], [*_INSTALL, *packages]]):
        if all(succeeds(inside(folder, [], step), log) for step in steps):
            return True
    return False


def make(folder: Path, suite: str, packages: list[str], log: Path) -> None:
    """Make the folder from nothing."""
    print(f"setup: making {folder.relative_to(ROOT)}: Debian {suite} with its Blender (some 1.5 GB)", flush=True)
    remove(folder)
    folder.mkdir(parents=True)
    run(private(["debootstrap", "--variant=minbase", suite, str(folder)]), log)
    # No service may start in there.
    policy = folder / "usr" / "sbin" / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    policy.chmod(0o755)
    run(inside(folder, [], [*_INSTALL, *packages]), log)


def check_machine(name: str) -> None:
    """End with the reason where this machine cannot make the folder."""
    own = "Or use a Blender of your own: BLENDER=/path/to/blender make test-gui"
    if not sys.platform.startswith("linux"):
        sys.exit(f"setup: build/env/{name} can be made on Linux only. {own}")
    if os.geteuid() != 0:
        sys.exit(f"setup: build/env/{name} can be made by root only (debootstrap, mount, chroot). {own}")
    missing = [package for program, package in _MAKERS.items() if shutil.which(program) is None]
    if missing:
        if shutil.which("apt-get") is None:
            sys.exit(f"setup: build/env/{name} needs {', '.join(missing)}, and there is no apt-get. {own}")
        print(f"setup: apt-get install {' '.join(missing)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The keys of Debian's archive, which another distribution does not have.
        wanted = [*missing, "debian-archive-keyring"] if "debootstrap" in missing else missing
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *wanted]):
            code = subprocess.run(["apt-get", "-qq", *command], env=quiet).returncode
            if code:
                sys.exit(f"setup: apt-get {' '.join(command)} failed with exit code {code}. {own}")
    if subprocess.run(private(["mount", "--bind", "/proc", "/proc"]), capture_output=True).returncode:
        sys.exit(f"setup: build/env/{name} needs the right to mount, which this container withholds. {own}")


def check_version(folder: Path, series: str, suite: str) -> None:
    """See that Blender starts in there and is of the series: what a suite holds changes."""
    answer = subprocess.run(inside(folder, [], ["blender", "--version"]), capture_output=True, text=True)
    found = (answer.stdout.splitlines() or [""])[0]
    if answer.returncode or not found.startswith(f"Blender {series}."):
        words = found or answer.stderr.strip()
        sys.exit(
            f"setup: Debian {suite} was to have Blender {series}, and this is what its Blender says: {words}. "
            "Correct SUITES in tools/debian.py."
        )


def private(command: list[str]) -> list[str]:
    """`command` with mounts of its own, which go when it and its children end."""
    return ["unshare", "--mount", "--propagation", "private", "--", *command]


def inside(folder: Path, shared: list[Path], command: list[str]) -> list[str]:
    """The command that runs `command` in the Debian at `folder`; it keeps its process id.

    shared: folders of this machine that are there under the same path.
    """
    steps = ["set -e"]
    for source in [Path("/proc"), Path("/dev"), *shared]:
        target = folder / source.relative_to("/")
        steps.append(f"mkdir -p {shlex.quote(str(target))}")
        steps.append(f"mount --rbind {shlex.quote(str(source))} {shlex.quote(str(target))}")
    steps.append(f"exec chroot {shlex.quote(str(folder))} {shlex.join(command)}")
    return private(["sh", "-c", "\n".join(steps)])


def remove(folder: Path) -> None:
    """Remove a folder that was begun, but never through something that is mounted in it."""
    if not folder.exists():
        return
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    within = [place for place in mounted if place.startswith(f"{folder}/")]
    if within:
        sys.exit(f"setup: {folder} cannot be made again: {', '.join(within)} is mounted there. Unmount it first.")
    shutil.rmtree(folder)


def run(command: list[str], log: Path) -> None:
    """Run a step of the making, its words into the log; end with them where it fails."""
    if not succeeds(command, log):
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        sys.exit(f"setup: {tail}\nsetup: this failed: {shlex.join(command)}; the whole log is {log}")


def succeeds(command: list[str], log: Path) -> bool:
    """Run a command, its words into the log, and tell whether it did what it was to do."""
    with log.open("ab") as words:
        return not subprocess.run(command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT).returncode
