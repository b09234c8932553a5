# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that takes uploads and forgets them, and gives any number of bytes: the far end of measured transfers.

A process of its own, so that neither its memory nor a disk of its own counts. `sink.py` prints its address and serves
until it is ended.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

import checkout  # noqa: F401 - the helpers of the tests
from loopback import Handler, LoopbackServer

_PIECE = 256 * 1024
_HEAD = b"\0\0\0\x10ftypisom\0\0\0\0"
"""How an MP4 begins."""


class _Sink(Handler):
    """Speaks as much of the storage's protocol as an upload and a download need."""

    wbufsize = -1
    disable_nagle_algorithm = True

    def _take(self) -> None:
        left = int(self.headers.get("Content-Length") or 0)
        room = memoryview(bytearray(_PIECE))
        while left:
            count = self.rfile.readinto1(room[: min(left, _PIECE)])
            if not count:
                raise ConnectionError("the body ended early")
            left -= count
        base = self.server.base
        path = self.path.partition("?")[0]
        if path == "/storage/auth/token":
            now = datetime.now(UTC)
            times = {"created_at": now.isoformat(), "expires_at": (now + timedelta(hours=1)).isoformat()}
            self._answer({"token": "sink", "token_type": "Bearer", "base_url": base, **times})
        elif path == "/files/upload/multipart":
            self._answer({"access_url": f"{base}/files/parts.mp4", "uploadId": "1"})
        else:
            self._answer({"access_url": f"{base}/files/whole.mp4", "uploaded": True})

    do_POST = do_PUT = _take

    def do_GET(self) -> None:
        """`/BYTES.mp4`: that many bytes, which begin as a video does."""
        size = int(self.path.strip("/").removesuffix(".mp4"))
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(_HEAD)
        left, piece = size - len(_HEAD), bytes(_PIECE)
        while left:
            left -= self.wfile.write(piece[: min(left, _PIECE)])

    def _answer(self, payload: dict[str, object]) -> None:
        body = json.dumps(payload).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"part"')
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


if __name__ == "__main__":
    server = LoopbackServer(_Sink)
    server.start()
    print(server.base, flush=True)
    # Until the one who started it goes, or ends it.
    sys.stdin.read()
