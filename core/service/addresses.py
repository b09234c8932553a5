# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets fal_client talk to several services at once, each thread to its own. The package is handed in, not imported.

The package reads its address constants late, and not all at one moment: QUEUE_URL_FORMAT inside submit() and
get_handle(), RUN_URL_FORMAT inside run(), REST_URL when the token manager is made, CDN_URL only after the upload's
token has been fetched. Setting them for one service would send another's upload astray, and a lock would have to be
held through whole uploads. So each constant is replaced, once, by a string that reads as the address of the service
that the reading thread is talking to. All of them are read in the thread that makes the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["addresses", "install", "talking_to"]

_current: ContextVar[Mapping[str, str] | None] = ContextVar("addresses", default=None)


class _Address(str):
    """An address constant of fal_client. Outside `talking_to` it is fal's own, for whoever else uses the package."""

    constant: str

    def _here(self) -> str:
        return (_current.get() or {}).get(self.constant, str(self))

    def __add__(self, path: str) -> str:
        return self._here() + path

    def __format__(self, spec: str) -> str:
        return format(self._here(), spec)


def install(package: Any) -> None:
    """Replace the address constants of fal_client's module. Another time it changes nothing."""
    for constant in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT", "REST_URL", "CDN_URL"):
        value = getattr(package, constant)
        if not isinstance(value, _Address):
            address = _Address(value)
            address.constant = constant
            setattr(package, constant, address)


def addresses(base: str) -> Mapping[str, str]:
    """What the constants read as for the service at `base`; those that are not named are fal's own, as all are for ''.

    RUN_URL_FORMAT is nothing everywhere: `run` is given whole addresses.
    """
    own = {"QUEUE_URL_FORMAT": base + "/", "REST_URL": base, "CDN_URL": base} if base else {}
    return {"RUN_URL_FORMAT": "", **own}


@contextmanager
def talking_to(service: Mapping[str, str]) -> Iterator[None]:
    """In this thread, until it ends, the constants read as `service`'s `addresses`."""
    token = _current.set(service)
    try:
        yield
    finally:
        _current.reset(token)
