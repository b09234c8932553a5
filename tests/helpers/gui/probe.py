# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the Blender under test: how long each call from Blender into the extension holds the main thread.

Every function of the extension is watched in place, so whatever Blender calls - an operator, a panel, a timer, a
handler - is measured without being known here. The outermost call is the one that Blender waits for.
"""

from __future__ import annotations

import gc
import inspect
import re
import resource
import sys
import threading
import time
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import bpy
import reshoot_spread as spread

# It runs on threads of its own, all of it.
_APART = ("rehearsal",)
_BLENDERS_OWN = {
    "timeline.movie_strip.add",
    # What the graphics driver compiles at the first draw of its kind.
    "panels.warming.first_shader",
    "panels.warming.first_boxes",
    "panels.warming.first_word",
    "panels.comparison_overlay._shader",
}
_OPERATORS = ("sequencer", "ed")
_BUDGET = 16.0
"""Milliseconds that one stretch may take."""

_TOLD = 12
"""Functions that are named of those that were called in the longest stretch."""

_watched: list[FunctionType] = []
_originals: list[FunctionType] = []
_stand_ins: list[CodeType] = []
_names: list[str] = []
_stages: dict[str, dict[str, Any]] = {}
_main = threading.get_ident()
_depth = 0
_own_depth = 0
_own: dict[str, float] = {}
_own_busy = 0.0
_collected = 0.0
_collecting = 0.0
_within: dict[str, float] = {}
_module = ""
_seen: set[str] = set()
_known = 0
_called = ""


def attach(module: str) -> None:
    """Begin to watch the extension `module`, which is registered."""
    global _module
    _module = module
    follow()
    gc.callbacks.append(_collects)
    for name in _OPERATORS:
        # An attribute of the module goes before what the module makes up when it is asked.
        setattr(bpy.ops, name, _Operators(name, getattr(bpy.ops, name)))


def follow() -> None:
    """Watch what was imported since the last time: an extension may import its parts when they are needed."""
    global _known
    if len(sys.modules) == _known:
        return
    known = len(sys.modules)
    for name, part in list(sys.modules.items()):
        if name in _seen:
            continue
        if name == _module or name.startswith(f"{_module}."):
            if part is None or getattr(part.__spec__, "_initializing", False):
                # Another thread imports it at this moment.
                known = 0
                continue
            inner = name.removeprefix(_module).lstrip(".")
            if inner.split(".")[0] not in _APART:
                _watch_module(part, inner)
        _seen.add(name)
    _known = known


def call_it(stage: str) -> None:
    """Keep what is measured from now on under this name; under the jobs' states again where it is empty."""
    global _called
    _called = stage


def watch_only(names: str) -> None:
    """From now on watch only the functions whose name this regular expression finds; all again where it is empty.

    To watch a call costs a few microseconds, which adds up where hundreds are called in one draw.
    """
    for function, original, stand_in, name in zip(_watched, _originals, _stand_ins, _names, strict=True):
        function.__code__ = stand_in if re.search(names, name) else original.__code__


def report() -> dict[str, dict[str, Any]]:
    """What was measured, by the states that the jobs were in.

    longest, costliest (by processor time), over (the budget): where, ms without Blender's own, ms of processor, of
    which Python collected garbage, and what it called, each with all that this called itself. wall, processor: how the
    stretches are spread, see spread.py. by: the same of the processor time of every way in. blender: the longest of
    Blender's own operators.
    """
    return _stages


def _watch_module(module: ModuleType, inner: str) -> None:
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            _watch(value, f"{inner}.{name}")
        elif isinstance(value, type):
            for attribute, member in list(vars(value).items()):
                function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
                if isinstance(function, FunctionType) and not attribute.startswith("__"):
                    _watch(function, f"{inner}.{value.__name__}.{attribute}")


def _watch(function: FunctionType, name: str) -> None:
    code = function.__code__
    # A generator does not run when it is called, and the cells of a closure cannot be given another code.
    if code.co_freevars or code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return
    if any(function is each for each in _watched):
        return
    _watched.append(function)
    original = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, None)
    original.__kwdefaults__ = function.__kwdefaults__
    _originals.append(original)
    _names.append(name.lstrip("."))
    # The function stays the object that Blender and the extension hold; only what it does is exchanged.
    function.__code__ = _stand_in(code, len(_originals) - 1)
    _stand_ins.append(function.__code__)


def _stand_in(code: CodeType, number: int) -> CodeType:
    """Code that hands a call over. Blender fills as many arguments as the code says it has, so it has the same ones."""
    names = ", ".join(code.co_varnames[: code.co_argcount])
    comma = "," if names else ""
    source = (
        f"def stand_in({names}{comma} *_more, **_named):\n"
        f"    return __import__('sys').modules['reshoot_probe'].call({number}, ({names}{comma}), _more, _named)"
    )
    made: dict[str, Any] = {}
    exec(source, made)
    stand_in: CodeType = made["stand_in"].__code__
    return stand_in.replace(co_name=code.co_name, co_filename=code.co_filename)


