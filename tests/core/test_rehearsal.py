# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal's server, as the real fal_client and hostile clients see it: real sockets, files and renders."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import fal_client
import fal_client.client
import httpx
import pytest
from patience import LONGEST
from rehearsal_render import make_clip, make_picture, render
from reshoot.core.errors import StorageError
from reshoot.core.media import mp4
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.models.table import MODELS
from reshoot.rehearsal import keys
from reshoot.rehearsal.server import RehearsalServer, StandIn

KEY = "rehearsal-key-of-the-test"
ENDPOINT = KLING_O1_EDIT.endpoint
LIMITS = KLING_O1_EDIT.limits
ROOT = Path(__file__).resolve().parents[2]


class Client(fal_client.SyncClient):
    """The real client; only closes what the real one leaves to the garbage collector."""

    def _get_cdn_client(self) -> httpx.Client:
        opened.append(super()._get_cdn_client())
        return opened[-1]


opened: list[httpx.Client] = []


def new_client(key: str = KEY) -> Client:
    client = Client(key=key)
    opened.append(client._client)
    return client


@pytest.fixture(autouse=True, scope="module")
def no_connection_left_open():
    yield
    while opened:
        opened.pop().close()


class Studio:
    """A server, how to reach it, and what its renderer was given."""

    def __init__(self, folder: Path, renderer) -> None:
        self.folder = folder
        self.recipes: list[StandIn] = []
        self._renderer = renderer
        self.server = RehearsalServer(folder, self._render, key=KEY, look="identity")
        self.base = ""

    def _render(self, recipe, progress, cancelled):
        self.recipes.append(recipe)
        self._renderer(recipe, progress, cancelled)

    def start(self, monkeypatch) -> fal_client.SyncClient:
        self.base = self.server.start()
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(fal_client.client, name, self.base + "/")
        for name in ("REST_URL", "CDN_URL"):
            monkeypatch.setattr(fal_client.client, name, self.base)
        return new_client()

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        """One request on a connection of its own: status, headers, body."""
        port = urlsplit(self.base).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def ask_with_key(self, method: str, path: str, body: bytes | None = None):
        return self.ask(method, path, body, {"Authorization": f"Key {KEY}"})

    def raw(self, text: bytes) -> bytes:
        """What is answered to these very bytes, until the server closes."""
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.base).port, timeout=LONGEST)
        connection.connect()
        try:
            connection.sock.sendall(text)
            answer = b""
            while piece := connection.sock.recv(65536):
                answer += piece
            return answer
        finally:
            connection.close()

    def token(self) -> str:
        status, _, body = self.ask_with_key("POST", "/storage/auth/token?storage_type=fal-cdn-v3", b"{}")
        assert status == 200
        return json.loads(body)["token"]

    def upload(self, content: bytes, name: str, content_type: str = "application/octet-stream") -> str:
        headers = {"Authorization": f"Bearer {self.token()}", "X-Fal-File-Name": name, "Content-Type": content_type}
        status, _, body = self.ask("POST", "/files/upload", content, headers)
        assert status == 200, body
        return json.loads(body)["access_url"]


class Stage:
    """A renderer that holds every shot until it is let go, and counts how many run at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.running = 0
        self.most = 0
        self.prompts: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, recipe, progress, cancelled) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.prompts.append(recipe.prompt)
        try:
            progress(12, 132)
            while not self.go.wait(0.005):
                if cancelled():
                    return
            recipe.target.write_bytes(b"a take of " + recipe.prompt.encode())
        finally:
            with self._lock:
                self.running -= 1


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "shot.mp4")


@pytest.fixture
def studio(tmp_path, monkeypatch):
    """Makes studios; ends them with the test."""
    made: list[Studio] = []

    def make(renderer=render, folder: Path = tmp_path / "rehearsal") -> tuple[Studio, fal_client.SyncClient]:
        one = Studio(folder, renderer)
        client = one.start(monkeypatch)
        made.append(one)
        return one, client

    yield make
    for one in made:
        one.server.stop()


def until(condition, seconds: float = LONGEST):
    """Wait for a condition and give what it gave."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)
    return value


def upload(client, path: Path) -> str:
    return client.upload_file(path, repository="fal_v3", fallback_repository=[])


def submit(client, video_url: str, prompt: str = "make it night", **more):
    return client.submit(ENDPOINT, {"prompt": prompt, "video_url": video_url, **more})


def is_completed(handle) -> bool:
    return isinstance(handle.status(), fal_client.Completed)


def is_running(handle) -> bool:
    return isinstance(handle.status(), fal_client.InProgress)


def refused(client, body: dict) -> list[dict]:
    """The detail of the 422 that `body` gets, at its result."""
    handle = client.submit(ENDPOINT, body)
    status = until(lambda: (now := handle.status(with_logs=True)) and isinstance(now, fal_client.Completed) and now)
    assert status.error is None
    with pytest.raises(fal_client.client.FalClientHTTPError) as refusal:
        handle.get()
    assert refusal.value.status_code == 422
    assert refusal.value.response_headers["x-fal-retryable"] == "false"
    detail = refusal.value.message
    assert all({"loc", "msg", "type", "input"} <= entry.keys() and entry["loc"][0] == "body" for entry in detail)
    return detail


# The whole way


