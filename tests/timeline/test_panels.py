# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels show and what their buttons do: the preview, the prompt and its text, references, jobs, text.

That they are drawn, and look right, is for tests/gui.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import addon_utils
import bpy
import footage
import pytest
from editing import add_image, add_movie, refusal, select, takes, the_job
from footage import FRAMES
from installed import MODULE
from patience import LONGEST
from reshoot import session
from reshoot.core.errors import LimitError, PromptError, ShotError
from reshoot.core.jobs import board, identity, lost
from reshoot.core.values.progress import JobProgress
from reshoot.core.values.state import State
from reshoot.panels import tab
from reshoot.session import preview, shoot, start
from reshoot.session.look import DiskQuestion
from reshoot.settings.prompt import prompt_of
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("uncompared")

POINTS = 11.0


def once(condition: Callable[[], bool]) -> None:
    """Come back when it holds."""
    until = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def listed(scene: bpy.types.Scene) -> list[tuple[str, list[str]]]:
    """The references of the scene: kind, and the names of their images."""
    return [
        (item.kind, [Path(bpy.path.abspath(view.filepath)).stem for view in item.views])
        for item in scene.reshoot.references
    ]


def add_files(paths: list[Path], kind: str) -> set[str]:
    """Choose files of one folder in the file browser."""
    return bpy.ops.reshoot.reference_add_files(
        kind=kind, directory=f"{paths[0].parent}/", files=[{"name": path.name} for path in paths]
    )


# ---- the shot


@pytest.mark.every_blender("the preview hears of changes by Blender's own news")
def test_the_preview_follows_the_timeline_and_the_settings_at_once(scene: bpy.types.Scene, movie: Path) -> None:
    strip = add_movie(scene, movie)
    assert start.preview(scene).plan.frames == FRAMES
    scene.reshoot.handles = 5
    assert start.preview(scene).plan.frames == FRAMES + 10
    scene.reshoot.handles = 0
    scene.reshoot.handles = 200
    assert isinstance(start.preview(scene).error, LimitError)
    strip.name = "renamed"
    assert start.preview(scene).shot.name == "renamed"
    scene.reshoot.prompt = ""
    assert [type(error) for error in start.preview(scene).errors] == [LimitError, PromptError]
    select(scene)
    shown = start.preview(scene)
    assert shown.shot is None and isinstance(shown.error, ShotError)


