# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom, read from the source: the table of the design, and what only one file may touch.

Reads the syntax tree and runs nothing, so an import inside a function counts like one at the top.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLENDER = {"addon_utils", "aud", "bl_ext", "bl_math", "blf", "bpy", "bpy_extras", "bpy_types", "gpu", "idprop", "imbuf"}
BLENDER |= {"gpu_extras", "mathutils", "rna_keymap_ui"}

# Each room of the extension and the rooms below it that it may import, beside itself and the standard library. The
# rules of docs/architecture.md: down only; in core never across, never up, never Blender; nobody imports `background`,
# which is started by its name in another Blender.
CORE = ("core", "core.media", "core.models", "core.values")
ABOVE_CORE = (*CORE, "core.money", "core.service", "core.planning", "core.export", "core.takes", "core.jobs")
TABLE: dict[str, tuple[str, ...]] = {
    "core": (),
    "core.media": ("core",),
    "core.models": ("core",),
    "core.values": ("core",),
    "core.money": CORE,
    "core.service": CORE,
    "core.planning": (*CORE, "core.money", "core.service"),
    "core.export": (*CORE, "core.money", "core.service", "core.planning"),
    "core.takes": (*CORE, "core.money", "core.service", "core.planning"),
    "core.jobs": (*CORE, "core.money", "core.service", "core.planning", "core.export", "core.takes"),
    "timeline": ABOVE_CORE,
    "background": ("timeline", *ABOVE_CORE),
    "rehearsal": ABOVE_CORE,
    "translations": ABOVE_CORE,
    "settings": ("timeline", *ABOVE_CORE),
    "session": ("settings", "timeline", "rehearsal", *ABOVE_CORE),
    "operators": ("session", "settings", "timeline", *ABOVE_CORE),
    "panels": ("session", "settings", *ABOVE_CORE),
    "__init__": ("operators", "panels", "session", "settings", "translations", *ABOVE_CORE),
}
NO_BLENDER = ("core", "rehearsal")
# Whole libraries that one folder or one file alone may touch, whatever its room allows.
ONLY_IN = {
    "fal_client": "core/service",
    "httpx": "core/service",
    "httpcore": "core/service/transport.py",
    "certifi": "core/service/trust.py",
}
# Blender brings it; only what runs in a background Blender may, where nobody waits for its import.
NUMPY_IN = "background"
VERSION_CHECKS = "timeline/compat.py"
# On Windows a file that a scanner has open is waited for there.
REPLACES = "core/storage.py"
# What else starts a program: on Windows each would open a window of its own, for as long as it runs.
STARTERS = {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}
OF_OS = {"startfile", "system", "popen", "posix_spawn", "posix_spawnp"}


def room_of(path: PurePosixPath) -> str:
    """The room that a file is in: a folder at the top, a folder of core, or `__init__`."""
    folders = path.parts[:-1]
    if not folders:
        return path.stem
    return ".".join(folders[:2]) if folders[0] == "core" else folders[0]


def room_named(name: str) -> str:
    """The room of what is imported as `name`, dotted from the extension's own package."""
    parts = name.split(".")
    if parts[0] == "core" and len(parts) > 1 and f"core.{parts[1]}" in TABLE:
        return f"core.{parts[1]}"
    return parts[0]


def sources(root: Path) -> Iterator[tuple[PurePosixPath, ast.Module]]:
    """The extension's modules: path in the extension, syntax tree."""
    rooms = {room.split(".")[0] for room in TABLE}
    for path in [*root.glob("*.py"), *(path for room in sorted(rooms) for path in (root / room).rglob("*.py"))]:
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
                target = room_named(".".join(parts[1:]))
                if target != room and target not in TABLE.get(room, ()):
                    wrong.append(f"{where} imports {target}: {room} may not")
            elif parts[0] in ONLY_IN:
                if not path.is_relative_to(ONLY_IN[parts[0]]):
                    wrong.append(f"{where} imports {parts[0]}: only {ONLY_IN[parts[0]]} may")
            elif parts[0] == "numpy":
                if room != NUMPY_IN:
                    wrong.append(f"{where} imports numpy: only {NUMPY_IN} may")
            elif parts[0] in BLENDER:
                if room.split(".")[0] in NO_BLENDER:
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


def wrong_replacements(root: Path) -> list[str]:
    """Every place outside core/storage.py that puts a file in the place of another: `os.replace`, `Path.replace`."""
    wrong = []
    for path, tree in sources(root):
        if str(path) == REPLACES:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="replace" | "rename" | "renames")):
                    wrong.append(f"{path}:{node.lineno} replaces a file")
                # That of a text takes two.
                case ast.Call(func=ast.Attribute(attr="replace" | "rename"), args=[_], keywords=[]):
                    wrong.append(f"{path}:{node.lineno} replaces a file")
                case ast.Call(func=ast.Attribute(value=ast.Name(id="shutil"), attr="move")):
                    wrong.append(f"{path}:{node.lineno} moves a file")
    return wrong


def shown_programs(root: Path) -> list[str]:
    """Every place that starts a program whose window Windows would show."""
    wrong = []
    for path, tree in sources(root):
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="subprocess"), attr=name), keywords=keywords):
                    hidden = any(
                        each.arg == "creationflags" and "CREATE_NO_WINDOW" in ast.dump(each.value) for each in keywords
                    )
                    if name in STARTERS and not hidden:
                        wrong.append(f"{where} starts a program in a window")
                case ast.ImportFrom(module="subprocess" | "multiprocessing" | "concurrent.futures", names=names):
                    if any(each.name in {*STARTERS, "Process", "Pool", "ProcessPoolExecutor"} for each in names):
                        wrong.append(f"{where} starts a program in a window")
                case ast.Attribute(value=ast.Name(id="os"), attr=name):
                    if name in OF_OS or name.startswith(("spawn", "exec")):
                        wrong.append(f"{where} starts a program in a window")
                case ast.Import(names=names) if any(each.name == "multiprocessing" for each in names):
                    wrong.append(f"{where} starts a program in a window")
    return wrong


