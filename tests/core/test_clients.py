# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal's server, as fal's own clients use it, unmodified: Python's, both of them, and JavaScript's."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import fal_client
import fal_client.client
import httpx
import pytest
from loopback import Handler, LoopbackServer
from patience import LONGEST
from rehearsal_render import make_clip, make_picture
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.rehearsal import webhooks, wire
from reshoot.rehearsal.server import RehearsalServer, StandIn

KEY = "rehearsal-key-of-the-test"
ENDPOINT = KLING_O1_EDIT.endpoint
APP = "/fal-ai/kling-video"
LISTED = urlencode({"endpoint_id": ENDPOINT, "expand": "payloads"})
ROOT = Path(__file__).resolve().parents[2]
NODE = Path(os.environ.get("RESHOOT_NODE") or ROOT / "build" / "env" / "node")


def render(recipe: StandIn, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
    """The clip itself, unless the prompt says to hold it."""
    progress(12, 72)
    while recipe.prompt == "hold" and not cancelled():
        time.sleep(0.01)
    progress(72, 72)
    shutil.copyfile(recipe.clip, recipe.target)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = RehearsalServer(tmp_path / "rehearsal", render, key=KEY, look="identity")
    made = server.start()
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", made + "/")
    monkeypatch.setattr(fal_client.client, "RUN_URL_FORMAT", made + "/run/")
    for name in ("REST_URL", "CDN_URL"):
        monkeypatch.setattr(fal_client.client, name, made)
    yield made
    server.stop()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "shot.mp4")


class Client(fal_client.SyncClient):
    """The real client; only closes what the real one leaves to the garbage collector."""

    def __init__(self) -> None:
        super().__init__(key=KEY)
        self.opened: list[httpx.Client] = [self._client]

    def _get_cdn_client(self) -> httpx.Client:
        self.opened.append(super()._get_cdn_client())
        return self.opened[-1]


@pytest.fixture
def client(base: str) -> Iterator[Client]:
    made = Client()
    yield made
    for opened in made.opened:
        opened.close()


def ask(
    base: str, method: str, path: str, body: object = None, key: str = KEY
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request with a key: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(base).port, timeout=LONGEST)
    try:
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"Authorization": f"Key {key}"})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def fetched(base: str, url: str) -> bytes:
    assert url.startswith(base + "/files/")
    return ask(base, "GET", url.removeprefix(base))[2]


# ---- Python


def test_pythons_client(base: str, client: Client, clip: Path) -> None:
    url = client.upload_file(clip, repository="fal_v3", fallback_repository=[])
    seen: list[Any] = []
    arguments = {"prompt": "make it night", "video_url": url}
    made = client.subscribe(ENDPOINT, arguments, with_logs=True, on_queue_update=seen.append)
    assert fetched(base, made["video"]["url"]) == clip.read_bytes()
    assert isinstance(seen[-1], fal_client.Completed)
    for line in seen[-1].logs:
        assert (line["level"], line["source"]) == ("INFO", "USER") and line["message"] and line["timestamp"]
    # A run without the queue answers with the result itself.
    ran = client.run(ENDPOINT, arguments)
    assert fetched(base, ran["video"]["url"]) == clip.read_bytes()
    with pytest.raises(fal_client.client.FalClientHTTPError) as refused:
        client.run(ENDPOINT, {"video_url": url})
    assert refused.value.status_code == 422
    held = client.submit(ENDPOINT, {**arguments, "prompt": "hold"})
    events = held.iter_events(with_logs=True)
    next(events)
    held.cancel()
    (*_, last) = events
    assert isinstance(last, fal_client.Completed) and last.error_type == "client_cancelled"
    with pytest.raises(fal_client.client.FalClientHTTPError) as cancelled:
        held.get()
    assert cancelled.value.response.headers["x-fal-error-type"] == "client_cancelled"


def test_pythons_client_that_waits_for_nothing(base: str, clip: Path) -> None:
    async def all_of_it() -> None:
        client = fal_client.AsyncClient(key=KEY)
        url = await client.upload_file(clip, repository="fal_v3", fallback_repository=[])
        arguments = {"prompt": "make it night", "video_url": url}
        both = await asyncio.gather(client.subscribe(ENDPOINT, arguments), client.run(ENDPOINT, arguments))
        for made in both:
            assert fetched(base, made["video"]["url"]) == clip.read_bytes()
        held = await client.submit(ENDPOINT, {**arguments, "prompt": "hold"})
        await held.cancel()
        with pytest.raises(fal_client.client.FalClientHTTPError) as cancelled:
            await held.get()
        assert cancelled.value.response.json()["error_type"] == "client_cancelled"
        await (await client._client).aclose()

    asyncio.run(all_of_it())


