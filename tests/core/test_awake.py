# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience, where the clock goes on while the computer sleeps, as that of Windows does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from reshoot.core import awake

NIGHT = 8 * 3600.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(awake, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def test_what_is_slept_is_no_patience(clock: SimpleNamespace) -> None:
    patience = awake.Patience(120.0)
    for _ in range(10):
        clock.now += NIGHT
        assert not patience.is_over()


def test_it_is_over_when_it_should_be(clock: SimpleNamespace) -> None:
    patience = awake.Patience(120.0)
    looks = 0
    while not patience.is_over():
        clock.now += 0.05
        looks += 1
    assert looks == pytest.approx(2400, abs=2)
