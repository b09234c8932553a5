# SPDX-License-Identifier: GPL-3.0-or-later
"""What flows between this computer and the service, without filling the memory: files out, answers in.

httpx is handed in, not imported.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..media import image
from ..media.regular_file import regular_file

__all__ = ["Body", "BodyPart", "TooLong", "bound_answers", "parts"]

SEND_SECONDS = 120.0
"""Seconds that a submission and its answer may take in all, however lively they drip; of a file, each BLOCK_BYTES."""
ASK_SECONDS = 60.0
"""The same for what may be asked again: how far a job is, its result, its end. Cancelling may have to wait for it."""
BLOCK_BYTES = 256 * 1024
"""Bytes of a file that have to go within SEND_SECONDS, at the least."""
ANSWER_BYTES = 4 * 1024 * 1024
"""Bytes of an answer that are read at most."""
PACKED_BYTES = 64 * 1024
"""The same where it is packed, which is not asked for: a thousand times as many at most come out of them."""
SINGLE_UPLOAD_BYTES = 100 * 1024 * 1024
"""Files above this many bytes are uploaded in parts: the package's own threshold."""
PART_BYTES = 10 * 1024 * 1024
"""Bytes of a part: the package's own size."""

_UNPACKED = {"gzip", "deflate", "br", "zstd"}
"""The codings that httpx unpacks. It reads an answer of any other as it came."""
_BOUNDED = {"gzip", "deflate"}
"""Those that PACKED_BYTES bounds, one at a time."""

_CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


class TooLong(ValueError):
    """An answer has more bytes than are read."""


class Body(io.FileIO):
    """A file with a length: it is sent as it is read, where the package reads up to 100 MiB into memory."""

    def __init__(self, path: Path) -> None:
        found = image.probe(path)
        with regular_file(path) as file:
            # A pipe would be waited for, and a device may be anything.
            super().__init__(os.dup(file.fileno()))
        self.content_type = _CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
        # References are taken for what they are, whatever they are called; a service goes by type and name.
        if found and self.content_type != f"image/{found.format}":
            self.content_type = f"image/{found.format}"
            path = path.with_suffix(image.SUFFIXES[found.format])
        # The name travels in a header, which is ASCII.
        self.file_name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.name)[-100:]

    def __len__(self) -> int:
        return os.fstat(self.fileno()).st_size


class BodyPart(io.RawIOBase):
    """A part of a file from the byte `start` on, which is sent as it is read. httpx learns its length by seeking."""

    def __init__(self, body: Body, start: int) -> None:
        self._body = body
        self._start = start
        self._size = min(PART_BYTES, len(body) - start)
        self._at = 0
        body.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._body.readinto(memoryview(buffer)[: self._size - self._at]) or 0
        self._at += count
        return count

    def report(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._body.seek(self._start + self._at)
        return self._at


def parts(body: Body) -> range:
    """Where the parts begin in which `body` is uploaded; none where it is sent as a whole."""
    return range(0, len(body), PART_BYTES) if len(body) > SINGLE_UPLOAD_BYTES else range(0)


def bound_answers(httpx: Any) -> Callable[[Any], None]:
    """A response hook that ends an answer which is too long before it fills the memory."""

    class Bounded(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, limit: int) -> None:
            self.stream = stream
            self.limit = limit

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in self.stream:
                size += len(chunk)
                if size > self.limit:
                    raise TooLong("the answer is too long")
                yield chunk

        def close(self) -> None:
            self.stream.close()

    def hook(response: Any) -> None:
        codings = response.headers.get("content-encoding", "").lower().split(",")
        packed = [coding for coding in map(str.strip, codings) if coding in _UNPACKED]
        if len(packed) > 1 or not _BOUNDED.issuperset(packed):
            raise ValueError("the answer is packed in a way that was not asked for")
        response.stream = Bounded(response.stream, PACKED_BYTES if packed else ANSWER_BYTES)

    return hook
