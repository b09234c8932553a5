# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of the models: endpoint, limits, price, and how the request's arguments are built.

What a limit means for a shot is decided in `conform`, for a file in `check`, for the words in `prompt`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from . import names
from .model import Limits, Model

KLING_O1_EDIT = Model(
    *names.KLING_O1_EDIT,
    endpoint="fal-ai/kling-video/o1/video-to-video/edit",
    price_per_second=Decimal("0.168"),
    result_fps=Fraction(24),
    limits=Limits(),
)
KLING_O1_EDIT_STANDARD = Model(
    *names.KLING_O1_EDIT_STANDARD,
    endpoint="fal-ai/kling-video/o1/standard/video-to-video/edit",
    price_per_second=Decimal("0.126"),
    result_fps=Fraction(24),
    limits=Limits(),
)
