# SPDX-License-Identifier: GPL-3.0-or-later
"""A job is under way: the editor plays, scrubs, saves, closes Blender, and nothing stands in the way or is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import file_calls
import processes
import pytest
from editor import MOVING, Editor
from service import Service
from workstation import Workstation, until

_FILE_CALLS = Path(file_calls.__file__)
_AUTOSAVE = """
bpy.context.preferences.filepaths.temporary_directory = folder
bpy.context.preferences.filepaths.use_auto_save_temporary_files = True
bpy.context.preferences.filepaths.auto_save_time = 1
"""


@pytest.mark.compared
def test_playing_and_scrubbing_go_on_and_the_take_waits_for_the_end(editor: Editor, clip: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    editor.shoot()
    rendering = editor.wait_for_render()
    processes.send(rendering, signal.SIGSTOP)

    editor.scrub(20, 90)
    assert abs(blender.value("scene().frame_current") - 90) <= 1
    blender.picture("scrubbed")

    editor.over_timeline()
    blender.key("SPACE")
    blender.wait("window().screen.is_animation_playing")
    before = blender.value("scene().frame_current")
    blender.wait("scene().frame_current != before", before=before)
    processes.send(rendering, signal.SIGCONT)
    until(lambda: editor.states() == ["LANDED"], "the take's file", 180, blender.words)
    blender.picture("playing")
    before = blender.value("scene().frame_current")
    blender.wait("scene().frame_current != before", before=before)
    assert blender.value("window().screen.is_animation_playing and not takes()")

    blender.key("SPACE")
    blender.wait("not window().screen.is_animation_playing")
    assert editor.wait_for_take()[1:3] == [1, 133]
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")
    blender.has_not_complained()


@pytest.mark.campaign
def test_pressing_twice(blender: Callable[..., Workstation], service: Service, clip: Path) -> None:
    """The second press is asked about: it costs as much again. Escape sends nothing, Enter sends it."""
    service.hold("render")
    service.start()
    editor = Editor(blender(**service.surroundings))
    look = editor.blender
    editor.make_project(clip)
    editor.open_tab()
    editor.select_shot()
    editor.write_prompt()
    look.run(_FILE_CALLS.read_text(encoding="utf-8"))
    look.run("calls = FileCalls(); calls.__enter__()")
    editor.press_button()
    look.wait("jobs()")
    look.run("calls.__exit__()")
    # The scene is written to the job's own folder, and nothing else is asked or written where the editor waits.
    made = look.value("calls.made")
    assert "write_scene: write" in made
    assert {call.split(":")[0] for call in made} <= {"make_folder", "write_scene"}
    look.key("LEFTMOUSE")
    look.picture("pressed-twice")
    look.key("ESC")
    until(lambda: editor.states() == ["WAITING"], "one job that waits", 180, look.words)

    editor.press_button()
    look.picture("asked-whether-to-send-it-again")
    look.key("RET")
    until(lambda: editor.states() == ["WAITING"] * 2, "two jobs that wait", 180, look.words)
    service.release("render")
    until(lambda: editor.states() == ["PLACED"] * 2, "both takes", 180, look.words)
    # The second in the place of the first.
    look.wait("len(takes()) == 1")
    assert service.accepted() == 2
    look.has_not_complained()


@pytest.mark.campaign
def test_one_watch_is_left_of_many(editor: Editor, clip: Path) -> None:
    """Each press begins one. Together, with no moment in which none runs, they would stop autosave."""
    blender = editor.blender
    editor.make_project(clip)
    editor.shoot()
    rendering = editor.wait_for_render()
    processes.send(rendering, signal.SIGSTOP)
    watches = "sum(each.bl_idname == 'RESHOOT_OT_watch' for each in window().modal_operators)"
    blender.wait(f"{watches} == 1")
    for _ in range(4):
        blender.run("with bpy.context.temp_override(window=window()): bpy.ops.reshoot.watch('INVOKE_DEFAULT')")
    # Well within the shift that the earlier ones had still to do.
    blender.wait(f"{watches} == 1", 2.0)
    processes.send(rendering, signal.SIGCONT)
    editor.wait_for_take()
    blender.has_not_complained()


_COUNT_TIMERS = """
class RESHOOTTEST_OT_count(bpy.types.Operator):
    bl_idname, bl_label = "reshoottest.count", "Count Timers"

    def invoke(self, context, event):
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        global heard
        heard += event.type == "TIMER"
        return {"PASS_THROUGH"}

