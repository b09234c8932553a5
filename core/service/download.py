# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches a result to disk, whole or not at all.

It sends no key, and checks that what comes is a video file by how it begins. What the service says of the file besides,
its type and its size, may be wrong of a video that is paid for: that is a hint, and only what is cut off is refused.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn
from urllib.parse import urljoin, urlsplit

from ..errors import DownloadBroken, DownloadError, JobCancelled, Paid, ResultGone, SetupError, StorageError
from ..media import mp4
from ..storage import make_folder, put_in_place, remove
from ..words import say
from . import streams, trust
from .origin import escaped, is_loopback

if TYPE_CHECKING:
    import httpx

__all__ = ["fetch"]

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a transfer is begun within one call. Trouble that lasts is the caller's to wait out, and to tell of."""
FIRST_DELAY = 0.5
"""Seconds before the second attempt; each further delay is twice as long."""
CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
CHUNK = 256 * 1024
REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)

_VIDEO_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
_NOT_VIDEO = re.compile(r"text/|.*(json|html|xml)", re.IGNORECASE)
_UNPACKED = {"gzip", "x-gzip", "deflate", "br", "zstd"}
"""Codings that nobody unpacks here: a file in one of them is not the result."""
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15})")
_ADDRESS = re.compile(r"[!-\[\]-~]{1,8192}")


