# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases: each is one shot that goes out and comes back, and what has to hold for it. A plain table, no Blender.

Not every value meets every other: each occurs, and those that could spoil each other meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

BLENDERS = ("5.2", "5.0")
"""Where the cases are measured: 5.2 is a real Blender, with a driver to draw without a window; 5.0 is the bpy wheel."""
HD = (1280, 720)
STACKS = "in the shot's place"
"""The group of what is seen of a take that has to stay under, or in, something else."""
_STRONGER = {"curve", "contrast", "brighter", "balance", "animated saturation", "log footage"}
"""Changes after which the clip's encoder, which is as exact on every picture, has more to be exact about."""


@dataclass(frozen=True)
class Case:
    """One round trip.

    shot, changes: names in `stage.SHOTS` and `changes.CHANGES`. size: of the scene, pixels; footage: where the footage
    is another (fields of `pictures.Footage`). frames: length of the shot. mutes: strips that may be muted afterwards.
    forced: the view transform that the clip is sent through, where it is not the product's to choose. figures: measured
    and reported, but held to no limit. mixed: what is seen through it belongs to one moment and its own picture to
    another, so that its colours are held to no limit. since: the first of `BLENDERS` that has what it is made of, where
    an older one has not.
    """

    name: str
    group: str
    shot: str = "cut"
    changes: tuple[str, ...] = ()
    picture: str = "bunny"
    fps: Fraction = Fraction(25)
    size: tuple[int, int] = HD
    footage: Mapping[str, Any] = field(default_factory=dict)
    frames: int = 75
    source: str = "STRIP"
    timing: str = "AUTO"
    sound: str = "TIMELINE"
    handles: int = 0
    mutes: tuple[str, ...] = ()
    forced: str = ""
    figures: bool = False
    mixed: bool = False
    since: str = ""

    def runs_in(self, blender: str) -> bool:
        """Whether `blender`, one of `BLENDERS`, has what it is made of."""
        return [*map(int, blender.split("."))] >= [*map(int, (self.since or blender).split("."))]

    @property
    def deep(self) -> bool:
        """Whether it holds more than bytes do: light past white, or footage of more than eight bits."""
        return self.footage.get("kind") in ("exr", "hdr", "prores") or self.is_3d or "float" in self.changes

    @property
    def is_3d(self) -> bool:
        """Whether it shows what a camera sees."""
        return self.shot.startswith("scene ") and self.shot != "scene sequencer"

    @property
    def real_time(self) -> bool:
        """Whether the clip runs at the timeline's pace."""
        return self.sound == "RESULT" or self.timing == "REAL_TIME" or (self.timing == "AUTO" and self.fps > 30)

    @property
    def coarse(self) -> bool:
        """Whether bytes are rounded on the way by more than a clip of a natural picture needs: one flat colour in 8
        bits of luma and chroma, pictures that are made stronger, and a dissolve, which Blender rounds downwards.
        """
        dissolves = self.frames > 10 * (self.fps if self.real_time else 24)
        return self.shot == "color" or bool(_STRONGER & set(self.changes)) or dissolves

    @property
    def natural(self) -> bool:
        """Whether it shows natural pictures, as they are: not with more contrast than a camera would give them."""
        plain = self.shot not in ("title", "color") and not self.is_3d and not _STRONGER & set(self.changes)
        return self.picture in ("bunny", "hole") and plain


def rate(text: str) -> Fraction:
    """A rate as editors write it: 23.976, 25."""
    return Fraction(round(float(text) + 0.49) * 1000, 1001) if "." in text else Fraction(text)


def every() -> list[Case]:
    """All cases, in the order of the report."""
    return [
        *_places(),
        *_shots(),
        *_drawn(),
        *_stacks(),
        *_looks(),
        *_views(),
        *_settings(),
        *_sounds(),
        *_rates(),
        *_cuts(),
        *_sizes(),
        *_decision(),
    ]


