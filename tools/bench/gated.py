# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal's server behind the tests' gate, as a process of its own that keeps time: `gated.py FOLDER`.

A request is finished when FOLDER has a file `finish-all`, or `finish-` and its prompt. Its address is printed; what it
heard and when it finished what is written to FOLDER/record.json when its standard input ends.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - the helpers of the tests
from gate import STATUS, Gate
from house import KEY, Stage
from reshoot.rehearsal import queue, server

_LOOK_EVERY = 0.005
_finished: dict[str, float] = {}


class _TimedQueue(queue.Queue):
    """Notes when each request was finished: from then on whoever asks is told so."""

    def _settle(self, request: Any, outcome: Any) -> None:
        super()._settle(request, outcome)
        _finished[request.id] = time.time()


def _main(folder: Path) -> None:
    give_back = Stage()

    def render(stand_in: Any, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
        signs = (folder / "finish-all", folder / f"finish-{stand_in.prompt}")
        while not any(sign.exists() for sign in signs) and not cancelled():
            time.sleep(_LOOK_EVERY)
        give_back(stand_in, progress, cancelled)

    server.Queue = _TimedQueue
    rehearsal = server.RehearsalServer(folder / "rehearsal", render, key=KEY, look="identity")
    gate = Gate(rehearsal.start())
    print(gate.base, flush=True)
    sys.stdin.read()
    record = {"status": gate.times(STATUS), "requests": len(gate.seen), "finished": _finished}
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    gate.close()
    rehearsal.stop()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