class _Broken(Exception):
    """The transfer broke or the server is busy: worth another attempt. wait: seconds the server asked for.

    ended: it came to its end, so that only the server may be to blame, and patience would not help for ever.
    """

    def __init__(self, reason: str, wait: float = 0.0, *, ended: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.ended = ended


def fetch(
    url: str,
    target: Path,
    *,
    max_bytes: int,
    expected_bytes: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    local_only: bool = False,
) -> None:
    """Fetches the video at `url` to `target`, which must not exist yet.

    It grows as `<target>.part` beside it, which stays when the transfer breaks or is cancelled; the next call goes on
    from there. expected_bytes: what the service announced; a whole file of another size is taken all the same.
    progress: bytes so far and in all. cancelled is asked between chunks of 256 KiB and while waiting. local_only:
    nothing but this computer is asked. Raises DownloadError, StorageError, JobCancelled, SetupError.
    """
    _check_address(url, local=is_loopback(url), local_only=local_only)
    transfer = _Transfer(url, target, max_bytes, expected_bytes, progress or (lambda done, total: None), cancelled)
    with _storage(target):
        _must_be_free(target)
        make_folder(target.parent)
        for attempt in range(ATTEMPTS):
            try:
                transfer.attempt(local_only)
                break
            except _Broken as exc:
                if attempt + 1 == ATTEMPTS:
                    kind = DownloadError if exc.ended else DownloadBroken
                    raise kind(
                        say("The result could not be fetched in {count} attempts: {why}.", count=ATTEMPTS, why=exc),
                        _try_later(),
                        paid=Paid.YES,
                    ) from exc
                _wait(max(FIRST_DELAY * 2**attempt, exc.wait), cancelled)
        _must_be_free(target)
        put_in_place(transfer.part, target)


class _Transfer:
    """One file on its way: what is known of it lasts over the attempts."""

    def __init__(
        self,
        url: str,
        target: Path,
        max_bytes: int,
        expected: int | None,
        progress: Callable[[int, int | None], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.url = url
        self.asked = url
        """Where it was asked for last, after redirects."""
        self.part = target.with_name(target.name + ".part")
        self.max_bytes = max_bytes
        self.expected = expected
        self.progress = progress
        self.cancelled = cancelled
        self.version = ""  # ETag or date of what the part holds; unknown where an earlier call left it

    def attempt(self, local_only: bool) -> None:
        """Fetches what is missing. _Broken where another attempt may help."""
        import httpx  # late: it takes a tenth of a second

        from .transport import Transport

        _stop_if(self.cancelled)
        have = self.part.stat().st_size if self.part.exists() else 0
        announced = self.max_bytes if self.version else self.expected or self.max_bytes
        if not 8 <= have <= min(self.max_bytes, announced):
            have = 0  # nothing, or nothing of this result
        try:
            network = Transport(streams.SEND_SECONDS, streams.BLOCK_BYTES, local=is_loopback(self.url))
        except ValueError as exc:
            raise SetupError(
                say("The network settings of this computer cannot be used."),
                say("Check the proxy settings (HTTPS_PROXY, ALL_PROXY)."),
                paid=Paid.YES,
            ) from exc
        # Below a client of httpx, which would keep cookies and look into redirects.
        with contextlib.closing(network):
            try:
                with contextlib.closing(self._ask(network, have, local_only)) as answer:
                    self._take(answer, have)
            except (httpx.HTTPError, httpx.InvalidURL) as exc:
                if why := trust.distrusted(exc):
                    host = urlsplit(self.asked).hostname or ""
                    message = say("This computer does not trust the certificate of {host} ({why}).", host=host, why=why)
                    raise DownloadBroken(message, trust.remedy(), paid=Paid.YES) from exc
                raise _Broken(say("the connection broke ({cause})", cause=type(exc).__name__)) from exc

    def _ask(self, network: httpx.BaseTransport, have: int, local_only: bool) -> httpx.Response:
        """The answer for the bytes from `have` on, after redirects."""
        import httpx

        headers = {
            "Accept": "video/*, application/octet-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "Reshoot",
        }
        if have:
            headers["Range"] = f"bytes={have}-"
            if self.version:
                headers["If-Range"] = self.version
        patience = httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT).as_dict()
        self.asked = self.url
        for _ in range(REDIRECTS + 1):
            request = httpx.Request("GET", self.asked, headers=headers, extensions={"timeout": patience})
            answer = network.handle_request(request)
            if answer.status_code not in _MOVED or "location" not in answer.headers:
                return answer
            answer.close()
            # Whatever was written, a person's UTF-8 too.
            moved = next(value for name, value in answer.headers.raw if name.lower() == b"location")
            try:
                self.asked = escaped(urljoin(self.asked, moved.decode("utf-8", "surrogateescape")))
            except ValueError as exc:
                raise _wrong(say("The result's address leads nowhere.")) from exc
            _check_address(self.asked, local=is_loopback(self.url), local_only=local_only)
        raise _wrong(say("The result's address leads in a circle."))

    def _take(self, answer: httpx.Response, have: int) -> None:
        """Puts the answer's bytes behind those that are there, or begins anew, and checks that the file is whole."""
        start, total = self._placed(answer, have)
        if start and start == total:
            return
        self._check_size(total or 0)
        self.version = _version(answer)
        try:
            with open(self.part, "r+b" if start else "wb") as file:
                self._write(file, start, total, answer)
        except DownloadError:
            remove(self.part)  # nothing of it is worth going on from
            raise

    def _write(self, file: BinaryIO, start: int, total: int | None, answer: httpx.Response) -> None:
        head = file.read(8) if start else b""
        size = file.seek(start)
        whole = total or self.expected or 0
        for chunk in answer.iter_raw(CHUNK):
            _stop_if(self.cancelled)
            head = (head + chunk[:8])[:8]
            size += len(chunk)
            self._check_size(size)
            if len(head) == 8 and head[4:8] not in _VIDEO_BOXES:
                raise _no_video(answer)
            file.write(chunk)
            self.progress(size, whole if size <= whole else None)
        file.flush()
        if total is not None and size != total:
            raise _Broken(say("{size:,} of {total:,} bytes came", size=size, total=total))
        if len(head) < 8 or (self._doubtful(size, total, answer) and mp4.cut_off(self.part)):
            file.truncate(0)
            raise _Broken(say("{size:,} bytes came, which is not the whole file", size=size), ended=size > 0)
        if self.expected not in (None, size):
            log.warning("%s has %s bytes; the service announced %s", self.part.name, f"{size:,}", f"{self.expected:,}")
        os.fsync(file.fileno())

    def _doubtful(self, size: int, total: int | None, answer: httpx.Response) -> bool:
        """Whether `size` bytes may be less than the file: another number was announced, or a broken connection would
        look the same.
        """
        if self.expected is not None:
            return size != self.expected
        return total is None and not _chunked(answer)

    def _placed(self, answer: httpx.Response, have: int) -> tuple[int, int | None]:
        """Where the answer's bytes belong, and how long the whole file is where that is said."""
        status = answer.status_code
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if status == 416 and have:
            if found and int(found[3]) == have and self.expected in (None, have) and self._is_video():
                return have, have
            self._forget(say("what was there does not belong to the result"))
        if status in (404, 410):
            raise ResultGone(
                say("The result is no longer at the service (HTTP {status}).", status=status),
                say(
                    "Look for it at fal.ai/dashboard/requests: results are kept for days, or, by the account's "
                    "settings, for an hour or minutes only. To send the shot again is to pay again."
                ),
                paid=Paid.YES,
            )
        if status in (408, 425, 429) or status >= 500:
            reason = say("the service is busy (HTTP {status})", status=status)
            raise _Broken(reason, _seconds(answer.headers.get("retry-after")))
        if status not in (200, 206):
            raise DownloadError(
                say("The service refused the download (HTTP {status}).", status=status), _try_later(), paid=Paid.YES
            )
        codings = answer.headers.get("content-encoding", "").lower().split(",")
        if not _UNPACKED.isdisjoint(map(str.strip, codings)):
            raise _wrong(say("What came is packed in a way that was not asked for."))
        length = "" if _chunked(answer) else answer.headers.get("content-length", "")
        body = int(length) if re.fullmatch(r"\d{1,15}", length) else None
        if status == 200:
            return 0, body
        total = int(found[3]) if found else 0
        whole = found and found[1] and int(found[1]) == have and int(found[2]) == total - 1
        if not have or not whole or body not in (None, total - have) or not self._is_video():
            self._forget(say("the service sent another part of the file than was asked for"))
        if not self.version and self.expected not in (None, total):
            self._forget(say("what was there does not belong to the result"))
        return have, total

    def _is_video(self) -> bool:
        with open(self.part, "rb") as file:
            return file.read(8)[4:8] in _VIDEO_BOXES

    def _forget(self, reason: str) -> NoReturn:
        """Begins anew with the next attempt."""
        remove(self.part)
        self.version = ""
        raise _Broken(reason)

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            raise _wrong(
                say(
                    "The result has {size:,} bytes or more; a take has at most {limit:,}.",
                    size=size,
                    limit=self.max_bytes,
                )
            )


def _must_be_free(target: Path) -> None:
    if os.path.lexists(target):
        raise StorageError(
            say("{path} is already there: takes are never overwritten.", path=target),
            say("Move that file away, then resume the job."),
            paid=Paid.YES,
        )


def _wrong(message: str) -> DownloadError:
    return DownloadError(message, say("Resume the job to try again; if it stays so, ask the service."), paid=Paid.YES)


def _no_video(answer: httpx.Response) -> DownloadError:
    if _NOT_VIDEO.match(answer.headers.get("content-type", "")):
        return _wrong(say("What came is a page or a message, not a video."))
    return _wrong(say("What came is not an MP4 or MOV file."))


def _try_later() -> str:
    return say("Resume the job soon: results are kept for days, or, by the account's settings, for an hour or less.")


def _check_address(url: str, *, local: bool, local_only: bool) -> None:
    """Only https leaves this computer; http only stays on it, and only where the first address did (`local`)."""
    try:
        parts = urlsplit(url) if _ADDRESS.fullmatch(url) else urlsplit("")
        host = parts.hostname if "@" not in parts.netloc else ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local and is_loopback(url))):
        raise _wrong(say("The result's address is not an https address."))
    if local_only and not is_loopback(url):
        raise SetupError(
            say("The result is on the network and Blender is offline."),
            say("Allow Online Access in Blender's preferences under System, then resume the job."),
            paid=Paid.YES,
        )


