# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key belongs to which service: a key goes to the service that it was entered for, and to no other.

Apart from what connects with them, since panels ask it at every redraw.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import KeyMissing, SetupError
from ..one_line import one_line
from ..words import say

__all__ = ["FAL", "fal_key", "key_for", "other_service"]

FAL = "fal"
"""The service that is fal.ai itself."""


def other_service(environment: Mapping[str, str]) -> str:
    """The address of the service that takes fal.ai's place, by RESHOOT_SERVICE_URL; empty where none does."""
    return environment.get("RESHOOT_SERVICE_URL", "").strip().rstrip("/")


def fal_key(entered: str, environment: Mapping[str, str]) -> str:
    """The key for fal.ai: the one `entered` in the preferences, or that of FAL_KEY, unless that is another service's.

    Empty where there is none.
    """
    return entered.strip() or ("" if other_service(environment) else environment.get("FAL_KEY", "").strip())


def key_for(name: str, for_fal: str, environment: Mapping[str, str]) -> str:
    """The key of the service that a job's row names, fal.ai or an address. for_fal: the key for fal.ai.

    Raises SetupError where there is none: FAL_KEY is the key of the service that RESHOOT_SERVICE_URL names now, and a
    row may have been written under another one, or by somebody else.
    """
    if name == FAL:
        if not for_fal:
            raise KeyMissing(
                say("There is no key for fal.ai."), say("Enter it in Preferences > Add-ons > Reshoot, then retry.")
            )
        return for_fal
    if not name or name != other_service(environment):
        url = one_line(name, 200)
        raise SetupError(
            say("The job belongs to the service {url}, which is not in use now: it was not asked.", url=url),
            say("Set RESHOOT_SERVICE_URL to {url} again, and FAL_KEY to the key of that service, then retry.", url=url),
        )
    key = environment.get("FAL_KEY", "").strip()
    if not key:
        raise SetupError(
            say("RESHOOT_SERVICE_URL is set to {url}, but FAL_KEY is not.", url=name),
            say("Set FAL_KEY to the key of that service."),
        )
    return key
