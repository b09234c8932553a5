# SPDX-License-Identifier: GPL-3.0-or-later
"""What an editor does in the tests, what the timeline looks like then, and what the journal says."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import Any

import bpy
import pytest
from patience import LONGEST
from reshoot import session
from reshoot.core.values.preview import Preview
from reshoot.session import look as looking
from reshoot.timeline import compat

PROMPT = "Make it snow"

_SCENE_PARTS = (
    "render",
    "view_settings",
    "display_settings",
    "sequencer_colorspace_settings",
    "sequence_editor",
    "tool_settings.sequencer_tool_settings",
    "reshoot",
)


_WHOSE_BRIEF = ("scene/reshoot/shown", "scene/reshoot/began")
"""What a press says of whose brief the settings are."""
_OF_A_PRESS = ("reshoot_shot", "reshoot_brief", "reshoot_brief_sent")
"""What a press writes on the strips that it sends."""

_OF_THE_MOMENT = ("cache_raw_size", "cache_final_size")
"""What Blender has in its memory."""


def files(*folders: Path) -> list[Path]:
    """Every file in the folders, however deep, while jobs come and go in them."""
    found = [(top, name) for folder in folders for top, _, names in os.walk(folder) for name in names]
    return [Path(top, name) for top, name in found]


def seen(scene: bpy.types.Scene) -> Preview:
    """What a press would send, and all that would be in its way, once the disk has answered."""
    asked = looking.look(scene, seconds=LONGEST)
    return asked.with_answer(looking.ask_disk(asked.question))


@dataclass(frozen=True)
class Row:
    """A row of the journal. paid: NO, YES or UNKNOWN."""

    id: str
    state: str
    request_id: str
    error: str
    paid: str


def open_timeline(fps: Fraction = Fraction(25), width: int = 720, height: int = 720) -> bpy.types.Scene:
    """The scene of an empty file, with a sequencer and a prompt."""
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = int(fps), 1.0
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.sequence_editor_create()
    scene.reshoot.prompt = PROMPT
    return scene


def add_movie(scene: bpy.types.Scene, path: Path, *, channel: int = 1, frame: int = 1) -> Any:
    """A movie strip, selected alone."""
    strip = compat.strips(scene.sequence_editor).new_movie(path.stem, str(path), channel, frame)
    select(scene, strip)
    return strip


def add_image(scene: bpy.types.Scene, path: Path, *, channel: int, frame: int) -> Any:
    """An image strip of one file, 25 frames long."""
    strip = compat.strips(scene.sequence_editor).new_image(path.stem, str(path), channel, frame)
    compat.set_end(strip, frame + 25)
    return strip


def put_into_meta(scene: bpy.types.Scene, strip: Any) -> Any:
    """A new meta strip around one strip."""
    meta = compat.strips(scene.sequence_editor).new_meta("Group", strip.channel + 10, compat.start(strip))
    strip.move_to_meta(meta)
    meta.channel = strip.channel
    compat.set_end(meta, compat.end(strip))
    return meta


def select(scene: bpy.types.Scene, *chosen: Any) -> None:
    """Select `chosen` and nothing else."""
    compat.select_only(chosen, compat.strips_all(scene.sequence_editor))


def refusal(operator: Callable[..., Any], **options: Any) -> str:
    """What `operator` reports to a script where it does not do its work."""
    with pytest.raises(RuntimeError) as raised:
        operator(**options)
    return str(raised.value)


def journal() -> list[Row]:
    """What is in the journal, oldest first. Read as any other program would."""
    path = Path(os.environ["RESHOOT_HOME"]) / "journal.sqlite3"
    if not path.exists():
        return []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT id, state, request_id, error, record FROM jobs WHERE dismissed = 0 ORDER BY created"
        ).fetchall()
    finally:
        connection.close()
    return [Row(*row[:4], json.loads(row[4])["paid"]) for row in rows]


def drain_until(*states: str) -> None:
    """Hear of the jobs until they are in these states, oldest first."""
    drain_till(lambda: [row.state for row in journal()] == list(states))


def drain_till(condition: Callable[[], object]) -> None:
    """Hear of the jobs until `condition` is true."""
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end, journal()
        session.current().drain(0.1)
        time.sleep(0.02)


def the_job() -> Row:
    """The only job in the journal."""
    (row,) = journal()
    return row


def retry() -> None:
    """Retry the only job and wait for it, as a script does."""
    assert bpy.ops.reshoot.job_retry(job=the_job().id) == {"FINISHED"}
    assert bpy.ops.reshoot.resume() == {"FINISHED"}


def takes(scene: bpy.types.Scene) -> list[Any]:
    """The strips that Reshoot placed."""
    return [strip for strip in compat.strips_all(scene.sequence_editor) if strip.get("reshoot_job")]


def shoot() -> None:
    """Reshoot what is selected, as a script does."""
    assert bpy.ops.reshoot.shoot(prompt=PROMPT) == {"FINISHED"}


def lies_over(take: Any, strip: Any) -> None:
    """The take covers exactly the strip's frames, on the channel above."""
    assert (compat.start(take), compat.end(take)) == (compat.start(strip), compat.end(strip))
    assert take.channel == strip.channel + 1


