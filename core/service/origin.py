# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service is asked: its address, its key, and whether they can be used.

Sends nothing: requests are made by `fal` and `download`.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import string
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from ..errors import KeyMissing, SetupError
from ..one_line import one_line
from ..words import say

__all__ = ["Origin", "Service", "escaped", "is_loopback", "origin", "usable"]

_PRINTABLE = re.compile(r"[!-\[\]-~]{1,4096}")  # ASCII without space and backslash, on which URL parsers disagree
_WRITTEN = re.compile(r"([A-Za-z]+://[^/?#]*)([^\x00-\x1f\x7f-\x9f]*)")


@dataclass(frozen=True)
class Service:
    """Where requests go. base: '' for fal itself, else one URL, without a trailing slash, for queue, storage, files."""

    name: str
    base: str
    key: str = field(repr=False)

    @property
    def local(self) -> bool:
        """Whether it is on this computer."""
        return is_loopback(self.base)

    @property
    def who(self) -> str:
        """What a sentence about it begins with."""
        if not self.base:
            return "fal.ai"
        return say("The rehearsal") if self.name == "rehearsal" else urlsplit(self.base).netloc

    def checked(self, url: object) -> str:
        """Where the service says that a file is, `escaped`. ValueError unless it is https, or here as it is itself."""
        url = escaped(url) if isinstance(url, str) else ""
        at = origin(url)
        if at and (at.scheme == "https" or (self.local and is_loopback(url))):
            return url
        raise ValueError("an address that is not https")


class Origin(NamedTuple):
    """Which program on which computer an address leads to."""

    scheme: str
    host: str
    port: int


def escaped(url: str) -> str:
    """`url` with the spaces and letters that people write behind its host as %20 and the like; what is valid stays.

    One that has such things elsewhere, or control characters, is returned as it is. ValueError for half a character.
    """
    found = _WRITTEN.fullmatch(url.strip(" "))
    return found[1] + quote(found[2], safe=string.punctuation, errors="surrogateescape") if found else url


@lru_cache(maxsize=64)  # panels ask it at every redraw
def is_loopback(url: str) -> bool:
    """Whether `url` stays on this computer: 127.0.0.0/8, [::1] or localhost."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: object) -> Origin | None:
    """Where a plain http(s) URL leads, None for anything else, such as one with credentials in it."""
    if not isinstance(url, str) or not _PRINTABLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    return Origin(parts.scheme, parts.hostname, port)


def usable(service: Service) -> Service:
    """`service` without what was pasted around its key and address. SetupError where they cannot be used."""
    key = service.key.strip()
    if not key:
        raise KeyMissing(say("There is no key for the service."), say("Enter a key in Reshoot's preferences."))
    if not _PRINTABLE.fullmatch(key):
        raise SetupError(
            say("The key has characters that no key has."), say("Copy the key again, without spaces around it.")
        )
    base = service.base.rstrip("/")
    if base:
        at = origin(base)
        if not at or "?" in base or "#" in base or not (at.scheme == "https" or is_loopback(base)):
            raise SetupError(
                say("The service's address “{url}” cannot be used.", url=one_line(base, 100) if at else "…"),
                say("Set RESHOOT_SERVICE_URL to an https address, or to http on this computer."),
            )
    return dataclasses.replace(service, base=base, key=key)
