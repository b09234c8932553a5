# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot that becomes a stack in its own place: not a byte of any picture changes, whatever shows the shot, and what it
becomes again afterwards is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import bpy
import editing
import numbered
import numpy
import pytest
from campaign import sampled
from reshoot.core.errors import PlacementError
from reshoot.core.jobs import board
from reshoot.core.values.choices import Source
from reshoot.session import shoot as press
from reshoot.settings import preferences
from reshoot.timeline import compat, curves, movie_strip, shot, whereabouts
from reshoot.timeline.facts import TimelineFacts
from reshoot.timeline.stacks import marks, stack

pytestmark = pytest.mark.every_blender("metas see their content, and effects their inputs, at different times")

FRAMES = (5, 60, 90, 105, 150)
ID = "0123456789abcdef" * 2
Build = Callable[["Cut"], str]


class Cut:
    """Two shots that overlap: A on channel 1 from frame 1 to 101, B on 2 from 81 to 181, trimmed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scene = editing.open_timeline(width=160, height=90)
        self.scene.view_settings.view_transform = "Standard"
        (window,) = bpy.context.window_manager.windows
        if hasattr(window.workspace, "sequencer_scene"):
            # Blender 5.0 ends where a modifier is added without.
            window.workspace.sequencer_scene = self.scene
        self.a = self.movie("A", "plate.mp4", 1, 1, (1, 101))
        self.b = self.movie("B", "plate2.mp4", 2, 61, (81, 181))

    def movie(self, name: str, file: str, channel: int, frame: int, shown: tuple[int, int]) -> Any:
        strip = compat.strips(self.scene.sequence_editor).new_movie(
            name, str(self.folder / file), channel, frame, fit_method="FIT"
        )
        compat.set_start(strip, shown[0])
        compat.set_end(strip, shown[1])
        return strip

    def effect(self, kind: str, channel: int, first: int, end: int, *inputs: Any) -> Any:
        return compat.new_effect(self.scene.sequence_editor, kind, kind, channel, first, end - first, inputs)

    def crossed(self, kind: str) -> Any:
        return self.effect(kind, 3, 81, 101, self.a, self.b)

    def titled(self, strip: Any) -> str:
        title = self.effect("TEXT", 4, 20, 120)
        title.text = "HELLO"
        return str(strip.name)


def speed(cut: Cut, control: str, **values: Any) -> str:
    effect = cut.effect("SPEED", 3, 1, 101, cut.a)
    effect.speed_control = control
    for name, value in values.items():
        setattr(effect, name, value)
    return "A"


def looking(cut: Cut, **values: Any) -> str:
    """B with values of its own, over A."""
    for path, value in values.items():
        *groups, name = path.split("__")
        owner = cut.b
        for group in groups:
            owner = getattr(owner, group)
        setattr(owner, name, value)
    return "B"


def masking(cut: Cut) -> str:
    cut.b.channel = 5
    masked = cut.movie("C", "take.mp4", 6, 1, (1, 121))
    mask(masked, cut.a)
    return "A"


def masked(cut: Cut) -> str:
    other = cut.movie("C", "take.mp4", 6, 1, (1, 121))
    other.mute = True
    mask(cut.b, other)
    return "B"


def mask(strip: Any, by: Any) -> None:
    modifier = strip.modifiers.new("mask", "MASK")
    modifier.input_mask_type, modifier.input_mask_strip = "STRIP", by


def effect_of_effect(cut: Cut) -> str:
    blur = cut.effect("GAUSSIAN_BLUR", 4, 81, 101, cut.crossed("CROSS"))
    blur.size_x = 9
    return "A"


def fading(cut: Cut) -> str:
    for frame, value in ((85, 0.3), (140, 1.0)):
        cut.b.blend_alpha = value
        cut.b.keyframe_insert("blend_alpha", frame=frame)
    return cut.titled(cut.b)


def driven(cut: Cut) -> str:
    curve = cut.b.driver_add("blend_alpha")
    curve.driver.type, curve.driver.expression = "SCRIPTED", "0.4"
    return "B"


def held(cut: Cut) -> str:
    cut.b.mute = True
    compat.set_start(cut.a, -20)
    compat.set_end(cut.a, 230)
    return "A"


def adjusted(cut: Cut) -> str:
    cut.effect("ADJUSTMENT", 3, 1, 181).color_multiply = 0.5
    return "A"


def at_own_rate(cut: Cut) -> str:
    compat.strips(cut.scene.sequence_editor).remove(cut.a)
    strip = movie_strip.add(cut.scene, "Own", cut.folder / "slow.mp4", 1, 1, at_own_rate=True)
    compat.set_start(strip, 11)
    compat.set_end(strip, 101)
    return "Own"


def cameras(cut: Cut) -> str:
    cut.effect("MULTICAM", 3, 1, 181).multicam_source = 2
    return "B"


def text(cut: Cut) -> str:
    cut.effect("TEXT", 3, 20, 120).text = "HELLO"
    return "TEXT"


CASES: dict[str, Build] = {
    "cross first": lambda cut: str(cut.crossed("CROSS") and cut.titled(cut.a)),
    "cross second": lambda cut: str(cut.crossed("CROSS") and cut.titled(cut.b)),
    "gamma cross first": lambda cut: str(cut.crossed("GAMMA_CROSS") and "A"),
    "gamma cross second": lambda cut: str(cut.crossed("GAMMA_CROSS") and "B"),
    "wipe second": lambda cut: str(cut.crossed("WIPE") and "B"),
    "multiply": lambda cut: str(cut.crossed("MULTIPLY") and "A"),
    "colour mix": lambda cut: str(cut.crossed("COLORMIX") and "B"),
    "speed multiplied": lambda cut: speed(cut, "MULTIPLY", speed_factor=0.5),
    "speed stretched": lambda cut: speed(cut, "STRETCH"),
    "speed by frame": lambda cut: speed(cut, "FRAME_NUMBER", speed_frame_number=30),
    "speed by length": lambda cut: speed(cut, "LENGTH", speed_length=50),
    "mask of another": masking,
    "masked": masked,
    "effect of an effect": effect_of_effect,
    "fade under a title": fading,
    "driven fade": driven,
    "held edges": held,
    "adjustment above": adjusted,
    "multicam": cameras,
    "rate of its own": at_own_rate,
    "text": text,
    "added": lambda cut: looking(cut, blend_type="ADD", blend_alpha=0.7),
    "multiplied": lambda cut: looking(cut, blend_type="MULTIPLY", blend_alpha=0.6),
    "half opaque": lambda cut: looking(cut, blend_type="ALPHA_OVER", blend_alpha=0.5),
    "replacing and shrunk": lambda cut: looking(
        cut, blend_type="REPLACE", transform__scale_x=0.3, transform__scale_y=0.3
    ),
    "shrunk and turned": lambda cut: looking(
        cut, blend_type="ALPHA_OVER", transform__scale_x=0.2, transform__scale_y=0.2, transform__rotation=0.3
    ),
    "cropped and flipped": lambda cut: looking(cut, crop__min_x=40, use_flip_x=True, transform__offset_x=13),
    "reversed and strobed": lambda cut: looking(cut, use_reverse_frames=True, strobe=3),
}
_SAMPLE = ("cross first", "fade under a title", "shrunk and turned", "speed stretched", "added")


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Movies whose red tells which it is, and whose green tells the frame."""
    folder = tmp_path_factory.mktemp("footage")
    for name, frames, red, rate in (
        ("plate", 200, 10, 25),
        ("plate2", 200, 60, 25),
        ("take", 120, 100, 25),
        ("slow", 90, 180, 15),
    ):
        with av.open(str(folder / f"{name}.mp4"), "w") as target:
            stream = target.add_stream("libx264", rate=Fraction(rate), options={"preset": "ultrafast", "crf": "4"})
            stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
            picture = numpy.zeros((180, 320, 3), numpy.uint8)
            picture[:, :, 0], picture[:, 160:, 2] = red, 200
            for number in range(frames):
                picture[:, :, 1] = number
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, rate)
                target.mux(stream.encode(frame))
            target.mux(stream.encode())
    return folder


