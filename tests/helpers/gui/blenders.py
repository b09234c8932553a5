# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Blender is tested, and how a program is run beside it: in the Debian of `make setup`, or on this machine.

BLENDER names the reader's own program; otherwise RESHOOT_GUI_BLENDER names the series in build/env.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from patience import LONGEST, stretched

ROOT = Path(__file__).resolve().parents[3]


def _debian() -> ModuleType:
    spec = importlib.util.spec_from_file_location("debian", ROOT / "tools" / "debian.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Installation:
    """A Blender. folder: the Debian that it is in, None on this machine's own system."""

    program: str
    folder: Path | None = None

    def command(self, *words: str) -> list[str]:
        """How `words` is run beside this Blender. Its process keeps the id of the one that is started."""
        if self.folder is None:
            return list(words)
        # /tmp has the X server's socket and the tests' folders.
        shared = dict.fromkeys([Path("/tmp"), Path(tempfile.gettempdir()).resolve(), ROOT])
        command: list[str] = _debian().inside(self.folder, list(shared), list(words))
        return command

    def version(self) -> str:
        """What it is: 5.2.2."""
        answer = subprocess.run(
            self.command(self.program, "--version"), capture_output=True, text=True, timeout=LONGEST
        )
        words = answer.stdout.split()
        if answer.returncode or words[:1] != ["Blender"]:
            pytest.exit(f"{self.program} --version: {answer.stdout}{answer.stderr}", returncode=4)
        return words[1]


def chosen() -> Installation:
    """The Blender that the environment asks for."""
    own = os.environ.get("BLENDER")
    if own:
        program = shutil.which(own)
        missing = [name for name in ("Xvfb", "import") if shutil.which(name) is None]
        if program is None or missing:
            reason = (
                f"needs {' and '.join(missing)} (Debian: xvfb, imagemagick)" if missing else "there is no such file"
            )
            pytest.exit(f"BLENDER={own}: {reason}", returncode=4)
        return Installation(str(Path(program).absolute()))
    series = os.environ.get("RESHOOT_GUI_BLENDER", "5.2")
    folder = ROOT / "build" / "env" / f"blender-{series}"
    if not (folder / "made-from.json").is_file():
        pytest.exit(f"there is no {folder}: make setup, or BLENDER=/path/to/blender", returncode=4)
    return Installation("blender", folder)


def surroundings(home: Path, display: str = "") -> dict[str, str]:
    """The environment of a Blender whose user has nothing but `home`."""
    return {
        "PATH": os.environ.get("PATH", "") + ":/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "DISPLAY": display,
        "LIBGL_ALWAYS_SOFTWARE": "1",
        # What the driver has compiled for one Blender is there for the next one, whose user is another.
        "MESA_SHADER_CACHE_DIR": str(ROOT / "build" / "cache" / "mesa"),
        "RESHOOT_HOME": str(home / "reshoot-home"),
    }


def built_zip() -> Path:
    """The zip of `make build`."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    built = ROOT / "build" / f"reshoot-{manifest['version']}.zip"
    if not built.is_file():
        pytest.exit(f"there is no {built}: make build", returncode=4)
    return built


def install(installation: Installation, home: Path, package: Path | None = None) -> None:
    """Install a zip for the user of `home`, as a user would from a terminal. package: None for that of `make build`."""
    built = package or built_zip()
    home.mkdir(parents=True)
    answer = subprocess.run(
        installation.command(
            installation.program, "--command", "extension", "install-file", "-r", "user_default", str(built)
        ),
        env=surroundings(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=stretched(120),
    )
    if answer.returncode:
        pytest.exit(f"the zip could not be installed: {answer.stdout}", returncode=4)
