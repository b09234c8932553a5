# SPDX-License-Identifier: GPL-3.0-or-later
"""Take -> strips: puts a result where its shot is now, over exactly its frames, shown as the shot was shown.

Nothing else in the timeline changes, but for what the notes say: sound that the editor asked to be muted, and a
see-through shot, which would show through its take; both over the take's frames alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import bpy

from ..core.errors import PlacementError
from ..core.takes import at_hand, other_rate, pieces
from ..core.takes.at_hand import Files, Needed
from ..core.takes.matching import Spot
from ..core.takes.pieces import Piece
from ..core.values.choices import Land, Source
from ..core.values.job import Job
from ..core.values.shot import Shot
from ..core.words import say
from . import compat, curves, movie_strip, take_strips, whereabouts
from .editor import editor_of
from .facts import TimelineFacts
from .muting import Muting, is_muted_for, release
from .shot import linked_words, scene_fps
from .stacks import landing_place, marks, stack
from .stacks.holders import Holder, holder_at, shown_job, takes_above
from .stacks.marks import JOB_KEY
from .stacks.show import JobOf, Show, original, unmuted

Appearance = tuple[tuple[object, ...], ...]
"""See `appearance`."""

_HOW = "reshoot_landed"
"""Custom property of a scene: how the takes that came into it by themselves did, by the first job of each. In a state
from before that, which undo brings back, it is not there; in one in which the editor has deleted such a take it is."""

_begun: dict[str, int] = {}
"""The scenes of the jobs that were begun in this Blender, by Blender's own numbers, which last until the file is read
anew."""


def needed(scene: bpy.types.Scene, jobs: Sequence[Job]) -> tuple[Needed, ...]:
    """What `place` needs of the disk to add the takes of `jobs`, the parts of one shot, to `scene` as it is now."""
    found = dict.fromkeys(Needed(job.label, job.take.path if job.take is not None else "") for job in jobs)
    if any(job.shot.fps != scene_fps(scene) for job in jobs):
        laid, rates = _at_rate_now(scene, jobs)
        spots = whereabouts.find(scene, laid[0].shot)
        with_take = [job for job in laid if job.take is not None]
        found.update(
            dict.fromkeys(take_strips.needed(scene, laid[0], job, spot, rates) for spot in spots for job in with_take)
        )
    return tuple(found)


def place(
    scene: bpy.types.Scene,
    jobs: Sequence[Job],
    files: Files | None = None,
    *,
    land: Land = Land.REPLACE,
    job_of: JobOf = lambda _id: None,
) -> tuple[str, ...]:
    """Show the takes of `jobs`, the parts of one shot, in `scene`. What else was done, in words.

    files: what was found on the disk of what is `needed`, which is asked now where it is not given. land: where they
    go. job_of: tells the jobs of takes that are there already. What is there is not added again. The caller pushes the
    undo step. Raises PlacementError where there is no room or a file is gone; the timeline is as it was then.
    """
    jobs = [job for job in jobs if not placed_strips(scene, job.id)]
    return _place(scene, jobs, files, land, job_of) if jobs else ()


def show(
    scene: bpy.types.Scene,
    jobs: Sequence[Job],
    files: Files | None = None,
    *,
    job_of: JobOf,
    beside: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Show the take of `jobs` in the place of its shot, whichever one was shown there. See `place`.

    beside: names of plates; where the shot is with one of them, it is shown there alone.
    """
    return _place(scene, jobs, files, Land.REPLACE, job_of, beside)


def show_original(scene: bpy.types.Scene, holder: Holder, shot_id: str) -> None:
    """Let the plate be seen and heard in the place of the takes that are shown of a shot."""
    global _changes
    _changes += 1
    for name in takes_above(TimelineFacts(scene), holder.spot, shot_id, holder.spot.channel):
        compat.strips_all(editor_of(scene))[name].mute = True
    original(scene, holder, shot_id)


def changes() -> int:
    """How often takes were laid or shown: the strips may be as many as before."""
    return _changes


_changes = 0