def pictures(scene: bpy.types.Scene, folder: Path) -> list[numpy.ndarray]:
    return [numbered.shown(scene, frame, folder).astype(int) for frame in FRAMES]


def off(one: list[numpy.ndarray], other: list[numpy.ndarray]) -> int:
    """The largest difference of any byte."""
    return max(int(abs(before - after).max()) for before, after in zip(one, other, strict=True))


def with_take(scene: bpy.types.Scene, name: str) -> None:
    """Lay a take over the plate inside a stack, that shows what the plate does."""
    meta = compat.strips_all(scene.sequence_editor)[name]
    (plate,) = marks.plates_in(meta)
    if plate.type != "MOVIE" or compat.trims(plate) != (0, 0) or plate.name == "Own" or len(plate.modifiers):
        return
    first, end = compat.start(meta), compat.end(meta)
    take = compat.strips(meta).new_movie(
        "take", plate.filepath, 5, round(compat.content_start(plate)), fit_method="ORIGINAL"
    )
    compat.set_start(take, first)
    compat.set_end(take, end)
    for group, names in (
        ("transform", ("offset_x", "offset_y", "scale_x", "scale_y", "rotation")),
        ("crop", ("min_x",)),
    ):
        for each in names:
            setattr(getattr(take, group), each, getattr(getattr(plate, group), each))
    for each in ("use_reverse_frames", "strobe", "use_flip_x"):
        setattr(take, each, getattr(plate, each))
    take[marks.JOB_KEY] = ID
    take.blend_type, take.channel = "REPLACE", 2
    compat.set_start(meta, first)
    compat.set_end(meta, end)


