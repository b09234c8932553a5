# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a result with the clip that was sent, before it is placed: frames that are late, doubled or missing, and a
picture that is larger or shifted. The comparing is done in a background Blender, the deciding by `alignment`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..awake import Patience
from ..blender_process import Blender
from ..errors import JobCancelled, ReshootError
from ..values.compare_recipe import CompareRecipe
from ..values.serialization import to_json
from ..values.take import Fit
from ..words import say
from .alignment import Alignment, Delay, Inspection, decide, shown_by
from .picture_fit import Tile
from .picture_fit import fit as fit_of

__all__ = ["Fit", "Inspection", "inspect", "prepare"]

_log = logging.getLogger(__name__)
_MODULE = "compare"
_AS_IT_IS = Fit()
_PATIENCE = 120.0
"""Seconds after which the result is placed as it came: a paid take does not wait for a Blender that hangs. What the
computer sleeps is none of them.
"""


def prepare(clip: Path, frames: int, folder: Path, blender: Blender, *, cancelled: Callable[[], bool]) -> None:
    """Read the clip's `frames` already, while there is time: `inspect` with the same folder then reads the result only.

    Where `inspect` is called before this has returned, both read it. Raises JobCancelled; `inspect` copes with anything
    else.
    """
    patience = Patience(_PATIENCE)
    try:
        blender.run(
            _MODULE,
            to_json(_recipe(clip, range(frames), folder)),
            # Apart, so that an answer to the one is never taken for an answer to the other.
            folder / "ahead",
            cancelled=lambda: cancelled() or patience.is_over(),
        )
    except JobCancelled:
        if cancelled():
            raise
    except (ReshootError, OSError) as error:
        _log.warning("The clip could not be read ahead: %s", error)


def inspect(
    clip: Path,
    result: Path,
    expected: Sequence[int],
    folder: Path,
    blender: Blender,
    *,
    fit: Fit = _AS_IT_IS,
    rotation: int = 0,
    cancelled: Callable[[], bool],
) -> Inspection:
    """Find out which frame of `result` shows which frame of `clip`, and how its picture lies over the clip's.

    expected: for each clip frame the result frame that should show it, rising. folder: for what is needed meanwhile.
    fit, rotation: how the result's picture is meant to lie, see `job.Take`; what is found comes on top of that. Raises
    JobCancelled; whatever else goes wrong leaves everything as expected, and says so.
    """
    patience = Patience(_PATIENCE)
    try:
        recipe = replace(
            _recipe(clip, expected, folder),
            result=result,
            shown=tuple(shown_by(expected)),
            scale=(fit.scale_x, fit.scale_y),
            rotation=rotation,
        )
        answer = blender.run(_MODULE, to_json(recipe), folder, cancelled=lambda: cancelled() or patience.is_over())
        return _read(expected, answer)
    except JobCancelled:
        if cancelled():
            raise
        return _uncompared(expected, "it took too long")
    except (ReshootError, OSError, LookupError, TypeError, ValueError) as error:
        return _uncompared(expected, error)


def _uncompared(expected: Sequence[int], why: object) -> Inspection:
    _log.warning("The result could not be compared with the clip: %s", why)
    note = say("The result could not be compared with the clip: placed as it came")
    return Inspection(tuple(expected), Fit(), False, (note,))


def _recipe(clip: Path, expected: Sequence[int], folder: Path) -> CompareRecipe:
    state = clip.stat()
    # A clip that was exported anew is another one.
    kept = folder / f"{clip.stem}-{state.st_size}-{state.st_mtime_ns}.npy"
    return CompareRecipe(clip, len(expected), kept)


def _read(expected: Sequence[int], answer: dict[str, Any]) -> Inspection:
    found = Alignment(tuple(Delay(*run) for run in answer["runs"]), bool(answer["sure"]))
    if len(found.late()) != max(expected) + 1:
        raise ValueError(f"the answer covers {len(found.late())} frames")
    tiles = [Tile(**tile) for tile in answer["tiles"]]
    return decide(expected, int(answer["result_frames"]), found, fit_of(tiles), still=bool(answer["still"]))
