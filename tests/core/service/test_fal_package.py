# SPDX-License-Identifier: GPL-3.0-or-later
"""That the bundled fal_client still has every name that the extension uses, changes or relies on, public or private.

A name that is only set, such as MAX_ATTEMPTS, or a method that is only replaced, such as `_refresh_token`, would be
gone without any error: nothing would be broken but the promise that a submission leaves once.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import pytest

ROOT = Path(__file__).resolve().parents[3]
SERVICE = ROOT / "core" / "service"
KEY = "11111111-2222:0123456789abcdef0123456789abcdef"

# What is used of each thing of `fal_client.client`; "" is the module itself. `name()` is an object of that class.
NAMES: dict[str, tuple[str, ...]] = {
    "": (
        *("MAX_ATTEMPTS", "QUEUE_POLL_TIMEOUT", "httpx"),  # set, and read by the package at every request
        *("QUEUE_URL_FORMAT", "RUN_URL_FORMAT", "REST_URL", "CDN_URL"),  # replaced, and read late
        *("SyncClient", "SyncRequestHandle", "CDNToken", "MultipartUpload", "StorageSettings"),
        *("BackupDomainTransport", "USER_AGENT"),
        *("Queued", "InProgress", "Completed", "FalClientHTTPError"),
        *("_normalize_upload_lifecycle", "_object_lifecycle_headers", "_upload_v3"),
    ),
    "SyncClient": ("_client", "_token_manager", "default_timeout", "submit", "get_handle", "run"),
    "SyncClient()._token_manager": ("_url", "_headers", "_refresh_token", "get_token"),
    "SyncRequestHandle": ("_parse_status", "status", "cancel"),
    "MultipartUpload": ("create", "access_url", "upload_part", "complete"),
    "httpx": (
        "Timeout",
        "SyncByteStream",
        "BaseTransport",
        "Client",
        "Proxy",
        "Request",
        "Response",
        "URL",
        "UnsupportedProtocol",
        "HTTPError",
        "HTTPStatusError",
        "InvalidURL",
    ),
    "httpx.Timeout(1)": ("as_dict",),
    "httpx.Client()": ("event_hooks", "follow_redirects", "headers", "get", "post", "close"),
    "httpx.Request('GET', 'http://a')": ("extensions",),
    "httpx.Response(200)": ("stream", "headers", "status_code", "json", "raise_for_status"),
}
# Errors that httpx raises before anything has left.
NAMES["httpx"] += ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")
# The parameters by which each is called, and for a class the fields that are read too.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "SyncClient": ("key", "default_timeout"),
    "BackupDomainTransport": ("transport",),
    "SyncClient.submit": ("application", "arguments"),
    "SyncClient.get_handle": ("application", "request_id"),
    "SyncClient.run": ("application", "arguments", "method", "timeout"),
    "SyncRequestHandle": ("request_id", "response_url", "status_url", "cancel_url", "client"),
    "SyncRequestHandle.status": ("with_logs",),
    "SyncRequestHandle._parse_status": ("data",),
    "CDNToken": ("token", "token_type", "base_upload_url", "expires_at"),
    "StorageSettings": ("expires_in",),
    "MultipartUpload": ("file_name", "client", "token_manager", "content_type"),
    "MultipartUpload.create": ("object_lifecycle_preference",),
    "MultipartUpload.upload_part": ("part_number", "data"),
    "_upload_v3": ("client", "data", "headers"),
    "_object_lifecycle_headers": ("headers", "object_lifecycle_preference"),
    "_normalize_upload_lifecycle": (),
    "Queued": ("position",),
    "InProgress": ("logs",),
    "Completed": ("logs", "error", "error_type"),
    "FalClientHTTPError": ("message", "status_code", "response"),
}


def missing(package: Any) -> list[str]:
    """Every name of the tables that the package has not."""
    gone = []
    for owner, names in NAMES.items():
        try:
            thing = _there(package, owner)
        except (AttributeError, NameError, TypeError):
            gone += [f"{owner}.{name}" for name in names]
            continue
        gone += [f"{owner}.{name}".lstrip(".") for name in names if not _has(thing, name)]
    for called, names in PARAMETERS.items():
        try:
            takes = inspect.signature(_there(package, called)).parameters
        except (AttributeError, NameError, TypeError):
            takes = {}
            gone.append(called)
        gone += [f"{called}({name})" for name in names if name not in takes]
    return sorted(set(gone))


def _there(package: Any, words: str) -> Any:
    return eval(words.replace("SyncClient()", f"SyncClient(key={KEY!r})"), dict(vars(package))) if words else package


def _has(thing: Any, name: str) -> bool:
    # Without running a cached property, which would make a client.
    return inspect.getattr_static(thing, name, None) is not None


def copy_of(package: Any) -> types.SimpleNamespace:
    """The package with classes of its own, so that names can be taken out of it."""
    copied = types.SimpleNamespace(**vars(package))
    for name in PARAMETERS:
        kind = getattr(package, name, None)
        if isinstance(kind, type):
            namespace = {key: value for key, value in vars(kind).items() if key not in ("__dict__", "__weakref__")}
            setattr(copied, name, type(kind.__name__, kind.__bases__, namespace))
    return copied


def test_the_tested_package_is_the_bundled_one() -> None:
    (pinned,) = re.findall(r"^fal[_-]client==(\S+)", (ROOT / "tools" / "wheels.lock").read_text(encoding="utf-8"), re.M)
    assert fal_client.__version__ == pinned


def test_every_name_is_there() -> None:
    assert missing(fal_client.client) == []


@pytest.mark.parametrize("name", NAMES[""])
def test_a_name_of_the_module_that_is_gone_is_named(name: str) -> None:
    package = copy_of(fal_client.client)
    delattr(package, name)
    assert name in missing(package)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("SyncClient", "SyncRequestHandle", "MultipartUpload") for name in NAMES[kind]],
)
def test_a_name_of_a_class_that_is_gone_is_named(kind: str, name: str) -> None:
    package = copy_of(fal_client.client)
    found = next(base for base in getattr(package, kind).__mro__ if name in vars(base))
    if found is getattr(package, kind):
        delattr(found, name)
    else:  # it is inherited: a class without that parent
        setattr(package, kind, type(kind, (), {}))
    assert f"{kind}.{name}" in missing(package)


def test_a_parameter_that_is_gone_is_named() -> None:
    package = copy_of(fal_client.client)

    @dataclasses.dataclass
    class CDNToken:
        token: str
        token_type: str
        url: str
        expires_at: Any

    package.CDNToken = CDNToken
    package._upload_v3 = lambda client, content, headers: None
    assert missing(package) == ["CDNToken(base_upload_url)", "_upload_v3(data)"]


# ---- that the tables hold all that is used


def private_names(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each private name of something that is not this module's own, read or set."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__"):
                yield node.lineno, name


def test_private_names_are_used_in_one_file() -> None:
    found = [
        f"{path.name}:{line} {name}"
        for path in sorted(SERVICE.glob("*.py"))
        if path.name != "fal_package.py"
        for line, name in private_names(path)
    ]
    assert found == []


def test_every_private_name_that_is_used_is_in_the_table() -> None:
    used = {name for _, name in private_names(SERVICE / "fal_package.py")}
    assert used and used <= {name for names in NAMES.values() for name in names}


def test_every_name_of_the_module_that_is_used_is_in_the_table() -> None:
    used = set()
    for path in SERVICE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="package") | ast.Attribute(attr="_package"), attr=name):
                    used.add(("", name))
                case ast.Attribute(value=ast.Name(id="httpx") | ast.Attribute(attr="httpx"), attr=name):
                    used.add(("httpx", name))
    assert ("", "MAX_ATTEMPTS") in used and ("httpx", "SyncByteStream") in used
    assert {f"{owner}.{name}" for owner, name in used if name not in NAMES[owner]} == set()
