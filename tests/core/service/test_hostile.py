# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a service answers, in any form: an error of ours or a value that is what it says; plain, short words; and no
address that may not be asked.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from campaign import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import Handler, LoopbackServer
from reshoot.core.errors import AnswerLost, BadAnswer, ReshootError
from reshoot.core.service import download, fal, streams
from reshoot.core.service.origin import is_loopback, origin

ENDPOINT = "fal-ai/kling-video/o1/video-to-video/edit"
FILE_AT = ("video",)
KEY = "11111111-2222:0123456789abcdef0123456789abcdef"
PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*")
LONG = 1500


class Answers(LoopbackServer):
    """Gives the same answer to everything."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""
        self.asked = 0


class _Handler(Handler):
    server: Answers

    def _any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked += 1
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = do_PUT = _any


@pytest.fixture(scope="module")
def server() -> Iterator[Answers]:
    made = Answers()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def connection(server: Answers) -> Iterator[fal.Connection]:
    made = fal.Connection(fal.Service("test", server.base, KEY))
    yield made
    made.close()


NASTY = st.sampled_from(
    [
        "",
        "\x1b[31mred\u202e dog\x00",
        "../../../etc/passwd",
        "C:\\Windows\\win.ini",
        f"the key is {KEY}",
        "x" * 1_000_000,
        "http://169.254.169.254/latest/meta-data",
        "https://user:secret@evil.example/a.mp4",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//evil.example",
        "https://evil.example/\r\nSet-Cookie: a=b",
        "2999-99-99",
        "\ud800",
        "nan",
    ]
)
TEXT = st.text(max_size=50) | NASTY
NUMBER = st.integers() | st.floats() | st.sampled_from([10**400, -1, 2**63])
ANY = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "status",
    "request_id",
    "response_url",
    "status_url",
    "cancel_url",
    "queue_position",
    "logs",
    "metrics",
    "error",
    "error_type",
    "video",
    "detail",
    "token",
    "token_type",
    "base_url",
    "expires_at",
    "access_url",
    "items",
    "has_more",
    "next_cursor",
    "message",
]
KNOWN = st.sampled_from(["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "CANCELLED", "ALREADY_COMPLETED", "abc-1"])
VIDEO = st.fixed_dictionaries({}, optional=dict.fromkeys(("url", "content_type", "file_name", "file_size"), ANY))
DETAIL = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("loc", "msg", "type", "ctx", "input"), ANY)), max_size=3
)
ITEM = st.fixed_dictionaries(
    {}, optional={"request_id": ANY, "json_input": ANY | st.just({"video_url": "https://a/b"})}
)
SHAPED = st.dictionaries(
    st.sampled_from(NAMES), ANY | KNOWN | VIDEO | DETAIL | st.lists(ITEM, max_size=3), min_size=1, max_size=8
)
BODY = (SHAPED | ANY).map(lambda value: json.dumps(value, ensure_ascii=True).encode()) | st.binary(max_size=300)
STATUS = st.sampled_from(
    [200, 200, 200, 202, 204, 301, 302, 307, 400, 401, 403, 404, 408, 409, 418, 422, 429, 500, 503, 599]
)
HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": HEADER_TEXT
        | st.sampled_from(["1e400", "-5", "nan", "99999999999", "Wed, 21 Oct 2099 07:28:00 GMT"]),
        "X-Fal-Error-Type": HEADER_TEXT,
        "X-Fal-Retryable": HEADER_TEXT,
        "Location": st.sampled_from(["http://evil.example/", "//evil", "file:///etc/passwd", "\\\\evil", "%", "?"]),
        "Content-Type": HEADER_TEXT,
        "Content-Encoding": st.sampled_from(["gzip", "br", "zstd", "deflate", "gzip, gzip", "x"]),
    },
)


def ticket(server: Answers) -> fal.Ticket:
    path = f"{server.base}/fal-ai/kling-video/requests/abc-1"
    return fal.Ticket("abc-1", f"{path}/status", path, f"{path}/cancel")


def plain(words: str) -> None:
    assert PLAIN.fullmatch(words), ascii(words)
    assert len(words) < LONG and KEY not in words


def see_ticket(server: Answers, given_one: fal.Ticket) -> None:
    plain(given_one.request_id)
    assert re.fullmatch(r"[A-Za-z0-9._~-]{1,200}", given_one.request_id)
    for url in (given_one.status_url, given_one.response_url, given_one.cancel_url):
        assert origin(url) == origin(server.base), "the key goes nowhere else"


def see_upload(server: Answers, url: str) -> None:
    found = origin(url)
    assert found and (found.scheme == "https" or is_loopback(url))


def see_status(server: Answers, progress: fal.Progress) -> None:
    assert progress.position is None or progress.position >= 0
    for line in progress.logs:
        plain(line)


def see_result(server: Answers, result: fal.Result) -> None:
    see_upload(server, result.url)
    plain(result.file_name)
    plain(result.content_type)
    assert result.size is None or result.size > 0


def see_nothing(server: Answers, value: object) -> None:
    if isinstance(value, fal.Ticket):
        see_ticket(server, value)


Ask = Callable[[fal.Connection, Answers, Path], Any]
QUESTIONS: dict[str, tuple[Ask, Callable[[Answers, Any], None]]] = {
    "submit": (lambda connection, server, file: connection.submit(ENDPOINT, {"prompt": "x"}), see_ticket),
    "upload": (lambda connection, server, file: connection.upload(file), see_upload),
    "status": (lambda connection, server, file: connection.status(ENDPOINT, ticket(server)), see_status),
    "result": (lambda connection, server, file: connection.result(ENDPOINT, ticket(server), FILE_AT), see_result),
    "cancel": (lambda connection, server, file: connection.cancel(ENDPOINT, ticket(server)), see_nothing),
    "key": (lambda connection, server, file: connection.check_key(), see_nothing),
    "history": (lambda connection, server, file: connection.find(ENDPOINT, "https://a/b", 1e9), see_nothing),
}


@pytest.mark.parametrize("question", QUESTIONS)
@settings(
    max_examples=examples(200),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(status=STATUS, headers=HEADERS, body=BODY)
def test_any_answer(
    question: str,
    connection: fal.Connection,
    server: Answers,
    tmp_path: Path,
    status: int,
    headers: dict[str, str],
    body: bytes,
) -> None:
    server.status, server.headers, server.body = status, headers, body
    server.asked = 0
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"clip")
    ask, see = QUESTIONS[question]
    try:
        answer = ask(connection, server, file)
    except ReshootError as error:
        plain(error.message)
        plain(error.remedy)
        wait = getattr(error, "retry_after", None)
        assert wait is None or 0 <= wait <= 3600, "nobody waits for ever"
    else:
        see(server, answer)
    assert server.asked <= (1 if question == "submit" else 7)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=STATUS, headers=HEADERS, body=BODY)
def test_any_download(server: Answers, tmp_path: Path, status: int, headers: dict[str, str], body: bytes) -> None:
    server.status, server.headers, server.body = status, {**headers, "Retry-After": "0"}, body
    target = tmp_path / "take.mp4"
    target.unlink(missing_ok=True)
    (tmp_path / "take.mp4.part").unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(download, "FIRST_DELAY", 0.0)
        try:
            download.fetch(f"{server.base}/take.mp4", target, max_bytes=1_000_000, local_only=True)
        except ReshootError as error:
            plain(error.message)
            plain(error.remedy)
            assert not target.exists()
        else:
            assert target.read_bytes()[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")


def bomb(packing: str) -> bytes:
    """A few hundred kilobytes that become hundreds of megabytes."""
    zeros = b" " * 300_000_000
    return gzip.compress(zeros, 9) if packing == "gzip" else zlib.compress(zeros, 9)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_bomb_is_not_unpacked(server: Answers, connection: fal.Connection, packing: str) -> None:
    server.status, server.headers, server.body = 200, {"Content-Encoding": packing}, bomb(packing)
    assert len(server.body) > streams.PACKED_BYTES
    with pytest.raises(BadAnswer):
        connection.status(ENDPOINT, ticket(server))
    with pytest.raises(AnswerLost):
        connection.submit(ENDPOINT, {})
    with pytest.raises(ReshootError):
        connection.check_key()


def test_a_small_packed_answer_is_read(server: Answers, connection: fal.Connection) -> None:
    body = json.dumps({"status": "IN_QUEUE", "queue_position": 3}).encode()
    server.status, server.headers, server.body = 202, {"Content-Encoding": "gzip"}, gzip.compress(body)
    assert connection.status(ENDPOINT, ticket(server)).position == 3


def test_a_permit_without_end_is_not_read(server: Answers, connection: fal.Connection) -> None:
    server.status, server.headers, server.body = 200, {}, b"[" + b"0," * (streams.ANSWER_BYTES // 2 + 1) + b"0]"
    with pytest.raises(BadAnswer, match="key"):
        connection.check_key()