@pytest.mark.parametrize("endpoint", [model.endpoint for model in MODELS.values()])
def test_shot_comes_back_at_24_fps(studio, clip, tmp_path, endpoint):
    shot = make_clip(tmp_path / "shot.mp4", fps=Fraction(30), frames=93)
    pictures = [make_picture(tmp_path / f"{n}.png", width=300 + n) for n in range(4)]
    room, client = studio()
    urls = [upload(client, path) for path in pictures]
    handle = client.submit(
        endpoint,
        {
            "prompt": "put @Element1 beside @Image1",
            "video_url": upload(client, shot),
            "keep_audio": True,
            "image_urls": urls[:1],
            "elements": [{"frontal_image_url": urls[1], "reference_image_urls": urls[2:]}],
        },
    )
    assert "/fal-ai/kling-video/requests/" in handle.status_url
    done = until(lambda: (now := handle.status(with_logs=True)) and isinstance(now, fal_client.Completed) and now)
    assert [line["message"] for line in done.logs] == [f"Frame {n} of 74" for n in range(1, 75)]
    assert all(datetime.fromisoformat(line["timestamp"]).tzinfo for line in done.logs)
    assert done.metrics["inference_time"] > 0

    (recipe,) = room.recipes
    assert (recipe.prompt, recipe.look, recipe.keep_audio) == ("put @Element1 beside @Image1", "identity", True)
    assert (recipe.frames, recipe.fps) == (74, 24)
    assert recipe.clip.read_bytes() == shot.read_bytes()
    assert [path.read_bytes() for path in recipe.images] == [path.read_bytes() for path in pictures]

    video = handle.get()["video"]
    assert video["content_type"] == "video/mp4"
    status, _, body = room.ask("GET", urlsplit(video["url"]).path)
    assert status == 200 and len(body) == video["file_size"]
    assert urlsplit(video["url"]).path.endswith("/" + video["file_name"])
    (tmp_path / "take.mp4").write_bytes(body)
    take = mp4.probe(tmp_path / "take.mp4")
    assert (take.frames, take.fps, take.width, take.height) == (74, 24, 720, 720)


def test_subscribe_sees_the_request_pass_through_every_state(studio, clip):
    stage = Stage()
    _, client = studio(stage)
    seen = []

    def look(status):
        seen.append(type(status))
        if isinstance(status, fal_client.InProgress) and status.logs:
            assert status.logs[0]["message"] == "Frame 12 of 132"
            stage.go.set()

    arguments = {"prompt": "rain", "video_url": upload(client, clip)}
    result = client.subscribe(ENDPOINT, arguments, with_logs=True, interval=0.01, on_queue_update=look)
    assert result["video"]["file_size"] == len(b"a take of rain")
    assert seen[-1] is fal_client.Completed and fal_client.InProgress in seen


def test_render_that_fails_is_the_services_failure(studio, clip):
    def broken(recipe, progress, cancelled):
        raise OSError("the projector is broken")

    _, client = studio(broken)
    handle = submit(client, upload(client, clip))
    until(lambda: is_completed(handle))
    assert handle.status().error_type == "internal_error"
    with pytest.raises(fal_client.client.FalClientHTTPError) as failure:
        handle.get()
    assert (failure.value.status_code, failure.value.error_type) == (500, "internal_error")
    assert failure.value.message == "the projector is broken"


def test_render_without_a_file_is_a_failure(studio, clip):
    _, client = studio(lambda recipe, progress, cancelled: None)
    handle = submit(client, upload(client, clip))
    until(lambda: is_completed(handle))
    with pytest.raises(fal_client.client.FalClientHTTPError) as failure:
        handle.get()
    assert failure.value.status_code == 500


# Uploads and downloads


def test_file_in_parts_arrives_whole(studio, tmp_path, monkeypatch):
    content = os.urandom(3_300_000)
    (tmp_path / "big.mp4").write_bytes(content)
    monkeypatch.setattr(fal_client.client, "MULTIPART_THRESHOLD", 1_000_000)
    monkeypatch.setattr(fal_client.client, "MULTIPART_CHUNK_SIZE", 250_000)
    room, client = studio()
    url = upload(client, tmp_path / "big.mp4")
    assert room.ask("GET", urlsplit(url).path)[2] == content
    (folder,) = (room.folder / "files").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["content.mp4", "file.json"]


def test_parts_must_be_those_that_were_sent(studio):
    room, _ = studio()
    bearer = {"Authorization": f"Bearer {room.token()}", "X-Fal-File-Name": "a.mp4"}
    begun = json.loads(room.ask("POST", "/files/upload/multipart", b"", bearer)[2])
    path = f"{urlsplit(begun['access_url']).path}/multipart/{begun['uploadId']}"
    assert room.ask("PUT", f"{path}/0", b"x", bearer)[0] == 400
    assert room.ask("PUT", f"{path}/1", b"first, ", bearer)[0] == 200
    first = room.ask("PUT", f"{path}/1", b"first and ", bearer)[1]["ETag"]
    second = room.ask("PUT", f"{path}/2", b"second", bearer)[1]["ETag"]
    assert room.ask("GET", urlsplit(begun["access_url"]).path)[0] == 404

    def complete(parts):
        return room.ask("POST", f"{path}/complete", json.dumps({"parts": parts}).encode(), bearer)[0]

    right = [{"partNumber": 2, "etag": second}, {"partNumber": 1, "etag": first}]
    for wrong in (right[:1], [right[0], right[0]], [{"partNumber": 1, "etag": second}], None, [None], {}):
        assert complete(wrong) == 400
    assert complete(right) == 200
    assert complete(right) == 200
    assert room.ask("PUT", f"{path}/3", b"late", bearer)[0] == 400
    assert room.ask("GET", urlsplit(begun["access_url"]).path)[2] == b"first and second"
    other = path.replace(begun["uploadId"], "0" * 32)
    assert room.ask("PUT", f"{other}/1", b"x", bearer)[0] == 404


