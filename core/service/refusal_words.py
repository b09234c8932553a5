# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's types of refusal, its places in a request and its limits, in the editor's words.

Whether money was spent, and which error of the tree a refusal becomes, is for `refusals` to say.
"""

from __future__ import annotations

from ..models.model import Field, Role
from ..models.table import fields_named
from ..one_line import one_line
from ..words import named, say

__all__ = ["REASONS", "is_failure", "message_and_remedy"]

_AGAIN = named("Send the shot again.")
_OTHER_IMAGE = named("Use another picture for it and send the shot again.")
_CLIP = named("Change the shot's range or its settings and send it again.")
_NOT_BILLED = named("Send the shot again in a few minutes; the failed try is not billed.")
"""The remedy where the service failed."""

REASONS: dict[str, tuple[str, str]] = {
    "content_policy_violation": (
        named("{thing} goes against the service's content rules"),
        named("Change the prompt, the shot or the reference that it names and send the shot again."),
    ),
    "no_media_generated": (
        named("The model made no video from this request"),
        named("Say the prompt more plainly, or try another reference, and send the shot again."),
    ),
    "image_too_small": (named("{thing} is too small"), named("Use a larger picture for it and send the shot again.")),
    "image_too_large": (named("{thing} is too large"), named("Use a smaller picture for it and send the shot again.")),
    "image_load_error": (named("{thing} could not be read as a picture"), _OTHER_IMAGE),
    "unsupported_image_format": (
        named("{thing} has a format that the model does not take"),
        named("Use a PNG or JPEG picture."),
    ),
    "unsupported_video_format": (
        named("{thing} has a format that the model does not take"),
        named("Send it as an MP4 (H.264)."),
    ),
    "file_download_error": (named("{thing} could not be fetched by the service from its own storage"), _AGAIN),
    "file_too_large": (
        named("{thing} is too large a file"),
        named("Choose a shorter shot or a smaller picture and send it again."),
    ),
    "video_duration_too_long": (named("{thing} is too long"), named("Shorten the shot and send it again.")),
    "video_duration_too_short": (
        named("{thing} is too short"),
        named("Add handles or lengthen the shot and send it again."),
    ),
    "missing": (named("{thing} is missing from the request"), _CLIP),
    "string_too_long": (named("{thing} is too long"), named("Shorten it and send the shot again.")),
    "string_too_short": (named("{thing} is too short"), named("Lengthen it and send the shot again.")),
    "sequence_too_long": (named("{thing} has too many entries"), named("Remove references and send the shot again.")),
    "too_long": (named("{thing} has too many entries"), named("Remove references and send the shot again.")),
    "sequence_too_short": (named("{thing} has too few entries"), named("Add references and send the shot again.")),
    "too_short": (named("{thing} has too few entries"), named("Add references and send the shot again.")),
    "request_timeout": (named("The service ran out of time before the video was done"), _NOT_BILLED),
    "generation_timeout": (named("The model ran out of time before the video was done"), _NOT_BILLED),
    "startup_timeout": (named("The service had no computer free in time"), _NOT_BILLED),
    "internal_server_error": (named("The model failed at the service"), _NOT_BILLED),
    "client_cancelled": (named("The job was cancelled at the service"), _AGAIN),
}
"""The service's type -> what happened, to {thing}, and the remedy."""

_LIMITS: dict[str, str] = {
    "min_duration": named("at least {value} s"),
    "max_duration": named("at most {value} s"),
    "provided_duration": named("it has {value} s"),
    "min_width": named("at least {value} px wide"),
    "min_height": named("at least {value} px high"),
    "max_width": named("at most {value} px wide"),
    "max_height": named("at most {value} px high"),
    "max_size": named("at most {value} bytes"),
    "min_length": named("at least {value}"),
    "max_length": named("at most {value}"),
    "gt": named("more than {value}"),
    "ge": named("at least {value}"),
    "lt": named("less than {value}"),
    "le": named("at most {value}"),
    "supported_formats": named("taken are {value}"),
    "expected": named("taken are {value}"),
}


def message_and_remedy(kind: str, words: str, loc: object, ctx: object) -> tuple[str, str]:
    """What happened, and the remedy. kind, words: the service's own. loc, ctx: its place and numbers, of any form."""
    thing = _thing(loc, kind)
    if kind in REASONS:
        reason, remedy = REASONS[kind]
        return say(reason, thing=thing) + _limits(ctx) + ".", say(remedy)
    if is_failure(kind):
        return say("A computer at the service failed while it worked on the shot."), say(_NOT_BILLED)
    return (
        say("{thing} was refused: “{words}”.", thing=thing, words=words or kind or say("no reason given")),
        say("Change what it names and send the shot again."),
    )


def is_failure(kind: str) -> bool:
    """Whether the service failed, which is never billed, and did not refuse."""
    if kind in REASONS:
        return REASONS[kind][1] == _NOT_BILLED
    return kind.startswith("runner_") or kind == "internal_error"


def _limits(ctx: object) -> str:
    """The numbers of an error's context: ' (at most 10.05 s, it has 33.6 s)'."""
    phrases: list[str] = []
    if not isinstance(ctx, dict):
        return ""
    for name, phrase in _LIMITS.items():
        value = ctx.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) < 1e15:
                phrases.append(say(phrase, value=f"{value:,}"))
        elif isinstance(value, (list, str)) and value:
            names = [one_line(entry, 20) for entry in value[:8]] if isinstance(value, list) else [one_line(value, 100)]
            phrases.append(say(phrase, value=", ".join(filter(None, names))))
    return f" ({', '.join(phrases)})" if phrases else ""


def _thing(loc: object, kind: str) -> str:
    """What an error's location means to the editor."""
    steps = [step for step in loc[:8] if step != "body"] if isinstance(loc, list) else []
    match [step if not isinstance(step, int) or 0 <= step < 100 else None for step in steps]:
        case [str(name), *within]:
            for field in fields_named(name):
                words = _of_field(field, within)
                if words:
                    return words
            if name.isidentifier():
                return say("The request's “{name}”", name=name[:50])
    if "image" in kind:
        return say("A reference")
    return say("The clip") if "video" in kind else say("The request")


def _of_field(field: Field, within: list[str | int | None]) -> str:
    """What a field of a model's request is to the editor, empty where it is nothing of his. within: the place in it."""
    match field.role, within:
        case Role.PROMPT, _:
            return say("The prompt")
        case Role.CLIP, _:
            return say("The clip")
        case Role.IMAGES, [int(n), *_]:
            return f"@Image{n + 1}"
        case Role.ELEMENTS, [int(n), str(name), *_] if name == field.frontal:
            return say("The frontal view of @Element{number}", number=n + 1)
        case Role.ELEMENTS, [int(n), str(name), int(view), *_] if name == field.views:
            return say("View {view} of @Element{number}", view=view + 2, number=n + 1)
        case Role.ELEMENTS, [int(n), *_]:
            return f"@Element{n + 1}"
        case ((Role.IMAGES | Role.ELEMENTS), _):
            return say("The list of references")
    return ""
