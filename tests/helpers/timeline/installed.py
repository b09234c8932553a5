# SPDX-License-Identifier: GPL-3.0-or-later
"""The built zip, installed as a user installs it, in a Blender with nobody's settings. Needs bpy, and the zip of
`make build`. A Blender that runs it as a script was started with a BLENDER_USER_RESOURCES of its own, which is removed.

Once this is imported, `reshoot` is the installed extension, not the checkout: `from reshoot.core.jobs import journal`
gives the very module that the extension uses.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.abc
import importlib.machinery
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = "bl_ext.user_default.reshoot"

# Before bpy is imported: that is when Blender looks for its folders. A whole Blender has done so when it runs this.
_given = os.environ.get("BLENDER_USER_RESOURCES", "") if "bpy" in sys.modules else ""
_resources = _given or tempfile.mkdtemp(prefix="reshoot-blender-")
atexit.register(shutil.rmtree, _resources, ignore_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = _resources

import bpy  # noqa: E402

# isort: split
# Blender's own modules can be imported once bpy is.
import addon_utils  # noqa: E402


def built_zip() -> Path:
    """The zip of this version, which `make build` makes."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    path = ROOT / "build" / f"reshoot-{manifest['version']}.zip"
    if not path.is_file():
        pytest.exit(f"there is no {path}: make build", returncode=4)
    return path


@cache
def installed() -> ModuleType:
    """Install and enable the zip, once, and give the extension's package."""
    addon_utils.enable("bl_pkg", default_set=True)
    bpy.ops.extensions.package_install_files(
        filepath=str(built_zip()), repo="user_default", enable_on_install=True, overwrite=True
    )
    if addon_utils.check(MODULE) != (True, True):
        pytest.exit("the extension was installed and did not start: its traceback is above", returncode=4)
    return sys.modules[MODULE]


class _Installed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes `reshoot` another name of the installed extension, so that nothing is loaded twice."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "reshoot" or fullname.startswith("reshoot."):
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        package = installed()
        name = MODULE + spec.name.removeprefix("reshoot")
        module = package if name == MODULE else importlib.import_module(name)
        # The import system is about to put the other name in its place.
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def start_afresh() -> None:
    """Blender as it starts, with an empty file, and the extension enabled afresh with its default preferences."""
    installed()
    stop()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    addon_utils.enable(MODULE, default_set=True)
    assert addon_utils.check(MODULE) == (True, True)


def stop() -> None:
    """Disable the extension."""
    addon_utils.disable(MODULE, default_set=True)


def leave(code: int) -> NoReturn:
    """Leave at once: with movies open some versions of bpy crash or hang while they take themselves apart."""
    shutil.rmtree(_resources, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


sys.modules.pop("reshoot", None)
sys.meta_path.insert(0, _Installed())
