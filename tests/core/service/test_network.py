# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the network: whose certificates are believed, which proxy is taken, and that nothing else is touched.

The service is on this computer behind a certificate that an authority of the test's own has signed; a proxy of the
test's own leads every name there. All requests take the same way: uploads, the queue's, and the download of a result.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from loopback import Handler, LoopbackServer
from reshoot.core.errors import DownloadBroken, DownloadError, NoAnswer, NotSent, ReshootError, SetupError
from reshoot.core.service import download, fal, trust

ENDPOINT = "fal-ai/kling-video/o1/video-to-video/edit"
JOB = "/fal-ai/kling-video/requests/abc-1"
KEY = "11111111-2222:0123456789abcdef0123456789abcdef"
NAME = "edits.example"
"""A name that no resolver knows: only the proxy leads there."""
VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(5000)


@dataclass(frozen=True)
class Authority:
    """An authority that nobody knows, what it has signed for this computer and `NAME`, and for somebody else."""

    file: Path
    signed: Path
    others: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the program openssl, which makes the certificates")

    def openssl(*words: str) -> None:
        subprocess.run([str(program), *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Studio Inspection")
    for name, names in (("signed", f"DNS:localhost,IP:127.0.0.1,DNS:{NAME}"), ("others", "DNS:other.example")):
        (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        openssl("req", "-new", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{name}.ext")
        openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.crt", "-days", "2")
        together = (folder / f"{name}.crt").read_bytes() + (folder / f"{name}.key").read_bytes()
        (folder / f"{name}.pem").write_bytes(together)
    hashed = subprocess.run(
        [program, "x509", "-hash", "-noout", "-in", "ca.pem"], cwd=folder, check=True, capture_output=True, text=True
    )
    (folder / "store").mkdir()
    shutil.copy(folder / "ca.pem", folder / "store" / f"{hashed.stdout.strip()}.0")
    return Authority(folder / "ca.pem", folder / "signed.pem", folder / "others.pem")


class _Handler(Handler):
    server: Service

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host, path = self.headers["Host"], self.path.partition("?")[0]
        self.server.seen.append((self.command, host, path, len(body)))
        if path in self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        base = f"https://{host}"
        answers: dict[str, object] = {
            "/storage/auth/token": {
                "token": "permit",
                "token_type": "Bearer",
                "base_url": base,
                "expires_at": "2999-01-01T00:00:00Z",
            },
            "/files/upload": {"access_url": f"{base}/files/1", "uploaded": True},
            f"/{ENDPOINT}": {
                "request_id": "abc-1",
                "response_url": base + JOB,
                "status_url": f"{base}{JOB}/status",
                "cancel_url": f"{base}{JOB}/cancel",
            },
            f"{JOB}/status": {"status": "COMPLETED", "logs": []},
            JOB: {"video": {"url": f"{base}/files/result.mp4"}},
        }
        content = VIDEO if path.endswith(".mp4") else json.dumps(answers[path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _any


class Service(LoopbackServer):
    """A service behind TLS. moved: which paths lead elsewhere. seen: method, host, path, and bytes of what came."""

    def __init__(self, certificate: Path) -> None:
        super().__init__(_Handler)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self.seen: list[tuple[str, str, str, int]] = []
        self.moved: dict[str, str] = {}
        self.base = f"https://localhost:{self.server_port}"

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        # On the connection's own thread: a handshake that fails must not hold the others up.
        with self._tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)  # type: ignore[arg-type]


class Proxy(ThreadingTCPServer):
    """A proxy that leads every name to one port of this computer. asked: what each connection began with."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.port = port
        self.asked: list[str] = []
        self.at = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def hosts(self) -> set[str]:
        return {words.split()[1] for words in self.asked}

    def handle_error(self, *args: object) -> None:
        """A client that hangs up is part of the tests."""


class _Tunnel(BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self.request.recv(1)
            if not piece:
                return
            head += piece
        self.server.asked.append(head.decode())
        with socket.create_connection(("127.0.0.1", self.server.port)) as service:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(service, self.request), daemon=True)
            back.start()
            _pump(self.request, service)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on this computer names the test's authority, whatever the developer's own settings are."""
    for name in trust.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fal, "CONNECT_TIMEOUT", 5.0)
    monkeypatch.setattr(download, "FIRST_DELAY", 0.01)


@pytest.fixture
def service(authority: Authority) -> Iterator[Service]:
    made = Service(authority.signed)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    made = Proxy(service.server_port)
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def connect() -> Iterator[Callable[[str], fal.Connection]]:
    made: list[fal.Connection] = []

    def one(base: str) -> fal.Connection:
        made.append(fal.Connection(fal.Service("test", base, KEY)))
        return made[-1]

    yield one
    for connection in made:
        connection.close()


def ticket(base: str) -> fal.Ticket:
    return fal.Ticket("abc-1", f"{base}{JOB}/status", base + JOB, f"{base}{JOB}/cancel")


def everything(connection: fal.Connection, folder: Path) -> None:
    """Each kind of request once: an upload, the queue's, and the download of what came."""
    clip = folder / "clip.mp4"
    clip.write_bytes(VIDEO)
    url = connection.upload(clip)
    given = connection.submit(ENDPOINT, {"prompt": "Make it rain", "video_url": url})
    assert connection.status(ENDPOINT, given).done
    made = connection.result(ENDPOINT, given, ("video",))
    download.fetch(made.url, folder / "take.mp4", max_bytes=10_000)
    assert (folder / "take.mp4").read_bytes() == VIDEO


# ---- whose certificates are believed


@pytest.mark.parametrize("where", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "store"])
def test_an_authority_of_the_studio_is_believed_by_every_request(
    where: str,
    authority: Authority,
    service: Service,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if where == "store":
        monkeypatch.setattr(trust, "STORES", (str(tmp_path / "no such file"), str(authority.file)))
    else:
        folder = authority.file.with_name("store")
        monkeypatch.setenv(where, str(folder if where == "SSL_CERT_DIR" else authority.file))
    everything(connect(service.base), tmp_path)
    assert [seen[2] for seen in service.seen] == [
        "/storage/auth/token",
        "/files/upload",
        f"/{ENDPOINT}",
        f"{JOB}/status",
        JOB,
        "/files/result.mp4",
    ]


def refused(connection: fal.Connection, base: str, folder: Path) -> dict[str, ReshootError]:
    """What each kind of request raises."""
    (folder / "clip.mp4").write_bytes(VIDEO)
    asked: dict[str, Callable[[], object]] = {
        "upload": lambda: connection.upload(folder / "clip.mp4"),
        "check": connection.check_key,
        "submit": lambda: connection.submit(ENDPOINT, {"prompt": "Make it rain"}),
        "status": lambda: connection.status(ENDPOINT, ticket(base)),
        "result": lambda: connection.result(ENDPOINT, ticket(base), ("video",)),
        "cancel": lambda: connection.cancel(ENDPOINT, ticket(base)),
        "history": lambda: connection.find(ENDPOINT, "https://files.example/1", 0.0),
        "download": lambda: download.fetch(f"{base}/files/result.mp4", folder / "take.mp4", max_bytes=10_000),
    }
    raised: dict[str, ReshootError] = {}
    for name, ask in asked.items():
        with pytest.raises(ReshootError) as caught:
            ask()
        raised[name] = caught.value
    return raised


@pytest.mark.parametrize("others", [False, True], ids=["an unknown authority", "the certificate of another host"])
def test_a_certificate_that_is_not_trusted_is_called_so_and_nothing_is_sent(
    others: bool,
    authority: Authority,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    service = Service(authority.others if others else authority.signed)
    service.start()
    if others:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    raised = refused(connect(service.base), service.base, tmp_path)
    service.stop()
    for name, error in raised.items():
        assert "certificate of localhost" in error.message, (name, error)
        assert "SSL_CERT_FILE" in error.remedy, (name, error)
        assert ("ostname mismatch" in error.message) is others, (name, error)
    kinds = {name: type(error) for name, error in raised.items()}
    assert {kinds.pop(name) for name in ("upload", "check", "submit")} == {NotSent}
    assert kinds.pop("download") is DownloadBroken
    assert set(kinds.values()) == {NoAnswer}
    assert service.seen == []


def test_certificates_that_cannot_be_read_are_named(
    service: Service, connect: Callable[[str], fal.Connection], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    for path in (tmp_path / "gone.pem", tmp_path / "empty.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        connection = connect(service.base)
        with pytest.raises(SetupError) as caught:
            connection.status(ENDPOINT, ticket(service.base))
        assert "SSL_CERT_FILE" in caught.value.message and str(path) in caught.value.message
        with pytest.raises(SetupError):
            download.fetch(f"{service.base}/files/result.mp4", tmp_path / "take.mp4", max_bytes=10_000)
    assert service.seen == []


def test_a_setting_that_is_mended_is_heard_of(
    authority: Authority,
    service: Service,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    refused(connect(service.base), service.base, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    everything(connect(service.base), tmp_path)


# ---- which proxy is taken


@pytest.fixture
def believed(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@contextmanager
def untouched() -> Iterator[None]:
    """The environment, and what the rest of Blender takes for its proxies, are what they were."""
    environment, proxies = dict(os.environ), urllib.request.getproxies()
    yield
    assert dict(os.environ) == environment
    assert urllib.request.getproxies() == proxies


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "the system"])
def test_every_request_goes_through_the_proxy(
    variable: str,
    proxy: Proxy,
    service: Service,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if variable == "the system":
        monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": f"http://{proxy.at}"})
    else:
        monkeypatch.setenv(variable, f"http://editor:secret@{proxy.at}")
    with untouched():
        everything(connect(f"https://{NAME}"), tmp_path)
    assert proxy.hosts == {f"{NAME}:443"}
    assert len(service.seen) == 6 and {seen[1] for seen in service.seen} == {NAME}
    if variable != "the system":
        # Its own name and password, which no service hears, and no key of ours in the open.
        assert all("Proxy-Authorization: Basic ZWRpdG9yOnNlY3JldA==" in words for words in proxy.asked)
    assert not any(KEY in words for words in proxy.asked)


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("exception", [NAME, f"{NAME}:443", "example", "*", "the system"])
def test_a_host_that_is_excepted_is_reached_directly(
    exception: str,
    proxy: Proxy,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if exception == "the system":
        monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": f"http://{proxy.at}"})
        monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == NAME)
    else:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.at}")
        monkeypatch.setenv("NO_PROXY", exception)
    # No resolver knows the name, which only the proxy leads somewhere.
    with untouched():
        with pytest.raises(NotSent):
            connect(f"https://{NAME}").submit(ENDPOINT, {"prompt": "Make it rain"})
        with pytest.raises(DownloadError):
            download.fetch(f"https://{NAME}/result.mp4", tmp_path / "take.mp4", max_bytes=10_000)
    assert proxy.asked == []


@pytest.mark.usefixtures("believed")
def test_this_computer_is_reached_without_the_proxy(
    proxy: Proxy,
    service: Service,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """As on Windows and macOS, where any variable would make Python ignore what the system says."""
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"http": f"http://{proxy.at}", "https": "gopher://x"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: pytest.fail("the system was asked"))
    with untouched():
        everything(connect(service.base), tmp_path)
    assert proxy.asked == []


@pytest.mark.usefixtures("believed")
def test_a_proxy_of_a_kind_that_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(SetupError) as caught:
        fal.Connection(fal.Service("fal", "", KEY))
    assert "HTTPS_PROXY" in caught.value.remedy
    with pytest.raises(SetupError) as caught:
        download.fetch(f"https://{NAME}/result.mp4", tmp_path / "take.mp4", max_bytes=10_000)
    assert "HTTPS_PROXY" in caught.value.remedy


# ---- what leaves this computer is encrypted


@pytest.mark.usefixtures("believed")
def test_no_redirect_leads_out_of_encryption(
    proxy: Proxy,
    service: Service,
    connect: Callable[[str], fal.Connection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy.at}")
    base = f"https://{NAME}"
    moved = (f"{JOB}/status", JOB, f"/{ENDPOINT}", "/storage/auth/token", "/files/result.mp4")
    service.moved = {path: f"http://{NAME}{path}" for path in moved}
    raised = refused(connect(base), base, tmp_path)
    assert not any("certificate" in error.message for error in raised.values())
    # Where a redirect is followed at all, it is not followed into the open.
    assert proxy.hosts == {f"{NAME}:443"} and all(words.startswith("CONNECT") for words in proxy.asked)
