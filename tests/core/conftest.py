# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis without a stopwatch: how long one example takes says more about the machine than about the code."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("reshoot", deadline=None)
settings.load_profile("reshoot")