def test_parts_together_are_limited(studio):
    room, _ = studio()
    bearer = {"Authorization": f"Bearer {room.token()}"}
    begun = json.loads(room.ask("POST", "/files/upload/multipart", b"", bearer)[2])
    path = f"{urlsplit(begun['access_url']).path}/multipart/{begun['uploadId']}"
    assert room.ask("PUT", f"{path}/1", bytes(17_000_000), bearer)[0] == 200
    host = urlsplit(room.base).netloc
    announced = f"PUT {path}/2 HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer['Authorization']}\r\n"
    assert b" 413 " in room.raw(f"{announced}Content-Length: 200000000\r\n\r\n".encode()).split(b"\r\n")[0]


def test_ranges(studio):
    room, _ = studio()
    path = urlsplit(room.upload(b"0123456789", "digits.mp4")).path

    def part(asked: str, **more):
        status, headers, body = room.ask("GET", path, None, {"Range": asked, **more})
        return status, headers["Content-Range"], body

    assert part("bytes=2-4") == (206, "bytes 2-4/10", b"234")
    assert part("bytes=7-") == (206, "bytes 7-9/10", b"789")
    assert part("bytes=-3") == (206, "bytes 7-9/10", b"789")
    assert part("bytes=8-99") == (206, "bytes 8-9/10", b"89")
    assert part("bytes=10-")[:2] == (416, "bytes */10")
    assert part("bytes=-0")[0] == 416
    for ignored in ("bytes=4-2", "bytes=0-1,3-4", "bytes=-", "pages=1-2"):
        assert part(ignored) == (200, None, b"0123456789")
    status, headers, body = room.ask("HEAD", path)
    assert (status, headers["Content-Length"], headers["Accept-Ranges"], body) == (200, "10", "bytes", b"")
    assert headers["Content-Type"] == "video/mp4"
    assert part("bytes=2-4", **{"If-Range": headers["ETag"]})[0] == 206
    assert part("bytes=2-4", **{"If-Range": '"another"'})[0] == 200


def test_name_of_a_file_never_leads_out(studio):
    room, _ = studio()
    before = {path for path in room.folder.parent.rglob("*") if room.folder not in path.parents}
    for name in (
        "../../../evil.mp4",
        "/etc/passwd",
        "..\\..\\evil.mp4",
        "a\tb.mp4",
        "x" * 5000 + ".mp4",
        ".",
        "",
        "con.mp4",
    ):
        url = room.upload(b"content", name, "video/mp4")
        assert re.fullmatch(r"/files/[0-9a-f]{32}/[A-Za-z0-9_-][A-Za-z0-9._-]*", urlsplit(url).path), url
        assert urlsplit(url).path.endswith(".mp4") or name.endswith("passwd")
        assert room.ask("GET", urlsplit(url).path)[2] == b"content"
    stored = {path.name for path in (room.folder / "files").rglob("*") if path.is_file()}
    assert stored <= {"content.mp4", "content", "file.json"}
    assert before == {path for path in room.folder.parent.rglob("*") if room.folder not in path.parents}


def test_page_is_not_served_as_one(studio):
    room, _ = studio()
    _, headers, _ = room.ask("GET", urlsplit(room.upload(b"<script>", "page.html", "text/html")).path)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_url_of_a_file_leads_to_that_file_only(studio):
    room, _ = studio()
    path = urlsplit(room.upload(b"content", "a.mp4")).path
    folder, name = path.rsplit("/", 1)
    for other in (
        f"{folder}/../{'0' * 32}/{name}",
        f"{folder}/file.json",
        f"{folder}/another.mp4",
        f"{folder}/..%2f..%2fowner.sqlite3",
        f"{folder}/%2e%2e/owner.sqlite3",
        "/files/../owner.sqlite3",
        "//etc/passwd",
        f"{path}/",
        f"{path}%00",
        "/files/",
    ):
        assert room.ask("GET", other)[0] == 404, other


def test_upload_that_breaks_off_leaves_nothing(studio):
    room, _ = studio()
    token, host = room.token(), urlsplit(room.base).netloc
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(room.base).port, timeout=LONGEST)
    connection.connect()
    head = f"POST /files/upload HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    connection.sock.sendall(f"{head}Content-Length: 9000000\r\n\r\n".encode() + bytes(600_000))
    until(lambda: any((room.folder / "files").iterdir()))
    connection.close()
    until(lambda: not any((room.folder / "files").iterdir()))


# Who may ask


def test_wrong_key_is_refused_everywhere(studio, clip):
    room, client = studio()
    handle = submit(client, upload(client, clip))
    app = "/fal-ai/kling-video"
    asks = [
        ("POST", "/storage/auth/token?storage_type=fal-cdn-v3", b"{}"),
        ("POST", f"/{ENDPOINT}", b"{}"),
        ("GET", f"{app}/requests/{handle.request_id}/status", None),
        ("GET", f"{app}/requests/{handle.request_id}", None),
        ("PUT", f"{app}/requests/{handle.request_id}/cancel", None),
    ]
    for method, path, body in asks:
        for authorization in (None, "", "Key ", "Key wrong", KEY, f"Bearer {KEY}", f"Key {KEY}x", "Key \xfc"):
            headers = {} if authorization is None else {"Authorization": authorization}
            status, _, answer = room.ask(method, path, body, headers)
            assert (status, json.loads(answer)) == (401, {"detail": "invalid key credentials"}), (path, authorization)
    with pytest.raises(fal_client.client.FalClientHTTPError) as refusal:
        new_client("wrong").submit(ENDPOINT, {})
    assert refusal.value.status_code == 401