def _rates() -> Iterator[Case]:
    for text in ("24", "25", "29.97"):
        yield Case(f"whole-{text}", "rates", "movie", fps=rate(text))
    for text in ("12", "23.976", "24", "25", "29.97", "30"):
        yield Case(f"cut-{text}", "rates", fps=rate(text), frames=80)
    yield Case("whole-60", "rates", "movie", fps=Fraction(60), frames=181)
    for text in ("50", "59.94", "60"):
        fps = rate(text)
        yield Case(f"cut-{text}", "rates", fps=fps, frames=ceil(fps * 3) + 7)
    yield Case("every-frame-60", "rates", fps=Fraction(60), timing="EVERY_FRAME")
    for text in ("12", "24", "25", "29.97"):
        fps = rate(text)
        yield Case(f"real-time-{text}", "rates", fps=fps, frames=ceil(fps * 3) + 3, timing="REAL_TIME")
    yield Case("images-60", "rates", "images", fps=Fraction(60), frames=186, footage={"kind": "png"})
    yield Case("timeline-50", "rates", fps=Fraction(50), frames=155, source="TIMELINE", changes=("title above",))
    yield Case("handles", "rates", handles=8)
    yield Case("handles-50", "rates", fps=Fraction(50), frames=155, handles=7)
    yield Case("short", "rates", frames=40)
    yield Case("short-60", "rates", fps=Fraction(60), frames=70)
    yield Case("long", "rates", frames=250, size=(960, 720))


def _cuts() -> Iterator[Case]:
    """Trimmed movies that are cut out of their files without being encoded again: each frame is a place to begin."""

    def case(name: str, fps: str, **other: Any) -> Case:
        return Case(name, "cut", fps=rate(fps), footage={"kind": "every frame"}, **other)

    yield case("cut-out", "25", changes=("offset", "scale"))
    yield case("cut-out-60", "60", frames=190)
    yield case("cut-out-short", "29.97", frames=50, handles=8)
    yield case("cut-out-long", "24", frames=250, size=(960, 720))


def _sizes() -> Iterator[Case]:
    def case(name: str, size: tuple[int, int], fps: str = "25", **other: Any) -> Case:
        return Case(name, "sizes", **{"picture": "edges", "size": size, "fps": rate(fps), **other})

    yield case("1920x1080", (1920, 1080), "23.976")
    yield case("2160p", (3840, 2160), "24", frames=72, picture="bunny")
    yield case("2160p-timeline", (3840, 2160), "25", source="TIMELINE", changes=("offset",))
    yield case("upright", (1080, 1920), "30")
    yield case("pal-wide", (720, 576), "25", footage={"pixel": Fraction(16, 15)}, changes=("wide pixels",))
    yield case("pal-wide-rotated", (720, 576), changes=("wide pixels", "rotation"), footage={"pixel": Fraction(16, 15)})
    yield case("pal-wide-timeline", (720, 576), changes=("wide pixels",), source="TIMELINE")
    yield case("pal-natural", (720, 576), picture="bunny")
    yield case("640x272", (640, 272), "29.97")
    yield case("640x272-timeline", (640, 272), "24", source="TIMELINE")
    yield case("scope-4k", (4096, 1716), "24", frames=72)
    yield case("large-in-small", HD, changes=("fit",), footage={"width": 1920, "height": 1080})
    yield case("small-in-large", (1920, 1080), changes=("grow",), footage={"width": 640, "height": 360})
    yield case("odd-size", HD, footage={"width": 1278, "height": 722})


def _places() -> Iterator[Case]:
    def case(name: str, *changes: str, **other: Any) -> Case:
        return Case(name, "place", **{"picture": "edges", "changes": changes, **other})

    yield case("offset-scale", "offset", "scale")
    for change in ("rotation", "origin", "crop", "flip", "flip up"):
        yield case(change.replace(" ", "-"), change)
    yield case("all-places", "offset", "scale", "rotation", "crop", "flip", "flip up")
    yield case("all-places-scaled", "offset", "rotation", "crop", footage={"width": 640, "height": 360})
    yield case("all-places-real-time", "offset", "scale", "rotation", "crop", fps=Fraction(60), frames=186)
    yield case("all-places-images", "offset", "scale", "crop", shot="images")
    yield case("animated-place", "animated place", "rotation", "flip")
    yield case("animated-crop", "animated crop", footage={"width": 640, "height": 360})
    yield case("driven-place", "driven")
    yield case("place-meta", "offset", "scale", "rotation", "crop", shot="meta")
    yield case("place-natural", "offset", "scale", "rotation", picture="bunny")
    yield case("place-timeline", "offset", "scale", "rotation", "crop", source="TIMELINE")


