# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service a job goes to, with which key, and the connections to it; the rehearsal's server among them."""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import bpy

from ..core.blender_process import Blender
from ..core.errors import KeyMissing, OnlineForbidden
from ..core.names import REHEARSAL
from ..core.service import fal
from ..core.service.keys import FAL, key_for, other_service
from ..core.service.origin import Service, usable
from ..core.words import say
from ..rehearsal.picture import render
from ..rehearsal.server import RehearsalServer
from ..settings import preferences


class Services:
    """The connections of this Blender. rehearsals: the folder of the rehearsal's server. blender: renders for it."""

    def __init__(self, rehearsals: Path, blender: Blender) -> None:
        self._folder = rehearsals
        self._blender = blender
        self._key = ""
        self._upload_days = 0
        self._may_go_online = False
        self._lock = threading.Lock()
        self._connections: dict[tuple[str, str, int], fal.Connection] = {}
        self._rehearsal: RehearsalServer | None = None
        self._token = secrets.token_hex(16)

    def refresh(self) -> None:
        """Take the preferences over to where worker threads may read them."""
        self._key = preferences.key()
        self._upload_days = preferences.upload_days()
        self._may_go_online = bool(bpy.app.online_access)

    def connect(self, name: str) -> fal.Connection:
        """The connection to a service. Called on worker threads. Raises SetupError where there can be none."""
        with self._lock:
            asked = (name, self._key_of(name), self._upload_days)
            if asked not in self._connections:
                base = "" if name == FAL else self._rehearsal_url() if name == REHEARSAL else name
                self._connections[asked] = fal.Connection(fal.Service(name, base, asked[1]), self._upload_days)
            return self._connections[asked]

    def _key_of(self, name: str) -> str:
        if name == REHEARSAL:
            return self._token
        if not self._may_go_online and not fal.is_loopback(name):
            raise OnlineForbidden(
                say("Blender is not allowed to go online."),
                say("Allow it in Preferences > System > Network, then retry."),
            )
        return key_for(name, self._key, os.environ)

    def _rehearsal_url(self) -> str:
        if self._rehearsal is None:
            self._rehearsal = RehearsalServer(
                self._folder,
                lambda stand_in, progress, cancelled: render(self._blender, stand_in, progress, cancelled),
                key=self._token,
                look=os.environ.get("RESHOOT_REHEARSAL_LOOK", "stand-in"),
                keep=_seconds(os.environ.get("RESHOOT_REHEARSAL_KEEP", "")),
            )
        return self._rehearsal.start()

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """The rehearsal renders nothing meanwhile; waits for what it does."""
        return self._rehearsal.paused() if self._rehearsal is not None else contextlib.nullcontext()

    def close(self, *, forget: bool) -> None:
        """End the connections and the rehearsal. forget: somebody still waits for an answer, who is left alone."""
        if not forget:
            for connection in self._connections.values():
                connection.close()
        if self._rehearsal is not None:
            self._rehearsal.stop()


def _seconds(text: str) -> float:
    """Seconds that a variable names, without end where it names none."""
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d*)?", text) else math.inf


def service() -> str:
    """The service that a job would go to now. Raises SetupError where that cannot be, saying why."""
    url = other_service(os.environ)
    chosen, key = preferences.get(), preferences.key()
    if url:
        name, key = url, key_for(url, key, os.environ)
    elif chosen.service == "REHEARSAL" or (chosen.service == "AUTO" and not key):
        return REHEARSAL
    else:
        if not key:
            raise KeyMissing(
                say("There is no key for fal.ai."),
                say("Enter your key in Preferences > Add-ons > Reshoot, or choose the service “Rehearsal”."),
            )
        name = FAL
    _check_online(
        url,
        say("Allow it in Preferences > System > Network > Allow Online Access, or unset RESHOOT_SERVICE_URL.")
        if url
        else say(
            "Allow it in Preferences > System > Network > Allow Online Access, or choose the service “Rehearsal”."
        ),
    )
    usable(Service(name, url, key))
    return name


def key_test() -> Callable[[], None]:
    """What asks the service whether the key works, on any thread, for nothing, and raises what is wrong.

    Raises SetupError at once where there is no key, or where Blender may not go online.
    """
    url = other_service(os.environ)
    key = preferences.key_in_use()
    if not key:
        raise KeyMissing(
            say("There is no key for fal.ai."), say("Make one at fal.ai/dashboard/keys and enter it above.")
        )
    _check_online(
        url, say("Allow it in Preferences > System > Network > Allow Online Access, or rehearse without a key.")
    )
    asked = usable(Service(url or FAL, url, key))

    def ask() -> None:
        connection = fal.Connection(asked)
        try:
            connection.check_key()
        finally:
            connection.close()

    return ask


def _check_online(url: str, remedy: str) -> None:
    if not bpy.app.online_access and not fal.is_loopback(url):
        raise OnlineForbidden(say("Blender is not allowed to go online."), remedy)
