# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip as it is shipped: what is in it, that Blender accepts it, and that it comes and goes without a trace."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import bpy
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from patience import stretched

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
ZIP = ROOT / "build" / f"reshoot-{MANIFEST['version']}.zip"
SCRIPTS = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Of fal_client's own list, what its realtime functions alone import, as Blender's Python need not have them.
LEFT_OUT = {"msgpack", "websockets"}
# What Blender's start waits for. A room that is added here is time that every start takes: 0.1 to 3 ms each.
AT_START = {
    "settings",
    "settings.folders",
    "settings.listing",
    "settings.preferences",
    "settings.scene",
    "settings.shortcut",
    "session",
    "session.guarded",
    "session.start",
    "translations",
    "core",
    "core.models",
    "core.models.names",
    "core.names",
    "core.words",
    "operators",
    "operators.briefs",
    "operators.compare",
    "operators.follow",
    "operators.clean_up",
    "operators.jobs",
    "operators.preferences",
    "operators.prompt",
    "operators.references",
    "operators.shoot",
    "operators.takes",
    "operators.watch",
    "panels",
    "panels.menus",
}
# Each takes a millisecond or more, and Blender does without at its start.
LIBRARIES_NOT_AT_START = ("dataclasses", "decimal", "fractions", "logging", "shutil", "sqlite3", "uuid")

