# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's types of refusal, its places in a request and its limits, in the editor's words.

Whether money was spent, and which error of the tree a refusal becomes, is for `refusal` to say.
"""

from __future__ import annotations

from .one_line import one_line

__all__ = ["NOT_BILLED", "REASONS", "told"]

_AGAIN = "Send the shot again."
_OTHER_IMAGE = "Use another picture for it and send the shot again."
_CLIP = "Change the shot's range or its settings and send it again."
NOT_BILLED = "Send the shot again in a few minutes; the failed try is not billed."
"""The remedy where the service failed."""

REASONS: dict[str, tuple[str, str]] = {
    "content_policy_violation": (
        "{thing} goes against the service's content rules",
        "Change the prompt, the shot or the reference that it names and send the shot again.",
    ),
    "no_media_generated": (
        "The model made no video from this request",
        "Say the prompt more plainly, or try another reference, and send the shot again.",
    ),
    "image_too_small": ("{thing} is too small", "Use a larger picture for it and send the shot again."),
    "image_too_large": ("{thing} is too large", "Use a smaller picture for it and send the shot again."),
    "image_load_error": ("{thing} could not be read as a picture", _OTHER_IMAGE),
    "unsupported_image_format": ("{thing} has a format that the model does not take", "Use a PNG or JPEG picture."),
    "unsupported_video_format": ("{thing} has a format that the model does not take", "Send it as an MP4 (H.264)."),
    "file_download_error": ("{thing} could not be fetched by the service from its own storage", _AGAIN),
    "file_too_large": ("{thing} is too large a file", "Choose a shorter shot or a smaller picture and send it again."),
    "video_duration_too_long": ("{thing} is too long", "Shorten the shot and send it again."),
    "video_duration_too_short": ("{thing} is too short", "Add handles or lengthen the shot and send it again."),
    "missing": ("{thing} is missing from the request", _CLIP),
    "string_too_long": ("{thing} is too long", "Shorten it and send the shot again."),
    "string_too_short": ("{thing} is too short", "Lengthen it and send the shot again."),
    "sequence_too_long": ("{thing} has too many entries", "Remove references and send the shot again."),
    "too_long": ("{thing} has too many entries", "Remove references and send the shot again."),
    "sequence_too_short": ("{thing} has too few entries", "Add references and send the shot again."),
    "too_short": ("{thing} has too few entries", "Add references and send the shot again."),
    "request_timeout": ("The service ran out of time before the video was done", NOT_BILLED),
    "generation_timeout": ("The model ran out of time before the video was done", NOT_BILLED),
    "startup_timeout": ("The service had no computer free in time", NOT_BILLED),
    "internal_server_error": ("The model failed at the service", NOT_BILLED),
    "client_cancelled": ("The job was cancelled at the service", _AGAIN),
}
"""The service's type -> what happened, to {thing}, and the remedy."""

_LIMITS: dict[str, str] = {
    "min_duration": "at least {} s",
    "max_duration": "at most {} s",
    "provided_duration": "it has {} s",
    "min_width": "at least {} px wide",
    "min_height": "at least {} px high",
    "max_width": "at most {} px wide",
    "max_height": "at most {} px high",
    "max_size": "at most {} bytes",
    "min_length": "at least {}",
    "max_length": "at most {}",
    "gt": "more than {}",
    "ge": "at least {}",
    "lt": "less than {}",
    "le": "at most {}",
    "supported_formats": "taken are {}",
    "expected": "taken are {}",
}


def told(kind: str, words: str, loc: object, ctx: object) -> tuple[str, str]:
    """What happened, and the remedy. kind, words: the service's own. loc, ctx: its place and numbers, of any form."""
    thing = _thing(loc, kind)
    if kind in REASONS:
        reason, remedy = REASONS[kind]
        return reason.format(thing=thing) + _limits(ctx) + ".", remedy
    if kind.startswith("runner_") or kind == "internal_error":
        return "A computer at the service failed while it worked on the shot.", NOT_BILLED
    return (
        f"{thing} was refused: “{words or kind or 'no reason given'}”.",
        "Change what it names and send the shot again.",
    )


def _limits(ctx: object) -> str:
    """The numbers of an error's context: ' (at most 10.05 s, it has 33.6 s)'."""
    phrases: list[str] = []
    if not isinstance(ctx, dict):
        return ""
    for name, phrase in _LIMITS.items():
        value = ctx.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) < 1e15:
                phrases.append(phrase.format(f"{value:,}"))
        elif isinstance(value, (list, str)) and value:
            names = [one_line(entry, 20) for entry in value[:8]] if isinstance(value, list) else [one_line(value, 100)]
            phrases.append(phrase.format(", ".join(filter(None, names))))
    return f" ({', '.join(phrases)})" if phrases else ""


def _thing(loc: object, kind: str) -> str:
    """What an error's location means to the editor."""
    steps = [step for step in loc[:8] if step != "body"] if isinstance(loc, list) else []
    match [step if not isinstance(step, int) or 0 <= step < 100 else None for step in steps]:
        case ["prompt", *_]:
            return "The prompt"
        case ["video_url", *_]:
            return "The clip"
        case ["image_urls", int(n), *_]:
            return f"@Image{n + 1}"
        case ["elements", int(n), "frontal_image_url", *_]:
            return f"The frontal view of @Element{n + 1}"
        case ["elements", int(n), "reference_image_urls", int(view), *_]:
            return f"View {view + 2} of @Element{n + 1}"
        case ["elements", int(n), *_]:
            return f"@Element{n + 1}"
        case [("image_urls" | "elements"), *_]:
            return "The list of references"
        case [str(name), *_] if name.isidentifier():
            return f"The request's “{name[:50]}”"
    return "A reference" if "image" in kind else "The clip" if "video" in kind else "The request"
