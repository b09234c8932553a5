# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis without a stopwatch, since how long one example takes says more about the machine than about the code; and
the house in which jobs are tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, runner_threads, until
from hypothesis import settings
from rehearsal_render import make_clip
from reshoot.core.jobs import activity, lost
from reshoot.core.jobs import steps as steps_module

settings.register_profile("reshoot", deadline=None)
settings.load_profile("reshoot")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()
    # One that a slow disk has held ends once it is let go.
    until(lambda: runner_threads() == [])


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 24 fps, inside every limit."""
    return make_clip(tmp_path_factory.mktemp("movies") / "forest.mp4")


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same delays, shorter."""
    monkeypatch.setattr(steps_module, "FIRST_POLL", 0.05)
    monkeypatch.setattr(steps_module, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(activity, "LOOK_AGAIN", 0.1)
    monkeypatch.setattr(lost, "ARRIVAL_SECONDS", 0.1)
    monkeypatch.setattr(activity, "WRITE_AGAIN", 0.1)
