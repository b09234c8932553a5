# SPDX-License-Identifier: GPL-3.0-or-later
"""What is private in fal_client, and what is changed in it, is touched in this file alone.

Nothing warns where a later fal_client drops a name that is only set here, such as MAX_ATTEMPTS: a submission would be
sent, and paid, several times. tests/core/service/test_fal_package.py lists every name, and fails where one is gone.

The address constants: the package reads them late, and not all at one moment: QUEUE_URL_FORMAT inside submit() and
get_handle(), RUN_URL_FORMAT inside run(), REST_URL when the token manager is made, CDN_URL only after the upload's
token has been fetched. Setting them for one service would send another's upload astray, and a lock would have to be
held through whole uploads. So each constant is replaced, once, by a string that reads as the address of the service
that the reading thread is talking to. All of them are read in the thread that makes the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import SetupError
from ..words import say
from . import streams
from .origin import Service
from .streams import Body, BodyPart, parts

__all__ = [
    "addresses",
    "handle_class",
    "load",
    "open_client",
    "permits",
    "poll_with",
    "queue_address",
    "storage_transport",
    "talking_to",
    "transport",
    "unreached",
    "upload",
]

_PERMIT = timedelta(minutes=5)
"""How long a permit is used whose end is not told in a form that is known. One that ends earlier is replaced."""

_DAY = 86_400

_current: ContextVar[Mapping[str, str] | None] = ContextVar("addresses", default=None)


# ---- the package itself


def load() -> Any:
    """fal_client's module, set so that every request leaves once and goes to the service it is meant for.

    Raises SetupError where it does not load.
    """
    try:
        import fal_client.client as module
    except Exception as exc:  # a wheel that does not fit this Python can raise anything
        raise SetupError(
            say("The part that talks to the service (fal_client) does not load: {cause}.", cause=type(exc).__name__),
            say("Install Reshoot again from its zip and restart Blender."),
        ) from exc
    package: Any = module  # the package's settings are not part of its types
    package.MAX_ATTEMPTS = 1
    _replace_addresses(package)
    return package


def poll_with(package: Any, patience: Any) -> None:
    """Have the package give up a status or cancel request after `patience`, a Timeout of httpx."""
    package.QUEUE_POLL_TIMEOUT = patience


def unreached(package: Any) -> tuple[type[Exception], ...]:
    """What httpx raises where the service was not reached, so that nothing has left."""
    httpx = package.httpx
    return (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def handle_class(package: Any) -> Any:
    """The package's handle of a request, for a service that says no more of one than how far it is."""

    class Handle(package.SyncRequestHandle):  # type: ignore[misc]
        def _parse_status(self, data: Any) -> Any:
            return super()._parse_status({"queue_position": None, "logs": None, **data})

    return Handle


# ---- the parts of a SyncClient


def transport(client: Any) -> Any:
    """The httpx client of a SyncClient. It is made when it is first asked for, without a lock."""
    return client._client


def permits(client: Any) -> Any:
    """The token manager of a SyncClient. It is made when it is first asked for, without a lock."""
    return client._token_manager


def storage_transport(package: Any, client: Any, service: Service) -> Any:
    """A new httpx client that is permitted to upload. Whoever asks for it closes it."""
    from .transport import Transport

    permit = permits(client).get_token()
    return package.httpx.Client(
        transport=Transport(streams.SEND_SECONDS, streams.BLOCK_BYTES, local=service.local),
        headers={"Authorization": f"{permit.token_type} {permit.token}", "User-Agent": package.USER_AGENT},
        timeout=client.default_timeout,
    )


