# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that an editor sees can be translated, and German has all of them: read from the source, as it is.

`python -m pytest tests/core/test_words.py` lists each text that the table lacks, that goes past `say`, or that nobody
says any more. What Blender then shows is for tests/timeline and tests/gui.
"""

from __future__ import annotations

import ast
import re
import runpy
import string
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from reshoot.core import errors, words
from reshoot.core.models.table import MODELS
from reshoot.core.service.refusals import Asking, Refusal, Translator

ROOT = Path(__file__).resolve().parents[2]
GERMAN: dict[str, str] = runpy.run_path(str(ROOT / "translations" / "german.py"))["GERMAN"]

# rehearsal speaks as the service does, in English.
ROOMS = ("background", "core", "operators", "panels", "session", "settings", "timeline")

SAYS = {"say", "named"}
# Blender shows what these are given in the editor's language.
SHOWN_CLASS_VALUES = {"bl_label", "bl_description"}
SHOWN_ARGUMENTS = {"text", "name", "description", "placeholder", "title", "message", "confirm_text", "heading"}
# These take a `name` that nobody sees, or that is a name.
NOT_SHOWN_BY = {"Thread", "ThreadPoolExecutor", "new", "new_movie", "new_image", "new_sound", "new_effect", "say"}
# Blender shows what these are given as it is.
TELLERS = {"report", "poll_message_set"}
ERRORS = set(errors.__all__)

NAMES = {
    "Reshoot": "the product's name",
    "fal.ai": "the service's name",
    "Prompt": "what German editors call it",
    "Element": "the same word in German",
    "Shot": "what German editors call it",
    "Take": "what German editors call it",
    "Takes": "what German editors call them",
    "Original": "the same word in German",
    "Timing": "the same word in German",
    "Journal": "the same word in German",
    "Allow Online Access": "a setting of Blender's, which has no German name",
    "{size}, {rate}\u00a0fps": "numbers and units",
    "{what}: {why}.": "two parts of a sentence",
    "{seconds}\u00a0s": "numbers and units",
    "{minutes}\u00a0min {seconds}\u00a0s": "numbers and units",
    "{hours}\u00a0h {minutes}\u00a0min": "numbers and units",
}
NOT_TRANSLATED = {
    "Kling O1 Edit": "the name of a model",
    "Kling O1 Edit Standard": "the name of a model",
    "Reshoot Prompt": "the name of a text in the file: it stays when the language is changed",
    "AgX Base sRGB": "a colour space of Blender's",
    "Filmic sRGB": "a colour space of Blender's",
    "Display P3": "a colour space of Blender's",
    "ACES 1.3 sRGB": "a colour space of Blender's",
    "ACES 2.0 sRGB": "a colour space of Blender's",
    "ACES 1.3": "a view transform of Blender's",
    "ACES 2.0": "a view transform of Blender's",
}
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|ALTER)\b")
_SENTENCE = re.compile(r"[“A-Z{].*\s\S")
_WORDS = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b|” (is|in|of) |^ [a-z]{2,} ?$")


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """The modules that speak to the editor: path in the extension, syntax tree."""
    for path in sorted([*root.glob("*.py"), *(path for room in ROOMS for path in (root / room).rglob("*.py"))]):
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"), str(path))


class Reader(ast.NodeVisitor):
    """Reads one module. said: text -> where. wrong: what cannot be translated as it is written, in words."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.said: dict[str, str] = {}
        self.wrong: list[str] = []
        self._known: set[int] = set()
        self._values = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self.visit(tree)
        self._find_the_rest(tree)

    def _complain(self, node: ast.expr, why: str) -> None:
        self.wrong.append(f"{self.path}:{node.lineno} {why}: {ast.unparse(node)[:100]}")

    def _collect(self, node: ast.expr | None) -> None:
        """Note the literals that `node` may be."""
        match node:
            case ast.Constant(value=str(text)):
                self._known.add(id(node))
                if text.strip():
                    self.said.setdefault(text, f"{self.path}:{node.lineno}")
            case ast.IfExp(body=one, orelse=other):
                self._collect(one)
                self._collect(other)
            case ast.JoinedStr():
                self._complain(node, "is put together before it can be translated")
            case _:
                pass

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in node.body:
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in SHOWN_CLASS_VALUES:
                    self._collect(value)
                case _:
                    pass
        shown = ("_OT_" in node.name or "_PT_" in node.name) and not any(
            isinstance(part, ast.Assign) and "bl_description" in ast.unparse(part.targets[0]) for part in node.body
        )
        if shown and isinstance(node.body[0], ast.Expr):
            self._collect(node.body[0].value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        speaks = name in SAYS and not (isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "board")
        if speaks and self.path != "core/words.py":
            if isinstance(node.args[0], (ast.Constant, ast.Name, ast.Attribute, ast.Subscript)):
                self._collect(node.args[0])
            else:
                self._complain(node.args[0], f"is given to {name} and is no literal")
        elif name.startswith("pgettext") or name == "iface":
            self._complain(node, "asks Blender for a text that say would give")
        elif name in TELLERS:
            for argument in node.args:
                if isinstance(argument, ast.JoinedStr) or isinstance(getattr(argument, "value", None), str):
                    self._complain(argument, f"goes to {name} past say")
                    self._known.add(id(argument))
        elif name in ERRORS:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(argument, ast.JoinedStr) or (isinstance(argument, ast.Constant) and argument.value):
                    self._complain(argument, f"goes into {name} past say")
                    self._known.add(id(argument))
        for keyword in node.keywords:
            if keyword.arg == "items":
                self._items(keyword.value)
            elif keyword.arg in SHOWN_ARGUMENTS and name not in NOT_SHOWN_BY and not self.path.startswith("core/"):
                self._collect(keyword.value)
        self.generic_visit(node)

    def _items(self, node: ast.expr) -> None:
        """Names and descriptions of the choices of an EnumProperty."""
        if isinstance(node, ast.Name):
            node = self._values.get(node.id, node)
        if isinstance(node, ast.Starred):
            self._items(node.value)
            return
        if not isinstance(node, (ast.Tuple, ast.List)):
            return
        if len(node.elts) >= 3 and not any(isinstance(each, (ast.Tuple, ast.Starred)) for each in node.elts):
            self._collect(node.elts[1])
            self._collect(node.elts[2])
            return
        for each in node.elts:
            self._items(each)

    def _find_the_rest(self, tree: ast.Module) -> None:
        """Sentences that nothing above has noted: they would be shown in English, or put together in pieces."""
        silent = self._docstrings(tree) | self._silent(tree) | self._hints(tree)
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if id(node) not in self._known | silent:
                    if _SENTENCE.match(text) and not _SQL.match(text) and text not in NOT_TRANSLATED:
                        self._complain(node, "is a sentence past say")
                case ast.JoinedStr(values=parts) if id(node) not in silent:
                    told = [part.value for part in parts if isinstance(part, ast.Constant)]
                    if any(_WORDS.search(text) for text in told) and not _SQL.match(told[0]):
                        self._complain(node, "is put together from words past say")
                case _:
                    pass

    def _docstrings(self, tree: ast.Module) -> set[int]:
        return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}

    def _hints(self, tree: ast.Module) -> set[int]:
        """Types in quotes: of arguments, of what is returned, of names."""
        hints: list[ast.expr | None] = []
        for node in ast.walk(tree):
            match node:
                case ast.arg(annotation=hint) | ast.AnnAssign(annotation=hint) | ast.FunctionDef(returns=hint):
                    hints.append(hint)
                case _:
                    pass
        return {id(hint) for hint in hints if isinstance(hint, ast.Constant)}

    def _silent(self, tree: ast.Module) -> set[int]:
        """What goes to the log, or is raised at programmers."""
        found: set[int] = set()
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "_log"))):
                    found |= {id(each) for each in ast.walk(node)}
                case ast.Call(
                    func=ast.Name(id="ValueError" | "TypeError" | "LeaseLost" | "RuntimeError" | "NotImplementedError")
                ):
                    found |= {id(each) for each in ast.walk(node)}
                case _:
                    pass
        return found


