# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses to plain JSON values and back, by their type hints.

Knows the few types that cross the rooms: numbers, strings, Fraction, Decimal, Path, enums, tuples, optionals and
dataclasses.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Fraction, Decimal, Path)):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[T], data: Any) -> T:
    """The `kind` that `to_plain` made `data` from. Fields that `data` lacks take their default.

    Raises ValueError, TypeError or KeyError where `data` is of another form.
    """
    return typing.cast(T, _read(kind, data))


def _read(kind: Any, data: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        (inner,) = (each for each in typing.get_args(kind) if each is not type(None))
        return _read(inner, data)
    if origin is tuple:
        item = typing.get_args(kind)[0]
        return tuple(_read(item, each) for each in data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(data, Mapping):
            raise TypeError(f"{kind.__name__} is read from a mapping, not from {type(data).__name__}")
        hints = typing.get_type_hints(kind)
        known = {field.name for field in dataclasses.fields(kind)}
        return kind(**{name: _read(hints[name], value) for name, value in data.items() if name in known})
    if isinstance(kind, type) and issubclass(kind, (Enum, Fraction, Decimal, Path)):
        try:
            return kind(data)
        except ArithmeticError as error:  # Fraction("1/0"), Decimal("cheap")
            raise ValueError(f"{data!r} is no {kind.__name__}") from error
    return data
