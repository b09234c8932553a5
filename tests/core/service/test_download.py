# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching a result, from servers on this computer that break it in each way a transfer can break."""

from __future__ import annotations

import io
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from loopback import Handler, LoopbackServer
from patience import LONGEST
from reshoot.core.errors import (
    DownloadBroken,
    DownloadError,
    JobCancelled,
    Paid,
    ReshootError,
    SetupError,
    StorageError,
)
from reshoot.core.service import download, streams

VIDEO = b"\x00\x00\x00\x18ftypmp42" + os.urandom(1_200_000)
LIMIT = 10_000_000


def _movie() -> bytes:
    """A movie that can be read, and a box of nothing behind it that makes it a megabyte."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for _ in range(5):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8), format="rgb24")))
        container.mux(video.encode(None))
    return file.getvalue() + struct.pack(">I4s", 1_000_008, b"free") + os.urandom(1_000_000)


MOVIE = _movie()

Answer = Callable[["_Handler"], None]


class _Handler(Handler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)


class Server(LoopbackServer):
    """A file server. answers: one for each request, the last for all that follow."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.url = self.base + "/result.mp4"
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.released = threading.Event()
        self.answers: list[Answer] = [serves()]

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.seen]


def serves(
    data: bytes = VIDEO,
    *,
    tag: str = '"one"',
    stop_after: int | None = None,
    kind: str = "video/mp4",
    wait: bool = False,
) -> Answer:
    """Serves `data` or the range of it that is asked for, or breaks off after `stop_after` bytes of the body."""

    def answer(handler: _Handler) -> None:
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        if asked and handler.headers.get("If-Range", tag) == tag:
            start = int(asked[1])
            if start >= len(data):
                return says(416, b"", Content_Range=f"bytes */{len(data)}")(handler)
        body = data[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("ETag", tag)
        handler.end_headers()
        handler.wfile.write(body[:stop_after])
        handler.wfile.flush()
        if wait:
            handler.server.released.wait(LONGEST)
        if stop_after is not None:
            handler.connection.shutdown(socket.SHUT_RDWR)
        return None

    return answer


def says(status: int, body: bytes = b"", *, length: bool = True, **headers: str) -> Answer:
    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if length:
            handler.send_header("Content-Length", str(len(body)))
        else:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def chunked(data: bytes, *, ends: bool = True) -> Answer:
    """Serves `data` in chunks, which tell where it ends, or breaks off before they do."""

    def answer(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(data), 100_000):
            part = data[start : start + 100_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if ends:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.connection.shutdown(socket.SHUT_RDWR)

    return answer


def drops(handler: _Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_silent(handler: _Handler) -> None:
    handler.server.released.wait(LONGEST)


def grows_without_end(handler: _Handler) -> None:
    """Neither a length nor an end: only the limit stops it."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(VIDEO)
    while True:
        handler.wfile.write(b"x" * 100_000)


@pytest.fixture
def start() -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def one() -> Server:
        server = Server()
        servers.append(server)
        server.start()
        return server

    yield one
    for server in servers:
        server.released.set()
        server.stop()


@pytest.fixture
def server(start: Callable[[], Server]) -> Server:
    return start()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "takes" / "shot_take01.mp4"


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.3)


def part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def leave_part(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part_of(target).write_bytes(data)


# ---- what goes well


def test_a_result_comes_whole_and_asks_with_nothing_that_is_ours(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    told: list[tuple[int, int | None]] = []
    download.fetch(
        server.url,
        target,
        max_bytes=LIMIT,
        expected_bytes=len(VIDEO),
        progress=lambda *now: told.append(now),
        local_only=True,
    )
    assert target.read_bytes() == VIDEO
    assert not part_of(target).exists()
    assert told[-1] == (len(VIDEO), len(VIDEO))
    assert len(told) >= len(VIDEO) // download.CHUNK
    [(_, headers)] = server.seen
    assert headers["Accept-Encoding"] == "identity"
    assert not {"Authorization", "Cookie", "Range"} & set(headers)


@pytest.mark.parametrize("answer", [says(200, MOVIE, length=False), chunked(MOVIE)], ids=["until it closes", "chunked"])
def test_a_result_of_unknown_length_comes_whole(answer: Answer, server: Server, target: Path) -> None:
    server.answers = [answer]
    told: list[tuple[int, int | None]] = []
    download.fetch(server.url, target, max_bytes=LIMIT, progress=lambda *now: told.append(now))
    assert target.read_bytes() == MOVIE
    assert told[-1] == (len(MOVIE), None)
    assert len(server.seen) == 1


@pytest.mark.parametrize("announced", [1, 12_345, len(MOVIE) - 1, len(MOVIE) + 1, LIMIT * 9])
@pytest.mark.parametrize(
    "answer",
    [serves(MOVIE), says(200, MOVIE, length=False), chunked(MOVIE)],
    ids=["of its length", "until it closes", "chunked"],
)
def test_a_whole_result_of_another_size_than_announced_is_taken(
    answer: Answer, announced: int, server: Server, target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = [answer]
    told: list[tuple[int, int | None]] = []
    download.fetch(
        server.url, target, max_bytes=LIMIT, expected_bytes=announced, progress=lambda *now: told.append(now)
    )
    assert target.read_bytes() == MOVIE
    assert len(server.seen) == 1
    assert all(total is None or done <= total for done, total in told), "a bar that runs over"
    assert f"{announced:,}" in caplog.text and f"{len(MOVIE):,}" in caplog.text


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/html; charset=utf-8", "application/json", "application/xml", "binary", ""]
)
def test_the_first_bytes_tell_a_video_and_not_its_type(kind: str, server: Server, target: Path) -> None:
    server.answers = [serves(kind=kind)]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO


def test_a_coding_that_nobody_unpacks_is_none(server: Server, target: Path) -> None:
    server.answers = [says(200, VIDEO, Content_Encoding="none")]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO


@pytest.mark.parametrize("box", [b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"])
def test_each_way_a_video_may_begin(box: bytes, server: Server, target: Path) -> None:
    server.answers = [serves(b"\0\0\0\x08" + box, kind="application/octet-stream")]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.stat().st_size == 8


# ---- broken transfers


def test_a_broken_transfer_goes_on_where_it_broke(server: Server, target: Path) -> None:
    server.answers = [serves(stop_after=500_000), drops, says(503), serves(stop_after=300_000), serves()]
    with pytest.raises(DownloadBroken):
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert {headers.get("If-Range") for _, headers in server.seen[1:]} == {'"one"'}
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO
    assert len(server.seen) == 5
    starts = [int((asked or "bytes=0-")[6:-1]) for asked in server.ranges()]
    assert starts[0] == 0
    assert 0 < starts[1] == starts[2] == starts[3] < starts[4]


def test_a_silent_server_is_left_and_asked_again(server: Server, target: Path) -> None:
    server.answers = [is_silent, serves(stop_after=400_000, wait=True), serves()]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO
    assert len(server.seen) == 3


def test_a_result_that_drips_is_left(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drips(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(VIDEO)))
        handler.end_headers()
        while not handler.server.released.wait(0.1):
            handler.wfile.write(VIDEO[:1])

    monkeypatch.setattr(streams, "SEND_SECONDS", 0.5)
    server.answers = [drips]
    with pytest.raises(DownloadBroken):
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert len(server.seen) == download.ATTEMPTS


def test_a_file_that_has_changed_begins_anew(server: Server, target: Path) -> None:
    other = VIDEO[:12] + os.urandom(900_000)
    server.answers = [serves(stop_after=500_000), serves(other, tag='"two"')]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == other


def test_attempts_are_bounded_and_what_came_is_kept(server: Server, target: Path) -> None:
    server.answers = [serves(stop_after=300_000), drops]
    with pytest.raises(DownloadError) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert len(server.seen) == download.ATTEMPTS
    assert caught.value.remedy
    assert caught.value.paid is Paid.YES
    assert not target.exists()
    assert part_of(target).stat().st_size > 0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int, server: Server, target: Path) -> None:
    server.answers = [says(status, b"<html>busy</html>", Content_Type="text/html", Retry_After="0"), serves()]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO


def test_what_an_earlier_call_left_is_gone_on_with(server: Server, target: Path) -> None:
    leave_part(target, VIDEO[:700_000])
    download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=len(VIDEO))
    assert target.read_bytes() == VIDEO
    assert server.ranges() == ["bytes=700000-"]


def test_what_an_earlier_call_left_whole_is_taken(server: Server, target: Path) -> None:
    leave_part(target, VIDEO)
    download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=len(VIDEO))
    assert target.read_bytes() == VIDEO
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("left", "answers"),
    [
        (b"x" * 1000, [serves()]),  # not a video
        (VIDEO[:5], [serves()]),
        (VIDEO + b"more", [serves()]),  # longer than announced
        (VIDEO[:1000], [says(200, VIDEO)]),  # a server without ranges
        (VIDEO[:1000], [says(206, VIDEO[500:], Content_Range=f"bytes 500-{len(VIDEO) - 1}/{len(VIDEO)}"), serves()]),
        (VIDEO[:1000], [says(206, VIDEO[1000:]), serves()]),
        (VIDEO[:1000], [says(206, VIDEO[1000:], Content_Range="bytes 1000-1/2"), serves()]),
        (VIDEO[:1000], [says(206, VIDEO[1000:2000], Content_Range=f"bytes 1000-1999/{len(VIDEO)}"), serves()]),
        (VIDEO[:1000], [says(416), serves()]),
        (VIDEO[:1000], [says(416, Content_Range="bytes */1000"), serves()]),  # whole, but not what is expected
    ],
)
def test_what_does_not_belong_begins_anew(left: bytes, answers: list[Answer], server: Server, target: Path) -> None:
    leave_part(target, left)
    server.answers = answers
    download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=len(VIDEO))
    assert target.read_bytes() == VIDEO


def test_what_an_earlier_call_left_is_not_mixed_with_a_result_of_another_size(server: Server, target: Path) -> None:
    leave_part(target, VIDEO[:700_000])
    server.answers = [serves(MOVIE)]
    download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=len(VIDEO))
    assert target.read_bytes() == MOVIE
    assert server.ranges() == ["bytes=700000-", None]


def test_a_broken_transfer_goes_on_whatever_size_was_announced(server: Server, target: Path) -> None:
    server.answers = [serves(MOVIE, stop_after=600_000), serves(MOVIE)]
    download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=12_345)
    assert target.read_bytes() == MOVIE
    assert server.ranges()[1] is not None


# ---- what is not the result


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(404, b"{}"), "no longer"),
        (says(410), "no longer"),
        (says(401), "401"),
        (says(403), "403"),
        (says(204), "204"),
        (says(200, b"<html>Sign in</html>", Content_Type="text/html; charset=utf-8"), "page"),
        (says(200, b'{"detail": "no"}', Content_Type="application/json"), "page"),
        (says(200, b"<?xml version='1.0'?>", Content_Type="application/xml"), "page"),
        (says(200, b"<!doctype html><html>Sign in</html>", Content_Type="video/mp4"), "not an MP4"),
        (says(200, b"<!doctype html>" * 50_000, length=False), "not an MP4"),
        (says(200, b"\x1f\x8b", Content_Encoding="gzip"), "packed"),
        (serves(VIDEO * 9), "at most 10,000,000"),
        (grows_without_end, "at most 10,000,000"),
    ],
)
def test_what_is_not_the_result_is_refused_at_once(answer: Answer, words: str, server: Server, target: Path) -> None:
    server.answers = [answer]
    with pytest.raises(DownloadError) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert words in caught.value.message
    assert caught.value.remedy
    assert len(server.seen) == 1
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "announced", "error"),
    [
        (says(200, b""), None, DownloadBroken),
        (says(200, b"\0\0"), None, DownloadError),
        (says(200, b"{}", Content_Type="application/json"), None, DownloadError),
        (serves(MOVIE[:-1]), len(MOVIE), DownloadError),
        (serves(MOVIE[:900]), 900_000, DownloadError),
        (says(200, MOVIE[:-1], length=False), len(MOVIE), DownloadError),
        (says(200, MOVIE[:-1], length=False), None, DownloadError),
        (chunked(MOVIE[:-1]), len(MOVIE), DownloadError),
        (chunked(MOVIE, ends=False), None, DownloadBroken),
        (chunked(MOVIE, ends=False), len(MOVIE), DownloadBroken),
        (says(200, VIDEO, length=False), None, DownloadError),
    ],
)
def test_too_little_is_asked_for_again_and_then_refused(
    answer: Answer, announced: int | None, error: type[DownloadError], server: Server, target: Path
) -> None:
    """A server that ends what it sends too early is not waited for: each time would look like a step forward."""
    server.answers = [answer]
    with pytest.raises(error) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT, expected_bytes=announced)
    assert type(caught.value) is error
    assert caught.value.remedy and caught.value.paid is Paid.YES
    assert len(server.seen) == download.ATTEMPTS
    server.answers = [serves(MOVIE)]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == MOVIE


# ---- where it may go


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.mp4",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.mp4",
        "https://user:secret@example.com/a.mp4",
        "https://127.0.0.1\\@example.com/a.mp4",
        "https:///a.mp4",
        "http://[",
        "",
    ],
)
def test_only_https_leaves_this_computer(url: str, target: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        download.fetch(url, target, max_bytes=LIMIT)
    assert "secret" not in str(caught.value)


def test_nothing_leaves_this_computer_while_blender_is_offline(server: Server, target: Path) -> None:
    with pytest.raises(SetupError) as caught:
        download.fetch("https://v3.fal.media/files/a.mp4", target, max_bytes=LIMIT, local_only=True)
    assert "Online Access" in caught.value.remedy
    server.answers = [says(302, Location="https://v3.fal.media/files/a.mp4")]
    with pytest.raises(SetupError):
        download.fetch(server.url, target, max_bytes=LIMIT, local_only=True)
    assert len(server.seen) == 1


def test_a_redirect_is_followed_without_cookies(server: Server, start: Callable[[], Server], target: Path) -> None:
    other = start()
    server.answers = [says(302, Location=other.url, Set_Cookie="a=b"), says(307, Location="/again", Set_Cookie="c=d")]
    other.answers = [says(307, Location=f"{server.base}/last"), serves()]
    server.answers.append(says(308, Location=other.url))
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO
    assert [path for path, _ in server.seen] == ["/result.mp4", "/last", "/again"]
    assert not any("Cookie" in headers for _, headers in server.seen + other.seen)


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/my take.mp4", "/my%20take.mp4"),
        ("/r\u00e9sultat.mp4", "/r%C3%A9sultat.mp4"),  # in UTF-8, as nearly all write it
        ("/a%20b.mp4?sig=x+y/z==", "/a%20b.mp4?sig=x+y/z=="),
    ],
)
def test_a_redirect_that_is_written_as_a_person_would_is_understood(
    location: str, asked: str, server: Server, target: Path
) -> None:
    server.answers = [says(302, Location=location.encode().decode("latin-1")), serves()]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert server.seen[1][0] == asked


@pytest.mark.parametrize(
    "location", ["http://example.com/a.mp4", "file:///etc/passwd", "http://[", "//user:x@127.0.0.1/", "/result.mp4"]
)
def test_a_redirect_to_where_nothing_may_go_is_refused(location: str, server: Server, target: Path) -> None:
    server.answers = [says(302, Location=location)]
    with pytest.raises(DownloadError):
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert len(server.seen) == (download.REDIRECTS + 1 if location == "/result.mp4" else 1)


def test_a_redirect_is_not_read(server: Server, target: Path) -> None:
    def without_end(handler: _Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/there")
        handler.end_headers()
        while not handler.server.released.is_set():
            handler.wfile.write(b"x" * 100_000)

    server.answers = [without_end, serves()]
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO


def test_a_server_that_is_gone(server: Server, target: Path) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert str(download.ATTEMPTS) in caught.value.message


# ---- stopping


def test_it_stops_between_chunks_and_goes_on_later(server: Server, target: Path) -> None:
    seen: list[int] = []
    with pytest.raises(JobCancelled):
        download.fetch(
            server.url,
            target,
            max_bytes=LIMIT,
            progress=lambda done, total: seen.append(done),
            cancelled=lambda: bool(seen),
        )
    assert not target.exists()
    assert 0 < part_of(target).stat().st_size < len(VIDEO)
    download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == VIDEO
    assert server.ranges()[1] is not None


def test_it_stops_while_it_waits(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_DELAY", 60.0)
    server.answers = [drops]
    with pytest.raises(JobCancelled):
        download.fetch(server.url, target, max_bytes=LIMIT, cancelled=lambda: bool(server.seen))
    assert len(server.seen) == 1


def test_a_cancelled_download_asks_nothing(server: Server, target: Path) -> None:
    with pytest.raises(JobCancelled):
        download.fetch(server.url, target, max_bytes=LIMIT, cancelled=lambda: True)
    assert server.seen == []


# ---- the disk


def test_a_take_is_never_overwritten(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"an earlier take")
    with pytest.raises(StorageError) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert target.name in caught.value.message
    assert target.read_bytes() == b"an earlier take"
    assert server.seen == []


def test_a_take_that_appears_meanwhile_is_not_overwritten(server: Server, target: Path) -> None:
    def someone_writes(done: int, total: int | None) -> None:
        target.write_bytes(b"someone else's")

    with pytest.raises(StorageError):
        download.fetch(server.url, target, max_bytes=LIMIT, progress=someone_writes)
    assert target.read_bytes() == b"someone else's"


def _storage_refuses(server: Server, target: Path) -> ReshootError:
    with pytest.raises(StorageError) as caught:
        download.fetch(server.url, target, max_bytes=LIMIT)
    assert str(target.parent) in caught.value.message
    assert caught.value.remedy
    assert not os.path.lexists(target)
    return caught.value


_NO_FULL_DEVICE = sys.platform == "win32" or not Path("/dev/full").exists()


@pytest.mark.skipif(_NO_FULL_DEVICE, reason="needs a device that is always full")
def test_a_full_disk_names_the_folder(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).symlink_to("/dev/full")
    assert "no room" in _storage_refuses(server, target).message
    assert len(server.seen) == 1


def test_a_folder_that_cannot_be_made_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    _storage_refuses(server, tmp_path / "file" / "take.mp4")
    _storage_refuses(server, tmp_path / "file" / "deeper" / "take.mp4")
    (tmp_path / "take.mp4.part").mkdir()
    _storage_refuses(server, tmp_path / "take.mp4")
