# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that end a conversation early. Which answer fits where is the other modules' business."""

from __future__ import annotations

from typing import Any


class ErrorAnswer(Exception):
    """A request that is answered with an error. status: HTTP status; payload: the JSON that is sent with it."""

    def __init__(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.payload = payload
        self.headers = headers or {}


def error_answer(status: int, detail: str) -> ErrorAnswer:
    """A refusal in the service's usual shape, `{"detail": …}`."""
    return ErrorAnswer(status, {"detail": detail})
