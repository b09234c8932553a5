# SPDX-License-Identifier: GPL-3.0-or-later
"""What an editor does with Reshoot: opens the tab, finds a field or a button by looking for it, writes, presses."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from workstation import Workstation, until

PROMPT = "make it snow"
_JOB_BUTTONS = (0.904, 0.845, 0.786, 0.727)
"""Where the buttons of a job are, as parts of the sidebar's width."""
_STEP = 16
"""Pixels from one place to the next where a button is looked for: a button is 20 high."""
_tabs: list[int] = []
"""How far down the tab was when it was last looked for."""
_found: dict[tuple[str, tuple[float, ...]], list[tuple[int, int]]] = {}
"""Where buttons were found, the last place first."""
MOVING = ("PREPARED", "EXPORTING", "UPLOADING", "SUBMITTING", "WAITING", "DOWNLOADING")

_PROJECT = """
scene().render.fps, scene().render.fps_base = 25, 1.0
scene().render.resolution_x, scene().render.resolution_y = 1280, 720
scene().frame_start, scene().frame_end = 1, 200
editor = scene().sequence_editor_create()
every = editor.strips if hasattr(editor, "strips") else editor.sequences
strip = every.new_movie("Bunny", clip, 2, 1)
strip.select = False
editor.active_strip = None
with bpy.context.temp_override(window=window(), area=timeline(), region=region("WINDOW")):
    bpy.ops.sequencer.view_all()
    bpy.ops.ed.undo_push(message="Project")
    if file:
        bpy.ops.wm.save_as_mainfile(filepath=file)
"""


