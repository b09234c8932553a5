# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that an editor can choose, by their ids."""

from __future__ import annotations

from .kling import KLING_O1_EDIT, KLING_O1_EDIT_STANDARD
from .model import Model

MODELS: dict[str, Model] = {model.id: model for model in (KLING_O1_EDIT, KLING_O1_EDIT_STANDARD)}