def judged(build: Build, footage: Path, tmp_path: Path) -> Iterator[str]:
    """What is wrong with a case, in words."""
    cut = Cut(footage)
    scene, target = cut.scene, build(cut)
    compat.strips_all(scene.sequence_editor)[target][marks.SHOT_KEY] = ID
    before, timeline = pictures(scene, tmp_path), editing.Timeline(scene)
    name = stack.make(scene, target)
    if worst := off(before, pictures(scene, tmp_path)):
        yield f"{worst} off as a stack"
    with_take(scene, name)
    if worst := off(before, pictures(scene, tmp_path)):
        yield f"{worst} off with a take"
    stack.unmake(scene, name)
    if worst := off(before, pictures(scene, tmp_path)):
        yield f"{worst} off when it is a shot again"
    try:
        timeline.is_as_it_was()
    except AssertionError as different:
        yield str(different).splitlines()[0]


@pytest.mark.parametrize("cases", sampled(["sample", "rest"], "sample"))
def test_not_a_byte_of_a_picture_changes(cases: str, footage: Path, tmp_path: Path) -> None:
    wrong = {}
    for name in [name for name in CASES if (name in _SAMPLE) == (cases == "sample")]:
        bpy.ops.wm.read_homefile(use_empty=True)
        if found := list(judged(CASES[name], footage, tmp_path)):
            wrong[name] = found
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())


@pytest.fixture
def cut(footage: Path) -> Cut:
    return Cut(footage)


def stacked(cut: Cut, strip: Any) -> Any:
    """The stack that a strip has become."""
    strip[marks.SHOT_KEY] = ID
    return compat.strips_all(cut.scene.sequence_editor)[stack.make(cut.scene, strip.name)]


def lies(strip: Any) -> tuple[int, int, int]:
    return compat.start(strip), compat.end(strip), strip.channel


def test_what_the_editor_had_chosen_of_the_shot_is_the_stacks(cut: Cut) -> None:
    editing.select(cut.scene, cut.b)
    cut.b.select_left_handle = True
    cut.b.color_tag = "COLOR_03"
    cut.scene.sequence_editor.active_strip = cut.b
    meta = stacked(cut, cut.b)
    (plate,) = marks.plates_in(meta)
    assert (meta.select, meta.select_left_handle, meta.color_tag) == (True, True, "COLOR_03")
    assert not plate.select and cut.scene.sequence_editor.active_strip == meta
    assert lies(meta) == (81, 181, 2) and lies(plate) == (61, 261, 1)
    assert marks.is_stack(meta) and marks.shown(plate) == (81, 181) and marks.stack_of(plate) == meta
    stack.unmake(cut.scene, meta.name)
    strip = compat.strips_all(cut.scene.sequence_editor)["B"]
    assert strip.select and cut.scene.sequence_editor.active_strip == strip