# Runs in a Blender of its own, since it starts from one in which the extension has never been, and prints what is there
# at each stage.
COMES_AND_GOES = r"""
import functools, gc, importlib.util, json, re, sys, threading, types
import bpy
import addon_utils

MODULE = "bl_ext.user_default.reshoot"
WATCHED = ("Scene", "WindowManager", "Object", "Strip", "Sequence", "Screen", "AddonPreferences")

def ours(thing):
    return (getattr(thing, "__module__", None) or "").startswith(MODULE)

def callables():
    # Timers and handlers are held as they were given: functions, methods of objects, or functions with arguments bound.
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and ours(thing):
            yield thing
        elif isinstance(thing, types.MethodType) and ours(thing.__func__):
            yield thing
        elif isinstance(thing, functools.partial) and ours(thing.func):
            yield thing

def said(thing):
    return re.sub(" at 0x[0-9a-f]+", "", repr(thing))

def stage():
    gc.collect()
    handlers = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    handlers = {name: value for name, value in handlers.items() if isinstance(value, list)}
    keymaps = bpy.context.window_manager.keyconfigs.addon
    return {
        "enabled": addon_utils.check(MODULE),
        "types": sorted(dir(bpy.types)),
        "operators": sorted(dir(bpy.ops.reshoot)),
        "properties": sorted(
            f"{owner}.{name}"
            for owner in WATCHED if hasattr(bpy.types, owner)
            for name in getattr(bpy.types, owner).bl_rna.properties.keys()
        ),
        "handlers": sorted(f"{name}: {said(one)}" for name, all_of in handlers.items() for one in all_of if ours(one)),
        "timers": sorted(said(one) for one in callables() if bpy.app.timers.is_registered(one)),
        "menus": sorted(
            f"{name}: {said(draw)}"
            for name in dir(bpy.types)
            for draw in getattr(getattr(getattr(bpy.types, name), "draw", None), "_draw_funcs", ())
            if ours(draw)
        ),
        "keys": sorted(
            item.idname
            for keymap in (keymaps.keymaps if keymaps else ())
            for item in keymap.keymap_items if item.idname.startswith("reshoot.")
        ),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "fal_client found": importlib.util.find_spec("fal_client") is not None,
        "loaded": sorted({"fal_client", "httpx", "requests"} & set(sys.modules)),
        "rooms": sorted(name.removeprefix(MODULE).lstrip(".") for name in sys.modules if name.startswith(MODULE)),
    }

stages = {}
addon_utils.enable("bl_pkg", default_set=True)
stages["before"] = stage()
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
stages["installed"] = stage()
bpy.ops.preferences.addon_disable(module=MODULE)
stages["disabled"] = stage()
bpy.ops.preferences.addon_enable(module=MODULE)
stages["enabled again"] = stage()
import fal_client
stages["enabled again"]["fal_client from"] = fal_client.__file__
fal_client.SyncClient(key="none")._client.close()
bpy.ops.preferences.addon_disable(module=MODULE)
stages["disabled again"] = stage()
print("STAGES " + json.dumps(stages), flush=True)
"""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was in Blender before, between and after installing, enabling and disabling the extension."""
    folder = tmp_path_factory.mktemp("blender")
    script = folder / "comes_and_goes.py"
    script.write_text(COMES_AND_GOES, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, script, ZIP],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(folder), "RESHOOT_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=stretched(300),
    )
    said = answer.stdout + answer.stderr
    assert "Traceback" not in said, said
    printed = re.search(r"^STAGES (.*)$", answer.stdout, re.MULTILINE)
    assert printed, f"Blender ended with {answer.returncode}\n{said}"
    found: dict[str, Any] = json.loads(printed[1])
    found["resources"] = str(folder)
    return found


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
def test_installing_enables_it(stages: dict[str, Any]) -> None:
    assert stages["before"]["operators"] == []
    assert stages["installed"]["enabled"] == [True, True]
    assert "shoot" in stages["installed"]["operators"]
    assert set(stages["installed"]["types"]) > set(stages["before"]["types"])


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
def test_it_can_be_enabled_again(stages: dict[str, Any]) -> None:
    for part in ("types", "operators", "properties", "handlers", "timers", "menus", "keys"):
        assert stages["enabled again"][part] == stages["installed"][part]


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
@pytest.mark.parametrize("when", ["disabled", "disabled again"])
@pytest.mark.parametrize("part", ["types", "operators", "properties", "handlers", "timers", "menus", "keys", "threads"])
def test_disabling_leaves_nothing(stages: dict[str, Any], when: str, part: str) -> None:
    assert stages[when]["enabled"] == [False, False]
    assert stages[when][part] == stages["before"][part]


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
def test_fal_client_comes_out_of_the_zip(stages: dict[str, Any]) -> None:
    assert not stages["before"]["fal_client found"], "this environment has a fal_client of its own"
    assert stages["installed"]["fal_client found"]
    assert Path(stages["enabled again"]["fal_client from"]).is_relative_to(stages["resources"])


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
@pytest.mark.parametrize("when", ["installed", "disabled"])
def test_no_library_is_imported_before_a_job_needs_it(stages: dict[str, Any], when: str) -> None:
    assert stages[when]["loaded"] == stages["before"]["loaded"]


def test_no_wheel_stands_before_what_blenders_own_requests_needs() -> None:
    """On Debian Blender's certifi trusts the system's certificates: another one in its place does not."""
    needed = [Requirement(line) for line in importlib.metadata.requires("requests") or ()]
    names = {canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})}
    assert {"certifi", "idna"} <= names
    shipped = {parse_wheel_filename(Path(wheel).name)[0] for wheel in MANIFEST["wheels"]}
    assert shipped & {"requests", *names} == set()


def test_what_has_properties_lets_blender_read_them_as_they_are() -> None:
    """Blender compiles an annotation that is text, 35 microseconds each, when it registers the class."""
    found = []
    for path in (ROOT / f"{room.replace('.', '/')}.py" for room in AT_START):
        path = path if path.is_file() else path.with_suffix("") / "__init__.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        froms = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        if "bpy.props" in froms and "__future__" in froms:
            found.append(path.name)
    assert found == []


def test_blenders_start_waits_for_little(stages: dict[str, Any]) -> None:
    """Time is not measured here: how long an import takes depends on the machine, what is imported does not."""
    assert set(stages["installed"]["rooms"]) - {""} == AT_START


@pytest.mark.parametrize("library", LIBRARIES_NOT_AT_START)
def test_no_slow_library_is_imported_at_the_start(library: str) -> None:
    """Read from the source: whether Blender itself has it already differs between versions."""
    found = []
    for room in AT_START:
        path = ROOT / f"{room.replace('.', '/')}.py"
        path = path if path.is_file() else path.with_suffix("") / "__init__.py"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if any(name.split(".")[0] == library for name in names):
                found.append(f"{room}:{node.lineno}")
    assert found == []


@pytest.mark.every_blender("each Blender installs the zip, enables and disables it")
def test_the_tests_run_on_the_installed_extension(extension: Any) -> None:
    import reshoot.core.errors
    from bl_ext.user_default.reshoot.core import errors

    assert reshoot.core.errors is errors
    assert reshoot is extension
    assert errors.__spec__ is not None and errors.__spec__.name == errors.__name__
    assert Path(errors.__file__).is_relative_to(os.environ["BLENDER_USER_RESOURCES"])


@pytest.mark.every_blender("each Blender checks the zip by rules of its own")
def test_blender_accepts_the_zip() -> None:
    tags = SCRIPTS / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    answer = blender_ext("validate", f"--valid-tags={tags}", str(ZIP))
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_zip_holds_the_extension_and_nothing_else() -> None:
    with zipfile.ZipFile(ZIP) as archive:
        names = archive.namelist()
    rooms = {"background", "core", "operators", "panels", "rehearsal", "session", "settings", "timeline"}
    rooms |= {"translations", "wheels"}
    assert {"blender_manifest.toml", "LICENSE", "__init__.py", "core/__init__.py", "timeline/__init__.py"} <= set(names)
    assert {f"./{name}" for name in names if name.startswith("wheels/")} == set(MANIFEST["wheels"])
    for name in names:
        top, *below = name.split("/")
        assert top in rooms if below else top in {"blender_manifest.toml", "LICENSE"} or top.endswith(".py"), name
        assert "__pycache__" not in name and not name.endswith(".pyc"), name


def test_the_zip_holds_the_text_of_its_licence() -> None:
    with zipfile.ZipFile(ZIP) as archive:
        text = archive.read("LICENSE").decode("utf-8")
    assert MANIFEST["license"] == ["SPDX:GPL-3.0-or-later"]
    assert "GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_zip_is_small() -> None:
    assert ZIP.stat().st_size <= 1_500_000


def test_the_wheels_suit_every_platform_and_python() -> None:
    """And none needs another that is not there, fal_client's realtime functions aside."""
    needed = set()
    wheels = {}
    with zipfile.ZipFile(ZIP) as archive:
        for name in archive.namelist():
            if not name.endswith(".whl"):
                continue
            project, version, _, tags = parse_wheel_filename(Path(name).name)
            wheels[project] = version
            assert {str(tag) for tag in tags} == {"py3-none-any"}
            with archive.open(name) as stream, zipfile.ZipFile(stream) as wheel:
                (metadata,) = (path for path in wheel.namelist() if path.endswith(".dist-info/METADATA"))
                headers = HeaderParser().parsestr(wheel.read(metadata).decode())
                assert not [path for path in wheel.namelist() if path.endswith((".so", ".pyd", ".dylib"))]
            for python in PYTHONS:
                assert SpecifierSet(headers["Requires-Python"]).contains(f"{python}.0"), f"{name} on Python {python}"
                needed |= {
                    (requirement.name, requirement.specifier)
                    for line in headers.get_all("Requires-Dist", [])
                    if (requirement := Requirement(line)).marker is None
                    or requirement.marker.evaluate({"python_version": python, "extra": ""})
                }
    for name, specifier in needed:
        if name not in LEFT_OUT:
            # What no wheel brings comes with Blender's own requests.
            version = wheels.get(canonicalize_name(name)) or importlib.metadata.version(name)
            assert specifier.contains(version), name


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """The checkout as somebody else has it: other times on its files, and things lying about that do not belong."""
    tree = tmp_path / "somebody's checkout"
    shutil.copytree(ROOT, tree, ignore=not_of_the_repository, copy_function=shutil.copy)
    shutil.copytree(ROOT / "build" / "wheels", tree / "build" / "wheels", copy_function=shutil.copy)
    (tree / "core" / "__pycache__").mkdir()
    (tree / "core" / "__pycache__" / "job.cpython-311.pyc").write_bytes(b"stale")
    return tree


