# SPDX-License-Identifier: GPL-3.0-or-later
"""What flows between this computer and the service without filling the memory: files out, answers in.

httpx is handed in, not imported.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Body", "bound_answers"]

ANSWER_SECONDS = 120.0
"""Seconds that an answer's body may take in all, however lively it drips."""
ANSWER_BYTES = 4 * 1024 * 1024
"""Bytes of an answer that are read at most."""


class Body(io.FileIO):
    """A file with a length: it is sent as it is read, where the package reads up to 100 MiB into memory."""

    def __len__(self) -> int:
        return os.fstat(self.fileno()).st_size


def bound_answers(httpx: Any) -> Callable[[Any], None]:
    """A response hook that ends an answer which is too long or drips without end, before it fills the memory."""

    class Bounded(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size, end = 0, time.monotonic() + ANSWER_SECONDS
            for chunk in self.stream:
                size += len(chunk)
                if size > ANSWER_BYTES or time.monotonic() > end:
                    raise ValueError("the answer is too long")
                yield chunk

        def close(self) -> None:
            self.stream.close()

    def hook(response: Any) -> None:
        response.stream = Bounded(response.stream)

    return hook
