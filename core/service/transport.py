# SPDX-License-Identifier: GPL-3.0-or-later
"""The way that every request of ours takes to the network: its proxies, its certificates, and how long it may take.

Nothing outside of these requests is touched: no variable is set, and no other part of Blender hears of it. Imported
late: httpx takes a tenth of a second.

A timeout of a socket is one of silence, which a byte now and then ends. So every read and write is given no more time
than its exchange has left, and none of them goes on for longer than that.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from . import trust
from .origin import is_loopback

__all__ = ["PACE", "Pace", "Transport"]

PACE = "pace"
"""The extension of a request under which its `Pace` is. What it is redirected to, or tried again at, shares it."""

_SLICE = 16 * 1024
"""Bytes that are written without a look at the time."""
_KNOWN_SECONDS = 60.0
"""Seconds for which it is not asked again whether a host is reached without the proxy."""
_ERRORS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError)
_here = threading.local()


class Pace:
    """How long an exchange may take: `seconds` in all, or, where `block` is given, for each so many bytes."""

    def __init__(self, seconds: float, block: int = 0) -> None:
        self._seconds = seconds
        self._block = block
        self._since = time.monotonic()
        self._bytes = 0

    def left(self) -> float:
        """Seconds that are left; none or less where the time is over."""
        return self._since + self._seconds - time.monotonic()

    def moved(self, count: int) -> None:
        """So many bytes have gone either way."""
        self._bytes += count
        if self._block and self._bytes >= self._block:
            self._since, self._bytes = time.monotonic(), 0

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """What this thread reads and writes until it ends is held to this pace."""
        before = _pace()
        _here.pace = self
        try:
            yield
        finally:
            _here.pace = before


def _pace() -> Pace | None:
    return getattr(_here, "pace", None)


def _bounded(timeout: float | None, error: type[Exception]) -> float | None:
    """`timeout` (seconds of silence), or what is left of this thread's exchange where that is less."""
    pace = _pace()
    if pace is None:
        return timeout
    left = pace.left()
    if left <= 0:
        raise error("the exchange took too long")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with its exchange."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        came = self._stream.read(max_bytes, _bounded(timeout, httpcore.ReadTimeout))
        pace = _pace()
        if pace is not None:
            pace.moved(len(came))
        return came

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            piece = buffer[start : start + _SLICE]
            self._stream.write(piece, _bounded(timeout, httpcore.WriteTimeout))
            pace = _pace()
            if pace is not None:
                pace.moved(len(piece))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Opens connections, each of them a `_Stream`."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        # One address after the other: each is given `timeout`, and all of them what the exchange has left.
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            raise httpcore.ConnectError(str(exc)) from exc
        refused: Exception = httpcore.ConnectError("the name has no address")
        for address in dict.fromkeys(str(each[4][0]) for each in found):
            left = _bounded(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(self._network.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                refused = exc
        raise refused

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Body(httpx.SyncByteStream):
    """An answer's body, read at the pace of its exchange."""

    def __init__(self, stream: Any, pace: Pace, request: httpx.Request) -> None:
        self._stream = stream
        self._pace = pace
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _translated(self._request):
            pieces = iter(self._stream)
            while True:
                with self._pace.here():
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield piece

    def close(self) -> None:
        self._stream.close()


class Transport(httpx.BaseTransport):
    """Carries requests out, from any thread. seconds, block: of the `Pace` of a request that brings none.

    Only what stays on this computer goes unencrypted, wherever a redirect points. ValueError where the computer's proxy
    settings cannot be used, SetupError where its certificates cannot; neither is looked at for what is `local`.
    """

    def __init__(self, seconds: float, block: int = 0, *, local: bool = False) -> None:
        self._seconds = seconds
        self._block = block
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], httpcore.ConnectionPool] = {}
        self._direct: dict[str, tuple[float, bool]] = {}
        """Until when it is known of each host and port whether it is reached without the proxy."""
        if not local:
            self._pool("https", _proxy())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request`, whose body is still to be read. Raises what httpx raises."""
        url = request.url
        here = is_loopback(str(url))
        if url.scheme != "https" and not (url.scheme == "http" and here):
            raise httpx.UnsupportedProtocol("only https leaves this computer", request=request)
        pace = request.extensions.setdefault(PACE, Pace(self._seconds, self._block))
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translated(request), pace.here():
            proxy = "" if here or self._bypassed(url) else _proxy()
            answer = self._pool(url.scheme, proxy).handle_request(asked)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, pace, request),
            extensions=answer.extensions,
            request=request,
        )

    def close(self) -> None:
        """Closes the kept connections."""
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()

    def _pool(self, scheme: str, proxy: str) -> httpcore.ConnectionPool:
        with self._lock:
            if (scheme, proxy) not in self._pools:
                self._pools[scheme, proxy] = _make_pool(scheme, proxy)
            return self._pools[scheme, proxy]

    def _bypassed(self, url: httpx.URL) -> bool:
        """Whether NO_PROXY or the system's exceptions name a host, or this port of it."""
        at = f"{url.host}:{url.port or 443}"
        until, direct = self._direct.get(at, (0.0, False))
        if until < time.monotonic():
            # Windows asks for the host's names to tell, which may take seconds. A port is known to NO_PROXY alone.
            # The types of the standard library leave that one out.
            by_port = urllib.request.proxy_bypass_environment(at)  # type: ignore[attr-defined]
            direct = bool(by_port or urllib.request.proxy_bypass(url.host))
            self._direct[at] = (time.monotonic() + _KNOWN_SECONDS, direct)
        return direct


def _make_pool(scheme: str, proxy: str) -> httpcore.ConnectionPool:
    settings: dict[str, Any] = {
        # What goes unencrypted needs no certificates: a rehearsal runs whatever is wrong with them.
        "ssl_context": trust.context() if scheme == "https" else None,
        "max_connections": 100,
        "max_keepalive_connections": 20,
        "keepalive_expiry": 5.0,
        "network_backend": _Network(),
    }
    if not proxy:
        return httpcore.ConnectionPool(**settings)
    try:
        found = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except httpx.InvalidURL as exc:
        raise ValueError("a proxy whose address is none") from exc
    if found.url.scheme not in ("http", "https") or not found.url.host:
        raise ValueError(f"a proxy of {found.url.scheme}")
    at = httpcore.URL(
        scheme=found.url.raw_scheme, host=found.url.raw_host, port=found.url.port, target=found.url.raw_path
    )
    secure = settings["ssl_context"] if found.url.scheme == "https" else None
    return httpcore.HTTPProxy(at, proxy_auth=found.raw_auth, proxy_ssl_context=secure, **settings)


def _proxy() -> str:
    """The proxy for what leaves this computer, by the variables or else the system's settings; '' for none."""
    known = urllib.request.getproxies()
    return known.get("https") or known.get("all") or ""


@contextlib.contextmanager
def _translated(request: httpx.Request) -> Iterator[None]:
    """Makes errors of httpcore those of httpx, which have the same names."""
    try:
        yield
    except _ERRORS as exc:
        raise getattr(httpx, type(exc).__name__)(str(exc), request=request) from exc
    except httpcore.UnsupportedProtocol as exc:
        raise httpx.UnsupportedProtocol(str(exc), request=request) from exc
