# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a model: data, and three small functions.

The functions: `Model.body` builds a request, `Model.comes_back` tells which frames a result has, and `Model.file_at`
leads to the file in an answer (a path, so that a job's row can keep it). Nothing here has a default that is one
model's: a family's file says everything that it knows, and None where no limit is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from .answer import FilePath
from .names import ModelName
from .prices import PriceRule
from .result_frames import ComesBack


@dataclass(frozen=True)
class Limits:
    """What an endpoint takes. None: no limit is known.

    Durations are seconds, sides pixels, rates frames per second, sizes bytes, aspects width / height. max_references:
    of all kinds together; max_images, max_elements: of one kind. Views of an element: those beside its frontal one.
    """

    min_seconds: Fraction | None
    max_seconds: Fraction | None
    min_side: int | None
    max_side: int | None
    min_fps: Fraction | None
    max_fps: Fraction | None
    max_video_bytes: int | None
    video_suffixes: tuple[str, ...]
    max_references: int
    max_images: int | None
    max_elements: int | None
    min_element_views: int
    max_element_views: int
    max_image_bytes: int | None
    min_image_side: int | None
    min_image_aspect: Fraction | None
    max_image_aspect: Fraction | None
    max_prompt_characters: int | None


def within(value: Fraction | int, least: Fraction | int | None, most: Fraction | int | None) -> bool:
    """Whether `value` is inside two limits, either of which may be none."""
    return (least is None or least <= value) and (most is None or value <= most)


class Role(Enum):
    """What a field of a request is to the product."""

    PROMPT = "PROMPT"
    CLIP = "CLIP"
    """The URL of the clip."""
    KEEP_AUDIO = "KEEP_AUDIO"
    """Whether the result sounds as the clip does."""
    IMAGES = "IMAGES"
    """A list of URLs: references that are one picture each."""
    ELEMENTS = "ELEMENTS"
    """A list of objects: references with a frontal view and further ones."""
    OTHER = "OTHER"
    """A value that no file and no words of the editor's go into."""


@dataclass(frozen=True)
class Field:
    """One field of the schema of an endpoint's requests. frontal, views: the names of an element's own fields."""

    name: str
    role: Role
    required: bool = False
    frontal: str = ""
    views: str = ""


@dataclass(frozen=True)
class ModelInput:
    """What a request is built from, the same for every model.

    elements: pairs of the frontal view's URL and the further views' URLs. frames, fps: of the clip.
    """

    prompt: str
    video_url: str
    keep_audio: bool
    image_urls: tuple[str, ...]
    elements: tuple[tuple[str, tuple[str, ...]], ...]
    frames: int
    fps: Fraction


@dataclass(frozen=True)
class Model:
    """One endpoint.

    name: what an editor chooses it by. fields: the schema of its requests, which `body` may use and no others: an
    endpoint may refuse what it does not know. file_at: where the video is in its answer. facts: where they are from,
    and on which day they were read.
    """

    name: ModelName
    endpoint: str
    limits: Limits
    fields: tuple[Field, ...]
    body: Callable[[ModelInput], dict[str, Any]]
    file_at: FilePath
    comes_back: ComesBack
    price_rule: PriceRule
    facts: str

    @property
    def id(self) -> str:
        """The name that settings and journals hold."""
        return self.name[0]

    @property
    def label(self) -> str:
        """The name that editors read."""
        return self.name[1]

    @property
    def price_words(self) -> str:
        """What it costs, a text that `words.say` knows."""
        return self.name[2]

    def every_frame_rate(self, fps: Fraction) -> Fraction:
        """The rate to label a clip with so that each frame of a shot at `fps` comes back as one frame."""
        return self.comes_back(1, self.nearest_rate(fps)).fps

    def nearest_rate(self, fps: Fraction) -> Fraction:
        """The rate inside the limits that is nearest to `fps`."""
        least, most = self.limits.min_fps, self.limits.max_fps
        fps = fps if least is None else max(fps, least)
        return fps if most is None else min(fps, most)