def read(root: Path) -> tuple[dict[str, str], list[str]]:
    """Every text of the extension and where it is first, and what is wrong."""
    said: dict[str, str] = {}
    wrong: list[str] = []
    for path, tree in sources(root):
        reader = Reader(path, tree)
        said = {**reader.said, **said}
        wrong += reader.wrong
    return said, wrong


SAID, WRONG = read(ROOT)


def fields(text: str) -> set[str]:
    """The placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_can_be_translated() -> None:
    assert WRONG == [], "\n" + "\n".join(WRONG)


def test_german_has_every_text() -> None:
    missing = [f"{where}: {text!r}" for text, where in SAID.items() if text not in GERMAN]
    assert missing == [], "\n" + "\n".join(missing)


def test_german_has_no_text_that_nobody_says() -> None:
    unsaid = [text for text in GERMAN if text not in SAID]
    assert unsaid == [], "\n" + "\n".join(map(repr, unsaid))


def test_german_fills_in_the_same_values() -> None:
    different = {text: german for text, german in GERMAN.items() if fields(text) != fields(german)}
    assert different == {}


def test_german_is_german() -> None:
    same = [text for text, german in GERMAN.items() if not german.strip() or (german == text and text not in NAMES)]
    assert same == []
    assert [text for text in NAMES if GERMAN.get(text) != text] == [], "named as a name, and translated"


def test_german_ends_as_english_does() -> None:
    """A label that ends in a full stop, or a sentence that does not, is a slip; so is a lost space at an end."""
    ends = (".", "?", "!", ":", "…", "...", " ")
    wrong = [
        text
        for text, german in GERMAN.items()
        if [text.endswith(end) for end in ends] != [german.endswith(e) for e in ends]
    ]
    assert wrong == []
    assert [text for text, german in GERMAN.items() if text[0].isspace() != german[0].isspace()] == []


@pytest.fixture
def german() -> Iterator[None]:
    """What is said is German."""
    words.speak(GERMAN)
    yield
    words.speak({})


def test_english_is_what_the_source_says() -> None:
    assert words.say("Scaled {width}×{height}", width=4, height=3) == "Scaled 4×3"


def test_a_table_that_lacks_a_text_leaves_it_in_english(german: None) -> None:
    assert words.say("No table has {this}", this="this") == "No table has this"


def test_an_error_of_the_service_is_told_in_german_on_any_thread(german: None) -> None:
    told: list[str] = []
    refusal = Refusal("video_duration_too_long", "", 422, loc=["body", "video_url"], ctx={"max_duration": 10.05})
    thread = threading.Thread(
        target=lambda: told.append(str(Translator("fal.ai", "key").error(refusal, Asking.SUBMISSION)))
    )
    thread.start()
    thread.join()
    assert told == ["Der Clip ist zu lang (höchstens 10.05 s). Den Shot kürzen und erneut senden."]


def test_whether_a_failure_is_billed_does_not_depend_on_the_language(german: None) -> None:
    failed = Translator("fal.ai", "key").failed("runner_disconnected", "gone")
    assert failed.paid is errors.Paid.NO


def test_a_model_tells_its_price() -> None:
    """The text is a literal, so that Blender can translate it; the price rule that is calculated with says the same."""
    for model in MODELS.values():
        assert model.price_words == model.price_rule.words


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("core/a.py", "say(f'{x} frames')", "is given to say and is no literal"),
        ("core/a.py", "say('one ' + x)", "is given to say and is no literal"),
        ("core/a.py", "raise LimitError('Too long.')", "goes into LimitError past say"),
        ("core/a.py", "raise LimitError(say('Too long.'), f'Cut {n} frames.')", "goes into LimitError past say"),
        ("operators/a.py", "self.report({'ERROR'}, 'There is none.')", "goes to report past say"),
        ("operators/a.py", "cls.poll_message_set('Choose one')", "goes to poll_message_set past say"),
        ("operators/a.py", "def f():\n    return 'There is nothing to cancel.'", "is a sentence past say"),
        ("panels/a.py", "layout.label(text=f'{n} frames')", "is put together before it can be translated"),
        ("panels/a.py", "words = {1: 'Waiting to export'}", "is a sentence past say"),
        ("panels/a.py", "iface = pgettext_iface('Length')", "asks Blender for a text that say would give"),
    ],
)
def test_a_text_that_cannot_be_translated_is_found(tmp_path: Path, path: str, code: str, complaint: str) -> None:
    plant(tmp_path, path, code)
    _, (wrong, *_more) = read(tmp_path)
    assert complaint in wrong


@pytest.mark.parametrize(
    ("path", "code", "texts"),
    [
        ("core/a.py", "say('{n} frames', n=n)", {"{n} frames"}),
        ("core/a.py", "say('one'\n    ' two')", {"one two"}),
        ("core/a.py", "TABLE = {'a': (named('This'), named('That'))}\nsay(TABLE[x][0])", {"This", "That"}),
        ("core/a.py", "log.warning('Not shown to anybody: %s', x)", set()),
        ("panels/a.py", "layout.operator('x.y', text='One' if x else 'Other', icon='ADD')", {"One", "Other"}),
        ("panels/a.py", "class RESHOOT_PT_a:\n    '''What it is'''\n    bl_label = 'Name'", {"What it is", "Name"}),
        ("operators/a.py", "KINDS = (('A', 'One', 'This'),)\nEnumProperty(items=(*KINDS, ('B', 'Two', '')))", {"Two"}),
        (
            "operators/a.py",
            "K = (('A', 'One', 'This'),)\nEnumProperty(name='Kind', items=K)",
            {"Kind", "One", "This"},
        ),
    ],
)
def test_a_text_is_found_wherever_it_is(tmp_path: Path, path: str, code: str, texts: set[str]) -> None:
    plant(tmp_path, path, code)
    said, wrong = read(tmp_path)
    assert texts <= set(said) and wrong == []


def plant(root: Path, path: str, code: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(code + "\n", encoding="utf-8")
