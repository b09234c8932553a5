# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are opened, reverted, saved under other names and closed while a job runs: each take comes, and comes once."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import processes
import pytest
from editor import PROMPT, Editor
from service import Service
from workstation import Workstation, until

_HELPERS = """
import importlib, sys
board, session = (importlib.import_module(f"{MODULE}.{name}") for name in ("core.jobs.board", "session"))

def listed():
    held = session.takes_in_file()
    return [[line.job.id, line.job.state.value, line.job.id in held] for line in board.listed(session.project(), held)]

def held_now():
    return sorted(job for each in bpy.data.scenes for job in held_by(each))

def held_by(of):
    return [strip["reshoot_job"] for strip in strips_of(of) if strip.get("reshoot_job")]
"""
_REVERT_AT_ONCE = """
def look():
    if not takes():
        return 0.001
    bpy.ops.wm.revert_mainfile()

bpy.app.timers.register(look, persistent=True)
"""


@pytest.fixture
def at_work(blender: Callable[..., Workstation], held: Service) -> Editor:
    """An editor with a service in the test's hands."""
    editor = Editor(blender(**held.surroundings))
    editor.blender.run(_HELPERS)
    return editor


def open_file(editor: Editor, path: Path) -> None:
    """Open a file, losing what was not saved."""
    editor.blender.run("bpy.ops.wm.open_mainfile(filepath=path)", path=str(path))
    editor.blender.wait("bpy.data.filepath == path", path=str(path))


def save_as(editor: Editor, path: Path, **options: Any) -> None:
    """Save under another name."""
    editor.blender.run("bpy.ops.wm.save_as_mainfile(filepath=path, **options)", path=str(path), options=options)


def project_of(editor: Editor, job: str) -> str:
    """The file that a job belongs to, by the journal."""
    path = editor.blender.home / "reshoot-home" / "journal.sqlite3"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (record,) = connection.execute("SELECT record FROM jobs WHERE id = ?", (job,)).fetchone()
    finally:
        connection.close()
    return str(json.loads(record)["project"])


def press(editor: Editor, prompt: str = PROMPT) -> None:
    """Press, and do not wait for anything."""
    editor.blender.run("scene().reshoot.prompt = text", text=prompt)
    editor.blender.run("strips()['Bunny'].select = True")
    editor.blender.run("with bpy.context.temp_override(window=window()): bpy.ops.reshoot.shoot('INVOKE_DEFAULT')")


def test_saving_under_another_name(at_work: Editor, held: Service, clip: Path, tmp_path: Path) -> None:
    editor, blender = at_work, at_work.blender
    # The first name takes everything along.
    editor.make_project(clip)
    blender.run("scene().reshoot.land = 'CHANNEL'")
    held.release("render")
    first = editor.send_and_place()
    held.hold("render")
    second = editor.send()
    one, two, copy = (tmp_path / f"{name}.blend" for name in ("one", "two", "copy"))
    save_as(editor, one)
    until(lambda: project_of(editor, first) == project_of(editor, second) == str(one), "both jobs at their file")

    # A copy moves nothing; another name takes along what is under way, and its list shows what is in it.
    save_as(editor, copy, copy=True)
    save_as(editor, two)
    until(lambda: project_of(editor, second) == str(two), "the job at its file")
    assert project_of(editor, first) == str(one)
    blender.wait("sorted(each[0] for each in listed()) == ids", ids=sorted([first, second]))
    editor.open_tab()
    blender.picture("saved-as")
    held.release("render")
    editor.wait_for_state("PLACED")
    assert blender.value("held_now()") == sorted([first, second])
    blender.run("bpy.ops.wm.save_mainfile()")

    # Both files are as they were left, and so they stay.
    for path, inside in ((one, [first]), (two, [first, second]), (copy, [first])):
        open_file(editor, path)
        blender.wait("sorted(each[0] for each in listed() if each[2]) == ids", ids=sorted(inside))
        assert blender.value("held_now()") == sorted(inside)
    open_file(editor, one)
    assert blender.value("[each[0] for each in listed()]") == [first]
    assert editor.states() == ["PLACED", "PLACED"]
    blender.has_not_complained()


