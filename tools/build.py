# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds build/reshoot-<version>.zip: one extension for every platform and Blender.

Fetches the pinned wheels where they are not in build/wheels yet, and has Blender's own checker look at the zip where an
environment with bpy is there. The same tree always gives the same bytes. Touches nothing outside build/.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
WHEELS = BUILD / "wheels"
LOCK = ROOT / "tools" / "wheels.lock"

FILES = ("blender_manifest.toml", "LICENSE", "*.py")
FOLDERS = (
    "background",
    "core",
    "operators",
    "panels",
    "rehearsal",
    "session",
    "settings",
    "timeline",
    "translations",
)
# A file of another kind in those folders is there by mistake, or the list has to learn it.
SUFFIXES = {".py", ".json", ".png", ".typed"}
MAX_BYTES = 1_500_000
LOCK_LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+) --hash=sha256:(?P<sha256>[0-9a-f]{64})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, help="the zip to write, instead of build/reshoot-<version>.zip")
    arguments = parser.parse_args()

    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    target = arguments.output or BUILD / f"{manifest['id']}-{manifest['version']}.zip"
    wheels = fetch_wheels(read_lock())
    check_manifest(manifest, wheels)
    write_zip(target, {**extension_files(), **{f"wheels/{wheel.name}": wheel for wheel in wheels}})
    if target.stat().st_size > MAX_BYTES:
        sys.exit(f"build: {target} has {target.stat().st_size} bytes, more than {MAX_BYTES}")
    checked = validate(target)
    print(f"build: {target}, {target.stat().st_size} bytes, {checked}")


def read_lock() -> dict[str, str]:
    """The pinned wheels: file name -> sha256."""
    pinned = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not (match := LOCK_LINE.fullmatch(line.strip())):
            sys.exit(f"build: {LOCK.name} has a line that is not NAME==VERSION --hash=sha256:HASH: {line}")
        pinned[f"{match['name'].replace('-', '_')}-{match['version']}-py3-none-any.whl"] = match["sha256"]
    return pinned


def fetch_wheels(pinned: dict[str, str]) -> list[Path]:
    """The pinned wheels as files in build/wheels, downloaded where they are missing or not what was pinned."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    for path in WHEELS.iterdir():
        if path.name not in pinned or sha256(path) != pinned[path.name]:
            path.unlink()
    if any(not (WHEELS / name).exists() for name in pinned):
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--dest", str(WHEELS)]
        subprocess.run(
            [*pip, "--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(LOCK)], check=True
        )
    for name in pinned:
        if not (WHEELS / name).exists():
            sys.exit(f"build: pip did not bring {name}: is the wheel of another name, or not pure Python?")
    return [WHEELS / name for name in sorted(pinned)]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_manifest(manifest: dict[str, object], wheels: list[Path]) -> None:
    """The manifest names the very wheels of the lock, sorted."""
    listed = manifest.get("wheels")
    locked = [f"./wheels/{wheel.name}" for wheel in wheels]
    if listed != locked:
        sys.exit(
            "build: the wheels of blender_manifest.toml are not those of tools/wheels.lock, which are\n  "
            + "\n  ".join(locked)
        )


def extension_files() -> dict[str, Path]:
    """The extension's own files: name in the zip -> path."""
    paths = [path for pattern in FILES for path in ROOT.glob(pattern)]
    for folder in FOLDERS:
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files = {path.relative_to(ROOT).as_posix(): path for path in paths}
    if "__init__.py" not in files:
        sys.exit("build: there is no __init__.py: Blender would refuse the extension")
    if "LICENSE" not in files:
        sys.exit("build: there is no LICENSE: the GPL asks that everybody who gets the zip gets its text too")
    for name, path in files.items():
        if name not in FILES and path.suffix not in SUFFIXES:
            sys.exit(f"build: {name} is not of a kind that belongs in the zip ({', '.join(sorted(SUFFIXES))})")
    return files


def write_zip(target: Path, files: dict[str, Path]) -> None:
    """Write the zip under another name and rename it: a build that fails leaves the last good one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(files):
            # Neither the time, nor the mode, nor the system it was built on.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes(), compresslevel=9)
    partial.replace(target)


def validate(target: Path) -> str:
    """Have Blender's `extension validate` check the zip, with the newest bpy that is there; says which one did."""
    checkers = sorted(
        BUILD.glob("env/bpy-*/lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    )
    if not checkers:
        return "not validated (make setup brings Blender's checker)"
    scripts = checkers[-1].parents[3]
    environment = BUILD / "env" / checkers[-1].relative_to(BUILD / "env").parts[0]
    tags = scripts / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    answer = subprocess.run(
        [environment / "bin" / "python", checkers[-1], "validate", f"--valid-tags={tags}", target],
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        sys.exit(f"build: Blender does not accept {target}\n{answer.stdout}{answer.stderr}")
    return f"validated by Blender {scripts.parent.name}"


if __name__ == "__main__":
    main()