def _shots() -> Iterator[Case]:
    def case(shot: str, *changes: str, **other: Any) -> Case:
        return Case(shot.replace(" ", "-"), "kinds of strip", shot, changes, **other)

    yield case("movie", footage={"kind": "prores"})
    yield case("images", footage={"kind": "png"})
    for shot in ("meta", "nested", "scene sequencer", "title", "color", "adjustment", "multicam", "speed", "own rate"):
        yield case(shot)
    for shot in ("retimed", "two strips", "crossfade"):
        yield case(shot)
    yield Case("reversed", "kinds of strip", changes=("reverse",))
    yield Case("title-timeline", "kinds of strip", changes=("title above",), source="TIMELINE")
    yield Case("nested-faded", "kinds of strip", "nested", ("fade", "crop"), mutes=("MetaStrip.001",))
    yield Case("see-through-images", "kinds of strip", "images", ("below",), "hole")
    yield Case("adjustment-placed", "kinds of strip", "adjustment", ("offset", "opacity"))
    yield Case("title-over-movie", "kinds of strip", "title", ("below",))


def _drawn() -> Iterator[Case]:
    """What goes through the compositor, and 3D scenes: in 5.2 the graphics card draws it, and a processor in its place
    takes a second or more for a frame. So they are as small and as short as a model takes them.
    """

    def case(name: str, **other: Any) -> Case:
        return Case(name, "compositor and 3D", **{"size": (720, 720)} | other)

    def scene(engine: str, *changes: str) -> Case:
        name = "-".join(("scene", engine, *changes))
        short: dict[str, Any] = {"fps": Fraction(12), "frames": 38, "timing": "REAL_TIME"}
        return case(name, shot=f"scene {engine}", changes=changes, **short)

    yield case("compositor-modifier", changes=("compositor modifier",))
    yield case(
        "compositor-modifier-meta",
        shot="meta",
        changes=("compositor modifier", "opacity", "below"),
        mutes=("MetaStrip",),
    )
    yield case("compositor-title", shot="title", changes=("below", "compositor modifier"))
    yield case("compositor-effect", shot="compositor effect", since="5.2")
    for engine in ("workbench", "eevee", "cycles", "composited"):
        yield scene(engine)
    yield scene("workbench", "AgX")


def _stacks() -> Iterator[Case]:
    """What stands above the shot, or shows it: the shot becomes a stack in its own place."""
    above = ("title on it", "adjustment on it", "logo on it")
    dissolves = (
        "dissolve out",
        "dissolve in",
        "gamma dissolve out",
        "gamma dissolve in",
        "wipe in",
        "multiplied",
        "mixed",
    )
    shows = ("multiplied", "mixed", "masks another", "half speed", "stretched", "seen by a camera strip")
    for change in (*above, *dissolves, *shows):
        yield Case(change.replace(" ", "-"), STACKS, changes=(change,))
    yield Case("title-on-fade", STACKS, changes=("below", "fade", "title on it"))
    yield Case("title-on-add", STACKS, changes=("below", "add", "title on it"))
    yield Case("title-on-placed", STACKS, changes=("below", "offset", "scale", "rotation", "crop", "title on it"))
    yield Case("title-on-images", STACKS, "images", ("title on it",), footage={"kind": "png"})
    for shot in ("meta", "scene sequencer", "own rate"):
        yield Case(f"title-on-{shot.replace(' ', '-')}", STACKS, shot, ("title on it",))


def _looks() -> Iterator[Case]:
    def case(name: str, *changes: str, **other: Any) -> Case:
        return Case(name, "look of the strip", changes=changes, **other)

    for change in ("opacity", "multiply", "screen", "add", "difference", "fade"):
        yield case(change, "below", change, mutes=("shot",))
    yield case("fade-real-time", "below", "fade", mutes=("shot",), fps=Fraction(50), frames=155, mixed=True)
    for change in ("strobe", "animated saturation", "masked", "log footage", "deinterlace"):
        yield case(change.replace(" ", "-"), change)
    yield case("saturation-brighter-float", "saturation", "brighter", "float")
    yield case("curve-contrast", "curve", "contrast")
    yield case("balances", "balance", "white balance")
    yield case("full-range", footage={"kind": "full"})
    yield Case("full-range-whole", "look of the strip", "movie", footage={"kind": "full"})