class Editor:
    """An editor at a Blender."""

    def __init__(self, blender: Workstation) -> None:
        self.blender = blender
        self._job_row = 0

    def make_project(self, clip: Path, file: Path | None = None) -> None:
        """A timeline with one shot, not selected, saved where `file` is given."""
        self.blender.run(_PROJECT, clip=str(clip), file=str(file or ""))
        self.blender.wait("not strips()['Bunny'].select")

    def over_timeline(self) -> None:
        """Move the mouse over the empty part of the timeline, where its keys are meant."""
        x, y, width, height = self.blender.value("place_of(region('WINDOW'))")
        self.blender.move(x + width * 0.4, y + height * 0.8)

    def open_tab(self) -> None:
        """Open the sidebar of the timeline, and in it the tab “Reshoot”."""
        blender = self.blender
        self.over_timeline()
        if not blender.value("timeline().spaces.active.show_region_ui"):
            blender.key("N")
        blender.wait("region('UI').width > 100")
        x, y, width, height = blender.value("place_of(region('UI'))")
        # The tabs are along the right edge, each as high as its name is long.
        for down in (*_tabs, *range(12, height, 20)):
            if blender.value("region('UI').active_panel_category") == "Reshoot":
                return
            blender.click(x + width - 10, y + height - down)
            _tabs[:] = [down]
        blender.picture("no-tab")
        raise AssertionError("no click on the sidebar's tabs opens Reshoot")

    def find(self, wanted: str, across: tuple[float, ...] = (0.4, 0.15, 0.8)) -> tuple[int, int]:
        """Where the field or button is whose Python command or data path has `wanted` in it.

        across: where in the sidebar's width it is looked for, from the top down each time.
        """
        blender = self.blender
        x, y, width, height = blender.value("place_of(region('UI'))")
        places = [
            (round(x + (width - 20) * fraction), y + height - down)
            for fraction in across
            for down in range(_STEP // 2, height, _STEP)
        ]
        # Where it was found once, by another editor too, it mostly is still.
        known = _found.setdefault((wanted, across), [])
        at, seen = blender.search(wanted, [place for place in known if place in places] + places)
        if at is None:
            raise AssertionError(f"{wanted} is not in the sidebar; there are {seen}")
        known[:] = [at, *(place for place in known if place != at)][:4]
        return at

    def fill_window(self) -> None:
        """Make the timeline as large as the window, so that the whole tab is in sight."""
        self.over_timeline()
        self.blender.key("SPACE", ctrl=True)
        self.blender.wait("timeline().height > 0.8 * window().height")

    def select_shot(self) -> None:
        """Click the strip."""
        self.blender.click(*self.blender.value("strip_at('Bunny')"))
        self.blender.wait("strips()['Bunny'].select")

    def write_prompt(self, text: str = PROMPT) -> None:
        """Click the field and type over what is in it."""
        self.blender.click(*self.find(".prompt"))
        self.blender.key("A", ctrl=True)
        self.blender.type(text)
        self.blender.wait("scene().reshoot.prompt == text", text=text)

    def press_button(self) -> None:
        """Press the button that sends, once the panel knows the file and is drawn with what it says of it."""
        known = "sys.modules[f'{MODULE}.session.start'].preview(scene()).file is not None"
        self.blender.wait(f"{known} or scene().reshoot.source == 'TIMELINE'")
        self.blender.click(*self.find("bpy.ops.reshoot.shoot("))

    def press_on_job(self, operator: str) -> None:
        """Press a button of the newest job in the list."""
        self.blender.click(*self.find_on_job(operator))

    def find_on_job(self, operator: str) -> tuple[int, int]:
        """Where a button of the newest job in the list is, once it is drawn."""
        try:
            at: tuple[int, int] = until(lambda: self._look_on_job(operator), f"the newest job's button {operator}", 30)
        except AssertionError:
            self.blender.picture(f"no-{operator}")
            raise
        return at

    def _look_on_job(self, operator: str) -> tuple[int, int] | None:
        """Where that button is now, if it is: all of a job's stand in a row, the last at the right."""
        blender = self.blender
        x, y, width, height = blender.value("place_of(region('UI'))")
        # The list is the last in the tab; where it was found once it mostly is still.
        rows = [y + height - down for down in range(int(height * 0.3), height, _STEP)]
        if self._job_row:
            rows.insert(0, self._job_row)
        for self._job_row in rows:
            # The list of takes has buttons of jobs as well; there none of these.
            if self._on_job(x + (width - 20) * _JOB_BUTTONS[0], self._job_row).startswith("bpy.ops.reshoot.job_"):
                break
        for across in _JOB_BUTTONS:
            at = (round(x + (width - 20) * across), self._job_row)
            if self._on_job(*at).startswith(f"bpy.ops.reshoot.{operator}("):
                return at
        return None

    def _on_job(self, x: float, y: float) -> str:
        """The button there, if it is one of a job's."""
        self.blender.move(x, y)
        found = str(self.blender.value("button_under_mouse('UI')"))
        return found if found.startswith(("bpy.ops.reshoot.job_", "bpy.ops.reshoot.take_")) and "job=" in found else ""

    def play_a_while(self) -> None:
        """Play some fifty frames, and stop."""
        self.over_timeline()
        self.blender.key("SPACE")
        self.blender.wait("window().screen.is_animation_playing")
        first = self.blender.value("scene().frame_current")
        self.blender.wait("abs(scene().frame_current - first) > 50", first=first)
        self.blender.key("SPACE")
        self.blender.wait("not window().screen.is_animation_playing")

    def step_a_frame(self) -> None:
        """Press the right arrow key over the timeline, and see the playhead go on: the interface is live."""
        self.over_timeline()
        before = self.blender.value("scene().frame_current")
        self.blender.key("RIGHT_ARROW")
        self.blender.wait("scene().frame_current == before + 1", 5, before=before)

    def scrub(self, first: int, last: int) -> None:
        """Drag the playhead in the scale above the strips, from one frame to another."""
        x, y, _width, height = self.blender.value("place_of(region('WINDOW'))")
        left, right = (
            x + self.blender.value("region('WINDOW').view2d.view_to_region(at, 0, clip=False)[0]", at=frame)
            for frame in (first, last)
        )
        self.blender.drag((left, y + height - 12), (right, y + height - 12))

    def save(self) -> None:
        """Save the file, which has a name."""
        self.over_timeline()
        self.blender.key("S", ctrl=True)
        self.blender.wait("not bpy.data.is_dirty")

    def shoot(self) -> None:
        """All of it, up to the job's row in the journal."""
        before = len(self.journal())
        self.open_tab()
        self.select_shot()
        self.write_prompt()
        self.press_button()
        until(lambda: len(self.journal()) == before + 1, "a job in the journal", words=self.blender.words)

    def send(self, *, until_waiting: bool = True) -> str:
        """Select the shot and press the shortcut; the job's id, once the service has its request."""
        before = len(self.journal())
        self.blender.run("scene().reshoot.prompt = text", text=PROMPT)
        self.select_shot()
        self.over_timeline()
        self.blender.key("E", ctrl=True, shift=True)
        until(lambda: len(self.journal()) == before + 1, "a job in the journal", words=self.blender.words)
        return self.wait_for_state("WAITING") if until_waiting else self.journal()[-1][0]

    def send_and_place(self) -> str:
        """The same up to the take in the timeline, with a service that lets it."""
        job = self.send(until_waiting=False)
        self.wait_for_state("PLACED")
        return job

    def wait_for_state(self, state: str) -> str:
        """Wait until the newest job is in a state; its id."""
        return str(
            until(lambda: next((job for job, at, _ in self.journal()[-1:] if at == state), ""), state, 120, self.words)
        )

    def words(self) -> str:
        """The journal and the last of what Blender has said, for a failure."""
        return f"{self.journal()}\n{self.blender.words()}"

    def wait_for_take(self) -> list[Any]:
        """Wait until a take is in the timeline: name, first frame, frame after it, channel."""
        (take,) = self.blender.wait("takes()", 180)
        return list(take)

    def wait_for_render(self) -> int:
        """Wait until the rehearsal renders, and give the id of the Blender that does it."""
        what = "a background Blender that makes the stand-in"
        (pid,) = until(lambda: self.blender.children("render_stand_in.json"), what, 120, words=self.blender.words)
        return int(pid)

    def journal(self) -> list[tuple[str, str, str]]:
        """The jobs as the journal has them: id, state, request id, oldest first."""
        path = self.blender.home / "reshoot-home" / "journal.sqlite3"
        if not path.exists():
            return []
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute(
                "SELECT id, state, request_id FROM jobs WHERE dismissed = 0 ORDER BY created"
            ).fetchall()
        except sqlite3.OperationalError:
            # It is being made.
            return []
        finally:
            connection.close()

    def states(self) -> list[str]:
        """The jobs' states, oldest first."""
        return [state for _id, state, _request in self.journal()]

    def submitted(self) -> list[str]:
        """The requests that the rehearsal has had, by its files."""
        folder = self.blender.home / "reshoot-home" / "rehearsal" / "requests"
        return sorted(os.listdir(folder)) if folder.is_dir() else []
