# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file is in a model's answer, as a path: plain texts, so that a job's row can keep it."""

from __future__ import annotations

from typing import Any

FilePath = tuple[str, ...]
"""Names of objects' members, and numbers of lists' entries in digits: ("video",), or ("videos", "0")."""


def file_in(answer: Any, path: FilePath) -> dict[str, Any]:
    """What `answer` says of the file at `path`; at least its `url`.

    Raises LookupError, TypeError or ValueError where the answer is of another form.
    """
    for step in path:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    if not isinstance(answer, dict):
        raise TypeError("no file")
    return answer


def answer_with(file: dict[str, Any], path: FilePath) -> Any:
    """The least answer that has `file` at `path`: what a stand-in of the service says."""
    answer: Any = file
    for step in reversed(path):
        answer = [answer] if step.isdigit() else {step: answer}
    return answer
