# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the timeline of a case: its scene, its footage, the strips of its shot by name, and bystanders that must stay
as they are. Runs in Blender; what is done to the strips afterwards is in `changes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bpy
from cases import Case
from pictures import Footage, make
from reshoot.timeline import compat, movie_strip

START = 11
"""The timeline frame at which shots begin."""
CHANNEL = 3
"""Where the shot lies: there is room below it."""


class Stage:
    """The scene of one case while it is built."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.scene = bpy.context.scene
        render = self.scene.render
        render.resolution_x, render.resolution_y = case.size
        whole = round(float(case.fps) + 0.49)
        render.fps, render.fps_base = whole, 1.0 if case.fps.denominator == 1 else 1.001
        self.scene.sequence_editor_create()
        self.scene.view_settings.view_transform = "Standard"
        self.scene.frame_start, self.scene.frame_end = 1, START + case.frames + 20
        self.footage = Footage(
            picture=case.picture, width=case.size[0], height=case.size[1], fps=case.fps, frames=case.frames
        )
        self.footage = replace(self.footage, **case.footage)

    @property
    def strips(self) -> Any:
        return compat.strips(self.scene.sequence_editor)

    def movie(self, name: str = "shot", channel: int = CHANNEL, start: int = START, **other: Any) -> Any:
        """A movie strip of the case's footage, but for what `other` says."""
        path = make(replace(self.footage, **other))[0]
        return self.strips.new_movie(name, str(path), channel, start, fit_method="ORIGINAL")

    def images(self, name: str = "shot", channel: int = CHANNEL, start: int = START, **other: Any) -> Any:
        """An image strip of the case's footage, likewise."""
        files = make(replace(self.footage, **({"kind": "png"} | other if self.footage.kind == "mp4" else other)))
        strip = self.strips.new_image(name, str(files[0]), channel, start, fit_method="ORIGINAL")
        for path in files[1:]:
            strip.elements.append(path.name)
        return strip

    def sound(self, name: str, channel: int, **other: Any) -> Any:
        """The sound of a movie of the case's footage."""
        path = make(replace(self.footage, **{"sound": True} | other))[0]
        return self.strips.new_sound(name, str(path), channel, START)

    def effect(self, name: str, kind: str, channel: int, *inputs: Any) -> Any:
        """An effect strip over the shot's frames, of `inputs` where it has any."""
        if not inputs:
            return compat.new_effect(self.scene.sequence_editor, name, kind, channel, START, self.case.frames)
        slots = dict(zip(("input1", "input2"), inputs, strict=False))
        return self.strips.new_effect(name=name, type=kind, channel=channel, frame_start=START, **slots)

    def modifier(self, strip: Any, kind: str) -> Any:
        """A new modifier of the strip. By the operator: from a script alone Blender 5.0 crashes."""
        self.select(strip)
        with movie_strip.sequencer(self.scene):
            bpy.ops.sequencer.strip_modifier_add(type=kind)
        return strip.modifiers[-1]

    def compositing(self, name: str, kind: str, through: str, source: str = "NodeGroupInput") -> Any:
        """A group of the compositor's, in which the picture of a node `source` goes through one of `kind`.

        through: the latter's input for it.
        """
        group = bpy.data.node_groups.new(name, "CompositorNodeTree")
        for way in ("INPUT", "OUTPUT"):
            group.interface.new_socket("Image", in_out=way, socket_type="NodeSocketColor")
        first, middle, last = (group.nodes.new(each) for each in (source, kind, "NodeGroupOutput"))
        if source == "CompositorNodeRLayers":
            first.scene = bpy.data.scenes["Other"]
        group.links.new(first.outputs["Image"], middle.inputs[through])
        group.links.new(middle.outputs[0], last.inputs["Image"])
        return group

    def select(self, *chosen: Any) -> None:
        compat.select_only(chosen, compat.strips_all(self.scene.sequence_editor))
        self.scene.sequence_editor.active_strip = chosen[0]

    def bystanders(self) -> None:
        """What an editor has around a shot, and what has to be there afterwards just as it was."""
        other = compat.new_effect(
            self.scene.sequence_editor, "bystander", "COLOR", 9, START + self.case.frames + 40, 25
        )
        other.select_right_handle = True
        self.scene.frame_current = START + 7
        self.scene.timeline_markers.new("cut", frame=START + 30)
        self.scene.tool_settings.sequencer_tool_settings.overlap_mode = "OVERWRITE"
        self.scene.tool_settings.sequencer_tool_settings.fit_method = "FILL"


def _cut(stage: Stage) -> list[Any]:
    strip = stage.movie(frames=stage.case.frames + 40, start=START - 20)
    compat.set_start(strip, START)
    compat.set_end(strip, START + stage.case.frames)
    return [strip]


def _meta(stage: Stage) -> list[Any]:
    return [_into_meta(stage, *_cut(stage))]


def _nested(stage: Stage) -> list[Any]:
    below = stage.movie("below", 1, seed=40)
    (strip,) = _cut(stage)
    strip.transform.scale_x = strip.transform.scale_y = 0.6
    strip.transform.offset_x = 90
    inner = _into_meta(stage, strip)
    inner.crop.min_y = 30
    return [_into_meta(stage, inner, below)]


def _meta_with_sound(stage: Stage) -> list[Any]:
    shot = stage.movie(sound=True)
    return [_into_meta(stage, shot, stage.sound("own", 2))]


def _into_meta(stage: Stage, *strips: Any) -> Any:
    before = {strip.name for strip in stage.strips}
    stage.select(*strips)
    with movie_strip.sequencer(stage.scene):
        bpy.ops.sequencer.meta_make()
    (meta,) = [strip for strip in stage.strips if strip.name not in before]
    return meta


def _scene_sequencer(stage: Stage) -> list[Any]:
    other = bpy.data.scenes.new("Other")
    other.sequence_editor_create()
    other.render.resolution_x, other.render.resolution_y = stage.case.size
    other.render.fps = stage.scene.render.fps
    path = make(stage.footage)[0]
    compat.strips(other.sequence_editor).new_movie("inner", str(path), 1, 1, fit_method="ORIGINAL")
    other.frame_end = stage.case.frames
    strip = stage.strips.new_scene("shot", other, CHANNEL, START)
    strip.scene_input = "SEQUENCER"
    return [strip]


def _scene_camera(stage: Stage, engine: str = "CYCLES", samples: int = 1) -> list[Any]:
    """A moving lamp of a plane, five times as bright as white, before a gray world. Workbench shows it as a solid."""
    other = bpy.data.scenes.new("Other")
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location.z = 6
    mesh = bpy.data.meshes.new("plane")
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [], [(0, 1, 2, 3)])
    plane = bpy.data.objects.new("plane", mesh)
    material = bpy.data.materials.new("lamp")
    material.diffuse_color = (1.0, 0.6, 0.25, 1.0)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    glow, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    glow.inputs["Color"].default_value, glow.inputs["Strength"].default_value = (1.0, 0.6, 0.25, 1.0), 5.0
    tree.links.new(glow.outputs[0], out.inputs["Surface"])
    mesh.materials.append(material)
    for each in (camera, plane):
        other.collection.objects.link(each)
    for frame, x in ((1, -2.0), (stage.case.frames, 2.0)):
        plane.location.x = x
        plane.keyframe_insert("location", index=0, frame=frame)
    other.camera = camera
    other.world = bpy.data.worlds.new("world")
    other.world.color = (0.18, 0.22, 0.3)
    other.render.engine = engine
    other.cycles.samples, other.cycles.use_denoising, other.cycles.device = samples, False, "CPU"
    other.eevee.taa_render_samples = samples
    other.render.resolution_x, other.render.resolution_y = stage.case.size
    other.frame_end = stage.case.frames
    return [stage.strips.new_scene("shot", other, CHANNEL, START)]


def _scene_composited(stage: Stage) -> list[Any]:
    (strip,) = _scene_camera(stage)
    group = stage.compositing("scene", "CompositorNodeInvert", "Color", source="CompositorNodeRLayers")
    strip.scene.compositing_node_group = group
    return [strip]


def _compositor_effect(stage: Stage) -> list[Any]:
    strip = stage.effect("shot", "COMPOSITOR", CHANNEL, stage.movie("below", 2))
    strip.node_group = stage.compositing("effect", "CompositorNodeInvert", "Color")
    return [strip]


def _title(stage: Stage) -> list[Any]:
    strip = stage.effect("shot", "TEXT", CHANNEL)
    strip.text, strip.font_size = "RESHOOT", 160.0
    return [strip]


def _color(stage: Stage) -> list[Any]:
    strip = stage.effect("shot", "COLOR", CHANNEL)
    strip.color = (0.8, 0.35, 0.1)
    return [strip]


def _adjustment(stage: Stage) -> list[Any]:
    stage.movie("below", 1)
    strip = stage.effect("shot", "ADJUSTMENT", CHANNEL)
    strip.color_saturation = 0.3
    return [strip]


def _multicam(stage: Stage) -> list[Any]:
    stage.movie("one", 1)
    stage.movie("two", 2, seed=40)
    strip = stage.effect("shot", "MULTICAM", CHANNEL)
    strip.multicam_source = 2
    return [strip]


def _speed(stage: Stage) -> list[Any]:
    strip = stage.movie("below", 2, frames=stage.case.frames * 2)
    compat.set_end(strip, START + stage.case.frames)
    effect = stage.effect("shot", "SPEED", CHANNEL, strip)
    effect.speed_control, effect.speed_factor = "MULTIPLY", 1.5
    return [effect]


def _played_at_own_rate(stage: Stage) -> list[Any]:
    """Footage of half the timeline's rate, as Blender plays it back when it is dropped."""
    half = replace(stage.footage, fps=stage.case.fps / 2, frames=stage.case.frames // 2 + 1)
    strip = movie_strip.add(stage.scene, "shot", make(half)[0], CHANNEL, START, at_own_rate=True)
    compat.set_end(strip, START + stage.case.frames)
    return [strip]


def _retimed(stage: Stage) -> list[Any]:
    """Twice as fast from the first frame to the last."""
    strip = stage.movie(frames=stage.case.frames * 2)
    stage.select(strip)
    with movie_strip.sequencer(stage.scene):
        known = bpy.ops.sequencer.retiming_segment_speed_set.get_rna_type().properties.keys()
        kept = {"keep_retiming": True} if "keep_retiming" in known else {}
        bpy.ops.sequencer.retiming_segment_speed_set(speed=200.0, **kept)
    compat.set_end(strip, START + stage.case.frames)
    return [strip]


def _two_strips(stage: Stage) -> list[Any]:
    """A cut from one movie to another, on two channels."""
    middle = START + stage.case.frames // 2
    first, second = stage.movie("shot"), stage.movie("second", CHANNEL + 1, seed=40)
    compat.set_end(first, middle)
    compat.set_start(second, middle)
    return [first, second]


def _crossfade(stage: Stage) -> list[Any]:
    first, second = stage.movie("first", 1), stage.movie("second", 2, seed=40)
    return [stage.effect("shot", "CROSS", CHANNEL, first, second)]


SHOTS: dict[str, Callable[[Stage], list[Any]]] = {
    "movie": lambda stage: [stage.movie()],
    "images": lambda stage: [stage.images()],
    "cut": _cut,
    "meta": _meta,
    "nested": _nested,
    "meta with sound": _meta_with_sound,
    "scene sequencer": _scene_sequencer,
    "scene camera": _scene_camera,
    "scene cycles": lambda stage: _scene_camera(stage, samples=4),
    "scene workbench": lambda stage: _scene_camera(stage, "BLENDER_WORKBENCH"),
    "scene eevee": lambda stage: _scene_camera(stage, "BLENDER_EEVEE"),
    "scene composited": _scene_composited,
    "compositor effect": _compositor_effect,
    "title": _title,
    "color": _color,
    "adjustment": _adjustment,
    "multicam": _multicam,
    "speed": _speed,
    "own rate": _played_at_own_rate,
    "retimed": _retimed,
    "two strips": _two_strips,
    "crossfade": _crossfade,
}
"""The strips of each kind of shot, the first of which is the one that a case changes."""


def build(case: Case, changes: dict[str, Callable[[Stage, Any], None]]) -> Stage:
    """The whole timeline of `case`, its shot selected."""
    stage = Stage(case)
    shot = SHOTS[case.shot](stage)
    for name in case.changes:
        changes[name](stage, shot[0])
    stage.bystanders()
    stage.select(*shot)
    settings = stage.scene.reshoot
    settings.prompt = "Make it snow"
    settings.selection = "TOGETHER"
    settings.source, settings.timing, settings.sound = case.source, case.timing, case.sound
    settings.handles = case.handles
    return stage
