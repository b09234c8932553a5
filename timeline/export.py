# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene, written out for a background Blender, and how that Blender is started.

What it renders there is `render_clip`'s and `render_images`' business; when, the runner's.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import bpy

from ..core.blender_process import Blender
from ..core.errors import StorageError
from ..core.storage import make_folder
from ..core.words import say

_SCRIPT = Path(__file__).resolve().parents[1] / "background" / "main.py"


def background_blender() -> Blender:
    """The program that this Blender is, started without a window, without the editor's own start-up file.

    It runs no scripts of a file, unless it is told to for that very file (`RenderRecipe.scripts`).
    """
    environment = _colour_configuration()
    if not bpy.app.binary_path:
        return Blender((sys.executable, str(_SCRIPT)), environment)
    return Blender(
        (
            bpy.app.binary_path,
            "--background",
            "--factory-startup",
            "-noaudio",
            "--disable-autoexec",
            "--python-exit-code",
            "1",
            "--python",
            str(_SCRIPT),
            "--",
        ),
        environment,
    )


def _colour_configuration() -> tuple[tuple[str, str], ...]:
    """The variable that names the editor's own colour configuration, where it lies among the editor's files: a
    background Blender looks elsewhere for them. What the environment names already is passed on anyway.
    """
    name = "colormanagement/config.ocio"
    own = bpy.utils.user_resource("DATAFILES", path=name)
    # Blender 5.2 names the one that came with it there by itself: beside its scripts.
    bundled = Path(bpy.utils.__file__).parents[4] / "datafiles" / name
    named = os.environ.get("OCIO", "")
    by_the_editor = named and os.path.realpath(named) != os.path.realpath(bundled)
    return (("OCIO", own),) if own and os.path.isfile(own) and not by_the_editor else ()


def write_scene(scene: bpy.types.Scene, path: Path) -> None:
    """Write `scene` with all that it uses to `path`. It is read only; takes milliseconds whatever the file's size.

    Raises StorageError, naming the folder.
    """
    try:
        make_folder(path.parent)
        if not any(layer.depsgraph for layer in scene.view_layers):
            # Blender 5.2 crashes on a scene that a script has just made.
            scene.view_layers[0].update()
        bpy.data.libraries.write(str(path), {scene}, path_remap="ABSOLUTE")
    except (OSError, RuntimeError) as error:
        raise _unwritable(path.parent, error) from error


def share_scene(written: Path, path: Path) -> None:
    """Give another job the scene that is written already. Raises StorageError, naming the folder."""
    try:
        make_folder(path.parent)
        try:
            os.link(written, path)
        except OSError:
            # Not every file system has links.
            shutil.copyfile(written, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: Exception) -> StorageError:
    return StorageError(
        say("The shot cannot be written to {folder}: {error}.", folder=folder, error=error),
        say("Free some room or make the folder writable."),
    )
