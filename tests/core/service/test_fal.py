# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to the service, against servers on this computer that do each wrong thing a service can do.

What is asserted everywhere: how many requests of which kind arrived. A submission arrives once, whatever happens.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from loopback import Handler, LoopbackServer
from patience import LONGEST
from PIL import Image
from reshoot.core.errors import (
    AnswerLost,
    BadAnswer,
    BalanceExhausted,
    KeyRefused,
    NoAnswer,
    NotSent,
    Paid,
    RequestGone,
    RequestRefused,
    ReshootError,
    ServiceBusy,
    SetupError,
    StorageError,
)
from reshoot.core.service import fal, streams

ENDPOINT = "fal-ai/kling-video/o1/video-to-video/edit"
KEY = "11111111-2222:0123456789abcdef0123456789abcdef"
JOB = "/fal-ai/kling-video/requests/abc-1"
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
FILE_AT = ("video",)
SHOT = {"prompt": "Make it rain", "video_url": "https://files.example/clip.mp4", "keep_audio": False}

Answer = Callable[["_Handler"], None]


class _Handler(Handler):
    server: Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        path = self.path.partition("?")[0]
        answer = self.server.answers.get((self.command, path)) or self.server.answers.get((self.command, "*"))
        (answer or says(599, "no such address in this test"))(self)

    do_GET = do_POST = do_PUT = _any


