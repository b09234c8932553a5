# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that arrive in parts, several at a time and in any order, and become one file in the storage.

An upload that was not completed is forgotten when the server stops: its client starts again with a new address.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..core.storage import discard, put_in_place
from .answers import error_answer
from .storage import Storage, StoredFile

MAX_PARTS = 10_000

Body = Callable[[BinaryIO, Callable[[bytes], None]], None]
"""Writes a request's body to a file and shows each piece of it to the second argument."""


@dataclass
class _Upload:
    id: str
    file: StoredFile
    sizes: dict[int, int] = field(default_factory=dict)
    etags: dict[int, str] = field(default_factory=dict)
    complete: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Multipart:
    """The uploads in parts of one server. max_bytes: of a whole file."""

    def __init__(self, storage: Storage, max_bytes: int) -> None:
        self._storage = storage
        self._max_bytes = max_bytes
        self._uploads: dict[str, _Upload] = {}

    def begin(self, name: str, content_type: str) -> tuple[StoredFile, str]:
        """What the file will be, and the id of its upload."""
        file = self._storage.new(name, content_type)
        upload = _Upload(secrets.token_hex(16), file)
        self._uploads[upload.id] = upload
        return file, upload.id

    def put(self, location: str, upload_id: str, number: int, size: int, body: Body) -> str:
        """Keep one part of `size` bytes and give its ETag. A part that is sent again replaces the earlier one."""
        upload = self._find(location, upload_id)
        if not 1 <= number <= MAX_PARTS:
            raise error_answer(400, f"Part numbers go from 1 to {MAX_PARTS}")
        with upload.lock:
            others = sum(upload.sizes.values()) - upload.sizes.get(number, 0)
            if others + size > self._max_bytes:
                raise error_answer(413, f"The file is larger than {self._max_bytes} bytes")
            upload.sizes[number] = max(size, upload.sizes.get(number, 0))
        digest = hashlib.sha256()
        arriving = upload.file.path.parent / f"arriving-{secrets.token_hex(8)}"
        try:
            with arriving.open("wb") as file:
                body(file, digest.update)
            with upload.lock:
                if upload.complete:
                    raise error_answer(400, "The upload is complete already")
                put_in_place(arriving, _part(upload, number))
                upload.etags[number] = f'"{digest.hexdigest()[:32]}"'
                return upload.etags[number]
        finally:
            discard(arriving)

    def complete(self, location: str, upload_id: str, parts: Any) -> StoredFile:
        """Put the parts together, in the order of their numbers. Asking again after that changes nothing."""
        upload = self._find(location, upload_id)
        with upload.lock:
            if not upload.complete:
                if not upload.etags or _claims(parts) != upload.etags:
                    raise error_answer(400, "The parts are not those that were uploaded")
                with upload.file.path.open("wb") as whole:
                    for number in sorted(upload.etags):
                        with _part(upload, number).open("rb") as part:
                            shutil.copyfileobj(part, whole, 1024 * 1024)
                for number in upload.etags:
                    discard(_part(upload, number))
                self._storage.keep(upload.file)
                upload.complete = True
        return upload.file

    def _find(self, location: str, upload_id: str) -> _Upload:
        upload = self._uploads.get(upload_id)
        if upload is None or upload.file.location != location:
            raise error_answer(404, "No such upload")
        return upload


def _part(upload: _Upload, number: int) -> Path:
    return upload.file.path.parent / f"part-{number}"


def _claims(parts: Any) -> dict[int, str] | None:
    """Part numbers and ETags as a client lists them; None if that is no such list."""
    if not isinstance(parts, list):
        return None
    claims: dict[int, str] = {}
    for part in parts:
        if not isinstance(part, dict):
            return None
        number, etag = part.get("partNumber"), part.get("etag")
        if not isinstance(number, int) or not isinstance(etag, str) or number in claims:
            return None
        claims[number] = etag
    return claims