def tick():
    global ticks
    ticks += 1
    return 0.01 if ticks < 100 else None

heard = ticks = 0
bpy.utils.register_class(RESHOOTTEST_OT_count)
with bpy.context.temp_override(window=window()):
    bpy.ops.reshoottest.count("INVOKE_DEFAULT")
bpy.app.timers.register(tick)
"""


@pytest.mark.every_blender("timers and modal operators are Blender's")
def test_disabling_leaves_no_timer_behind(editor: Editor, clip: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    editor.shoot()
    processes.send(editor.wait_for_render(), signal.SIGSTOP)
    blender.run(_COUNT_TIMERS)
    blender.wait("ticks == 100")
    assert blender.value("heard") > 0
    blender.run("addon_utils.disable(MODULE); heard = ticks = 0; bpy.app.timers.register(tick)")
    blender.wait("ticks == 100")
    assert blender.value("heard") == 0
    blender.has_not_complained()


def test_saving(editor: Editor, clip: Path, tmp_path: Path) -> None:
    blender = editor.blender
    project = tmp_path / "project.blend"
    editor.make_project(clip, project)
    editor.shoot()
    rendering = editor.wait_for_render()
    processes.send(rendering, signal.SIGSTOP)
    before = project.stat().st_mtime_ns
    blender.wait("bpy.data.is_dirty")
    editor.save()
    assert project.stat().st_mtime_ns > before
    assert editor.states()[0] in MOVING
    processes.send(rendering, signal.SIGCONT)
    editor.wait_for_take()
    assert len(list((tmp_path / "reshoot").glob("*_take01_*.mp4"))) == 1
    blender.has_not_complained()


@pytest.mark.campaign  # Blender does so once a minute.
def test_blender_saves_by_itself(editor: Editor, clip: Path, tmp_path: Path) -> None:
    blender = editor.blender
    editor.make_project(clip)
    kept = tmp_path / "autosave"
    kept.mkdir()
    editor.shoot()
    rendering = editor.wait_for_render()
    processes.send(rendering, signal.SIGSTOP)
    blender.run(_AUTOSAVE, folder=f"{kept}/")
    # Its schedule is a minute; it may be 15 s late.
    until(lambda: list(kept.glob("*.blend")), "Blender's autosave", 60 + 15, blender.words)
    assert editor.states()[0] in MOVING
    processes.send(rendering, signal.SIGCONT)
    editor.wait_for_take()
    blender.has_not_complained()


def test_closing_blender_and_opening_the_file_again(
    blender: Callable[..., Workstation], clip: Path, tmp_path: Path
) -> None:
    first = Editor(blender())
    project = tmp_path / "project.blend"
    first.make_project(clip, project)
    first.shoot()
    first.wait_for_render()
    first.save()
    below = first.blender.children()
    assert below
    assert first.blender.quit() == 0
    until(lambda: not any(map(processes.runs, below)), "the end of what Blender had started", 15)
    assert processes.using(first.blender.home) == []
    ((job, state, request),) = first.journal()
    assert state in MOVING
    assert len(first.submitted()) == 1

    again = Editor(blender(project))
    take = again.wait_for_take()
    until(lambda: again.states() == ["PLACED"], "the take in the journal", words=again.blender.words)
    again.blender.picture("opened-again")
    assert take[1:3] == [1, 133]
    assert again.journal() == [(job, "PLACED", request)]
    assert again.submitted() == first.submitted() == [request]
    again.blender.has_not_complained()


_KEEP_THE_CONTEXT = """
from importlib import import_module
names = ("timeline.movie_strip", "session.placing")
movie_strip, placing = (import_module(f"{MODULE}.{name}") for name in names)
whole, contexts = placing.Placing.place, []

def place(self, jobs, **how):
    before = bpy.context.area, bpy.context.region
    with movie_strip.sequencer(scene()):
        contexts.append([before[0] == timeline(), before == (bpy.context.area, bpy.context.region)])
    return whole(self, jobs, **how)

placing.Placing.place = place
"""


def test_a_take_is_placed_in_the_context_that_the_watch_is_in(editor: Editor, clip: Path) -> None:
    """Some Blenders crash where the context is moved for an operator while another thread of the job runs."""
    blender = editor.blender
    editor.make_project(clip)
    blender.run(_KEEP_THE_CONTEXT)
    editor.shoot()
    editor.wait_for_take()
    assert blender.value("contexts") == [[True, True]]
    blender.has_not_complained()
