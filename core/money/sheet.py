# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable

from .ledger import Entry


def day_of(at: float) -> str:
    """The day of a moment, where this computer is: 2026-11-22."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def as_csv(spent: Iterable[Entry]) -> str:
    """The ledger as a table with a line for each submission, as spreadsheets read it."""
    page = io.StringIO()
    table = csv.writer(page)
    table.writerow(
        [
            "day",
            "time",
            "project",
            "shot",
            "model",
            "seconds",
            "estimated_usd",
            "outcome",
            "request_id",
            "service",
            "job",
        ]
    )
    for each in spent:
        clock = time.strftime("%H:%M:%S", time.localtime(each.at))
        table.writerow(
            [
                day_of(each.at),
                clock,
                _harmless(each.project),
                _harmless(each.shot),
                each.model,
                f"{each.seconds:.3f}",
                f"{each.amount:.2f}",
                each.outcome.value,
                _harmless(each.request_id),
                _harmless(each.service),
                each.job,
            ]
        )
    return page.getvalue()


def _harmless(words: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words