def test_upload_needs_a_token_that_was_minted_here(studio):
    room, _ = studio()
    token = room.token()
    claim, signature = token.rsplit(".", 1)
    expiry, salt = claim.split(".")
    forged = f"{int(expiry) + 9999}.{salt}.{signature}"
    for authorization in (
        None,
        "Bearer ",
        f"Bearer {forged}",
        f"Key {KEY}",
        f"Key {token}",
        f"Bearer {token[:-1]}",
        "Bearer \xfc.\xfc",
    ):
        headers = {} if authorization is None else {"Authorization": authorization}
        # More than the sockets' buffers hold: who is refused while still sending must get to read why.
        assert room.ask("POST", "/files/upload", bytes(20_000_000), headers)[0] == 401
        assert room.ask("POST", "/files/upload/multipart", b"", headers)[0] == 401
    assert not any((room.folder / "files").iterdir())


def test_token_ends(studio, monkeypatch):
    room, _ = studio()
    monkeypatch.setattr(keys, "TOKEN_LIFE", timedelta(seconds=-1))
    assert room.ask("POST", "/files/upload", b"x", {"Authorization": f"Bearer {room.token()}"})[0] == 401


def test_other_hosts_are_refused(studio):
    room, _ = studio()
    path = urlsplit(room.upload(b"content", "a.mp4")).path
    port = urlsplit(room.base).port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "", "[::1", "user@evil.example"):
        assert room.ask("GET", path, None, {"Host": host})[0] == 421
    assert b" 421 " in room.raw(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    twice = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert b" 421 " in room.raw(twice.encode())
    assert room.ask("GET", path, None, {"Host": f"localhost:{port}"})[0] == 200
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.2", port, timeout=2).connect()


# The queue


def at_work(studio, clip: Path, shots: int):
    """A stage that holds two of so many shots, its studio, the client that sent them, and their handles."""
    stage = Stage()
    room, client = studio(stage)
    url = upload(client, clip)
    handles = [submit(client, url, f"shot {n}") for n in range(shots)]
    until(lambda: stage.running == 2)
    return stage, room, client, handles


def test_two_run_at_once_and_the_others_know_their_position(studio, clip):
    stage, _, _, handles = at_work(studio, clip, 5)
    assert all(is_running(handle) for handle in handles[:2])
    assert [handle.status().position for handle in handles[2:]] == [0, 1, 2]
    stage.go.set()
    until(lambda: all(is_completed(handle) for handle in handles))
    assert stage.most == 2
    assert sorted(stage.prompts[:2]) == ["shot 0", "shot 1"] and len(stage.prompts) == 5


def test_nothing_is_rendered_while_the_server_is_paused(studio, clip):
    stage, made, client, handles = at_work(studio, clip, 2)
    threading.Timer(0.1, stage.go.set).start()
    with made.server.paused():
        assert stage.go.is_set() and stage.running == 0
        handles.append(submit(client, upload(client, clip), "shot 2"))
        assert handles[2].status().position == 0
        assert not any(each.name.startswith("rehearsal-render") for each in threading.enumerate())
    until(lambda: all(is_completed(handle) for handle in handles))
    assert len(stage.prompts) == 3


def test_submission_says_the_position_and_the_urls(studio, clip):
    room, client = studio(Stage())
    body = json.dumps({"prompt": "x", "video_url": upload(client, clip)}).encode()
    answers = [json.loads(room.ask_with_key("POST", f"/{ENDPOINT}", body)[2]) for _ in range(2)]
    until(lambda: len(room.recipes) == 2)
    answers += [json.loads(room.ask_with_key("POST", f"/{ENDPOINT}", body)[2]) for _ in range(2)]
    assert [answer["queue_position"] for answer in answers[2:]] == [0, 1]
    for answer in answers:
        place = f"{room.base}/fal-ai/kling-video/requests/{answer['request_id']}"
        assert answer["status"] == "IN_QUEUE"
        assert (answer["response_url"], answer["status_url"]) == (place, f"{place}/status")
        assert answer["cancel_url"] == f"{place}/cancel"
    path = urlsplit(answers[3]["response_url"]).path
    status, _, answer = room.ask_with_key("GET", f"{path}/status?logs=true")
    assert (status, json.loads(answer)["queue_position"]) == (202, 1)
    running = urlsplit(answers[0]["response_url"]).path
    assert json.loads(room.ask_with_key("GET", f"{running}/status?logs=true")[2])["logs"][0]["message"]
    assert json.loads(room.ask_with_key("GET", f"{running}/status")[2])["logs"] == []
    status, _, answer = room.ask_with_key("GET", path)
    assert (status, json.loads(answer)) == (400, {"detail": "Request is still in progress"})


def test_cancel(studio, clip):
    stage, room, _, handles = at_work(studio, clip, 4)

    def cancel(handle):
        status, _, body = room.ask_with_key("PUT", urlsplit(handle.cancel_url).path)
        return status, json.loads(body)["status"]

    assert cancel(handles[2]) == (202, "CANCELLATION_REQUESTED")
    assert is_completed(handles[2]) and handles[3].status().position == 0
    assert cancel(handles[0]) == (202, "CANCELLATION_REQUESTED")
    until(lambda: is_completed(handles[0]))
    until(lambda: is_running(handles[3]))
    for handle in (handles[0], handles[2]):
        assert handle.status().error_type == "client_cancelled"
        with pytest.raises(fal_client.client.FalClientHTTPError) as cancelled:
            handle.get()
        assert cancelled.value.status_code == 499
        assert cancel(handle) == (400, "ALREADY_COMPLETED")
    stage.go.set()
    until(lambda: is_completed(handles[1]) and is_completed(handles[3]))
    assert cancel(handles[1]) == (400, "ALREADY_COMPLETED")
    assert "shot 2" not in stage.prompts
    unknown = urlsplit(handles[0].cancel_url.replace(handles[0].request_id, "0" * 8 + handles[0].request_id[8:])).path
    status, _, body = room.ask_with_key("PUT", unknown)
    assert (status, json.loads(body)) == (404, {"status": "NOT_FOUND"})
    assert room.ask_with_key("GET", unknown.replace("cancel", "status"))[0] == 404


def test_requests_are_listed_as_the_platform_lists_them(studio, clip):
    room, client = studio()
    url = upload(client, clip)
    ids = [submit(client, url, f"shot {number}").request_id for number in range(3)]

    def listed(**asked: str):
        status, _, body = room.ask_with_key("GET", f"/v1/models/requests/by-endpoint?{urlencode(asked)}")
        return status, json.loads(body)

    assert listed()[0] == 422, "an endpoint has to be named"
    assert [listed(endpoint_id=ENDPOINT, limit=limit)[0] for limit in ("101", "0", "many")] == [422] * 3
    assert listed(endpoint_id=ENDPOINT, start="yesterday")[0] == 422
    _, first = listed(endpoint_id=ENDPOINT, limit="2")
    _, rest = listed(endpoint_id=ENDPOINT, limit="2", cursor=first["next_cursor"])
    assert (first["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    assert [item["request_id"] for item in first["items"] + rest["items"]] == ids[::-1], "the newest first"
    assert not any("json_input" in item for item in first["items"])
    _, told = listed(endpoint_id=ENDPOINT, expand="payloads")
    assert [item["json_input"]["prompt"] for item in told["items"]] == ["shot 2", "shot 1", "shot 0"]
    oldest = told["items"][-1]["sent_at"]
    assert listed(endpoint_id=ENDPOINT, end=oldest)[1]["items"] == [], "the end is not in it"
    later = (datetime.fromisoformat(oldest) + timedelta(days=1)).isoformat()
    assert listed(endpoint_id=ENDPOINT, start=later)[1]["items"] == []
    assert listed(endpoint_id="fal-ai/another/edit")[1]["items"] == []


def test_full_endpoint_path_is_no_place_for_a_status(studio, clip):
    room, client = studio(Stage())
    handle = submit(client, upload(client, clip))
    for path in (
        f"/{ENDPOINT}/requests/{handle.request_id}/status",
        f"/{ENDPOINT}/requests/{handle.request_id}",
        f"/{ENDPOINT}",
    ):
        assert room.ask_with_key("GET", path)[0] == 405
    assert room.ask_with_key("DELETE", f"/fal-ai/kling-video/requests/{handle.request_id}")[0] == 405
    assert room.ask_with_key("POST", "/fal-ai/another/model", b"{}")[0] == 404
    assert room.ask_with_key("BREW", f"/{ENDPOINT}")[0] == 501


# Requests that are out of order


@pytest.fixture(scope="module")
def lasting_room(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    room = Studio(tmp_path_factory.mktemp("lasting") / "rehearsal", render)
    client = room.start(patch)
    yield room, client
    assert room.recipes == []
    room.server.stop()
    patch.undo()


@pytest.fixture
def out_of_order(lasting_room):
    """A client whose every request is refused: nothing of them may reach the renderer."""
    return lasting_room[1]


@pytest.mark.parametrize(
    ("change", "loc", "kind"),
    [
        ({"prompt": None}, ["prompt"], "string_type"),
        ({"prompt": ""}, ["prompt"], "string_too_short"),
        ({"prompt": "x" * (LIMITS.max_prompt_characters + 1)}, ["prompt"], "string_too_long"),
        ({"prompt": "@Image" + "9" * 5000}, ["prompt"], "string_too_long"),
        ({"prompt": "like @Image1"}, ["prompt"], "value_error"),
        ({"prompt": "like @Image3", "image_urls": ["u", "u"]}, ["prompt"], "value_error"),
        ({"prompt": "like @Element1", "image_urls": ["u", "u"]}, ["prompt"], "value_error"),
        ({"prompt": "like @Image0", "image_urls": ["u", "u"]}, ["prompt"], "value_error"),
        ({"video_url": 5}, ["video_url"], "string_type"),
        ({"keep_audio": "yes"}, ["keep_audio"], "bool_type"),
        ({"keep_audio": None}, ["keep_audio"], "bool_type"),
        ({"image_urls": "u"}, ["image_urls"], "list_type"),
        ({"image_urls": ["u", 1]}, ["image_urls", 1], "string_type"),
        ({"image_urls": ["u"] * (LIMITS.max_references + 1)}, [], "value_error"),
        (
            {"image_urls": ["u"] * 3, "elements": [{"frontal_image_url": "u", "reference_image_urls": ["u"]}] * 2},
            [],
            "value_error",
        ),
        ({"elements": {}}, ["elements"], "list_type"),
        ({"elements": ["u"]}, ["elements", 0], "dict_type"),
        ({"elements": [{"reference_image_urls": ["u"]}]}, ["elements", 0, "frontal_image_url"], "missing"),
        (
            {"elements": [{"frontal_image_url": "u", "reference_image_urls": []}]},
            ["elements", 0, "reference_image_urls"],
            "too_short",
        ),
        (
            {"elements": [{"frontal_image_url": "u", "reference_image_urls": ["u"] * 4}]},
            ["elements", 0, "reference_image_urls"],
            "too_long",
        ),
        (
            {"elements": [{"frontal_image_url": "u", "reference_image_urls": ["u"], "name": "cup"}]},
            ["elements", 0, "name"],
            "extra_forbidden",
        ),
        ({"duration": 5}, ["duration"], "extra_forbidden"),
    ],
)
def test_form(out_of_order, change, loc, kind):
    detail = refused(out_of_order, {"prompt": "x", "video_url": "u", **change})
    assert [(entry["loc"], entry["type"]) for entry in detail] == [(["body", *loc], kind)]


def test_prompt_that_no_file_can_hold(lasting_room):
    room, _ = lasting_room
    body = json.dumps({"prompt": "\ud800", "video_url": "\ud800"}).encode()
    place = urlsplit(json.loads(room.ask_with_key("POST", f"/{ENDPOINT}", body)[2])["response_url"]).path
    status, _, answer = until(lambda: (now := room.ask_with_key("GET", place)) and now[0] != 400 and now)
    assert status == 422
    assert [entry["type"] for entry in json.loads(answer)["detail"]] == ["string_unicode"] * 2


def test_everything_wrong_with_a_form_is_said_at_once(out_of_order):
    detail = refused(out_of_order, {"keep_audio": 1, "seed": 7})
    assert {(entry["loc"][-1], entry["type"]) for entry in detail} == {
        ("prompt", "missing"),
        ("video_url", "missing"),
        ("keep_audio", "bool_type"),
        ("seed", "extra_forbidden"),
    }


@pytest.mark.parametrize(
    ("shape", "kind", "ctx"),
    [
        ({"frames": 71}, "video_duration_too_short", {"min_duration": 3.0, "provided_duration": 71 / 24}),
        ({"frames": 242}, "video_duration_too_long", {"max_duration": 10.05, "provided_duration": 242 / 24}),
        ({"width": 718}, "image_too_small", {"min_width": 720, "min_height": 720}),
        ({"height": 2162}, "image_too_large", {"max_width": 2160, "max_height": 2160}),
        (
            {"fps": Fraction(24000, 1001)},
            "value_error",
            {"min_fps": 24.0, "max_fps": 60.0, "provided_fps": 24000 / 1001},
        ),
        ({"fps": Fraction(61), "frames": 190}, "value_error", {"min_fps": 24.0, "max_fps": 60.0, "provided_fps": 61.0}),
    ],
)
def test_video_outside_the_limits(out_of_order, tmp_path, shape, kind, ctx):
    url = upload(out_of_order, make_clip(tmp_path / "clip.mp4", **shape))
    (entry,) = refused(out_of_order, {"prompt": "x", "video_url": url})
    assert (entry["loc"], entry["type"], entry["input"]) == (["body", "video_url"], kind, url)
    assert entry["ctx"] == ctx


def test_video_that_is_none(lasting_room, clip):
    room, client = lasting_room
    whole = clip.read_bytes()
    for content, name in ((b"not a video", "a.mp4"), (whole[:200], "a.mp4"), (whole, "a.webm"), (whole, "mp4")):
        (entry,) = refused(client, {"prompt": "x", "video_url": room.upload(content, name)})
        assert entry["type"] == "unsupported_video_format"
        assert entry["ctx"] == {"supported_formats": [".mp4", ".mov"]}


def test_video_that_is_too_large(lasting_room, clip):
    room, client = lasting_room
    padding = LIMITS.max_video_bytes - clip.stat().st_size + 1
    content = clip.read_bytes() + padding.to_bytes(4, "big") + b"free" + bytes(padding - 8)
    (entry,) = refused(client, {"prompt": "x", "video_url": room.upload(content, "a.mp4")})
    assert (entry["type"], entry["ctx"]) == ("file_too_large", {"max_size": LIMITS.max_video_bytes})


def test_files_that_are_not_here_are_not_fetched_from_elsewhere(lasting_room, clip):
    room, client = lasting_room
    there = urlsplit(room.upload(clip.read_bytes(), "a.mp4")).path
    for url in (
        f"{room.base}/files/{'0' * 32}/a.mp4",
        f"http://example.com{there}",
        f"https://127.0.0.1{there}",
        f"file://{there}",
        there,
        "data:video/mp4;base64,AAAA",
        "http://[::1",
        f"{room.base}/files/../{there}",
    ):
        (entry,) = refused(client, {"prompt": "x", "video_url": url})
        assert (entry["type"], entry["input"]) == ("file_download_error", url)
    detail = refused(
        client, {"prompt": "x", "video_url": room.base + there, "image_urls": ["http://example.com/a.png"]}
    )
    assert [(entry["loc"], entry["type"]) for entry in detail] == [(["body", "image_urls", 0], "file_download_error")]


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ({"width": 299}, "image_too_small"),
        ({"width": 760, "height": 300}, "value_error"),
        ({"width": 300, "height": 760}, "value_error"),
        ({"padding": LIMITS.max_image_bytes}, "file_too_large"),
        (None, "unsupported_image_format"),
    ],
)
def test_image_outside_the_limits(out_of_order, clip, tmp_path, shape, kind):
    path = tmp_path / "image.png"
    if shape is None:
        path.write_bytes(b"GIF89a" + bytes(400))
    else:
        make_picture(path, **shape)
    good, bad = upload(out_of_order, make_picture(tmp_path / "good.png")), upload(out_of_order, path)
    body = {
        "prompt": "@Image1 and @Element1",
        "video_url": upload(out_of_order, clip),
        "image_urls": [good],
        "elements": [{"frontal_image_url": good, "reference_image_urls": [good, bad]}],
    }
    (entry,) = refused(out_of_order, body)
    assert (entry["loc"], entry["type"]) == (["body", "elements", 0, "reference_image_urls", 1], kind)


# Hostile requests


def test_bodies_that_are_no_requests(studio):
    room, _ = studio()
    for body in (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"a": NaN}', b'{"a": ' + b"9" * 9000 + b"}"):
        assert room.ask_with_key("POST", f"/{ENDPOINT}", body)[0] == 400
    assert room.ask_with_key("POST", f"/{ENDPOINT}", b" " * 1_000_001)[0] == 413
    assert not any((room.folder / "requests").iterdir())


def test_long_prompt_full_of_tokens_is_answered_shortly(studio):
    room, client = studio()
    handle = client.submit(ENDPOINT, {"prompt": "@Image9" * 100_000, "video_url": "u"})
    until(lambda: is_completed(handle))
    status, _, body = room.ask_with_key("GET", urlsplit(handle.response_url).path)
    assert status == 422 and len(body) < 1_500_000


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        ("Content-Length: 99999999999999", 413),
        ("Content-Length: 999999999999999999999999", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: +5", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 411),
        ("X-Nothing: 1", 411),
    ],
)
@pytest.mark.parametrize("path", ["/files/upload", f"/{ENDPOINT}"])
def test_length_that_is_none(lasting_room, framing, status, path):
    room, _ = lasting_room
    authorization = f"Key {KEY}" if path == f"/{ENDPOINT}" else f"Bearer {room.token()}"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n{framing}\r\n\r\n"
    answer = room.raw(head.encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer


def test_noise_is_answered_and_closed(studio, capfd):
    room, _ = studio()
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 300 + b"\r\n",
    ):
        assert re.search(rb"HTTP/1\.1 (4..|5..)|\"detail\"", room.raw(noise)), noise[:40]
    assert room.ask("GET", "/")[0] == 404
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_one_connection_serves_many_requests(studio):
    room, _ = studio()
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(room.base).port, timeout=LONGEST)
    headers = {"Authorization": f"Key {KEY}"}
    connection.connect()
    socket = connection.sock
    for _ in range(3):
        connection.request("POST", "/storage/auth/token?storage_type=fal-cdn-v3", b"{}", headers)
        assert connection.getresponse().read()
        connection.request("GET", "/nowhere", None, headers)
        assert connection.getresponse().read()
        assert connection.sock is socket
    connection.close()


# Across restarts


def test_restart_takes_up_what_was_unfinished(studio, clip):
    stage = Stage()
    room, client = studio(stage)
    url = upload(client, clip)
    finished = submit(client, url, "finished")
    until(lambda: stage.running == 1)
    stage.go.set()
    until(lambda: is_completed(finished))
    stage.go.clear()
    before = finished.get()["video"]
    others = [submit(client, url, f"shot {n}") for n in range(3)]
    until(lambda: stage.running == 2)
    cancelled = submit(client, url, "cancelled")
    assert room.ask_with_key("PUT", urlsplit(cancelled.cancel_url).path)[0] == 202
    old = room.base
    began = time.monotonic()
    room.server.stop()
    assert time.monotonic() - began < 2
    assert stage.running == 0

    again = Stage()
    again.go.set()
    room, client = studio(again)
    assert room.base != old
    handles = [client.get_handle(ENDPOINT, handle.request_id) for handle in others]
    until(lambda: all(is_completed(handle) for handle in handles))
    assert sorted(again.prompts) == ["shot 0", "shot 1", "shot 2"]
    for n, handle in enumerate(handles):
        video = handle.get()["video"]["url"]
        assert video.startswith(room.base)
        assert room.ask("GET", urlsplit(video).path)[2] == f"a take of shot {n}".encode()
    after = client.get_handle(ENDPOINT, finished.request_id).get()["video"]
    assert after == {**before, "url": before["url"].replace(old, room.base)}
    assert room.ask("GET", urlsplit(after["url"]).path)[2] == b"a take of finished"
    with pytest.raises(fal_client.client.FalClientHTTPError):
        client.get_handle(ENDPOINT, cancelled.request_id).get()
    # An address that was uploaded to at the earlier port is good for a new request.
    late = submit(client, url, "late")
    until(lambda: is_completed(late))
    assert late.get()["video"]["file_size"] == len(b"a take of late")


def test_crash_loses_nothing(studio, clip, tmp_path, monkeypatch):
    program = f"""
import sys, threading, types
package = types.ModuleType("reshoot")
package.__path__ = [{str(ROOT)!r}]
sys.modules["reshoot"] = package
from pathlib import Path
from reshoot.rehearsal.server import RehearsalServer
def hold(recipe, progress, cancelled):
    recipe.target.write_bytes(b"half")
    progress(1, 2)
    threading.Event().wait()
server = RehearsalServer(Path(sys.argv[1]), hold, key={KEY!r})
print(server.start(), flush=True)
threading.Event().wait()
"""
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "rehearsal")], stdout=subprocess.PIPE)
    try:
        base = process.stdout.readline().decode().strip()
        for name, value in (("QUEUE_URL_FORMAT", base + "/"), ("REST_URL", base), ("CDN_URL", base)):
            monkeypatch.setattr(fal_client.client, name, value)
        client = new_client()
        url = upload(client, clip)
        handles = [submit(client, url, f"shot {n}") for n in range(3)]
        until(lambda: is_running(handles[0]) and handles[0].status(with_logs=True).logs)
        until(lambda: is_running(handles[1]))
        # While that server lives, another on the folder leaves its requests alone.
        bystander, _ = studio()
        assert bystander.ask("GET", urlsplit(url).path)[2] == clip.read_bytes()
        bystander.server.stop()
        assert bystander.recipes == []
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    _, client = studio()
    handles = [client.get_handle(ENDPOINT, handle.request_id) for handle in handles]
    until(lambda: all(is_completed(handle) for handle in handles))
    assert all(handle.get()["video"]["file_size"] > 1000 for handle in handles)