class Timeline:
    """How a scene's timeline and the file around it looked at one moment: every strip, every value, the selection.

    but: Reshoot's own settings that may change.
    """

    def __init__(self, scene: bpy.types.Scene, *, but: tuple[str, ...] = ()) -> None:
        self._scene = scene
        self._may_change = tuple(f"scene/reshoot/{name}" for name in but)
        self._was = self._look()

    def is_as_it_was(self) -> None:
        """Fails where anything is different now."""
        different = differences(self._was, self._look())
        assert not different, different

    def has_only_gained_a_take(self) -> None:
        """Fails where anything but one strip, and what is in it where it is a meta strip, is different now."""
        (take,) = [strip for strip in compat.strips(self._scene.sequence_editor) if strip.get("reshoot_job")]
        inner = compat.strips(take) if take.type == "META" else ()
        own = tuple(f"strips/{strip.name}/" for strip in (take, *inner))
        now = {name: value for name, value in self._look().items() if not name.startswith(own)}
        different = differences(self._was, now)
        assert not different, different

    def _look(self) -> dict[str, Any]:
        return {name: value for name, value in look(self._scene).items() if not name.startswith(self._may_change)}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What became different between two looks, a line for each value."""
    gone = "nothing"
    return [
        f"{name}: {before.get(name, gone)!r} became {after.get(name, gone)!r}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name, gone) != after.get(name, gone)
    ]


def look(scene: bpy.types.Scene) -> dict[str, Any]:
    """Every value of a scene's timeline and of the file around it, by its place."""
    with warnings.catch_warnings():
        # What Blender is going to take away is part of the file as long as it is there.
        warnings.simplefilter("ignore", DeprecationWarning)
        return dict(_facts(scene))


def _facts(scene: bpy.types.Scene) -> Iterator[tuple[str, Any]]:
    for strip in compat.strips_all(scene.sequence_editor):
        yield from _values(strip, f"strips/{strip.name}")
        # By the id and the brief that a press gives a shot nothing is seen or heard.
        own = {name: str(strip[name]) for name in strip.keys() if name not in _OF_A_PRESS}  # noqa: SIM118
        yield f"strips/{strip.name}/properties", own
    for name in _SCENE_PARTS:
        for path, value in _values(attrgetter(name)(scene), f"scene/{name}"):
            if path not in _WHOSE_BRIEF:
                yield path, value
    # Not all that the tools have: some Blenders crash where they are asked for the brushes.
    for owner, path in ((scene, "scene"), (scene.tool_settings, "scene/tool_settings")):
        for prop in owner.bl_rna.properties:
            if prop.type not in ("POINTER", "COLLECTION"):
                yield f"{path}/{prop.identifier}", _plain(owner, prop)
    yield "scene/markers", [(marker.name, marker.frame) for marker in scene.timeline_markers]
    for curve in compat.curves(scene) or ():
        points = [(tuple(point.co), point.interpolation) for point in curve.keyframe_points]
        yield f"scene/curves/{curve.data_path}/{curve.array_index}", repr((points, curve.extrapolation))
    for driver in scene.animation_data.drivers if scene.animation_data else ():
        yield f"scene/curves/{driver.data_path}/{driver.array_index}", driver.driver.expression
    for prop in bpy.data.bl_rna.properties:
        # Since 5.2 there are also all together.
        if prop.type == "COLLECTION" and prop.identifier != "all_ids":
            yield f"data/{prop.identifier}", sorted(each.name_full for each in getattr(bpy.data, prop.identifier))


def _values(owner: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value of `owner` and of what belongs to it; what only is named there, by its name."""
    for prop in owner.bl_rna.properties:
        name = f"{path}/{prop.identifier}"
        if prop.identifier in ("rna_type", "strips", "sequences", "strips_all", "sequences_all", *_OF_THE_MOMENT):
            continue
        if prop.type == "POINTER":
            yield from _value(getattr(owner, prop.identifier), name)
        elif prop.type == "COLLECTION":
            for index, each in enumerate(getattr(owner, prop.identifier)):
                yield from _value(each, f"{name}/{index}")
        else:
            yield name, _plain(owner, prop)


def _value(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values of what belongs to something; the name alone of what only is named there: data, layers, strips."""
    if value is None or isinstance(value, (bpy.types.ID, bpy.types.ViewLayer)) or hasattr(value, "channel"):
        yield path, value and value.name
    else:
        yield from _values(value, path)


def _plain(owner: Any, prop: Any) -> Any:
    value = getattr(owner, prop.identifier)
    return repr(tuple(value)) if getattr(prop, "is_array", False) else repr(value)
