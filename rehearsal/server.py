# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal's server: puts its rooms together on one folder, starts them on a free loopback port, and stops them.

What is rendered is up to the renderer it is given; it makes no picture itself.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from functools import partial
from pathlib import Path

from ..core.errors import SetupError, StorageError
from .keys import Keys
from .multipart import Multipart
from .protocol import Conversation, House, file_bytes
from .queue import Queue, Render, StandIn
from .records import Records
from .storage import Storage
from .webhooks import Webhooks
from .wire import Listener

__all__ = ["RehearsalServer", "Render", "StandIn"]

KEEP_DAYS = 7.0
_CLOSE_SECONDS = 0.5


class RehearsalServer:
    """A stand-in of the service on this computer.

    folder: its files and requests, also of earlier servers on it. key: the only key it accepts. look: of its pictures.
    keep: seconds for which the answer of a request can be had, as with an account that stores no payloads; after that
    the list of requests alone has it.
    """

    def __init__(
        self, folder: Path, render: Render, *, key: str, look: str = "stand-in", keep: float = math.inf
    ) -> None:
        self._folder = folder
        self._render = render
        self._key = key
        self._look = look
        self._keep = keep
        self._house: House | None = None
        self._listener: Listener | None = None
        self._webhooks: Webhooks | None = None
        self._owned: sqlite3.Connection | None = None

    def start(self) -> str:
        """Serve, and take up what an earlier server left unfinished. Gives the base URL, `http://127.0.0.1:PORT`.

        Raises StorageError where the folder cannot be used, SetupError where no port can be had.
        """
        if self._house is not None:
            return self._house.base
        try:
            storage = Storage(self._folder / "files")
            records = Records(self._folder / "requests")
            self._owned = _own(self._folder)
            earlier = []
            if self._owned is not None:
                storage.sweep(time.time() - KEEP_DAYS * 86400, records.sweep(KEEP_DAYS))
                earlier = records.load_all()
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"The rehearsal cannot use {self._folder}: {error}.", "Free some room or choose another folder."
            ) from error
        queue = Queue(records, storage, self._render, self._look, self._keep)
        house = House(Keys(self._key), storage, Multipart(storage, file_bytes()), queue)
        try:
            self._listener = Listener(partial(Conversation, house))
        except OSError as error:
            self._disown()
            raise SetupError(
                f"The rehearsal could not open a port on this computer: {error}.", "Allow connections on 127.0.0.1."
            ) from error
        house.base = f"http://127.0.0.1:{self._listener.server_port}"
        self._house = house
        self._webhooks = Webhooks(house.made)
        queue.on_end = self._webhooks.tell
        queue.start(earlier)
        self._listener.start()
        return house.base

    def stop(self) -> None:
        """Close every connection and end every thread, within a second or so, since whoever closes Blender waits.

        Running renders are cancelled; the next start takes them up.
        """
        if self._house is None or self._listener is None or self._webhooks is None:
            return
        self._listener.end(_CLOSE_SECONDS)
        self._house.queue.stop()
        self._webhooks.end(_CLOSE_SECONDS)
        self._disown()
        self._house = self._listener = self._webhooks = None

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Nothing is rendered meanwhile; waits for what is. Requests are still answered, where anybody asks."""
        return self._house.queue.paused() if self._house is not None else contextlib.nullcontext()

    def _disown(self) -> None:
        if self._owned is not None:
            self._owned.close()
            self._owned = None


def _own(folder: Path) -> sqlite3.Connection | None:
    """Become the one server that takes up the folder's unfinished requests; None if another server is that already.

    An SQLite lock is the standard library's one lock between processes that every platform has and a crash releases.
    """
    owner = sqlite3.connect(folder / "owner.sqlite3", timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        owner.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        with contextlib.closing(owner):
            if "locked" in str(error):
                return None
            raise
    return owner