def test_second_server_serves_what_another_one_left(studio, clip):
    stage = Stage()
    first, _ = studio(stage)
    second, client = studio()
    handle = submit(client, upload(client, clip))
    until(lambda: is_completed(handle))
    second.server.stop()
    status, _, answer = first.ask_with_key("GET", urlsplit(handle.response_url).path)
    assert status == 200
    url = json.loads(answer)["video"]["url"]
    assert url.startswith(first.base) and first.ask("GET", urlsplit(url).path)[0] == 200
    assert stage.prompts == []


def test_old_requests_and_files_are_swept(studio, clip):
    stage = Stage()
    stage.go.set()
    room, client = studio(stage)
    old, young = (upload(client, clip) for _ in range(2))
    ended, recent = submit(client, old, "ended"), submit(client, young, "recent")
    until(lambda: is_completed(ended) and is_completed(recent))
    stage.go.clear()
    needed = upload(client, clip)
    waiting = submit(client, needed, "waiting")
    until(lambda: stage.running == 1)
    room.server.stop()

    week = time.time() - 8 * 86400
    note = room.folder / "requests" / ended.request_id / "request.json"
    content = json.loads(note.read_text())
    content["outcome"]["ended"] = week
    note.write_text(json.dumps(content))
    for url in (old, needed):
        os.utime(room.folder / "files" / urlsplit(url).path.split("/")[2], (week, week))
    (room.folder / "requests" / "not-a-request").mkdir()
    (room.folder / "requests" / recent.request_id / "stray").write_bytes(b"")

    stage.go.set()
    room, client = studio(stage)
    assert not note.exists()
    assert room.ask("GET", urlsplit(old).path)[0] == 404
    assert room.ask("GET", urlsplit(young).path)[0] == 200
    assert client.get_handle(ENDPOINT, recent.request_id).get()
    handle = client.get_handle(ENDPOINT, waiting.request_id)
    until(lambda: is_completed(handle))
    assert handle.get()["video"]["file_size"]


