# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses to plain JSON values and back, by their type hints.

Knows the few types that cross the rooms: numbers, strings, Fraction, Decimal, Path, enums, tuples, optionals and
dataclasses.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Fraction, Decimal, Path)):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return value


def from_json(kind: type[T], data: Any) -> T:
    """The `kind` that `to_json` made `data` from. Fields that `data` lacks take their default.

    Raises ValueError, TypeError or KeyError where `data` is of another form.
    """
    any_kind: Any = kind
    return typing.cast(T, _reader(any_kind)(data))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What reads a `kind`. Kept, because a journal holds thousands of the same kind and looking at hints takes time."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (_reader(each) for each in typing.get_args(kind) if each is not type(None))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        item = _reader(typing.get_args(kind)[0])
        return lambda data: tuple(map(item, data))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _of_dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, (Enum, Fraction, Decimal, Path)):
        return lambda data: _of_text(kind, data)
    if kind in (str, bool, int, float):
        allowed = (int, float) if kind is float else kind
        return lambda data: _plain(data, kind, allowed)
    return lambda data: data


def _plain(data: Any, kind: type, allowed: Any) -> Any:
    if not isinstance(data, allowed) or (isinstance(data, bool) and kind is not bool):
        raise TypeError(f"{kind.__name__} is not read from {type(data).__name__}")
    return data


def _of_dataclass(kind: type[Any]) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}

    def read(data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"{kind.__name__} is read from a mapping, not from {type(data).__name__}")
        return kind(**{name: readers[name](value) for name, value in data.items() if name in readers})

    return read


def _of_text(kind: Any, data: Any) -> Any:
    try:
        return kind(data)
    except ArithmeticError as error:  # Fraction("1/0"), Decimal("cheap")
        raise ValueError(f"{data!r} is no {kind.__name__}") from error
