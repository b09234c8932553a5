# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of jobs by hand: cancel, retry, dismiss, show, open the folder; and what the editor is told of a failure."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import processes
import pytest
from editor import Editor
from service import Service
from workstation import Workstation, until

_FILE_MANAGER = """#!/bin/sh
echo "$@" > "$HOME/opened"
"""


def _file_manager(folder: Path) -> dict[str, str]:
    """A file manager that only writes down what it is asked to open."""
    folder.mkdir()
    program = folder / "xdg-open"
    program.write_text(_FILE_MANAGER)
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}:/usr/bin:/bin"}


@pytest.mark.campaign
def test_cancelled_while_the_service_works_and_dismissed(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    service.hold("render")
    service.start()
    editor = Editor(blender(**service.surroundings))
    editor.make_project(clip)
    editor.fill_window()
    editor.shoot()
    until(lambda: editor.states() == ["WAITING"], "a job that waits", words=editor.blender.words)
    editor.press_on_job("job_cancel")
    until(lambda: editor.states() == ["CANCELLED"], "a cancelled job", words=editor.blender.words)
    editor.blender.wait("jobs() and jobs()[0][0] == 'CANCELLED'")
    (_state, _words, error, remedy) = editor.blender.value("jobs()[0]")
    assert "asked to stop" in error and "Retry" in remedy
    editor.blender.picture("cancelled")
    editor.press_on_job("job_dismiss")
    until(lambda: editor.journal() == [], "an empty journal", words=editor.blender.words)
    editor.blender.wait("not jobs()")
    assert service.accepted() == 1
    editor.blender.has_not_complained()


def test_cancelled_while_it_is_exported_and_sent_after_all(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    service.start()
    editor = Editor(blender(**service.surroundings))
    editor.make_project(clip)
    editor.blender.run("scene().reshoot.source = 'TIMELINE'")
    editor.fill_window()
    editor.shoot()
    looked_for = "a background Blender that renders the clip"
    (rendering,) = until(lambda: editor.blender.children("render_clip.json"), looked_for, words=editor.blender.words)
    processes.send(rendering, signal.SIGSTOP)
    editor.blender.wait("jobs() and jobs()[0][0] == 'EXPORTING'")
    editor.press_on_job("job_cancel")
    until(lambda: editor.states() == ["CANCELLED"], "a cancelled job", words=editor.blender.words)
    until(lambda: not processes.runs(rendering), "the end of the export", 15)
    editor.blender.wait("'nothing was paid' in jobs()[0][2]")
    assert service.heard("upload") == 0

    editor.press_on_job("job_retry")
    assert editor.wait_for_take()[1:3] == [1, 133]
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")
    assert service.accepted() == 1
    editor.blender.has_not_complained()


@pytest.mark.every_blender("panels are drawn by Blender")
def test_a_failure_is_told_with_its_remedy_and_a_retry_brings_the_take(
    blender: Callable[..., Workstation], service: Service, clip: Path, tmp_path: Path
) -> None:
    service.hold("render")
    service.start()
    editor = Editor(blender(**service.surroundings, **_file_manager(tmp_path / "bin")))
    folder = tmp_path / "project" / "reshoot"
    folder.parent.mkdir()
    editor.make_project(clip, folder.parent / "project.blend")
    editor.fill_window()
    editor.shoot()
    until(lambda: editor.states() == ["WAITING"], "a job that waits", words=editor.blender.words)
    shutil.rmtree(folder)
    folder.write_text("a file where the takes' folder should be")
    service.release("render")
    until(lambda: editor.states() == ["FAILED"], "a failed job", words=editor.blender.words)
    editor.blender.wait("jobs() and jobs()[0][0] == 'FAILED'")
    (_state, _words, error, remedy) = editor.blender.value("jobs()[0]")
    assert str(folder) in error and "Make it writable" in remedy
    editor.blender.wait("error in reports() and remedy in reports()", error=error, remedy=remedy)
    editor.blender.picture("failed")

    folder.unlink()
    editor.press_on_job("job_retry")
    assert editor.wait_for_take()[1:3] == [1, 133]
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")
    assert service.accepted() == 1

    editor.blender.run("[setattr(each, 'select', False) for each in strips().values()]")
    editor.press_on_job("job_show")
    editor.blender.wait("[name for name, each in strips().items() if each.select] == [takes()[0][0]]")
    editor.press_on_job("take_folder")
    opened = editor.blender.home / "opened"
    until(lambda: opened.exists() and opened.read_text().strip(), "a call of the file manager", 20)
    assert Path(opened.read_text().strip()) == folder
    editor.press_on_job("job_dismiss")
    until(lambda: editor.journal() == [], "an empty journal")
    assert editor.blender.value("len(takes())") == 1 and len(list(folder.glob("*.mp4"))) == 1
    # What went wrong was told, and nothing else.
    shutil.rmtree(tmp_path / "bin")
    assert "Traceback" not in editor.blender.words()