# ---- JavaScript


@pytest.fixture
def javascript(base: str, clip: Path) -> dict[str, Any]:
    """What JavaScript's client tells of everything that it did."""
    node, modules = shutil.which("node"), NODE / "node_modules"
    if node is None or not (modules / "@fal-ai" / "client").is_dir():
        pytest.skip("needs node, and fal's client for JavaScript, which make setup fetches where there is npm")
    done = subprocess.run(
        [node, str(ROOT / "tests" / "helpers" / "core" / "javascript_client.cjs"), base, KEY, ENDPOINT, str(clip)],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_javascripts_client(javascript: dict[str, Any], base: str, clip: Path) -> None:
    content = clip.read_bytes()
    assert fetched(base, javascript["small"]) == content
    large = hashlib.sha256(b"reshoot " * (javascript["largeBytes"] // 8)).digest()
    assert hashlib.sha256(fetched(base, javascript["large"])).digest() == large
    for mode in ("polling", "streaming"):
        told = javascript[mode]
        assert told["seen"][-1] == "COMPLETED"
        assert [line["message"] for line in told["logs"]] == ["Frame 12 of 72", "Frame 72 of 72"]
        assert {(line["level"], line["source"]) for line in told["logs"]} == {("INFO", "USER")}
        assert fetched(base, told["made"]["data"]["video"]["url"]) == content
        assert told["made"]["requestId"]
    assert fetched(base, javascript["run"]["data"]["video"]["url"]) == content

    for failed in (javascript["failed"], javascript["runFailed"]):
        (entry,) = failed["body"]["detail"]
        assert (failed["kind"], failed["status"], entry["loc"]) == ("ValidationError", 422, ["body", "prompt"])
        assert entry["url"].endswith(entry["type"]) and failed["requestId"]
    stranger = javascript["stranger"]
    assert (stranger["kind"], stranger["status"]) == ("ApiError", 401) and stranger["requestId"]
    assert javascript["cancelled"]["status"] == "COMPLETED"
    assert javascript["cancelled"]["error_type"] == "client_cancelled"
    assert javascript["cancelledResult"]["status"] == 499


# ---- what each of them relies on


def submitted(base: str, prompt: str, clip: Path, query: str = "") -> str:
    """The id of a request for the clip."""
    initiated = {"file_name": "shot.mp4", "content_type": "video/mp4"}
    path = "/storage/upload/initiate?storage_type=fal-cdn-v3"
    told = json.loads(ask(base, "POST", path, initiated)[2])
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(base).port, timeout=LONGEST)
    # Whoever has the address may put the file there, and nobody else; it needs no key.
    connection.request("PUT", told["upload_url"].removeprefix(base), clip.read_bytes(), {"Content-Type": "video/mp4"})
    assert connection.getresponse().status == 200
    connection.close()
    body = {"prompt": prompt, "video_url": told["file_url"]}
    status, _, answer = ask(base, "POST", f"/{ENDPOINT}{query}", body)
    assert status == 200, answer
    request_id: str = json.loads(answer)["request_id"]
    return request_id


def test_an_upload_is_for_whoever_has_its_address(base: str) -> None:
    initiated = {"file_name": "shot.mp4", "content_type": "video/mp4"}
    path = "/storage/upload/initiate?storage_type=fal-cdn-v3"
    assert ask(base, "POST", path, initiated, key="another")[0] == 401
    assert ask(base, "POST", "/storage/upload/initiate", initiated)[0] == 400
    assert ask(base, "POST", path, {"file_name": 7})[0] == 422
    told = json.loads(ask(base, "POST", path, initiated)[2])
    at = told["upload_url"].removeprefix(base)
    assert ask(base, "PUT", at[:-1] + ("0" if at[-1] != "0" else "1"), {})[0] == 404
    assert ask(base, "GET", told["file_url"].removeprefix(base))[0] == 404
    assert ask(base, "PUT", at, {"a": 1})[0] == 200
    # What is there stays as it is.
    assert ask(base, "PUT", at, {"a": 2})[0] == 400
    assert ask(base, "GET", told["file_url"].removeprefix(base))[2] == b'{"a": 1}'


def test_a_stream_tells_each_change_once_and_that_it_is_still_there(
    base: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "QUIET_SECONDS", 0.1)
    request_id = submitted(base, "hold", clip)
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(base).port, timeout=LONGEST)
    path = f"{APP}/requests/{request_id}/status/stream?logs=1"
    connection.request("GET", path, headers={"Authorization": f"Key {KEY}"})
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["X-Fal-Request-Id"] == request_id
    lines = []
    while not lines or not lines[-1].startswith(b":"):
        lines.append(answer.readline())
    assert ask(base, "PUT", f"{APP}/requests/{request_id}/cancel")[0] == 202
    lines += answer.read().splitlines()
    connection.close()
    events = [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]
    assert [event["status"] for event in events][-1] == "COMPLETED"
    assert sum(len(event.get("logs", ())) for event in events) == 2
    assert ask(base, "GET", f"{APP}/requests/{request_id}/status/stream", key="another")[0] == 401


@pytest.mark.parametrize("kind", ["a stream", "a run"])
def test_nobody_is_waited_for_who_has_hung_up(base: str, clip: Path, kind: str) -> None:
    request_id = submitted(base, "hold", clip)
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(base).port, timeout=LONGEST)
    key = {"Authorization": f"Key {KEY}"}
    if kind == "a stream":
        connection.request("GET", f"{APP}/requests/{request_id}/status/stream", headers=key)
        assert connection.getresponse().readline()
    else:
        location = json.loads(ask(base, "GET", f"/v1/models/requests/by-endpoint?{LISTED}")[2])["items"][0]
        connection.request("POST", f"/run/{ENDPOINT}", json.dumps(location["json_input"]), key)
        end = time.monotonic() + LONGEST
        while len(json.loads(ask(base, "GET", f"/v1/models/requests/by-endpoint?{LISTED}")[2])["items"]) < 2:
            assert time.monotonic() < end
    connection.close()
    end = time.monotonic() + LONGEST
    while any(thread.name == "rehearsal-wire" for thread in threading.enumerate()):
        assert time.monotonic() < end, "somebody who has gone is still served"
        time.sleep(0.01)


