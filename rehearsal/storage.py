# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that were uploaded to the rehearsal or rendered by it: one folder each, found by id, never by their name.

Nothing is kept in memory, so a later server on the same folder finds them too. Parts of a file are `multipart`'s.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ..core.storage import discard, put_in_place
from .wire import is_loopback

_LOCATION = re.compile(r"/files/([0-9a-f]{32})/([A-Za-z0-9._-]{1,120})")
_SUFFIXES = {"video/mp4": ".mp4", "video/quicktime": ".mov", "image/png": ".png", "image/jpeg": ".jpg"}
_TYPES = {suffix: content_type for content_type, suffix in _SUFFIXES.items()} | {".jpeg": "image/jpeg"}
_NOTE = "file.json"


@dataclass(frozen=True)
class StoredFile:
    """A whole file. name: as its URL shows it, safe characters only; path: where it is, under a name of our own."""

    id: str
    name: str
    path: Path
    size: int

    @property
    def location(self) -> str:
        """The path of its URL."""
        return f"/files/{self.id}/{self.name}"

    @property
    def suffix(self) -> str:
        """The suffix of its name, in lower case, with the dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def content_type(self) -> str:
        """What its name says it is, among the types the service deals in: nothing a browser would run."""
        return _TYPES.get(self.suffix, "application/octet-stream")

    @property
    def etag(self) -> str:
        """Files never change under their id."""
        return f'"{self.id}"'


class Storage:
    """The files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, location: str) -> StoredFile | None:
        """The whole file whose URL has the path `location`."""
        match = _LOCATION.fullmatch(location)
        if match is None:
            return None
        folder = self._folder / match[1]
        note = read_json(folder / _NOTE)
        if note is None or note.get("name") != match[2]:
            return None
        path = folder / _own_name(match[2])
        try:
            return StoredFile(match[1], match[2], path, path.stat().st_size)
        except OSError:
            return None

    def find_url(self, url: str) -> StoredFile | None:
        """The whole file at `url`, whichever port of this computer it names: ports change from start to start."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        return self.find(parts.path) if parts.scheme == "http" and is_loopback(url) else None

    def new(self, name: str, content_type: str) -> StoredFile:
        """What a file to come will be, in a new folder of its own; it is found only after `keep`."""
        file_id = secrets.token_hex(16)
        folder = self._folder / file_id
        folder.mkdir()
        safe = _safe_name(name, content_type)
        return StoredFile(file_id, safe, folder / _own_name(safe), 0)

    def receive(self, name: str, content_type: str, write: Callable[[BinaryIO], None]) -> StoredFile:
        """Keep what `write` writes. Nothing is kept if it raises."""
        file = self.new(name, content_type)
        try:
            with file.path.open("wb") as target:
                write(target)
            self.keep(file)
        except BaseException:
            shutil.rmtree(file.path.parent, ignore_errors=True)
            raise
        return file

    def adopt(self, path: Path, name: str) -> StoredFile:
        """Take over a file that was made on this computer."""
        file = self.new(name, "")
        put_in_place(path, file.path)
        self.keep(file)
        return StoredFile(file.id, file.name, file.path, file.path.stat().st_size)

    def keep(self, file: StoredFile) -> None:
        """From now on, and after a restart, `file` is found."""
        write_json(file.path.with_name(_NOTE), {"name": file.name})

    def sweep(self, before: float, needed: Collection[str]) -> None:
        """Remove what was last touched before that time (seconds since the epoch), but not the ids in `needed`."""
        for folder in folders(self._folder):
            if folder.name not in needed and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def named_in(text: str) -> set[str]:
    """The ids of the files whose URLs occur in `text`."""
    return {match[1] for match in _LOCATION.finditer(text)}


def folders(parent: Path) -> Iterator[Path]:
    """The folders right below `parent`."""
    with contextlib.suppress(FileNotFoundError):
        yield from (path for path in parent.iterdir() if path.is_dir() and not path.is_symlink())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` so that after a crash the file holds either all of it or what it held before."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(part, path)
    except BaseException:
        discard(part)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`; None if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _safe_name(name: str, content_type: str) -> str:
    # Header bytes arrive as Latin-1; whatever they were meant to be, only plain characters go on into URLs.
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:].lstrip(".") or "file"
    return safe if PurePosixPath(safe).suffix else safe.rstrip(".") + _SUFFIXES.get(content_type, "")


def _own_name(name: str) -> str:
    # The renderer may go by the suffix; nothing else of a name that came over the wire becomes part of a path.
    suffix = PurePosixPath(name).suffix.lower()
    return f"content{suffix}" if suffix in _TYPES else "content"
