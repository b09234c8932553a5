# SPDX-License-Identifier: GPL-3.0-or-later
"""The way that every request of ours takes to the network: its proxies, its certificates, and how long it may take.

Nothing outside of these requests is touched: no variable is set, and no other part of Blender hears of it. Imported
late: httpx takes a tenth of a second.

A timeout of a socket is one of silence, which a byte now and then ends. So every read and write is given no more time
than its exchange has left, and none of them goes on for longer than that.
"""

from __future__ import annotations

import contextlib
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

__all__ = ["Pace", "Transport"]

_SLICE = 16 * 1024
"""Bytes that are written without a look at the time."""
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
        left = _bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_tcp(host, port, left, local_address, socket_options))

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
    """Carries requests out, from any thread. seconds, block: of each exchange's `Pace`.

    ValueError where the computer's proxy settings cannot be used, SetupError where its certificates cannot.
    """

    def __init__(self, seconds: float, block: int = 0, *, local: bool = False) -> None:
        self._seconds = seconds
        self._block = block
        self._trust = trust.context()
        self._lock = threading.Lock()
        self._pools: dict[str, httpcore.ConnectionPool] = {}
        if not local:
            for scheme in ("http", "https"):
                self._pool(_proxy_of(scheme))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request`, whose body is still to be read. Raises what httpx raises."""
        url = request.url
        direct = is_loopback(str(url)) or bool(urllib.request.proxy_bypass(url.host))
        pace = Pace(self._seconds, self._block)
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translated(request), pace.here():
            answer = self._pool("" if direct else _proxy_of(url.scheme)).handle_request(asked)
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

    def _pool(self, proxy: str) -> httpcore.ConnectionPool:
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = self._make_pool(proxy)
            return self._pools[proxy]

    def _make_pool(self, proxy: str) -> httpcore.ConnectionPool:
        settings: dict[str, Any] = {
            "ssl_context": self._trust,
            "max_connections": 100,
            "max_keepalive_connections": 20,
            "keepalive_expiry": 5.0,
            "network_backend": _Network(),
        }
        if not proxy:
            return httpcore.ConnectionPool(**settings)
        found = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
        if found.url.scheme not in ("http", "https"):
            raise ValueError(f"a proxy of {found.url.scheme}")
        at = httpcore.URL(
            scheme=found.url.raw_scheme, host=found.url.raw_host, port=found.url.port, target=found.url.raw_path
        )
        secure = self._trust if found.url.scheme == "https" else None
        return httpcore.HTTPProxy(at, proxy_auth=found.raw_auth, proxy_ssl_context=secure, **settings)


def _proxy_of(scheme: str) -> str:
    """The proxy for addresses of a scheme, by the variables or else the system's settings; '' for none."""
    known = urllib.request.getproxies()
    return known.get(scheme) or known.get("all") or ""


@contextlib.contextmanager
def _translated(request: httpx.Request) -> Iterator[None]:
    """Makes errors of httpcore those of httpx, which have the same names."""
    try:
        yield
    except _ERRORS as exc:
        raise getattr(httpx, type(exc).__name__)(str(exc), request=request) from exc
    except httpcore.UnsupportedProtocol as exc:
        raise httpx.UnsupportedProtocol(str(exc), request=request) from exc
