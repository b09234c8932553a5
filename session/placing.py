# SPDX-License-Identifier: GPL-3.0-or-later
"""From takes that have landed to strips: which are ready, into which scene, and what is corrected once it is compared.

How strips are laid is `timeline.place`'s; when nobody is disturbed, `operators.watch`'s.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import bpy

from ..core.errors import PlacementError
from ..core.jobs import board
from ..core.jobs.runner import Runner
from ..core.takes import at_hand
from ..core.takes.at_hand import Files, Needed
from ..core.values.choices import Land, Rating
from ..core.values.job import Job
from ..core.values.state import State
from ..core.values.take import Take
from ..core.words import say
from ..settings.scene import settings_of
from ..timeline import compat, place
from ..timeline.stacks.marks import JOB_KEY, seen_as

_ENDED_BADLY = (State.FAILED, State.UNSURE)

_LANDED, _AGAIN = "landed", "again"
"""How a take was placed: as an undo step of its own, or without one, as again after undo had gone back to before."""
_NOWHERE = "nowhere"
"""The same where its scene is gone."""

_SERVER_SETTLES = 0.005
"""Seconds."""

PATIENCE = 30.0
"""Seconds that a disk has to tell of a take: one that was asleep takes ten."""
AT_ONCE = 0.005
"""The same before the interface goes on and asks again: a disk that is awake tells sooner."""
_TOLD_AFTER = 0.3
"""Seconds after which the list of jobs says that a take waits for its disk."""
_TRUE_FOR = 2.0
"""Seconds that its answer is taken for true."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Uncompared:
    """A take that was placed before it was compared. appearance: of its strips, see `place.appearance`."""

    take: Take
    appearance: place.Appearance


@dataclass
class _Looking:
    """A look at the files of takes, on a thread of its own, since a disk that hangs holds it. since: monotonic."""

    since: float
    there: threading.Event = field(default_factory=threading.Event)
    found: Files | PlacementError | None = None
    at: float = 0.0

    def look(self, needed: tuple[Needed, ...]) -> None:
        """Look, and keep what was found."""
        try:
            self.found = at_hand.find(needed)
        except PlacementError as error:
            self.found = error
        except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it
            _log.exception("the files of a take could not be looked at")
            self.found = PlacementError(
                say("Reshoot itself failed here: {error}.", error=error), say("See Blender's console, and report it.")
            )
        self.at = time.monotonic()
        self.there.set()


