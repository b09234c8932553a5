# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases in this process's Blender, with the built zip installed, as their names come in on standard input, and
writes what was measured as JSON. Decides nothing: `judge` holds the figures against the limits.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import installed
import measure
import numpy as np

# Before anything of the product: `installed` starts Blender with empty settings.
import bpy  # isort: skip
import editing
import project
import shown
import stage
from changes import CHANGES
from reshoot.timeline import compat, content
from reshoot.timeline import shot as product_shot

_MARGIN = 10
"""Frames before and after the shot that are listened to as well."""
_RATE = 48000


def main() -> None:
    """The last arguments: the folder for the results, and the number of the open pipe that hears of each case."""
    folder, done = Path(sys.argv[-2]), os.fdopen(int(sys.argv[-1]), "w")
    known = {case.name: case for case in cases.every()}
    os.environ["RESHOOT_REHEARSAL_LOOK"] = "identity"
    for line in sys.stdin:
        case = known[line.strip()]
        began = time.monotonic()
        scratch = Path(tempfile.mkdtemp(prefix="reshoot-fidelity-"))
        try:
            found = run(case, scratch)
        except Exception as error:  # noqa: BLE001 - whatever a case does, the others go on
            traceback.print_exc()
            found = {"error": f"{type(error).__name__}: {error}".strip()}
        # While its folder is still there.
        installed.stop()
        shutil.rmtree(scratch, ignore_errors=True)
        found["seconds"] = round(time.monotonic() - began, 1)
        (folder / f"{case.name}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        done.write(f"{case.name}\n")
        done.flush()
    installed.leave(0)


def run(case: cases.Case, scratch: Path) -> dict[str, Any]:
    """Everything that is measured of one case, by name."""
    os.environ["RESHOOT_HOME"] = str(scratch / "home")
    installed.start_afresh()
    scene = stage.build(case, CHANGES).scene
    forced = _force(case.forced)
    try:
        found = _round_trip(scene.name, case, scratch)
    finally:
        forced()
    before = _Seen(scratch / "before.blend", case, scratch)
    after = _Seen(scratch / "after.blend", case, scratch)
    found |= _compare(case, before, after)
    if case.group == cases.STACKS:
        differences = (np.abs(before.picture(n).astype(int) - plate) for n, plate in after.plates())
        found["plate_off"] = max(int(difference.max()) for difference in differences)
    return found


def _force(view: str) -> Any:
    """Have clips sent through `view`, where one is named; what it gives undoes that."""
    chosen = product_shot._view
    if view:
        product_shot._view = lambda *_shot: view
    return lambda: setattr(product_shot, "_view", chosen)


def _round_trip(name: str, case: cases.Case, scratch: Path) -> dict[str, Any]:
    """Shoot, look at the project, undo, and leave the timeline before and after as files."""
    bpy.ops.wm.save_as_mainfile(filepath=str(scratch / "before.blend"), copy=True)
    before = project.look(bpy.data.scenes[name])
    bpy.ops.ed.undo_push(message="Project")
    began = time.monotonic()
    bpy.ops.reshoot.shoot()
    took = time.monotonic() - began
    scene = bpy.data.scenes[name]
    takes = editing.takes(scene)
    names = {strip.name for strip in content.inside(takes)} | project.stacked(scene)
    after = project.look(scene)
    found = {
        "trip": round(took, 1),
        "takes": sorted(names),
        "project": project.differences(before, after, names, case.mutes, case.sound == "RESULT"),
        "muted": [mute for mute in case.mutes if after.get(f"strips/{mute}/mute") == "True"],
    }
    bpy.ops.wm.save_as_mainfile(filepath=str(scratch / "after.blend"), copy=True)
    bpy.ops.ed.undo()
    found["undo"] = editing.differences(before, project.look(bpy.data.scenes[name]))
    return found


class _Seen:
    """One of the two timelines: an animation render of the whole shot, and its sound."""

    def __init__(self, path: Path, case: cases.Case, scratch: Path) -> None:
        self.path, self.scratch, self.case = path, scratch, case
        self._pictures = shown.animation(self.open(), stage.START, case.frames, scratch / path.stem, deep=case.deep)
        self.small = [shown.small(shown.picture(each)) for each in self._pictures]
        self.sound = self.mix(self.open()) if case.group == "sound" else None

    def open(self) -> Any:
        """The scene of the file, opened anew: whatever Blender kept of it is gone."""
        bpy.ops.wm.open_mainfile(filepath=str(self.path))
        return bpy.context.scene

    def picture(self, number: int) -> np.ndarray:
        """What frame `number` of the shot, from 0 on, was rendered as."""
        return shown.picture(self._pictures[number])

    def plates(self) -> Iterator[tuple[int, np.ndarray]]:
        """The frames that are looked at, with what they are rendered as without the take."""
        scene = self.open()
        for take in editing.takes(scene):
            take.mute = True
        folder = self.scratch / f"{self.path.stem}-plate"
        pictures = shown.animation(scene, stage.START, self.case.frames, folder, deep=self.case.deep)
        for number in looked_at(self.case):
            yield number, shown.picture(pictures[number])

    def mix(self, scene: Any) -> np.ndarray:
        return shown.mix(scene, stage.START - _MARGIN, self.case.frames + 2 * _MARGIN, self.scratch / "mix.flac")


def looked_at(case: cases.Case) -> list[int]:
    """The frames of the shot whose colours and edges are compared, from 0 on."""
    return [int(part * (case.frames - 1)) for part in (0.08, 0.5, 0.93)]


def _compare(case: cases.Case, before: _Seen, after: _Seen) -> dict[str, Any]:
    frames = measure.shown_frames(before.small, after.small)
    late = [shown_frame - n for n, shown_frame in enumerate(frames)]
    # Where time is what differs, colours and edges are not to blame.
    pairs = [(before.picture(frames[n]), after.picture(n)) for n in looked_at(case)]
    found: dict[str, Any] = {
        "told_apart": round(measure.told_apart(before.small), 3),
        "frames": len(frames),
        "late": late,
        "wrong": sum(1 for each in late if each),
        "worst": max(late, key=abs),
        "psnr": round(min(measure.psnr(*pair) for pair in pairs), 2),
        "shift": round(max(measure.mean_shift(*pair) for pair in pairs), 3),
    }
    if case.picture == "edges":
        found["edges"] = round(max(measure.edge_shift(*pair) for pair in pairs), 3)
    if before.sound is not None and after.sound is not None:
        found |= _listen(case, before, before.sound, after.sound)
    return found


def _listen(case: cases.Case, before: _Seen, was: np.ndarray, now: np.ndarray) -> dict[str, Any]:
    """How the sound differs; where the shot's own is to be silent, from a mix in which it was muted by hand."""
    if case.sound == "TIMELINE":
        return {"sound_same": np.array_equal(was, now)}
    if case.sound == "SILENT":
        scene = before.open()
        for name in case.mutes:
            compat.strips_all(scene.sequence_editor)[name].mute = True
        quiet = before.mix(scene)
        return {"sound_same": np.array_equal(quiet, now), "sound_differs": not np.array_equal(quiet, was)}
    one, other = measure.voice(was), measure.voice(now)
    late, alike = measure.lag(one, other)
    return {
        "sound_late": round(late / _RATE * float(case.fps), 3),
        "sound_alike": round(alike, 3),
        "sound_level": round(float(np.linalg.norm(other) / np.linalg.norm(one)), 3),
    }


if __name__ == "__main__":
    main()
