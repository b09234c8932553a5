# SPDX-License-Identifier: GPL-3.0-or-later
"""One transfer in a process of its own, in which nothing else was done: its seconds, and the memory it took at most.

`transfer.py WISH`, or in a Blender that has the extension `blender -b --python transfer.py -- WISH`. WISH: a JSON file
with package (what holds `core`), what ("upload" or "download"), plain (as http.client does it, instead of the product),
base, bytes, folder, answer (where the result goes).

Everything is imported, and a megabyte has gone the same way, before it counts.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_WARM = 1_000_000
_PIECE = 256 * 1024
_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def main(wish: dict[str, Any]) -> None:
    """Do what is wished for and write the answer."""
    transfer = (_plain if wish["plain"] else _ours)(wish)
    folder = Path(wish["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    for size in (_WARM, wish["bytes"]):
        path = folder / f"{size}.mp4"
        if wish["what"] == "upload":
            with path.open("wb") as file:
                file.truncate(size)
        before = _kib("VmRSS")
        # The highest mark begins anew.
        _RESET.write_text("5", encoding="ascii")
        began = time.perf_counter()
        transfer(path, size)
        seconds, most = time.perf_counter() - began, _kib("VmHWM")
        if path.stat().st_size != size:
            raise RuntimeError(f"{path} has {path.stat().st_size} bytes, not {size}")
        path.unlink()
    answer = {"seconds": seconds, "mib": max(0, most - before) / 1024, "before_mib": before / 1024}
    Path(wish["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def _ours(wish: dict[str, Any]) -> Callable[[Path, int], object]:
    if wish["package"] == "reshoot":
        import_module("checkout")
    fal = import_module(f"{wish['package']}.core.service.fal")
    download = import_module(f"{wish['package']}.core.service.download")
    if wish["what"] == "upload":
        connection = fal.Connection(fal.Service(wish["base"], wish["base"], "key"))
        return lambda path, size: connection.upload(path)
    return lambda path, size: download.fetch(f"{wish['base']}/{size}.mp4", path, max_bytes=size, expected_bytes=size)


def _plain(wish: dict[str, Any]) -> Callable[[Path, int], object]:
    host = urlsplit(wish["base"]).netloc

    def upload(path: Path, size: int) -> None:
        connection = http.client.HTTPConnection(host, blocksize=_PIECE)
        with path.open("rb") as file:
            connection.request("POST", "/files/upload", file, {"Content-Length": str(size)})
            connection.getresponse().read()
        connection.close()

    def download(path: Path, size: int) -> None:
        connection = http.client.HTTPConnection(host)
        connection.request("GET", f"/{size}.mp4")
        with connection.getresponse() as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file, _PIECE)
            file.flush()
            os.fsync(file.fileno())
        connection.close()

    return upload if wish["what"] == "upload" else download


def _kib(name: str) -> int:
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8")))
