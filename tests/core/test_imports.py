# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom, read from the source: the table of the design, and what only one file may touch.

Reads the syntax tree and runs nothing, so an import inside a function counts like one at the top.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLENDER = {"addon_utils", "aud", "bl_ext", "bl_math", "blf", "bpy", "bpy_extras", "bpy_types", "gpu", "idprop", "imbuf"}
BLENDER |= {"gpu_extras", "mathutils", "rna_keymap_ui"}

# room -> what it may import besides the standard library and itself. A room is a folder or a file at the top.
TABLE = {
    "core": set(),
    "rehearsal": {"core"},
    "timeline": {"bpy", "core"},
    "properties": {"bpy", "core"},
    "brief": {"bpy", "core", "properties", "timeline"},
    "places": {"bpy", "core"},
    "keymap": {"bpy"},
    "preferences": {"bpy", "core", "places", "preferences_page"},
    "preferences_page": {"bpy", "core", "keymap", "places", "preferences"},
    # Those that join the rooms: what this Blender has one of, light and heavy half, and the way from settings to a job.
    "session": {"bpy", "core", "places", "services", "studio"},
    "services": {"bpy", "core", "rehearsal", "preferences"},
    "studio": {"bpy", "core", "timeline", "places", "preferences", "services"},
    "shooting": {"bpy", "brief", "core", "timeline", "preferences", "session"},
    "operators": {
        "bpy",
        "brief",
        "core",
        "later",
        "places",
        "preferences",
        "properties",
        "services",
        "session",
        "shooting",
        "timeline",
    },
    "later": {"bpy", "core", "panels", "places", "session", "shooting", "studio", "timeline"},
    "panels": {"bpy", "brief", "properties", "preferences", "core"},
    "translations": {"bpy", "core"},
    "__init__": {
        "bpy",
        "core",
        "keymap",
        "later",
        "operators",
        "panels",
        "preferences",
        "properties",
        "session",
        "translations",
    },
}
# Whole libraries that one file alone may touch, whatever its room allows.
ONLY_IN = {
    "fal_client": "core/fal.py",
    "httpx": "core/fal.py",
    "requests": "core/download.py",
}
# Blender brings it; only what runs in a background Blender may, where nobody waits for its import.
NUMPY_IN = {"timeline/evidence.py", "timeline/inspect_take.py"}
VERSION_CHECKS = "timeline/compat.py"


def room_of(path: PurePosixPath) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


def sources(root: Path) -> Iterator[tuple[PurePosixPath, ast.Module]]:
    """The extension's modules: path in the extension, syntax tree."""
    for path in [*root.glob("*.py"), *(path for room in TABLE for path in (root / room).rglob("*.py"))]:
        yield PurePosixPath(path.relative_to(root).as_posix()), ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: PurePosixPath, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports; the extension's own modules as `reshoot.<path>`."""
    package = ("reshoot", *path.parent.parts)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = [*package[: len(package) - level + 1]] if level else []
                base += module.split(".") if module else []
                # `from .. import core` imports core; `from ..core import mp4` imports core.mp4.
                yield from ((node.lineno, ".".join([*base, alias.name])) for alias in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                level = len(name) - len(name.lstrip("."))
                base = ".".join(package[: len(package) - level + 1]) + "." if level else ""
                yield node.lineno, base + name.lstrip(".")


def wrong_imports(root: Path) -> list[str]:
    """Every import that the table does not allow, in words."""
    wrong = []
    for path, tree in sources(root):
        room = room_of(path)
        for line, name in imports(path, tree):
            parts = name.split(".")
            where = f"{path}:{line}"
            if parts[0] == "reshoot":
                # A bare name out of the package itself (`from . import x` in __init__) is a room.
                target = parts[1] if len(parts) > 1 else ""
                if target != room and target not in TABLE.get(room, set()):
                    wrong.append(f"{where} imports {target}: {room} may not")
            elif parts[0] in ONLY_IN:
                if str(path) != ONLY_IN[parts[0]]:
                    wrong.append(f"{where} imports {parts[0]}: only {ONLY_IN[parts[0]]} may")
            elif parts[0] == "numpy":
                if str(path) not in NUMPY_IN:
                    wrong.append(f"{where} imports numpy: only {' and '.join(sorted(NUMPY_IN))} may")
            elif parts[0] in BLENDER:
                if "bpy" not in TABLE.get(room, set()):
                    wrong.append(f"{where} imports {parts[0]}: {room} knows no Blender")
            elif parts[0] not in sys.stdlib_module_names:
                wrong.append(f"{where} imports {parts[0]}: not in the standard library")
    return wrong


def version_checks(root: Path) -> list[str]:
    """Every place outside timeline/compat.py that reads Blender's version as numbers, which is how it is compared.

    bpy.app.version_string, which is shown and not compared, is allowed.
    """
    wrong = []
    for path, tree in sources(root):
        if str(path) == VERSION_CHECKS:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Attribute(attr="app") | ast.Name(id="app"), attr="version"):
                    wrong.append(f"{path}:{node.lineno} reads bpy.app.version")
                case ast.ImportFrom(module="bpy.app", names=names) if any(one.name == "version" for one in names):
                    wrong.append(f"{path}:{node.lineno} imports bpy.app.version")
                case ast.Compare() if "version_string" in ast.dump(node):
                    wrong.append(f"{path}:{node.lineno} compares bpy.app.version_string")
    return wrong


