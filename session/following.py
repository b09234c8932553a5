# SPDX-License-Identifier: GPL-3.0-or-later
"""Where jobs are to be seen in the open file: on their shots' strips while they run, as takes once they are placed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import bpy

from ..core.jobs import board
from ..core.takes.matching import Spot
from ..core.values.job import Job
from ..core.values.progress import JobProgress, StripProgress
from ..core.values.shot import Shot
from ..core.values.state import State
from ..timeline import compat, place, whereabouts
from ..timeline.stacks import marks

_ENDED_BADLY = (State.FAILED, State.UNSURE)


class Following:
    """Follows the shots of jobs and counts the takes of the open file. project: what the open file's jobs belong to."""

    def __init__(self, project: Callable[[], str]) -> None:
        self._project = project
        self._since = time.time()
        self._follower = whereabouts.Follower()
        self._looked_at: tuple[object, ...] = ()
        self._followed: dict[str, JobProgress] = {}
        self._shots: dict[str, Shot] = {}
        self._spots: dict[str, tuple[Spot, ...]] = {}
        self._on_strips: list[StripProgress] = []
        self._strip_counts: tuple[int, ...] = (-1,)
        self._takes_in_file: frozenset[str] = frozenset()
        self._shots_shown: frozenset[str] = frozenset()

    def on_strips(self, scene: bpy.types.Scene) -> list[StripProgress]:
        """The jobs that are to be seen on the strips of `scene`, newest first: where each one's shot is now.

        The very same list as long as nothing has changed.
        """
        jobs = board.of_project(self._project())
        editor = scene.sequence_editor
        looked_at = (scene.session_uid, scene.name, compat.open_meta(editor) if editor else "", jobs)
        changed = looked_at != self._looked_at
        if changed:
            self._looked_at = looked_at
            followed = {each.job.id: each for each in jobs if self._is_followed(each.job)}
            there = place.of_scene(scene, [each.job for each in followed.values()])
            self._followed = {job.id: followed[job.id] for job in there}
            self._shots = {job_id: each.job.shot for job_id, each in self._followed.items()}
        spots = self._follower.find(scene, self._shots) if self._followed else {}
        if changed or spots is not self._spots:
            self._spots = spots
            self._on_strips = [
                StripProgress(*part, each)
                for job_id, each in self._followed.items()
                for spot in spots[job_id]
                if (own := _of_part(each.job, spot)) and (part := whereabouts.visible(scene, own)) is not None
            ]
        return self._on_strips

    def _is_followed(self, job: Job) -> bool:
        """Whether there is something to follow on the strip: what runs, and what has failed since Blender started."""
        if job.dismissed:
            return False
        return not job.state.ended or (job.state in _ENDED_BADLY and job.stages[-1].at >= self._since)

    def takes_in_file(self) -> frozenset[str]:
        """The jobs whose takes are strips of the open file. Looks anew where there are more strips or fewer."""
        editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
        # A strip that shows another take now is not one more.
        counts = (place.changes(), *(len(compat.strips_all(editor)) for editor in editors))
        if counts != self._strip_counts:
            self._strip_counts = counts
            # Any file may hold anything there, also what is no text.
            takes = [strip for editor in editors for strip in compat.strips_all(editor) if marks.is_take(strip)]
            self._takes_in_file = frozenset(strip[marks.JOB_KEY] for strip in takes)
            self._shots_shown = frozenset(map(marks.shot_of, takes)) - {""}
        return self._takes_in_file

    def shots_shown(self) -> frozenset[str]:
        """The ids of the shots that have a take among the strips of the open file, whichever one."""
        self.takes_in_file()
        return self._shots_shown

    def shots_in_file(self) -> frozenset[str]:
        """The ids of every shot that a strip of the open file bears, a shot's own or a take's. Looks at each strip."""
        editors = [scene.sequence_editor for scene in bpy.data.scenes if scene.sequence_editor]
        strips = [strip for editor in editors for strip in compat.strips_all(editor)]
        return frozenset(each for strip in strips for each in (*marks.ids(strip), marks.shot_of(strip))) - {""}

    def forget_strips(self) -> None:
        """Count anew when asked next: other strips may have taken the place of those that were there."""
        self._strip_counts = (-1,)


def _of_part(job: Job, spot: Spot) -> Spot | None:
    """What is on a spot of its shot of the part that a job is."""
    first = max(spot.first, spot.start + job.sent.first)
    end = min(spot.end, spot.start + job.sent.first + job.sent.own)
    return replace(spot, first=first, end=end) if first < end else None
