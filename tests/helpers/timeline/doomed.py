# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender of its own, which a test may kill at any moment: it opens a file, sends its shot or resumes, saves, leaves.

Run as a program: doomed.py REPORT.json PROJECT.blend shoot|resume. The report comes last, once the file was opened
again: the words of an error, and the jobs whose takes the saved file holds. The extension is installed in the folder of
BLENDER_USER_RESOURCES.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import bpy

# isort: split
# Blender's own modules can be imported once bpy is.
import addon_utils

MODULE = "bl_ext.user_default.reshoot"


def work(project: str, what: str) -> str:
    """Do it. The words of the error, if there was one."""
    bpy.ops.wm.open_mainfile(filepath=project)
    try:
        if what == "shoot":
            bpy.ops.reshoot.shoot()
        else:
            bpy.ops.reshoot.resume()
    except RuntimeError as error:
        return str(error)
    finally:
        bpy.ops.wm.save_mainfile()
    return ""


def takes_in_file(project: str) -> list[str]:
    """The jobs of the takes that the file on disk holds."""
    bpy.ops.wm.open_mainfile(filepath=project)
    editor = bpy.context.scene.sequence_editor
    strips = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    return [strip["reshoot_job"] for strip in strips if "reshoot_job" in strip]


def main() -> None:
    """See above."""
    report, project, what = sys.argv[1:]
    addon_utils.enable("bl_pkg", default_set=True)
    addon_utils.enable(MODULE, default_set=True)
    # Results are placed as they come: comparing them costs two more Blenders.
    importlib.import_module(f"{MODULE}.core.takes.comparing")._PATIENCE = 0.0
    words = work(project, what)
    Path(report).write_text(json.dumps({"error": words, "takes": takes_in_file(project)}), encoding="utf-8")
    addon_utils.disable(MODULE, default_set=True)
    sys.stdout.flush()
    os._exit(0)


main()