class Server(LoopbackServer):
    """A service whose answers the test sets, and which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.released = threading.Event()
        urls = {f"{name}_url": f"{self.base}{JOB}{tail}" for name, tail in _TAILS.items()}
        token = {"token": "permit", "token_type": "Bearer", "base_url": self.base, "expires_at": "2999-01-01T00:00:00Z"}
        self.answers: dict[tuple[str, str], Answer] = {
            ("POST", f"/{ENDPOINT}"): says(200, {"status": "IN_QUEUE", "request_id": "abc-1", **urls}),
            ("POST", "/storage/auth/token"): says(200, token),
            ("POST", "/files/upload"): says(200, {"access_url": f"{self.base}/files/1", "uploaded": True}),
        }

    def count(self, method: str, path: str = "") -> int:
        return sum(seen[0] == method and seen[1].partition("?")[0].startswith(path) for seen in self.seen)

    @property
    def submissions(self) -> int:
        return self.count("POST", f"/{ENDPOINT}")


_TAILS = {"response": "", "status": "/status", "cancel": "/cancel"}


def says(status: int, body: object, **headers: str) -> Answer:
    """An answer: JSON, or text as HTML."""

    def answer(handler: _Handler) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def drops(handler: _Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def cuts(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"request_id": "abc-1", ')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_silent(handler: _Handler) -> None:
    handler.server.released.wait(LONGEST)


def talks_without_end(handler: _Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" " * 100_000)


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


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # httpx reads 150 certificates for each client otherwise; nothing here is certified.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    for name, seconds in (("SEND_TIMEOUT", 0.5), ("POLL_TIMEOUT", 0.5), ("CONNECT_TIMEOUT", 2.0)):
        monkeypatch.setattr(fal, name, seconds)


@pytest.fixture
def connect() -> Iterator[Callable[[Server], fal.Connection]]:
    made: list[fal.Connection] = []

    def one(server: Server) -> fal.Connection:
        made.append(fal.Connection(fal.Service("test", server.base, KEY)))
        return made[-1]

    yield one
    for connection in made:
        connection.close()


@pytest.fixture
def connection(server: Server, connect: Callable[[Server], fal.Connection]) -> fal.Connection:
    return connect(server)


def ticket(server: Server) -> fal.Ticket:
    return fal.Ticket("abc-1", f"{server.base}{JOB}/status", f"{server.base}{JOB}", f"{server.base}{JOB}/cancel")


def problem(kind: str, field: tuple[object, ...] = ("video_url",), msg: str = "words", **ctx: object) -> dict[str, Any]:
    return {"detail": [{"loc": ["body", *field], "msg": msg, "type": kind, "ctx": ctx, "input": "x" * 1000}]}


# ---- the service's address and key


@pytest.mark.parametrize(
    "base",
    [
        "http://example.com",
        "ftp://127.0.0.1",
        "https://user:secret@example.com",
        "https://example.com/?x=1",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1:99999",
        "not an address",
    ],
)
def test_an_address_that_would_send_the_key_in_the_open_is_refused(base: str) -> None:
    with pytest.raises(SetupError) as caught:
        fal.Connection(fal.Service(base, base, KEY))
    assert caught.value.remedy
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "clé"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(SetupError) as caught:
        fal.Connection(fal.Service("fal", "", key))
    assert caught.value.remedy
    assert not key.strip() or key not in str(caught.value)


def test_the_key_is_in_no_repr(connection: fal.Connection) -> None:
    assert KEY not in repr(fal.Service("fal", "", KEY))
    assert KEY not in repr(connection) + repr(connection._client)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.8.7/x", True),
        ("http://[::1]:80", True),
        ("http://localhost:8", True),
        ("https://fal.ai", False),
        ("http://localhost.example.com", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_what_stays_on_this_computer(url: str, local: bool) -> None:
    assert fal.is_loopback(url) is local


def test_a_package_that_does_not_load_is_a_setup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fal_client.client", None)
    with pytest.raises(SetupError) as caught:
        fal.Connection(fal.Service("fal", "", KEY))
    assert "fal_client" in caught.value.message


def test_a_proxy_setting_that_cannot_be_used_is_a_setup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(SetupError):
        fal.Connection(fal.Service("fal", "", KEY))


def test_fal_s_own_addresses_stay_for_others(connection: fal.Connection) -> None:
    import fal_client.client as package

    connection.submit(ENDPOINT, SHOT)
    assert package.QUEUE_URL_FORMAT + "x" == "https://queue.fal.run/x"
    assert f"{package.REST_URL}/x" == "https://rest.fal.ai/x"
    ours = fal.Connection(fal.Service("fal", "", KEY))
    try:
        with ours._addressed():
            assert ours._client.get_handle(ENDPOINT, "1").status_url == (
                "https://queue.fal.run/fal-ai/kling-video/requests/1/status"
            )
            assert package.CDN_URL + "/files/upload" == "https://v3.fal.media/files/upload"
        assert ours._queue == ("https", "queue.fal.run", 443)
        assert ours._client._token_manager._url.startswith("https://rest.fal.ai/storage/auth/token")
    finally:
        ours.close()


# ---- answers that drip


def drips(*, headers: bool) -> Answer:
    """An answer that goes on for ever, a byte at a time: its headers, or its body."""

    def answer(handler: _Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Drip: " if headers else b"Content-Length: 9999\r\n\r\n"))
        while not handler.server.released.wait(0.1):
            handler.wfile.write(b"x")

    return answer


@pytest.mark.parametrize("headers", [True, False], ids=["headers", "body"])
def test_an_answer_that_drips_ends(
    headers: bool,
    server: Server,
    connect: Callable[[Server], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("SEND_SECONDS", "ASK_SECONDS"):
        monkeypatch.setattr(streams, name, 0.8)
    connection = connect(server)
    (tmp_path / "clip.mp4").write_bytes(b"video")
    for method, path in (("POST", "/files/upload"), ("GET", f"{JOB}/status"), ("GET", JOB), ("PUT", f"{JOB}/cancel")):
        server.answers[method, path] = drips(headers=headers)
    asked: dict[str, Callable[[], object]] = {
        "upload": lambda: connection.upload(tmp_path / "clip.mp4"),
        "status": lambda: connection.status(ENDPOINT, ticket(server)),
        "result": lambda: connection.result(ENDPOINT, ticket(server), FILE_AT),
        "cancel": lambda: connection.cancel(ENDPOINT, ticket(server)),
    }
    for name, ask in asked.items():
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            ask()
        assert time.monotonic() - began < 4, name
    server.answers["POST", "/storage/auth/token"] = drips(headers=headers)
    with pytest.raises(NoAnswer):
        connection.check_key()
    server.answers["POST", f"/{ENDPOINT}"] = drips(headers=headers)
    with pytest.raises(AnswerLost):
        connection.submit(ENDPOINT, SHOT)
    assert server.submissions == 1


# ---- submitting


def test_a_submission_arrives_once_with_the_key_and_the_shot(server: Server, connection: fal.Connection) -> None:
    assert connection.submit(ENDPOINT, SHOT) == ticket(server)
    (method, path, headers, body) = server.seen[0]
    assert (method, path, headers["Authorization"]) == ("POST", f"/{ENDPOINT}", f"Key {KEY}")
    assert json.loads(body) == SHOT
    assert len(server.seen) == 1


def _deep() -> str:
    return '{"request_id":' + "[" * 200_000


LOST: dict[str, Answer] = {
    "dropped": drops,
    "cut": cuts,
    "silent": is_silent,
    "endless": talks_without_end,
    "html": says(200, HTML),
    "no json": says(200, "abc-1"),
    "deep json": says(200, _deep()),
    "a list": says(200, ["abc-1"]),
    "no id": says(200, {"status": "IN_QUEUE"}),
    "id is a number": says(200, {"request_id": 7}),
    "id is a path": says(200, {"request_id": "../../x"}),
    "id is two dots": says(200, {"request_id": ".."}),
    "id is long": says(200, {"request_id": "a" * 201}),
    **{f"{status} html": says(status, HTML) for status in (500, 502, 503, 504)},
    "502 json": says(502, {"detail": "bad gateway"}),
    "504 json": says(504, {"message": "Endpoint request timed out"}),
    "408 html": says(408, HTML),
    "499 html": says(499, HTML),
}


@pytest.mark.parametrize("fault", LOST)
def test_a_submission_without_a_whole_answer_is_lost_and_never_repeated(
    fault: str, server: Server, connection: fal.Connection
) -> None:
    server.answers["POST", f"/{ENDPOINT}"] = LOST[fault]
    with pytest.raises(AnswerLost) as caught:
        connection.submit(ENDPOINT, SHOT)
    assert caught.value.paid is Paid.UNKNOWN
    assert server.submissions == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_submission_goes_nowhere_else(
    status: int, server: Server, start: Callable[[], Server], connection: fal.Connection
) -> None:
    other = start()
    for target in (f"{other.base}/{ENDPOINT}", f"{server.base}/{ENDPOINT}"):
        server.seen.clear()
        server.answers["POST", f"/{ENDPOINT}"] = says(status, {}, Location=target)
        with pytest.raises(AnswerLost):
            connection.submit(ENDPOINT, SHOT)
        assert len(server.seen) == 1
    assert other.seen == []


def test_a_submission_arrives_once_even_where_someone_turns_retries_on(
    server: Server, connection: fal.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fal_client.client as package

    assert package.MAX_ATTEMPTS == 1
    monkeypatch.setattr(package, "MAX_ATTEMPTS", 3)
    server.answers["POST", f"/{ENDPOINT}"] = drops
    with pytest.raises(AnswerLost):
        connection.submit(ENDPOINT, SHOT)
    assert server.submissions == 1


REFUSALS: dict[str, tuple[Answer, type[ReshootError], str]] = {
    "401": (says(401, {"detail": "invalid key credentials"}), KeyRefused, "invalid key credentials"),
    "401 html": (says(401, HTML), KeyRefused, "401"),
    "403 balance": (
        says(403, {"detail": "User is locked. Reason: Exhausted balance. Top up at fal.ai/dashboard/billing."}),
        BalanceExhausted,
        "Exhausted balance",
    ),
    "403 other": (says(403, {"detail": "Forbidden for this app"}), KeyRefused, "Forbidden for this app"),
    "404": (says(404, {"detail": "Application not found"}), RequestRefused, "Application not found"),
    "405": (says(405, {"detail": "Method Not Allowed"}), RequestRefused, "Method Not Allowed"),
    "422": (
        says(422, problem("video_duration_too_long", max_duration=10.05, provided_duration=33.6)),
        RequestRefused,
        "10.05",
    ),
    "429": (says(429, {"detail": "slow down"}, Retry_After="7"), ServiceBusy, "slow down"),
    "500 json": (says(500, {"detail": "oops"}), ServiceBusy, "oops"),
    "503 json": (says(503, {"detail": "no runner"}), ServiceBusy, "no runner"),
    "504 typed": (
        says(504, {"detail": "Request timed out", "error_type": "request_timeout"}),
        ServiceBusy,
        "Request timed out",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_submission_that_the_service_refuses_is_not_paid(
    case: str, server: Server, connection: fal.Connection
) -> None:
    answer, kind, words = REFUSALS[case]
    server.answers["POST", f"/{ENDPOINT}"] = answer
    with pytest.raises(kind) as caught:
        connection.submit(ENDPOINT, SHOT)
    assert words in caught.value.message
    assert caught.value.remedy
    assert caught.value.paid is Paid.NO
    assert server.submissions == 1
    if isinstance(caught.value, ServiceBusy):
        assert caught.value.retry_after == (7.0 if case == "429" else None)


def test_a_service_that_cannot_be_reached_was_sent_nothing(
    server: Server, connect: Callable[[Server], fal.Connection]
) -> None:
    connection = connect(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(NotSent) as caught:
        connection.submit(ENDPOINT, SHOT)
    assert caught.value.paid is Paid.NO


def test_a_service_whose_tls_fails_was_sent_nothing(server: Server) -> None:
    connection = fal.Connection(fal.Service("test", server.base.replace("http", "https"), KEY))
    try:
        with pytest.raises(NotSent):
            connection.submit(ENDPOINT, SHOT)
    finally:
        connection.close()
    assert server.seen == []


def test_a_job_is_not_lost_where_only_its_addresses_are_missing(server: Server, connection: fal.Connection) -> None:
    server.answers["POST", f"/{ENDPOINT}"] = says(200, {"request_id": "abc-1"})
    assert connection.submit(ENDPOINT, SHOT) == ticket(server)


@pytest.mark.parametrize("coding", ["none", "utf-8", "identity, none", "aws-chunked", ""])
def test_a_coding_that_nobody_unpacks_loses_no_answer(coding: str, server: Server, connection: fal.Connection) -> None:
    server.answers["POST", f"/{ENDPOINT}"] = says(200, {"request_id": "abc-1"}, Content_Encoding=coding)
    assert connection.submit(ENDPOINT, SHOT) == ticket(server)


@pytest.mark.parametrize("coding", ["br", "zstd", "ZSTD", "gzip, gzip", "gzip, none, deflate"])
def test_what_could_swell_without_bound_is_not_unpacked(
    coding: str, server: Server, connection: fal.Connection
) -> None:
    queued = {"status": "IN_QUEUE", "queue_position": 0}
    server.answers["GET", f"{JOB}/status"] = says(202, queued, Content_Encoding=coding)
    with pytest.raises(BadAnswer):
        connection.status(ENDPOINT, ticket(server))


def test_addresses_elsewhere_are_not_followed(
    server: Server, start: Callable[[], Server], connection: fal.Connection
) -> None:
    other = start()
    urls = {f"{name}_url": f"{other.base}{JOB}{tail}" for name, tail in _TAILS.items()}
    server.answers["POST", f"/{ENDPOINT}"] = says(200, {"request_id": "abc-1", **urls})
    server.answers["GET", f"{JOB}/status"] = says(202, {"status": "IN_QUEUE", "queue_position": 0})
    assert connection.submit(ENDPOINT, SHOT) == ticket(server)
    # A ticket of the journal may be from a service that has moved.
    old = fal.Ticket("abc-1", urls["status_url"], f"http://me:{KEY}@127.0.0.1/x", "nonsense")
    assert connection.status(ENDPOINT, old).position == 0
    server.answers["PUT", f"{JOB}/cancel"] = says(202, {"status": "CANCELLATION_REQUESTED"})
    assert connection.cancel(ENDPOINT, old) is fal.CancelAnswer.REQUESTED
    assert other.seen == []


# ---- asking


def test_progress(server: Server, connection: fal.Connection) -> None:
    path = ("GET", f"{JOB}/status")
    server.answers[path] = says(202, {"status": "IN_QUEUE", "queue_position": 2})
    assert connection.status(ENDPOINT, ticket(server)) == fal.Progress(False, 2, False, ())
    lines = [{"message": f"line {n}", "timestamp": "t"} for n in range(30)]
    lines += [{"message": "\x1b[31mred\u202e dog\x00"}, {"message": 7}, "odd", {"message": "y" * 9999}]
    server.answers[path] = says(202, {"status": "IN_PROGRESS", "logs": lines})
    progress = connection.status(ENDPOINT, ticket(server))
    assert (progress.done, progress.running) == (False, True)
    assert progress.logs[-2:] == ("[31mred dog", "y" * 499 + "…")
    assert progress.logs[0] == "line 14"
    server.answers[path] = says(200, {"status": "COMPLETED", "logs": None})
    assert connection.status(ENDPOINT, ticket(server)) == fal.Progress(True, None, False, ())
    assert server.seen[0][1].endswith("/status?logs=true")
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("told", "progress"),
    [
        ({"status": "IN_QUEUE"}, fal.Progress(False, None, False, ())),
        ({"status": "IN_QUEUE", "queue_position": "second"}, fal.Progress(False, None, False, ())),
        ({"status": "IN_PROGRESS"}, fal.Progress(False, None, True, ())),
        ({"status": "COMPLETED"}, fal.Progress(True, None, False, ())),
    ],
)
def test_a_status_that_says_no_more_than_how_far_it_is_is_enough(
    told: dict[str, object], progress: fal.Progress, server: Server, connection: fal.Connection
) -> None:
    server.answers["GET", f"{JOB}/status"] = says(200, told)
    assert connection.status(ENDPOINT, ticket(server)) == progress


def test_logs_that_are_too_long_hide_no_result(server: Server, connection: fal.Connection) -> None:
    def talks(handler: _Handler) -> None:
        lines = [{"message": "x" * 5_000_000}] if "logs=true" in handler.path else []
        says(200, {"status": "COMPLETED", "logs": lines})(handler)

    server.answers["GET", f"{JOB}/status"] = talks
    assert connection.status(ENDPOINT, ticket(server)) == fal.Progress(True, None, False, ())
    assert len(server.seen) == 2


POLL_FAULTS: dict[str, tuple[Answer, type[ReshootError]]] = {
    "dropped": (drops, NoAnswer),
    "cut": (cuts, NoAnswer),
    "silent": (is_silent, NoAnswer),
    "endless": (talks_without_end, BadAnswer),
    "html": (says(200, HTML), BadAnswer),
    "deep json": (says(200, _deep()), BadAnswer),
    "a list": (says(200, []), BadAnswer),
    "a text": (says(200, '"COMPLETED"'), BadAnswer),
    "empty": (says(200, {}), BadAnswer),
    "circle": (says(302, {}, Location=f"{JOB}/status"), BadAnswer),
    "401": (says(401, {"detail": "invalid key credentials"}), KeyRefused),
    "403": (says(403, {"detail": "User is locked. Reason: Exhausted balance."}), BalanceExhausted),
    "404": (says(404, {"detail": "not found"}), RequestGone),
    "405": (says(405, {"detail": "Method Not Allowed"}), BadAnswer),
    "429": (says(429, {"detail": "slow"}, Retry_After="Wed, 01 Jan 2020 00:00:00 GMT"), ServiceBusy),
    **{f"{status} html": (says(status, HTML), ServiceBusy) for status in (500, 502, 503, 504)},
    "500 json": (says(500, {"detail": "oops"}), ServiceBusy),
}
STATUS_FAULTS: dict[str, tuple[Answer, type[ReshootError]]] = {
    "unknown status": (says(200, {"status": "DREAMING"}), BadAnswer),
    "no status": (says(200, {"logs": [], "queue_position": 0}), BadAnswer),
}
RESULT_FAULTS: dict[str, tuple[Answer, type[ReshootError]]] = {
    "too early": (says(400, {"detail": "Request is still in progress"}), NoAnswer),
    "no video": (says(200, {"images": []}), BadAnswer),
    "video is null": (says(200, {"video": None}), BadAnswer),
    "video is a text": (says(200, {"video": "https://x/y.mp4"}), BadAnswer),
    **{
        f"url {url}": (says(200, {"video": {"url": url}}), BadAnswer)
        for url in (
            None,
            7,
            "",
            "file:///etc/passwd",
            "http://example.com/a.mp4",
            "https://a:b@example.com/a.mp4",
            "https://example.com/a\r\nb.mp4",
            "https://example.com/\x85.mp4",
            "https://example.com\t/a.mp4",
            "https://example.com\\@127.0.0.1/a.mp4",
            "https://exa mple.com/a.mp4",
            "https://ex\u00e4mple.com/a.mp4",
            "https://example.com\uff0f@127.0.0.1/a.mp4",
            "https://example.com/\ud800.mp4",
        )
    },
}


@pytest.mark.parametrize("fault", [*POLL_FAULTS, *STATUS_FAULTS])
def test_a_status_that_does_not_come_says_whether_to_ask_again(
    fault: str, server: Server, connection: fal.Connection
) -> None:
    answer, kind = (POLL_FAULTS | STATUS_FAULTS)[fault]
    server.answers["GET", f"{JOB}/status"] = answer
    with pytest.raises(kind) as caught:
        connection.status(ENDPOINT, ticket(server))
    assert caught.value.remedy
    assert caught.value.paid is Paid.UNKNOWN
    assert server.count("GET") == (2 if fault == "endless" else 1), "what is too long is asked for without the logs"
    if fault == "429":
        assert caught.value.retry_after == 0.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [*POLL_FAULTS, *RESULT_FAULTS])
def test_a_result_that_does_not_come_says_whether_to_ask_again(
    fault: str, server: Server, connection: fal.Connection
) -> None:
    answer, kind = (POLL_FAULTS | RESULT_FAULTS)[fault]
    server.answers["GET", JOB] = answer
    with pytest.raises(kind) as caught:
        connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert caught.value.remedy
    assert caught.value.paid is Paid.UNKNOWN
    assert server.count("GET") == 1


def test_a_service_that_is_gone_gives_no_answer(server: Server, connect: Callable[[Server], fal.Connection]) -> None:
    connection = connect(server)
    server.shutdown()
    server.server_close()
    for ask, more in ((connection.status, ()), (connection.result, (FILE_AT,)), (connection.cancel, ())):
        with pytest.raises(NoAnswer):
            ask(ENDPOINT, ticket(server), *more)


def test_a_closed_connection_gives_no_answer(server: Server, connection: fal.Connection) -> None:
    connection.close()
    with pytest.raises(NoAnswer):
        connection.status(ENDPOINT, ticket(server))


@pytest.mark.parametrize(
    ("error", "kind", "words", "paid"),
    [
        ("Request timed out", "request_timeout", "ran out of time", Paid.NO),
        ("Runner disconnected", "runner_disconnected", "computer at the service failed", Paid.NO),
        ("Something odd", None, "Something odd", Paid.UNKNOWN),
        (None, "brand_new_type", "brand_new_type", Paid.UNKNOWN),
        ("bad picture", "content_policy_violation", "content rules", Paid.UNKNOWN),
    ],
)
def test_a_job_that_completed_with_an_error_is_refused(
    error: str | None, kind: str | None, words: str, paid: Paid, server: Server, connection: fal.Connection
) -> None:
    body = {"status": "COMPLETED", "logs": [], "metrics": {}, "error": error, "error_type": kind}
    server.answers["GET", f"{JOB}/status"] = says(200, body)
    with pytest.raises(RequestRefused) as caught:
        connection.status(ENDPOINT, ticket(server))
    assert words in caught.value.message
    assert (caught.value.kind, caught.value.paid) == (kind or "", paid)
    assert caught.value.remedy


def test_a_result_is_asked_for_once(server: Server, connection: fal.Connection) -> None:
    video = {"url": "https://v3.fal.media/files/a/b.mp4", "file_name": "b\u202e.mp4", "content_type": "video/mp4"}
    server.answers["GET", JOB] = says(200, {"video": {**video, "file_size": 12345}})
    expected = fal.Result(video["url"], "b.mp4", "video/mp4", 12345)
    assert connection.result(ENDPOINT, ticket(server), FILE_AT) == expected
    assert len(server.seen) == 1
    for size in (None, True, -1, 0, "12", 1.5):
        server.answers["GET", JOB] = says(200, {"video": {"url": f"{server.base}/v.mp4", "file_size": size}})
        assert connection.result(ENDPOINT, ticket(server), FILE_AT) == fal.Result(f"{server.base}/v.mp4", "", "", None)


WRITTEN = [
    ("/my take.mp4", "/my%20take.mp4"),
    (" /r\u00e9sultat.mp4 ", "/r%C3%A9sultat.mp4"),
    ("/\u753b.mp4?name=\u00e9 1", "/%E7%94%BB.mp4?name=%C3%A9%201"),
    ("/a%20b%2Fc.mp4?sig=x+y/z==&to=[1]#{t}", "/a%20b%2Fc.mp4?sig=x+y/z==&to=[1]#{t}"),
]


@pytest.mark.parametrize(("told", "asked"), WRITTEN)
def test_an_address_that_is_written_as_a_person_would_is_understood(
    told: str, asked: str, server: Server, connection: fal.Connection, tmp_path: Path
) -> None:
    url = f" {server.base}{told[1:]}" if told[0] == " " else server.base + told
    server.answers["GET", JOB] = says(200, {"video": {"url": url}})
    assert connection.result(ENDPOINT, ticket(server), FILE_AT).url == server.base + asked
    (tmp_path / "clip.mp4").write_bytes(b"video")
    server.answers["POST", "/files/upload"] = says(200, {"access_url": url})
    assert connection.upload(tmp_path / "clip.mp4") == server.base + asked


REASONS: dict[str, tuple[dict[str, Any], tuple[str, ...], Paid]] = {
    "content_policy_violation": (
        problem("content_policy_violation", ("prompt",)),
        ("The prompt", "content rules"),
        Paid.UNKNOWN,
    ),
    "no_media_generated": (problem("no_media_generated", ()), ("made no video",), Paid.UNKNOWN),
    "image_too_small": (
        problem("image_too_small", ("image_urls", 0), min_width=300, min_height=300),
        ("@Image1", "at least 300 px wide", "at least 300 px high"),
        Paid.NO,
    ),
    "image_too_large": (
        problem("image_too_large", ("elements", 1, "frontal_image_url"), max_width=4096, max_height=4096),
        ("The frontal view of @Element2", "at most 4,096 px wide"),
        Paid.NO,
    ),
    "image_load_error": (
        problem("image_load_error", ("elements", 0, "reference_image_urls", 1)),
        ("View 3 of @Element1", "read as a picture"),
        Paid.NO,
    ),
    "file_download_error": (problem("file_download_error"), ("The clip", "fetched"), Paid.NO),
    "file_too_large": (problem("file_too_large", max_size=200_000_000), ("The clip", "200,000,000 bytes"), Paid.NO),
    "video_duration_too_long": (
        problem("video_duration_too_long", max_duration=10.05, provided_duration=33.6),
        ("The clip", "at most 10.05 s", "it has 33.6 s"),
        Paid.NO,
    ),
    "video_duration_too_short": (
        problem("video_duration_too_short", min_duration=3, provided_duration=2.5),
        ("The clip", "at least 3 s", "it has 2.5 s"),
        Paid.NO,
    ),
    "unsupported_image_format": (
        problem("unsupported_image_format", ("image_urls", 2), supported_formats=["png", "jpeg"]),
        ("@Image3", "png, jpeg"),
        Paid.NO,
    ),
    "unsupported_video_format": (problem("unsupported_video_format", ()), ("The clip", "format"), Paid.NO),
    "string_too_long": (
        problem("string_too_long", ("prompt",), max_length=2500),
        ("The prompt", "at most 2,500"),
        Paid.NO,
    ),
    "value_error": (
        problem("value_error", ("elements",), msg="ask \u202efor\x07 less"),
        ("The list of references", "ask for less"),
        Paid.NO,
    ),
    "odd": (problem("odd", ("seed",), msg="m" * 3_000_000), ("“seed”", "mmm"), Paid.NO),
}


@pytest.mark.parametrize("kind", REASONS)
@pytest.mark.parametrize("submitting", [False, True])
def test_each_refusal_is_said_in_plain_words(
    kind: str, submitting: bool, server: Server, connection: fal.Connection
) -> None:
    body, words, paid = REASONS[kind]
    server.answers["GET", JOB] = server.answers["POST", f"/{ENDPOINT}"] = says(422, body)
    with pytest.raises(RequestRefused) as caught:
        if submitting:
            connection.submit(ENDPOINT, SHOT)
        else:
            connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert all(word in caught.value.message for word in words), caught.value.message
    assert caught.value.kind == kind
    assert caught.value.paid is (Paid.NO if submitting else paid)
    assert caught.value.remedy
    assert len("".join(traceback.format_exception(caught.value))) < 20_000
    assert len(caught.value.message) < 700
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 499, 500, 502, 503, 504])
def test_a_job_that_failed_at_the_service_is_refused_and_not_asked_for_again(
    status: int, server: Server, connection: fal.Connection
) -> None:
    server.answers["GET", JOB] = says(status, {"detail": "Request timed out", "error_type": "request_timeout"})
    with pytest.raises(RequestRefused) as caught:
        connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert (caught.value.kind, caught.value.paid) == ("request_timeout", Paid.NO)


def test_the_service_may_say_that_trying_again_helps(server: Server, connection: fal.Connection) -> None:
    server.answers["GET", JOB] = says(422, problem("no_media_generated", ()), X_Fal_Retryable="true")
    with pytest.raises(RequestRefused) as caught:
        connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert "the service says" in caught.value.remedy


@pytest.mark.parametrize(
    "detail",
    [
        [],
        {},
        7,
        None,
        [None],
        [{"loc": 7, "type": {}, "ctx": [], "msg": []}],
        [{"loc": ["body", "image_urls", 10**4000], "type": "image_too_small", "ctx": {"min_width": 10**4000}}],
        [{"loc": [[]], "type": "image_too_small", "ctx": {"min_width": True, "supported_formats": [{}]}}],
    ],
)
def test_a_refusal_of_any_shape_is_told(detail: object, server: Server, connection: fal.Connection) -> None:
    server.answers["GET", JOB] = says(422, {"detail": detail})
    with pytest.raises(RequestRefused) as caught:
        connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert caught.value.message
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (says(202, {"status": "CANCELLATION_REQUESTED"}), fal.CancelAnswer.REQUESTED),
        (says(400, {"status": "ALREADY_COMPLETED"}), fal.CancelAnswer.TOO_LATE),
        (says(404, {"status": "NOT_FOUND"}), fal.CancelAnswer.UNKNOWN),
    ],
)
def test_cancelling(answer: Answer, meaning: fal.CancelAnswer, server: Server, connection: fal.Connection) -> None:
    server.answers["PUT", f"{JOB}/cancel"] = answer
    assert connection.cancel(ENDPOINT, ticket(server)) is meaning
    assert server.count("PUT") == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (drops, NoAnswer),
        (is_silent, NoAnswer),
        (says(500, HTML), ServiceBusy),
        (says(401, {"detail": "invalid key credentials"}), KeyRefused),
        (says(400, ["odd"]), BadAnswer),
    ],
)
def test_a_cancellation_that_fails_says_so(
    answer: Answer, kind: type[ReshootError], server: Server, connection: fal.Connection
) -> None:
    server.answers["PUT", f"{JOB}/cancel"] = answer
    with pytest.raises(kind):
        connection.cancel(ENDPOINT, ticket(server))
    assert server.count("PUT") == 1


def test_offline_stays_offline_also_through_a_redirect(
    server: Server, start: Callable[[], Server], connection: fal.Connection
) -> None:
    other = start()
    server.answers["GET", f"{JOB}/status"] = says(307, {}, Location=f"{other.base}{JOB}/status")
    with pytest.raises(BadAnswer):
        connection.status(ENDPOINT, ticket(server))
    assert other.seen == []


def test_the_key_is_in_no_message_and_no_traceback(server: Server, connection: fal.Connection) -> None:
    said = {"detail": f"invalid key credentials: {KEY}", "error_type": f"x {KEY}"}
    for method, path in (("POST", f"/{ENDPOINT}"), ("GET", f"{JOB}/status"), ("GET", JOB)):
        server.answers[method, path] = says(401, said)
    logs = {"status": "IN_PROGRESS", "logs": [{"message": f"using {KEY}"}]}
    for ask in (
        lambda: connection.submit(ENDPOINT, SHOT),
        lambda: connection.status(ENDPOINT, ticket(server)),
        lambda: connection.result(ENDPOINT, ticket(server), FILE_AT),
    ):
        with pytest.raises(KeyRefused) as caught:
            ask()
        assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    server.answers["GET", f"{JOB}/status"] = says(202, logs)
    assert connection.status(ENDPOINT, ticket(server)).logs == ("using …",)
    server.answers["GET", JOB] = says(504, said)
    with pytest.raises(RequestRefused) as refused:
        connection.result(ENDPOINT, ticket(server), FILE_AT)
    assert KEY not in str(refused.value) + refused.value.kind


# ---- the key


def test_a_key_that_works_is_found_out_for_nothing(server: Server, connection: fal.Connection) -> None:
    connection.check_key()
    ((method, path, headers, _),) = server.seen
    assert (method, path.partition("?")[0]) == ("POST", "/storage/auth/token")
    assert headers["Authorization"] == f"Key {KEY}"


def test_a_key_is_asked_about_each_time(server: Server, connection: fal.Connection) -> None:
    connection.check_key()
    server.answers["POST", "/storage/auth/token"] = says(401, {"detail": "invalid key credentials"})
    with pytest.raises(KeyRefused):
        connection.check_key()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(401, {"detail": "invalid key credentials"}), KeyRefused),
        (says(403, {"detail": "forbidden"}), KeyRefused),
        (says(403, {"detail": "User is locked. Reason: Exhausted balance."}), BalanceExhausted),
        (says(404, {"detail": "not found"}), RequestRefused),
        (says(429, {"detail": "slow down"}), ServiceBusy),
        (says(502, HTML), ServiceBusy),
        (says(200, {"token": 1}), BadAnswer),
        (says(200, HTML), BadAnswer),
        (drops, NoAnswer),
        (cuts, NoAnswer),
    ],
)
def test_a_key_that_cannot_be_used_says_why(
    answer: Answer, error: type[ReshootError], server: Server, connection: fal.Connection
) -> None:
    server.answers["POST", "/storage/auth/token"] = answer
    with pytest.raises(error) as caught:
        connection.check_key()
    assert type(caught.value) is error
    assert caught.value.remedy and caught.value.paid is Paid.NO
    assert KEY not in str(caught.value)
    assert len(server.seen) == 1


def test_a_key_cannot_be_checked_where_nobody_is(server: Server, connect: Callable[[Server], fal.Connection]) -> None:
    connection = connect(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(NotSent):
        connection.check_key()


# ---- uploading


@pytest.mark.parametrize(
    ("name", "content_type", "sent_as"),
    [
        ("clip.mp4", "video/mp4", "clip.mp4"),
        ("clip.MOV", "video/quicktime", "clip.MOV"),
        ("größe 画.png", "image/png", "gr_e_.png"),
        ("a.jpeg", "image/jpeg", "a.jpeg"),
        ("a.bin", "application/octet-stream", "a.bin"),
    ],
)
def test_an_upload(
    name: str, content_type: str, sent_as: str, server: Server, connection: fal.Connection, tmp_path: Path
) -> None:
    data = os.urandom(300_000)
    (tmp_path / name).write_bytes(data)
    assert connection.upload(tmp_path / name) == f"{server.base}/files/1"
    token, first = server.seen
    assert token[1].startswith("/storage/auth/token")
    assert token[2]["Authorization"] == f"Key {KEY}"
    assert first[3] == data
    assert (first[2]["Content-Type"], first[2]["X-Fal-File-Name"]) == (content_type, sent_as)
    assert first[2]["Authorization"] == "Bearer permit"
    assert first[2]["Content-Length"] == str(len(data))
    assert {headers["Accept-Encoding"] for _, _, headers, _ in server.seen} == {"identity"}


@pytest.mark.parametrize(
    ("name", "kind", "content_type", "sent_as"),
    [
        ("photo.jfif", "jpeg", "image/jpeg", "photo.jpg"),
        ("photo.jpe", "jpeg", "image/jpeg", "photo.jpg"),
        ("photo", "jpeg", "image/jpeg", "photo.jpg"),
        ("photo.png", "jpeg", "image/jpeg", "photo.jpg"),
        ("photo.JPEG", "jpeg", "image/jpeg", "photo.JPEG"),
        ("two.words.jpg", "png", "image/png", "two.words.png"),
        ("photo.PNG", "png", "image/png", "photo.PNG"),
        ("p" * 120, "png", "image/png", "p" * 96 + ".png"),
    ],
)
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_picture_is_uploaded_as_what_it_is(
    name: str,
    kind: str,
    content_type: str,
    sent_as: str,
    in_parts: bool,
    server: Server,
    connection: fal.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / name, kind)
    if in_parts:
        monkeypatch.setattr(streams, "SINGLE_UPLOAD_BYTES", 100)
    made = {"access_url": f"{server.base}/files/2", "uploadId": "u"}
    server.answers["POST", "/files/upload/multipart"] = says(200, made)
    server.answers["PUT", "*"] = says(200, {}, ETag="tag")
    server.answers["POST", "/files/2/multipart/u/complete"] = says(200, {})
    assert connection.upload(tmp_path / name)
    begun = server.seen[1][2]
    assert (begun["Content-Type"], begun["X-Fal-File-Name"]) == (content_type, sent_as)


def test_a_large_upload_goes_in_parts_one_at_a_time(
    server: Server, connection: fal.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SINGLE_UPLOAD_BYTES", 100_000)
    monkeypatch.setattr(streams, "PART_BYTES", 60_000)
    data = os.urandom(150_000)
    (tmp_path / "clip.mp4").write_bytes(data)
    made = {"access_url": f"{server.base}/files/2", "uploadId": "u"}
    server.answers["POST", "/files/upload/multipart"] = says(200, made)
    server.answers["PUT", "*"] = says(200, {}, ETag="tag")
    server.answers["POST", "/files/2/multipart/u/complete"] = says(200, {})
    assert connection.upload(tmp_path / "clip.mp4") == f"{server.base}/files/2"
    puts = [(path, body) for method, path, _, body in server.seen if method == "PUT"]
    assert [path[-1] for path, _ in puts] == ["1", "2", "3"]
    assert b"".join(body for _, body in puts) == data
    done = json.loads(server.seen[-1][3])
    assert done == {"parts": [{"partNumber": n, "etag": "tag"} for n in (1, 2, 3)]}
    assert {headers["Accept-Encoding"] for _, _, headers, _ in server.seen} == {"identity"}
    server.answers["PUT", "*"] = is_silent
    with pytest.raises(NoAnswer):
        connection.upload(tmp_path / "clip.mp4")
    server.answers["PUT", "*"] = says(200, {})
    with pytest.raises(BadAnswer):
        connection.upload(tmp_path / "clip.mp4")


@pytest.mark.parametrize("days", [0, 7])
@pytest.mark.parametrize("in_parts", [False, True])
def test_an_upload_is_given_a_lifetime(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, in_parts: bool
) -> None:
    if in_parts:
        monkeypatch.setattr(streams, "SINGLE_UPLOAD_BYTES", 2)
    (tmp_path / "clip.mp4").write_bytes(b"video")
    made = {"access_url": f"{server.base}/files/2", "uploadId": "u"}
    server.answers["POST", "/files/upload/multipart"] = says(200, made)
    server.answers["PUT", "*"] = says(200, {}, ETag="tag")
    server.answers["POST", "/files/2/multipart/u/complete"] = says(200, {})
    connection = fal.Connection(fal.Service("test", server.base, KEY), days)
    connection.upload(tmp_path / "clip.mp4")
    connection.close()
    (begun,) = [headers for method, path, headers, _ in server.seen if path.endswith(("/files/upload", "/multipart"))]
    told = begun.get("X-Fal-Object-Lifecycle")
    assert (json.loads(told) if told else None) == ({"expiration_duration_seconds": 604800} if days else None)


@pytest.mark.parametrize("where", ["/storage/auth/token", "/files/upload"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (drops, NoAnswer),
        (cuts, NoAnswer),
        (says(200, HTML), BadAnswer),
        (says(200, {}), BadAnswer),
        (says(200, []), BadAnswer),
        (says(200, {"access_url": "http://example.com/a"}), BadAnswer),
        (says(401, {"detail": "invalid key credentials"}), KeyRefused),
        (says(403, {"detail": "User is locked. Reason: Exhausted balance."}), BalanceExhausted),
        (says(404, HTML), RequestRefused),
        (says(413, HTML), RequestRefused),
        (says(429, {"detail": "slow"}), ServiceBusy),
        (says(500, {"detail": "oops"}), ServiceBusy),
        (says(502, HTML), ServiceBusy),
    ],
)
def test_an_upload_that_fails_is_tried_once_and_nowhere_else(
    where: str, answer: Answer, kind: type[ReshootError], server: Server, connection: fal.Connection, tmp_path: Path
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"video")
    server.answers["POST", where] = answer
    with pytest.raises(kind) as caught:
        connection.upload(tmp_path / "clip.mp4")
    assert caught.value.remedy
    assert caught.value.paid is Paid.NO
    # A permit is replaced once; a key is not.
    assert server.count("POST", where) == (2 if kind is KeyRefused and where == "/files/upload" else 1)
    assert server.count("POST", "/storage/upload") == 0


def test_a_silent_upload_ends(server: Server, connection: fal.Connection, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"video")
    server.answers["POST", "/files/upload"] = is_silent
    with pytest.raises(NoAnswer):
        connection.upload(tmp_path / "clip.mp4")


def test_a_permit_that_has_run_out_is_replaced(server: Server, connection: fal.Connection, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"video")
    assert connection.upload(tmp_path / "clip.mp4")
    works = server.answers["POST", "/files/upload"]
    answers = iter([says(401, {"detail": "token expired"})])
    server.answers["POST", "/files/upload"] = lambda handler: next(answers, works)(handler)
    assert connection.upload(tmp_path / "clip.mp4")
    assert server.count("POST", "/storage/auth/token") == 2
    assert server.count("POST", "/files/upload") == 3


@pytest.mark.parametrize(
    "told",
    [
        {"expires_at": "2999-01-01T00:00:00"},
        {"expires_at": "2999-01-01"},
        {"expires_at": "in an hour"},
        {"expires_at": 32_472_144_000},
        {"expires_at": None},
        {},
    ],
)
def test_a_permit_is_used_again_however_its_end_is_told(
    told: dict[str, object], server: Server, connection: fal.Connection, tmp_path: Path
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"video")
    permit = {"token": "permit", "token_type": "Bearer", "base_url": server.base}
    server.answers["POST", "/storage/auth/token"] = says(200, permit | told)
    assert connection.upload(tmp_path / "clip.mp4")
    assert connection.upload(tmp_path / "clip.mp4")
    assert server.count("POST", "/storage/auth/token") == 1


def test_storage_that_cannot_be_reached_was_sent_nothing(
    server: Server, connect: Callable[[Server], fal.Connection], tmp_path: Path
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"video")
    connection = connect(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(NotSent):
        connection.upload(tmp_path / "clip.mp4")


def test_a_file_that_is_not_there_is_a_storage_error(connection: fal.Connection, tmp_path: Path) -> None:
    for path in (tmp_path / "gone.mp4", tmp_path):
        with pytest.raises(StorageError) as caught:
            connection.upload(path)
        assert path.name in caught.value.message


def test_two_services_at_once_get_what_is_theirs(
    start: Callable[[], Server], connect: Callable[[Server], fal.Connection], tmp_path: Path
) -> None:
    """The first one's permit is held back until the second one's upload is done: that is when addresses would mix."""
    (tmp_path / "clip.mp4").write_bytes(b"video")
    first, second = start(), start()
    permit = first.answers["POST", "/storage/auth/token"]
    asked, second_done = threading.Event(), threading.Event()

    def late(handler: _Handler) -> None:
        asked.set()
        assert second_done.wait(LONGEST)
        permit(handler)

    first.answers["POST", "/storage/auth/token"] = late
    one, two = connect(first), connect(second)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(one.upload, tmp_path / "clip.mp4")
        assert asked.wait(LONGEST)
        assert two.upload(tmp_path / "clip.mp4") == f"{second.base}/files/1"
        assert two.submit(ENDPOINT, SHOT) == ticket(second)
        second_done.set()
        assert waiting.result() == f"{first.base}/files/1"
    assert first.count("POST", "/files/upload") == second.count("POST", "/files/upload") == 1
    assert first.submissions == 0


def test_many_threads_share_a_connection(server: Server, connection: fal.Connection, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    server.answers["GET", f"{JOB}/status"] = says(202, {"status": "IN_QUEUE", "queue_position": 1})
    with ThreadPoolExecutor(8) as pool:
        statuses = [pool.submit(connection.status, ENDPOINT, ticket(server)) for _ in range(40)]
        uploads = [pool.submit(connection.upload, tmp_path / "a.png") for _ in range(8)]
        assert {done.result().position for done in statuses} == {1}
        assert {done.result() for done in uploads} == {f"{server.base}/files/1"}
    assert server.count("POST", "/storage/auth/token") == 1