def _version(answer: httpx.Response) -> str:
    """What tells this file from a later one at the same address. A weak ETag cannot."""
    tag: str = answer.headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else str(answer.headers.get("last-modified", ""))


def _chunked(answer: httpx.Response) -> bool:
    """Whether the body tells by itself where it ends."""
    return "chunked" in answer.headers.get("transfer-encoding", "").lower()


def _seconds(retry_after: str | None) -> float:
    return min(float(retry_after), 30.0) if retry_after and re.fullmatch(r"\d{1,6}", retry_after) else 0.0


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise JobCancelled(say("The download was stopped."), say("Resume the job to go on with it."), paid=Paid.YES)


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _stop_if(cancelled)
        time.sleep(min(left, 0.1))
    _stop_if(cancelled)


@contextmanager
def _storage(target: Path) -> Iterator[None]:
    """Translates what a disk can refuse, naming the folder."""
    try:
        yield
    except OSError as exc:
        full = exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        folder, why = target.parent, exc.strerror or type(exc).__name__
        if full:
            raise StorageError(
                say("There is no room left in {folder}.", folder=folder),
                say("Make room on that disk, then resume the job."),
                paid=Paid.YES,
            ) from exc
        raise StorageError(
            say("A take cannot be written ({error}) in {folder}.", error=why, folder=folder),
            say("Make that folder writable, then resume."),
            paid=Paid.YES,
        ) from exc
