# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service answers, as plain values, and how its JSON is read without trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["CancelAnswer", "Progress", "Result", "json_object", "whole_number"]


@dataclass(frozen=True)
class Progress:
    """How far a request is. position: requests ahead of it while it is queued, None where the service does not say.
    logs: the newest lines, cleaned.
    """

    done: bool
    position: int | None
    running: bool
    logs: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """The video that was made. size: bytes as the service says, None where it does not."""

    url: str
    file_name: str
    content_type: str
    size: int | None


class CancelAnswer(Enum):
    """What became of a wish to cancel."""

    REQUESTED = "REQUESTED"
    """Noted; the request may complete all the same."""
    TOO_LATE = "TOO_LATE"
    """The request is already complete."""
    UNKNOWN = "UNKNOWN"
    """The service does not know the request."""


def json_object(response: Any) -> dict[str, Any]:
    """The answer's JSON object, empty where there is none."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def whole_number(number: object, least: int) -> int | None:
    """`number` where it is a whole one and at least `least`."""
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= least else None
