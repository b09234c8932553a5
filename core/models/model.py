# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a model: an endpoint, its limits, its price, and how a request for it is built."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What an endpoint takes. Sources: the endpoint's schema and Kling's specification.

    Durations are seconds, sides pixels, rates frames per second, sizes bytes, aspects width / height.
    """

    min_seconds: Fraction = Fraction(3)
    max_seconds: Fraction = Fraction(1005, 100)
    min_side: int = 720
    max_side: int = 2160
    min_fps: Fraction = Fraction(24)
    max_fps: Fraction = Fraction(60)
    max_video_bytes: int = 200_000_000
    video_suffixes: tuple[str, ...] = (".mp4", ".mov")
    max_references: int = 4
    min_element_views: int = 1
    max_element_views: int = 3
    max_image_bytes: int = 10_000_000
    min_image_side: int = 300
    min_image_aspect: Fraction = Fraction(40, 100)
    max_image_aspect: Fraction = Fraction(250, 100)
    max_prompt_characters: int = 2500


@dataclass(frozen=True)
class Model:
    """One endpoint. price_per_second: US dollars for a second of clip, as billed by the service.

    price_words: the same for the editor, a text that `words.say` knows.
    """

    id: str
    label: str
    price_words: str
    endpoint: str
    price_per_second: Decimal
    result_fps: Fraction
    limits: Limits

    def billed_seconds(self, seconds: Fraction) -> int:
        """Whole seconds that a clip of `seconds` is billed as: rounded to the nearest, a half upwards."""
        return math.floor(seconds + Fraction(1, 2))

    def price(self, seconds: Fraction) -> Decimal:
        """Estimated price of a clip of `seconds` in US dollars, to the cent."""
        return (self.price_per_second * self.billed_seconds(seconds)).quantize(Decimal("0.01"))

    def arguments(
        self,
        *,
        prompt: str,
        video_url: str,
        keep_audio: bool,
        image_urls: list[str],
        elements: list[tuple[str, list[str]]],
    ) -> dict[str, Any]:
        """The request's body. elements: pairs of the frontal view's URL and the further views' URLs.

        Only the schema's own fields: others are an error, and empty lists are left out.
        """
        body: dict[str, Any] = {"prompt": prompt, "video_url": video_url, "keep_audio": keep_audio}
        if image_urls:
            body["image_urls"] = image_urls
        if elements:
            body["elements"] = [
                {"frontal_image_url": frontal, "reference_image_urls": views} for frontal, views in elements
            ]
        return body