@pytest.mark.campaign
def test_reverting_and_opening(at_work: Editor, held: Service, clip: Path, tmp_path: Path) -> None:
    editor, blender = at_work, at_work.blender
    one, two = tmp_path / "one.blend", tmp_path / "two.blend"
    editor.make_project(clip, one)
    save_as(editor, two, copy=True)

    # Reverted while it is exported, and while it waits.
    blender.run(
        "strip = strips()['Bunny']\n"
        "setattr(strip, 'right_handle' if hasattr(strip, 'right_handle') else 'frame_final_end', 81)\n"
        "strip.color_saturation = 0.5"
    )
    press(editor)
    (rendering,) = until(lambda: blender.children("render_clip"), "the export", words=editor.words)
    processes.send(rendering, signal.SIGSTOP)
    blender.run("bpy.ops.wm.revert_mainfile()")
    processes.send(rendering, signal.SIGCONT)
    job = editor.wait_for_state("WAITING")
    blender.run("bpy.ops.wm.revert_mainfile()")
    held.release("render")
    editor.wait_for_state("PLACED")
    assert blender.value("held_now()") == [job]
    assert [take[1:3] for take in blender.value("takes()")] == [[1, 81]]

    # Reverted in the moment in which it was placed: the take is not lost, and the list gives it back.
    held.hold("render")
    blender.run("bpy.ops.wm.revert_mainfile()")
    job = editor.send()
    blender.run(_REVERT_AT_ONCE)
    held.release("render")
    editor.wait_for_state("PLACED")
    blender.wait("not takes() and [job, 'PLACED', False] in listed()", job=job)
    editor.open_tab()
    blender.picture("not-in-the-timeline")
    editor.fill_window()
    x, y = editor.find("bpy.ops.reshoot.job_show(")
    blender.move(x - 20, y)
    assert "take_place" in blender.value("button_under_mouse('UI')")
    blender.key("LEFTMOUSE")
    blender.wait("held_now() == [job]", job=job)
    blender.wait("[job, 'PLACED', True] in listed()", job=job)

    # Its file is closed: the take waits until it is open again, and goes into its own scene.
    held.hold("render")
    open_file(editor, one)
    name = blender.value("scene().name")
    job = editor.send()
    blender.run(
        "other = bpy.data.scenes.new('Other')\nwindow().scene = other\n"
        "if hasattr(window().workspace, 'sequencer_scene'): window().workspace.sequencer_scene = other\n"
        "bpy.ops.wm.save_mainfile()"
    )
    open_file(editor, two)
    held.release("render")
    editor.wait_for_state("LANDED")
    told = "The take of “Bunny” is finished; it is placed once one.blend is open"
    until(lambda: any(told in line for line in blender.reports()), told, words=editor.words)
    assert blender.value("held_now()") == blender.value("listed()") == []
    open_file(editor, one)
    editor.wait_for_state("PLACED")
    assert blender.value("scene().name") == "Other"
    assert blender.value("held_by(bpy.data.scenes[name])", name=name) == [job]
    blender.has_not_complained()


def test_file_without_a_name(at_work: Editor, held: Service, clip: Path) -> None:
    """It is closed while its job runs. Its take is offered to the next file."""
    editor, blender = at_work, at_work.blender
    editor.make_project(clip)
    job = editor.send()
    blender.run("bpy.ops.wm.read_homefile(app_template='Video_Editing')")
    blender.wait("not strips() and [each[0] for each in listed()] == [job]", job=job)
    held.release("render")
    editor.wait_for_state("LANDED")
    told = "The take of “Bunny” is finished; place it from the list of jobs"
    until(lambda: any(told in line for line in blender.reports()), told, words=editor.words)
    editor.fill_window()
    editor.open_tab()
    blender.picture("from-a-file-without-a-name")
    assert blender.value("takes()") == []
    editor.press_on_job("take_place")
    editor.wait_for_state("PLACED")
    assert [take[1:3] for take in blender.value("takes()")] == [[1, 133]]
    # It belongs to this file now.
    blender.wait("listed() == [[job, 'PLACED', True]] and not board.orphaned(session.project())", job=job)
    editor.over_timeline()
    blender.key("Z", ctrl=True)
    blender.wait("listed() == [[job, 'PLACED', False]]", job=job)
    # What was asked for is undone as any step; that says so, and is one click away.
    told = "Undo took the take of “Bunny” out: Place Again in the list of jobs"
    until(lambda: any(told in line for line in blender.reports()), told, words=editor.words)
    blender.click(*editor.find("bpy.ops.reshoot.take_place("))
    blender.wait("listed() == [[job, 'PLACED', True]] and len(takes()) == 1", job=job)
    assert held.accepted() == 1
    blender.has_not_complained(but=told)


def test_blender_ends_at_once_after_the_press(
    blender: Callable[..., Workstation], held: Service, clip: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project.blend"
    first = Editor(blender(**held.surroundings))
    first.make_project(clip, project)
    first.blender.run("scene().reshoot.land = 'CHANNEL'\nbpy.ops.wm.save_mainfile()")
    press(first)
    first.blender.run("bpy.app.timers.register(lambda: bpy.ops.wm.quit_blender() and None)")
    assert first.blender.wait_for_end() == 0
    (row,) = first.journal()

    # The next one goes on, and is killed.
    second = Editor(blender(project, **held.surroundings))
    second.wait_for_state("WAITING")
    press(second, "make it rain")
    until(lambda: len(second.journal()) == 2, "a job in the journal", words=second.words)
    second.blender.kill()

    held.release("render")
    third = Editor(blender(project, **held.surroundings))
    until(lambda: third.states() == ["PLACED", "PLACED"], "both takes", 90, third.words)
    assert len(third.blender.value("takes()")) == 2
    assert third.journal()[0][0] == row[0]
    assert held.accepted() == 2
    third.blender.has_not_complained()