def open_client(package: Any, service: Service, patience: Any, bound: Callable[[Any], None], seconds: float) -> Any:
    """A SyncClient for `service`, made in a thread that is `talking_to` it, with its lazy parts, which have no lock.

    patience: a Timeout of httpx. bound: a response hook. seconds: that an exchange may take in all. Raises SetupError
    where the network settings cannot be used.
    """
    from .transport import Transport

    client = package.SyncClient(key=service.key, default_timeout=patience)
    try:
        # In the place of the package's own, which would go by its own proxies and certificates, and wait without end.
        road = Transport(seconds, local=service.local)
        vars(client)["_client"] = package.httpx.Client(
            transport=package.BackupDomainTransport(transport=road),
            headers={"Authorization": f"Key {service.key}", "User-Agent": package.USER_AGENT},
            timeout=patience,
        )
        http, manager = transport(client), permits(client)
    except SetupError:
        raise
    except Exception as exc:  # a proxy setting that httpx cannot use
        raise SetupError(
            say("The network settings of this computer cannot be used."),
            say("Check the proxy settings (HTTPS_PROXY, ALL_PROXY)."),
        ) from exc
    http.event_hooks = {"response": [bound]}
    http.headers["Accept-Encoding"] = "identity"  # so that the bound on an answer's bytes holds for its text
    # What is offline stays offline; elsewhere httpx takes the key off.
    http.follow_redirects = not service.local
    _renew_permits_over(package, manager, http, service)
    return client


def _renew_permits_over(package: Any, manager: Any, http: Any, service: Service) -> None:
    """Have a token manager ask for permits over `http`.

    The package would make a client for it, which reads answers without end.
    """

    def renew() -> Any:
        answer = http.post(manager._url, headers=manager._headers, json={}, follow_redirects=False)
        answer.raise_for_status()
        told = answer.json()
        return package.CDNToken(
            token=told["token"],
            token_type=told["token_type"],
            base_upload_url=service.checked(told["base_url"]),
            expires_at=_end_of_permit(told.get("expires_at")),
        )

    manager._refresh_token = renew


def _end_of_permit(told: Any) -> datetime:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return datetime.now(UTC) + _PERMIT
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# ---- uploading


def upload(package: Any, client: Any, http: Any, body: Body, service: Service, days: int = 0) -> str:
    """Uploads `body` and returns its URL. http: a `storage_transport` of `client`.

    days: after which the storage deletes it, 0 for what it does by itself. ValueError where the URL is not one to be
    trusted.
    """
    lifetime = package._normalize_upload_lifecycle(package.StorageSettings(expires_in=days * _DAY)) if days else None
    pieces = parts(body)
    if not pieces:
        headers = {"Content-Type": body.content_type, "X-Fal-File-Name": body.file_name}
        package._object_lifecycle_headers(headers, lifetime)
        return service.checked(package._upload_v3(http, data=body, headers=headers))
    # One part at a time, and none of it in memory: the package's upload_file holds ten of 10 MiB there at once.
    sending = package.MultipartUpload(
        file_name=body.file_name, client=http, token_manager=permits(client), content_type=body.content_type
    )
    sending.create(object_lifecycle_preference=lifetime)
    service.checked(sending.access_url)
    for number, start in enumerate(pieces, 1):
        sending.upload_part(number, BodyPart(body, start))
    return service.checked(sending.complete())


# ---- addresses


class _Address(str):
    """An address constant of fal_client. Outside `talking_to` it is fal's own, for whoever else uses the package."""

    constant: str

    def _here(self) -> str:
        return (_current.get() or {}).get(self.constant, str(self))

    def __add__(self, path: str) -> str:
        return self._here() + path

    def __format__(self, spec: str) -> str:
        return format(self._here(), spec)


def _replace_addresses(package: Any) -> None:
    """Replace the address constants of fal_client's module. Another time it changes nothing."""
    for constant in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT", "REST_URL", "CDN_URL"):
        value = getattr(package, constant)
        if not isinstance(value, _Address):
            address = _Address(value)
            address.constant = constant
            setattr(package, constant, address)


def addresses(base: str) -> Mapping[str, str]:
    """What the constants read as for the service at `base`; those that are not named are fal's own, as all are for ''.

    RUN_URL_FORMAT is nothing everywhere: `run` is given whole addresses.
    """
    own = {"QUEUE_URL_FORMAT": base + "/", "REST_URL": base, "CDN_URL": base} if base else {}
    return {"RUN_URL_FORMAT": "", **own}


def queue_address(package: Any) -> str:
    """Where requests go, read in this thread."""
    return f"{package.QUEUE_URL_FORMAT}"


@contextmanager
def talking_to(service: Mapping[str, str]) -> Iterator[None]:
    """In this thread, until it ends, the constants read as `service`'s `addresses`."""
    token = _current.set(service)
    try:
        yield
    finally:
        _current.reset(token)