def test_damaged_note_harms_only_its_request(studio, clip):
    stage = Stage()
    stage.go.set()
    room, client = studio(stage)
    url = upload(client, clip)
    handles = [submit(client, url) for _ in range(4)]
    until(lambda: all(is_completed(handle) for handle in handles))
    room.server.stop()
    for handle, damage in zip(handles[1:], (b"", b'{"id": 1}', b"\xff"), strict=True):
        (room.folder / "requests" / handle.request_id / "request.json").write_bytes(damage)
    room, client = studio(stage)
    assert client.get_handle(ENDPOINT, handles[0].request_id).get()
    for handle in handles[1:]:
        assert room.ask_with_key("GET", urlsplit(handle.status_url).path)[0] == 404


def test_stop_leaves_no_thread_and_no_socket(studio, clip):
    before = set(threading.enumerate())
    room, client = studio(Stage())
    url = upload(client, clip)
    submit(client, url)
    idle, uploading, downloading = (
        http.client.HTTPConnection("127.0.0.1", urlsplit(room.base).port, timeout=LONGEST) for _ in range(3)
    )
    for each in (idle, uploading, downloading):
        each.connect()
    head = f"POST /files/upload HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {room.token()}\r\n"
    uploading.sock.sendall(f"{head}Content-Length: 900\r\n\r\n".encode())
    large = room.upload(bytes(40_000_000), "large.mp4")
    downloading.sock.sendall(f"GET {urlsplit(large).path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert downloading.sock.recv(1)
    with socket.create_server(("127.0.0.1", 0)) as deaf, socket.create_server(("127.0.0.1", 0)) as gone:
        addresses = [f"http://127.0.0.1:{each.getsockname()[1]}/" for each in (deaf, gone)]
        gone.close()
        for address in addresses:
            client.submit(ENDPOINT, {"prompt": "", "video_url": url}, webhook_url=address)
        deaf.settimeout(LONGEST)
        hears, _ = deaf.accept()
        until(lambda: [thread.name for thread in threading.enumerate()].count("rehearsal-webhook") == 2)
        until(lambda: room.recipes)
        began = time.monotonic()
        room.server.stop()
        room.server.stop()
        assert time.monotonic() - began < 2
        assert set(threading.enumerate()) <= before
        with pytest.raises(ConnectionRefusedError):
            room.ask("GET", "/")
    for each in (idle, uploading, downloading, hears):
        each.close()
    assert room.server.start() != room.base


def test_a_call_that_comes_while_it_stops_is_waited_for(studio, monkeypatch):
    room, _client = studio()
    begins, start = threading.Event(), threading.Thread.start

    def starts_late(thread):
        if thread.name == "rehearsal-wire":
            begins.set()
            time.sleep(0.3)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starts_late)
    call = http.client.HTTPConnection("127.0.0.1", urlsplit(room.base).port, timeout=LONGEST)
    call.connect()
    assert begins.wait(LONGEST)
    monkeypatch.setattr(room.server._listener._thread, "join", lambda _seconds: None)
    room.server.stop()
    call.close()
    # A thread that has said that it is done takes a moment to be gone.
    until(lambda: not any(thread.name == "rehearsal-wire" for thread in threading.enumerate()))


def test_key_and_tokens_are_kept_nowhere(studio, clip, caplog):
    caplog.set_level(0)
    room, client = studio()
    token = room.token()
    handle = submit(client, upload(client, clip))
    until(lambda: is_completed(handle))
    room.server.stop()
    written = b"".join(path.read_bytes() for path in room.folder.rglob("*") if path.is_file())
    for secret in (KEY, token):
        assert secret.encode() not in written
        assert secret not in caplog.text


def test_folder_that_cannot_be_used_is_said_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        RehearsalServer(tmp_path / "file" / "rehearsal", render, key=KEY).start()
