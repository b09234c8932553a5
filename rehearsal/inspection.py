# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a request against the endpoint's schema and the model's limits, and says what is wrong in the service's shape.

Fields and limits are those of the model in `core.models`; what files hold is read by `core.media`. Renders nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..core.media import image, mp4
from ..core.models.model import Field, Limits, Model, Role, within
from ..core.planning.prompt import tokens
from ..core.values.choices import ReferenceKind
from .storage import StoredFile

Find = Callable[[str], StoredFile | None]
"""The file that was uploaded under a URL, if any."""

_PICTURES = ("png", "jpeg")
_UNREACHABLE = "Failed to download the file. Please check if the URL is accessible and try again."


@dataclass(frozen=True)
class Inspected:
    """A request that is in order. images: all references, images before elements, the frontal view first.

    frames, fps: of the clip.
    """

    clip: Path
    frames: int
    fps: Fraction
    images: tuple[Path, ...]
    prompt: str
    keep_audio: bool


class Unprocessable(Exception):
    """A request that is answered with 422. detail: one entry for everything that is wrong."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__(", ".join(entry["type"] for entry in detail))
        self.detail = detail


def inspect(body: dict[str, Any], model: Model, find: Find) -> Inspected:
    """The order that `body` gives. Raises Unprocessable with everything that is wrong, form before files."""
    form = _Findings()
    _check_form(body, model, form)
    form.settle()
    files = _Findings()
    clip, frames, fps = Path(), 0, Fraction(1)
    for field in _of(model, Role.CLIP):
        clip, frames, fps = _check_video((field.name,), body[field.name], model.limits, find, files)
    images = [_check_image(url, loc, model.limits, find, files) for loc, url in _images(body, model)]
    files.settle()
    prompt = next((body[field.name] for field in _of(model, Role.PROMPT) if field.name in body), "")
    keep_audio = any(body.get(field.name, False) for field in _of(model, Role.KEEP_AUDIO))
    return Inspected(clip, frames, fps, tuple(images), prompt, keep_audio)


def _of(model: Model, role: Role) -> list[Field]:
    return [field for field in model.fields if field.role is role]


@dataclass
class _Findings:
    detail: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def add(self, loc: tuple[str | int, ...], kind: str, msg: str, value: Any, **ctx: Any) -> None:
        entry: dict[str, Any] = {"loc": ["body", *loc], "msg": msg, "type": kind, "input": value}
        entry["url"] = f"https://docs.fal.ai/errors#{kind}"
        self.detail.append(entry | ({"ctx": ctx} if ctx else {}))

    def settle(self) -> None:
        if self.detail:
            raise Unprocessable(self.detail)


def _check_form(body: dict[str, Any], model: Model, found: _Findings) -> None:
    limits = model.limits
    required = [field.name for field in model.fields if field.required]
    _check_fields((), body, {field.name for field in model.fields}, required, found)
    there = {ReferenceKind.IMAGE: 0, ReferenceKind.ELEMENT: 0}
    for field in model.fields:
        if field.name not in body:
            continue
        loc, value = (field.name,), body[field.name]
        if field.role is Role.CLIP:
            _check_text(loc, value, found)
        elif field.role is Role.KEEP_AUDIO and not isinstance(value, bool):
            found.add(loc, "bool_type", "Input should be a valid boolean", value)
        elif field.role is Role.IMAGES:
            images = _check_list(loc, value, found)
            there[ReferenceKind.IMAGE] += len(images)
            for n, url in enumerate(images):
                _check_text((*loc, n), url, found)
        elif field.role is Role.ELEMENTS:
            elements = _check_list(loc, value, found)
            there[ReferenceKind.ELEMENT] += len(elements)
            for n, element in enumerate(elements):
                _check_element((*loc, n), element, field, limits, found)
    for kind, most in ((ReferenceKind.IMAGE, limits.max_images), (ReferenceKind.ELEMENT, limits.max_elements)):
        if most is not None and there[kind] > most:
            message = f"There may be at most {most} of {kind.value}"
            found.add((), "value_error", message, there[kind], max_references=most)
    count = sum(there.values())
    if count > limits.max_references:
        message = f"Images and elements together may be at most {limits.max_references}"
        found.add((), "value_error", message, count, max_references=limits.max_references)
    for field in _of(model, Role.PROMPT):
        if field.name in body:
            _check_prompt((field.name,), body[field.name], there, limits, found)


def _check_fields(
    loc: tuple[str | int, ...], value: dict[str, Any], known: set[str], required: Iterable[str], found: _Findings
) -> None:
    for name in required:
        if name not in value:
            found.add((*loc, name), "missing", "Field required", value)
    for name in value.keys() - known:
        found.add((*loc, name), "extra_forbidden", "Extra inputs are not permitted", value[name])


def _check_prompt(
    loc: tuple[str, ...], prompt: Any, there: dict[ReferenceKind, int], limits: Limits, found: _Findings
) -> None:
    if not _check_text(loc, prompt, found):
        return
    most = limits.max_prompt_characters
    if not prompt:
        found.add(loc, "string_too_short", "String should have at least 1 character", prompt, min_length=1)
    elif most is not None and len(prompt) > most:
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


def _check_element(loc: tuple[str | int, ...], element: Any, known: Field, limits: Limits, found: _Findings) -> None:
    if not isinstance(element, dict):
        found.add(loc, "dict_type", "Input should be a valid dictionary", element)
        return
    # The schema has the further views optional; a list of them that is there has to hold one.
    _check_fields(loc, element, {known.frontal, known.views}, (known.frontal,), found)
    if known.frontal in element:
        _check_text((*loc, known.frontal), element[known.frontal], found)
    if known.views not in element:
        return
    where = (*loc, known.views)
    given = element[known.views]
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


def _images(body: dict[str, Any], model: Model) -> list[tuple[tuple[str | int, ...], str]]:
    """Where each image of a well-formed body is named, and its URL, in the order of the references."""
    named: list[tuple[tuple[str | int, ...], str]] = []
    for field in _of(model, Role.IMAGES):
        named += [((field.name, n), url) for n, url in enumerate(body.get(field.name, []))]
    for field in _of(model, Role.ELEMENTS):
        for n, element in enumerate(body.get(field.name, [])):
            named.append(((field.name, n, field.frontal), element[field.frontal]))
            views = element.get(field.views, [])
            named += [((field.name, n, field.views, view), url) for view, url in enumerate(views)]
    return named


def _check_video(
    loc: tuple[str, ...], url: str, limits: Limits, find: Find, found: _Findings
) -> tuple[Path, int, Fraction]:
    """The clip, its frames and their rate."""
    file = find(url)
    if file is None:
        found.add(loc, "file_download_error", _UNREACHABLE, url)
        return Path(), 0, Fraction(1)
    if limits.max_video_bytes is not None and file.size > limits.max_video_bytes:
        _too_large(loc, url, limits.max_video_bytes, found)
        return file.path, 0, Fraction(1)
    try:
        if file.suffix not in limits.video_suffixes:
            raise mp4.Unreadable(f"a name that ends with {file.suffix or 'no suffix'}")
        video = mp4.probe(file.path)
    except (mp4.Unreadable, OSError) as error:
        message = f"The video is in an unsupported format: {error}"
        found.add(loc, "unsupported_video_format", message, url, supported_formats=list(limits.video_suffixes))
        return file.path, 0, Fraction(1)
    _check_seconds(loc, video.seconds, url, limits, found)
    low, high = limits.min_side, limits.max_side
    if low is not None and min(video.width, video.height) < low:
        message = f"The video is {video.width}x{video.height}; each side must be at least {low} pixels"
        found.add(loc, "image_too_small", message, url, min_width=low, min_height=low)
    if high is not None and max(video.width, video.height) > high:
        message = f"The video is {video.width}x{video.height}; each side must be at most {high} pixels"
        found.add(loc, "image_too_large", message, url, max_width=high, max_height=high)
    if not within(video.fps, limits.min_fps, limits.max_fps):
        bounds = {"min_fps": limits.min_fps, "max_fps": limits.max_fps, "provided_fps": video.fps}
        rates = {name: float(rate) for name, rate in bounds.items() if rate is not None}
        message = f"The video must run at {rates.get('min_fps', 0.0)} to {rates.get('max_fps', 'any')} fps"
        found.add(loc, "value_error", f"{message}, not {rates['provided_fps']}", url, **rates)
    return file.path, video.frames, video.fps


def _check_seconds(loc: tuple[str, ...], seconds: Fraction, url: str, limits: Limits, found: _Findings) -> None:
    shortest, longest, given = limits.min_seconds, limits.max_seconds, float(seconds)
    if shortest is not None and seconds < shortest:
        message = f"The video must last at least {float(shortest)} seconds"
        kind, ctx = "video_duration_too_short", {"min_duration": float(shortest), "provided_duration": given}
    elif longest is not None and seconds > longest:
        message = f"The video must last at most {float(longest)} seconds"
        kind, ctx = "video_duration_too_long", {"max_duration": float(longest), "provided_duration": given}
    else:
        return
    found.add(loc, kind, message, url, **ctx)


def _check_image(url: str, loc: tuple[str | int, ...], limits: Limits, find: Find, found: _Findings) -> Path:
    file = find(url)
    if file is None:
        found.add(loc, "file_download_error", _UNREACHABLE, url)
        return Path()
    if limits.max_image_bytes is not None and file.size > limits.max_image_bytes:
        _too_large(loc, url, limits.max_image_bytes, found)
        return file.path
    picture = image.probe(file.path)
    if picture is None:
        message = "The image is in an unsupported format"
        found.add(loc, "unsupported_image_format", message, url, supported_formats=list(_PICTURES))
        return file.path
    least = limits.min_image_side
    if least is not None and min(picture.width, picture.height) < least:
        message = f"The image is {picture.width}x{picture.height}; each side must be at least {least} pixels"
        found.add(loc, "image_too_small", message, url, min_width=least, min_height=least)
        return file.path
    low, high = limits.min_image_aspect, limits.max_image_aspect
    if not within(Fraction(picture.width, picture.height), low, high):
        narrow, wide = float(low or 0), float("inf" if high is None else high)
        message = f"The image's aspect ratio must be {narrow:.2f} to {wide:.2f}"
        found.add(loc, "value_error", message, url, min_aspect_ratio=narrow, max_aspect_ratio=wide)
    return file.path


def _too_large(loc: tuple[str | int, ...], url: str, most: int, found: _Findings) -> None:
    found.add(loc, "file_too_large", f"The file must be at most {most} bytes", url, max_size=most)