def test_to_retrim_a_stack_is_to_retrim_its_plate(cut: Cut, tmp_path: Path) -> None:
    meta = stacked(cut, cut.b)
    compat.set_end(meta, 195)
    compat.set_start(meta, 75)
    shown = [numbered.shown(cut.scene, frame, tmp_path)[45, 80, 1] for frame in (75, 190)]
    assert [abs(int(value) - (frame - 61)) <= 2 for value, frame in zip(shown, (75, 190), strict=True)] == [True, True]
    stack.unmake(cut.scene, meta.name)
    assert lies(compat.strips_all(cut.scene.sequence_editor)["B"]) == (75, 195, 2)


def test_a_shot_in_a_meta_strip_of_the_editors(cut: Cut, tmp_path: Path) -> None:
    outer = compat.strips(cut.scene.sequence_editor).new_meta("Scene 4", 7, 81)
    cut.b.move_to_meta(outer)
    outer.channel = 2
    inner = compat.strips_all(cut.scene.sequence_editor)["B"]
    # Some versions see only then what a meta strip holds.
    compat.set_end(inner, compat.end(inner))
    compat.set_start(outer, 81)
    compat.set_end(outer, 181)
    before, timeline = pictures(cut.scene, tmp_path), editing.Timeline(cut.scene)
    meta = stacked(cut, compat.strips_all(cut.scene.sequence_editor)["B"])
    assert compat.meta_of(meta) == "Scene 4" and not off(before, pictures(cut.scene, tmp_path))
    stack.unmake(cut.scene, meta.name)
    assert not off(before, pictures(cut.scene, tmp_path))
    timeline.is_as_it_was()


def test_cut_apart_it_is_two_stacks(cut: Cut, tmp_path: Path) -> None:
    before = pictures(cut.scene, tmp_path)
    meta = stacked(cut, cut.b)
    right = meta.split(frame=130, split_method="SOFT", **(compat.split_options(meta) or {}))
    assert marks.is_stack(right) and lies(right) == (130, 181, 2) and lies(meta) == (81, 130, 2)
    assert [len(marks.plates_in(each)) for each in (meta, right)] == [1, 1]
    assert not off(before, pictures(cut.scene, tmp_path))


def test_a_stack_goes_and_comes_with_undo(cut: Cut, tmp_path: Path) -> None:
    cut.crossed("CROSS")
    before = pictures(cut.scene, tmp_path)
    bpy.ops.ed.undo_push(message="before")
    with_take(cut.scene, stacked(cut, cut.b).name)
    bpy.ops.ed.undo_push(message="stack")
    for _time in range(3):
        bpy.ops.ed.undo()
        scene = bpy.context.scene
        assert not off(before, pictures(scene, tmp_path))
        assert {strip.name for strip in compat.strips_all(scene.sequence_editor)} == {"A", "B", "CROSS"}
        bpy.ops.ed.redo()
        scene = bpy.context.scene
        assert not off(before, pictures(scene, tmp_path)) and len(compat.strips_all(scene.sequence_editor)) == 5