def test_every_answer_has_an_id_and_errors_have_their_type(base: str) -> None:
    path = "/storage/auth/token?storage_type=fal-cdn-v3"
    for status, headers, _ in (
        ask(base, "POST", path, {}),
        ask(base, "POST", path, {}, key="another"),
        ask(base, "GET", "/nowhere"),
        ask(base, "POST", f"/{ENDPOINT}", []),
    ):
        assert len(headers["X-Fal-Request-Id"]) == 36
        assert (headers["X-Fal-Error-Type"] == "bad_request") is (status == 400)


def test_an_element_may_have_its_frontal_view_alone(client: Client, clip: Path) -> None:
    picture = make_picture(clip.with_name("ann.png"))
    urls = [client.upload_file(path, repository="fal_v3", fallback_repository=[]) for path in (clip, picture)]
    body = {"prompt": "@Element1 waits", "video_url": urls[0], "elements": [{"frontal_image_url": urls[1]}]}
    assert client.run(ENDPOINT, body)["video"]["url"]


# ---- webhooks


class _Heard(Handler):
    server: Hearer

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append(told)
        self.send_response(500 if len(self.server.told) == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if len(self.server.told) > 1:
            self.server.heard.set()


class Hearer(LoopbackServer):
    """Hears what a request has come to, and fails at the first call."""

    def __init__(self) -> None:
        super().__init__(_Heard)
        self.told: list[dict[str, Any]] = []
        self.heard = threading.Event()


@pytest.mark.parametrize("prompt", ["make it night", ""])
def test_a_webhook_is_told_of_the_end(base: str, clip: Path, prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "FIRST_DELAY", 0.05)
    hearer = Hearer()
    hearer.start()
    request_id = submitted(base, prompt, clip, "?" + urlencode({"fal_webhook": f"{hearer.base}/ended"}))
    assert hearer.heard.wait(LONGEST)
    hearer.stop()
    assert hearer.told[0] == hearer.told[1]
    told = hearer.told[1]
    assert told["request_id"] == request_id and told["gateway_request_id"]
    if prompt:
        assert told["status"] == "OK" and fetched(base, told["payload"]["video"]["url"]) == clip.read_bytes()
    else:
        assert told["status"] == "ERROR" and told["error"]
        assert told["payload"]["detail"][0]["loc"] == ["body", "prompt"]


@pytest.mark.parametrize("url", ["https://example.com/ended", "http://example.com/", "file:///etc/passwd", "http://["])
def test_a_webhook_elsewhere_is_refused(base: str, url: str) -> None:
    status, _, answer = ask(base, "POST", f"/{ENDPOINT}?{urlencode({'fal_webhook': url})}", {"prompt": "night"})
    assert status == 422 and b"this computer" in answer