def test_a_preview_is_kept_while_nothing_changes(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    first = start.preview(scene).plan
    assert start.preview(scene).plan is first


def test_a_preview_that_is_kept_is_not_held_against_what_is_known(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_movie(scene, movie)
    once(lambda: start.preview(scene).file is not None)
    compared: list[None] = []
    same = DiskQuestion.__eq__
    monkeypatch.setattr(DiskQuestion, "__eq__", lambda one, other: compared.append(None) or same(one, other))
    # Some of what a shot is read from is not in its fingerprint: it is read again after a while, and is the same.
    monkeypatch.setattr(preview, "_TRUE_FOR", -1.0)
    start.preview(scene)
    monkeypatch.setattr(preview, "_TRUE_FOR", 60.0)
    compared.clear()
    for _ in range(5):
        assert start.preview(scene).file is not None
    assert compared == []


def test_the_preview_tells_of_the_file_that_is_sent(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    once(lambda: start.preview(scene).file is not None)
    file = start.preview(scene).file
    assert 0.8 * movie.stat().st_size < file.size < 1.2 * movie.stat().st_size
    once(lambda: start.size_of(str(movie)) == movie.stat().st_size)


def test_the_preview_tells_what_is_cut_out_of_the_file(scene: bpy.types.Scene, movie: Path) -> None:
    strip = add_movie(scene, movie)
    compat.set_end(strip, 74)
    once(lambda: start.preview(scene).file is not None)
    file = start.preview(scene).file
    assert file.size < movie.stat().st_size
    compat.set_start(strip, 3)
    start.preview(scene)
    once(lambda: start.preview(scene).file is None)


def test_a_file_that_is_gone_is_noticed_without_waiting_for_the_disk(
    scene: bpy.types.Scene, movie: Path, tmp_path: Path
) -> None:
    path = tmp_path / "gone.mp4"
    path.write_bytes(movie.read_bytes())
    add_movie(scene, path)
    once(lambda: start.preview(scene).file is not None)
    assert start.preview(scene).error is None
    path.unlink()
    once(lambda: start.preview(scene).error is not None)
    assert "gone.mp4" in start.preview(scene).error.message


def test_no_thread_is_left_when_the_extension_ends(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    start.preview(scene)
    addon_utils.disable(MODULE, default_set=True)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("reshoot")]
    addon_utils.enable(MODULE, default_set=True)


# ---- the prompt


def test_a_text_is_sent_in_place_of_the_field(scene: bpy.types.Scene, movie: Path) -> None:
    add_movie(scene, movie)
    assert bpy.ops.reshoot.prompt_as_text() == {"FINISHED"}
    text = scene.reshoot.prompt_text
    assert text.as_string() == scene.reshoot.prompt
    text.from_string("Make it\nnight")
    assert start.preview(scene).prompt == "Make it\nnight"
    assert bpy.ops.reshoot.prompt_as_field() == {"FINISHED"}
    assert scene.reshoot.prompt_text is None and scene.reshoot.prompt == "Make it night"
    assert text.name in bpy.data.texts


def test_a_prompt_that_is_written_wins_over_a_text(scene: bpy.types.Scene) -> None:
    bpy.ops.reshoot.prompt_as_text()
    scene.reshoot.prompt = "Another"
    assert scene.reshoot.prompt_text is None
    assert prompt_of(scene.reshoot) == "Another"


def test_tokens_in_a_text_follow_their_references(scene: bpy.types.Scene, images: list[Path]) -> None:
    add_files(images[:2], "IMAGE")
    bpy.ops.reshoot.prompt_as_text()
    scene.reshoot.prompt_text.from_string("@Image1 meets @Image2")
    scene.reshoot.active_reference = 0
    bpy.ops.reshoot.reference_move(direction="DOWN")
    assert scene.reshoot.prompt_text.as_string() == "@Image2 meets @Image1"
    bpy.ops.reshoot.token_insert(index=1)
    assert prompt_of(scene.reshoot) == "@Image2 meets @Image1 @Image2"


# ---- references


def test_files_become_references(scene: bpy.types.Scene, images: list[Path]) -> None:
    assert add_files(images[1::-1], "IMAGE") == {"FINISHED"}
    assert add_files(images[2:3], "ELEMENT") == {"FINISHED"}
    assert add_files(images[3:], "VIEW") == {"FINISHED"}
    assert listed(scene) == [("IMAGE", ["ann"]), ("IMAGE", ["bob"]), ("ELEMENT", ["cat", "dog"])]


def test_too_many_files_are_refused(scene: bpy.types.Scene, images: list[Path]) -> None:
    add_files(images, "IMAGE")
    said = refusal(add_files, paths=images[:1], kind="IMAGE")
    assert "at most 4" in said
    assert len(scene.reshoot.references) == 4
    assert "No file is chosen" in refusal(bpy.ops.reshoot.reference_add_files, kind="IMAGE", directory="/")


def test_views_of_an_element_are_ordered_and_removed(scene: bpy.types.Scene, images: list[Path]) -> None:
    add_files(images[:3], "ELEMENT")
    bpy.ops.reshoot.view_make_frontal(index=2)
    assert listed(scene) == [("ELEMENT", ["cat", "ann", "bob"])]
    bpy.ops.reshoot.view_remove(index=1)
    assert listed(scene) == [("ELEMENT", ["cat", "bob"])]
    assert not bpy.ops.reshoot.reference_change_kind.poll(), "an image has one view"
    bpy.ops.reshoot.view_remove(index=0)
    bpy.ops.reshoot.view_remove(index=0)
    assert listed(scene) == []


def test_another_kind_is_another_token(scene: bpy.types.Scene, images: list[Path]) -> None:
    add_files(images[:2], "IMAGE")
    scene.reshoot.prompt = "@Image1 beside @Image2"
    scene.reshoot.active_reference = 0
    bpy.ops.reshoot.reference_change_kind()
    assert scene.reshoot.prompt == "@Element1 beside @Image1"
    bpy.ops.reshoot.reference_change_kind()
    assert scene.reshoot.prompt == "@Image1 beside @Image2"


# ---- jobs


def test_a_job_is_shown_in_the_timeline_and_its_prompt_used_again(scene: bpy.types.Scene, movie: Path) -> None:
    movie_strip = add_movie(scene, movie)
    other = add_image(scene, footage.png(movie.parent / "other.png"), channel=9, frame=1)
    assert bpy.ops.reshoot.shoot(prompt="Make it rain") == {"FINISHED"}
    select(scene, other)
    job = the_job().id
    assert bpy.ops.reshoot.job_show(job=job) == {"FINISHED"}
    (take,) = takes(scene)
    assert take.select and not other.select and scene.sequence_editor.active_strip == take
    scene.reshoot.prompt = "Something else"
    assert [line.job.id for line in board.recent_prompts(5, session.project(), session.takes_in_file())] == [job]
    assert bpy.ops.reshoot.prompt_use(job=job) == {"FINISHED"}
    assert scene.reshoot.prompt == "Make it rain"
    strips = (
        scene.sequence_editor.strips if hasattr(scene.sequence_editor, "strips") else scene.sequence_editor.sequences
    )
    strips.remove(take)
    bpy.ops.reshoot.job_show(job=job)
    assert movie_strip.select, "without a take, the shot is shown"


class Looked:
    """A context of a sidebar that counts how often its preferences and its region are asked for."""

    def __init__(self) -> None:
        self.asked = 0

    @property
    def preferences(self) -> bpy.types.Preferences:
        self.asked += 1
        return bpy.context.preferences

    @property
    def region(self) -> SimpleNamespace:
        self.asked += 1
        return SimpleNamespace(width=300)


def test_a_list_of_jobs_looks_at_preferences_and_strips_once(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = importlib.import_module(f"{MODULE}.panels.jobs")
    add_movie(scene, movie)
    (job,) = shoot.checked(scene)
    lines = [JobProgress(replace(job, state=State.PLACED, error="It broke", remedy="Mend it"), "", None)] * panel.PAGE
    monkeypatch.setattr(board, "listed", lambda project, held: lines)
    counts: list[None] = []
    monkeypatch.setattr(session, "takes_in_file", lambda: counts.append(None) or frozenset())
    context, layout = Looked(), MagicMock()
    panel.draw(layout, context)
    assert layout.box.call_count == panel.PAGE
    assert context.asked <= 2 and len(counts) == 1


@pytest.mark.parametrize("count", [1, 7])
def test_jobs_that_are_held_are_told_above_the_list_and_in_words_of_their_own(
    scene: bpy.types.Scene, movie: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    panel = importlib.import_module(f"{MODULE}.panels.jobs")
    on_strip = importlib.import_module(f"{MODULE}.panels.progress")
    add_movie(scene, movie)
    (job,) = shoot.checked(scene)
    waiting = identity.held(replace(job, service="fal"))
    lines = [JobProgress(each, "", None) for each in [lost.unsure(waiting), *[waiting] * count]]
    monkeypatch.setattr(board, "listed", lambda project, held: lines)
    told: list[str] = []
    monkeypatch.setattr(panel, "wrapped", lambda _layout, text, *_about, **_how: told.append(text))
    panel.draw(MagicMock(), Looked())
    assert told[0].startswith(f"{count} job") and "Retry sends" in told[0]
    assert told.count("Unsure whether it was accepted") == 1
    shown = min(count, panel.PAGE - 1)
    assert told.count("Held: not sent from here") == shown
    assert len([text for text in told if "perhaps charged" in text]) == 1
    assert [on_strip._sayings(line) for line in lines[:2]] == [["Unsure"], ["Held"]]
    lines = lines[:1]
    told.clear()
    panel.draw(MagicMock(), Looked())
    assert not [text for text in told if "held" in text]


def test_pages_end_where_the_jobs_end() -> None:
    panel = importlib.import_module(f"{MODULE}.panels.jobs")
    panel.turn(1)
    assert panel.page(0) == (0, 0)
    assert panel.page(panel.PAGE) == (0, panel.PAGE)
    assert bpy.ops.reshoot.jobs_turn(step=-1) == {"FINISHED"}
    assert panel.page(panel.PAGE + 1) == (0, panel.PAGE)


# ---- text that fits


@pytest.mark.parametrize("pixels", [60, 120, 500])
def test_text_is_broken_to_the_width_and_nothing_is_lost(pixels: int) -> None:
    text = "The service refused the prompt (content_policy_violation_of_the_longest_kind), and said why."
    lines = tab.broken(text, pixels, POINTS)
    assert all(tab.broken(line, pixels, POINTS) == (line,) for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_number_stays_with_its_unit() -> None:
    (_first, *rest) = tab.broken("about 12\u00a0MB", 1, POINTS)
    assert "".join(rest).replace(" ", "") != ""
    width = next(pixels for pixels in range(1, 500) if len(tab.broken("about 12\u00a0MB", pixels, POINTS)) == 2)
    assert tab.broken("about 12\u00a0MB", width, POINTS) == ("about", "12\u00a0MB")


@pytest.mark.every_blender("the preview hears of changes by Blender's own news")
def test_previews_are_let_go(scene: bpy.types.Scene, images: list[Path]) -> None:
    thumbnails = importlib.import_module(f"{MODULE}.panels.thumbnails")
    assert thumbnails.of_image("") == 0
    thumbnails.of_image(str(images[0]))
    thumbnails.clear()
    thumbnails.clear()