def _views() -> Iterator[Case]:
    views = (
        ("AgX",),
        ("punchy", "gamma"),
        ("Filmic",),
        ("high contrast", "darker"),
        ("Khronos",),
        ("ACES", "exposure"),
        ("view curve",),
        ("AgX", "view white balance"),
        ("Display P3", "AgX"),
        ("Rec.1886",),
        ("linear sequencer", "AgX"),
        ("ACEScg sequencer",),
        ("Filmic Log sequencer", "Filmic"),
    )
    for changes in views:
        yield Case("view-" + "-".join(changes).replace(" ", "-"), "views", changes=changes)
    yield Case("view-AgX-real-time", "views", changes=("AgX",), fps=Fraction(60), frames=186)
    yield Case("view-AgX-timeline", "views", changes=("AgX", "title above", "exposure"), source="TIMELINE")
    for view in ("Standard", "AgX"):
        yield Case(f"chart-{view}", "views", changes=() if view == "Standard" else (view,), picture="chart")
    yield Case("bright-Filmic", "views", "images", ("Filmic",), "bright", footage={"kind": "exr"})
    yield Case("scene-camera-AgX", "views", "scene camera", ("AgX",), frames=72, fps=Fraction(24))
    yield Case("hdr-movie-AgX", "views", "movie", ("AgX",), "bright", footage={"kind": "hdr"})


def _settings() -> Iterator[Case]:
    def case(*changes: str, **other: Any) -> Case:
        return Case("-".join(changes).replace(" ", "-"), "settings", changes=changes, **other)

    yield case("odd output")
    for change in ("other output view", "stereo", "EXR output", "JPEG output", "movie output", "compositor"):
        yield case(change)
    yield case("mapped frames", fps=Fraction(24))
    yield case("proxies", "prefetch", "AgX", shot="movie", fps=Fraction(60), frames=186)


def _sounds() -> Iterator[Case]:
    def case(name: str, *changes: str, **other: Any) -> Case:
        return Case(name, "sound", **{"shot": "movie", "changes": changes, "footage": {"sound": True}, **other})

    yield case("sound-kept", "sounds", "AgX")
    yield case("sound-kept-60", "sounds", fps=Fraction(60), frames=186)
    yield case("sound-kept-animated", "louder music", source="TIMELINE")
    yield case("sound-kept-meta", "sounds", shot="meta with sound")
    for text in ("24", "25", "29.97", "60"):
        fps = rate(text)
        yield case(f"sound-result-{text}", "sounds", sound="RESULT", mutes=("own",), fps=fps, frames=ceil(fps * 3) + 5)
    yield case("sound-result-12", "sounds", sound="RESULT", mutes=("own",), fps=Fraction(12), frames=40)
    yield case("sound-result-timeline", "sounds", sound="RESULT", source="TIMELINE", mutes=("own",), frames=80)
    yield case("sound-silent", "sounds", sound="SILENT", mutes=("own",))
    yield case("sound-silent-60", "sounds", sound="SILENT", mutes=("own",), fps=Fraction(60), frames=186)
    yield case("sound-silent-meta", "louder music", sound="SILENT", shot="meta with sound", mutes=("own",))
    yield case("sound-result-meta", "louder music", sound="RESULT", shot="meta with sound", mutes=("own",), frames=80)


_FULL_NAMES = {"ACES": "ACES 2.0"}


def _decision() -> Iterator[Case]:
    """Sent as it is, and sent as displayed: which serves what?"""
    shots: dict[str, dict[str, Any]] = {
        "sRGB": {},
        "EXR-to-6": {"shot": "images", "picture": "bright", "footage": {"kind": "exr"}},
        "HDR": {"shot": "movie", "picture": "bright", "footage": {"kind": "hdr"}},
        "scene": {"shot": "scene camera"},
    }
    for name, shot in shots.items():
        views: tuple[tuple[str, ...], ...] = (("AgX",), ("Filmic",))
        if name == "sRGB":
            views = (("AgX",), ("Filmic",), (), ("AgX", "exposure"))
        elif name == "EXR-to-6":
            views = (("AgX",), ("Filmic",), (), ("ACES",), ("AgX", "darker"))
        for changes in views:
            view = _FULL_NAMES.get(changes[0], changes[0]) if changes else "Standard"
            for sent in dict.fromkeys(("Standard", view)):  # under Standard the two are one
                label = "-".join(changes) or view
                yield Case(
                    f"sent-{name}-{label}-{'as-is' if sent == 'Standard' else 'displayed'}",
                    "decision",
                    changes=changes,
                    forced=sent,
                    figures=True,
                    fps=Fraction(24),
                    frames=72,
                    **shot,
                )
