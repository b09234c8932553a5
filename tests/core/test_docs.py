# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages speak of what is there: their links lead somewhere; the files, modules and members that they name exist.

What a page says about them is for readers to check.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from test_imports import ROOT, TABLE

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)|<img src=\"(?P<picture>[^\"]+)\"")
CODE = re.compile(r"(?<!`)`(?P<code>[^`\n]+)`(?!`)")
HEADING = re.compile(r"^#+ (?P<words>.+)$", re.MULTILINE)
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
DOTTED = re.compile(r"[a-z_]\w*(\.[A-Za-z_]\w*)+")
MEMBER = re.compile(r"(?P<owner>[A-Z]\w*[a-z]\w*)\.(?P<member>[a-z_]\w*)")
# A name without a folder is one of ours where it ends so: what is written at run time (`job.json`) does not.
ENDINGS = (".py", ".md", ".toml", ".lock")
MOST_LINES = 120
"""Of the architecture: one page."""


def pages(root: Path) -> list[Path]:
    """What is written for readers, the history aside: it names what was there once."""
    return [*root.glob("README.md"), *root.glob("CONTRIBUTING.md"), *sorted((root / "docs").rglob("*.md"))]


def text_of(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links and pictures that stay in the repository."""
    for match in LINK.finditer(text_of(page)):
        target = match["target"] or match["picture"]
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchors(page: Path) -> set[str]:
    """What a link to the page can have behind its #, as GitHub makes it of headings."""
    headings = (match["words"].lower() for match in HEADING.finditer(text_of(page)))
    return {re.sub(r"[^\w\- ]", "", words).replace(" ", "-") for words in headings}


def wrong_links(root: Path) -> list[str]:
    """Every link that leads nowhere, in words."""
    wrong = []
    for page in pages(root):
        for target in links(page):
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            if not there.exists() or not there.is_relative_to(root.resolve()):
                wrong.append(f"{page.relative_to(root)} links to {target}, which is not there")
            elif anchor and anchor not in anchors(there):
                wrong.append(f"{page.relative_to(root)} links to {target}: there is no such heading")
    return wrong


def wrong_names(root: Path, folders: set[str]) -> list[str]:
    """Every file, module or member that a page names and that does not exist. folders: those at the top."""
    return [
        f"{page.relative_to(root)} names {match['code']}, which is not there"
        for page in pages(root)
        for match in CODE.finditer(text_of(page))
        if not is_there(root, folders, match["code"])
    ]


def is_there(root: Path, folders: set[str], code: str) -> bool:
    """Whether `code` is not the name of something of ours, or what it names exists."""
    if PATH.fullmatch(code) and "/" in code and code.split("/")[0] in folders:
        return any(root.glob(code.rstrip("/")))
    if PATH.fullmatch(code) and "/" not in code and code.endswith(ENDINGS):
        places = [root.glob(code), *((root / folder).rglob(code) for folder in folders)]
        return any(any(place) for place in places)
    if DOTTED.fullmatch(code) and code.split(".")[0] in folders:
        return is_module_or_member(root, code.split("."))
    if match := MEMBER.fullmatch(code):
        return match["member"] in members(root).get(match["owner"], set())
    return True


def is_module_or_member(root: Path, parts: list[str]) -> bool:
    """Whether there is such a module, or such a name at the top of one."""
    for count in range(len(parts), 0, -1):
        path = root.joinpath(*parts[:count])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file():
            rest = parts[count:]
            return not rest or rest[0] in names_in(ast.parse(file.read_text(encoding="utf-8")).body)
    return False


@cache
def members(root: Path) -> dict[str, set[str]]:
    """What the extension's classes define, by the names of the classes."""
    found: dict[str, set[str]] = {}
    for room in {room.split(".")[0] for room in TABLE}:
        for path in (root / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, set()).update(names_in(node.body))
    return found


def names_in(body: list[ast.stmt]) -> set[str]:
    """The names that statements define."""
    found: set[str] = set()
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            case _:
                pass
    return found


def tracked_folders() -> set[str]:
    """The folders at the top of the repository, without what is built."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {path.split("/")[0] for path in tracked.splitlines() if "/" in path}


def test_every_link_leads_somewhere() -> None:
    assert wrong_links(ROOT) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs the program git, which lists the project's files")
def test_everything_that_is_named_is_there() -> None:
    assert wrong_names(ROOT, tracked_folders()) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        targets = ((page.parent / target.partition("#")[0]).resolve() for target in links(page))
        ahead += [target for target in targets if target.suffix == ".md" and target.is_file() and target not in reached]
    assert [str(page.relative_to(ROOT)) for page in pages(ROOT) if page not in reached] == []


@pytest.mark.parametrize("room", TABLE)
def test_the_architecture_names_every_room(room: str) -> None:
    name = "`__init__.py`" if room == "__init__" else f"| `{room.replace('.', '/')}/` |"
    assert name in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_architecture_is_one_page() -> None:
    lines = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES


def test_readme_and_changelog_know_the_version() -> None:
    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
    zips = re.findall(r"reshoot-([\d.]+)\.zip", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(zips) == {version}
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("[a page](docs/gone.md)", "README.md links to docs/gone.md, which is not there"),
        ("[a page](../outside.md)", "README.md links to ../outside.md, which is not there"),
        ('<img src="docs/gone.png" width="9">', "README.md links to docs/gone.png, which is not there"),
        ("[a heading](docs/page.md#gone)", "README.md links to docs/page.md#gone: there is no such heading"),
        ("[a heading](#gone)", "README.md links to #gone: there is no such heading"),
        ("see `core/gone.py`", "README.md names core/gone.py, which is not there"),
        ("see `core/gone/`", "README.md names core/gone/, which is not there"),
        ("see `core/gone-*.py`", "README.md names core/gone-*.py, which is not there"),
        ("see `gone.py`", "README.md names gone.py, which is not there"),
        ("see `core.gone`", "README.md names core.gone, which is not there"),
        ("see `core.job.gone`", "README.md names core.job.gone, which is not there"),
        ("see `Job.gone`", "README.md names Job.gone, which is not there"),
        ("see `Gone.state`", "README.md names Gone.state, which is not there"),
    ],
)
def test_what_is_not_there_is_found(tmp_path: Path, words: str, complaint: str) -> None:
    plant(tmp_path, words)
    assert [*wrong_links(tmp_path), *wrong_names(tmp_path, {"core", "docs"})] == [complaint]


@pytest.mark.parametrize(
    "words",
    [
        "[a page](docs/page.md), [its heading](docs/page.md#one-two-three), [a folder](docs), [outside](https://a.example/b)",
        "`core/job.py`, `core/`, `core`, `core/j*.py`, `job.py`, `page.md`",
        "`core.job`, `core.job.Job`, `core.job.Job.state`, `Job.state`, `Job.move`",
        "`build/gone.zip`, `job.json`, `1.2.3`, `bpy.app.version`, `scene.reshoot`, `make test`, `journal.sqlite3`",
        "```\n`core/gone.py` and [a page](gone.md)\n```",
    ],
)
def test_what_is_there_is_let_through(tmp_path: Path, words: str) -> None:
    plant(tmp_path, words)
    assert [*wrong_links(tmp_path), *wrong_names(tmp_path, {"core", "docs"})] == []


def plant(root: Path, words: str) -> None:
    (root / "core").mkdir()
    (root / "docs").mkdir()
    (root / "README.md").write_text(f"# Title\n\n{words}\n", encoding="utf-8")
    (root / "docs" / "page.md").write_text("# Page\n\n## One, two: three\n", encoding="utf-8")
    (root / "core" / "job.py").write_text("class Job:\n    state: int\n    def move(self): ...\n", encoding="utf-8")