def test_every_import_runs_the_right_way() -> None:
    assert wrong_imports(ROOT) == []


def test_only_compat_compares_blender_versions() -> None:
    assert version_checks(ROOT) == []


def test_only_storage_puts_a_file_in_the_place_of_another() -> None:
    assert wrong_replacements(ROOT) == []


def test_every_program_is_started_without_a_window() -> None:
    assert shown_programs(ROOT) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs the program git, which lists the project's files")
def test_every_module_of_the_extension_was_read() -> None:
    """A room that the table does not know would be read by nobody."""
    rooms = {room_of(path) for path, _ in sources(ROOT)}
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    there = {room_of(PurePosixPath(path)) for path in tracked.splitlines()} - {"tests", "tools"}
    assert rooms == there == set(TABLE)


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("core/values/job.py", "import bpy", "imports bpy: core.values knows no Blender"),
        ("core/lanes.py", "def f():\n    import bpy.types", "imports bpy: core knows no Blender"),
        ("core/values/job.py", "from ...timeline import shot", "imports timeline: core.values may not"),
        ("core/lanes.py", "from .. import timeline", "imports timeline: core may not"),
        ("core/values/job.py", "from ..planning import conform", "imports core.planning: core.values may not"),
        ("core/lanes.py", "from .values.job import Job", "imports core.values: core may not"),
        ("core/takes/files.py", "from ..export import clip", "imports core.export: core.takes may not"),
        ("core/money/ledger.py", "from ..service.fal import Service", "imports core.service: core.money may not"),
        ("core/jobs/runner.py", "import fal_client", "imports fal_client: only core/service may"),
        ("core/service/fal.py", "import httpcore", "imports httpcore: only core/service/transport.py may"),
        ("core/jobs/runner.py", "import numpy", "imports numpy: only background may"),
        ("timeline/place.py", "import numpy", "imports numpy: only background may"),
        ("timeline/place.py", "from ..background import evidence", "imports background: timeline may not"),
        ("core/lanes.py", "import yaml", "imports yaml: not in the standard library"),
        ("core/lanes.py", "import_module('bpy')", "imports bpy: core knows no Blender"),
        ("rehearsal/server.py", "from mathutils import Color", "imports mathutils: rehearsal knows no Blender"),
        ("timeline/place.py", "from ..operators import shoot", "imports operators: timeline may not"),
        ("settings/scene.py", "from ..session import current", "imports session: settings may not"),
        ("operators/shoot.py", "from ..panels import main", "imports panels: operators may not"),
        ("operators/shoot.py", "import httpx", "imports httpx: only core/service may"),
        ("panels/shot.py", "from ..timeline.shot import read", "imports timeline: panels may not"),
        ("panels/shot.py", "from .. import operators", "imports operators: panels may not"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, path: str, code: str, complaint: str) -> None:
    plant(tmp_path, path, code)
    found = wrong_imports(tmp_path)
    assert len(found) == 1 and found[0].startswith(f"{path}:") and complaint in found[0], found


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("core/service/fal.py", "import fal_client, httpx"),
        ("core/service/fal_package.py", "import fal_client.client"),
        ("core/service/transport.py", "import httpcore"),
        ("core/jobs/runner.py", "from . import rows\nfrom ..errors import JobCancelled\nfrom ..takes import files"),
        ("rehearsal/server.py", "from ..core.media import mp4\nimport http.server"),
        ("background/render_clip.py", "import bpy\nimport numpy as np\nfrom ..timeline import compat"),
        ("operators/shoot.py", "import bpy\nfrom ..timeline import shot\nfrom ..settings import preferences"),
        ("panels/shot.py", "import bpy\nfrom ..core.models.table import MODELS\nfrom .. import session"),
        ("session/services.py", "from ..settings import preferences\nfrom ..rehearsal.server import RehearsalServer"),
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


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.replace(part, target)",
        "import os\nos.rename(part, target)",
        "part.replace(target)",
        "part.rename(target)",
        "import shutil\nshutil.move(part, target)",
    ],
)
def test_a_replacement_is_found_outside_storage(tmp_path: Path, code: str) -> None:
    plant(tmp_path, "core/media/mp4.py", f"{code}\ntext.replace('a', 'b')\nreplace(job, state=1)\nday.replace(hour=0)")
    plant(tmp_path, "core/storage.py", code)
    (found,) = wrong_replacements(tmp_path)
    assert found.startswith("core/media/mp4.py:")


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess\nsubprocess.Popen(['blender'])",
        "import subprocess\nsubprocess.run(['blender'], creationflags=0)",
        "from subprocess import Popen",
        "import multiprocessing.pool, multiprocessing",
        "from concurrent.futures import ProcessPoolExecutor",
        "import os\nos.startfile(path)",
        "import os\nos.spawnv(os.P_NOWAIT, path, [])",
    ],
)
def test_a_program_in_a_window_is_found(tmp_path: Path, code: str) -> None:
    plant(tmp_path, "session/start.py", code)
    (found,) = shown_programs(tmp_path)
    assert found.startswith("session/start.py:")


def plant(root: Path, path: str, code: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(code + "\n", encoding="utf-8")
