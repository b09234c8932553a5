# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kling family.

Where its facts are from, unless a comment says otherwise: the input types of both endpoints in the npm package
@fal-ai/client 1.10.1 (of about April 2026), read on 2026-11-29. Both endpoints have one schema. Certain is what that
schema says; what is marked "about" is another client's word, or what the product has seen.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import names
from .model import Field, Limits, Model, ModelInput, Role
from .prices import PricePerSecond, nearest_second
from .result_frames import AtRate

_FACTS = "@fal-ai/client 1.10.1, fal.ai's pages and price tables of other clients, 2026-11-29"

_O1_LIMITS = Limits(
    min_seconds=Fraction(3),
    max_seconds=Fraction(1005, 100),
    min_side=720,
    max_side=2160,
    min_fps=Fraction(24),
    max_fps=Fraction(60),
    max_video_bytes=200_000_000,
    video_suffixes=(".mp4", ".mov"),
    max_references=4,
    max_images=None,
    max_elements=None,
    min_element_views=1,
    max_element_views=3,
    max_image_bytes=10_000_000,
    min_image_side=300,
    min_image_aspect=Fraction(40, 100),
    max_image_aspect=Fraction(250, 100),
    max_prompt_characters=2500,  # about: Kling's own specification; fal's schema has no length
)

_O1_FIELDS = (
    Field("prompt", Role.PROMPT, required=True),
    Field("video_url", Role.CLIP, required=True),
    Field("keep_audio", Role.KEEP_AUDIO),  # false unless it is sent: the endpoint's page
    Field("image_urls", Role.IMAGES),
    Field("elements", Role.ELEMENTS, frontal="frontal_image_url", views="reference_image_urls"),
)


def _o1_body(given: ModelInput) -> dict[str, Any]:
    """The schema's own fields only: others are an error. Empty lists are left out."""
    body: dict[str, Any] = {
        "prompt": given.prompt,
        "video_url": given.video_url,
        "keep_audio": given.keep_audio,
    }
    if given.image_urls:
        body["image_urls"] = list(given.image_urls)
    if given.elements:
        body["elements"] = [
            {"frontal_image_url": frontal, "reference_image_urls": list(views)} for frontal, views in given.elements
        ]
    return body


def _o1(name: names.ModelName, endpoint: str, rate: str) -> Model:
    """One of the two, which differ in their address and their price. rate: US dollars for a second, a price table of
    another client of 2026; that seconds are rounded to the nearest is about: no page says it.
    """
    return Model(
        name=name,
        endpoint=endpoint,
        limits=_O1_LIMITS,
        fields=_O1_FIELDS,
        body=_o1_body,
        file_at=("video",),
        comes_back=AtRate(Fraction(24)),  # about: results that came; the answer itself tells neither rate nor length
        price_rule=PricePerSecond(Decimal(rate), nearest_second),
        facts=_FACTS,
    )


KLING_O1_EDIT = _o1(names.KLING_O1_EDIT, "fal-ai/kling-video/o1/video-to-video/edit", "0.168")
KLING_O1_EDIT_STANDARD = _o1(
    names.KLING_O1_EDIT_STANDARD, "fal-ai/kling-video/o1/standard/video-to-video/edit", "0.126"
)