class Placing:
    """Places the takes of the open file. project: what its jobs belong to.

    paused: a context in which no other thread of the session runs.
    """

    def __init__(
        self,
        runner: Runner,
        project: Callable[[], str],
        paused: Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._runner = runner
        self._project = project
        self._paused = paused
        self._threads_are_paused = False
        self._tried: dict[str, bool] = {}
        """By job, whether the scene of its take was there when it was placed or could not be."""
        self._uncompared: dict[str, _Uncompared] = {}
        self._being_written: list[Future[None]] = []
        self._looks: dict[tuple[Needed, ...], _Looking] = {}
        self._wanted: list[tuple[Job, int]] = []
        """The jobs whose takes the editor wants placed and whose disk has not answered yet, and Blender's own number of
        the scene that was open."""
        self._before_undo: frozenset[str] = frozenset()
        self._kept: dict[str, tuple[Job, ...]] = {}
        """The jobs whose takes stay where undo goes back to before they came, by the first of those of a shot."""
        self._how: dict[str, str] = {}
        """How those were placed, before an undo."""
        self._to_lay_again: list[str] = []
        self._stepless: dict[str, place.Appearance] = {}
        """How those looked that were laid with blocks of their own, which no undo step holds as yet."""
        self._goes_on = False
        self._told: set[str] = set()
        self._undone: list[Job] = []

    def landed(self) -> list[tuple[Job, ...]]:
        """Jobs of the open file whose takes wait to be placed, oldest first: the parts of a shot together.

        They wait for the parts that are under way or not compared yet, and for those that have failed until the editor
        says what becomes of them. What another Blender has is that one's to place.
        """
        groups: dict[str, list[Job]] = {}
        elsewhere: set[str] = set()
        for progress in reversed(board.of_project(self._project())):
            if progress.job.dismissed:
                continue
            groups.setdefault(progress.job.group, []).append(progress.job)
            if progress.elsewhere:
                elsewhere.add(progress.job.group)
        ready = []
        for group, jobs in groups.items():
            if group in elsewhere:
                continue
            waiting = [job for job in jobs if job.state is State.LANDED and job.id not in self._tried]
            # What is made of several results is laid once, as it should lie.
            unready = [job for job in jobs if job.state.moving or job.state in _ENDED_BADLY or not job.compared]
            if waiting and (not unready or (len(jobs) == 1 and jobs[0].state is State.LANDED)):
                ready.append(tuple(sorted(waiting, key=lambda job: job.part)))
        return ready

    def files(self, jobs: Sequence[Job], into: bpy.types.Scene | None = None) -> Files | None:
        """What the disk has of the takes of `jobs`, to be placed at once; None as long as it is being asked.

        Holds the interface for `AT_ONCE` at most; a Blender without one waits. into: as for `place`. Raises
        PlacementError where a file is gone or cannot be had, or the disk has not answered in `PATIENCE`: that was the
        one try.
        """
        scene = self._scene_for(jobs, into)
        if scene is None:
            # Which is told by whoever places it.
            return {}
        needed, now = place.needed(scene, jobs), time.monotonic()
        look = self._looks.get(needed)
        if look is None or (look.there.is_set() and now - look.at > _TRUE_FOR):
            look = self._looks[needed] = _Looking(now)
            threading.Thread(target=look.look, args=(needed,), name="reshoot-take", daemon=True).start()
        look.there.wait(_moment())
        found, waits = look.found, say("Waits for the disk of its take")
        if not look.there.is_set():
            waited = time.monotonic() - look.since
            if waited < PATIENCE:
                if waited > _TOLD_AFTER:
                    _say_of(jobs, waits)
                return None
            # It stays among the looks: a copy that is being made is not begun twice.
            look.since = time.monotonic()
            found = _silent(jobs[0])
        else:
            del self._looks[needed]
            _say_of(jobs, "", instead_of=waits)
        if isinstance(found, PlacementError):
            self._tried.update({job.id: True for job in jobs})
            self._uncompared.pop(jobs[0].id, None)
            raise found
        return found

    def _scene_for(self, jobs: Sequence[Job], into: bpy.types.Scene | None) -> bpy.types.Scene | None:
        return (into if self._is_orphaned(jobs[0]) else None) or place.find_scene(jobs[0]) or into

    def _is_orphaned(self, job: Job) -> bool:
        return job.project != self._project() and board.has_no_file(job.project)

    def want(self, job: Job, into: bpy.types.Scene) -> None:
        """Keep in mind that the editor wants the take of `job` placed, in `into` where its own scene is gone."""
        self._wanted = [*(each for each in self._wanted if each[0].id != job.id), (job, into.session_uid)]

    @property
    def wanted(self) -> tuple[Job, bpy.types.Scene | None] | None:
        """The first of those jobs, and its scene where that is there; None where there is none."""
        # What was dismissed meanwhile is not wanted any more.
        self._wanted = [each for each in self._wanted if not _now(each[0]).dismissed]
        if not self._wanted:
            return None
        job, number = self._wanted[0]
        return _now(job), next((scene for scene in bpy.data.scenes if scene.session_uid == number), None)

    def want_no_more(self, job: Job) -> None:
        """The take of `job` was placed, or cannot be."""
        self._wanted = [each for each in self._wanted if each[0].id != job.id]

    def place(
        self,
        jobs: Sequence[Job],
        into: bpy.types.Scene | None = None,
        *,
        files: Files | None = None,
        keep: bool = False,
        stepless: bool = False,
    ) -> tuple[str, ...]:
        """Put the takes of landed jobs of one shot into its scene. Notes in words.

        into: the scene for takes whose own is gone, or whose file is; such jobs belong to the open file then. files:
        see `files`; the disk is waited for without it. keep: nobody asked for it at this moment, so undo is to go past
        it where that can be. stepless: the undo step that is pushed for it will not hold it. Raises PlacementError; it
        is tried once.
        """
        lead = jobs[0]
        known = [board.progress(job.id) for job in jobs]
        if any(progress is not None and progress.elsewhere for progress in known):
            raise PlacementError(say("Another Blender has this job."), say("Place its take there."))
        orphaned = self._is_orphaned(lead)
        scene = self._scene_for(jobs, into)
        self._tried.update({job.id: scene is not None for job in jobs})
        if scene is None:
            raise PlacementError(
                say("The scene “{scene}” is not in this file any more.", scene=lead.scene),
                say("Open the scene that is to have the take, and place it from the job."),
            )
        beside = place.curves_beside(scene, jobs)
        with self.threads_paused(jobs, scene):
            notes = place.place(scene, jobs, files, land=_land(scene), job_of=_job_of)
        for job in jobs:
            if orphaned:
                self._runner.adopt(job.id, self._project())
            if job.state is State.LANDED:
                self._being_written.append(self._runner.placed(job.id, notes))
        self._uncompared.pop(lead.id, None)
        if lead.take is not None and not lead.compared:
            self._uncompared[lead.id] = _Uncompared(lead.take, place.appearance(scene, lead.id))
        self._kept.pop(lead.id, None)
        if keep and place.can_lay_again(scene, jobs, beside):
            self._kept[lead.id] = tuple(jobs)
            # What no step holds no undo goes back from.
            place.note_how(scene, lead.id, _AGAIN if stepless else _LANDED, self._kept)
            if stepless:
                self._note_stepless(scene, jobs)
        return notes

    def join_list(self, jobs: Sequence[Job]) -> str:
        """Where what is shown of the shot of landed `jobs` is to stay, have their take join the list of takes and no
        more. What is told of that; '' where it is to be placed.

        What is to stay is the pick, and a take of the same press that came before.
        """
        lead = jobs[0]
        scene = self._scene_for(jobs, None)
        if scene is None or not lead.shot.id or _land(scene) is Land.CHANNEL:
            return ""
        number = lead.number or len(board.of_shot([lead.shot.id]))
        if any(job.rating is Rating.PICK and job.group != lead.group for job in _shown(scene, lead.shot.id)):
            words = say("Take {number} of “{shot}” has landed; the pick stays", number=number, shot=lead.shot.name)
        elif self._has_sibling(scene, lead):
            words = say(
                "Take {number} of “{shot}” has landed; the first of the press stays", number=number, shot=lead.shot.name
            )
        else:
            return ""
        for job in jobs:
            self._tried[job.id] = True
            self._being_written.append(self._runner.placed(job.id, (words,)))
        return words

    def _has_sibling(self, scene: bpy.types.Scene, lead: Job) -> bool:
        """Whether another take of the press of `lead` is of the same shot and came before, and the shot has any."""
        if not lead.press or not place.takes_of_shot(scene, lead.shot.id):
            return False
        siblings = [line.job for line in board.of_shot([lead.shot.id]) if line.job.press == lead.press]
        return any(
            job.group != lead.group and (job.state is State.PLACED or place.placed_strips(scene, job.id))
            for job in siblings
        )

    def show(self, jobs: Sequence[Job], scene: bpy.types.Scene, beside: frozenset[str]) -> tuple[str, ...]:
        """Show the take of `jobs` in the place of their shot, as the editor asked. beside: see `place.show`.

        Notes in words. Raises PlacementError, also where the disk of the take does not answer at once.
        """
        files = self.files(jobs, scene)
        if files is None:
            raise PlacementError(
                say("The disk with the take of “{shot}” has not answered yet.", shot=jobs[0].label),
                say("Show it again in a moment."),
            )
        with self.threads_paused(jobs, scene):
            notes = place.show(scene, jobs, files, job_of=_job_of, beside=beside)
        for job in jobs:
            self._tried.pop(job.id, None)
            if job.state is State.LANDED:
                self._being_written.append(self._runner.placed(job.id, notes))
        return notes

    def takes_to_correct(self) -> list[Job]:
        """The jobs whose takes lie in the open file as they came and should not, as was found out since."""
        found = []
        for job_id, placed in list(self._uncompared.items()):
            progress = board.progress(job_id)
            if progress is None or (progress.job.compared and progress.job.take == placed.take):
                del self._uncompared[job_id]
            elif progress.job.compared:
                found.append(progress.job)
        return found

    def correct_take(self, job: Job, files: Files | None = None) -> bool:
        """Lay a take of `takes_to_correct` as it should lie. Whether it was there to be laid; it is tried once.

        files: as for `place`. Raises PlacementError where the editor has changed its strip meanwhile, which stays as it
        is.
        """
        placed = self._uncompared.pop(job.id)
        scene = place.find_scene(job)
        now = place.appearance(scene, job.id) if scene is not None else ()
        if scene is None or not now:
            return False
        if now != placed.appearance:
            raise PlacementError(
                say("The take of “{shot}” could be put right, but its strip was changed meanwhile.", shot=job.label),
                say("Delete the strip and place the take again from the list of jobs."),
            )
        with self.threads_paused([job], scene):
            place.correct_take(scene, job, files, land=_land(scene), job_of=_job_of)
        return True

    @contextlib.contextmanager
    def threads_paused(self, jobs: Sequence[Job], scene: bpy.types.Scene | None = None) -> Iterator[None]:
        """No other thread of ours runs meanwhile, where to place the takes of `jobs` beside one could crash Blender.

        Waits for what they are doing, and for the network with it: that concerns scripts, which have time. scene: where
        they are placed; without it only what is true of any is looked at. See `compat.CROWD_CRASHES`.
        """
        if self._threads_are_paused or not compat.CROWD_CRASHES or not place.moves_context(jobs, scene):
            yield
            return
        self._threads_are_paused = True
        try:
            with self._paused():
                # A server in this very Blender may still be putting away what it has answered.
                time.sleep(_SERVER_SETTLES)
                yield
        finally:
            self._threads_are_paused = False

    def retry(self, *, without_scene: bool = False) -> None:
        """What could not be placed may be tried once more: the file changed, or the editor asked.

        without_scene: only what found no scene, where that is there now.
        """
        if not without_scene:
            self._tried.clear()
        for job_id in [job_id for job_id, had_scene in self._tried.items() if not had_scene]:
            progress = board.progress(job_id)
            if progress is not None and place.find_scene(progress.job) is not None:
                del self._tried[job_id]

    def undoing(self, there: frozenset[str], *, held: bool) -> None:
        """The editor is about to undo something, or to do it again. there: the takes in the open file. held: whether
        an undo step holds the timeline as it is.

        Blender lets blocks be that are the same in two steps, and frees what no step holds: a scene would show a sound
        that is gone. So such takes are taken out meanwhile.
        """
        self._before_undo = there
        self._how = {lead: self._how_placed(lead) for lead in self._kept}
        stepless, self._stepless = self._stepless, {}
        for lead, appearance in stepless.items():
            scene = place.find_scene(_now(self._kept[lead][0])) if lead in self._kept else None
            # What the editor has changed of it is in a step.
            if scene is None or held or _appearance(scene, self._kept[lead]) != appearance:
                continue
            for job in self._kept[lead]:
                place.remove(scene, job.id)
            place.forget_how(scene, lead)
            self._want_again(lead)

    def _note_stepless(self, scene: bpy.types.Scene, jobs: Sequence[Job]) -> None:
        if place.holds_more_than_strips(scene, jobs):
            self._stepless[jobs[0].id] = _appearance(scene, jobs)

    def _want_again(self, lead: str) -> None:
        """Have a take laid again, after those that came before it: the later one lies above."""
        if lead not in self._to_lay_again:
            self._to_lay_again = [each for each in self._kept if each in (*self._to_lay_again, lead)]

    def _how_placed(self, lead: str) -> str:
        scene = place.find_scene(_now(self._kept[lead][0]))
        return place.how_placed(scene, lead) if scene is not None else _NOWHERE

    def undone(self, there: frozenset[str], *, again: bool) -> None:
        """Undo has changed the open file. there: the takes in it now. again: what was done over again was undone."""
        for lead in self._kept:
            # Where its scene knows how it came, the editor has deleted it.
            if lead not in there and not self._how_placed(lead) and lead not in self._to_lay_again:
                self._goes_on = self._goes_on or (not again and self._how.get(lead) == _LANDED)
                # In its place another take of the shot was shown since, which is the one that stays.
                if not self._was_replaced(lead):
                    self._want_again(lead)
        kept = {job.id for lead in self._to_lay_again for job in self._kept.get(lead, ())}
        shots = {_shot_id(job_id) for job_id in there | kept} - {""}
        for job_id in (self._before_undo ^ there) - kept:
            progress = board.progress(job_id)
            if progress is None:
                continue
            if job_id in there:
                board.set_words(job_id, "")
            elif progress.job.shot.id in shots:
                # Another take of the shot is shown.
                continue
            elif not again:
                board.set_words(job_id, say("Undone"))
                self._undone.append(progress.job)
        self.retry(without_scene=True)

    def _was_replaced(self, lead: str) -> bool:
        """Whether another take of the same shot came in place of the one of the job `lead`, and is to stay as well."""
        scene = place.find_scene(_now(self._kept[lead][0]))
        if scene is None or _land(scene) is not Land.REPLACE:
            return False
        leads = list(self._kept)
        later = leads[leads.index(lead) + 1 :]
        shot_id = _shot_id(lead)
        return bool(shot_id) and any(_shot_id(other) == shot_id for other in later)

    @property
    def goes_on(self) -> bool:
        """Whether the last undo has undone nothing of the editor's but the landing of a take. Told once."""
        told, self._goes_on = self._goes_on, False
        return told

    @property
    def has_to_lay_again(self) -> bool:
        """Whether undo has gone back to before a take came that is to stay."""
        return bool(self._to_lay_again)

    def lay_again(self) -> tuple[Job, bool] | None:
        """Put one of the takes back that are to stay, as Blender's undo knows nothing of. Its first job, and whether
        this is the first time; None where it is there, or its scene is not, or its disk is being asked: then it stays
        the first of those to be laid again.

        Raises PlacementError; it is tried once, and the list of jobs says so.
        """
        lead = self._to_lay_again[0]
        jobs = [_now(job) for job in self._kept.get(lead, ())]
        scene = place.find_scene(jobs[0]) if jobs else None
        if scene is None or place.how_placed(scene, lead):
            del self._to_lay_again[0]
            return None
        try:
            files = self.files(jobs)
            if files is None:
                return None
            with self.threads_paused(jobs, scene):
                place.place(scene, jobs, files, land=_land(scene), job_of=_job_of)
        except Exception as error:
            del self._to_lay_again[0]
            for job in jobs:
                board.set_words(job.id, str(error) if isinstance(error, PlacementError) else say("Undone"))
            raise
        del self._to_lay_again[0]
        if self._uncompared.pop(lead, None) is not None and jobs[0].take is not None and not jobs[0].compared:
            # It may lie elsewhere now.
            self._uncompared[lead] = _Uncompared(jobs[0].take, place.appearance(scene, lead))
        place.note_how(scene, lead, _AGAIN, self._kept)
        self._note_stepless(scene, jobs)
        first = lead not in self._told
        self._told.add(lead)
        return jobs[0], first

    def undone_takes(self) -> list[Job]:
        """The jobs whose takes an undo has taken out of the open file since this was asked last."""
        told, self._undone = self._undone, []
        return told

    def file_opened(self) -> None:
        """Another file is open now, and what lies in its timeline is as it was saved."""
        self._uncompared.clear()
        self._kept.clear()
        self._to_lay_again.clear()
        self._wanted.clear()
        self._stepless.clear()
        self.retry()

    @property
    def is_being_written(self) -> bool:
        """Whether the journal does not have all of what was placed yet: that a take is placed is told after that."""
        self._being_written = [each for each in self._being_written if not each.done()]
        return bool(self._being_written)

    @property
    def has_uncompared(self) -> bool:
        """Whether a take of the open file has landed, or was placed by this Blender, and is not compared yet."""
        mine = [each for each in board.of_project(self._project()) if not each.elsewhere]
        landed = [each.job for each in mine if each.job.state is State.LANDED and not each.job.dismissed]
        return bool(self._uncompared) or any(not job.compared for job in landed)


def _moment() -> float:
    """Seconds that a disk is waited for at once."""
    return PATIENCE if bpy.app.background else AT_ONCE


def _say_of(jobs: Sequence[Job], words: str, *, instead_of: str | None = None) -> None:
    """Have the list of jobs say `words` of each, where it says something else. instead_of: only where it says that."""
    for progress in filter(None, (board.progress(job.id) for job in jobs)):
        if progress.words != words and instead_of in (None, progress.words):
            board.set_words(progress.job.id, words)


def _silent(job: Job) -> PlacementError:
    """What is said of a disk that does not answer."""
    return PlacementError(
        say(
            "The disk with the take of “{shot}” has not answered for {seconds:.0f} s.", shot=job.label, seconds=PATIENCE
        ),
        say(
            "See whether {folder} can be opened, then place the take again from the list of jobs.",
            folder=os.path.dirname(job.take.path) if job.take is not None else "",
        ),
    )


def _appearance(scene: bpy.types.Scene, jobs: Sequence[Job]) -> place.Appearance:
    """How the takes of `jobs` look, all parts of them."""
    return tuple(look for job in jobs for look in place.appearance(scene, job.id))


def _shot_id(job_id: str) -> str:
    """The id of the shot of a job, empty where it has none or is not known."""
    job = _job_of(job_id)
    return job.shot.id if job is not None else ""


def _shown(scene: bpy.types.Scene, shot_id: str) -> list[Job]:
    """The jobs whose takes are seen of a shot."""
    strips = [strip for strip in place.takes_of_shot(scene, shot_id) if not strip.mute and not seen_as(strip).mute]
    return [job for job in (_job_of(str(strip[JOB_KEY])) for strip in strips) if job is not None]


def _land(scene: bpy.types.Scene) -> Land:
    """Where takes go in a scene."""
    return Land(settings_of(scene).land)


def _job_of(job_id: str) -> Job | None:
    progress = board.progress(job_id)
    return progress.job if progress is not None else None


def _now(job: Job) -> Job:
    """The job as it is now; as it was where nothing is known of it any more, whose take lies there still."""
    progress = board.progress(job.id)
    return progress.job if progress is not None else job