def call(number: int, args: tuple[Any, ...], more: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a watched function."""
    args = args + more
    if threading.get_ident() != _main:
        return _originals[number](*args, **kwargs)
    if _names[number] in _BLENDERS_OWN:
        return _apart(_names[number], _originals[number], args, kwargs)
    return _outermost(_names[number], _originals[number], args, kwargs)


def _outermost(name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    global _depth, _own_busy, _collected
    if _depth:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            _within[name] = _within.get(name, 0.0) + time.perf_counter() - start
    stage = _stage()
    _own.clear()
    _within.clear()
    _own_busy = _collected = 0.0
    _depth += 1
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    processor, start = time.thread_time(), time.perf_counter()
    try:
        return function(*args, **kwargs)
    finally:
        seconds, busy = time.perf_counter() - start, time.thread_time() - processor
        _depth -= 1
        now = resource.getrusage(resource.RUSAGE_THREAD)
        # It waited by itself (a disk, a lock, Python's own), or the system gave the processor to another process.
        waits = {"waited": now.ru_nvcsw - usage.ru_nvcsw, "pushed_aside": now.ru_nivcsw - usage.ru_nivcsw}
        _keep(stage, name, seconds, busy - _own_busy, waits)


def _collects(phase: str, _facts: dict[str, int]) -> None:
    """Python collects garbage, wherever it happens to be, in our time too."""
    global _collected, _collecting
    if not _depth or _own_depth or threading.get_ident() != _main:
        return
    if phase == "start":
        _collecting = time.thread_time()
    elif _collecting:
        _collected += time.thread_time() - _collecting
        _collecting = 0.0


def _apart(name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    global _own_depth, _own_busy
    if _own_depth:
        return function(*args, **kwargs)
    _own_depth += 1
    processor, start = time.thread_time(), time.perf_counter()
    try:
        return function(*args, **kwargs)
    finally:
        _own_depth -= 1
        _own_busy += time.thread_time() - processor
        _own[name] = _own.get(name, 0.0) + time.perf_counter() - start


def _keep(stage: str, name: str, seconds: float, busy: float, waits: dict[str, int]) -> None:
    kept = _stages.setdefault(
        stage,
        {
            "longest": {"ms": -1.0},
            "costliest": {"processor_ms": -1.0},
            "over": [],
            "wall": spread.empty(),
            "processor": spread.empty(),
            "by": {},
            "blender": {},
        },
    )
    ours, busy = (seconds - sum(_own.values())) * 1000, busy * 1000
    longest = {"ms": round(ours, 2), "processor_ms": round(busy, 2), "collected_ms": round(_collected * 1000, 2)}
    longest |= {**waits, "in": name}
    costly = sorted(_within.items(), key=lambda pair: -pair[1])[:_TOLD]
    longest["within"] = {each: round(spent * 1000, 2) for each, spent in costly}
    if longest["ms"] > kept["longest"]["ms"]:
        kept["longest"] = longest
    if longest["processor_ms"] > kept["costliest"]["processor_ms"]:
        kept["costliest"] = longest
    if longest["ms"] > _BUDGET:
        kept["over"].append(longest)
    spread.count(kept["wall"], ours)
    spread.count(kept["processor"], busy)
    spread.count(kept["by"].setdefault(name, spread.empty()), busy)
    for each, spent in _own.items():
        kept["blender"][each] = max(kept["blender"].get(each, 0.0), round(spent * 1000, 2))


def _stage() -> str:
    """The states of the jobs that are not over, as the interface knows them."""
    global _depth
    if _called:
        return _called
    _depth += 1
    try:
        # Blender's start does without it, and a thread imports it: before the first job it is not there, or in part.
        open_jobs = getattr(sys.modules.get(f"{_module}.core.jobs.board"), "open_jobs", tuple)
        states = {line.job.state for line in open_jobs()}
        return "+".join(sorted({state.value for state in states if not state.ended})) or "no job"
    finally:
        _depth -= 1


class _Operators:
    """A group of Blender's operators; what they take is Blender's own."""

    def __init__(self, group: str, real: Any) -> None:
        self._group = group
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return _Operator(f"bpy.ops.{self._group}.{name}", getattr(self._real, name))


class _Operator:
    """One of Blender's operators."""

    def __init__(self, name: str, real: Any) -> None:
        self._name = name
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _depth and threading.get_ident() == _main:
            return _apart(self._name, self._real, args, kwargs)
        return self._real(*args, **kwargs)
