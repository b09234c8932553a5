# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that an editor can choose, by their ids. Asked anew each time: a test adds to it."""

from __future__ import annotations

from .kling import KLING_O1_EDIT, KLING_O1_EDIT_STANDARD
from .model import Field, Limits, Model

MODELS: dict[str, Model] = {model.id: model for model in (KLING_O1_EDIT, KLING_O1_EDIT_STANDARD)}


def limits_of(model: str) -> Limits:
    """What the model of that id takes; of an unknown one, as a newer Reshoot may have set, what the first takes."""
    return MODELS.get(model, next(iter(MODELS.values()))).limits


def with_endpoint(endpoint: str) -> Model | None:
    """The model at `endpoint`, None where the table has none."""
    return next((model for model in MODELS.values() if model.endpoint == endpoint), None)


def fields_named(name: str) -> list[Field]:
    """The fields of that name in the requests of any model."""
    return [field for model in MODELS.values() for field in model.fields if field.name == name]