def test_another_checkout_builds_the_same_bytes(copied_tree: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.zip", tmp_path / "theirs.zip"
    build(ROOT, ours)
    build(copied_tree, theirs)
    assert ours.read_bytes() == theirs.read_bytes()


def test_blenders_own_builder_takes_the_same_files(copied_tree: Path, tmp_path: Path) -> None:
    """`paths_exclude_pattern` is for who builds with Blender; it must not drift from what `make build` takes."""
    shutil.copytree(copied_tree / "build" / "wheels", copied_tree / "wheels")
    target = tmp_path / "blenders.zip"
    answer = blender_ext("build", "--source-dir", str(copied_tree), "--output-filepath", str(target))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    ours = build(copied_tree, tmp_path / "ours.zip")
    with zipfile.ZipFile(target) as theirs, zipfile.ZipFile(ours) as mine:
        assert sorted(theirs.namelist()) == sorted(mine.namelist())


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "blender_manifest.toml",
            '  "./wheels/h11-0.16.0-py3-none-any.whl",\n',
            "",
            "are not those of tools/wheels.lock",
        ),
        ("blender_manifest.toml", "h11-0.16.0", "h11-0.15.0", "are not those of tools/wheels.lock"),
        ("tools/wheels.lock", "--hash=sha256:", "--hash=md5:", "has a line that is not"),
    ],
)
def test_the_build_fails_where_manifest_and_lock_differ(
    copied_tree: Path, tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    path = copied_tree / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    answer = run_build(copied_tree, tmp_path / "never.zip")
    assert answer.returncode != 0
    assert complaint in answer.stderr
    assert not (tmp_path / "never.zip").exists()


def test_the_build_fails_without_the_text_of_the_licence(copied_tree: Path, tmp_path: Path) -> None:
    (copied_tree / "LICENSE").unlink()
    answer = run_build(copied_tree, tmp_path / "never.zip")
    assert answer.returncode != 0
    assert "there is no LICENSE" in answer.stderr
    assert not (tmp_path / "never.zip").exists()


def not_of_the_repository(folder: str, names: list[str]) -> set[str]:
    """For copytree: what was built or written here, such as a log beside the Makefile."""
    if Path(folder) != ROOT:
        return {"__pycache__"} & set(names)
    kept = {name for name in names if Path(name).suffix in {"", ".md", ".py", ".toml"} and not name.startswith(".")}
    return set(names) - kept | {"__pycache__", "build"}


def build(tree: Path, target: Path) -> Path:
    answer = run_build(tree, target)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return target


def run_build(tree: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, tree / "tools" / "build.py", "--output", target]
    return subprocess.run(command, capture_output=True, text=True, timeout=stretched(120))


def blender_ext(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Blender's own command for extensions, of the Blender under test."""
    command = [sys.executable, SCRIPTS / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=stretched(120))