@pytest.mark.parametrize("broken", ["curves.move_fade", "stack._open", "stack._take_over", "marks.own_id"])
def test_what_goes_wrong_leaves_the_timeline_as_it_was(
    cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    cut.crossed("CROSS")
    fading(cut)
    before, timeline = pictures(cut.scene, tmp_path), editing.Timeline(cut.scene)
    place, name = broken.split(".")
    times = 0

    def breaks_once(*args: Any, **options: Any) -> Any:
        nonlocal times
        times += 1
        if times == 1:
            raise RuntimeError("broken")
        return real(*args, **options)

    owner = {"curves": curves, "stack": stack, "marks": marks}[place]
    real = getattr(owner, name)
    monkeypatch.setattr(owner, name, breaks_once)
    with pytest.raises(RuntimeError, match="broken"):
        stack.make(cut.scene, "B")
    assert not off(before, pictures(cut.scene, tmp_path))
    timeline.is_as_it_was()


def test_what_something_holds_on_to_is_not_moved(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else Blender would end at the next render."""
    cut.crossed("CROSS")
    timeline = editing.Timeline(cut.scene)
    monkeypatch.setattr(stack, "_show_instead", lambda *_args: None)
    with pytest.raises(PlacementError, match="“CROSS” holds on to it"):
        stack.make(cut.scene, "A")
    timeline.is_as_it_was()


def read(scene: bpy.types.Scene, source: Source, *chosen: Any) -> tuple[Any, ...]:
    """What is read of the shot of `chosen`, and where it is found."""
    editing.select(scene, *chosen)
    (found,) = shot.read_each(TimelineFacts(scene), source, "").each
    return (found.shot, sorted(found.files), found.lost, whereabouts.find(scene, found.shot))


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize(
    "case", ["fade under a title", "rate of its own", "cropped and flipped", "text", "cross second"]
)
def test_a_press_on_a_stack_sees_its_plate_as_it_lay(footage: Path, source: Source, case: str) -> None:
    cut = Cut(footage)
    target = CASES[case](cut)
    every = compat.strips_all(cut.scene.sequence_editor)
    before = read(cut.scene, source, every[target])
    meta = stacked(cut, every[target])
    with_take(cut.scene, meta.name)
    assert read(cut.scene, source, meta) == before
    # Entered, whatever is selected inside.
    compat.open_level(cut.scene.sequence_editor, meta.name)
    for strip in compat.strips(meta):
        assert read(cut.scene, source, strip) == before
    compat.open_level(cut.scene.sequence_editor, "")
    # Retrimmed, it is as its plate would be.
    compat.set_start(meta, compat.start(meta) + 5)
    retrimmed = read(cut.scene, source, meta)
    stack.unmake(cut.scene, meta.name)
    assert retrimmed == read(cut.scene, source, every[target])


@pytest.mark.parametrize("source", list(Source))
def test_a_press_on_a_take_beside_its_shot_sees_the_shot(cut: Cut, source: Source) -> None:
    compat.strips(cut.scene.sequence_editor).remove(cut.b)
    before = read(cut.scene, source, cut.a)
    cut.a[marks.SHOT_KEY] = ID
    take = cut.movie("take", "take.mp4", 4, 1, (1, 101))
    take[marks.JOB_KEY] = ID
    # As in a file of 0.1.0 it belongs to nobody.
    assert read(cut.scene, source, take)[0].name == "take"
    take[marks.STACK_KEY] = ID
    assert read(cut.scene, source, take) == before
    assert read(cut.scene, source, take, cut.a) == before
    # A copy elsewhere is another.
    copy = cut.movie("copy", "plate.mp4", 1, 301, (301, 401))
    copy[marks.SHOT_KEY] = ID
    assert read(cut.scene, source, take)[0].name == "A"
    other = cut.movie("take 2", "take.mp4", 4, 301, (301, 401))
    other[marks.JOB_KEY] = other[marks.STACK_KEY] = ID
    assert read(cut.scene, source, other)[0].name == "copy"


def test_a_stack_that_has_no_plate_any_more_is_a_meta_strip(cut: Cut) -> None:
    meta = stacked(cut, cut.b)
    with_take(cut.scene, meta.name)
    compat.strips(meta).remove(compat.strips(meta)["B"])
    assert read(cut.scene, Source.STRIP, meta)[0].strips[0].kind == "META"


def test_what_is_sent_of_a_stack_is_the_plate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own frames over its own frames, also where something beside it is made of it and another take is shown."""
    monkeypatch.setenv("RESHOOT_REHEARSAL_LOOK", "identity")
    preferences.get().keep_clips = True
    scene = editing.open_timeline()
    strip = editing.add_movie(scene, numbered.movie(tmp_path / "plate.mp4", frames=120))
    compat.set_start(strip, 21)
    compat.set_end(strip, 101)
    # What is sent is not the file's own frames.
    strip.color_saturation = 0.9
    strip[marks.SHOT_KEY] = ID
    compat.new_effect(scene.sequence_editor, "Glow", "GAUSSIAN_BLUR", 3, 21, 80, (strip,))
    meta = compat.strips_all(scene.sequence_editor)[stack.make(scene, strip.name)]
    take = compat.strips(meta).new_movie("take", str(numbered.movie(tmp_path / "take.mp4", frames=200)), 2, -60)
    take[marks.JOB_KEY] = take[marks.STACK_KEY] = ID
    compat.set_start(meta, 21)
    compat.set_end(meta, 101)
    assert numbered.number_shown(scene, 61, tmp_path) == 121
    editing.select(scene, meta)
    (job,) = press.shoot(scene)
    editing.drain_till(lambda: (line := board.progress(job.id)) and line.job.clip)
    line = board.progress(job.id)
    assert line is not None and numbered.numbers_in(Path(line.job.clip)) == list(range(20, 100))
    preferences.get().keep_clips = False
