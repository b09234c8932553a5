# SPDX-License-Identifier: GPL-3.0-or-later
"""How the strip of one take becomes that of another: as if the other had been laid, and then moved by the editor."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from reshoot.core.takes.transform import Change, moved_over, placed_over
from reshoot.core.values.take import Fit, Take

sizes = st.integers(16, 4096)
parts = st.floats(0.25, 4)
shifts = st.floats(-1, 1)
takes = st.builds(
    Take,
    path=st.just(""),
    width=sizes,
    height=sizes,
    frames=st.just(80),
    fps=st.just(Fraction(24)),
    sound=st.just(False),
    play_fps=st.none(),
    fit=st.builds(Fit, parts, parts, shifts, shifts),
    rotation=st.sampled_from([0, 90, 180, 270]),
)
PLACES = tuple(f"transform.{name}" for name in ("offset_x", "offset_y", "scale_x", "scale_y", "rotation"))
CROPS = ("crop.min_x", "crop.max_x", "crop.min_y", "crop.max_y")


@given(takes, takes, sizes, sizes, st.tuples(shifts, shifts), st.lists(parts, min_size=9, max_size=9))
def test_what_the_editor_has_moved_stays_moved(
    one: Take, other: Take, width: int, height: int, origin: tuple[float, float], values: list[float]
) -> None:
    shot = dict(zip((*PLACES, *CROPS), values, strict=True))
    was, now = (placed_over(take, width, height, origin)[0] for take in (one, other))

    def laid(changes: dict[str, Change]) -> dict[str, float]:
        """The strip of a take over a shot that lies so."""
        return {each.name: shot[prop] * each.factor + each.added for prop, each in changes.items()}

    assert moved_over(laid(was), was, now) == {
        name: approx(value, rel=1e-6, abs=1e-3) for name, value in laid(now).items()
    }
