# SPDX-License-Identifier: GPL-3.0-or-later
"""The first script that a background Blender runs: loads the module that was asked for and gives it its recipe.

The extension itself is not enabled there, so its folder is mounted as a package that has no `register`.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import types
from pathlib import Path

import bpy

_PACKAGE = "reshoot_background"


def main() -> None:
    """Run the module that the recipe file (the last argument) names, and write its answer beside it."""
    request = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
    if not bpy.app.binary_path:
        bpy.ops.wm.read_factory_settings(use_empty=True)
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules[_PACKAGE] = package
    errors = importlib.import_module(f"{_PACKAGE}.core.errors")
    importlib.import_module(f"{_PACKAGE}.core.words").speak(request["words"])
    _end_with(request["parent"])
    try:
        module = importlib.import_module(f"{_PACKAGE}.background.{request['module']}")
        answer = module.main(request["recipe"])
    except errors.ReshootError as error:
        answer = {"error": error.message, "remedy": error.remedy}
    target = Path(request["answer"])
    part = target.with_suffix(".part")
    part.write_text(json.dumps(answer), encoding="utf-8")
    importlib.import_module(f"{_PACKAGE}.core.storage").put_in_place(part, target)
    _leave()


def _leave() -> None:
    """End at once: the work is on disk, and some Blenders never come back from taking themselves apart."""
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    sys.stdout.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    """Stop rendering when the Blender that asked for it is gone: it will ask again."""
    is_over = importlib.import_module(f"{_PACKAGE}.core.blender_process").parents_end(parent)

    def check(*_args: object) -> None:
        if is_over():
            os._exit(1)

    bpy.app.handlers.frame_change_pre.append(check)
    bpy.app.handlers.render_pre.append(check)


main()