def _place(
    scene: bpy.types.Scene,
    jobs: Sequence[Job],
    files: Files | None,
    land: Land,
    job_of: JobOf,
    beside: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    global _changes
    if files is None:
        files = at_hand.find(needed(scene, jobs))
    if scene.library is not None:
        # Nor into a scene of this file that only has the same name.
        raise PlacementError(linked_words(scene), say("Make the scene local, and place the take again from the job."))
    editor = scene.sequence_editor or scene.sequence_editor_create()
    notes: list[str] = []
    muting = Muting(scene)
    made: list[int] = []
    there = {strip.as_pointer() for job in jobs for strip in placed_strips(scene, job.id)}
    _changes += 1
    with _prefetch_held(editor):
        try:
            laid, rates = _at_rate_now(scene, jobs)
            for spot in _spots(scene, laid[0].shot, beside):
                found = pieces.pieces_of(laid, spot.start, spot.first, spot.end, nearest=compat.SHOWS_NEAREST)
                if found:
                    notes += _lay(scene, laid, spot, found, _Laying(muting, rates, files, land, job_of, made))
        except Exception:
            for job in jobs:
                remove(scene, job.id, there)
            for meta in [_known_as(editor, pointer) for pointer in made]:
                if meta is not None:
                    stack.unmake(scene, meta.name)
            raise
        notes += muting.carry_out()
    return tuple(dict.fromkeys(notes))


def _spots(scene: bpy.types.Scene, shot: Shot, beside: Collection[str]) -> tuple[Spot, ...]:
    """Where a shot is: with one of the plates called `beside`, which may be copies, where one of them bears its id."""
    every = compat.strips_all(editor_of(scene))
    plates = [name for name in beside if name in every and shot.id and shot.id in marks.ids(every[name])]
    if not plates or len(shot.strips) > 1:
        return whereabouts.find(scene, shot)
    found = []
    for name in plates:
        called_so = replace(shot, strips=(replace(shot.strips[0], name=name),))
        found += [spot for spot in whereabouts.find(scene, called_so) if name in spot.strips]
    return tuple(found) or whereabouts.find(scene, shot)


class _Laying(NamedTuple):
    """How takes are laid. rates, files: see `TakeStrips`. made: the stacks that were made for them so far, as
    Blender knows them.
    """

    muting: Muting
    rates: Mapping[str, Fraction]
    files: Files
    land: Land
    job_of: JobOf
    made: list[int]


def _lay(
    scene: bpy.types.Scene, jobs: Sequence[Job], spot: Spot, found: Sequence[Piece], how: _Laying
) -> tuple[str, ...]:
    """Show the pieces of a take on one spot of its shot. What else was done, in words."""
    shot, frames = jobs[0].shot, (found[0].first, max(piece.end for piece in found))
    shot_id = _known_here(scene, spot, shot)
    how.muting.shot_id = shot_id
    with _level_open(editor_of(scene), spot.meta):
        timeline = TimelineFacts(scene)
        shows = Show(scene, jobs, how.muting, how.rates, how.files, shot_id)
        over_all = shot.source is Source.TIMELINE
        holder = None
        if how.land is Land.REPLACE:
            holder = holder_at(timeline, spot, shot_id, over_all=over_all)
        if holder is not None and shown_job(scene, holder, hidden=True) in {job.id for job in jobs}:
            unmuted(scene, holder, shot_id)
            return ()
        if holder is not None and not holder.stacked and not shows.replaced(holder, found, how.job_of):
            holder = None
        where = (
            landing_place.InStack()
            if holder is not None
            else landing_place.place_for(timeline, shot, spot.strips, frames, how.land, spot.channel)
        )
        if isinstance(where, landing_place.Refused):
            raise landing_place.refusal(where)
        marks.adopt(scene, {shot_id: spot.strips})
        if isinstance(where, landing_place.Above):
            strips = take_strips.TakeStrips(scene, jobs[0], spot, how.muting, how.rates, how.files, shot_id=shot_id)
            _strip, notes = strips.add(found, where.channel)
            covering = [] if over_all else takes_above(timeline, spot, shot_id, where.channel)
            return (*notes, *_hide(scene, covering, jobs[0], how.job_of))
        covering = [] if over_all else takes_above(timeline, spot, shot_id, spot.channel)
        joined = _joined(scene, spot, shot) if holder is None else []
        if holder is None:
            holder = Holder(stack.make(scene, spot.strips[0]), True, spot)
            how.made.append(compat.strips_all(editor_of(scene))[holder.name].as_pointer())
        if not holder.stacked:
            return shows.in_holder(holder, found, how.job_of)
        meta = compat.strips_all(editor_of(scene))[holder.name]
        meta[marks.STACK_KEY] = shot_id
        lies = (compat.start(meta), compat.end(meta))
        with _level_open(editor_of(scene), holder.name):
            notes = shows.in_holder(holder, found, how.job_of)
        # What is in it has grown.
        compat.set_start(meta, lies[0])
        compat.set_end(meta, lies[1])
        for plate in marks.plates_in(meta):
            if is_muted_for(plate, shot_id):
                # For a take above, through which it would have been seen.
                release(plate, shot_id)
                meta.mute = False
        return (*notes, *_join(scene, meta, joined), *_hide(scene, covering, jobs[0], how.job_of))


def _hide(scene: bpy.types.Scene, names: Iterable[str], lead: Job, job_of: JobOf) -> Iterator[str]:
    """Mute older takes that would hide a new one; what was done, in words."""
    for name in names:
        strip = compat.strips_all(editor_of(scene)).get(name)
        job = job_of(str(strip[JOB_KEY])) if strip is not None else None
        if strip is not None and (job is None or job.group != lead.group):
            strip.mute = True
            yield say("“{strip}” is muted", strip=name)


def _known_here(scene: bpy.types.Scene, spot: Spot, shot: Shot) -> str:
    """The id by which a shot is known on a spot: a copy has its own."""
    if not spot.strips:
        return shot.id
    plate = compat.strips_all(editor_of(scene))[spot.strips[0]]
    if not shot.id:
        return marks.id_for(scene, spot.strips)
    return marks.own_id(plate) if shot.id in marks.ids(plate) else shot.id


def _joined(scene: bpy.types.Scene, spot: Spot, shot: Shot) -> list[str]:
    """What is moved along with the plate on a spot, by name: what it is joined with, where this Blender tells; else the
    sounds that belong to it.
    """
    every = compat.strips_all(editor_of(scene))
    plate = every[spot.strips[0]]
    if not compat.CONNECTED_STRIPS:
        return []
    if hasattr(plate, "connections"):
        return [strip.name for strip in plate.connections]
    level = compat.meta_of(plate)
    return [name for name in shot.sounds if name in every and compat.meta_of(every[name]) == level]


def _join(scene: bpy.types.Scene, meta: Any, names: Sequence[str]) -> Iterator[str]:
    """Let a stack be moved along with what its plate was joined with. What could not be done, in words."""
    every = compat.strips_all(editor_of(scene))
    others = [every[name] for name in names if name in every]
    if not others:
        return
    try:
        movie_strip.join(scene, [meta, *others])
    except (PlacementError, RuntimeError):
        yield from (say("“{strip}” is not joined with its picture any more", strip=other.name) for other in others)


def _at_rate_now(scene: bpy.types.Scene, jobs: Sequence[Job]) -> tuple[list[Job], dict[str, Fraction]]:
    """`jobs` as they are to be laid, and by job the rate that the file of its take has to carry where that is another.

    A movie that keeps its file's rate lasts as many seconds as before in a timeline of another rate. Of a shot of
    several strips that is not followed: they do not lie as they did.
    """
    shot, now = jobs[0].shot, scene_fps(scene)
    if shot.fps == now or len(shot.strips) > 1:
        return list(jobs), {}
    spots = whereabouts.find(scene, shot)
    if any(not spot.strips or take_strips.lasts_as_before(scene, shot, spot) for spot in spots):
        return list(jobs), {}
    rates = {job.id: shot.fps for job in jobs if job.take is not None and job.take.play_fps is None}
    return [other_rate.at_rate(job, now) for job in jobs], rates


def moves_context(jobs: Sequence[Job], scene: bpy.types.Scene | None) -> bool:
    """Whether Blender's operators are called to place the takes of `jobs`, in a context that is moved.

    scene: that they are placed in; without it only what is true of any scene counts.
    """
    called = any(map(take_strips.calls_operators, jobs))
    if bpy.app.background:
        # Where there is an area nevertheless, the script has moved the context, in which an undo step is pushed too.
        return called or bpy.context.area is not None
    return called and scene is not None and movie_strip.moves_context(scene)


def appearance(scene: bpy.types.Scene, job_id: str) -> Appearance:
    """How the strips of the job `job_id` lie and are shown, to be compared: an editor may have changed them."""
    return tuple(_look(strip) for strip in placed_strips(scene, job_id))


def _look(strip: Any) -> tuple[object, ...]:
    lies = (strip.name, strip.channel, compat.start(strip), compat.end(strip), compat.content_start(strip))
    if strip.type == "SOUND":
        return (*lies, compat.meta_of(strip), strip.mute, strip.volume)
    moved, crop = strip.transform, strip.crop
    placed = (moved.offset_x, moved.offset_y, moved.scale_x, moved.scale_y, moved.rotation, *moved.origin)
    cropped = (crop.min_x, crop.max_x, crop.min_y, crop.max_y)
    shown = (strip.mute, strip.blend_type, strip.blend_alpha, strip.use_flip_x, strip.use_flip_y, len(strip.modifiers))
    return (*lies, compat.meta_of(strip), *placed, *cropped, *shown)


def correct_take(
    scene: bpy.types.Scene,
    job: Job,
    files: Files | None = None,
    *,
    land: Land = Land.REPLACE,
    job_of: JobOf = lambda _id: None,
) -> None:
    """Lay the take of `job` anew, in the place of its strips as they are: selected and active where they were.

    files, land, job_of: as for `place`. The caller pushes the undo step. Raises PlacementError where its file is gone;
    nothing has changed then.
    """
    if files is None:
        files = at_hand.find(needed(scene, [job]))
    editor = editor_of(scene)
    before = placed_strips(scene, job.id)
    selected = any(strip.select for strip in before)
    active = editor.active_strip is not None and editor.active_strip in before
    remove(scene, job.id)
    place(scene, [job], files, land=land, job_of=job_of)
    after = placed_strips(scene, job.id)
    for strip in after:
        strip.select = selected
    if active and after:
        editor.active_strip = after[0]


def remove(scene: bpy.types.Scene, job_id: str, but: Collection[int] = ()) -> None:
    """Take the strips of the job `job_id` out of `scene` again, their curves and the sounds that nothing else has.

    but: those that Blender knows so stay.
    """
    # One at a time: a meta strip takes what is in it along, and so it comes last.
    while placed := sorted(
        (strip for strip in placed_strips(scene, job_id) if strip.as_pointer() not in but),
        key=lambda strip: strip.type == "META",
    ):
        sound = placed[0].sound if placed[0].type == "SOUND" else None
        compat.strips(placed[0].parent_meta() or scene.sequence_editor).remove(placed[0])
        if sound is not None and not sound.users:
            bpy.data.sounds.remove(sound)


@contextlib.contextmanager
def _level_open(editor: bpy.types.SequenceEditor, meta: str) -> Iterator[None]:
    """The level of the timeline that the meta strip `meta` holds, open for a moment; without a name, the whole one."""
    if compat.open_meta(editor) == meta:
        yield
        return
    # By what Blender knows them as: their names may become others meanwhile.
    before = editor.meta_stack[-1].as_pointer() if len(editor.meta_stack) else 0
    active = editor.active_strip.as_pointer() if editor.active_strip is not None else 0
    compat.open_level(editor, meta)
    try:
        yield
    finally:
        entered, chosen = _known_as(editor, before), _known_as(editor, active)
        compat.open_level(editor, entered.name if entered is not None else "")
        editor.active_strip = chosen


def _known_as(editor: bpy.types.SequenceEditor, pointer: int) -> Any:
    """The strip that Blender knows as `pointer`, None where there is none."""
    return next((strip for strip in compat.strips_all(editor) if strip.as_pointer() == pointer), None)


def placed_strips(scene: bpy.types.Scene, job_id: str) -> list[Any]:
    """The strips of `scene` that the job `job_id` put there."""
    editor = scene.sequence_editor
    return [strip for strip in compat.strips_all(editor) if strip.get(JOB_KEY) == job_id] if editor else []


def takes_of_shot(scene: bpy.types.Scene, shot_id: str) -> list[Any]:
    """The strips of the takes of a shot that are in a scene, with a picture, on whatever level, shown or not."""
    every = compat.strips_all(scene.sequence_editor) if scene.sequence_editor else ()
    takes = [strip for strip in every if marks.is_take(strip) and strip.type != "SOUND"]
    return [strip for strip in takes if marks.shot_of(strip) == shot_id]


def can_lay_again(scene: bpy.types.Scene, jobs: Sequence[Job], curves_before: int) -> bool:
    """Whether undo can go past the landing of the takes of `jobs`, which lie in `scene`: all that has changed for them
    is the scene's own strips, or goes with theirs.

    curves_before: see `curves_beside`. What else is changed without an undo step of its own, such as the curves of what
    was cut, Blender could bring back by halves.
    """
    return any(placed_strips(scene, job.id) for job in jobs) and curves_beside(scene, jobs) == curves_before


def curves_beside(scene: bpy.types.Scene, jobs: Sequence[Job]) -> int:
    """How many curves of `scene` are of something else than the takes of `jobs`."""
    paths = tuple(compat.strip_path(strip.name) for job in jobs for strip in placed_strips(scene, job.id))
    return sum(not curve.data_path.startswith(paths) for curve in compat.curves(scene) or ())


def holds_more_than_strips(scene: bpy.types.Scene, jobs: Sequence[Job]) -> bool:
    """Whether the takes of `jobs`, where they lie in `scene`, have sounds or curves, which are blocks of their own."""
    strips = [strip for job in jobs for strip in placed_strips(scene, job.id)]
    # A stack that was made for it has the fade of its plate.
    seen = [each for strip in strips for each in (strip, marks.seen_as(strip))]
    return any(strip.type == "SOUND" or curves.is_animated(scene, strip.name) for strip in seen)


def note_how(scene: bpy.types.Scene, job_id: str, how: str, known: Collection[str]) -> None:
    """Keep in the scene how a take came into it, by the first of its jobs. known: those of others that are kept."""
    before = _how(scene)
    scene[_HOW] = {**{job: before[job] for job in known if job in before}, job_id: how}


def forget_how(scene: bpy.types.Scene, job_id: str) -> None:
    """Take away what `note_how` noted of one take."""
    scene[_HOW] = {job: how for job, how in _how(scene).items() if job != job_id}


def how_placed(scene: bpy.types.Scene, job_id: str) -> str:
    """What `note_how` noted; empty in a state of the scene from before that."""
    return _how(scene).get(job_id, "")


def _how(scene: bpy.types.Scene) -> dict[str, str]:
    """What was noted. It comes from the file, so it may be anything."""
    noted = scene.get(_HOW)
    return {str(job): str(how) for job, how in noted.items()} if hasattr(noted, "items") else {}


def remember_scene(jobs: Sequence[Job], scene: int) -> None:
    """Keep in mind which scene new jobs belong to, by Blender's own number: its name may become another's."""
    _begun.update(dict.fromkeys((job.id for job in jobs), scene))


def _locals() -> list[bpy.types.Scene]:
    """The scenes of this file: those that are linked from others take no strips."""
    return [scene for scene in bpy.data.scenes if scene.library is None]


def _local(name: str) -> bpy.types.Scene | None:
    """The scene of this file that has a name; one that is linked may have the same."""
    return next((scene for scene in _locals() if scene.name == name), None)


def find_scene(job: Job) -> bpy.types.Scene | None:
    """The scene that `job` belongs to, also where it has been renamed; None where it is gone."""
    return _scenes([job]).get(job.id)


def of_scene(scene: bpy.types.Scene, jobs: Sequence[Job]) -> list[Job]:
    """Those of `jobs` that belong to `scene`, as `find_scene` finds it for one of them."""
    scenes = _scenes(jobs)
    return [job for job in jobs if scenes.get(job.id) == scene]


def _scenes(jobs: Sequence[Job]) -> dict[str, bpy.types.Scene]:
    """The scene of each of `jobs`, by its id."""
    by_number = {scene.session_uid: scene for scene in _locals()}
    found: dict[str, bpy.types.Scene] = {}
    unsure: dict[str, Shot] = {}
    for job in jobs:
        named = _local(job.scene)
        if _begun.get(job.id) in by_number:
            found[job.id] = by_number[_begun[job.id]]
            continue
        if named is not None:
            found[job.id] = named
        if named is None or (len(by_number) > 1 and not whereabouts.has_strip_of(named, job.shot)):
            unsure[job.id] = job.shot
    return {**found, **_only_scenes(unsure)} if unsure else found


def _only_scenes(shots: Mapping[str, Shot]) -> dict[str, bpy.types.Scene]:
    """The scene of each shot that is not to be seen in the one of that name: the only one that has anything of it."""
    holding = [(scene, whereabouts.shots_in(scene, shots)) for scene in _locals()]
    found = {key: [scene for scene, keys in holding if key in keys] for key in shots}
    return {key: scenes[0] for key, scenes in found.items() if len(scenes) == 1}


@contextlib.contextmanager
def _prefetch_held(editor: bpy.types.SequenceEditor) -> Iterator[None]:
    """Adding a strip while frames are fetched ahead can crash Blender."""
    held = editor.use_prefetch
    if held:
        editor.use_prefetch = False
    try:
        yield
    finally:
        if held:
            editor.use_prefetch = True
