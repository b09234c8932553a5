# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a request against the endpoint's schema and the model's limits, and says what is wrong in the service's shape.

The limits are those of `core.models`; what files hold is read by `core.media.mp4` and `core.media.image`. Renders
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..core.media import image, mp4
from ..core.models.model import Limits
from ..core.planning.prompt import tokens
from ..core.values.choices import ReferenceKind
from .storage import StoredFile

Find = Callable[[str], StoredFile | None]
"""The file that was uploaded under a URL, if any."""

_FIELDS = {"prompt", "video_url", "keep_audio", "image_urls", "elements"}
_ELEMENT_FIELDS = {"frontal_image_url", "reference_image_urls"}
_PICTURES = ("png", "jpeg")
_UNREACHABLE = "Failed to download the file. Please check if the URL is accessible and try again."


@dataclass(frozen=True)
class Inspected:
    """A request that is in order. images: all references, images before elements, the frontal view first."""

    clip: Path
    seconds: Fraction
    images: tuple[Path, ...]
    prompt: str
    keep_audio: bool


class Unprocessable(Exception):
    """A request that is answered with 422. detail: one entry for everything that is wrong."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__(", ".join(entry["type"] for entry in detail))
        self.detail = detail


def inspect(body: dict[str, Any], limits: Limits, find: Find) -> Inspected:
    """The order that `body` gives. Raises Unprocessable with everything that is wrong, form before files."""
    form = _Findings()
    _check_form(body, limits, form)
    form.settle()
    files = _Findings()
    clip, seconds = _check_video(body["video_url"], limits, find, files)
    images = [_check_image(url, loc, limits, find, files) for loc, url in _images(body)]
    files.settle()
    return Inspected(clip, seconds, tuple(images), body["prompt"], body.get("keep_audio", False))


@dataclass
class _Findings:
    detail: list[dict[str, Any]] = field(default_factory=list)

    def add(self, loc: tuple[str | int, ...], kind: str, msg: str, value: Any, **ctx: Any) -> None:
        entry: dict[str, Any] = {"loc": ["body", *loc], "msg": msg, "type": kind, "input": value}
        self.detail.append(entry | ({"ctx": ctx} if ctx else {}))

    def settle(self) -> None:
        if self.detail:
            raise Unprocessable(self.detail)


def _check_form(body: dict[str, Any], limits: Limits, found: _Findings) -> None:
    _check_fields((), body, _FIELDS, ("prompt", "video_url"), found)
    if "video_url" in body:
        _check_text(("video_url",), body["video_url"], found)
    if not isinstance(body.get("keep_audio", False), bool):
        found.add(("keep_audio",), "bool_type", "Input should be a valid boolean", body["keep_audio"])
    images = _check_list(("image_urls",), body.get("image_urls", []), found)
    for n, url in enumerate(images):
        _check_text(("image_urls", n), url, found)
    elements = _check_list(("elements",), body.get("elements", []), found)
    for n, element in enumerate(elements):
        _check_element(("elements", n), element, limits, found)
    count = len(images) + len(elements)
    if count > limits.max_references:
        message = f"Images and elements together may be at most {limits.max_references}"
        found.add((), "value_error", message, count, max_references=limits.max_references)
    if "prompt" in body:
        there = {ReferenceKind.IMAGE: len(images), ReferenceKind.ELEMENT: len(elements)}
        _check_prompt(body["prompt"], there, limits, found)


def _check_fields(
    loc: tuple[str | int, ...], value: dict[str, Any], known: set[str], required: tuple[str, ...], found: _Findings
) -> None:
    for name in required:
        if name not in value:
            found.add((*loc, name), "missing", "Field required", value)
    for name in value.keys() - known:
        found.add((*loc, name), "extra_forbidden", "Extra inputs are not permitted", value[name])


def _check_prompt(prompt: Any, there: dict[ReferenceKind, int], limits: Limits, found: _Findings) -> None:
    loc = ("prompt",)
    if not _check_text(loc, prompt, found):
        return
    most = limits.max_prompt_characters
    if not prompt:
        found.add(loc, "string_too_short", "String should have at least 1 character", prompt, min_length=1)
    elif len(prompt) > most:
        found.add(loc, "string_too_long", f"String should have at most {most} characters", prompt, max_length=most)
    else:
        for token in tokens(prompt):
            if not 1 <= token.number <= there[token.kind]:
                found.add(loc, "value_error", f"No such reference: {prompt[token.start : token.end]}", prompt)
                break


def _check_text(loc: tuple[str | int, ...], value: Any, found: _Findings) -> bool:
    if not isinstance(value, str):
        found.add(loc, "string_type", "Input should be a valid string", value)
        return False
    if any("\ud800" <= character <= "\udfff" for character in value):
        found.add(loc, "string_unicode", "Input should be a valid string, unable to parse as unicode", value)
        return False
    return True


def _check_list(loc: tuple[str | int, ...], value: Any, found: _Findings) -> list[Any]:
    if isinstance(value, list):
        return value
    found.add(loc, "list_type", "Input should be a valid list", value)
    return []


def _check_element(loc: tuple[str | int, ...], element: Any, limits: Limits, found: _Findings) -> None:
    if not isinstance(element, dict):
        found.add(loc, "dict_type", "Input should be a valid dictionary", element)
        return
    _check_fields(loc, element, _ELEMENT_FIELDS, ("frontal_image_url", "reference_image_urls"), found)
    if "frontal_image_url" in element:
        _check_text((*loc, "frontal_image_url"), element["frontal_image_url"], found)
    if "reference_image_urls" not in element:
        return
    where = (*loc, "reference_image_urls")
    given = element["reference_image_urls"]
    views = _check_list(where, given, found)
    for n, url in enumerate(views):
        _check_text((*where, n), url, found)
    fewest, most = limits.min_element_views, limits.max_element_views
    if isinstance(given, list) and len(views) < fewest:
        message = f"List should have at least {fewest} item after validation, not {len(views)}"
        found.add(where, "too_short", message, given, min_length=fewest, actual_length=len(views))
    elif len(views) > most:
        message = f"List should have at most {most} items after validation, not {len(views)}"
        found.add(where, "too_long", message, given, max_length=most, actual_length=len(views))


def _images(body: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Where each image of a well-formed body is named, and its URL, in the order of the references."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("image_urls", n), url) for n, url in enumerate(body.get("image_urls", []))
    ]
    for n, element in enumerate(body.get("elements", [])):
        named.append((("elements", n, "frontal_image_url"), element["frontal_image_url"]))
        views = element["reference_image_urls"]
        named += [(("elements", n, "reference_image_urls", view), url) for view, url in enumerate(views)]
    return named


def _check_video(url: str, limits: Limits, find: Find, found: _Findings) -> tuple[Path, Fraction]:
    loc = ("video_url",)
    file = find(url)
    if file is None:
        found.add(loc, "file_download_error", _UNREACHABLE, url)
        return Path(), Fraction(0)
    if file.size > limits.max_video_bytes:
        _too_large(loc, url, limits.max_video_bytes, found)
        return file.path, Fraction(0)
    try:
        if file.suffix not in limits.video_suffixes:
            raise mp4.Unreadable(f"a name that ends with {file.suffix or 'no suffix'}")
        video = mp4.probe(file.path)
    except (mp4.Unreadable, OSError) as error:
        message = f"The video is in an unsupported format: {error}"
        found.add(loc, "unsupported_video_format", message, url, supported_formats=list(limits.video_suffixes))
        return file.path, Fraction(0)
    _check_seconds(video.seconds, url, limits, found)
    low, high = limits.min_side, limits.max_side
    if min(video.width, video.height) < low:
        message = f"The video is {video.width}x{video.height}; each side must be at least {low} pixels"
        found.add(loc, "image_too_small", message, url, min_width=low, min_height=low)
    if max(video.width, video.height) > high:
        message = f"The video is {video.width}x{video.height}; each side must be at most {high} pixels"
        found.add(loc, "image_too_large", message, url, max_width=high, max_height=high)
    if not limits.min_fps <= video.fps <= limits.max_fps:
        rates = {"min_fps": float(limits.min_fps), "max_fps": float(limits.max_fps), "provided_fps": float(video.fps)}
        message = f"The video must run at {rates['min_fps']} to {rates['max_fps']} fps, not {rates['provided_fps']}"
        found.add(loc, "value_error", message, url, **rates)
    return file.path, video.seconds


def _check_seconds(seconds: Fraction, url: str, limits: Limits, found: _Findings) -> None:
    shortest, longest, given = float(limits.min_seconds), float(limits.max_seconds), float(seconds)
    if seconds < limits.min_seconds:
        message = f"The video must last at least {shortest} seconds"
        kind, ctx = "video_duration_too_short", {"min_duration": shortest, "provided_duration": given}
    elif seconds > limits.max_seconds:
        message = f"The video must last at most {longest} seconds"
        kind, ctx = "video_duration_too_long", {"max_duration": longest, "provided_duration": given}
    else:
        return
    found.add(("video_url",), kind, message, url, **ctx)


def _check_image(url: str, loc: tuple[str | int, ...], limits: Limits, find: Find, found: _Findings) -> Path:
    file = find(url)
    if file is None:
        found.add(loc, "file_download_error", _UNREACHABLE, url)
        return Path()
    if file.size > limits.max_image_bytes:
        _too_large(loc, url, limits.max_image_bytes, found)
        return file.path
    picture = image.probe(file.path)
    if picture is None:
        message = "The image is in an unsupported format"
        found.add(loc, "unsupported_image_format", message, url, supported_formats=list(_PICTURES))
        return file.path
    least = limits.min_image_side
    if min(picture.width, picture.height) < least:
        message = f"The image is {picture.width}x{picture.height}; each side must be at least {least} pixels"
        found.add(loc, "image_too_small", message, url, min_width=least, min_height=least)
        return file.path
    low, high = limits.min_image_aspect, limits.max_image_aspect
    if not low <= Fraction(picture.width, picture.height) <= high:
        message = f"The image's aspect ratio must be {float(low):.2f} to {float(high):.2f}"
        found.add(loc, "value_error", message, url, min_aspect_ratio=float(low), max_aspect_ratio=float(high))
    return file.path


def _too_large(loc: tuple[str | int, ...], url: str, most: int, found: _Findings) -> None:
    found.add(loc, "file_too_large", f"The file must be at most {most} bytes", url, max_size=most)
