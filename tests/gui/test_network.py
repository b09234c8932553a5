# SPDX-License-Identifier: GPL-3.0-or-later
"""The network is pulled while a job is under way: it says so, goes on once it is back, and holds nobody up."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from campaign import sampled
from editor import Editor
from patience import stretched
from service import Service
from workstation import Workstation, until

PATIENCE = stretched(4.0)
"""Seconds by which closing may take longer than where nobody has to be waited for: one for the runner, the rest for a
busy machine. What is held here would be waited for half a minute, a submission two."""
_STATES_AT = {"upload": "UPLOADING", "accepted": "SUBMITTING", "status": "WAITING", "download": "DOWNLOADING"}


@pytest.mark.campaign
def test_a_network_that_is_gone_for_a_while_at_every_stage(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    for point in ("upload", "render", "download"):
        service.hold(point)
    service.start()
    editor = Editor(blender(**service.surroundings))
    editor.make_project(clip)
    editor.shoot()

    def pull_and_mend(state: str, point: str) -> None:
        until(lambda: editor.states() == [state], f"a job that is {state}", words=editor.blender.words)
        service.kill()
        editor.blender.wait("'Trying again' in jobs()[0][1]")
        editor.blender.picture(f"pulled-{point}")
        editor.step_a_frame()
        assert editor.states() == [state]
        service.start()
        service.release(point)

    until(lambda: service.heard("upload"), "an upload")
    pull_and_mend("UPLOADING", "upload")
    until(lambda: service.heard("status"), "a question how far it is")
    pull_and_mend("WAITING", "render")
    until(lambda: service.heard("download"), "a download")
    pull_and_mend("DOWNLOADING", "download")

    assert editor.wait_for_take()[1:3] == [1, 133]
    until(lambda: editor.states() == ["PLACED"], "the take in the journal")
    assert (service.heard("submit"), service.accepted()) == (1, 1)
    editor.blender.has_not_complained()


@pytest.mark.parametrize("point", sampled(_STATES_AT, "status"))
def test_blender_closes_at_once_though_nobody_answers(
    blender: Callable[..., Workstation], service: Service, clip: Path, tmp_path: Path, point: str
) -> None:
    service.start()
    editor = Editor(blender(**service.surroundings))
    project = tmp_path / "project.blend"
    editor.make_project(clip, project)
    editor.open_tab()
    editor.select_shot()
    editor.write_prompt()
    editor.save()
    service.hold(point)
    editor.over_timeline()
    editor.blender.key("E", ctrl=True, shift=True)
    until(lambda: service.heard("submit" if point == "accepted" else point), f"a request at {point}")
    until(lambda: editor.states() == [_STATES_AT[point]], _STATES_AT[point])
    editor.save()
    took = _closing(editor)
    assert editor.states() == [_STATES_AT[point]]
    editor.blender.has_not_complained()

    service.hold("history")
    service.release(point)
    again = Editor(blender(project, **service.surroundings))
    if point == "accepted":
        again.blender.wait("jobs() and jobs()[0][0] == 'UNSURE'")
        again.blender.wait("'may have been accepted and charged' in reports()")
        assert not again.blender.value("takes()")
    service.release("history")
    assert again.wait_for_take()[1:3] == [1, 133]
    assert (service.heard("submit"), service.accepted()) == (1, 1)
    again.blender.has_not_complained()
    again.save()
    usual = _closing(again)
    print(f"\nclosing while the service is silent at {point}: {took:.2f} s; at rest: {usual:.2f} s")
    assert took < usual + PATIENCE


def test_what_was_lost_is_found_while_nothing_else_happens(
    blender: Callable[..., Workstation], service: Service, clip: Path
) -> None:
    service.start()
    for point in ("accepted", "history"):
        service.hold(point)
    editor = Editor(blender(**service.surroundings))
    editor.make_project(clip)
    editor.shoot()
    until(lambda: service.accepted() == 1, "a submission that the service has written down")
    service.kill()
    service.release("accepted")
    service.start()
    editor.blender.wait("jobs()[0][0] == 'UNSURE'")
    until(lambda: service.heard("history"), "a look for what was lost")
    editor.blender.wait("not any(each.bl_idname == 'RESHOOT_OT_watch' for each in window().modal_operators)")
    service.release("history")
    assert editor.wait_for_take()[1:3] == [1, 133]
    assert (service.heard("submit"), service.accepted()) == (1, 1)
    editor.blender.has_not_complained()


def _closing(editor: Editor) -> float:
    """Close Blender, whose file is saved. Seconds that it takes."""
    began = time.monotonic()
    assert editor.blender.quit() == 0
    return time.monotonic() - began