def test_every_import_runs_the_right_way() -> None:
    assert wrong_imports(ROOT) == []


def test_only_compat_compares_blender_versions() -> None:
    assert version_checks(ROOT) == []


def test_every_module_of_the_extension_was_read() -> None:
    """A room that the table does not know would be read by nobody."""
    rooms = {room_of(path) for path, _ in sources(ROOT)}
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")}
    assert {"core"} <= rooms
    assert rooms | packages <= set(TABLE)


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("core/job.py", "import bpy", "core/job.py:1 imports bpy: core knows no Blender"),
        ("core/job.py", "def f():\n    import bpy.types", "core/job.py:2 imports bpy: core knows no Blender"),
        ("core/job.py", "from ..timeline import shot", "core/job.py:1 imports timeline: core may not"),
        ("core/job.py", "from .. import timeline", "core/job.py:1 imports timeline: core may not"),
        ("core/job.py", "import fal_client", "core/job.py:1 imports fal_client: only core/fal.py may"),
        ("core/fal.py", "import requests", "core/fal.py:1 imports requests: only core/download.py may"),
        ("core/job.py", "import numpy", "core/job.py:1 imports numpy: only timeline/evidence.py and timeline/inspect"),
        ("timeline/place.py", "import numpy", "timeline/place.py:1 imports numpy: only timeline/evidence.py and"),
        ("core/job.py", "import yaml", "core/job.py:1 imports yaml: not in the standard library"),
        ("core/job.py", "import_module('bpy')", "core/job.py:1 imports bpy: core knows no Blender"),
        (
            "rehearsal/server.py",
            "from mathutils import Color",
            "rehearsal/server.py:1 imports mathutils: rehearsal knows",
        ),
        (
            "timeline/place.py",
            "from ..operators import shoot",
            "timeline/place.py:1 imports operators: timeline may not",
        ),
        ("operators/shoot.py", "from ..panels import main", "operators/shoot.py:1 imports panels: operators may not"),
        ("operators/shoot.py", "import httpx", "operators/shoot.py:1 imports httpx: only core/fal.py may"),
        ("panels/main.py", "from ..timeline.shot import read", "panels/main.py:1 imports timeline: panels may not"),
        ("panels/main.py", "from .. import operators", "panels/main.py:1 imports operators: panels may not"),
        ("properties.py", "from .operators import shoot", "properties.py:1 imports operators: properties may not"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, path: str, code: str, complaint: str) -> None:
    plant(tmp_path, path, code)
    found = wrong_imports(tmp_path)
    assert len(found) == 1 and found[0].startswith(complaint), found


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("core/fal.py", "import fal_client, httpx"),
        ("core/download.py", "import requests"),
        ("core/job.py", "from . import errors\nfrom .errors import JobCancelled\nfrom ..core import mp4"),
        ("rehearsal/server.py", "from ..core import mp4\nimport http.server"),
        ("timeline/render_clip.py", "import bpy\nfrom ..core import mp4"),
        ("timeline/evidence.py", "import numpy as np"),
        ("operators/shoot.py", "import bpy\nfrom ..timeline import shot\nfrom .. import preferences"),
        ("panels/main.py", "import bpy\nfrom ..core.models import MODELS"),
        ("services.py", "from . import preferences\nfrom .rehearsal.server import RehearsalServer"),
        ("__init__.py", "from . import operators, panels, session"),
    ],
)
def test_a_right_import_is_let_through(tmp_path: Path, path: str, code: str) -> None:
    plant(tmp_path, path, code)
    assert wrong_imports(tmp_path) == []


@pytest.mark.parametrize(
    "code",
    [
        "import bpy\nif bpy.app.version >= (5, 0, 0): pass",
        "import bpy\nNEW = bpy.app.version[:2]",
        "from bpy import app\nNEW = app.version",
        "from bpy.app import version",
        "import bpy\nif bpy.app.version_string.startswith('5') == True: pass",
    ],
)
def test_a_version_check_is_found_outside_compat(tmp_path: Path, code: str) -> None:
    plant(tmp_path, "timeline/place.py", code)
    plant(tmp_path, "timeline/compat.py", code)
    (found,) = version_checks(tmp_path)
    assert found.startswith("timeline/place.py:")


def plant(root: Path, path: str, code: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(code + "\n", encoding="utf-8")
