# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: the two sizes of a campaign, whole or (`--sample`) as `make test` takes it; and the marks that say
where a test runs.

A test that is marked `campaign` runs in the whole campaign alone. A test that tries many examples asks here how many.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

CAMPAIGN = pytest.mark.campaign
_PART = 8
_sample = False


def examples(whole: int) -> int:
    """How many examples a test tries, of the `whole` number that a campaign tries."""
    return max(1, whole // _PART) if _sample else whole


def sampled(every: Iterable[Any], *sample: object) -> list[Any]:
    """The cases of a campaign as the values of a test's parameter: those of the `sample`, and the others, marked.

    A tuple is the values of several parameters.
    """
    cases = list(every)
    missing = [case for case in sample if case not in cases]
    assert not missing, f"no such cases: {missing}"
    return [
        case if case in sample else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=CAMPAIGN)
        for case in cases
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--sample`."""
    parser.addoption("--sample", action="store_true", help="of each campaign only what is not marked `campaign`")


def pytest_configure(config: pytest.Config) -> None:
    """Settle the size before the tests are read, whose numbers of examples depend on it."""
    global _sample
    _sample = bool(config.getoption("--sample"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is for whole campaigns, and refuse a mark that does not say why a test needs every Blender."""
    for item in items:
        for mark in item.iter_markers("every_blender"):
            if len(mark.args) != 1 or not isinstance(mark.args[0], str) or not mark.args[0].strip():
                raise pytest.UsageError(f"{item.nodeid}: every_blender wants the reason why it needs each Blender")
    if not _sample:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("campaign")])
    items[:] = [item for item in items if not item.get_closest_marker("campaign")]
